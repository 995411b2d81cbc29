// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The limits of each of the chips: what holds for every hardware monitor.

use roadtest::suite::hwmon::{self, Limit};
use roadtest::{Board, Chip, Wired};
use roadtest_chips::hwmon::lm75::{As6200, Lm75, Pct2075, Tmp75};

use super::bind;

/// Runs the suite on the chip alone on `board`; both limits hold -55 to
/// 125 °C in steps of `resolution`, in millidegrees.
fn check_limits<C: Chip>(board: Board, chip: &Wired<C>, resolution: i64) -> roadtest::Result {
    let uml = board.boot()?;
    let monitor = uml.bind(chip)?.hwmon()?;
    let limit = |attribute| Limit::new(attribute, -55_000, 125_000, resolution);
    hwmon::limits(&monitor, &[limit("temp1_max"), limit("temp1_max_hyst")])
}

#[test]
fn lm75_limits_keep_what_is_written_to_them() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x48, Lm75::default());
    check_limits(board, &chip, 500)
}

/// A step is 62.5 millidegrees; two of them are a whole number.
#[test]
fn tmp75_limits_keep_what_is_written_to_them() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x48, Tmp75::default());
    check_limits(board, &chip, 125)
}

#[test]
fn pct2075_limits_keep_what_is_written_to_them() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x48, Pct2075::default());
    check_limits(board, &chip, 500)
}

/// A step is 62.5 millidegrees; two of them are a whole number.
#[test]
fn as6200_limits_keep_what_is_written_to_them() -> roadtest::Result {
    let mut board = Board::new();
    board.since((6, 8), "the driver knows no AS6200");
    let chip = board.i2c(0x48, As6200::default());
    check_limits(board, &chip, 125)
}

/// A defect of the driver (6.1, 6.12, 7.3): it takes the limits to have the
/// resolution of the temperature, and shows from its cache what it wrote. The
/// chip has half degrees there and compares with less.
#[test]
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
