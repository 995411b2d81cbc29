// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A run that is over, read back from its records: what every report is made
//! from. Nothing here formats anything.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use roadtest_command::exit;
use roadtest_record::event::Event;
use roadtest_record::summary::{KernelIdentity, Summary};
use roadtest_record::test::{Outcome, Record};

use crate::catalog;
use crate::event::Counts;
use crate::filter;

/// A run that is over.
#[derive(Debug)]
pub struct Run {
    /// The kernel that the tests ran on.
    pub kernel: KernelIdentity,
    /// Every test, sorted by driver and then by name.
    pub tests: Vec<Test>,
}

/// A test of the run.
#[derive(Clone, Debug)]
pub struct Test {
    /// What the run says of it.
    pub record: Record,
    /// The name below its driver: `reads_lux`.
    pub test: String,
    /// The directory of its files; empty where it never ran.
    pub directory: PathBuf,
    /// What happened; empty where it never ran.
    pub events: Vec<Event>,
    /// The kernel's log.
    pub dmesg: String,
    /// What the test printed, kept only where it failed.
    pub output: String,
}

impl Test {
    /// `iio/light/opt3001/reads_lux`
    pub fn path(&self) -> String {
        format!("{}/{}", self.record.driver, self.test)
    }

    /// Whether this test counts as a failure.
    pub fn failed(&self) -> bool {
        !matches!(self.record.outcome, Outcome::Passed | Outcome::Skipped)
    }

    /// Source file, relative to the workspace, and line that the failure
    /// names, if it does: the `(FILE:LINE)` at the end of its reason, what
    /// insta calls the source, or where the panic was.
    pub fn place(&self) -> Option<(&str, u32)> {
        let reason = self.record.reason.trim_end().strip_suffix(')');
        let in_reason = reason.and_then(|text| Some(text.rsplit_once('(')?.1));
        let in_output = self.output.lines().filter_map(|line| {
            let source = line.trim_start().strip_prefix("Source: ");
            let panic = || Some(line.split_once(" panicked at ")?.1.trim_end_matches(':'));
            source.or_else(|| Some(panic()?.rsplit_once(':')?.0))
        });
        in_reason
            .into_iter()
            .chain(in_output)
            .find_map(file_and_line)
    }
}

fn file_and_line(text: &str) -> Option<(&str, u32)> {
    let (file, line) = text.rsplit_once(':')?;
    let line = line.trim().parse().ok()?;
    // Why: an absolute path is that of a library, or of another machine.
    (file.ends_with(".rs") && Path::new(file).is_relative()).then_some((file, line))
}

/// How an outcome is called in reports, as in `record.json`.
pub(super) fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::Skipped => "skipped",
        Outcome::KernelReport => "kernel_report",
        Outcome::ModelViolation => "model_violation",
        Outcome::GuestDied => "guest_died",
        Outcome::TimedOut => "timed_out",
        Outcome::Error => "error",
    }
}

impl Run {
    /// Reads what a run left in `out`. `root` is the workspace.
    ///
    /// # Errors
    /// Where no run has ended there, or a file is damaged.
    pub fn load(root: &Path, out: &Path) -> anyhow::Result<Self> {
        let drivers = catalog::drivers(root);
        let summary: Summary = roadtest_record::load(&out.join("summary.json"))
            .context("there is no finished run to report: run `cargo xtask roadtest`")?;
        let tests = summary
            .tests
            .into_iter()
            .map(|record| Test::load(record, &drivers, out))
            .collect::<anyhow::Result<_>>()?;
        Ok(Self::new(summary.kernel, tests))
    }

    fn new(kernel: KernelIdentity, mut tests: Vec<Test>) -> Self {
        tests.sort_by(|a, b| (&a.record.driver, &a.test).cmp(&(&b.record.driver, &b.test)));
        Self { kernel, tests }
    }

    /// The tests of each driver, in order.
    pub fn suites(&self) -> BTreeMap<&str, Vec<&Test>> {
        let mut suites: BTreeMap<&str, Vec<&Test>> = BTreeMap::new();
        for test in &self.tests {
            suites.entry(&test.record.driver).or_default().push(test);
        }
        suites
    }

