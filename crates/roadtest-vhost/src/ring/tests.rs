// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! One queue in 16 KiB of memory, with every kind of chain in it.

use std::fs::File;
use std::os::unix::fs::FileExt;

use proptest::prelude::*;
use vm_memory::{GuestMemoryAtomic, GuestMemoryMmap};

use super::*;

const SIZE: u16 = 16;
const DESCRIPTORS: u64 = 0;
const AVAILABLE: u64 = 0x400;
const USED: u64 = 0x800;
const MEMORY_LEN: u64 = 0x4000;
const READABLE_LEN_MAX: usize = 64;

const NEXT: u16 = 1;
const WRITE: u16 = 2;
const INDIRECT: u16 = 4;

/// A queue that runs, and the guest's view of its memory.
struct Ring {
    rings: Rings,
    guest: File,
}

impl Ring {
    fn new() -> Self {
        Self::with_memory(MEMORY_LEN)
    }

    fn with_memory(len: u64) -> Self {
        let guest = tempfile::tempfile().unwrap();
        guest.set_len(len).unwrap();
        // The daemon's memory is of no account.
        let memory = GuestMemoryAtomic::new(GuestMemoryMmap::new());
        let vring = VringRwLock::new(memory, SIZE).unwrap();
        vring.set_queue_info(DESCRIPTORS, AVAILABLE, USED).unwrap();
        vring.set_queue_size(SIZE);
        let mut rings = Rings::new(vec![vring], READABLE_LEN_MAX);
        rings.set_memory(Memory::of(guest.try_clone().unwrap(), len));
        rings.start(0);
        Self { rings, guest }
    }

    fn put(&self, address: u64, bytes: &[u8]) {
        self.guest.write_all_at(bytes, address).unwrap();
    }

    fn get<const LEN: usize>(&self, address: u64) -> [u8; LEN] {
        let mut bytes = [0; LEN];
        self.guest.read_exact_at(&mut bytes, address).unwrap();
        bytes
    }

    fn describe(&self, at: u64, address: u64, len: u32, flags: u16, next: u16) {
        let mut bytes = address.to_le_bytes().to_vec();
        bytes.extend(len.to_le_bytes());
        bytes.extend(flags.to_le_bytes());
        bytes.extend(next.to_le_bytes());
        self.put(at, &bytes);
    }

    /// Writes descriptor `index`, and offers the chain at 0 as the only one.
    fn offer(&self, index: u16, address: u64, len: u32, flags: u16, next: u16) {
        self.describe(
            DESCRIPTORS + 16 * u64::from(index),
            address,
            len,
            flags,
            next,
        );
        self.put(AVAILABLE, &[0, 0, 1, 0, 0, 0]);
    }

    fn pop(&self) -> Popped {
        self.rings.pop(0).unwrap().unwrap()
    }

    fn used_len(&self) -> u32 {
        u32::from_le_bytes(self.get(USED + 8))
    }
}

#[test]
fn what_the_guest_wrote_comes_out_and_the_answer_goes_in() {
    let ring = Ring::new();
    ring.put(0x1000, b"question");
    ring.offer(0, 0x1000, 8, NEXT, 1);
    ring.offer(1, 0x2000, 3, NEXT | WRITE, 2);
    ring.offer(2, 0x3000, 3, WRITE, 0);
    let (chain, wrong) = ring.pop();
    assert!(wrong.is_none());
    assert_eq!(chain.readable, b"question");
    assert_eq!(chain.writable_len(), 6);
    ring.rings.push(0, &chain, 0, b"answer").unwrap();
    assert_eq!(&ring.get(0x2000), b"ans");
    assert_eq!(&ring.get(0x3000), b"wer");
    assert_eq!(ring.used_len(), 6);
    assert!(ring.rings.pop(0).unwrap().is_none());
}

#[test]
fn an_indirect_table_is_a_chain_like_any_other() {
    let ring = Ring::new();
    ring.put(0x1000, b"question");
    ring.describe(0x2000, 0x1000, 8, NEXT, 1);
    ring.describe(0x2010, 0x3000, 3, WRITE, 0);
    ring.offer(0, 0x2000, 32, INDIRECT, 0);
    let (chain, wrong) = ring.pop();
    assert!(wrong.is_none());
    assert_eq!(chain.readable, b"question");
    assert_eq!(chain.writable_len(), 3);
}

#[test]
fn an_indirect_table_within_another_is_an_error() {
    let ring = Ring::new();
    ring.describe(0x2000, 0x2000, 16, INDIRECT, 0);
    ring.offer(0, 0x2000, 16, INDIRECT, 0);
    assert!(matches!(ring.pop().1, Some(RingError::NestedTable)));
}

