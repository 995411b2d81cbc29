// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The VCNL4000, which measures on demand and has no interrupt.

use insta::assert_snapshot;
use roadtest::suite::iio::{Measured, Sensor};
use roadtest::{Errno, SimTime};
use roadtest_chips::iio::light::vcnl4000::{Measurements, Vcnl4000};

use super::board;

/// See `vcnl4000_proximity_divides_by_zero`; still so in 7.3.
const DIVIDES_BY_ZERO: (u32, u32) = (6, 12);

#[roadtest::test]
fn vcnl4000_scale_is_a_quarter_lux() -> roadtest::Result {
    let (board, chip) = board(0x13, Vcnl4000::new());
    let uml = board.boot()?;
    let iio = uml.bind(&chip)?.iio()?;
    assert_eq!(iio.name().as_deref(), Ok("vcnl4000"));
    assert_eq!(iio.read("in_illuminance_scale"), Ok("0.250000".into()));
    assert_snapshot!(chip.timeline());
    Ok(())
}

#[roadtest::test]
fn vcnl4000_light_is_measured_on_demand() -> roadtest::Result {
    let (board, chip) = board(0x13, Vcnl4000::new());
    let uml = board.boot()?;
    let iio = uml.bind(&chip)?.iio()?;
    for (light, raw) in [(0x0000, "0"), (0x1234, "4660"), (0xffff, "65535")] {
        chip.with(|chip| chip.set_light(light));
        chip.forget();
        assert_eq!(iio.read("in_illuminance_raw"), Ok(raw.into()));
    }
    // How often the driver looks depends on how long it sleeps, in ticks.
    let looks = chip.news().reads("COMMAND");
    assert!(looks.len() > 3 && looks.last().is_some_and(|ready| ready == "c0"));
    assert_snapshot!(chip.news().only(|line| !line.starts_with("R COMMAND")));
    Ok(())
}

#[roadtest::test]
fn vcnl4000_that_is_never_ready_is_an_io_error() -> roadtest::Result {
    let (board, chip) = board(0x13, Vcnl4000::new());
    let uml = board.boot()?;
    let iio = uml.bind(&chip)?.iio()?;
    chip.with(|chip| chip.set_measurements(Measurements::NeverEnd));
    chip.forget();
    let before = uml.now();
    assert_eq!(iio.read("in_illuminance_raw"), Err(Errno::EIO));
    // 20 times 20 ms, each rounded up to one or two ticks of 10 ms more.
    let took = uml.now() - before;
    assert!(SimTime::ms(400) < took && took < SimTime::ms(820), "{took}");
    assert_eq!(chip.news().reads("COMMAND").len(), 20);
    assert_eq!(chip.news().reads("ALS_RESULT_H").len(), 0);
    chip.with(|chip| chip.set_measurements(Measurements::End));
    assert_eq!(iio.read("in_illuminance_raw"), Ok("0".into()));
    Ok(())
}

/// Proof that reading too early is detected: this part says that it is
/// ready when it is not.
#[roadtest::test]
fn vcnl4000_result_that_is_read_too_early_is_marked() -> roadtest::Result {
    let (board, chip) = board(0x13, Vcnl4000::new());
    let uml = board.boot()?;
    let iio = uml.bind(&chip)?.iio()?;
    chip.with(|chip| chip.set_measurements(Measurements::SeemToEndAtOnce));
    assert_eq!(iio.read("in_illuminance_raw"), Ok("0".into()));
    assert_eq!(
        chip.timeline().unwise(),
        [
            "read of ALS_RESULT_H while measuring (register #0, als_data_rdy)",
            "read of ALS_RESULT_L while measuring (register #0, als_data_rdy)",
        ]
    );
    Ok(())
}

#[roadtest::test]
fn vcnl4000_of_another_product_is_not_bound() -> roadtest::Result {
    let (board, chip) = board(0x13, Vcnl4000::new());
    chip.with(|chip| chip.set_product_id(0x31));
    let uml = board.boot()?;
    let errno = uml.bind(&chip).err().and_then(|error| error.errno());
    assert_eq!(errno, Some(Errno::ENODEV));
    Ok(())
}

#[roadtest::test]
fn vcnl4000_has_neither_events_nor_a_buffer_nor_triggers() -> roadtest::Result {
    let (board, chip) = board(0x13, Vcnl4000::new());
    let uml = board.boot()?;
    let iio = uml.bind(&chip)?.iio()?;
    // The core makes no character device for such a device.
    assert_eq!(iio.events().err(), Some(Errno::ENOENT));
    let no_buffer = iio.buffer().err().expect("there is none").to_string();
    assert!(no_buffer.ends_with("has no buffer0"), "{no_buffer}");
    assert!(iio.triggers()?.is_empty());
    let channels = iio.channels()?;
    let names: Vec<&str> = channels.iter().map(|channel| channel.name()).collect();
    assert_eq!(names, ["in_illuminance", "in_proximity"]);
    Ok(())
}

const SENSOR: Sensor = Sensor {
    name: "vcnl4000",
    measured: &[Measured {
        channel: "in_illuminance",
        points: &[
            (0, "0"),
            (1, "0.25"),
            (0x1234, "1165"),
            (0xffff, "16383.75"),
        ],
        settle: SimTime::ZERO,
    }],
    refused: &[],
    untouched: &["in_proximity", "in_proximity_raw"],
};

#[roadtest::test]
fn vcnl4000_passes_the_suite_for_iio_sensors() -> roadtest::Result {
    let (board, chip) = board(0x13, Vcnl4000::new());
    let uml = board.boot()?;
    let iio = uml.bind(&chip)?.iio()?;
    SENSOR.check(&uml, &iio, |_, steps| {
        chip.with(|chip| chip.set_light(u16::try_from(steps).unwrap()));
    })
}

#[roadtest::test(before = DIVIDES_BY_ZERO, why = "the driver divides by zero")]
fn vcnl4000_proximity_is_measured_on_demand() -> roadtest::Result {
    let (board, chip) = board(0x13, Vcnl4000::new());
    let uml = board.boot()?;
    let iio = uml.bind(&chip)?.iio()?;
    for (proximity, raw) in [(0x0000, "0"), (0x1234, "4660"), (0xffff, "65535")] {
        chip.with(|chip| chip.set_proximity(proximity));
        chip.forget();
        assert_eq!(iio.read("in_proximity_raw"), Ok(raw.into()));
    }
    assert_snapshot!(chip.news());
    Ok(())
}

/// A defect of the driver: the divisor that it has for the 16 bits of
/// VCNL4040 and VCNL4200 is left 0 for VCNL4000 and VCNL4010.
#[roadtest::test(since = DIVIDES_BY_ZERO, why = "the driver divides from then on")]
fn vcnl4000_proximity_divides_by_zero() -> roadtest::Result {
    let (board, chip) = board(0x13, Vcnl4000::new());
    let uml = board.boot()?;
    let iio = uml.bind(&chip)?.iio()?;
    chip.forget();
    // SIGFPE.
    uml.expect_death("Kernel mode signal 8");
    assert_eq!(iio.read("in_proximity_raw"), Err(Errno::GUEST_DIED));
    assert_snapshot!(chip.news());
    Ok(())
}
