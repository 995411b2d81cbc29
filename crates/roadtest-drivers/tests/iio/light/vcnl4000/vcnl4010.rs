// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! VCNL4010 and VCNL4020, with self-timed proximity, thresholds and a
//! triggered buffer.

use insta::assert_snapshot;
use roadtest::suite::iio::{Measured, Sensor};
use roadtest::view::iio::{ChannelType, Direction, EventType, Iio, Trigger};
use roadtest::{Errno, SimTime, Uml, Wired};
use roadtest_chips::iio::light::vcnl4000::{Measurements, Vcnl4010};

use super::{board, board_with_interrupt};

const RISING: &str = "events/in_proximity_thresh_rising_value";
const FALLING: &str = "events/in_proximity_thresh_falling_value";
const ENABLE: &str = "events/in_proximity_thresh_either_en";

fn bound() -> roadtest::Result<(Uml, Wired<Vcnl4010>, Iio)> {
    let (board, chip) = board_with_interrupt(0x13, Vcnl4010::new());
    let uml = board.boot()?;
    let iio = uml.bind(&chip)?.iio()?;
    chip.forget();
    Ok((uml, chip, iio))
}

/// The device's own trigger is set and its buffer ready to start.
fn triggered(iio: &Iio) -> roadtest::Result<roadtest::view::iio::Buffer> {
    iio.set_trigger(&iio.own_trigger()?)?;
    let buffer = iio.buffer()?;
    buffer.enable("in_proximity")?;
    buffer.set_length(128)?;
    Ok(buffer)
}

#[roadtest::test]
fn vcnl4010_light_is_measured_on_demand() -> roadtest::Result {
    let (_uml, chip, iio) = bound()?;
    assert_eq!(iio.read("in_illuminance_scale"), Ok("0.250000".into()));
    for (light, raw) in [(0x0000, "0"), (0x1234, "4660"), (0xffff, "65535")] {
        chip.with(|chip| chip.set_light(light));
        chip.forget();
        assert_eq!(iio.read("in_illuminance_raw"), Ok(raw.into()));
    }
    // How often the driver looks depends on how long it sleeps, in ticks.
    let looks = chip.news().reads("COMMAND");
    assert!(looks.len() > 3 && looks.last().is_some_and(|ready| ready == "c0"));
    assert_snapshot!(chip.news().only(|line| !line.starts_with("R COMMAND")));
    Ok(())
}

#[roadtest::test]
fn vcnl4010_that_is_never_ready_is_an_io_error() -> roadtest::Result {
    let (_uml, chip, iio) = bound()?;
    chip.with(|chip| chip.set_measurements(Measurements::NeverEnd));
    chip.forget();
    assert_eq!(iio.read("in_illuminance_raw"), Err(Errno::EIO));
    assert_eq!(chip.news().writes("COMMAND"), ["10"]);
    Ok(())
}

/// Proof that reading too early is detected: this part says that it is
/// ready when it is not.
#[roadtest::test]
fn vcnl4010_result_that_is_read_too_early_is_marked() -> roadtest::Result {
    let (_uml, chip, iio) = bound()?;
    chip.with(|chip| chip.set_measurements(Measurements::SeemToEndAtOnce));
    assert_eq!(iio.read("in_illuminance_raw"), Ok("0".into()));
    assert_eq!(
        chip.timeline().unwise(),
        [
            "read of ALS_RESULT_H while measuring (register #0, als_data_rdy)",
            "read of ALS_RESULT_L while measuring (register #0, als_data_rdy)",
        ]
    );
    Ok(())
}

