// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Waveforms of any record, whether a controller could have left it or not.

use proptest::prelude::*;
use roadtest_record::event::{Direction, End, Outcome, Transfer};

use super::super::run::example;
use super::listener::File;
use super::*;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~é$#\\\\]{0,6}",
        prop::sample::select(vec![
            "i2c", "pins", "guest", "a b", "a_b", "$end", "#1", "high", "low", "fired"
        ])
        .prop_map(str::to_owned),
    ]
}

fn unit() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "44", "7f", "80", "3ff", "400", "+4", "cs0", "cs", "cs-1", "ffffffff", "44 ", "é"
        ])
        .prop_map(str::to_owned),
        text(),
    ]
}

fn bytes() -> impl Strategy<Value = String> {
    prop_oneof!["([0-9a-f]{2} ){0,5}", text()]
}

fn time() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..1_000u64,
        0..1_000_000_000u64,
        any::<u64>(),
        Just(u64::MAX)
    ]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Completed),
        Just(Outcome::AddressRefused),
        any::<usize>().prop_map(Outcome::ByteRefused),
        (0..6usize).prop_map(Outcome::ByteRefused),
    ]
}

prop_compose! {
    fn transfer()(
        bus in text(),
        unit in unit(),
        chip in text(),
        start_ns in time(),
        direction in prop::sample::select(vec![Direction::Write, Direction::Read, Direction::Both]),
        (bytes, received) in (bytes(), bytes()),
        held in any::<bool>(),
        outcome in outcome(),
        end in prop::sample::select(vec![End::Stop, End::Held]),
    ) -> What {
        What::Transfer(Transfer {
            bus, unit, chip, start_ns, direction, bytes, received, accesses: Vec::new(), held,
            outcome, end,
        })
    }
}

fn what() -> impl Strategy<Value = What> {
    prop_oneof![
        4 => transfer(),
        1 => (text(), text(), text()).prop_map(|(pin, to, by)| What::Pin { pin, to, by }),
        1 => (text(), text()).prop_map(|(pin, text)| What::Interrupt { pin, text }),
        1 => text().prop_map(|text| What::Kernel { text }),
        1 => (text(), text()).prop_map(|(chip, text)| What::Violation { chip, text }),
    ]
}

prop_compose! {
    fn test()(
        events in prop::collection::vec((time(), what()), 0..12),
        virtual_ns in time(),
    ) -> Test {
        let run = example();
        let mut test = run.find("reads_lux").expect("there is one").clone();
        let events = events.into_iter();
        test.events = events.map(|(time_ns, what)| Event { time_ns, what }).collect();
        test.record.virtual_ns = virtual_ns;
        test
    }
}

proptest! {
    #[test]
    fn every_record_is_a_file_that_sigrok_reads(test in test()) {
        let bytes = render(&test, Content::Levels).expect("it is rendered");
        let text = String::from_utf8(bytes).expect("it is text");
        if let Err(error) = File::read(&text) {
            prop_assert!(false, "{error}\n{text}");
        }
    }

    #[test]
    fn every_record_is_a_file_with_texts(test in test()) {
        let bytes = render(&test, Content::LevelsAndTexts).expect("it is rendered");
        let mut parser = vcd::Parser::new(&bytes[..]);
        prop_assert!(parser.parse_header().is_ok());
        let mut last = None;
        for command in parser {
            if let vcd::Command::Timestamp(now) = command.expect("it is well-formed") {
                prop_assert!(last.is_none_or(|last| now > last));
                last = Some(now);
            }
        }
    }

    #[test]
    fn a_message_of_any_rate_is_heard(
        data in prop::collection::vec(any::<u8>(), 0..6),
        start_ns in 0..u64::from(u32::MAX),
        scl_hz in 1..5_000_000u64,
    ) {
        let run = example();
        let mut test = run.find("reads_lux").expect("there is one").clone();
        let hex: Vec<String> = data.iter().map(|byte| format!("{byte:02x}")).collect();
        let bits = 2 + 9 * (1 + data.len() as u64);
        test.events = vec![Event {
            time_ns: start_ns + bits * 1_000_000_000 / scl_hz,
            what: What::Transfer(Transfer {
                bus: "i2c".to_owned(),
                unit: "44".to_owned(),
                chip: String::new(),
                start_ns,
                direction: Direction::Write,
                bytes: hex.join(" "),
                received: String::new(),
                accesses: Vec::new(),
                held: false,
                outcome: Outcome::Completed,
                end: End::Stop,
            }),
        }];
        let text = String::from_utf8(render(&test, Content::Levels).expect("it is rendered"));
        let file = File::read(&text.expect("it is text")).expect("sigrok reads it");
        let mut said = vec!["START".to_owned(), "88 ACK".to_owned()];
        said.extend(hex.iter().map(|byte| format!("{byte} ACK")));
        said.push("STOP".to_owned());
        prop_assert_eq!(file.i2c("i2c"), said);
    }
}
