// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Activity, inactivity and free fall, sample by sample (datasheet pages 20,
//! 24 to 26). A function whose interrupt is off detects nothing.

use roadtest_model::SimTime;
use roadtest_model::register::{Field, Registers};

use super::format::{any, threshold_half_mg};
use super::reg;

const ACTIVITY_AXES: [Field; 3] = [reg::ACT_X, reg::ACT_Y, reg::ACT_Z];
const ACTIVITY_SOURCES: [Field; 3] = [reg::ACT_X_SOURCE, reg::ACT_Y_SOURCE, reg::ACT_Z_SOURCE];
const INACTIVITY_AXES: [Field; 3] = [reg::INACT_X, reg::INACT_Y, reg::INACT_Z];

/// What the functions remember between samples.
#[derive(Clone, Debug, Default)]
pub(super) struct Detectors {
    activity: Reference,
    inactivity: Reference,
    still_since: Option<SimTime>,
    falling_since: Option<SimTime>,
    /// With LINK set: which of the two comes next.
    linked: Linked,
}

/// What AC-coupled detection compares with: the sample at its begin.
type Reference = Option<[i32; 3]>;

/// Which function waits for its turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Linked {
    /// Inactivity is to be detected first.
    #[default]
    Inactivity,
    Activity,
}

impl Detectors {
    pub(super) fn sample(&mut self, registers: &mut Registers, mg: [i32; 3], now: SimTime) {
        self.activity(registers, mg);
        self.inactivity(registers, mg, now);
        self.free_fall(registers, mg, now);
    }

    fn is_turn_of(&self, registers: &Registers, which: Linked) -> bool {
        !registers.is_set(reg::LINK) || self.linked == which
    }

    fn activity(&mut self, registers: &mut Registers, mg: [i32; 3]) {
        let on = registers.is_set(reg::ACTIVITY_ON) && any(registers, ACTIVITY_AXES);
        if !on || !self.is_turn_of(registers, Linked::Activity) {
            self.activity = None;
            return;
        }
        let reference = *self.activity.get_or_insert(mg);
        let coupled = registers.is_set(reg::ACT_AC);
        let threshold = threshold_half_mg(registers, reg::THRESH_ACT);
        let mut seen = false;
        let mut axes = [false; 3];
        for axis in 0..3 {
            let value = magnitude(mg[axis], coupled.then_some(reference[axis]));
            axes[axis] = registers.is_set(ACTIVITY_AXES[axis]) && value > threshold;
            seen |= axes[axis];
        }
        if seen {
            for (source, active) in ACTIVITY_SOURCES.into_iter().zip(axes) {
                registers.store(source, active.into());
            }
            registers.store(reg::ACTIVITY, 1);
            self.activity = None;
            self.linked = Linked::Inactivity;
        }
    }

    fn inactivity(&mut self, registers: &mut Registers, mg: [i32; 3], now: SimTime) {
        let on = registers.is_set(reg::INACTIVITY_ON) && any(registers, INACTIVITY_AXES);
        if !on || !self.is_turn_of(registers, Linked::Inactivity) {
            (self.inactivity, self.still_since) = (None, None);
            return;
        }
        let reference = *self.inactivity.get_or_insert(mg);
        let coupled = registers.is_set(reg::INACT_AC);
        let threshold = threshold_half_mg(registers, reg::THRESH_INACT);
        let still = (0..3).all(|axis| {
            let value = magnitude(mg[axis], coupled.then_some(reference[axis]));
            !registers.is_set(INACTIVITY_AXES[axis]) || value < threshold
        });
        if !still {
            (self.inactivity, self.still_since) = (None, None);
            return;
        }
        let since = *self.still_since.get_or_insert(now);
        let time = SimTime::s(registers.get(reg::TIME_INACT).into());
        if now.saturating_sub(since) >= time {
            registers.store(reg::INACTIVITY, 1);
            self.still_since = None;
            self.linked = Linked::Activity;
        }
    }

    fn free_fall(&mut self, registers: &mut Registers, mg: [i32; 3], now: SimTime) {
        let threshold = threshold_half_mg(registers, reg::THRESH_FF);
        let falls = mg
            .into_iter()
            .all(|value| magnitude(value, None) < threshold);
        if !registers.is_set(reg::FREE_FALL_ON) || !falls {
            self.falling_since = None;
            return;
        }
        let since = *self.falling_since.get_or_insert(now);
        let time = SimTime::ms(5 * u64::from(registers.get(reg::TIME_FF)));
        if now.saturating_sub(since) >= time {
            registers.store(reg::FREE_FALL, 1);
            self.falling_since = None;
        }
    }
}

/// How far an acceleration is from the reference, or from none, in halves of
/// a mg.
const fn magnitude(mg: i32, reference: Option<i32>) -> i32 {
    let from = match reference {
        Some(reference) => reference,
        None => 0,
    };
    2 * (mg - from).abs()
}
