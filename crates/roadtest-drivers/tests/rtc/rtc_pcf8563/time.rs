// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The time: read, set, and whether it is to be believed.

use insta::assert_snapshot;
use roadtest::suite::rtc::{AlarmSteps, Descriptor, check};
use roadtest::view::rtc::{RtcTime, VL_DATA_INVALID};
use roadtest::{Errno, SimTime};
use roadtest_chips::rtc::pcf8563::Pcf8563;

use super::{at_christmas, christmas, open, sets_time, with_interrupt, without_interrupt};

/// The driver takes 1970 to 2069, see its comment on the century bit.
fn clock_of(alarm: AlarmSteps) -> Descriptor {
    Descriptor {
        first: RtcTime::new(1970, 1, 1, 0, 0, 0),
        last: RtcTime::new(2069, 12, 31, 23, 59, 59),
        alarm,
    }
}

#[roadtest::test]
fn a_time_that_is_not_valid_is_refused() -> roadtest::Result {
    let (_uml, _clock, rtc) = open(without_interrupt())?;
    assert_eq!(rtc.voltage_low(), Ok(VL_DATA_INVALID));
    assert_eq!(rtc.read(), Err(Errno::EINVAL));
    assert_eq!(rtc.since_epoch(), Err(Errno::EINVAL));
    Ok(())
}

#[roadtest::test]
fn a_supply_that_was_low_since_makes_the_time_invalid() -> roadtest::Result {
    let (_uml, clock, rtc) = open(at_christmas(without_interrupt()))?;
    assert_eq!(rtc.voltage_low(), Ok(0));
    clock.with(Pcf8563::set_voltage_low);
    assert_eq!(rtc.voltage_low(), Ok(VL_DATA_INVALID));
    assert_eq!(rtc.read(), Err(Errno::EINVAL));
    // The driver has no way to forget it but a new time.
    assert_eq!(rtc.clear_voltage_low(), Err(Errno::ENOTTY));
    Ok(())
}

#[roadtest::test]
fn the_time_is_read_from_the_chip() -> roadtest::Result {
    let (_uml, clock, rtc) = open(at_christmas(without_interrupt()))?;
    clock.forget();
    assert_eq!(rtc.read(), Ok(christmas()));
    assert_snapshot!(clock.news());
    Ok(())
}

#[roadtest::test]
fn a_time_set_after_an_invalid_one_has_the_century_bit_clear() -> roadtest::Result {
    let (uml, clock, rtc) = open(without_interrupt())?;
    sets_time(&uml);
    assert_eq!(rtc.voltage_low(), Ok(VL_DATA_INVALID));
    clock.forget();
    rtc.set(christmas())?;
    assert_eq!(rtc.read(), Ok(christmas()));
    assert_eq!(clock.news().writes("CENTURY_MONTHS"), ["12"]);
    assert_eq!(rtc.voltage_low(), Ok(0));
    assert_snapshot!(clock.news());
    Ok(())
}

#[roadtest::test]
fn a_time_set_after_a_valid_one_keeps_the_meaning_of_the_century_bit() -> roadtest::Result {
    let (uml, clock, rtc) = open(at_christmas(without_interrupt()))?;
    sets_time(&uml);
    // Without an alarm, 6.12 and later read no time at probe: the polarity is
    // learnt by a read.
    rtc.read()?;
    clock.forget();
    rtc.set(christmas())?;
    assert_eq!(rtc.read(), Ok(christmas()));
    let registers = ["VL_SECONDS", "MINUTES", "HOURS", "DAYS", "WEEKDAYS"];
    let written = registers.map(|register| clock.news().writes(register));
    assert_eq!(written, [["37"], ["10"], ["11"], ["25"], ["00"]]);
    assert_eq!(clock.news().writes("CENTURY_MONTHS"), ["92"]);
    assert_eq!(clock.news().writes("YEARS"), ["21"]);
    Ok(())
}

#[roadtest::test]
fn the_clock_keeps_every_time_of_its_century_and_rings_its_alarms() -> roadtest::Result {
    let (uml, _clock, rtc) = open(with_interrupt())?;
    sets_time(&uml);
    check(&uml, &rtc, &clock_of(AlarmSteps::Minutes))
}

