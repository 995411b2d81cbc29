// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The memory that the controller shares with the guest's scheduler
//! (`struct um_timetravel_schedshm`, Linux 6.12): the guest reads the time
//! there, writes the time of its next timer there, and needs a message only to
//! wait.
//!
//! This side reaches the memory by reading and writing its file. The guest
//! maps it, and it changes its words only while we wait for it, so there is
//! nothing to map here and nothing to race with.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;

use roadtest_model::SimTime;
use rustix::fs::MemfdFlags;

/// `UM_TIMETRAVEL_SCHEDSHM_VERSION`.
const VERSION: u32 = 2;
/// Header: one page.
const HEADER_LEN: u32 = 4096;
/// `union um_timetravel_schedshm_client`.
const CLIENT_LEN: u32 = 128;
/// The guest's index among the clients; 0 is the controller.
pub(crate) const GUEST_ID: u16 = 1;
const GUEST: u64 = (HEADER_LEN + CLIENT_LEN * GUEST_ID as u32) as u64;
const LEN: u32 = HEADER_LEN + CLIENT_LEN * 2;

const FREE_UNTIL: u64 = 8;
const CURRENT_TIME: u64 = 16;
const RUNNING_ID: u64 = 24;
const MAX_CLIENTS: u64 = 26;
const CAPABILITIES: u64 = GUEST;
const FLAGS: u64 = GUEST + 4;
const REQUEST_TIME: u64 = GUEST + 8;

/// `UM_TIMETRAVEL_SCHEDSHM_CAP_TIME_SHARE`.
const CAP_TIME_SHARE: u32 = 1;
/// `UM_TIMETRAVEL_SCHEDSHM_FLAGS_REQ_RUN`.
const REQ_RUN: u32 = 1;

/// The shared memory.
#[derive(Debug)]
pub struct Shared {
    file: File,
}

impl Shared {
    /// Memory for one guest, with time at zero.
    ///
    /// # Errors
    /// Where the host has no memory files.
    pub fn new() -> io::Result<Self> {
        let file = File::from(rustix::fs::memfd_create(
            "roadtest-time",
            MemfdFlags::CLOEXEC,
        )?);
        file.set_len(LEN.next_multiple_of(HEADER_LEN).into())?;
        file.write_all_at(&VERSION.to_ne_bytes(), 0)?;
        file.write_all_at(&LEN.to_ne_bytes(), 4)?;
        // The guest counts as running even while it waits: an interrupt that
        // arrives then makes it change its request, and it does that here
        // only if what runs is able to share.
        file.write_all_at(&GUEST_ID.to_ne_bytes(), RUNNING_ID)?;
        file.write_all_at(&2u16.to_ne_bytes(), MAX_CLIENTS)?;
        Ok(Self { file })
    }

    /// Whether the guest has taken up the memory.
    pub(crate) fn is_used(&self) -> io::Result<bool> {
        Ok(self.word(CAPABILITIES)? & CAP_TIME_SHARE != 0)
    }

    /// The guest's clock, as it last told it.
    pub(crate) fn now(&self) -> io::Result<SimTime> {
        self.long(CURRENT_TIME).map(SimTime::ns)
    }

    /// Sets the clock.
    pub(crate) fn set_now(&self, now: SimTime) -> io::Result<()> {
        self.file
            .write_all_at(&now.as_ns().to_ne_bytes(), CURRENT_TIME)
    }

    /// Lets the guest run by itself up to, not including, `time`.
    pub(crate) fn set_free_until(&self, time: SimTime) -> io::Result<()> {
        self.file
            .write_all_at(&time.as_ns().to_ne_bytes(), FREE_UNTIL)
    }

    /// When the guest wants to run, if at all.
    pub(crate) fn request(&self) -> io::Result<Option<SimTime>> {
        if self.word(FLAGS)? & REQ_RUN == 0 {
            return Ok(None);
        }
        self.long(REQUEST_TIME).map(|ns| Some(SimTime::ns(ns)))
    }

    fn word(&self, offset: u64) -> io::Result<u32> {
        let mut bytes = [0; 4];
        self.file.read_exact_at(&mut bytes, offset)?;
        Ok(u32::from_ne_bytes(bytes))
    }

    fn long(&self, offset: u64) -> io::Result<u64> {
        let mut bytes = [0; 8];
        self.file.read_exact_at(&mut bytes, offset)?;
        Ok(u64::from_ne_bytes(bytes))
    }
}

impl AsFd for Shared {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}
