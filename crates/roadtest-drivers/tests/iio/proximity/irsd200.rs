// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/iio/proximity/irsd200.c`: Murata IRS-D200 infrared sensor. The
//! driver came with Linux 6.6.

use insta::assert_snapshot;
use roadtest::view::iio::{ChannelType, Direction, Event, EventType, Events, Iio};
use roadtest::{Board, Device, Edge, Errno, Pin, SimTime, Timeline, Uml, Wired};
use roadtest_chips::iio::proximity::irsd200::Irsd200;

const COUNT: &str = "events/in_proximity_thresh_either_runningcount";
const PERIOD: &str = "events/in_proximity_thresh_either_runningperiod";
const FALLING: &str = "events/in_proximity_thresh_falling_value";
const RISING: &str = "events/in_proximity_thresh_rising_value";
const ENABLE: &str = "events/in_proximity_thresh_either_en";
const RATE: &str = "in_proximity_sampling_frequency";
const LOW_PASS: &str = "in_proximity_filter_low_pass_3db_frequency";
/// From an event or a scan to the acknowledgement of its interrupt.
const ACKNOWLEDGED: SimTime = SimTime::ms(1);
const HIGH_PASS: &str = "in_proximity_filter_high_pass_3db_frequency";

fn board(chip: Irsd200) -> (Board, Wired<Irsd200>, Pin) {
    let mut board = Board::new();
    let int = board.gpio(1);
    let sensor = board.i2c(0x48, chip).interrupt(&int, Edge::Rising);
    (board, sensor, int)
}

/// A sensor, bound; what the driver did to it is behind it.
fn ready() -> roadtest::Result<(Uml, Wired<Irsd200>, Iio)> {
    let (board, sensor, _int) = board(Irsd200::new());
    let uml = board.boot()?;
    let iio = uml.bind(&sensor)?.iio()?;
    sensor.forget();
    Ok((uml, sensor, iio))
}

/// Writes an attribute, and gives what came to `register` by it.
fn written(
    sensor: &Wired<Irsd200>,
    iio: &Iio,
    (attribute, value): (&str, &str),
    register: &str,
) -> Result<Vec<String>, Errno> {
    sensor.forget();
    iio.write(attribute, value)?;
    Ok(sensor.news().writes(register))
}

fn refuses(sensor: &Wired<Irsd200>, iio: &Iio, attribute: &str, values: &[&str]) {
    for value in values {
        sensor.forget();
        assert_eq!(iio.write(attribute, value), Err(Errno::ERANGE), "{value}");
        let news = sensor.news().to_string();
        let writes: Vec<&str> = news.lines().filter(|line| line.starts_with('W')).collect();
        assert_eq!(writes, [""; 0], "{value}");
    }
}

#[test]
fn probe_makes_the_chip_active_and_clears_what_it_has_seen() -> roadtest::Result {
    let (board, sensor, _int) = board(Irsd200::new().asleep());
    let uml = board.boot()?;
    let device = uml.bind(&sensor)?;
    assert_eq!(device.driver().as_deref(), Some("irsd200"));
    assert_eq!(sensor.timeline().writes("OP"), ["00"]);
    assert_snapshot!(sensor.timeline());
    Ok(())
}

#[test]
fn the_device_has_its_name() -> roadtest::Result {
    let (_uml, _sensor, iio) = ready()?;
    assert_eq!(iio.name(), Ok("irsd200".into()));
    Ok(())
}

#[test]
fn it_can_be_bound_again_after_unbind() -> roadtest::Result {
    let (board, sensor, _int) = board(Irsd200::new());
    let uml = board.boot()?;
    for _ in 0..2 {
        let device: Device = uml.bind(&sensor)?;
        assert_eq!(device.unbind(), Ok(()));
    }
    assert_eq!(sensor.timeline().writes("OP"), ["00", "00"]);
    Ok(())
}

#[test]
fn two_sensors_cannot_share_an_interrupt_of_edges() -> roadtest::Result {
    let mut board = Board::new();
    let int = board.gpio(1).shared();
    let first = board
        .i2c(0x48, Irsd200::new())
        .interrupt(&int, Edge::Rising);
    let second = board
        .i2c(0x49, Irsd200::new())
        .interrupt(&int, Edge::Rising);
    let uml = board.boot()?;
    let device = uml.bind(&first)?;
    let error = uml.bind(&second).err().and_then(|error| error.errno());
    assert_eq!(error, Some(Errno::EBUSY), "the driver wants it for itself");
    assert_eq!(device.unbind(), Ok(()));
    uml.bind(&second)?;
    Ok(())
}

