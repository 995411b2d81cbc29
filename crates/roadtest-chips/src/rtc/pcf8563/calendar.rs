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
    /// It was set from outside: a second begins when somebody looks.
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

    /// An access is over: one second at the most is caught up (8.5).
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

/// Increments a counter of `first` to `last`; gives whether it carries.
fn up(registers: &mut Registers, counter: Field, first: u32, last: u32) -> bool {
    let number = from_bcd(registers.get(counter));
    let carry = number >= last;
    let next = if carry { first } else { number + 1 };
    registers.store(counter, to_bcd(next));
    carry
}

/// Leap years are those that four divides, 00 included (8.4.4).
fn days_of_month(registers: &Registers) -> u32 {
    match from_bcd(registers.get(reg::MONTH)) {
        2 if from_bcd(registers.get(reg::YEAR)).is_multiple_of(4) => 29,
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
