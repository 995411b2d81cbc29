// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Analog-to-digital converters.

pub mod mcp320x;
