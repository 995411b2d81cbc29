// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/gpio/gpio-virtio.c`: the board's GPIO controller, and through it
//! the lines and interrupts that every other test uses. Edges are taken by the
//! character device, levels by `rtc-pcf8563`.

use insta::assert_snapshot;
use roadtest::view::gpio::{Change, LineFlags, Lines, Request};
use roadtest::view::rtc::{AF, Alarm, IRQF, RtcTime};
use roadtest::{Board, Bus, Chip, Edge, Errno, Level, Nack, Pin, SimTime, Timeline, Uml};
use roadtest_chips::rtc::pcf8563::Pcf8563;

use Change::{Falling, Rising};
use Level::{High, Low};

/// What the driver did to lines and interrupts.
fn lines_of(uml: &Uml) -> Timeline {
    let ours = |line: &str| line.starts_with("PIN") || line.starts_with("IRQ");
    uml.timeline().only(ours)
}

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

#[test]
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

#[test]
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

#[test]
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

#[test]
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

#[test]
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

#[test]
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

#[test]
fn an_open_drain_output_lets_go_of_a_high_line() -> roadtest::Result {
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
    // The pull-up, or somebody else on the line.
    assert_eq!(line.level(), Ok(High));
    pin.drive(Low);
    assert_eq!(line.level(), Ok(Low));
    Ok(())
}

#[test]
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

#[test]
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

#[test]
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

