// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! GitLab's code quality report (`artifacts:reports:codequality`), which it
//! shows beside the lines of a merge request. The list of tests comes to
//! GitLab by JUnit.

use serde::Serialize;

use super::run::{Run, Test, outcome_name};

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

/// The failures as a code quality report.
///
/// # Errors
/// Those of the JSON writer.
pub(super) fn render(run: &Run) -> anyhow::Result<String> {
    let issues: Vec<Issue> = run
        .tests
        .iter()
        .filter(|test| test.failed())
        .map(issue)
        .collect();
    Ok(serde_json::to_string_pretty(&issues)? + "\n")
}

fn issue(test: &Test) -> Issue {
    let outcome = outcome_name(test.record.outcome);
    let reason = test.record.reason.lines().next().unwrap_or_default();
    let (path, begin) = match test.place() {
        Some((file, line)) => (file.to_owned(), line),
        None => (source(&test.record.driver), 1),
    };
    Issue {
        description: format!("{}: {reason}", test.path()),
        check_name: format!("roadtest/{outcome}"),
        // One per test and outcome, and the same in every run: GitLab tells
        // new issues from old ones by it.
        fingerprint: format!("roadtest:{}:{outcome}", test.path()),
        severity: "critical",
        location: Location {
            path,
            lines: Lines { begin },
        },
    }
}

/// The file of a driver's tests.
fn source(driver: &str) -> String {
    let module = driver.replace('-', "_");
    format!("crates/roadtest-drivers/tests/{module}.rs")
}

#[cfg(test)]
mod tests {
    use super::super::run::example;
    use super::*;

    #[test]
    fn every_failure_as_a_quality_issue() {
        insta::assert_snapshot!(render(&example()).expect("it is rendered"));
    }
}
