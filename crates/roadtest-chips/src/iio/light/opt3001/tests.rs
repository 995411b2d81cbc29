// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! OPT3001 against raw bytes.

use insta::assert_snapshot;
use proptest::prelude::*;
use roadtest_model::{Chip, Level, Lux, SimTime};

use super::{Conversions, Opt3001};
use crate::testing::{pass, read, receive, send, write};

const T0: SimTime = SimTime::ms(5);

fn at_ms(ms: u64) -> SimTime {
    SimTime::ms(ms)
}

/// CONFIG as the driver leaves it after probe, mode aside.
const LATCHED: u8 = 0x10;
const SINGLE: u8 = 0xca;
const SINGLE_100_MS: u8 = 0xc2;
const CONTINUOUS: u8 = 0xcc;

fn config(chip: &mut Opt3001, now: SimTime, high: u8, low: u8) {
    let text = write(chip, now, &[0x01, high, low]);
    assert!(!text.contains('!'), "{text}");
}

#[test]
fn a_single_conversion_takes_its_time_and_ends_in_shutdown() {
    let mut chip = Opt3001::new();
    chip.set_result(0x3456);
    assert_snapshot!(write(&mut chip, T0, &[0x01, SINGLE, LATCHED]), @"W CONFIG ca10 mode=Single");
    assert_eq!(chip.wake_at(), Some(at_ms(805)));
    assert_eq!(pass(&mut chip, at_ms(804)), 0);
    assert_snapshot!(read(&mut chip, at_ms(804), &[0x01], 2), @"R CONFIG ca10 mode=Single");
    assert_eq!(pass(&mut chip, at_ms(5000)), 1);
    assert_snapshot!(read(&mut chip, at_ms(5000), &[0x01], 2), @"R CONFIG c890 ready=1");
    assert_snapshot!(read(&mut chip, at_ms(5000), &[0x00], 2), @"R RESULT 3456 exponent=3 mantissa=1110");
}

#[test]
fn reading_config_clears_ready() {
    let mut chip = Opt3001::new();
    config(&mut chip, T0, SINGLE, LATCHED);
    pass(&mut chip, at_ms(1000));
    assert!(read(&mut chip, at_ms(1000), &[0x01], 2).contains("ready=1"));
    assert!(!read(&mut chip, at_ms(1000), &[0x01], 2).contains("ready=1"));
}

#[test]
fn a_write_that_shuts_down_leaves_ready() {
    let mut chip = Opt3001::new();
    config(&mut chip, T0, SINGLE, LATCHED);
    pass(&mut chip, at_ms(1000));
    config(&mut chip, at_ms(1000), 0xc8, LATCHED);
    assert!(read(&mut chip, at_ms(1000), &[0x01], 2).contains("ready=1"));
}

#[test]
fn a_short_conversion_takes_100_ms() {
    let mut chip = Opt3001::new();
    config(&mut chip, T0, SINGLE_100_MS, LATCHED);
    assert_eq!(chip.wake_at(), Some(at_ms(105)));
}

#[test]
fn shutting_down_ends_a_conversion_without_result() {
    let mut chip = Opt3001::new();
    chip.set_result(0x0001);
    config(&mut chip, T0, SINGLE, LATCHED);
    config(&mut chip, T0, 0xc8, LATCHED);
    assert_eq!(chip.wake_at(), None);
    assert_snapshot!(read(&mut chip, at_ms(2000), &[0x00], 2), @"R RESULT 0000");
}

#[test]
fn continuous_conversions_follow_each_other() {
    let mut chip = Opt3001::new();
    config(&mut chip, T0, CONTINUOUS, LATCHED);
    assert_eq!(pass(&mut chip, at_ms(805 + 800)), 2);
    assert_eq!(chip.wake_at(), Some(at_ms(805 + 1600)));
}

#[test]
fn a_chip_that_never_ends_is_never_ready() {
    let mut chip = Opt3001::new();
    chip.set_conversions(Conversions::NeverEnd);
    config(&mut chip, T0, SINGLE, LATCHED);
    assert_eq!(chip.wake_at(), None);
    assert!(!read(&mut chip, at_ms(9000), &[0x01], 2).contains("ready=1"));
}

/// RESULT and whether it overflowed, for one conversion with CONFIG's upper
/// byte `high`.
#[track_caller]
fn check_result(light_milli: u32, high: u8, low: u8, expect: &str) {
    let mut chip = Opt3001::new();
    chip.set_illuminance(Lux::milli(light_milli));
    config(&mut chip, T0, high, low);
    pass(&mut chip, at_ms(1000));
    let overflow = read(&mut chip, at_ms(1000), &[0x01], 2).contains("overflow=1");
    let result = read(&mut chip, at_ms(1000), &[0x00], 2);
    let suffix = if overflow { " overflow" } else { "" };
    assert_eq!(format!("{result}{suffix}"), expect);
}

