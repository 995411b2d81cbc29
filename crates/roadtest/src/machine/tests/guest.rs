// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A guest that is a thread of the test: it connects as UML does, keeps its
//! rings in a file, and does what a script says. Its process is there only to
//! be watched.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use roadtest_model::SimTime;
use roadtest_record::flavour::Flavour;
use roadtest_record::kernel::Kernel;
use roadtest_time::message::{LEN, Message as TimeMessage, Op};
use roadtest_vhost::message::{BACKEND_VRING_CALL, Message, request};
use roadtest_virtio::console::Ports;
use rustix::event::{PollFd, PollFlags};

use crate::Board;
use crate::limit::Limit;
use crate::machine::process::{Process, run_directory};
use crate::machine::{Boot, Machine};

/// How long the host may take for an answer, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);
/// The memory of each queue, in bytes: descriptors, rings, buffers.
const QUEUE_LEN: u64 = 0x8000;
/// How many entries each queue has.
const QUEUE_SIZE: u16 = 16;
/// Where they are in the memory of their queue.
const AVAILABLE: u64 = 0x1000;
const USED: u64 = 0x2000;
const BUFFERS: u64 = 0x3000;
/// The memory of the guest, in bytes.
const MEMORY_LEN: u64 = 0x10_0000;
/// `VIRTQ_DESC_F_NEXT` and `VIRTQ_DESC_F_WRITE`.
const NEXT: u16 = 1;
const WRITE: u16 = 2;

/// A queue of a device of the guest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Queue {
    device: &'static str,
    index: u32,
    /// Where its memory is.
    base: u64,
}

/// A chain that the guest has made available.
#[derive(Clone, Debug)]
pub(super) struct Offered {
    /// Where what the host reads is.
    pub(super) readable: u64,
    /// Where the host writes.
    pub(super) writable: u64,
}

/// What a queue has in its rings so far.
#[derive(Clone, Copy, Debug, Default)]
struct Filled {
    descriptors: u16,
    chains: u16,
    bytes: u64,
}

/// A device's connection.
struct Front {
    socket: UnixStream,
    /// Where the host interrupts.
    calls: UnixStream,
}

pub(super) struct Guest {
    directory: PathBuf,
    time: UnixStream,
    memory: File,
    fronts: BTreeMap<&'static str, Front>,
    filled: BTreeMap<Queue, Filled>,
    /// The interrupts that were not looked at yet: device and queue.
    interrupts: BTreeSet<(&'static str, u32)>,
    /// The next queue's memory.
    base: u64,
}

/// A machine whose guest does what `script` says, and then waits for its end.
pub(super) struct Scripted<R> {
    pub(super) machine: Machine,
    guest: JoinHandle<R>,
    _directory: tempfile::TempDir,
}

impl<R: Send + 'static> Scripted<R> {
    pub(super) fn start(
        mut board: Board,
        script: impl FnOnce(&mut Guest) -> R + Send + 'static,
    ) -> Self {
        let kernel = Kernel {
            schema: 1,
            release: "6.12".into(),
            source: String::new(),
            config_fingerprint: String::new(),
            flavour: Flavour::default(),
            linux: "/bin/sleep".into(),
            guest_root: "/".into(),
            preload: None,
            modules: BTreeMap::new(),
            unavailable: BTreeMap::new(),
        };
        let boot = Boot {
            kernel: &kernel,
            directory: run_directory().unwrap(),
            memory_mib: None,
            parameters: Vec::new(),
            limit: Limit::default(),
        };
        board.power_chips().unwrap();
        let controllers = std::mem::take(&mut board.controllers);
        let mut thread = None;
        let directory = boot.directory.path().to_owned();
        let launch = || {
            // Everything listens by now.
            thread = Some(std::thread::spawn(move || {
                let mut guest = Guest::new(&directory);
                let result = script(&mut guest);
                guest.rest();
                result
            }));
            Process::start(&kernel, boot.directory.path(), vec!["1000".into()])
        };
        let world = board.world.clone();
        let machine = Machine::start(world, controllers, Ports::One, &boot, launch).unwrap();
        Self {
            machine,
            guest: thread.unwrap(),
            _directory: boot.directory,
        }
    }

