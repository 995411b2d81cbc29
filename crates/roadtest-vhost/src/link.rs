// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The bridge between UML's `virtio_uml` driver and the daemon. It never
//! blocks on the guest: the caller polls [`Link::fd`] and calls
//! [`Link::serve`], and a guest that begins a message without ending it, or
//! takes no replies, is an error after [`PATIENCE`].
//!
//! What differs between the two dialects (`arch/um/drivers/virtio_uml.c`):
//!
//! - UML sends `SET_MEM_TABLE` with room for two regions whatever their
//!   number; the daemon wants the exact length.
//! - UML needs in-band notifications under time travel, which the daemon does
//!   not know: kicks and calls become messages here, and never reach it.
//! - UML's request channel (`SET_BACKEND_REQ_FD`) carries our calls and must
//!   stay open as long as the device exists.
//! - UML has no message for a reset of the device. A driver that is unbound
//!   from its device disables the queues one by one, and a driver that takes
//!   it again sends memory table and queues anew.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

use vhost::vhost_user::Listener;

use crate::backend::{self, Daemon, DeviceSpec};
use crate::chain::Chain;
use crate::error::{Error, RingError};
use crate::memory::Table;
use crate::message::{BACKEND_VRING_CALL, Message, request};
use crate::ring::{Popped, Rings};

/// `VHOST_USER_PROTOCOL_F_BACKEND_REQ` and
/// `VHOST_USER_PROTOCOL_F_INBAND_NOTIFICATIONS`.
const BRIDGED_FEATURES: u64 = (1 << 5) | (1 << 14);
/// `VHOST_USER_PROTOCOL_F_REPLY_ACK`.
const REPLY_ACK: u64 = 1 << 3;
/// How long the guest may take to end a message that it has begun, or to make
/// room for a reply. UML sends each message in one piece and reads the reply
/// before it does anything else, so one that is alive needs no time at all.
pub const PATIENCE: Duration = Duration::from_secs(1);
/// How long the daemon may take to answer. It is a thread of this process that
/// has nothing else to do.
const DAEMON_PATIENCE: Duration = Duration::from_secs(10);

/// What [`Link::serve`] has to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A message was dealt with.
    Served,
    /// The guest kicked this queue. It stands still until
    /// [`Link::acknowledge`].
    Kicked {
        /// The queue's index.
        queue: usize,
    },
    /// The guest stopped this queue, and will use its memory for something
    /// else. Chains that were taken from it are void: to give them back does
    /// nothing. The guest stands still until [`Link::acknowledge`].
    Stopped {
        /// The queue's index.
        queue: usize,
    },
    /// The guest stopped the last queue that ran: it has reset the device, or
    /// its driver has been unbound from it. What [`Stopped`](Self::Stopped)
    /// says goes for all queues, and the device is to be as it was at the
    /// start. The guest stands still until [`Link::acknowledge`].
    Reset,
}

/// One device's connection.
pub struct Link {
    spec: DeviceSpec,
    listener: UnixListener,
    guest: Option<UnixStream>,
    /// The connection to the daemon.
    inner: UnixStream,
    daemon: Daemon,
    rings: Rings,
    /// Our requests to the guest.
    calls: Option<UnixStream>,
    /// What the guest stands still for.
    reply: Option<Message>,
    /// Whether the daemon acknowledges what asks for it, as it sees that.
    asked_features: bool,
    acks: bool,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("spec", &self.spec).finish()
    }
}

impl Drop for Link {
    /// Ends the daemon's thread, so that nothing of it outlives the link.
    fn drop(&mut self) {
        self.daemon.request_shutdown();
        // How it ended is of no account any more.
        let _ = self.daemon.wait();
    }
}

impl Link {
    /// Starts to serve a device on the socket `directory/<name>.sock`.
    ///
    /// # Errors
    /// Where the socket cannot be made or the daemon does not start.
    pub fn new(directory: &Path, spec: DeviceSpec) -> Result<Self, Error> {
        let device = spec.name.clone();
        let error = |what: &dyn std::fmt::Display| Error::Daemon {
            device: device.clone(),
            what: what.to_string(),
        };
        let (mut daemon, queues) =
            backend::daemon(&spec, DAEMON_PATIENCE).map_err(|e| error(&e))?;
        let path = directory.join(format!("{device}.daemon"));
        let mut inner_listener = Listener::new(&path, true).map_err(|e| error(&e))?;
        // The connection waits in the listener's queue until it is accepted.
        let inner = UnixStream::connect(&path).map_err(|e| error(&e))?;
        inner
            .set_write_timeout(Some(DAEMON_PATIENCE))
            .map_err(|e| error(&e))?;
        daemon.start(&mut inner_listener).map_err(|e| error(&e))?;
        let listener = UnixListener::bind(directory.join(format!("{device}.sock")));
        let listener = listener.map_err(|e| error(&e))?;
        Ok(Self {
            rings: Rings::new(queues, spec.readable_len_max),
            spec,
            listener,
            guest: None,
            inner,
            daemon,
            calls: None,
            reply: None,
            asked_features: false,
            acks: false,
        })
    }

