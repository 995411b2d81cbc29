// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The VCNL4040, which measures all the time and sleeps when unused.

use insta::assert_snapshot;
use roadtest::suite::iio::{Measured, Sensor};
use roadtest::view::iio::{ChannelType, Direction, EventType, Iio};
use roadtest::{Errno, SimTime, Uml, Wired};
use roadtest_chips::iio::light::vcnl4000::Vcnl4040;

use super::{board, board_with_interrupt};

/// Before this the driver has no events and no settings for the chip.
const GROWN_UP: ((u32, u32), &str) = ((6, 12), "the driver only measures");

/// `in_proximity_raw` for a result of 0x1234. Since 6.12 the driver lets the
/// chip give 16 bits and divides by 16, to stay what it was with 12.
pub(super) fn proximity_of_0x1234(uml: &Uml) -> &'static str {
    if uml.version() < (6, 12) {
        "4660"
    } else {
        "291.250000000"
    }
}

/// The same for 0xffff.
pub(super) fn proximity_of_0xffff(uml: &Uml) -> &'static str {
    if uml.version() < (6, 12) {
        "65535"
    } else {
        "4095.937500000"
    }
}

/// The same for 0.
pub(super) fn proximity_of_0(uml: &Uml) -> &'static str {
    if uml.version() < (6, 12) {
        "0"
    } else {
        "0.000000000"
    }
}

fn bound(chip: Vcnl4040) -> roadtest::Result<(Uml, Wired<Vcnl4040>, Iio)> {
    let (board, chip) = board(0x60, chip);
    let uml = board.boot()?;
    let iio = uml.bind(&chip)?.iio()?;
    Ok((uml, chip, iio))
}

/// With INT connected, on a kernel that has events; awake.
fn bound_with_interrupt() -> roadtest::Result<(Uml, Wired<Vcnl4040>, Iio)> {
    let (board, chip) = board_with_interrupt(0x60, Vcnl4040::new());
    let uml = board.boot()?;
    let iio = uml.bind(&chip)?.iio()?;
    wake(&iio)?;
    Ok((uml, chip, iio))
}

/// A defect of the driver (6.1, 6.12): the sensor sleeps from the end of probe
/// on, because the driver tells the delay of its sleep before it asks for a
/// delay. A reading wakes it for 2 s. 7.3 enables runtime PM before it
/// registers the IIO device, whose attachment leaves a request to suspend
/// pending; the delay is in force when that is served, and counts from boot.
pub(super) fn wake(iio: &Iio) -> roadtest::Result {
    iio.read("in_proximity_raw")?;
    Ok(())
}

/// ALS_CONF at the end of probe: on, and asleep at once in 6.1 and 6.12, see
/// [`wake`].
pub(super) fn written_by_probe(uml: &Uml) -> &'static [&'static str] {
    if uml.version() < (7, 3) {
        &["0000", "0001"]
    } else {
        &["0000"]
    }
}

#[roadtest::test]
fn vcnl4040_probe_looks_for_a_vcnl4200_first() -> roadtest::Result {
    let (uml, chip, iio) = bound(Vcnl4040::new())?;
    assert_eq!(iio.name().as_deref(), Ok("vcnl4000"));
    assert_eq!(chip.timeline().reads("RESERVED_0E"), ["0000"]);
    assert_eq!(chip.timeline().reads("DEVICE_ID"), ["0186"]);
    assert_eq!(chip.timeline().writes("ALS_CONF"), written_by_probe(&uml));
    Ok(())
}

#[roadtest::test(since = GROWN_UP.0, why = GROWN_UP.1)]
fn vcnl4040_probe_sets_up_16_bit_proximity() -> roadtest::Result {
    let (board, chip) = board(0x60, Vcnl4040::new());
    let uml = board.boot()?;
    uml.bind(&chip)?;
    // In 6.12 the last four accesses put it to sleep: see `wake`.
    assert_snapshot!(chip.timeline());
    Ok(())
}

