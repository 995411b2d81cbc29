// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A link as UML's driver would use it: the messages of a real boot over a
//! real socket, and what must end neither side.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use roadtest_vhost::message::{Message, request};
use roadtest_vhost::{DeviceSpec, Error, Link, Progress};

/// What the link sends is there when it returns.
const AT_ONCE: Duration = Duration::from_secs(5);

fn hear(socket: &UnixStream) -> Message {
    Message::receive(socket, AT_ONCE).unwrap()
}

/// Error and causes in one line.
fn text(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

fn spec(queues: usize) -> DeviceSpec {
    DeviceSpec {
        name: "toy".into(),
        features: 0,
        queues,
        config: vec![7, 8, 9],
        readable_len_max: 64,
    }
}

struct Guest {
    link: Link,
    socket: UnixStream,
    _directory: tempfile::TempDir,
}

impl Guest {
    fn new() -> Self {
        Self::with_queues(1)
    }

    fn with_queues(queues: usize) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let spec = spec(queues);
        let mut link = Link::new(directory.path(), spec).unwrap();
        let socket = UnixStream::connect(directory.path().join("toy.sock")).unwrap();
        assert_eq!(link.serve().unwrap(), Progress::Served);
        Self {
            link,
            socket,
            _directory: directory,
        }
    }

    fn get(&mut self, number: u32, payload: Vec<u8>) -> Vec<u8> {
        Message::new(number, payload).send(&self.socket).unwrap();
        self.link.serve().unwrap();
        hear(&self.socket).payload
    }

    /// Before acknowledgements are negotiated.
    fn tell(&mut self, number: u32, payload: Vec<u8>) {
        Message::new(number, payload).send(&self.socket).unwrap();
        self.link.serve().unwrap();
    }

    fn set(&mut self, number: u32, payload: Vec<u8>, file: Option<&File>) {
        assert_eq!(self.ask(number, payload, file), Progress::Served);
        self.hear_done(number);
    }

    fn ask(&mut self, number: u32, payload: Vec<u8>, file: Option<&File>) -> Progress {
        let mut message = Message::new(number, payload).needing_reply();
        if let Some(file) = file {
            let copy = file.as_fd().try_clone_to_owned().unwrap();
            message.descriptors.push(copy);
        }
        message.send(&self.socket).unwrap();
        self.link.serve().unwrap()
    }

    fn hear_done(&self, number: u32) {
        assert_eq!(hear(&self.socket).value(), Some(0), "request {number}");
    }

    /// Whether the link has said something.
    fn hears_nothing(&self) -> bool {
        self.socket.set_nonblocking(true).unwrap();
        let nothing = (&self.socket).read(&mut [0]).is_err();
        self.socket.set_nonblocking(false).unwrap();
        nothing
    }

    /// What virtio_uml sends for a device with one queue of 16.
    fn set_up(&mut self) -> File {
        self.tell(request::SET_OWNER, vec![]);
        self.get(request::GET_FEATURES, vec![]);
        let offered = self.get(request::GET_PROTOCOL_FEATURES, vec![]);
        let offered = u64::from_ne_bytes(offered.try_into().unwrap());
        assert_ne!(offered & (1 << 14), 0, "in-band notifications are offered");
        self.set(
            request::SET_PROTOCOL_FEATURES,
            offered.to_ne_bytes().to_vec(),
            None,
        );
        let features: u64 = (1 << 32) | (1 << 30);
        self.set(request::SET_FEATURES, features.to_ne_bytes().to_vec(), None);
        let memory = tempfile::tempfile().unwrap();
        memory.set_len(0x10000).unwrap();
        self.start(&memory, 1);
        memory
    }

    /// What a driver sends that takes the device, the first time or again.
    fn start(&mut self, memory: &File, queues: u32) {
        // One region, with room for two as UML sends it.
        let table = table(&[0, 0x10000, 0, 0, 0, 0, 0, 0]);
        self.set(request::SET_MEM_TABLE, table, Some(memory));
        for queue in 0..queues {
            self.set(request::SET_VRING_NUM, state(queue, 16), None);
            self.set(request::SET_VRING_BASE, state(queue, 0), None);
            let mut address = u64::from(queue).to_ne_bytes().to_vec();
            for word in [0u64, 0x2000, 0x1000, 0] {
                address.extend((word + 0x4000 * u64::from(queue)).to_ne_bytes());
            }
            self.set(request::SET_VRING_ADDR, address, None);
            self.set(request::SET_VRING_ENABLE, state(queue, 1), None);
        }
    }

    fn kick(&mut self) -> Progress {
        self.ask(request::VRING_KICK, vec![0; 8], None)
    }
}

