// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The build (under construction).
fn main() {}
