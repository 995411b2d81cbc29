// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The files that the host has open, by handle, and what it does with them.
//! The table owns the file descriptors: a request cannot name the agent's own.

use std::collections::BTreeMap;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use roadtest_wire::{Answer, FRAME_LEN_MAX, Handle, IoctlArgument, Place};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{Mode, OFlags};

use crate::arena::Arena;
use crate::failure::Failure;
use crate::sys;

/// No answer holds more bytes, since a frame does not.
const LEN_MAX: usize = 1 << 20;
const _: () = assert!(LEN_MAX < FRAME_LEN_MAX);

/// The files that the host has open.
#[derive(Debug, Default)]
pub(crate) struct Files {
    open: BTreeMap<Handle, OwnedFd>,
    /// The handle of the next file; none is used twice.
    next: u32,
}

impl Files {
    fn add(&mut self, file: OwnedFd) -> Handle {
        let handle = Handle(self.next);
        self.next += 1;
        self.open.insert(handle, file);
        handle
    }

    fn get(&self, handle: Handle) -> Result<BorrowedFd<'_>, Failure> {
        match self.open.get(&handle) {
            Some(file) => Ok(file.as_fd()),
            None => Failure::refused(format!("no file has the handle {}", handle.0)),
        }
    }

    /// open(2).
    pub(crate) fn open(&mut self, path: &str, flags: i32, mode: u32) -> Result<Answer, Failure> {
        let flags = OFlags::from_bits_retain(flags.cast_unsigned()) | OFlags::CLOEXEC;
        let file = rustix::fs::open(path, flags, Mode::from_raw_mode(mode))?;
        Ok(Answer::Opened(self.add(file)))
    }

    /// close(2).
    pub(crate) fn close(&mut self, handle: Handle) -> Result<Answer, Failure> {
        match self.open.remove(&handle) {
            Some(file) => drop(file),
            None => return Failure::refused(format!("no file has the handle {}", handle.0)),
        }
        Ok(Answer::Done)
    }

    /// One read(2) or pread(2).
    pub(crate) fn read(
        &self,
        handle: Handle,
        len: u32,
        offset: Option<u64>,
    ) -> Result<Answer, Failure> {
        let file = self.get(handle)?;
        let len = len as usize;
        if len > LEN_MAX {
            return Failure::refused(format!("{len} bytes are more than one read may get"));
        }
        let mut bytes = vec![0; len];
        let len = match offset {
            Some(offset) => rustix::io::pread(file, &mut bytes, offset)?,
            None => rustix::io::read(file, &mut bytes)?,
        };
        bytes.truncate(len);
        Ok(Answer::Bytes(bytes))
    }

    /// One write(2) or pwrite(2).
    pub(crate) fn write(
        &self,
        handle: Handle,
        data: &[u8],
        offset: Option<u64>,
    ) -> Result<Answer, Failure> {
        let file = self.get(handle)?;
        let len = match offset {
            Some(offset) => rustix::io::pwrite(file, data, offset)?,
            None => rustix::io::write(file, data)?,
        };
        Ok(Answer::Count(len as u64))
    }

    /// poll(2) on one file.
    pub(crate) fn poll(
        &self,
        handle: Handle,
        events: u16,
        timeout_ns: Option<u64>,
    ) -> Result<Answer, Failure> {
        let file = self.get(handle)?;
        let events = PollFlags::from_bits_retain(events);
        let mut files = [PollFd::from_borrowed_fd(file, events)];
        let timeout = timeout_ns.map(timespec);
        rustix::event::poll(&mut files, timeout.as_ref())?;
        Ok(Answer::Events(files[0].revents().bits()))
    }

    /// ioctl(2). Where it creates a file, that is in the table afterwards.
    pub(crate) fn ioctl(
        &mut self,
        handle: Handle,
        request: u64,
        argument: &IoctlArgument,
        opens: Option<Place>,
    ) -> Result<Answer, Failure> {
        let file = self.get(handle)?;
        let Ok(request) = u32::try_from(request) else {
            return Failure::refused(format!("{request:#x} is no number of an ioctl"));
        };
        let (buffers, pointers) = match argument {
            IoctlArgument::Number(number) => {
                let value = sys::ioctl_number(file, request, *number)?;
                return Ok(Answer::Ioctl {
                    value,
                    buffers: Vec::new(),
                    opened: None,
                });
            }
            IoctlArgument::Buffers { buffers, pointers } => (buffers, pointers),
        };
        let mut arena = Arena::new(buffers, pointers)?;
        let next = match opens {
            Some(place) => {
                arena.number(place)?;
                Some((place, sys::next_descriptor(file)?))
            }
            None => None,
        };
        let value = sys::ioctl_arena(file, request, &mut arena)?;
        let opened = match next {
            Some((place, next)) => Some(sys::adopt(arena.number(place)?, next)?),
            None => None,
        };
        let buffers = arena.into_buffers()?;
        Ok(Answer::Ioctl {
            value,
            buffers,
            opened: opened.map(|file| self.add(file)),
        })
    }
}

/// Nanoseconds as the kernel takes them.
pub(crate) fn timespec(ns: u64) -> Timespec {
    // Both parts of 64 bits of nanoseconds fit.
    Timespec {
        tv_sec: (ns / 1_000_000_000).cast_signed(),
        tv_nsec: (ns % 1_000_000_000).cast_signed(),
    }
}

