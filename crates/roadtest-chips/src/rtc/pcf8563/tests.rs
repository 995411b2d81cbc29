// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The model without a kernel: time, alarm, timer and what an access blocks.

use roadtest_model::{Bus, Chip, I2cTarget, Level, SimTime};

use super::{Pcf8563, reg};
use crate::testing::{pass, read, receive, send, write};

/// A chip at 2021-12-25 11:10:37, a Saturday, VL clear; the second begins at 0.
fn chip() -> Pcf8563 {
    let mut chip = Pcf8563::new();
    chip.set_time([0x37, 0x10, 0x11, 0x25, 0x06, 0x12, 0x21]);
    read(&mut chip, SimTime::ZERO, &[0x00], 1);
    chip
}

fn time_at(mut chip: Pcf8563, now: SimTime) -> [u8; 7] {
    read(&mut chip, now, &[0x00], 1);
    chip.time()
}

#[test]
fn registers_after_power_up_are_those_of_the_datasheet() {
    let mut chip = Pcf8563::new();
    let text = read(&mut chip, SimTime::ZERO, &[0x00], 16);
    let values: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split(' ').nth(2))
        .collect();
    assert_eq!(
        values.join(" "),
        "08 00 80 00 00 00 00 00 00 80 80 80 80 80 03 00"
    );
}

#[test]
fn seconds_count_in_virtual_time() {
    assert_eq!(time_at(chip(), SimTime::ms(999))[0], 0x37);
    assert_eq!(time_at(chip(), SimTime::s(1))[0], 0x38);
    assert_eq!(time_at(chip(), SimTime::s(23))[..2], [0x00, 0x11]);
}

#[test]
fn midnight_carries_into_the_date_and_the_weekday() {
    let mut chip = chip();
    chip.set_time([0x59, 0x59, 0x23, 0x25, 0x06, 0x12, 0x21]);
    read(&mut chip, SimTime::s(10), &[0x00], 1);
    assert_eq!(
        time_at(chip, SimTime::s(11)),
        [0x00, 0x00, 0x00, 0x26, 0x00, 0x12, 0x21]
    );
}

#[test]
fn february_has_29_days_when_four_divides_the_year() {
    for (year, month, day) in [(0x24, 0x02, 0x29), (0x23, 0x03, 0x01), (0x00, 0x02, 0x29)] {
        let mut chip = chip();
        chip.set_time([0x59, 0x59, 0x23, 0x28, 0x00, 0x02, year]);
        read(&mut chip, SimTime::ZERO, &[0x00], 1);
        let time = time_at(chip, SimTime::s(1));
        assert_eq!((time[3], time[5]), (day, month), "year {year:02x}");
    }
}

#[test]
fn the_century_bit_changes_when_the_years_overflow() {
    for (before, after) in [(0x12, 0x81), (0x92, 0x01)] {
        let mut chip = chip();
        chip.set_time([0x59, 0x59, 0x23, 0x31, 0x04, before, 0x99]);
        read(&mut chip, SimTime::ZERO, &[0x00], 1);
        assert_eq!(
            time_at(chip, SimTime::s(1)),
            [0x00, 0x00, 0x00, 0x01, 0x05, after, 0x00]
        );
    }
}

#[test]
fn the_alarm_pulls_int_low_when_the_enabled_fields_begin_to_match() {
    let mut chip = chip();
    write(&mut chip, SimTime::ZERO, &[0x09, 0x11]);
    write(&mut chip, SimTime::ZERO, &[0x01, 0x02]);
    assert_eq!(chip.wake_at(), Some(SimTime::s(23)));
    pass(&mut chip, SimTime::s(22));
    assert_eq!(chip.interrupt(), Level::High);
    pass(&mut chip, SimTime::s(23));
    assert_eq!(chip.interrupt(), Level::Low);
    // Cleared within the minute: it stays high until the next match.
    write(&mut chip, SimTime::s(30), &[0x01, 0x02]);
    assert_eq!(chip.interrupt(), Level::High);
    pass(&mut chip, SimTime::s(3622));
    assert_eq!(chip.interrupt(), Level::High);
    pass(&mut chip, SimTime::s(3623));
    assert_eq!(chip.interrupt(), Level::Low);
}

#[test]
fn setting_the_time_onto_the_alarm_raises_no_flag() {
    let mut chip = chip();
    write(&mut chip, SimTime::ZERO, &[0x09, 0x20]);
    write(&mut chip, SimTime::ZERO, &[0x03, 0x20]);
    assert_eq!(read(&mut chip, SimTime::ZERO, &[0x01], 1), "R CONTROL_2 00");
}

#[test]
fn a_one_written_to_a_flag_neither_sets_nor_clears_it() {
    let mut chip = chip();
    write(&mut chip, SimTime::ZERO, &[0x01, 0x0c]);
    assert!(!chip.registers.is_set(reg::AF));
    chip.registers.store(reg::AF, 1);
    write(&mut chip, SimTime::ZERO, &[0x01, 0x0c]);
    assert!(chip.registers.is_set(reg::AF));
    write(&mut chip, SimTime::ZERO, &[0x01, 0x04]);
    assert!(!chip.registers.is_set(reg::AF));
}

#[test]
fn stop_holds_the_time_and_its_release_begins_a_second_early() {
    let mut chip = chip();
    write(&mut chip, SimTime::ms(500), &[0x00, 0x20]);
    assert_eq!(time_at(chip.clone(), SimTime::s(50))[0], 0x37);
    write(&mut chip, SimTime::s(50), &[0x00, 0x00]);
    assert_eq!(time_at(chip.clone(), SimTime::us(50_507_812))[0], 0x37);
    assert_eq!(time_at(chip, SimTime::us(50_507_813))[0], 0x38);
}

