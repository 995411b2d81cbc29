// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What people read: events in, lines out. Nothing here runs a test or
//! decides what its end means. The very last line is plain, because CI farms
//! read it: `12 passed, 0 failed, 1 skipped`.

use std::io::{self, Write};
use std::path::Path;

use anstyle::Style;
use roadtest_command::console::{BAD, GOOD, NEUTRAL, PALE};
use roadtest_record::test::{Outcome, Record};

use crate::event::{Counts, Event, Evidence, Verdict};

/// Width of the status words and of the names of details.
const STATUS_WIDTH: usize = 8;
const DETAIL_WIDTH: usize = 17;

/// How much to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verbosity {
    /// Every test.
    Normal,
    /// Only what failed, and the counts.
    Quiet,
}

/// Renders events.
#[derive(Clone, Debug)]
pub struct Report {
    /// How much to say.
    pub verbosity: Verbosity,
    /// What chose the kernel, to be repeated when a test is: ` --ksrc PATH`.
    pub rerun_arguments: String,
    /// Paths are shown relative to this directory.
    pub root: std::path::PathBuf,
}

impl Report {
    /// Writes what an event has to say, if anything.
    ///
    /// # Errors
    /// Those of `to`.
    pub fn write(&self, to: &mut dyn Write, event: &Event) -> io::Result<()> {
        match event {
            Event::Started { tests, kernel } if self.verbosity == Verbosity::Normal => {
                let plural = if *tests == 1 { "test" } else { "tests" };
                writeln!(to, "{tests} {plural} on {}", kernel.identity())
            }
            Event::Finished(verdict) if self.verbosity == Verbosity::Normal => {
                headline(to, verdict)?;
                match verdict.record.outcome {
                    Outcome::Skipped => detail(to, "reason", &verdict.record.reason),
                    _ => Ok(()),
                }
            }
            Event::Slow(test, after) => {
                let (driver, name) = (&test.driver, &test.test);
                let seconds = after.as_secs();
                let word = "SLOW";
                write!(to, "{NEUTRAL}{word:>STATUS_WIDTH$}{NEUTRAL:#} ")?;
                writeln!(to, "{PALE}[for {seconds} s now]{PALE:#} {driver}  {name}")
            }
            Event::Started { .. } | Event::Finished(_) => Ok(()),
            Event::Ended { verdicts, summary } => self.ended(to, verdicts, summary),
        }
    }

    fn ended(&self, to: &mut dyn Write, verdicts: &[Verdict], summary: &Path) -> io::Result<()> {
        let failed: Vec<&Verdict> = verdicts
            .iter()
            .filter(|verdict| verdict.evidence.is_some())
            .collect();
        for verdict in &failed {
            writeln!(to)?;
            headline(to, verdict)?;
            self.details(to, verdict)?;
        }
        if self.verbosity == Verbosity::Normal || !failed.is_empty() {
            writeln!(to)?;
            detail(to, "summary", &self.relative(summary))?;
        }
        let snapshots = failed.iter().any(|verdict| is_snapshot(verdict));
        if snapshots {
            detail(to, "next", "cargo xtask review")?;
        }
        writeln!(to, "{}", Counts::of(verdicts))
    }

    fn details(&self, to: &mut dyn Write, verdict: &Verdict) -> io::Result<()> {
        let none = Evidence::default();
        let evidence = verdict.evidence.as_ref().unwrap_or(&none);
        let record = &verdict.record;
        let compared = record.expected.is_some() || record.got.is_some();
        detail(to, "reason", &without_sides(&record.reason))?;
        for report in &record.kernel_reports {
            if !record.reason.contains(report.as_str()) {
                detail(to, "kernel report", report)?;
            }
        }
        if let Some(expected) = &record.expected {
            detail(to, "expected", expected)?;
        }
        if let Some(got) = &record.got {
            detail(to, "got", got)?;
        }
        if !compared && adds(&evidence.output, &record.reason) {
            detail(to, "output", &evidence.output.join("\n"))?;
        }
        detail(to, "timeline", &or_none(&evidence.timeline))?;
        // Why not always: what the kernel logs during a test is on the timeline.
        let kernels_own = [Outcome::KernelReport, Outcome::GuestDied, Outcome::TimedOut];
        if kernels_own.contains(&record.outcome) || evidence.timeline.is_empty() {
            detail(to, "dmesg", &or_none(&evidence.dmesg))?;
        }
        if let Some(directory) = &evidence.directory {
            detail(to, "files", &self.relative(directory))?;
        }
        let path = verdict.test.path();
        let arguments = &self.rerun_arguments;
        detail(
            to,
            "rerun",
            &format!("cargo xtask roadtest {path}{arguments}"),
        )
    }

