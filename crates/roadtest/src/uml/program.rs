// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Programs of the host in the guest: `i2cdetect`, `hwclock`, a shell script,
//! a test of yours. Each runs to its end while the test waits.
//!
//! The host's root directory is theirs, read-only, with the guest's own
//! `/proc`, `/sys` and `/dev` in it and an empty `/tmp` that the guest's
//! programs share. They are any programs that the host has, linked to its
//! libraries. There are no sockets in the guest.
//!
//! ```no_run
//! # use roadtest::{Board, Errno, SimTime};
//! # use roadtest::program::Status;
//! # fn main() -> roadtest::Result {
//! let uml = Board::new().boot()?;
//! let sorted = uml.program("sort").arg("-r").stdin("a\nb\n").run()?;
//! assert_eq!(sorted.status(), Status::Exited(0));
//! assert_eq!(sorted.stdout(), "b\na\n");
//!
//! // Time is the guest's: this costs nothing.
//! let slow = uml.program("sleep").arg("3600").limit(SimTime::s(1)).run()?;
//! assert_eq!(slow.status(), Status::TimedOut);
//!
//! let missing = uml.program("no-such-program").run();
//! assert_eq!(missing.err(), Some(Errno::ENOENT));
//! # Ok(())
//! # }
//! ```

use std::rc::Rc;

use roadtest_model::SimTime;
use roadtest_wire::{self as wire, Answer, Request};

pub use roadtest_wire::Status;

use super::files::text;
use super::request::Kind;
use super::{Inner, Uml};
use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::fault::Fault;

/// Where the host's root is mounted.
const ROOT: &str = "/host";

/// `MS_RDONLY` of mount(2).
const MS_RDONLY: u32 = 1;

/// What a program's environment holds unless the test changes it.
const ENVIRONMENT: [(&str, &str); 3] = [
    (
        "PATH",
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ),
    ("HOME", "/tmp"),
    // What programs print must not depend on the host's language.
    ("LC_ALL", "C"),
];

/// What of the host's root the guest has mounted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum HostRoot {
    #[default]
    NotMounted,
    /// The root alone.
    Mounted,
    /// The root, and the guest's own filesystems in it.
    WithGuest,
}

impl Uml {
    /// A program of the host that is to run in the guest, by its path or by a
    /// name that is searched for in `PATH`.
    pub fn program(&self, program: &str) -> Program {
        Program {
            uml: self.inner.clone(),
            program: wire::Program {
                root: ROOT.into(),
                directory: "/".into(),
                program: program.to_owned(),
                arguments: Vec::new(),
                environment: ENVIRONMENT.map(owned).into(),
            },
            stdin: Vec::new(),
            limit: None,
        }
    }

    /// Mounts the host's root directory, read-only.
    pub(crate) fn mount_host_root(&self) -> std::result::Result<(), Errno> {
        self.inner.mount_host_root()
    }
}

impl Inner {
    fn mount_host_root(&self) -> std::result::Result<(), Errno> {
        if self.host_root.get() == HostRoot::NotMounted {
            self.mount_with("hostfs", ROOT, MS_RDONLY, "/")?;
            self.host_root.set(HostRoot::Mounted);
        }
        Ok(())
    }

    /// Mounts the host's root as programs need it.
    ///
    /// # Errors
    /// What cannot be mounted, and why.
    pub(crate) fn prepare_host_root(&self) -> Result {
        if self.host_root.get() == HostRoot::WithGuest {
            return Ok(());
        }
        let failed = |target: &str, errno: Errno| {
            Error::new(format!("the guest cannot mount {target}: {errno}")).with_errno(errno)
        };
        self.mount_host_root()
            .map_err(|errno| failed(ROOT, errno))?;
        for (kind, target) in [
            ("proc", "/host/proc"),
            ("sysfs", "/host/sys"),
            ("devtmpfs", "/host/dev"),
            ("tmpfs", "/host/tmp"),
        ] {
            self.mount(kind, target)
                .map_err(|errno| failed(target, errno))?;
        }
        match self.mount("debugfs", "/host/sys/kernel/debug") {
            // A kernel without it has neither the filesystem nor the place.
            Ok(()) | Err(Errno::ENODEV | Errno::ENOENT) => {}
            Err(errno) => return Err(failed("/host/sys/kernel/debug", errno)),
        }
        self.host_root.set(HostRoot::WithGuest);
        Ok(())
    }
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// A program that is to run in the guest.
#[derive(Clone)]
#[must_use = "a program does nothing before `run`"]
pub struct Program {
    uml: Rc<Inner>,
    program: wire::Program,
    stdin: Vec<u8>,
    limit: Option<SimTime>,
}

impl Program {
    /// Adds an argument.
    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.program.arguments.push(argument.into());
        self
    }

