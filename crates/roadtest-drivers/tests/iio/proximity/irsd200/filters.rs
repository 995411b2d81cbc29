// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The sampling frequency and the filters.

use roadtest::SimTime;
use roadtest_chips::iio::proximity::irsd200::Irsd200;

use super::{RATE, board, ready, refuses, written};

const LOW_PASS: &str = "in_proximity_filter_low_pass_3db_frequency";
const HIGH_PASS: &str = "in_proximity_filter_high_pass_3db_frequency";

#[roadtest::test]
fn exactly_two_rates_and_two_frequencies_of_each_filter_are_available() -> roadtest::Result {
    let (_uml, _sensor, iio) = ready()?;
    let available = |attribute| iio.read(&format!("{attribute}_available"));
    assert_eq!(available(RATE), Ok("50 100".into()));
    assert_eq!(available(LOW_PASS), Ok("10 7".into()));
    assert_eq!(available(HIGH_PASS), Ok("0.300000000 0.500000000".into()));
    Ok(())
}

#[roadtest::test]
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

#[roadtest::test]
fn a_chip_that_settles_more_slowly_is_accessed_too_early() -> roadtest::Result {
    let (board, sensor, _int) = board(Irsd200::new().settles_in(SimTime::s(4)));
    let uml = board.boot()?;
    let iio = uml.bind(&sensor)?.iio()?;
    assert_eq!(iio.write(RATE, 100), Ok(()));
    assert_eq!(iio.read(RATE), Ok("100".into()));
    let marks = sensor.timeline().unwise();
    let early = "a write of DATA_RATE to the next access, at least 4 s required (driver)";
    assert!(marks[0].ends_with(early), "{marks:?}");
    Ok(())
}

#[roadtest::test]
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

#[roadtest::test]
fn the_high_pass_is_0_3_or_0_5_hz_and_leaves_the_low_pass() -> roadtest::Result {
    let (_uml, sensor, iio) = ready()?;
    assert_eq!(iio.write(HIGH_PASS, "0.5"), Ok(()));
    for (hertz, filter) in [("0.3", "00"), ("0.5", "01")] {
        assert_eq!(
            written(&sensor, &iio, (HIGH_PASS, hertz), "FILTER"),
            Ok(vec![filter.into()])
        );
        assert_eq!(iio.number(HIGH_PASS), Ok(hertz.parse()?));
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
