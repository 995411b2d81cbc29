// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/rtc/rtc_pcf8563`.
