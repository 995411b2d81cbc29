// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The messages that one kick has brought, and whether the driver still waits
//! for them. What they do on the bus is not known here.
//!
//! `i2c-virtio` queues the messages of a transfer, kicks once, and waits for
//! them. A signal ends that wait, and then the driver frees the messages,
//! though the device has them still (`virtio_i2c_complete_reqs()` in
//! `drivers/i2c/busses/i2c-virtio.c` of 6.1, 6.12 and 7.3). To complete them
//! would be to write into memory that something else may have by now, and to
//! make the driver itself do so in its interrupt handler. So they are completed
//! together, at the end of the last one, and only where the driver waits.
//!
//! virtio has no way for a driver to say that it has given up. What tells is
//! the completion that it waits on (`struct completion`), which is part of the
//! request, in front of the header that the device gets: when the driver kicks,
//! its list of waiters is empty; while the driver waits, there is one.

use std::collections::VecDeque;

use roadtest_vhost::Chain;
use roadtest_virtio::Reply;
use roadtest_virtio::i2c::{self as codec, Request};

use crate::controller::Port;

/// How far in front of its header the completion of a request can be: more
/// than `struct completion` of a kernel with all its checkers, rounded up to a
/// line of the cache.
const BEFORE: usize = 256;
/// What an address in the guest's kernel and its place in the memory that the
/// guest shares have in common: a multiple of a page lies between them.
const PAGE_MASK: u64 = 0xfff;

/// No address in the guest's kernel is higher: it is in a process of the host.
const ADDRESS_MAX: u64 = 1 << 47;

/// The messages of one kick.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Those whose end is still to come, the first of which is on the bus.
    pub(super) messages: VecDeque<Pending>,
    /// Those that have ended.
    pub(super) done: Vec<(Chain, Reply)>,
    driver: Driver,
}

/// A message that waits for its turn, or has it.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) chain: Chain,
    pub(super) request: Result<Request, codec::Malformed>,
}

/// What is known of the driver that has queued a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Driver {
    /// Nothing: its requests are not those of `i2c-virtio`.
    #[default]
    Unknown,
    /// It waits here for the first of them, unless it has given up.
    Waits(Waiters),
    /// It has given up.
    GaveUp,
}

/// The list of waiters of a completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Waiters {
    /// Where the head of the list is in the memory that the guest shares.
    place: u64,
    /// What the guest's kernel calls that.
    pointer: u64,
}

impl Batch {
    /// What a kick has brought, unless it is nothing.
    pub(super) fn take(queue: usize, port: &mut Port<'_>) -> Option<Self> {
        let mut batch = Self::default();
        while let Some(chain) = port.pop(queue) {
            let request = Request::parse(&chain.readable, chain.writable_len());
            if let Err(malformed) = &request {
                port.malformed(malformed.reason.to_string());
            }
            batch.messages.push_back(Pending { chain, request });
        }
        let header = batch.messages.front()?.chain.address();
        let waiters = header.and_then(|header| Waiters::of_request(header, port));
        batch.driver = waiters.map_or(Driver::Unknown, Driver::Waits);
        Some(batch)
    }

    /// How many messages it has.
    pub(super) fn len(&self) -> usize {
        self.messages.len() + self.done.len()
    }

    /// Looks whether the driver still waits, and puts it on the timeline where
    /// it does not any more.
    pub(super) fn look_for_driver(&mut self, port: &Port<'_>) {
        let Driver::Waits(waiters) = self.driver else {
            return;
        };
        if waiters.has_one(port) {
            return;
        }
        self.driver = Driver::GaveUp;
        let count = self.len();
        let what = if count == 1 { "message" } else { "messages" };
        port.malformed(format!(
            "i2c-virtio freed {count} {what} under way: not completed"
        ));
    }

    /// The last message has ended.
    pub(super) fn complete(mut self, port: &mut Port<'_>) {
        self.look_for_driver(port);
        if self.driver == Driver::GaveUp {
            return;
        }
        for (chain, reply) in &self.done {
            port.push(codec::QUEUE, chain, reply);
        }
    }
}

impl Waiters {
    /// Finds the completion in front of a request's header. The driver is still
    /// in its kick: nothing waits, so the head of the list points to itself.
    fn of_request(header: u64, port: &Port<'_>) -> Option<Self> {
        let start = header.checked_sub(BEFORE as u64)?;
        let bytes: [u8; BEFORE] = port.peek(start)?;
        let (words, _) = bytes.as_chunks();
        let heads = words.windows(2).enumerate().rev();
        let mut found = heads.filter_map(|(index, head)| {
            let place = start + 8 * index as u64;
            let pointer = u64::from_le_bytes(head[0]);
            let is_empty = head[0] == head[1] && pointer & PAGE_MASK == place & PAGE_MASK;
            (is_empty && pointer != 0).then_some(Self { place, pointer })
        });
        found.next()
    }

    /// Whether one task waits: head and entry point to each other. Memory that
    /// was cleared, or given to something else, holds no such pair.
    fn has_one(self, port: &Port<'_>) -> bool {
        let Some([next, previous]) = words(self.place, port) else {
            return false;
        };
        if next != previous || next == self.pointer {
            return false;
        }
        let entry = next.wrapping_sub(self.pointer).wrapping_add(self.place);
        match words(entry, port) {
            Some(entry) => entry == [self.pointer; 2],
            // Mapped behind the memory that the guest shares, as stacks are
            // with VMAP_STACK: then the pointer must do.
            None => (self.pointer..ADDRESS_MAX).contains(&next) && next.is_multiple_of(8),
        }
    }
}

/// Two words of the guest's memory.
fn words(address: u64, port: &Port<'_>) -> Option<[u64; 2]> {
    let bytes: [u8; 16] = port.peek(address)?;
    let (words, _) = bytes.as_chunks();
    Some([0, 1].map(|index| u64::from_le_bytes(words[index])))
}