#[roadtest::test]
fn vcnl4010_rising_threshold_is_an_event() -> roadtest::Result {
    let (uml, chip, iio) = bound()?;
    iio.write(ENABLE, 0)?;
    iio.write(RISING, 0x1234)?;
    assert_eq!(chip.news().writes("HIGH_THRESHOLD_H"), ["12"]);
    assert_eq!(chip.news().writes("HIGH_THRESHOLD_L"), ["34"]);
    assert_eq!(iio.read(RISING), Ok("4660".into()));
    let events = iio.events()?;
    assert_eq!(iio.events().err(), Some(Errno::EBUSY));
    iio.write(ENABLE, 1)?;
    assert_eq!(iio.read(ENABLE), Ok("1".into()));
    // Exactly at the threshold is not above it.
    chip.with(|chip| chip.set_proximity(0x1234));
    assert_eq!(events.next(SimTime::ms(1100))?, None);
    chip.with(|chip| chip.set_proximity(0x1235));
    chip.forget();
    let event = events.next(SimTime::ms(600))?.expect("an event");
    assert_eq!(event.kind, EventType::Thresh);
    assert_eq!(event.direction, Direction::Rising);
    assert_eq!(event.channel_type, ChannelType::Proximity);
    assert_eq!(event.channel, 1);
    assert_eq!(events.next(SimTime::ZERO)?, None);
    // The acknowledgement comes after the event.
    uml.sleep(SimTime::ms(1));
    assert_snapshot!(chip.news());
    Ok(())
}

#[roadtest::test]
fn vcnl4010_falling_threshold_is_an_event() -> roadtest::Result {
    let (uml, chip, iio) = bound()?;
    iio.write(FALLING, 0x0abc)?;
    assert_eq!(chip.news().writes("LOW_THRESHOLD_H"), ["0a"]);
    assert_eq!(chip.news().writes("LOW_THRESHOLD_L"), ["bc"]);
    assert_eq!(iio.read(FALLING), Ok("2748".into()));
    iio.write(RISING, 0xffff)?;
    chip.with(|chip| chip.set_proximity(0x1235));
    let events = iio.events()?;
    iio.write(ENABLE, 1)?;
    assert_eq!(events.next(SimTime::ms(1100))?, None);
    chip.with(|chip| chip.set_proximity(0));
    chip.forget();
    let event = events.next(SimTime::ms(600))?.expect("an event");
    assert_eq!(event.to_string(), "proximity1 thresh falling");
    // The acknowledgement comes after the event.
    uml.sleep(SimTime::ms(1));
    assert_snapshot!(chip.news());
    Ok(())
}

/// The status bit is acknowledged, so the next measurement reports again.
#[roadtest::test]
fn vcnl4010_threshold_is_reported_with_each_measurement_beyond_it() -> roadtest::Result {
    let (uml, chip, iio) = bound()?;
    iio.write(RISING, 0x1000)?;
    let events = iio.events()?;
    iio.write(ENABLE, 1)?;
    chip.with(|chip| chip.set_proximity(0x2000));
    uml.sleep(SimTime::ms(3 * 512 + 100));
    let reported: Vec<String> = events.drain()?.iter().map(ToString::to_string).collect();
    assert_eq!(reported, ["proximity1 thresh rising"; 3]);
    chip.with(|chip| chip.set_proximity(0));
    uml.sleep(SimTime::s(2));
    assert_eq!(events.drain()?, []);
    Ok(())
}

#[roadtest::test]
fn vcnl4010_threshold_that_does_not_fit_is_refused() -> roadtest::Result {
    let (_uml, chip, iio) = bound()?;
    assert_eq!(iio.write(RISING, 0x1_0000), Err(Errno::ERANGE));
    assert_eq!(iio.write(FALLING, 0x1_0000), Err(Errno::ERANGE));
    assert_eq!(chip.news().to_string(), "");
    Ok(())
}

