// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What is an event: the thresholds, and how often they must be crossed in
//! which time.

use roadtest::view::iio::Iio;
use roadtest::{Errno, Wired};
use roadtest_chips::iio::proximity::irsd200::Irsd200;

use super::{RATE, ready, refuses, written};

const COUNT: &str = "events/in_proximity_thresh_either_runningcount";
const PERIOD: &str = "events/in_proximity_thresh_either_runningperiod";
const FALLING: &str = "events/in_proximity_thresh_falling_value";
const RISING: &str = "events/in_proximity_thresh_rising_value";

#[roadtest::test]
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
#[roadtest::test]
fn a_period_of_zero_is_not_refused_where_a_count_needs_one() -> roadtest::Result {
    let (_uml, sensor, iio) = ready()?;
    assert_eq!(iio.write(PERIOD, 1), Ok(()));
    assert_eq!(iio.write(COUNT, 2), Ok(()));
    assert_eq!(sensor.timeline().unwise(), [""; 0]);
    assert_eq!(iio.write(PERIOD, 0), Ok(()));
    assert_eq!(
        sensor.timeline().unwise(),
        ["NR_COUNT is 2 while TIMER is zero (driver)"]
    );
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
    assert_eq!(iio.number(PERIOD), Ok(text.parse()?));
    Ok(())
}

#[roadtest::test]
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

#[roadtest::test]
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

#[roadtest::test]
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

#[roadtest::test]
fn a_threshold_between_two_steps_is_rounded_down() -> roadtest::Result {
    let (_uml, sensor, iio) = ready()?;
    let write = written(&sensor, &iio, (RISING, "255"), "THR_HI");
    assert_eq!(write, Ok(vec!["01".into()]));
    assert_eq!(iio.read(RISING), Ok("128".into()));
    Ok(())
}
