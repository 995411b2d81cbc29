// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/iio/light/opt3001.c`: TI OPT3001 ambient light sensor, without
//! and with its interrupt.

use insta::assert_snapshot;
use roadtest::{Board, Device, Edge, Errno, Lux, SimTime, Uml, Wired};
use roadtest_chips::iio::light::opt3001::{Conversions, Opt3001};

const INPUT: &str = "in_illuminance_input";
const INTEGRATION_TIME: &str = "in_illuminance_integration_time";
const RISING_VALUE: &str = "events/in_illuminance_thresh_rising_value";
const RISING_ENABLE: &str = "events/in_illuminance_thresh_rising_en";
const FALLING_VALUE: &str = "events/in_illuminance_thresh_falling_value";

/// Longer than the driver asked for by at the most this: a timer that is more
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
    let light = board.i2c(0x44, Opt3001::new());
    let light = light.interrupt(&int, Edge::Falling);
    (board, light)
}

/// Boots the board and binds the driver; what it did so far is forgotten.
fn bind(
    (board, light): (Board, Wired<Opt3001>),
) -> roadtest::Result<(Uml, Wired<Opt3001>, Device)> {
    let uml = board.boot()?;
    let iio = uml.bind(&light)?.children("iio:device")?.remove(0);
    light.forget();
    Ok((uml, light, iio))
}

/// From the write that starts a single conversion to the read of its result.
fn start_to_result(light: &Wired<Opt3001>) -> SimTime {
    let started = light.news().when(|line| line.contains("mode=Single"));
    let read = light.news().when(|line| line.starts_with("R RESULT"));
    read[0] - started[0]
}

#[test]
fn devicetree_has_address_and_interrupt() -> roadtest::Result {
    let (board, _light) = with_interrupt();
    assert_snapshot!(board.to_dts()?);
    Ok(())
}

