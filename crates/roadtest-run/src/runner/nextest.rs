// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! nextest: a process for each test. Verdicts and outputs come as JSON lines
//! on standard output; that a process died by a signal only stands in the
//! status lines for people on standard error, so both are read.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail};
use roadtest_command::process;
use serde::Deserialize;

use super::{Finish, Job, Said, tail};

/// How long the status line of a test may trail its JSON line.
const STATUS_DELAY_MAX: Duration = Duration::from_millis(500);

/// Runs the tests, and calls `each` as they end.
pub(super) fn run(job: &Job, each: &mut dyn FnMut(Finish)) -> anyhow::Result<()> {
    let mut command = super::cargo(job);
    command.args(["nextest", "run", "--no-fail-fast", "--retries", "0"]);
    super::target(&mut command);
    command.args(["--message-format", "libtest-json-plus"]);
    command.args(["--message-format-version", "0.1"]);
    command.args(["--failure-output", "never", "--success-output", "never"]);
    command.args(["--status-level", "all", "--final-status-level", "none"]);
    command.args(["--color", "never", "--no-tests", "fail"]);
    if let Some(jobs) = job.jobs {
        command.args(["--test-threads", &jobs.to_string()]);
    }
    command.args(["--", "--exact"]);
    command.args(job.tests.iter().map(|test| &test.name));
    command.env("NEXTEST_EXPERIMENTAL_LIBTEST_JSON", "1");
    command.env_remove("NEXTEST_PROFILE");
    let mut child = process::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let stdout = child.stdout.take().context("nextest has no output")?;
    let stderr = child.stderr.take().context("nextest has no errors")?;

    let statuses = Arc::new(Statuses::default());
    let reader = std::thread::spawn({
        let statuses = Arc::clone(&statuses);
        move || statuses.read(stderr)
    });
    for line in BufReader::new(stdout).lines() {
        let line = line.context("cannot read from nextest")?;
        if let Some(finish) = parse(&line, |name| statuses.of(name)) {
            each(finish);
        }
    }
    let status = child.wait().context("cannot wait for nextest")?;
    let log = reader.join().unwrap_or_default();
    // 100 is nextest's "a test failed".
    if !status.success() && status.code() != Some(100) && !process::interrupted() {
        bail!("cargo nextest ended with {status}\n{}", tail(&log, 20));
    }
    Ok(())
}

/// Words like `SIGABRT` and `FAIL`, by test.
#[derive(Default)]
struct Statuses {
    seen: Mutex<BTreeMap<String, String>>,
    news: Condvar,
}

impl Statuses {
    /// Reads to the end, and returns all of it.
    fn read(&self, from: impl Read) -> String {
        let mut log = String::new();
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if let Some((word, name)) = status(&line) {
                let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
                seen.insert(name.to_owned(), word.to_owned());
                self.news.notify_all();
            }
            log.push_str(&line);
            log.push('\n');
        }
        log
    }

    fn of(&self, name: &str) -> Option<String> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = |seen: &mut BTreeMap<String, String>| !seen.contains_key(name);
        let (seen, _) = self
            .news
            .wait_timeout_while(seen, STATUS_DELAY_MAX, missing)
            .unwrap_or_else(PoisonError::into_inner);
        seen.get(name).cloned()
    }
}

/// `     SIGABRT [   0.007s] (1/6) package::binary name`
fn status(line: &str) -> Option<(&str, &str)> {
    let (word, rest) = line.trim_start().split_once(" [")?;
    let name = rest.rsplit_once(' ')?.1;
    let known = word == "FAIL" || word == "TIMEOUT" || word.starts_with("SIG") || word == "ABORT";
    (known && name.contains("::")).then_some((word, name))
}

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "type")]
    kind: String,
    event: String,
    #[serde(default)]
    name: String,
    exec_time: Option<f64>,
    #[serde(default)]
    stdout: String,
}

fn parse(line: &str, status_of: impl Fn(&str) -> Option<String>) -> Option<Finish> {
    let line: Line = serde_json::from_str(line).ok()?;
    if line.kind != "test" {
        return None;
    }
    let name = match line.name.split_once('$') {
        Some((_, name)) => name.to_owned(),
        None => line.name,
    };
    let said = match &*line.event {
        "ok" => Said::Passed,
        "ignored" => Said::Ignored,
        "failed" | "timeout" => match status_of(&name) {
            Some(word) if word != "FAIL" => Said::Died(word),
            _ => Said::Failed,
        },
        _ => return None,
    };
    Some(Finish {
        name,
        said,
        seconds: line.exec_time,
        output: line.stdout,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_run_is_understood() {
        let statuses = Statuses::default();
        statuses.read(include_bytes!("../recorded/nextest.stderr").as_slice());
        let finishes: Vec<Finish> = include_str!("../recorded/nextest.stdout")
            .lines()
            .filter_map(|line| parse(line, |name| statuses.of(name)))
            .collect();
        let said: BTreeMap<&str, &Said> = finishes
            .iter()
            .map(|finish| (finish.name.rsplit("::").next().unwrap_or(""), &finish.said))
            .collect();
        assert_eq!(
            format!("{said:?}"),
            r#"{"aborts": Died("SIGABRT"), "err": Failed, "fails_eq": Failed, "ignored": Ignored, "panics_as_it_should": Passed, "passes": Passed, "slow": Passed}"#
        );
        let fails = finishes
            .iter()
            .find(|finish| finish.name.ends_with("fails_eq"));
        assert!(fails.is_some_and(|finish| finish.output.contains("left: 1")));
    }

    #[test]
    fn other_lines_are_no_status() {
        assert_eq!(
            status("     Summary [   1.637s] 6 tests run: 3 passed"),
            None
        );
        assert_eq!(status("error: test run failed"), None);
    }
}
