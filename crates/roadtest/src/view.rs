// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The kernel's subsystems as a test sees them: each view sits on a [`Device`]
//! and uses the interface that programs use. A view finds its files through
//! sysfs from the device, never by number.
//!
//! [`Device`]: crate::Device

pub mod gpio;
pub mod hwmon;
pub mod i2c_dev;
pub mod iio;
pub mod led;
pub mod nvmem;
pub mod regmap;
pub mod regulator;
pub mod rtc;
