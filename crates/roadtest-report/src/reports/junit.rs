// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! JUnit XML, by quick-junit: a suite per driver. An assertion that did not
//! hold is a failure; a kernel report, a broken contract or a dead guest is
//! an error, which many viewers show apart.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use roadtest_record::flavour::SANITIZED;
use roadtest_record::test::Outcome;

use super::run::{Run, Test, outcome_name};

/// The run as JUnit XML.
///
/// # Errors
/// Those of the XML writer.
pub(super) fn render(run: &Run) -> anyhow::Result<String> {
    let mut report = Report::new("roadtest");
    report.set_time(total(&run.tests.iter().collect::<Vec<_>>()));
    for (driver, tests) in run.suites() {
        let mut suite = TestSuite::new(driver);
        suite.add_property(("kernel.release", run.kernel.release.as_str()));
        suite.add_property(("kernel.source", run.kernel.source.as_str()));
        let sanitized = (run.kernel.flavour == SANITIZED).to_string();
        suite.add_property(("kernel.flavour", run.kernel.flavour.as_str()));
        suite.add_property(("kernel.sanitized", sanitized.as_str()));
        suite.set_time(total(&tests));
        for test in tests {
            suite.add_test_case(case(test));
        }
        report.add_test_suite(suite);
    }
    Ok(report.to_string()?)
}

fn total(tests: &[&Test]) -> Duration {
    tests.iter().map(|test| wall(test)).sum()
}

fn wall(test: &Test) -> Duration {
    Duration::try_from_secs_f64(test.record.wall_ms / 1000.0).unwrap_or_default()
}

fn case(test: &Test) -> TestCase {
    let record = &test.record;
    let mut status = match record.outcome {
        Outcome::Passed => TestCaseStatus::success(),
        Outcome::Skipped => TestCaseStatus::skipped(),
        Outcome::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
        _ => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    if record.outcome != Outcome::Passed {
        status.set_message(record.reason.lines().next().unwrap_or_default());
    }
    if test.failed() {
        status.set_type(outcome_name(record.outcome));
        status.set_description(details(test));
    }
    let mut case = TestCase::new(test.test.as_str(), status);
    case.set_classname(record.driver.as_str());
    case.set_time(wall(test));
    let virtual_ms = record.virtual_ns as f64 / 1e6;
    case.add_property(("virtual_ms", format!("{virtual_ms}").as_str()));
    case.add_property(("transfers", record.transfers.to_string().as_str()));
    if test.failed() {
        if !test.output.is_empty() {
            case.set_system_out(test.output.as_str());
        }
        if !test.dmesg.is_empty() {
            case.set_system_err(test.dmesg.as_str());
        }
    }
    case
}

fn details(test: &Test) -> String {
    let record = &test.record;
    let mut text = record.reason.clone();
    for (name, value) in [("expected", &record.expected), ("got", &record.got)] {
        if let Some(value) = value {
            text.push_str(&format!("\n{name}: {value}"));
        }
    }
    for report in &record.kernel_reports {
        text.push_str(&format!("\n{report}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::run::example;
    use super::*;

    #[test]
    fn every_outcome_as_junit() {
        insta::assert_snapshot!(render(&example()).expect("it is rendered"));
    }

    #[test]
    fn text_that_is_no_xml_survives() {
        let text = render(&example()).expect("it is rendered");
        let read = Report::deserialize_from_str(&text).expect("it is valid");
        let case = &read.test_suites[1].test_cases[0];
        let TestCaseStatus::NonSuccess { message, .. } = &case.status else {
            panic!("it failed");
        };
        let message = message.as_ref().map(|message| message.as_str());
        assert_eq!(
            message,
            Some("tmp117: write to <reserved> bit 15 & \"more\", 100%")
        );
    }
}
