// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What a chip sees of the world while it is accessed, and what it tells
//! about the access: decoded lines for the timeline and broken contracts.

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

/// A contract of the datasheet that the driver broke. It fails the test
/// unless the test expects it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What was broken, naming register, field and datasheet section:
    /// `write of 0x0010 sets reserved bits 0x0010 of CONFIG (8.6.1.2)`.
    pub text: String,
}

/// The bus as a chip sees it during one message of a transfer.
#[derive(Debug)]
pub struct Bus {
    now: SimTime,
    held: bool,
    accesses: Vec<Access>,
    violations: Vec<Violation>,
}

impl Bus {
    /// A bus at virtual time `now`.
    pub const fn at(now: SimTime) -> Self {
        Self {
            now,
            held: false,
            accesses: Vec::new(),
            violations: Vec::new(),
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

    /// Reports that the driver broke a contract of the datasheet.
    pub fn violation(&mut self, text: impl Into<String>) {
        self.violations.push(Violation { text: text.into() });
    }

    /// What was logged, in order; for the runtime and for unit tests.
    pub fn into_parts(self) -> (Vec<Access>, Vec<Violation>) {
        (self.accesses, self.violations)
    }
}
