// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The suite over SPI, whose chip sees what the one on I2C does, and what
//! `adxl345_spi.c` does itself.

use roadtest::{Board, Errno, Placement, SimTime, Wired};
use roadtest_chips::iio::accel::adxl345::Adxl345;

use super::{Place, bind_with_interrupt, i2c, spi, suite};

const SPI: (u32, u32) = (6, 18);
const WHY: &str = "no kernel before has a driver for a virtio SPI controller";

/// Runs a part of the suite on both buses.
fn same_on_both(part: fn(Place) -> roadtest::Result<String>) -> roadtest::Result {
    same(spi, part)
}

/// The same on SPI in another way.
fn same(place: Place, part: fn(Place) -> roadtest::Result<String>) -> roadtest::Result {
    let over_spi = part(place)?;
    assert!(!over_spi.is_empty());
    assert_eq!(over_spi, part(i2c)?);
    Ok(())
}

/// So slow that the address of a read takes the time that the FIFO needs
/// (page 21 of the datasheet).
fn slow(board: &mut Board, placement: Placement<Adxl345>) -> Wired<Adxl345> {
    spi(board, placement.prop("spi-max-frequency", 1_500_000))
}

#[roadtest::test(since = SPI, why = WHY)]
fn probe_starts_measuring_over_spi_as_over_i2c() -> roadtest::Result {
    same_on_both(suite::probe_starts_measuring)
}

#[roadtest::test(since = SPI, why = WHY)]
fn each_axis_is_read_over_spi_as_over_i2c() -> roadtest::Result {
    same_on_both(suite::each_axis_is_read)
}

#[roadtest::test(since = SPI, why = WHY)]
fn a_bias_is_written_as_an_offset_over_spi_as_over_i2c() -> roadtest::Result {
    same_on_both(suite::a_bias_is_written_as_an_offset)
}

#[roadtest::test(since = SPI, why = WHY)]
fn a_sampling_frequency_is_written_as_a_rate_over_spi_as_over_i2c() -> roadtest::Result {
    same_on_both(suite::a_sampling_frequency_is_written_as_a_rate)
}

#[roadtest::test(since = SPI, why = WHY)]
fn unbinding_stops_measuring_over_spi_as_over_i2c() -> roadtest::Result {
    same_on_both(suite::unbinding_stops_measuring)
}

#[roadtest::test(since = SPI, why = WHY)]
fn the_upper_byte_of_an_axis_is_read_only_once_over_spi_as_over_i2c() -> roadtest::Result {
    same_on_both(suite::the_upper_byte_of_an_axis_is_read_only_once)
}

#[roadtest::test(since = SPI, why = WHY)]
fn a_scale_is_true_in_the_widest_range_only_over_spi_as_over_i2c() -> roadtest::Result {
    same_on_both(suite::a_scale_is_true_in_the_widest_range_only)
}

#[roadtest::test(since = SPI, why = WHY)]
fn a_setting_that_is_refused_leaves_the_chip_in_standby_over_spi_as_over_i2c() -> roadtest::Result {
    same_on_both(suite::a_setting_that_is_refused_leaves_the_chip_in_standby)
}

#[roadtest::test(since = SPI, why = WHY)]
fn activity_is_an_event_without_its_axis_over_spi_as_over_i2c() -> roadtest::Result {
    same_on_both(suite::activity_is_an_event_without_its_axis)
}

#[roadtest::test(since = SPI, why = WHY)]
fn a_sample_of_the_fifo_is_torn_into_its_axes_over_spi_as_over_i2c() -> roadtest::Result {
    same(slow, suite::a_sample_of_the_fifo_is_torn_into_its_axes)
}

/// Nothing drives SDO: the device id reads as all ones.
#[roadtest::test(since = SPI, why = WHY)]
fn probe_fails_with_enodev_where_no_chip_answers_over_spi() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.spi(0, Adxl345::default());
    chip.disconnect();
    let uml = board.boot()?;
    let error = uml.bind(&chip).map(drop).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::ENODEV));
    Ok(())
}

#[roadtest::test(since = SPI, why = WHY)]
fn a_clock_beyond_5_mhz_is_refused_by_the_probe() -> roadtest::Result {
    let mut board = Board::new();
    let placement = Placement::of(Adxl345::default()).prop("spi-max-frequency", 5_000_001);
    let chip = board.spi(0, placement);
    let uml = board.boot()?;
    let error = uml.bind(&chip).map(drop).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::EINVAL));
    assert!(chip.timeline().is_empty());
    Ok(())
}

/// The driver waits between two samples, and not between the bytes into which
/// it tears one: a defect of 7.3, as
/// `suite::a_sample_of_the_fifo_is_torn_into_its_axes`.
#[roadtest::test(since = SPI, why = WHY)]
fn bytes_of_the_fifo_are_read_too_fast_at_5_mhz() -> roadtest::Result {
    let bound = bind_with_interrupt(spi)?;
    bound
        .uml
        .expect_violation("from a read of the FIFO to the next one or to FIFO_STATUS");
    let buffer = bound.iio.buffer()?;
    for axis in ["x", "y", "z"] {
        buffer.enable(&format!("in_accel_{axis}"))?;
    }
    buffer.set_length(32)?;
    buffer.set_watermark(2)?;
    let capture = buffer.start()?;
    bound.uml.sleep(SimTime::ms(20));
    assert_eq!(capture.drain()?.len(), 2);
    Ok(())
}
