// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! 24C02 and 24C256 against raw bytes.

use insta::assert_snapshot;
use proptest::prelude::*;
use roadtest_model::{Bus, Chip, I2cTarget, Level, Nack, SimTime};

use super::{At24c02, At24c256};
use crate::testing::{read, read_on, receive, send, write};

const T0: SimTime = SimTime::ms(100);
/// After the write cycle of a write at `T0`.
const T1: SimTime = SimTime::ms(105);

#[test]
fn what_is_written_is_read_after_the_write_cycle() {
    let mut chip = At24c02::new();
    assert_snapshot!(write(&mut chip, T0, &[0x10, 1, 2, 3]), @"W MEM 10 010203");
    assert_snapshot!(read(&mut chip, T1, &[0x0f], 5), @"R MEM 0f ff010203ff");
}

#[test]
fn a_two_byte_address_comes_high_byte_first() {
    let mut chip = At24c256::new();
    assert_snapshot!(write(&mut chip, T0, &[0x12, 0x34, 0xab]), @"W MEM 1234 ab");
    assert_eq!(chip.memory()[0x1234], 0xab);
    assert_snapshot!(read(&mut chip, T1, &[0x12, 0x34], 1), @"R MEM 1234 ab");
}

#[test]
fn during_the_write_cycle_the_chip_answers_nothing() {
    let mut chip = At24c02::new();
    write(&mut chip, T0, &[0x00, 1]);
    assert_eq!(chip.busy_until(), T1);
    let busy = SimTime::ns(104_999_999);
    assert_snapshot!(write(&mut chip, busy, &[0x00, 2]), @r"
    W BUSY
    NACK
    ");
    assert_snapshot!(read_on(&mut chip, busy, 1), @r"
    R BUSY
    NACK
    ");
    assert_eq!(send(&mut chip, busy, &[]), Err(Nack));
    assert_eq!(send(&mut chip, T1, &[]), Ok(()));
    assert_eq!(chip.memory()[0], 1);
}

#[test]
fn an_address_alone_starts_no_write_cycle() {
    let mut chip = At24c02::new();
    assert_snapshot!(write(&mut chip, T0, &[0x20]), @"W MEM 20");
    assert_eq!(send(&mut chip, T0, &[]), Ok(()));
}

#[test]
fn a_write_wraps_inside_its_page() {
    let mut chip = At24c02::new();
    write(&mut chip, T0, &[0x0e, 1, 2, 3]);
    assert_eq!(
        chip.memory()[0x08..0x11],
        [3, 255, 255, 255, 255, 255, 1, 2, 255]
    );
    // The current address is inside the page as well.
    assert_snapshot!(read_on(&mut chip, T1, 1), @"R MEM 09 ff");
}

#[test]
fn more_than_a_page_is_marked() {
    let mut chip = At24c02::new();
    assert_snapshot!(write(&mut chip, T0, &[0x00, 0, 1, 2, 3, 4, 5, 6, 7, 8]), @r"
    W MEM 00 000102030405060708
    ? write of 9 data bytes, a page has 8 (page write)
    ");
    assert_eq!(chip.memory()[..9], [8, 1, 2, 3, 4, 5, 6, 7, 255]);
    let mut chip = At24c256::new();
    let mut page = vec![0x00, 0x40];
    page.extend([0x55; 64]);
    assert!(!write(&mut chip, T0, &page).contains('!'));
}

#[test]
fn half_an_address_is_a_violation() {
    let mut chip = At24c256::new();
    assert_snapshot!(write(&mut chip, T0, &[0x12]), @"! write of 1 of 2 address bytes (device addressing)");
}

#[test]
fn a_read_rolls_over_at_the_end_of_the_memory() {
    let mut chip = At24c256::new();
    chip.memory_mut()[0x7fff] = 0x11;
    chip.memory_mut()[0x0000] = 0x22;
    assert_snapshot!(read(&mut chip, T0, &[0x7f, 0xff], 2), @"R MEM 7fff 1122");
    assert_snapshot!(read_on(&mut chip, T0, 1), @"R MEM 0001 ff");
}

#[test]
fn address_bits_above_the_capacity_are_ignored() {
    let mut chip = At24c256::new();
    chip.memory_mut()[1] = 0x33;
    assert_snapshot!(read(&mut chip, T0, &[0x80, 0x01], 1), @"R MEM 0001 33");
}

#[test]
fn a_protected_chip_acknowledges_and_keeps_its_contents() {
    let mut chip = At24c02::new();
    chip.set_write_protect(Level::High);
    assert_snapshot!(write(&mut chip, T0, &[0x00, 1]), @"W MEM 00 01");
    assert_snapshot!(read(&mut chip, T0, &[0x00], 1), @"R MEM 00 ff");
    chip.set_write_protect(Level::Low);
    write(&mut chip, T0, &[0x00, 1]);
    assert_eq!(chip.memory()[0], 1);
}

#[test]
fn data_without_a_stop_is_not_stored() {
    let mut chip = At24c02::new();
    assert_eq!(send(&mut chip, T0, &[0x00, 1]), Ok(()));
    assert_snapshot!(read(&mut chip, T0, &[0x00], 1), @"R MEM 00 ff");
    assert_eq!(chip.memory()[0], 0xff);
}

#[test]
fn a_worn_part_takes_longer() {
    let mut chip = At24c02::new();
    chip.set_write_cycle(SimTime::ms(30));
    write(&mut chip, T0, &[0x00, 1]);
    assert_eq!(chip.busy_until(), SimTime::ms(130));
}

#[test]
fn a_write_that_power_does_not_outlast_is_lost() {
    let mut chip = At24c02::new();
    write(&mut chip, T0, &[0x10, 1, 2, 3]);
    write(&mut chip, T1, &[0x11, 4]);
    chip.power(Level::Low, chip.busy_until() - SimTime::ns(1));
    assert_eq!(chip.memory()[0x10..0x13], [1, 0xff, 3]);
    chip.power(Level::High, SimTime::ZERO);
    write(&mut chip, T1, &[0x11, 5]);
    chip.power(Level::Low, chip.busy_until());
    assert_eq!(chip.memory()[0x10..0x13], [1, 5, 3]);
}

#[test]
fn the_contents_survive_without_power() {
    let mut chip = At24c02::new();
    write(&mut chip, T0, &[0x05, 1]);
    chip.power(Level::Low, T1);
    assert_snapshot!(read_on(&mut chip, T1, 1), @r"
    ! access without power
    NACK
    ");
    chip.power(Level::High, T1);
    let started = T1 + SimTime::us(100);
    assert_snapshot!(read_on(&mut chip, started, 1), @"R MEM 00 ff");
    assert_snapshot!(read(&mut chip, started, &[0x05], 1), @"R MEM 05 01");
}

proptest! {
    #[test]
    fn any_bytes_get_an_answer(messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..8)) {
        let mut chip = At24c256::new();
        for (n, bytes) in (1u64..).zip(messages) {
            let now = SimTime::s(n);
            prop_assert_eq!(send(&mut chip, now, &bytes), Ok(()));
            chip.stop(&mut Bus::at(now));
            let mut buf = bytes;
            let later = now + SimTime::ms(5);
            prop_assert_eq!(receive(&mut chip, later, &mut buf), Ok(()));
        }
    }
}