    /// The device's name.
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// What to poll for readability.
    pub fn fd(&self) -> BorrowedFd<'_> {
        match &self.guest {
            Some(guest) => guest.as_fd(),
            None => self.listener.as_fd(),
        }
    }

    /// Where the guest answers our calls.
    pub fn call_fd(&self) -> Option<BorrowedFd<'_>> {
        self.calls.as_ref().map(AsFd::as_fd)
    }

    /// Accepts the guest's connection, or deals with one message.
    ///
    /// # Errors
    /// The connection has ended, and the device is of no use any more.
    pub fn serve(&mut self) -> Result<Progress, Error> {
        self.acknowledge()?;
        let Some(guest) = &self.guest else {
            let (guest, _) = self.listener.accept().map_err(|e| self.io(e))?;
            guest
                .set_write_timeout(Some(PATIENCE))
                .map_err(|e| self.io(e))?;
            self.guest = Some(guest);
            return Ok(Progress::Served);
        };
        let mut message = Message::receive(guest, PATIENCE).map_err(|e| self.io(e))?;
        match message.request {
            request::VRING_KICK => return self.kicked(&message),
            request::SET_BACKEND_REQ_FD => return self.set_backend_req_fd(message),
            request::SET_MEM_TABLE => self.take_memory(&mut message)?,
            request::SET_PROTOCOL_FEATURES => {
                let features = message.value().ok_or_else(|| self.short(&message))?;
                let features = features & !BRIDGED_FEATURES;
                message.payload = features.to_ne_bytes().to_vec();
                self.acks = features & REPLY_ACK != 0;
            }
            request::GET_FEATURES => self.asked_features = true,
            request::SET_FEATURES
            | request::SET_OWNER
            | request::SET_VRING_NUM..=request::GET_VRING_BASE
            | request::GET_PROTOCOL_FEATURES
            | request::GET_QUEUE_NUM
            | request::SET_VRING_ENABLE
            | request::GET_CONFIG
            | request::SET_CONFIG => {}
            other => {
                return Err(self.invalid(format!("request {other} is not one that UML sends")));
            }
        }
        let mut reply = self.ask_daemon(&message)?;
        if let Some(reply) = &mut reply
            && message.request == request::GET_PROTOCOL_FEATURES
        {
            let features = reply.value().unwrap_or(0) | BRIDGED_FEATURES;
            reply.payload = features.to_ne_bytes().to_vec();
        }
        self.reply = reply;
        let progress = self.follow(&message)?;
        if progress == Progress::Served {
            self.acknowledge()?;
        }
        Ok(progress)
    }

    /// The next chain that the guest put into a queue, and what is wrong with
    /// it, if anything. The chain must be completed by [`push`](Self::push) in
    /// either case. A queue that does not run has none.
    ///
    /// # Errors
    /// Where the queue itself cannot be used.
    pub fn pop(&self, queue: usize) -> Result<Option<Popped>, RingError> {
        self.rings.pop(queue)
    }

    /// Completes a chain, with `data` in its writable buffers from byte
    /// `offset` of them on; what is before is left as it is. Where the queue
    /// was stopped after the chain was taken, nothing is written.
    ///
    /// # Errors
    /// Where the guest's buffers are too small, or not there any more: what
    /// fits was written, and the chain was completed.
    pub fn push(
        &self,
        queue: usize,
        chain: &Chain,
        offset: usize,
        data: &[u8],
    ) -> Result<(), RingError> {
        self.rings.push(queue, chain, offset, data)
    }

    /// Reads the guest's memory beside the buffers that it has lent.
    ///
    /// # Errors
    /// Where the guest does not share that, or it is not there any more.
    pub fn peek(&self, address: u64, bytes: &mut [u8]) -> Result<(), RingError> {
        self.rings.peek(address, bytes)
    }

    /// Whether the guest wants to be interrupted for what was pushed.
    ///
    /// # Errors
    /// Where the queue itself cannot be used.
    pub fn wants_call(&self, queue: usize) -> Result<bool, RingError> {
        self.rings.wants_call(queue)
    }

    /// Interrupts the guest for a queue. It answers on
    /// [`call_fd`](Self::call_fd), to be taken by
    /// [`finish_call`](Self::finish_call); before that it may ask the time
    /// controller, so that must be served meanwhile.
    ///
    /// # Errors
    /// Where the guest is gone.
    pub fn call(&self, queue: usize) -> Result<(), Error> {
        let calls = self
            .calls
            .as_ref()
            .ok_or_else(|| self.invalid("it never opened its request channel".into()))?;
        let mut payload = vec![0; 8];
        let index = u32::try_from(queue).unwrap_or(u32::MAX);
        payload[..4].copy_from_slice(&index.to_ne_bytes());
        Message::new(BACKEND_VRING_CALL, payload)
            .needing_reply()
            .send(calls)
            .map_err(|e| self.io(e))
    }

    /// Takes the guest's answer to a [`call`](Self::call).
    ///
    /// # Errors
    /// Where the guest is gone.
    pub fn finish_call(&self) -> Result<(), Error> {
        match &self.calls {
            Some(calls) => Message::receive(calls, PATIENCE)
                .map(drop)
                .map_err(|e| self.io(e)),
            None => Ok(()),
        }
    }

    /// Lets the guest go on after a [`Progress`] for which it stands still.
    ///
    /// # Errors
    /// Where the guest is gone.
    pub fn acknowledge(&mut self) -> Result<(), Error> {
        match (self.reply.take(), &self.guest) {
            (Some(reply), Some(guest)) => reply.send(guest).map_err(|e| self.io(e)),
            _ => Ok(()),
        }
    }

    fn kicked(&mut self, message: &Message) -> Result<Progress, Error> {
        let index = message.index().ok_or_else(|| self.short(message))?;
        let queue = index as usize;
        if !self.rings.runs(queue) {
            return Err(self.invalid(format!("a kick for queue {index}, which is not enabled")));
        }
        self.reply = message.needs_reply().then(|| message.reply(0));
        Ok(Progress::Kicked { queue })
    }

    /// What the daemon has accepted of a message goes for the rings as well.
    fn follow(&mut self, message: &Message) -> Result<Progress, Error> {
        let enables = match message.request {
            request::SET_VRING_ENABLE => message.second_index() == Some(1),
            request::GET_VRING_BASE => false,
            _ => return Ok(Progress::Served),
        };
        let index = message.index().ok_or_else(|| self.short(message))?;
        let queue = index as usize;
        if enables {
            self.rings.start(queue);
            Ok(Progress::Served)
        } else if !self.rings.stop(queue) {
            Ok(Progress::Served)
        } else if self.rings.any_runs() {
            Ok(Progress::Stopped { queue })
        } else {
            Ok(Progress::Reset)
        }
    }

    fn set_backend_req_fd(&mut self, mut message: Message) -> Result<Progress, Error> {
        let descriptor = message
            .descriptors
            .pop()
            .ok_or_else(|| self.invalid("a request channel without a file descriptor".into()))?;
        let calls = UnixStream::from(descriptor);
        calls
            .set_write_timeout(Some(PATIENCE))
            .map_err(|e| self.invalid(format!("a request channel that is no socket: {e}")))?;
        self.calls = Some(calls);
        self.reply = message.needs_reply().then(|| message.reply(0));
        self.acknowledge()?;
        Ok(Progress::Served)
    }

    /// Takes the guest's memory and leaves the daemon another.
    fn take_memory(&mut self, message: &mut Message) -> Result<(), Error> {
        let files = std::mem::take(&mut message.descriptors);
        let table = Table::parse(&message.payload, files).map_err(|what| self.invalid(what))?;
        let (payload, descriptors) = table.stand_in().map_err(|e| self.io(e))?;
        message.payload = payload;
        message.descriptors = descriptors;
        self.rings.set_memory(table.memory);
        Ok(())
    }

    /// Sends the daemon a message of the guest, and waits for its reply if it
    /// gives one.
    fn ask_daemon(&self, message: &Message) -> Result<Option<Message>, Error> {
        let refused = |error: io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionReset => self.invalid(format!(
                "request {} does not fit what went before, or has impossible values",
                message.request
            )),
            _ => Error::Daemon {
                device: self.spec.name.clone(),
                what: error.to_string(),
            },
        };
        message.send(&self.inner).map_err(refused)?;
        let acks = message.needs_reply() && self.asked_features && self.acks;
        if !acks && !message.is_get() {
            return Ok(None);
        }
        Message::receive(&self.inner, DAEMON_PATIENCE)
            .map(Some)
            .map_err(refused)
    }

    fn io(&self, source: io::Error) -> Error {
        let device = self.spec.name.clone();
        match source.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionReset => Error::Closed { device },
            _ => Error::Io { device, source },
        }
    }

    fn invalid(&self, what: String) -> Error {
        Error::Invalid {
            device: self.spec.name.clone(),
            what,
        }
    }

    fn short(&self, message: &Message) -> Error {
        self.invalid(format!(
            "request {} with {} bytes of payload",
            message.request,
            message.payload.len()
        ))
    }
}
