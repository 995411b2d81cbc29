// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The guest's first process. It answers [`Request`](roadtest_wire::Request)s
//! that come over a virtio console port, one after the other, with what the
//! kernel answered; it knows no test, no driver and no policy.
//!
//! It is PID 1: when it fails, the kernel panics with its message on the
//! console, which is what the host shows. It has one thread.

mod agent;
mod arena;
mod failure;
mod files;
mod launch;
mod program;
mod sys;

use std::fs::File;
use std::io::{self, Read, Write};

use agent::Agent;
use failure::Failure;
use roadtest_wire::{Event, Frames, Hello, Reply, frame};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::system::{RebootCommand, reboot};

/// The argument that makes a kernel without devices end at once.
const POWER_OFF: &str = "power-off";

fn main() -> io::Result<()> {
    if std::process::id() != 1 {
        return launch::become_program(std::env::args_os().skip(1)).map_err(cannot("start"));
    }
    if std::env::args_os()
        .nth(1)
        .is_some_and(|word| word == POWER_OFF)
    {
        return Ok(reboot(RebootCommand::PowerOff)?);
    }
    for (kind, target) in [("proc", "/proc"), ("sysfs", "/sys"), ("devtmpfs", "/dev")] {
        match agent::mount("none", target, kind, 0, "") {
            // The kernel mounts devtmpfs itself where it is configured to.
            Ok(_) | Err(Failure::Errno(Errno::BUSY)) => {}
            Err(failure) => return Err(cannot(&format!("mount {target}"))(failure)),
        }
    }
    serve(open_port()?)
}

/// Greets the host, and carries out its requests.
fn serve(mut port: File) -> io::Result<()> {
    let uname = rustix::system::uname();
    let hello = Hello::frame(&uname.release().to_string_lossy()).map_err(io::Error::other)?;
    port.write_all(&hello)?;

    let mut agent = Agent::default();
    let mut frames = Frames::default();
    let mut piece = vec![0; 64 * 1024];
    loop {
        while let Some(payload) = frames.pop().map_err(io::Error::other)? {
            let reply = agent.answer(&payload);
            send(&mut port, &reply)?;
        }
        if let Some(event) = event_before_request(&mut agent, &port)? {
            send(&mut port, &Reply::Event(event))?;
            continue;
        }
        let len = port.read(&mut piece)?;
        if len == 0 {
            return Err(io::Error::other("the host closed the agent's port"));
        }
        frames.push(&piece[..len]);
    }
}

/// What happens before the next request comes, if anything.
fn event_before_request(agent: &mut Agent, port: &File) -> io::Result<Option<Event>> {
    // Why not always: only with a program on the terminal can anything happen.
    let Some(terminal) = &agent.terminal else {
        return Ok(None);
    };
    let ended = {
        let end = PollFd::from_borrowed_fd(terminal.end(), PollFlags::IN);
        let mut files = [end, PollFd::new(port, PollFlags::IN)];
        poll(&mut files, None)?;
        !files[0].revents().is_empty()
    };
    match agent.terminal.take_if(|_| ended) {
        Some(terminal) => Ok(Some(Event::Ended(
            terminal
                .status()
                .map_err(cannot("see how a program ended"))?,
        ))),
        None => Ok(None),
    }
}

fn send(port: &mut File, reply: &Reply) -> io::Result<()> {
    let bytes = frame(reply)
        .or_else(|error| frame(&Reply::Refused(format!("the answer: {error}"))))
        .map_err(io::Error::other)?;
    port.write_all(&bytes)
}

/// The console port's device: `vport<n>p0`, whatever the number.
fn open_port() -> io::Result<File> {
    let names = files::read_dir("/dev").map_err(cannot("list /dev"))?;
    let name = names
        .iter()
        .filter_map(|name| str::from_utf8(name).ok())
        .find(|name| name.starts_with("vport"))
        .ok_or_else(|| io::Error::other("there is no virtio console port in /dev"))?;
    File::options()
        .read(true)
        .write(true)
        .open(format!("/dev/{name}"))
}

/// What the agent ends with: the kernel shows it when it panics.
fn cannot(what: &str) -> impl FnOnce(Failure) -> io::Error {
    move |failure| {
        let why = match failure {
            Failure::Errno(errno) => errno.to_string(),
            Failure::Refused(why) => why,
        };
        io::Error::other(format!("the agent cannot {what}: {why}"))
    }
}
