// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The LM75 family against raw bytes.

use insta::assert_snapshot;
use proptest::prelude::*;
use roadtest_model::{Celsius, Chip, I2cTarget, Level, SimTime};

use super::sensor::{code, signed};
use super::{As6200, Lm75, Pct2075, Tmp75};
use crate::testing::{pass, read, read_on, receive, send, write};

const T0: SimTime = SimTime::ms(5);

const fn celsius(degrees: i32) -> Celsius {
    Celsius::milli(degrees * 1000)
}

fn ms(ms: u64) -> SimTime {
    SimTime::ms(ms)
}

/// The interval between the next two conversions.
fn interval(chip: &mut impl I2cTarget) -> SimTime {
    let first = chip.wake_at().unwrap();
    chip.wake(first);
    chip.wake_at().unwrap() - first
}

#[test]
fn temperatures_are_coded_as_the_datasheet_s_table() {
    let check = |milli, bits, expect: u32| {
        assert_eq!(code(Celsius::milli(milli), bits), expect, "{milli} mC");
    };
    check(125_000, 9, 0x7d00);
    check(25_000, 9, 0x1900);
    check(500, 9, 0x0080);
    check(0, 9, 0x0000);
    check(-500, 9, 0xff80);
    check(-25_000, 9, 0xe700);
    check(-55_000, 9, 0xc900);
    check(25_062, 12, 0x1900);
    check(25_063, 12, 0x1910);
    check(-62, 12, 0xfff0);
    check(25_125, 11, 0x1920);
    check(300_000, 16, 0x7fff);
    check(-300_000, 16, 0x8000);
}

#[test]
fn the_lm75_reads_as_after_power_up() {
    let mut chip = Lm75::default();
    assert_snapshot!(read(&mut chip, T0, &[0], 2), @"R TEMP 1900 temperature=50");
    assert_snapshot!(read(&mut chip, T0, &[1], 1), @"R CONF 00");
    assert_snapshot!(read(&mut chip, T0, &[2], 2), @"R HYST 4b00");
    assert_snapshot!(read(&mut chip, T0, &[3], 2), @"R OS 5000");
    assert_snapshot!(read_on(&mut chip, T0, 1), @"R OS 50");
}

#[test]
fn a_new_temperature_is_seen_with_the_next_conversion() {
    let mut chip = Pct2075::new(celsius(25));
    chip.set_temperature(Celsius::milli(-12_500));
    assert_eq!(pass(&mut chip, ms(99)), 0);
    assert!(read(&mut chip, ms(99), &[0], 2).starts_with("R TEMP 1900"));
    assert_eq!(pass(&mut chip, ms(100)), 1);
    assert!(read(&mut chip, ms(100), &[0], 2).starts_with("R TEMP f380"));
}

#[test]
fn in_shutdown_nothing_is_converted() {
    let mut chip = Lm75::new(celsius(25));
    assert_snapshot!(write(&mut chip, T0, &[1, 0x01]), @"W CONF 01 shutdown=1");
    assert_eq!(chip.wake_at(), None);
    write(&mut chip, ms(1000), &[1, 0x00]);
    assert_eq!(chip.wake_at(), Some(ms(1100)));
}

/// What a read of TEMP shows before and after the first conversion, which
/// ends `takes` after the chip is told to begin at `T0`.
fn check_first(chip: &mut impl I2cTarget, takes: SimTime, section: &str) {
    let before = T0 + takes - SimTime::ns(1);
    pass(chip, before);
    let text = read(&mut *chip, before, &[0], 2);
    let broken = "? read of TEMP while the first conversion has not ended";
    assert!(text.ends_with(&format!("{broken} ({section})")), "{text}");
}

