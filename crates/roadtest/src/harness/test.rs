// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! One test, as `#[roadtest::test]` registers it, and what its body may
//! return.

use std::any::Any;
use std::fmt::Debug;

use roadtest_model::SimTime;
use roadtest_record::test::Outcome;

use crate::error::Error;

/// A test. Made by `#[roadtest::test]` only.
#[doc(hidden)]
pub struct Test {
    /// `drivers::iio::light::opt3001`
    pub module: &'static str,
    /// `reads_lux`
    pub name: &'static str,
    /// Its source file, relative to the workspace.
    pub file: &'static str,
    /// Runs it.
    pub body: fn() -> Result<(), Failure>,
    /// The first version of Linux that it applies to.
    pub since: Option<(u32, u32)>,
    /// The first version of Linux that it does not apply to any more.
    pub before: Option<(u32, u32)>,
    /// Why; empty without a version.
    pub why: &'static str,
    /// Processor time that it may take, in seconds.
    pub host_limit_s: Option<u64>,
    /// Virtual time that a guest of it may live.
    pub virtual_limit: Option<SimTime>,
}

inventory::collect!(Test);

impl Test {
    /// As `cargo test` names it: without the crate,
    /// `iio::light::opt3001::reads_lux`.
    pub(super) fn full_name(&self) -> String {
        match self.module.split_once("::") {
            Some((_, module)) => format!("{module}::{}", self.name),
            None => self.name.to_owned(),
        }
    }

    /// Why it is skipped on this version of Linux, if it is.
    pub(super) fn lacking(&self, version: (u32, u32)) -> Option<String> {
        let too_old = self.since.filter(|&since| version < since);
        let too_new = self.before.filter(|&before| version >= before);
        let why = self.why;
        match (too_old, too_new) {
            (Some((major, minor)), _) => Some(format!("needs Linux {major}.{minor}: {why}")),
            (_, Some((major, minor))) => Some(format!("needs Linux before {major}.{minor}: {why}")),
            _ => None,
        }
    }
}

/// The error that a test returned.
#[doc(hidden)]
#[derive(Debug)]
pub struct Failure {
    pub(super) outcome: Outcome,
    pub(super) text: String,
}

/// What a test may return.
#[doc(hidden)]
pub trait End {
    /// How the test ended.
    ///
    /// # Errors
    /// The error that it returned.
    fn end(self) -> Result<(), Failure>;
}

impl End for () {
    fn end(self) -> Result<(), Failure> {
        Ok(())
    }
}

impl<E: Debug + 'static> End for Result<(), E> {
    fn end(self) -> Result<(), Failure> {
        self.map_err(|error| {
            let ours = (&error as &dyn Any).downcast_ref::<Error>();
            Failure {
                outcome: ours.map_or(Outcome::Failed, Error::outcome),
                text: format!("{error:?}"),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(module: &'static str) -> Test {
        Test {
            module,
            name: "reads",
            file: "tests/a.rs",
            body: || Ok(()),
            since: Some((6, 8)),
            before: Some((7, 0)),
            why: "the driver has it",
            host_limit_s: None,
            virtual_limit: None,
        }
    }

    #[test]
    fn a_test_is_named_without_its_crate() {
        assert_eq!(test("drivers::iio::a").full_name(), "iio::a::reads");
        assert_eq!(test("drivers").full_name(), "reads");
    }

    #[test]
    fn a_version_that_lacks_something_is_named_with_the_reason() {
        let lacking = |version| test("drivers").lacking(version);
        assert_eq!(
            lacking((6, 7)).as_deref(),
            Some("needs Linux 6.8: the driver has it")
        );
        assert_eq!(lacking((6, 12)), None);
        assert_eq!(
            lacking((7, 3)).as_deref(),
            Some("needs Linux before 7.0: the driver has it")
        );
    }
}

/// What a test's board is booted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The test's body runs, and is judged.
    Test,
    /// A user explores the board, with all the time there is.
    Exploration,
}