#[roadtest::test]
fn vcnl4040_scale_is_a_tenth_of_a_lux() -> roadtest::Result {
    let (uml, _chip, iio) = bound(Vcnl4040::new())?;
    // 6.1 took it for 0.12.
    let scale = if uml.version() < (6, 12) {
        "0.120000"
    } else {
        "0.100000"
    };
    assert_eq!(iio.read("in_illuminance_scale"), Ok(scale.into()));
    Ok(())
}

#[roadtest::test]
fn vcnl4040_light_is_the_result_register() -> roadtest::Result {
    let (_uml, chip, iio) = bound(Vcnl4040::new())?;
    for (light, raw) in [(0x0000, "0"), (0x1234, "4660"), (0xffff, "65535")] {
        chip.with(|chip| chip.set_light(light));
        chip.forget();
        assert_eq!(iio.read("in_illuminance_raw"), Ok(raw.into()));
        assert_eq!(chip.news().reads("ALS_DATA"), [format!("{light:04x}")]);
    }
    Ok(())
}

#[roadtest::test]
fn vcnl4040_proximity_is_the_result_register() -> roadtest::Result {
    let (uml, chip, iio) = bound(Vcnl4040::new())?;
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

/// The driver allows the chip 20 % more than the datasheet's times.
#[roadtest::test]
fn vcnl4040_slow_by_a_sixth_is_waited_for() -> roadtest::Result {
    let (_uml, chip, iio) = bound(Vcnl4040::with_period_percent(117))?;
    chip.with(|chip| chip.set_light(7));
    assert_eq!(iio.read("in_illuminance_raw"), Ok("7".into()));
    assert!(iio.read("in_proximity_raw").is_ok());
    Ok(())
}

/// Proof that reading too early is detected: this part is slower than the
/// driver waits.
#[roadtest::test]
fn vcnl4040_slow_by_half_is_read_too_early() -> roadtest::Result {
    let (_uml, chip, iio) = bound(Vcnl4040::with_period_percent(150))?;
    assert_eq!(iio.read("in_illuminance_raw"), Ok("0".into()));
    let marks = chip.timeline().unwise();
    let early = "to the first read of ALS_DATA, at least 120 ms required (table 2)";
    assert!(marks.len() == 1 && marks[0].ends_with(early), "{marks:?}");
    Ok(())
}

#[roadtest::test]
fn vcnl4040_unbinding_shuts_down() -> roadtest::Result {
    let (board, chip) = board(0x60, Vcnl4040::new());
    let uml = board.boot()?;
    let sensor = uml.bind(&chip)?;
    chip.forget();
    sensor.unbind()?;
    // The core wakes it, where it sleeps, for the driver to leave, which lets
    // it sleep and then shuts it down.
    let asleep = uml.version() < (7, 3);
    let from = usize::from(!asleep);
    let lights = ["0000", "0001", "0001"];
    assert_eq!(chip.news().writes("ALS_CONF"), lights[from..]);
    // 6.1 forgets all other settings.
    let (on, off) = if uml.version() < (6, 12) {
        ("0000", "0001")
    } else {
        ("0800", "0801")
    };
    assert_eq!(chip.news().writes("PS_CONF1"), [on, off, off][from..]);
    Ok(())
}

#[roadtest::test(since = GROWN_UP.0, why = GROWN_UP.1)]
fn vcnl4040_integration_time_changes_scale_and_wait() -> roadtest::Result {
    let (board, chip) = board(0x60, Vcnl4040::new());
    let uml = board.boot()?;
    let iio = uml.bind(&chip)?.iio()?;
    wake(&iio)?;
    for (time, config, scale, period_ms) in [
        ("0.640000", "00c0", "0.012500", 640),
        ("0.320000", "0080", "0.025000", 320),
        ("0.160000", "0040", "0.050000", 160),
        ("0.080000", "0000", "0.100000", 80),
    ] {
        chip.forget();
        iio.write("in_illuminance_integration_time", time)?;
        assert_eq!(chip.news().writes("ALS_CONF"), [config]);
        assert_eq!(iio.read("in_illuminance_integration_time"), Ok(time.into()));
        assert_eq!(iio.read("in_illuminance_scale"), Ok(scale.into()));
        iio.read("in_illuminance_raw")?;
        let before = uml.now();
        iio.read("in_illuminance_raw")?;
        let took = uml.now() - before;
        assert!(took >= SimTime::ms(period_ms * 12 / 10), "{time}: {took}");
        assert!(
            took < SimTime::ms(period_ms * 12 / 10 + 1),
            "{time}: {took}"
        );
    }
    let written = iio.write("in_illuminance_integration_time", "0.05");
    assert_eq!(written, Err(Errno::EINVAL));
    Ok(())
}

#[roadtest::test(since = GROWN_UP.0, why = GROWN_UP.1)]
fn vcnl4040_coming_close_and_going_away_are_events() -> roadtest::Result {
    let (_uml, chip, iio) = bound_with_interrupt()?;
    iio.write("events/in_proximity_thresh_rising_value", 0x1000)?;
    iio.write("events/in_proximity_thresh_falling_value", 0x0800)?;
    let events = iio.events()?;
    iio.write("events/in_proximity_thresh_rising_en", 1)?;
    iio.write("events/in_proximity_thresh_falling_en", 1)?;
    assert_eq!(
        iio.read("events/in_proximity_thresh_rising_en"),
        Ok("1".into())
    );
    // Nothing is near at first.
    let event = events.next(SimTime::ms(20))?.expect("an event");
    assert_eq!(event.to_string(), "proximity0 thresh falling");
    chip.with(|chip| chip.set_proximity(0x1001));
    chip.forget();
    let event = events.next(SimTime::ms(20))?.expect("an event");
    assert_eq!(event.kind, EventType::Thresh);
    assert_eq!(event.direction, Direction::Rising);
    assert_eq!(event.channel_type, ChannelType::Proximity);
    assert_eq!(event.channel, 0);
    assert_snapshot!(chip.news());
    chip.with(|chip| chip.set_proximity(0x07ff));
    let event = events.next(SimTime::ms(20))?.expect("an event");
    assert_eq!(event.to_string(), "proximity0 thresh falling");
    assert_eq!(events.next(SimTime::s(1))?, None);
    Ok(())
}

#[roadtest::test(since = GROWN_UP.0, why = GROWN_UP.1)]
fn vcnl4040_light_beyond_a_threshold_is_an_event() -> roadtest::Result {
    let (_uml, chip, iio) = bound_with_interrupt()?;
    iio.write("events/in_illuminance_thresh_rising_value", 0x1000)?;
    iio.write("events/in_illuminance_thresh_falling_value", 0x0800)?;
    chip.with(|chip| chip.set_light(0x0900));
    let events = iio.events()?;
    iio.write("events/in_illuminance_thresh_either_en", 1)?;
    assert_eq!(events.next(SimTime::ms(500))?, None);
    chip.with(|chip| chip.set_light(0x1001));
    let event = events.next(SimTime::ms(100))?.expect("an event");
    assert_eq!(event.to_string(), "illuminance0 thresh rising");
    chip.with(|chip| chip.set_light(0x07ff));
    let event = events.next(SimTime::ms(100))?.expect("an event");
    assert_eq!(event.to_string(), "illuminance0 thresh falling");
    Ok(())
}

/// A defect of the driver (6.12, 7.3): it takes the persistence after the one
/// that fits exactly.
#[roadtest::test(since = GROWN_UP.0, why = GROWN_UP.1)]
fn vcnl4040_light_period_is_twice_what_was_written() -> roadtest::Result {
    let (_uml, chip, iio) = bound_with_interrupt()?;
    let period = "events/in_illuminance_thresh_either_period";
    assert_eq!(iio.read(period), Ok("0.080000".into()));
    chip.forget();
    for (written, read) in [
        ("0.08", "0.160000"),
        ("0.16", "0.320000"),
        ("0.32", "0.640000"),
        ("0.64", "0.640000"),
        ("0.079999", "0.080000"),
    ] {
        iio.write(period, written)?;
        assert_eq!(iio.read(period), Ok(read.into()), "{written}");
    }
    let configs = ["0004", "0008", "000c", "000c", "0000"];
    assert_eq!(chip.news().writes("ALS_CONF"), configs);
    Ok(())
}

/// Of proximity, a period that fits exactly is taken.
#[roadtest::test(since = GROWN_UP.0, why = GROWN_UP.1)]
fn vcnl4040_proximity_period_is_what_was_written() -> roadtest::Result {
    let (_uml, _chip, iio) = bound_with_interrupt()?;
    let period = "events/in_proximity_thresh_either_period";
    for written in ["0.000100", "0.000200", "0.000300", "0.000400"] {
        iio.write(period, written)?;
        assert_eq!(iio.read(period), Ok(written.into()));
    }
    Ok(())
}

/// The delay is 2 s, and the kernel may stretch it by a quarter.
#[roadtest::test]
fn vcnl4040_sleeps_two_seconds_after_the_last_reading() -> roadtest::Result {
    let (uml, chip, iio) = bound(Vcnl4040::new())?;
    iio.read("in_illuminance_raw")?;
    chip.forget();
    uml.sleep(SimTime::ms(1990));
    assert_eq!(chip.news().to_string(), "");
    uml.sleep(SimTime::ms(520));
    assert_eq!(chip.news().writes("ALS_CONF"), ["0001"]);
    // 6.1 forgets all other settings.
    let off = if uml.version() < (6, 12) {
        "0001"
    } else {
        "0801"
    };
    assert_eq!(chip.news().writes("PS_CONF1"), [off]);
    chip.forget();
    chip.with(|chip| chip.set_light(0x1234));
    assert_eq!(iio.read("in_illuminance_raw"), Ok("4660".into()));
    assert_eq!(chip.news().writes("ALS_CONF"), ["0000"]);
    Ok(())
}

#[roadtest::test(since = GROWN_UP.0, why = GROWN_UP.1)]
fn vcnl4040_stays_awake_while_an_event_is_on() -> roadtest::Result {
    let (uml, chip, iio) = bound_with_interrupt()?;
    iio.write("events/in_proximity_thresh_rising_value", 0x1000)?;
    let events = iio.events()?;
    iio.write("events/in_proximity_thresh_rising_en", 1)?;
    chip.forget();
    uml.sleep(SimTime::s(5));
    assert_eq!(chip.news().to_string(), "");
    chip.with(|chip| chip.set_proximity(0x2000));
    let event = events.next(SimTime::ms(20))?.expect("an event");
    assert_eq!(event.to_string(), "proximity0 thresh rising");
    Ok(())
}

/// A defect of the driver (6.12, 7.3): turning an event on does not wake a
/// sensor that sleeps. The event comes when something else has woken it.
#[roadtest::test(since = GROWN_UP.0, why = GROWN_UP.1)]
fn vcnl4040_event_that_is_turned_on_during_sleep_does_not_come() -> roadtest::Result {
    let (uml, chip, iio) = bound_with_interrupt()?;
    uml.sleep(SimTime::s(3));
    iio.write("events/in_proximity_thresh_rising_value", 0x1000)?;
    let events = iio.events()?;
    chip.forget();
    iio.write("events/in_proximity_thresh_rising_en", 1)?;
    chip.with(|chip| chip.set_proximity(0x2000));
    assert_eq!(events.next(SimTime::s(10))?, None);
    // PS_SD is still set.
    assert_eq!(chip.news().writes("PS_CONF1"), ["0901"]);
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
            points: &[(0, "0"), (0x1234, "466"), (0xffff, "6553.5")],
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

#[roadtest::test(since = GROWN_UP.0, why = GROWN_UP.1)]
fn vcnl4040_passes_the_suite_for_iio_sensors() -> roadtest::Result {
    let (board, chip) = board(0x60, Vcnl4040::new());
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
