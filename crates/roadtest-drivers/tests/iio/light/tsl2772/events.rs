// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Limits, persistence and the interrupt.

use insta::assert_snapshot;
use roadtest::view::iio::{Events, Iio};
use roadtest::{Board, Edge, Placement, SimTime, Uml, Wired};
use roadtest_chips::iio::light::tsl2772::Tsl2772;

use super::{ROUND, ready};

#[roadtest::test]
fn without_interrupt_there_are_no_events() -> roadtest::Result {
    let (_uml, _sensor, iio) = ready()?;
    assert!(!iio.has("events"));
    Ok(())
}

/// A TSL2772 with its interrupt, bound.
fn with_interrupt() -> roadtest::Result<(Uml, Wired<Tsl2772>, Iio)> {
    let mut board = Board::new();
    let int = board.gpio(2);
    let sensor = board.i2c(
        0x39,
        Placement::of(Tsl2772::default()).interrupt(&int, Edge::Falling),
    );
    let uml = board.boot()?;
    let iio = uml.bind(&sensor)?.iio()?;
    sensor.forget();
    Ok((uml, sensor, iio))
}

/// Writes a limit, and returns what was written to its two registers.
fn limit(
    sensor: &Wired<Tsl2772>,
    iio: &Iio,
    (file, value): (&str, u16),
    (low, high): (&str, &str),
) -> String {
    sensor.forget();
    let file = format!("events/{file}");
    assert_eq!(iio.write(&file, value), Ok(()));
    assert_eq!(iio.read(&file), Ok(value.to_string()));
    let news = sensor.news();
    format!(
        "{} {}",
        news.writes(high).join(","),
        news.writes(low).join(",")
    )
}

#[roadtest::test]
fn limits_are_written_low_byte_first() -> roadtest::Result {
    let (_uml, sensor, iio) = with_interrupt()?;
    for (file, low, high) in [
        ("in_intensity0_thresh_falling_value", "AILTL", "AILTH"),
        ("in_intensity0_thresh_rising_value", "AIHTL", "AIHTH"),
        ("in_proximity0_thresh_falling_value", "PILTL", "PILTH"),
        ("in_proximity0_thresh_rising_value", "PIHTL", "PIHTH"),
    ] {
        let written = limit(&sensor, &iio, (file, 0x1234), (low, high));
        assert_eq!(written, "12 34", "{file}");
    }
    Ok(())
}

#[roadtest::test]
fn the_default_limits_are_200_to_256_and_0_to_512() -> roadtest::Result {
    let (_uml, _sensor, iio) = with_interrupt()?;
    for (file, value) in [
        ("in_intensity0_thresh_falling_value", "200"),
        ("in_intensity0_thresh_rising_value", "256"),
        ("in_proximity0_thresh_falling_value", "0"),
        ("in_proximity0_thresh_rising_value", "512"),
    ] {
        assert_eq!(iio.read(&format!("events/{file}")), Ok(value.into()));
    }
    Ok(())
}

#[roadtest::test]
fn a_period_is_a_number_of_results() -> roadtest::Result {
    let (_uml, sensor, iio) = with_interrupt()?;
    let light = "events/in_intensity0_thresh_either_period";
    let proximity = "events/in_proximity0_thresh_either_period";
    // Light counts 1, 2, 3, 5, 10, … 60; proximity counts 1 to 15.
    for (file, written, pers, read) in [
        (light, "0.00273", "11", "0.002730"),
        (light, "0.00819", "13", "0.008190"),
        (light, "0.01365", "14", "0.013650"),
        (light, "0.1638", "1f", "0.163800"),
        (proximity, "0.00546", "2f", "0.005460"),
        (proximity, "0.04095", "ff", "0.040950"),
    ] {
        sensor.forget();
        assert_eq!(iio.write(file, written), Ok(()));
        assert_eq!(sensor.news().writes("PERS"), [pers]);
        assert_eq!(iio.read(file), Ok(read.into()));
    }
    Ok(())
}

