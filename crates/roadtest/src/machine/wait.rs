// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Waiting for the guest: who of it has something to say, and what it means
//! when nobody has for too long. Nothing is answered here.

use std::time::Duration;

use roadtest_record::kernel::Kernel;
use rustix::event::{PollFd, PollFlags, Timespec};

use super::Machine;
use crate::fault::Fault;

/// A plain guest is hung if it does nothing for this long, in seconds on the
/// host's clock; other flavours have a factor. `ROADTEST_WATCHDOG_S` names
/// another.
const WATCHDOG_S: u64 = 30;

/// Who has something to say: the first of these that has.
pub(super) enum Ready {
    /// The guest, about its time.
    Time,
    /// A device's connection.
    Device(usize),
    /// The kernel, in its log.
    Log,
    /// The user, who has typed something.
    Keyboard,
    /// Nobody any more: the guest has died.
    Gone,
    /// Nobody, and somebody has waited long enough for the guest to rest.
    Nobody,
}

impl Machine {
    /// Waits for something to serve.
    pub(super) fn wait(&self) -> Result<Ready, Fault> {
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
        let wish_in = self.keyboard.as_ref().and_then(|k| k.patience());
        if poll(&mut fds, wish_in.unwrap_or(self.patience()))? == 0 {
            return match wish_in {
                Some(_) => Ok(Ready::Nobody),
                None => Err(self.hang()),
            };
        }
        let ready = |fd: &PollFd<'_>| !fd.revents().is_empty();
        let (links, keyboard) = fds[3..].split_at(self.devices.len());
        // A guest that has more to say waits when the pipe is full. One that
        // has died leaves the pipe readable for ever.
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

    pub(super) fn patience(&self) -> Duration {
        Duration::from_secs(self.watchdog_s)
    }

    pub(super) fn hang(&self) -> Fault {
        Fault::GuestHung {
            seconds: self.watchdog_s,
            doing: self.doing.clone(),
            last_words: self.log.last_line(),
        }
    }

    pub(super) fn death(&self) -> Fault {
        Fault::GuestDied {
            doing: self.doing.clone(),
            last_words: self.log.last_words(),
        }
    }
}

/// Waits until one of these is ready, for at the most this long on the host's
/// clock. Gives how many are.
pub(super) fn poll(fds: &mut [PollFd<'_>], patience: Duration) -> Result<usize, Fault> {
    // What is too long for the system call is for ever.
    let patience = Timespec::try_from(patience).ok();
    rustix::io::retry_on_intr(|| rustix::event::poll(fds, patience.as_ref()))
        .map_err(|error| Fault::host("wait for the guest")(error.into()))
}

/// How long a guest of this kernel may do nothing, in seconds.
pub(super) fn watchdog_s(kernel: &Kernel) -> u64 {
    let usual = WATCHDOG_S * u64::from(kernel.flavour.watchdog_factor);
    std::env::var("ROADTEST_WATCHDOG_S")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(usual)
}
