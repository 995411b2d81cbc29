// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The event queue: a chain with `struct virtio_gpio_irq_request` unmasks the
//! interrupt of a line, and its `struct virtio_gpio_irq_response` delivers it
//! (virtio 1.2, "GPIO Device", "eventq Operation").

use crate::reply::Reply;

const REQUEST_LEN: usize = 2;
const STATUS_INVALID: u8 = 0;
const STATUS_VALID: u8 = 1;

/// How a chain on the event queue breaks the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedEvent {
    /// Another number of readable bytes than a request has.
    #[error("malformed virtio-gpio event buffer: {0} readable bytes, a request has {REQUEST_LEN}")]
    RequestLength(usize),
    /// Another number of writable bytes than one.
    #[error("malformed virtio-gpio event buffer: room for a response of {0} bytes, it has 1")]
    ResponseLength(usize),
}

/// The line that a chain unmasks: all its readable bytes, and the number of
/// its writable bytes.
///
/// # Errors
/// [`MalformedEvent`] where the chain breaks the specification.
pub fn parse(readable: &[u8], writable_len: usize) -> Result<u16, MalformedEvent> {
    let &[low, high] = readable else {
        return Err(MalformedEvent::RequestLength(readable.len()));
    };
    if writable_len == 1 {
        Ok(u16::from_le_bytes([low, high]))
    } else {
        Err(MalformedEvent::ResponseLength(writable_len))
    }
}

/// The response that delivers an interrupt: `VIRTIO_GPIO_IRQ_STATUS_VALID`.
pub fn fired() -> Reply {
    Reply::whole(vec![STATUS_VALID])
}

/// The response that gives a buffer back without an interrupt:
/// `VIRTIO_GPIO_IRQ_STATUS_INVALID`; nothing without a writable byte.
pub fn returned(writable_len: usize) -> Reply {
    let mut bytes = vec![STATUS_INVALID];
    bytes.truncate(writable_len);
    Reply::whole(bytes)
}
