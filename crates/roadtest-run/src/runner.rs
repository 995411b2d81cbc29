// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Running the test binary, by nextest where that is installed and by
//! `cargo test` where it is not. Both give the same [`Finish`]es; what they
//! mean is decided in `verdict`.

mod libtest;
mod nextest;

use std::path::{Path, PathBuf};
use std::process::Command;

use roadtest_command::{process, workspace};
use roadtest_report::catalog::Test;

/// What a runner says about a test that has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Finish {
    /// As `cargo test` names it.
    pub name: String,
    /// The runner's verdict.
    pub said: Said,
    /// Wall-clock seconds, where the runner measures them.
    pub seconds: Option<f64>,
    /// What the test printed; may be empty where it passed.
    pub output: String,
}

/// The runner's verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// `ok`.
    Passed,
    /// Panicked, or returned an error.
    Failed,
    /// `#[ignore]`.
    Ignored,
    /// The test's process ended without a verdict: how.
    Died(String),
}

/// What to run, and how.
#[derive(Clone, Debug)]
pub struct Job {
    /// The workspace.
    pub root: PathBuf,
    /// The tests; never empty.
    pub tests: Vec<Test>,
    /// How many at a time; the runner's choice where `None`.
    pub jobs: Option<usize>,
    /// Where the tests put their records.
    pub out: PathBuf,
    /// The manifest of the kernel that they boot.
    pub manifest: PathBuf,
}

/// Which program runs the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Program {
    /// `cargo nextest run`
    Nextest,
    /// `cargo test`
    CargoTest,
}

impl Program {
    /// nextest where it is installed.
    pub fn installed() -> Self {
        if workspace::has_program("cargo-nextest") {
            Self::Nextest
        } else {
            Self::CargoTest
        }
    }
}

/// Runs the tests, and calls `each` as they end.
///
/// # Errors
/// Where the runner cannot be started, or does not say what it should.
pub fn run(program: Program, job: &Job, each: &mut dyn FnMut(Finish)) -> anyhow::Result<()> {
    match program {
        Program::Nextest => nextest::run(job, each),
        Program::CargoTest => libtest::run(job, each),
    }
}

/// A cargo with the environment that the tests expect.
fn cargo(job: &Job) -> Command {
    let mut command = process::cargo(&job.root);
    command.env(roadtest_record::test::OUT_ENV, &job.out);
    command.env(roadtest_record::kernel::MANIFEST_ENV, &job.manifest);
    process::mark_as_ours(&mut command);
    snapshot_rules(&mut command);
    if std::env::var_os("RUST_BACKTRACE").is_none() {
        // Why: nextest turns them on, and the timeline says more.
        command.env("RUST_BACKTRACE", "0");
    }
    command
}

/// Snapshots are never accepted by running; CI does not even write drafts.
pub fn snapshot_rules(command: &mut Command) {
    command.env("INSTA_FORCE_PASS", "0");
    if workspace::is_ci() {
        command.env("INSTA_UPDATE", "no");
    }
}

/// The arguments that name the package and the test binary.
fn target(command: &mut Command) {
    command.args(["--package", workspace::DRIVERS]);
    command.args(["--test", workspace::DRIVERS_TEST]);
}

/// The last lines of a text, for an error message.
fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// The folder of a test's record.
pub fn record_folder(out: &Path, test: &Test) -> PathBuf {
    out.join("tests").join(&test.driver).join(&test.test)
}