#[test]
fn without_interrupt_probe_fails() -> roadtest::Result {
    let mut board = Board::new();
    let sensor = board.i2c(0x48, Irsd200::new());
    let uml = board.boot()?;
    let error = uml.bind(&sensor).err().and_then(|error| error.errno());
    assert_eq!(error, Some(Errno::ENXIO));
    Ok(())
}

#[test]
fn exactly_two_rates_and_two_frequencies_of_each_filter_are_available() -> roadtest::Result {
    let (_uml, _sensor, iio) = ready()?;
    let available = |attribute| iio.read(&format!("{attribute}_available"));
    assert_eq!(available(RATE), Ok("50 100".into()));
    assert_eq!(available(LOW_PASS), Ok("10 7".into()));
    assert_eq!(available(HIGH_PASS), Ok("0.300000000 0.500000000".into()));
    Ok(())
}

#[test]
fn a_sample_is_readable_with_its_sign() -> roadtest::Result {
    let (_uml, sensor, iio) = ready()?;
    for sample in [0, 1, 0x1234, i16::MAX, -1, i16::MIN] {
        sensor.with(|chip| chip.set_data(sample));
        assert_eq!(iio.read("in_proximity_raw"), Ok(sample.to_string()));
    }
    Ok(())
}

#[test]
fn the_sampling_frequency_is_50_or_100_hz() -> roadtest::Result {
    let (uml, sensor, iio) = ready()?;
    for (hertz, rate) in [("50", "00"), ("100", "01")] {
        let start = uml.now();
        assert_eq!(
            written(&sensor, &iio, (RATE, hertz), "DATA_RATE"),
            Ok(vec![rate.into()])
        );
        assert!(uml.now() - start >= SimTime::s(3), "the chip settles");
        assert_eq!(iio.read(RATE), Ok(hertz.into()));
    }
    refuses(&sensor, &iio, RATE, &["49", "51", "101"]);
    assert_eq!(iio.read(RATE), Ok("100".into()));
    Ok(())
}

#[test]
fn a_chip_that_settles_more_slowly_is_accessed_too_early() -> roadtest::Result {
    let (board, sensor, _int) = board(Irsd200::new().settles_in(SimTime::s(4)));
    let uml = board.boot()?;
    let iio = uml.bind(&sensor)?.iio()?;
    uml.expect_violation("a write of DATA_RATE to the next access, at least 4 s required");
    assert_eq!(iio.write(RATE, 100), Ok(()));
    assert_eq!(iio.read(RATE), Ok("100".into()));
    Ok(())
}

#[test]
fn the_low_pass_is_10_or_7_hz_and_leaves_the_high_pass() -> roadtest::Result {
    let (_uml, sensor, iio) = ready()?;
    // The field is only written where it changes: begin with the other one.
    assert_eq!(iio.write(LOW_PASS, 7), Ok(()));
    for (hertz, filter) in [("10", "00"), ("7", "02")] {
        assert_eq!(
            written(&sensor, &iio, (LOW_PASS, hertz), "FILTER"),
            Ok(vec![filter.into()])
        );
        assert_eq!(iio.read(LOW_PASS), Ok(hertz.into()));
    }
    assert_eq!(
        written(&sensor, &iio, (LOW_PASS, "7"), "FILTER"),
        Ok(vec![])
    );
    refuses(&sensor, &iio, LOW_PASS, &["1", "8", "11"]);
    assert_eq!(
        written(&sensor, &iio, (HIGH_PASS, "0.5"), "FILTER"),
        Ok(vec!["03".into()])
    );
    assert_eq!(
        written(&sensor, &iio, (LOW_PASS, "10"), "FILTER"),
        Ok(vec!["01".into()])
    );
    Ok(())
}

