// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Starting programs so that none of them outlives us, and ending them when
//! the user says stop. What an earlier run left behind belongs to
//! `leftovers`.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::process::{Pid, Signal};

use crate::leftovers::{self, MARK_ENV};
use crate::workspace;

/// How long programs may take to end themselves, once asked.
const GRACE: Duration = Duration::from_secs(5);
/// How often to look whether they have.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Whether the user (or the system) asked us to stop.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// The value of [`MARK_ENV`]: our process id.
fn mark() -> String {
    std::process::id().to_string()
}

/// Marks a command that boots kernels.
pub fn mark_as_ours(command: &mut Command) {
    command.env(MARK_ENV, mark());
}

/// From here on SIGINT, SIGTERM and SIGHUP end what we started, then us.
///
/// # Errors
/// Where the handler cannot be installed.
pub fn watch_for_interrupts() -> anyhow::Result<()> {
    ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::SeqCst) {
            return;
        }
        crate::console::problem("interrupted");
        end_all();
        leftovers::remove_dead();
        // Why: the main thread may wait for something that no signal ends,
        // such as a terminal.
        std::process::exit(130);
    })
    .context("cannot watch for Ctrl-C")
}

/// Waits until the handler of the interrupt has cleaned up and ends us.
pub fn wait_for_the_end() -> ! {
    loop {
        std::thread::park();
    }
}

/// Asks everything that we started to end, waits, and kills what is left.
fn end_all() {
    signal_all(Signal::TERM);
    let deadline = Instant::now() + GRACE;
    while !started_by_us().is_empty() && Instant::now() < deadline {
        std::thread::sleep(LOOK_AGAIN);
    }
    signal_all(Signal::KILL);
}

fn signal_all(signal: Signal) {
    for pid in started_by_us() {
        // Why: it may have ended by itself in the meantime.
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// Our descendants, and whatever carries our mark, without zombies.
fn started_by_us() -> Vec<Pid> {
    leftovers::processes()
        .into_iter()
        .filter(|process| process.descends_from(std::process::id()) || process.mark_is(&mark()))
        .filter_map(|process| process.pid())
        .collect()
}

/// A `cargo` in the workspace, ready for arguments.
pub fn cargo(root: &Path) -> Command {
    let mut command = guarded(Command::new(workspace::cargo()));
    command.current_dir(root);
    forget_this_package(&mut command);
    command
}

/// Takes from a command what cargo told us about this package: it is not true
/// of another.
pub fn forget_this_package(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_") {
            command.env_remove(name);
        }
    }
    command.env_remove("CARGO_MANIFEST_DIR");
    command.env_remove("CARGO_MANIFEST_PATH");
}

/// The same command, but it gets SIGTERM when this process dies, however it
/// dies, where util-linux can arrange that.
pub fn guarded(command: Command) -> Command {
    if !workspace::has_program("setpriv") {
        return command;
    }
    let mut guarded = Command::new("setpriv");
    guarded.args(["--pdeathsig", "TERM", "--"]);
    guarded.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => guarded.env(name, value),
            None => guarded.env_remove(name),
        };
    }
    if let Some(directory) = command.get_current_dir() {
        guarded.current_dir(directory);
    }
    guarded
}

/// Starts a program in a process group of its own, with nothing to read.
///
/// # Errors
/// Where it cannot be started.
pub fn start(command: &mut Command) -> anyhow::Result<Child> {
    if interrupted() {
        wait_for_the_end();
    }
    let child = command.stdin(Stdio::null()).process_group(0).spawn();
    child.with_context(|| format!("cannot start {}", command.get_program().display()))
}

/// Runs a program to its end and keeps its standard output.
///
/// # Errors
/// Where it cannot be started.
pub fn capture(command: &mut Command) -> anyhow::Result<Output> {
    let child = start(command.stdout(Stdio::piped()))?;
    child
        .wait_with_output()
        .context("cannot read from a program")
}

/// Runs a program to its end; it writes where we write.
///
/// # Errors
/// Where it cannot be started.
pub fn run(command: &mut Command) -> anyhow::Result<ExitStatus> {
    start(command)?.wait().context("cannot wait for a program")
}

/// Runs a program that talks with the user: it has our terminal.
///
/// # Errors
/// Where it cannot be started.
pub fn talk(command: &mut Command) -> anyhow::Result<ExitStatus> {
    let status = command.status();
    status.with_context(|| format!("cannot start {}", command.get_program().display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guarded_command_does_the_same() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo $WORD $PWD"]).env("WORD", "here:");
        command.current_dir("/");
        let output = capture(&mut guarded(command)).expect("sh starts");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "here: /\n");
    }

    #[test]
    fn a_program_has_a_group_of_its_own() {
        let mut command = Command::new("sh");
        command.args(["-c", "ps -o pgid= $$ || echo $$; echo $$"]);
        let output = capture(&mut command).expect("sh starts");
        let text = String::from_utf8_lossy(&output.stdout);
        let words: Vec<&str> = text.split_whitespace().collect();
        assert_eq!(words[0], words[1], "{text}");
    }
}
