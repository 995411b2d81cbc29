// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Running tests, each in a process of its own, on as many cores as there are.
//! What a test's end means is decided in `verdict`.

pub(crate) mod compiled;
mod process;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use roadtest_command::process::interrupted;
use roadtest_command::{process as programs, workspace};
use roadtest_report::catalog::Test;

/// How a test's process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The test passed, or was skipped.
    Well,
    /// It did not pass.
    Badly,
    /// It ended without a verdict: how.
    Died(String),
    /// It did not end by itself within this time, and was killed.
    GivenUp(Duration),
}

/// A test that has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Finish {
    /// How.
    pub ended: Ended,
    /// Seconds on the clock.
    pub seconds: f64,
    /// What it printed, on standard output and standard error, in order.
    pub output: String,
}

/// What happens to a test, by its index.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// It runs now.
    Started(usize),
    /// It still runs, after this time.
    Slow(usize, Duration),
    /// It has ended.
    Finished(usize, Finish),
}

/// What to run, and how.
#[derive(Clone, Debug)]
pub struct Job {
    /// The workspace.
    pub root: PathBuf,
    /// The compiled tests.
    pub binary: PathBuf,
    /// Those to run.
    pub tests: Vec<Test>,
    /// How many at a time; one per core where `None`.
    pub jobs: Option<usize>,
    /// Where the tests put their records.
    pub out: PathBuf,
    /// The manifest of the kernel that they boot.
    pub manifest: PathBuf,
}

/// Runs the tests, and tells `each` what happens to them. Where the user stops
/// the run, the tests that are left do not run.
pub fn run(job: &Job, each: &mut dyn FnMut(News)) {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = job.jobs.unwrap_or_else(cores).min(job.tests.len());
    let queue = Mutex::new(0..job.tests.len());
    let (sender, news) = channel();
    std::thread::scope(|scope| {
        for slot in 0..jobs {
            let sender = sender.clone();
            let queue = &queue;
            scope.spawn(move || work(job, slot, queue, &sender));
        }
        drop(sender);
        news.into_iter().for_each(each);
    });
}

/// Runs one test after the other.
fn work(job: &Job, slot: usize, queue: &Mutex<std::ops::Range<usize>>, news: &Sender<News>) {
    let next = || queue.lock().ok()?.next();
    // A receiver that is gone has panicked, and says so itself.
    let tell = |event| drop(news.send(event));
    while let Some(index) = next().filter(|_| !interrupted()) {
        tell(News::Started(index));
        let slow = |after| tell(News::Slow(index, after));
        let finish = process::run(command(job, &job.tests[index], slot), slow);
        if interrupted() {
            // Why: that it was stopped is no verdict on it.
            return;
        }
        tell(News::Finished(index, finish));
    }
}

/// The test's process. It says what the test says, and nothing else.
fn command(job: &Job, test: &Test, slot: usize) -> Command {
    let mut command = Command::new(&job.binary);
    command.args(["--exact", &test.name, "--nocapture"]);
    command.current_dir(&job.root);
    command.env(
        roadtest_record::test::RUNNER_ENV,
        std::process::id().to_string(),
    );
    command.env(roadtest_record::test::OUT_ENV, &job.out);
    command.env(roadtest_record::kernel::MANIFEST_ENV, &job.manifest);
    command.env("CARGO_MANIFEST_DIR", &job.root);
    // Which of the cores it is pinned to, as nextest says it.
    command.env("NEXTEST_TEST_GLOBAL_SLOT", slot.to_string());
    // Else each snapshot asks a cargo where the workspace is.
    command.env("INSTA_WORKSPACE_ROOT", &job.root);
    programs::mark_as_ours(&mut command);
    snapshot_rules(&mut command);
    if std::env::var_os("RUST_BACKTRACE").is_none() {
        // Why: the timeline says more.
        command.env("RUST_BACKTRACE", "0");
    }
    command
}

/// Snapshots are never accepted by running; CI does not even write drafts.
pub fn snapshot_rules(command: &mut Command) {
    command.env("INSTA_FORCE_PASS", "0");
    if workspace::is_ci() {
        command.env("INSTA_UPDATE", "no");
    }
}

/// The directory of a test's record.
pub fn record_directory(out: &Path, test: &Test) -> PathBuf {
    let function = test.test.rsplit("::").next().unwrap_or(&test.test);
    out.join("tests").join(&test.driver).join(function)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// Runs a script as if it were the test program, for tests of these names.
    fn news(script: &str, names: &[&str], jobs: usize) -> Vec<News> {
        let directory = tempfile::tempdir().expect("a directory");
        let binary = directory.path().join("drivers");
        std::fs::write(&binary, format!("#!/bin/sh\n{script}\n")).expect("written");
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&binary, mode).expect("executable");
        let job = Job {
            root: directory.path().to_owned(),
            binary,
            tests: names
                .iter()
                .map(|name| Test::new("rtc/rtc-a", name))
                .collect(),
            jobs: Some(jobs),
            out: directory.path().join("out"),
            manifest: directory.path().join("kernel.json"),
        };
        let mut news = Vec::new();
        run(&job, &mut |event| news.push(event));
        news
    }

    fn ended(news: &[News]) -> Vec<(usize, &Ended)> {
        let ended = news.iter().filter_map(|event| match event {
            News::Finished(index, finish) => Some((*index, &finish.ended)),
            _ => None,
        });
        ended.collect()
    }

    #[test]
    fn each_test_has_a_process_and_its_end_is_told() {
        let script = "case $2 in *good) ;; *bad) exit 101;; *) kill -9 $$;; esac";
        let news = news(script, &["good", "bad", "ugly"], 1);
        let died = Ended::Died("SIGKILL".to_owned());
        assert_eq!(
            ended(&news),
            [(0, &Ended::Well), (1, &Ended::Badly), (2, &died)]
        );
        assert_eq!(news[0], News::Started(0));
        assert_eq!(news.len(), 6);
    }

    #[test]
    fn a_test_is_asked_for_by_name_and_both_outputs_are_kept_in_order() {
        let script = "echo $1 $2; echo $NEXTEST_TEST_GLOBAL_SLOT >&2; echo end";
        let news = news(script, &["reads"], 8);
        let Some(News::Finished(0, finish)) = news.last() else {
            panic!("{news:?}");
        };
        assert_eq!(finish.output, "--exact rtc::rtc_a::reads\n0\nend\n");
    }

    /// It holds the pipe open, but it is not the test.
    #[test]
    fn a_test_has_ended_whatever_it_left_running() {
        let news = news("echo said; sleep 60 & exit 0", &["reads"], 1);
        let Some(News::Finished(0, finish)) = news.last() else {
            panic!("{news:?}");
        };
        assert_eq!((&*finish.output, &finish.ended), ("said\n", &Ended::Well));
        assert!(finish.seconds < 30.0);
    }

    #[test]
    fn a_record_is_named_after_the_function() {
        let test = Test::new("hwmon/lm75", "limits::are_kept");
        assert_eq!(
            record_directory(Path::new("out"), &test),
            Path::new("out/tests/hwmon/lm75/are_kept")
        );
    }
}
