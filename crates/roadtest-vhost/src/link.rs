// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The bridge between UML's `virtio_uml` driver and the daemon. It never
//! blocks on the guest except for the rest of a message that has begun; the
//! caller polls [`Link::fd`] and calls [`Link::serve`].
//!
//! What differs between the two dialects (`arch/um/drivers/virtio_uml.c`):
//!
//! - UML sends `SET_MEM_TABLE` with room for two regions whatever their
//!   number; the daemon wants the exact length.
//! - UML needs in-band notifications under time travel, which the daemon does
//!   not know: kicks and calls become messages here, and never reach it.
//! - UML's request channel (`SET_BACKEND_REQ_FD`) carries our calls and must
//!   stay open as long as the device exists.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use rustix::event::{EventfdFlags, eventfd};
use vhost::vhost_user::Listener;
use vhost_user_backend::VhostUserDaemon;
use vm_memory::{GuestMemoryAtomic, GuestMemoryMmap};

use crate::backend::{Backend, DeviceSpec, Handover, Rings};
use crate::message::{BACKEND_VRING_CALL, Message, request};
use crate::ring::{Chain, Popped, RingError};

/// `VHOST_USER_PROTOCOL_F_BACKEND_REQ` and
/// `VHOST_USER_PROTOCOL_F_INBAND_NOTIFICATIONS`.
const BRIDGED_FEATURES: u64 = (1 << 5) | (1 << 14);
/// One `VhostUserMemoryRegion`, and what precedes the first.
const REGION_LEN: usize = 32;
const REGIONS_START: usize = 8;
/// How long the daemon may take to hand its rings over. It is a thread of
/// this process that has nothing else to do.
const HANDOVER_WAIT: Duration = Duration::from_secs(10);

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

/// What [`Link::serve`] has to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A message was dealt with.
    Served,
    /// The guest kicked this queue. It stands still until
    /// [`Link::acknowledge_kick`].
    Kicked {
        /// The queue's index.
        queue: usize,
    },
}

/// One device's connection.
pub struct Link {
    spec: DeviceSpec,
    listener: UnixListener,
    guest: Option<UnixStream>,
    daemon: UnixStream,
    /// Keeps the daemon's threads; ends them when dropped.
    _daemon: VhostUserDaemon<Arc<RwLock<Backend>>>,
    handover: Arc<Handover>,
    rings: Option<Rings>,
    /// Our requests to the guest.
    calls: Option<UnixStream>,
    kicks: Vec<Option<OwnedFd>>,
    kick: Option<Message>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("spec", &self.spec).finish()
    }
}

