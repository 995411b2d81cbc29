// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Tests that hold for every device of a class: one call runs them against
//! any chip, given a small descriptor of what it should do.

pub mod hwmon;
pub mod iio;
pub mod regulator;
pub mod rtc;
