// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! virtio-spi transfers: what the configuration says, what is read from a
//! chain, what is refused, and in which order bits are on the wire.

use insta::assert_snapshot;
use proptest::prelude::*;
use roadtest_model::SpiMode;
use roadtest_virtio::Reply;
use roadtest_virtio::spi::request::error_reply;
use roadtest_virtio::spi::words::swap;
use roadtest_virtio::spi::{
    BitOrder, ChipSelect, Config, Data, Delays, Lanes, PAYLOAD_MAX, Request, Support,
};

/// The header of a transfer, as the driver fills it.
#[derive(Clone, Copy, Debug)]
struct Head {
    chip_select: u8,
    word_bits: u8,
    cs_change: u8,
    nbits: [u8; 2],
    reserved: [u8; 3],
    mode: u32,
    freq: u32,
    delays: [u32; 4],
}

const HEAD: Head = Head {
    chip_select: 0,
    word_bits: 8,
    cs_change: 0,
    nbits: [1, 0],
    reserved: [0; 3],
    mode: 0,
    freq: 1_000_000,
    delays: [0; 4],
};

impl Head {
    fn chain(self, sent: &[u8]) -> Vec<u8> {
        let mut bytes = vec![self.chip_select, self.word_bits, self.cs_change];
        bytes.extend(self.nbits);
        bytes.extend(self.reserved);
        for word in [self.mode, self.freq].into_iter().chain(self.delays) {
            bytes.extend(word.to_le_bytes());
        }
        assert_eq!(bytes.len(), 32);
        bytes.extend(sent);
        bytes
    }
}

fn config() -> Config {
    Config::new(2, 10_000_000)
}

fn parse(head: Head, sent: &[u8], writable_len: usize) -> Result<Request, String> {
    Request::parse(&head.chain(sent), writable_len, &config()).map_err(|error| error.to_string())
}

#[test]
fn the_configuration_says_what_the_device_can_do() {
    let bytes = Config::new(3, 10_000_000).bytes();
    let words: Vec<_> = bytes[4..]
        .chunks_exact(4)
        .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
        .collect();
    assert_eq!(bytes[..4], [3, 1, 0, 0]);
    assert_eq!(words[..3], [0x8000_8080, 0x2f, 10_000_000]);
    assert_eq!(words[3..], [u32::MAX; 4]);

    let other = Config {
        cs_change: Support::No,
        tx: Lanes {
            quad: Support::Yes,
            ..Lanes::SINGLE
        },
        rx: Lanes {
            dual: Support::Yes,
            octal: Support::Yes,
            ..Lanes::SINGLE
        },
        modes: vec![SpiMode::Mode2],
        cs_high: Support::Yes,
        lsb_first: Support::No,
        loopback: Support::Yes,
        ..config()
    };
    let bytes = other.bytes();
    assert_eq!(bytes[..4], [2, 0, 2, 5]);
    assert_eq!(bytes[8..12], [0b101_1001, 0, 0, 0]);
}

#[test]
fn a_write_is_read() {
    let head = Head {
        chip_select: 1,
        cs_change: 1,
        mode: 3,
        delays: [1, 2, 3, 4],
        ..HEAD
    };
    let request = parse(head, &[0x2d, 0x08], 1).expect("good");
    let expected = Request {
        chip_select: 1,
        data: Data::Write(vec![0x2d, 0x08]),
        word_bits: 8,
        order: BitOrder::MsbFirst,
        mode: SpiMode::Mode3,
        freq_hz: 1_000_000,
        then: ChipSelect::Released,
        delays: Delays {
            word_ns: 1,
            cs_setup_ns: 2,
            cs_hold_ns: 3,
            cs_inactive_ns: 4,
        },
    };
    assert_eq!(request, expected);
    // What the chip sends meanwhile is not wanted.
    assert_eq!(request.done(&[0xff, 0xff]), Reply::whole(vec![0]));
    assert_eq!(request.failed(), Reply::whole(vec![2]));
}

#[test]
fn a_read_is_answered_with_its_bytes_before_the_result() {
    let request = parse(HEAD, &[], 3).expect("good");
    assert_eq!(request.data, Data::Read(2));
    assert_eq!(request.then, ChipSelect::Kept);
    assert_eq!(request.sent(), [0, 0]);
    assert_eq!(request.done(&[1, 2]), Reply::whole(vec![1, 2, 0]));
    let error = Reply {
        offset: 2,
        bytes: vec![2],
    };
    assert_eq!(request.failed(), error);
}

