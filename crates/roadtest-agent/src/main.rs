// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The guest agent (under construction).
fn main() {}
