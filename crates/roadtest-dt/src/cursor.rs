// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A place in the text of a fragment, and the smallest steps from there. It
//! knows white space and comments, and nothing else of DTS.

use crate::error::Error;
use crate::origin::{Origin, Position};

pub(crate) struct Cursor<'t> {
    rest: &'t str,
    position: Position,
    fragment: Origin,
}

impl<'t> Cursor<'t> {
    /// The start of `text`, which the caller at `fragment` applies.
    pub(crate) const fn new(text: &'t str, fragment: Origin) -> Self {
        Self {
            rest: text,
            position: Position { line: 1, column: 1 },
            fragment,
        }
    }

    /// Where the cursor is.
    pub(crate) const fn here(&self) -> Origin {
        self.fragment.at(self.position)
    }

    /// An error where the cursor is.
    pub(crate) fn fail<T>(&self, text: impl Into<String>) -> Result<T, Error> {
        Err(syntax(self.here(), text))
    }

    /// An error where the cursor is: `wanted` is not there.
    pub(crate) fn expected<T>(&self, wanted: &str) -> Result<T, Error> {
        match self.peek() {
            Some(found) => self.fail(format!("expected {wanted}, found {found:?}")),
            None => self.fail(format!("expected {wanted}, found the end")),
        }
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub(crate) fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.rest = &self.rest[c.len_utf8()..];
        if c == '\n' {
            self.position.line += 1;
            self.position.column = 1;
        } else {
            self.position.column += 1;
        }
        Some(c)
    }

    /// Goes past white space and comments.
    pub(crate) fn skip(&mut self) -> Result<(), Error> {
        loop {
            self.take_while(char::is_whitespace);
            if self.rest.starts_with("//") {
                self.take_while(|c| c != '\n');
            } else if self.rest.starts_with("/*") {
                let start = self.here();
                while !self.eat("*/") {
                    if self.bump().is_none() {
                        return Err(syntax(start, "this comment does not end"));
                    }
                }
            } else {
                return Ok(());
            }
        }
    }

    /// Goes past `token` if it is exactly here.
    pub(crate) fn eat(&mut self, token: &str) -> bool {
        let found = self.rest.starts_with(token);
        if found {
            for _ in token.chars() {
                self.bump();
            }
        }
        found
    }

    /// Goes past white space and `token`.
    pub(crate) fn expect(&mut self, token: &str) -> Result<(), Error> {
        self.skip()?;
        if self.eat(token) {
            Ok(())
        } else {
            self.expected(&format!("`{token}`"))
        }
    }

    pub(crate) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let taken = &self.rest[..end];
        for _ in taken.chars() {
            self.bump();
        }
        taken
    }
}

/// An error at `origin`.
pub(crate) fn syntax(origin: Origin, text: impl Into<String>) -> Error {
    Error::Syntax {
        origin,
        text: text.into(),
    }
}
