// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Commands whose output is read line by line while they run.

use std::io::{BufRead, BufReader, PipeReader};
use std::process::{Command, Stdio};

use crate::error::Error;

/// What kbuild, apt, tar and dpkg say when the disk is full.
const FULL: [&str; 2] = ["No space left on device", "Disk quota exceeded"];

/// A command as a user would type it.
pub(crate) fn shown(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|a| a.to_string_lossy().into_owned()));
    words.join(" ")
}

/// How a command ended.
pub(crate) struct Ended {
    pub(crate) success: bool,
    pub(crate) status: String,
    pub(crate) disk_full: bool,
    /// The last lines of output.
    pub(crate) tail: Vec<String>,
}

impl Ended {
    /// The error for a command that failed.
    pub(crate) fn error(self, command: String) -> Error {
        Error::Command {
            command,
            status: self.status,
            output: self.tail,
        }
    }
}

/// How many lines of output an error shows.
const TAIL: usize = 12;

/// Runs a command without input, and hands each line of output and errors to
/// `line`.
pub(crate) fn lines(command: &mut Command, mut line: impl FnMut(&str)) -> Result<Ended, Error> {
    let name = shown(command);
    let start = |source| Error::Start {
        command: name.clone(),
        source,
    };
    let (reader, writer) = std::io::pipe().map_err(start)?;
    let errors = writer.try_clone().map_err(start)?;
    command
        .stdin(Stdio::null())
        .stdout(writer)
        .stderr(errors)
        .env("LC_ALL", "C");
    let mut child = command.spawn().map_err(start)?;
    // The writing ends must go, or reading never ends.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let (disk_full, tail) = read(reader, &mut line);
    let status = child.wait().map_err(start)?;
    Ok(Ended {
        success: status.success(),
        status: status.to_string(),
        disk_full,
        tail,
    })
}

fn read(reader: PipeReader, line: &mut impl FnMut(&str)) -> (bool, Vec<String>) {
    let mut disk_full = false;
    let mut tail = Vec::new();
    for bytes in BufReader::new(reader).split(b'\n') {
        // A pipe of ours that breaks is the end of the output.
        let Ok(bytes) = bytes else { break };
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_end();
        disk_full |= FULL.iter().any(|full| text.contains(full));
        if tail.len() == TAIL {
            tail.remove(0);
        }
        tail.push(text.to_owned());
        line(text);
    }
    (disk_full, tail)
}
