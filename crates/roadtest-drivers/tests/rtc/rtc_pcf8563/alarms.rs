// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Alarms, and the interrupts that the kernel makes without the chip.

use insta::assert_snapshot;
use roadtest::view::rtc::time::Armed;
use roadtest::view::rtc::{
    AF, Alarm, FEATURE_ALARM, FEATURE_ALARM_RES_MINUTE, IRQF, PF, Rtc, RtcTime, UF,
};
use roadtest::{Errno, SimTime, Uml, Wired};
use roadtest_chips::rtc::pcf8563::Pcf8563;

use super::{at_christmas, new_year, open, sets_time, with_interrupt, without_interrupt};

/// A clock at the new year, opened.
fn at_new_year() -> roadtest::Result<(Uml, Wired<Pcf8563>, Rtc)> {
    let (uml, clock, rtc) = open(with_interrupt())?;
    sets_time(&uml);
    rtc.set(new_year())?;
    Ok((uml, clock, rtc))
}

/// What CONTROL_2 was left at.
fn last_control(clock: &Wired<Pcf8563>) -> String {
    let written = clock.timeline().writes("CONTROL_2");
    written.last().cloned().unwrap_or_default()
}

#[roadtest::test]
fn periodic_interrupts_are_the_kernels() -> roadtest::Result {
    let (uml, _clock, rtc) = open(without_interrupt())?;
    assert_eq!(rtc.enable_periodic(0), Err(Errno::EINVAL));
    rtc.enable_periodic(8)?;
    uml.sleep(SimTime::s(1) + SimTime::ms(50));
    rtc.disable_periodic()?;
    assert_eq!(rtc.wait(SimTime::ZERO), Ok(Some(8 << 8 | IRQF | PF)));
    assert_eq!(rtc.wait(SimTime::s(1)), Ok(None));
    Ok(())
}

#[roadtest::test]
fn there_is_no_alarm_without_an_interrupt() -> roadtest::Result {
    let (uml, _clock, rtc) = open(without_interrupt())?;
    sets_time(&uml);
    rtc.set(new_year().with_weekday(0))?;
    let alarm = Alarm::at(RtcTime::new(2021, 1, 1, 1, 2, 0));
    // 6.1 leaves the feature on without an interrupt, and takes the alarm.
    let expected = if uml.version() < (6, 12) {
        (Ok(()), FEATURE_ALARM | FEATURE_ALARM_RES_MINUTE)
    } else {
        (Err(Errno::EINVAL), FEATURE_ALARM_RES_MINUTE)
    };
    assert_eq!((rtc.set_alarm(alarm), rtc.features()?), expected);
    Ok(())
}

#[roadtest::test]
fn an_alarm_rings_once_and_is_disabled_by_the_kernel() -> roadtest::Result {
    let (uml, clock, rtc) = at_new_year()?;
    // The kernel looks whether an alarm is due with the new time.
    uml.sleep(SimTime::ms(1));
    clock.forget();
    rtc.set_alarm(Alarm::at(RtcTime::new(2021, 1, 1, 1, 2, 0)))?;
    let alarm = [
        ("MINUTE_ALARM", "02"),
        ("HOUR_ALARM", "01"),
        ("DAY_ALARM", "01"),
        ("WEEKDAY_ALARM", "05"),
        ("CONTROL_2", "02"),
    ];
    for (register, value) in alarm {
        assert_eq!(clock.news().writes(register), [value], "{register}");
    }

    let data = rtc.wait_forever()?;
    assert_eq!(data & 0xff, IRQF | AF);
    assert_eq!(rtc.read()?, RtcTime::new(2021, 1, 1, 1, 2, 0));
    assert_snapshot!(clock.news());

    rtc.set_alarm(Alarm::off(RtcTime::new(2021, 1, 1, 1, 3, 0)))?;
    assert_eq!(last_control(&clock), "00");
    assert_eq!(rtc.wait(SimTime::s(120)), Ok(None));
    Ok(())
}

