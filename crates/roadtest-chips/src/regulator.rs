// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Voltage regulators, `drivers/regulator`.

mod ramp;
pub mod tps6286x;
pub mod tps6287x;
