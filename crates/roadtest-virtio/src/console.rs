// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! virtio-console with `VIRTIO_CONSOLE_F_MULTIPORT` (virtio 1.2, "Console
//! Device"). Port 0 is always there, and guests make a port that is no console
//! a plain character device. Port 1 is there on request, as a console port,
//! which guests make a terminal. What crosses the ports needs no decoding; the
//! control messages that open them do.

use crate::F_VERSION_1;

/// The device id.
pub const DEVICE_ID: u32 = 3;
/// The port with the terminal.
pub const TERMINAL_PORT: u32 = 1;
/// The queue with buffers for what the guest reads from port 0.
pub const QUEUE_RECEIVE: usize = 0;
/// The queue with buffers that the guest wrote to port 0.
pub const QUEUE_TRANSMIT: usize = 1;
/// The queue with buffers for control messages to the guest.
pub const QUEUE_CONTROL_RECEIVE: usize = 2;
/// The queue with control messages of the guest.
pub const QUEUE_CONTROL_TRANSMIT: usize = 3;
/// The queue with buffers for what the guest reads from port 1.
pub const QUEUE_TERMINAL_RECEIVE: usize = 4;
/// The queue with buffers that the guest wrote to port 1.
pub const QUEUE_TERMINAL_TRANSMIT: usize = 5;
/// The most bytes that one buffer of a transmit queue may have: Linux sends
/// 32 KiB at once.
pub const READABLE_LEN_MAX: usize = 64 << 10;
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
/// `VIRTIO_CONSOLE_CONSOLE_PORT`: the port is a console.
const CONSOLE_PORT: u16 = 4;
/// `VIRTIO_CONSOLE_PORT_OPEN`: the other side has opened or closed the port.
const PORT_OPEN: u16 = 6;

/// What the device has besides port 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ports {
    /// Nothing.
    #[default]
    One,
    /// Port 1, a terminal.
    WithTerminal,
}

impl Ports {
    const fn count(self) -> u8 {
        match self {
            Self::One => 1,
            Self::WithTerminal => 2,
        }
    }

    /// The number of queues: two of each port, and two for control messages.
    pub const fn queues(self) -> usize {
        2 * (self.count() as usize + 1)
    }

    /// The configuration space: no size in characters, and so many ports.
    pub const fn config(self) -> [u8; 8] {
        [0, 0, 0, 0, self.count(), 0, 0, 0]
    }

    /// The control messages that answer one of the guest: the ports are
    /// announced when the driver is ready, and opened when the guest is ready
    /// for them. Anything else, valid or not, needs no answer.
    pub fn control(self, message: &[u8]) -> Vec<Vec<u8>> {
        let &[a, b, c, d, event_low, event_high, value_low, value_high] = message else {
            return Vec::new();
        };
        let port = u32::from_le_bytes([a, b, c, d]);
        let event = u16::from_le_bytes([event_low, event_high]);
        let value = u16::from_le_bytes([value_low, value_high]);
        match (event, port, value) {
            (DEVICE_READY, _, 1) => (0..u32::from(self.count()))
                .map(|port| encode(port, PORT_ADD, 1))
                .collect(),
            (PORT_READY, 0, 1) => vec![encode(0, PORT_OPEN, 1)],
            (PORT_READY, TERMINAL_PORT, 1) if self == Self::WithTerminal => vec![
                encode(TERMINAL_PORT, CONSOLE_PORT, 1),
                encode(TERMINAL_PORT, PORT_OPEN, 1),
            ],
            _ => Vec::new(),
        }
    }
}

/// A control message about a port.
fn encode(port: u32, event: u16, value: u16) -> Vec<u8> {
    let mut message = port.to_le_bytes().to_vec();
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
        assert_eq!(Ports::One.control(&ready), [[0, 0, 0, 0, 1, 0, 1, 0]]);
        let port_ready = [0, 0, 0, 0, 3, 0, 1, 0];
        assert_eq!(Ports::One.control(&port_ready), [[0, 0, 0, 0, 6, 0, 1, 0]]);
    }

    #[test]
    fn a_driver_that_failed_gets_no_port() {
        assert!(Ports::One.control(&[0, 0, 0, 0, 0, 0, 0, 0]).is_empty());
    }

    #[test]
    fn the_terminal_is_a_console_port_where_there_is_one() {
        let ready = [1, 0, 0, 0, 3, 0, 1, 0];
        assert!(Ports::One.control(&ready).is_empty());
        assert_eq!(
            Ports::WithTerminal.control(&ready),
            [[1, 0, 0, 0, 4, 0, 1, 0], [1, 0, 0, 0, 6, 0, 1, 0]]
        );
        assert_eq!(Ports::One.queues(), 4);
        assert_eq!(Ports::WithTerminal.queues(), 6);
    }

    proptest! {
        #[test]
        fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..20)) {
            prop_assert!(Ports::One.control(&bytes).len() <= 1);
            prop_assert!(Ports::WithTerminal.control(&bytes).len() <= 2);
        }
    }
}
