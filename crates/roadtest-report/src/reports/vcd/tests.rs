// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Waveforms of the example run, and what listeners hear on its wires.

use roadtest_record::event::{Direction, End, Outcome, Transfer};

use super::super::run::example;
use super::listener::File;
use super::*;

/// The example's test with buses of both kinds.
fn test() -> Test {
    let run = example();
    let test = run.find("reads_lux").expect("there is one");
    test.clone()
}

fn rendered(test: &Test, content: Content) -> String {
    let bytes = render(test, content).expect("it is rendered");
    String::from_utf8(bytes).expect("it is text")
}

fn file(test: &Test) -> File {
    File::read(&rendered(test, Content::Levels)).expect("a reader takes it")
}

/// The test with other transfers on its I2C bus.
fn with(change: impl Fn(&mut Transfer)) -> Test {
    let mut test = test();
    for event in &mut test.events {
        if let What::Transfer(transfer) = &mut event.what
            && transfer.bus == "i2c"
        {
            change(transfer);
        }
    }
    test
}

#[test]
fn a_test_as_waveforms() {
    insta::assert_snapshot!(rendered(&test(), Content::Levels));
}

#[test]
fn a_test_as_waveforms_with_texts() {
    let text = rendered(&test(), Content::LevelsAndTexts);
    // Levels are as in the file without texts.
    let texts = text
        .lines()
        .filter(|line| !line.starts_with(['0', '1', 'x', 'z']));
    let mut lines: Vec<&str> = texts.collect();
    // Of times, those at which a text changes.
    lines.dedup_by(|next, line| {
        line.starts_with('#') && next.starts_with('#') && {
            *line = next;
            true
        }
    });
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_reader_of_the_format_finds_every_signal() {
    let text = rendered(&test(), Content::LevelsAndTexts);
    let mut parser = vcd::Parser::new(text.as_bytes());
    let header = parser.parse_header().expect("it is well-formed");
    for path in [
        ["board", "i2c", "scl"],
        ["board", "i2c", "transfer"],
        ["board", "spi", "cs0"],
        ["board", "pins", "gpio3"],
        ["board", "interrupts", "gpio3_fired"],
        ["board", "guest", "request"],
    ] {
        assert!(header.find_var(&path).is_some(), "{path:?}");
    }
    let commands: Result<Vec<_>, _> = parser.collect();
    assert!(commands.is_ok_and(|commands| commands.len() > 100));
}

#[test]
fn a_tick_is_as_long_as_the_rate_of_the_bus_allows() {
    // 400 kHz: a quarter of a bit has 625 ns.
    assert_eq!(file(&test()).timescale, "100 ns");
    let at = |scl_hz: u64| {
        let mut test = test();
        test.events.retain(|event| match &event.what {
            What::Transfer(transfer) => transfer.bus == "i2c",
            _ => true,
        });
        for event in &mut test.events {
            if let What::Transfer(transfer) = &mut event.what {
                let bits = 2 + 9 * (1 + transfer.bytes().len() as u64);
                event.time_ns = transfer.start_ns + bits * 1_000_000_000 / scl_hz;
            }
        }
        file(&test).timescale
    };
    assert_eq!(at(50), "1 ms");
    assert_eq!(at(100_000), "1 us");
    assert_eq!(at(1_000_000), "100 ns");
    assert_eq!(at(3_400_000), "10 ns");
}

#[test]
fn the_file_ends_with_the_test_and_after_its_last_change() {
    let mut test = test();
    assert_eq!(file(&test).ticks.last(), Some(&8_212_400));
    test.record.virtual_ns = 0;
    let ticks = file(&test).ticks;
    assert_eq!(ticks[ticks.len() - 1], ticks[ticks.len() - 2] + 1);
}

#[test]
fn a_listener_hears_what_was_said() {
    let file = file(&test());
    assert_eq!(
        file.i2c("i2c"),
        [
            "START", "88 ACK", "01 ACK", "ca ACK", "10 ACK", "STOP", "START", "89 ACK", "34 ACK",
            "56 NACK", "STOP"
        ]
    );
    assert_eq!(
        file.spi("spi", "cs0"),
        [
            "SELECT", "01 > 00", "80 > 02", "00 > bc", "RELEASE", "SELECT", "8f > --", "-- > a5",
            "RELEASE"
        ]
    );
}

#[test]
fn a_repeated_start_and_bytes_that_are_not_acknowledged_are_heard() {
    let test = with(|transfer| {
        if transfer.direction == Direction::Write {
            transfer.end = End::Held;
            transfer.outcome = Outcome::ByteRefused(2);
        } else {
            transfer.outcome = Outcome::AddressRefused;
        }
    });
    assert_eq!(
        file(&test).i2c("i2c"),
        [
            "START", "88 ACK", "01 ACK", "ca ACK", "10 NACK", "START", "89 NACK", "STOP"
        ]
    );
}

#[test]
fn an_address_of_ten_bits_is_refused_at_its_first_byte() {
    let test = with(|transfer| {
        transfer.unit = "344".to_owned();
        transfer.outcome = Outcome::AddressRefused;
    });
    assert_eq!(
        file(&test).i2c("i2c"),
        ["START", "f6 NACK", "STOP", "START", "f6 NACK", "STOP"]
    );
}

#[test]
fn messages_that_follow_at_once_are_apart() {
    let mut test = test();
    let mut end = None;
    for event in &mut test.events {
        if let What::Transfer(transfer) = &mut event.what {
            let duration = event.time_ns - transfer.start_ns;
            transfer.start_ns = end.unwrap_or(transfer.start_ns);
            event.time_ns = transfer.start_ns + duration;
            transfer.end = End::Stop;
            if transfer.bus == "spi" {
                end = Some(event.time_ns);
            }
        }
    }
    test.events.retain(|event| match &event.what {
        What::Transfer(transfer) => transfer.bus == "spi",
        _ => false,
    });
    assert_eq!(
        file(&test).spi("spi", "cs0"),
        [
            "SELECT", "01 > 00", "80 > 02", "00 > bc", "RELEASE", "SELECT", "8f > --", "RELEASE",
            "SELECT", "-- > a5", "RELEASE"
        ]
    );
}

#[test]
fn buses_are_apart_and_one_that_has_no_wires_here_has_a_text() {
    let mut test = test();
    let other = test.events.iter().find_map(|event| match &event.what {
        What::Transfer(transfer) => Some((event.time_ns, transfer.clone())),
        _ => None,
    });
    let (time_ns, transfer) = other.expect("there is one");
    for (bus, unit) in [("i2c-pmic", "48"), ("mdio 0", "phy3")] {
        let mut transfer = transfer.clone();
        transfer.bus = bus.to_owned();
        transfer.unit = unit.to_owned();
        test.events.push(Event {
            time_ns,
            what: What::Transfer(transfer),
        });
    }
    let file = file(&test);
    assert_eq!(file.i2c("i2c").len(), 11);
    assert_eq!(
        file.i2c("i2c-pmic"),
        ["START", "90 ACK", "01 ACK", "ca ACK", "10 ACK", "STOP"]
    );
    assert!(!file.wires.iter().any(|(wire, _)| wire.starts_with("mdio")));
    let text = rendered(&test, Content::LevelsAndTexts);
    assert!(
        text.contains("$scope module mdio_0 $end\n$var string"),
        "{text}"
    );
}

#[test]
fn interrupts_that_follow_at_once_are_seen_one_by_one() {
    let mut test = test();
    test.events.clear();
    for time_ns in [1_000, 1_400] {
        test.events.push(Event {
            time_ns,
            what: What::Interrupt {
                pin: "gpio3".to_owned(),
                text: "fired".to_owned(),
            },
        });
    }
    test.record.virtual_ns = 2_000;
    let text = rendered(&test, Content::Levels);
    let (_, body) = text
        .split_once("$enddefinitions $end\n")
        .expect("it has a header");
    assert_eq!(
        body,
        "#0\n0!\n#1\n#10\n1!\n#11\n0!\n#14\n1!\n#15\n0!\n#20\n"
    );
}
