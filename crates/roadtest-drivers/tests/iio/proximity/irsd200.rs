// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/iio/proximity/irsd200.c`: Murata IRS-D200 infrared sensor. The
//! driver came with Linux 6.6.

use insta::assert_snapshot;
use roadtest::view::iio::Iio;
use roadtest::{Board, Device, Edge, Errno, Pin, Placement, Uml, Wired};
use roadtest_chips::iio::proximity::irsd200::Irsd200;

mod events;
mod filters;
mod thresholds;

const RATE: &str = "in_proximity_sampling_frequency";

fn board(chip: Irsd200) -> (Board, Wired<Irsd200>, Pin) {
    let mut board = Board::new();
    let int = board.gpio(1);
    let sensor = board.i2c(0x48, Placement::of(chip).interrupt(&int, Edge::Rising));
    (board, sensor, int)
}

/// A sensor, bound; what the driver did to it is behind it.
fn ready() -> roadtest::Result<(Uml, Wired<Irsd200>, Iio)> {
    let (board, sensor, _int) = board(Irsd200::new());
    let uml = board.boot()?;
    let iio = uml.bind(&sensor)?.iio()?;
    sensor.forget();
    Ok((uml, sensor, iio))
}

/// Writes an attribute, and returns what that wrote to `register`.
fn written(
    sensor: &Wired<Irsd200>,
    iio: &Iio,
    (attribute, value): (&str, &str),
    register: &str,
) -> Result<Vec<String>, Errno> {
    sensor.forget();
    iio.write(attribute, value)?;
    Ok(sensor.news().writes(register))
}

fn refuses(sensor: &Wired<Irsd200>, iio: &Iio, attribute: &str, values: &[&str]) {
    for value in values {
        sensor.forget();
        assert_eq!(iio.write(attribute, value), Err(Errno::ERANGE), "{value}");
        let news = sensor.news().to_string();
        let writes: Vec<&str> = news.lines().filter(|line| line.starts_with('W')).collect();
        assert_eq!(writes, [""; 0], "{value}");
    }
}

#[roadtest::test]
fn probe_activates_the_chip_and_clears_its_status() -> roadtest::Result {
    let (board, sensor, _int) = board(Irsd200::new().asleep());
    let uml = board.boot()?;
    let device = uml.bind(&sensor)?;
    assert_eq!(device.driver().as_deref(), Some("irsd200"));
    assert_eq!(sensor.timeline().writes("OP"), ["00"]);
    assert_snapshot!(sensor.timeline());
    Ok(())
}

#[roadtest::test]
fn the_device_has_its_name() -> roadtest::Result {
    let (_uml, _sensor, iio) = ready()?;
    assert_eq!(iio.name(), Ok("irsd200".into()));
    Ok(())
}

#[roadtest::test]
fn it_can_be_bound_again_after_unbind() -> roadtest::Result {
    let (board, sensor, _int) = board(Irsd200::new());
    let uml = board.boot()?;
    for _ in 0..2 {
        let device: Device = uml.bind(&sensor)?;
        assert_eq!(device.unbind(), Ok(()));
    }
    assert_eq!(sensor.timeline().writes("OP"), ["00", "00"]);
    Ok(())
}

#[roadtest::test]
fn two_sensors_cannot_share_an_interrupt_of_edges() -> roadtest::Result {
    let mut board = Board::new();
    let int = board.gpio(1).shared();
    let first = board.i2c(
        0x48,
        Placement::of(Irsd200::new()).interrupt(&int, Edge::Rising),
    );
    let second = board.i2c(
        0x49,
        Placement::of(Irsd200::new()).interrupt(&int, Edge::Rising),
    );
    let uml = board.boot()?;
    let device = uml.bind(&first)?;
    let error = uml.bind(&second).err().and_then(|error| error.errno());
    assert_eq!(error, Some(Errno::EBUSY), "the driver wants it for itself");
    assert_eq!(device.unbind(), Ok(()));
    uml.bind(&second)?;
    Ok(())
}

#[roadtest::test]
fn without_interrupt_probe_fails() -> roadtest::Result {
    let mut board = Board::new();
    let sensor = board.i2c(0x48, Irsd200::new());
    let uml = board.boot()?;
    let error = uml.bind(&sensor).err().and_then(|error| error.errno());
    assert_eq!(error, Some(Errno::ENXIO));
    Ok(())
}

#[roadtest::test]
fn a_sample_is_readable_with_its_sign() -> roadtest::Result {
    let (_uml, sensor, iio) = ready()?;
    for sample in [0, 1, 0x1234, i16::MAX, -1, i16::MIN] {
        sensor.with(|chip| chip.set_data(sample));
        assert_eq!(iio.read("in_proximity_raw"), Ok(sample.to_string()));
    }
    Ok(())
}

#[roadtest::test]
fn the_supply_is_on_before_the_first_access() -> roadtest::Result {
    let mut board = Board::new();
    let (int, enable) = (board.gpio(1), board.gpio(2));
    let vdd = board.fixed_supply("vdd", 3_300_000, &enable);
    let sensor = board.i2c(
        0x48,
        Placement::of(Irsd200::new())
            .interrupt(&int, Edge::Rising)
            .powered_by("vdd", &vdd),
    );
    let uml = board.boot()?;
    assert!(!vdd.is_on());
    let device = uml.bind(&sensor)?;
    assert!(vdd.is_on());
    assert_eq!(device.unbind(), Ok(()));
    assert!(!vdd.is_on());
    Ok(())
}
