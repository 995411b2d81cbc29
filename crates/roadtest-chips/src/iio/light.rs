// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Light sensors.

pub mod opt3001;
