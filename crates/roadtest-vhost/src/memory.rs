// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The memory that the guest shares, by its file. Nothing of it is mapped
//! here: the guest owns the file and can cut it off at any time, which is an
//! error of a system call where the file is read and written, and SIGBUS where
//! it is mapped.
//!
//! The daemon maps the memory of its guest, so it is given another file of the
//! same size, which is never written: see [`Table::stand_in`].

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;

use rustix::fs::{FileType, MemfdFlags};

use crate::error::RingError;

/// One `VhostUserMemoryRegion`, and what precedes the first.
const REGION_LEN: usize = 32;
const REGIONS_START: usize = 8;

/// A range of the guest's addresses, and where it is in a file.
#[derive(Debug)]
struct Region {
    start: u64,
    len: u64,
    file: File,
    offset: u64,
}

/// All regions that the guest shares.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    regions: Vec<Region>,
}

impl Memory {
    /// One region at address 0.
    #[cfg(test)]
    pub(crate) fn of(file: File, len: u64) -> Self {
        let region = Region {
            start: 0,
            len,
            file,
            offset: 0,
        };
        Self {
            regions: vec![region],
        }
    }

    /// The file that holds these addresses, and where in it they begin.
    fn place(&self, address: u64, len: u64) -> Option<(&File, u64)> {
        self.regions.iter().find_map(|region| {
            let from = address.checked_sub(region.start)?;
            (from.checked_add(len)? <= region.len).then_some((&region.file, region.offset + from))
        })
    }

    /// Whether the guest shares all of this, as far as it has said so.
    pub(crate) fn has(&self, address: u64, len: u32) -> bool {
        len == 0 || self.place(address, len.into()).is_some()
    }

    /// Reads at an address of the guest.
    ///
    /// # Errors
    /// Where the guest does not share that, or has cut its file off.
    pub(crate) fn read(&self, address: u64, bytes: &mut [u8]) -> Result<(), RingError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let (file, offset) = self.checked(address, bytes.len())?;
        file.read_exact_at(bytes, offset)
            .map_err(|source| RingError::Inaccessible { address, source })
    }

    /// Writes at an address of the guest.
    ///
    /// # Errors
    /// Where the guest does not share that, or its file cannot be written.
    pub(crate) fn write(&self, address: u64, bytes: &[u8]) -> Result<(), RingError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let (file, offset) = self.checked(address, bytes.len())?;
        file.write_all_at(bytes, offset)
            .map_err(|source| RingError::Inaccessible { address, source })
    }

    fn checked(&self, address: u64, len: usize) -> Result<(&File, u64), RingError> {
        self.place(address, len as u64)
            .ok_or_else(|| RingError::OutsideMemory {
                address,
                len: u32::try_from(len).unwrap_or(u32::MAX),
            })
    }
}

/// The memory table of a `SET_MEM_TABLE` message.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) memory: Memory,
    /// Where the guest has each region in its own address space.
    user: Vec<u64>,
}

impl Table {
    /// Reads a table and takes its files. UML's has room for two regions
    /// whatever their number.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(payload: &[u8], files: Vec<OwnedFd>) -> Result<Self, String> {
        let count = payload
            .first_chunk()
            .map(|&bytes| u32::from_ne_bytes(bytes) as usize)
            .ok_or("a memory table without a length")?;
        if count != files.len() {
            let files = files.len();
            return Err(format!(
                "a memory table of {count} regions and {files} files"
            ));
        }
        let words = payload.get(REGIONS_START..).unwrap_or_default();
        let mut table = Self {
            memory: Memory::default(),
            user: Vec::new(),
        };
        let mut regions = words.chunks_exact(REGION_LEN);
        for file in files {
            let region = regions
                .next()
                .ok_or_else(|| format!("a memory table of {count} regions"))?;
            let mut words = region.chunks_exact(8).map(|word| {
                word.first_chunk()
                    .map_or(0, |&bytes| u64::from_ne_bytes(bytes))
            });
            let mut word = || words.next().unwrap_or(0);
            let (start, len, user, offset) = (word(), word(), word(), word());
            let ends = [start, user, offset].map(|from| from.checked_add(len));
            let [Some(_), Some(_), Some(end)] = ends else {
                return Err(format!("a memory region of {len:#x} bytes, past the end"));
            };
            let file = File::from(file);
            let size = size_of_regular(&file)?;
            if len == 0 || end > size {
                return Err(format!(
                    "a memory region of {len:#x} bytes at {offset:#x} in a file of {size:#x}"
                ));
            }
            table.user.push(user);
            table.memory.regions.push(Region {
                start,
                len,
                file,
                offset,
            });
        }
        Ok(table)
    }

    /// The same table with a file of ours, for the daemon to map: as large as
    /// the guest's, and all holes.
    ///
    /// # Errors
    /// Where the host has no memory files, or none as large.
    pub(crate) fn stand_in(&self) -> std::io::Result<(Vec<u8>, Vec<OwnedFd>)> {
        let regions = &self.memory.regions;
        let count = u32::try_from(regions.len()).unwrap_or(u32::MAX);
        let mut payload = u64::from(count).to_ne_bytes().to_vec();
        let mut files = Vec::new();
        let file = rustix::fs::memfd_create("roadtest-stand-in", MemfdFlags::CLOEXEC)?;
        let file = File::from(file);
        file.set_len(regions.iter().map(|region| region.len).max().unwrap_or(0))?;
        for (region, user) in regions.iter().zip(&self.user) {
            for word in [region.start, region.len, *user, 0] {
                payload.extend(word.to_ne_bytes());
            }
            files.push(file.try_clone()?.into());
        }
        Ok((payload, files))
    }
}

/// Why regular files only: what else a guest could pass may block a reader
/// forever.
fn size_of_regular(file: &File) -> Result<u64, String> {
    let stat = rustix::fs::fstat(file).map_err(|error| error.to_string())?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => u64::try_from(stat.st_size).map_err(|error| error.to_string()),
        other => Err(format!(
            "a memory region that is no regular file, but {other:?}"
        )),
    }
}
