// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What the test itself says: that it passes, fails, skips.

use std::path::{Path, PathBuf};

use roadtest::Board;
use roadtest_chips::iio::light::opt3001::Opt3001;
use roadtest_record::test::Outcome;

use super::{NEXTEST, judge, judge_in};

#[test]
fn a_test_without_trouble_passes() {
    let verdict = judge("a_test_without_trouble_passes", || {
        let uml = Board::new().boot()?;
        assert!(uml.read("/proc/version")?.starts_with("Linux version"));
        Ok(())
    });
    assert!(verdict.succeeded, "{}", verdict.output);
    let record = &verdict.record;
    assert_eq!(record.outcome, Outcome::Passed, "{}", record.reason);
    assert_eq!(record.reason, "");
    assert_eq!(record.expected, None);
    assert_eq!(record.name, "outcomes::a_test_without_trouble_passes");
    assert_eq!(record.driver, "verdicts/outcomes");
    assert!(verdict.file("dmesg.txt").contains("Linux version"));
    assert!(
        verdict
            .file("timeline.txt")
            .contains("> read proc/version = ")
    );
}

#[test]
fn a_failed_assertion_names_both_sides() {
    let verdict = judge("a_failed_assertion_names_both_sides", || {
        let uml = Board::new().boot()?;
        assert_eq!(uml.read("/proc/nothing"), Ok("something".into()));
        Ok(())
    });
    verdict.assert_failed(Outcome::Failed, "assertion `left == right` failed");
    let record = &verdict.record;
    assert_eq!(record.expected.as_deref(), Some("Ok(\"something\")"));
    assert_eq!(record.got.as_deref(), Some("Err(ENOENT)"));
}

#[test]
fn a_returned_error_is_the_reason() {
    let verdict = judge("a_returned_error_is_the_reason", || {
        let uml = Board::new().boot()?;
        uml.read("/proc/nothing")?;
        Ok(())
    });
    let reason = "a request to the guest failed with ENOENT";
    verdict.assert_failed(Outcome::Failed, reason);
}

#[test]
fn a_kernel_that_lacks_something_is_a_skip() {
    let test = "a_kernel_that_lacks_something_is_a_skip";
    let body = || {
        let mut board = Board::new();
        board.since((99, 0), "the future is not there yet");
        board.boot().map(drop)
    };
    let reason = "needs Linux 99.0: the future is not there yet";
    // `cargo test` knows only success and failure.
    let verdict = judge(test, body);
    verdict.assert_failed(Outcome::Skipped, reason);

    let environment = [(NEXTEST, "process-per-test")];
    let verdict = judge_in(test, &environment, body);
    assert_eq!(verdict.record.outcome, Outcome::Skipped);
    assert_eq!(verdict.record.reason, reason);
    assert!(verdict.succeeded);
}

/// Removes a folder, whatever becomes of the test.
struct Gone(PathBuf);

impl Drop for Gone {
    fn drop(&mut self) {
        // Nothing is there where the child did not come that far.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Where `cargo insta review` looks for it: beside the snapshot that it would
/// replace, in the folder of the package at the workspace's root.
#[test]
fn a_log_without_its_snapshot_waits_for_review_in_the_drivers_folder() {
    let test = "a_log_without_its_snapshot_waits_for_review_in_the_drivers_folder";
    let snapshots = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../snapshots/verdicts");
    let environment = [("INSTA_UPDATE", "new"), ("INSTA_FORCE_PASS", "0")];
    let verdict = judge_in(test, &environment, || {
        let mut board = Board::new();
        let light = board.i2c(0x44, Opt3001::new());
        let uml = board.boot()?;
        uml.i2c_dev()?.at(0x44)?.read_word_data(0x7e)?;
        insta::assert_snapshot!(light.timeline());
        Ok(())
    });
    let _gone = Gone(snapshots.clone());
    verdict.assert_failed(Outcome::Failed, "snapshot assertion");
    let pending = snapshots.join("outcomes").join(format!("{test}.snap.new"));
    let pending = std::fs::read_to_string(pending).unwrap();
    assert!(pending.contains("R MANUFACTURER_ID 5449"), "{pending}");
}
