// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! IRS-D200 against raw bytes.

use insta::assert_snapshot;
use proptest::prelude::*;
use roadtest_model::{Chip, Level, SimTime};

use super::Irsd200;
use crate::testing::{read, receive, send, write};

const T0: SimTime = SimTime::ms(5);

#[test]
fn a_sample_interrupts_until_it_is_acknowledged_where_intr_asks_for_it() {
    let mut chip = Irsd200::new();
    chip.sample(0x1234);
    assert_eq!(chip.interrupt(), Level::Low, "not asked for");
    assert_snapshot!(write(&mut chip, T0, &[0x09, 0x01]), @"W INTR 01 intr_data=1");
    assert_eq!(chip.interrupt(), Level::High);
    assert_snapshot!(read(&mut chip, T0, &[0x02], 2), @r"
    R DATA_LO 34
    R DATA_HI 12
    ");
    assert_eq!(chip.interrupt(), Level::High, "a read acknowledges nothing");
    write(&mut chip, T0, &[0x04, 0x0e]);
    assert_eq!(chip.interrupt(), Level::High, "another bit");
    write(&mut chip, T0, &[0x04, 0x01]);
    assert_eq!(chip.interrupt(), Level::Low);
}

#[test]
fn reading_the_count_starts_over() {
    let mut chip = Irsd200::new();
    chip.cross(1, 2);
    assert_snapshot!(read(&mut chip, T0, &[0x04], 1), @"R STATUS 0c count_and=1 count_or=1");
    assert_snapshot!(read(&mut chip, T0, &[0x05], 1), @"R COUNT 12 upper=1 lower=2");
    assert_snapshot!(read(&mut chip, T0, &[0x05], 1), @"R COUNT 00");
}

#[test]
fn an_access_too_soon_after_a_change_of_the_rate_is_marked() {
    let mut chip = Irsd200::new();
    write(&mut chip, T0, &[0x06, 0x01]);
    assert_snapshot!(write(&mut chip, SimTime::s(3), &[]), @"? 2.995 s from a write of DATA_RATE to the next access, at least 3 s required (driver)");
}

#[test]
fn a_count_of_two_needs_a_window() {
    let mut chip = Irsd200::new();
    assert_snapshot!(write(&mut chip, T0, &[0x0a, 0x02]), @r"
    W NR_COUNT 02 crossings=2
    ? NR_COUNT is 2 while TIMER is zero (driver)
    ");
    assert_snapshot!(write(&mut chip, T0, &[0x0d, 0x32, 0x00]), @r"
    W TIMER_LO 32
    W TIMER_HI 00
    ");
    assert_snapshot!(write(&mut chip, T0, &[0x0d, 0x00, 0x00]), @r"
    W TIMER_LO 00
    W TIMER_HI 00
    ? NR_COUNT is 2 while TIMER is zero (driver)
    ");
}

#[test]
fn without_power_everything_is_forgotten() {
    let mut chip = Irsd200::new().asleep();
    assert_snapshot!(read(&mut chip, T0, &[0x00], 1), @"R OP 01 mode=Sleep");
    chip.power(Level::Low, T0);
    assert_snapshot!(write(&mut chip, T0, &[0x09, 0x01]), @r"
    ! access without power
    NACK
    ");
    chip.power(Level::High, T0);
    assert_snapshot!(read(&mut chip, T0, &[0x00], 1), @"R OP 00");
}

proptest! {
    #[test]
    fn any_bytes_get_an_answer(
        messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..6), 0..16),
    ) {
        let mut chip = Irsd200::new();
        for (n, bytes) in (1u64..).zip(messages) {
            let now = SimTime::s(n);
            prop_assert_eq!(send(&mut chip, now, &bytes), Ok(()));
            prop_assert_eq!(receive(&mut chip, now, &mut [0; 5]), Ok(()));
        }
    }
}
