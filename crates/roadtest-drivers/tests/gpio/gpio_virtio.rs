// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/gpio/gpio-virtio.c`: the board's GPIO controller, and through it
//! the lines and interrupts that every other test uses.

use roadtest::{Timeline, Uml};

mod edges;
mod levels;
mod lines;
mod rebind;

/// What the driver did to lines and interrupts.
fn lines_of(uml: &Uml) -> Timeline {
    let ours = |line: &str| line.starts_with("PIN") || line.starts_with("IRQ");
    uml.timeline().only(ours)
}
