// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The lines in which people read an entry of a timeline: in snapshots, logs,
//! reports and at the prompt of a shell. There is no other rendering.

use std::fmt;

use super::{Access, Direction, Event, Outcome, Transfer, What};

/// A line of a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The chip that it is about, if it is about one; empty where no chip is at
    /// the address of a transfer.
    pub chip: Option<&'a str>,
    /// The access that it shows, if it shows one.
    pub access: Option<&'a Access>,
    /// The line, without the chip: `W CONFIG          ca10  mode=Single`.
    pub text: String,
}

/// With the chip's name in a column of its own.
impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.chip {
            Some(chip) => write!(f, "{chip:12} {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

impl What {
    /// Its lines. A transfer has one for each access; one whose meaning a
    /// later transfer shows has none.
    pub fn lines(&self) -> Vec<Line<'_>> {
        match self {
            Self::Transfer(transfer) => transfer.lines(),
            Self::Pin { pin, to, by } => one(None, format!("PIN {pin} {to} ({by})")),
            Self::Interrupt { pin, text } => one(None, format!("IRQ {pin} {text}")),
            Self::Request { text, answer } => one(None, format!("> {text} = {answer}")),
            Self::Kernel { text } => one(None, format!("# {text}")),
            Self::Violation { chip, text } => one(Some(chip), format!("! {text}")),
            Self::Unwise { chip, text } => one(Some(chip), format!("? {text}")),
            Self::Malformed { device, text } => one(None, format!("! {device}: {text}")),
        }
    }

    /// The names that it has to do with: chips, pins, devices.
    pub fn subjects(&self) -> Vec<&str> {
        match self {
            Self::Transfer(transfer) => vec![&transfer.chip, &transfer.bus],
            Self::Violation { chip, .. } | Self::Unwise { chip, .. } => vec![chip],
            Self::Pin { pin, by, .. } => vec![pin, by],
            Self::Interrupt { pin, .. } => vec![pin],
            Self::Malformed { device, .. } => vec![device],
            Self::Request { .. } | Self::Kernel { .. } => vec![],
        }
    }
}

impl Event {
    /// Its lines with the virtual time in seconds, to the nanosecond.
    pub fn timed_lines(&self) -> Vec<String> {
        let (seconds, ns) = (self.time_ns / 1_000_000_000, self.time_ns % 1_000_000_000);
        let lines = self.what.lines().into_iter();
        lines
            .map(|line| format!("{seconds:5}.{ns:09}  {line}"))
            .collect()
    }
}

fn one(chip: Option<&str>, text: String) -> Vec<Line<'_>> {
    vec![Line {
        chip,
        access: None,
        text: text.trim_end().to_owned(),
    }]
}

impl Transfer {
    fn lines(&self) -> Vec<Line<'_>> {
        let mut lines: Vec<Line<'_>> = self
            .accesses
            .iter()
            .map(|access| Line {
                chip: Some(&self.chip),
                access: Some(access),
                text: self.access(access),
            })
            .collect();
        if let Some(text) = self.raw() {
            lines.extend(one(Some(&self.chip), text));
        }
        lines
    }

    fn access(&self, access: &Access) -> String {
        let Access { target, value, .. } = access;
        let way = letter(access.direction);
        let text = match self.outcome {
            Outcome::AddressRefused => format!("{way} {target:15} NACK  {value}"),
            // What it meant up to the byte that was refused.
            Outcome::Completed | Outcome::ByteRefused(_) => {
                format!("{way} {target:15} {value}  {}", access.fields)
            }
        };
        text.trim_end().to_owned()
    }

    /// The line with the bytes, where the accesses do not say all.
    fn raw(&self) -> Option<String> {
        let Self { unit, bytes, .. } = self;
        let way = letter(self.direction);
        let bytes = if bytes.is_empty() { "(empty)" } else { bytes };
        match self.outcome {
            Outcome::AddressRefused if self.accesses.is_empty() => {
                Some(format!("{way} {unit}  NACK  {}", self.bytes))
            }
            Outcome::AddressRefused => None,
            Outcome::ByteRefused(index) => {
                Some(format!("{way} {unit}  NACK  {bytes}  at byte {index}"))
            }
            Outcome::Completed if self.held || !self.accesses.is_empty() => None,
            Outcome::Completed if self.received.is_empty() => {
                Some(format!("{way} {unit}  {bytes}"))
            }
            Outcome::Completed => Some(format!("{way} {unit}  {bytes}  > {}", self.received)),
        }
    }
}

fn letter(direction: Direction) -> char {
    match direction {
        Direction::Write => 'W',
        Direction::Read => 'R',
        Direction::Both => 'X',
    }
}

#[cfg(test)]
mod tests {
    use super::super::End;
    use super::*;

    fn transfer(outcome: Outcome) -> Transfer {
        Transfer {
            bus: "i2c".into(),
            unit: "44".into(),
            chip: "opt3001".into(),
            start_ns: 0,
            direction: Direction::Write,
            bytes: "01 ca 10".into(),
            received: String::new(),
            accesses: Vec::new(),
            held: false,
            outcome,
            end: End::Stop,
        }
    }

    fn shown(transfer: Transfer) -> String {
        let what = What::Transfer(transfer);
        let lines: Vec<String> = what.lines().iter().map(ToString::to_string).collect();
        lines.join("\n")
    }

    #[test]
    fn bytes_are_shown_where_no_access_says_what_they_mean() {
        assert_eq!(
            shown(transfer(Outcome::Completed)),
            "opt3001      W 44  01 ca 10"
        );
        let mut held = transfer(Outcome::Completed);
        held.held = true;
        assert_eq!(shown(held), "");
        let mut decoded = transfer(Outcome::Completed);
        decoded.accesses.push(Access {
            direction: Direction::Write,
            target: "CONFIG".into(),
            value: "ca10".into(),
            fields: "mode=Single".into(),
        });
        assert_eq!(
            shown(decoded),
            "opt3001      W CONFIG          ca10  mode=Single"
        );
    }

    #[test]
    fn a_refusal_names_the_byte() {
        assert_eq!(
            shown(transfer(Outcome::AddressRefused)),
            "opt3001      W 44  NACK  01 ca 10"
        );
        assert_eq!(
            shown(transfer(Outcome::ByteRefused(1))),
            "opt3001      W 44  NACK  01 ca 10  at byte 1"
        );
    }
}
