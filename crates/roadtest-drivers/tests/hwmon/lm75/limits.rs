// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The limits of each of the chips: what holds for every hardware monitor, and
//! how each chip's driver rounds them.

use roadtest::suite::hwmon::{self, Limit};
use roadtest::{Board, Errno, I2cTarget};
use roadtest_chips::hwmon::lm75::{As6200, Lm75, Pct2075, Tmp75};

use super::{bind, bind_on};

/// Runs the suite on the chip alone on `board`; both limits hold -55 to
/// 125 °C in steps of `resolution`, in millidegrees.
fn check_limits<C: I2cTarget>(board: Board, chip: C, resolution: i64) -> roadtest::Result {
    let (_uml, _chip, sensor) = bind_on(board, chip)?;
    let monitor = sensor.hwmon()?;
    let limit = |attribute| Limit::new(attribute, -55_000, 125_000, resolution);
    hwmon::limits(&monitor, &[limit("temp1_max"), limit("temp1_max_hyst")])
}

#[roadtest::test]
fn lm75_limits_keep_what_is_written_to_them() -> roadtest::Result {
    check_limits(Board::new(), Lm75::default(), 500)
}

/// A step is 62.5 millidegrees; two of them are a whole number.
#[roadtest::test]
fn tmp75_limits_keep_what_is_written_to_them() -> roadtest::Result {
    check_limits(Board::new(), Tmp75::default(), 125)
}

#[roadtest::test]
fn pct2075_limits_keep_what_is_written_to_them() -> roadtest::Result {
    check_limits(Board::new(), Pct2075::default(), 500)
}

/// A step is 62.5 millidegrees; two of them are a whole number.
#[roadtest::test(since = "6.8", why = "the driver knows no AS6200")]
fn as6200_limits_keep_what_is_written_to_them() -> roadtest::Result {
    check_limits(Board::new(), As6200::default(), 125)
}

/// A defect of the driver (6.1, 6.12, 7.3): it takes the limits to have the
/// resolution of the temperature, and shows from its cache what it wrote. The
/// chip has half degrees there and compares with less.
#[roadtest::test]
fn pct2075_limit_is_shown_finer_than_the_chip_has_it() -> roadtest::Result {
    let (uml, chip, hwmon) = bind(Pct2075::default())?;
    assert_eq!(hwmon.write("temp1_max", 80_375), Ok(()));
    assert_eq!(hwmon.read("temp1_max"), Ok("80375".into()));
    assert_eq!(chip.news().writes("OS"), ["5060"]);
    assert_eq!(chip.news().reads("OS"), [""; 0]);

    // Without the cache, what the chip has is seen.
    assert_eq!(uml.unload("lm75"), Ok(()));
    let hwmon = uml.bind(&chip)?.class("hwmon")?;
    assert_eq!(hwmon.read("temp1_max"), Ok("80000".into()));
    Ok(())
}

#[roadtest::test]
fn lm75_limits_are_rounded_to_half_degrees_and_clamped_to_its_range() -> roadtest::Result {
    let (_uml, chip, hwmon) = bind(Lm75::default())?;
    assert_eq!(hwmon.read("temp1_max"), Ok("80000".into()));
    assert_eq!(hwmon.read("temp1_max_hyst"), Ok("75000".into()));
    for (written, code, back) in [
        (90_000, "5a00", "90000"),
        (90_249, "5a00", "90000"),
        (90_250, "5a80", "90500"),
        (0, "0000", "0"),
        (-249, "0000", "0"),
        (-250, "ff80", "-500"),
        (-25_000, "e700", "-25000"),
        (125_001, "7d00", "125000"),
        (1_000_000, "7d00", "125000"),
        (-55_001, "c900", "-55000"),
        (-1_000_000, "c900", "-55000"),
    ] {
        chip.forget();
        for attribute in ["temp1_max", "temp1_max_hyst"] {
            assert_eq!(hwmon.write(attribute, written), Ok(()), "{written}");
            assert_eq!(hwmon.read(attribute), Ok(back.into()), "{written}");
        }
        assert_eq!(chip.news().writes("OS"), [code], "{written}");
        assert_eq!(chip.news().writes("HYST"), [code], "{written}");
    }
    Ok(())
}

#[roadtest::test]
fn a_limit_that_is_no_number_is_invalid() -> roadtest::Result {
    let (_uml, chip, hwmon) = bind(Lm75::default())?;
    assert_eq!(hwmon.write("temp1_max", "hot"), Err(Errno::EINVAL));
    assert_eq!(chip.news().writes("OS"), [""; 0]);
    Ok(())
}

#[roadtest::test]
fn limits_are_read_from_the_chip_once() -> roadtest::Result {
    let (_uml, chip, hwmon) = bind(Lm75::default())?;
    for _ in 0..3 {
        assert_eq!(hwmon.read("temp1_max"), Ok("80000".into()));
        assert_eq!(hwmon.read("temp1_input"), Ok("25000".into()));
    }
    assert_eq!(chip.news().reads("OS"), ["5000"]);
    assert_eq!(chip.news().reads("TEMP").len(), 3);
    Ok(())
}

#[roadtest::test]
fn tmp75_limits_are_in_sixteenths_of_a_degree() -> roadtest::Result {
    let (_uml, chip, hwmon) = bind(Tmp75::default())?;
    for (written, code, back) in [
        (80_031, "5000", "80000"),
        (80_032, "5010", "80062"),
        (-31, "0000", "0"),
        (-32, "fff0", "-63"),
    ] {
        chip.forget();
        assert_eq!(hwmon.write("temp1_max", written), Ok(()));
        assert_eq!(chip.news().writes("OS"), [code], "{written}");
        assert_eq!(hwmon.read("temp1_max"), Ok(back.into()), "{written}");
    }
    Ok(())
}
