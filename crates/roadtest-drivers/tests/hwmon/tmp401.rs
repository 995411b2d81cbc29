// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/hwmon/tmp401.c`: TI TMP431 temperature sensor.

use insta::assert_snapshot;
use roadtest::suite::hwmon::{self, Limit};
use roadtest::view::hwmon::{Celsius, Hwmon};
use roadtest::{Board, Errno, Placement, SimTime, Uml, Value, Wired};
use roadtest_chips::hwmon::tmp401::{Diode, Tmp431};

const NOTHING: [&str; 0] = [];

/// What the devicetree of the advanced node has beyond the plain one.
const ADVANCED: [(&str, Option<u32>); 3] = [
    ("ti,extended-range-enable", None),
    ("ti,n-factor", Some(0x3b)),
    ("ti,beta-compensation", Some(7)),
];

struct Sensor {
    uml: Uml,
    chip: Wired<Tmp431>,
    hwmon: Hwmon,
}

fn wired(board: &mut Board, chip: Tmp431, node: &[(&str, Option<u32>)]) -> Wired<Tmp431> {
    let mut chip = Placement::of(chip);
    for (property, value) in node {
        let value = value.map_or_else(Value::flag, Value::from);
        chip = chip.prop(property, value);
    }
    board.i2c(0x4c, chip)
}

fn sensor(chip: Tmp431, node: &[(&str, Option<u32>)]) -> roadtest::Result<Sensor> {
    let mut board = Board::new();
    let chip = wired(&mut board, chip, node);
    let uml = board.boot()?;
    let device = uml.bind(&chip)?;
    assert_eq!(device.driver().as_deref(), Some("tmp401"));
    let hwmon = device.hwmon()?;
    Ok(Sensor { uml, chip, hwmon })
}

/// A sensor where everything has this temperature.
fn at(milli: i32) -> Tmp431 {
    Tmp431::new(Celsius::milli(milli))
}

#[roadtest::test]
fn probe_sets_the_rate_and_nothing_that_the_devicetree_does_not_ask_for() -> roadtest::Result {
    let sensor = sensor(at(25_000), &[])?;
    assert_eq!(sensor.hwmon.name(), Ok("tmp431".into()));
    let timeline = sensor.chip.timeline();
    assert_eq!(timeline.writes("RATE_WRITE"), ["05"]);
    assert_eq!(timeline.writes("CONFIG_WRITE"), NOTHING);
    assert_eq!(timeline.writes("N_FACTOR"), NOTHING);
    assert_eq!(timeline.writes("BETA_RANGE"), NOTHING);
    assert_snapshot!(timeline);
    Ok(())
}

#[roadtest::test]
fn a_sensor_can_be_unbound_and_bound_again() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x4c, at(25_000));
    let uml = board.boot()?;
    for _ in 0..2 {
        let device = uml.bind(&chip)?;
        assert!(device.hwmon().is_ok());
        device.clone().unbind()?;
        assert!(device.hwmon().is_err());
    }
    Ok(())
}

#[roadtest::test]
fn probe_configures_what_the_devicetree_asks_for() -> roadtest::Result {
    let sensor = sensor(at(25_000), &ADVANCED)?;
    let timeline = sensor.chip.timeline();
    assert_eq!(timeline.writes("CONFIG_WRITE"), ["04"]);
    assert_eq!(timeline.writes("N_FACTOR"), ["3b"]);
    assert_eq!(timeline.writes("BETA_RANGE"), ["07"]);
    assert_snapshot!(timeline);
    Ok(())
}

#[roadtest::test]
fn an_n_factor_may_be_negative_and_is_one_byte() -> roadtest::Result {
    let minus_two = sensor(at(25_000), &[("ti,n-factor", Some(0xffff_fffe))])?;
    assert_eq!(minus_two.chip.timeline().writes("N_FACTOR"), ["fe"]);

    let mut board = Board::new();
    let chip = wired(&mut board, at(25_000), &[("ti,n-factor", Some(128))]);
    let uml = board.boot()?;
    let error = uml.bind(&chip).err().and_then(|error| error.errno());
    assert_eq!(error, Some(Errno::EINVAL));
    assert_eq!(chip.timeline().writes("N_FACTOR"), NOTHING);
    Ok(())
}

#[roadtest::test]
fn a_beta_compensation_beyond_its_field_is_refused() -> roadtest::Result {
    let mut board = Board::new();
    let chip = wired(
        &mut board,
        at(25_000),
        &[("ti,beta-compensation", Some(16))],
    );
    let uml = board.boot()?;
    let error = uml.bind(&chip).err().and_then(|error| error.errno());
    assert_eq!(error, Some(Errno::EINVAL));
    assert_eq!(chip.timeline().writes("BETA_RANGE"), NOTHING);
    Ok(())
}

