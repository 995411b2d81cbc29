// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Interrupts at levels, as `rtc-pcf8563` takes them.

use insta::assert_snapshot;
use roadtest::view::rtc::{AF, Alarm, IRQF, RtcTime};
use roadtest::{Board, Bus, Chip, Direction, Edge, I2cTarget, Level, Nack, Placement, SimTime};
use roadtest_chips::rtc::pcf8563::Pcf8563;

use Level::{High, Low};

use super::lines_of;

/// Half a minute before the alarm that `ring` sets.
const BEFORE: [u8; 7] = [0x30, 0x01, 0x01, 0x01, 0x05, 0x01, 0x21];

fn alarm() -> Alarm {
    Alarm::at(RtcTime::new(2021, 1, 1, 1, 2, 0))
}

#[roadtest::test]
fn a_low_level_interrupts_until_the_chip_releases_the_line() -> roadtest::Result {
    let mut board = Board::new();
    let int = board.gpio_named(0, "int");
    let clock = board.i2c(
        0x51,
        Placement::of(Pcf8563::new()).interrupt(&int, Edge::LevelLow),
    );
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
    fn compatible(&self) -> &'static str {
        self.0.compatible()
    }

    fn interrupt(&self) -> Level {
        self.0.interrupt().inverted()
    }

    fn wake_at(&self) -> Option<SimTime> {
        self.0.wake_at()
    }

    fn wake(&mut self, now: SimTime) {
        self.0.wake(now);
    }
}

impl I2cTarget for Inverted {
    fn start(&mut self, bus: &mut Bus, direction: Direction) -> Result<(), Nack> {
        self.0.start(bus, direction)
    }

    fn write(&mut self, bus: &mut Bus, bytes: &[u8]) {
        self.0.write(bus, bytes);
    }

    fn read(&mut self, bus: &mut Bus, buf: &mut [u8]) {
        self.0.read(bus, buf);
    }

    fn stop(&mut self, bus: &mut Bus) {
        self.0.stop(bus);
    }
}

#[roadtest::test(
    since = "6.12",
    why = "the driver wanted a low level whatever the devicetree says"
)]
fn a_high_level_interrupts_until_the_chip_releases_the_line() -> roadtest::Result {
    let mut board = Board::new();
    let int = board.gpio_named(0, "int");
    let mut chip = Pcf8563::new();
    chip.set_time(BEFORE);
    let clock = board.i2c(
        0x51,
        Placement::of(Inverted(chip)).interrupt(&int, Edge::LevelHigh),
    );
    let uml = board.boot()?;
    let rtc = uml.bind(&clock)?.rtc()?;
    rtc.set_alarm(alarm())?;
    assert_eq!(rtc.wait(SimTime::s(60)), Ok(Some(0x100 | IRQF | AF)));
    uml.sleep(SimTime::ms(1));
    assert_eq!(int.level(), Low);
    assert_snapshot!(lines_of(&uml));
    Ok(())
}

#[roadtest::test]
fn a_shared_low_line_interrupts_until_all_chips_release_it() -> roadtest::Result {
    let mut board = Board::new();
    let int = board.gpio(0).shared();
    let one = board.i2c(
        0x50,
        Placement::of(Pcf8563::new()).interrupt(&int, Edge::LevelLow),
    );
    let two = board.i2c(
        0x51,
        Placement::of(Pcf8563::new()).interrupt(&int, Edge::LevelLow),
    );
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

#[roadtest::test]
fn two_interrupts_on_a_line_that_is_not_shared_are_an_error() {
    let mut board = Board::new();
    let int = board.gpio(0);
    let _one = board.i2c(
        0x50,
        Placement::of(Pcf8563::new()).interrupt(&int, Edge::LevelLow),
    );
    let _two = board.i2c(
        0x51,
        Placement::of(Pcf8563::new()).interrupt(&int, Edge::LevelLow),
    );
    let error = board.to_dts().unwrap_err().to_string();
    assert!(
        error.contains("interrupt output of pcf8563 at")
            && error.contains("interrupt output of pcf8563@51 at")
            && error.matches(file!()).count() == 2,
        "{error}"
    );
}
