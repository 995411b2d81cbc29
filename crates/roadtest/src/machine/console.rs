// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The agent's channel: port 0 of a virtio console with multiple ports
//! (virtio 1.2, section 5.3), so that the guest has a plain character device
//! and no terminal between the agent and us.

use std::collections::VecDeque;

use roadtest_vhost::DeviceSpec;
use roadtest_virtio::console as codec;
use roadtest_virtio::console::Ports;
use roadtest_wire::{Frames, Reply};

use super::Machine;
use super::queue::{CONSOLE, QueueId};
use crate::fault::Fault;

/// The name of the device's node and socket.
const NAME: &str = "console";

pub(super) fn spec(ports: Ports) -> Option<DeviceSpec> {
    Some(DeviceSpec {
        name: NAME.into(),
        features: codec::FEATURES,
        queues: ports.queues(),
        config: ports.config().to_vec(),
    })
}

/// Both directions of the channel, and of the terminal where there is one.
#[derive(Default)]
pub(super) struct Console {
    ports: Ports,
    outgoing: VecDeque<u8>,
    control: VecDeque<Vec<u8>>,
    frames: Frames,
    pub(super) replies: VecDeque<Reply>,
    /// What the user types.
    pub(super) typed: VecDeque<u8>,
    /// What the guest shows.
    pub(super) shown: Vec<u8>,
    /// How the program on the terminal has ended.
    pub(super) ended: Option<i32>,
}

impl Console {
    pub(super) fn new(ports: Ports) -> Self {
        Self {
            ports,
            ..Self::default()
        }
    }

    pub(super) fn send(&mut self, bytes: &[u8]) {
        self.outgoing.extend(bytes);
    }
}

fn queue(queue: usize) -> QueueId {
    QueueId {
        device: CONSOLE,
        queue,
    }
}

impl Machine {
    pub(super) fn console_kicked(&mut self, kicked: usize) -> Result<(), Fault> {
        match kicked {
            codec::QUEUE_TRANSMIT => {
                let sent = self.take_sent(queue(kicked));
                self.console.frames.push(&sent);
                while let Some(reply) = self.console.frames.pop()? {
                    match reply {
                        Reply::Ended { status } => self.console.ended = Some(status),
                        reply => self.console.replies.push_back(reply),
                    }
                }
            }
            codec::QUEUE_TERMINAL_TRANSMIT => {
                let sent = self.take_sent(queue(kicked));
                self.console.shown.extend(sent);
                self.show();
            }
            codec::QUEUE_CONTROL_TRANSMIT => {
                while let Some(chain) = self.pop(queue(kicked)) {
                    let answers = self.console.ports.control(&chain.readable);
                    self.console.control.extend(answers);
                    self.push(queue(kicked), &chain, &[]);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// What the guest has sent through a port.
    fn take_sent(&mut self, id: QueueId) -> Vec<u8> {
        let mut sent = Vec::new();
        while let Some(chain) = self.pop(id) {
            sent.extend(&chain.readable);
            // The driver looks for used buffers before it sends the next.
            self.push_unheard(id, &chain, &[]);
        }
        sent
    }

    /// Fills the buffers that the guest has lent for receiving.
    pub(super) fn console_pump(&mut self) {
        while !self.console.control.is_empty() {
            let id = queue(codec::QUEUE_CONTROL_RECEIVE);
            let Some(chain) = self.pop(id) else { break };
            if let Some(message) = self.console.control.pop_front() {
                self.push(id, &chain, &message);
            }
        }
        self.fill(codec::QUEUE_RECEIVE, |console| &mut console.outgoing);
    }

    /// Hands over what was typed. Only where it is certain what time the guest
    /// believes it is: when it has come to rest, or waits for a kick to be
    /// acknowledged. One that has run by itself and then waits may be ahead of
    /// us, and an interrupt would set its clock back.
    pub(super) fn terminal_pump(&mut self) {
        // Why: a Ctrl-C that is on its way twice costs what is typed next.
        if self.insists() {
            return;
        }
        self.fill(codec::QUEUE_TERMINAL_RECEIVE, |console| &mut console.typed);
    }

    /// Sends bytes through a port, as far as the guest has buffers for them.
    fn fill(&mut self, receive: usize, bytes: fn(&mut Console) -> &mut VecDeque<u8>) {
        while !bytes(&mut self.console).is_empty() {
            let Some(chain) = self.pop(queue(receive)) else {
                break;
            };
            let bytes = bytes(&mut self.console);
            let len = bytes.len().min(chain.writable_len());
            let bytes: Vec<u8> = bytes.drain(..len).collect();
            self.push(queue(receive), &chain, &bytes);
        }
    }
}
