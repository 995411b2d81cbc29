// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! KTAP as the kernel tree's own parser reads it: the report of a run goes
//! through `tools/testing/kunit/kunit.py`, which must find no fault in the
//! format and count what we count.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};
use roadtest_command::exit::Done;
use roadtest_command::{console, process, workspace};
use roadtest_report::event::Counts;
use roadtest_report::reports::{self, Run};
use roadtest_run::kernel::{self, KernelArgs};
use xtask::checks::ReportCheck;

use crate::programs;

/// Runs `report-check`.
///
/// # Errors
/// Where there is no run, no source, or the parser cannot be run.
pub fn run(args: &ReportCheck) -> anyhow::Result<Done> {
    let root = workspace::root()?;
    programs::check(&[programs::PYTHON], args.kernel.setup())?;
    let out = workspace::out(&root);
    match crate::views::check(&root, &out)? {
        Done::AllPassed => check(&root, &out, &args.kernel),
        failed => Ok(failed),
    }
}

/// Hands the run in `out` to the parser of the kernel that it ran on.
///
/// # Errors
/// Where there is no run, no source, or the parser cannot be run.
pub fn check(root: &Path, out: &Path, wanted: &KernelArgs) -> anyhow::Result<Done> {
    let tree = kernel::cached_tree(root, wanted)?.context("the kernel's source is not unpacked")?;
    let run = Run::load(root, out)?;
    let file = out.join("report.ktap");
    std::fs::write(&file, reports::ktap_text(&run))
        .with_context(|| format!("cannot write {}", file.display()))?;
    let mut command = Command::new(programs::PYTHON.name);
    // Why -B: nothing is written into the tree.
    command
        .arg("-B")
        .arg(tree.join("tools/testing/kunit/kunit.py"))
        .arg("parse")
        .arg(&file)
        .env("NO_COLOR", "1");
    let output = process::capture(&mut command)?;
    let said = String::from_utf8_lossy(&output.stdout);
    let faults = faults(&said, run.counts())?;
    for fault in &faults {
        console::problem(fault);
    }
    if faults.is_empty() {
        console::status("Parsed", &run.counts().to_string());
    }
    Ok(Done::from_failed(faults.len()))
}

/// What the parser has against the report. It ends with
/// `Testing complete. Ran 5 tests: passed: 1, failed: 3, skipped: 1`.
fn faults(said: &str, counts: Counts) -> anyhow::Result<Vec<String>> {
    let mut faults: Vec<String> = said
        .lines()
        .filter(|line| line.contains("[ERROR]"))
        .map(|line| format!("the kernel's parser: {line}"))
        .collect();
    let last = said
        .lines()
        .rev()
        .find_map(|line| line.split_once("Testing complete. "));
    let Some((_, found)) = last else {
        bail!("the kernel's parser did not come to its end");
    };
    // What is none is not mentioned.
    let number = |name: &str| {
        found
            .split_once(&format!("{name}: "))
            .and_then(|(_, rest)| rest.split(',').next()?.trim().parse().ok())
            .unwrap_or(0)
    };
    let theirs = Counts {
        passed: number("passed"),
        failed: number("failed"),
        skipped: number("skipped"),
    };
    if theirs != counts || number("crashed") + number("errors") > 0 {
        faults.push(format!("the kernel's parser found {found}, not {counts}"));
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTS: Counts = Counts {
        passed: 1,
        failed: 3,
        skipped: 0,
    };

    #[test]
    fn the_parsers_counts_are_compared_with_ours() {
        let said = "[16:05:48] Testing complete. Ran 4 tests: passed: 1, failed: 3\n";
        assert_eq!(faults(said, COUNTS).expect("it ended"), [""; 0]);
        let said = "[16:05:48] Testing complete. Ran 4 tests: passed: 1, failed: 3, errors: 2\n";
        assert_eq!(faults(said, COUNTS).expect("it ended").len(), 1);
        let said = "Testing complete. Ran 3 tests: passed: 1, failed: 2\n";
        assert_eq!(faults(said, COUNTS).expect("it ended").len(), 1);
    }

    #[test]
    fn a_fault_in_the_format_is_one() {
        let said = "[16:05:48] [ERROR] Test: opt3001: Expected test number 2 but found 3\n\
            Testing complete. Ran 4 tests: passed: 1, failed: 3\n";
        assert_eq!(faults(said, COUNTS).expect("it ended").len(), 1);
        assert!(faults("Traceback\n", COUNTS).is_err());
    }
}
