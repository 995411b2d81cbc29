// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Proximity sensors, `drivers/iio/proximity`.
pub mod irsd200;