#[test]
fn the_automatic_range_keeps_the_most_digits() {
    let auto = |light, expect| check_result(light, SINGLE, LATCHED, expect);
    auto(0, "R RESULT 0000");
    auto(10, "R RESULT 0001 mantissa=1");
    auto(40_950, "R RESULT 0fff mantissa=4095");
    auto(40_960, "R RESULT 1800 exponent=1 mantissa=2048");
    auto(88_800, "R RESULT 28ac exponent=2 mantissa=2220");
    auto(83_865_600, "R RESULT bfff exponent=11 mantissa=4095");
    auto(
        90_000_000,
        "R RESULT bfff exponent=11 mantissa=4095 overflow",
    );
}

#[test]
fn a_manual_range_overflows_and_can_hide_its_exponent() {
    check_result(
        88_800,
        0x3a,
        LATCHED,
        "R RESULT 3456 exponent=3 mantissa=1110",
    );
    check_result(88_800, 0x3a, 0x14, "R RESULT 0456 mantissa=1110");
    check_result(
        88_800,
        0x0a,
        LATCHED,
        "R RESULT 0fff mantissa=4095 overflow",
    );
}

#[test]
fn the_end_of_a_conversion_interrupts_until_config_is_read() {
    let mut chip = Opt3001::new();
    // LOW_LIMIT is 0xc000 after reset: end of conversion.
    config(&mut chip, T0, SINGLE, LATCHED);
    assert_eq!(chip.interrupt(), Level::High);
    pass(&mut chip, at_ms(805));
    assert_eq!(chip.interrupt(), Level::Low);
    read(&mut chip, at_ms(806), &[0x00], 2);
    assert_eq!(chip.interrupt(), Level::Low, "RESULT acknowledges nothing");
    read(&mut chip, at_ms(806), &[0x01], 2);
    assert_eq!(chip.interrupt(), Level::High);
}

#[test]
fn the_polarity_bit_inverts_the_interrupt() {
    let mut chip = Opt3001::new();
    config(&mut chip, T0, SINGLE, 0x18);
    assert_eq!(chip.interrupt(), Level::Low);
    pass(&mut chip, at_ms(805));
    assert_eq!(chip.interrupt(), Level::High);
}

/// A chip that converts continuously with limits of 10 and 20 lx.
fn window(low: u8) -> Opt3001 {
    let mut chip = Opt3001::new();
    chip.set_illuminance(Lux::milli(15_000));
    write(&mut chip, T0, &[0x02, 0x03, 0xe8]);
    write(&mut chip, T0, &[0x03, 0x07, 0xd0]);
    config(&mut chip, T0, CONTINUOUS, low);
    chip
}

#[test]
fn a_latched_limit_interrupts_until_config_is_read() {
    let mut chip = window(LATCHED);
    pass(&mut chip, at_ms(805));
    assert_eq!(chip.interrupt(), Level::High);
    chip.set_illuminance(Lux::milli(20_010));
    pass(&mut chip, at_ms(1605));
    assert_eq!(chip.interrupt(), Level::Low);
    chip.set_illuminance(Lux::milli(15_000));
    pass(&mut chip, at_ms(2405));
    assert_eq!(chip.interrupt(), Level::Low, "latched");
    assert_snapshot!(read(&mut chip, at_ms(2406), &[0x01], 2), @"R CONFIG ccd0 mode=Continuous ready=1 high=1");
    assert_eq!(chip.interrupt(), Level::High);
    chip.set_illuminance(Lux::milli(9_990));
    pass(&mut chip, at_ms(3205));
    assert_eq!(chip.interrupt(), Level::Low);
    assert!(read(&mut chip, at_ms(3206), &[0x01], 2).contains("low=1"));
}

#[test]
fn light_on_a_limit_is_inside_the_window() {
    let mut chip = window(LATCHED);
    for limit in [10_000, 20_000] {
        chip.set_illuminance(Lux::milli(limit));
        chip.wake(chip.wake_at().unwrap());
        assert_eq!(chip.interrupt(), Level::High, "{limit} mlx");
    }
}

