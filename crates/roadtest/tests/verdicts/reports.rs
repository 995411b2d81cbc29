// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What the kernel reports, expected or not.

use roadtest::Board;
use roadtest_record::test::Outcome;

use super::judge::{judge, kernel};

/// A line that looks like a report is one: a report has no other mark.
#[roadtest::test]
fn a_warning_of_the_kernel_fails_a_test_that_asserts_nothing() -> roadtest::Result {
    judge(
        || {
            let uml = Board::new().boot()?;
            uml.write("/dev/kmsg", "<3>WARNING: made up by a test\n")?;
            Ok(())
        },
        |verdict| {
            let report = "WARNING: made up by a test";
            verdict.assert_failed(
                Outcome::KernelReport,
                &format!("the kernel reported: {report}"),
            );
            assert_eq!(verdict.record.kernel_reports, [report]);
            assert!(verdict.file("timeline.txt").contains("# WARNING: made up"));
        },
    )
}

#[roadtest::test]
fn a_report_outweighs_a_failed_assertion() -> roadtest::Result {
    judge(
        || {
            let uml = Board::new().boot()?;
            uml.write("/dev/kmsg", "<3>BUG: made up by a test\n")?;
            panic!("and this");
        },
        |verdict| {
            verdict.assert_failed(Outcome::KernelReport, "BUG: made up by a test");
            assert!(verdict.output.contains("and this"));
        },
    )
}

#[roadtest::test]
fn an_expected_report_is_no_failure() -> roadtest::Result {
    judge(
        || {
            let uml = Board::new().boot()?;
            uml.expect_report("made up");
            uml.write("/dev/kmsg", "<3>WARNING: made up by a test\n")?;
            Ok(())
        },
        |verdict| {
            assert!(verdict.succeeded, "{}", verdict.output);
            assert_eq!(verdict.record.outcome, Outcome::Passed);
        },
    )
}

#[roadtest::test]
fn an_expected_report_that_does_not_come_is_a_failure() -> roadtest::Result {
    judge(
        || {
            let uml = Board::new().boot()?;
            uml.expect_report("made up");
            Ok(())
        },
        |verdict| {
            let reason = "the expected report of the kernel did not come: made up";
            verdict.assert_failed(Outcome::KernelReport, reason);
        },
    )
}

/// What the kernel's own test module does wrong (`drivers/misc/lkdtm`) goes by
/// unnoticed, unless the kernel has its checkers, and then it has the module.
#[roadtest::test]
fn a_report_of_a_checker_fails_a_test_with_its_first_lines() -> roadtest::Result {
    judge(
        || {
            let uml = Board::new().boot()?;
            uml.load_with("lkdtm", "cpoint_name=DIRECT cpoint_type=READ_AFTER_FREE")?;
            Ok(())
        },
        |verdict| {
            if kernel().flavour.is_sanitized() {
                let report = "use-after-free in lkdtm_READ_AFTER_FREE";
                verdict.assert_failed(Outcome::KernelReport, report);
                verdict.assert_failed(Outcome::KernelReport, "\nRead of size 4 at addr ");
                assert_eq!(verdict.record.kernel_reports.len(), 1);
            } else {
                verdict.assert_failed(Outcome::Failed, "ENOENT");
            }
        },
    )
}