#[test]
fn an_edge_wakes_whoever_waits_for_it() -> roadtest::Result {
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

#[test]
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

#[test]
fn a_falling_edge_while_masked_is_reported_whatever_the_level_is_then() -> roadtest::Result {
    let (_uml, pin, line) = watch(High, LineFlags::EDGE_FALLING)?;
    for level in [Low, High, Low, High] {
        pin.drive(level);
    }
    assert_eq!(line.edges()?, [Falling, Falling]);
    assert_eq!(line.level(), Ok(High));
    Ok(())
}

#[test]
fn the_second_of_both_edges_is_reported_once_while_masked() -> roadtest::Result {
    let (_uml, pin, line) = watch(Low, both())?;
    pin.drive(High);
    pin.drive(Low);
    // Which edge it was the kernel learns from the level that it finds.
    assert_eq!(line.edges()?, [Falling, Falling]);
    Ok(())
}

#[test]
fn edges_before_a_request_and_after_its_end_are_nobodys() -> roadtest::Result {
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

#[test]
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

#[test]
fn the_edges_of_an_active_low_line_are_inverted() -> roadtest::Result {
    let flags = LineFlags::EDGE_RISING | LineFlags::ACTIVE_LOW;
    let (_uml, pin, line) = watch(High, flags)?;
    pin.drive(Low);
    assert_eq!(line.edges()?, [Rising]);
    pin.drive(High);
    assert_eq!(line.edges()?, []);
    Ok(())
}

#[test]
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

#[test]
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

#[test]
fn a_board_without_lines_has_no_controller() -> roadtest::Result {
    let uml = Board::new().boot()?;
    let error = uml.gpio().err().expect("there is none").to_string();
    assert!(error.contains("gets one with `board.gpio()`"), "{error}");
    Ok(())
}

/// Half a minute before the alarm that `ring` sets.
const BEFORE: [u8; 7] = [0x30, 0x01, 0x01, 0x01, 0x05, 0x01, 0x21];

fn alarm() -> Alarm {
    Alarm::at(RtcTime::new(2021, 1, 1, 1, 2, 0))
}

#[test]
fn a_low_level_interrupts_until_the_chip_lets_go() -> roadtest::Result {
    let mut board = Board::new();
    let int = board.gpio_named(0, "int");
    let clock = board
        .i2c(0x51, Pcf8563::new())
        .interrupt(&int, Edge::LevelLow);
    clock.with(|chip| chip.set_time(BEFORE));
    let uml = board.boot()?;
    let rtc = uml.bind(&clock)?.rtc()?;
    rtc.set_alarm(alarm())?;
    assert_eq!(rtc.wait(SimTime::s(60)), Ok(Some(0x100 | IRQF | AF)));
    uml.sleep(SimTime::ms(1));
    assert_eq!(int.level(), High);
    assert_snapshot!(lines_of(&uml));
    Ok(())
}

/// A PCF8563 behind an inverter.
struct Inverted(Pcf8563);

impl Chip for Inverted {
    const COMPATIBLE: &'static str = "nxp,pcf8563";

    fn write(&mut self, bus: &mut Bus, bytes: &[u8]) -> Result<(), Nack> {
        Chip::write(&mut self.0, bus, bytes)
    }

    fn read(&mut self, bus: &mut Bus, buf: &mut [u8]) -> Result<(), Nack> {
        Chip::read(&mut self.0, bus, buf)
    }

    fn stop(&mut self, bus: &mut Bus) {
        Chip::stop(&mut self.0, bus);
    }

    fn interrupt(&self) -> Level {
        Chip::interrupt(&self.0).inverted()
    }

    fn wake_at(&self) -> Option<SimTime> {
        Chip::wake_at(&self.0)
    }

    fn wake(&mut self, now: SimTime) {
        Chip::wake(&mut self.0, now);
    }
}

#[test]
fn a_high_level_interrupts_until_the_chip_lets_go() -> roadtest::Result {
    let mut board = Board::new();
    board.since(
        (6, 12),
        "the driver wanted a low level whatever the devicetree says",
    );
    let int = board.gpio_named(0, "int");
    let mut chip = Pcf8563::new();
    chip.set_time(BEFORE);
    let clock = board
        .i2c(0x51, Inverted(chip))
        .interrupt(&int, Edge::LevelHigh);
    let uml = board.boot()?;
    let rtc = uml.bind(&clock)?.rtc()?;
    rtc.set_alarm(alarm())?;
    assert_eq!(rtc.wait(SimTime::s(60)), Ok(Some(0x100 | IRQF | AF)));
    uml.sleep(SimTime::ms(1));
    assert_eq!(int.level(), Low);
    assert_snapshot!(lines_of(&uml));
    Ok(())
}

#[test]
fn a_shared_low_line_interrupts_until_all_chips_let_go() -> roadtest::Result {
    let mut board = Board::new();
    let int = board.gpio(0).shared();
    let one = board
        .i2c(0x50, Pcf8563::new())
        .interrupt(&int, Edge::LevelLow);
    let two = board
        .i2c(0x51, Pcf8563::new())
        .interrupt(&int, Edge::LevelLow);
    one.with(|chip| chip.set_time(BEFORE));
    two.with(|chip| chip.set_time(BEFORE));
    let uml = board.boot()?;
    let clocks = [uml.bind(&one)?.rtc()?, uml.bind(&two)?.rtc()?];
    for clock in &clocks {
        clock.set_alarm(alarm())?;
    }
    for clock in &clocks {
        assert_eq!(clock.wait(SimTime::s(60)), Ok(Some(0x100 | IRQF | AF)));
    }
    uml.sleep(SimTime::ms(1));
    assert_eq!(int.level(), High);
    // The level is looked at again at unmask.
    assert_snapshot!(lines_of(&uml));
    Ok(())
}

#[test]
fn two_chips_on_one_line_must_be_meant() {
    let mut board = Board::new();
    let int = board.gpio(0);
    let _one = board
        .i2c(0x50, Pcf8563::new())
        .interrupt(&int, Edge::LevelLow);
    let _two = board
        .i2c(0x51, Pcf8563::new())
        .interrupt(&int, Edge::LevelLow);
    let error = board.to_dts().unwrap_err().to_string();
    assert!(
        error.contains("interrupt output of pcf8563 at")
            && error.contains("interrupt output of pcf8563@51 at")
            && error.matches("gpio_virtio.rs").count() == 2,
        "{error}"
    );
}
