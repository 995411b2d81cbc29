// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The rings of a device: available chains out, used chains in. Whether a
//! queue runs, and where its rings are, the daemon has negotiated; the rings
//! themselves are read and written here, through the guest's file.

use vhost_user_backend::{VringRwLock, VringT};
use virtio_queue::{Queue, QueueT};

use crate::chain::{self, Chain};
use crate::error::RingError;
use crate::memory::Memory;

/// `VIRTQ_AVAIL_F_NO_INTERRUPT`, virtio 1.2, 2.7.6.
const NO_INTERRUPT: u16 = 1;
/// `flags` and `idx` of either ring.
const HEADER_LEN: usize = 4;
/// Where `idx` is in either ring.
const INDEX: u64 = 2;

/// A chain from the guest, and what is wrong with it.
pub type Popped = (Chain, Option<RingError>);

/// Whether a queue runs.
#[derive(Clone, Copy, Debug, Default)]
struct Life {
    running: bool,
    /// Counts its starts and stops, so that chains of an earlier life are
    /// known.
    number: u64,
}

/// The rings of a device and the memory that they are in.
pub(crate) struct Rings {
    vrings: Vec<VringRwLock>,
    lives: Vec<Life>,
    memory: Memory,
    readable_len_max: usize,
}

impl Rings {
    /// The queues of a device whose requests have at most `readable_len_max`
    /// bytes to read. None runs.
    pub(crate) fn new(vrings: Vec<VringRwLock>, readable_len_max: usize) -> Self {
        Self {
            lives: vec![Life::default(); vrings.len()],
            vrings,
            memory: Memory::default(),
            readable_len_max,
        }
    }

    /// The guest shares this memory from now on.
    pub(crate) fn set_memory(&mut self, memory: Memory) {
        self.memory = memory;
    }

    /// Reads the guest's memory.
    pub(crate) fn peek(&self, address: u64, bytes: &mut [u8]) -> Result<(), RingError> {
        self.memory.read(address, bytes)
    }

    /// Whether a queue runs.
    pub(crate) fn runs(&self, queue: usize) -> bool {
        self.lives.get(queue).is_some_and(|life| life.running)
    }

    /// Whether any queue runs.
    pub(crate) fn any_runs(&self) -> bool {
        self.lives.iter().any(|life| life.running)
    }

    /// The guest has enabled a queue. It goes on behind the chains that the
    /// used ring has already.
    pub(crate) fn start(&mut self, queue: usize) {
        let Some(life) = self.lives.get_mut(queue) else {
            return;
        };
        if life.running {
            return;
        }
        life.running = true;
        life.number += 1;
        let mut state = self.vrings[queue].get_mut();
        let state = state.get_queue_mut();
        let mut index = [0; 2];
        // A used ring that cannot be read is an error when it is used.
        let at = state.used_ring().saturating_add(INDEX);
        if self.memory.read(at, &mut index).is_ok() {
            state.set_next_used(u16::from_le_bytes(index));
        }
    }

    /// The guest has disabled a queue: its memory is not the device's any
    /// more. Returns whether it ran.
    pub(crate) fn stop(&mut self, queue: usize) -> bool {
        let Some(life) = self.lives.get_mut(queue) else {
            return false;
        };
        life.number += 1;
        std::mem::take(&mut life.running)
    }

    /// Calls `work` with a queue, where that runs.
    fn with<R>(
        &self,
        queue: usize,
        work: impl FnOnce(&mut Queue, &Life) -> Result<R, RingError>,
    ) -> Result<Option<R>, RingError> {
        let (Some(vring), Some(life)) = (self.vrings.get(queue), self.lives.get(queue)) else {
            return Err(RingError::NoQueue { queue });
        };
        if !life.running {
            return Ok(None);
        }
        work(vring.get_mut().get_queue_mut(), life).map(Some)
    }

