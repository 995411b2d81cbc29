// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Running a program of the guest (of the host's root, where it is mounted).

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use roadtest_wire::{Answer, TerminalSize};

/// Runs a program and waits for it, with its output collected, or connected
/// to the kernel's console where a terminal is given.
pub(crate) fn run(argv: &[String], terminal: Option<TerminalSize>) -> io::Result<Answer> {
    let (program, arguments) = argv
        .split_first()
        .ok_or_else(|| io::Error::from_raw_os_error(libc::EINVAL))?;
    let mut command = Command::new(program);
    command.args(arguments).env_clear();
    command.env(
        "PATH",
        "/host/usr/sbin:/host/usr/bin:/host/sbin:/host/bin:/bin",
    );
    command.env("TERM", "xterm");
    let (status, output) = if let Some(size) = terminal {
        let console = std::fs::File::options()
            .read(true)
            .write(true)
            .open("/dev/tty0")?;
        command.env("LINES", size.rows.to_string());
        command.env("COLUMNS", size.columns.to_string());
        command
            .stdin(console.try_clone()?)
            .stdout(console.try_clone()?)
            .stderr(console);
        (command.status()?, Vec::new())
    } else {
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
        (child.wait()?, output)
    };
    let status = status
        .code()
        .or(status.signal().map(|signal| -signal))
        .unwrap_or(-1);
    Ok(Answer::Output { status, output })
}
