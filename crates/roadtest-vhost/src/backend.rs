// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The daemon's side of a device: it negotiates features, answers for the
//! configuration space and keeps what the guest says about its queues. The
//! bridge works the rings itself, since the guest stands still until it has,
//! and another thread would only cost two context switches.

use std::io;
use std::os::fd::AsRawFd;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use rustix::event::{EventfdFlags, eventfd};
use vhost::vhost_user::message::{VhostUserProtocolFeatures, VhostUserVirtioFeatures};
use vhost_user_backend::{VhostUserBackendMut, VhostUserDaemon, VringRwLock};
use vm_memory::{GuestMemoryAtomic, GuestMemoryMmap};
use vmm_sys_util::epoll::EventSet;
use vmm_sys_util::event::{EventConsumer, EventNotifier};

/// `VIRTIO_F_VERSION_1`.
const VERSION_1: u64 = 1 << 32;
/// `VIRTIO_RING_F_INDIRECT_DESC`.
const INDIRECT_DESC: u64 = 1 << 28;
/// UML's limit.
const QUEUE_LEN_MAX: usize = 256;

/// What a device offers.
#[derive(Clone, Debug)]
pub struct DeviceSpec {
    /// A name for threads and errors.
    pub name: String,
    /// The device's own feature bits.
    pub features: u64,
    /// How many queues it has.
    pub queues: usize,
    /// Its configuration space.
    pub config: Vec<u8>,
    /// The most bytes that one request may give the device to read. A chain
    /// with more is malformed, and is not read.
    pub readable_len_max: usize,
}

/// The daemon of one device.
pub(crate) type Daemon = VhostUserDaemon<Arc<RwLock<Backend>>>;

/// The back end that `vhost-user-backend` drives.
pub(crate) struct Backend {
    spec: DeviceSpec,
    /// Where the queues go, once.
    queues: Mutex<Option<Sender<Vec<VringRwLock>>>>,
}

/// A daemon that is not connected yet, and the state of its queues.
///
/// The daemon shows its queues only to the thread that it starts for their
/// kicks. That gets one event, hands them out, and ends with an error.
/// Why: no kick ever reaches it, and the way that the daemon has to end it
/// leaves an event file descriptor open for as long as the process lives.
///
/// # Errors
/// Where the daemon does not start.
pub(crate) fn daemon(
    spec: &DeviceSpec,
    patience: Duration,
) -> io::Result<(Daemon, Vec<VringRwLock>)> {
    let (sender, queues): (_, Receiver<Vec<VringRwLock>>) = channel();
    let event = eventfd(1, EventfdFlags::CLOEXEC)?;
    let backend = Backend {
        spec: spec.clone(),
        queues: Mutex::new(Some(sender)),
    };
    let daemon = VhostUserDaemon::new(
        spec.name.clone(),
        Arc::new(RwLock::new(backend)),
        GuestMemoryAtomic::new(GuestMemoryMmap::new()),
    )
    .map_err(|error| io::Error::other(error.to_string()))?;
    // Numbers up to that of the queues are the daemon's own.
    let number = spec.queues as u64 + 1;
    let queues = daemon
        .get_epoll_handlers()
        .iter()
        .try_for_each(|handler| handler.register_listener(event.as_raw_fd(), EventSet::IN, number))
        .and_then(|()| queues.recv_timeout(patience).map_err(io::Error::other));
    match queues {
        Ok(queues) => Ok((daemon, queues)),
        Err(error) => {
            // To drop it is to wait for a thread that does not end.
            std::mem::forget(daemon);
            Err(error)
        }
    }
}

impl VhostUserBackendMut for Backend {
    type Bitmap = ();
    type Vring = VringRwLock;

    fn num_queues(&self) -> usize {
        self.spec.queues
    }

    fn max_queue_size(&self) -> usize {
        QUEUE_LEN_MAX
    }

    fn features(&self) -> u64 {
        self.spec.features
            | VERSION_1
            | INDIRECT_DESC
            | VhostUserVirtioFeatures::PROTOCOL_FEATURES.bits()
    }

    fn protocol_features(&self) -> VhostUserProtocolFeatures {
        VhostUserProtocolFeatures::CONFIG
            | VhostUserProtocolFeatures::REPLY_ACK
            | VhostUserProtocolFeatures::BACKEND_REQ
    }

    fn set_event_idx(&mut self, _enabled: bool) {
        // Not offered.
    }

    /// As much of the configuration space as there is, and zeroes.
    fn get_config(&self, offset: u32, size: u32) -> Vec<u8> {
        let from = offset as usize;
        (from..from + size as usize)
            .map(|at| self.spec.config.get(at).copied().unwrap_or(0))
            .collect()
    }

    fn update_memory(&mut self, _: GuestMemoryAtomic<GuestMemoryMmap>) -> io::Result<()> {
        // The rings are worked through the guest's file.
        Ok(())
    }

    fn exit_event(&self, _thread: usize) -> Option<(EventConsumer, EventNotifier)> {
        None
    }

    /// Hands the queues out and ends the thread: see [`daemon`].
    fn handle_event(
        &mut self,
        _event: u16,
        _events: EventSet,
        vrings: &[VringRwLock],
        _thread: usize,
    ) -> io::Result<()> {
        if let Ok(Some(queues)) = self.queues.get_mut().map(Option::take) {
            // The request may have timed out.
            let _ = queues.send(vrings.to_vec());
        }
        Err(io::Error::other("the queues are handed out"))
    }
}
