// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The greeting: which protocol the agent speaks. Its layout is the one thing
//! that never changes, so that any two builds can be distinguished.
//!
//! The payload of its frame is `roadtest agent\n`, the protocol as a 64-bit
//! little-endian number, and the kernel's release as text.

use std::fmt;

use crate::frame::{self, Error, Frames};
use crate::reply::Reply;

const MARK: &[u8; 15] = b"roadtest agent\n";

/// What two builds must have in common to understand each other: a hash of the
/// source that defines requests, replies and frames. Why not a number that is
/// counted up: that would be forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protocol(pub u64);

/// The protocol of this build.
pub const PROTOCOL: Protocol = Protocol(hash(&[
    include_bytes!("request.rs"),
    include_bytes!("reply.rs"),
    include_bytes!("frame.rs"),
]));

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// FNV-1a, 64 bits.
const fn hash(texts: &[&[u8]]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut text = 0;
    while text < texts.len() {
        let mut at = 0;
        while at < texts[text].len() {
            hash = (hash ^ texts[text][at] as u64).wrapping_mul(0x0100_0000_01b3);
            at += 1;
        }
        text += 1;
    }
    hash
}

/// The agent's first word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// What it speaks.
    pub protocol: Protocol,
    /// `uname -r`.
    pub release: String,
}

impl Hello {
    /// The greeting of this build's agent, as a frame.
    ///
    /// # Errors
    /// Where the release has no room in a frame.
    pub fn frame(release: &str) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; 4];
        bytes.extend(MARK);
        bytes.extend(PROTOCOL.0.to_le_bytes());
        bytes.extend(release.as_bytes());
        frame::with_length(bytes)
    }

    /// The greeting in a payload; `None` where it is something else.
    fn parse(payload: &[u8]) -> Option<Self> {
        let (protocol, release) = payload.strip_prefix(MARK)?.split_first_chunk()?;
        Some(Self {
            protocol: Protocol(u64::from_le_bytes(*protocol)),
            release: String::from_utf8_lossy(release).into_owned(),
        })
    }
}

/// What the agent says, taken from the stream that it comes in: its greeting,
/// and replies once that has shown that host and agent speak one protocol.
#[derive(Debug, Default)]
pub struct Replies {
    frames: Frames,
    greeted: Greeted,
}

/// Whether the agent has greeted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Greeted {
    #[default]
    NotYet,
    Properly,
}

impl Replies {
    /// Adds a piece of the stream.
    pub fn push(&mut self, piece: &[u8]) {
        self.frames.push(piece);
    }

    /// The next reply, if it has arrived.
    ///
    /// # Errors
    /// Where the agent is of another build, or the stream is broken.
    pub fn pop(&mut self) -> Result<Option<Reply>, Error> {
        let Some(payload) = self.frames.pop()? else {
            return Ok(None);
        };
        if self.greeted == Greeted::Properly {
            return frame::decode(&payload).map(Some);
        }
        let hello = Hello::parse(&payload).ok_or(Error::NoGreeting { ours: PROTOCOL })?;
        if hello.protocol != PROTOCOL {
            return Err(Error::Protocol {
                theirs: hello.protocol,
                ours: PROTOCOL,
            });
        }
        self.greeted = Greeted::Properly;
        Ok(Some(Reply::Hello(hello)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Answer;

    #[test]
    fn an_agent_of_this_build_greets_and_replies() {
        let mut replies = Replies::default();
        replies.push(&Hello::frame("6.12.0").unwrap());
        replies.push(&crate::frame(&Reply::Ok(Answer::Count(3))).unwrap());
        let hello = Hello {
            protocol: PROTOCOL,
            release: "6.12.0".into(),
        };
        assert_eq!(replies.pop().unwrap(), Some(Reply::Hello(hello)));
        assert_eq!(replies.pop().unwrap(), Some(Reply::Ok(Answer::Count(3))));
        assert_eq!(replies.pop().unwrap(), None);
    }

    #[test]
    fn an_agent_of_another_build_is_detected_by_its_greeting() {
        let mut bytes = Hello::frame("6.12.0").unwrap();
        bytes[4 + MARK.len()] ^= 1;
        let mut replies = Replies::default();
        replies.push(&bytes);
        let error = replies.pop().unwrap_err().to_string();
        let theirs = Protocol(PROTOCOL.0 ^ 1);
        assert_eq!(
            error,
            format!(
                "the guest's agent speaks protocol {theirs}, this test {PROTOCOL}: they are of \
                 two builds; run `cargo xtask build`"
            )
        );
    }

    /// What agents sent before there was a greeting: a variant's number and a
    /// text.
    #[test]
    fn an_agent_from_before_the_greeting_is_detected_too() {
        let mut replies = Replies::default();
        replies.push(b"\x08\0\0\0\0\x066.12.0");
        let error = replies.pop().unwrap_err();
        assert!(matches!(error, Error::NoGreeting { .. }), "{error}");
    }

    #[test]
    fn a_greeting_is_no_reply() {
        let hello = Hello {
            protocol: PROTOCOL,
            release: String::new(),
        };
        assert!(crate::frame(&Reply::Hello(hello)).is_err());
    }

    proptest! {
        #[test]
        fn any_stream_is_replies_or_an_error(
            greeting in any::<bool>(),
            bytes in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let mut replies = Replies::default();
            if greeting {
                replies.push(&Hello::frame("6.12.0").unwrap());
            }
            replies.push(&bytes);
            while let Ok(Some(_)) = replies.pop() {}
        }
    }
}