    /// The next chain of a queue.
    pub(crate) fn pop(&self, queue: usize) -> Result<Option<Popped>, RingError> {
        let popped = self.with(queue, |state, life| {
            let size = state.size();
            // Header and ring in one system call.
            let mut ring = vec![0; HEADER_LEN + 2 * usize::from(size)];
            self.memory
                .read(state.avail_ring(), &mut ring)
                .map_err(|error| unusable(queue, error))?;
            let next = state.next_avail();
            let pending = word(&ring, 2).wrapping_sub(next);
            if pending == 0 {
                return Ok(None);
            }
            if pending > size {
                return Err(RingError::TooMany {
                    queue,
                    pending,
                    size,
                });
            }
            let head = word(&ring, HEADER_LEN + 2 * usize::from(next % size));
            state.set_next_avail(next.wrapping_add(1));
            let table = (state.desc_table(), size);
            let (mut chain, wrong) = chain::read(&self.memory, table, head, self.readable_len_max);
            chain.life = life.number;
            Ok(Some((chain, wrong)))
        });
        Ok(popped?.flatten())
    }

    /// Completes a chain with `data` in its writable buffers, from byte
    /// `offset` of them on.
    pub(crate) fn push(
        &self,
        queue: usize,
        chain: &Chain,
        offset: usize,
        data: &[u8],
    ) -> Result<(), RingError> {
        self.with(queue, |state, life| {
            if chain.life != life.number {
                return Ok(());
            }
            let written = self.write(chain, offset, data);
            // Completed in any case: a chain that is not hangs a guest.
            self.complete(queue, state, chain.head, used_len(offset, &written, data))?;
            written
        })
        .map(|_| ())
    }

    fn write(&self, chain: &Chain, offset: usize, data: &[u8]) -> Result<(), RingError> {
        let mut skip = offset;
        let mut rest = data;
        for &(address, len) in &chain.writable {
            let len = len as usize;
            if skip < len {
                let (now, later) = rest.split_at(rest.len().min(len - skip));
                self.memory.write(address + skip as u64, now)?;
                rest = later;
            }
            skip = skip.saturating_sub(len);
        }
        if rest.is_empty() {
            return Ok(());
        }
        Err(RingError::NoRoom {
            len: offset.saturating_add(data.len()),
            room: chain.writable_len(),
        })
    }

    fn complete(
        &self,
        queue: usize,
        state: &mut Queue,
        head: u16,
        len: u32,
    ) -> Result<(), RingError> {
        let size = state.size();
        if head >= size {
            let (index, table) = (head, size);
            return Err(RingError::BadIndex { index, table });
        }
        let used = state.next_used();
        let slot = HEADER_LEN as u64 + 8 * u64::from(used % size);
        let mut element = u32::from(head).to_le_bytes().to_vec();
        element.extend(len.to_le_bytes());
        let next = used.wrapping_add(1);
        // The element before the index that makes it valid.
        let ring = state.used_ring();
        self.memory
            .write(ring.saturating_add(slot), &element)
            .and_then(|()| {
                let index = ring.saturating_add(INDEX);
                self.memory.write(index, &next.to_le_bytes())
            })
            .map_err(|error| unusable(queue, error))?;
        state.set_next_used(next);
        Ok(())
    }

    /// Whether the guest wants to be interrupted for used buffers.
    pub(crate) fn wants_call(&self, queue: usize) -> Result<bool, RingError> {
        let wants = self.with(queue, |state, _| {
            let mut flags = [0; 2];
            self.memory
                .read(state.avail_ring(), &mut flags)
                .map_err(|error| unusable(queue, error))?;
            Ok(u16::from_le_bytes(flags) & NO_INTERRUPT == 0)
        });
        Ok(wants?.unwrap_or(false))
    }
}

/// What the used ring says was written: a device writes at least that many
/// bytes, from the first one on (virtio 1.2, 2.7.8.2). So an answer that
/// leaves a gap before it says nothing.
fn used_len(offset: usize, written: &Result<(), RingError>, data: &[u8]) -> u32 {
    let len = match written {
        Ok(()) => data.len(),
        Err(RingError::NoRoom { room, .. }) => *room,
        Err(_) => 0,
    };
    match offset {
        0 => u32::try_from(len).unwrap_or(u32::MAX),
        _ => 0,
    }
}

fn word(bytes: &[u8], at: usize) -> u16 {
    let bytes = bytes.get(at..).and_then(<[u8]>::first_chunk);
    bytes.map_or(0, |&bytes| u16::from_le_bytes(bytes))
}

fn unusable(queue: usize, source: RingError) -> RingError {
    let source = Box::new(source);
    RingError::Queue { queue, source }
}

#[cfg(test)]
mod tests;
