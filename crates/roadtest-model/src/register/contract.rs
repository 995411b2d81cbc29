// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Contracts of a datasheet beyond bits: what a driver must not touch in some
//! state, how long it must wait between two operations, and that it must not
//! talk to a chip without power. Each says where it comes from and how grave it
//! is to break it.

use super::spec::{Register, cite};
use crate::{Bus, Complaint, Direction, Level, Nack, Severity, SimTime};

/// The section of a rule that is no datasheet's: what the kernel's driver takes
/// for granted. Breaking such a rule is [unwise](Severity::Unwise), whatever
/// the rule says of itself: only the hardware's word fails a test.
pub const DRIVER: &str = "driver";

/// How grave it is to break a rule of `section` that would be `declared`.
pub(super) fn severity(section: &str, declared: Severity) -> Severity {
    if section == DRIVER {
        Severity::Unwise
    } else {
        declared
    }
}

/// Registers that must be left alone while the chip is in some state: a
/// constant of the chip, [entered](super::Registers::enter) and
/// [left](super::Registers::leave) by the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guard {
    /// The state, to follow the word "while": `converting`.
    pub state: &'static str,
    /// The datasheet's section, or [`DRIVER`]; may be empty.
    pub section: &'static str,
    /// [`Forbidden`](Severity::Forbidden) only where the datasheet says so.
    pub severity: Severity,
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
/// let early = gap.check(SimTime::ms(11)).unwrap_err();
/// assert_eq!(
///     early.text,
///     "1 ms from power-up to first access, at least 2 ms required (6.6)",
/// );
/// assert_eq!(gap.check(SimTime::ms(12)), Ok(()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MinGap {
    what: &'static str,
    section: &'static str,
    severity: Severity,
    gap: SimTime,
    began: Option<SimTime>,
}

impl MinGap {
    /// A contract that has not begun: `what` names both operations
    /// (`power-up to first access`), `section` the datasheet's section or
    /// [`DRIVER`] (may be empty), `gap` the shortest time between them.
    pub const fn new(what: &'static str, section: &'static str, gap: SimTime) -> Self {
        Self {
            what,
            section,
            severity: Severity::Forbidden,
            gap,
            began: None,
        }
    }

    /// The same contract where being early is legal and hardly meant.
    #[must_use]
    pub const fn unwise(mut self) -> Self {
        self.severity = Severity::Unwise;
        self
    }

    /// The first operation happened; a later call replaces an earlier one.
    pub fn begin(&mut self, now: SimTime) {
        self.began = Some(now);
    }

    /// The second operation happens now. It may happen again; call
    /// [`begin`](MinGap::begin) to start over.
    ///
    /// # Errors
    /// What to [complain](Bus::complain) of where it is too early.
    pub fn check(&self, now: SimTime) -> Result<(), Complaint> {
        match self.began {
            Some(began) if now.saturating_sub(began) < self.gap => Err(Complaint {
                severity: severity(self.section, self.severity),
                text: format!(
                    "{} from {}, at least {} required{}",
                    now.saturating_sub(began),
                    self.what,
                    self.gap,
                    cite(self.section),
                ),
            }),
            _ => Ok(()),
        }
    }

    /// When the second operation is allowed, where the first has happened.
    pub fn allowed_at(&self) -> Option<SimTime> {
        self.began.map(|began| began + self.gap)
    }
}

/// A rule beyond bits, as documentation shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contract {
    /// Registers to leave alone in some state.
    Guard(Guard),
    /// A minimum time.
    Gap(MinGap),
    /// Anything else.
    Other {
        /// The rule, to follow the word "that": `NR_COUNT of 2 needs a TIMER`.
        rule: &'static str,
        /// The datasheet's section, or [`DRIVER`].
        section: &'static str,
        /// How grave it is to break it.
        severity: Severity,
    },
}

impl Contract {
    /// The rule.
    pub fn rule(&self) -> String {
        match self {
            Self::Guard(guard) => {
                let names = |list: &[Register]| -> Vec<&str> {
                    list.iter().map(|register| register.name).collect()
                };
                let written = names(guard.writes).join(", ");
                let read = names(guard.reads).join(", ");
                let rules = [("writes", written), ("reads", read)];
                let rules = rules.into_iter().filter(|(_, names)| !names.is_empty());
                let rules: Vec<_> = rules
                    .map(|(verb, names)| format!("no {verb} of {names}"))
                    .collect();
                format!("{} while {}", rules.join(", "), guard.state)
            }
            Self::Gap(gap) => format!("at least {} from {}", gap.gap, gap.what),
            Self::Other { rule, .. } => (*rule).to_owned(),
        }
    }

