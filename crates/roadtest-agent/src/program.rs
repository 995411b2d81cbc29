// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Programs of the guest: one that runs while the host waits for its end, and
//! one on the terminal, whose end is an event.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use roadtest_wire::{Answer, OUTPUT_LEN_MAX, Output, Program, Status, TerminalSize};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, kill_process_group, pidfd_open, waitpgid,
};
use rustix::termios::{Winsize, tcsetwinsize};
use rustix::time::Timespec;

use crate::failure::Failure;
use crate::launch::{Session, Streams, launch};

/// The terminal: port 1 of the console, which the host makes a console port.
const TERMINAL: &str = "/dev/hvc0";

/// A program that has been started.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    pid: Pid,
    /// Readable when it has ended.
    end: OwnedFd,
}

impl Running {
    fn of(child: Child) -> Result<Self, Failure> {
        let pid = Pid::from_child(&child);
        let end = pidfd_open(pid, PidfdFlags::empty())?;
        Ok(Self { child, pid, end })
    }

    pub(crate) fn end(&self) -> BorrowedFd<'_> {
        self.end.as_fd()
    }

    /// How it ended; waits for that.
    pub(crate) fn status(mut self) -> Result<Status, Failure> {
        Ok(status(self.child.wait()?))
    }

    /// How it ended, when it has been killed with all of its process group and
    /// nothing of them is left.
    fn finish(self) -> Result<Status, Failure> {
        let group = self.pid;
        match kill_process_group(group, Signal::KILL) {
            Ok(()) | Err(Errno::SRCH) => {}
            Err(errno) => return Err(errno.into()),
        }
        let status = self.status()?;
        // The others became children of this process, which is PID 1.
        loop {
            match waitpgid(group, WaitOptions::empty()) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(Errno::CHILD) => return Ok(status),
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

fn status(status: ExitStatus) -> Status {
    match (status.code(), status.signal()) {
        (Some(code), _) => Status::Exited(code),
        // One of both is there, since it has ended.
        (None, signal) => Status::Killed(signal.unwrap_or_default()),
    }
}

/// Starts a program on the terminal.
pub(crate) fn run_on_terminal(program: &Program, size: TerminalSize) -> Result<Running, Failure> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let terminal = File::from(rustix::fs::open(TERMINAL, flags, Mode::empty())?);
    let winsize = Winsize {
        ws_row: size.rows,
        ws_col: size.columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&terminal, winsize)?;
    let streams = Streams {
        stdin: terminal.try_clone()?.into(),
        stdout: terminal.try_clone()?.into(),
        stderr: terminal.into(),
    };
    Running::of(launch(program, Session::OnTerminal, streams)?)
}

/// Runs a program to its end.
pub(crate) fn run(
    program: &Program,
    stdin: &[u8],
    limit_ns: Option<u64>,
) -> Result<Answer, Failure> {
    let (to_read, input) = pipe_with(PipeFlags::CLOEXEC)?;
    let (mut stdout, to_stdout) = Reader::new()?;
    let (mut stderr, to_stderr) = Reader::new()?;
    let streams = Streams {
        stdin: Stdio::from(to_read),
        stdout: Stdio::from(to_stdout),
        stderr: Stdio::from(to_stderr),
    };
    let mut stdin = Writer::new(input, stdin)?;
    // A limit that the clock never reaches is none.
    let deadline =
        limit_ns.and_then(|limit| Instant::now().checked_add(Duration::from_nanos(limit)));
    let program = Running::of(launch(program, Session::Plain, streams)?)?;
    let in_time = loop {
        stdin.write()?;
        stdout.read()?;
        stderr.read()?;
        let mut files = vec![PollFd::from_borrowed_fd(program.end(), PollFlags::IN)];
        let outputs = [&stdout, &stderr].into_iter();
        files.extend(outputs.filter_map(|output| output.awaited(PollFlags::IN)));
        files.extend(stdin.awaited());
        let left = deadline.and_then(left_until);
        match poll(&mut files, left.as_ref()) {
            Ok(0) => break false,
            Ok(_) if !files[0].revents().is_empty() => break true,
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    };
    let status = program.finish()?;
    // What it left in the pipes. The processes that could write more are gone,
    // but for those that left its process group.
    stdout.read()?;
    stderr.read()?;
    Ok(Answer::Ended {
        status: if in_time { status } else { Status::TimedOut },
        stdout: stdout.output,
        stderr: stderr.output,
    })
}

/// What poll(2) may wait for; `None` is without limit.
///
/// Why not the clock of `rustix`: it looks for all functions of the vDSO as
/// soon as one is needed, and panics where one is missing. UML's has no
/// `getcpu` from Linux 7.3 on.
fn left_until(deadline: Instant) -> Option<Timespec> {
    let left = deadline.saturating_duration_since(Instant::now());
    Timespec::try_from(left).ok()
}

/// The agent's end of a program's output.
struct Reader {
    /// Until the output has ended.
    pipe: Option<OwnedFd>,
    output: Output,
}

impl Reader {
    /// With the program's end.
    fn new() -> Result<(Self, OwnedFd), Failure> {
        let (pipe, program) = pipe_with(PipeFlags::CLOEXEC)?;
        rustix::io::ioctl_fionbio(&pipe, true)?;
        let reader = Self {
            pipe: Some(pipe),
            output: Output::default(),
        };
        Ok((reader, program))
    }

    fn awaited(&self, events: PollFlags) -> Option<PollFd<'_>> {
        self.pipe.as_ref().map(|pipe| PollFd::new(pipe, events))
    }

    /// Takes what is there.
    fn read(&mut self) -> Result<(), Failure> {
        let mut piece = vec![0; 16 * 1024];
        while let Some(pipe) = &self.pipe {
            match rustix::io::read(pipe, &mut piece) {
                Ok(0) => self.pipe = None,
                Ok(len) => self.keep(&piece[..len]),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => break,
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(())
    }

    fn keep(&mut self, piece: &[u8]) {
        let room = OUTPUT_LEN_MAX - self.output.kept.len();
        let (kept, lost) = piece.split_at(piece.len().min(room));
        self.output.kept.extend(kept);
        self.output.lost += lost.len() as u64;
    }
}

/// The agent's end of a program's input.
struct Writer<'a> {
    /// Until the program has all, or reads no more.
    pipe: Option<OwnedFd>,
    left: &'a [u8],
}

impl<'a> Writer<'a> {
    fn new(pipe: OwnedFd, bytes: &'a [u8]) -> Result<Self, Failure> {
        rustix::io::ioctl_fionbio(&pipe, true)?;
        Ok(Self {
            pipe: Some(pipe),
            left: bytes,
        })
    }

    fn awaited(&self) -> Option<PollFd<'_>> {
        let pipe = self.pipe.as_ref()?;
        Some(PollFd::new(pipe, PollFlags::OUT))
    }

    /// Writes what there is room for.
    fn write(&mut self) -> Result<(), Failure> {
        while let Some(pipe) = &self.pipe {
            if self.left.is_empty() {
                self.pipe = None;
                break;
            }
            match rustix::io::write(pipe, self.left) {
                Ok(len) => self.left = &self.left[len..],
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => break,
                // It reads no more.
                Err(Errno::PIPE) => self.pipe = None,
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(())
    }
}
