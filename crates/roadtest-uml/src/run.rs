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

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> (Ended, Vec<String>) {
        let mut seen = Vec::new();
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let ended = lines(&mut command, |line| seen.push(line.to_owned())).unwrap();
        (ended, seen)
    }

    #[test]
    fn output_and_errors_come_in_their_order() {
        let (ended, seen) = sh("echo a; echo b >&2; echo c; read line || echo no input; exit 3");
        assert_eq!(seen, ["a", "b", "c", "no input"]);
        assert_eq!(ended.tail, seen);
        assert_eq!(
            (ended.success, ended.status.as_str(), ended.disk_full),
            (false, "exit status: 3", false)
        );
    }

    #[test]
    fn a_full_disk_is_recognised_and_the_end_of_the_output_kept() {
        let (ended, _) = sh("echo x: No space left on device; seq 30; exit 1");
        assert!(ended.disk_full);
        assert_eq!((ended.tail.len(), ended.tail[11].as_str()), (TAIL, "30"));
    }

    #[test]
    fn a_command_that_is_not_there_is_named() {
        let error = lines(Command::new("/no/such/program").arg("-x"), |_| {}).err();
        assert_eq!(error.unwrap().to_string(), "cannot run /no/such/program -x");
    }
}
