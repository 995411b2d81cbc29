// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The tests of the workspace itself, of every package but the driver tests:
//! unit tests, property tests and the examples in the documentation, and the
//! few that boot a kernel. Always by `cargo test`, which nextest does not
//! replace for documentation.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context as _;
use roadtest_command::{console, process, workspace};
use roadtest_record::kernel::MANIFEST_ENV;
use roadtest_record::test::OUT_ENV;
use roadtest_report::event::Counts;
use roadtest_run::runner;

use crate::tree::TREE_ENV;

/// Runs them, passes on what they print, and counts them.
///
/// # Errors
/// Where cargo cannot be started.
pub(super) fn run(root: &Path) -> anyhow::Result<Counts> {
    let mut command = process::cargo(root);
    command.args(["test", "--workspace", "--no-fail-fast"]);
    command.args(["--exclude", workspace::DRIVERS]);
    count(command)
}

/// Runs the framework's own tests on a kernel, and counts them.
///
/// # Errors
/// Where cargo cannot be started.
pub(super) fn on_kernel(root: &Path, manifest: &Path) -> anyhow::Result<Counts> {
    let mut command = process::cargo(root);
    command.args(["test", "--package", "roadtest", "--no-fail-fast"]);
    command.args(["--features", "kernel", "--test", "*"]);
    command.env(MANIFEST_ENV, manifest);
    command.env(OUT_ENV, root.join("target/roadtest/ci/framework"));
    count(command)
}

/// Runs what a user does in a kernel tree, in one that was just unpacked, and
/// counts it.
///
/// # Errors
/// Where cargo cannot be started.
pub(super) fn in_tree(root: &Path, tree: &Path) -> anyhow::Result<Counts> {
    let mut command = process::cargo(root);
    command.args(["test", "--package", "roadtest-ci"]);
    command.args(["--features", "kernel", "--test", "in_tree"]);
    command.env(TREE_ENV, tree);
    count(command)
}

fn count(mut command: Command) -> anyhow::Result<Counts> {
    runner::snapshot_rules(&mut command);
    let mut child = process::start(command.stdout(Stdio::piped()))?;
    let stdout = child.stdout.take().context("cargo test has no output")?;
    let mut counts = Counts::default();
    for line in BufReader::new(stdout).split(b'\n') {
        let line = line.context("cannot read from cargo test")?;
        let line = String::from_utf8_lossy(&line);
        if let Some(more) = result(&line) {
            counts.add(more);
        }
        if !is_chatter(&line) {
            console::line(&line);
        }
    }
    let status = child.wait().context("cannot wait for cargo test")?;
    if !status.success() && counts.failed == 0 {
        // Why: something did not compile, or a test's process died.
        counts.failed = 1;
    }
    Ok(counts)
}

/// `test result: ok. 3 passed; 0 failed; 1 ignored; …`
fn result(line: &str) -> Option<Counts> {
    let rest = line.strip_prefix("test result: ")?;
    let number = |word: &str| {
        rest.split([';', '.'])
            .find_map(|part| part.trim().strip_suffix(word)?.trim().parse::<usize>().ok())
    };
    Some(Counts {
        passed: number("passed")?,
        failed: number("failed")?,
        skipped: number("ignored")?,
    })
}

/// Lines that say nothing when all is well.
fn is_chatter(line: &str) -> bool {
    line.is_empty()
        || line.starts_with("running ")
        || line.starts_with("test result: ok")
        || (line.starts_with("test ") && (line.ends_with(" ok") || line.contains(" ... ok")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_counted() {
        let line = "test result: FAILED. 3 passed; 2 failed; 1 ignored; 0 measured; 1 filtered out";
        let counts = result(line).expect("it is a result");
        assert_eq!(counts.to_string(), "3 passed, 2 failed, 1 skipped");
        assert_eq!(result("test a ... ok"), None);
    }
}
