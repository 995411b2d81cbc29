// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The controller with a guest that is nothing but its end of the socket: one
//! that keeps the protocol, and then one that does not.

use std::fs::File;
use std::io::{IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;

use proptest::prelude::*;
use roadtest_model::SimTime;
use roadtest_time::message::{LEN, Message, Op};
use roadtest_time::{Controller, Error, Served};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags};

/// A guest without shared memory, as Linux 6.1 is.
struct Guest {
    socket: UnixStream,
    seq: u32,
}

impl Guest {
    fn tell(&mut self, controller: &mut Controller, op: Op, time: u64) -> (Served, Message) {
        self.seq += 1;
        let message = Message {
            op: op as u32,
            seq: self.seq,
            time,
        };
        self.socket.write_all(&message.to_bytes()).unwrap();
        let served = controller.serve().unwrap();
        let answer = self.hear();
        assert!(answer.is(Op::Ack));
        assert_eq!(answer.seq, self.seq);
        (served, answer)
    }

    fn hear(&mut self) -> Message {
        let mut bytes = [0; LEN];
        self.socket.read_exact(&mut bytes).unwrap();
        Message::from_bytes(bytes)
    }
}

fn pair() -> (Guest, Controller) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut controller = Controller::new(ours, 1_700_000_000).unwrap();
    let mut guest = Guest {
        socket: theirs,
        seq: 0,
    };
    guest.tell(&mut controller, Op::Start, 1);
    (guest, controller)
}

#[test]
fn a_guest_that_waits_runs_when_it_is_told_and_finds_the_time() {
    let (mut guest, mut controller) = pair();
    guest.tell(&mut controller, Op::Request, 500);
    let (served, _) = guest.tell(&mut controller, Op::Wait, u64::MAX);
    assert_eq!(served, Served::Waits);
    assert_eq!(controller.wanted().unwrap(), Some(SimTime::ns(500)));
    controller.advance(SimTime::ns(500)).unwrap();
    controller.run().unwrap();
    let run = guest.hear();
    assert!(run.is(Op::Run));
    assert_eq!(run.time, 500);
    let (_, now) = guest.tell(&mut controller, Op::Get, 0);
    assert_eq!(now.time, 500);
    assert_eq!(controller.wanted().unwrap(), None);
}

#[test]
fn an_idle_guest_wants_nothing() {
    let (mut guest, mut controller) = pair();
    guest.tell(&mut controller, Op::Request, i64::MAX as u64);
    assert_eq!(controller.wanted().unwrap(), None);
}

#[test]
fn the_time_of_day_is_what_the_host_says_it_is() {
    let (mut guest, mut controller) = pair();
    let (_, answer) = guest.tell(&mut controller, Op::GetTod, 0);
    assert_eq!(answer.time, 1_700_000_000);
}

#[test]
fn an_unknown_operation_is_named() {
    let (mut guest, mut controller) = pair();
    let message = Message {
        op: 77,
        seq: 9,
        time: 0,
    };
    guest.socket.write_all(&message.to_bytes()).unwrap();
    assert!(matches!(controller.serve(), Err(Error::UnknownOp(77))));
}

#[test]
fn a_guest_that_turns_the_clock_back_is_detected() {
    let (mut guest, mut controller) = pair();
    guest.tell(&mut controller, Op::Update, 500);
    let message = Message {
        op: Op::Update as u32,
        seq: 9,
        time: 499,
    };
    guest.socket.write_all(&message.to_bytes()).unwrap();
    assert!(matches!(controller.serve(), Err(Error::Backwards { .. })));
}

#[test]
fn a_guest_that_is_gone_is_noticed() {
    let (guest, mut controller) = pair();
    drop(guest);
    assert!(matches!(controller.serve(), Err(Error::Closed)));
}

#[test]
fn a_clock_that_no_guest_reaches_is_refused() {
    for time in [1 << 62, i64::MAX as u64, u64::MAX] {
        let (mut guest, mut controller) = pair();
        let message = Message {
            op: Op::Update as u32,
            seq: 9,
            time,
        };
        guest.socket.write_all(&message.to_bytes()).unwrap();
        assert!(matches!(controller.serve(), Err(Error::TooLate { .. })));
        assert_eq!(controller.now(), SimTime::ZERO);
    }
}

#[test]
fn time_that_would_go_backwards_is_an_error_for_the_caller_as_well() {
    let (mut guest, mut controller) = pair();
    guest.tell(&mut controller, Op::Update, 500);
    let error = controller.advance(SimTime::ns(499)).unwrap_err();
    assert!(matches!(error, Error::Backwards { .. }));
    controller.advance(SimTime::ns(500)).unwrap();
}

