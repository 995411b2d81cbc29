// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Where a node, label or property was written, for errors that name it.

use std::fmt;
use std::panic::Location;

/// Where something was written: a line of Rust, or a place in a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    code: &'static Location<'static>,
    text: Option<Position>,
}

/// A place in a fragment, both counted from one; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Origin {
    /// The caller's line.
    #[track_caller]
    pub fn here() -> Self {
        Self {
            code: Location::caller(),
            text: None,
        }
    }

    /// `position` of the fragment that `self` applied.
    pub(crate) const fn at(self, position: Position) -> Self {
        Self {
            code: self.code,
            text: Some(position),
        }
    }

    /// Line and column, counted from one, within the fragment of DTS; none
    /// for what was built in code.
    pub fn position(&self) -> Option<(u32, u32)> {
        self.text.map(|text| (text.line, text.column))
    }
}

impl fmt::Display for Origin {
    /// `src/board.rs:12`, or `line 3, column 5 of the fragment at
    /// src/board.rs:12`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(Position { line, column }) = self.text {
            write!(f, "line {line}, column {column} of the fragment at ")?;
        }
        write!(f, "{}:{}", self.code.file(), self.code.line())
    }
}

/// A node or property and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The path of the node, or of the node and `:` and the property.
    pub path: String,
    /// Where it was written.
    pub origin: Origin,
}

impl fmt::Display for Place {
    /// `/i2c/light@44 (src/board.rs:12)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.path, self.origin)
    }
}
