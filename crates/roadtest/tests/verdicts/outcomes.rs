// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What the test itself says: that it passes, fails, skips.

use std::path::PathBuf;

use roadtest::{Board, SimTime};
use roadtest_chips::iio::light::opt3001::Opt3001;
use roadtest_record::test::Outcome;

use super::judge::{judge, judge_in, kernel, workspace};

#[roadtest::test]
fn a_test_without_trouble_passes() -> roadtest::Result {
    judge(
        || {
            let uml = Board::new().boot()?;
            assert!(uml.read("/proc/version")?.starts_with("Linux version"));
            Ok(())
        },
        |verdict| {
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
        },
    )
}

#[roadtest::test]
fn a_failed_assertion_names_both_sides() -> roadtest::Result {
    judge(
        || {
            let uml = Board::new().boot()?;
            assert_eq!(uml.read("/proc/nothing"), Ok("something".into()));
            Ok(())
        },
        |verdict| {
            verdict.assert_failed(Outcome::Failed, "assertion `left == right` failed");
            let record = &verdict.record;
            assert_eq!(record.expected.as_deref(), Some("Ok(\"something\")"));
            assert_eq!(record.got.as_deref(), Some("Err(ENOENT)"));
        },
    )
}

#[roadtest::test]
fn a_returned_error_is_the_reason() -> roadtest::Result {
    judge(
        || {
            let uml = Board::new().boot()?;
            uml.read("/proc/nothing")?;
            Ok(())
        },
        |verdict| {
            let reason = "a request to the guest failed with ENOENT";
            verdict.assert_failed(Outcome::Failed, reason);
        },
    )
}

/// Only one that is returned is the test's own.
#[roadtest::test]
fn an_error_that_the_test_handles_is_no_failure() -> roadtest::Result {
    judge(
        || {
            let mut board = Board::new();
            board.i2c(0x44, Opt3001::new());
            board.i2c(0x44, Opt3001::new());
            let kept = board.boot().err();
            let uml = Board::new().boot()?;
            assert!(uml.load("no_such_module").is_err());
            // Alive to the end, and no failure all the same.
            std::mem::forget(kept);
            Ok(())
        },
        |verdict| {
            let record = &verdict.record;
            assert_eq!(record.outcome, Outcome::Passed, "{}", record.reason);
            assert!(verdict.succeeded);
        },
    )
}

#[roadtest::test]
fn each_kernel_of_a_test_has_a_record() -> roadtest::Result {
    judge(
        || {
            let first = Board::new().boot()?;
            let mut board = Board::new();
            board.i2c(0x44, Opt3001::new());
            let second = board.boot()?;
            second.sleep(SimTime::s(3));
            first.write("/dev/kmsg", "<3>WARNING: made up for the first\n")?;
            second.write("/dev/kmsg", "<5>said by the second\n")?;
            Ok(())
        },
        |verdict| {
            verdict.assert_failed(Outcome::KernelReport, "made up for the first");
            let record = &verdict.record;
            let [first, second] = record.machines.as_slice() else {
                panic!("{:?}", record.machines);
            };
            assert_eq!(first.kernel_reports, ["WARNING: made up for the first"]);
            assert_eq!(second.kernel_reports, [""; 0]);
            assert!(second.virtual_ns > 3_000_000_000);
            assert_eq!(record.virtual_ns, first.virtual_ns + second.virtual_ns);
            assert!(first.timeline.ends_with("timeline.txt"));
            assert!(second.timeline.ends_with("timeline-2.txt"));
            assert!(verdict.file("dmesg.txt").contains("for the first"));
            assert!(verdict.file("dmesg-2.txt").contains("by the second"));
            assert!(
                verdict
                    .file("timeline-2.txt")
                    .contains("# said by the second")
            );
            assert!(!verdict.file("devicetree.dts").contains("ti,opt3001"));
            assert!(verdict.file("devicetree-2.dts").contains("ti,opt3001"));
        },
    )
}

/// A handle in a value that is never dropped keeps nothing from being judged.
#[roadtest::test]
fn a_kernel_that_outlives_the_body_is_judged() -> roadtest::Result {
    judge(
        || {
            let uml = Board::new().boot()?;
            uml.write("/dev/kmsg", "<3>WARNING: made up by a test\n")?;
            std::mem::forget(uml);
            Ok(())
        },
        |verdict| verdict.assert_failed(Outcome::KernelReport, "made up by a test"),
    )
}

/// A kernel that no harness would judge is no kernel for a test.
#[roadtest::test]
fn a_board_boots_for_a_test_only_on_its_thread() {
    let error = std::thread::spawn(|| Board::new().boot().map(drop).unwrap_err().to_string());
    let error = error.join().unwrap();
    assert!(error.contains("write `#[roadtest::test]`"), "{error}");
}

#[roadtest::test]
fn a_kernel_can_be_powered_on_without_a_test() -> roadtest::Result {
    let kernel = kernel();
    let finished = std::thread::spawn(move || {
        let uml = Board::new().power_on(&kernel)?;
        uml.write("/dev/kmsg", "<3>WARNING: made up\n")?;
        roadtest::Result::Ok(uml.power_off())
    });
    let finished = finished.join().unwrap()?;
    assert_eq!(finished.kernel_reports, ["WARNING: made up"]);
    assert!(finished.log.contains("Linux version"));
    assert!(finished.devicetree.contains("roadtest"));
    Ok(())
}

/// Removes a directory, whatever becomes of the test.
struct Gone(PathBuf);

impl Drop for Gone {
    fn drop(&mut self) {
        // Nothing is there where the child did not come that far.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Where `cargo insta review` looks for it: beside the snapshot that it would
/// replace, in the directory of the package at the workspace's root.
#[roadtest::test]
fn a_log_without_its_snapshot_waits_for_review_in_the_drivers_directory() -> roadtest::Result {
    let snapshots = workspace().join("snapshots/verdicts");
    let environment = [("INSTA_UPDATE", "new"), ("INSTA_FORCE_PASS", "0")];
    judge_in(
        &environment,
        || {
            let mut board = Board::new();
            let light = board.i2c(0x44, Opt3001::new());
            let uml = board.boot()?;
            uml.i2c_dev()?.at(0x44)?.read_word_data(0x7e)?;
            insta::assert_snapshot!(light.timeline());
            Ok(())
        },
        |verdict| {
            let _gone = Gone(snapshots.clone());
            verdict.assert_failed(Outcome::Failed, "snapshot assertion");
            let test =
                "a_log_without_its_snapshot_waits_for_review_in_the_drivers_directory.snap.new";
            let pending = snapshots.join("outcomes").join(test);
            let pending = std::fs::read_to_string(pending).unwrap();
            assert!(pending.contains("R MANUFACTURER_ID 5449"), "{pending}");
        },
    )
}
