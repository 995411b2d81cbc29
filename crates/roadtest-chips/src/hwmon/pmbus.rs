// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! PMBus chips, `drivers/hwmon/pmbus`.
pub mod ltc2978;
