// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/gpio/gpio-pca953x.c` with a PCA9555: its lines, the interrupts of
//! its inputs, and a sensor whose interrupt output is connected to one.

use insta::assert_snapshot;
use roadtest::view::gpio::{Change, GpioChip, LineFlags, Lines, Request};
use roadtest::{Board, Edge, Errno, Level, Lux, Placement, SimTime, Uml, Value, Wired};
use roadtest_chips::gpio::pca9555::Pca9555;
use roadtest_chips::iio::light::opt3001::Opt3001;

use Change::{Falling, Rising};
use Level::{High, Low};

/// An expander that is a GPIO controller, as the binding wants it.
fn expander() -> Placement<Pca9555> {
    Placement::of(Pca9555::new())
        .prop("gpio-controller", Value::flag())
        .prop("#gpio-cells", 2_u32)
}

fn with_interrupt(board: &mut Board) -> Wired<Pca9555> {
    let int = board.gpio_named(0, "expander-int");
    let chip = expander()
        .interrupt(&int, Edge::LevelLow)
        .prop("interrupt-controller", Value::flag())
        .prop("#interrupt-cells", 2_u32);
    board.i2c(0x20, chip)
}

fn open(board: Board, chip: &Wired<Pca9555>) -> roadtest::Result<(Uml, GpioChip)> {
    let uml = board.boot()?;
    let device = uml.bind(chip)?;
    assert_eq!(device.driver().as_deref(), Some("pca953x"));
    let gpio = device.gpio()?;
    chip.forget();
    Ok((uml, gpio))
}

/// A request for both edges of an input.
fn watch(gpio: &GpioChip, line: u32) -> Result<Request, Errno> {
    let both = LineFlags::EDGE_RISING | LineFlags::EDGE_FALLING;
    gpio.request(&Lines::inputs(&[line]).with(both))
}

#[roadtest::test]
fn probe_keeps_all_lines_inputs_and_clears_the_inversion() -> roadtest::Result {
    let mut board = Board::new();
    let chip = with_interrupt(&mut board);
    let uml = board.boot()?;
    let gpio = uml.bind(&chip)?.gpio()?;
    assert_eq!(gpio.info()?.lines, 16);
    assert_eq!(chip.with(|chip| chip.inputs()), 0xffff);
    assert_snapshot!(chip.timeline());
    Ok(())
}

#[roadtest::test]
fn every_input_shows_the_level_at_its_pin() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x20, expander());
    let (_uml, gpio) = open(board, &chip)?;
    let all: Vec<u32> = (0..16).collect();
    let request = gpio.request(&Lines::inputs(&all))?;
    assert_eq!(request.levels()?, [High; 16]);
    for pin in 0..16 {
        chip.with(|chip| chip.drive(pin, Low));
        let mut expected = [High; 16];
        expected[pin] = Low;
        assert_eq!(request.levels()?, expected, "pin {pin}");
        chip.with(|chip| chip.drive(pin, High));
    }
    Ok(())
}

#[roadtest::test]
fn an_output_has_its_level_before_it_becomes_one() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x20, expander());
    let (_uml, gpio) = open(board, &chip)?;
    let request = gpio.request(&Lines::outputs(&[9], &[Low]))?;
    assert_eq!(chip.with(|chip| chip.inputs()), 0xfdff);
    assert_eq!(chip.with(|chip| chip.levels()), 0xfdff);
    request.set(&[High])?;
    assert_eq!(chip.with(|chip| chip.levels()), 0xffff);
    assert_snapshot!(chip.news());
    Ok(())
}

#[roadtest::test]
fn an_edge_is_an_event_and_its_port_is_read() -> roadtest::Result {
    let mut board = Board::new();
    let chip = with_interrupt(&mut board);
    let (_uml, gpio) = open(board, &chip)?;
    let line = watch(&gpio, 11)?;
    assert_eq!(line.edges()?, []);
    chip.forget();
    chip.with(|chip| chip.drive(11, Low));
    assert_eq!(line.edges()?, [Falling]);
    assert_snapshot!(chip.news());
    chip.with(|chip| chip.drive(11, High));
    assert_eq!(line.edges()?, [Rising]);
    Ok(())
}

/// The chip takes its interrupt back when the input returns, and the driver
/// finds nothing that has changed.
#[roadtest::test]
fn a_pulse_that_is_over_before_the_port_is_read_is_lost() -> roadtest::Result {
    let mut board = Board::new();
    let chip = with_interrupt(&mut board);
    let (_uml, gpio) = open(board, &chip)?;
    let line = watch(&gpio, 4)?;
    chip.with(|chip| chip.drive(4, Low));
    chip.with(|chip| chip.drive(4, High));
    assert_eq!(line.edges()?, []);
    Ok(())
}

#[roadtest::test]
fn an_output_that_changes_is_no_edge() -> roadtest::Result {
    let mut board = Board::new();
    let chip = with_interrupt(&mut board);
    let (_uml, gpio) = open(board, &chip)?;
    let watched = watch(&gpio, 1)?;
    let output = gpio.request(&Lines::outputs(&[0], &[Low]))?;
    output.set(&[High])?;
    output.set(&[Low])?;
    assert_eq!(watched.edges()?, []);
    chip.with(|chip| chip.drive(1, Low));
    assert_eq!(watched.edges()?, [Falling]);
    Ok(())
}

#[roadtest::test]
fn without_an_interrupt_edges_are_refused() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x20, expander());
    let (_uml, gpio) = open(board, &chip)?;
    assert_eq!(watch(&gpio, 3).map(drop), Err(Errno::ENXIO));
    Ok(())
}

#[roadtest::test]
fn a_chip_that_does_not_answer_is_not_bound() -> roadtest::Result {
    let mut board = Board::new();
    let chip = with_interrupt(&mut board);
    chip.disconnect();
    let uml = board.boot()?;
    let error = uml.bind(&chip).map(drop).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::EIO));
    Ok(())
}

/// The sensor's interrupt output pulls P15 of the expander low, whose own
/// output interrupts the processor.
#[roadtest::test]
fn a_sensor_interrupts_through_the_expander() -> roadtest::Result {
    let mut board = Board::new();
    let chip = with_interrupt(&mut board);
    let pin = chip.pin(13);
    let light = board.i2c(
        0x44,
        Placement::of(Opt3001::new()).interrupt(&pin, Edge::Falling),
    );
    let uml = board.boot()?;
    uml.bind(&chip)?;
    let sensor = uml.bind(&light)?.iio()?;
    light.with(|light| light.set_illuminance(Lux::milli(88_800)));
    light.forget();
    chip.forget();
    let before = uml.now();
    assert_eq!(sensor.read("in_illuminance_input"), Ok("88.800000".into()));
    let took = uml.now() - before;
    assert!(SimTime::ms(800) < took && took < SimTime::ms(810), "{took}");
    // The sensor has released its pin, which is another edge.
    uml.sleep(SimTime::ms(1));
    assert_snapshot!(chip.news());
    Ok(())
}
