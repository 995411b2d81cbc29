// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! vhost-user messages as bytes on a socket, and the file descriptors that
//! travel with them. Only what the bridge must look into is interpreted.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags,
};

/// The front end's requests that the bridge knows (vhost-user specification,
/// "Front-end message types").
pub mod request {
    /// `VHOST_USER_GET_FEATURES`
    pub const GET_FEATURES: u32 = 1;
    /// `VHOST_USER_SET_FEATURES`
    pub const SET_FEATURES: u32 = 2;
    /// `VHOST_USER_SET_OWNER`
    pub const SET_OWNER: u32 = 3;
    /// `VHOST_USER_RESET_OWNER`
    pub const RESET_OWNER: u32 = 4;
    /// `VHOST_USER_SET_MEM_TABLE`
    pub const SET_MEM_TABLE: u32 = 5;
    /// `VHOST_USER_SET_VRING_NUM`
    pub const SET_VRING_NUM: u32 = 8;
    /// `VHOST_USER_SET_VRING_ADDR`
    pub const SET_VRING_ADDR: u32 = 9;
    /// `VHOST_USER_SET_VRING_BASE`
    pub const SET_VRING_BASE: u32 = 10;
    /// `VHOST_USER_GET_VRING_BASE`
    pub const GET_VRING_BASE: u32 = 11;
    /// `VHOST_USER_SET_VRING_KICK`
    pub const SET_VRING_KICK: u32 = 12;
    /// `VHOST_USER_SET_VRING_CALL`
    pub const SET_VRING_CALL: u32 = 13;
    /// `VHOST_USER_GET_PROTOCOL_FEATURES`
    pub const GET_PROTOCOL_FEATURES: u32 = 15;
    /// `VHOST_USER_SET_PROTOCOL_FEATURES`
    pub const SET_PROTOCOL_FEATURES: u32 = 16;
    /// `VHOST_USER_GET_QUEUE_NUM`
    pub const GET_QUEUE_NUM: u32 = 17;
    /// `VHOST_USER_SET_VRING_ENABLE`
    pub const SET_VRING_ENABLE: u32 = 18;
    /// `VHOST_USER_SET_BACKEND_REQ_FD`
    pub const SET_BACKEND_REQ_FD: u32 = 21;
    /// `VHOST_USER_GET_CONFIG`
    pub const GET_CONFIG: u32 = 24;
    /// `VHOST_USER_SET_CONFIG`
    pub const SET_CONFIG: u32 = 25;
    /// `VHOST_USER_VRING_KICK`
    pub const VRING_KICK: u32 = 35;
}

/// The back end's request `VHOST_USER_BACKEND_VRING_CALL`.
pub const BACKEND_VRING_CALL: u32 = 4;
/// Version 1 of the protocol.
const VERSION: u32 = 1;
/// The message is a reply.
const REPLY: u32 = 1 << 2;
/// The sender wants a reply.
const NEED_REPLY: u32 = 1 << 3;
/// No payload that UML sends is longer; a longer one ends the connection.
const PAYLOAD_LEN_MAX: usize = 4096;
/// No message that UML sends carries more file descriptors.
const DESCRIPTORS_MAX: usize = 8;

/// One message.
#[derive(Debug)]
pub struct Message {
    /// The request number.
    pub request: u32,
    flags: u32,
    /// What follows the header.
    pub payload: Vec<u8>,
    /// The file descriptors that came with it.
    pub descriptors: Vec<OwnedFd>,
}

impl Message {
    /// A request.
    pub fn new(request: u32, payload: Vec<u8>) -> Self {
        Self {
            request,
            flags: VERSION,
            payload,
            descriptors: Vec::new(),
        }
    }

    /// A request that is to be answered.
    #[must_use]
    pub fn needing_reply(mut self) -> Self {
        self.flags |= NEED_REPLY;
        self
    }

    /// The reply to this request, with a number as its payload.
    #[must_use]
    pub fn reply(&self, value: u64) -> Self {
        Self {
            request: self.request,
            flags: VERSION | REPLY,
            payload: value.to_ne_bytes().to_vec(),
            descriptors: Vec::new(),
        }
    }

    /// Whether the sender waits for an acknowledgement.
    pub fn needs_reply(&self) -> bool {
        self.flags & NEED_REPLY != 0
    }

    /// Whether the sender waits for this message's own kind of reply.
    pub fn is_get(&self) -> bool {
        matches!(
            self.request,
            request::GET_FEATURES
                | request::GET_PROTOCOL_FEATURES
                | request::GET_QUEUE_NUM
                | request::GET_VRING_BASE
                | request::GET_CONFIG
        )
    }

