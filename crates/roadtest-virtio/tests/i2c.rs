// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! virtio-i2c messages: what is read from a chain, what is refused, and what
//! the messages of a transfer do to each other.

use insta::assert_snapshot;
use proptest::prelude::*;
use roadtest_virtio::Reply;
use roadtest_virtio::i2c::request::error_reply;
use roadtest_virtio::i2c::{
    Address, Admission, BusAction, Malformed, Message, Next, Outcome, PAYLOAD_MAX, Request,
    Sequencer,
};

fn chain(addr: u16, flags: u32, data: &[u8]) -> Vec<u8> {
    [&addr.to_le_bytes(), &[0, 0][..], &flags.to_le_bytes(), data].concat()
}

#[test]
fn a_write_is_read() {
    let request = Request::parse(&chain(0x88, 0, &[1, 0xca, 0x10]), 1).expect("good");
    assert_eq!(
        request,
        Request {
            address: Address::Seven(0x44),
            message: Message::Write(vec![1, 0xca, 0x10]),
            next: Next::Stop,
        }
    );
    let ok = Reply {
        offset: 0,
        bytes: vec![0],
    };
    assert_eq!(request.acknowledged(&[]), ok);
    let error = Reply {
        offset: 0,
        bytes: vec![1],
    };
    assert_eq!(request.failed(), error);
}

#[test]
fn a_read_is_answered_with_its_bytes_before_the_status() {
    let request = Request::parse(&chain(0x88, 3, &[]), 3).expect("good");
    assert_eq!(request.message, Message::Read(2));
    assert_eq!(request.next, Next::Message);
    let ok = Reply {
        offset: 0,
        bytes: vec![0x34, 0x56, 0],
    };
    assert_eq!(request.acknowledged(&[0x34, 0x56]), ok);
    let error = Reply {
        offset: 2,
        bytes: vec![1],
    };
    assert_eq!(request.failed(), error);
    assert_eq!(request.failed().used(), 3);
}

#[test]
#[should_panic(expected = "as many as asked for")]
fn a_reply_of_another_length_is_a_defect_of_the_caller() {
    let request = Request::parse(&chain(0x88, 2, &[]), 3).expect("good");
    let _ = request.acknowledged(&[1]);
}

#[test]
fn messages_of_no_bytes_have_a_direction() {
    let write = Request::parse(&chain(0x88, 0, &[]), 1).expect("good");
    let read = Request::parse(&chain(0x88, 2, &[]), 1).expect("good");
    assert_eq!(write.message, Message::Write(vec![]));
    assert_eq!(read.message, Message::Read(0));
    assert!(write.is_empty() && read.is_empty());
}

#[test]
fn addresses_have_seven_or_ten_bits() {
    let address = |field| Request::parse(&chain(field, 0, &[]), 1).map(|r| r.address);
    assert_eq!(address(0x00), Ok(Address::Seven(0)));
    assert_eq!(address(0xee), Ok(Address::Seven(0x77)));
    assert_eq!(address(0xfe), Ok(Address::Seven(0x7f)));
    assert_eq!(address(0x00f0), Ok(Address::Ten(0x000)));
    assert_eq!(address(0x44f2), Ok(Address::Ten(0x144)));
    assert_eq!(address(0xfff6), Ok(Address::Ten(0x3ff)));
    for bad in [0x89, 0xf1, 0x188, 0x44f8] {
        address(bad).expect_err("no address");
    }
    assert_eq!(Address::Seven(4).to_string(), "0x04");
    assert_eq!(Address::Ten(0x44).to_string(), "0x044 (10 bits)");
    assert_eq!(Address::Ten(0x144).number(), 0x144);
}

#[test]
fn four_kilobytes_are_accepted_and_one_more_is_not() {
    let data = vec![7; PAYLOAD_MAX + 1];
    Request::parse(&chain(0x88, 0, &data[1..]), 1).expect("4096 bytes to write");
    Request::parse(&chain(0x88, 2, &[]), PAYLOAD_MAX + 1).expect("4096 bytes to read");
    Request::parse(&chain(0x88, 0, &data), 1).expect_err("4097 bytes to write");
    Request::parse(&chain(0x88, 2, &[]), PAYLOAD_MAX + 2).expect_err("4097 bytes to read");
    Request::parse(&chain(0x88, 2, &[]), usize::MAX).expect_err("all bytes to read");
}

