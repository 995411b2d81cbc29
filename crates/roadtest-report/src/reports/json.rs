// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! JSON for other programs. `docs/report.schema.json` describes it; its
//! version counts up when a reader of the old one would go wrong, not when a
//! field is added.

use roadtest_record::flavour::SANITIZED;
use roadtest_record::test::Outcome;
use serde::Serialize;

use super::run::{Run, Test, outcome_name};

/// The version that this writes.
const VERSION: u32 = 1;

/// A run of driver tests.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(title = "roadtest report"))]
struct Report {
    /// `roadtest-report`
    format: &'static str,
    /// 1; counts up when a reader of the old version would go wrong.
    version: u32,
    /// The kernel that the tests ran on.
    kernel: Kernel,
    /// How many tests ended how.
    counts: Counts,
    /// Every test, sorted by driver and name.
    tests: Vec<Case>,
}

/// The kernel that the tests ran on.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Kernel {
    /// As `uname -r` says it.
    release: String,
    /// `debian:VERSION`, or the path of a tree.
    source: String,
    /// A hash of tree, fragments and toolchain.
    config_fingerprint: String,
    /// `plain`, or what it has beyond what its drivers need: `sanitized`.
    flavour: String,
    /// Whether the kernel's own checkers are built in.
    sanitized: bool,
}

/// How many tests ended how.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Counts {
    /// Ended well.
    passed: usize,
    /// Ended in any of the bad ways.
    failed: usize,
    /// Could not run on this kernel.
    skipped: usize,
}

/// One test.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Case {
    /// The source path under the kernel's `drivers/`, without `.c`.
    driver: String,
    /// The test's name below its driver.
    test: String,
    /// `passed`, `failed`, `skipped`, `kernel_report`, `model_violation`,
    /// `guest_died`, `timed_out` or `error`.
    outcome: &'static str,
    /// Why it did not pass; empty where it did.
    reason: String,
    /// The right side of the assertion that failed.
    expected: Option<String>,
    /// The left side of the assertion that failed.
    got: Option<String>,
    /// The source file of the failure, relative to the workspace.
    file: Option<String>,
    /// The line in that file.
    line: Option<u32>,
    /// From the start of the test to its end.
    wall_ms: f64,
    /// From starting the kernel to its readiness.
    boot_ms: f64,
    /// Virtual time at the end.
    virtual_ns: u64,
    /// Bus transfers.
    transfers: u64,
    /// The kernel's reports, a first line each.
    kernel_reports: Vec<String>,
    /// The directory of its timeline and log, relative to the run's; none
    /// where it never ran.
    // Why: the name that readers of this version of the format know.
    #[serde(rename = "folder")]
    directory: Option<String>,
}

/// The run as JSON.
///
/// # Errors
/// Those of the JSON writer.
pub(super) fn render(run: &Run) -> anyhow::Result<String> {
    let counts = run.counts();
    let report = Report {
        format: "roadtest-report",
        version: VERSION,
        kernel: Kernel {
            release: run.kernel.release.clone(),
            source: run.kernel.source.clone(),
            config_fingerprint: run.kernel.config_fingerprint.clone(),
            flavour: run.kernel.flavour.clone(),
            sanitized: run.kernel.flavour == SANITIZED,
        },
        counts: Counts {
            passed: counts.passed,
            failed: counts.failed,
            skipped: counts.skipped,
        },
        tests: run.tests.iter().map(case).collect(),
    };
    Ok(serde_json::to_string_pretty(&report)? + "\n")
}

fn case(test: &Test) -> Case {
    let record = &test.record;
    let place = match record.outcome {
        Outcome::Passed | Outcome::Skipped => None,
        _ => test.place(),
    };
    let directory = record.timeline.parent();
    Case {
        driver: record.driver.clone(),
        test: test.test.clone(),
        outcome: outcome_name(record.outcome),
        reason: record.reason.clone(),
        expected: record.expected.clone(),
        got: record.got.clone(),
        file: place.map(|(file, _)| file.to_owned()),
        line: place.map(|(_, line)| line),
        wall_ms: record.wall_ms,
        boot_ms: record.boot_ms,
        virtual_ns: record.virtual_ns,
        transfers: record.transfers,
        kernel_reports: record.kernel_reports.clone(),
        directory: directory.map(|directory| directory.display().to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::run::example;
    use super::*;

    #[test]
    fn every_outcome_as_json() {
        insta::assert_snapshot!(render(&example()).expect("it is rendered"));
    }

    /// `INSTA_UPDATE=always` writes the schema anew.
    #[test]
    fn the_schema_in_the_documentation_is_that_of_the_code() {
        let schema = schemars::schema_for!(Report);
        let text = serde_json::to_string_pretty(&schema).expect("it is JSON") + "\n";
        let root = roadtest_record::workspace::root().expect("a workspace");
        let path = root.join("docs/report.schema.json");
        if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
            std::fs::write(&path, &text).expect("it is written");
        }
        let documented = std::fs::read_to_string(&path).expect("it is there");
        assert!(
            documented == text,
            "docs/report.schema.json is not that of the code; \
             INSTA_UPDATE=always cargo test -p roadtest-report writes it"
        );
    }
}
