// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/hwmon/lm75.c`: LM75 and its relatives, one of each kind that the
//! driver treats differently.

use insta::assert_snapshot;
use roadtest::{
    Board, Celsius, Device, Edge, Errno, I2cTarget, Placement, SimTime, Uml, Value, Wired,
};
use roadtest_chips::hwmon::lm75::{As6200, Lm75, Pct2075, Tmp75};

mod conversions;
mod intervals;
mod limits;
mod temperatures;

/// From `fcntl.h` and `poll.h`.
const O_RDONLY: i32 = 0;
const POLLPRI: i16 = 2;
const POLLERR: i16 = 8;

/// Boots the board with this chip on it and binds its driver; returns the
/// bound device.
fn bind_on<C: I2cTarget>(mut board: Board, chip: C) -> roadtest::Result<(Uml, Wired<C>, Device)> {
    let chip = board.i2c(0x48, chip);
    let uml = board.boot()?;
    let sensor = uml.bind(&chip)?;
    Ok((uml, chip, sensor))
}

/// The same with a board of its own; returns the hwmon device. What happened
/// so far is forgotten.
fn bind<C: I2cTarget>(chip: C) -> roadtest::Result<(Uml, Wired<C>, Device)> {
    let (uml, chip, sensor) = bind_on(Board::new(), chip)?;
    let hwmon = sensor.class("hwmon")?;
    chip.forget();
    Ok((uml, chip, hwmon))
}

#[roadtest::test]
fn devicetree_is_a_node_at_its_address() -> roadtest::Result {
    let mut board = Board::new();
    let _chip = board.i2c(0x48, Lm75::default());
    assert_snapshot!(board.to_dts()?);
    Ok(())
}

#[roadtest::test]
fn an_lm75_that_runs_is_left_as_it_is() -> roadtest::Result {
    let (_uml, chip, sensor) = bind_on(Board::new(), Lm75::default())?;
    assert_eq!(sensor.class("hwmon")?.read("name"), Ok("lm75".into()));
    assert_eq!(chip.timeline().writes("CONF"), [""; 0]);

    // What it found it puts back.
    sensor.unbind()?;
    assert_eq!(chip.timeline().writes("CONF"), ["00"]);
    Ok(())
}

#[roadtest::test]
fn an_lm75_that_sleeps_is_woken_and_put_to_sleep_again() -> roadtest::Result {
    let mut lm75 = Lm75::default();
    // Shut down, four faults.
    lm75.set_conf(0x11);
    let (_uml, chip, sensor) = bind_on(Board::new(), lm75)?;
    assert_eq!(chip.timeline().writes("CONF"), ["10"]);
    sensor.unbind()?;
    assert_eq!(chip.timeline().writes("CONF"), ["10", "11"]);
    Ok(())
}

#[roadtest::test]
fn probe_fails_with_eio_where_no_chip_answers() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x48, Lm75::default());
    chip.disconnect();
    let uml = board.boot()?;
    let error = uml.bind(&chip).map(drop).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::EIO));
    Ok(())
}

#[roadtest::test]
fn unbinding_takes_the_hwmon_device_and_the_module_goes() -> roadtest::Result {
    let (uml, _chip, hwmon) = bind(Lm75::default())?;
    assert_eq!(uml.unload("lm75"), Ok(()));
    assert!(!uml.exists(hwmon.path()));
    assert!(!uml.exists("/sys/module/lm75"));
    Ok(())
}

#[roadtest::test]
fn a_lost_chip_is_an_io_error_until_it_is_back() -> roadtest::Result {
    let (_uml, chip, hwmon) = bind(Lm75::default())?;
    chip.disconnect();
    assert_eq!(hwmon.read("temp1_input"), Err(Errno::EIO));
    assert_eq!(hwmon.write("temp1_max", 70_000), Err(Errno::EIO));
    chip.reconnect();
    assert_eq!(hwmon.read("temp1_input"), Ok("25000".into()));
    Ok(())
}

#[roadtest::test(since = "6.8", why = "the driver knows no interrupt")]
fn an_interrupt_is_refused_where_the_chip_has_no_alarm_bit() -> roadtest::Result {
    let mut board = Board::new();
    let int = board.gpio(2);
    let chip = board.i2c(
        0x48,
        Placement::of(Lm75::default()).interrupt(&int, Edge::Falling),
    );
    let uml = board.boot()?;
    assert_eq!(uml.bind(&chip)?.driver().as_deref(), Some("lm75"));
    assert!(uml.dmesg().contains("alarm interrupt is not supported"));
    Ok(())
}

#[roadtest::test]
fn tmp75_is_set_to_twelve_bits_and_back() -> roadtest::Result {
    let (_uml, chip, sensor) = bind_on(Board::new(), Tmp75::default())?;
    assert_eq!(chip.timeline().writes("CONF"), ["60"]);
    sensor.unbind()?;
    assert_eq!(chip.timeline().writes("CONF"), ["60", "00"]);
    Ok(())
}