#[roadtest::test]
fn vcnl4010_measurements_on_demand_are_busy_while_events_are_on() -> roadtest::Result {
    let (_uml, chip, iio) = bound()?;
    iio.write(ENABLE, 1)?;
    chip.forget();
    assert_eq!(iio.read("in_illuminance_raw"), Err(Errno::EBUSY));
    assert_eq!(iio.read("in_proximity_raw"), Err(Errno::EBUSY));
    let written = iio.write("in_proximity_sampling_frequency", "250.000000");
    assert_eq!(written, Err(Errno::EBUSY));
    assert_eq!(chip.news().writes("PROX_RATE"), [""; 0]);
    iio.write(ENABLE, 0)?;
    assert_eq!(iio.read(ENABLE), Ok("0".into()));
    assert_eq!(chip.news().writes("COMMAND"), ["00"]);
    assert_eq!(chip.news().writes("INT_CONTROL"), ["00"]);
    assert_eq!(iio.read("in_illuminance_raw"), Ok("0".into()));
    Ok(())
}

#[roadtest::test]
fn vcnl4010_buffer_is_filled_when_proximity_is_ready() -> roadtest::Result {
    let (uml, chip, iio) = bound()?;
    let buffer = triggered(&iio)?;
    let trigger = iio.own_trigger()?.name()?;
    assert_eq!(iio.current_trigger(), Ok(trigger));
    assert_eq!(buffer.read("in_proximity_type"), Ok("le:u16/16>>0".into()));
    chip.forget();
    let capture = buffer.start()?;
    assert_eq!(capture.scan_bytes(), 2);
    for value in [0x0000, 0x0001, 0xf002, 0xffff] {
        chip.with(|chip| chip.set_proximity(value));
        let scan = capture.next(SimTime::ms(600))?.expect("a scan");
        assert_eq!(scan.get("in_proximity"), i64::from(value));
    }
    assert_eq!(capture.drain()?, []);
    capture.stop()?;
    assert_snapshot!(chip.news());
    // Nothing is measured any more.
    chip.forget();
    uml.sleep(SimTime::s(2));
    assert_eq!(chip.news().to_string(), "");
    Ok(())
}

#[roadtest::test]
fn vcnl4010_buffer_has_a_timestamp_for_each_measurement() -> roadtest::Result {
    let (uml, chip, iio) = bound()?;
    iio.write("in_proximity_sampling_frequency", "250.000000")?;
    iio.write("current_timestamp_clock", "monotonic")?;
    let buffer = triggered(&iio)?;
    buffer.enable("in_timestamp")?;
    buffer.set_watermark(10)?;
    chip.with(|chip| chip.set_proximity(0x1234));
    let capture = buffer.start()?;
    assert_eq!(capture.scan_bytes(), 16);
    // Less than the watermark does not wake a reader.
    assert_eq!(capture.next(SimTime::ms(37))?, None);
    uml.sleep(SimTime::ms(5));
    let scans = capture.drain()?;
    assert_eq!(scans.len(), 10);
    for pair in scans.windows(2) {
        assert_eq!(pair[1].get("in_proximity"), 0x1234);
        let times = pair.iter().map(|scan| scan.timestamp_ns().unwrap());
        let [first, second] = times.collect::<Vec<i64>>()[..] else {
            unreachable!("windows of two");
        };
        assert_eq!(second - first, 4_000_000);
    }
    Ok(())
}

#[roadtest::test]
fn vcnl4010_buffer_and_events_exclude_each_other() -> roadtest::Result {
    let (_uml, _chip, iio) = bound()?;
    iio.write(ENABLE, 1)?;
    let buffer = triggered(&iio)?;
    let errno = buffer.start().err().and_then(|error| error.errno());
    assert_eq!(errno, Some(Errno::EBUSY));
    iio.write(ENABLE, 0)?;
    let capture = buffer.start()?;
    assert_eq!(iio.write(ENABLE, 1), Err(Errno::EBUSY));
    capture.stop()?;
    Ok(())
}

#[roadtest::test]
fn vcnl4010_buffer_without_a_trigger_does_not_start() -> roadtest::Result {
    let (_uml, _chip, iio) = bound()?;
    let buffer = iio.buffer()?;
    buffer.enable("in_proximity")?;
    let errno = buffer.start().err().and_then(|error| error.errno());
    assert_eq!(errno, Some(Errno::EINVAL));
    Ok(())
}