#[roadtest::test]
fn both_temperatures_are_read_to_a_sixteenth_of_a_degree() -> roadtest::Result {
    let sensor = sensor(at(25_000), &[])?;
    let (local, remote) = (sensor.hwmon.temperature(1), sensor.hwmon.temperature(2));
    assert_eq!(local.input(), Ok(Celsius::milli(25_000)));

    for (milli, read) in [
        (0, 0),
        (62, 0),
        (63, 63),
        (99_938, 99_938),
        (127_500, 127_500),
    ] {
        sensor.chip.with(|chip| {
            chip.set_local(Celsius::milli(milli));
            chip.set_remote(Diode::At(Celsius::milli(127_000 - milli.min(127_000))));
        });
        sensor.uml.sleep(SimTime::ms(500));
        assert_eq!(local.input(), Ok(Celsius::milli(read)), "at {milli}");
    }
    sensor
        .chip
        .with(|chip| chip.set_remote(Diode::At(Celsius::milli(80_125))));
    sensor.uml.sleep(SimTime::ms(500));
    assert_eq!(remote.input(), Ok(Celsius::milli(80_125)));
    // Without the extended range the chip stops at 0 °C.
    sensor
        .chip
        .with(|chip| chip.set_local(Celsius::milli(-10_000)));
    sensor.uml.sleep(SimTime::ms(500));
    assert_eq!(local.input(), Ok(Celsius::milli(0)));
    Ok(())
}

#[roadtest::test]
fn the_extended_range_goes_from_minus_64_to_191_degrees() -> roadtest::Result {
    let sensor = sensor(at(-10_000), &ADVANCED)?;
    let local = sensor.hwmon.temperature(1);
    for milli in [-64_000, -10_000, 0, 25_500, 150_250, 190_000] {
        sensor
            .chip
            .with(|chip| chip.set_local(Celsius::milli(milli)));
        sensor.uml.sleep(SimTime::ms(500));
        assert_eq!(local.input(), Ok(Celsius::milli(milli)));
    }
    Ok(())
}

#[roadtest::test]
fn every_limit_keeps_what_is_written_to_it() -> roadtest::Result {
    let sensor = sensor(at(25_000), &[])?;
    hwmon::limits(
        &sensor.hwmon,
        &[
            Limit::new("temp*_min", 0, 127_000, 125),
            Limit::new("temp*_max", 0, 127_000, 125),
            Limit::new("temp*_crit", 0, 127_000, 1_000),
            // A limit of 85 °C less 0 to 85 °C.
            Limit::new("temp*_crit_hyst", 0, 85_000, 1_000),
        ],
    )
}

#[roadtest::test]
fn every_limit_of_the_extended_range_keeps_what_is_written_to_it() -> roadtest::Result {
    let sensor = sensor(at(25_000), &ADVANCED)?;
    sensor.uml.sleep(SimTime::ms(500));
    // The reset value 0x55 of a limit is 85 °C less the offset of 64 °C.
    assert_eq!(
        sensor.hwmon.temperature(1).get("max"),
        Ok(Celsius::milli(21_000))
    );
    hwmon::limits(
        &sensor.hwmon,
        &[
            Limit::new("temp*_min", -64_000, 191_000, 125),
            Limit::new("temp*_max", -64_000, 191_000, 125),
            Limit::new("temp*_crit", -64_000, 191_000, 1_000),
            Limit::new("temp*_crit_hyst", -64_000, 21_000, 1_000),
        ],
    )
}

#[roadtest::test]
fn a_limit_is_written_at_its_write_address() -> roadtest::Result {
    let sensor = sensor(at(25_000), &[])?;
    sensor.chip.forget();
    for number in [1, 2] {
        let temperature = sensor.hwmon.temperature(number);
        temperature.set("max", Celsius::milli(70_500))?;
        temperature.set("min", Celsius::milli(10_063))?;
        temperature.set("crit", Celsius::milli(100_000))?;
    }
    sensor
        .hwmon
        .temperature(1)
        .set("crit_hyst", Celsius::milli(95_000))?;
    assert_snapshot!(sensor.chip.news());
    Ok(())
}

#[roadtest::test]
fn alarms_follow_the_limits_and_a_latched_one_is_seen_once() -> roadtest::Result {
    let sensor = sensor(at(25_000), &[])?;
    assert_eq!(sensor.hwmon.alarms(), Ok(vec![]));

    sensor
        .chip
        .with(|chip| chip.set_remote(Diode::At(Celsius::milli(90_000))));
    sensor.uml.sleep(SimTime::ms(500));
    let hot = ["temp2_crit_alarm", "temp2_max_alarm"].map(str::to_owned);
    assert_eq!(sensor.hwmon.alarms(), Ok(hot.to_vec()));

    // Cool again, but with the conversions at 25 °C the flag was not read.
    sensor
        .chip
        .with(|chip| chip.set_remote(Diode::At(Celsius::milli(25_000))));
    sensor.uml.sleep(SimTime::ms(500));
    let remote = sensor.hwmon.temperature(2);
    assert_eq!(remote.is_set("crit_alarm"), Ok(false));
    assert_eq!(
        remote.is_set("max_alarm"),
        Ok(false),
        "cleared by the read before"
    );

    sensor
        .hwmon
        .temperature(1)
        .set("min", Celsius::milli(30_000))?;
    sensor.uml.sleep(SimTime::ms(500));
    assert_eq!(sensor.hwmon.alarms(), Ok(vec!["temp1_min_alarm".into()]));
    Ok(())
}

