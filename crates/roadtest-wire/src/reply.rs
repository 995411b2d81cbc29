// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What the guest's agent says. Three kinds of failure are apart here: an errno
//! is what a system call of the guest failed with and nothing else; a refusal
//! is a request that no system call was made for; a frame that does not decode
//! is an [`Error`](crate::Error) of the stream.

use serde::{Deserialize, Serialize};

use crate::{Handle, Hello};

/// Of each output of a program this many bytes are kept. Both and an answer's
/// other parts fit into a frame.
pub const OUTPUT_LEN_MAX: usize = 500 << 10;

/// What the agent sends: [`Hello`](Reply::Hello) first, then one of the other
/// kinds for each request, and [`Event`](Reply::Event) at any time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// The request succeeded.
    Ok(Answer),
    /// A system call failed with this errno.
    Err(i32),
    /// The request makes no sense or its answer has no room in a frame, and
    /// why: a mistake of the host, not of the guest's kernel.
    Refused(String),
    /// Something happened. It answers no request.
    Event(Event),
    /// The agent is up. It has a frame of its own kind and is no part of the
    /// protocol that it announces. It comes last because a skipped variant
    /// counts when serde encodes, and does not when it decodes.
    #[serde(skip)]
    Hello(Hello),
}

/// What happened in the guest by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The program on the terminal has ended.
    Ended(Status),
}

/// The answer to a request that succeeded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// Nothing more is to be said.
    Done,
    /// The file that was opened.
    Opened(Handle),
    /// How many bytes.
    Count(u64),
    /// `revents` of poll(2), `POLL*`; 0 is the time limit.
    Events(u16),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Names, as the kernel has them.
    Names(Vec<Vec<u8>>),
    /// The result of an ioctl.
    Ioctl {
        /// What ioctl(2) returned.
        value: i32,
        /// The buffers as the kernel left them.
        buffers: Vec<Vec<u8>>,
        /// The file that it has created, where the request says that it does.
        opened: Option<Handle>,
    },
    /// What a program left.
    Ended {
        /// How it ended.
        status: Status,
        /// Its standard output.
        stdout: Output,
        /// Its standard error.
        stderr: Output,
    },
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// It returned from `main` or called exit(3), with this code.
    Exited(i32),
    /// A signal killed it.
    Killed(i32),
    /// It was killed because it did not end within its time limit.
    TimedOut,
}

/// What a program wrote to one of its outputs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The first [`OUTPUT_LEN_MAX`] bytes of it.
    pub kept: Vec<u8>,
    /// How many bytes followed.
    pub lost: u64,
}