    fn relative(&self, path: &Path) -> String {
        path.strip_prefix(&self.root)
            .unwrap_or(path)
            .display()
            .to_string()
    }
}

/// `    PASS [ 0.09s ·  20.8s virtual] iio/light/opt3001  reads_lux`
fn headline(to: &mut dyn Write, verdict: &Verdict) -> io::Result<()> {
    let (word, style) = word(verdict.record.outcome);
    writeln!(
        to,
        "{style}{word:>STATUS_WIDTH$}{style:#} {PALE}{}{PALE:#} {}  {}",
        times(&verdict.record),
        verdict.test.driver,
        verdict.test.test
    )
}

fn times(record: &Record) -> String {
    let wall = record.wall_ms / 1000.0;
    let virtual_s = std::time::Duration::from_nanos(record.virtual_ns).as_secs_f64();
    format!("[{wall:5.2}s · {virtual_s:5.1}s virtual]")
}

fn word(outcome: Outcome) -> (&'static str, Style) {
    match outcome {
        Outcome::Passed => ("PASS", GOOD),
        Outcome::Skipped => ("SKIP", NEUTRAL),
        Outcome::Failed => ("FAIL", BAD),
        Outcome::KernelReport => ("KERNEL", BAD),
        Outcome::ModelViolation => ("MODEL", BAD),
        Outcome::GuestDied => ("DIED", BAD),
        Outcome::TimedOut => ("TIMEOUT", BAD),
        Outcome::Error => ("ERROR", BAD),
    }
}

/// `         expected  88.800000`; further lines below the first.
fn detail(to: &mut dyn Write, name: &str, text: &str) -> io::Result<()> {
    let mut name = name;
    for line in text.lines() {
        writeln!(to, "{PALE}{name:>DETAIL_WIDTH$}{PALE:#}  {line}")?;
        name = "";
    }
    Ok(())
}

/// A reason without the two sides of the assertion in it: they have lines of
/// their own. The place behind them stays.
fn without_sides(reason: &str) -> String {
    let is_side = |line: &&str| {
        let line = line.trim_start();
        line.starts_with("left: ") || line.starts_with("right: ")
    };
    let kept: Vec<&str> = reason.lines().filter(|line| !is_side(line)).collect();
    let last = reason.lines().last().unwrap_or_default();
    let place = match last.rfind(" (") {
        Some(start) if is_side(&last) => &last[start..],
        _ => "",
    };
    kept.join("\n") + place
}

/// Whether a test's output says anything that its reason does not.
fn adds(output: &[String], reason: &str) -> bool {
    output.iter().any(|line| {
        let text = line.trim_start_matches("Error: ").trim();
        !(reason.contains(text) || line.starts_with("thread '"))
    })
}

fn or_none(lines: &[String]) -> String {
    match lines {
        [] => "(none)".to_owned(),
        lines => lines.join("\n"),
    }
}

