// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What a request makes the agent do. Each is one system call, or a few that
//! belong together; what they are for, the host knows.

use std::ffi::CString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use roadtest_wire::{Answer, Reply, Request, decode};
use rustix::fs::{Mode, OFlags};
use rustix::mount::MountFlags;

use crate::failure::Failure;
use crate::files::{self, Files};
use crate::program::{self, Running};

/// What the agent holds for the host.
#[derive(Debug, Default)]
pub(crate) struct Agent {
    files: Files,
    /// The program on the terminal.
    pub(crate) terminal: Option<Running>,
}

impl Agent {
    /// Carries out the request in a frame's payload.
    pub(crate) fn answer(&mut self, payload: &[u8]) -> Reply {
        match decode(payload) {
            Ok(request) => self.carry_out(request).map_or_else(Reply::from, Reply::Ok),
            Err(error) => Reply::Refused(error.to_string()),
        }
    }

    fn carry_out(&mut self, request: Request) -> Result<Answer, Failure> {
        match request {
            Request::Open { path, flags, mode } => self.files.open(&path, flags, mode),
            Request::Close { file } => self.files.close(file),
            Request::Read { file, len, offset } => self.files.read(file, len, offset),
            Request::Write { file, data, offset } => self.files.write(file, &data, offset),
            Request::Ioctl {
                file,
                request,
                argument,
                opens,
            } => self.files.ioctl(file, request, &argument, opens),
            Request::Poll {
                file,
                events,
                timeout_ns,
            } => self.files.poll(file, events, timeout_ns),
            Request::ReadFile { path } => files::read_file(&path),
            Request::WriteFile { path, data } => files::write_file(&path, &data),
            Request::ReadDir { path } => files::read_dir(&path).map(Answer::Names),
            Request::RealPath { path } => {
                let path = std::fs::canonicalize(path)?;
                Ok(Answer::Bytes(path.into_os_string().into_vec()))
            }
            Request::LoadModule { path, parameters } => load_module(&path, &parameters),
            Request::UnloadModule { name } => {
                let flags = OFlags::NONBLOCK.bits().cast_signed();
                rustix::system::delete_module(&c_string(&name)?, flags)?;
                Ok(Answer::Done)
            }
            Request::Mount {
                source,
                target,
                kind,
                flags,
                options,
            } => mount(&source, &target, &kind, flags, &options),
            Request::MakeDir { path } => {
                rustix::fs::mkdir(path, Mode::from_raw_mode(0o755))?;
                Ok(Answer::Done)
            }
            Request::RemoveDir { path } => {
                rustix::fs::rmdir(path)?;
                Ok(Answer::Done)
            }
            Request::Run {
                program,
                stdin,
                limit_ns,
            } => program::run(&program, &stdin, limit_ns),
            Request::RunOnTerminal { program, size } => {
                if self.terminal.is_some() {
                    return Failure::refused("a program runs on the terminal already");
                }
                self.terminal = Some(program::run_on_terminal(&program, size)?);
                Ok(Answer::Done)
            }
        }
    }
}

fn c_string(text: &str) -> Result<CString, Failure> {
    match CString::new(text) {
        Ok(text) => Ok(text),
        Err(error) => Failure::refused(format!("{text:?}: {error}")),
    }
}

fn load_module(path: &str, parameters: &str) -> Result<Answer, Failure> {
    let file = rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    rustix::system::finit_module(file, &c_string(parameters)?, 0)?;
    Ok(Answer::Done)
}

/// mount(2); creates the mount point where it does not exist.
pub(crate) fn mount(
    source: &str,
    target: &str,
    kind: &str,
    flags: u32,
    options: &str,
) -> Result<Answer, Failure> {
    if !Path::new(target).exists() {
        std::fs::create_dir_all(target)?;
    }
    let flags = MountFlags::from_bits_retain(flags);
    rustix::mount::mount(source, target, kind, flags, &*c_string(options)?)?;
    Ok(Answer::Done)
}

#[cfg(test)]
mod tests {
    use roadtest_wire::{Handle, frame};

    use super::*;

    fn ask(agent: &mut Agent, request: &Request) -> Reply {
        agent.answer(&frame(request).unwrap()[4..])
    }

    #[test]
    fn a_request_that_does_not_decode_is_refused() {
        let reply = Agent::default().answer(&[0xff; 20]);
        assert_eq!(
            reply,
            Reply::Refused("a frame of 20 bytes does not decode".into())
        );
    }

    #[test]
    fn a_file_that_is_not_there_is_the_kernels_errno() {
        let path = "/no/such/file".into();
        let reply = ask(&mut Agent::default(), &Request::ReadFile { path });
        assert_eq!(reply, Reply::Err(2));
    }

    #[test]
    fn an_unknown_handle_is_refused_without_an_errno() {
        let file = Handle(7);
        let reply = ask(&mut Agent::default(), &Request::Close { file });
        assert_eq!(reply, Reply::Refused("no file has the handle 7".into()));
    }
}
