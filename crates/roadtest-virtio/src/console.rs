// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! virtio-console with its one port 0: virtio 1.2, "Console Device". Without
//! `VIRTIO_CONSOLE_F_MULTIPORT` the buffers carry plain bytes and nothing
//! needs decoding. On top of that stream: frames, each a 32-bit little-endian
//! length and so many bytes. What is in a frame is not known here.

use std::collections::VecDeque;

use crate::F_VERSION_1;

/// The device id.
pub const DEVICE_ID: u32 = 3;
/// The number of queues.
pub const QUEUES: usize = 2;
/// The queue with buffers for what the guest reads.
pub const QUEUE_RECEIVE: usize = 0;
/// The queue with buffers that the guest wrote.
pub const QUEUE_TRANSMIT: usize = 1;
/// The features that the device offers. Without others, no field of the
/// configuration space means anything.
pub const FEATURES: u64 = F_VERSION_1;
/// The most bytes in a frame, without its length.
pub const FRAME_MAX: usize = 1 << 20;

const LENGTH_LEN: usize = 4;

/// A frame longer than [`FRAME_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame of {len} bytes, at most {FRAME_MAX} are allowed")]
pub struct TooLong {
    /// Its length, as it stands or would stand in the stream.
    pub len: usize,
}

/// `payload` with its length before it.
///
/// # Errors
/// [`TooLong`] where it is longer than [`FRAME_MAX`].
pub fn frame(payload: &[u8]) -> Result<Vec<u8>, TooLong> {
    match u32::try_from(payload.len()) {
        Ok(len) if payload.len() <= FRAME_MAX => Ok([&len.to_le_bytes()[..], payload].concat()),
        _ => Err(TooLong { len: payload.len() }),
    }
}

/// Cuts a stream into frames. After an error the stream has no more frames,
/// because nothing says where the next one begins.
#[derive(Clone, Debug, Default)]
pub struct FrameReader {
    buffered: VecDeque<u8>,
    broken: Option<TooLong>,
}

impl FrameReader {
    /// The start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next bytes of the stream; after an error they are dropped.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.broken.is_none() {
            self.buffered.extend(bytes);
        }
    }

    /// The next complete frame, without its length; `None` until more bytes
    /// come.
    ///
    /// # Errors
    /// [`TooLong`], now and for ever, where a frame announces more than
    /// [`FRAME_MAX`] bytes.
    pub fn pop(&mut self) -> Result<Option<Vec<u8>>, TooLong> {
        if let Some(error) = self.broken {
            return Err(error);
        }
        if self.buffered.len() < LENGTH_LEN {
            return Ok(None);
        }
        let len = self
            .buffered
            .iter()
            .take(LENGTH_LEN)
            .rev()
            .fold(0, |len, &byte| (len << 8) | usize::from(byte));
        if len > FRAME_MAX {
            self.buffered.clear();
            self.broken = Some(TooLong { len });
            return Err(TooLong { len });
        }
        if self.buffered.len() < LENGTH_LEN + len {
            return Ok(None);
        }
        self.buffered.drain(..LENGTH_LEN);
        Ok(Some(self.buffered.drain(..len).collect()))
    }

    /// How many bytes wait for the rest of their frame; at the end of a
    /// stream, not zero means that it was cut off.
    pub fn pending(&self) -> usize {
        self.buffered.len()
    }
}
