// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Hardware monitoring.

pub mod lm75;
pub mod pmbus;
pub mod tmp401;
