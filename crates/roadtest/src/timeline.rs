// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What happened in a test, in order, and the texts that people read of it.
//! The events themselves are collected by the `world`.

use std::fmt::{self, Write as _};

use roadtest_model::SimTime;
use roadtest_record::event::{Event, What};

/// What happened, or a part of it. Shown without times: one line per access,
/// decoded, for a snapshot.
///
/// ```text
/// W CONFIG          ca10  range=12 conversion_time=Ms800 mode=Single
/// R CONFIG          c890  range=12 conversion_time=Ms800 ready
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    events: Vec<Event>,
    scope: Scope,
}

/// Whose events a timeline shows.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Scope {
    /// Everybody's; lines of a chip begin with its name.
    All,
    /// One chip's.
    Chip,
}

impl Timeline {
    pub(crate) fn all(events: &[Event]) -> Self {
        Self {
            events: events.to_vec(),
            scope: Scope::All,
        }
    }

    /// The events of one chip and of its interrupt line.
    pub(crate) fn of_chip(events: &[Event], name: &str, pin: Option<&str>) -> Self {
        let events = events.iter().filter(|event| match &event.what {
            What::I2c { chip, .. } | What::Violation { chip, .. } | What::Unwise { chip, .. } => {
                chip == name
            }
            What::Pin { pin: changed, .. } => Some(changed.as_str()) == pin,
            _ => false,
        });
        Self {
            events: events.cloned().collect(),
            scope: Scope::Chip,
        }
    }

    /// The events, for assertions that a text cannot make.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Only what matches: `timeline.only(|line| line.contains("CONFIG"))`.
    #[must_use]
    pub fn only(&self, keep: impl Fn(&str) -> bool) -> Self {
        let events = self.events.iter().filter(|event| {
            let mut line = String::new();
            // Writing to a String cannot fail.
            let _ = write_what(&mut line, &event.what, &self.scope);
            keep(&line)
        });
        Self {
            events: events.cloned().collect(),
            scope: self.scope.clone(),
        }
    }

    /// When what matches happened, in order, in virtual time:
    /// `timeline.when(|line| line.starts_with("R RESULT"))`.
    pub fn when(&self, matches: impl Fn(&str) -> bool) -> Vec<SimTime> {
        let events = self.only(matches).events;
        let times = events.iter().map(|event| SimTime::ns(event.time_ns));
        times.collect()
    }

    /// What a model marked as unwise, in order: legal, and hardly meant.
    pub fn unwise(&self) -> Vec<String> {
        let marks = self.events.iter().filter_map(|event| match &event.what {
            What::Unwise { text, .. } => Some(text.clone()),
            _ => None,
        });
        marks.collect()
    }

    /// The values written to a register, in order, as the datasheet's
    /// hexadecimal digits.
    pub fn writes(&self, register: &str) -> Vec<String> {
        self.values(register, true)
    }

    /// The values read from a register, in order.
    pub fn reads(&self, register: &str) -> Vec<String> {
        self.values(register, false)
    }

    fn values(&self, register: &str, writes: bool) -> Vec<String> {
        self.events
            .iter()
            .filter_map(|event| match &event.what {
                What::I2c {
                    write,
                    target,
                    value,
                    nack: false,
                    ..
                } if *write == writes && target == register => Some(value.clone()),
                _ => None,
            })
            .collect()
    }
}

impl fmt::Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for event in &self.events {
            if matches!(event.what, What::I2cStop) {
                continue;
            }
            if !first {
                f.write_char('\n')?;
            }
            first = false;
            write_what(f, &event.what, &self.scope)?;
        }
        Ok(())
    }
}

/// All events with their virtual time to the nanosecond, a line each: what
/// two runs are compared by.
pub(crate) fn with_times(events: &[Event]) -> String {
    let mut text = String::new();
    for event in events {
        let (seconds, ns) = (event.time_ns / 1_000_000_000, event.time_ns % 1_000_000_000);
        // Writing to a String cannot fail.
        let _ = write!(text, "{seconds:5}.{ns:09}  ");
        let _ = write_what(&mut text, &event.what, &Scope::All);
        text.push('\n');
    }
    text
}

fn write_what(out: &mut impl fmt::Write, what: &What, scope: &Scope) -> fmt::Result {
    let mut line = String::new();
    if let What::I2c { chip, .. } | What::Violation { chip, .. } | What::Unwise { chip, .. } = what
        && *scope == Scope::All
    {
        write!(line, "{chip:12} ")?;
    }
    match what {
        What::I2c {
            address,
            write,
            bytes,
            target,
            value,
            fields,
            nack,
            ..
        } => {
            line.push_str(if *write { "W " } else { "R " });
            if *nack && target.is_empty() {
                write!(line, "{address:02x}  NACK  {bytes}")?;
            } else if *nack {
                write!(line, "{target:15} NACK  {value}")?;
            } else if target.is_empty() {
                let bytes = if bytes.is_empty() { "(empty)" } else { bytes };
                write!(line, "{address:02x}  {bytes}")?;
            } else {
                write!(line, "{target:15} {value}  {fields}")?;
            }
        }
        What::I2cStop => line.push_str("STOP"),
        What::Pin { pin, to, by } => write!(line, "PIN {pin} {to} ({by})")?,
        What::Interrupt { pin, text } => write!(line, "IRQ {pin} {text}")?,
        What::Request { text, answer } => write!(line, "> {text} = {answer}")?,
        What::Kernel { text } => write!(line, "# {text}")?,
        What::Violation { text, .. } => write!(line, "! {text}")?,
        What::Unwise { text, .. } => write!(line, "? {text}")?,
        What::Malformed { device, text } => write!(line, "! {device}: {text}")?,
    }
    out.write_str(line.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(time_ns: u64, write: bool, target: &str, value: &str, fields: &str) -> Event {
        Event {
            time_ns,
            what: What::I2c {
                address: 0x44,
                chip: "opt3001".into(),
                write,
                bytes: String::new(),
                pointer: String::new(),
                target: target.into(),
                value: value.into(),
                fields: fields.into(),
                nack: false,
            },
        }
    }

    #[test]
    fn a_timeline_is_one_line_per_access_and_knows_what_was_written() {
        let events = [
            access(1_000, true, "CONFIG", "ca10", "mode=Single"),
            Event {
                time_ns: 1_500,
                what: What::I2cStop,
            },
            access(800_000_001_000, false, "RESULT", "3456", ""),
        ];
        let timeline = Timeline::of_chip(&events, "opt3001", None);
        assert_eq!(
            timeline.to_string(),
            "W CONFIG          ca10  mode=Single\nR RESULT          3456"
        );
        assert_eq!(timeline.writes("CONFIG"), ["ca10"]);
        assert_eq!(timeline.reads("CONFIG"), [""; 0]);
        assert_eq!(
            timeline.when(|line| line.starts_with("R RESULT")),
            [SimTime::ns(800_000_001_000)]
        );
        assert_eq!(
            with_times(&events).lines().nth(2),
            Some("  800.000001000  opt3001      R RESULT          3456")
        );
    }
}
