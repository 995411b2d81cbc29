// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Descriptor chains (virtio 1.2, 2.7.5). Every index, address and length
//! comes from the guest and is checked before it is used; a bad one is an
//! error for the caller, with the chain that must still be completed. Nothing
//! here is as large as the guest says: descriptors may overlap, so a chain of
//! a small guest can claim gigabytes.
//!
//! Why not the iterator of `virtio-queue`: it reads one descriptor at a time
//! from mapped memory, and ends in silence where a chain is broken.

use virtio_queue::desc::split::Descriptor;
use vm_memory::{Address, ByteValued};

use crate::error::RingError;
use crate::memory::Memory;

/// The length of a descriptor.
const DESCRIPTOR_LEN: usize = size_of::<Descriptor>();

/// Buffers that the guest has lent.
#[derive(Debug)]
pub struct Chain {
    pub(crate) head: u16,
    /// Which life of its queue the chain belongs to.
    pub(crate) life: u64,
    /// What the guest wrote. At most as many bytes as the device's
    /// [`readable_len_max`](crate::DeviceSpec::readable_len_max).
    pub readable: Vec<u8>,
    pub(crate) readable_at: Option<u64>,
    pub(crate) writable: Vec<(u64, u32)>,
}

impl Chain {
    /// The guest's address of the first buffer that it wrote; `None` where the
    /// chain has none.
    pub const fn address(&self) -> Option<u64> {
        self.readable_at
    }

    /// How many bytes may be written: what the guest claims, at most 2³². It
    /// is the size of nothing that the host has.
    pub fn writable_len(&self) -> usize {
        self.writable.iter().map(|&(_, len)| len as usize).sum()
    }
}

/// A descriptor table: of the queue, or an indirect one.
struct Table {
    address: u64,
    len: u16,
}

impl Table {
    /// Reads descriptor `index`.
    fn one(&self, memory: &Memory, index: u16) -> Result<Descriptor, RingError> {
        let (table, offset) = (self.len, u64::from(index) * DESCRIPTOR_LEN as u64);
        if index >= table {
            return Err(RingError::BadIndex { index, table });
        }
        let address = self.address.checked_add(offset);
        let address = address.ok_or(RingError::OutsideMemory {
            address: self.address,
            len: 0,
        })?;
        let mut bytes = [0; DESCRIPTOR_LEN];
        memory.read(address, &mut bytes)?;
        Ok(descriptor(&bytes))
    }

    /// Reads all of it at once.
    fn all(&self, memory: &Memory) -> Result<Vec<Descriptor>, RingError> {
        let mut bytes = vec![0; usize::from(self.len) * DESCRIPTOR_LEN];
        memory.read(self.address, &mut bytes)?;
        Ok(bytes.chunks_exact(DESCRIPTOR_LEN).map(descriptor).collect())
    }
}

/// From as many bytes as one has.
fn descriptor(bytes: &[u8]) -> Descriptor {
    let mut descriptor = Descriptor::default();
    descriptor.as_mut_slice().copy_from_slice(bytes);
    descriptor
}

/// The descriptors of a chain in their order, as far as they can be read, and
/// what is wrong with the rest.
fn walk(memory: &Memory, table: u64, len: u16, head: u16) -> (Vec<Descriptor>, Option<RingError>) {
    let mut chain = Vec::new();
    let mut walk = || -> Result<(), RingError> {
        let queue = Table {
            address: table,
            len,
        };
        // Most chains are one descriptor, which may be an indirect table.
        let mut current = queue.one(memory, head)?;
        let mut table: Option<Vec<Descriptor>> = None;
        let mut indirect = false;
        loop {
            if current.refers_to_indirect_table() {
                if std::mem::replace(&mut indirect, true) {
                    return Err(RingError::NestedTable);
                }
                let entries = indirect_table(&current, len)?.all(memory)?;
                let table = table.insert(entries);
                current = *table.first().ok_or(RingError::BadTable { len: 0 })?;
                continue;
            }
            if chain.len() == usize::from(len) {
                return Err(RingError::Endless { size: len });
            }
            chain.push(current);
            if !current.has_next() {
                return Ok(());
            }
            let table = match &mut table {
                Some(table) => table,
                None => table.insert(queue.all(memory)?),
            };
            let index = current.next();
            let bad = RingError::BadIndex {
                index,
                table: u16::try_from(table.len()).unwrap_or(u16::MAX),
            };
            current = *table.get(usize::from(index)).ok_or(bad)?;
        }
    };
    let wrong = walk().err();
    (chain, wrong)
}

/// The table that a descriptor refers to. It has no more entries than the
/// queue, since a chain has not (virtio 1.2, 2.7.5.3.1).
fn indirect_table(descriptor: &Descriptor, size: u16) -> Result<Table, RingError> {
    let bytes = descriptor.len();
    let len = u16::try_from(bytes as usize / DESCRIPTOR_LEN).ok();
    match len {
        Some(len)
            if (bytes as usize).is_multiple_of(DESCRIPTOR_LEN) && (1..=size).contains(&len) =>
        {
            Ok(Table {
                address: descriptor.addr().raw_value(),
                len,
            })
        }
        _ => Err(RingError::BadTable { len: bytes }),
    }
}

/// Reads the chain that begins at descriptor `head` of a table with `len`
/// entries. Its readable bytes are read only where they are no more than
/// `readable_len_max`.
pub(crate) fn read(
    memory: &Memory,
    (table, len): (u64, u16),
    head: u16,
    readable_len_max: usize,
) -> (Chain, Option<RingError>) {
    let mut chain = Chain {
        head,
        life: 0,
        readable: Vec::new(),
        readable_at: None,
        writable: Vec::new(),
    };
    let (descriptors, mut wrong) = walk(memory, table, len, head);
    let mut readable = Vec::new();
    let (mut readable_len, mut total) = (0usize, 0u64);
    for descriptor in descriptors {
        let (address, len) = (descriptor.addr().raw_value(), descriptor.len());
        total += u64::from(len);
        if !memory.has(address, len) {
            wrong.get_or_insert(RingError::OutsideMemory { address, len });
        } else if total > u64::from(u32::MAX) {
            wrong.get_or_insert(RingError::Huge);
        } else if descriptor.is_write_only() {
            chain.writable.push((address, len));
        } else if chain.writable.is_empty() {
            readable_len += len as usize;
            readable.push((address, len as usize));
        } else {
            wrong.get_or_insert(RingError::Disordered);
        }
    }
    if readable_len > readable_len_max {
        wrong.get_or_insert(RingError::TooLong {
            len: readable_len,
            max: readable_len_max,
        });
    }
    chain.readable_at = readable.first().map(|&(address, _)| address);
    if wrong.is_none() {
        wrong = fill(memory, &readable, readable_len, &mut chain.readable).err();
    }
    (chain, wrong)
}

/// Reads the readable buffers, `len` bytes in all.
fn fill(
    memory: &Memory,
    buffers: &[(u64, usize)],
    len: usize,
    bytes: &mut Vec<u8>,
) -> Result<(), RingError> {
    bytes.resize(len, 0);
    let mut rest = bytes.as_mut_slice();
    for &(address, len) in buffers {
        let (now, later) = rest.split_at_mut(len);
        memory.read(address, now)?;
        rest = later;
    }
    Ok(())
}
