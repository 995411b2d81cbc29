// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A test that its kernel cannot run is a skip under every runner: it is
//! listed as ignored, ends as ignored, and its record says why.

use std::process::{Command, Output, Stdio};

use roadtest_record::test::{OUT_ENV, Outcome, RUNNER_ENV, Record};

const NAME: &str = "skips::the_future";
const REASON: &str = "needs Linux 99.0: the future is not there yet";

#[roadtest::test(since = "99.0", why = "the future is not there yet")]
fn the_future() {
    unreachable!("no kernel is that new");
}

#[roadtest::test(before = "2.6", why = "the past is over")]
fn the_past() {
    unreachable!("no kernel is that old");
}

/// Runs this program.
fn run(arguments: &[&str], runner: Option<&str>) -> (Output, tempfile::TempDir) {
    let out = tempfile::tempdir().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(arguments).stdin(Stdio::null());
    command.env(OUT_ENV, out.path()).env_remove(RUNNER_ENV);
    if let Some(runner) = runner {
        command.env(RUNNER_ENV, runner);
    }
    (command.output().unwrap(), out)
}

fn lines(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(str::to_owned).collect()
}

#[roadtest::test]
fn a_skip_is_listed_as_ignored_as_nextest_asks_for_it() {
    let (output, _out) = run(&["--list", "--format", "terse", "--ignored"], None);
    assert_eq!(
        lines(&output),
        [format!("{NAME}: test"), "skips::the_past: test".to_owned()]
    );
    let (output, _out) = run(&["--list", "--format", "terse"], None);
    assert!(lines(&output).contains(&format!("{NAME}: test")));
}

#[roadtest::test]
fn a_skip_is_ignored_by_cargo_test() {
    let (output, _out) = run(&["--exact", NAME], None);
    assert!(output.status.success());
    let lines = lines(&output);
    assert!(
        lines.contains(&format!("test {NAME} ... ignored")),
        "{lines:?}"
    );
    let result = "test result: ok. 0 passed; 0 failed; 1 ignored; ";
    assert!(
        lines.iter().any(|line| line.starts_with(result)),
        "{lines:?}"
    );
}

#[roadtest::test]
fn a_skip_leaves_a_record_with_its_reason() {
    let me = std::process::id().to_string();
    for (arguments, runner) in [
        (&["--exact", NAME, "--nocapture"][..], Some(me.as_str())),
        (&["--exact", NAME, "--ignored"][..], None),
    ] {
        let (output, out) = run(arguments, runner);
        assert!(output.status.success());
        let directory = out.path().join("tests/verdicts/skips/the_future");
        let record: Record = roadtest_record::load(&directory.join("record.json")).unwrap();
        assert_eq!(record.outcome, Outcome::Skipped);
        assert_eq!(record.reason, REASON);
    }
}

#[roadtest::test]
fn several_tests_run_in_a_process_each_and_what_failed_ones_print_is_kept() {
    let names = [
        "skips::the_future",
        "outcomes::a_test_without_trouble_passes",
    ];
    let (output, _out) = run(&[&["--exact"][..], &names[..]].concat(), None);
    let lines = lines(&output);
    assert!(output.status.success(), "{lines:?}");
    let result = "test result: ok. 1 passed; 0 failed; 1 ignored; ";
    assert!(
        lines.iter().any(|line| line.starts_with(result)),
        "{lines:?}"
    );
}