#[test]
fn the_high_pass_is_0_3_or_0_5_hz_and_leaves_the_low_pass() -> roadtest::Result {
    let (_uml, sensor, iio) = ready()?;
    assert_eq!(iio.write(HIGH_PASS, "0.5"), Ok(()));
    for (hertz, filter) in [("0.3", "00"), ("0.5", "01")] {
        assert_eq!(
            written(&sensor, &iio, (HIGH_PASS, hertz), "FILTER"),
            Ok(vec![filter.into()])
        );
        assert_eq!(iio.number(HIGH_PASS), hertz.parse());
    }
    refuses(&sensor, &iio, HIGH_PASS, &["0.2", "0.4", "0.6", "1.3"]);
    assert_eq!(
        written(&sensor, &iio, (LOW_PASS, "7"), "FILTER"),
        Ok(vec!["03".into()])
    );
    assert_eq!(
        written(&sensor, &iio, (HIGH_PASS, "0.3"), "FILTER"),
        Ok(vec!["02".into()])
    );
    Ok(())
}

#[test]
fn the_running_count_is_1_to_7_and_from_2_on_needs_a_period() -> roadtest::Result {
    let (_uml, sensor, iio) = ready()?;
    refuses(&sensor, &iio, COUNT, &["0", "-1"]);
    assert_eq!(
        written(&sensor, &iio, (COUNT, "1"), "NR_COUNT"),
        Ok(vec!["01".into()])
    );
    assert_eq!(iio.read(COUNT), Ok("1".into()));
    assert_eq!(iio.write(PERIOD, 0), Ok(()));
    assert_eq!(iio.write(COUNT, 2), Err(Errno::EPERM));
    assert_eq!(iio.write(PERIOD, 1), Ok(()));
    for count in 2..=7 {
        let text = count.to_string();
        let write = written(&sensor, &iio, (COUNT, &text), "NR_COUNT");
        assert_eq!(write, Ok(vec![format!("{count:02x}")]));
        assert_eq!(iio.read(COUNT), Ok(text));
    }
    refuses(&sensor, &iio, COUNT, &["8"]);
    Ok(())
}

/// The driver looks at the period when a count is written, but not at the
/// count when a period is. A defect, in 6.12 and 7.3.
#[test]
fn a_period_of_zero_is_not_refused_where_a_count_needs_one() -> roadtest::Result {
    let (uml, _sensor, iio) = ready()?;
    assert_eq!(iio.write(PERIOD, 1), Ok(()));
    assert_eq!(iio.write(COUNT, 2), Ok(()));
    uml.expect_violation("NR_COUNT is 2 while TIMER is zero");
    assert_eq!(iio.write(PERIOD, 0), Ok(()));
    Ok(())
}

/// Writes a period of `raw` samples at `rate`, and reads it back.
fn period(sensor: &Wired<Irsd200>, iio: &Iio, rate: u32, raw: u32) -> roadtest::Result {
    // Both rates divide a second into whole numbers of 10 ms.
    let milliseconds = raw * 1000 / rate;
    let text = format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000);
    sensor.forget();
    assert_eq!(iio.write(PERIOD, &text), Ok(()), "{text}");
    let news = sensor.news();
    assert_eq!(
        news.writes("TIMER_HI"),
        [format!("{:02x}", raw >> 8)],
        "{text}"
    );
    assert_eq!(
        news.writes("TIMER_LO"),
        [format!("{:02x}", raw & 0xff)],
        "{text}"
    );
    assert_eq!(iio.number(PERIOD), text.parse());
    Ok(())
}

#[test]
fn the_running_period_counts_samples_of_10_bits() -> roadtest::Result {
    let (_uml, sensor, iio) = ready()?;
    // The limit is 1023 samples: 20.46 s at 50 Hz, 10.23 s at 100 Hz.
    for (rate, beyond) in [(50, ["20.48", "21", "256"]), (100, ["10.24", "11", "256"])] {
        assert_eq!(iio.write(RATE, rate), Ok(()));
        for raw in [0x0000, 0x0001, 0x0100, 0x0234, 0x03ff] {
            period(&sensor, &iio, rate, raw)?;
        }
        refuses(&sensor, &iio, PERIOD, &beyond);
        refuses(&sensor, &iio, PERIOD, &["-1", "-0.1"]);
    }
    Ok(())
}

#[test]
fn the_falling_threshold_is_negative_in_steps_of_128() -> roadtest::Result {
    let (_uml, sensor, iio) = ready()?;
    for (value, register) in [("0", "00"), ("-15744", "7b"), ("-32640", "ff")] {
        let write = written(&sensor, &iio, (FALLING, value), "THR_LO");
        assert_eq!(write, Ok(vec![register.into()]));
        assert_eq!(iio.read(FALLING), Ok(value.into()));
    }
    refuses(&sensor, &iio, FALLING, &["1", "-32768"]);
    Ok(())
}

