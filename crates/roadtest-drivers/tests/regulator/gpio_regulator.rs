// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/regulator/gpio_regulator`.
