// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The stages of a CI run: their names, their times, and what they found.

use std::process::Command;
use std::time::{Duration, Instant};

use roadtest_command::console::{self, BAD, GOOD, PALE};
use roadtest_command::exit::Done;
use roadtest_command::process;
use roadtest_report::event::Counts;
use roadtest_run::runner;
use xshell::Cmd;

/// What has run so far.
#[derive(Debug, Default)]
pub(super) struct Stages {
    ended: Vec<Stage>,
}

/// A stage that has ended.
#[derive(Debug)]
struct Stage {
    name: String,
    took: Duration,
    /// The tests of the stage. A stage without tests that fails is counted as
    /// one failure, so that the last line never reads well after a failure.
    counts: Counts,
}

/// One failure.
const FAILURE: Counts = Counts {
    passed: 0,
    failed: 1,
    skipped: 0,
};

impl Stages {
    /// A stage that gives something to later ones.
    pub(super) fn get<T>(
        &mut self,
        name: &str,
        work: impl FnOnce() -> anyhow::Result<T>,
    ) -> Option<T> {
        console::status("Stage", name);
        let start = Instant::now();
        let result = work();
        if process::interrupted() {
            // Why: what it says now is only that it was cut off.
            process::wait_for_the_end();
        }
        let counts = match &result {
            Ok(_) => Counts::default(),
            Err(error) => {
                console::problem(&format!("{error:#}"));
                FAILURE
            }
        };
        self.end(name, start, counts);
        result.ok()
    }

    /// A stage with tests in it.
    pub(super) fn count(&mut self, name: &str, work: impl FnOnce() -> anyhow::Result<Counts>) {
        if let Some(counts) = self.get(name, work)
            && let Some(stage) = self.ended.last_mut()
        {
            stage.counts = counts;
        }
    }

    /// A stage that holds or does not.
    pub(super) fn run(&mut self, name: &str, work: impl FnOnce() -> anyhow::Result<Done>) {
        self.count(name, || match work()? {
            Done::AllPassed => Ok(Counts::default()),
            Done::SomeFailed => Ok(FAILURE),
        });
    }

    /// A stage that is a command.
    pub(super) fn command(&mut self, name: &str, command: Cmd<'_>) {
        self.run(name, || {
            let mut command = process::guarded(Command::from(command));
            runner::snapshot_rules(&mut command);
            let status = process::run(&mut command)?;
            Ok(Done::from_failed(usize::from(!status.success())))
        });
    }

    fn end(&mut self, name: &str, start: Instant, counts: Counts) {
        self.ended.push(Stage {
            name: name.to_owned(),
            took: start.elapsed(),
            counts,
        });
    }

    /// All tests of all stages.
    pub(super) fn counts(&self) -> Counts {
        let mut all = Counts::default();
        for stage in &self.ended {
            all.add(stage.counts);
        }
        all
    }

    /// A line for each stage.
    pub(super) fn lines(&self) -> Vec<String> {
        self.ended.iter().map(Stage::line).collect()
    }
}

impl Stage {
    fn line(&self) -> String {
        let (word, style) = match self.counts.failed {
            0 => ("ok", GOOD),
            _ => ("failed", BAD),
        };
        let took = self.took.as_secs_f64();
        let tests = match self.counts {
            Counts {
                passed: 0,
                skipped: 0,
                ..
            } => String::new(),
            counts => format!("  {PALE}{counts}{PALE:#}"),
        };
        format!(
            "{style}{word:>8}{style:#} {PALE}[{took:7.1}s]{PALE:#} {}{tests}",
            self.name
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_of_all_stages_add_up_and_a_failed_check_is_a_failure() {
        let mut stages = Stages::default();
        stages.count("unit tests", || {
            Ok(Counts {
                passed: 3,
                failed: 0,
                skipped: 1,
            })
        });
        stages.run("fmt", || Ok(Done::SomeFailed));
        stages.run("tidy", || Ok(Done::AllPassed));
        assert_eq!(stages.get("build", || Ok(7)), Some(7));
        assert_eq!(
            stages.get::<u8>("build", || anyhow::bail!("no network")),
            None
        );
        assert_eq!(stages.counts().to_string(), "3 passed, 2 failed, 1 skipped");
        assert_eq!(stages.lines().len(), 5);
    }
}