    /// Where it comes from: the datasheet's section, or [`DRIVER`].
    pub const fn source(&self) -> &'static str {
        match self {
            Self::Guard(guard) => guard.section,
            Self::Gap(gap) => gap.section,
            Self::Other { section, .. } => section,
        }
    }

    /// How grave it is to break it.
    pub fn severity(&self) -> Severity {
        let declared = match self {
            Self::Guard(guard) => guard.severity,
            Self::Gap(gap) => gap.severity,
            Self::Other { severity, .. } => *severity,
        };
        severity(self.source(), declared)
    }
}

/// The supply of a chip: it was on long before the kernel started, and from
/// then on follows [`Chip::power`](crate::Chip::power). A chip that is a
/// register map has one in its [`Registers`](super::Registers).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supply {
    level: Level,
    startup: MinGap,
}

impl Supply {
    /// A supply that is on. After power-up the chip must be left alone for
    /// `startup`, says the datasheet in `section` (may be empty).
    pub const fn new(section: &'static str, startup: SimTime) -> Self {
        Self {
            level: Level::High,
            startup: MinGap::new("power-up to first access", section, startup),
        }
    }

    /// Another start-up time than before, with its section.
    pub const fn set_start_up(&mut self, section: &'static str, startup: SimTime) {
        self.startup.section = section;
        self.startup.gap = startup;
    }

    /// The supply came on (`High`) or went off.
    pub fn set(&mut self, level: Level, now: SimTime) {
        if level.is_high() && !self.level.is_high() {
            self.startup.begin(now);
        }
        self.level = level;
    }

    /// The contract on the first access after power-up, where there is one.
    pub fn start_up(&self) -> Option<MinGap> {
        Some(self.startup.clone()).filter(|gap| gap.gap > SimTime::ZERO)
    }

    /// Whether the supply is on.
    pub const fn level(&self) -> Level {
        self.level
    }

    /// The driver accesses the chip: an access without power or during
    /// start-up is reported.
    ///
    /// # Errors
    /// [`Nack`] where there is no power. A chip that is starting up answers.
    pub fn accessed(&self, bus: &mut Bus) -> Result<(), Nack> {
        if !self.level.is_high() {
            bus.violation("access without power");
            return Err(Nack);
        }
        if let Err(complaint) = self.startup.check(bus.now()) {
            bus.complain(complaint);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an access at `now` reports.
    fn access(supply: &Supply, now: SimTime) -> (Result<(), Nack>, Vec<String>) {
        let mut bus = Bus::at(now);
        let outcome = supply.accessed(&mut bus);
        let (_, complaints) = bus.into_parts();
        (
            outcome,
            complaints.into_iter().map(|one| one.text).collect(),
        )
    }

    #[test]
    fn a_supply_is_on_at_first() {
        let supply = Supply::new("6.5", SimTime::ms(1));
        assert_eq!(access(&supply, SimTime::ZERO), (Ok(()), vec![]));
    }

    #[test]
    fn an_access_without_power_is_a_violation_and_not_acknowledged() {
        let mut supply = Supply::new("6.5", SimTime::ms(1));
        supply.set(Level::Low, SimTime::ms(5));
        let text = "access without power".to_owned();
        assert_eq!(access(&supply, SimTime::ms(6)), (Err(Nack), vec![text]));
    }

    #[test]
    fn an_access_during_start_up_is_a_violation() {
        let mut supply = Supply::new("6.5", SimTime::ms(1));
        supply.set(Level::Low, SimTime::ms(5));
        supply.set(Level::High, SimTime::ms(8));
        supply.set(Level::High, SimTime::ms(9));
        let text = "500 us from power-up to first access, at least 1 ms required (6.5)";
        assert_eq!(
            access(&supply, SimTime::us(8500)),
            (Ok(()), vec![text.to_owned()])
        );
        assert_eq!(access(&supply, SimTime::ms(9)), (Ok(()), vec![]));
    }

    #[test]
    fn a_rule_of_the_driver_is_never_worse_than_unwise() {
        let mut gap = MinGap::new("a to b", DRIVER, SimTime::ms(1));
        gap.begin(SimTime::ZERO);
        assert_eq!(
            gap.check(SimTime::ZERO).unwrap_err(),
            Complaint {
                severity: Severity::Unwise,
                text: "0 ns from a to b, at least 1 ms required (driver)".to_owned(),
            }
        );
        let gap = MinGap::new("a to b", "6.6", SimTime::ms(1));
        assert_eq!(Contract::Gap(gap.clone()).severity(), Severity::Forbidden);
        assert_eq!(Contract::Gap(gap.unwise()).severity(), Severity::Unwise);
    }
}
