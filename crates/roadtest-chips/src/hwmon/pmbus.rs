// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! PMBus chips, `drivers/hwmon/pmbus`.

pub mod format;
pub mod ltc2978;
pub mod pec;
