// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What the host and the guest's agent say to each other: one [`Request`] at
//! a time, one [`Reply`] to each, as frames on a byte stream. The stream
//! itself (a virtio console port) is somebody else's.
//!
//! A frame is the length of its payload as a 32-bit little-endian number,
//! then the payload: the value in postcard's encoding.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// No frame is longer, in bytes: a read of a whole 1 MiB file and its header.
pub const FRAME_LEN_MAX: usize = (1 << 20) + 64;

/// What the host asks of the guest. Paths are the guest's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// open(2). Answered with [`Answer::Value`], the descriptor.
    Open {
        /// The file.
        path: String,
        /// `O_*`, as x86-64 numbers them.
        flags: i32,
        /// Permissions of a file that is created.
        mode: u32,
    },
    /// close(2).
    Close {
        /// The descriptor.
        fd: i32,
    },
    /// read(2), or pread(2) where an offset is given. Answered with
    /// [`Answer::Bytes`].
    Read {
        /// The descriptor.
        fd: i32,
        /// Read at the most this many bytes.
        len: u32,
        /// Where; the descriptor's own position if `None`.
        offset: Option<u64>,
    },
    /// write(2), or pwrite(2) where an offset is given. Answered with
    /// [`Answer::Value`], the number of bytes written.
    Write {
        /// The descriptor.
        fd: i32,
        /// What to write, in one system call.
        data: Vec<u8>,
        /// Where; the descriptor's own position if `None`.
        offset: Option<u64>,
    },
    /// Open, read to the end, close. Answered with [`Answer::Bytes`].
    ReadFile {
        /// The file.
        path: String,
    },
    /// Open for writing, write in one system call, close. Answered with
    /// [`Answer::Value`], the number of bytes written.
    WriteFile {
        /// The file, which must exist.
        path: String,
        /// What to write.
        data: Vec<u8>,
    },
    /// ioctl(2). Answered with [`Answer::Ioctl`].
    Ioctl {
        /// The descriptor.
        fd: i32,
        /// The request number.
        request: u64,
        /// The argument.
        argument: IoctlArgument,
    },
    /// poll(2) on one descriptor. Answered with [`Answer::Value`], `revents`;
    /// 0 is the time limit.
    Poll {
        /// The descriptor.
        fd: i32,
        /// `POLL*`.
        events: i16,
        /// The time limit in milliseconds of virtual time; none if negative.
        timeout_ms: i32,
    },
    /// The names in a folder, sorted. Answered with [`Answer::Names`].
    ReadDir {
        /// The folder.
        path: String,
    },
    /// Where a symbolic link leads. Answered with [`Answer::Names`], one.
    ReadLink {
        /// The link.
        path: String,
    },
    /// The path with every symbolic link resolved. Answered with
    /// [`Answer::Names`], one.
    RealPath {
        /// The path.
        path: String,
    },
    /// finit_module(2). Answered with [`Answer::Value`], 0.
    LoadModule {
        /// The module's file.
        path: String,
        /// `name=value`, separated by blanks.
        parameters: String,
    },
    /// delete_module(2) without waiting. Answered with [`Answer::Value`], 0.
    UnloadModule {
        /// The module's name, with `_`.
        name: String,
    },
    /// mount(2). The mount point is created where it does not exist and its
    /// parent is writable. Answered with [`Answer::Value`], 0.
    Mount {
        /// What to mount.
        source: String,
        /// Where.
        target: String,
        /// The file system's type.
        kind: String,
        /// `MS_*`.
        flags: u64,
        /// The file system's own options.
        options: String,
    },
    /// mkdir(2) with mode 0755. Answered with [`Answer::Value`], 0.
    MakeDir {
        /// The folder.
        path: String,
    },
    /// rmdir(2). Answered with [`Answer::Value`], 0.
    RemoveDir {
        /// The folder.
        path: String,
    },
    /// clock_gettime(2). Answered with [`Answer::Time`].
    Clock {
        /// `CLOCK_*`.
        clock: i32,
    },
    /// nanosleep(2). Answered with [`Answer::Value`], 0.
    Sleep {
        /// How long, in nanoseconds of virtual time.
        ns: u64,
    },
    /// Runs a program of the guest and waits for it. Answered with
    /// [`Answer::Output`].
    Run {
        /// The program and its arguments.
        argv: Vec<String>,
        /// Start it on the guest's terminal `/dev/hvc0`, with the host's root
        /// at `/host` as its own. Answered at once with [`Answer::Value`], its
        /// process id; [`Reply::Ended`] follows.
        terminal: Option<TerminalSize>,
    },
    /// Turns the machine off. Not answered.
    PowerOff,
}

/// The size of a terminal, in character cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminalSize {
    /// Rows.
    pub rows: u16,
    /// Columns.
    pub columns: u16,
}

