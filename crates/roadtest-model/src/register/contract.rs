// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Contracts of a datasheet beyond bits: what a driver must not touch in some
//! state, and how long it must wait between two operations.

use super::spec::{Register, cite};
use crate::{Direction, SimTime};

/// Registers that must be left alone while the chip is in some state: a
/// constant of the chip, [entered](super::Registers::enter) and
/// [left](super::Registers::leave) by the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guard {
    /// The state, to follow the word "while": `converting`.
    pub state: &'static str,
    /// The datasheet's section; may be empty.
    pub section: &'static str,
    /// The registers that must not be written.
    pub writes: &'static [Register],
    /// The registers that must not be read.
    pub reads: &'static [Register],
}

impl Guard {
    pub(super) fn covers(&self, register: Register, direction: Direction) -> bool {
        let list = match direction {
            Direction::Write => self.writes,
            Direction::Read => self.reads,
        };
        list.contains(&register)
    }
}

/// A minimum time between two operations.
///
/// ```
/// use roadtest_model::SimTime;
/// use roadtest_model::register::MinGap;
///
/// let mut gap = MinGap::new("power-up to first access", "6.6", SimTime::ms(2));
/// gap.begin(SimTime::ms(10));
/// assert_eq!(
///     gap.check(SimTime::ms(11)),
///     Err("1 ms from power-up to first access, at least 2 ms required (6.6)".to_owned()),
/// );
/// assert_eq!(gap.check(SimTime::ms(12)), Ok(()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MinGap {
    what: &'static str,
    section: &'static str,
    gap: SimTime,
    began: Option<SimTime>,
}

impl MinGap {
    /// A contract that has not begun: `what` names both operations
    /// (`power-up to first access`), `section` the datasheet's section (may be
    /// empty), `gap` the shortest time between them.
    pub const fn new(what: &'static str, section: &'static str, gap: SimTime) -> Self {
        Self {
            what,
            section,
            gap,
            began: None,
        }
    }

    /// The first operation happened; a later call replaces an earlier one.
    pub fn begin(&mut self, now: SimTime) {
        self.began = Some(now);
    }

    /// The second operation happens now. It may happen again; call
    /// [`begin`](MinGap::begin) to start over.
    ///
    /// # Errors
    /// The text of the violation where it is too early, for
    /// [`Bus::violation`](crate::Bus::violation).
    pub fn check(&self, now: SimTime) -> Result<(), String> {
        match self.began {
            Some(began) if now.saturating_sub(began) < self.gap => Err(format!(
                "{} from {}, at least {} required{}",
                now.saturating_sub(began),
                self.what,
                self.gap,
                cite(self.section),
            )),
            _ => Ok(()),
        }
    }

    /// When the second operation is allowed, where the first has happened.
    pub fn allowed_at(&self) -> Option<SimTime> {
        self.began.map(|began| began + self.gap)
    }
}
