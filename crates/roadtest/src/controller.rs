// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What the host's side of a virtio device is to the machine, and what it sees
//! of the machine: its own queues, and the world. The devices themselves are in
//! `bus` and `machine/console.rs`.

use std::any::Any;
use std::collections::VecDeque;

use roadtest_dt::Node;
use roadtest_model::SimTime;
use roadtest_record::event::What;
use roadtest_vhost::{Chain, DeviceSpec, Link, RingError};
use roadtest_virtio::Reply;

use crate::fault::Fault;
use crate::world::{Shared, World};

/// The host's side of one virtio device of the guest.
pub(crate) trait Controller: Any {
    /// The device's name on this board, which is that of its socket.
    fn name(&self) -> &str;

    /// Its virtio device id.
    fn device_id(&self) -> u32;

    /// What it offers, or `None` where the board has no use for it.
    fn spec(&self) -> Option<DeviceSpec>;

    /// The devicetree node below that of the virtio device, if the kernel's
    /// driver looks at one.
    fn node(&self, world: &World) -> Option<Node> {
        let _ = world;
        None
    }

    /// What the kernel numbers its device by where a board has several of its
    /// kind, and the number: with `i2c` and 1, the alias `i2c1` of the node,
    /// which has the device's name as its label.
    fn alias(&self) -> Option<(&'static str, usize)> {
        None
    }

    /// Whether chips of other buses refer to this device in the devicetree.
    /// Such a device comes first: fw_devlink complains about a controller that
    /// comes up before the one that its chips' interrupts go to.
    fn rank(&self) -> Rank {
        Rank::Bus
    }

    /// The guest is about to start: the wiring will not change any more.
    ///
    /// # Errors
    /// Where the wiring is more than the device can have.
    fn start(&mut self, world: &World) -> Result<(), String> {
        let _ = world;
        Ok(())
    }

    /// The guest kicked a queue.
    fn kicked(&mut self, queue: usize, port: &mut Port<'_>) -> Result<(), Fault>;

    /// The guest is about to be interrupted: what has become ready outside of
    /// a kick goes into its queues.
    fn pump(&mut self, port: &mut Port<'_>) {
        let _ = port;
    }

    /// When something happens here without the guest.
    fn due(&self) -> Option<SimTime> {
        None
    }

    /// It happens.
    fn happen(&mut self, port: &mut Port<'_>) -> Result<(), Fault> {
        let _ = port;
        Ok(())
    }

    /// The reply to a chain of a queue that cannot be read, by the queue and
    /// the room in the chain.
    fn failed(&self) -> fn(usize, usize) -> Reply {
        |_queue, _room| Reply::nothing()
    }

    /// The guest has stopped the device's queues or reset the device: chains
    /// that are not completed yet never will be.
    fn reset(&mut self, world: &World);
}

/// Which devices come first in the devicetree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// The agent's channel.
    Console,
    /// What others refer to: lines, interrupts.
    Lines,
    /// What has chips.
    Bus,
}

/// A queue of one of the guest's devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QueueId {
    pub(crate) device: usize,
    pub(crate) queue: usize,
}

/// Queues whose used buffers the guest does not know of yet, in the order in
/// which it is to be interrupted for them.
#[derive(Debug, Default)]
pub(crate) struct Calls(VecDeque<QueueId>);

impl Calls {
    fn add(&mut self, id: QueueId) {
        if !self.0.contains(&id) {
            self.0.push_back(id);
        }
    }

    pub(crate) fn take(&mut self) -> Option<QueueId> {
        self.0.pop_front()
    }

    /// A device was reset: nothing of it is to be told any more.
    pub(crate) fn forget(&mut self, device: usize) {
        self.0.retain(|id| id.device != device);
    }
}

/// What a controller sees of the machine while it acts: its own queues, and
/// the world.
pub(crate) struct Port<'a> {
    pub(crate) device: usize,
    pub(crate) link: &'a Link,
    pub(crate) calls: &'a mut Calls,
    pub(crate) world: &'a Shared,
    pub(crate) failed: fn(usize, usize) -> Reply,
}

impl Port<'_> {
    /// Virtual time.
    pub(crate) fn now(&self) -> SimTime {
        self.world.now()
    }

    /// The next chain of a queue. One with something wrong is completed and
    /// passed over.
    pub(crate) fn pop(&mut self, queue: usize) -> Option<Chain> {
        loop {
            match self.link.pop(queue) {
                Ok(Some((chain, None))) => return Some(chain),
                Ok(Some((chain, Some(error)))) => {
                    self.ring_error(queue, &error);
                    let reply = (self.failed)(queue, chain.writable_len());
                    self.push(queue, &chain, &reply);
                }
                Ok(None) => return None,
                Err(error) => {
                    self.ring_error(queue, &error);
                    return None;
                }
            }
        }
    }

    /// Completes a chain, with what it is to hold, and interrupts the guest
    /// for it.
    pub(crate) fn push(&mut self, queue: usize, chain: &Chain, reply: &Reply) {
        self.push_unheard(queue, chain, reply);
        self.calls.add(self.id(queue));
    }

    /// The same, where an interrupt would tell the guest nothing.
    pub(crate) fn push_unheard(&self, queue: usize, chain: &Chain, reply: &Reply) {
        if let Err(error) = self.link.push(queue, chain, reply.offset, &reply.bytes) {
            self.ring_error(queue, &error);
        }
    }

    /// Reads the guest's memory beside the buffers of a chain, where the guest
    /// shares that.
    pub(crate) fn peek<const LEN: usize>(&self, address: u64) -> Option<[u8; LEN]> {
        let mut bytes = [0; LEN];
        self.link.peek(address, &mut bytes).ok()?;
        Some(bytes)
    }

    /// The guest did something that breaks the device's specification.
    pub(crate) fn malformed(&self, text: String) {
        malformed(self.world, self.link.name(), text);
    }

    fn ring_error(&self, queue: usize, error: &RingError) {
        self.malformed(format!("queue {queue}: {}", crate::error::chain(error)));
    }

    fn id(&self, queue: usize) -> QueueId {
        QueueId {
            device: self.device,
            queue,
        }
    }
}

/// Puts something that the guest did wrong towards a device on the timeline.
pub(crate) fn malformed(world: &World, device: &str, text: String) {
    world.log(What::Malformed {
        device: device.to_owned(),
        text,
    });
}
