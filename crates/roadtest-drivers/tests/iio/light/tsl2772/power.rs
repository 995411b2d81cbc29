// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Probe, unbind, supplies, and the order of starting.

use insta::assert_snapshot;
use roadtest::{Board, Errno, Level, Placement, SimTime};
use roadtest_chips::iio::light::tsl2772::{Settling, Tsl2772};

#[roadtest::test]
fn probe_sets_the_chip_up_and_starts_it() -> roadtest::Result {
    let mut board = Board::new();
    let sensor = board.i2c(0x39, Tsl2772::default());
    let uml = board.boot()?;
    let device = uml.bind(&sensor)?;
    assert_eq!(device.driver().as_deref(), Some("tsl2772"));
    assert_eq!(device.iio()?.name(), Ok("tsl2772".into()));
    assert_snapshot!(sensor.timeline());
    Ok(())
}

/// The driver switches the oscillator on, waits 3 ms, and then starts the
/// engines; but in between it writes all configuration registers from 0 on,
/// and register 0 is ENABLE: the oscillator is off while it waits. The chip
/// makes up for it. The same on 6.1, 6.12 and 7.3.
#[roadtest::test]
fn the_oscillator_is_switched_off_before_it_has_settled() -> roadtest::Result {
    let mut board = Board::new();
    let strict = Tsl2772::default().settling(Settling::Required);
    let sensor = board.i2c(0x39, strict);
    let uml = board.boot()?;
    uml.expect_violation("0 ns from PON to the start of an engine");
    uml.bind(&sensor)?;
    assert_eq!(sensor.timeline().writes("ENABLE"), ["01", "00", "07"]);
    Ok(())
}

#[roadtest::test]
fn unbind_stops_the_chip() -> roadtest::Result {
    let mut board = Board::new();
    let sensor = board.i2c(0x39, Tsl2772::default());
    let uml = board.boot()?;
    let device = uml.bind(&sensor)?;
    sensor.forget();
    assert_eq!(device.unbind(), Ok(()));
    assert_eq!(sensor.news().writes("ENABLE"), ["00"]);
    Ok(())
}

#[roadtest::test]
fn both_supplies_are_on_before_the_first_access_and_off_after_unbind() -> roadtest::Result {
    let mut board = Board::new();
    let (vdd, vddio) = (board.gpio(0), board.gpio(1));
    let vdd = board.fixed_supply("vdd", 3_000_000, &vdd);
    let vddio = board.fixed_supply("vddio", 1_800_000, &vddio);
    let sensor = board.i2c(
        0x39,
        Placement::of(Tsl2772::default())
            .powered_by("vdd", &vdd)
            .powered_by("vddio", &vddio),
    );
    let uml = board.boot()?;
    assert!(!vdd.is_on() && !vddio.is_on());
    let device = uml.bind(&sensor)?;
    assert!(vdd.is_on() && vddio.is_on());
    assert_eq!(device.unbind(), Ok(()));
    assert!(!vdd.is_on() && !vddio.is_on());
    Ok(())
}

#[roadtest::test]
fn a_chip_that_starts_more_slowly_is_accessed_too_early() -> roadtest::Result {
    let mut board = Board::new();
    let pin = board.gpio(0);
    let vdd = board.fixed_supply("vdd", 3_000_000, &pin);
    let slow = Tsl2772::default().start_up(SimTime::ms(40));
    let sensor = board.i2c(0x39, Placement::of(slow).powered_by("vdd", &vdd));
    let uml = board.boot()?;
    uml.bind(&sensor)?;
    let marks = sensor.timeline().unwise();
    let early = "from power-up to first access, at least 40 ms required (driver)";
    assert!(marks[0].ends_with(early), "{marks:?}");
    Ok(())
}

/// Without `vdd-supply` the driver gets a supply that does nothing.
#[roadtest::test]
fn a_supply_that_the_devicetree_does_not_name_stays_off() -> roadtest::Result {
    let mut board = Board::new();
    let pin = board.gpio(0);
    let sensor = board.i2c(
        0x39,
        Placement::of(Tsl2772::default()).supply(&pin, Level::High),
    );
    let uml = board.boot()?;
    uml.expect_violation("access without power");
    let error = uml.bind(&sensor).err().and_then(|error| error.errno());
    assert_eq!(error, Some(Errno::EIO));
    Ok(())
}
