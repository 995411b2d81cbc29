// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The agent's channel: port 0 of a virtio console with multiple ports
//! (virtio 1.2, section 5.3), so that the guest has a plain character device
//! and no terminal between the agent and us.

use std::collections::VecDeque;

use roadtest_vhost::DeviceSpec;
use roadtest_virtio::console as codec;
use roadtest_wire::{Frames, Reply};

use super::{CONSOLE, Machine, QueueId};
use crate::fault::Fault;

/// The name of the device's node and socket.
pub(crate) const NAME: &str = "console";

pub(super) fn spec() -> Option<DeviceSpec> {
    Some(DeviceSpec {
        name: NAME.into(),
        features: codec::FEATURES,
        queues: codec::QUEUES,
        config: codec::config().to_vec(),
    })
}

/// Both directions of the channel.
#[derive(Default)]
pub(super) struct Console {
    outgoing: VecDeque<u8>,
    control: VecDeque<Vec<u8>>,
    frames: Frames,
    pub(super) replies: VecDeque<Reply>,
}

impl Console {
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
                while let Some(chain) = self.pop(queue(kicked)) {
                    self.console.frames.push(&chain.readable);
                    // The driver looks for used buffers before it sends the
                    // next; an interrupt would tell it nothing.
                    if let Err(error) = self.links[CONSOLE].push(kicked, &chain, &[]) {
                        self.malformed(queue(kicked), &error);
                    }
                }
                while let Some(reply) = self.console.frames.pop()? {
                    self.console.replies.push_back(reply);
                }
            }
            codec::QUEUE_CONTROL_TRANSMIT => {
                while let Some(chain) = self.pop(queue(kicked)) {
                    let answers = codec::control(&chain.readable);
                    self.console.control.extend(answers);
                    self.push(queue(kicked), &chain, &[]);
                }
            }
            _ => {}
        }
        Ok(())
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
        while !self.console.outgoing.is_empty() {
            let id = queue(codec::QUEUE_RECEIVE);
            let Some(chain) = self.pop(id) else { break };
            let len = self.console.outgoing.len().min(chain.writable_len());
            let bytes: Vec<u8> = self.console.outgoing.drain(..len).collect();
            self.push(id, &chain, &bytes);
        }
    }
}
