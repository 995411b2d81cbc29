// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What happened in a test, in order, and the texts that people read of it.
//! The events themselves are collected by the `world`.

use std::fmt::{self, Write as _};

use roadtest_model::SimTime;
use roadtest_record::event::{Access, Direction, Event, What};

/// What happened, or a part of it. Shown without times: one line per access,
/// decoded, for a snapshot.
///
/// ```text
/// W CONFIG          ca10  range=12 conversion_time=Ms800 mode=Single
/// R CONFIG          c890  range=12 conversion_time=Ms800 ready
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    entries: Vec<Entry>,
}

/// A line of a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    time: SimTime,
    text: String,
    /// The access that it shows, where all bytes of the transfer were
    /// acknowledged.
    access: Option<Access>,
    /// What is unwise, where it marks that.
    unwise: Option<String>,
}

/// What a timeline is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// Everything; lines of a chip begin with its name.
    All,
    /// One chip.
    Chip,
}

impl Timeline {
    pub(crate) fn all(events: &[Event]) -> Self {
        Self::of(events.iter(), Scope::All)
    }

    /// What happened to one chip and its interrupt line.
    pub(crate) fn of_chip(events: &[Event], name: &str, pin: Option<&str>) -> Self {
        let events = events.iter().filter(|event| match &event.what {
            What::Transfer(transfer) => transfer.chip == name,
            What::Violation { chip, .. } | What::Unwise { chip, .. } => chip == name,
            What::Pin { pin: changed, .. } => Some(changed.as_str()) == pin,
            _ => false,
        });
        Self::of(events, Scope::Chip)
    }

    fn of<'a>(events: impl Iterator<Item = &'a Event>, scope: Scope) -> Self {
        let entries = events.flat_map(|event| {
            let unwise = match &event.what {
                What::Unwise { text, .. } => Some(text),
                _ => None,
            };
            let completed = match &event.what {
                What::Transfer(transfer) => transfer.completed(),
                _ => false,
            };
            event.what.lines().into_iter().map(move |line| Entry {
                time: SimTime::ns(event.time_ns),
                text: match scope {
                    Scope::All => line.to_string(),
                    Scope::Chip => line.text.clone(),
                },
                access: line.access.filter(|_| completed).cloned(),
                unwise: unwise.cloned(),
            })
        });
        Self {
            entries: entries.collect(),
        }
    }

    /// How many lines it has.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Only what matches: `timeline.only(|line| line.contains("CONFIG"))`.
    #[must_use]
    pub fn only(&self, keep: impl Fn(&str) -> bool) -> Self {
        let entries = self.entries.iter().filter(|entry| keep(&entry.text));
        Self {
            entries: entries.cloned().collect(),
        }
    }

    /// When what matches happened, in order, in virtual time:
    /// `timeline.when(|line| line.starts_with("R RESULT"))`.
    pub fn when(&self, matches: impl Fn(&str) -> bool) -> Vec<SimTime> {
        let entries = self.entries.iter().filter(|entry| matches(&entry.text));
        entries.map(|entry| entry.time).collect()
    }

    /// What a model marked as unwise, in order: legal, and hardly meant.
    pub fn unwise(&self) -> Vec<String> {
        let marks = self.entries.iter().filter_map(|entry| entry.unwise.clone());
        marks.collect()
    }

    /// The values written to a register, in order, as the datasheet's
    /// hexadecimal digits.
    pub fn writes(&self, register: &str) -> Vec<String> {
        self.values(register, Direction::Write)
    }

    /// The values read from a register, in order.
    pub fn reads(&self, register: &str) -> Vec<String> {
        self.values(register, Direction::Read)
    }

    /// The accesses whose transfers were completed, in order.
    pub(crate) fn accesses(&self) -> impl Iterator<Item = &Access> {
        self.entries
            .iter()
            .filter_map(|entry| entry.access.as_ref())
    }

    fn values(&self, register: &str, direction: Direction) -> Vec<String> {
        self.accesses()
            .filter(|access| access.direction == direction && access.target == register)
            .map(|access| access.value.clone())
            .collect()
    }
}

impl fmt::Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, entry) in self.entries.iter().enumerate() {
            if index > 0 {
                f.write_char('\n')?;
            }
            f.write_str(&entry.text)?;
        }
        Ok(())
    }
}

/// All events with their virtual time to the nanosecond, a line each: what
/// two runs are compared by.
pub(crate) fn with_times(events: &[Event]) -> String {
    let lines = events.iter().flat_map(Event::timed_lines);
    lines.flat_map(|line| [line, "\n".to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use roadtest_record::event::{End, Outcome, Transfer};

    use super::*;

    fn access(time_ns: u64, direction: Direction, target: &str, value: &str) -> Event {
        Event {
            time_ns,
            what: What::Transfer(Transfer {
                bus: "i2c".into(),
                unit: "44".into(),
                chip: "opt3001".into(),
                start_ns: time_ns,
                direction,
                bytes: String::new(),
                received: String::new(),
                accesses: vec![Access {
                    direction,
                    target: target.into(),
                    value: value.into(),
                    fields: String::new(),
                }],
                held: false,
                outcome: Outcome::Completed,
                end: End::Stop,
            }),
        }
    }

    #[test]
    fn a_timeline_is_one_line_per_access_and_knows_what_was_written() {
        let events = [
            access(1_000, Direction::Write, "CONFIG", "ca10"),
            access(800_000_001_000, Direction::Read, "RESULT", "3456"),
        ];
        let timeline = Timeline::of_chip(&events, "opt3001", None);
        assert_eq!(
            timeline.to_string(),
            "W CONFIG          ca10\nR RESULT          3456"
        );
        assert_eq!(timeline.writes("CONFIG"), ["ca10"]);
        assert_eq!(timeline.reads("CONFIG"), [""; 0]);
        assert_eq!(
            timeline.when(|line| line.starts_with("R RESULT")),
            [SimTime::ns(800_000_001_000)]
        );
        assert_eq!(
            with_times(&events).lines().nth(1),
            Some("  800.000001000  opt3001      R RESULT          3456")
        );
    }
}