/// Without INT, for other triggers than the chip's own.
fn bound_without_interrupt() -> roadtest::Result<(Uml, Wired<Vcnl4010>, Iio)> {
    let (board, chip) = board(0x13, Vcnl4010::new());
    let uml = board.boot()?;
    let iio = uml.bind(&chip)?.iio()?;
    Ok((uml, chip, iio))
}

#[roadtest::test(since = "6.12", why = "the driver has a buffer only with an interrupt")]
fn vcnl4010_buffer_is_filled_when_software_fires_a_trigger() -> roadtest::Result {
    let (uml, chip, iio) = bound_without_interrupt()?;
    assert!(iio.triggers()?.is_empty());
    let trigger = Trigger::sysfs(&uml, 7)?;
    assert_eq!(trigger.name().as_deref(), Ok("sysfstrig7"));
    iio.set_trigger(&trigger)?;
    let buffer = iio.buffer()?;
    buffer.enable("in_proximity")?;
    chip.with(|chip| chip.set_proximity(0x1234));
    let capture = buffer.start()?;
    chip.forget();
    // Nothing has been measured yet: the driver has nothing to give.
    trigger.fire()?;
    assert_eq!(capture.next(SimTime::ms(100))?, None);
    uml.sleep(SimTime::ms(500));
    trigger.fire()?;
    let scan = capture.next(SimTime::ms(100))?.expect("a scan");
    assert_eq!(scan.get("in_proximity"), 0x1234);
    assert_snapshot!(chip.news());
    capture.stop()?;
    iio.write("trigger/current_trigger", "\n")?;
    assert_eq!(iio.current_trigger().as_deref(), Ok(""));
    trigger.remove()?;
    assert!(Trigger::sysfs(&uml, 7).is_ok());
    Ok(())
}

#[roadtest::test(since = "6.12", why = "the driver has a buffer only with an interrupt")]
fn vcnl4010_buffer_is_filled_by_a_timer() -> roadtest::Result {
    let (uml, chip, iio) = bound_without_interrupt()?;
    iio.write("in_proximity_sampling_frequency", "250.000000")?;
    let trigger = Trigger::hrtimer(&uml, "tick")?;
    trigger.set_frequency(10)?;
    iio.set_trigger(&trigger)?;
    assert_eq!(iio.current_trigger().as_deref(), Ok("tick"));
    let buffer = iio.buffer()?;
    buffer.enable("in_proximity")?;
    let capture = buffer.start()?;
    for value in [1, 2, 3] {
        chip.with(|chip| chip.set_proximity(value));
        let before = uml.now();
        let scan = capture.next(SimTime::ms(150))?.expect("a scan");
        assert_eq!(scan.get("in_proximity"), i64::from(value));
        let took = uml.now() - before;
        assert!(SimTime::ms(90) < took && took < SimTime::ms(110), "{took}");
    }
    capture.stop()?;
    iio.write("trigger/current_trigger", "\n")?;
    Ok(())
}

const SENSOR: Sensor = Sensor {
    name: "vcnl4000",
    measured: &[Measured {
        channel: "in_illuminance",
        points: &[
            (0, "0"),
            (1, "0.25"),
            (0x1234, "1165"),
            (0xffff, "16383.75"),
        ],
        settle: SimTime::ZERO,
    }],
    refused: &[],
    untouched: &["in_proximity", "in_proximity_raw"],
};

#[roadtest::test]
fn vcnl4010_passes_the_suite_for_iio_sensors() -> roadtest::Result {
    let (uml, chip, iio) = bound()?;
    SENSOR.check(&uml, &iio, |_, steps| {
        chip.with(|chip| chip.set_light(u16::try_from(steps).unwrap()));
    })
}
