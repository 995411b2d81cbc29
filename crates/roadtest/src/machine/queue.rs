// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The guest's queues: chains are taken out and given back, and the guest is
//! interrupted for what it has not seen yet. What is in a chain is the
//! business of its device.

use roadtest_record::event::What;
use roadtest_vhost::{Chain, RingError};
use rustix::event::{PollFd, PollFlags};

use super::{Machine, wait};
use crate::fault::Fault;

/// A queue of one of the guest's devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct QueueId {
    pub(super) device: usize,
    pub(super) queue: usize,
}

/// The devices, by their places among the links. A board without lines has no
/// GPIO controller.
pub(super) const CONSOLE: usize = 0;
pub(super) const I2C: usize = 1;
pub(super) const GPIO: usize = 2;

impl Machine {
    /// Interrupts the guest for every queue that has something new.
    pub(super) fn deliver_calls(&mut self) -> Result<(), Fault> {
        self.console_pump();
        self.gpio_pump();
        while let Some(id) = self.calls.pop_front() {
            let link = &self.links[id.device];
            match link.wants_call(id.queue) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(error) => {
                    self.malformed(id, &error);
                    continue;
                }
            }
            link.call(id.queue)?;
            self.await_call(id.device)?;
        }
        Ok(())
    }

    /// Waits until the guest has taken note of an interrupt; it may have to
    /// ask what time it is before.
    fn await_call(&mut self, device: usize) -> Result<(), Fault> {
        loop {
            let link = &self.links[device];
            let Some(answers) = link.call_fd() else {
                return Ok(());
            };
            let mut fds = [
                PollFd::from_borrowed_fd(answers, PollFlags::IN),
                PollFd::new(&self.time, PollFlags::IN),
            ];
            if wait::poll(&mut fds, self.patience())? == 0 {
                return Err(self.hang());
            }
            let [answered, asked] = fds.map(|fd| !fd.revents().is_empty());
            if asked {
                self.time.serve()?;
            } else if answered {
                return Ok(link.finish_call()?);
            }
        }
    }

    /// Gives a chain back, with what it is to hold.
    pub(super) fn push(&mut self, id: QueueId, chain: &Chain, data: &[u8]) {
        self.push_unheard(id, chain, data);
        if !self.calls.contains(&id) {
            self.calls.push_back(id);
        }
    }

    /// The same, where an interrupt would tell the guest nothing.
    pub(super) fn push_unheard(&self, id: QueueId, chain: &Chain, data: &[u8]) {
        if let Err(error) = self.links[id.device].push(id.queue, chain, data) {
            self.malformed(id, &error);
        }
    }

    /// The next chain of a queue. One with something wrong is given back and
    /// passed over.
    pub(super) fn pop(&mut self, id: QueueId) -> Option<Chain> {
        loop {
            match self.links[id.device].pop(id.queue) {
                Ok(Some((chain, None))) => return Some(chain),
                Ok(Some((chain, Some(error)))) => {
                    self.malformed(id, &error);
                    // A status byte that says "failed" is 1 in both device
                    // types that have one, and its last writable byte.
                    let mut answer = vec![0; chain.writable_len()];
                    if let Some(status) = answer.last_mut() {
                        *status = 1;
                    }
                    self.push(id, &chain, &answer);
                }
                Ok(None) => return None,
                Err(error) => {
                    self.malformed(id, &error);
                    return None;
                }
            }
        }
    }

    fn malformed(&self, id: QueueId, error: &RingError) {
        let text = format!("queue {}: {}", id.queue, crate::error::chain(error));
        self.malformed_text(id.device, text);
    }

    pub(super) fn malformed_text(&self, device: usize, text: String) {
        let device = self.links[device].name().to_owned();
        self.world
            .borrow_mut()
            .log(What::Malformed { device, text });
    }
}
