// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What is different where the interrupt ends the wait for a conversion.

use insta::assert_snapshot;
use roadtest::{Board, Edge, Errno, Placement, SimTime, Uml};
use roadtest_chips::iio::light::opt3001::{Conversions, Opt3001};

use super::{FALLING_VALUE, INPUT, INTEGRATION_TIME, LATE, bind, start_to_result, with_interrupt};

#[roadtest::test]
fn the_interrupt_is_requested_on_its_falling_edge_and_freed() -> roadtest::Result {
    let (board, light) = with_interrupt();
    let uml = board.boot()?;
    let sensor = uml.bind(&light)?;
    sensor.unbind()?;
    let of_line = |line: &str| line.contains("light-int");
    assert_snapshot!(uml.timeline().only(of_line));
    Ok(())
}

#[roadtest::test]
fn zero_lux_is_a_reading_through_the_interrupt_too() -> roadtest::Result {
    let (_uml, light, iio) = bind(with_interrupt())?;
    light.with(|chip| chip.set_result(0x0000));
    assert_eq!(iio.read(INPUT), Ok("0.000000".into()));
    Ok(())
}

/// No fixed sleep: the reader goes on when the chip says so.
#[roadtest::test]
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

#[roadtest::test]
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
#[roadtest::test]
fn a_reading_that_times_out_overwrites_the_falling_threshold() -> roadtest::Result {
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

/// The handler begins while the reading waits, and the reading times out while
/// the handler still talks to the chip. A handler that looked twice at who
/// holds the lock released one that it had not taken ("fix deadlock due to
/// concurrent flag access", 2025); 6.1.192, 6.12.117 and 7.3 look once.
#[roadtest::test]
fn a_reading_that_times_out_during_the_handler_keeps_the_lock_balanced() -> roadtest::Result {
    let mut board = Board::new();
    // Slow enough that a transfer takes half a tick.
    board.scl_hz(10_000);
    let int = board.gpio_named(3, "light-int");
    let light = board.i2c(
        0x44,
        Placement::of(Opt3001::new()).interrupt(&int, Edge::Falling),
    );
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

    // The lock is not held: the next reading and writing go through.
    light.with(|chip| chip.set_conversions(Conversions::End));
    assert_eq!(iio.read(INPUT), Ok("0.000000".into()));
    assert_eq!(iio.write(INTEGRATION_TIME, "0.1"), Ok(()));
    Ok(())
}
