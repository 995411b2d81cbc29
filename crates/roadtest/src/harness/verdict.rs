// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What becomes of a test: a value, computed from how its body ended and from
//! what its guests left. The most telling reason comes first.

use roadtest_record::test::Outcome;

use super::Failure;
use crate::uml::Finished;

/// How the body of a test ended.
#[derive(Debug)]
pub(super) enum Ending {
    /// It returned.
    Returned,
    /// It returned an error.
    Failed(Failure),
    /// It panicked, with this message and place.
    Panicked(String),
    /// A user explored its board instead; with what ended that, if it was an
    /// error.
    Explored(Option<String>),
}

/// The outcome, and why the test did not pass.
pub(super) fn of(ending: &Ending, machines: &[Finished]) -> (Outcome, String) {
    // A user who explores a board may break what a test must not.
    if let Ending::Explored(error) = ending {
        return match error {
            Some(error) => (Outcome::Failed, error.clone()),
            None => (Outcome::Passed, String::new()),
        };
    }
    if let Some(report) = machines.iter().find_map(|one| one.kernel_reports.first()) {
        let reason = format!("the kernel reported: {report}");
        return (Outcome::KernelReport, reason);
    }
    if let Some(fault) = machines.iter().find_map(|one| one.fault.clone()) {
        return fault;
    }
    if let Some(violation) = machines.iter().find_map(|one| one.violations.first()) {
        return (Outcome::ModelViolation, violation.clone());
    }
    match ending {
        Ending::Panicked(reason) => (Outcome::Failed, reason.clone()),
        Ending::Failed(failure) => (failure.outcome, failure.text.clone()),
        Ending::Returned | Ending::Explored(_) => (Outcome::Passed, String::new()),
    }
}

/// Expected and got from the message of a failed `assert_eq!(got, expected)`.
pub(super) fn sides(reason: &str) -> Option<(String, String)> {
    let after = |mark: &str| {
        let start = reason.find(mark)? + mark.len();
        reason[start..].lines().next().map(str::to_owned)
    };
    let got = after("\n  left: ")?;
    let expected = after("\n right: ")?;
    // The place of the panic follows the last line.
    let expected = match expected.rfind(" (") {
        Some(end) if expected.ends_with(')') => expected[..end].to_owned(),
        _ => expected,
    };
    Some((expected, got))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed() -> Ending {
        Ending::Failed(Failure {
            outcome: Outcome::Failed,
            text: "the read failed".into(),
        })
    }

    #[test]
    fn a_failed_comparison_names_what_was_expected_and_what_came() {
        let reason =
            "assertion `left == right` failed\n  left: Err(EIO)\n right: Ok(\"1\") (a.rs:3)";
        assert_eq!(sides(reason), Some(("Ok(\"1\")".into(), "Err(EIO)".into())));
        assert_eq!(sides("something else"), None);
    }

    #[test]
    fn any_machine_can_fail_a_test_and_a_report_outweighs_the_rest() {
        let quiet = Finished::default();
        let broken = Finished {
            violations: vec!["reserved bit".into()],
            ..Finished::default()
        };
        let dead = Finished {
            fault: Some((Outcome::GuestDied, "it died".into())),
            ..Finished::default()
        };
        let warns = Finished {
            kernel_reports: vec!["WARNING: CPU: 0".into()],
            ..Finished::default()
        };
        let outcome = |machines: &[&Finished]| {
            let machines: Vec<Finished> = machines.iter().map(|&one| one.clone()).collect();
            of(&failed(), &machines).0
        };
        assert_eq!(outcome(&[]), Outcome::Failed);
        assert_eq!(outcome(&[&quiet, &broken]), Outcome::ModelViolation);
        assert_eq!(outcome(&[&broken, &dead]), Outcome::GuestDied);
        assert_eq!(outcome(&[&dead, &quiet, &warns]), Outcome::KernelReport);
        assert_eq!(of(&Ending::Returned, &[quiet]).0, Outcome::Passed);
    }

    #[test]
    fn a_board_that_was_explored_is_not_judged() {
        let warns = Finished {
            kernel_reports: vec!["WARNING: CPU: 0".into()],
            ..Finished::default()
        };
        let outcome = of(&Ending::Explored(None), &[warns]);
        assert_eq!(outcome, (Outcome::Passed, String::new()));
    }
}
