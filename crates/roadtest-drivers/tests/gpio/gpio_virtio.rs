// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/gpio/gpio-virtio.c`: the board's GPIO controller, and through it
//! the lines that every other test uses.

use insta::assert_snapshot;
use roadtest::view::gpio::{Change, LineFlags, Lines};
use roadtest::{Board, Level, SimTime};

use Change::{Falling, Rising};
use Level::{High, Low};

#[test]
fn an_output_drives_its_line() -> roadtest::Result {
    let mut board = Board::new();
    let pin = board.gpio_named(2, "enable");
    let uml = board.boot()?;
    let chip = uml.gpio()?;

    let line = chip.request(&Lines::outputs(&[2], &[High]))?;
    assert!(pin.is_output());
    assert_eq!(pin.level(), High);
    line.set(&[Low])?;
    assert_eq!(pin.level(), Low);
    drop(line);
    assert!(!pin.is_output());
    assert_snapshot!(uml.timeline().only(|line| line.starts_with("PIN")));
    Ok(())
}
