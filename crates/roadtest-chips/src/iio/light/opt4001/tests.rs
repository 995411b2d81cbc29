// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! OPT4001 against raw bytes.

use insta::assert_snapshot;
use roadtest_model::{Chip, Level, SimTime};

use super::{Opt4001, crc};
use crate::testing::{pass, read, read_on, write};

const T0: SimTime = SimTime::ms(5);

/// CONFIG as the driver writes it: automatic range, 800 ms, continuous.
fn continuous(chip: &mut Opt4001, now: SimTime) {
    let text = write(chip, now, &[0x0a, 0x32, 0xf0]);
    let line = "W CONFIG 32f0 conversion_time=Ms800 mode=Continuous latch=0";
    assert_eq!(text, line);
}

#[test]
fn the_crc_is_that_of_results_seen_on_the_part() {
    assert_eq!(crc(2, 0x5e000, 9), 0x0);
    assert_eq!(crc(7, 0x4b000, 0xf), 0x3);
    assert_eq!(crc(0xf, 0xfffff, 0xf), 0xc);
    assert_eq!(crc(0, 1, 0), 0x1);
}

#[test]
fn a_result_comes_after_the_conversion_time_with_counter_and_crc() {
    let mut chip = Opt4001::new();
    chip.set_light(0x4b000 << 7);
    continuous(&mut chip, T0);
    assert_eq!(pass(&mut chip, SimTime::ms(804)), 0);
    assert_snapshot!(read(&mut chip, SimTime::ms(804), &[0], 4), @r"
    R RESULT_H 0000
    R RESULT_L 0000
    ");
    assert_eq!(pass(&mut chip, SimTime::ms(1605)), 2);
    assert_snapshot!(read(&mut chip, SimTime::ms(1605), &[0], 8), @r"
    R RESULT_H 6960 exponent=6 result_msb=2400
    R RESULT_L 002d counter=2 crc=13
    R FIFO0_H 6960
    R FIFO0_L 001f
    ");
}

#[test]
fn one_shot_ends_in_power_down() {
    let mut chip = Opt4001::new();
    write(&mut chip, T0, &[0x0a, 0x30, 0x20]);
    assert_eq!(chip.wake_at(), Some(T0 + SimTime::us(600)));
    pass(&mut chip, SimTime::s(1));
    assert_snapshot!(read(&mut chip, SimTime::s(1), &[0x0a], 2), @"R CONFIG 3000 conversion_time=Us600 latch=0");
    assert_snapshot!(read(&mut chip, SimTime::s(1), &[0x0c], 2), @"R FLAGS 0004 ready=1");
    assert_snapshot!(read(&mut chip, SimTime::s(1), &[0x0c], 2), @"R FLAGS 0000");
}

#[test]
fn a_reserved_conversion_time_is_a_violation() {
    let mut chip = Opt4001::new();
    assert_snapshot!(write(&mut chip, T0, &[0x0a, 0x33, 0x00]), @r"
    W CONFIG 3300 conversion_time=12 latch=0
    ! write of 0x3300 sets CONVERSION_TIME of CONFIG to 12, which is not a legal value (8.6.1)
    ");
}

#[test]
fn without_power_nothing_answers_and_everything_is_forgotten() {
    let mut chip = Opt4001::new();
    continuous(&mut chip, T0);
    chip.power(Level::Low, SimTime::ms(10));
    assert_eq!(chip.wake_at(), None);
    let text = write(&mut chip, SimTime::ms(11), &[0x0a, 0x32, 0xf0]);
    assert_snapshot!(text, @r"
    ! access without power
    NACK
    ");
    chip.power(Level::High, SimTime::ms(20));
    assert_snapshot!(read_on(&mut chip, SimTime::us(20_400), 2), @r"
    R RESULT_H 0000
    ! 400 us from power-up to first access, at least 500 us required (7.5)
    ");
    assert_snapshot!(read(&mut chip, SimTime::us(20_500), &[0x0a], 2), @"R CONFIG 3208");
}
