// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The system calls that the standard library lacks.

#![expect(
    unsafe_code,
    reason = "system calls without a safe wrapper in the standard library"
)]

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use roadtest_wire::{Answer, TerminalSize};

fn c_string(text: &str) -> io::Result<CString> {
    CString::new(text).map_err(io::Error::other)
}

fn check(result: i64) -> io::Result<i64> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// mount(2); creates the mount point where that is possible.
pub(crate) fn mount(
    source: &str,
    target: &str,
    kind: &str,
    flags: u64,
    options: &str,
) -> io::Result<()> {
    if !std::path::Path::new(target).exists() {
        std::fs::create_dir_all(target)?;
    }
    let (source, target) = (c_string(source)?, c_string(target)?);
    let (kind, options) = (c_string(kind)?, c_string(options)?);
    // SAFETY: the four pointers are C strings that outlive the call.
    let result = unsafe {
        libc::mount(
            source.as_ptr(),
            target.as_ptr(),
            kind.as_ptr(),
            flags,
            options.as_ptr().cast(),
        )
    };
    check(result.into()).map(drop)
}

/// finit_module(2).
pub(crate) fn finit_module(file: &File, parameters: &str) -> io::Result<()> {
    let parameters = c_string(parameters)?;
    // SAFETY: the descriptor is open and the pointer is a C string, both for
    // the whole call.
    let result = unsafe {
        libc::syscall(
            libc::SYS_finit_module,
            file.as_raw_fd(),
            parameters.as_ptr(),
            0,
        )
    };
    check(result).map(drop)
}

/// delete_module(2) with O_NONBLOCK.
pub(crate) fn delete_module(name: &str) -> io::Result<()> {
    let name = c_string(name)?;
    // SAFETY: the pointer is a C string that outlives the call.
    let result = unsafe { libc::syscall(libc::SYS_delete_module, name.as_ptr(), libc::O_NONBLOCK) };
    check(result).map(drop)
}

/// ioctl(2) with a number, which may be the address of a buffer.
pub(crate) fn ioctl(fd: i32, request: u64, argument: u64) -> io::Result<i32> {
    // SAFETY: where the argument is an address, the caller owns the buffer
    // and keeps it alive and unmoved. The host is trusted to have made it as
    // large as this request needs: this process exists to carry out its
    // requests, and the worst that a wrong one does is to end this guest.
    let result = unsafe { libc::ioctl(fd, request, argument) };
    check(result.into()).map(|_| result)
}

/// poll(2) on one descriptor.
pub(crate) fn poll(fd: i32, events: i16, timeout_ms: i32) -> io::Result<i16> {
    let mut poll = libc::pollfd {
        fd,
        events,
        revents: 0,
    };
    // SAFETY: the pointer is to one pollfd, and the count says one.
    check(unsafe { libc::poll(&raw mut poll, 1, timeout_ms) }.into())?;
    Ok(poll.revents)
}

/// close(2).
pub(crate) fn close(fd: i32) -> io::Result<()> {
    // SAFETY: the host opened this descriptor by number and gives it up here;
    // no object of this process owns it.
    check(unsafe { libc::close(fd) }.into()).map(drop)
}

/// clock_gettime(2).
pub(crate) fn clock(clock: i32) -> io::Result<Answer> {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is to a timespec.
    check(unsafe { libc::clock_gettime(clock, &raw mut time) }.into())?;
    Ok(Answer::Time {
        seconds: time.tv_sec,
        nanoseconds: time.tv_nsec,
    })
}

/// `uname -r`.
pub(crate) fn release() -> String {
    std::fs::read_to_string("/proc/sys/kernel/osrelease")
        .map(|text| text.trim_end().to_owned())
        .unwrap_or_default()
}

/// reboot(2); returns only where it fails.
pub(crate) fn power_off() -> io::Result<()> {
    // SAFETY: the call takes a number and no pointer.
    check(unsafe { libc::reboot(libc::RB_POWER_OFF) }.into()).map(drop)
}

/// ioctl(2) with `TIOCSWINSZ`.
pub(crate) fn set_terminal_size(terminal: &File, size: TerminalSize) -> io::Result<()> {
    let size = libc::winsize {
        ws_row: size.rows,
        ws_col: size.columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: the pointer is to a winsize that outlives the call.
    let result = unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
    check(result.into()).map(drop)
}

/// Makes this process the leader of a session whose terminal is its standard
/// input, with `root` as its root folder.
pub(crate) fn lead_session_in(root: &str) -> io::Result<()> {
    let root = c_string(root)?;
    // SAFETY: the calls take numbers, and C strings that outlive them.
    unsafe {
        check(libc::setsid().into())?;
        check(libc::ioctl(0, libc::TIOCSCTTY, 0).into())?;
        check(libc::chroot(root.as_ptr()).into())?;
        check(libc::chdir(c"/".as_ptr()).into()).map(drop)
    }
}