    /// Ends the guest; what its script has returned.
    pub(super) fn end(self) -> R {
        drop(self.machine);
        match self.guest.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

impl Guest {
    fn new(directory: &Path) -> Self {
        let memory = tempfile::tempfile().unwrap();
        memory.set_len(MEMORY_LEN).unwrap();
        let mut guest = Self {
            directory: directory.to_owned(),
            time: UnixStream::connect(directory.join("time.sock")).unwrap(),
            memory,
            fronts: BTreeMap::new(),
            filled: BTreeMap::new(),
            interrupts: BTreeSet::new(),
            base: 0,
        };
        guest.say(Op::Start, 0);
        guest
    }

    /// Takes a device, with its queues.
    pub(super) fn take<const QUEUES: usize>(&mut self, device: &'static str) -> [Queue; QUEUES] {
        let path = self.directory.join(format!("{device}.sock"));
        let socket = UnixStream::connect(path).unwrap();
        let (ours, theirs) = UnixStream::pair().unwrap();
        let front = Front {
            socket,
            calls: ours,
        };
        front.tell(request::SET_OWNER, vec![]);
        front.get(request::GET_FEATURES);
        let offered = front.get(request::GET_PROTOCOL_FEATURES);
        front.set(request::SET_PROTOCOL_FEATURES, offered, None);
        // VIRTIO_F_VERSION_1, and VHOST_USER_F_PROTOCOL_FEATURES.
        let features = ((1u64 << 32) | (1 << 30)).to_ne_bytes();
        front.set(request::SET_FEATURES, features.to_vec(), None);
        front.set(request::SET_BACKEND_REQ_FD, vec![], Some(theirs.into()));
        self.fronts.insert(device, front);
        std::array::from_fn(|index| {
            let base = self.base;
            self.base += QUEUE_LEN;
            let index = u32::try_from(index).unwrap();
            let queue = Queue {
                device,
                index,
                base,
            };
            self.enable(&queue);
            queue
        })
    }

    /// Starts a queue, with empty rings.
    pub(super) fn enable(&mut self, queue: &Queue) {
        self.filled.insert(queue.clone(), Filled::default());
        let empty = vec![0; usize::try_from(QUEUE_LEN).unwrap()];
        self.memory.write_all_at(&empty, queue.base).unwrap();
        let memory = self.memory.as_fd().try_clone_to_owned().unwrap();
        let front = &self.fronts[queue.device];
        let mut table = 1u64.to_ne_bytes().to_vec();
        for word in [0, MEMORY_LEN, 0, 0] {
            table.extend(word.to_ne_bytes());
        }
        front.set(request::SET_MEM_TABLE, table, Some(memory));
        let state = |value| state(queue.index, value);
        front.set(request::SET_VRING_NUM, state(QUEUE_SIZE.into()), None);
        front.set(request::SET_VRING_BASE, state(0), None);
        let mut address = u64::from(queue.index).to_ne_bytes().to_vec();
        for word in [queue.base, queue.base + USED, queue.base + AVAILABLE, 0] {
            address.extend(word.to_ne_bytes());
        }
        front.set(request::SET_VRING_ADDR, address, None);
        front.set(request::SET_VRING_ENABLE, state(1), None);
    }

    /// Stops a queue, as a driver does that releases its device.
    pub(super) fn disable(&mut self, queue: &Queue) {
        self.ask(
            queue.device,
            request::SET_VRING_ENABLE,
            state(queue.index, 0),
        );
    }

    /// Makes a chain available: one buffer that the host reads, and one of
    /// `room` bytes that it writes.
    pub(super) fn offer(&mut self, queue: &Queue, bytes: &[u8], room: u32) -> Offered {
        let filled = self.filled.get_mut(queue).unwrap();
        let head = filled.descriptors;
        // Aligned, and with something in front of it, as in an allocation.
        let readable = queue.base + BUFFERS + filled.bytes + 256;
        let writable = (readable + bytes.len() as u64).next_multiple_of(8);
        filled.bytes = (writable + u64::from(room) - queue.base - BUFFERS).next_multiple_of(8);
        filled.descriptors += 2;
        filled.chains += 1;
        let chains = filled.chains;
        self.write(readable, bytes);
        let len = u32::try_from(bytes.len()).unwrap();
        let mut descriptors = Vec::new();
        for (address, len, flags) in [(readable, len, NEXT), (writable, room, WRITE)] {
            descriptors.extend(address.to_le_bytes());
            descriptors.extend(len.to_le_bytes());
            descriptors.extend(flags.to_le_bytes());
            descriptors.extend((head + 1).to_le_bytes());
        }
        self.write(queue.base + 16 * u64::from(head), &descriptors);
        let available = queue.base + AVAILABLE;
        self.write(available + 2 + 2 * u64::from(chains), &head.to_le_bytes());
        self.write(available + 2, &chains.to_le_bytes());
        Offered { readable, writable }
    }

    /// Kicks a queue, and goes on when the host has acknowledged that.
    pub(super) fn kick(&mut self, queue: &Queue) {
        self.ask(queue.device, request::VRING_KICK, state(queue.index, 0));
    }

    /// Sleeps until an interrupt, or `until`; the time then, and what has
    /// interrupted it.
    pub(super) fn sleep(&mut self, until: Option<SimTime>) -> (SimTime, Vec<(&'static str, u32)>) {
        if let Some(until) = until {
            self.say(Op::Request, until.as_ns());
        }
        self.say(Op::Wait, 0);
        loop {
            let calling = self.poll(&self.time);
            for device in calling.devices {
                // As UML does: it is to run now, and then it answers.
                let now = self.say(Op::Get, 0);
                self.say(Op::Request, now);
                self.note_call(device);
            }
            if calling.other {
                let run = self.hear();
                assert!(run.is(Op::Run), "{run:?}");
                self.answer(run);
                let interrupts = std::mem::take(&mut self.interrupts);
                return (SimTime::ns(run.time), interrupts.into_iter().collect());
            }
        }
    }

    /// How many chains of a queue the host has completed.
    pub(super) fn used(&self, queue: &Queue) -> u16 {
        u16::from_le_bytes(self.read(queue.base + USED + 2))
    }

    pub(super) fn read<const LEN: usize>(&self, address: u64) -> [u8; LEN] {
        let mut bytes = [0; LEN];
        self.memory.read_exact_at(&mut bytes, address).unwrap();
        bytes
    }

    pub(super) fn write(&self, address: u64, bytes: &[u8]) {
        self.memory.write_all_at(bytes, address).unwrap();
    }

    /// Has nothing to do any more, until the machine ends it.
    fn rest(&mut self) {
        let wait = message(Op::Wait, 0);
        if self.time.write_all(&wait.to_bytes()).is_err() {
            return;
        }
        let mut bytes = [0; LEN];
        while self.time.read_exact(&mut bytes).is_ok() {}
    }

    /// Asks something of a device's host, and takes interrupts until it has
    /// answered.
    fn ask(&mut self, device: &'static str, number: u32, payload: Vec<u8>) {
        let front = &self.fronts[device];
        let message = Message::new(number, payload).needing_reply();
        message.send(&front.socket).unwrap();
        loop {
            let calling = self.poll(&self.fronts[device].socket);
            for device in calling.devices {
                self.note_call(device);
            }
            if calling.other {
                let answer = Message::receive(&self.fronts[device].socket, PATIENCE).unwrap();
                assert_eq!(answer.value(), Some(0), "request {number}");
                return;
            }
        }
    }

    fn note_call(&mut self, device: &'static str) {
        let calls = &self.fronts[device].calls;
        let call = Message::receive(calls, PATIENCE).unwrap();
        assert_eq!(call.request, BACKEND_VRING_CALL);
        self.interrupts.insert((device, call.index().unwrap()));
        call.reply(0).send(calls).unwrap();
    }

    /// Waits for an interrupt, or for something on another socket.
    fn poll(&self, other: &UnixStream) -> Calling {
        let mut fds = vec![PollFd::new(other, PollFlags::IN)];
        let calls = self.fronts.values().map(|front| &front.calls);
        fds.extend(calls.map(|calls| PollFd::new(calls, PollFlags::IN)));
        rustix::event::poll(&mut fds, None).unwrap();
        let ready = |fd: &PollFd<'_>| !fd.revents().is_empty();
        let devices = self.fronts.keys().zip(&fds[1..]);
        Calling {
            devices: devices
                .filter(|(_, fd)| ready(fd))
                .map(|(device, _)| *device)
                .collect(),
            other: ready(&fds[0]),
        }
    }

    /// Tells the host about time; what it answers.
    fn say(&mut self, op: Op, time: u64) -> u64 {
        self.time.write_all(&message(op, time).to_bytes()).unwrap();
        let answer = self.hear();
        assert!(answer.is(Op::Ack), "{answer:?}");
        answer.time
    }

    fn hear(&mut self) -> TimeMessage {
        let mut bytes = [0; LEN];
        self.time.read_exact(&mut bytes).unwrap();
        TimeMessage::from_bytes(bytes)
    }

    fn answer(&mut self, message: TimeMessage) {
        let op = Op::Ack as u32;
        let answer = TimeMessage { op, ..message };
        self.time.write_all(&answer.to_bytes()).unwrap();
    }
}

/// What waits to be read.
struct Calling {
    /// The devices that interrupt.
    devices: Vec<&'static str>,
    /// The other socket.
    other: bool,
}

impl Front {
    /// Before acknowledgements are negotiated.
    fn tell(&self, number: u32, payload: Vec<u8>) {
        Message::new(number, payload).send(&self.socket).unwrap();
    }

    fn get(&self, number: u32) -> Vec<u8> {
        self.tell(number, vec![]);
        Message::receive(&self.socket, PATIENCE).unwrap().payload
    }

    fn set(&self, number: u32, payload: Vec<u8>, file: Option<OwnedFd>) {
        let mut message = Message::new(number, payload).needing_reply();
        message.descriptors.extend(file);
        message.send(&self.socket).unwrap();
        let answer = Message::receive(&self.socket, PATIENCE).unwrap();
        assert_eq!(answer.value(), Some(0), "request {number}");
    }
}

fn message(op: Op, time: u64) -> TimeMessage {
    TimeMessage {
        op: op as u32,
        seq: 1,
        time,
    }
}

fn state(queue: u32, value: u32) -> Vec<u8> {
    [queue.to_ne_bytes(), value.to_ne_bytes()].concat()
}
