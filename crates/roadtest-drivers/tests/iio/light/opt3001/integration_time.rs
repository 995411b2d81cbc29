// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The integration time: what it may be, and where it is kept.

use roadtest::Errno;

use super::{INTEGRATION_TIME, bind, without_interrupt};

#[roadtest::test]
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

#[roadtest::test]
fn integration_time_comes_from_the_chip() -> roadtest::Result {
    let (board, light) = without_interrupt();
    let uml = board.boot()?;
    let sensor = uml.bind(&light)?;
    let iio = sensor.iio()?;
    iio.write(INTEGRATION_TIME, "0.1")?;
    sensor.unbind()?;

    // CONFIG outlives the driver.
    let iio = uml.bind(&light)?.iio()?;
    assert_eq!(iio.read(INTEGRATION_TIME), Ok("0.100000".into()));
    Ok(())
}

#[roadtest::test]
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
