// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Boards that are not wired right, and pulses on a line.

use roadtest::{Board, Edge, Level, Placement, SimTime};
use roadtest_chips::hwmon::lm75::Lm75;
use roadtest_record::test::Outcome;

use super::judge::judge;

#[roadtest::test]
fn a_pulse_lasts_as_long_as_it_was_told_to() -> roadtest::Result {
    judge(
        || {
            let mut board = Board::new();
            let pin = board.gpio(2);
            let uml = board.boot()?;
            pin.drive(Level::High);
            pin.pulse(SimTime::ms(3));
            assert_eq!(pin.level(), Level::Low);
            uml.sleep(SimTime::us(2_999));
            assert_eq!(pin.level(), Level::Low);
            uml.sleep(SimTime::us(1));
            assert_eq!(pin.level(), Level::High);
            Ok(())
        },
        |verdict| {
            let record = &verdict.record;
            assert_eq!(record.outcome, Outcome::Passed, "{}", record.reason);
        },
    )
}

#[roadtest::test]
fn a_pulse_without_a_duration_is_refused() -> roadtest::Result {
    judge(
        || {
            let mut board = Board::new();
            board.gpio(2).pulse(SimTime::ZERO);
            Ok(())
        },
        |verdict| verdict.assert_failed(Outcome::Failed, "a pulse has a duration"),
    )
}

/// The error of a board that is not wired right, and the lines of this file
/// that it names.
fn wiring_error(board: &Board) -> (String, Vec<u32>) {
    let text = board.to_dts().unwrap_err().to_string();
    let places = text.split(file!()).skip(1).map(|rest| {
        let mut numbers = rest[1..].split(|c: char| !c.is_ascii_digit());
        numbers.next().unwrap().parse().unwrap()
    });
    let lines = places.collect();
    (text, lines)
}

#[roadtest::test]
fn two_chips_at_one_address_are_both_named() {
    let mut board = Board::new();
    let first = line!() + 1;
    board.i2c(0x48, Lm75::default());
    board.i2c(0x48, Lm75::default());
    let (text, lines) = wiring_error(&board);
    assert!(text.contains("are both at address 0x48"), "{text}");
    assert_eq!(lines, [first, first + 1]);
}

#[roadtest::test]
fn an_address_that_no_chip_can_have_is_named() {
    for address in [0x07, 0x78] {
        let mut board = Board::new();
        let place = line!() + 1;
        board.i2c(address, Lm75::default());
        let (text, lines) = wiring_error(&board);
        assert!(text.contains("a chip's is 0x08 to 0x77"), "{text}");
        assert_eq!(lines, [place]);
    }
}

#[roadtest::test]
fn two_outputs_on_one_line_are_both_named_unless_it_is_shared() {
    let mut board = Board::new();
    let pin = board.gpio(1);
    let first = line!() + 1;
    let one = Placement::of(Lm75::default()).interrupt(&pin, Edge::Falling);
    let two = Placement::of(Lm75::default()).interrupt(&pin, Edge::Falling);
    board.i2c(0x48, one);
    board.i2c(0x49, two);
    let (text, lines) = wiring_error(&board);
    let reason = "line 1 is connected to the interrupt output of lm75 at";
    assert!(text.contains(reason), "{text}");
    assert_eq!(lines, [first, first + 1]);

    let mut board = Board::new();
    let pin = board.gpio(1).shared();
    let one = Placement::of(Lm75::default()).interrupt(&pin, Edge::Falling);
    let two = Placement::of(Lm75::default()).interrupt(&pin, Edge::Falling);
    board.i2c(0x48, one);
    board.i2c(0x49, two);
    assert!(board.to_dts().is_ok());
}

#[roadtest::test]
fn a_bus_that_is_too_fast_for_a_chip_is_an_error() {
    let mut board = Board::new();
    board.scl_hz(1_000_000);
    let place = line!() + 1;
    board.i2c(0x48, Lm75::default());
    let (text, lines) = wiring_error(&board);
    let reason = "allows 400000 Hz on SCL, the bus has 1000000 Hz";
    assert!(text.contains(reason), "{text}");
    assert_eq!(lines, [place]);
}
