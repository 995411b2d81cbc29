// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The accelerometer against raw messages, on both buses.

use insta::assert_snapshot;
use roadtest_model::{Chip, Level, SimTime};

use super::*;
use crate::testing::{pass, read, spi, write};

/// A chip that measures at 100 Hz; its first sample is there.
fn measuring() -> Adxl345 {
    let mut chip = Adxl345::default();
    write(&mut chip, SimTime::ZERO, &[0x2d, 0x08]);
    assert_eq!(pass(&mut chip, SimTime::us(11_100)), 1);
    chip
}

/// Writes a register, over I2C, and takes the next sample.
fn set(chip: &mut Adxl345, now: SimTime, register: Register, value: u8) {
    // Why: all addresses are below 0x40.
    let address = u8::try_from(register.address).unwrap();
    let text = write(chip, now, &[address, value]);
    assert!(!text.contains('!'), "{text}");
}

/// What x, y and z are when the chip sees `milli_g` in a format.
fn formatted(format: u8, milli_g: [i32; 3]) -> [i16; 3] {
    let mut chip = measuring();
    set(&mut chip, SimTime::ms(12), reg::DATA_FORMAT, format);
    chip.set_acceleration(milli_g);
    pass(&mut chip, SimTime::us(21_100));
    words(&chip)
}

/// Lets the next sample happen.
fn next(chip: &mut Adxl345) {
    let at = chip.next_sample.unwrap();
    assert_eq!(pass(chip, at), 1);
}

fn words(chip: &Adxl345) -> [i16; 3] {
    let byte = |register| u8::try_from(chip.registers.get(register)).unwrap();
    [0, 2, 4].map(|at| i16::from_le_bytes([byte(DATA[at]), byte(DATA[at + 1])]))
}

