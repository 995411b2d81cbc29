// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Lines as inputs and outputs.

use insta::assert_snapshot;
use roadtest::view::gpio::{LineFlags, Lines};
use roadtest::{Board, Errno, Level};

use Level::{High, Low};

use super::lines_of;

#[roadtest::test]
fn an_output_drives_its_line_until_it_is_released() -> roadtest::Result {
    let mut board = Board::new();
    let pin = board.gpio_named(2, "enable");
    let uml = board.boot()?;
    let line = uml.gpio()?.request(&Lines::outputs(&[2], &[High]))?;
    assert!(pin.is_output());
    assert_eq!(pin.level(), High);
    line.set(&[Low])?;
    assert_eq!(pin.level(), Low);
    assert_eq!(line.level(), Ok(Low));
    drop(line);
    assert!(!pin.is_output());
    // The level is set before the direction, so that nothing glitches.
    assert_snapshot!(lines_of(&uml));
    Ok(())
}

#[roadtest::test]
fn an_input_is_read_and_cannot_be_driven() -> roadtest::Result {
    let mut board = Board::new();
    let pins = [board.gpio(0), board.gpio(1), board.gpio(2)];
    let uml = board.boot()?;
    let lines = uml.gpio()?.request(&Lines::inputs(&[2, 0, 1]))?;
    assert_eq!(lines.levels()?, [Low, Low, Low]);
    pins[0].drive(High);
    assert_eq!(lines.levels()?, [Low, High, Low]);
    pins[2].drive(High);
    pins[0].drive(Low);
    assert_eq!(lines.levels()?, [High, Low, Low]);
    assert_eq!(lines.set(&[High, High, High]), Err(Errno::EPERM));
    Ok(())
}

#[roadtest::test]
fn a_line_changes_its_direction_on_request() -> roadtest::Result {
    let mut board = Board::new();
    let pin = board.gpio(0);
    pin.drive(High);
    let uml = board.boot()?;
    let line = uml.gpio()?.request(&Lines::inputs(&[0]))?;
    assert_eq!(line.level(), Ok(High));
    line.configure(&Lines::outputs(&[0], &[Low]))?;
    assert_eq!(pin.level(), Low);
    line.configure(&Lines::inputs(&[0]))?;
    assert_eq!(line.level(), Ok(High));
    assert_snapshot!(lines_of(&uml));
    Ok(())
}

#[roadtest::test]
fn the_controller_has_as_many_lines_as_the_board_uses() -> roadtest::Result {
    for lines in [1, 13, 64] {
        let mut board = Board::new();
        board.gpio(lines - 1);
        let uml = board.boot()?;
        let chip = uml.gpio()?;
        assert_eq!(chip.info()?.lines, u32::from(lines));
        let beyond = Lines::inputs(&[lines.into()]);
        assert_eq!(chip.request(&beyond).err(), Some(Errno::EINVAL));
    }
    Ok(())
}

#[roadtest::test]
fn lines_have_names_users_and_flags() -> roadtest::Result {
    let mut board = Board::new();
    board.gpio_named(1, "reset");
    board.gpio_named(2, "data-ready");
    let uml = board.boot()?;
    let chip = uml.gpio()?;
    let names: Vec<String> = (0..3)
        .map(|line| chip.line_info(line).map(|line| line.name))
        .collect::<Result<_, _>>()?;
    assert_eq!(names, ["", "reset", "data-ready"]);

    let free = chip.line_info(1)?;
    assert_eq!((free.consumer.as_str(), free.flags), ("", LineFlags::INPUT));
    let asked = Lines::outputs(&[1], &[Low]).consumer("the test");
    let _line = chip.request(&asked)?;
    let used = chip.line_info(1)?;
    assert_eq!(used.consumer, "the test");
    assert_eq!(used.flags, LineFlags::OUTPUT | LineFlags::USED);
    assert_eq!(chip.request(&asked).err(), Some(Errno::EBUSY));
    assert_eq!(chip.line_info(3).err(), Some(Errno::EINVAL));
    Ok(())
}

#[roadtest::test]
fn an_active_low_line_is_the_inverse_of_its_level() -> roadtest::Result {
    let mut board = Board::new();
    let (input, output) = (board.gpio(0), board.gpio(1));
    let uml = board.boot()?;
    let chip = uml.gpio()?;
    let read = chip.request(&Lines::inputs(&[0]).with(LineFlags::ACTIVE_LOW))?;
    assert_eq!(read.level(), Ok(High));
    input.drive(High);
    assert_eq!(read.level(), Ok(Low));
    let driven = chip.request(&Lines::outputs(&[1], &[High]).with(LineFlags::ACTIVE_LOW))?;
    assert_eq!(output.level(), Low);
    driven.set(&[Low])?;
    assert_eq!(output.level(), High);
    Ok(())
}

#[roadtest::test]
fn an_open_drain_output_releases_a_high_line() -> roadtest::Result {
    let mut board = Board::new();
    let pin = board.gpio(0);
    pin.drive(High);
    let uml = board.boot()?;
    let lines = Lines::outputs(&[0], &[High]).with(LineFlags::OPEN_DRAIN);
    let line = uml.gpio()?.request(&lines)?;
    assert!(!pin.is_output());
    line.set(&[Low])?;
    assert!(pin.is_output());
    assert_eq!(pin.level(), Low);
    line.set(&[High])?;
    assert!(!pin.is_output());
    // The pull-up, or another output on the line.
    assert_eq!(line.level(), Ok(High));
    pin.drive(Low);
    assert_eq!(line.level(), Ok(Low));
    Ok(())
}

#[roadtest::test]
fn a_board_without_lines_has_no_controller() -> roadtest::Result {
    let uml = Board::new().boot()?;
    let error = uml.gpio().err().expect("there is none").to_string();
    assert!(error.contains("gets one with `board.gpio()`"), "{error}");
    Ok(())
}
