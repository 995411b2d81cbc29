// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Temperature sensors, `drivers/iio/temperature`.

pub mod tmp117;
