// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! KTAP version 1 (Documentation/dev-tools/ktap.rst): a suite per driver, a
//! result line per test, and before it what a failure has to say, as
//! diagnostics.

use std::fmt::Write as _;

use roadtest_record::test::Outcome;

use super::run::{Run, Test, outcome_name};

/// The run as KTAP.
pub(super) fn render(run: &Run) -> String {
    let suites = run.suites();
    let mut text = format!("KTAP version 1\n1..{}\n", suites.len());
    for (index, (driver, tests)) in suites.iter().enumerate() {
        suite(&mut text, index + 1, driver, tests);
    }
    text
}

// Writing to a String cannot fail, here and below.
fn suite(text: &mut String, number: usize, driver: &str, tests: &[&Test]) {
    let _ = writeln!(text, "    KTAP version 1\n    # Subtest: {driver}");
    let _ = writeln!(text, "    1..{}", tests.len());
    for (index, test) in tests.iter().enumerate() {
        result(text, index + 1, test);
    }
    let all_skipped = tests
        .iter()
        .all(|test| test.record.outcome == Outcome::Skipped);
    let failed = tests.iter().any(|test| test.failed());
    let word = if failed { "not ok" } else { "ok" };
    let skip = if all_skipped { " # SKIP" } else { "" };
    let _ = writeln!(text, "{word} {number} {driver}{skip}");
}

fn result(text: &mut String, number: usize, test: &Test) {
    let record = &test.record;
    let name = &test.test;
    match record.outcome {
        Outcome::Passed => {
            let _ = writeln!(text, "    ok {number} {name}");
        }
        Outcome::Skipped => {
            let reason = record.reason.lines().next().unwrap_or_default();
            let _ = writeln!(text, "    ok {number} {name} # SKIP {reason}");
        }
        _ => {
            diagnose(text, test);
            let _ = writeln!(text, "    not ok {number} {name}");
        }
    }
}

/// Comment lines: a reader of KTAP shows them with the result that follows.
fn diagnose(text: &mut String, test: &Test) {
    let record = &test.record;
    let mut line = |what: &str| {
        let _ = writeln!(text, "    # {what}");
    };
    line(&format!(
        "{}: {}",
        test.test,
        outcome_name(record.outcome).replace('_', " ")
    ));
    for reason in record.reason.lines() {
        line(reason.trim_end());
    }
    for report in &record.kernel_reports {
        line(report);
    }
}

#[cfg(test)]
mod tests {
    use super::super::run::example;
    use super::*;

    #[test]
    fn every_outcome_as_ktap() {
        insta::assert_snapshot!(render(&example()));
    }

    #[test]
    fn a_driver_whose_tests_are_all_skipped_is_skipped() {
        let mut run = example();
        run.tests
            .retain(|test| test.record.outcome == Outcome::Skipped);
        insta::assert_snapshot!(render(&run), @r"
        KTAP version 1
        1..1
            KTAP version 1
            # Subtest: iio/light/opt3001
            1..1
            ok 1 buffers # SKIP CONFIG_IIO_BUFFER is not in this kernel
        ok 1 iio/light/opt3001 # SKIP
        ");
    }
}
