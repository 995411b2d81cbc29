// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A command that is listened to: what it says is kept, line by line as it
//! comes, and everything that is waited for has a limit, so that a hang is a
//! failure that shows how far the command came. It decides nothing about what
//! the command should say.

use std::io::{BufRead as _, BufReader, PipeReader};
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use roadtest_command::process;
use rustix::process::{Pid, Signal};

/// The longest that one command may take: it may compile the workspace and a
/// kernel.
const LIMIT: Duration = Duration::from_secs(15 * 60);
/// How long its last lines may take to come, once it has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How often to look whether a command that says nothing more has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A command that runs.
pub struct Running {
    name: String,
    child: Child,
    lines: Receiver<String>,
    said: String,
    /// How much of it has been waited for.
    heard: usize,
}

/// What a command that has ended said, on standard output and standard error,
/// in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    name: String,
    /// Its exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// Its lines.
    pub text: String,
}

/// Runs a command to its end.
///
/// # Errors
/// Where it cannot be started, or does not end.
pub fn said(command: Command) -> anyhow::Result<Said> {
    Running::start(command)?.end(LIMIT)
}

impl Running {
    /// Starts a command, in a process group of its own, without colours.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub fn start(command: Command) -> anyhow::Result<Self> {
        let words = [command.get_program()].into_iter();
        let words: Vec<String> = words
            .chain(command.get_args())
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        let (reader, writer) = std::io::pipe().context("cannot create a pipe")?;
        let other = writer.try_clone().context("cannot create a pipe")?;
        let mut command = process::guarded(command);
        command.stdout(writer).stderr(other).env("NO_COLOR", "1");
        let child = process::start(&mut command)?;
        // Why: it holds the pipe open, which would then never end.
        drop(command);
        Ok(Self {
            name: words.join(" "),
            child,
            lines: lines_of(reader),
            said: String::new(),
            heard: 0,
        })
    }

    /// Waits until the command says `text`, after what was waited for before.
    ///
    /// # Errors
    /// Where it does not within `limit`, or ends; with all that it said.
    pub fn wait_for(&mut self, text: &str, limit: Duration) -> anyhow::Result<()> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(at) = self.said[self.heard..].find(text) {
                self.heard += at + text.len();
                return Ok(());
            }
            match self.lines.recv_timeout(left(deadline)) {
                Ok(line) => self.said.push_str(&line),
                Err(RecvTimeoutError::Timeout) => bail!(
                    "`{}` does not say '{text}' within {} s:\n{}",
                    self.name,
                    limit.as_secs(),
                    self.said
                ),
                Err(RecvTimeoutError::Disconnected) => bail!(
                    "`{}` ends and never says '{text}':\n{}",
                    self.name,
                    self.said
                ),
            }
        }
    }

    /// Does what Ctrl-C does on a terminal: SIGINT for the whole group.
    ///
    /// # Errors
    /// Where there is no such group any more.
    pub fn interrupt(&self) -> anyhow::Result<()> {
        self.signal(Signal::INT)
            .with_context(|| format!("cannot interrupt `{}`", self.name))
    }

    fn signal(&self, signal: Signal) -> rustix::io::Result<()> {
        rustix::process::kill_process_group(Pid::from_child(&self.child), signal)
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// Where it has not within `limit`; with all that it said.
    pub fn end(mut self, limit: Duration) -> anyhow::Result<Said> {
        let deadline = Instant::now() + limit;
        let status = loop {
            if let Some(status) = self.child.try_wait().context("cannot wait for a program")? {
                break status;
            }
            match self.lines.recv_timeout(LOOK_AGAIN) {
                Ok(line) => self.said.push_str(&line),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => std::thread::sleep(LOOK_AGAIN),
            }
            if left(deadline).is_zero() {
                bail!(
                    "`{}` has not ended within {} s:\n{}",
                    self.name,
                    limit.as_secs(),
                    self.said
                );
            }
        };
        // Why a limit: a compiler's server may keep the pipe open.
        while let Ok(line) = self.lines.recv_timeout(LAST_WORDS) {
            self.said.push_str(&line);
        }
        Ok(Said {
            name: std::mem::take(&mut self.name),
            code: status.code(),
            text: std::mem::take(&mut self.said),
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Why: a command that hangs must not outlive the stage that says so.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.signal(Signal::TERM);
            let _ = self.child.wait();
        }
    }
}

fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

/// The lines of a pipe, as they come.
fn lines_of(pipe: PipeReader) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while pipe.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            if sender
                .send(String::from_utf8_lossy(&line).into_owned())
                .is_err()
            {
                return;
            }
            line.clear();
        }
    });
    lines
}

impl Said {
    /// Wants this exit code, and that every one of the texts was said.
    ///
    /// # Errors
    /// What is missing, with all that was said.
    pub fn expect(&self, code: i32, texts: &[&str]) -> anyhow::Result<()> {
        if self.code != Some(code) {
            let ended = match self.code {
                Some(code) => format!("with {code}"),
                None => "by a signal".to_owned(),
            };
            bail!("`{}` ends {ended}, not {code}:\n{}", self.name, self.text);
        }
        match texts.iter().find(|text| !self.text.contains(**text)) {
            None => Ok(()),
            Some(text) => bail!("`{}` does not say '{text}':\n{}", self.name, self.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn what_is_said_is_heard_in_order_and_the_code_is_kept() {
        let said = said(sh("echo one; echo two >&2; printf three; exit 3")).expect("it ends");
        assert_eq!(said.text, "one\ntwo\nthree");
        said.expect(3, &["two", "three"]).expect("as it was");
        assert!(said.expect(0, &[]).is_err());
        assert!(said.expect(3, &["four"]).is_err());
    }

    #[test]
    fn a_command_is_interrupted_where_it_waits() {
        let script = "trap 'echo bye; exit 130' INT; echo ready; while :; do sleep 1; done";
        let mut running = Running::start(sh(script)).expect("sh starts");
        running.wait_for("ready", LIMIT).expect("it says so");
        running.interrupt().expect("it runs");
        let said = running.end(LIMIT).expect("it ends");
        said.expect(130, &["bye"]).expect("interrupted");
    }

    #[test]
    fn a_hang_is_an_error_that_shows_how_far_it_came() {
        let mut running = Running::start(sh("echo begun; sleep 1000")).expect("sh starts");
        let error = running.wait_for("ended", Duration::from_millis(300));
        assert!(error.is_err_and(|error| error.to_string().contains("begun")));
        let error = running.end(Duration::from_millis(50));
        assert!(error.is_err_and(|error| error.to_string().contains("has not ended")));
        let mut running = Running::start(sh("echo begun")).expect("sh starts");
        let error = running.wait_for("ended", LIMIT);
        assert!(error.is_err_and(|error| error.to_string().contains("never says")));
    }
}