#[test]
fn the_rising_threshold_is_positive_in_steps_of_128() -> roadtest::Result {
    let (_uml, sensor, iio) = ready()?;
    for (value, register) in [("0", "00"), ("15744", "7b"), ("32640", "ff")] {
        let write = written(&sensor, &iio, (RISING, value), "THR_HI");
        assert_eq!(write, Ok(vec![register.into()]));
        assert_eq!(iio.read(RISING), Ok(value.into()));
    }
    refuses(&sensor, &iio, RISING, &["-1", "32768"]);
    Ok(())
}

#[test]
fn a_threshold_between_two_steps_is_cut_to_the_smaller() -> roadtest::Result {
    let (_uml, sensor, iio) = ready()?;
    let write = written(&sensor, &iio, (RISING, "255"), "THR_HI");
    assert_eq!(write, Ok(vec!["01".into()]));
    assert_eq!(iio.read(RISING), Ok("128".into()));
    Ok(())
}

/// A sensor whose event is enabled, and its queue of events.
fn armed() -> roadtest::Result<(Uml, Wired<Irsd200>, Iio, Events)> {
    let (uml, sensor, iio) = ready()?;
    assert_eq!(iio.read(ENABLE), Ok("0".into()));
    // From 0 to 8 is a change: the driver writes without being forced to.
    let write = written(&sensor, &iio, (ENABLE, "1"), "INTR");
    assert_eq!(write, Ok(vec!["08".into()]));
    assert_eq!(iio.read(ENABLE), Ok("1".into()));
    let events = iio.events()?;
    sensor.forget();
    Ok((uml, sensor, iio, events))
}

#[track_caller]
fn is_crossing(event: Option<Event>, direction: Direction) {
    let event = event.expect("an event");
    assert_eq!(event.channel_type, ChannelType::Proximity);
    assert_eq!(event.kind, EventType::Thresh);
    assert_eq!(event.direction, direction);
    assert_eq!(event.channel, 0);
}

/// Lets the thresholds be crossed, checks the event that comes of it, and
/// gives what the driver did.
fn crossing(upper: u32, lower: u32, direction: Direction) -> roadtest::Result<(Uml, Timeline)> {
    let (uml, sensor, iio, events) = armed()?;
    sensor.with(|chip| chip.cross(upper, lower));
    is_crossing(events.next(SimTime::s(1))?, direction);
    assert_eq!(events.next(SimTime::s(1))?, None, "one event each");
    assert_eq!(sensor.with(|chip| chip.status()), 0, "acknowledged");
    let news = sensor.news();
    let write = written(&sensor, &iio, (ENABLE, "0"), "INTR");
    assert_eq!(write, Ok(vec!["00".into()]));
    assert_eq!(iio.read(ENABLE), Ok("0".into()));
    Ok((uml, news))
}

#[test]
fn crossing_the_upper_threshold_is_a_rising_event() -> roadtest::Result {
    let (_uml, news) = crossing(1, 0, Direction::Rising)?;
    assert_snapshot!(news);
    Ok(())
}

#[test]
fn crossing_the_lower_threshold_is_a_falling_event() -> roadtest::Result {
    let (_uml, news) = crossing(0, 1, Direction::Falling)?;
    assert_snapshot!(news);
    Ok(())
}

#[test]
fn crossing_both_thresholds_is_an_event_of_either_direction() -> roadtest::Result {
    let (_uml, news) = crossing(1, 1, Direction::Either)?;
    assert_snapshot!(news);
    Ok(())
}

#[test]
fn crossings_after_another_are_as_many_events() -> roadtest::Result {
    let (uml, sensor, _iio, events) = armed()?;
    for _ in 0..3 {
        sensor.with(|chip| chip.cross(2, 0));
        is_crossing(events.next(SimTime::s(1))?, Direction::Rising);
        uml.sleep(ACKNOWLEDGED);
    }
    Ok(())
}

/// The driver pushes the event before it acknowledges the interrupt: what
/// happens in between is acknowledged with it and lost. A defect, in 6.12 and
/// 7.3.
#[test]
fn a_crossing_before_the_acknowledgement_of_the_last_one_is_lost() -> roadtest::Result {
    let (_uml, sensor, _iio, events) = armed()?;
    sensor.with(|chip| chip.cross(1, 0));
    is_crossing(events.next(SimTime::s(1))?, Direction::Rising);
    sensor.with(|chip| chip.cross(0, 1));
    assert_eq!(events.next(SimTime::s(1))?, None);
    assert_eq!(sensor.with(|chip| chip.status()), 0);
    Ok(())
}