#[test]
fn the_timer_counts_down_and_pulls_int_low_until_it_is_acknowledged() {
    let mut chip = chip();
    write(&mut chip, SimTime::ZERO, &[0x01, 0x01]);
    write(&mut chip, SimTime::ZERO, &[0x0f, 0x03]);
    write(&mut chip, SimTime::ZERO, &[0x0e, 0x82]);
    assert_eq!(read(&mut chip, SimTime::ms(1500), &[0x0f], 1), "R TIMER 02");
    pass(&mut chip, SimTime::ms(2999));
    assert_eq!(chip.interrupt(), Level::High);
    pass(&mut chip, SimTime::s(3));
    assert_eq!(chip.interrupt(), Level::Low);
    write(&mut chip, SimTime::s(4), &[0x01, 0x01]);
    assert_eq!(chip.interrupt(), Level::High);
    pass(&mut chip, SimTime::s(6));
    assert_eq!(chip.interrupt(), Level::Low);
}

#[test]
fn the_timer_pulses_int_where_it_is_told_to() {
    let mut chip = chip();
    write(&mut chip, SimTime::ZERO, &[0x01, 0x11]);
    write(&mut chip, SimTime::ZERO, &[0x0f, 0x02]);
    write(&mut chip, SimTime::ZERO, &[0x0e, 0x82]);
    pass(&mut chip, SimTime::s(2));
    assert_eq!(chip.interrupt(), Level::Low);
    pass(&mut chip, SimTime::us(2_015_624));
    assert_eq!(chip.interrupt(), Level::Low);
    pass(&mut chip, SimTime::us(2_015_625));
    assert_eq!(chip.interrupt(), Level::High);
}

#[test]
fn clkout_is_a_frequency_or_off() {
    let mut chip = chip();
    assert_eq!(chip.clkout_hz(), Some(32_768));
    write(&mut chip, SimTime::ZERO, &[0x0d, 0x83]);
    assert_eq!(chip.clkout_hz(), Some(1));
    write(&mut chip, SimTime::ZERO, &[0x0d, 0x00]);
    assert_eq!(chip.clkout_hz(), None);
}

#[test]
fn a_second_that_ends_during_an_access_is_counted_after_it() {
    let mut chip = chip();
    send(&mut chip, SimTime::ms(900), &[0x02]).unwrap();
    let mut seconds = [0];
    receive(&mut chip, SimTime::ms(1100), &mut seconds).unwrap();
    assert_eq!(seconds, [0x37]);
    chip.stop(&mut Bus::at(SimTime::ms(1100)));
    assert_eq!(chip.time()[0], 0x38);
}

#[test]
fn an_access_of_more_than_a_second_loses_time_and_is_reported() {
    let mut chip = chip();
    send(&mut chip, SimTime::ms(500), &[0x02]).unwrap();
    let mut bus = Bus::at(SimTime::ms(3100));
    chip.stop(&mut bus);
    let (_, violations) = bus.into_parts();
    assert_eq!(
        violations[0].text,
        "an access blocked the time counters for 2.6 s, at most 1 s allowed (8.5)"
    );
    assert_eq!(chip.time()[0], 0x38);
}

#[test]
fn the_time_must_be_set_whole_and_in_decimal() {
    let whole = [0x02, 0x37, 0x10, 0x11, 0x25, 0x06, 0x12, 0x21];
    let violations = |text: String| -> Vec<String> {
        let lines = text.lines().filter(|line| line.starts_with('!'));
        lines.map(str::to_owned).collect()
    };
    let mut chip = chip();
    let text = write(&mut chip, SimTime::ZERO, &whole);
    assert_eq!(violations(text), [""; 0]);
    let text = write(&mut chip, SimTime::ZERO, &[0x03, 0x1a]);
    assert_eq!(
        violations(text),
        [
            "! write of 1a to MINUTES, which is no BCD number of 0 to 59 (8.4.2)",
            "! 02h to 08h are written in pieces, which can corrupt the time (8.5)"
        ]
    );
}

#[test]
fn a_chip_that_was_without_power_has_no_valid_time() {
    let mut chip = chip();
    chip.power(Level::Low, SimTime::s(1));
    chip.power(Level::High, SimTime::s(2));
    assert_eq!(chip.time()[0], 0x80);
}

#[test]
fn a_time_that_a_person_sets_is_that_of_the_calendar() {
    let mut chip = Pcf8563::new();
    let set = |chip: &mut Pcf8563, name: &str, value| chip.stimulate(name, value).unwrap();
    // 2024-02-29 23:59:58 UTC, a Thursday.
    set(&mut chip, "time", 1_709_251_198).unwrap();
    assert_eq!(chip.time(), [0x58, 0x59, 0x23, 0x29, 4, 0x02, 0x24]);
    // 2099-12-31 23:59:59 UTC, a Thursday, and no second more.
    set(&mut chip, "time", 4_102_444_799).unwrap();
    assert_eq!(chip.time(), [0x59, 0x59, 0x23, 0x31, 4, 0x12, 0x99]);
    assert!(set(&mut chip, "time", 4_102_444_800).is_err());
    set(&mut chip, "battery_low", 1).unwrap();
    assert_eq!(chip.time()[0], 0xd9);
}
