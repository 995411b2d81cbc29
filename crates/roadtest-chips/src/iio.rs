// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Industrial I/O: sensors and converters.

pub mod accel;
pub mod adc;
pub mod light;
pub mod proximity;
pub mod temperature;