#[test]
fn malformed_chains_say_how() {
    let text = |readable: &[u8], writable_len| {
        let Malformed { reason, next } =
            Request::parse(readable, writable_len).expect_err("malformed");
        format!("{reason}; {next:?}")
    };
    let all = [
        text(&[], 0),
        text(&chain(0x88, 1, &[])[..7], 1),
        text(&chain(0x88, 0, &[1]), 0),
        text(&chain(0x89, 1, &[1]), 1),
        text(&chain(0x88, 5, &[1]), 1),
        text(&chain(0x88, 2, &[1]), 3),
        text(&chain(0x88, 1, &[1]), 3),
        text(&chain(0x88, 2, &[]), 5000),
    ];
    assert_snapshot!(all.join("\n"), @r"
    0 readable bytes, the header has 8; Stop
    7 readable bytes, the header has 8; Stop
    no writable byte for the status; Stop
    addr 0x0089 is neither a 7-bit nor a 10-bit address; Message
    reserved bits set in flags 0x00000005; Message
    a read with 1 bytes to write; Stop
    a write with room to read 2 bytes; Message
    4999 bytes of payload, at most 4096 are accepted; Stop
    ");
    assert_eq!(error_reply(0), Reply::nothing());
    assert_eq!(
        error_reply(3),
        Reply {
            offset: 2,
            bytes: vec![1]
        }
    );
}

#[test]
fn a_transfer_holds_the_bus_until_its_last_message() {
    let mut sequencer = Sequencer::new();
    assert_eq!(sequencer.admission(), Admission::Attempt);
    let action = sequencer.attempted(Next::Message, Outcome::Acknowledged);
    assert_eq!(action, BusAction::Hold);
    assert_eq!(sequencer.admission(), Admission::Attempt);
    let action = sequencer.attempted(Next::Stop, Outcome::Acknowledged);
    assert_eq!(action, BusAction::Stop);
    assert_eq!(sequencer, Sequencer::new());
}

#[test]
fn after_a_failure_the_rest_of_the_transfer_fails_and_the_next_one_does_not() {
    let mut sequencer = Sequencer::new();
    let action = sequencer.attempted(Next::Message, Outcome::Failed);
    assert_eq!(action, BusAction::Stop);
    for next in [Next::Message, Next::Stop] {
        assert_eq!(sequencer.admission(), Admission::Refuse);
        assert_eq!(sequencer.refused(next), BusAction::Nothing);
    }
    assert_eq!(sequencer.admission(), Admission::Attempt);
}

#[test]
fn a_malformed_message_ends_its_transfer() {
    let mut sequencer = Sequencer::new();
    sequencer.attempted(Next::Message, Outcome::Acknowledged);
    assert_eq!(sequencer.refused(Next::Message), BusAction::Stop);
    assert_eq!(sequencer.admission(), Admission::Refuse);
    assert_eq!(sequencer.reset(), BusAction::Nothing);
    assert_eq!(sequencer.admission(), Admission::Attempt);
}

proptest! {
    #[test]
    fn any_chain_gets_an_answer_that_fits(
        readable in prop::collection::vec(any::<u8>(), 0..24),
        writable_len in prop_oneof![0..40usize, any::<usize>()],
    ) {
        let reply = match Request::parse(&readable, writable_len) {
            Ok(request) => {
                prop_assert!(request.len() <= PAYLOAD_MAX);
                if let Message::Write(data) = &request.message {
                    prop_assert_eq!(&data[..], &readable[8..]);
                }
                request.failed()
            }
            Err(_) => error_reply(writable_len),
        };
        prop_assert_eq!(reply.used(), writable_len);
        prop_assert_eq!(reply.bytes.last().copied(), (writable_len > 0).then_some(1));
    }

    #[test]
    fn every_good_message_is_read_back(
        address in 0..0x78u16,
        data in prop::collection::vec(any::<u8>(), 0..PAYLOAD_MAX),
        flags in 0..4u32,
    ) {
        let (sent, room) = if flags & 2 == 0 { (&data[..], 0) } else { (&[][..], data.len()) };
        let request = Request::parse(&chain(address << 1, flags, sent), room + 1).expect("good");
        prop_assert_eq!(request.address.number(), address);
        prop_assert_eq!(request.len(), data.len());
        prop_assert_eq!(request.next == Next::Message, flags & 1 == 1);
        let reply = request.acknowledged(&data[..room]);
        prop_assert_eq!(reply.used(), room + 1);
        prop_assert_eq!(&reply.bytes[..room], &data[..room]);
    }

    /// Against the words of the specification: a message is attempted unless
    /// one before it in its group failed, and STOP is sent once per transfer
    /// that reached the bus.
    #[test]
    fn groups_are_kept_apart(
        messages in prop::collection::vec((any::<bool>(), any::<bool>(), any::<bool>()), 0..40),
    ) {
        let mut sequencer = Sequencer::new();
        let mut group_failed = false;
        let mut on_bus = false;
        for (malformed, fails, more) in messages {
            let next = if more { Next::Message } else { Next::Stop };
            let admitted = sequencer.admission() == Admission::Attempt;
            prop_assert_eq!(admitted, !group_failed);
            let attempt = admitted && !malformed;
            let action = if attempt {
                sequencer.attempted(
                    next,
                    if fails { Outcome::Failed } else { Outcome::Acknowledged },
                )
            } else {
                sequencer.refused(next)
            };
            on_bus |= attempt;
            group_failed |= malformed || (attempt && fails);
            let stops = on_bus && (group_failed || !more);
            prop_assert_eq!(action == BusAction::Stop, stops);
            prop_assert_eq!(action == BusAction::Hold, on_bus && !stops);
            on_bus &= !stops;
            group_failed &= more;
        }
    }
}
