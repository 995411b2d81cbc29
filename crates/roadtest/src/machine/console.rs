// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The agent's channel: port 0 of a virtio console with multiple ports
//! (virtio 1.2, section 5.3), so that the guest has a plain character device
//! and no terminal between the agent and us. Where a board is explored, port 1
//! is a terminal.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use roadtest_vhost::DeviceSpec;
use roadtest_virtio::Reply as DeviceReply;
use roadtest_virtio::console as codec;
use roadtest_virtio::console::Ports;
use roadtest_wire::{Event, Replies, Reply, Status};

use crate::controller::{Controller, Port, Rank};
use crate::fault::Fault;
use crate::world::World;

/// The name of the device's node and socket.
const NAME: &str = "console";

/// The machine's end of the channel.
pub(crate) type Shared = Rc<RefCell<Channel>>;

/// Both directions of the channel, and of the terminal where there is one.
#[derive(Default)]
pub(crate) struct Channel {
    outgoing: VecDeque<u8>,
    stream: Replies,
    pub(crate) replies: VecDeque<Reply>,
    /// What the user types.
    pub(crate) typed: VecDeque<u8>,
    /// Whether the guest may get now what was typed.
    pub(crate) offers_typed: bool,
    /// What the guest shows.
    pub(crate) shown: Vec<u8>,
    /// How the program on the terminal has ended.
    pub(crate) ended: Option<Status>,
}

impl Channel {
    /// Bytes for the agent.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.outgoing.extend(bytes);
    }
}

pub(crate) struct Console {
    ports: Ports,
    control: VecDeque<Vec<u8>>,
    channel: Shared,
}

impl Console {
    pub(crate) fn new(ports: Ports, channel: &Shared) -> Self {
        Self {
            ports,
            control: VecDeque::new(),
            channel: channel.clone(),
        }
    }

    /// Sends bytes through a port, as far as the guest has buffers for them.
    fn fill(
        &self,
        port: &mut Port<'_>,
        receive: usize,
        bytes: fn(&mut Channel) -> &mut VecDeque<u8>,
    ) {
        let mut channel = self.channel.borrow_mut();
        let bytes = bytes(&mut channel);
        while !bytes.is_empty() {
            let Some(chain) = port.pop(receive) else {
                break;
            };
            let len = bytes.len().min(chain.writable_len());
            let part = bytes.drain(..len).collect();
            port.push(receive, &chain, &DeviceReply::whole(part));
        }
    }
}

/// What the guest has sent through a port.
fn take_sent(port: &mut Port<'_>, queue: usize) -> Vec<u8> {
    let mut sent = Vec::new();
    while let Some(chain) = port.pop(queue) {
        sent.extend(&chain.readable);
        // The driver looks for used buffers before it sends the next.
        port.push_unheard(queue, &chain, &DeviceReply::nothing());
    }
    sent
}

impl Controller for Console {
    fn name(&self) -> &str {
        NAME
    }

    fn device_id(&self) -> u32 {
        codec::DEVICE_ID
    }

    fn spec(&self) -> Option<DeviceSpec> {
        Some(DeviceSpec {
            name: NAME.into(),
            features: codec::FEATURES,
            queues: self.ports.queues(),
            config: self.ports.config().to_vec(),
            readable_len_max: codec::READABLE_LEN_MAX,
        })
    }

    fn rank(&self) -> Rank {
        Rank::Console
    }

    fn kicked(&mut self, queue: usize, port: &mut Port<'_>) -> Result<(), Fault> {
        match queue {
            codec::QUEUE_TRANSMIT => {
                let sent = take_sent(port, queue);
                let mut channel = self.channel.borrow_mut();
                channel.stream.push(&sent);
                while let Some(reply) = channel.stream.pop()? {
                    match reply {
                        Reply::Event(Event::Ended(status)) => channel.ended = Some(status),
                        reply => channel.replies.push_back(reply),
                    }
                }
            }
            codec::QUEUE_TERMINAL_TRANSMIT => {
                let sent = take_sent(port, queue);
                self.channel.borrow_mut().shown.extend(sent);
            }
            codec::QUEUE_CONTROL_TRANSMIT => {
                while let Some(chain) = port.pop(queue) {
                    let answers = self.ports.control(&chain.readable);
                    self.control.extend(answers);
                    port.push(queue, &chain, &DeviceReply::nothing());
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Fills the buffers that the guest has lent for receiving.
    fn pump(&mut self, port: &mut Port<'_>) {
        while let Some(message) = self.control.pop_front() {
            let Some(chain) = port.pop(codec::QUEUE_CONTROL_RECEIVE) else {
                self.control.push_front(message);
                break;
            };
            let message = DeviceReply::whole(message);
            port.push(codec::QUEUE_CONTROL_RECEIVE, &chain, &message);
        }
        self.fill(port, codec::QUEUE_RECEIVE, |channel| &mut channel.outgoing);
        let offers_typed = std::mem::take(&mut self.channel.borrow_mut().offers_typed);
        if offers_typed {
            self.fill(port, codec::QUEUE_TERMINAL_RECEIVE, |channel| {
                &mut channel.typed
            });
        }
    }

    fn reset(&mut self, _: &World) {
        self.control.clear();
    }
}
