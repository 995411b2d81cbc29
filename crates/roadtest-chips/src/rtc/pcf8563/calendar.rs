// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The time counters of PCF8563: seconds to years and century, and the alarm
//! that compares them (8.4 to 8.6, 8.10).

use roadtest_model::register::{Field, Registers};
use roadtest_model::{Level, SimTime};

use super::reg;

const SECOND: SimTime = SimTime::s(1);
/// The first increment after STOP is released, at the earliest (8.10).
const FIRST_AFTER_STOP: SimTime = SimTime::us(507_813);

/// The divider chain that the seconds come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    /// The seconds advance at this moment.
    Runs(SimTime),
    /// STOP holds it.
    Stopped,
    /// It was set from outside: a second begins at the next access.
    Restarts,
}

impl Clock {
    pub(super) fn running(now: SimTime) -> Self {
        Self::Runs(now + SECOND)
    }

    pub(super) fn advance(&mut self, registers: &mut Registers, now: SimTime) {
        if *self == Self::Restarts {
            *self = Self::running(now);
        }
        while let Self::Runs(next) = *self
            && next <= now
        {
            tick(registers);
            *self = Self::running(next);
        }
    }

    /// An access is over: at most one second is caught up (8.5).
    pub(super) fn release(&mut self, registers: &mut Registers, now: SimTime) {
        let Self::Runs(next) = *self else {
            return;
        };
        if next <= now {
            tick(registers);
            let missed = (now - next).as_ns() / SECOND.as_ns();
            *self = Self::Runs(next + SimTime::ns((missed + 1) * SECOND.as_ns()));
        }
    }

    /// STOP was written (8.10).
    pub(super) fn set_stop(&mut self, stop: Level, now: SimTime) {
        *self = match (stop, *self) {
            (Level::High, _) => Self::Stopped,
            (Level::Low, Self::Stopped) => Self::Runs(now + FIRST_AFTER_STOP),
            (Level::Low, runs) => runs,
        };
    }

    /// When the minutes advance, if that can raise the alarm.
    pub(super) fn next_minute(self, registers: &Registers) -> Option<SimTime> {
        let Self::Runs(next) = self else {
            return None;
        };
        let waits = registers.is_set(reg::AIE) && !registers.is_set(reg::AF);
        let left = 59_u64.saturating_sub(from_bcd(registers.get(reg::SECONDS)).into());
        (waits && alarm_fields(registers).next().is_some()).then(|| next + SimTime::s(left))
    }
}

pub(super) const fn from_bcd(code: u32) -> u32 {
    (code >> 4) * 10 + (code & 0xf)
}

/// 2000-01-01 00:00:00 and 2099-12-31 23:59:59 UTC, in seconds since 1970: what
/// the years 00 to 99 stand for.
const FIRST_SECOND: u64 = 946_684_800;
const LAST_SECOND: u64 = 4_102_444_799;

/// Registers 02h (VL and seconds) to 08h (years) at a time from
/// `FIRST_SECOND` to `LAST_SECOND`, the nearest one otherwise.
pub(super) fn registers(unix_s: u64) -> [u8; 7] {
    let seconds = unix_s.clamp(FIRST_SECOND, LAST_SECOND) - FIRST_SECOND;
    let days = u32::try_from(seconds / 86_400).unwrap_or(u32::MAX);
    let second = u32::try_from(seconds % 86_400).unwrap_or_default();
    let (mut year, mut month, mut day) = (0, 1, days);
    while day >= days_in(month, year) {
        day -= days_in(month, year);
        (year, month) = if month == 12 {
            (year + 1, 1)
        } else {
            (year, month + 1)
        };
    }
    [
        to_bcd(second % 60),
        to_bcd(second / 60 % 60),
        to_bcd(second / 3600),
        to_bcd(day + 1),
        // 2000-01-01 was a Saturday.
        (days + 6) % 7,
        to_bcd(month),
        to_bcd(year),
    ]
    .map(|register| u8::try_from(register).unwrap_or(u8::MAX))
}

const fn to_bcd(number: u32) -> u32 {
    ((number / 10) << 4) | (number % 10)
}

/// A second passes.
fn tick(registers: &mut Registers) {
    let matched = alarm_matches(registers);
    count(registers);
    // AF is set only by an increment to a matched case (8.6).
    if !matched && alarm_matches(registers) {
        registers.store(reg::AF, 1);
    }
}

fn count(registers: &mut Registers) {
    if !(up(registers, reg::SECONDS, 0, 59)
        && up(registers, reg::MINUTE, 0, 59)
        && up(registers, reg::HOUR, 0, 23))
    {
        return;
    }
    up(registers, reg::WEEKDAY, 0, 6);
    let last = days_of_month(registers);
    if up(registers, reg::DAY, 1, last)
        && up(registers, reg::MONTH, 1, 12)
        && up(registers, reg::YEAR, 0, 99)
    {
        // The century bit changes when the years overflow (8.4.6).
        let century = registers.get(reg::CENTURY);
        registers.store(reg::CENTURY, 1 - century);
    }
}

/// Increments a counter of `first` to `last`; returns whether it carries.
fn up(registers: &mut Registers, counter: Field, first: u32, last: u32) -> bool {
    let number = from_bcd(registers.get(counter));
    let carry = number >= last;
    let next = if carry { first } else { number + 1 };
    registers.store(counter, to_bcd(next));
    carry
}

fn days_of_month(registers: &Registers) -> u32 {
    days_in(
        from_bcd(registers.get(reg::MONTH)),
        from_bcd(registers.get(reg::YEAR)),
    )
}

/// Leap years are those that four divides, 00 included (8.4.4).
const fn days_in(month: u32, year: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The enabled comparisons: what the alarm register and the counter hold.
fn alarm_fields(registers: &Registers) -> impl Iterator<Item = (u32, u32)> + '_ {
    [
        (reg::AE_M, reg::ALARM_MINUTE, reg::MINUTE),
        (reg::AE_H, reg::ALARM_HOUR, reg::HOUR),
        (reg::AE_D, reg::ALARM_DAY, reg::DAY),
        (reg::AE_W, reg::ALARM_WEEKDAY, reg::WEEKDAY),
    ]
    .into_iter()
    .filter(|&(off, ..)| !registers.is_set(off))
    .map(|(_, alarm, counter)| (registers.get(alarm), registers.get(counter)))
}

fn alarm_matches(registers: &Registers) -> bool {
    let mut fields = alarm_fields(registers).peekable();
    fields.peek().is_some() && fields.all(|(alarm, counter)| alarm == counter)
}
