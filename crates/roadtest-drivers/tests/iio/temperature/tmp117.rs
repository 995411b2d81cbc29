// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/iio/temperature/tmp117.c`: TI TMP117 temperature sensor.

use roadtest::{Board, Device, Uml, Wired};
use roadtest_chips::iio::temperature::tmp117::Tmp117;

fn bound() -> roadtest::Result<(Uml, Wired<Tmp117>, Device)> {
    let mut board = Board::new();
    let chip = board.i2c(0x48, Tmp117::default());
    let uml = board.boot()?;
    let sensor = uml.bind(&chip)?.children("iio:device")?.remove(0);
    Ok((uml, chip, sensor))
}

#[roadtest::test]
fn a_temperature_below_zero_is_read_with_its_sign() -> roadtest::Result {
    let (_uml, chip, sensor) = bound()?;
    chip.with(|chip| chip.set_raw(-3200)); // -25 °C
    assert_eq!(sensor.read("in_temp_raw"), Ok("-3200".into()));
    assert_eq!(sensor.read("in_temp_scale"), Ok("7.812500".into()));
    insta::assert_snapshot!(chip.timeline());
    Ok(())
}

#[roadtest::test]
fn a_calibration_bias_reaches_the_chip_and_reads_back() -> roadtest::Result {
    let (_uml, chip, sensor) = bound()?;
    sensor.write("in_temp_calibbias", -5)?;
    assert_eq!(chip.timeline().writes("TEMP_OFFSET"), ["fffb"]);
    assert_eq!(sensor.read("in_temp_calibbias"), Ok("-5".into()));
    Ok(())
}

/// A defect of the driver up to 7.3 at least: it takes the offset to be 0
/// when it binds, though the chip loads it from EEPROM, and leaves out a
/// write of what it takes to be there already.
#[roadtest::test]
fn a_bias_of_zero_does_not_replace_the_offset_from_eeprom() -> roadtest::Result {
    let (_uml, chip, sensor) = bound()?;
    chip.with(|chip| chip.set_offset(128));
    sensor.write("in_temp_calibbias", 0)?;
    assert_eq!(chip.timeline().writes("TEMP_OFFSET"), [""; 0]);
    assert_eq!(sensor.read("in_temp_calibbias"), Ok("128".into()));
    Ok(())
}

mod power;