    /// The payload's first 32-bit number.
    pub fn index(&self) -> Option<u32> {
        self.payload.first_chunk().map(|&b| u32::from_ne_bytes(b))
    }

    /// The payload's second 32-bit number.
    pub fn second_index(&self) -> Option<u32> {
        let second = self.payload.get(4..)?;
        second.first_chunk().map(|&b| u32::from_ne_bytes(b))
    }

    /// The payload's first 64-bit number.
    pub fn value(&self) -> Option<u64> {
        self.payload.first_chunk().map(|&b| u64::from_ne_bytes(b))
    }

    /// Receives a message. It is sent in one piece, so what is there of it is
    /// there at once: a peer that leaves a part of it to be sent, or takes
    /// away what it sent, is waited for no longer than `patience`.
    ///
    /// # Errors
    /// `UnexpectedEof` where the peer closed; `TimedOut` where the message
    /// does not end; `InvalidData` where it is longer than anything the
    /// protocol has.
    pub fn receive(socket: &UnixStream, patience: Duration) -> io::Result<Self> {
        let mut incoming = Incoming {
            socket,
            end: Instant::now() + patience,
            patience,
            descriptors: Vec::new(),
        };
        let mut header = [0; 12];
        incoming.fill(&mut header)?;
        let [a, b, c, d, e, f, g, h, i, j, k, l] = header;
        let size = u32::from_ne_bytes([i, j, k, l]) as usize;
        if size > PAYLOAD_LEN_MAX {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("a vhost-user message announces {size} bytes of payload"),
            ));
        }
        let mut payload = vec![0; size];
        incoming.fill(&mut payload)?;
        Ok(Self {
            request: u32::from_ne_bytes([a, b, c, d]),
            flags: u32::from_ne_bytes([e, f, g, h]),
            payload,
            descriptors: incoming.descriptors,
        })
    }

    /// Sends the message.
    ///
    /// # Errors
    /// Where the peer is gone, or takes nothing within the socket's timeout.
    pub fn send(&self, socket: &UnixStream) -> io::Result<()> {
        let size = u32::try_from(self.payload.len()).map_err(io::Error::other)?;
        let mut bytes = Vec::with_capacity(12 + self.payload.len());
        bytes.extend(self.request.to_ne_bytes());
        bytes.extend(self.flags.to_ne_bytes());
        bytes.extend(size.to_ne_bytes());
        bytes.extend(&self.payload);
        let descriptors: Vec<_> = self.descriptors.iter().map(AsFd::as_fd).collect();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !descriptors.is_empty() {
            control.push(SendAncillaryMessage::ScmRights(&descriptors));
        }
        let len = rustix::io::retry_on_intr(|| {
            rustix::net::sendmsg(
                socket,
                &[IoSlice::new(&bytes)],
                &mut control,
                SendFlags::NOSIGNAL,
            )
        })?;
        if len < bytes.len() {
            return Err(io::ErrorKind::WriteZero.into());
        }
        Ok(())
    }
}

/// A message that has begun to arrive.
struct Incoming<'a> {
    socket: &'a UnixStream,
    end: Instant,
    patience: Duration,
    descriptors: Vec<OwnedFd>,
}

impl Incoming<'_> {
    /// Receives as many bytes as `bytes` has room for.
    fn fill(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        let mut done = 0;
        while done < bytes.len() {
            match self.some(&mut bytes[done..]) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(len) => done += len,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.wait(done, bytes.len())?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Receives what is there.
    fn some(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let received = rustix::io::retry_on_intr(|| {
            rustix::net::recvmsg(
                self.socket,
                &mut [IoSliceMut::new(bytes)],
                &mut control,
                RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT,
            )
        })?;
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                self.descriptors.extend(descriptors);
                self.descriptors.truncate(DESCRIPTORS_MAX);
            }
        }
        Ok(received.bytes)
    }

    fn wait(&self, done: usize, wanted: usize) -> io::Result<()> {
        let rest = self.end.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(rest).map_err(io::Error::other)?;
        let mut fds = [PollFd::new(self.socket, PollFlags::IN)];
        let ready = rustix::io::retry_on_intr(|| rustix::event::poll(&mut fds, Some(&timeout)))?;
        if ready > 0 {
            return Ok(());
        }
        Err(io::Error::new(
            io::ErrorKind::TimedOut,
            format!(
                "{done} of {wanted} bytes of a message came, and no more within {:?}",
                self.patience
            ),
        ))
    }
}
