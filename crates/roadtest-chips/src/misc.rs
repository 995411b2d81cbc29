// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Chips of no class of their own.

pub mod eeprom;
