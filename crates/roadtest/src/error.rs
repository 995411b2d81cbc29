// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What a driver test may return, and how a test's reason gets into its
//! record.

use std::fmt;

use crate::{Errno, Fault};

/// The result of a driver test.
pub type Result<T = ()> = std::result::Result<T, Error>;

/// Whatever ended a driver test with `?`. It is made from any error, and
/// shows that error with all its causes.
pub struct Error {
    text: String,
    errno: Option<Errno>,
    /// Its number among the test's errors; a fault has none.
    number: Option<u64>,
}

impl Drop for Error {
    /// The test has handled it.
    fn drop(&mut self) {
        if let Some(number) = self.number {
            crate::context::forget_error(number);
        }
    }
}

impl Error {
    /// An error that says `text`.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            number: Some(crate::context::note_error(&text)),
            text,
            errno: None,
        }
    }

    pub(crate) fn from_fault(fault: &Fault) -> Self {
        crate::context::note_fault(fault);
        Self {
            text: chain(fault),
            errno: None,
            number: None,
        }
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
