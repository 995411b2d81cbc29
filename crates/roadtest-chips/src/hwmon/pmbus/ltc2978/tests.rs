// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The LTC2977 against raw bytes.

use proptest::prelude::*;
use roadtest_model::{Level, SimTime};

use super::*;
use crate::testing::{read, receive, send, write};

const NOW: SimTime = SimTime::ZERO;

/// A write with its packet error code.
fn with_pec(bytes: &[u8]) -> Vec<u8> {
    let code = pec(&[&[0x5c << 1], bytes].concat());
    [bytes, &[code]].concat()
}

#[test]
fn a_page_has_values_of_its_own() {
    let mut chip = Ltc2977::new(0x5c);
    write(&mut chip, NOW, &with_pec(&[0x00, 0x01]));
    write(&mut chip, NOW, &with_pec(&[0x21, 0x75, 0x8f]));
    assert_eq!(
        read(&mut chip, NOW, &[0x8b], 2),
        "R READ_VOUT 8f75 page=1 mv=4483"
    );
    write(&mut chip, NOW, &with_pec(&[0x00, 0x00]));
    assert_eq!(
        read(&mut chip, NOW, &[0x8b], 2),
        "R READ_VOUT 2000 page=0 mv=1000"
    );
}

#[test]
fn a_wrong_packet_error_code_is_a_violation_and_nothing_is_done() {
    let mut chip = Ltc2977::new(0x5c);
    let right = pec(&[0x5c << 1, 0x00, 0x01]);
    assert_eq!(
        write(&mut chip, NOW, &[0x00, 0x01, !right]),
        format!(
            "W PAGE 01\n! packet error code {:02x} of PAGE, {right:02x} is right",
            !right
        )
    );
    assert_eq!(read(&mut chip, NOW, &[0x00], 1), "R PAGE 00");
    assert_eq!(read(&mut chip, NOW, &[0x7e], 1), "R STATUS_CML 20");
    assert_eq!(
        read(&mut chip, NOW, &[0x79], 2),
        "R STATUS_WORD 0002 page=0"
    );
}

#[test]
fn a_read_may_ask_for_the_packet_error_code() {
    let mut chip = Ltc2977::new(0x5c);
    let mut ask = || {
        let mut buf = [0; 3];
        assert_eq!(send(&mut chip, NOW, &[0xe7]), Ok(()));
        assert_eq!(receive(&mut chip, NOW, &mut buf), Ok(()));
        chip.set_line(Line::Disturbed);
        buf
    };
    let code = pec(&[0xb8, 0xe7, 0xb9, 0x30, 0x01]);
    assert_eq!(ask(), [0x30, 0x01, code]);
    assert_eq!(ask(), [0x30, 0x01, !code]);
}

#[test]
fn a_command_that_the_chip_does_not_have_is_refused_and_remembered() {
    let mut chip = Ltc2977::new(0x5c);
    assert_eq!(write(&mut chip, NOW, &[0x8c]), "NACK");
    assert_eq!(read(&mut chip, NOW, &[0x7e], 1), "R STATUS_CML 80");
    write(&mut chip, NOW, &[0x03]);
    assert_eq!(read(&mut chip, NOW, &[0x7e], 1), "R STATUS_CML 00");
}

#[test]
fn a_flag_comes_back_while_its_cause_is_there() {
    let mut chip = Ltc2977::new(0x5c);
    chip.set_output_mv(2, 1_080);
    write(&mut chip, NOW, &[0x00, 0x02]);
    assert_eq!(read(&mut chip, NOW, &[0x7a], 1), "R STATUS_VOUT 40 page=2");
    write(&mut chip, NOW, &with_pec(&[0x03]));
    assert_eq!(read(&mut chip, NOW, &[0x7a], 1), "R STATUS_VOUT 40 page=2");
    chip.set_output_mv(2, 1_000);
    write(&mut chip, NOW, &with_pec(&[0x7a, 0x40]));
    assert_eq!(read(&mut chip, NOW, &[0x7a], 1), "R STATUS_VOUT 00 page=2");
}

#[test]
fn what_cannot_be_written_is_a_violation() {
    let mut chip = Ltc2977::new(0x5c);
    let last = |text: String| text.lines().last().unwrap_or_default().to_owned();
    assert_eq!(
        last(write(&mut chip, NOW, &[0x19, 0x00])),
        "! write of 0x0000 to read-only CAPABILITY"
    );
    assert_eq!(
        last(write(&mut chip, NOW, &[0x00, 0x08])),
        "! write of 0x08 to PAGE, which has 00 to 07 and ff"
    );
    assert_eq!(
        last(write(&mut chip, NOW, &[0x21])),
        "! VOUT_COMMAND without data"
    );
    assert_eq!(
        last(write(&mut chip, NOW, &[0x00, 1, 2, 3])),
        "! write of 3 data bytes to PAGE, which has 1"
    );
}

#[test]
fn a_chip_needs_its_time_after_power_up() {
    let mut chip = Ltc2977::new(0x5c);
    chip.power(Level::Low, SimTime::ms(1));
    chip.power(Level::High, SimTime::ms(10));
    assert_eq!(
        write(&mut chip, SimTime::ms(39), &with_pec(&[0x00, 0x01])),
        "W PAGE 01\n! 29 ms from power-up to first access, at least 30 ms required (t_INIT)"
    );
    assert_eq!(read(&mut chip, SimTime::ms(40), &[0x00], 1), "R PAGE 01");
}

proptest! {
    #[test]
    fn any_bytes_get_an_answer(
        messages in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..6)), 0..32)
    ) {
        let mut chip = Ltc2977::new(0x5c);
        for (ms, (is_read, mut bytes)) in (0..).step_by(300).zip(messages) {

            let now = SimTime::ms(ms);
            let outcome = if is_read {
                receive(&mut chip, now, &mut bytes)
            } else {
                send(&mut chip, now, &bytes)
            };
            // What it does not know it refuses, and says so.
            prop_assert!(outcome.is_ok() || chip.get(0, command::STATUS_CML) != 0 || is_read);
            chip.stop(&mut Bus::at(now));
        }
    }
}
