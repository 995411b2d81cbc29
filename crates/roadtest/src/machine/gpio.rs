// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The virtio GPIO controller (virtio 1.2, section 5.18). The lines and their
//! interrupts are in the [world](crate::pin); here are the queues.

use std::collections::BTreeMap;

use roadtest_vhost::{Chain, DeviceSpec};
use roadtest_virtio::gpio as codec;

use super::Machine;
use super::queue::{GPIO, QueueId};
use crate::fault::Fault;
use crate::pin::{Due, Token};
use crate::world::Shared;

/// The name of the device's node and socket.
const NAME: &str = "gpio";

const REQUESTS: QueueId = QueueId {
    device: GPIO,
    queue: 0,
};
const EVENTS: QueueId = QueueId {
    device: GPIO,
    queue: 1,
};

/// The chains that the guest has parked, and what the guest sees of the
/// controller.
pub(super) struct Port {
    config: Option<Vec<u8>>,
    parked: BTreeMap<Token, Chain>,
    next: Token,
}

impl Port {
    pub(super) fn new(world: &Shared) -> Self {
        let world = world.borrow();
        Self {
            config: world.lines.device.as_ref().map(config_bytes),
            parked: BTreeMap::new(),
            next: 0,
        }
    }

    /// A board without lines has no controller.
    pub(super) fn spec(&self) -> Option<DeviceSpec> {
        Some(DeviceSpec {
            name: NAME.into(),
            features: codec::FEATURES,
            queues: codec::QUEUES,
            config: self.config.clone()?,
        })
    }
}

impl Machine {
    pub(super) fn gpio_kicked(&mut self, queue: usize) -> Result<(), Fault> {
        if queue == REQUESTS.queue {
            while let Some(chain) = self.pop(REQUESTS) {
                let world = self.world.clone();
                let mut world = world.borrow_mut();
                let Some(device) = &mut world.lines.device else {
                    break;
                };
                let answer = device.answer(&chain.readable, chain.writable_len());
                world.effects(answer.effects);
                drop(world);
                if let Some(fault) = answer.fault {
                    self.malformed_text(GPIO, fault.to_string());
                }
                self.push(REQUESTS, &chain, &answer.reply.padded());
            }
        } else {
            while let Some(chain) = self.pop(EVENTS) {
                let token = self.gpio.next;
                self.gpio.next += 1;
                let world = self.world.clone();
                let mut world = world.borrow_mut();
                let Some(device) = &mut world.lines.device else {
                    break;
                };
                let (effect, fault) = device.event(&chain.readable, chain.writable_len(), token);
                self.gpio.parked.insert(token, chain);
                world.effects([effect]);
                drop(world);
                if let Some(fault) = fault {
                    self.malformed_text(GPIO, fault.to_string());
                }
            }
        }
        self.take_fault()
    }

    /// Completes the chains of interrupts that have fired.
    pub(super) fn gpio_pump(&mut self) {
        let due = std::mem::take(&mut self.world.borrow_mut().lines.due);
        for due in due {
            let (Due::Fire(token) | Due::Return(token)) = due;
            let Some(chain) = self.gpio.parked.remove(&token) else {
                continue;
            };
            let reply = match due {
                Due::Fire(_) => codec::event::fired(),
                Due::Return(_) => codec::event::returned(chain.writable_len()),
            };
            self.push(EVENTS, &chain, &reply.bytes);
        }
    }
}

fn config_bytes(device: &codec::Lines<Token>) -> Vec<u8> {
    let config = device.config();
    // All eight bytes are within the configuration's eight bytes.
    config.read(0, 8).map(<[u8]>::to_vec).unwrap_or_default()
}
