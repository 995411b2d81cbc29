// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Real-time clocks, `drivers/rtc`.
pub mod pcf8563;
