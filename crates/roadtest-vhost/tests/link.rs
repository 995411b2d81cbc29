// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A link as UML's driver would use it: the messages of a real boot over a
//! real socket, and what must not bring anybody down.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use roadtest_vhost::message::{Message, request};
use roadtest_vhost::{DeviceSpec, Error, Link, Progress};

struct Guest {
    link: Link,
    socket: UnixStream,
    _folder: tempfile::TempDir,
}

impl Guest {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let spec = DeviceSpec {
            name: "toy".into(),
            features: 0,
            queues: 1,
            config: vec![7, 8, 9],
        };
        let mut link = Link::new(folder.path(), spec).unwrap();
        let socket = UnixStream::connect(folder.path().join("toy.sock")).unwrap();
        assert_eq!(link.serve().unwrap(), Progress::Served);
        Self {
            link,
            socket,
            _folder: folder,
        }
    }

    fn get(&mut self, number: u32, payload: Vec<u8>) -> Vec<u8> {
        Message::new(number, payload).send(&self.socket).unwrap();
        self.link.serve().unwrap();
        Message::receive(&self.socket).unwrap().payload
    }

    /// Before acknowledgements are negotiated.
    fn tell(&mut self, number: u32, payload: Vec<u8>) {
        Message::new(number, payload).send(&self.socket).unwrap();
        self.link.serve().unwrap();
    }

    fn set(&mut self, number: u32, payload: Vec<u8>, file: Option<&File>) {
        let mut message = Message::new(number, payload).needing_reply();
        if let Some(file) = file {
            let copy = file.as_fd().try_clone_to_owned().unwrap();
            message.descriptors.push(copy);
        }
        message.send(&self.socket).unwrap();
        self.link.serve().unwrap();
        let reply = Message::receive(&self.socket).unwrap();
        assert_eq!(reply.value(), Some(0), "request {number}");
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
        // One region, with room for two as UML sends it.
        let mut table = 1u64.to_ne_bytes().to_vec();
        for word in [0u64, 0x10000, 0, 0, 0, 0, 0, 0] {
            table.extend(word.to_ne_bytes());
        }
        self.set(request::SET_MEM_TABLE, table, Some(&memory));
        let state = |value: u32| [0u32.to_ne_bytes(), value.to_ne_bytes()].concat();
        self.set(request::SET_VRING_NUM, state(16), None);
        self.set(request::SET_VRING_BASE, state(0), None);
        let mut address = 0u64.to_ne_bytes().to_vec();
        for word in [0u64, 0x2000, 0x1000, 0] {
            address.extend(word.to_ne_bytes());
        }
        self.set(request::SET_VRING_ADDR, address, None);
        self.set(request::SET_VRING_ENABLE, state(1), None);
        memory
    }
}

#[test]
fn a_device_is_set_up_kicked_and_calls_back() {
    let mut guest = Guest::new();
    let memory = guest.set_up();
    let (ours, theirs) = UnixStream::pair().unwrap();
    guest.set(
        request::SET_BACKEND_REQ_FD,
        vec![],
        Some(&File::from(std::os::fd::OwnedFd::from(theirs))),
    );

    // One writable descriptor of 4 bytes at 0x3000, offered.
    use std::os::unix::fs::FileExt;
    let mut descriptor = 0x3000u64.to_le_bytes().to_vec();
    descriptor.extend(4u32.to_le_bytes());
    descriptor.extend([2, 0, 0, 0]);
    memory.write_all_at(&descriptor, 0).unwrap();
    memory.write_all_at(&[0, 0, 1, 0, 0, 0], 0x1000).unwrap();

    let kick = Message::new(request::VRING_KICK, vec![0; 8]).needing_reply();
    kick.send(&guest.socket).unwrap();
    assert_eq!(guest.link.serve().unwrap(), Progress::Kicked { queue: 0 });
    let (chain, wrong) = guest.link.pop(0).unwrap().unwrap();
    assert!(wrong.is_none());
    guest.link.push(0, &chain, b"done").unwrap();
    assert!(guest.link.wants_call(0).unwrap());
    guest.link.call(0).unwrap();
    let call = Message::receive(&ours).unwrap();
    call.reply(0).send(&ours).unwrap();
    guest.link.finish_call().unwrap();
    guest.link.acknowledge_kick().unwrap();
    assert_eq!(Message::receive(&guest.socket).unwrap().value(), Some(0));

    let mut answer = [0; 4];
    memory.read_exact_at(&mut answer, 0x3000).unwrap();
    assert_eq!(&answer, b"done");
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
