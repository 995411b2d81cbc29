// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Running one new test, and what its record says about it.

use std::path::Path;

use anyhow::Context as _;
use roadtest_record::event::{Event, What};
use roadtest_record::test::{Outcome, Record};

use roadtest_command::{process, workspace};

/// Where the records of new tests go, below the workspace.
const OUT: &str = "target/roadtest/new";

/// What became of a test.
#[derive(Clone, Debug, Default)]
pub(super) struct Ran {
    /// It passed.
    pub(super) passed: bool,
    /// Why it did not.
    pub(super) reason: String,
    /// Broken contracts, in order.
    pub(super) violations: Vec<String>,
    /// Reports of the kernel.
    pub(super) reports: Vec<String>,
}

/// Runs the test `name` of `driver`; its snapshot is written.
///
/// # Errors
/// Where it does not compile, or leaves no record.
pub(super) fn run(root: &Path, manifest: &Path, driver: &str, name: &str) -> anyhow::Result<Ran> {
    let out = root.join(OUT);
    if out.exists() {
        std::fs::remove_dir_all(&out)
            .with_context(|| format!("cannot remove {}", out.display()))?;
    }
    let mut command = process::cargo(root);
    command.args(["test", "--quiet", "--package", workspace::DRIVERS]);
    command.args(["--test", workspace::DRIVERS_TEST, "--", "--exact", name]);
    command.env(roadtest_record::test::OUT_ENV, &out);
    command.env(roadtest_record::kernel::MANIFEST_ENV, manifest);
    command.env("INSTA_UPDATE", "always");
    process::mark_as_ours(&mut command);
    command.stderr(std::process::Stdio::piped());
    let output = process::capture(&mut command)?;
    let test = name.rsplit("::").next().unwrap_or(name);
    let directory = out.join("tests").join(driver).join(test);
    let record: Record = match roadtest_record::load(&directory.join("record.json")) {
        Ok(record) => record,
        Err(_) => anyhow::bail!(
            "the new test does not run:\n{}",
            String::from_utf8_lossy(&output.stderr)
        ),
    };
    let timeline = directory.join("timeline.json");
    let events: Vec<Event> = if timeline.exists() {
        roadtest_record::load(&timeline)?
    } else {
        // Why: a board that makes no sense boots no kernel.
        Vec::new()
    };
    let violations = events.into_iter().filter_map(|event| match event.what {
        What::Violation { text, .. } | What::Unwise { text, .. } => Some(text),
        _ => None,
    });
    Ok(Ran {
        passed: record.outcome == Outcome::Passed && output.status.success(),
        reason: record.reason,
        violations: violations.collect(),
        reports: record.kernel_reports,
    })
}
