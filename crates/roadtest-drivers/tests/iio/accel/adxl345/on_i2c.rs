// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The suite over I2C, and what `adxl345_i2c.c` does itself.

use insta::assert_snapshot;
use roadtest::{Board, Errno};
use roadtest_chips::iio::accel::adxl345::Adxl345;

use super::{NEW, REWORKED, i2c, suite};

#[roadtest::test]
fn probe_starts_measuring_over_i2c() -> roadtest::Result {
    let log = suite::probe_starts_measuring(i2c)?;
    assert_snapshot!(log);
    Ok(())
}

#[roadtest::test]
fn each_axis_is_read_over_i2c() -> roadtest::Result {
    let log = suite::each_axis_is_read(i2c)?;
    assert_snapshot!(log);
    Ok(())
}

#[roadtest::test]
fn a_bias_is_written_as_an_offset_over_i2c() -> roadtest::Result {
    let log = suite::a_bias_is_written_as_an_offset(i2c)?;
    assert_snapshot!(log);
    Ok(())
}

#[roadtest::test]
fn a_sampling_frequency_is_written_as_a_rate_over_i2c() -> roadtest::Result {
    let log = suite::a_sampling_frequency_is_written_as_a_rate(i2c)?;
    assert_snapshot!(log);
    Ok(())
}

#[roadtest::test]
fn unbinding_stops_measuring_over_i2c() -> roadtest::Result {
    let log = suite::unbinding_stops_measuring(i2c)?;
    assert_snapshot!(log);
    Ok(())
}

#[roadtest::test(since = REWORKED, why = NEW)]
fn the_upper_byte_of_an_axis_is_read_only_once_over_i2c() -> roadtest::Result {
    let log = suite::the_upper_byte_of_an_axis_is_read_only_once(i2c)?;
    assert_snapshot!(log);
    Ok(())
}

#[roadtest::test(since = REWORKED, why = NEW)]
fn a_scale_is_true_in_the_widest_range_only_over_i2c() -> roadtest::Result {
    let log = suite::a_scale_is_true_in_the_widest_range_only(i2c)?;
    assert_snapshot!(log);
    Ok(())
}

#[roadtest::test(since = REWORKED, why = NEW)]
fn a_setting_that_is_refused_leaves_the_chip_in_standby_over_i2c() -> roadtest::Result {
    let log = suite::a_setting_that_is_refused_leaves_the_chip_in_standby(i2c)?;
    assert_snapshot!(log);
    Ok(())
}

#[roadtest::test(since = REWORKED, why = NEW)]
fn activity_is_an_event_without_its_axis_over_i2c() -> roadtest::Result {
    let log = suite::activity_is_an_event_without_its_axis(i2c)?;
    assert_snapshot!(log);
    Ok(())
}

#[roadtest::test(since = REWORKED, why = NEW)]
fn a_sample_of_the_fifo_is_torn_into_its_axes_over_i2c() -> roadtest::Result {
    let log = suite::a_sample_of_the_fifo_is_torn_into_its_axes(i2c)?;
    assert_snapshot!(log);
    Ok(())
}

#[roadtest::test]
fn probe_fails_with_eio_where_no_chip_answers() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x53, Adxl345::default());
    chip.disconnect();
    let uml = board.boot()?;
    let error = uml.bind(&chip).map(drop).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::EIO));
    Ok(())
}
