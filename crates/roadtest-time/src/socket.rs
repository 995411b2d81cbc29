// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The guest's time socket: whole messages in and out; a guest that sends or
//! takes only a part is an error after a timeout.

use std::io::{self, IoSlice, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags};

use crate::error::Error;
use crate::message::{LEN, Message};

/// How long the guest may take to end a message that it has begun, or to make
/// room for an answer. It writes a message in one piece and reads the answer
/// before it does anything else, so one that is alive needs no time at all.
pub const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Socket(UnixStream);

impl Socket {
    pub(crate) fn new(socket: UnixStream) -> Result<Self, Error> {
        socket.set_write_timeout(Some(PATIENCE))?;
        Ok(Self(socket))
    }

    /// Receives a message.
    pub(crate) fn receive(&mut self) -> Result<Message, Error> {
        let mut bytes = [0; LEN];
        let mut done = 0;
        let mut end = None;
        while done < LEN {
            // Why not the socket's own timeout: it would have to be set again
            // for each message, and hardly any message needs one.
            match rustix::net::recv(&self.0, &mut bytes[done..], RecvFlags::DONTWAIT) {
                Ok((_, 0)) => return Err(Error::Closed),
                Ok((_, len)) => done += len,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    let end = *end.get_or_insert_with(|| Instant::now() + PATIENCE);
                    if !self.is_readable(end)? {
                        return Err(Error::Half { bytes: done });
                    }
                }
                Err(error) => return Err(disconnected(error.into())),
            }
        }
        Ok(Message::from_bytes(bytes))
    }

    fn is_readable(&self, end: Instant) -> Result<bool, Error> {
        let rest = end.saturating_duration_since(Instant::now());
        let rest = Timespec::try_from(rest).map_err(io::Error::other)?;
        let mut fds = [PollFd::new(&self.0, PollFlags::IN)];
        let ready = rustix::io::retry_on_intr(|| rustix::event::poll(&mut fds, Some(&rest)));
        Ok(ready.map_err(io::Error::from)? > 0)
    }

    /// Sends a message.
    pub(crate) fn send(&mut self, message: Message) -> Result<(), Error> {
        self.0.write_all(&message.to_bytes()).map_err(disconnected)
    }

    /// Sends a message with file descriptors.
    pub(crate) fn send_with(
        &mut self,
        message: Message,
        descriptors: &[BorrowedFd<'_>],
    ) -> Result<(), Error> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        control.push(SendAncillaryMessage::ScmRights(descriptors));
        let bytes = message.to_bytes();
        let len = rustix::io::retry_on_intr(|| {
            rustix::net::sendmsg(
                &self.0,
                &[IoSlice::new(&bytes)],
                &mut control,
                SendFlags::NOSIGNAL,
            )
        })
        .map_err(|error| disconnected(error.into()))?;
        if len < LEN {
            return Err(Error::Io(io::ErrorKind::WriteZero.into()));
        }
        Ok(())
    }
}

fn disconnected(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::ConnectionReset => Error::Closed,
        _ => Error::Io(error),
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