#[roadtest::test(since = "6.8", why = "the driver knows no AS6200")]
fn as6200_is_set_to_eight_conversions_a_second_and_four_faults() -> roadtest::Result {
    let (uml, chip, _sensor) = bind_on(Board::new(), As6200::default())?;
    // 6.12 asks for an active-high alert and sets SINGLE_SHOT, which does
    // nothing while the chip runs; 7.3 for an active-low alert.
    let conf = if uml.version() < (7, 0) {
        "d4e0"
    } else {
        "50e0"
    };
    assert_eq!(chip.timeline().writes("CONF"), [conf]);
    assert_snapshot!(chip.timeline());
    Ok(())
}

/// 6.12 puts back only one of the two bytes of the chip's configuration; the
/// driver of 7.3 knows both.
#[roadtest::test(since = "6.8", why = "the driver knows no AS6200")]
fn as6200_gets_its_configuration_back() -> roadtest::Result {
    let (uml, chip, sensor) = bind_on(Board::new(), As6200::default())?;
    chip.forget();
    let conf = if uml.version() < (7, 0) {
        uml.expect_violation("write of 1 of 2 bytes to CONF");
        "a0"
    } else {
        "40a0"
    };
    sensor.unbind()?;
    assert_eq!(chip.news().writes("CONF"), [conf]);
    Ok(())
}

/// The alert follows the fourth conversion beyond a limit.
#[roadtest::test(since = "6.8", why = "the driver knows no AS6200")]
fn as6200_alarm_has_a_hysteresis() -> roadtest::Result {
    let (uml, chip, sensor) = bind_on(Board::new(), As6200::default())?;
    let hwmon = sensor.class("hwmon")?;
    let settled = SimTime::ms(4 * 125 + 125);
    for (milli, alarm) in [
        (25_000, "0"),
        (80_000, "0"),
        (80_063, "1"),
        (76_000, "1"),
        (74_937, "0"),
        (79_000, "0"),
    ] {
        chip.with(|chip| chip.set_temperature(Celsius::milli(milli)));
        uml.sleep(settled);
        assert_eq!(hwmon.read("temp1_alarm"), Ok(alarm.into()), "{milli}");
    }
    assert_eq!(hwmon.write("temp1_alarm", 0), Err(Errno::EACCES));
    Ok(())
}

#[roadtest::test(since = "7.3", why = "the driver knows no alert polarity")]
fn alert_polarity_is_a_property() -> roadtest::Result {
    let mut board = Board::new();
    let chip = Placement::of(Tmp75::default()).prop("ti,alert-polarity-active-high", Value::flag());
    let chip = board.i2c(0x48, chip);
    let uml = board.boot()?;
    uml.bind(&chip)?;
    // POL is bit 2.
    assert_eq!(chip.timeline().writes("CONF"), ["64"]);
    Ok(())
}

/// The driver of 7.3 sees the chip's configuration with its bytes swapped and
/// sets bit 10 of that, which is a reserved bit of the chip, for bit 10 of
/// the chip, which is its polarity.
#[roadtest::test(since = "7.3", why = "the driver knows no alert polarity")]
fn as6200_alert_polarity_hits_a_reserved_bit() -> roadtest::Result {
    let mut board = Board::new();
    let chip =
        Placement::of(As6200::default()).prop("ti,alert-polarity-active-high", Value::flag());
    let chip = board.i2c(0x48, chip);
    let uml = board.boot()?;
    uml.expect_violation("reserved bits 0x0004 of CONF");
    uml.bind(&chip)?;
    assert_eq!(chip.timeline().writes("CONF"), ["50e4"]);
    Ok(())
}

#[roadtest::test(since = "6.8", why = "the driver knows no AS6200")]
fn as6200_alert_notifies_a_poll_of_the_alarm() -> roadtest::Result {
    let mut board = Board::new();
    let int = board.gpio_named(1, "alert");
    let chip = board.i2c(
        0x48,
        Placement::of(As6200::default()).interrupt(&int, Edge::Both),
    );
    let uml = board.boot()?;
    let hwmon = uml.bind(&chip)?.class("hwmon")?;
    let alarm = uml.open_with(&format!("{}/temp1_alarm", hwmon.path()), O_RDONLY)?;
    // Only who has read is told of a change.
    assert_eq!(alarm.read_at(0, 8), Ok(b"0\n".to_vec()));
    assert_eq!(alarm.poll(POLLPRI, SimTime::s(2)), Ok(0));

    chip.with(|chip| chip.set_temperature(Celsius::milli(90_000)));
    let start = uml.now();
    assert_eq!(alarm.poll(POLLPRI, SimTime::s(10)), Ok(POLLPRI | POLLERR));
    let told = uml.now() - start;
    assert!(
        (SimTime::ms(375)..SimTime::ms(501)).contains(&told),
        "{told}"
    );
    assert_eq!(alarm.read_at(0, 8), Ok(b"1\n".to_vec()));
    Ok(())
}

#[roadtest::test]
fn registers_are_shown_in_debugfs() -> roadtest::Result {
    let (_uml, chip, sensor) = bind_on(Board::new(), Pct2075::default())?;
    sensor.class("hwmon")?.write("temp1_max", 90_000)?;
    chip.forget();
    let registers = sensor.regmap()?.registers()?;
    assert_eq!(registers[&0x00], 0x1900);
    assert_eq!(registers[&0x02], 0x4b00);
    // The limit comes from the cache.
    assert_eq!(registers[&0x03], 0x5a00);
    assert_eq!(chip.news().reads("OS"), [""; 0]);
    Ok(())
}