#[test]
fn a_transfer_in_both_directions_has_one_length() {
    let request = parse(HEAD, &[0x80, 0], 3).expect("good");
    assert_eq!(request.data, Data::Both(vec![0x80, 0]));
    assert_eq!(request.done(&[0, 0xe5]), Reply::whole(vec![0, 0xe5, 0]));
    let error = parse(HEAD, &[0x80, 0], 4).expect_err("another length");
    assert_snapshot!(error, @"2 bytes to send and room to receive 3");
}

#[test]
fn a_transfer_of_nothing_is_one() {
    let request = parse(HEAD, &[], 1).expect("good");
    assert!(request.is_empty());
    assert_eq!(request.done(&[]), Reply::whole(vec![0]));
}

#[test]
#[should_panic(expected = "as many bytes come as go")]
fn a_reply_of_another_length_is_a_defect_of_the_caller() {
    let request = parse(HEAD, &[], 3).expect("good");
    let _ = request.done(&[1]);
}

#[test]
fn words_are_in_the_order_of_the_wire_for_the_chip_and_of_the_memory_for_the_driver() {
    let both = |word_bits, mode| {
        let head = Head {
            word_bits,
            mode,
            ..HEAD
        };
        let request = parse(head, &[0x01, 0x02, 0x03, 0x04], 5).expect("good");
        let reply = request.done(&[0x80, 0x00, 0x00, 0x03]);
        (request.sent(), reply.bytes)
    };
    let cases = [
        both(8, 0),
        both(16, 0),
        both(32, 0),
        both(8, 8),
        both(16, 8),
        both(32, 8),
    ];
    let lines: Vec<_> = cases
        .iter()
        .map(|(wire, memory)| format!("{wire:02x?} {memory:02x?}"))
        .collect();
    assert_snapshot!(lines.join("\n"), @r"
    [01, 02, 03, 04] [80, 00, 00, 03, 00]
    [02, 01, 04, 03] [00, 80, 03, 00, 00]
    [04, 03, 02, 01] [03, 00, 00, 80, 00]
    [80, 40, c0, 20] [01, 00, 00, c0, 00]
    [80, 40, c0, 20] [01, 00, 00, c0, 00]
    [80, 40, c0, 20] [01, 00, 00, c0, 00]
    ");
}

#[test]
fn what_the_device_does_not_offer_is_refused() {
    let text = |head: Head| parse(head, &[1, 2], 1).expect_err("refused");
    let bad = [
        Head {
            chip_select: 2,
            ..HEAD
        },
        Head {
            word_bits: 0,
            ..HEAD
        },
        Head {
            word_bits: 12,
            ..HEAD
        },
        Head {
            word_bits: 64,
            ..HEAD
        },
        Head {
            word_bits: 32,
            ..HEAD
        },
        Head {
            cs_change: 2,
            ..HEAD
        },
        Head {
            nbits: [2, 0],
            ..HEAD
        },
        Head {
            nbits: [0, 3],
            ..HEAD
        },
        Head {
            reserved: [0, 0, 1],
            ..HEAD
        },
        Head { mode: 0x4, ..HEAD },
        Head { mode: 0x10, ..HEAD },
        Head { mode: 0x20, ..HEAD },
        Head { freq: 0, ..HEAD },
        Head {
            freq: 10_000_001,
            ..HEAD
        },
    ];
    assert_snapshot!(bad.map(text).join("\n"), @r"
    chip select 2, the device has 2
    words of 0 bits, which the device does not offer
    words of 12 bits, which the device does not offer
    words of 64 bits, which the device does not offer
    2 bytes are no whole words of 32 bits
    cs_change 2, which the device does not offer
    2 data lines, which the device does not offer
    3 data lines, which the device does not offer
    reserved bytes [00, 00, 01]
    mode 0x4, which the device does not offer
    mode 0x10, which the device does not offer
    mode 0x20, which the device does not offer
    SCK at 0 Hz, the device has 1 to 10000000 Hz
    SCK at 10000001 Hz, the device has 1 to 10000000 Hz
    ");
}

#[test]
fn a_device_that_can_do_less_refuses_more() {
    let less = Config {
        cs_change: Support::No,
        modes: vec![SpiMode::Mode0],
        lsb_first: Support::No,
        freq_hz_max: 0,
        word_delay_ns_max: 10,
        cs_setup_ns_max: 0,
        ..config()
    };
    let parse = |head: Head| Request::parse(&head.chain(&[1]), 1, &less).map(drop);
    let text = |head| parse(head).expect_err("refused").to_string();
    let bad = [
        Head {
            cs_change: 1,
            ..HEAD
        },
        Head { mode: 1, ..HEAD },
        Head { mode: 8, ..HEAD },
        Head {
            delays: [11, 0, 0, 0],
            ..HEAD
        },
        Head {
            delays: [0, 1, 0, 0],
            ..HEAD
        },
    ];
    assert_snapshot!(bad.map(text).join("\n"), @r"
    cs_change 1, which the device does not offer
    mode 0x1, which the device does not offer
    mode 0x8, which the device does not offer
    word delay of 11 ns, the device has at most 10 ns
    chip select setup of 1 ns, the device has at most 0 ns
    ");
    parse(Head {
        freq: u32::MAX,
        delays: [10, 0, u32::MAX, u32::MAX],
        ..HEAD
    })
    .expect("no limit");
}

#[test]
fn chains_that_are_no_transfer_say_how() {
    let text = |readable: &[u8], writable_len| {
        let error = Request::parse(readable, writable_len, &config()).expect_err("malformed");
        error.to_string()
    };
    let long = vec![0; PAYLOAD_MAX + 1];
    let all = [
        text(&[], 0),
        text(&HEAD.chain(&[])[..31], 1),
        text(&HEAD.chain(&[1]), 0),
        text(&HEAD.chain(&long), 1),
        text(&HEAD.chain(&[]), PAYLOAD_MAX + 2),
        text(&HEAD.chain(&[]), usize::MAX),
    ];
    assert_snapshot!(all.join("\n"), @r"
    0 readable bytes, the header has 32
    31 readable bytes, the header has 32
    no writable byte for the result
    65537 bytes of payload, at most 65536 are accepted
    65537 bytes of payload, at most 65536 are accepted
    18446744073709551614 bytes of payload, at most 65536 are accepted
    ");
    parse(HEAD, &long[1..], PAYLOAD_MAX + 1).expect("64 KiB each way");
    assert_eq!(error_reply(0), Reply::nothing());
    let error = Reply {
        offset: 2,
        bytes: vec![1],
    };
    assert_eq!(error_reply(3), error);
}

proptest! {
    #[test]
    fn any_chain_gets_an_answer_that_fits(
        readable in prop::collection::vec(any::<u8>(), 0..48),
        head in prop::array::uniform5(0..4u8),
        writable_len in prop_oneof![0..40usize, any::<usize>()],
    ) {
        // Random bytes are almost never a header: zeroes with some bits are
        // more often.
        let likely = Head {
            chip_select: head[0],
            word_bits: head[1] * 8,
            cs_change: head[2],
            nbits: [head[3], head[4]],
            ..HEAD
        };
        for readable in [readable.clone(), likely.chain(&readable)] {
            let (reply, result) = match Request::parse(&readable, writable_len, &config()) {
                Ok(request) => {
                    prop_assert!(request.len() <= PAYLOAD_MAX);
                    let done = request.done(&vec![0xa5; request.len()]);
                    prop_assert_eq!(done.used(), writable_len);
                    (request.failed(), 2)
                }
                Err(_) => (error_reply(writable_len), 1),
            };
            prop_assert_eq!(reply.used(), writable_len);
            prop_assert_eq!(reply.bytes.last().copied(), (writable_len > 0).then_some(result));
        }
    }

    #[test]
    fn a_loop_from_output_to_input_returns_what_was_sent(
        data in prop::collection::vec(any::<u8>(), 0..64),
        word in prop_oneof![Just(8u8), Just(16), Just(32)],
        order in prop_oneof![Just(0u32), Just(8)],
    ) {
        let len = data.len() - data.len() % usize::from(word / 8);
        let head = Head { word_bits: word, mode: order, ..HEAD };
        let request = parse(head, &data[..len], len + 1).expect("good");
        let reply = request.done(&request.sent());
        prop_assert_eq!(&reply.bytes[..len], &data[..len]);
    }

    #[test]
    fn the_wire_has_the_bits_of_a_word_in_their_order(word in any::<u32>()) {
        let wire = |order| {
            let mut bytes = word.to_le_bytes();
            swap(&mut bytes, 4, order);
            u32::from_be_bytes(bytes)
        };
        prop_assert_eq!(wire(BitOrder::MsbFirst), word);
        prop_assert_eq!(wire(BitOrder::LsbFirst), word.reverse_bits());
    }
}
