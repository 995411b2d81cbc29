// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Driver tests, one module per driver.
