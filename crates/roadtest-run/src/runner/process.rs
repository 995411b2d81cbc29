// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The process of one test: started, listened to, and ended where it does not
//! end by itself. It watches its own limits, which it knows better: here is
//! only what is left where it cannot.

use std::io::{PipeReader, Read as _};
use std::os::fd::AsFd as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal};

use super::{Ended, Finish};

/// After this time a test is said to be slow, and again after each multiple.
const SLOW: Duration = Duration::from_secs(30);

/// A test ends itself long before; one that was stopped, or whose process
/// hangs in the system, does not.
const GIVEN_UP: Duration = Duration::from_secs(3600);

/// How much of a test's output is kept, in bytes.
const OUTPUT_MAX: usize = 1 << 20;

/// Runs a test to its end.
pub(super) fn run(command: Command, slow: impl Fn(Duration)) -> Finish {
    let started = Instant::now();
    let (ended, output) = match Running::start(command) {
        Ok(running) => running.wait(started, slow),
        Err(error) => {
            let text = format!("it cannot be started: {error:#}");
            (Ended::Died(text), String::new())
        }
    };
    Finish {
        ended,
        seconds: started.elapsed().as_secs_f64(),
        output,
    }
}

struct Running {
    child: Child,
    pipe: PipeReader,
    output: Vec<u8>,
}

impl Running {
    fn start(mut command: Command) -> anyhow::Result<Self> {
        let (pipe, writer) = std::io::pipe()?;
        command.stdout(writer.try_clone()?).stderr(writer);
        let child = roadtest_command::process::start(&mut command)?;
        // The writing ends that the command holds are closed with it.
        Ok(Self {
            child,
            pipe,
            output: Vec::new(),
        })
    }

    fn wait(mut self, started: Instant, slow: impl Fn(Duration)) -> (Ended, String) {
        let ended = match self.listen(started, &slow) {
            Ok(ended) => ended,
            Err(error) => {
                self.kill();
                Ended::Died(format!("it cannot be listened to: {error}"))
            }
        };
        let mut output = String::from_utf8_lossy(&self.output).into_owned();
        if self.output.len() >= OUTPUT_MAX {
            output.push_str("\n… (it said more)\n");
        }
        (ended, output)
    }

    fn listen(&mut self, started: Instant, slow: &impl Fn(Duration)) -> std::io::Result<Ended> {
        let process =
            rustix::process::pidfd_open(Pid::from_child(&self.child), PidfdFlags::empty())?;
        let mut next = SLOW;
        let mut is_open = true;
        loop {
            let patience = next.saturating_sub(started.elapsed());
            let mut fds = vec![PollFd::new(&process, PollFlags::IN)];
            if is_open {
                fds.push(PollFd::from_borrowed_fd(self.pipe.as_fd(), PollFlags::IN));
            }
            let timeout = Timespec::try_from(patience).unwrap_or_default();
            rustix::io::retry_on_intr(|| poll(&mut fds, Some(&timeout)))?;
            let has_ended = !fds[0].revents().is_empty();
            if fds.get(1).is_some_and(|pipe| !pipe.revents().is_empty()) {
                is_open = self.read()?;
                continue;
            }
            if has_ended {
                // What it left running may hold the pipe open; nothing more
                // is in it.
                return Ok(end(self.child.wait()?));
            }
            let passed = started.elapsed();
            if passed >= GIVEN_UP {
                self.kill();
                return Ok(Ended::GivenUp(GIVEN_UP));
            }
            if passed >= next {
                slow(next);
                next += SLOW;
            }
        }
    }

    /// Reads what is there. Returns whether there may be more.
    fn read(&mut self) -> std::io::Result<bool> {
        let mut bytes = [0; 16 << 10];
        let len = self.pipe.read(&mut bytes)?;
        let room = OUTPUT_MAX.saturating_sub(self.output.len());
        self.output.extend(&bytes[..len.min(room)]);
        Ok(len > 0)
    }

    /// The guests of a test die with it.
    fn kill(&mut self) {
        let group = Pid::from_child(&self.child);
        // It may have ended by itself in the meantime.
        let _ = rustix::process::kill_process_group(group, Signal::KILL);
        let _ = self.child.wait();
    }
}

fn end(status: ExitStatus) -> Ended {
    match (status.code(), status.signal()) {
        (Some(0), _) => Ended::Well,
        (Some(101), _) => Ended::Badly,
        (Some(code), _) => Ended::Died(format!("exit code {code}")),
        (None, signal) => Ended::Died(name(signal.unwrap_or_default())),
    }
}

fn name(signal: i32) -> String {
    let known = [
        (Signal::ABORT, "SIGABRT"),
        (Signal::BUS, "SIGBUS"),
        (Signal::FPE, "SIGFPE"),
        (Signal::ILL, "SIGILL"),
        (Signal::INT, "SIGINT"),
        (Signal::KILL, "SIGKILL"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::TERM, "SIGTERM"),
    ];
    match known.iter().find(|(known, _)| known.as_raw() == signal) {
        Some((_, name)) => (*name).to_owned(),
        None => format!("signal {signal}"),
    }
}
