// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! TSL2772 and its sisters against raw bytes.

use insta::assert_snapshot;
use proptest::prelude::*;
use roadtest_model::{Chip, Level, SimTime};

use super::{Part, Settling, Tsl2772};
use crate::testing::{pass, read, receive, send, write};

const T0: SimTime = SimTime::ms(5);
/// PON, AEN, PEN.
const RUN: [u8; 2] = [0x80, 0x07];

fn at_us(us: u64) -> SimTime {
    SimTime::us(us)
}

#[test]
fn the_first_results_come_after_settling_and_one_cycle_each_more() {
    let mut chip = Tsl2772::default();
    chip.set_light(500, 100);
    chip.set_proximity(321);
    assert_snapshot!(write(&mut chip, T0, &RUN), @"W ENABLE 07 pen=1 aen=1 pon=1");
    // 2.73 ms until the oscillator has settled, then two cycles of proximity.
    assert_eq!(chip.wake_at(), Some(at_us(5_000 + 3 * 2_730)));
    assert_eq!(pass(&mut chip, at_us(5_000 + 3 * 2_730)), 1);
    assert_snapshot!(read(&mut chip, at_us(13_200), &[0x93], 1), @"R STATUS 02 pvalid=1");
    assert_eq!(chip.wake_at(), Some(at_us(5_000 + 5 * 2_730)), "no wait");
    assert_eq!(pass(&mut chip, at_us(5_000 + 5 * 2_730)), 1);
    assert!(read(&mut chip, at_us(18_700), &[0x93], 1).contains("avalid=1"));
    assert_snapshot!(read(&mut chip, at_us(18_700), &[0xb4], 6), @r"
    R C0DATA f4
    R C0DATAH 01
    R C1DATA 64
    R C1DATAH 00
    R PDATA 41
    R PDATAH 01
    ");
}

#[test]
fn waiting_lengthens_the_round() {
    let mut chip = Tsl2772::default();
    write(&mut chip, T0, &[0x83, 0xfe]);
    write(&mut chip, T0, &[0x80, 0x0b]);
    // Settling, two cycles of wait, one and one for light.
    assert_eq!(chip.wake_at(), Some(at_us(5_000 + 3 * 2_730)));
    write(&mut chip, T0, &[0x8d, 0x02]);
    pass(&mut chip, at_us(5_000 + 5 * 2_730));
    assert_eq!(chip.wake_at(), Some(at_us(5_000 + (5 + 24) * 2_730)));
}

#[test]
fn an_engine_that_stops_has_no_valid_result() {
    let mut chip = Tsl2772::default();
    write(&mut chip, T0, &RUN);
    pass(&mut chip, SimTime::ms(100));
    assert!(read(&mut chip, SimTime::ms(100), &[0x93], 1).contains("pvalid=1 avalid=1"));
    write(&mut chip, SimTime::ms(100), &[0x80, 0x03]);
    assert!(!read(&mut chip, SimTime::ms(100), &[0x93], 1).contains("pvalid"));
    write(&mut chip, SimTime::ms(100), &[0x80, 0x00]);
    assert_eq!(chip.wake_at(), None);
    assert!(!read(&mut chip, SimTime::ms(100), &[0x93], 1).contains("avalid"));
}

#[test]
fn a_cycle_counts_no_further_than_1024() {
    let mut chip = Tsl2772::default();
    chip.set_light(u16::MAX, 1025);
    write(&mut chip, T0, &[0x81, 0xfe]);
    write(&mut chip, T0, &RUN);
    pass(&mut chip, SimTime::ms(100));
    assert_snapshot!(read(&mut chip, SimTime::ms(100), &[0xb4], 4), @r"
    R C0DATA 00
    R C0DATAH 08
    R C1DATA 01
    R C1DATAH 04
    ");
}

#[test]
fn an_upper_byte_belongs_to_the_lower_byte_that_was_read() {
    let mut chip = Tsl2772::default();
    chip.set_light(0x01ff, 0);
    write(&mut chip, T0, &RUN);
    pass(&mut chip, SimTime::ms(100));
    read(&mut chip, SimTime::ms(100), &[0x94], 1);
    chip.set_light(0x0200, 0);
    pass(&mut chip, SimTime::ms(200));
    assert_snapshot!(read(&mut chip, SimTime::ms(200), &[0x95], 1), @"R C0DATAH 01");
}

#[test]
fn the_repeated_protocol_stays_on_its_register() {
    let mut chip = Tsl2772::default();
    assert_snapshot!(write(&mut chip, T0, &[0x84, 0x01, 0x02]), @r"
    W AILTL 01
    W AILTL 02
    ");
    assert_snapshot!(read(&mut chip, T0, &[0x84], 2), @r"
    R AILTL 02
    R AILTL 02
    ");
    assert_snapshot!(write(&mut chip, T0, &[0xa4, 0x03, 0x04]), @r"
    W AILTL 03
    W AILTH 04
    ");
}

#[test]
fn a_command_must_be_one() {
    let mut chip = Tsl2772::default();
    assert_snapshot!(write(&mut chip, T0, &[0x00, 0x01]), @r"
    W ENABLE 01 pon=1
    ! command 0x00 lacks bit 7 (Command Register)
    ");
    assert_snapshot!(write(&mut chip, T0, &[0xc0, 0x01]), @r"
    W ENABLE 01 pon=1
    ! command 0xc0 has the reserved type 2 (Command Register)
    ");
    assert_snapshot!(write(&mut chip, T0, &[0xe9]), @r"
    W SPECIAL 09
    ! special function 0x09 does not exist (Command Register)
    ");
}

#[test]
fn light_outside_its_limits_interrupts_after_as_many_results_as_asked() {
    let mut chip = Tsl2772::default();
    chip.set_light(300, 0);
    // 200 to 256, two results; AIEN, AEN, PON.
    write(&mut chip, T0, &[0xa4, 200, 0, 0, 1]);
    write(&mut chip, T0, &[0x8c, 0x12]);
    write(&mut chip, T0, &[0x80, 0x13]);
    let first = chip.wake_at().unwrap();
    pass(&mut chip, first);
    assert_eq!(chip.interrupt(), Level::High, "one of two");
    let second = chip.wake_at().unwrap();
    pass(&mut chip, second);
    assert_eq!(chip.interrupt(), Level::Low);
    write(&mut chip, second, &[0xe5]);
    assert_eq!(chip.interrupt(), Level::Low, "that was proximity's");
    assert_snapshot!(write(&mut chip, second, &[0xe7]), @"W SPECIAL 07 clear=Both");
    assert_eq!(chip.interrupt(), Level::High);
    chip.set_light(256, 0);
    pass(&mut chip, SimTime::s(1));
    assert_eq!(chip.interrupt(), Level::High, "a limit is inside");
}

#[test]
fn proximity_interrupts_where_it_is_enabled() {
    let mut chip = Tsl2772::default();
    chip.set_proximity(600);
    write(&mut chip, T0, &[0xaa, 0x00, 0x02]);
    write(&mut chip, T0, &[0x8c, 0x10]);
    write(&mut chip, T0, &RUN);
    pass(&mut chip, SimTime::ms(100));
    assert_eq!(chip.interrupt(), Level::High);
    write(&mut chip, SimTime::ms(100), &[0x80, 0x27]);
    assert_eq!(chip.interrupt(), Level::High, "from the next result on");
    pass(&mut chip, SimTime::ms(120));
    assert_eq!(chip.interrupt(), Level::Low);
    write(&mut chip, SimTime::ms(120), &[0xe5]);
    assert_eq!(chip.interrupt(), Level::High);
}

#[test]
fn starting_an_engine_too_early_is_a_violation_where_the_driver_has_to_wait() {
    let mut chip = Tsl2772::default().settling(Settling::Required);
    write(&mut chip, T0, &[0x80, 0x01]);
    assert_snapshot!(write(&mut chip, SimTime::ms(6), &RUN), @r"
    W ENABLE 07 pen=1 aen=1 pon=1
    ! 1 ms from PON to the start of an engine, at least 2.73 ms required (Enable Register, note 2)
    ");
    write(&mut chip, T0, &[0x80, 0x01]);
    assert_snapshot!(write(&mut chip, SimTime::ms(8), &RUN), @"W ENABLE 07 pen=1 aen=1 pon=1");
}

#[test]
fn no_diode_is_no_legal_choice() {
    let mut chip = Tsl2772::default();
    assert_snapshot!(write(&mut chip, T0, &[0x8f, 0x00]), @r"
    W CONTROL 00
    ! write of 0x00 sets PDIODE of CONTROL to 0, which is not a legal value (Control Register)
    ");
}

#[test]
fn each_part_has_its_identity() {
    for part in Part::ALL {
        let mut chip = Tsl2772::new(part);
        let text = read(&mut chip, T0, &[0x92], 1);
        assert_eq!(text, format!("R ID {:02x}", part.id()), "{part:?}");
    }
}

#[test]
fn without_power_all_but_the_identity_is_lost() {
    let mut chip = Tsl2772::new(Part::Tmd2771);
    write(&mut chip, T0, &RUN);
    chip.power(Level::Low, T0);
    assert_eq!(chip.wake_at(), None);
    chip.power(Level::High, T0);
    assert_snapshot!(write(&mut chip, SimTime::ms(14), &[]), @"? 9 ms from power-up to first access, at least 10 ms required (driver)");
    assert_snapshot!(read(&mut chip, SimTime::ms(15), &[0x80], 1), @"R ENABLE 00");
    assert_snapshot!(read(&mut chip, SimTime::ms(15), &[0x92], 1), @"R ID 20");
}

proptest! {
    #[test]
    fn any_bytes_get_an_answer(
        light in any::<u16>(),
        messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..6), 0..16),
    ) {
        let mut chip = Tsl2772::default();
        chip.set_light(light, light / 2);
        for (n, bytes) in (1u64..).zip(messages) {
            let now = SimTime::s(n);
            prop_assert_eq!(send(&mut chip, now, &bytes), Ok(()));
            pass(&mut chip, now);
            prop_assert_eq!(receive(&mut chip, now, &mut [0; 5]), Ok(()));
        }
    }
}