#[roadtest::test]
fn enabling_an_event_enables_its_interrupt() -> roadtest::Result {
    let (_uml, sensor, iio) = with_interrupt()?;
    for (file, on, off) in [
        ("events/in_intensity0_thresh_either_en", "17", "07"),
        ("events/in_proximity0_thresh_either_en", "27", "07"),
    ] {
        assert_eq!(iio.read(file), Ok("0".into()));
        for (value, enable) in [("1", on), ("0", off)] {
            sensor.forget();
            assert_eq!(iio.write(file, value), Ok(()));
            // The chip is switched off for it, and set up anew.
            assert_eq!(sensor.news().writes("ENABLE"), ["00", "01", "00", enable]);
            assert_eq!(iio.read(file), Ok(value.into()));
        }
    }
    Ok(())
}

/// Waits for an event, and tells its parts.
fn next_event(events: &Events) -> roadtest::Result<Option<String>> {
    let event = events.next(SimTime::ms(200))?;
    Ok(event.map(|event| event.to_string()))
}

#[roadtest::test]
fn light_outside_its_limits_is_an_event() -> roadtest::Result {
    let (uml, sensor, iio) = with_interrupt()?;
    sensor.with(|chip| chip.set_light(230, 0));
    assert_eq!(
        iio.write("events/in_intensity0_thresh_either_en", 1),
        Ok(())
    );
    let events = iio.events()?;
    assert_eq!(next_event(&events)?, None, "between 200 and 256");

    sensor.forget();
    sensor.with(|chip| chip.set_light(257, 0));
    // The event names another channel than the one that was enabled.
    let event = Some("illuminance0 thresh either".to_owned());
    assert_eq!(next_event(&events)?, event);
    uml.sleep(SimTime::ms(1));
    assert_snapshot!(sensor.news());

    sensor.with(|chip| chip.set_light(199, 0));
    uml.sleep(ROUND);
    assert_eq!(next_event(&events)?, event);
    assert_eq!(
        iio.write("events/in_intensity0_thresh_either_en", 0),
        Ok(())
    );
    events.drain()?;
    assert_eq!(next_event(&events)?, None, "disabled");
    Ok(())
}

#[roadtest::test]
fn proximity_outside_its_limits_is_an_event() -> roadtest::Result {
    let (_uml, sensor, iio) = with_interrupt()?;
    assert_eq!(
        iio.write("events/in_proximity0_thresh_either_en", 1),
        Ok(())
    );
    let events = iio.events()?;
    sensor.with(|chip| chip.set_proximity(512));
    assert_eq!(next_event(&events)?, None, "0 to 512");
    sensor.with(|chip| chip.set_proximity(513));
    let event = Some("proximity0 thresh either".to_owned());
    assert_eq!(next_event(&events)?, event);
    Ok(())
}

#[roadtest::test]
fn an_event_needs_as_many_results_as_its_period_says() -> roadtest::Result {
    let (uml, sensor, iio) = with_interrupt()?;
    sensor.with(|chip| chip.set_proximity(0));
    let period = "events/in_proximity0_thresh_either_period";
    assert_eq!(iio.write(period, "0.0273"), Ok(()));
    assert_eq!(
        iio.write("events/in_proximity0_thresh_either_en", 1),
        Ok(())
    );
    let events = iio.events()?;
    uml.sleep(ROUND);
    let start = uml.now();
    sensor.with(|chip| chip.set_proximity(1000));
    let event = events.next(SimTime::s(1))?;
    assert!(event.is_some());
    // Ten rounds, each two cycles for proximity and two for light.
    let took = uml.now() - start;
    let (least, most) = (SimTime::us(9 * 10_920), SimTime::us(11 * 10_920));
    assert!(took > least && took < most, "{took}");
    Ok(())
}
