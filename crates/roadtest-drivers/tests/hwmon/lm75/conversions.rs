// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! When a temperature is there to be read. The driver never waits for a
//! conversion, which the chips mark.

use roadtest::{Board, Celsius, Device, I2cTarget, Placement, SimTime, Uml, Wired};
use roadtest_chips::hwmon::lm75::{As6200, Lm75, Pct2075, Tmp75};

use super::bind;

/// The mark of a result that is not there.
const TOO_EARLY: &str = "read of TEMP while the first conversion has not ended";

/// One reading so far came before its conversion.
#[track_caller]
fn check_too_early<C: I2cTarget>(chip: &Wired<C>) {
    let marks = chip.timeline().unwise();
    assert_eq!(marks.len(), 1, "{marks:?}");
    assert!(marks[0].starts_with(TOO_EARLY), "{marks:?}");
}

/// A defect of the driver (6.1, 6.12, 7.3): it wakes a chip that sleeps and
/// does not wait for its first conversion.
#[roadtest::test]
fn an_lm75_that_is_woken_is_read_before_its_first_conversion() -> roadtest::Result {
    let mut lm75 = Lm75::new(Celsius::milli(20_000));
    lm75.set_conf(0x01);
    lm75.set_temperature(Celsius::milli(30_000));
    let (uml, chip, hwmon) = bind(lm75)?;
    assert_eq!(hwmon.read("temp1_input"), Ok("20000".into()));
    check_too_early(&chip);
    uml.sleep(SimTime::ms(100));
    assert_eq!(hwmon.read("temp1_input"), Ok("30000".into()));
    check_too_early(&chip);
    Ok(())
}

/// The same holds for the chip's supply (6.1, 6.12, 7.3): the driver switches
/// it on, and until `takes` later 0 °C is what it shows of a chip at 25 °C.
fn check_power_up<C: I2cTarget>(mut board: Board, chip: C, takes: SimTime) -> roadtest::Result {
    let switch = board.gpio(0);
    let supply = board.fixed_supply("vs", 3_300_000, &switch);
    let chip = board.i2c(0x48, Placement::of(chip).powered_by("vs", &supply));
    let uml = board.boot()?;
    let hwmon = uml.bind(&chip)?.class("hwmon")?;
    assert_eq!(hwmon.read("temp1_input"), Ok("0".into()));
    check_too_early(&chip);
    uml.sleep(takes);
    assert_eq!(hwmon.read("temp1_input"), Ok("25000".into()));
    check_too_early(&chip);
    Ok(())
}

#[roadtest::test]
fn an_lm75_that_gets_power_is_read_before_its_first_conversion() -> roadtest::Result {
    check_power_up(Board::new(), Lm75::default(), SimTime::ms(100))
}

#[roadtest::test]
fn a_tmp75_that_gets_power_is_read_before_its_first_conversion() -> roadtest::Result {
    check_power_up(Board::new(), Tmp75::default(), SimTime::ms(220))
}

#[roadtest::test]
fn a_pct2075_that_gets_power_is_read_before_its_first_conversion() -> roadtest::Result {
    check_power_up(Board::new(), Pct2075::default(), SimTime::ms(28))
}

#[roadtest::test(since = "6.8", why = "the driver knows no AS6200")]
fn an_as6200_that_gets_power_is_read_before_its_first_conversion() -> roadtest::Result {
    check_power_up(Board::new(), As6200::default(), SimTime::ms(125))
}

/// Reads every 50 ms for a second; returns the last value.
fn poll(uml: &Uml, hwmon: &Device) -> roadtest::Result<String> {
    for _ in 0..20 {
        uml.sleep(SimTime::ms(50));
        hwmon.read("temp1_input")?;
    }
    Ok(hwmon.read("temp1_input")?)
}

/// A defect of the driver (6.1, 6.12, 7.3): each read of an LM75 makes it begin
/// its conversion again, and the driver keeps no result for as long as a
/// conversion takes. A reader that is faster keeps the chip from converting at
/// all, its O.S. output included.
#[roadtest::test]
fn an_lm75_that_is_read_faster_than_it_converts_shows_an_old_temperature() -> roadtest::Result {
    let (uml, chip, hwmon) = bind(Lm75::new(Celsius::milli(20_000)))?;
    chip.with(|chip| chip.set_temperature(Celsius::milli(30_000)));
    assert_eq!(poll(&uml, &hwmon)?, "20000");
    uml.sleep(SimTime::ms(100));
    assert_eq!(hwmon.read("temp1_input"), Ok("30000".into()));
    Ok(())
}

#[roadtest::test]
fn a_pct2075_can_be_read_faster_than_it_converts() -> roadtest::Result {
    let (uml, chip, hwmon) = bind(Pct2075::new(Celsius::milli(20_000)))?;
    chip.with(|chip| chip.set_temperature(Celsius::milli(30_000)));
    assert_eq!(poll(&uml, &hwmon)?, "30000");
    Ok(())
}