#[test]
fn both_buses_show_the_same_accesses() {
    let mut on_i2c = measuring();
    let mut on_spi = on_i2c.clone();
    let now = SimTime::ms(12);
    let i2c = read(&mut on_i2c, now, &[0x32], 6);
    let (spi, received) = spi(&mut on_spi, now, &[&[0xf2], &[0; 6]]);
    assert_eq!(i2c, spi);
    assert_eq!(received, [0, 0, 0, 0, 0, 0x00, 0x01]);
    assert_snapshot!(spi, @r"
    R DATAX0 00
    R DATAX1 00
    R DATAY0 00
    R DATAY1 00
    R DATAZ0 00
    R DATAZ1 01
    ");
    assert_eq!(on_i2c.registers.get(reg::DATA_READY), 0);
    assert_eq!(on_spi.registers.get(reg::DATA_READY), 0);
}

#[test]
fn range_and_resolution_decide_what_a_step_is() {
    let accelerations = [1000, -1000, 15_000];
    let lines = [0x00, 0x01, 0x02, 0x03, 0x08, 0x09, 0x0a, 0x0b]
        .map(|format| format!("{format:02x} {:?}", formatted(format, accelerations)));
    assert_snapshot!(lines.join("\n"), @r"
    00 [256, -256, 511]
    01 [128, -128, 511]
    02 [64, -64, 511]
    03 [32, -32, 480]
    08 [256, -256, 511]
    09 [256, -256, 1023]
    0a [256, -256, 2047]
    0b [256, -256, 3840]
    ");
}

#[test]
fn results_can_be_at_the_top_of_the_word() {
    assert_eq!(formatted(0x04, [1000, -1000, 4]), [0x4000, -0x4000, 0x40]);
    assert_eq!(formatted(0x0f, [1000, -1000, 4]), [0x0800, -0x0800, 0x08]);
}

#[test]
fn offsets_are_added_before_the_sample_is_stored() {
    let mut chip = measuring();
    set(&mut chip, SimTime::ms(12), reg::OFSX, 2);
    set(&mut chip, SimTime::ms(12), reg::OFSZ, 0xc0); // -1 g
    pass(&mut chip, SimTime::us(21_100));
    assert_eq!(words(&chip), [8, 0, 0]);
}

#[test]
fn the_highest_rates_have_an_even_result_at_the_finest_resolution() {
    let odd = |rate, format| {
        let mut chip = measuring();
        set(&mut chip, SimTime::ms(12), reg::BW_RATE, rate);
        set(&mut chip, SimTime::ms(12), reg::DATA_FORMAT, format);
        chip.set_acceleration([0, 0, 1003]);
        pass(&mut chip, SimTime::ms(14));
        words(&chip)[2]
    };
    assert_eq!(odd(0x0d, 0x00), 257);
    assert_eq!(odd(0x0e, 0x00), 256);
    assert_eq!(odd(0x0f, 0x08), 256);
    // At ±4 g a step is coarser, and the lowest bit is valid.
    assert_eq!(odd(0x0f, 0x01), 129);
}

#[test]
fn a_sample_that_was_not_read_is_overrun() {
    let mut chip = measuring();
    assert_snapshot!(read(&mut chip, SimTime::ms(12), &[0x30], 1), @"R INT_SOURCE 82 data_ready=1");
    pass(&mut chip, SimTime::us(21_100));
    assert_snapshot!(read(&mut chip, SimTime::ms(22), &[0x30], 1), @"R INT_SOURCE 83 data_ready=1 overrun=1");
    read(&mut chip, SimTime::ms(22), &[0x32], 6);
    assert_snapshot!(read(&mut chip, SimTime::ms(22), &[0x30], 1), @"R INT_SOURCE 02");
}

#[test]
fn an_interrupt_goes_to_the_pin_of_its_map_and_can_be_active_low() {
    let mut chip = measuring();
    let pins = |chip: &Adxl345| (Chip::interrupt(chip), Chip::drives(chip, 0));
    assert_eq!(pins(&chip), (Level::Low, Some(Level::Low)));
    set(&mut chip, SimTime::ms(12), reg::INT_ENABLE, 0x80);
    assert_eq!(pins(&chip), (Level::High, Some(Level::Low)));
    set(&mut chip, SimTime::ms(12), reg::INT_MAP, 0x80);
    assert_eq!(pins(&chip), (Level::Low, Some(Level::High)));
    set(&mut chip, SimTime::ms(12), reg::DATA_FORMAT, 0x20);
    assert_eq!(pins(&chip), (Level::High, Some(Level::Low)));
}

#[test]
fn the_fifo_gives_one_sample_for_each_read() {
    let mut chip = measuring();
    set(&mut chip, SimTime::ms(12), reg::FIFO_CTL, 0x82);
    for (x, at) in [(1, 21), (2, 31), (3, 41)] {
        chip.set_acceleration([x * 1000, 0, 0]);
        pass(&mut chip, SimTime::us(at * 1000 + 100));
    }
    assert_snapshot!(read(&mut chip, SimTime::ms(42), &[0x39], 1), @"R FIFO_STATUS 03 entries=3");
    read(&mut chip, SimTime::ms(42), &[0x32], 6);
    assert_eq!(words(&chip), [511, 0, 0]);
    assert!(chip.registers.is_set(reg::WATERMARK));
    // A read of one byte is a read.
    read(&mut chip, SimTime::ms(43), &[0x32], 1);
    assert!(!chip.registers.is_set(reg::WATERMARK));
    assert_snapshot!(read(&mut chip, SimTime::ms(44), &[0x39], 1), @"R FIFO_STATUS 01 entries=1");
}

#[test]
fn a_full_fifo_stops_or_drops_the_oldest() {
    let oldest = |mode| {
        let mut chip = measuring();
        set(&mut chip, SimTime::ms(12), reg::FIFO_CTL, mode);
        for sample in 0..33_i32 {
            chip.set_acceleration([sample * 10, 0, 0]);
            next(&mut chip);
        }
        assert!(chip.registers.is_set(reg::OVERRUN));
        assert_eq!(chip.registers.get(reg::ENTRIES), 32);
        words(&chip)[0]
    };
    assert_eq!(oldest(0x40), 0);
    assert_eq!(oldest(0x80), 3);
}

#[test]
fn the_fifo_needs_a_pause_between_two_reads() {
    let mut chip = measuring();
    set(&mut chip, SimTime::ms(12), reg::FIFO_CTL, 0x80);
    pass(&mut chip, SimTime::us(31_100));
    let (text, _) = spi(&mut chip, SimTime::ms(32), &[&[0xf2, 0, 0, 0, 0, 0, 0]]);
    assert!(!text.contains('!'), "{text}");
    let (text, _) = spi(&mut chip, SimTime::us(32_004), &[&[0xb9, 0]]);
    assert_snapshot!(text, @r"
    R FIFO_STATUS 01 entries=1
    ! 4 us from a read of the FIFO to the next one or to FIFO_STATUS, at least 5 us required (p. 21)
    ");
    let (text, _) = spi(&mut chip, SimTime::us(32_005), &[&[0xb9, 0]]);
    assert_snapshot!(text, @"R FIFO_STATUS 01 entries=1");
}

#[test]
fn activity_is_what_exceeds_the_threshold_on_an_axis_that_takes_part() {
    let mut chip = measuring();
    set(&mut chip, SimTime::ms(12), reg::THRESH_ACT, 16); // 1 g
    set(&mut chip, SimTime::ms(12), reg::ACT_INACT_CTL, 0x60);
    set(&mut chip, SimTime::ms(12), reg::INT_ENABLE, 0x10);
    let mut at = |x, y, z| {
        chip.set_acceleration([x, y, z]);
        next(&mut chip);
        chip.registers.get(reg::ACTIVITY)
    };
    assert_eq!(at(1000, 0, 2000), 0);
    assert_eq!(at(0, -1001, 2000), 1);
    assert_eq!(chip.registers.get(reg::ACT_TAP_STATUS), 0x20);
    assert_eq!(Chip::interrupt(&chip), Level::High);
    chip.set_acceleration([0, 0, 0]);
    next(&mut chip);
    assert_eq!(
        Chip::interrupt(&chip),
        Level::High,
        "it stays until it is read"
    );
    read(&mut chip, SimTime::ms(50), &[0x30], 1);
    assert_eq!(Chip::interrupt(&chip), Level::Low);
}

#[test]
fn ac_coupled_activity_is_a_change_since_it_was_switched_on() {
    let mut chip = measuring();
    set(&mut chip, SimTime::ms(12), reg::THRESH_ACT, 8); // 500 mg
    set(&mut chip, SimTime::ms(12), reg::ACT_INACT_CTL, 0xf0);
    set(&mut chip, SimTime::ms(12), reg::INT_ENABLE, 0x10);
    let mut at = |z| {
        chip.set_acceleration([0, 0, z]);
        next(&mut chip);
        chip.registers.get(reg::ACTIVITY)
    };
    assert_eq!(at(1000), 0);
    assert_eq!(at(1500), 0);
    assert_eq!(at(1501), 1);
}

#[test]
fn inactivity_and_free_fall_need_their_time() {
    let mut chip = measuring();
    set(&mut chip, SimTime::ms(12), reg::THRESH_INACT, 4);
    set(&mut chip, SimTime::ms(12), reg::TIME_INACT, 1);
    set(&mut chip, SimTime::ms(12), reg::THRESH_FF, 8);
    set(&mut chip, SimTime::ms(12), reg::TIME_FF, 20); // 100 ms
    set(&mut chip, SimTime::ms(12), reg::ACT_INACT_CTL, 0x07);
    set(&mut chip, SimTime::ms(12), reg::INT_ENABLE, 0x0c);
    chip.set_acceleration([0, 0, 249]);
    pass(&mut chip, SimTime::ms(120));
    assert_eq!(chip.registers.get(reg::FREE_FALL), 0);
    pass(&mut chip, SimTime::ms(122));
    assert_eq!(chip.registers.get(reg::FREE_FALL), 1);
    pass(&mut chip, SimTime::ms(1020));
    assert_eq!(chip.registers.get(reg::INACTIVITY), 0);
    pass(&mut chip, SimTime::ms(1022));
    assert_eq!(chip.registers.get(reg::INACTIVITY), 1);
}

#[test]
fn linked_activity_comes_after_inactivity() {
    let mut chip = measuring();
    set(&mut chip, SimTime::ms(12), reg::POWER_CTL, 0x28);
    set(&mut chip, SimTime::ms(12), reg::THRESH_ACT, 16);
    set(&mut chip, SimTime::ms(12), reg::THRESH_INACT, 4);
    set(&mut chip, SimTime::ms(12), reg::ACT_INACT_CTL, 0x77);
    set(&mut chip, SimTime::ms(12), reg::INT_ENABLE, 0x18);
    let mut at = |z| {
        chip.set_acceleration([0, 0, z]);
        next(&mut chip);
        (
            chip.registers.get(reg::INACTIVITY),
            chip.registers.get(reg::ACTIVITY),
        )
    };
    assert_eq!(at(2000), (0, 0));
    assert_eq!(at(0), (1, 0));
    assert_eq!(at(2000), (1, 1));
}

#[test]
fn standby_takes_no_samples_and_power_loss_forgets_all() {
    let mut chip = measuring();
    set(&mut chip, SimTime::ms(12), reg::POWER_CTL, 0);
    assert_eq!(Chip::wake_at(&chip), None);
    set(&mut chip, SimTime::ms(13), reg::POWER_CTL, 8);
    assert_eq!(Chip::wake_at(&chip), Some(SimTime::us(24_100)));
    Chip::power(&mut chip, Level::Low, SimTime::ms(14));
    Chip::power(&mut chip, Level::High, SimTime::ms(15));
    assert_eq!(Chip::wake_at(&chip), None);
    assert_eq!(chip.registers.get(reg::POWER_CTL), 0);
}
