// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Interrupts at edges, as the character device takes them.

use insta::assert_snapshot;
use roadtest::view::gpio::{Change, LineFlags, Lines, Request};
use roadtest::{Board, Level, Pin, SimTime, Uml};

use Change::{Falling, Rising};
use Level::{High, Low};

use super::lines_of;

/// A kernel with line 1, at `level`, and a request for its edges.
fn watch(level: Level, edges: LineFlags) -> roadtest::Result<(Uml, Pin, Request)> {
    let mut board = Board::new();
    let pin = board.gpio(1);
    pin.drive(level);
    let uml = board.boot()?;
    let line = uml.gpio()?.request(&Lines::inputs(&[1]).with(edges))?;
    Ok((uml, pin, line))
}

fn both() -> LineFlags {
    LineFlags::EDGE_RISING | LineFlags::EDGE_FALLING
}

#[roadtest::test]
fn rising_edges_are_reported() -> roadtest::Result {
    let (uml, pin, line) = watch(Low, LineFlags::EDGE_RISING)?;
    assert_eq!(line.edges()?, []);
    pin.drive(High);
    assert_eq!(line.edges()?, [Rising]);
    pin.drive(Low);
    assert_eq!(line.edges()?, []);
    pin.drive(High);
    assert_eq!(line.edges()?, [Rising]);
    drop(line);
    assert_snapshot!(lines_of(&uml));
    Ok(())
}

#[roadtest::test]
fn falling_edges_are_reported() -> roadtest::Result {
    let (_uml, pin, line) = watch(High, LineFlags::EDGE_FALLING)?;
    assert_eq!(line.edges()?, []);
    pin.drive(Low);
    assert_eq!(line.edges()?, [Falling]);
    pin.drive(High);
    assert_eq!(line.edges()?, []);
    pin.drive(Low);
    assert_eq!(line.edges()?, [Falling]);
    Ok(())
}

#[roadtest::test]
fn both_edges_are_reported_with_their_numbers_and_times() -> roadtest::Result {
    let (uml, pin, line) = watch(Low, both())?;
    uml.sleep(SimTime::ms(5));
    let before = uml.now();
    pin.pulse(SimTime::ms(2));
    uml.sleep(SimTime::ms(3));
    let first = line.next_edge(SimTime::ZERO)?.expect("the pulse began");
    let second = line.next_edge(SimTime::ZERO)?.expect("the pulse ended");
    assert_eq!(line.next_edge(SimTime::ZERO), Ok(None));
    assert_eq!((first.change, second.change), (Rising, Falling));
    assert_eq!((first.offset, second.offset), (1, 1));
    assert_eq!([first.number, first.line_number], [1, 1]);
    assert_eq!([second.number, second.line_number], [2, 2]);
    // The guest is not quite as fast as the line.
    let apart = second.time - first.time;
    assert!(
        apart > SimTime::us(1_999) && apart < SimTime::us(2_001),
        "{apart} apart"
    );
    assert_eq!(uml.now() - before, SimTime::ms(3));
    Ok(())
}

#[roadtest::test]
fn an_edge_wakes_a_blocked_reader() -> roadtest::Result {
    let (uml, pin, line) = watch(Low, both())?;
    let began = uml.now();
    pin.pulse(SimTime::ms(40));
    assert_eq!(line.edges()?, [Rising]);
    let edge = line.next_edge(SimTime::s(1))?.expect("the pulse ends");
    assert_eq!(edge.change, Falling);
    let waited = uml.now() - began;
    assert!(
        waited >= SimTime::ms(40) && waited < SimTime::ms(41),
        "waited {waited}"
    );
    let began = uml.now();
    assert_eq!(line.next_edge(SimTime::ms(100)), Ok(None));
    assert!(uml.now() - began >= SimTime::ms(100));
    Ok(())
}

#[roadtest::test]
fn rising_edges_while_masked_are_reported_once_at_unmask() -> roadtest::Result {
    let (uml, pin, line) = watch(Low, LineFlags::EDGE_RISING)?;
    // The first masks the interrupt until the guest has dealt with it.
    for level in [High, Low, High, Low, High, Low] {
        pin.drive(level);
    }
    assert_eq!(line.edges()?, [Rising, Rising]);
    // The same again: what is latched is forgotten once it was delivered.
    for level in [High, Low, High, Low] {
        pin.drive(level);
    }
    assert_eq!(line.edges()?, [Rising, Rising]);
    assert_snapshot!(lines_of(&uml));
    Ok(())
}

