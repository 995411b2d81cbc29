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