/// Open, read to the end, close.
pub(crate) fn read_file(path: &str) -> Result<Answer, Failure> {
    let file = std::fs::File::open(path)?;
    // Why: attributes of sysfs are read in one piece, which a driver may see.
    let len = file.metadata().map_or(0, |about| about.len());
    let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or(0).min(LEN_MAX));
    let limit = LEN_MAX as u64 + 1;
    file.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() > LEN_MAX {
        return Failure::refused(format!(
            "{path} has more than {LEN_MAX} bytes; open it and read pieces"
        ));
    }
    Ok(Answer::Bytes(bytes))
}

/// Open, one write(2), close.
pub(crate) fn write_file(path: &str, data: &[u8]) -> Result<Answer, Failure> {
    let file = rustix::fs::open(path, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
    Ok(Answer::Count(rustix::io::write(file, data)? as u64))
}

/// The names in a directory, sorted.
pub(crate) fn read_dir(path: &str) -> Result<Vec<Vec<u8>>, Failure> {
    let mut names = std::fs::read_dir(path)?
        .map(|entry| Ok(entry?.file_name().into_encoded_bytes()))
        .collect::<std::io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn null(files: &mut Files) -> Handle {
        match files.open("/dev/null", 2, 0) {
            Ok(Answer::Opened(handle)) => handle,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_handle_is_of_no_use_once_its_file_is_closed() {
        let mut files = Files::default();
        let first = null(&mut files);
        assert_eq!(files.close(first).unwrap(), Answer::Done);
        // The kernel gives the second file the number that the first had.
        let second = null(&mut files);
        assert_ne!(first, second);
        for refused in [
            files.read(first, 1, None),
            files.write(first, &[1], None),
            files.poll(first, 1, None),
            files.ioctl(first, 0, &IoctlArgument::Number(0), None),
            files.close(first),
        ] {
            assert!(matches!(refused, Err(Failure::Refused(_))), "{refused:?}");
        }
        assert_eq!(files.write(second, &[1], None).unwrap(), Answer::Count(1));
    }

    #[test]
    fn the_number_of_a_file_descriptor_is_no_handle() {
        let files = Files::default();
        for number in [0, 1, 2, u32::MAX] {
            let refused = files.write(Handle(number), b"to the agent's own", None);
            assert!(matches!(refused, Err(Failure::Refused(_))), "{refused:?}");
        }
    }

    #[test]
    fn a_file_without_an_end_is_refused() {
        let refused = read_file("/dev/zero");
        assert!(
            matches!(&refused, Err(Failure::Refused(why)) if why.contains("open it and read pieces")),
            "{refused:?}"
        );
    }

    #[test]
    fn names_are_bytes_and_sorted() {
        use std::os::unix::ffi::OsStrExt;
        let directory = tempfile::tempdir().unwrap();
        for name in [&b"b\xff"[..], b"a"] {
            std::fs::write(directory.path().join(std::ffi::OsStr::from_bytes(name)), "").unwrap();
        }
        let names = read_dir(directory.path().to_str().unwrap()).unwrap();
        assert_eq!(names, [&b"a"[..], b"b\xff"]);
    }

    /// What can be asked of an open file. Not here: a poll without a limit.
    #[derive(Clone, Debug)]
    enum Asked {
        Read(u32, Option<u64>),
        Write(Vec<u8>, Option<u64>),
        Poll(u16),
        Ioctl(u64, IoctlArgument, Option<Place>),
        Close,
    }

    fn asked() -> impl Strategy<Value = Asked> {
        let buffers = prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..4);
        let place = (0_u32..5, 0_u32..50).prop_map(|(buffer, offset)| Place { buffer, offset });
        let argument = prop_oneof![
            any::<u64>().prop_map(IoctlArgument::Number),
            (0_u64..1 << 48).prop_map(IoctlArgument::Number),
            buffers.prop_map(|buffers| IoctlArgument::Buffers {
                buffers,
                pointers: Vec::new()
            }),
        ];
        prop_oneof![
            (any::<u32>(), any::<Option<u64>>()).prop_map(|(len, at)| Asked::Read(len, at)),
            (
                prop::collection::vec(any::<u8>(), 0..9),
                any::<Option<u64>>()
            )
                .prop_map(|(data, at)| Asked::Write(data, at)),
            any::<u16>().prop_map(Asked::Poll),
            (0_u64..1 << 33, argument, prop::option::of(place))
                .prop_map(|(request, argument, opens)| Asked::Ioctl(request, argument, opens)),
            Just(Asked::Close),
        ]
    }

    proptest! {
        #[test]
        fn any_request_to_any_file_is_answered(
            asked in prop::collection::vec((0_u32..4, asked()), 0..12),
        ) {
            let mut files = Files::default();
            null(&mut files);
            null(&mut files);
            for (handle, asked) in asked {
                let handle = Handle(handle);
                let answer = match asked {
                    Asked::Read(len, offset) => files.read(handle, len, offset),
                    Asked::Write(data, offset) => files.write(handle, &data, offset),
                    Asked::Poll(events) => files.poll(handle, events, Some(0)),
                    Asked::Ioctl(request, argument, opens) => {
                        files.ioctl(handle, request, &argument, opens)
                    }
                    Asked::Close => files.close(handle),
                };
                drop(answer);
            }
        }
    }
}
