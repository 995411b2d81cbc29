// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `cargo test`: all tests in one process, verdicts as text. Where that
//! process dies, the tests without a verdict are run again one by one, so
//! that the one that killed it is known and no other is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use roadtest_command::process;

use super::{Finish, Job, Said, tail};

/// Runs the tests, and calls `each` as they end.
pub(super) fn run(job: &Job, each: &mut dyn FnMut(Finish)) -> anyhow::Result<()> {
    let names: Vec<&str> = job.tests.iter().map(|test| &*test.name).collect();
    let mut told = BTreeSet::new();
    let mut tell = |finish: Finish| {
        told.insert(finish.name.clone());
        each(finish);
    };
    together(job, &names, &mut tell)?;
    for name in names {
        if !told.contains(name) && !process::interrupted() {
            each(alone(job, name)?);
        }
    }
    Ok(())
}

/// Runs tests in one process.
fn together(job: &Job, names: &[&str], each: &mut dyn FnMut(Finish)) -> anyhow::Result<()> {
    let mut command = command(job);
    if let Some(jobs) = job.jobs {
        command.args(["--test-threads", &jobs.to_string()]);
    }
    command.args(names);
    let mut child = process::start(command.stdout(Stdio::piped()).stderr(Stdio::null()))?;
    let stdout = child.stdout.take().context("cargo test has no output")?;
    let mut parser = Parser::default();
    for line in BufReader::new(stdout).split(b'\n') {
        let line = line.context("cannot read from cargo test")?;
        if let Some(finish) = parser.line(&String::from_utf8_lossy(&line)) {
            each(finish);
        }
    }
    parser.end().into_iter().for_each(each);
    child.wait().context("cannot wait for cargo test")?;
    Ok(())
}

/// Runs one test, and lets it speak directly: what libtest has kept would be
/// lost if it died.
fn alone(job: &Job, name: &str) -> anyhow::Result<Finish> {
    let mut command = command(job);
    command.args(["--nocapture", name]);
    let child = process::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let ended = child
        .wait_with_output()
        .context("cannot wait for cargo test")?;
    let words = String::from_utf8_lossy(&ended.stdout);
    let log = String::from_utf8_lossy(&ended.stderr);
    let said = match (ended.status.success(), cause_of_death(&log)) {
        (true, _) => Said::Passed,
        (false, None) if words.contains("test result: FAILED") => Said::Failed,
        (false, None) => Said::Died(tail(&log, 3)),
        (false, Some(cause)) => Said::Died(cause),
    };
    Ok(Finish {
        name: name.to_owned(),
        said,
        seconds: None,
        output: own_words(&words, &log),
    })
}

fn command(job: &Job) -> Command {
    let mut command = super::cargo(job);
    command.args(["test", "--no-fail-fast", "--color", "never"]);
    super::target(&mut command);
    command.args(["--", "--exact"]);
    command
}

/// What the test wrote, without what cargo and libtest did.
fn own_words(words: &str, log: &str) -> String {
    let from_cargo = |line: &str| {
        let line = line.trim_start();
        line.starts_with("Finished `") || line.starts_with("Running ")
    };
    let of_test = words.lines().filter(|line| {
        !line.starts_with("running ") && !line.starts_with("test ") && !line.starts_with("failures")
    });
    let of_log = log
        .lines()
        .skip_while(|line| from_cargo(line))
        .take_while(|line| !line.starts_with("error: test failed, to rerun"));
    let lines: Vec<&str> = of_test.chain(of_log).collect();
    lines.join("\n")
}

/// `SIGABRT`, from cargo's report of a process that a signal has ended.
fn cause_of_death(log: &str) -> Option<String> {
    let report = log.lines().find(|line| line.contains("(signal: "))?;
    let word = report
        .split(|c: char| !c.is_ascii_alphanumeric())
        .rfind(|word| word.starts_with("SIG"));
    Some(word.unwrap_or(report.trim()).to_owned())
}

/// Reads libtest's text: verdicts first, outputs of failed tests at the end.
#[derive(Default)]
struct Parser {
    /// Failed, and waiting for their output.
    failed: BTreeMap<String, String>,
    /// Whose output the current line belongs to.
    section: Option<String>,
}

impl Parser {
    fn line(&mut self, line: &str) -> Option<Finish> {
        if let Some(name) = header(line).filter(|name| self.failed.contains_key(*name)) {
            self.section = Some(name.to_owned());
            return None;
        }
        if line == "failures:" || line.starts_with("test result: ") {
            self.section = None;
            return None;
        }
        if let Some(output) = self
            .section
            .as_ref()
            .and_then(|name| self.failed.get_mut(name))
        {
            output.push_str(line);
            output.push('\n');
            return None;
        }
        let (name, word) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
        let name = name.trim_end_matches(" - should panic").to_owned();
        let said = match word.split([',', ' ']).next()? {
            "ok" => Said::Passed,
            "ignored" => Said::Ignored,
            "FAILED" => {
                self.failed.insert(name, String::new());
                return None;
            }
            _ => return None,
        };
        Some(Finish {
            name,
            said,
            seconds: None,
            output: String::new(),
        })
    }

    fn end(self) -> Vec<Finish> {
        let finish = |(name, output)| Finish {
            name,
            said: Said::Failed,
            seconds: None,
            output,
        };
        self.failed.into_iter().map(finish).collect()
    }
}

/// `---- iio::light::opt3001::lux stdout ----`
fn header(line: &str) -> Option<&str> {
    line.strip_prefix("---- ")?.strip_suffix(" stdout ----")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Vec<Finish> {
        let mut parser = Parser::default();
        let mut finishes: Vec<Finish> = text.lines().filter_map(|line| parser.line(line)).collect();
        finishes.extend(parser.end());
        finishes
    }

    #[test]
    fn a_recorded_run_is_understood() {
        let finishes = parse(include_str!("../recorded/libtest.stdout"));
        let said: BTreeMap<&str, &Said> = finishes
            .iter()
            .map(|finish| (finish.name.rsplit("::").next().unwrap_or(""), &finish.said))
            .collect();
        assert_eq!(
            format!("{said:?}"),
            r#"{"err": Failed, "fails_eq": Failed, "ignored": Ignored, "panics_as_it_should": Passed, "passes": Passed, "slow": Passed}"#
        );
        let fails = finishes
            .iter()
            .find(|finish| finish.name.ends_with("fails_eq"));
        assert!(fails.is_some_and(|finish| finish.output.contains("left: 1")));
    }

    #[test]
    fn a_process_that_died_gives_no_verdict_but_its_cause() {
        assert_eq!(
            parse(include_str!("../recorded/libtest-aborted.stdout")),
            []
        );
        let log = include_str!("../recorded/libtest-aborted.stderr");
        assert_eq!(cause_of_death(log).as_deref(), Some("SIGABRT"));
        assert_eq!(own_words("\nrunning 1 test\nhello\n", log), "\nhello");
    }
}