#[test]
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
#[test]
fn another_makers_part_is_named_and_taken_all_the_same() -> roadtest::Result {
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

#[test]
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

#[test]
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

#[test]
fn reading_converts_once_and_fetches_the_result_when_it_is_ready() -> roadtest::Result {
    let (_uml, light, iio) = bind(without_interrupt())?;
    light.with(|chip| chip.set_illuminance(Lux::milli(88_800)));

    assert_eq!(iio.read(INPUT), Ok("88.800000".into()));
    assert_snapshot!(light.news());
    Ok(())
}

/// The driver sleeps 1000 ms for a conversion of 800 ms, and 150 ms for one
/// of 100 ms.
#[test]
fn a_conversion_gets_its_time() -> roadtest::Result {
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

#[test]
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

#[test]
fn a_lost_chip_is_an_io_error_until_it_is_back() -> roadtest::Result {
    let (uml, light, iio) = bind(without_interrupt())?;
    light.disconnect();
    assert_eq!(iio.read(INPUT), Err(Errno::EIO));
    assert!(uml.dmesg().contains("failed to read register 01"));
    light.reconnect();
    assert_eq!(iio.read(INPUT), Ok("0.000000".into()));
    Ok(())
}

#[test]
fn integration_time_reaches_the_chip() -> roadtest::Result {
    let (_uml, light, iio) = bind(without_interrupt())?;
    assert_eq!(iio.read("integration_time_available"), Ok("0.1 0.8".into()));
    assert_eq!(iio.read(INTEGRATION_TIME), Ok("0.800000".into()));

    assert_eq!(iio.write(INTEGRATION_TIME, "0.1"), Ok(()));
    assert_eq!(iio.read(INTEGRATION_TIME), Ok("0.100000".into()));
    assert_eq!(iio.write(INTEGRATION_TIME, "0.8"), Ok(()));
    assert_eq!(iio.read(INTEGRATION_TIME), Ok("0.800000".into()));
    assert_eq!(light.news().writes("CONFIG"), ["c010", "c810"]);
    Ok(())
}

#[test]
fn integration_time_comes_from_the_chip() -> roadtest::Result {
    let (board, light) = without_interrupt();
    let uml = board.boot()?;
    let sensor = uml.bind(&light)?;
    let iio = sensor.children("iio:device")?.remove(0);
    iio.write(INTEGRATION_TIME, "0.1")?;
    sensor.unbind()?;

    // CONFIG outlives the driver.
    let iio = uml.bind(&light)?.children("iio:device")?.remove(0);
    assert_eq!(iio.read(INTEGRATION_TIME), Ok("0.100000".into()));
    Ok(())
}

#[test]
fn other_integration_times_are_invalid_and_change_nothing() -> roadtest::Result {
    let (_uml, light, iio) = bind(without_interrupt())?;
    for invalid in ["0", "0.2", "0.7", "0.800001", "1.1", "-0.1", "fast"] {
        assert_eq!(
            iio.write(INTEGRATION_TIME, invalid),
            Err(Errno::EINVAL),
            "{invalid}"
        );
    }
    assert_eq!(iio.read(INTEGRATION_TIME), Ok("0.800000".into()));
    assert_eq!(light.news().writes("CONFIG"), [""; 0]);
    Ok(())
}

#[test]
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

#[test]
fn thresholds_beyond_the_range_are_invalid() -> roadtest::Result {
    let (uml, light, iio) = bind(without_interrupt())?;
    assert_eq!(iio.write(RISING_VALUE, "83865.61"), Err(Errno::EINVAL));
    assert_eq!(iio.write(RISING_VALUE, "-1"), Err(Errno::EINVAL));
    assert!(uml.dmesg().contains("can't find scale for 83865.610000"));
    assert_eq!(light.news().writes("HIGH_LIMIT"), [""; 0]);
    assert_eq!(iio.read(RISING_VALUE), Ok("83865.600000".into()));
    Ok(())
}

#[test]
fn an_enabled_event_converts_without_end_and_keeps_readers_off() -> roadtest::Result {
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

#[test]
fn unloading_shuts_the_chip_down() -> roadtest::Result {
    let (uml, light, iio) = bind(without_interrupt())?;
    iio.write(RISING_ENABLE, 1)?;
    light.forget();

    assert_eq!(uml.unload("opt3001"), Ok(()));
    assert!(!uml.exists("/sys/module/opt3001"));
    assert!(!uml.exists(iio.path()));
    assert_eq!(light.news().writes("CONFIG"), ["c810"]);
    assert_snapshot!(light.news());
    Ok(())
}

#[test]
fn the_interrupt_is_requested_on_its_falling_edge_and_freed() -> roadtest::Result {
    let (board, light) = with_interrupt();
    let uml = board.boot()?;
    let sensor = uml.bind(&light)?;
    sensor.unbind()?;
    let of_line = |line: &str| line.contains("light-int");
    assert_snapshot!(uml.timeline().only(of_line));
    Ok(())
}

#[test]
fn illuminance_is_read_through_the_interrupt() -> roadtest::Result {
    let (_uml, light, iio) = bind(with_interrupt())?;
    light.with(|chip| chip.set_illuminance(Lux::milli(88_800)));

    assert_eq!(iio.read(INPUT), Ok("88.800000".into()));
    assert_snapshot!(light.news());
    Ok(())
}

#[test]
fn zero_lux_is_a_reading_through_the_interrupt_too() -> roadtest::Result {
    let (_uml, light, iio) = bind(with_interrupt())?;
    light.with(|chip| chip.set_result(0x0000));
    assert_eq!(iio.read(INPUT), Ok("0.000000".into()));
    Ok(())
}

/// No fixed sleep: the reader goes on when the chip says so.
#[test]
fn the_interrupt_ends_the_wait_with_the_conversion() -> roadtest::Result {
    let (_uml, light, iio) = bind(with_interrupt())?;
    iio.read(INPUT)?;
    let waited = start_to_result(&light);
    assert!(
        (SimTime::ms(800)..SimTime::ms(801)).contains(&waited),
        "{waited}"
    );
    Ok(())
}

#[test]
fn the_falling_threshold_is_put_back_after_a_reading() -> roadtest::Result {
    let (_uml, light, iio) = bind(with_interrupt())?;
    iio.write(FALLING_VALUE, "10.24")?;
    light.forget();
    iio.read(INPUT)?;
    assert_eq!(light.news().writes("LOW_LIMIT"), ["c000", "0400"]);
    Ok(())
}

/// The driver's error path leaves the end-of-conversion request in the
/// register of the falling threshold, in 6.1, 6.12 and 7.3 alike.
#[test]
fn an_interrupt_that_never_comes_is_a_timeout_and_costs_the_threshold() -> roadtest::Result {
    let (uml, light, iio) = bind(with_interrupt())?;
    iio.write(FALLING_VALUE, "10.24")?;
    light.with(|chip| chip.set_conversions(Conversions::NeverEnd));
    light.forget();

    let start = uml.now();
    assert_eq!(iio.read(INPUT), Err(Errno::ETIMEDOUT));
    let waited = uml.now() - start;
    assert!(
        (SimTime::ms(1000)..SimTime::ms(1000) + LATE).contains(&waited),
        "{waited}"
    );
    assert_eq!(light.news().reads("RESULT"), [""; 0]);
    assert_eq!(light.news().writes("LOW_LIMIT"), ["c000"]);
    Ok(())
}

/// The handler begins while the reader waits, and the reader gives up while
/// the handler still talks to the chip. A handler that looked twice at who
/// holds the lock released one that it had not taken ("fix deadlock due to
/// concurrent flag access", 2025); 6.1.192, 6.12.117 and 7.3 look once.
#[test]
fn a_reader_that_gives_up_during_the_handler_leaves_the_lock_alone() -> roadtest::Result {
    let mut board = Board::new();
    // Slow enough that a transfer takes half a tick.
    board.scl_hz(10_000);
    let int = board.gpio_named(3, "light-int");
    let light = board.i2c(0x44, Opt3001::new());
    let light = light.interrupt(&int, Edge::Falling);
    let (uml, light, iio) = bind((board, light))?;

    // How long after the start of a conversion does the reader give up? That
    // depends on where in its 80 ms the timer wheel is.
    let align = |uml: &Uml| uml.sleep(SimTime::ns(80_000_000 - uml.now().as_ns() % 80_000_000));
    let started = || {
        *light
            .news()
            .when(|line| line.contains("mode=Single"))
            .last()
            .unwrap()
    };
    light.with(|chip| chip.set_conversions(Conversions::NeverEnd));
    align(&uml);
    assert_eq!(iio.read(INPUT), Err(Errno::ETIMEDOUT));
    let patience = uml.now() - started();

    let end = patience - SimTime::ms(2);
    light.with(|chip| chip.set_conversions(Conversions::After(end)));
    light.forget();
    align(&uml);
    assert_eq!(iio.read(INPUT), Err(Errno::ETIMEDOUT));
    let gave_up = uml.now();
    uml.sleep(SimTime::ms(20));
    let handled = light
        .news()
        .when(|line| line.starts_with("R CONFIG          c890"));
    assert!(
        handled[0] > gave_up,
        "{} is not after {gave_up}",
        handled[0]
    );

    // Nobody holds the lock: the next reading and writing go through.
    light.with(|chip| chip.set_conversions(Conversions::End));
    assert_eq!(iio.read(INPUT), Ok("0.000000".into()));
    assert_eq!(iio.write(INTEGRATION_TIME, "0.1"), Ok(()));
    Ok(())
}

#[test]
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

/// The reset value of LOW_LIMIT asks for an interrupt at the end of every
/// conversion, and enabling an event leaves it there.
#[test]
fn without_a_falling_threshold_every_conversion_interrupts() -> roadtest::Result {
    let (uml, light, iio) = bind(with_interrupt())?;
    iio.write(RISING_VALUE, "100")?;
    iio.write(RISING_ENABLE, 1)?;
    light.forget();
    uml.sleep(SimTime::ms(2500));
    assert_eq!(light.news().reads("CONFIG"), ["cc90"; 3]);
    Ok(())
}