#[test]
fn without_a_crossing_there_is_no_event() -> roadtest::Result {
    let (uml, _sensor, _iio, events) = armed()?;
    let start = uml.now();
    assert_eq!(events.next(SimTime::s(5))?, None);
    assert!(uml.now() - start >= SimTime::s(5));
    Ok(())
}

#[test]
fn a_crossing_that_is_not_enabled_is_no_event() -> roadtest::Result {
    let (_uml, sensor, iio) = ready()?;
    let events = iio.events()?;
    sensor.with(|chip| chip.cross(1, 0));
    assert_eq!(events.next(SimTime::s(1))?, None);
    assert_eq!(sensor.news().reads("STATUS"), [""; 0], "no interrupt");
    Ok(())
}

#[test]
fn a_pulse_without_a_reason_is_nobody_s_interrupt() -> roadtest::Result {
    let (uml, sensor, _iio, events) = armed()?;
    sensor.pulse(SimTime::us(50));
    uml.sleep(SimTime::ms(1));
    assert_eq!(events.next(SimTime::ZERO)?, None);
    assert_eq!(sensor.news().reads("STATUS"), ["00"]);
    assert_eq!(sensor.news().writes("STATUS"), [""; 0]);
    assert_snapshot!(sensor.news());
    Ok(())
}

#[test]
fn every_sample_comes_to_the_buffer() -> roadtest::Result {
    let (uml, sensor, iio) = ready()?;
    let trigger = iio.own_trigger()?;
    iio.set_trigger(&trigger)?;
    assert_eq!(iio.current_trigger(), trigger.name());
    let buffer = iio.buffer()?;
    buffer.enable("in_proximity")?;
    buffer.set_length(128)?;
    assert_eq!(buffer.channel("in_proximity")?.scan_type.bits, 16);
    let capture = buffer.start()?;
    assert_eq!(sensor.news().writes("INTR"), ["01"]);
    for sample in [0, 1, 0x1000, 0x1234, -1, i16::MIN] {
        sensor.with(|chip| chip.sample(sample));
        let scan = capture.next(SimTime::s(1))?.expect("a scan");
        assert_eq!(scan.get("in_proximity"), i64::from(sample));
        uml.sleep(ACKNOWLEDGED);
    }
    assert_eq!(capture.next(SimTime::s(1))?, None);
    assert_snapshot!(sensor.news());
    sensor.forget();
    capture.stop()?;
    assert_eq!(sensor.news().writes("INTR"), ["00"]);
    Ok(())
}

#[test]
fn samples_and_crossings_do_not_get_in_each_other_s_way() -> roadtest::Result {
    let (uml, sensor, iio, events) = armed()?;
    iio.set_trigger(&iio.own_trigger()?)?;
    let buffer = iio.buffer()?;
    buffer.enable("in_proximity")?;
    let capture = buffer.start()?;
    assert_eq!(sensor.news().writes("INTR"), ["09"]);
    sensor.with(|chip| {
        chip.sample(77);
        chip.cross(0, 3);
    });
    let scan = capture.next(SimTime::s(1))?.expect("a scan");
    assert_eq!(scan.get("in_proximity"), 77);
    is_crossing(events.next(SimTime::s(1))?, Direction::Falling);
    uml.sleep(ACKNOWLEDGED);
    assert_eq!(sensor.with(|chip| chip.status()), 0, "all acknowledged");
    Ok(())
}

#[test]
fn the_supply_is_on_before_the_first_access() -> roadtest::Result {
    let mut board = Board::new();
    let (int, enable) = (board.gpio(1), board.gpio(2));
    let vdd = board.fixed_supply("vdd", 3_300_000, &enable);
    let sensor = board
        .i2c(0x48, Irsd200::new())
        .interrupt(&int, Edge::Rising)
        .powered_by("vdd", &vdd);
    let uml = board.boot()?;
    assert!(!vdd.is_on());
    let device = uml.bind(&sensor)?;
    assert!(vdd.is_on());
    assert_eq!(device.unbind(), Ok(()));
    assert!(!vdd.is_on());
    Ok(())
}
