// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/regulator/tps6286x_regulator`.
