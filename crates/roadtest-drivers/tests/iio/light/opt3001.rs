// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/iio/light/opt3001.c`: TI OPT3001 ambient light sensor.

use roadtest::Board;
use roadtest_chips::iio::light::opt3001::Opt3001;

#[test]
fn zero_lux_is_a_reading_and_no_timeout() -> roadtest::Result {
    let mut board = Board::new();
    let light = board.i2c(0x44, Opt3001::new());
    let uml = board.boot()?;
    let sensor = uml.bind(&light)?;
    let iio = &sensor.children("iio:device")?[0];

    light.with(|chip| chip.set_result(0x0000));
    assert_eq!(iio.read("in_illuminance_input"), Ok("0.000000".into()));
    Ok(())
}
