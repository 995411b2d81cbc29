// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! An output voltage that moves in time, and what a driver owes its consumers:
//! when a call that changed the voltage has returned, the output is there. On
//! the bus that is a minimum time between the command that moves the output
//! and the next access, for a driver waits inside of the call. No datasheet
//! forbids an access on the ramp: it is marked as unwise.

use roadtest_model::register::MinGap;
use roadtest_model::{Bus, SimTime};

/// The output of one converter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Output {
    /// Where it comes from and goes to, in microvolts.
    from_uv: u32,
    to_uv: u32,
    began: SimTime,
    takes: SimTime,
    contract: MinGap,
}

impl Output {
    /// An output that has been at `uv` for long.
    pub(super) const fn at(uv: u32) -> Self {
        Self {
            from_uv: uv,
            to_uv: uv,
            began: SimTime::ZERO,
            takes: SimTime::ZERO,
            contract: MinGap::new("", "", SimTime::ZERO),
        }
    }

    /// Begins to move to `uv`, with a slope in microvolts per microsecond.
    /// `what` and `section` are those of [`MinGap`].
    pub(super) fn ramp(
        &mut self,
        what: &'static str,
        section: &'static str,
        uv: u32,
        uv_per_us: u32,
        now: SimTime,
    ) {
        let from_uv = self.microvolts(now);
        let ns = u64::from(from_uv.abs_diff(uv)) * 1_000 / u64::from(uv_per_us.max(1));
        self.go(what, section, uv, SimTime::ns(ns), now);
    }

    /// Begins to move to `uv`, where it is after `takes`.
    pub(super) fn go(
        &mut self,
        what: &'static str,
        section: &'static str,
        uv: u32,
        takes: SimTime,
        now: SimTime,
    ) {
        self.from_uv = self.microvolts(now);
        self.to_uv = uv;
        self.began = now;
        self.takes = takes;
        self.contract = MinGap::new(what, section, takes).unwise();
        self.contract.begin(now);
    }

    /// The voltage at a time, in microvolts.
    pub(super) fn microvolts(&self, now: SimTime) -> u32 {
        let passed = now.saturating_sub(self.began).as_ns();
        let takes = self.takes.as_ns();
        if passed >= takes {
            return self.to_uv;
        }
        let way = u64::from(self.to_uv.abs_diff(self.from_uv)) * passed / takes;
        // Why: a part of a way that is 32 bits long.
        let way = u32::try_from(way).unwrap_or(u32::MAX);
        if self.to_uv >= self.from_uv {
            self.from_uv + way
        } else {
            self.from_uv - way
        }
    }

    /// Reports the first access while the output still moves.
    pub(super) fn accessed(&mut self, bus: &mut Bus) {
        if let Err(complaint) = self.contract.check(bus.now()) {
            bus.complain(complaint);
            self.contract = MinGap::new("", "", SimTime::ZERO);
        }
    }
}

#[cfg(test)]
mod tests {
    use roadtest_model::{Complaint, Severity};

    use super::*;

    #[test]
    fn an_output_moves_at_its_slope_and_stays_where_it_arrived() {
        let mut output = Output::at(1_000_000);
        output.ramp("ramp", "1", 500_000, 1_000, SimTime::ms(1));
        assert_eq!(output.microvolts(SimTime::ms(1)), 1_000_000);
        assert_eq!(output.microvolts(SimTime::us(1_100)), 900_000);
        assert_eq!(output.microvolts(SimTime::us(1_500)), 500_000);
        output.go("up", "2", 600_000, SimTime::us(10), SimTime::ms(2));
        assert_eq!(output.microvolts(SimTime::us(2_005)), 550_000);
        assert_eq!(output.microvolts(SimTime::MAX), 600_000);
    }

    #[test]
    fn an_access_is_early_until_the_output_has_arrived_and_reported_once() {
        let mut output = Output::at(0);
        output.ramp("VSET to next access", "8.3", 100_000, 1_000, SimTime::ZERO);
        let early = |output: &mut Output, now| {
            let mut bus = Bus::at(now);
            output.accessed(&mut bus);
            let (_, complaints) = bus.into_parts();
            let unwise = |one: &Complaint| one.severity == Severity::Unwise;
            assert!(complaints.iter().all(unwise));
            complaints.len()
        };
        assert_eq!(early(&mut output.clone(), SimTime::us(100)), 0);
        assert_eq!(early(&mut output, SimTime::us(98)), 1);
        assert_eq!(early(&mut output, SimTime::us(99)), 0);
    }
}
