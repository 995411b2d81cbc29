// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What a driver test may return: any error, as a value. It becomes the reason
//! of a failure only where a test returns it.

use std::fmt;

use roadtest_record::test::Outcome;

use crate::{Errno, Fault};

/// The result of a driver test.
pub type Result<T = ()> = std::result::Result<T, Error>;

/// Whatever ended a driver test with `?`. It is made from any error, and
/// shows that error with all its causes.
pub struct Error {
    text: String,
    errno: Option<Errno>,
    /// The outcome of a test that returns it.
    outcome: Outcome,
}

impl Error {
    /// An error that says `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            errno: None,
            outcome: Outcome::Failed,
        }
    }

    pub(crate) fn from_fault(fault: &Fault) -> Self {
        Self {
            text: chain(fault),
            errno: None,
            outcome: fault.outcome(),
        }
    }

    pub(crate) fn outcome(&self) -> Outcome {
        self.outcome
    }

    pub(crate) fn with_errno(mut self, errno: Errno) -> Self {
        self.errno = Some(errno);
        self
    }

    /// What the guest answered, where the error is an answer of the guest: a
    /// driver's probe that failed, say.
    pub fn errno(&self) -> Option<Errno> {
        self.errno
    }
}

/// An error and its causes on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

// The test harness shows the error that a test returns by `Debug`.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

// `Error` is no `std::error::Error` itself, since it is made from any.
impl<E: std::error::Error + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        let any: &dyn std::any::Any = &error;
        if let Some(fault) = any.downcast_ref::<Fault>() {
            return Self::from_fault(fault);
        }
        let errno = any.downcast_ref::<Errno>().copied();
        let text = match errno {
            Some(errno) => format!("a request to the guest failed with {errno}"),
            None => chain(&error),
        };
        let made = Self::new(text);
        match errno {
            Some(errno) => made.with_errno(errno),
            None => made,
        }
    }
}
