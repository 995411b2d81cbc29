// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The VCNL4200, which measures all the time and sleeps when unused.

use insta::assert_snapshot;
use roadtest::suite::iio::{Measured, Sensor};
use roadtest::view::iio::Iio;
use roadtest::{SimTime, Uml, Wired};
use roadtest_chips::iio::light::vcnl4000::Vcnl4200;

use super::vcnl4040::{
    proximity_of_0, proximity_of_0x1234, proximity_of_0xffff, wake, written_by_probe,
};
use super::{board, board_with_interrupt};

fn bound(chip: Vcnl4200) -> roadtest::Result<(Uml, Wired<Vcnl4200>, Iio)> {
    let (board, chip) = board(0x51, chip);
    let uml = board.boot()?;
    let iio = uml.bind(&chip)?.iio()?;
    Ok((uml, chip, iio))
}

#[roadtest::test]
fn vcnl4200_is_identified_with_one_reading() -> roadtest::Result {
    let (uml, chip, iio) = bound(Vcnl4200::new())?;
    assert_eq!(iio.name().as_deref(), Ok("vcnl4000"));
    assert_eq!(chip.timeline().reads("DEVICE_ID"), ["1058"]);
    assert_eq!(chip.timeline().writes("ALS_CONF"), written_by_probe(&uml));
    Ok(())
}

#[roadtest::test]
fn vcnl4200_scale_is_24_millilux() -> roadtest::Result {
    let (_uml, _chip, iio) = bound(Vcnl4200::new())?;
    assert_eq!(iio.read("in_illuminance_scale"), Ok("0.024000".into()));
    Ok(())
}

#[roadtest::test]
fn vcnl4200_light_is_the_result_register() -> roadtest::Result {
    let (_uml, chip, iio) = bound(Vcnl4200::new())?;
    for (light, raw) in [(0x0000, "0"), (0x1234, "4660"), (0xffff, "65535")] {
        chip.with(|chip| chip.set_light(light));
        chip.forget();
        assert_eq!(iio.read("in_illuminance_raw"), Ok(raw.into()));
        assert_eq!(chip.news().reads("ALS_DATA"), [format!("{light:04x}")]);
    }
    Ok(())
}

#[roadtest::test]
fn vcnl4200_proximity_is_the_result_register() -> roadtest::Result {
    let (uml, chip, iio) = bound(Vcnl4200::new())?;
    for (proximity, raw) in [
        (0x0000, proximity_of_0(&uml)),
        (0x1234, proximity_of_0x1234(&uml)),
        (0xffff, proximity_of_0xffff(&uml)),
    ] {
        chip.with(|chip| chip.set_proximity(proximity));
        chip.forget();
        assert_eq!(iio.read("in_proximity_raw"), Ok(raw.into()));
        assert_eq!(chip.news().reads("PS_DATA"), [format!("{proximity:04x}")]);
    }
    Ok(())
}

/// From the driver's own table: 50 ms and a fifth.
#[roadtest::test]
fn vcnl4200_light_is_read_at_most_every_60_ms() -> roadtest::Result {
    let (uml, _chip, iio) = bound(Vcnl4200::new())?;
    iio.read("in_illuminance_raw")?;
    let before = uml.now();
    iio.read("in_illuminance_raw")?;
    let took = uml.now() - before;
    assert!(SimTime::ms(60) <= took && took < SimTime::ms(61), "{took}");
    Ok(())
}

/// Proof that reading too early is detected: this part is slower than the
/// driver waits.
#[roadtest::test]
fn vcnl4200_slow_by_half_is_read_too_early() -> roadtest::Result {
    let (_uml, chip, iio) = bound(Vcnl4200::with_period_percent(150))?;
    assert_eq!(iio.read("in_illuminance_raw"), Ok("0".into()));
    let marks = chip.timeline().unwise();
    let early = "to the first read of ALS_DATA, at least 75 ms required (ALS_CONF)";
    assert!(marks.len() == 1 && marks[0].ends_with(early), "{marks:?}");
    Ok(())
}

