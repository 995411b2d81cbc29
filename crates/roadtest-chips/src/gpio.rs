// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! GPIO expanders, `drivers/gpio`.

pub mod pca9555;