#[test]
fn an_indirect_table_that_is_larger_than_the_queue_is_an_error() {
    let ring = Ring::new();
    ring.offer(0, 0, 17 * 16, INDIRECT, 0);
    assert!(matches!(
        ring.pop().1,
        Some(RingError::BadTable { len: 272 })
    ));
}

#[test]
fn an_answer_at_an_offset_writes_nothing_before_it() {
    let ring = Ring::new();
    ring.put(0x1000, &[7; 4]);
    ring.put(0x2000, &[7; 4]);
    ring.offer(0, 0x1000, 4, NEXT | WRITE, 1);
    ring.offer(1, 0x2000, 4, WRITE, 0);
    let (chain, _) = ring.pop();
    ring.rings.push(0, &chain, 6, &[1, 2]).unwrap();
    assert_eq!(ring.get(0x1000), [7; 4]);
    assert_eq!(ring.get(0x2000), [7, 7, 1, 2]);
    // Not 8: the six bytes before were not written.
    assert_eq!(ring.used_len(), 0);
}

#[test]
fn a_chain_that_claims_gigabytes_costs_none() {
    const BUFFER: u32 = 200 << 20;
    let ring = Ring::with_memory(BUFFER.into());
    // The same buffer again and again.
    for index in 0..SIZE {
        let address = 0x2000 + 16 * u64::from(index);
        let last = index == SIZE - 1;
        let flags = if last { WRITE } else { NEXT | WRITE };
        ring.describe(address, 0, BUFFER, flags, index + 1);
    }
    ring.offer(0, 0x2000, 256, INDIRECT, 0);
    let (chain, wrong) = ring.pop();
    assert!(wrong.is_none());
    let room = chain.writable_len();
    assert_eq!(room, 3200 << 20);
    ring.rings.push(0, &chain, room - 1, &[1]).unwrap();
    assert_eq!(ring.get(u64::from(BUFFER) - 1), [1]);
}

#[test]
fn a_buffer_outside_memory_is_named_and_its_chain_can_be_completed() {
    let ring = Ring::new();
    ring.offer(0, 0xffff_0000, 8, WRITE, 0);
    let (chain, wrong) = ring.pop();
    assert!(matches!(
        wrong,
        Some(RingError::OutsideMemory {
            address: 0xffff_0000,
            len: 8
        })
    ));
    ring.rings.push(0, &chain, 0, &[]).unwrap();
}

#[test]
fn memory_that_the_guest_cuts_off_is_an_error_of_its_queue() {
    let ring = Ring::new();
    ring.offer(0, 0x1000, 8, NEXT, 1);
    ring.offer(1, 0x2000, 8, WRITE, 0);
    ring.guest.set_len(0x1000).unwrap();
    let (_, wrong) = ring.pop();
    assert!(matches!(
        wrong,
        Some(RingError::Inaccessible {
            address: 0x1000,
            ..
        })
    ));
    ring.guest.set_len(0).unwrap();
    let error = ring.rings.pop(0).unwrap_err();
    assert!(matches!(error, RingError::Queue { queue: 0, .. }));
    assert!(ring.rings.wants_call(0).is_err());
}

#[test]
fn a_readable_buffer_behind_a_writable_one_is_an_error() {
    let ring = Ring::new();
    ring.offer(0, 0x1000, 8, NEXT | WRITE, 1);
    ring.offer(1, 0x2000, 3, 0, 0);
    assert!(matches!(ring.pop().1, Some(RingError::Disordered)));
}

#[test]
fn a_chain_with_a_loop_is_an_error() {
    let ring = Ring::new();
    ring.offer(0, 0x1000, 1, NEXT | WRITE, 0);
    assert!(matches!(
        ring.pop().1,
        Some(RingError::Endless { size: SIZE })
    ));
}

#[test]
fn a_descriptor_that_does_not_exist_is_named() {
    let ring = Ring::new();
    ring.offer(0, 0x1000, 1, NEXT | WRITE, SIZE);
    let (chain, wrong) = ring.pop();
    assert!(matches!(
        wrong,
        Some(RingError::BadIndex {
            index: SIZE,
            table: SIZE
        })
    ));
    assert_eq!(chain.writable_len(), 1);
}

#[test]
fn more_chains_than_the_queue_holds_are_an_error() {
    let ring = Ring::new();
    ring.put(AVAILABLE + 2, &(SIZE + 1).to_le_bytes());
    let error = ring.rings.pop(0).unwrap_err();
    assert!(matches!(error, RingError::TooMany { pending: 17, .. }));
}

