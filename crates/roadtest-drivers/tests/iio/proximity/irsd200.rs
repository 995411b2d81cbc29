// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/iio/proximity/irsd200`.
