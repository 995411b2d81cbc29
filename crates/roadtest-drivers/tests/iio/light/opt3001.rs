// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/iio/light/opt3001.c`: TI OPT3001 ambient light sensor, without
//! and with its interrupt.

use insta::assert_snapshot;
use roadtest::view::iio::Iio;
use roadtest::{Board, Edge, Errno, Lux, Placement, SimTime, Uml, Wired};
use roadtest_chips::iio::light::opt3001::{Conversions, Opt3001};

mod events;
mod integration_time;
mod interrupt;

const INPUT: &str = "in_illuminance_input";
const INTEGRATION_TIME: &str = "in_illuminance_integration_time";
const RISING_VALUE: &str = "events/in_illuminance_thresh_rising_value";
const RISING_ENABLE: &str = "events/in_illuminance_thresh_rising_en";
const FALLING_VALUE: &str = "events/in_illuminance_thresh_falling_value";

/// Longer than the driver asked for by at most this: a timer that is more
/// than 63 ticks of 10 ms away may be eight ticks late.
const LATE: SimTime = SimTime::ms(90);

/// The sensor alone; its interrupt output is not connected.
fn without_interrupt() -> (Board, Wired<Opt3001>) {
    let mut board = Board::new();
    let light = board.i2c(0x44, Opt3001::new());
    (board, light)
}

/// The sensor with its interrupt output at a line.
fn with_interrupt() -> (Board, Wired<Opt3001>) {
    let mut board = Board::new();
    let int = board.gpio_named(3, "light-int");
    let light = board.i2c(
        0x44,
        Placement::of(Opt3001::new()).interrupt(&int, Edge::Falling),
    );
    (board, light)
}

/// Boots the board and binds the driver; what it did so far is forgotten.
fn bind((board, light): (Board, Wired<Opt3001>)) -> roadtest::Result<(Uml, Wired<Opt3001>, Iio)> {
    let uml = board.boot()?;
    let iio = uml.bind(&light)?.iio()?;
    light.forget();
    Ok((uml, light, iio))
}

/// From the write that starts a single conversion to the read of its result.
fn start_to_result(light: &Wired<Opt3001>) -> SimTime {
    let started = light.news().when(|line| line.contains("mode=Single"));
    let read = light.news().when(|line| line.starts_with("R RESULT"));
    read[0] - started[0]
}

#[roadtest::test]
fn devicetree_has_address_and_interrupt() -> roadtest::Result {
    let (board, _light) = with_interrupt();
    assert_snapshot!(board.to_dts()?);
    Ok(())
}

#[roadtest::test]
fn probe_reads_the_identity_and_shuts_the_chip_down() -> roadtest::Result {
    let (board, light) = without_interrupt();
    let uml = board.boot()?;
    let sensor = uml.bind(&light)?;

    assert_eq!(sensor.driver().as_deref(), Some("opt3001"));
    assert!(uml.dmesg().contains("opt3001 0-0044: Found TI OPT3001"));
    assert_eq!(light.timeline().writes("CONFIG"), ["c810"]);
    assert_snapshot!(light.timeline());
    Ok(())
}

/// The driver logs the identity and compares it with nothing.
#[roadtest::test]
fn a_part_of_another_manufacturer_is_logged_and_bound() -> roadtest::Result {
    let (board, light) = without_interrupt();
    light.with(|chip| {
        chip.set_manufacturer_id(0x4142);
        chip.set_device_id(0x3002);
    });
    let uml = board.boot()?;

    assert_eq!(uml.bind(&light)?.driver().as_deref(), Some("opt3001"));
    assert!(uml.dmesg().contains("opt3001 0-0044: Found AB OPT3002"));
    Ok(())
}

#[roadtest::test]
fn probe_fails_with_eio_where_no_chip_answers() -> roadtest::Result {
    let (board, light) = without_interrupt();
    light.disconnect();
    let uml = board.boot()?;

    let error = uml.bind(&light).map(drop).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::EIO));
    assert!(uml.dmesg().contains("failed to read register 7e"));
    assert_snapshot!(light.timeline());

    light.reconnect();
    assert_eq!(uml.bind(&light)?.driver().as_deref(), Some("opt3001"));
    Ok(())
}

#[roadtest::test]
fn illuminance_is_mantissa_times_two_to_the_exponent_in_centilux() -> roadtest::Result {
    let (_uml, light, iio) = bind(without_interrupt())?;
    // Zero is a reading: it was once taken for a timeout.
    for (result, lux) in [
        (0x0000, "0.000000"),
        (0x0001, "0.010000"),
        (0x3456, "88.800000"),
        (0x789a, "2818.560000"),
        (0xbfff, "83865.600000"),
    ] {
        light.with(|chip| chip.set_result(result));
        assert_eq!(iio.read(INPUT), Ok(lux.into()), "{result:#06x}");
    }
    Ok(())
}

