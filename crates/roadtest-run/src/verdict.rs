// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What a test's end means: the runner's verdict, refined by the record that
//! the test left. The runner decides about success; the record knows why.
//! Two exceptions: `skipped` is no failure, as libtest has no word for it,
//! and a test that left no record is never lost.

use std::path::Path;

use roadtest_record::test::{Outcome, Record};
use roadtest_report::catalog::Test;
use roadtest_report::event::{Evidence, Verdict};
use roadtest_report::output;
use walkdir::WalkDir;

use crate::runner::{Finish, Said, record_folder};

/// Lines of a timeline or log that are shown.
const TAIL_LINES: usize = 12;
/// Lines of a test's own output that are shown.
const OUTPUT_LINES_MAX: usize = 40;

/// Judges a test that has ended, with what it left below `out`.
pub fn judge(test: &Test, finish: &Finish, out: &Path) -> Verdict {
    let record = find_record(out, test);
    let folder = match &record {
        Some(record) => out.join(record.timeline.parent().unwrap_or(Path::new(""))),
        None => record_folder(out, test),
    };
    let record = merge(test, finish, record);
    let failed = !matches!(record.outcome, Outcome::Passed | Outcome::Skipped);
    let evidence = failed.then(|| gather(&folder, finish));
    Verdict {
        test: test.clone(),
        record,
        evidence,
    }
}

/// A test that is not run because the kernel lacks what it needs.
pub fn skip(test: &Test, reason: &str) -> Verdict {
    Verdict {
        test: test.clone(),
        record: Record {
            reason: reason.to_owned(),
            ..blank(test, Outcome::Skipped)
        },
        evidence: None,
    }
}

/// A test that the runner never spoke of.
pub fn lost(test: &Test) -> Verdict {
    Verdict {
        test: test.clone(),
        record: Record {
            reason: "the runner ended before this test did".to_owned(),
            ..blank(test, Outcome::Failed)
        },
        evidence: Some(Evidence::default()),
    }
}

fn blank(test: &Test, outcome: Outcome) -> Record {
    Record {
        name: test.name.clone(),
        driver: test.driver.clone(),
        outcome,
        reason: String::new(),
        wall_ms: 0.0,
        boot_ms: 0.0,
        virtual_ns: 0,
        transfers: 0,
        kernel_reports: Vec::new(),
        timeline: std::path::PathBuf::new(),
        expected: None,
        got: None,
        machines: Vec::new(),
    }
}

fn find_record(out: &Path, test: &Test) -> Option<Record> {
    let load = |path: &Path| {
        let record: Record = roadtest_record::load(path).ok()?;
        (record.name == test.name).then_some(record)
    };
    load(&record_folder(out, test).join("record.json")).or_else(|| {
        let folder = out.join("tests").join(&test.driver);
        WalkDir::new(folder)
            .into_iter()
            .filter_map(Result::ok)
            .filter(|entry| entry.file_name() == "record.json")
            .find_map(|entry| load(entry.path()))
    })
}

/// The runner decides about success, the record knows why.
fn merge(test: &Test, finish: &Finish, record: Option<Record>) -> Record {
    let has_record = record.is_some();
    let mut record = record.unwrap_or_else(|| blank(test, Outcome::Failed));
    record.driver.clone_from(&test.driver);
    if !has_record {
        record.wall_ms = finish.seconds.unwrap_or(0.0) * 1000.0;
    }
    let skipped = has_record && record.outcome == Outcome::Skipped;
    match &finish.said {
        _ if skipped => {}
        Said::Ignored => {
            record.outcome = Outcome::Skipped;
            record.reason = "marked #[ignore]".to_owned();
        }
        Said::Passed => {
            record.outcome = Outcome::Passed;
            record.reason.clear();
        }
        Said::Failed => explain(&mut record, finish, has_record),
        Said::Died(how) => {
            if !has_record || record.outcome == Outcome::Passed {
                record.outcome = Outcome::GuestDied;
                record.reason = format!("the test's process died: {how}");
            }
        }
    }
    record
}

