// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What every real-time clock must do: hold any time of its range, count over
//! the ends of days, months, leap years and centuries, refuse what is no
//! time, and ring on time. Not here: what reaches the chip; that is the
//! driver's own test.
//!
//! ```no_run
//! # use roadtest::suite::rtc::{self, AlarmSteps, Descriptor};
//! # use roadtest::view::rtc::{Rtc, RtcTime};
//! # fn check(uml: &roadtest::Uml, rtc: &Rtc) -> roadtest::Result {
//! rtc::check(uml, rtc, &Descriptor {
//!     first: RtcTime::new(1970, 1, 1, 0, 0, 0),
//!     last: RtcTime::new(2069, 12, 31, 23, 59, 59),
//!     alarm: AlarmSteps::Minutes,
//! })
//! # }
//! ```

use roadtest_model::SimTime;

use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::uml::Uml;
use crate::view::rtc::{AF, Alarm, Rtc, RtcTime, time::Armed};

/// What is to be expected of a clock.
#[derive(Clone, Copy, Debug)]
pub struct Descriptor {
    /// The first time that it can hold.
    pub first: RtcTime,
    /// The last time that it can hold.
    pub last: RtcTime,
    /// What its alarm can do.
    pub alarm: AlarmSteps,
}

/// The steps in which an alarm can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmSteps {
    /// There is no alarm.
    None,
    /// Whole minutes.
    Minutes,
    /// Seconds.
    Seconds,
}

/// Runs all checks of this module.
///
/// # Errors
/// The first check that failed, with the time that it failed for.
pub fn check(uml: &Uml, rtc: &Rtc, clock: &Descriptor) -> Result {
    times_are_kept(rtc, clock)?;
    time_passes(uml, rtc, clock)?;
    wrong_times_are_refused(rtc, clock)?;
    alarms_ring(uml, rtc, clock)
}

/// Sets and reads the first and the last second of each month, in years of
/// every kind, and the ends of the range.
///
/// # Errors
/// As [`check`].
pub fn times_are_kept(rtc: &Rtc, clock: &Descriptor) -> Result {
    let mut times = vec![clock.first, clock.last];
    for year in years(clock) {
        for month in 1..=12 {
            let first = RtcTime::new(year, month, 1, 0, 0, 0);
            times.extend([first, first.plus(-1)]);
        }
    }
    times.retain(|time| contains(clock, *time));
    for time in times {
        rtc.set(time)
            .map_err(|errno| wrong("setting", time, errno))?;
        let read = rtc.read().map_err(|errno| wrong("reading", time, errno))?;
        // A second may have passed, and the last one may have been the end.
        if clock.last.unix() - time.unix() > 1 {
            expect_between(time, read, 0, 1)?;
        } else {
            expect_between(time, read, 0, 0)?;
        }
    }
    Ok(())
}

/// Lets the clock count over the end of each month, of leap days, years and
/// centuries.
///
/// # Errors
/// As [`check`].
pub fn time_passes(uml: &Uml, rtc: &Rtc, clock: &Descriptor) -> Result {
    let mut befores = Vec::new();
    for year in years(clock) {
        for month in 1..=12 {
            befores.push(RtcTime::new(year, month, 1, 0, 0, 0).plus(-2));
        }
        befores.push(RtcTime::new(year, 2, 28, 23, 59, 58));
    }
    befores.retain(|time| contains(clock, *time) && contains(clock, time.plus(60)));
    for before in befores {
        rtc.set(before)
            .map_err(|errno| wrong("setting", before, errno))?;
        uml.sleep(SimTime::s(3));
        let after = rtc
            .read()
            .map_err(|errno| wrong("reading 3 s after", before, errno))?;
        // A clock that stores a range as another one (`start-year`) goes on
        // with the other one's weekday, and no program may rely on it.
        let after = after.with_weekday(RtcTime::from_unix(after.unix()).weekday);
        expect_between(before, after, 3, 4)?;
    }
    Ok(())
}

/// Sets what is no time, or out of range: it must be refused and change
/// nothing.
///
/// # Errors
/// As [`check`].
pub fn wrong_times_are_refused(rtc: &Rtc, clock: &Descriptor) -> Result {
    let good = RtcTime::new(clock.first.year + 21, 6, 15, 12, 30, 15);
    rtc.set(good)
        .map_err(|errno| wrong("setting", good, errno))?;
    let year = good.year;
    let common = if is_leap(year) { year + 1 } else { year };
    let bad = |change: fn(&mut RtcTime)| {
        let mut time = good;
        change(&mut time);
        time
    };
    let mut cases = vec![
        (bad(|time| time.month = 0), Errno::EINVAL),
        (bad(|time| time.month = 13), Errno::EINVAL),
        (bad(|time| time.day = 0), Errno::EINVAL),
        (bad(|time| time.day = 32), Errno::EINVAL),
        (bad(|time| time.day = 31), Errno::EINVAL),
        (bad(|time| time.hour = 24), Errno::EINVAL),
        (bad(|time| time.hour = -1), Errno::EINVAL),
        (bad(|time| time.minute = 60), Errno::EINVAL),
        (bad(|time| time.second = 60), Errno::EINVAL),
        (RtcTime::new(year, 2, 30, 0, 0, 0), Errno::EINVAL),
        (RtcTime::new(common, 2, 29, 0, 0, 0), Errno::EINVAL),
        (clock.last.plus(1), Errno::ERANGE),
    ];
    // Before 1970 there is no time for the kernel.
    if clock.first.year > 1970 {
        cases.push((clock.first.plus(-1), Errno::ERANGE));
    }
    for (time, errno) in cases {
        match rtc.set(time) {
            Err(got) if got == errno => {}
            other => {
                return Err(Error::new(format!(
                    "setting {time} gave {other:?}, not {errno}"
                )));
            }
        }
    }
    let now = rtc
        .read()
        .map_err(|errno| wrong("reading after wrong times and", good, errno))?;
    expect_between(good, now, 0, 1)
}

