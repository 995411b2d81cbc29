// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What the properties of its node make of the chip.

use roadtest::{Board, Placement, Value};
use roadtest_chips::iio::light::tsl2772::Tsl2772;

/// The bits of CONTROL that a devicetree makes: LED current (7:6) and
/// photodiodes (5:4).
fn control_bits(property: &str, value: Value) -> roadtest::Result<u8> {
    let mut board = Board::new();
    let sensor = board.i2c(
        0x39,
        Placement::of(Tsl2772::default()).prop(property, value),
    );
    let uml = board.boot()?;
    uml.bind(&sensor)?;
    let written = sensor.timeline().writes("CONTROL");
    assert_eq!(written.len(), 1, "probe writes CONTROL once");
    Ok(u8::from_str_radix(&written[0], 16)?)
}

fn diode_bits(value: Value) -> roadtest::Result<u8> {
    Ok(control_bits("amstaos,proximity-diodes", value)? >> 4 & 0b11)
}

fn led_bits(microamp: u32) -> roadtest::Result<u8> {
    Ok(control_bits("led-max-microamp", microamp.into())? >> 6)
}

// Why: all three kernels read the property in the same way; 6.1, 6.12 and 7.3
// differ elsewhere in this driver.

#[roadtest::test]
fn proximity_diode_0_is_channel_0() -> roadtest::Result {
    assert_eq!(diode_bits(Value::cells([0]))?, 0b01);
    Ok(())
}

#[roadtest::test]
fn proximity_diode_1_is_channel_1() -> roadtest::Result {
    assert_eq!(diode_bits(Value::cells([1]))?, 0b10);
    Ok(())
}

#[roadtest::test]
fn proximity_diodes_0_and_1_are_both_channels() -> roadtest::Result {
    assert_eq!(diode_bits(Value::cells([0, 1]))?, 0b11);
    Ok(())
}

#[roadtest::test]
fn proximity_diodes_may_come_in_any_order() -> roadtest::Result {
    assert_eq!(diode_bits(Value::cells([1, 0]))?, 0b11);
    Ok(())
}

#[roadtest::test]
fn a_proximity_diode_that_is_named_twice_is_one() -> roadtest::Result {
    assert_eq!(diode_bits(Value::cells([0, 0]))?, 0b01);
    Ok(())
}

#[roadtest::test]
fn without_the_property_the_diode_is_channel_1() -> roadtest::Result {
    let mut board = Board::new();
    let sensor = board.i2c(0x39, Tsl2772::default());
    let uml = board.boot()?;
    uml.bind(&sensor)?;
    assert_eq!(sensor.timeline().writes("CONTROL"), ["20"]);
    Ok(())
}

#[roadtest::test]
fn an_invalid_diode_leaves_the_default_and_is_said_in_the_log() -> roadtest::Result {
    let mut board = Board::new();
    let sensor = board.i2c(
        0x39,
        Placement::of(Tsl2772::default()).prop("amstaos,proximity-diodes", Value::cells([0, 2])),
    );
    let uml = board.boot()?;
    // The driver reports the value and goes on: its caller drops the error.
    uml.bind(&sensor)?;
    assert_eq!(sensor.timeline().writes("CONTROL"), ["20"]);
    let said = "Invalid value 2 in amstaos,proximity-diodes";
    assert!(uml.dmesg().contains(said), "{}", uml.dmesg());
    Ok(())
}

#[roadtest::test]
fn a_third_diode_is_ignored() -> roadtest::Result {
    assert_eq!(diode_bits(Value::cells([0, 0, 1]))?, 0b01);
    Ok(())
}

/// An empty property selects no diode at all, which the chip does not know.
/// The binding forbids it; the driver takes it, on 6.1, 6.12 and 7.3.
#[roadtest::test]
fn an_empty_property_selects_the_reserved_value() -> roadtest::Result {
    let mut board = Board::new();
    let sensor = board.i2c(
        0x39,
        Placement::of(Tsl2772::default()).prop("amstaos,proximity-diodes", Value::flag()),
    );
    let uml = board.boot()?;
    uml.expect_violation("sets PDIODE of CONTROL to 0");
    uml.bind(&sensor)?;
    assert_eq!(sensor.timeline().writes("CONTROL"), ["00"]);
    Ok(())
}

#[roadtest::test]
fn a_led_current_of_100_ma_is_drive_0() -> roadtest::Result {
    assert_eq!(led_bits(100_000)?, 0);
    Ok(())
}

#[roadtest::test]
fn a_led_current_of_50_ma_is_drive_1() -> roadtest::Result {
    assert_eq!(led_bits(50_000)?, 1);
    Ok(())
}

#[roadtest::test]
fn a_led_current_of_25_ma_is_drive_2() -> roadtest::Result {
    assert_eq!(led_bits(25_000)?, 2);
    Ok(())
}

#[roadtest::test]
fn a_led_current_of_13_ma_is_drive_3() -> roadtest::Result {
    assert_eq!(led_bits(13_000)?, 3);
    Ok(())
}

/// The chip has four currents and takes no other: one that is not offered
/// leaves the default, which is the strongest.
#[roadtest::test]
fn another_led_current_leaves_100_ma() -> roadtest::Result {
    assert_eq!(led_bits(12_500)?, 0);
    Ok(())
}