#[roadtest::test(since = "6.12", why = "the driver only measures")]
fn vcnl4200_coming_close_is_an_event() -> roadtest::Result {
    let (board, chip) = board_with_interrupt(0x51, Vcnl4200::new());
    let uml = board.boot()?;
    let iio = uml.bind(&chip)?.iio()?;
    wake(&iio)?;
    iio.write("events/in_proximity_thresh_rising_value", 0x1000)?;
    let events = iio.events()?;
    iio.write("events/in_proximity_thresh_rising_en", 1)?;
    assert_eq!(events.next(SimTime::s(1))?, None);
    chip.with(|chip| chip.set_proximity(0x1001));
    chip.forget();
    let event = events.next(SimTime::ms(20))?.expect("an event");
    assert_eq!(event.to_string(), "proximity0 thresh rising");
    assert_snapshot!(chip.news());
    Ok(())
}

/// The delay is 2 s, and the kernel may stretch it by a quarter.
#[roadtest::test]
fn vcnl4200_sleeps_two_seconds_after_the_last_reading() -> roadtest::Result {
    let (uml, chip, iio) = bound(Vcnl4200::new())?;
    iio.read("in_illuminance_raw")?;
    chip.forget();
    uml.sleep(SimTime::ms(1990));
    assert_eq!(chip.news().to_string(), "");
    uml.sleep(SimTime::ms(520));
    assert_eq!(chip.news().writes("ALS_CONF"), ["0001"]);
    chip.forget();
    chip.with(|chip| chip.set_light(0x1234));
    assert_eq!(iio.read("in_illuminance_raw"), Ok("4660".into()));
    assert_eq!(chip.news().writes("ALS_CONF"), ["0000"]);
    Ok(())
}

/// See `vcnl4040_event_that_is_turned_on_during_sleep_does_not_come`.
#[roadtest::test(since = "6.12", why = "the driver only measures")]
fn vcnl4200_event_does_not_come_before_the_first_reading() -> roadtest::Result {
    let (board, chip) = board_with_interrupt(0x51, Vcnl4200::new());
    let uml = board.boot()?;
    let iio = uml.bind(&chip)?.iio()?;
    uml.sleep(SimTime::s(3));
    iio.write("events/in_proximity_thresh_rising_value", 0x1000)?;
    let events = iio.events()?;
    iio.write("events/in_proximity_thresh_rising_en", 1)?;
    chip.with(|chip| chip.set_proximity(0x2000));
    assert_eq!(events.next(SimTime::s(10))?, None);
    wake(&iio)?;
    let event = events.next(SimTime::ms(20))?.expect("an event");
    assert_eq!(event.to_string(), "proximity0 thresh rising");
    Ok(())
}

const SENSOR: Sensor = Sensor {
    name: "vcnl4000",
    measured: &[
        Measured {
            channel: "in_illuminance",
            points: &[(0, "0"), (0x1234, "111.84"), (0xffff, "1572.84")],
            settle: SimTime::ZERO,
        },
        Measured {
            channel: "in_proximity",
            points: &[(0, "0"), (0x1234, "291.25"), (0xffff, "4095.9375")],
            settle: SimTime::ZERO,
        },
    ],
    refused: &[],
    // See `vcnl4040_light_period_is_twice_what_was_written`.
    untouched: &["events/in_illuminance_thresh_either_period"],
};

#[roadtest::test(since = "6.12", why = "the driver only measures")]
fn vcnl4200_passes_the_suite_for_iio_sensors() -> roadtest::Result {
    let (board, chip) = board(0x51, Vcnl4200::new());
    let uml = board.boot()?;
    let iio = uml.bind(&chip)?.iio()?;
    SENSOR.check(&uml, &iio, |channel, steps| {
        let steps = u16::try_from(steps).unwrap();
        chip.with(|chip| match channel {
            "in_illuminance" => chip.set_light(steps),
            _ => chip.set_proximity(steps),
        });
    })
}
