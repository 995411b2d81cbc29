// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What a chip sees of the world while it is accessed, and what it tells
//! about the access: decoded lines for the timeline and broken rules.

use std::fmt;

use crate::SimTime;

/// The chip did not acknowledge: an intended bus error, which the driver sees
/// as a failed transfer. It is not a failure of the test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nack;

/// Which way an access went, seen from the controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Controller to chip.
    Write,
    /// Chip to controller.
    Read,
}

/// One decoded access: a line of the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Which way.
    pub direction: Direction,
    /// What was accessed: a register's name, or what the raw protocol calls
    /// it (`MEM`, `POINTER`). Upper case by convention.
    pub target: String,
    /// The value, as the datasheet would print it: hexadecimal digits, as
    /// wide as the register.
    pub value: String,
    /// Field names and values, `mode=Single ready=1`; may be empty.
    pub fields: String,
}

/// How grave it is that a driver broke a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The datasheet forbids it. It fails the test unless the test expects it.
    Forbidden,
    /// It is legal and hardly meant, or the rule is none of a datasheet's: a
    /// mark on the timeline, which a test can assert and which fails none.
    Unwise,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Forbidden => "forbidden",
            Self::Unwise => "unwise",
        })
    }
}

/// A rule that the driver broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// How grave it is.
    pub severity: Severity,
    /// What was broken, naming register, field and source:
    /// `write of 0x0010 sets reserved bits 0x0010 of CONFIG (7.6.1.1.2)`.
    pub text: String,
}

/// The bus as a chip sees it during one message of a transfer.
#[derive(Debug)]
pub struct Bus {
    now: SimTime,
    held: bool,
    accesses: Vec<Access>,
    complaints: Vec<Complaint>,
}

impl Bus {
    /// A bus at virtual time `now`.
    pub const fn at(now: SimTime) -> Self {
        Self {
            now,
            held: false,
            accesses: Vec::new(),
            complaints: Vec::new(),
        }
    }

    /// Virtual time at the end of this message.
    pub const fn now(&self) -> SimTime {
        self.now
    }

    /// Adds a decoded line to the timeline. A message that logs nothing is
    /// shown as raw bytes, unless it is [held](Bus::hold).
    pub fn log(&mut self, access: Access) {
        self.accesses.push(access);
    }

    /// Says that a later message of this transfer, or its end, shows what
    /// this one meant (a pointer that a read uses): a message that logs nothing
    /// is then not shown as raw bytes.
    pub fn hold(&mut self) {
        self.held = true;
    }

    /// Whether [`hold`](Bus::hold) was called.
    pub const fn is_held(&self) -> bool {
        self.held
    }

    /// Reports that the driver did what the datasheet forbids. It fails the
    /// test.
    pub fn violation(&mut self, text: impl Into<String>) {
        self.complain(Complaint {
            severity: Severity::Forbidden,
            text: text.into(),
        });
    }

    /// Reports that the driver did something that is legal and hardly meant.
    /// It is a mark on the timeline and fails nothing.
    pub fn unwise(&mut self, text: impl Into<String>) {
        self.complain(Complaint {
            severity: Severity::Unwise,
            text: text.into(),
        });
    }

    /// Reports that the driver broke a rule.
    pub fn complain(&mut self, complaint: Complaint) {
        self.complaints.push(complaint);
    }

    /// What was logged, in order; for the runtime and for unit tests.
    pub fn into_parts(self) -> (Vec<Access>, Vec<Complaint>) {
        (self.accesses, self.complaints)
    }
}
