// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The test harness: finds the functions with `#[roadtest::test]`, runs those
//! that are asked for, and judges each by what its body returned and by the
//! machines that it booted. A test target sets `harness = false` and calls
//! [`main`]; `cargo test`, `cargo nextest run`, an editor's run button and
//! `cargo xtask roadtest` all end up here.
//!
//! One test runs in this process; several run in a process each, so that no
//! test can take another one down, and so that what a failed one printed is
//! shown with it. Nothing below this module knows of tests.

mod arguments;
mod budget;
mod current;
mod list;
mod place;
mod processes;
mod record;
mod run;
mod snapshot;
mod test;
mod verdict;

use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use libtest_mimic::{Completion, Failed, Trial};

pub use inventory;
pub use test::{End, Failure, Test};

use arguments::Selection;
use place::Place;
use roadtest_record::test::Outcome;

/// Names the process that runs this one as a single test: what the test
/// prints is then all that is printed, the record says the rest, and the test
/// ends when that process does.
pub use roadtest_record::test::RUNNER_ENV;

/// How the tests of this process are run.
#[derive(Clone, Copy)]
enum Mode {
    /// In this process.
    Here,
    /// In a process each.
    Apart,
}

/// Runs the tests that the command line asks for, as the built-in harness
/// does: filters, `--exact`, `--list`, `--nocapture`, `--ignored` and the rest.
pub fn main() -> ExitCode {
    crate::panics::install_hook();
    let tests = list::all();
    let place = Arc::new(Place::find());
    let selection = Selection::of_command_line();
    if let Some(alone) = processes::alone(&selection) {
        return match tests.iter().find(|test| test.full_name() == alone) {
            Some(test) => match run::here(test, &place).outcome {
                Outcome::Passed | Outcome::Skipped => ExitCode::SUCCESS,
                _ => ExitCode::from(101),
            },
            None => {
                eprintln!("there is no test {alone} in this program");
                ExitCode::from(2)
            }
        };
    }
    let mode = Arc::new(OnceLock::new());
    let mut trials: Vec<Trial> = tests
        .into_iter()
        .map(|test| trial(test, &place, &mode, &selection))
        .collect();
    selection.keep(&mut trials);
    let _ = mode.set(match selection.runs(&trials) {
        0 | 1 => Mode::Here,
        _ => Mode::Apart,
    });
    if matches!(mode.get(), Some(Mode::Here)) && !selection.lists() {
        // One that knows where snapshots are needs no cargo for that.
        place.become_known();
    }
    libtest_mimic::run(&selection.arguments, trials).exit_code()
}

fn trial(
    test: &'static Test,
    place: &Arc<Place>,
    mode: &Arc<OnceLock<Mode>>,
    selection: &Selection,
) -> Trial {
    let lacking = place.lacking(test);
    let is_lacking = lacking.is_some();
    let place = Arc::clone(place);
    let mode = Arc::clone(mode);
    let shows = selection.shows();
    let run = move || -> Result<Completion, Failed> {
        if let Some(reason) = lacking {
            record::skipped(test, &place, &reason);
            return Ok(Completion::ignored_with(reason));
        }
        match mode.get() {
            Some(Mode::Apart) => processes::run(test, &place, shows),
            _ => {
                let record = run::here(test, &place);
                match record.outcome {
                    Outcome::Passed => Ok(Completion::Completed),
                    Outcome::Skipped => Ok(Completion::ignored_with(record.reason)),
                    _ => Err(record.reason.into()),
                }
            }
        }
    };
    Trial::ignorable_test(test.full_name(), run).with_ignored_flag(is_lacking)
}