    /// How many ended how.
    pub fn counts(&self) -> Counts {
        Counts::of_outcomes(self.tests.iter().map(|test| test.record.outcome))
    }

    /// The one test that `wanted` names.
    ///
    /// # Errors
    /// None or several, with the nearest names.
    pub fn find(&self, wanted: &str) -> anyhow::Result<&Test> {
        let tests: Vec<catalog::Test> = self.tests.iter().map(Test::catalogued).collect();
        let chosen = filter::one(&tests, wanted).map_err(|error| {
            exit::usage(format!(
                "{error}; these are of the last run, and `cargo xtask roadtest` runs others"
            ))
        })?;
        self.tests
            .iter()
            .find(|test| test.record.name == chosen.name)
            .context("a test of the run was lost")
    }
}

impl Test {
    fn load(record: Record, drivers: &[String], out: &Path) -> anyhow::Result<Self> {
        let test = catalog::resolve(&record.name, drivers).test;
        let mut loaded = Self {
            record,
            test,
            directory: PathBuf::new(),
            events: Vec::new(),
            dmesg: String::new(),
            output: String::new(),
        };
        if loaded.record.timeline.as_os_str().is_empty() {
            return Ok(loaded);
        }
        loaded.directory = out
            .join(&loaded.record.timeline)
            .parent()
            .unwrap_or(out)
            .to_owned();
        let timeline = loaded.directory.join("timeline.json");
        if timeline.exists() {
            loaded.events = roadtest_record::load(&timeline)?;
        }
        // Why: a test that died early leaves some of its files unwritten.
        let text = |name: &str| {
            let bytes = std::fs::read(loaded.directory.join(name)).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let (dmesg, output) = (text("dmesg.txt"), text("output.txt"));
        loaded.dmesg = dmesg;
        loaded.output = anstream::adapter::strip_str(&output).to_string();
        Ok(loaded)
    }

    fn catalogued(&self) -> catalog::Test {
        catalog::Test {
            name: self.record.name.clone(),
            driver: self.record.driver.clone(),
            test: self.test.clone(),
        }
    }
}

#[cfg(test)]
pub(crate) use example::{example, example_directory};

#[cfg(test)]
#[path = "example.rs"]
mod example;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_read_back_with_everything_that_its_tests_left() {
        let out = example_directory();
        let run = Run::load(Path::new("/nowhere"), out.path()).expect("the run is complete");
        assert_eq!(run.counts().to_string(), "1 passed, 3 failed, 1 skipped");
        let failed = run.find("reads_lux").expect("there is one");
        assert_eq!(failed.test, "reads_lux");
        assert_eq!(failed.events.len(), example().tests[2].events.len());
        assert_eq!(
            failed.place(),
            Some(("crates/roadtest-drivers/tests/iio/light/opt3001.rs", 42))
        );
    }

    #[test]
    fn the_place_of_a_snapshot_is_not_in_the_library() {
        let mut test = example().tests[1].clone();
        test.record.reason = "snapshot assertion failed".to_owned();
        test.output = "Source: crates/d/tests/rtc.rs:31\n\
            thread 'x' (1) panicked at /registry/insta/runtime.rs:734:13:\n"
            .to_owned();
        assert_eq!(test.place(), Some(("crates/d/tests/rtc.rs", 31)));
        test.output.clear();
        assert_eq!(test.place(), None);
    }

    #[test]
    fn a_test_that_does_not_exist_gives_the_nearest_names() {
        let error = example().find("reads_lx").expect_err("there is none");
        assert!(
            error
                .to_string()
                .starts_with("no test matches 'reads_lx'; nearest: iio/light/opt3001/reads_lux"),
            "{error}"
        );
        let error = example().find("opt3001").expect_err("there are several");
        assert!(
            error
                .to_string()
                .starts_with("'opt3001' matches several tests: iio/light/opt3001/"),
            "{error}"
        );
    }

    #[test]
    fn without_a_run_there_is_nothing_to_report() {
        let empty = tempfile::tempdir().expect("a directory");
        let error = Run::load(empty.path(), empty.path()).expect_err("nothing ran");
        assert!(
            error.to_string().contains("cargo xtask roadtest"),
            "{error}"
        );
    }
}