#[test]
fn a_write_of_config_releases_a_latched_interrupt_and_keeps_its_flag() {
    let mut chip = window(LATCHED);
    chip.set_illuminance(Lux::milli(20_010));
    pass(&mut chip, at_ms(805));
    assert_eq!(chip.interrupt(), Level::Low);
    config(&mut chip, at_ms(806), 0xc8, LATCHED);
    assert_eq!(
        chip.interrupt(),
        Level::Low,
        "shutdown acknowledges nothing"
    );
    config(&mut chip, at_ms(806), CONTINUOUS, LATCHED);
    assert_eq!(chip.interrupt(), Level::High);
    assert!(read(&mut chip, at_ms(806), &[0x01], 2).contains("high=1"));
}

#[test]
fn a_transparent_interrupt_follows_the_light_with_hysteresis() {
    let mut chip = window(0x00);
    chip.set_illuminance(Lux::milli(20_010));
    pass(&mut chip, at_ms(805));
    assert_eq!(chip.interrupt(), Level::Low);
    read(&mut chip, at_ms(806), &[0x01], 2);
    assert_eq!(chip.interrupt(), Level::Low, "a read changes nothing");
    chip.set_illuminance(Lux::milli(15_000));
    pass(&mut chip, at_ms(1605));
    assert_eq!(chip.interrupt(), Level::Low, "between the limits");
    chip.set_illuminance(Lux::milli(9_990));
    pass(&mut chip, at_ms(2405));
    assert_eq!(chip.interrupt(), Level::High);
}

#[test]
fn the_fault_count_asks_for_consecutive_results() {
    let mut chip = window(0x11);
    chip.set_illuminance(Lux::milli(20_010));
    pass(&mut chip, at_ms(805));
    assert_eq!(chip.interrupt(), Level::High, "one of two");
    chip.set_illuminance(Lux::milli(15_000));
    pass(&mut chip, at_ms(1605));
    chip.set_illuminance(Lux::milli(20_010));
    pass(&mut chip, at_ms(2405));
    assert_eq!(chip.interrupt(), Level::High, "not consecutive");
    pass(&mut chip, at_ms(3205));
    assert_eq!(chip.interrupt(), Level::Low);
}

#[test]
fn the_identity_can_be_another_part_s() {
    let mut chip = Opt3001::new();
    assert_snapshot!(read(&mut chip, T0, &[0x7e], 2), @"R MANUFACTURER_ID 5449");
    assert_snapshot!(read(&mut chip, T0, &[0x7f], 2), @"R DEVICE_ID 3001");
    chip.set_manufacturer_id(0x4242);
    chip.set_device_id(0x3002);
    assert_snapshot!(read(&mut chip, T0, &[0x7e], 2), @"R MANUFACTURER_ID 4242");
    assert_snapshot!(read(&mut chip, T0, &[0x7f], 2), @"R DEVICE_ID 3002");
}

#[test]
fn a_reserved_range_is_a_violation() {
    let mut chip = Opt3001::new();
    assert_snapshot!(write(&mut chip, T0, &[0x01, 0xd8, 0x10]), @r"
    W CONFIG d810 range=13
    ! write of 0xd810 sets RANGE of CONFIG to 13, which is not a legal value (7.6.1.1.2)
    ");
}

#[test]
fn without_power_the_registers_are_lost_and_nothing_is_acknowledged() {
    let mut chip = Opt3001::new();
    chip.set_result(0x0123);
    chip.set_device_id(0x3002);
    config(&mut chip, T0, CONTINUOUS, 0x00);
    chip.power(Level::Low, T0);
    assert_eq!(chip.wake_at(), None);
    assert_snapshot!(read(&mut chip, T0, &[0x01], 2), @r"
    ! access without power
    NACK
    ");
    chip.power(Level::High, T0);
    assert_snapshot!(read(&mut chip, T0, &[0x01], 2), @"R CONFIG c810");
    assert_snapshot!(read(&mut chip, T0, &[0x7f], 2), @"R DEVICE_ID 3002");
    config(&mut chip, T0, SINGLE, LATCHED);
    pass(&mut chip, at_ms(1000));
    assert_snapshot!(read(&mut chip, at_ms(1000), &[0x00], 2), @"R RESULT 0123 mantissa=291");
}

proptest! {
    #[test]
    fn any_bytes_get_an_answer(
        light in any::<u32>(),
        messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..6), 0..16),
    ) {
        let mut chip = Opt3001::new();
        chip.set_illuminance(Lux::milli(light));
        for (n, bytes) in (1u64..).zip(messages) {
            let now = SimTime::s(n);
            prop_assert_eq!(send(&mut chip, now, &bytes), Ok(()));
            pass(&mut chip, now);
            prop_assert_eq!(receive(&mut chip, now, &mut [0; 5]), Ok(()));
        }
    }
}