#[test]
fn half_a_message_is_waited_for_no_longer_than_it_takes_to_send_one() {
    let (mut guest, mut controller) = pair();
    guest.socket.write_all(&[2, 0, 0]).unwrap();
    assert!(matches!(controller.serve(), Err(Error::Half { bytes: 3 })));
}

#[test]
fn a_guest_that_reads_no_answers_is_an_error() {
    let (mut guest, mut controller) = pair();
    let message = Message {
        op: Op::Get as u32,
        seq: 9,
        time: 0,
    };
    loop {
        guest.socket.write_all(&message.to_bytes()).unwrap();
        match controller.serve() {
            Ok(served) => assert_eq!(served, Served::Answered),
            Err(Error::Io(_)) => break,
            Err(error) => panic!("{error}"),
        }
    }
}

/// A guest that shares the schedule, as Linux 6.12 does, and does with it and
/// with its messages what it likes.
struct Hostile {
    socket: UnixStream,
    schedule: File,
}

impl Hostile {
    fn new() -> (Self, Controller) {
        let (ours, mut socket) = UnixStream::pair().unwrap();
        let mut controller = Controller::new(ours, 5).unwrap();
        let start = Message {
            op: Op::Start as u32,
            seq: 1,
            time: 0,
        };
        socket.write_all(&start.to_bytes()).unwrap();
        controller.serve().unwrap();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut bytes = [0; LEN];
        let mut buffers = [IoSliceMut::new(&mut bytes)];
        let flags = RecvFlags::CMSG_CLOEXEC;
        rustix::net::recvmsg(&socket, &mut buffers, &mut control, flags).unwrap();
        let files = control.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(files) => files.last(),
            _ => None,
        });
        socket.set_nonblocking(true).unwrap();
        let schedule = File::from(files.unwrap());
        (Self { socket, schedule }, controller)
    }

    fn read_answers(&mut self) {
        let mut sink = [0; 4096];
        while self.socket.read(&mut sink).is_ok_and(|len| len > 0) {}
    }
}

#[derive(Clone, Debug)]
enum Deed {
    Say { op: u32, time: u64 },
    SayNear { op: u32, after: u64 },
    Write { offset: u64, value: u64 },
    Cut { len: u64 },
}

fn deed() -> impl Strategy<Value = Deed> {
    let op = || prop_oneof![9 => 0u32..10, 1 => any::<u32>()];
    let time = prop_oneof![
        any::<u64>(),
        Just(0),
        Just((1 << 62) - 1),
        Just(1 << 62),
        Just(i64::MAX as u64),
        Just(u64::MAX),
    ];
    let offset = prop_oneof![
        Just(8),
        Just(16),
        Just(4096 + 128),
        Just(4096 + 132),
        Just(4096 + 136)
    ];
    prop_oneof![
        4 => (op(), 0u64..5000).prop_map(|(op, after)| Deed::SayNear { op, after }),
        2 => (op(), time.clone()).prop_map(|(op, time)| Deed::Say { op, time }),
        3 => (offset, time).prop_map(|(offset, value)| Deed::Write { offset, value }),
        1 => (0u64..4300).prop_map(|len| Deed::Cut { len }),
    ]
}

proptest! {
    /// Whatever a guest says and writes, time does not run backwards, every
    /// step of the machine's loop is possible, or the guest is refused.
    #[test]
    fn any_guest_is_served_or_refused(
        shares in any::<bool>(),
        deeds in prop::collection::vec(deed(), 0..40),
    ) {
        let (mut guest, mut controller) = Hostile::new();
        if shares {
            guest.schedule.write_all_at(&1u32.to_ne_bytes(), 4096 + 128).unwrap();
        }
        for deed in deeds {
            let before = controller.now();
            let said = match deed {
                Deed::Say { op, time } => Some((op, time)),
                Deed::SayNear { op, after } => {
                    Some((op, before.as_ns().saturating_add(after)))
                }
                Deed::Write { offset, value } => {
                    guest.schedule.write_all_at(&value.to_ne_bytes(), offset).unwrap();
                    None
                }
                Deed::Cut { len } => {
                    guest.schedule.set_len(len).unwrap();
                    None
                }
            };
            let Some((op, time)) = said else { continue };
            let message = Message { op, seq: 7, time };
            guest.socket.write_all(&message.to_bytes()).unwrap();
            if controller.serve().is_err() || controller.synchronize().is_err() {
                break;
            }
            guest.read_answers();
            prop_assert!(controller.now() >= before);
            if !controller.is_waiting() {
                continue;
            }
            let now = controller.now();
            let Ok(wanted) = controller.wanted() else { break };
            let next = wanted.unwrap_or(now + SimTime::s(300)).max(now);
            prop_assert_eq!(next - now + now, next);
            prop_assert!(controller.advance(next).is_ok() || shares);
            let _ = controller.set_free_until(next);
            controller.run().unwrap();
            guest.read_answers();
        }
    }
}
