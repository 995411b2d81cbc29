// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The countdown timer of PCF8563 and the pulses that it makes (8.8).

use roadtest_model::SimTime;
use roadtest_model::register::Registers;

use super::reg;

/// The timer while it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Countdown {
    /// When it reaches the end, if it runs.
    ends: Option<SimTime>,
    /// A step of the source clock, and the value that it is loaded with.
    step: SimTime,
    value: u64,
    /// Until when INT is pulsed.
    pulse_ends: Option<SimTime>,
}

impl Countdown {
    /// TIMER_CONTROL or TIMER was written. A value of 0 stops the timer.
    pub(super) fn load(&mut self, registers: &Registers, now: SimTime) {
        self.step = match registers.get(reg::TD) {
            reg::TD::Hz4096 => SimTime::ns(244_141),
            reg::TD::Hz64 => SimTime::us(15_625),
            reg::TD::Seconds => SimTime::s(1),
            _ => SimTime::s(60),
        };
        self.value = registers.get(reg::TIMER).into();
        let runs = registers.is_set(reg::TE) && self.value > 0;
        self.ends = runs.then(|| now + self.period());
    }

    fn period(&self) -> SimTime {
        SimTime::ns(self.step.as_ns() * self.value)
    }

    /// How long INT is low in pulse mode (8.3.2.1): half a step of a fast
    /// source clock with a value of 1, a step with others, 1/64 s with the
    /// slow ones.
    fn pulse(&self) -> SimTime {
        let step = self.step.min(SimTime::us(15_625));
        if self.value == 1 && step == self.step {
            SimTime::ns(step.as_ns() / 2)
        } else {
            step
        }
    }

    pub(super) fn advance(&mut self, registers: &mut Registers, now: SimTime) {
        if let Some(ends) = self.ends.filter(|&ends| ends <= now) {
            let period = self.period().as_ns();
            let last = ends + SimTime::ns((now - ends).as_ns() / period * period);
            registers.store(reg::TF, 1);
            self.pulse_ends = Some(last + self.pulse());
            self.ends = Some(last + self.period());
        }
        self.pulse_ends = self.pulse_ends.filter(|&ends| ends > now);
    }

    /// Puts the current count into TIMER, which a read gives.
    pub(super) fn show(&self, registers: &mut Registers, now: SimTime) {
        if let Some(ends) = self.ends {
            let left = ends.saturating_sub(now).as_ns();
            let count = left.div_ceil(self.step.as_ns()).min(self.value);
            // The value has eight bits, and so has the count.
            registers.store(reg::TIMER, u32::try_from(count).unwrap_or(0xff));
        }
    }

    /// Whether the timer pulls INT low (8.3.2.1).
    pub(super) fn asserts(&self, registers: &Registers) -> bool {
        let active = if registers.is_set(reg::TI_TP) {
            self.pulse_ends.is_some()
        } else {
            registers.is_set(reg::TF)
        };
        active && registers.is_set(reg::TIE)
    }

    pub(super) fn wake_at(&self, registers: &Registers) -> Option<SimTime> {
        let wanted = registers.is_set(reg::TIE);
        let ends = [self.ends, self.pulse_ends].into_iter().flatten().min();
        ends.filter(|_| wanted)
    }
}