/// Adds what the output of a failed test says and its record does not.
fn explain(record: &mut Record, finish: &Finish, has_record: bool) {
    let found = output::findings(&finish.output);
    if record.outcome == Outcome::Passed {
        record.outcome = Outcome::Failed;
        record.reason.clear();
    }
    if record.outcome == Outcome::Failed && record.expected.is_none() && record.got.is_none() {
        record.expected = found.expected;
        record.got = found.got;
    }
    if record.reason.is_empty() {
        record.reason = found.reason.unwrap_or_else(|| {
            if !has_record {
                record.outcome = Outcome::GuestDied;
            }
            let last = finish
                .output
                .lines()
                .rev()
                .find(|line| !line.trim().is_empty());
            match last {
                Some(line) => format!("ended without a verdict of its own: {line}"),
                None => "ended without a word".to_owned(),
            }
        });
    }
}

fn gather(folder: &Path, finish: &Finish) -> Evidence {
    let output = output::essence(&finish.output);
    // Why: a full disk must not hide the failure itself.
    drop(std::fs::create_dir_all(folder));
    drop(std::fs::write(folder.join("output.txt"), &finish.output));
    let cut = output.len().saturating_sub(OUTPUT_LINES_MAX);
    Evidence {
        timeline: tail(&folder.join("timeline.txt")),
        dmesg: tail(&folder.join("dmesg.txt")),
        output: output[cut..].to_vec(),
        folder: Some(folder.to_owned()),
    }
}

fn tail(file: &Path) -> Vec<String> {
    let text = std::fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..]
        .iter()
        .map(|line| (*line).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test() -> Test {
        Test::new("iio/light/opt3001", "reads_lux")
    }

    fn finish(said: Said, output: &str) -> Finish {
        Finish {
            name: test().name,
            said,
            seconds: Some(0.25),
            output: output.to_owned(),
        }
    }

    fn merged(said: Said, output: &str, outcome: Option<Outcome>) -> (Outcome, String) {
        let record = outcome.map(|outcome| Record {
            reason: "recorded".to_owned(),
            ..blank(&test(), outcome)
        });
        let record = merge(&test(), &finish(said, output), record);
        (record.outcome, record.reason)
    }

    const PANIC: &str = "thread 'x' (1) panicked at a.rs:1:2:\nno lux\n";

    #[test]
    fn the_runner_decides_about_success() {
        let passed = merged(Said::Passed, "", Some(Outcome::KernelReport));
        assert_eq!(passed, (Outcome::Passed, String::new()));
        let failed = merged(Said::Failed, PANIC, Some(Outcome::Passed));
        assert_eq!(failed, (Outcome::Failed, "no lux (a.rs:1)".to_owned()));
    }

    #[test]
    fn the_record_knows_why() {
        for outcome in [
            Outcome::KernelReport,
            Outcome::ModelViolation,
            Outcome::GuestDied,
            Outcome::TimedOut,
        ] {
            let recorded = merged(Said::Failed, PANIC, Some(outcome));
            assert_eq!(recorded, (outcome, "recorded".to_owned()));
        }
    }

    #[test]
    fn skipped_is_no_failure() {
        for said in [Said::Passed, Said::Failed] {
            let skipped = merged(said, PANIC, Some(Outcome::Skipped));
            assert_eq!(skipped, (Outcome::Skipped, "recorded".to_owned()));
        }
        assert_eq!(merged(Said::Ignored, "", None).0, Outcome::Skipped);
    }

    #[test]
    fn without_a_record_the_output_tells() {
        let (outcome, reason) = merged(Said::Failed, PANIC, None);
        assert_eq!((outcome, &*reason), (Outcome::Failed, "no lux (a.rs:1)"));
        let (outcome, reason) = merged(Said::Failed, "last words\n", None);
        assert_eq!(outcome, Outcome::GuestDied);
        assert!(reason.contains("last words"), "{reason}");
        let (outcome, reason) = merged(Said::Died("SIGKILL".to_owned()), PANIC, None);
        assert_eq!(outcome, Outcome::GuestDied);
        assert!(reason.contains("SIGKILL"), "{reason}");
    }

    #[test]
    fn a_record_is_found_wherever_the_test_put_it_below_its_driver() {
        let out = tempfile::tempdir().expect("a folder");
        let mut record = blank(&test(), Outcome::ModelViolation);
        record.reason = "reserved bit".to_owned();
        record.timeline = "tests/iio/light/opt3001/elsewhere/timeline.txt".into();
        let place = out
            .path()
            .join("tests/iio/light/opt3001/elsewhere/record.json");
        roadtest_record::store(&place, &record).expect("it is written");
        let verdict = judge(&test(), &finish(Said::Failed, PANIC), out.path());
        assert_eq!(verdict.record.outcome, Outcome::ModelViolation);
        assert!(verdict.evidence.is_some());
    }
}
