// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The chips that driver tests need, each a pure state machine in a file of
//! its own. Directories are those of the kernel's `drivers/`: the model of
//! what `drivers/iio/light/opt3001.c` drives is [`iio::light::opt3001`].
//!
//! A model follows its datasheet, not the driver; a deviation is a sentence
//! in the file's header. No model knows virtio, tests or the clock of the
//! host.

pub mod gpio;
pub mod hwmon;
pub mod iio;
pub mod misc;
pub mod registry;
pub mod regulator;
pub mod rtc;

#[cfg(test)]
mod testing;
