// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! How often each of the chips converts.

use roadtest::{Board, Celsius, Errno, SimTime};
use roadtest_chips::hwmon::lm75::{As6200, Lm75, Pct2075, Tmp75};

use super::{bind, bind_on};

#[roadtest::test]
fn lm75_has_one_update_interval_and_no_alarm() -> roadtest::Result {
    let (_uml, _chip, hwmon) = bind(Lm75::default())?;
    assert_eq!(hwmon.read("update_interval"), Ok("100".into()));
    assert_eq!(hwmon.write("update_interval", 100), Err(Errno::EACCES));
    assert_eq!(hwmon.write("temp1_input", 0), Err(Errno::EACCES));
    assert!(!hwmon.has("temp1_alarm"));
    Ok(())
}

#[roadtest::test]
fn tmp75_takes_the_nearest_interval_and_its_resolution() -> roadtest::Result {
    let (uml, chip, hwmon) = bind(Tmp75::new(Celsius::milli(25_437)))?;
    assert_eq!(hwmon.read("update_interval"), Ok("220".into()));
    for (asked, interval, conf, temperature) in [
        (0, "28", "00", "25000"),
        (55, "55", "20", "25250"),
        (100, "110", "40", "25375"),
        (1_000_000, "220", "60", "25375"),
    ] {
        chip.forget();
        assert_eq!(hwmon.write("update_interval", asked), Ok(()));
        assert_eq!(
            hwmon.read("update_interval"),
            Ok(interval.into()),
            "{asked}"
        );
        assert_eq!(chip.news().writes("CONF"), [conf], "{asked}");
        uml.sleep(SimTime::ms(250));
        assert_eq!(hwmon.read("temp1_input"), Ok(temperature.into()), "{asked}");
    }
    Ok(())
}

#[roadtest::test]
fn pct2075_interval_is_in_a_register_of_its_own() -> roadtest::Result {
    let (uml, chip, hwmon) = bind(Pct2075::default())?;
    assert_eq!(hwmon.read("update_interval"), Ok("100".into()));
    for (asked, interval, idle) in [
        (260, "300", "03"),
        (3100, "3100", "1f"),
        (10_000, "3100", "1f"),
        (1, "100", "01"),
    ] {
        chip.forget();
        assert_eq!(hwmon.write("update_interval", asked), Ok(()));
        assert_eq!(
            hwmon.read("update_interval"),
            Ok(interval.into()),
            "{asked}"
        );
        assert_eq!(chip.news().writes("IDLE"), [idle], "{asked}");
    }

    // And the chip obeys it.
    hwmon.write("update_interval", 3100)?;
    chip.with(|chip| chip.set_temperature(Celsius::milli(50_000)));
    uml.sleep(SimTime::ms(3000));
    assert_eq!(hwmon.read("temp1_input"), Ok("25000".into()));
    uml.sleep(SimTime::ms(100));
    assert_eq!(hwmon.read("temp1_input"), Ok("50000".into()));
    Ok(())
}

#[roadtest::test(since = "6.8", why = "the driver knows no AS6200")]
fn as6200_takes_the_nearest_interval() -> roadtest::Result {
    let (_uml, chip, sensor) = bind_on(Board::new(), As6200::default())?;
    let hwmon = sensor.class("hwmon")?;
    assert_eq!(hwmon.read("update_interval"), Ok("125".into()));
    for (asked, interval, rate) in [
        (240, "250", 2),
        (1_100, "1000", 1),
        (60_000, "4000", 0),
        (0, "125", 3),
    ] {
        chip.forget();
        assert_eq!(hwmon.write("update_interval", asked), Ok(()));
        assert_eq!(
            hwmon.read("update_interval"),
            Ok(interval.into()),
            "{asked}"
        );
        let writes = chip.news().writes("CONF");
        let conf = u16::from_str_radix(&writes[0], 16).unwrap();
        assert_eq!((writes.len(), conf >> 6 & 3), (1, rate), "{asked}");
    }
    Ok(())
}