#[roadtest::test(
    since = "6.12",
    why = "without an interrupt there was an alarm that never rings"
)]
fn a_clock_without_interrupt_keeps_time_and_refuses_alarms() -> roadtest::Result {
    let (board, clock) = without_interrupt();
    let (uml, _clock, rtc) = open((board, clock))?;
    sets_time(&uml);
    check(&uml, &rtc, &clock_of(AlarmSteps::None))
}

#[roadtest::test]
fn a_clock_that_claims_too_much_fails_the_suite() -> roadtest::Result {
    let (uml, _clock, rtc) = open(with_interrupt())?;
    sets_time(&uml);
    let mut too_late = clock_of(AlarmSteps::Minutes);
    too_late.last = RtcTime::new(2099, 12, 31, 23, 59, 59);
    let error = check(&uml, &rtc, &too_late).unwrap_err();
    let text = "setting 2099-12-31 23:59:59 Thu failed with ERANGE";
    assert_eq!(error.to_string(), text);
    // An alarm that the chip rounds down to its minute is no alarm in seconds.
    let too_fine = clock_of(AlarmSteps::Seconds);
    let error = check(&uml, &rtc, &too_fine).unwrap_err().to_string();
    let text = "the alarm 1990-01-01 01:02:37 Mon reads as";
    assert!(error.starts_with(text), "{error}");
    Ok(())
}

#[roadtest::test]
fn a_second_that_ends_while_the_time_is_set_loses_the_minute() -> roadtest::Result {
    let (uml, _clock, rtc) = open(without_interrupt())?;
    sets_time(&uml);
    // The chip's seconds end with those of virtual time. Up to 100 us before:
    // the seconds have been written by then, the minutes have not.
    let second = SimTime::s(1);
    uml.sleep(second - uml.now() - SimTime::us(100));
    rtc.set(RtcTime::new(2021, 1, 1, 11, 58, 59))?;
    let read = rtc.read()?;
    // 7.3 sets the time in one transfer, as the datasheet wants (8.5): the
    // second that ends meanwhile is counted when the transfer has ended.
    let expected = if uml.version() <= (6, 12) {
        RtcTime::new(2021, 1, 1, 11, 58, 0)
    } else {
        RtcTime::new(2021, 1, 1, 11, 59, 0)
    };
    assert_eq!(read, expected);
    Ok(())
}

#[roadtest::test]
fn the_last_century_is_kept_as_the_end_of_this_one() -> roadtest::Result {
    let (uml, clock, rtc) = open(without_interrupt())?;
    sets_time(&uml);
    // The driver takes 1970 to 2069, the chip has 2000 to 2099.
    rtc.set(RtcTime::new(1999, 12, 31, 23, 59, 59))?;
    let before = [0x59, 0x59, 0x23, 0x31, 0x04, 0x12, 0x99];
    assert_eq!(clock.with(|chip| chip.time()), before);
    uml.sleep(SimTime::s(1));
    let time = rtc.read()?;
    // The day of the week was that of 2099, and goes on from there.
    assert_eq!(time, RtcTime::new(2000, 1, 1, 0, 0, 0).with_weekday(5));
    // The chip has changed the century bit, which the driver reads past.
    let after = [0x00, 0x00, 0x00, 0x01, 0x05, 0x81, 0x00];
    assert_eq!(clock.with(|chip| chip.time()), after);
    Ok(())
}

#[roadtest::test]
fn sysfs_shows_time_and_range() -> roadtest::Result {
    let (_uml, _clock, rtc) = open(at_christmas(without_interrupt()))?;
    assert_eq!(rtc.since_epoch(), Ok(christmas().unix()));
    assert_eq!(rtc.device().read("date"), Ok("2021-12-25".into()));
    assert_eq!(rtc.device().read("time"), Ok("11:10:37".into()));
    assert_eq!(
        rtc.device().read("range"),
        Ok("[946684800,4102444799]".into())
    );
    assert_eq!(rtc.device().read("hctosys"), Ok("0".into()));
    Ok(())
}