fn state(queue: u32, value: u32) -> Vec<u8> {
    [queue.to_ne_bytes(), value.to_ne_bytes()].concat()
}

fn table(words: &[u64]) -> Vec<u8> {
    let words = [&[1], words].concat();
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

/// One writable descriptor of 4 bytes at 0x3000, offered as chain `count`.
fn offer(memory: &File, count: u8) {
    let mut descriptor = 0x3000u64.to_le_bytes().to_vec();
    descriptor.extend(4u32.to_le_bytes());
    descriptor.extend([2, 0, 0, 0]);
    memory.write_all_at(&descriptor, 0).unwrap();
    memory
        .write_all_at(&[0, 0, count, 0, 0, 0], 0x1000)
        .unwrap();
}

fn at<const LEN: usize>(memory: &File, offset: u64) -> [u8; LEN] {
    let mut bytes = [0; LEN];
    memory.read_exact_at(&mut bytes, offset).unwrap();
    bytes
}

#[test]
fn a_device_is_set_up_kicked_and_calls_back() {
    let mut guest = Guest::new();
    let memory = guest.set_up();
    let (ours, theirs) = UnixStream::pair().unwrap();
    guest.set(
        request::SET_BACKEND_REQ_FD,
        vec![],
        Some(&File::from(OwnedFd::from(theirs))),
    );

    offer(&memory, 1);
    assert_eq!(guest.kick(), Progress::Kicked { queue: 0 });
    assert!(guest.hears_nothing(), "it stands still");
    let (chain, wrong) = guest.link.pop(0).unwrap().unwrap();
    assert!(wrong.is_none());
    guest.link.push(0, &chain, 0, b"done").unwrap();
    assert!(guest.link.wants_call(0).unwrap());
    guest.link.call(0).unwrap();
    hear(&ours).reply(0).send(&ours).unwrap();
    guest.link.finish_call().unwrap();
    guest.link.acknowledge().unwrap();
    guest.hear_done(request::VRING_KICK);
    assert_eq!(&at(&memory, 0x3000), b"done");
}

#[test]
fn the_configuration_space_ends_in_zeroes() {
    let mut guest = Guest::new();
    guest.tell(request::SET_OWNER, vec![]);
    let offered = guest.get(request::GET_PROTOCOL_FEATURES, vec![]);
    guest.tell(request::SET_PROTOCOL_FEATURES, offered);
    let mut payload = Vec::new();
    for word in [1u32, 4, 0] {
        payload.extend(word.to_ne_bytes());
    }
    payload.extend([0; 4]);
    let answer = guest.get(request::GET_CONFIG, payload);
    assert_eq!(answer[12..], [8, 9, 0, 0]);
}

#[test]
fn an_unknown_message_ends_the_connection_and_is_named() {
    let mut guest = Guest::new();
    Message::new(99, vec![]).send(&guest.socket).unwrap();
    let error = guest.link.serve().unwrap_err();
    assert!(error.to_string().contains("request 99"), "{error}");
}

#[test]
fn a_message_that_announces_too_much_is_no_allocation() {
    let mut guest = Guest::new();
    let mut header = Vec::new();
    for word in [1u32, 1, u32::MAX] {
        header.extend(word.to_ne_bytes());
    }
    guest.socket.write_all(&header).unwrap();
    assert!(matches!(guest.link.serve(), Err(Error::Io { .. })));
}

#[test]
fn a_kick_for_a_queue_that_is_not_enabled_is_an_error() {
    let mut guest = Guest::new();
    Message::new(request::VRING_KICK, vec![5, 0, 0, 0, 0, 0, 0, 0])
        .send(&guest.socket)
        .unwrap();
    let error = guest.link.serve().unwrap_err();
    assert!(error.to_string().contains("queue 5"), "{error}");
}

#[test]
fn a_guest_that_hangs_up_is_noticed_and_leaves_no_thread_waiting() {
    let mut guest = Guest::new();
    guest.set_up();
    guest.socket.shutdown(std::net::Shutdown::Both).unwrap();
    assert!(matches!(guest.link.serve(), Err(Error::Closed { .. })));
    let mut rest = Vec::new();
    guest.socket.read_to_end(&mut rest).unwrap();
}

/// What virtio_uml does when a driver is unbound: no message for the reset,
/// and each queue disabled, the last one first.
#[test]
fn queues_that_are_disabled_are_told_one_by_one_and_the_last_is_a_reset() {
    let mut guest = Guest::with_queues(2);
    let memory = guest.set_up();
    guest.start(&memory, 2);
    let disable = |guest: &mut Guest, queue| {
        let progress = guest.ask(request::SET_VRING_ENABLE, state(queue, 0), None);
        assert!(guest.hears_nothing(), "it stands still");
        guest.link.acknowledge().unwrap();
        guest.hear_done(request::SET_VRING_ENABLE);
        progress
    };
    assert_eq!(disable(&mut guest, 1), Progress::Stopped { queue: 1 });
    assert_eq!(disable(&mut guest, 0), Progress::Reset);
    // It was stopped already.
    guest.set(request::SET_VRING_ENABLE, state(0, 0), None);
}

#[test]
fn a_driver_that_takes_the_device_again_finds_working_queues() {
    let mut guest = Guest::new();
    let memory = guest.set_up();
    offer(&memory, 1);
    guest.kick();
    let (parked, _) = guest.link.pop(0).unwrap().unwrap();
    guest.link.acknowledge().unwrap();
    guest.hear_done(request::VRING_KICK);

    let stopped = guest.ask(request::SET_VRING_ENABLE, state(0, 0), None);
    assert_eq!(stopped, Progress::Reset);
    guest.link.acknowledge().unwrap();
    guest.hear_done(request::SET_VRING_ENABLE);
    guest.link.push(0, &parked, 0, b"late").unwrap();
    assert!(!guest.link.wants_call(0).unwrap());
    assert_eq!(at(&memory, 0x3000), [0; 4]);

    // Fresh rings at the same place, as the kernel's allocator has it.
    memory.write_all_at(&[0; 0x4000], 0).unwrap();
    let features: u64 = (1 << 32) | (1 << 30);
    guest.set(request::SET_FEATURES, features.to_ne_bytes().to_vec(), None);
    guest.start(&memory, 1);
    offer(&memory, 1);
    assert_eq!(guest.kick(), Progress::Kicked { queue: 0 });
    let (chain, wrong) = guest.link.pop(0).unwrap().unwrap();
    assert!(wrong.is_none());
    guest.link.push(0, &parked, 0, b"late").unwrap();
    assert_eq!(at(&memory, 0x2002), [0; 2], "nothing is used");
    guest.link.push(0, &chain, 0, b"done").unwrap();
    assert_eq!(&at(&memory, 0x3000), b"done");
    assert_eq!(at(&memory, 0x2002), [1, 0]);
}

#[test]
fn a_queue_whose_base_is_asked_for_has_stopped_and_says_how_far_it_came() {
    let mut guest = Guest::new();
    let memory = guest.set_up();
    offer(&memory, 1);
    guest.kick();
    let (chain, _) = guest.link.pop(0).unwrap().unwrap();
    guest.link.push(0, &chain, 0, b"done").unwrap();
    guest.link.acknowledge().unwrap();
    guest.hear_done(request::VRING_KICK);
    Message::new(request::GET_VRING_BASE, state(0, 0))
        .send(&guest.socket)
        .unwrap();
    assert_eq!(guest.link.serve().unwrap(), Progress::Reset);
    guest.link.acknowledge().unwrap();
    assert_eq!(hear(&guest.socket).payload, state(0, 1));
}

#[test]
fn memory_that_the_guest_cuts_off_is_an_error_and_no_signal() {
    let mut guest = Guest::new();
    let memory = guest.set_up();
    memory.set_len(0).unwrap();
    assert_eq!(guest.kick(), Progress::Kicked { queue: 0 });
    let error = guest.link.pop(0).unwrap_err();
    assert!(text(&error).contains("cannot be accessed"), "{error}");
    guest.link.acknowledge().unwrap();
    // Where rings are set up, the daemon looks at the used ring.
    let mut address = vec![0; 8];
    for word in [0u64, 0x2000, 0x1000, 0] {
        address.extend(word.to_ne_bytes());
    }
    guest.hear_done(request::VRING_KICK);
    guest.set(request::SET_VRING_ADDR, address, None);
}

#[test]
fn memory_that_is_not_there_or_no_file_is_refused() {
    let short = tempfile::tempfile().unwrap();
    short.set_len(0x1000).unwrap();
    let (pipe, _writer) = std::io::pipe().unwrap();
    let pipe = File::from(OwnedFd::from(pipe));
    let past = [u64::MAX - 0xfff, 0x10000, 0, 0];
    for (words, file, wrong) in [
        ([0, 0x10000, 0, 0], &short, "in a file of 0x1000"),
        ([0, 0x1000, 0, 1], &short, "at 0x1 in a file of 0x1000"),
        ([0, 0, 0, 0], &short, "0x0 bytes"),
        ([0, 0x10000, 0, 0], &pipe, "no regular file"),
        (past, &short, "past the end"),
    ] {
        let mut guest = Guest::new();
        let mut message = Message::new(request::SET_MEM_TABLE, table(&words));
        message
            .descriptors
            .push(file.as_fd().try_clone_to_owned().unwrap());
        message.send(&guest.socket).unwrap();
        let error = guest.link.serve().unwrap_err();
        assert!(error.to_string().contains(wrong), "{error}");
    }
}

#[test]
fn half_a_message_is_waited_for_no_longer_than_it_takes_to_send_one() {
    let mut guest = Guest::new();
    guest.socket.write_all(&[1]).unwrap();
    let error = guest.link.serve().unwrap_err();
    assert!(text(&error).contains("1 of 12 bytes"), "{error}");
}

#[test]
fn half_an_answer_to_a_call_is_waited_for_no_longer_either() {
    let mut guest = Guest::new();
    guest.set_up();
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    let theirs = File::from(OwnedFd::from(theirs));
    guest.set(request::SET_BACKEND_REQ_FD, vec![], Some(&theirs));
    guest.link.call(0).unwrap();
    ours.write_all(&[4, 0, 0, 0, 5]).unwrap();
    let error = guest.link.finish_call().unwrap_err();
    assert!(text(&error).contains("5 of 12 bytes"), "{error}");
}

#[test]
fn a_request_channel_that_is_no_socket_is_refused() {
    let mut guest = Guest::new();
    let file = tempfile::tempfile().unwrap();
    let mut message = Message::new(request::SET_BACKEND_REQ_FD, vec![]);
    message.descriptors.push(file.into());
    message.send(&guest.socket).unwrap();
    let error = guest.link.serve().unwrap_err();
    assert!(error.to_string().contains("no socket"), "{error}");
}

#[test]
fn a_guest_that_reads_no_replies_is_an_error() {
    let mut guest = Guest::new();
    loop {
        let ask = Message::new(request::GET_FEATURES, vec![]);
        ask.send(&guest.socket).unwrap();
        match guest.link.serve() {
            Ok(progress) => assert_eq!(progress, Progress::Served),
            Err(Error::Io { .. }) => break,
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn a_message_that_the_daemon_refuses_is_the_guests_and_names_it() {
    let mut guest = Guest::new();
    let ask = Message::new(request::GET_QUEUE_NUM, vec![]);
    ask.send(&guest.socket).unwrap();
    let error = guest.link.serve().unwrap_err();
    assert!(error.to_string().contains("request 17"), "{error}");
}

/// Why a process of its own: the other tests of this file open descriptors
/// at the same time, where threads run them.
#[test]
fn fifty_links_leave_no_file_descriptor_and_no_thread() {
    const ALONE: &str = "ROADTEST_TEST_ALONE";
    if std::env::var_os(ALONE).is_none() {
        let status = std::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "fifty_links_leave_no_file_descriptor_and_no_thread",
            ])
            .args(["--test-threads", "1"])
            .env(ALONE, "1")
            .status()
            .unwrap();
        assert!(status.success());
        return;
    }
    let count = |directory: &str| std::fs::read_dir(directory).unwrap().count();
    let counts = || (count("/proc/self/fd"), count("/proc/self/task"));
    let before = counts();
    for link in 0..50 {
        if link % 2 == 0 {
            let mut guest = Guest::new();
            let memory = guest.set_up();
            offer(&memory, 1);
            guest.kick();
        } else {
            let directory = tempfile::tempdir().unwrap();
            drop(Link::new(directory.path(), spec(4)).unwrap());
        }
    }
    assert_eq!(counts(), before);
}
