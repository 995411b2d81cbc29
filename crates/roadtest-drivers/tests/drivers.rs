// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Driver tests: one module per driver, in folders as the kernel's
//! `drivers/` has them.

mod iio {
    mod light {
        mod opt3001;
    }
}