/// The third argument of ioctl(2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IoctlArgument {
    /// A number.
    Number(u64),
    /// A pointer to the first of these buffers; other pointers lead from one
    /// to the next.
    Buffers {
        /// The memory, which the kernel may change.
        buffers: Vec<Vec<u8>>,
        /// The pointers inside it.
        pointers: Vec<Pointer>,
    },
}

/// A 64-bit pointer inside the buffers of an ioctl.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointer {
    /// The buffer that holds the pointer.
    pub buffer: u32,
    /// At which byte of it.
    pub offset: u32,
    /// The buffer that it points to.
    pub target: u32,
}

/// What the guest answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// A number.
    Value(i64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Names.
    Names(Vec<String>),
    /// Seconds and nanoseconds of a clock.
    Time {
        /// Whole seconds.
        seconds: i64,
        /// And nanoseconds, below 10⁹.
        nanoseconds: i64,
    },
    /// The result of an ioctl.
    Ioctl {
        /// What ioctl(2) returned.
        value: i64,
        /// The buffers as the kernel left them.
        buffers: Vec<Vec<u8>>,
    },
    /// What a program left.
    Output {
        /// Its exit code, or minus the signal that ended it.
        status: i32,
        /// Its standard output and error, as they came.
        output: Vec<u8>,
    },
}

/// What the agent sends: first [`Hello`](Reply::Hello), then an answer to
/// each request, and [`Ended`](Reply::Ended) at any time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// The agent is up.
    Hello {
        /// `uname -r`.
        release: String,
    },
    /// The request succeeded.
    Ok(Answer),
    /// The request failed with this errno.
    Err(i32),
    /// The request was not understood: host and agent are of two builds.
    NotUnderstood,
    /// A program on the terminal has ended. It answers no request.
    Ended {
        /// Its exit code, or minus the signal that ended it.
        status: i32,
    },
}

/// A stream that is no sequence of frames, or a frame that holds something
/// else than expected.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A frame announces more than [`FRAME_LEN_MAX`] bytes.
    #[error("a frame announces {0} bytes; the limit is {FRAME_LEN_MAX}")]
    TooLong(usize),
    /// A payload does not decode.
    #[error("a frame of {len} bytes does not decode")]
    Decode {
        /// The payload's length.
        len: usize,
        /// Why.
        #[source]
        source: postcard::Error,
    },
    /// A value does not encode.
    #[error("a value does not encode")]
    Encode(#[source] postcard::Error),
}

/// A value as a frame.
///
/// # Errors
/// Where the frame would be longer than [`FRAME_LEN_MAX`].
pub fn frame<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    let mut bytes = postcard::to_extend(value, vec![0; 4]).map_err(Error::Encode)?;
    let len = bytes.len() - 4;
    match u32::try_from(len) {
        Ok(short) if len <= FRAME_LEN_MAX => bytes[..4].copy_from_slice(&short.to_le_bytes()),
        _ => return Err(Error::TooLong(len)),
    }
    Ok(bytes)
}

/// Takes frames from a stream that comes in pieces of any size.
#[derive(Debug, Default)]
pub struct Frames {
    bytes: Vec<u8>,
}

impl Frames {
    /// Adds a piece of the stream.
    pub fn push(&mut self, piece: &[u8]) {
        self.bytes.extend_from_slice(piece);
    }

    /// The next whole frame's value, if it has arrived.
    ///
    /// # Errors
    /// Where the stream is broken; nothing more will come of it.
    pub fn pop<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Error> {
        let Some((head, rest)) = self.bytes.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let len = u32::from_le_bytes(*head) as usize;
        if len > FRAME_LEN_MAX {
            return Err(Error::TooLong(len));
        }
        let Some(payload) = rest.get(..len) else {
            return Ok(None);
        };
        let value =
            postcard::from_bytes(payload).map_err(|source| Error::Decode { len, source })?;
        self.bytes.drain(..4 + len);
        Ok(Some(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_frame_that_arrives_byte_by_byte_is_whole_at_its_last() {
        let request = Request::ReadFile {
            path: "/sys/class/hwmon".into(),
        };
        let bytes = frame(&request).unwrap();
        let mut frames = Frames::default();
        for byte in &bytes[..bytes.len() - 1] {
            frames.push(&[*byte]);
            assert_eq!(frames.pop::<Request>().unwrap(), None);
        }
        frames.push(&bytes[bytes.len() - 1..]);
        assert_eq!(frames.pop::<Request>().unwrap(), Some(request));
        assert_eq!(frames.pop::<Request>().unwrap(), None);
    }

    #[test]
    fn an_absurd_length_is_an_error_and_not_an_allocation() {
        let mut frames = Frames::default();
        frames.push(&u32::MAX.to_le_bytes());
        assert!(matches!(frames.pop::<Reply>(), Err(Error::TooLong(_))));
    }

    proptest! {
        #[test]
        fn any_bytes_get_an_answer(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8)) {
            let mut frames = Frames::default();
            for piece in pieces {
                frames.push(&piece);
                while let Ok(Some(_)) = frames.pop::<Request>() {}
            }
        }
    }
}