impl Link {
    /// Starts to serve a device on the socket `folder/<name>.sock`.
    ///
    /// # Errors
    /// Where the socket cannot be made or the daemon does not start.
    pub fn new(folder: &Path, spec: DeviceSpec) -> Result<Self, Error> {
        let device = spec.name.clone();
        let daemon_error = |what: &dyn std::fmt::Display| Error::Daemon {
            device: device.clone(),
            what: what.to_string(),
        };
        let handover = Arc::new(Handover::default());
        let backend = Backend::new(spec.clone(), handover.clone()).map_err(|e| daemon_error(&e))?;
        let mut daemon = VhostUserDaemon::new(
            spec.name.clone(),
            Arc::new(RwLock::new(backend)),
            GuestMemoryAtomic::new(GuestMemoryMmap::new()),
        )
        .map_err(|e| daemon_error(&e))?;
        let inner = folder.join(format!("{device}.daemon"));
        let mut inner_listener = Listener::new(&inner, true).map_err(|e| daemon_error(&e))?;
        // The connection waits in the listener's queue until it is accepted.
        let to_daemon = UnixStream::connect(&inner).map_err(|e| daemon_error(&e))?;
        to_daemon
            .set_read_timeout(Some(HANDOVER_WAIT))
            .map_err(|e| daemon_error(&e))?;
        daemon
            .start(&mut inner_listener)
            .map_err(|e| daemon_error(&e))?;
        let listener = UnixListener::bind(folder.join(format!("{device}.sock")))
            .map_err(|e| daemon_error(&e))?;
        Ok(Self {
            kicks: (0..spec.queues).map(|_| None).collect(),
            spec,
            listener,
            guest: None,
            daemon: to_daemon,
            _daemon: daemon,
            handover,
            rings: None,
            calls: None,
            kick: None,
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
        let Some(guest) = &self.guest else {
            let (guest, _) = self.listener.accept().map_err(|e| self.io(e))?;
            self.guest = Some(guest);
            return Ok(Progress::Served);
        };
        let mut message = Message::receive(guest).map_err(|e| self.io(e))?;
        match message.request {
            request::VRING_KICK => return self.kicked(message),
            request::SET_BACKEND_REQ_FD => return self.set_backend_req_fd(message),
            request::SET_MEM_TABLE => self.trim_mem_table(&mut message)?,
            request::SET_PROTOCOL_FEATURES => {
                let features = message.value().ok_or_else(|| self.short(&message))?;
                message.payload = (features & !BRIDGED_FEATURES).to_ne_bytes().to_vec();
            }
            request::SET_VRING_ENABLE => self.set_up_kick(&message)?,
            request::GET_FEATURES..=request::SET_OWNER
            | request::SET_VRING_NUM..=request::GET_VRING_BASE
            | request::GET_PROTOCOL_FEATURES
            | request::GET_QUEUE_NUM
            | request::GET_CONFIG
            | request::SET_CONFIG => {}
            other => {
                return Err(self.invalid(format!("request {other} is not one that UML sends")));
            }
        }
        if message.request == request::GET_VRING_BASE {
            self.rings = None;
        }
        let reply = self.ask_daemon(&message)?;
        if let Some(mut reply) = reply {
            if message.request == request::GET_PROTOCOL_FEATURES {
                let features = reply.value().unwrap_or(0) | BRIDGED_FEATURES;
                reply.payload = features.to_ne_bytes().to_vec();
            }
            self.tell_guest(&reply)?;
        }
        Ok(Progress::Served)
    }

    /// The next chain that the guest put into a queue, and what is wrong with
    /// it, if anything. The chain must be given back by [`push`](Self::push)
    /// in either case.
    ///
    /// # Errors
    /// Where the queue itself cannot be used.
    pub fn pop(&self, queue: usize) -> Result<Option<Popped>, RingError> {
        match &self.rings {
            Some(rings) => rings.pop(queue),
            None => Ok(None),
        }
    }

    /// Gives a chain back, with `data` in its writable buffers.
    ///
    /// # Errors
    /// Where the guest's buffers are too small: what fits was written, and
    /// the chain was given back.
    pub fn push(&self, queue: usize, chain: &Chain, data: &[u8]) -> Result<(), RingError> {
        match &self.rings {
            Some(rings) => rings.push(queue, chain, data),
            None => Ok(()),
        }
    }

    /// Whether the guest wants to be interrupted for what was pushed.
    ///
    /// # Errors
    /// Where the queue itself cannot be used.
    pub fn wants_call(&self, queue: usize) -> Result<bool, RingError> {
        match &self.rings {
            Some(rings) => rings.wants_call(queue),
            None => Ok(false),
        }
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
            Some(calls) => Message::receive(calls).map(drop).map_err(|e| self.io(e)),
            None => Ok(()),
        }
    }

    /// Lets the guest go on after a kick.
    ///
    /// # Errors
    /// Where the guest is gone.
    pub fn acknowledge_kick(&mut self) -> Result<(), Error> {
        match self.kick.take() {
            Some(kick) if kick.needs_reply() => self.tell_guest(&kick.reply(0)),
            _ => Ok(()),
        }
    }

    fn kicked(&mut self, message: Message) -> Result<Progress, Error> {
        let index = message.index().ok_or_else(|| self.short(&message))?;
        let queue = index as usize;
        let Some(Some(eventfd)) = self.kicks.get(queue) else {
            return Err(self.invalid(format!("a kick for queue {index}, which is not enabled")));
        };
        if self.rings.is_none() {
            rustix::io::write(eventfd, &1u64.to_ne_bytes()).map_err(|e| self.io(e.into()))?;
            let rings = self.handover.take(HANDOVER_WAIT);
            self.rings = Some(rings.ok_or_else(|| Error::Daemon {
                device: self.spec.name.clone(),
                what: "it did not hand its rings over".into(),
            })?);
        }
        self.kick = Some(message);
        Ok(Progress::Kicked { queue })
    }

    fn set_backend_req_fd(&mut self, mut message: Message) -> Result<Progress, Error> {
        let descriptor = message
            .descriptors
            .pop()
            .ok_or_else(|| self.invalid("a request channel without a descriptor".into()))?;
        self.calls = Some(UnixStream::from(descriptor));
        if message.needs_reply() {
            self.tell_guest(&message.reply(0))?;
        }
        Ok(Progress::Served)
    }

    fn trim_mem_table(&self, message: &mut Message) -> Result<(), Error> {
        let regions = message.index().ok_or_else(|| self.short(message))? as usize;
        let len = regions
            .checked_mul(REGION_LEN)
            .map(|len| len + REGIONS_START)
            .filter(|&len| len <= message.payload.len())
            .ok_or_else(|| self.invalid(format!("a memory table of {regions} regions")))?;
        message.payload.truncate(len);
        Ok(())
    }

    /// Gives the daemon the descriptors that in-band notifications replace;
    /// it does not start a ring without.
    fn set_up_kick(&mut self, message: &Message) -> Result<(), Error> {
        let index = message.index().ok_or_else(|| self.short(message))?;
        let Some(slot) = self.kicks.get_mut(index as usize) else {
            return Err(self.invalid(format!(
                "queue {index} of a device with {}",
                self.spec.queues
            )));
        };
        if slot.is_some() {
            return Ok(());
        }
        let kick = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK);
        let kick = kick.map_err(|e| self.io(e.into()))?;
        let copy = kick.try_clone().map_err(|e| self.io(e))?;
        self.kicks[index as usize] = Some(kick);
        let mut set = Message::new(
            request::SET_VRING_KICK,
            u64::from(index).to_ne_bytes().to_vec(),
        )
        .needing_reply();
        set.descriptors.push(copy);
        self.ask_daemon(&set).map(drop)
    }

    fn ask_daemon(&self, message: &Message) -> Result<Option<Message>, Error> {
        message.send(&self.daemon).map_err(|e| self.daemon(&e))?;
        if !message.needs_reply() && !message.is_get() {
            return Ok(None);
        }
        Message::receive(&self.daemon)
            .map(Some)
            .map_err(|e| self.daemon(&e))
    }

    fn tell_guest(&self, message: &Message) -> Result<(), Error> {
        match &self.guest {
            Some(guest) => message.send(guest).map_err(|e| self.io(e)),
            None => Ok(()),
        }
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

    fn daemon(&self, source: &io::Error) -> Error {
        Error::Daemon {
            device: self.spec.name.clone(),
            what: source.to_string(),
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