    /// Adds arguments.
    pub fn args<A: Into<String>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        let arguments = arguments.into_iter().map(Into::into);
        self.program.arguments.extend(arguments);
        self
    }

    /// Sets a variable of its environment, which otherwise holds `PATH`,
    /// `HOME=/tmp` and `LC_ALL=C` and nothing of the host's.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        let environment = &mut self.program.environment;
        environment.retain(|(known, _)| known != name);
        environment.push(owned((name, value)));
        self
    }

    /// Sets its working directory, `/` unless set.
    pub fn directory(mut self, path: &str) -> Self {
        path.clone_into(&mut self.program.directory);
        self
    }

    /// What it reads from its standard input, at most 1 MiB with arguments and
    /// environment; without, the input ends at once.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Kills it after this much virtual time, or 0.1 s more, to which the kernel
    /// may round ([`Status::TimedOut`]). Without,
    /// it has what [any request](Uml::limit_requests_to) has, and the test ends
    /// then. A program that computes without end lets no virtual time pass: the
    /// watchdog on the host's clock ends that test.
    pub fn limit(mut self, limit: SimTime) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Runs it to its end. It is the leader of a session of its own; processes
    /// that it leaves behind in its process group are killed.
    ///
    /// # Errors
    /// What chdir(2) or execve(2) failed with: `ENOENT` where there is no such
    /// directory or program.
    pub fn run(&self) -> std::result::Result<Ended, Errno> {
        let mut words = vec![&*self.program.program];
        words.extend(self.program.arguments.iter().map(String::as_str));
        let what = format!("run {}", words.join(" ").escape_debug());
        if let Err(error) = self.uml.prepare_host_root() {
            self.uml.fail(&Fault::agent(&what, error.to_string()));
        }
        let request = Request::Run {
            program: self.program.clone(),
            stdin: self.stdin.clone(),
            limit_ns: self.limit.map(SimTime::as_ns),
        };
        let ended: Ended = match self.limit {
            Some(limit) => self.uml.request_within(&what, &request, limit),
            None => self.uml.request(&what, &request),
        }?;
        for (output, name) in [(&ended.stdout, "output"), (&ended.stderr, "error")] {
            if output.lost > 0 {
                let why = format!(
                    "its standard {name} has {} bytes more than the {} that are kept; let it \
                     write to a file below /tmp, and open that as /host/tmp/…",
                    output.lost,
                    output.kept.len()
                );
                self.uml.fail(&Fault::agent(&what, why));
            }
        }
        Ok(ended)
    }
}

/// A program that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    status: Status,
    stdout: wire::Output,
    stderr: wire::Output,
}

impl Kind for Ended {
    fn of(answer: Answer) -> std::result::Result<Self, Answer> {
        match answer {
            Answer::Ended {
                status,
                stdout,
                stderr,
            } => Ok(Self {
                status,
                stdout,
                stderr,
            }),
            other => Err(other),
        }
    }
}

impl Ended {
    /// How it ended.
    pub const fn status(&self) -> Status {
        self.status
    }

    /// All that it wrote to its standard output, as text; see [`Uml::read`] for
    /// what is no text.
    pub fn stdout(&self) -> String {
        text(&self.stdout.kept)
    }

    /// All that it wrote to its standard output.
    pub fn stdout_bytes(&self) -> &[u8] {
        &self.stdout.kept
    }

    /// All that it wrote to its standard error, as text.
    pub fn stderr(&self) -> String {
        text(&self.stderr.kept)
    }

    /// All that it wrote to its standard error.
    pub fn stderr_bytes(&self) -> &[u8] {
        &self.stderr.kept
    }
}