#[roadtest::test]
fn a_falling_edge_while_masked_is_reported_once_at_unmask() -> roadtest::Result {
    let (_uml, pin, line) = watch(High, LineFlags::EDGE_FALLING)?;
    for level in [Low, High, Low, High] {
        pin.drive(level);
    }
    assert_eq!(line.edges()?, [Falling, Falling]);
    assert_eq!(line.level(), Ok(High));
    Ok(())
}

#[roadtest::test]
fn the_second_of_both_edges_is_reported_once_while_masked() -> roadtest::Result {
    let (_uml, pin, line) = watch(Low, both())?;
    pin.drive(High);
    pin.drive(Low);
    // Which edge it was the kernel learns from the level that it finds.
    assert_eq!(line.edges()?, [Falling, Falling]);
    Ok(())
}

#[roadtest::test]
fn edges_before_a_request_and_after_its_release_are_not_reported() -> roadtest::Result {
    let (uml, pin, line) = watch(Low, LineFlags::EDGE_RISING)?;
    drop(line);
    pin.drive(High);
    pin.drive(Low);
    let line = uml
        .gpio()?
        .request(&Lines::inputs(&[1]).with(LineFlags::EDGE_RISING))?;
    assert_eq!(line.edges()?, []);
    pin.drive(High);
    assert_eq!(line.edges()?, [Rising]);
    Ok(())
}

#[roadtest::test]
fn the_edges_of_a_request_can_be_changed() -> roadtest::Result {
    let (uml, pin, line) = watch(Low, LineFlags::EDGE_RISING)?;
    pin.drive(High);
    assert_eq!(line.edges()?, [Rising]);
    line.configure(&Lines::inputs(&[1]).with(LineFlags::EDGE_FALLING))?;
    pin.drive(Low);
    assert_eq!(line.edges()?, [Falling]);
    pin.drive(High);
    assert_eq!(line.edges()?, []);
    line.configure(&Lines::inputs(&[1]))?;
    pin.drive(Low);
    assert_eq!(line.edges()?, []);
    assert_snapshot!(lines_of(&uml));
    Ok(())
}

#[roadtest::test]
fn the_edges_of_an_active_low_line_are_inverted() -> roadtest::Result {
    let flags = LineFlags::EDGE_RISING | LineFlags::ACTIVE_LOW;
    let (_uml, pin, line) = watch(High, flags)?;
    pin.drive(Low);
    assert_eq!(line.edges()?, [Rising]);
    pin.drive(High);
    assert_eq!(line.edges()?, []);
    Ok(())
}

#[roadtest::test]
fn a_pulse_that_is_too_short_is_debounced() -> roadtest::Result {
    let mut board = Board::new();
    let pin = board.gpio(0);
    let uml = board.boot()?;
    let lines = Lines::inputs(&[0]).with(both()).debounce(SimTime::ms(10));
    let line = uml.gpio()?.request(&lines)?;
    pin.pulse(SimTime::ms(3));
    uml.sleep(SimTime::ms(100));
    assert_eq!(line.edges()?, []);
    pin.pulse(SimTime::ms(50));
    uml.sleep(SimTime::ms(100));
    assert_eq!(line.edges()?, [Rising, Falling]);
    Ok(())
}

#[roadtest::test]
fn edges_of_two_lines_come_in_the_order_in_which_they_happened() -> roadtest::Result {
    let mut board = Board::new();
    let (first, second) = (board.gpio(0), board.gpio(1));
    let uml = board.boot()?;
    let line = uml.gpio()?.request(&Lines::inputs(&[0, 1]).with(both()))?;
    second.drive(High);
    uml.sleep(SimTime::ms(1));
    first.drive(High);
    uml.sleep(SimTime::ms(1));
    let mut edges = Vec::new();
    while let Some(edge) = line.next_edge(SimTime::ZERO)? {
        edges.push((edge.offset, edge.number, edge.line_number));
    }
    assert_eq!(edges, [(1, 1, 1), (0, 2, 1)]);
    Ok(())
}