/// Sets alarms within the hour, over midnight, the end of a month, of a
/// leap February and of a year; and one that is not enabled.
///
/// # Errors
/// As [`check`].
pub fn alarms_ring(uml: &Uml, rtc: &Rtc, clock: &Descriptor) -> Result {
    let year = clock.first.year + 20;
    let leap = (year..).find(|&year| is_leap(year)).unwrap_or(year);
    let ahead = match clock.alarm {
        AlarmSteps::None => {
            let time = RtcTime::new(year, 1, 1, 0, 0, 0);
            return match rtc.set_alarm(Alarm::at(time)) {
                Err(Errno::EINVAL) => Ok(()),
                other => Err(Error::new(format!(
                    "setting an alarm gave {other:?}, not EINVAL"
                ))),
            };
        }
        AlarmSteps::Minutes => 50,
        AlarmSteps::Seconds => 7,
    };
    let mut alarms = vec![
        RtcTime::new(year, 1, 1, 1, 2, 0),
        RtcTime::new(year, 6, 16, 0, 0, 0),
        RtcTime::new(year, 5, 1, 0, 1, 0),
        RtcTime::new(leap, 2, 29, 0, 0, 0),
        RtcTime::new(leap, 3, 1, 0, 0, 0),
        RtcTime::new(leap + 1, 3, 1, 0, 0, 0),
        RtcTime::new(year + 1, 1, 1, 0, 0, 0),
    ];
    if clock.alarm == AlarmSteps::Seconds {
        alarms.push(RtcTime::new(year, 1, 1, 1, 2, 37));
    }
    for alarm in alarms {
        rings(uml, rtc, alarm, ahead)?;
    }
    let start = RtcTime::new(year, 1, 1, 1, 1, 10);
    rtc.set(start)
        .map_err(|errno| wrong("setting", start, errno))?;
    let alarm = start.plus(ahead);
    rtc.set_alarm(Alarm::off(alarm))
        .map_err(|errno| wrong("setting the disabled alarm", alarm, errno))?;
    match rtc.wait(SimTime::s(120)) {
        Ok(None) => Ok(()),
        other => Err(Error::new(format!(
            "the disabled alarm {alarm} gave {other:?}"
        ))),
    }
}

/// One alarm, `ahead` seconds after the clock's time.
fn rings(uml: &Uml, rtc: &Rtc, alarm: RtcTime, ahead: i64) -> Result {
    let start = alarm.plus(-ahead);
    rtc.set(start)
        .map_err(|errno| wrong("setting", start, errno))?;
    rtc.set_alarm(Alarm::at(alarm))
        .map_err(|errno| wrong("setting the alarm", alarm, errno))?;
    let read = rtc
        .alarm()
        .map_err(|errno| wrong("reading the alarm", alarm, errno))?;
    if read.time.unix() != alarm.unix() || read.armed != Armed::On {
        return Err(Error::new(format!("the alarm {alarm} reads as {read:?}")));
    }
    let began = uml.now();
    let rang = rtc.wait(SimTime::s(120));
    let waited = uml.now().saturating_sub(began);
    // The second that was running when the time was set counts whole.
    let seconds = i64::try_from(waited.as_ns() / 1_000_000_000).unwrap_or(i64::MAX);
    let on_time = (ahead - 1..=ahead).contains(&seconds);
    match rang {
        Ok(Some(data)) if data & 0xff == AF | 0x80 && on_time => {}
        other => {
            return Err(Error::new(format!(
                "the alarm {alarm}, {ahead} s ahead, gave {other:x?} after {waited}"
            )));
        }
    }
    let now = rtc
        .read()
        .map_err(|errno| wrong("reading at", alarm, errno))?;
    expect_between(alarm, now, 0, 1)
}

/// A leap year, those around it, and the centuries, as far as they are in the
/// range; with the first and the last year.
fn years(clock: &Descriptor) -> Vec<i32> {
    let (first, last) = (clock.first.year, clock.last.year);
    let mut years = vec![first, first + 1, last];
    years.extend([1900, 1999, 2000, 2001, 2023, 2024, 2025, 2038, 2100, 2400]);
    years.retain(|year| (first..=last).contains(year));
    years.sort_unstable();
    years.dedup();
    years
}

const fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn contains(clock: &Descriptor, time: RtcTime) -> bool {
    (clock.first.unix()..=clock.last.unix()).contains(&time.unix())
}

/// `read` must be a right date, `least` to `most` seconds after `time`.
fn expect_between(time: RtcTime, read: RtcTime, least: i64, most: i64) -> Result {
    let passed = read.unix() - time.unix();
    let mut right = RtcTime::from_unix(read.unix());
    right.day_of_year = read.day_of_year;
    if (least..=most).contains(&passed) && read == right {
        return Ok(());
    }
    Err(Error::new(format!(
        "the clock reads {read}, {passed} s after {time}; {least} to {most} s have passed"
    )))
}

fn wrong(what: &str, time: RtcTime, errno: Errno) -> Error {
    Error::new(format!("{what} {time} failed with {errno}")).with_errno(errno)
}