#[roadtest::test]
fn an_alarm_is_rounded_down_to_its_minute() -> roadtest::Result {
    let (_uml, _clock, rtc) = at_new_year()?;
    rtc.set_alarm(Alarm::at(RtcTime::new(2021, 1, 1, 1, 5, 59)))?;
    let alarm = rtc.alarm()?;
    assert_eq!((alarm.time, alarm.armed), {
        let mut time = RtcTime::new(2021, 1, 1, 1, 5, 0);
        time.day_of_year = alarm.time.day_of_year;
        (time, Armed::On)
    });
    Ok(())
}

#[roadtest::test]
fn an_alarm_in_the_past_rings_at_once() -> roadtest::Result {
    let (_uml, _clock, rtc) = at_new_year()?;
    rtc.set_alarm(Alarm::at(RtcTime::new(2021, 1, 1, 1, 1, 0)))?;
    assert_eq!(rtc.wait(SimTime::ms(100)), Ok(Some(0x100 | IRQF | AF)));
    Ok(())
}

#[roadtest::test]
fn an_alarm_can_be_set_first_and_enabled_later() -> roadtest::Result {
    let (uml, clock, rtc) = open(with_interrupt())?;
    sets_time(&uml);
    // An earlier time of day is tomorrow's.
    rtc.set(RtcTime::new(2021, 1, 1, 23, 59, 0))?;
    rtc.set_alarm_time(RtcTime::new(1970, 1, 1, 0, 1, 0))?;
    assert_eq!(rtc.wait(SimTime::s(10)), Ok(None));
    assert_eq!(
        rtc.alarm_time()?.unix(),
        RtcTime::new(2021, 1, 2, 0, 1, 0).unix()
    );
    rtc.enable_alarm()?;
    rtc.disable_alarm()?;
    assert_eq!(last_control(&clock), "00");
    rtc.enable_alarm()?;
    assert_eq!(rtc.wait(SimTime::s(120)), Ok(Some(0x100 | IRQF | AF)));
    assert_eq!(rtc.read()?, RtcTime::new(2021, 1, 2, 0, 1, 0));
    Ok(())
}

#[roadtest::test]
fn a_wake_up_is_set_through_sysfs_once() -> roadtest::Result {
    let (_uml, _clock, rtc) = at_new_year()?;
    assert_eq!(rtc.wakealarm(), Ok(None));
    rtc.set_wakealarm("+100")?;
    // 01:02:50 is rounded down.
    assert_eq!(rtc.wakealarm(), Ok(Some(new_year().unix() + 50)));
    assert_eq!(rtc.set_wakealarm("+200"), Err(Errno::EBUSY));
    rtc.set_wakealarm(0)?;
    assert_eq!(rtc.wakealarm(), Ok(None));
    assert_eq!(rtc.wait(SimTime::s(120)), Ok(None));
    Ok(())
}

/// The chip has none: the kernel polls the clock in the last tenth of each
/// second.
#[roadtest::test]
fn update_interrupts_are_emulated() -> roadtest::Result {
    let (uml, clock, rtc) = open(at_christmas(with_interrupt()))?;
    assert_eq!(rtc.features(), Ok(FEATURE_ALARM | FEATURE_ALARM_RES_MINUTE));
    rtc.enable_updates()?;
    let mut last = None;
    for second in [0x38, 0x39, 0x40] {
        assert_eq!(rtc.wait_forever(), Ok(0x100 | IRQF | UF));
        assert_eq!(clock.with(|chip| chip.time()[0]), second);
        let now = uml.now();
        if let Some(last) = last.replace(now) {
            let (took, poll) = (now - last, SimTime::ms(1));
            assert!(took + poll > SimTime::s(1), "{took}");
            assert!(took < SimTime::s(1) + poll, "{took}");
        }
    }
    rtc.disable_updates()?;
    clock.forget();
    assert_eq!(rtc.wait(SimTime::s(3)), Ok(None));
    assert_eq!(clock.news().to_string(), "");
    Ok(())
}

#[roadtest::test]
fn a_clock_without_a_valid_time_has_no_update_interrupts() -> roadtest::Result {
    let (_uml, _clock, rtc) = open(with_interrupt())?;
    assert_eq!(rtc.enable_updates(), Err(Errno::EINVAL));
    assert_eq!(rtc.wait(SimTime::s(3)), Ok(None));
    Ok(())
}