fn is_snapshot(verdict: &Verdict) -> bool {
    let evidence = verdict.evidence.as_ref();
    verdict.record.reason.contains("snapshot")
        || evidence.is_some_and(|evidence| {
            evidence
                .output
                .iter()
                .any(|line| line.contains("Snapshot Summary"))
        })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use roadtest_record::flavour::Flavour;
    use roadtest_record::kernel::Kernel;

    use super::*;
    use crate::catalog::Test;

    fn kernel() -> Kernel {
        Kernel {
            schema: 1,
            release: "6.12.117".to_owned(),
            source: "debian:6.12".to_owned(),
            config_fingerprint: "0123".to_owned(),
            flavour: Flavour::default(),
            linux: PathBuf::new(),
            guest_root: PathBuf::new(),
            preload: None,
            modules: BTreeMap::new(),
            unavailable: BTreeMap::new(),
        }
    }

    fn verdict(test: &str, outcome: Outcome, reason: &str) -> Verdict {
        let test = Test::new("iio/light/opt3001", test);
        let record = Record {
            name: test.name.clone(),
            driver: test.driver.clone(),
            outcome,
            reason: reason.to_owned(),
            wall_ms: 92.0,
            boot_ms: 0.0,
            virtual_ns: 20_800_000_000,
            transfers: 0,
            kernel_reports: Vec::new(),
            timeline: PathBuf::new(),
            expected: None,
            got: None,
            machines: Vec::new(),
        };
        let mut verdict = Verdict {
            test,
            record,
            evidence: None,
        };
        if !matches!(outcome, Outcome::Passed | Outcome::Skipped) {
            verdict.evidence = Some(Evidence {
                timeline: vec![
                    "   800.120 ms  W CONFIG  ca10  mode=Single".to_owned(),
                    "   800.420 ms  R CONFIG  c890  ready".to_owned(),
                ],
                directory: Some(PathBuf::from("/w/target/roadtest/last/tests/x")),
                ..Evidence::default()
            });
        }
        verdict
    }

    /// One of each.
    fn verdicts() -> Vec<Verdict> {
        let mut failed = verdict(
            "reads_lux",
            Outcome::Failed,
            "assertion failed\n  left: Err(ETIMEDOUT)\n right: Ok(\"88.8\") (opt3001.rs:5)",
        );
        failed.record.expected = Some("Ok(\"88.800000\")".to_owned());
        failed.record.got = Some("Err(ETIMEDOUT)".to_owned());
        let mut reported = verdict(
            "unbinds",
            Outcome::KernelReport,
            "WARNING: at drivers/x.c:7",
        );
        reported.record.kernel_reports = vec![
            "WARNING: at drivers/x.c:7".to_owned(),
            "BUG: sleeping function called".to_owned(),
        ];
        if let Some(evidence) = &mut reported.evidence {
            evidence.dmesg = vec!["------------[ cut here ]------------".to_owned()];
        }
        let mut violated = verdict(
            "writes_reserved",
            Outcome::ModelViolation,
            "opt3001@44: write to reserved bit 15 of LOW_LIMIT",
        );
        if let Some(evidence) = &mut violated.evidence {
            evidence.output = vec!["thread panicked".to_owned(), "reserved bit".to_owned()];
        }
        let mut died = verdict(
            "dies",
            Outcome::GuestDied,
            "the test's process died: SIGABRT",
        );
        died.evidence = Some(Evidence::default());
        vec![
            verdict("probes", Outcome::Passed, ""),
            verdict(
                "buffers",
                Outcome::Skipped,
                "CONFIG_IIO_BUFFER is not in this kernel",
            ),
            failed,
            reported,
            violated,
            died,
            verdict(
                "hangs",
                Outcome::TimedOut,
                "read in_illuminance_input: 10 s",
            ),
        ]
    }

    fn render(verbosity: Verbosity) -> String {
        let report = Report {
            verbosity,
            rerun_arguments: " --kernel debian:6.12".to_owned(),
            root: PathBuf::from("/w"),
        };
        let mut events = vec![Event::Started {
            tests: 7,
            kernel: Box::new(kernel()),
        }];
        events.extend(
            verdicts()
                .into_iter()
                .map(|verdict| Event::Finished(Box::new(verdict))),
        );
        events.push(Event::Ended {
            verdicts: verdicts(),
            summary: PathBuf::from("/w/target/roadtest/last/summary.json"),
        });
        let mut text = Vec::new();
        for event in &events {
            report
                .write(&mut text, event)
                .expect("memory takes everything");
        }
        String::from_utf8(anstream::adapter::strip_bytes(&text).into_vec()).expect("UTF-8")
    }

    #[test]
    fn every_status_in_one_report() {
        insta::assert_snapshot!(render(Verbosity::Normal));
    }

    #[test]
    fn output_that_repeats_the_reason_is_left_out() {
        let output = [
            "thread 'x' panicked at a.rs:1:2:",
            "Error: no module claims 0-0048",
        ];
        let output = output.map(str::to_owned);
        assert!(!adds(&output, "no module claims 0-0048 (a.rs:1)"));
        assert!(adds(&output, "another reason"));
    }

    #[test]
    fn quiet_tells_of_failures_and_ends_with_the_same_line() {
        let quiet = render(Verbosity::Quiet);
        assert!(!quiet.contains("probes"), "{quiet}");
        assert!(quiet.contains("reads_lux"), "{quiet}");
        assert_eq!(quiet.lines().last(), Some("1 passed, 5 failed, 1 skipped"));
    }
}