#[test]
fn an_answer_that_does_not_fit_is_cut_and_said_to_be() {
    let ring = Ring::new();
    ring.offer(0, 0x1000, 2, WRITE, 0);
    let (chain, _) = ring.pop();
    let error = ring.rings.push(0, &chain, 0, b"answer").unwrap_err();
    assert!(matches!(error, RingError::NoRoom { len: 6, room: 2 }));
    assert_eq!(&ring.get(0x1000), b"an");
    assert_eq!(ring.used_len(), 2);
}

#[test]
fn an_answer_behind_the_end_of_the_buffers_is_an_error() {
    let ring = Ring::new();
    ring.offer(0, 0x1000, 2, WRITE, 0);
    let (chain, _) = ring.pop();
    let error = ring.rings.push(0, &chain, usize::MAX, b"x").unwrap_err();
    assert!(matches!(error, RingError::NoRoom { room: 2, .. }));
}

#[test]
fn a_request_that_is_longer_than_the_device_has_any_is_not_read() {
    let ring = Ring::new();
    for index in 0..5 {
        let flags = if index < 4 { NEXT } else { WRITE };
        ring.offer(index, 0x1000, 17, flags, index + 1);
    }
    let (chain, wrong) = ring.pop();
    assert!(matches!(
        wrong,
        Some(RingError::TooLong {
            len: 68,
            max: READABLE_LEN_MAX
        })
    ));
    assert!(chain.readable.is_empty());
    assert_eq!(chain.writable_len(), 17);
}

#[test]
fn a_chain_of_a_queue_that_was_stopped_reaches_memory_no_more() {
    let mut ring = Ring::new();
    ring.offer(0, 0x1000, 4, WRITE, 0);
    let (chain, _) = ring.pop();
    assert!(ring.rings.stop(0));
    ring.rings.push(0, &chain, 0, b"late").unwrap();
    assert!(ring.rings.pop(0).unwrap().is_none());
    assert!(!ring.rings.wants_call(0).unwrap());
    // Nor when the queue runs again.
    ring.rings.start(0);
    ring.rings.push(0, &chain, 0, b"late").unwrap();
    assert_eq!(ring.get(0x1000), [0; 4]);
    assert_eq!(ring.get(USED + 2), [0; 2]);
}

#[test]
fn a_queue_that_is_started_goes_on_behind_what_its_used_ring_has() {
    let mut ring = Ring::new();
    ring.rings.stop(0);
    ring.put(USED + 2, &[5, 0]);
    ring.rings.start(0);
    ring.offer(0, 0x1000, 4, WRITE, 0);
    let (chain, _) = ring.pop();
    ring.rings.push(0, &chain, 0, &[1]).unwrap();
    assert_eq!(ring.get(USED + 2), [6, 0]);
}

proptest! {
    /// Whatever is in memory, every chain can be taken and completed, with an
    /// answer at any offset of what it claims, and none is seen again without
    /// end.
    #[test]
    fn any_memory_gets_an_answer(
        table in prop::collection::vec(any::<u8>(), 16 * SIZE as usize),
        addresses in prop::collection::vec(0u64..MEMORY_LEN, SIZE as usize),
        near in prop::collection::vec(any::<bool>(), SIZE as usize),
        flags in prop::collection::vec(0u16..8, SIZE as usize),
        ring in prop::collection::vec(0u16..20, SIZE as usize),
        count in 0u16..40,
        cut in prop::option::of(0..MEMORY_LEN),
        back in any::<u32>(),
    ) {
        let queue = Ring::new();
        queue.put(DESCRIPTORS, &table);
        for index in 0..usize::from(SIZE) {
            let at = DESCRIPTORS + 16 * index as u64;
            if near[index] {
                queue.put(at, &addresses[index].to_le_bytes());
                queue.put(at + 10, &[0, 0]);
            }
            queue.put(at + 12, &flags[index].to_le_bytes());
        }
        queue.put(AVAILABLE + 2, &count.to_le_bytes());
        for (index, head) in (0u64..).zip(&ring) {
            queue.put(AVAILABLE + 4 + 2 * index, &head.to_le_bytes());
        }
        if let Some(len) = cut {
            queue.guest.set_len(len).unwrap();
        }
        let mut chains = 0;
        while let Ok(Some((chain, wrong))) = queue.rings.pop(0) {
            chains += 1;
            prop_assert!(chains <= SIZE);
            prop_assert!(chain.readable.len() <= READABLE_LEN_MAX);
            prop_assert!(wrong.is_none() || chain.readable.len() <= READABLE_LEN_MAX);
            let room = chain.writable_len();
            prop_assert!(room <= u32::MAX as usize);
            let offset = room.saturating_sub(back as usize % (room + 2));
            let pushed = queue.rings.push(0, &chain, offset, &[1]);
            if cut.is_none() && chain.head < SIZE && offset < room {
                prop_assert!(pushed.is_ok(), "{pushed:?}");
            }
        }
    }
}
