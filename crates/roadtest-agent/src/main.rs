// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The guest's first and only process. It answers [`Request`]s that come over
//! a virtio console port, one after the other, with what the kernel answered;
//! it knows no test, no driver and no policy.
//!
//! It is PID 1: when it fails, the kernel panics with its message on the
//! console, which is what the host shows.

mod files;
mod ioctl;
mod run;
mod sys;

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use roadtest_wire::{Answer, Frames, Reply, Request, frame};

fn main() -> io::Result<()> {
    if std::process::id() != 1 {
        let argv: Vec<String> = std::env::args().skip(1).collect();
        return Err(run::become_program(&argv));
    }
    for (kind, target) in [("proc", "/proc"), ("sysfs", "/sys"), ("devtmpfs", "/dev")] {
        match sys::mount("none", target, kind, 0, "") {
            // The kernel mounts devtmpfs itself where it is configured to.
            Err(error) if error.raw_os_error() == Some(libc::EBUSY) => {}
            other => other?,
        }
    }
    let mut port = open_port()?;
    // Why shared: the end of a program on the terminal is told when it comes.
    let host = Arc::new(Mutex::new(port.try_clone()?));
    let hello = Reply::Hello {
        release: sys::release(),
    };
    send(&host, &hello)?;

    let mut frames = Frames::default();
    let mut piece = vec![0; 64 * 1024];
    loop {
        let len = port.read(&mut piece)?;
        if len == 0 {
            return Err(io::Error::other("the host closed the agent's port"));
        }
        frames.push(&piece[..len]);
        loop {
            let reply = match frames.pop::<Request>() {
                Ok(Some(request)) => answer(request, &host),
                Ok(None) => break,
                Err(_) => Reply::NotUnderstood,
            };
            send(&host, &reply)?;
        }
    }
}

/// The console port's device: `vport<n>p0`, whatever the number.
fn open_port() -> io::Result<File> {
    let mut names = files::read_dir("/dev")?;
    names.retain(|name| name.starts_with("vport"));
    let name = names
        .first()
        .ok_or_else(|| io::Error::other("there is no virtio console port in /dev"))?;
    File::options()
        .read(true)
        .write(true)
        .open(format!("/dev/{name}"))
}

/// The way to the host.
type Host = Arc<Mutex<File>>;

fn send(host: &Host, reply: &Reply) -> io::Result<()> {
    let bytes = match frame(reply) {
        Ok(bytes) => bytes,
        // Larger than a frame may be.
        Err(_) => frame(&Reply::Err(libc::EMSGSIZE)).map_err(io::Error::other)?,
    };
    // A frame goes out whole, whatever happened to another.
    let mut port = host.lock().unwrap_or_else(PoisonError::into_inner);
    port.write_all(&bytes)
}

fn answer(request: Request, host: &Host) -> Reply {
    match carry_out(request, host) {
        Ok(answer) => Reply::Ok(answer),
        Err(error) => Reply::Err(error.raw_os_error().unwrap_or(libc::EIO)),
    }
}

fn carry_out(request: Request, host: &Host) -> io::Result<Answer> {
    match request {
        Request::Open { path, flags, mode } => files::open(&path, flags, mode),
        Request::Close { fd } => files::close(fd),
        Request::Read { fd, len, offset } => files::read(fd, len, offset),
        Request::Write { fd, data, offset } => files::write(fd, &data, offset),
        Request::ReadFile { path } => std::fs::read(path).map(Answer::Bytes),
        Request::WriteFile { path, data } => files::write_file(&path, &data),
        Request::Ioctl {
            fd,
            request,
            argument,
        } => ioctl::ioctl(fd, request, argument),
        Request::Poll {
            fd,
            events,
            timeout_ms,
        } => sys::poll(fd, events, timeout_ms).map(|revents| Answer::Value(revents.into())),
        Request::ReadDir { path } => files::read_dir(&path).map(Answer::Names),
        Request::ReadLink { path } => one_name(std::fs::read_link(path)),
        Request::RealPath { path } => one_name(std::fs::canonicalize(path)),
        Request::LoadModule { path, parameters } => {
            done(sys::finit_module(&File::open(path)?, &parameters))
        }
        Request::UnloadModule { name } => done(sys::delete_module(&name)),
        Request::Mount {
            source,
            target,
            kind,
            flags,
            options,
        } => done(sys::mount(&source, &target, &kind, flags, &options)),
        Request::MakeDir { path } => done(std::fs::create_dir(path)),
        Request::RemoveDir { path } => done(std::fs::remove_dir(path)),
        Request::Clock { clock } => sys::clock(clock),
        Request::Sleep { ns } => {
            std::thread::sleep(std::time::Duration::from_nanos(ns));
            done(Ok(()))
        }
        Request::Run {
            argv,
            terminal: None,
        } => run::run(&argv),
        Request::Run {
            argv,
            terminal: Some(size),
        } => run::start_on_terminal(&argv, size, host),
        Request::PowerOff => done(sys::power_off()),
    }
}

fn done(result: io::Result<()>) -> io::Result<Answer> {
    result.map(|()| Answer::Value(0))
}

fn one_name(path: io::Result<std::path::PathBuf>) -> io::Result<Answer> {
    path.map(|path| Answer::Names(vec![path.to_string_lossy().into_owned()]))
}
