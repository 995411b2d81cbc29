// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Thresholds, and the events of crossing them.

use insta::assert_snapshot;
use roadtest::view::iio::{ChannelType, Direction, EventType};
use roadtest::{Errno, Lux, SimTime};

use super::{
    FALLING_VALUE, INPUT, INTEGRATION_TIME, RISING_ENABLE, RISING_VALUE, bind, with_interrupt,
    without_interrupt,
};

#[roadtest::test]
fn thresholds_take_the_smallest_exponent_that_holds_them() -> roadtest::Result {
    let (_uml, light, iio) = bind(without_interrupt())?;
    // The reset values: LOW_LIMIT c000, HIGH_LIMIT bfff.
    assert_eq!(iio.read(RISING_VALUE), Ok("83865.600000".into()));
    assert_eq!(iio.read(FALLING_VALUE), Ok("0.000000".into()));

    for (lux, code, back) in [
        ("0", "0000", "0.000000"),
        ("40.95", "0fff", "40.950000"),
        ("40.96", "1800", "40.960000"),
        // Exponent 2: a step is 0.04 lx, what is below it is cut off.
        ("88.83", "28ac", "88.800000"),
        ("83865.6", "bfff", "83865.600000"),
    ] {
        light.forget();
        assert_eq!(iio.write(RISING_VALUE, lux), Ok(()), "{lux}");
        assert_eq!(iio.write(FALLING_VALUE, lux), Ok(()), "{lux}");
        assert_eq!(light.news().writes("HIGH_LIMIT"), [code], "{lux}");
        assert_eq!(light.news().writes("LOW_LIMIT"), [code], "{lux}");
        assert_eq!(iio.read(RISING_VALUE), Ok(back.into()));
        assert_eq!(iio.read(FALLING_VALUE), Ok(back.into()));
    }
    Ok(())
}

#[roadtest::test]
fn thresholds_beyond_the_range_are_invalid() -> roadtest::Result {
    let (uml, light, iio) = bind(without_interrupt())?;
    assert_eq!(iio.write(RISING_VALUE, "83865.61"), Err(Errno::EINVAL));
    assert_eq!(iio.write(RISING_VALUE, "-1"), Err(Errno::EINVAL));
    assert!(uml.dmesg().contains("can't find scale for 83865.610000"));
    assert_eq!(light.news().writes("HIGH_LIMIT"), [""; 0]);
    assert_eq!(iio.read(RISING_VALUE), Ok("83865.600000".into()));
    Ok(())
}

#[roadtest::test]
fn an_enabled_event_converts_continuously_and_readings_are_busy() -> roadtest::Result {
    let (_uml, light, iio) = bind(without_interrupt())?;
    assert_eq!(iio.read(RISING_ENABLE), Ok("0".into()));

    assert_eq!(iio.write(RISING_ENABLE, 1), Ok(()));
    assert_eq!(iio.read(RISING_ENABLE), Ok("1".into()));
    assert_eq!(iio.read(INPUT), Err(Errno::EBUSY));
    assert_eq!(iio.read(INTEGRATION_TIME), Err(Errno::EBUSY));
    assert_eq!(iio.write(INTEGRATION_TIME, "0.1"), Err(Errno::EBUSY));
    // Twice is once.
    assert_eq!(iio.write(RISING_ENABLE, 1), Ok(()));
    assert_eq!(iio.write(RISING_ENABLE, 0), Ok(()));
    assert_eq!(iio.write(RISING_ENABLE, 0), Ok(()));

    assert_eq!(light.news().writes("CONFIG"), ["cc10", "c810"]);
    assert_eq!(iio.read(INPUT), Ok("0.000000".into()));
    Ok(())
}

#[roadtest::test]
fn a_threshold_that_is_crossed_interrupts() -> roadtest::Result {
    let (uml, light, iio) = bind(with_interrupt())?;
    iio.write(FALLING_VALUE, "0")?;
    iio.write(RISING_VALUE, "100")?;
    iio.write(RISING_ENABLE, 1)?;
    light.forget();
    uml.sleep(SimTime::ms(2500));
    assert_eq!(light.news().to_string(), "");

    light.with(|chip| chip.set_illuminance(Lux::milli(200_000)));
    uml.sleep(SimTime::ms(800));
    assert_snapshot!(light.news());
    Ok(())
}

/// Latched window comparison: the chip tells again as long as it is too
/// bright, once per conversion.
#[roadtest::test]
fn events_tell_which_threshold_was_crossed() -> roadtest::Result {
    let (_uml, light, iio) = bind(with_interrupt())?;
    iio.write(FALLING_VALUE, "10")?;
    iio.write(RISING_VALUE, "100")?;
    light.with(|chip| chip.set_illuminance(Lux::milli(50_000)));
    let events = iio.events()?;
    iio.write(RISING_ENABLE, 1)?;
    assert_eq!(events.next(SimTime::s(2))?, None);

    for (milli, direction) in [(100_100, Direction::Rising), (9_900, Direction::Falling)] {
        light.with(|chip| chip.set_illuminance(Lux::milli(milli)));
        let event = events.next(SimTime::ms(900))?.expect("an event");
        assert_eq!(event.kind, EventType::Thresh);
        assert_eq!(event.channel_type, ChannelType::Light);
        assert_eq!(event.direction, direction, "{milli}");
    }

    // At a threshold is not beyond it.
    light.with(|chip| chip.set_illuminance(Lux::milli(100_000)));
    events.drain()?;
    assert_eq!(events.next(SimTime::s(2))?, None);
    Ok(())
}

#[roadtest::test]
fn a_disabled_event_does_not_come() -> roadtest::Result {
    let (_uml, light, iio) = bind(with_interrupt())?;
    iio.write(FALLING_VALUE, "0")?;
    iio.write(RISING_VALUE, "100")?;
    let events = iio.events()?;
    iio.write(RISING_ENABLE, 1)?;
    iio.write(RISING_ENABLE, 0)?;
    light.with(|chip| chip.set_illuminance(Lux::milli(200_000)));
    assert_eq!(events.next(SimTime::s(5))?, None);
    Ok(())
}

/// The reset value of LOW_LIMIT asks for an interrupt at the end of every
/// conversion, and enabling an event leaves it there.
#[roadtest::test]
fn without_a_falling_threshold_every_conversion_interrupts() -> roadtest::Result {
    let (uml, light, iio) = bind(with_interrupt())?;
    iio.write(RISING_VALUE, "100")?;
    iio.write(RISING_ENABLE, 1)?;
    light.forget();
    uml.sleep(SimTime::ms(2500));
    assert_eq!(light.news().reads("CONFIG"), ["cc90"; 3]);
    Ok(())
}
