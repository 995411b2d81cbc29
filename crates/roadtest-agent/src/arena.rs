// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The memory of one ioctl: its buffers in one allocation, with zeros between
//! and behind them, so that a structure larger than its buffer damages nothing
//! and is noticed.

use std::ops::Range;

use roadtest_wire::{Place, Pointer};

use crate::failure::Failure;

/// Buffers begin at multiples of this, in bytes.
const ALIGNMENT: usize = 16;
/// At least so many zeros follow each buffer.
const GAP: usize = 64;

/// The buffers of one ioctl.
#[derive(Debug)]
pub(crate) struct Arena {
    memory: Vec<u8>,
    buffers: Vec<Range<usize>>,
    pointers: Vec<Range<usize>>,
}

impl Arena {
    /// Zeros behind the last buffer: more than the 14 bits of size in an
    /// ioctl's number can say (`include/uapi/asm-generic/ioctl.h`).
    pub(crate) const ROOM: usize = 1 << 14;

    /// Lays out buffers, and puts the addresses of some into others.
    pub(crate) fn new(buffers: &[Vec<u8>], pointers: &[Pointer]) -> Result<Self, Failure> {
        if buffers.is_empty() {
            return Failure::refused("an ioctl with buffers has none");
        }
        let mut places = Vec::with_capacity(buffers.len());
        let mut end = 0_usize;
        for buffer in buffers {
            let start = end.next_multiple_of(ALIGNMENT);
            places.push(start..start + buffer.len());
            end = start + buffer.len() + GAP;
        }
        let mut memory = vec![0; end + Self::ROOM];
        for (place, buffer) in places.iter().zip(buffers) {
            memory[place.clone()].copy_from_slice(buffer);
        }
        let mut arena = Self {
            memory,
            buffers: places,
            pointers: Vec::with_capacity(pointers.len()),
        };
        for pointer in pointers {
            arena.point(*pointer)?;
        }
        Ok(arena)
    }

    fn point(&mut self, pointer: Pointer) -> Result<(), Failure> {
        let Some(target) = self.buffers.get(pointer.target as usize) else {
            return Failure::refused(format!("there is no buffer for {pointer:?} to point to"));
        };
        let target = target.start;
        let field = self.field::<8>(pointer.buffer, pointer.offset)?;
        let address = self.memory.as_mut_ptr().expose_provenance() + target;
        self.memory[field.clone()].copy_from_slice(&address.to_ne_bytes());
        self.pointers.push(field);
        Ok(())
    }

    /// Where `N` bytes of a buffer are.
    fn field<const N: usize>(&self, buffer: u32, offset: u32) -> Result<Range<usize>, Failure> {
        let range = self.buffers.get(buffer as usize);
        let field = range.and_then(|range| {
            let start = range.start.checked_add(offset as usize)?;
            let end = start.checked_add(N)?;
            (end <= range.end).then_some(start..end)
        });
        match field {
            Some(field) => Ok(field),
            None => Failure::refused(format!(
                "buffer {buffer} has no {N} bytes at offset {offset}"
            )),
        }
    }

    /// The address of the first buffer.
    pub(crate) fn first(&mut self) -> *mut u8 {
        self.memory.as_mut_ptr()
    }

    /// The number at a place.
    pub(crate) fn number(&self, place: Place) -> Result<i32, Failure> {
        let field = self.field::<4>(place.buffer, place.offset)?;
        let mut bytes = [0; 4];
        bytes.copy_from_slice(&self.memory[field]);
        Ok(i32::from_ne_bytes(bytes))
    }

    /// The buffers as the kernel has left them, with zeros for the addresses:
    /// those are the agent's own and differ between runs.
    pub(crate) fn into_buffers(mut self) -> Result<Vec<Vec<u8>>, Failure> {
        for pointer in &self.pointers {
            self.memory[pointer.clone()].fill(0);
        }
        let starts = self.buffers.iter().skip(1).map(|buffer| buffer.start);
        let ends = starts.chain([self.memory.len()]);
        for (index, (buffer, next)) in self.buffers.iter().zip(ends).enumerate() {
            if self.memory[buffer.end..next].iter().any(|&byte| byte != 0) {
                return Failure::refused(format!(
                    "the ioctl wrote behind the {} bytes of buffer {index}: it is too small",
                    buffer.len()
                ));
            }
        }
        let buffers = self.buffers.into_iter();
        Ok(buffers.map(|range| self.memory[range].to_vec()).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pointer(buffer: u32, offset: u32, target: u32) -> Pointer {
        Pointer {
            buffer,
            offset,
            target,
        }
    }

    #[test]
    fn a_pointer_leads_to_its_target_and_comes_back_as_zeros() {
        let buffers = [vec![0xff; 16], vec![1, 2, 3]];
        let arena = Arena::new(&buffers, &[pointer(0, 8, 1)]).unwrap();
        let base = arena.memory.as_ptr().expose_provenance();
        let mut address = [0; 8];
        address.copy_from_slice(&arena.memory[8..16]);
        let target = usize::from_ne_bytes(address) - base;
        assert_eq!(arena.memory[target..target + 4], [1, 2, 3, 0]);
        let back = arena.into_buffers().unwrap();
        assert_eq!(back[0], [[0xff; 8], [0; 8]].concat());
        assert_eq!(back[1], [1, 2, 3]);
    }

    #[test]
    fn what_leads_outside_the_buffers_is_refused() {
        let buffers = [vec![0; 16], vec![]];
        for wrong in [
            pointer(0, 9, 1),
            pointer(0, u32::MAX, 1),
            pointer(2, 0, 1),
            pointer(0, 0, 2),
            pointer(1, 0, 0),
        ] {
            let refused = Arena::new(&buffers, &[wrong]);
            assert!(matches!(refused, Err(Failure::Refused(_))), "{wrong:?}");
        }
        assert!(Arena::new(&[], &[]).is_err());
        let arena = Arena::new(&buffers, &[]).unwrap();
        let place = |offset| Place { buffer: 0, offset };
        assert_eq!(arena.number(place(12)).unwrap(), 0);
        assert!(arena.number(place(13)).is_err());
    }

    #[test]
    fn a_structure_larger_than_its_buffer_is_noticed() {
        for at in [4, 20, 100, 4 + Arena::ROOM] {
            let mut arena = Arena::new(&[vec![0; 4]], &[]).unwrap();
            arena.memory[at] = 1;
            let error = arena.into_buffers().unwrap_err();
            assert!(
                matches!(&error, Failure::Refused(why) if why.contains("the 4 bytes of buffer 0")),
                "{error:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_request_is_laid_out_or_refused(
            buffers in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 0..6),
            pointers in prop::collection::vec((0_u32..8, 0_u32..80, 0_u32..8), 0..6),
        ) {
            let pointers: Vec<Pointer> =
                pointers.into_iter().map(|(b, o, t)| pointer(b, o, t)).collect();
            if let Ok(arena) = Arena::new(&buffers, &pointers) {
                let back = arena.into_buffers().unwrap();
                prop_assert_eq!(back.len(), buffers.len());
                for (back, buffer) in back.iter().zip(&buffers) {
                    prop_assert_eq!(back.len(), buffer.len());
                    if pointers.is_empty() {
                        prop_assert_eq!(back, buffer);
                    }
                }
            }
        }
    }
}