#[test]
fn a_temperature_before_the_first_conversion_since_power_up_is_marked() {
    fn check<C: I2cTarget>(mut chip: C, takes: SimTime, section: &str) {
        chip.power(Level::Low, SimTime::ms(1));
        assert_eq!(chip.wake_at(), None);
        chip.power(Level::High, T0);
        check_first(&mut chip, takes, section);
        let ended = chip.wake_at().unwrap();
        pass(&mut chip, ended);
        let text = read(&mut chip, ended, &[0], 2);
        assert!(
            text.starts_with("R TEMP 1900") && !text.contains('!'),
            "{text}"
        );
    }
    check(Lm75::default(), ms(100), "converter characteristics");
    check(
        Tmp75::default(),
        SimTime::us(27_500),
        "Electrical Characteristics",
    );
    check(Pct2075::default(), ms(28), "tconv(T)");
    check(As6200::default(), ms(250), "CONFIG, CR");
}

#[test]
fn a_temperature_before_the_first_conversion_since_wake_up_is_marked() {
    fn check<C: I2cTarget>(
        mut chip: C,
        shutdown: &[u8],
        runs: &[u8],
        takes: SimTime,
        section: &str,
    ) {
        write(&mut chip, SimTime::ms(1), shutdown);
        // In shutdown, TEMP is what it was.
        let text = read(&mut chip, SimTime::ms(2), &[0], 2);
        assert!(
            text.starts_with("R TEMP 1900") && !text.contains('!'),
            "{text}"
        );
        write(&mut chip, T0, runs);
        check_first(&mut chip, takes, section);
    }
    let off = &[1, 0x01];
    check(
        Lm75::default(),
        off,
        &[1, 0x00],
        ms(100),
        "converter characteristics",
    );
    check(
        Tmp75::default(),
        off,
        &[1, 0x60],
        ms(220),
        "Electrical Characteristics",
    );
    check(Pct2075::default(), off, &[1, 0x00], ms(28), "tconv(T)");
    check(
        As6200::default(),
        &[1, 0x41, 0xa0],
        &[1, 0x40, 0xa0],
        ms(250),
        "CONFIG, CR",
    );
}

