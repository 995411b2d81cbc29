// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What happens during a run. The runner makes these; `report` renders them.
//! Nothing here formats anything.

use std::path::PathBuf;
use std::time::Duration;

use roadtest_record::kernel::Kernel;
use roadtest_record::test::{Outcome, Record};

use crate::catalog::Test;

/// Something happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The tests are about to run.
    Started {
        /// How many will run or be skipped.
        tests: usize,
        /// On which kernel.
        kernel: Box<Kernel>,
    },
    /// A test still runs, after this time.
    Slow(Box<Test>, Duration),
    /// A test ended, or was skipped.
    Finished(Box<Verdict>),
    /// The run is over.
    Ended {
        /// Every test of the run, sorted.
        verdicts: Vec<Verdict>,
        /// Where the summary was written.
        summary: PathBuf,
    },
}

/// How one test ended, and what a reader needs to understand it.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Which test.
    pub test: Test,
    /// What goes into the summary.
    pub record: Record,
    /// Present where the test did not pass.
    pub evidence: Option<Evidence>,
}

/// What a reader needs to understand a failure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// The end of the timeline, one entry a line.
    pub timeline: Vec<String>,
    /// The end of the kernel's log.
    pub dmesg: Vec<String>,
    /// What the test printed, without what the runner added.
    pub output: Vec<String>,
    /// Where all of it is.
    pub directory: Option<PathBuf>,
}

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Ended well.
    pub passed: usize,
    /// Ended in any of the bad ways.
    pub failed: usize,
    /// Could not run on this kernel.
    pub skipped: usize,
}

impl Counts {
    /// Counts verdicts.
    pub fn of<'a>(verdicts: impl IntoIterator<Item = &'a Verdict>) -> Self {
        Self::of_outcomes(verdicts.into_iter().map(|verdict| verdict.record.outcome))
    }

    /// Counts outcomes that have lost their verdicts.
    pub fn of_outcomes(outcomes: impl IntoIterator<Item = Outcome>) -> Self {
        let mut counts = Self::default();
        for outcome in outcomes {
            match outcome {
                Outcome::Passed => counts.passed += 1,
                Outcome::Skipped => counts.skipped += 1,
                _ => counts.failed += 1,
            }
        }
        counts
    }

    /// Adds another count to this one.
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// `12 passed, 0 failed, 1 skipped`: CI farms read this line.
impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}
