// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Waiting for the guest: which source of events is ready, and what it means
//! when it makes no progress. Nothing is answered here.

use std::time::{Duration, Instant};

use roadtest_record::kernel::Kernel;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::time::ClockId;

use super::Machine;
use super::log::KernelLog;
use super::process::Process;
use super::watchdog::{Stuck, Watchdog};
use crate::fault::Fault;

/// A plain guest is hung if it computes for this long without progress, in
/// seconds of processor time; other flavours have a factor.
/// `ROADTEST_WATCHDOG_S` names another.
const WATCHDOG_S: u64 = 30;

/// Which source of events is ready: the first of these.
pub(super) enum Ready {
    /// The guest, about its time.
    Time,
    /// A device's connection.
    Device(usize),
    /// The kernel, in its log.
    Log,
    /// The user, who has typed something.
    Keyboard,
    /// The guest has died.
    Gone,
    /// A timeout: the guest did not become idle in time.
    IdleTimeout,
}

/// How waiting has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waited {
    /// One of the file descriptors is ready.
    Ready,
    /// None was, for as long as the caller wanted to wait.
    TimedOut,
    /// The guest makes no progress.
    Stuck(Stuck),
}

impl Watchdog {
    /// Waits until one of these is ready, or for `limit` on the host's clock.
    /// A guest that sends messages all the time is looked at as well.
    pub(super) fn wait(
        &mut self,
        fds: &mut [PollFd<'_>],
        process: &Process,
        limit: Option<Duration>,
    ) -> Result<Waited, Fault> {
        let start = Instant::now();
        let mut now = start;
        loop {
            let left = limit.map(|limit| (start + limit).saturating_duration_since(now));
            let patience = [self.patience(now), left].into_iter().flatten().min();
            let ready = poll(fds, patience)?;
            now = Instant::now();
            if self.is_due(now) {
                let own = own_time();
                let stuck = self.look(now, process.processor_time(), own);
                self.has_looked(own_time());
                if let Some(stuck) = stuck {
                    return Ok(Waited::Stuck(stuck));
                }
            }
            if ready > 0 {
                return Ok(Waited::Ready);
            }
            if limit.is_some_and(|limit| now >= start + limit) {
                return Ok(Waited::TimedOut);
            }
        }
    }
}

impl Machine {
    /// Waits for something to serve.
    pub(super) fn wait(&mut self) -> Result<Ready, Fault> {
        self.watchdog.note(self.time.now());
        let mut fds = Vec::with_capacity(self.devices.len() + 4);
        fds.push(PollFd::new(&self.time, PollFlags::IN));
        fds.push(PollFd::new(&self.process, PollFlags::IN));
        fds.push(PollFd::new(&self.log, PollFlags::IN));
        for device in &self.devices {
            fds.push(PollFd::from_borrowed_fd(device.link.fd(), PollFlags::IN));
        }
        if let Some(keyboard) = self.keyboard.as_ref() {
            fds.push(PollFd::new(keyboard, PollFlags::IN));
        }
        let pending_in = self.keyboard.as_ref().and_then(|k| k.patience());
        match self.watchdog.wait(&mut fds, &self.process, pending_in)? {
            Waited::Ready => {}
            Waited::TimedOut => return Ok(Ready::IdleTimeout),
            Waited::Stuck(stuck) => return Err(self.hang(stuck)),
        }
        let ready = |fd: &PollFd<'_>| !fd.revents().is_empty();
        let (links, keyboard) = fds[3..].split_at(self.devices.len());
        // A guest that has more to say waits when the pipe is full. One that
        // has died leaves the pipe readable forever.
        let logged = ready(&fds[2]) && self.log.drain();
        Ok(if ready(&fds[0]) {
            Ready::Time
        } else if let Some(device) = links.iter().position(ready) {
            Ready::Device(device)
        } else if logged {
            Ready::Log
        } else if keyboard.iter().any(ready) {
            Ready::Keyboard
        } else {
            Ready::Gone
        })
    }

    pub(super) fn hang(&self, stuck: Stuck) -> Fault {
        hang(stuck, self.doing.clone(), &self.log)
    }

    pub(super) fn death(&self) -> Fault {
        Fault::GuestDied {
            doing: self.doing.clone(),
            last_words: self.log.last_words(),
        }
    }
}

/// What a guest that makes no progress is for a test.
pub(super) fn hang(stuck: Stuck, doing: Option<String>, log: &KernelLog) -> Fault {
    let last_words = log.last_line();
    match stuck {
        Stuck::Computes(time) => Fault::GuestHung {
            seconds: time.as_secs(),
            doing,
            last_words,
        },
        Stuck::Idle(time) => Fault::GuestIdle {
            seconds: time.as_secs(),
            doing,
            last_words,
        },
    }
}

/// What this thread has used of the processor.
fn own_time() -> Duration {
    let time = rustix::time::clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// Waits until one of these is ready, for at most this long on the host's
/// clock; `None` is without limit. Returns how many are.
pub(super) fn poll(fds: &mut [PollFd<'_>], patience: Option<Duration>) -> Result<usize, Fault> {
    // What is too long for the system call is without limit.
    let patience = patience.and_then(|patience| Timespec::try_from(patience).ok());
    rustix::io::retry_on_intr(|| rustix::event::poll(fds, patience.as_ref()))
        .map_err(|error| Fault::host("wait for the guest")(error.into()))
}

/// How long a guest of this kernel may compute without progress, in processor
/// time.
pub(super) fn watchdog(kernel: &Kernel) -> Watchdog {
    let usual = WATCHDOG_S * u64::from(kernel.flavour.watchdog_factor);
    let seconds = std::env::var("ROADTEST_WATCHDOG_S")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(usual);
    Watchdog::new(Duration::from_secs(seconds))
}
