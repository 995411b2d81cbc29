// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What a verb ends with, and the exit code that stands for it. The codes
//! are part of the interface: see the table in the README.

use std::fmt::Display;
use std::process::ExitCode;

use crate::{console, process};

/// How a verb ended that did its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Nothing failed: exit code 0.
    AllPassed,
    /// A test or a check failed: exit code 1.
    SomeFailed,
}

impl Done {
    /// [`Done::AllPassed`] for a count of zero.
    pub fn from_failed(failed: usize) -> Self {
        match failed {
            0 => Self::AllPassed,
            _ => Self::SomeFailed,
        }
    }
}

/// The command line asks for something that does not exist: exit code 2.
#[derive(Debug)]
struct Usage(String);

impl Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// An error that ends with exit code 2.
pub fn usage(text: impl Into<String>) -> anyhow::Error {
    Usage(text.into()).into()
}

/// Says what went wrong, if anything did, and turns it into an exit code.
pub fn code(done: anyhow::Result<Done>) -> ExitCode {
    if process::interrupted() {
        process::wait_for_the_end();
    }
    match done {
        Ok(Done::AllPassed) => ExitCode::SUCCESS,
        Ok(Done::SomeFailed) => ExitCode::from(1),
        Err(error) => {
            console::problem(&format!("{error:#}"));
            ExitCode::from(if error.is::<Usage>() { 2 } else { 3 })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    #[test]
    fn wrong_usage_is_recognised_below_its_context() {
        let error = Err::<(), _>(usage("no such test"))
            .context("cannot choose tests")
            .expect_err("an error was made");
        assert!(error.is::<Usage>());
    }

    #[test]
    fn no_failure_means_all_passed() {
        assert_eq!(Done::from_failed(0), Done::AllPassed);
        assert_eq!(Done::from_failed(2), Done::SomeFailed);
    }
}