#[roadtest::test]
fn a_read_of_one_alarm_loses_another_that_has_passed() -> roadtest::Result {
    let sensor = sensor(at(25_000), &[])?;
    sensor
        .chip
        .with(|chip| chip.set_remote(Diode::At(Celsius::milli(90_000))));
    sensor.uml.sleep(SimTime::ms(500));
    sensor
        .chip
        .with(|chip| chip.set_remote(Diode::At(Celsius::milli(25_000))));
    sensor.uml.sleep(SimTime::ms(500));

    // The chip has latched the peak; the first alarm that is asked for,
    // whichever it is, takes all flags with it.
    let remote = sensor.hwmon.temperature(2);
    assert_eq!(remote.is_set("min_alarm"), Ok(false));
    assert_eq!(remote.is_set("max_alarm"), Ok(false));
    let read = sensor.chip.timeline().reads("STATUS");
    assert_eq!(read, ["90", "80"]);
    Ok(())
}

#[roadtest::test]
fn an_open_diode_is_a_fault_of_its_sensor() -> roadtest::Result {
    let sensor = sensor(at(25_000), &[])?;
    assert_eq!(sensor.hwmon.temperature(2).is_set("fault"), Ok(false));
    sensor.chip.with(|chip| chip.set_remote(Diode::Open));
    sensor.uml.sleep(SimTime::ms(500));
    assert_eq!(sensor.hwmon.alarms(), Ok(vec!["temp2_fault".into()]));
    Ok(())
}

#[roadtest::test]
fn the_update_interval_is_rounded_to_a_rate_of_the_chip() -> roadtest::Result {
    let sensor = sensor(at(25_000), &[])?;
    assert_eq!(sensor.hwmon.update_interval_ms(), Ok(500));
    sensor.chip.forget();
    for (asked, given) in [
        (1, 125),
        (125, 125),
        (1_600, 2_000),
        (16_000, 16_000),
        (99_999, 16_000),
    ] {
        sensor.hwmon.set_update_interval_ms(asked)?;
        assert_eq!(
            sensor.hwmon.update_interval_ms(),
            Ok(given),
            "asked for {asked}"
        );
    }
    assert_eq!(
        sensor.chip.news().writes("RATE_WRITE"),
        ["07", "07", "03", "00", "00"]
    );
    Ok(())
}

/// What the chip marks a reading with that comes before its conversion.
const NOT_ENDED: &str = "while the first conversion has not ended (electrical characteristics)";

#[roadtest::test]
fn a_chip_in_shutdown_is_woken_and_its_first_reading_is_not_waited_for() -> roadtest::Result {
    let sensor = sensor(Tmp431::in_shutdown(), &[])?;
    assert_eq!(sensor.chip.timeline().writes("CONFIG_WRITE"), ["00"]);
    sensor
        .chip
        .with(|chip| chip.set_local(Celsius::milli(30_000)));
    // The driver does not wait for the conversion, 141 ms, that it started.
    assert_eq!(sensor.hwmon.temperature(1).input(), Ok(Celsius::milli(0)));
    let marks = [format!("read of LOCAL_TEMP {NOT_ENDED}")];
    assert_eq!(sensor.chip.timeline().unwise(), marks);

    sensor.uml.sleep(SimTime::ms(150));
    assert_eq!(
        sensor.hwmon.temperature(1).input(),
        Ok(Celsius::milli(30_000))
    );
    assert_eq!(sensor.chip.timeline().unwise(), marks);
    Ok(())
}

#[roadtest::test]
fn a_reading_before_the_new_range_is_in_force_is_64_degrees_off() -> roadtest::Result {
    let sensor = sensor(at(25_000), &ADVANCED)?;
    assert_eq!(
        sensor.hwmon.temperature(2).input(),
        Ok(Celsius::milli(25_000 - 64_000))
    );
    let marks = [format!("read of REMOTE_TEMP {NOT_ENDED}")];
    assert_eq!(sensor.chip.timeline().unwise(), marks);
    sensor.uml.sleep(SimTime::ms(500));
    assert_eq!(
        sensor.hwmon.temperature(2).input(),
        Ok(Celsius::milli(25_000))
    );
    Ok(())
}
