// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Descriptor chains in, used buffers out. Every address and length comes
//! from the guest and is checked here; a bad one is told to the caller, who
//! still gets the chain to give back.

use std::ops::Deref;

use vhost_user_backend::{VringRwLock, VringT};
use virtio_queue::{DescriptorChain, Error as QueueError, QueueOwnedT, QueueT};
use vm_memory::{
    Bytes, GuestAddress, GuestAddressSpace, GuestMemory, GuestMemoryMmap, Permissions,
};

use crate::backend::Rings;

/// The readable part of a chain may be this long, in bytes.
pub const READABLE_LEN_MAX: usize = 1 << 20;

/// What a guest did wrong with a ring.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    /// A buffer lies outside the memory that the guest shares.
    #[error("{len} bytes at {address:#x} are outside the guest's shared memory")]
    OutsideMemory {
        /// The guest's address.
        address: u64,
        /// The buffer's length.
        len: u32,
    },
    /// A chain is longer than any device accepts.
    #[error("a chain has more than {READABLE_LEN_MAX} readable bytes")]
    TooLong,
    /// A readable buffer follows a writable one (virtio 1.2, 2.7.4.2).
    #[error("a readable buffer follows a writable one")]
    Disordered,
    /// A chain has no buffer that can be reached.
    #[error("a chain is empty, or its descriptor table is outside the guest's shared memory")]
    Empty,
    /// A queue that the guest never set up, or whose ring is not where it
    /// says.
    #[error("queue {queue} cannot be used")]
    Queue {
        /// The queue's index.
        queue: usize,
        /// What `virtio-queue` says of it.
        #[source]
        source: Option<QueueError>,
    },
    /// The answer does not fit into the buffers that the guest gave.
    #[error("the answer has {len} bytes, the guest's buffers have {room}")]
    NoRoom {
        /// The answer's length.
        len: usize,
        /// What the guest's buffers hold.
        room: usize,
    },
}

/// Buffers that the guest has lent.
#[derive(Debug)]
pub struct Chain {
    head: u16,
    /// What the guest wrote.
    pub readable: Vec<u8>,
    writable: Vec<(GuestAddress, u32)>,
}

impl Chain {
    /// How many bytes may be written.
    pub fn writable_len(&self) -> usize {
        self.writable.iter().map(|&(_, len)| len as usize).sum()
    }
}

/// A chain from the guest, and what is wrong with it.
pub type Popped = (Chain, Option<RingError>);

impl Rings {
    fn vring(&self, queue: usize) -> Result<&VringRwLock, RingError> {
        self.vrings.get(queue).ok_or(RingError::Queue {
            queue,
            source: None,
        })
    }

    /// The next chain of a queue.
    pub(crate) fn pop(&self, queue: usize) -> Result<Option<Popped>, RingError> {
        let memory = self.memory.memory();
        let mut state = self.vring(queue)?.get_mut();
        if !state.get_queue().ready() {
            return Ok(None);
        }
        let chain = state
            .get_queue_mut()
            .iter(memory.clone())
            .map_err(|source| RingError::Queue {
                queue,
                source: Some(source),
            })?
            .next();
        Ok(chain.map(|chain| read_chain(memory.deref(), chain)))
    }

    /// Gives a chain back with `data` in its writable buffers.
    pub(crate) fn push(&self, queue: usize, chain: &Chain, data: &[u8]) -> Result<(), RingError> {
        let memory = self.memory.memory();
        let room = chain.writable_len();
        let mut rest = data;
        for &(address, len) in &chain.writable {
            let (now, later) = rest.split_at(rest.len().min(len as usize));
            memory
                .write_slice(now, address)
                .map_err(|_source| RingError::OutsideMemory {
                    address: address.0,
                    len,
                })
                .or_else(|error| if now.is_empty() { Ok(()) } else { Err(error) })?;
            rest = later;
        }
        let written = data.len() - rest.len();
        // Written first, since a buffer that is not given back hangs a guest.
        let used = u32::try_from(written).unwrap_or(u32::MAX);
        self.vring(queue)?
            .add_used(chain.head, used)
            .map_err(|source| RingError::Queue {
                queue,
                source: Some(source),
            })?;
        if rest.is_empty() {
            Ok(())
        } else {
            Err(RingError::NoRoom {
                len: data.len(),
                room,
            })
        }
    }

