// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The kernel's subsystems as a test sees them: each view sits on a [`Device`]
//! and uses the interface that programs use. A view finds its files through
//! sysfs from the device, never by number.
//!
//! What the kernel says in another format than its ABI has ends the test: it
//! is a defect of the driver, and no errno that a test could expect.
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
pub mod spidev;

/// A text that is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no {0}")]
pub struct Malformed(pub(crate) &'static str);
