// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! virtio-console with `VIRTIO_CONSOLE_F_MULTIPORT` and the one port 0
//! (virtio 1.2, "Console Device"). Guests make a port that is no console a
//! plain character device. What crosses it needs no decoding; the control
//! messages that open it do.

use crate::F_VERSION_1;

/// The device id.
pub const DEVICE_ID: u32 = 3;
/// The number of queues: two of port 0, and two for control messages.
pub const QUEUES: usize = 4;
/// The queue with buffers for what the guest reads from port 0.
pub const QUEUE_RECEIVE: usize = 0;
/// The queue with buffers that the guest wrote to port 0.
pub const QUEUE_TRANSMIT: usize = 1;
/// The queue with buffers for control messages to the guest.
pub const QUEUE_CONTROL_RECEIVE: usize = 2;
/// The queue with control messages of the guest.
pub const QUEUE_CONTROL_TRANSMIT: usize = 3;
/// `VIRTIO_CONSOLE_F_MULTIPORT`.
pub const F_MULTIPORT: u64 = 1 << 1;
/// The features that the device offers.
pub const FEATURES: u64 = F_VERSION_1 | F_MULTIPORT;

/// `VIRTIO_CONSOLE_DEVICE_READY`: the guest's driver is up.
const DEVICE_READY: u16 = 0;
/// `VIRTIO_CONSOLE_PORT_ADD`: there is a port.
const PORT_ADD: u16 = 1;
/// `VIRTIO_CONSOLE_PORT_READY`: the guest is ready to use a port.
const PORT_READY: u16 = 3;
/// `VIRTIO_CONSOLE_PORT_OPEN`: the other side has opened or closed the port.
const PORT_OPEN: u16 = 6;

/// The configuration space: no size in characters, one port.
pub const fn config() -> [u8; 8] {
    [0, 0, 0, 0, 1, 0, 0, 0]
}

/// The control messages that answer one of the guest: the port is announced
/// when the driver is ready, and opened when the guest is ready for it.
/// Anything else, valid or not, needs no answer.
pub fn control(message: &[u8]) -> Vec<Vec<u8>> {
    let &[a, b, c, d, event_low, event_high, value_low, value_high] = message else {
        return Vec::new();
    };
    let port = u32::from_le_bytes([a, b, c, d]);
    let event = u16::from_le_bytes([event_low, event_high]);
    let value = u16::from_le_bytes([value_low, value_high]);
    match (event, port, value) {
        (DEVICE_READY, _, 1) => vec![encode(PORT_ADD, 1)],
        (PORT_READY, 0, 1) => vec![encode(PORT_OPEN, 1)],
        _ => Vec::new(),
    }
}

/// A control message about port 0.
fn encode(event: u16, value: u16) -> Vec<u8> {
    let mut message = vec![0; 4];
    message.extend(event.to_le_bytes());
    message.extend(value.to_le_bytes());
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_port_is_announced_and_then_opened() {
        let ready = [0, 0, 0, 0, 0, 0, 1, 0];
        assert_eq!(control(&ready), [[0, 0, 0, 0, 1, 0, 1, 0]]);
        let port_ready = [0, 0, 0, 0, 3, 0, 1, 0];
        assert_eq!(control(&port_ready), [[0, 0, 0, 0, 6, 0, 1, 0]]);
    }

    #[test]
    fn a_driver_that_failed_gets_no_port() {
        assert!(control(&[0, 0, 0, 0, 0, 0, 0, 0]).is_empty());
    }

    proptest! {
        #[test]
        fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..20)) {
            prop_assert!(control(&bytes).len() <= 1);
        }
    }
}
