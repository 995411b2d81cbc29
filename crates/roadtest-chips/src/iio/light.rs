// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Light sensors.

pub mod opt3001;
pub mod opt4001;
pub mod tsl2772;
pub mod vcnl4000;
