// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What a test's end means. The record says it all; where there is none, or it
//! was written before the test's process died, the process's end does. No test
//! is lost.

use std::path::Path;

use roadtest_record::test::{Outcome, Record};

use crate::runner::{Ended, Finish, record_directory};
use roadtest_report::catalog::Test;
use roadtest_report::event::{Evidence, Verdict};
use roadtest_report::output;

/// Lines of a timeline or log that are shown.
const TAIL_LINES: usize = 12;
/// Lines of a test's own output that are shown.
const OUTPUT_LINES_MAX: usize = 40;

/// Judges a test that has ended, with what it left below `out`.
pub fn judge(test: &Test, finish: &Finish, out: &Path) -> Verdict {
    let directory = record_directory(out, test);
    let record = roadtest_record::load(&directory.join("record.json")).ok();
    let record = record.filter(|record: &Record| record.name == test.name);
    let record = merge(test, finish, record);
    let failed = !matches!(record.outcome, Outcome::Passed | Outcome::Skipped);
    let evidence = failed.then(|| gather(&directory, finish));
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

/// A test that the run did not come to.
pub fn lost(test: &Test) -> Verdict {
    Verdict {
        test: test.clone(),
        record: Record {
            reason: "the run ended before this test did".to_owned(),
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

/// The record says why; that its process ended otherwise outweighs it.
fn merge(test: &Test, finish: &Finish, record: Option<Record>) -> Record {
    let fails = |record: &Record| !matches!(record.outcome, Outcome::Passed | Outcome::Skipped);
    let mut record = match (record, &finish.ended) {
        (Some(record), Ended::Well | Ended::Badly) => record,
        (Some(record), _) if fails(&record) => record,
        (_, ended) => Record {
            wall_ms: finish.seconds * 1000.0,
            ..without_record(test, finish, ended)
        },
    };
    record.driver.clone_from(&test.driver);
    record
}

fn without_record(test: &Test, finish: &Finish, ended: &Ended) -> Record {
    let (outcome, reason) = match ended {
        Ended::Died(how) => (
            Outcome::GuestDied,
            format!("the test's process died: {how}"),
        ),
        Ended::GivenUp(after) => (
            Outcome::TimedOut,
            format!(
                "the test's process did not end within {} s",
                after.as_secs()
            ),
        ),
        Ended::Well | Ended::Badly => {
            let found = output::findings(&finish.output);
            let last = || finish.output.lines().rfind(|line| !line.trim().is_empty());
            let reason = found.reason.or_else(|| last().map(str::to_owned));
            let reason = reason.unwrap_or_else(|| "nothing was said".to_owned());
            (
                Outcome::Failed,
                format!("the test left no record: {reason}"),
            )
        }
    };
    Record {
        reason,
        ..blank(test, outcome)
    }
}

fn gather(directory: &Path, finish: &Finish) -> Evidence {
    let output = output::essence(&finish.output);
    // Why: a full disk must not hide the failure itself.
    drop(std::fs::create_dir_all(directory));
    drop(std::fs::write(directory.join("output.txt"), &finish.output));
    let cut = output.len().saturating_sub(OUTPUT_LINES_MAX);
    Evidence {
        timeline: tail(&directory.join("timeline.txt")),
        dmesg: tail(&directory.join("dmesg.txt")),
        output: output[cut..].to_vec(),
        directory: Some(directory.to_owned()),
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

    fn finish(ended: Ended, output: &str) -> Finish {
        Finish {
            ended,
            seconds: 0.25,
            output: output.to_owned(),
        }
    }

    fn merged(ended: Ended, output: &str, outcome: Option<Outcome>) -> (Outcome, String) {
        let record = outcome.map(|outcome| Record {
            reason: "recorded".to_owned(),
            ..blank(&test(), outcome)
        });
        let record = merge(&test(), &finish(ended, output), record);
        (record.outcome, record.reason)
    }

    const PANIC: &str = "thread 'x' (1) panicked at a.rs:1:2:\nno lux\n";

    #[test]
    fn the_record_says_how_a_test_ended() {
        for (ended, outcome) in [
            (Ended::Well, Outcome::Passed),
            (Ended::Well, Outcome::Skipped),
            (Ended::Badly, Outcome::Failed),
            (Ended::Badly, Outcome::KernelReport),
            (Ended::Badly, Outcome::TimedOut),
        ] {
            let recorded = merged(ended, PANIC, Some(outcome));
            assert_eq!(recorded, (outcome, "recorded".to_owned()));
        }
    }

    #[test]
    fn a_process_that_dies_after_its_record_has_not_passed() {
        let died = || Ended::Died("SIGSEGV".to_owned());
        let (outcome, reason) = merged(died(), "", Some(Outcome::Passed));
        assert_eq!(outcome, Outcome::GuestDied);
        assert_eq!(reason, "the test's process died: SIGSEGV");
        let recorded = merged(died(), "", Some(Outcome::KernelReport));
        assert_eq!(recorded, (Outcome::KernelReport, "recorded".to_owned()));
    }

    #[test]
    fn without_a_record_the_process_tells() {
        let (outcome, reason) = merged(Ended::Badly, PANIC, None);
        assert_eq!(outcome, Outcome::Failed);
        assert_eq!(reason, "the test left no record: no lux (a.rs:1)");
        let (_, reason) = merged(Ended::Badly, "last words\n", None);
        assert_eq!(reason, "the test left no record: last words");
        let after = std::time::Duration::from_secs(3600);
        let (outcome, reason) = merged(Ended::GivenUp(after), PANIC, None);
        assert_eq!(outcome, Outcome::TimedOut);
        assert_eq!(reason, "the test's process did not end within 3600 s");
    }

    #[test]
    fn a_record_of_another_test_is_not_taken_for_this_ones() {
        let out = tempfile::tempdir().expect("a directory");
        let place = out
            .path()
            .join("tests/iio/light/opt3001/reads_lux/record.json");
        let mut record = blank(&test(), Outcome::ModelViolation);
        record.reason = "reserved bit".to_owned();
        roadtest_record::store(&place, &record).expect("it is written");
        let verdict = judge(&test(), &finish(Ended::Badly, PANIC), out.path());
        assert_eq!(verdict.record.outcome, Outcome::ModelViolation);
        assert!(verdict.evidence.is_some());
        record.name = "iio::light::opt3001::events::reads_lux".to_owned();
        roadtest_record::store(&place, &record).expect("it is written");
        let verdict = judge(&test(), &finish(Ended::Badly, PANIC), out.path());
        assert_eq!(verdict.record.outcome, Outcome::Failed);
    }
}
