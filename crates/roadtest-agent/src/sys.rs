// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! All that the compiler cannot check: ioctl(2), whose argument means what the
//! driver says, and file descriptors that are known by number because an ioctl
//! or the parent process made them. Everything else is safe code above.

#![expect(
    unsafe_code,
    reason = "an ioctl's argument and a file descriptor's number have no type"
)]

use std::ffi::c_void;
use std::fs;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use rustix::io::{FdFlags, fcntl_dupfd_cloexec, fcntl_setfd};
use rustix::ioctl::{Ioctl, IoctlOutput, Opcode};

use crate::arena::Arena;
use crate::failure::Failure;

/// An ioctl whose result is the number that it returns.
struct Raw {
    request: u32,
    argument: *mut c_void,
}

// SAFETY: `opcode` and `as_ptr` are passed to the kernel unchanged, and the
// output is made of the call's result alone: no memory is read for it.
unsafe impl Ioctl for Raw {
    type Output = i32;

    const IS_MUTATING: bool = true;

    fn opcode(&self) -> Opcode {
        self.request
    }

    fn as_ptr(&mut self) -> *mut c_void {
        self.argument
    }

    unsafe fn output_from_ptr(
        result: IoctlOutput,
        _argument: *mut c_void,
    ) -> rustix::io::Result<i32> {
        Ok(result)
    }
}

/// ioctl(2) with a number.
pub(crate) fn ioctl_number(
    file: BorrowedFd<'_>,
    request: u32,
    number: u64,
) -> Result<i32, Failure> {
    if is_mapped(number)? {
        return Failure::refused(format!(
            "the number {number:#x} may be an address of the agent; pass a buffer"
        ));
    }
    let argument = std::ptr::without_provenance_mut(usize::try_from(number).unwrap_or(usize::MAX));
    // SAFETY: where the driver takes the number for an address, it is one of
    // none of this process's mappings: the kernel finds nothing there to read
    // or write, and answers EFAULT.
    let result = unsafe { rustix::ioctl::ioctl(file, Raw { request, argument }) };
    Ok(result?)
}

/// ioctl(2) with a pointer to the first buffer of an arena.
pub(crate) fn ioctl_arena(
    file: BorrowedFd<'_>,
    request: u32,
    arena: &mut Arena,
) -> Result<i32, Failure> {
    let argument = arena.first().cast();
    // SAFETY: the arena owns the memory, does not move meanwhile, and has room
    // behind its last buffer for the largest structure that the number of an
    // ioctl can name. The pointers in it lead to its own buffers. What the
    // type system cannot know is whether the bytes between hold further
    // addresses, or lengths that go beyond the room: `IoctlArgument::Buffers`
    // forbids that to the host, which is the only other party.
    let result = unsafe { rustix::ioctl::ioctl(file, Raw { request, argument }) };
    Ok(result?)
}

/// Whether an address, or what a structure at it could reach, is in a mapping
/// of this process.
fn is_mapped(address: u64) -> Result<bool, Failure> {
    // Nothing is mapped there, whatever `vm.mmap_min_addr` is: programs are
    // linked to higher addresses, and the kernel chooses higher ones.
    if address < 0x1000 {
        return Ok(false);
    }
    let maps = fs::read_to_string("/proc/self/maps")?;
    let end = address.saturating_add(Arena::ROOM as u64);
    Ok(maps.lines().any(|line| {
        let range = line.split(' ').next().and_then(|range| {
            let (from, to) = range.split_once('-')?;
            let hex = |text| u64::from_str_radix(text, 16).ok();
            Some(hex(from)?..hex(to)?)
        });
        // A line that cannot be read could be any mapping.
        range.is_none_or(|range| address < range.end && range.start < end)
    }))
}

/// The number that the next file descriptor of this process will get: the
/// lowest that is free.
pub(crate) fn next_descriptor(file: BorrowedFd<'_>) -> Result<RawFd, Failure> {
    Ok(fcntl_dupfd_cloexec(file, 0)?.as_raw_fd())
}

/// Takes a file descriptor that an ioctl has just created, and that was the
/// `next` before it.
pub(crate) fn adopt(number: RawFd, next: RawFd) -> Result<OwnedFd, Failure> {
    if number != next || fs::symlink_metadata(format!("/proc/self/fd/{number}")).is_err() {
        return Failure::refused(format!(
            "the ioctl left {number} where the request says that it leaves a new file descriptor"
        ));
    }
    // SAFETY: the number was free before the ioctl and is open after it. This
    // process has one thread, so the ioctl opened it, and nothing owns it.
    let file = unsafe { OwnedFd::from_raw_fd(number) };
    fcntl_setfd(file.as_fd(), FdFlags::CLOEXEC)?;
    Ok(file)
}

/// Takes the file descriptor that the agent has left open for the process that
/// it starts, which is this one.
pub(crate) fn inherited(number: RawFd) -> Result<OwnedFd, Failure> {
    if number < 3 || fs::symlink_metadata(format!("/proc/self/fd/{number}")).is_err() {
        return Failure::refused(format!("file descriptor {number} was not left open"));
    }
    // SAFETY: it is open and none of the standard ones. The agent named it to
    // this process alone, which has just begun: nothing in it owns it.
    let file = unsafe { OwnedFd::from_raw_fd(number) };
    fcntl_setfd(file.as_fd(), FdFlags::CLOEXEC)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_this_process_is_no_number() {
        let local = 1_u8;
        let address = (&raw const local).expose_provenance() as u64;
        assert!(is_mapped(address).unwrap());
        for number in [0, 1, 8192, u64::MAX] {
            assert!(!is_mapped(number).unwrap(), "{number:#x}");
        }
        let null = std::fs::File::open("/dev/null").unwrap();
        let refused = ioctl_number(null.as_fd(), 0x0707, address);
        assert!(matches!(refused, Err(Failure::Refused(_))), "{refused:?}");
        let answered = ioctl_number(null.as_fd(), 0x0707, 7);
        let enotty = rustix::io::Errno::NOTTY;
        assert!(
            matches!(answered, Err(Failure::Errno(errno)) if errno == enotty),
            "{answered:?}"
        );
    }

    #[test]
    fn only_a_new_file_descriptor_is_taken() {
        let file = std::fs::File::open("/dev/null").unwrap();
        let next = next_descriptor(file.as_fd()).unwrap();
        // It is not open, and the other is not new.
        assert!(adopt(next, next).is_err());
        assert!(adopt(file.as_raw_fd(), next).is_err());
        assert!(inherited(2).is_err());
    }
}
