// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What ends a device's connection, and what a guest does wrong within a ring,
//! which does not.

use std::io;

/// What ends a device's connection.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The guest closed the connection.
    #[error("the guest closed the connection of device {device}")]
    Closed {
        /// The device's name.
        device: String,
    },
    /// A socket failed, or a message broke the protocol's framing.
    #[error("the vhost-user connection of device {device} failed")]
    Io {
        /// The device's name.
        device: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The guest sent something that makes no sense here.
    #[error("the guest sent device {device} a vhost-user message that is not valid: {what}")]
    Invalid {
        /// The device's name.
        device: String,
        /// What is wrong with it.
        what: String,
    },
    /// The daemon could not be started, or does not answer.
    #[error("the vhost-user daemon of device {device} failed: {what}")]
    Daemon {
        /// The device's name.
        device: String,
        /// What it said.
        what: String,
    },
}

/// What a guest did wrong with a ring.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    /// A buffer lies outside the memory that the guest shares.
    #[error("{len} bytes at {address:#x} are outside the guest's shared memory")]
    OutsideMemory {
        /// The guest's address.
        address: u64,
        /// The buffer's length.
        len: u32,
    },
    /// Memory that the guest shares is not there: it has cut the file off.
    #[error("the guest's shared memory at {address:#x} cannot be accessed")]
    Inaccessible {
        /// The guest's address.
        address: u64,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A chain has more readable bytes than any request of the device.
    #[error("a chain has {len} readable bytes, a request of this device at most {max}")]
    TooLong {
        /// What the guest offers.
        len: usize,
        /// What the device accepts.
        max: usize,
    },
    /// A chain has 2³² bytes or more (virtio 1.2, 2.7.5.2).
    #[error("a chain has more than 2^32 bytes")]
    Huge,
    /// A readable buffer follows a writable one (virtio 1.2, 2.7.4.2).
    #[error("a readable buffer follows a writable one")]
    Disordered,
    /// A descriptor that does not exist.
    #[error("descriptor {index} is outside its table of {table}")]
    BadIndex {
        /// The guest's index.
        index: u16,
        /// How many there are.
        table: u16,
    },
    /// A chain has a loop, or more descriptors than its queue.
    #[error("a chain has more descriptors than its queue, {size}")]
    Endless {
        /// How many the queue has.
        size: u16,
    },
    /// An indirect table of an impossible length.
    #[error("an indirect descriptor table has an invalid length of {len} bytes")]
    BadTable {
        /// Its length in bytes.
        len: u32,
    },
    /// An indirect table within an indirect table (virtio 1.2, 2.7.5.3.1).
    #[error("an indirect descriptor table refers to another")]
    NestedTable,
    /// More available chains than the queue can hold.
    #[error("queue {queue} of {size} claims {pending} available chains")]
    TooMany {
        /// The queue's index.
        queue: usize,
        /// How many the guest says there are.
        pending: u16,
        /// How many there can be.
        size: u16,
    },
    /// A queue that the device does not have.
    #[error("there is no queue {queue}")]
    NoQueue {
        /// The queue's index.
        queue: usize,
    },
    /// A queue whose rings are not where the guest says.
    #[error("queue {queue} cannot be used")]
    Queue {
        /// The queue's index.
        queue: usize,
        /// What is wrong with its rings.
        #[source]
        source: Box<RingError>,
    },
    /// The answer does not fit into the buffers that the guest gave.
    #[error("the answer has {len} bytes, the guest's buffers have {room}")]
    NoRoom {
        /// The answer's length, with what precedes it.
        len: usize,
        /// What the guest's buffers hold.
        room: usize,
    },
}
