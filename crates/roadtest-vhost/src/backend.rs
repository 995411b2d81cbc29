// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The daemon's side of a device: it negotiates features, answers for the
//! configuration space, maps the guest's memory and sets the rings up. When
//! the first kick arrives it gives both away and has nothing more to do: from
//! then on the bridge works the rings itself, since the guest stands still
//! until it has, and another thread would only cost two hand-overs.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use vhost::vhost_user::message::{VhostUserProtocolFeatures, VhostUserVirtioFeatures};
use vhost_user_backend::{VhostUserBackendMut, VringRwLock};
use vm_memory::{GuestMemoryAtomic, GuestMemoryMmap};
use vmm_sys_util::epoll::EventSet;
use vmm_sys_util::event::{
    EventConsumer, EventFlag, EventNotifier, new_event_consumer_and_notifier,
};

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
}

/// Where the guest's memory and the rings are.
#[derive(Clone)]
pub(crate) struct Rings {
    pub(crate) memory: GuestMemoryAtomic<GuestMemoryMmap>,
    pub(crate) vrings: Vec<VringRwLock>,
}

/// A place where the daemon leaves the [`Rings`].
#[derive(Default)]
pub(crate) struct Handover {
    rings: Mutex<Option<Rings>>,
    left: Condvar,
}

impl Handover {
    fn leave(&self, rings: Rings) {
        *self.rings.lock().unwrap_or_else(PoisonError::into_inner) = Some(rings);
        self.left.notify_all();
    }

    /// The rings, as soon as the daemon has left them.
    pub(crate) fn take(&self, within: Duration) -> Option<Rings> {
        let guard = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut guard, _) = self
            .left
            .wait_timeout_while(guard, within, |rings| rings.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        guard.take()
    }
}

/// The back end that `vhost-user-backend` drives.
pub(crate) struct Backend {
    spec: DeviceSpec,
    memory: Option<GuestMemoryAtomic<GuestMemoryMmap>>,
    handover: Arc<Handover>,
    exit: (EventConsumer, EventNotifier),
}

impl Backend {
    pub(crate) fn new(spec: DeviceSpec, handover: Arc<Handover>) -> io::Result<Self> {
        Ok(Self {
            spec,
            memory: None,
            handover,
            exit: new_event_consumer_and_notifier(EventFlag::NONBLOCK | EventFlag::CLOEXEC)?,
        })
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

    fn update_memory(&mut self, memory: GuestMemoryAtomic<GuestMemoryMmap>) -> io::Result<()> {
        self.memory = Some(memory);
        Ok(())
    }

    fn exit_event(&self, _thread: usize) -> Option<(EventConsumer, EventNotifier)> {
        Some((self.exit.0.try_clone().ok()?, self.exit.1.try_clone().ok()?))
    }

    fn handle_event(
        &mut self,
        _queue: u16,
        _events: EventSet,
        vrings: &[VringRwLock],
        _thread: usize,
    ) -> io::Result<()> {
        // A ring can be enabled only after the memory table was set, but that
        // is the guest's doing, and the guest is not trusted.
        if let Some(memory) = self.memory.clone() {
            self.handover.leave(Rings {
                memory,
                vrings: vrings.to_vec(),
            });
        }
        Ok(())
    }
}