#[test]
fn a_chip_without_power_does_not_answer() {
    let mut chip = Tmp75::default();
    chip.power(Level::Low, T0);
    assert_snapshot!(read(&mut chip, T0, &[0], 2), @r"
    ! access without power
    NACK
    ");
}

#[test]
fn a_read_makes_the_lm75_begin_its_conversion_again() {
    let mut chip = Lm75::new(celsius(25));
    read(&mut chip, ms(99), &[0], 2);
    assert_eq!(chip.wake_at(), Some(ms(199)));
    let mut chip = Tmp75::new(celsius(25));
    read(&mut chip, ms(20), &[0], 2);
    assert_eq!(chip.wake_at(), Some(SimTime::us(27_500)));
}

#[test]
fn reserved_bits_of_the_configuration_are_a_violation() {
    let mut chip = Lm75::default();
    assert_snapshot!(write(&mut chip, T0, &[1, 0x60]), @r"
    W CONF 60
    ! write of 0x60 sets reserved bits 0x60 of CONF (1.13)
    ");
    assert_snapshot!(write(&mut chip, T0, &[3, 0x50, 0x40]), @r"
    W OS 5040
    ! write of 0x5040 sets reserved bits 0x0040 of OS (1.14)
    ");
}

#[test]
fn the_temperature_cannot_be_written() {
    let mut chip = Lm75::default();
    assert_snapshot!(write(&mut chip, T0, &[0, 0x10, 0x00]), @r"
    W TEMP 1000 temperature=32
    ! write of 0x1000 to read-only TEMP (1.12)
    ");
}

/// The output after each of `degrees`, one conversion each: `_` low, `^`
/// high. The limits are 80 and 75 °C.
fn output(chip: &mut Lm75, degrees: &[i32]) -> String {
    let step = |degrees: &i32| {
        chip.set_temperature(celsius(*degrees));
        interval(chip);
        if chip.interrupt().is_high() { '^' } else { '_' }
    };
    degrees.iter().map(step).collect()
}

#[test]
fn a_comparator_follows_limit_and_hysteresis() {
    let mut chip = Lm75::default();
    assert_eq!(output(&mut chip, &[80, 81, 76, 75, 74, 76]), "^___^^");
}

#[test]
fn the_output_can_be_active_high() {
    let mut chip = Lm75::default();
    write(&mut chip, T0, &[1, 0x04]);
    assert_eq!(output(&mut chip, &[80, 81, 74]), "_^_");
}

#[test]
fn the_fault_queue_wants_consecutive_results() {
    let mut chip = Lm75::default();
    write(&mut chip, T0, &[1, 0x08]);
    assert_eq!(output(&mut chip, &[81, 25, 81, 81, 74, 74]), "^^^__^");
    write(&mut chip, T0, &[1, 0x18]);
    assert_eq!(output(&mut chip, &[81, 81, 81, 81, 81, 81]), "^^^^^_");
}

#[test]
fn an_interrupt_is_released_by_a_read_and_comes_back_with_the_cold() {
    let mut chip = Lm75::default();
    write(&mut chip, T0, &[1, 0x02]);
    assert_eq!(output(&mut chip, &[81, 81]), "__");
    read(&mut chip, ms(300), &[0], 2);
    assert_eq!(chip.interrupt(), Level::High);
    assert_eq!(output(&mut chip, &[81, 76, 74]), "^^_");
    read(&mut chip, ms(600), &[1], 1);
    assert_eq!(output(&mut chip, &[74, 80]), "^^");
}

#[test]
fn shutdown_releases_an_interrupt() {
    let mut chip = Lm75::default();
    write(&mut chip, T0, &[1, 0x02]);
    assert_eq!(output(&mut chip, &[81]), "_");
    write(&mut chip, ms(300), &[1, 0x03]);
    assert_eq!(chip.interrupt(), Level::High);
}

#[test]
fn the_upper_bits_of_the_pointer_must_be_zero() {
    let mut chip = Lm75::default();
    assert_snapshot!(write(&mut chip, T0, &[9, 0x01]), @r"
    W CONF 01 shutdown=1
    ! pointer 0x09 sets bits that must be zero (1.11)
    ");
}

#[test]
fn limits_are_compared_as_signed_numbers() {
    assert_eq!(signed(0xff80), -128);
    let mut chip = Lm75::new(celsius(-20));
    write(&mut chip, T0, &[2, 0xf6, 0x00]);
    write(&mut chip, T0, &[3, 0xfb, 0x00]);
    assert_eq!(output(&mut chip, &[-6, -4, -9, -11]), "^__^");
}

#[test]
fn the_pct2075_waits_as_its_idle_register_says() {
    let mut chip = Pct2075::new(Celsius::milli(25_125));
    assert_snapshot!(read(&mut chip, T0, &[0], 2), @"R TEMP 1920 temperature=201");
    assert_eq!(interval(&mut chip), ms(100));
    assert_snapshot!(write(&mut chip, ms(200), &[4, 0x1f]), @"W IDLE 1f idle_time=31");
    assert_eq!(chip.wake_at(), Some(ms(3300)));
    assert_eq!(interval(&mut chip), ms(3100));
    assert_snapshot!(write(&mut chip, ms(200), &[4, 0x20]), @r"
    W IDLE 20
    ! write of 0x20 sets reserved bits 0x20 of IDLE (Tidle register)
    ");
}

#[test]
fn the_pct2075_ignores_the_lower_bits_of_a_limit() {
    let mut chip = Pct2075::default();
    assert_snapshot!(write(&mut chip, T0, &[3, 0x50, 0x60]), @"W OS 5060 os_unused=96");
    assert_snapshot!(read(&mut chip, T0, &[3], 2), @"R OS 5000");
}

#[test]
fn the_tmp75_takes_longer_for_more_bits() {
    let mut chip = Tmp75::new(Celsius::milli(25_063));
    assert!(read(&mut chip, T0, &[0], 2).starts_with("R TEMP 1900"));
    assert_eq!(interval(&mut chip), SimTime::us(27_500));
    assert_snapshot!(write(&mut chip, ms(100), &[1, 0x60]), @"W CONF 60 resolution=Bits12");
    assert_eq!(chip.wake_at(), Some(ms(320)));
    pass(&mut chip, ms(320));
    assert!(read(&mut chip, ms(320), &[0], 2).starts_with("R TEMP 1910"));
    assert_eq!(interval(&mut chip), ms(220));
}

#[test]
fn a_one_shot_converts_once_in_shutdown() {
    let mut chip = Tmp75::new(celsius(25));
    write(&mut chip, T0, &[1, 0x01]);
    assert_eq!(chip.wake_at(), None);
    chip.set_temperature(celsius(30));
    assert_snapshot!(write(&mut chip, T0, &[1, 0x81]), @"W CONF 81 one_shot=1 shutdown=1");
    assert_snapshot!(read(&mut chip, T0, &[1], 1), @"R CONF 01 shutdown=1");
    assert_eq!(pass(&mut chip, ms(1000)), 1);
    assert!(read(&mut chip, ms(1000), &[0], 2).starts_with("R TEMP 1e00"));
}

#[test]
fn the_as6200_has_rates_from_125_ms_to_4_s() {
    let mut chip = As6200::default();
    assert_snapshot!(read(&mut chip, T0, &[1], 2), @"R CONF 40a0");
    assert_eq!(interval(&mut chip), ms(250));
    for (low, expect) in [(0x20, 4000), (0x60, 1000), (0xe0, 125)] {
        write(&mut chip, T0, &[1, 0x40, low]);
        assert_eq!(interval(&mut chip), ms(expect));
    }
}

#[test]
fn the_as6200_shows_its_alert_in_the_configuration() {
    let mut chip = As6200::default();
    // Active high, as the driver configures it, but one fault only.
    assert_snapshot!(write(&mut chip, T0, &[1, 0x44, 0xe0]), @"W CONF 44e0 alert_polarity=ActiveHigh conversion_rate=Ms125");
    assert_snapshot!(read(&mut chip, T0, &[1], 2), @"R CONF 44c0 alert_polarity=ActiveHigh conversion_rate=Ms125 alert=0");
    chip.set_temperature(Celsius::milli(80_063));
    pass(&mut chip, ms(500));
    assert_eq!(chip.interrupt(), Level::High);
    assert_snapshot!(read(&mut chip, ms(500), &[1], 2), @"R CONF 44e0 alert_polarity=ActiveHigh conversion_rate=Ms125");
    chip.set_temperature(celsius(74));
    pass(&mut chip, ms(1000));
    assert_eq!(chip.interrupt(), Level::Low);
}

#[test]
fn one_byte_of_the_as6200_s_configuration_is_a_violation() {
    let mut chip = As6200::default();
    assert_snapshot!(write(&mut chip, T0, &[1, 0xa0]), @r"
    W CONF a0
    ! write of 1 of 2 bytes to CONF (CONFIG)
    ");
}

/// `messages` to `chip`, a second apart, with a read after each.
fn answers(chip: &mut impl I2cTarget, messages: &[Vec<u8>]) -> Result<(), TestCaseError> {
    for (n, bytes) in (1u64..).zip(messages) {
        let now = SimTime::s(n);
        prop_assert_eq!(send(chip, now, bytes), Ok(()));
        pass(chip, now);
        prop_assert_eq!(receive(chip, now, &mut [0; 5]), Ok(()));
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_get_an_answer(
        milli in any::<i32>(),
        messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..6), 0..12),
    ) {
        let temperature = Celsius::milli(milli);
        answers(&mut Lm75::new(temperature), &messages)?;
        answers(&mut Tmp75::new(temperature), &messages)?;
        answers(&mut Pct2075::new(temperature), &messages)?;
        answers(&mut As6200::new(temperature), &messages)?;
    }
}