#[roadtest::test]
fn reading_converts_once_and_fetches_the_result_when_it_is_ready() -> roadtest::Result {
    let (_uml, light, iio) = bind(without_interrupt())?;
    light.with(|chip| chip.set_illuminance(Lux::milli(88_800)));

    assert_eq!(iio.read(INPUT), Ok("88.800000".into()));
    assert_snapshot!(light.news());
    Ok(())
}

/// The driver sleeps 1000 ms for a conversion of 800 ms, and 150 ms for one
/// of 100 ms.
#[roadtest::test]
fn the_driver_waits_for_the_conversion_time() -> roadtest::Result {
    let (_uml, light, iio) = bind(without_interrupt())?;

    iio.read(INPUT)?;
    let long = start_to_result(&light);
    assert!(
        (SimTime::ms(1000)..SimTime::ms(1000) + LATE).contains(&long),
        "{long}"
    );

    iio.write(INTEGRATION_TIME, "0.1")?;
    light.forget();
    iio.read(INPUT)?;
    let short = start_to_result(&light);
    assert!(
        (SimTime::ms(150)..SimTime::ms(171)).contains(&short),
        "{short}"
    );
    Ok(())
}

#[roadtest::test]
fn a_conversion_that_never_ends_is_a_timeout() -> roadtest::Result {
    let (uml, light, iio) = bind(without_interrupt())?;
    light.with(|chip| chip.set_conversions(Conversions::NeverEnd));

    let start = uml.now();
    assert_eq!(iio.read(INPUT), Err(Errno::ETIMEDOUT));
    let waited = uml.now() - start;
    assert!(
        (SimTime::ms(1000)..SimTime::ms(1000) + LATE).contains(&waited),
        "{waited}"
    );
    assert_eq!(light.news().reads("RESULT"), [""; 0]);

    light.with(|chip| chip.set_conversions(Conversions::End));
    assert_eq!(iio.read(INPUT), Ok("0.000000".into()));
    Ok(())
}

#[roadtest::test]
fn a_lost_chip_is_an_io_error_until_it_is_back() -> roadtest::Result {
    let (uml, light, iio) = bind(without_interrupt())?;
    light.disconnect();
    assert_eq!(iio.read(INPUT), Err(Errno::EIO));
    assert!(uml.dmesg().contains("failed to read register 01"));
    light.reconnect();
    assert_eq!(iio.read(INPUT), Ok("0.000000".into()));
    Ok(())
}

#[roadtest::test]
fn unloading_shuts_the_chip_down() -> roadtest::Result {
    let (uml, light, iio) = bind(without_interrupt())?;
    iio.write(RISING_ENABLE, 1)?;
    light.forget();

    assert_eq!(uml.unload("opt3001"), Ok(()));
    assert!(!uml.exists("/sys/module/opt3001"));
    assert!(!uml.exists(iio.device().path()));
    assert_eq!(light.news().writes("CONFIG"), ["c810"]);
    assert_snapshot!(light.news());
    Ok(())
}

#[roadtest::test]
fn illuminance_is_read_through_the_interrupt() -> roadtest::Result {
    let (_uml, light, iio) = bind(with_interrupt())?;
    light.with(|chip| chip.set_illuminance(Lux::milli(88_800)));

    assert_eq!(iio.read(INPUT), Ok("88.800000".into()));
    assert_snapshot!(light.news());
    Ok(())
}

/// The mark on a result that was not waited for can come: past the driver and
/// too early, it does.
#[roadtest::test]
fn a_result_read_before_the_conversion_ends_is_marked() -> roadtest::Result {
    let (board, light) = without_interrupt();
    let uml = board.boot()?;
    let chip = uml.i2c_dev()?.at(light.address())?;
    // CONFIG ca10, single conversion of 800 ms; SMBus words go low byte first.
    chip.write_word_data(0x01, 0x10ca)?;
    uml.sleep(SimTime::ms(799));
    chip.read_word_data(0x00)?;
    let marks = ["read of RESULT while converting once (6.5)"];
    assert_eq!(light.news().unwise(), marks);

    uml.sleep(SimTime::ms(1));
    chip.read_word_data(0x00)?;
    assert_eq!(light.news().unwise(), marks);
    Ok(())
}
