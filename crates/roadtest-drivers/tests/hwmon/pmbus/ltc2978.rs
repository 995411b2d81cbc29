// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/hwmon/pmbus/ltc2978`.
