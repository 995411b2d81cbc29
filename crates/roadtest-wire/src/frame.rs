// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A frame is the length of its payload as a 32-bit little-endian number,
//! then the payload: a value in postcard's encoding.

use serde::{Serialize, de::DeserializeOwned};

use crate::Protocol;

/// No frame's payload is longer, in bytes: a whole file of 1 MiB and what
/// surrounds it.
pub const FRAME_LEN_MAX: usize = (1 << 20) + 64;

/// A stream that is no sequence of frames, a frame that holds something
/// else than expected, or an agent of another build.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The agent greets with another protocol than ours.
    #[error(
        "the guest's agent speaks protocol {theirs}, this test {ours}: they are of two builds; \
         run `cargo xtask build`"
    )]
    Protocol {
        /// The agent's.
        theirs: Protocol,
        /// This build's.
        ours: Protocol,
    },
    /// The first frame is no greeting.
    #[error(
        "the guest's agent does not say which protocol it speaks, this test speaks {ours}: they \
         are of two builds; run `cargo xtask build`"
    )]
    NoGreeting {
        /// This build's.
        ours: Protocol,
    },
    /// A frame announces more than [`FRAME_LEN_MAX`] bytes.
    #[error("a frame has {0} bytes; the limit is {FRAME_LEN_MAX}")]
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
/// Where the payload would be longer than [`FRAME_LEN_MAX`].
pub fn frame<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    let bytes = postcard::to_extend(value, vec![0; 4]).map_err(Error::Encode)?;
    with_length(bytes)
}

/// Fills in the length of a payload that starts at byte 4.
pub(crate) fn with_length(mut bytes: Vec<u8>) -> Result<Vec<u8>, Error> {
    let len = bytes.len() - 4;
    match u32::try_from(len) {
        Ok(short) if len <= FRAME_LEN_MAX => bytes[..4].copy_from_slice(&short.to_le_bytes()),
        _ => return Err(Error::TooLong(len)),
    }
    Ok(bytes)
}

/// The value in a payload.
///
/// # Errors
/// Where the payload does not hold exactly one value of this type.
pub fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T, Error> {
    let len = payload.len();
    let error = |source| Error::Decode { len, source };
    match postcard::take_from_bytes(payload).map_err(error)? {
        (value, []) => Ok(value),
        _ => Err(error(postcard::Error::DeserializeBadEncoding)),
    }
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

    /// The next whole frame's payload, if it has arrived.
    ///
    /// # Errors
    /// Where the frame is longer than a frame may be: the stream is broken,
    /// and nothing more will come of it.
    pub fn pop(&mut self) -> Result<Option<Vec<u8>>, Error> {
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
        let payload = payload.to_vec();
        self.bytes.drain(..4 + len);
        Ok(Some(payload))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Reply, Request};

    fn request() -> Request {
        Request::ReadFile {
            path: "/sys/class/hwmon".into(),
        }
    }

    #[test]
    fn a_frame_that_arrives_byte_by_byte_is_whole_at_its_last() {
        let bytes = frame(&request()).unwrap();
        let mut frames = Frames::default();
        for byte in &bytes[..bytes.len() - 1] {
            frames.push(&[*byte]);
            assert_eq!(frames.pop().unwrap(), None);
        }
        frames.push(&bytes[bytes.len() - 1..]);
        let payload = frames.pop().unwrap().unwrap();
        assert_eq!(decode::<Request>(&payload).unwrap(), request());
        assert_eq!(frames.pop().unwrap(), None);
    }

    #[test]
    fn an_absurd_length_is_an_error_and_not_an_allocation() {
        let mut frames = Frames::default();
        frames.push(&u32::MAX.to_le_bytes());
        assert!(matches!(frames.pop(), Err(Error::TooLong(_))));
    }

    /// It used to stay where it was, and was decoded again without end.
    #[test]
    fn a_frame_that_does_not_decode_is_followed_by_the_next() {
        let mut frames = Frames::default();
        frames.push(&with_length(vec![0, 0, 0, 0, 0xff, 0xff]).unwrap());
        frames.push(&frame(&request()).unwrap());
        let nonsense = frames.pop().unwrap().unwrap();
        assert!(matches!(
            decode::<Request>(&nonsense),
            Err(Error::Decode { len: 2, .. })
        ));
        let next = frames.pop().unwrap().unwrap();
        assert_eq!(decode::<Request>(&next).unwrap(), request());
    }

    #[test]
    fn bytes_behind_a_value_are_no_part_of_it() {
        let mut payload = frame(&request()).unwrap()[4..].to_vec();
        payload.push(0);
        assert!(decode::<Request>(&payload).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_get_an_answer(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8)) {
            let mut frames = Frames::default();
            for piece in pieces {
                frames.push(&piece);
                while let Ok(Some(payload)) = frames.pop() {
                    // Any result is one.
                    let _ = decode::<Request>(&payload);
                    let _ = decode::<Reply>(&payload);
                }
            }
        }

        #[test]
        fn any_payload_is_a_value_or_an_error(payload in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(request) = decode::<Request>(&payload) {
                prop_assert_eq!(decode::<Request>(&frame(&request).unwrap()[4..]).unwrap(), request);
            }
            if let Ok(reply) = decode::<Reply>(&payload) {
                prop_assert_eq!(decode::<Reply>(&frame(&reply).unwrap()[4..]).unwrap(), reply);
            }
        }
    }
}
