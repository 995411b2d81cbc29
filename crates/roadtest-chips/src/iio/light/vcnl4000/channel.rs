// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A channel of VCNL4040 and VCNL4200, which measures over and over while it
//! is not shut down.

use roadtest_model::register::MinGap;
use roadtest_model::{Complaint, SimTime};

/// What a threshold comparison came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Crossed {
    pub(super) above: bool,
    pub(super) below: bool,
}

/// A channel that measures over and over.
#[derive(Clone, Debug)]
pub(super) struct Channel {
    /// What the sensor sees.
    pub(super) level: u16,
    /// What the contract on the first reading is called.
    what: &'static str,
    section: &'static str,
    period: SimTime,
    next: Option<SimTime>,
    first: Option<MinGap>,
    hits: (u32, u32),
}

impl Channel {
    pub(super) const fn new(what: &'static str, section: &'static str) -> Self {
        Self {
            level: 0,
            what,
            section,
            period: SimTime::ZERO,
            next: None,
            first: None,
            hits: (0, 0),
        }
    }

    /// The configuration was written: the channel measures every `period`, or
    /// is shut down.
    pub(super) fn configure(&mut self, period: Option<SimTime>, now: SimTime) {
        let Some(period) = period else {
            self.next = None;
            self.hits = (0, 0);
            return;
        };
        if self.next.is_none() {
            let mut first = MinGap::new(self.what, self.section, period).unwise();
            first.begin(now);
            self.first = Some(first);
        }
        if self.next.is_none() || self.period != period {
            self.next = Some(now + period);
        }
        self.period = period;
    }

    /// The driver reads the result.
    ///
    /// # Errors
    /// What to complain of, where there cannot be one yet.
    pub(super) fn read(&self, now: SimTime) -> Result<(), Complaint> {
        self.first.as_ref().map_or(Ok(()), |gap| gap.check(now))
    }

    pub(super) const fn due(&self) -> Option<SimTime> {
        self.next
    }

    /// The next result, where its time has come.
    pub(super) fn wake(&mut self, now: SimTime) -> Option<u16> {
        self.next.filter(|next| *next <= now)?;
        self.next = Some(now + self.period);
        Some(self.level)
    }

    /// Compares a result with the thresholds; `needed` results in a row must
    /// be beyond one.
    pub(super) fn compare(&mut self, low: u32, high: u32, needed: u32) -> Crossed {
        let value = u32::from(self.level);
        self.hits.0 = if value > high { self.hits.0 + 1 } else { 0 };
        self.hits.1 = if value < low { self.hits.1 + 1 } else { 0 };
        // Why: it is the crossing that is reported, not the state.
        Crossed {
            above: self.hits.0 == needed,
            below: self.hits.1 == needed,
        }
    }
}
