// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The TMP431 against raw bytes, in time.

use proptest::prelude::*;
use roadtest_model::I2cTarget;

use super::*;
use crate::testing::{pass, read, receive, send, write};

fn celsius(milli: i32) -> Celsius {
    Celsius::milli(milli)
}

#[test]
fn a_register_is_written_at_one_address_and_read_at_another() {
    let mut chip = Tmp431::new(celsius(25_000));
    write(&mut chip, SimTime::ZERO, &[0x0a, 0x05]);
    assert_eq!(
        read(&mut chip, SimTime::ZERO, &[0x04], 1),
        "R RATE 05 conversions=5"
    );
    write(&mut chip, SimTime::ZERO, &[0x0d, 0x12, 0x30]);
    assert_eq!(
        read(&mut chip, SimTime::ZERO, &[0x07], 2),
        "R REMOTE_HIGH_LIMIT 1230 rth=291"
    );
}

#[test]
fn a_temperature_is_seen_when_a_conversion_has_ended() {
    let mut chip = Tmp431::new(celsius(25_062));
    assert_eq!(
        read(&mut chip, SimTime::ZERO, &[0x00], 2),
        "R LOCAL_TEMP 1900"
    );
    chip.set_local(celsius(25_063));
    pass(&mut chip, SimTime::ms(140));
    assert_eq!(
        read(&mut chip, SimTime::ms(140), &[0x00], 2),
        "R LOCAL_TEMP 1900"
    );
    pass(&mut chip, SimTime::ms(141));
    assert_eq!(
        read(&mut chip, SimTime::ms(141), &[0x00], 2),
        "R LOCAL_TEMP 1910"
    );
}

#[test]
fn a_change_of_range_shows_after_the_next_conversion() {
    let mut chip = Tmp431::new(celsius(-10_000));
    assert_eq!(
        read(&mut chip, SimTime::ZERO, &[0x01], 2),
        "R REMOTE_TEMP 0000"
    );
    write(&mut chip, SimTime::ZERO, &[0x09, 0x04]);
    assert_eq!(
        read(&mut chip, SimTime::ms(1), &[0x01], 2),
        "R REMOTE_TEMP 0000\n\
         ? read of REMOTE_TEMP while the first conversion has not ended \
         (electrical characteristics)"
    );
    pass(&mut chip, SimTime::s(1));
    assert_eq!(
        read(&mut chip, SimTime::s(1), &[0x01], 2),
        "R REMOTE_TEMP 3600"
    );
}

#[test]
fn flags_are_latched_until_they_are_read_without_their_cause() {
    let mut chip = Tmp431::new(celsius(25_000));
    chip.set_remote(Diode::At(celsius(90_000)));
    pass(&mut chip, SimTime::s(1));
    let hot = "R STATUS 92 remote_high=1 remote_therm=1";
    assert_eq!(read(&mut chip, SimTime::s(1), &[0x02], 1), hot);
    assert_eq!(read(&mut chip, SimTime::s(1), &[0x02], 1), hot);
    // Below the THERM limit of 85 °C, and not yet below it less 10 °C.
    chip.set_remote(Diode::At(celsius(80_000)));
    pass(&mut chip, SimTime::s(2));
    assert_eq!(read(&mut chip, SimTime::s(2), &[0x02], 1), hot);
    assert_eq!(
        read(&mut chip, SimTime::s(2), &[0x02], 1),
        "R STATUS 82 remote_therm=1"
    );
    chip.set_remote(Diode::Open);
    pass(&mut chip, SimTime::s(3));
    assert_eq!(
        read(&mut chip, SimTime::s(3), &[0x02], 1),
        "R STATUS 84 open=1"
    );
}

#[test]
fn a_chip_in_shutdown_converts_when_it_is_told_to() {
    let mut chip = Tmp431::in_shutdown();
    chip.set_local(celsius(30_000));
    assert_eq!(pass(&mut chip, SimTime::s(60)), 0);
    write(&mut chip, SimTime::s(60), &[0x0f, 0x00]);
    assert_eq!(pass(&mut chip, SimTime::s(120)), 1);
    assert_eq!(
        read(&mut chip, SimTime::s(120), &[0x00], 2),
        "R LOCAL_TEMP 1e00"
    );
}

proptest! {
    #[test]
    fn any_bytes_get_an_answer(
        messages in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..6)), 0..32)
    ) {
        let mut chip = Tmp431::new(celsius(25_000));
        for (ms, (is_read, mut bytes)) in (0..).step_by(300).zip(messages) {
            pass(&mut chip, SimTime::ms(ms));
            let now = SimTime::ms(ms);
            let outcome = if is_read {
                receive(&mut chip, now, &mut bytes)
            } else {
                send(&mut chip, now, &bytes)
            };
            prop_assert_eq!(outcome, Ok(()));
            chip.stop(&mut Bus::at(now));
        }
    }
}