    /// Whether the guest wants to be interrupted for used buffers.
    pub(crate) fn wants_call(&self, queue: usize) -> Result<bool, RingError> {
        self.vring(queue)?
            .needs_notification()
            .map_err(|source| RingError::Queue {
                queue,
                source: Some(source),
            })
    }
}

fn read_chain<M>(memory: &GuestMemoryMmap, descriptors: DescriptorChain<M>) -> Popped
where
    M: Deref,
    M::Target: GuestMemory,
{
    let mut chain = Chain {
        head: descriptors.head_index(),
        readable: Vec::new(),
        writable: Vec::new(),
    };
    let mut wrong = None;
    let mut count = 0;
    for descriptor in descriptors {
        count += 1;
        let (address, len) = (descriptor.addr(), descriptor.len());
        if descriptor.is_write_only() {
            if memory.check_range(address, len as usize, Permissions::Write) {
                chain.writable.push((address, len));
            } else {
                wrong.get_or_insert(RingError::OutsideMemory {
                    address: address.0,
                    len,
                });
            }
            continue;
        }
        if !chain.writable.is_empty() {
            wrong.get_or_insert(RingError::Disordered);
            continue;
        }
        let start = chain.readable.len();
        if start + len as usize > READABLE_LEN_MAX {
            wrong.get_or_insert(RingError::TooLong);
            continue;
        }
        chain.readable.resize(start + len as usize, 0);
        if memory
            .read_slice(&mut chain.readable[start..], address)
            .is_err()
        {
            wrong.get_or_insert(RingError::OutsideMemory {
                address: address.0,
                len,
            });
        }
    }
    if count == 0 {
        wrong.get_or_insert(RingError::Empty);
    }
    (chain, wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use vm_memory::GuestMemoryAtomic;

    const SIZE: u16 = 16;
    const DESCRIPTORS: u64 = 0;
    const AVAILABLE: u64 = 0x400;
    const USED: u64 = 0x800;
    const MEMORY_LEN: usize = 0x4000;

    /// One queue in 16 KiB of memory.
    fn rings() -> Rings {
        let memory = GuestMemoryMmap::from_ranges(&[(GuestAddress(0), MEMORY_LEN)]).unwrap();
        let memory = GuestMemoryAtomic::new(memory);
        let vring = VringRwLock::new(memory.clone(), SIZE).unwrap();
        vring.set_queue_info(DESCRIPTORS, AVAILABLE, USED).unwrap();
        vring.set_queue_size(SIZE);
        vring.set_queue_ready(true);
        Rings {
            memory,
            vrings: vec![vring],
        }
    }

    fn put(rings: &Rings, address: u64, bytes: &[u8]) {
        let memory = rings.memory.memory();
        memory.write_slice(bytes, GuestAddress(address)).unwrap();
    }

    /// Writes descriptor `index`, and offers it as the only chain.
    fn offer(rings: &Rings, index: u16, address: u64, len: u32, flags: u16, next: u16) {
        let mut bytes = address.to_le_bytes().to_vec();
        bytes.extend(len.to_le_bytes());
        bytes.extend(flags.to_le_bytes());
        bytes.extend(next.to_le_bytes());
        put(rings, DESCRIPTORS + 16 * u64::from(index), &bytes);
        put(rings, AVAILABLE, &[0, 0, 1, 0, 0, 0]);
    }

    const NEXT: u16 = 1;
    const WRITE: u16 = 2;

    #[test]
    fn what_the_guest_wrote_comes_out_and_the_answer_goes_in() {
        let rings = rings();
        put(&rings, 0x1000, b"question");
        offer(&rings, 0, 0x1000, 8, NEXT, 1);
        offer(&rings, 1, 0x2000, 3, NEXT | WRITE, 2);
        offer(&rings, 2, 0x3000, 3, WRITE, 0);
        let (chain, wrong) = rings.pop(0).unwrap().unwrap();
        assert!(wrong.is_none());
        assert_eq!(chain.readable, b"question");
        assert_eq!(chain.writable_len(), 6);
        rings.push(0, &chain, b"answer").unwrap();
        let memory = rings.memory.memory();
        let mut parts = [0; 6];
        memory
            .read_slice(&mut parts[..3], GuestAddress(0x2000))
            .unwrap();
        memory
            .read_slice(&mut parts[3..], GuestAddress(0x3000))
            .unwrap();
        assert_eq!(&parts, b"answer");
        let used: u32 = memory.read_obj(GuestAddress(USED + 8)).unwrap();
        assert_eq!(used, 6);
        assert!(rings.pop(0).unwrap().is_none());
    }

    #[test]
    fn a_buffer_outside_memory_is_named_and_the_chain_can_still_be_given_back() {
        let rings = rings();
        offer(&rings, 0, 0xffff_0000, 8, WRITE, 0);
        let (chain, wrong) = rings.pop(0).unwrap().unwrap();
        assert!(matches!(
            wrong,
            Some(RingError::OutsideMemory {
                address: 0xffff_0000,
                len: 8
            })
        ));
        rings.push(0, &chain, &[]).unwrap();
    }

    #[test]
    fn a_readable_buffer_behind_a_writable_one_is_an_error() {
        let rings = rings();
        offer(&rings, 0, 0x1000, 8, NEXT | WRITE, 1);
        offer(&rings, 1, 0x2000, 3, 0, 0);
        let (_, wrong) = rings.pop(0).unwrap().unwrap();
        assert!(matches!(wrong, Some(RingError::Disordered)));
    }

    #[test]
    fn an_answer_that_does_not_fit_is_cut_and_said_to_be() {
        let rings = rings();
        offer(&rings, 0, 0x1000, 2, WRITE, 0);
        let (chain, _) = rings.pop(0).unwrap().unwrap();
        let error = rings.push(0, &chain, b"answer").unwrap_err();
        assert!(matches!(error, RingError::NoRoom { len: 6, room: 2 }));
    }

    #[test]
    fn a_huge_chain_is_refused_without_being_read() {
        let rings = rings();
        offer(&rings, 0, 0x1000, u32::MAX, 0, 0);
        let (chain, wrong) = rings.pop(0).unwrap().unwrap();
        assert!(matches!(wrong, Some(RingError::TooLong)));
        assert!(chain.readable.is_empty());
    }

    proptest! {
        /// Whatever is in the descriptor table and the ring, every chain can
        /// be taken and given back, and none is seen twice for ever.
        #[test]
        fn any_memory_gets_an_answer(
            table in prop::collection::vec(any::<u8>(), 16 * SIZE as usize),
            flags in prop::collection::vec(0u16..8, SIZE as usize),
            ring in prop::collection::vec(0u16..20, SIZE as usize),
            count in 0u16..40,
        ) {
            let rings = rings();
            put(&rings, DESCRIPTORS, &table);
            for (index, flags) in (0u64..).zip(&flags) {
                put(&rings, DESCRIPTORS + 16 * index + 12, &flags.to_le_bytes());
            }
            put(&rings, AVAILABLE + 2, &count.to_le_bytes());
            for (index, head) in (0u64..).zip(&ring) {
                put(&rings, AVAILABLE + 4 + 2 * index, &head.to_le_bytes());
            }
            for _ in 0..64 {
                match rings.pop(0) {
                    Ok(Some((chain, _))) => {
                        let room = chain.writable_len().min(MEMORY_LEN);
                        let _ = rings.push(0, &chain, &vec![1; room]);
                    }
                    Ok(None) | Err(_) => break,
                }
            }
        }
    }
}
