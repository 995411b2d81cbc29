// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Starting a program in another root directory.
//!
//! The agent starts itself once more, as the *launcher*, which changes its
//! root and becomes the program. Why: between fork and exec the standard
//! library needs sockets, which this kernel may lack; it needs none to start a
//! program in the agent's own root. The launcher says through a pipe what
//! failed; the pipe ends without data when the program has begun.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use roadtest_wire::Program;
use rustix::io::{Errno, FdFlags, fcntl_setfd};
use rustix::pipe::{PipeFlags, pipe_with};

use crate::failure::Failure;
use crate::sys;

/// The agent's own program.
const AGENT: &str = "/proc/self/exe";

/// What a program's session is like. Each has one of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Session {
    /// Its standard input is its terminal.
    OnTerminal,
    /// It has no terminal.
    Plain,
}

impl Session {
    const fn word(self) -> &'static str {
        match self {
            Self::OnTerminal => "on-terminal",
            Self::Plain => "plain",
        }
    }
}

/// A program's standard input and outputs.
pub(crate) struct Streams {
    pub(crate) stdin: Stdio,
    pub(crate) stdout: Stdio,
    pub(crate) stderr: Stdio,
}

/// Starts a program, and returns when it has begun.
pub(crate) fn launch(
    program: &Program,
    session: Session,
    streams: Streams,
) -> Result<Child, Failure> {
    let (mut says, told) = pipe_with(PipeFlags::CLOEXEC).map(|(r, w)| (File::from(r), w))?;
    let mut command = Command::new(AGENT);
    command
        .arg(session.word())
        .arg(told.as_raw_fd().to_string())
        .args([&program.root, &program.directory, &program.program])
        .args(&program.arguments)
        .env_clear()
        .envs(
            program
                .environment
                .iter()
                .map(|(name, value)| (name, value)),
        )
        .stdin(streams.stdin)
        .stdout(streams.stdout)
        .stderr(streams.stderr);
    // The only process that is started meanwhile is the one that is to have it.
    fcntl_setfd(told.as_fd(), FdFlags::empty())?;
    let started = command.spawn();
    drop((told, command));
    let mut child = started?;
    let mut errno = Vec::new();
    says.read_to_end(&mut errno)?;
    match *errno {
        [] => Ok(child),
        [a, b, c, d] => {
            child.wait()?;
            Err(Errno::from_raw_os_error(i32::from_ne_bytes([a, b, c, d])).into())
        }
        _ => {
            child.wait()?;
            Failure::refused("the launcher does not say why it failed")
        }
    }
}

/// What the launcher does: it becomes the program. Returns only where it
/// cannot.
pub(crate) fn become_program(mut words: impl Iterator<Item = OsString>) -> Result<(), Failure> {
    let mut word = || match words.next().map(OsString::into_string) {
        Some(Ok(word)) => Ok(word),
        _ => Failure::refused("this is the agent of a guest, and no program for the host"),
    };
    let session = word()?;
    let session = [Session::OnTerminal, Session::Plain]
        .into_iter()
        .find(|known| known.word() == session);
    let told = word()?.parse();
    let (Some(session), Ok(told)) = (session, told) else {
        return Failure::refused("this is the agent of a guest, and no program for the host");
    };
    let told = sys::inherited(told)?;
    let (root, directory, program) = (word()?, word()?, word()?);
    let failed = prepare(session, &root, &directory);
    let failed = failed.map(|()| Command::new(program).args(words).exec().into());
    let failure = failed.unwrap_or_else(Failure::from);
    tell(told, &failure)
}

fn prepare(session: Session, root: &str, directory: &str) -> rustix::io::Result<()> {
    rustix::process::setsid()?;
    if session == Session::OnTerminal {
        rustix::process::ioctl_tiocsctty(std::io::stdin())?;
    }
    rustix::process::chroot(root)?;
    rustix::process::chdir("/")?;
    rustix::process::chdir(directory)
}

/// Tells the agent what failed.
fn tell(told: OwnedFd, failure: &Failure) -> Result<(), Failure> {
    let mut told = File::from(told);
    match failure {
        Failure::Errno(errno) => told.write_all(&errno.raw_os_error().to_ne_bytes())?,
        Failure::Refused(why) => told.write_all(why.as_bytes())?,
    }
    Ok(())
}
