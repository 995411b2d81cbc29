// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Proximity, its gain, and its calibration.

use roadtest::Errno;

use super::{ROUND, ready};

#[roadtest::test]
fn proximity_is_readable_as_it_is() -> roadtest::Result {
    let (uml, sensor, iio) = ready()?;
    for count in [0, 1, 0x0234, 1024] {
        sensor.with(|chip| chip.set_proximity(count));
        uml.sleep(ROUND);
        assert_eq!(iio.read("in_proximity0_raw"), Ok(count.to_string()));
    }
    Ok(())
}

#[roadtest::test]
fn the_proximity_s_gain_is_written() -> roadtest::Result {
    let (_uml, sensor, iio) = ready()?;
    let available = "1 2 4 8";
    assert_eq!(
        iio.read("in_proximity0_calibscale_available"),
        Ok(available.into())
    );
    for (gain, control) in [(2, "24"), (4, "28"), (8, "2c"), (1, "20")] {
        sensor.forget();
        assert_eq!(iio.write("in_proximity0_calibscale", gain), Ok(()));
        assert_eq!(sensor.news().writes("CONTROL"), [control]);
        assert_eq!(iio.read("in_proximity0_calibscale"), Ok(gain.to_string()));
    }
    assert_eq!(
        iio.write("in_proximity0_calibscale", 16),
        Err(Errno::EINVAL)
    );
    Ok(())
}

#[roadtest::test]
fn proximity_calibration_sets_the_upper_limit_from_30_samples() -> roadtest::Result {
    let (_uml, sensor, iio) = ready()?;
    sensor.with(|chip| chip.set_proximity(300));
    sensor.forget();
    assert_eq!(iio.write("in_proximity0_calibrate", 1), Ok(()));
    // Twice the largest less the mean of 30 equal samples; the driver sets the
    // chip up twice after it.
    assert_eq!(sensor.news().reads("PDATA").len(), 30);
    assert_eq!(sensor.news().writes("PIHTL"), ["2c", "2c"]);
    assert_eq!(sensor.news().writes("PIHTH"), ["01", "01"]);
    Ok(())
}
