// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Requests about files and folders. A descriptor that the host names is
//! borrowed for one call; who opens and closes is the host's business.

use std::fs::File;
use std::io::{self, Read, Write};
use std::mem::ManuallyDrop;
use std::os::fd::{FromRawFd, IntoRawFd};
use std::os::unix::fs::{FileExt, OpenOptionsExt};

use roadtest_wire::Answer;

/// open(2).
pub(crate) fn open(path: &str, flags: i32, mode: u32) -> io::Result<Answer> {
    let access = flags & libc::O_ACCMODE;
    let file = File::options()
        .read(access != libc::O_WRONLY)
        .write(access != libc::O_RDONLY)
        .custom_flags(flags & !libc::O_ACCMODE)
        .mode(mode)
        .open(path)?;
    Ok(Answer::Value(file.into_raw_fd().into()))
}

/// close(2).
pub(crate) fn close(fd: i32) -> io::Result<Answer> {
    crate::sys::close(fd)?;
    Ok(Answer::Value(0))
}

/// One read(2) or pread(2).
pub(crate) fn read(fd: i32, len: u32, offset: Option<u64>) -> io::Result<Answer> {
    let mut file = borrow(fd);
    let mut bytes = vec![0; len as usize];
    let len = match offset {
        Some(offset) => file.read_at(&mut bytes, offset)?,
        None => file.read(&mut bytes)?,
    };
    bytes.truncate(len);
    Ok(Answer::Bytes(bytes))
}

/// One write(2) or pwrite(2).
pub(crate) fn write(fd: i32, data: &[u8], offset: Option<u64>) -> io::Result<Answer> {
    let mut file = borrow(fd);
    let len = match offset {
        Some(offset) => file.write_at(data, offset)?,
        None => file.write(data)?,
    };
    Ok(Answer::Value(len as i64))
}

/// Open, one write(2), close.
pub(crate) fn write_file(path: &str, data: &[u8]) -> io::Result<Answer> {
    let len = File::options().write(true).open(path)?.write(data)?;
    Ok(Answer::Value(len as i64))
}

/// The names in a folder, sorted.
pub(crate) fn read_dir(path: &str) -> io::Result<Vec<String>> {
    let mut names = std::fs::read_dir(path)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

#[expect(
    unsafe_code,
    reason = "the host names descriptors by number, and there is no safe way to borrow one"
)]
fn borrow(fd: i32) -> ManuallyDrop<File> {
    // A negative number is no descriptor; -2 is none either, and may be one
    // to the type system, whose niche is -1.
    let fd = if fd < 0 { -2 } else { fd };
    // SAFETY: ManuallyDrop never closes the descriptor, so ownership stays
    // with whoever opened it; a number that is not open gives EBADF.
    ManuallyDrop::new(unsafe { File::from_raw_fd(fd) })
}
