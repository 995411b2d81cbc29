// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Running a program of the guest (of the host's root, where it is mounted).

use std::fs::File;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus, Stdio};

use roadtest_wire::{Answer, Reply, TerminalSize};

use crate::{Host, send, sys};

/// The terminal: port 1 of the console, which the host makes a console port.
const TERMINAL: &str = "/dev/hvc0";
/// Where the host's root is.
const HOST_ROOT: &str = "/host";

/// Runs a program and waits for it, with its output collected.
pub(crate) fn run(argv: &[String]) -> io::Result<Answer> {
    let mut command = command(argv)?;
    command.env(
        "PATH",
        "/host/usr/sbin:/host/usr/bin:/host/sbin:/host/bin:/bin",
    );
    command.env("TERM", "xterm");
    let (mut reader, writer) = io::pipe()?;
    command
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer);
    let mut child = command.spawn()?;
    // The pipe ends when the last writer is gone: this one must be.
    drop(command);
    let mut output = Vec::new();
    io::Read::read_to_end(&mut reader, &mut output)?;
    let status = number(child.wait()?);
    Ok(Answer::Output { status, output })
}

/// Starts a program on the terminal, as the leader of a session of its own,
/// and tells the host when it has ended.
pub(crate) fn start_on_terminal(
    argv: &[String],
    size: TerminalSize,
    host: &Host,
) -> io::Result<Answer> {
    let terminal = File::options()
        .read(true)
        .write(true)
        .custom_flags(libc::O_NOCTTY)
        .open(TERMINAL)?;
    sys::set_terminal_size(&terminal, size)?;
    // Why another of us: between fork and exec the standard library needs
    // sockets, which this kernel may lack.
    let mut words = vec!["/proc/self/exe".to_owned()];
    words.extend_from_slice(argv);
    let mut command = command(&words)?;
    command
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .stdin(terminal.try_clone()?)
        .stdout(terminal.try_clone()?)
        .stderr(terminal);
    let mut child = command.spawn()?;
    let pid = child.id();
    let host = host.clone();
    std::thread::Builder::new().spawn(move || {
        let status = child.wait().map_or(-1, number);
        // A host that is gone takes this guest with it.
        drop(send(&host, &Reply::Ended { status }));
    })?;
    Ok(Answer::Value(pid.into()))
}

/// What the process that [`start_on_terminal`] starts does: it becomes the
/// program. Returns only where it cannot.
pub(crate) fn become_program(argv: &[String]) -> io::Error {
    match sys::lead_session_in(HOST_ROOT).and_then(|()| command(argv)) {
        Ok(mut command) => command.envs(std::env::vars_os()).exec(),
        Err(error) => error,
    }
}

fn command(argv: &[String]) -> io::Result<Command> {
    let (program, arguments) = argv
        .split_first()
        .ok_or_else(|| io::Error::from_raw_os_error(libc::EINVAL))?;
    let mut command = Command::new(program);
    command.args(arguments).env_clear();
    Ok(command)
}

fn number(status: ExitStatus) -> i32 {
    status
        .code()
        .or(status.signal().map(|signal| -signal))
        .unwrap_or(-1)
}
