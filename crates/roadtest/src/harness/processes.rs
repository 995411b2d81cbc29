// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A test in a process of its own: how it is started by the harness, and how
//! the process knows.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use libtest_mimic::{Completion, Failed};
use rustix::process::{Signal, getppid, set_parent_process_death_signal};

use super::arguments::{Selection, Shows};
use super::place::Place;
use super::{RUNNER_ENV, Test};
use crate::explore;

/// The test that this process is for, if it was started for one.
pub(super) fn alone(selection: &Selection) -> Option<String> {
    let is_alone = has_runner() || explore::wanted();
    let name = selection.arguments.filter.clone();
    name.filter(|_| is_alone && selection.arguments.exact && !selection.lists())
}

/// Whether a runner started this process; then it ends with its runner. A test
/// may start this program as well, and what it inherits is not meant for it.
fn has_runner() -> bool {
    let parent = || getppid().map(|pid| pid.as_raw_pid().to_string());
    let runner = std::env::var(RUNNER_ENV).ok();
    if runner.is_none() || runner != parent() {
        return false;
    }
    // Where the system cannot do that, the test ends by itself.
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    if runner != parent() {
        std::process::exit(101);
    }
    true
}

/// Runs a test in a process of its own.
pub(super) fn run(test: &Test, place: &Place, shows: Shows) -> Result<Completion, Failed> {
    let (status, output) = start(test, place, shows)
        .map_err(|error| format!("the test cannot be started: {error}"))?;
    if status.success() {
        if shows == Shows::All && !output.is_empty() {
            // A reader that has gone away does not change what happened.
            let mut out = std::io::stdout().lock();
            let _ = write!(out, "---- {} ----\n{output}", test.full_name());
        }
        return Ok(Completion::Completed);
    }
    match (status.code(), output.trim_end()) {
        (Some(_), "") => Err(Failed::without_message()),
        (Some(_), output) => Err(output.into()),
        (None, output) => Err(format!("{output}\nthe test's process died: {status}").into()),
    }
}

/// Both of its outputs go into one pipe, so that they stay in order.
fn start(test: &Test, place: &Place, shows: Shows) -> std::io::Result<(ExitStatus, String)> {
    // Why not the file that was started: it may have been compiled anew.
    let mut command = Command::new(Path::new("/proc/self/exe"));
    command
        .args(["--exact", &test.full_name(), "--nocapture"])
        .env(RUNNER_ENV, std::process::id().to_string())
        .stdin(Stdio::null());
    place.tell(&mut command);
    if shows == Shows::AtOnce {
        return Ok((command.status()?, String::new()));
    }
    let (mut reader, writer) = std::io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn()?;
    // The writing ends that the command holds would keep the pipe open.
    drop(command);
    let mut output = Vec::new();
    std::io::Read::read_to_end(&mut reader, &mut output)?;
    let status = child.wait()?;
    Ok((status, String::from_utf8_lossy(&output).into_owned()))
}
