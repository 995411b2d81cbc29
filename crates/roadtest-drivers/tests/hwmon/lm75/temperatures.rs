// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The temperature, in the resolution of each of the chips.

use insta::assert_snapshot;
use roadtest::{Board, Celsius, SimTime};
use roadtest_chips::hwmon::lm75::{As6200, Lm75, Pct2075, Tmp75};

use super::{bind, bind_on};

#[roadtest::test]
fn lm75_temperature_is_in_half_degrees() -> roadtest::Result {
    let (uml, chip, hwmon) = bind(Lm75::default())?;
    for (milli, shown) in [
        (0, "0"),
        (25_000, "25000"),
        (25_499, "25000"),
        (25_500, "25500"),
        (125_000, "125000"),
        (-500, "-500"),
        // The chip rounds down.
        (-1, "-500"),
        (-25_000, "-25000"),
        (-55_000, "-55000"),
    ] {
        chip.with(|chip| chip.set_temperature(Celsius::milli(milli)));
        uml.sleep(SimTime::ms(100));
        assert_eq!(hwmon.read("temp1_input"), Ok(shown.into()), "{milli}");
    }
    Ok(())
}

#[roadtest::test]
fn temperature_is_the_last_conversions() -> roadtest::Result {
    let (uml, chip, hwmon) = bind(Pct2075::new(Celsius::milli(20_000)))?;
    // In the middle between two conversions.
    uml.sleep(SimTime::ms(150) - uml.now());
    chip.with(|chip| chip.set_temperature(Celsius::milli(30_000)));
    assert_eq!(hwmon.read("temp1_input"), Ok("20000".into()));
    uml.sleep(SimTime::ms(50));
    assert_eq!(hwmon.read("temp1_input"), Ok("30000".into()));
    assert_snapshot!(chip.news());
    Ok(())
}

/// A step is 62.5 millidegrees, which the driver rounds down.
#[roadtest::test]
fn tmp75_temperature_is_in_sixteenths_of_a_degree() -> roadtest::Result {
    let (uml, chip, hwmon) = bind(Tmp75::default())?;
    for (milli, shown) in [
        (25_063, "25062"),
        (25_938, "25937"),
        (-62, "-63"),
        (-63, "-125"),
        (-40_000, "-40000"),
    ] {
        chip.with(|chip| chip.set_temperature(Celsius::milli(milli)));
        uml.sleep(SimTime::ms(220));
        assert_eq!(hwmon.read("temp1_input"), Ok(shown.into()), "{milli}");
    }
    Ok(())
}

#[roadtest::test]
fn pct2075_temperature_is_in_eighths_of_a_degree() -> roadtest::Result {
    let (uml, chip, hwmon) = bind(Pct2075::default())?;
    for (milli, shown) in [(25_124, "25000"), (25_125, "25125"), (-125, "-125")] {
        chip.with(|chip| chip.set_temperature(Celsius::milli(milli)));
        uml.sleep(SimTime::ms(100));
        assert_eq!(hwmon.read("temp1_input"), Ok(shown.into()), "{milli}");
    }
    Ok(())
}

#[roadtest::test(since = "6.8", why = "the driver knows no AS6200")]
fn as6200_temperature_is_in_sixteenths_of_a_degree() -> roadtest::Result {
    let (uml, chip, sensor) = bind_on(Board::new(), As6200::default())?;
    let hwmon = sensor.class("hwmon")?;
    for (milli, shown) in [(25_063, "25062"), (-62, "-63"), (-40_000, "-40000")] {
        chip.with(|chip| chip.set_temperature(Celsius::milli(milli)));
        uml.sleep(SimTime::ms(125));
        assert_eq!(hwmon.read("temp1_input"), Ok(shown.into()), "{milli}");
    }
    Ok(())
}
