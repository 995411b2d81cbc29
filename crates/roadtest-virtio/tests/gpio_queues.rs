// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! virtio-gpio in bytes: requests, event buffers and the configuration space.

use insta::assert_snapshot;
use proptest::prelude::*;
use roadtest_model::{Edge, Level};
use roadtest_virtio::Reply;
use roadtest_virtio::gpio::{
    BadLines, Config, Direction, Effect, Lines, MalformedEvent, OutOfBounds, Refused, Setup, event,
};

fn named(name: &str) -> Setup {
    Setup {
        name: name.to_owned(),
        ..Setup::default()
    }
}

fn device() -> Lines<u32> {
    Lines::new([named("int"), named(""), named("reset")]).expect("three lines")
}

fn request(kind: u16, line: u16, value: u32) -> Vec<u8> {
    [
        &kind.to_le_bytes()[..],
        &line.to_le_bytes(),
        &value.to_le_bytes(),
    ]
    .concat()
}

/// The reply to a good request.
fn ask(lines: &mut Lines<u32>, kind: u16, line: u16, value: u32) -> (Vec<u8>, Vec<Effect<u32>>) {
    let answer = lines.answer(&request(kind, line, value), 2);
    assert_eq!(answer.fault, None);
    assert_eq!(answer.reply.offset, 0);
    (answer.reply.bytes, answer.effects)
}

#[test]
fn names_are_one_block() {
    let mut lines = device();
    let answer = lines.answer(&request(1, 0, 0), 12);
    assert_eq!(answer.reply.bytes, b"\0int\0\0reset\0");
    assert_eq!(lines.config().names().len(), 11);
    let answer = lines.answer(&request(1, 0, 0), 11);
    assert_eq!(answer.reply.bytes, [1, 0]);
    assert_eq!(
        answer.fault.expect("fault").to_string(),
        "malformed virtio-gpio request: room for 10 bytes of line names, there are 11"
    );
}

#[test]
fn a_device_without_names_says_so() {
    let mut lines: Lines<u32> = Lines::new([named(""), named("")]).expect("two lines");
    assert_eq!(lines.config().read(0, 8), Ok(&[2, 0, 0, 0, 0, 0, 0, 0][..]));
    let answer = lines.answer(&request(1, 0, 0), 1);
    assert_eq!(answer.reply.bytes, [1]);
}

#[test]
fn the_configuration_is_read_in_any_pieces_and_not_beyond() {
    let config = Config::new(&["a"; 1]).expect("one line");
    assert_eq!(config.read(0, 8), Ok(&[1, 0, 0, 0, 2, 0, 0, 0][..]));
    assert_eq!(config.read(0, 2), Ok(&[1, 0][..]));
    assert_eq!(config.read(4, 1), Ok(&[2][..]));
    assert_eq!(config.read(8, 0), Ok(&[][..]));
    for (offset, len) in [(7, 2), (9, 0), (0, 9), (usize::MAX, 2)] {
        assert_eq!(config.read(offset, len), Err(OutOfBounds { offset, len }));
    }
}

#[test]
fn bad_lines_are_refused() {
    assert_eq!(Config::new(&[]), Err(BadLines::Number(0)));
    assert_eq!(Config::new(&[""; 65_536]), Err(BadLines::Number(65_536)));
    Config::new(&[""; 65_535]).expect("65535 lines");
    let text = |names: &[&str]| Config::new(names).expect_err("bad").to_string();
    assert_snapshot!(text(&["a", "", "ä"]), @r#"line 2: name "ä" is not ASCII without NUL"#);
    assert_snapshot!(text(&["a\0b"]), @r#"line 0: name "a\0b" is not ASCII without NUL"#);
    assert_snapshot!(text(&["a", "", "", "a"]), @r#"lines 0 and 3 are both named "a""#);
}

#[test]
fn an_output_changes_when_it_is_driven_and_not_before() {
    let mut lines = device();
    assert_eq!(ask(&mut lines, 2, 2, 0).0, [0, 2]);
    let (reply, effects) = ask(&mut lines, 5, 2, 1);
    assert_eq!((reply, effects), (vec![0, 0], vec![]));
    assert_eq!(lines.line(2).expect("line").driven(), None);
    let (_, effects) = ask(&mut lines, 3, 2, 1);
    let line = 2;
    assert_eq!(
        effects,
        [
            Effect::DirectionChanged {
                line,
                direction: Direction::Output
            },
            Effect::OutputChanged {
                line,
                level: Level::High
            },
        ]
    );
    assert_eq!(ask(&mut lines, 2, 2, 0).0, [0, 1]);
    assert_eq!(ask(&mut lines, 4, 2, 0).0, [0, 1]);
    assert_eq!(ask(&mut lines, 5, 2, 1).1, []);
    assert_eq!(
        ask(&mut lines, 5, 2, 0).1,
        [Effect::OutputChanged {
            line,
            level: Level::Low
        }]
    );
}

#[test]
fn an_input_is_read_as_it_is_driven_from_outside() {
    let mut lines = device();
    assert_eq!(ask(&mut lines, 4, 1, 0).0, [0, 0]);
    lines.set_level(1, Level::High).expect("line");
    assert_eq!(ask(&mut lines, 4, 1, 0).0, [0, 1]);
    assert_eq!(ask(&mut lines, 4, 0, 0).0, [0, 0]);
}

#[test]
fn no_direction_forgets_what_the_driver_set() {
    let mut lines = device();
    ask(&mut lines, 5, 1, 1);
    ask(&mut lines, 6, 1, 1);
    lines.event(&[1, 0], 1, 9);
    let (_, effects) = ask(&mut lines, 3, 1, 0);
    let line = 1;
    assert_eq!(
        effects,
        [
            Effect::Disarmed { line },
            Effect::Returned {
                line: Some(line),
                token: 9
            },
            Effect::DirectionChanged {
                line,
                direction: Direction::None
            },
        ]
    );
    assert_eq!(ask(&mut lines, 2, 1, 0).0, [0, 0]);
    let (_, effects) = ask(&mut lines, 3, 1, 1);
    assert_eq!(
        effects[1],
        Effect::OutputChanged {
            line,
            level: Level::Low
        }
    );
}

#[test]
fn faults_are_answered_with_an_error_and_say_how() {
    let mut lines = device();
    ask(&mut lines, 3, 1, 1);
    ask(&mut lines, 6, 0, 2);
    let mut text = |readable: &[u8], writable_len| {
        let answer = lines.answer(readable, writable_len);
        assert_eq!(answer.effects, []);
        assert_eq!(answer.reply.bytes, [1, 0][..writable_len.min(2)]);
        answer.fault.expect("fault").to_string()
    };
    let all = [
        text(&[], 0),
        text(&request(2, 0, 0)[..7], 2),
        text(&request(2, 0, 0), 1),
        text(&request(2, 0, 0), 3),
        text(&request(1, 0, 0), 0),
        text(&request(0, 0, 0), 2),
        text(&request(7, 0, 0), 2),
        text(&request(3, 0, 3), 2),
        text(&request(5, 0, 2), 2),
        text(&request(6, 0, 5), 2),
        text(&request(4, 3, 0), 2),
        text(&request(6, 1, 1), 2),
        text(&request(3, 0, 1), 2),
    ];
    assert_snapshot!(all.join("\n"), @r"
    malformed virtio-gpio request: 0 readable bytes, a request has 8
    malformed virtio-gpio request: 7 readable bytes, a request has 8
    malformed virtio-gpio request: room for a response of 1 bytes, it has 2
    malformed virtio-gpio request: room for a response of 3 bytes, it has 2
    malformed virtio-gpio request: room for a response of 0 bytes, it has 1
    malformed virtio-gpio request: unknown type 0x0000
    malformed virtio-gpio request: unknown type 0x0007
    malformed virtio-gpio request: type 0x0003 with value 0x3
    malformed virtio-gpio request: type 0x0005 with value 0x2
    malformed virtio-gpio request: type 0x0006 with value 0x5
    refused: line 3 does not exist, there are 3
    refused: interrupt for line 1, which is an output
    refused: line 0 to output while its interrupt is enabled
    ");
}

#[test]
fn event_buffers_unmask_or_come_back() {
    let mut lines = device();
    ask(&mut lines, 6, 0, 2);
    assert_eq!(
        lines.event(&[0, 0], 1, 1),
        (Effect::Unmasked { line: 0 }, None)
    );
    let (effect, fault) = lines.event(&[0, 0], 1, 2);
    assert_eq!(
        effect,
        Effect::Returned {
            line: Some(0),
            token: 2
        }
    );
    assert_eq!(fault, Some(Refused::AlreadyUnmasked { line: 0 }.into()));
    let (effect, fault) = lines.event(&[3, 0], 1, 3);
    assert_eq!(
        effect,
        Effect::Returned {
            line: Some(3),
            token: 3
        }
    );
    assert_eq!(fault, Some(Refused::NoLine { line: 3, lines: 3 }.into()));
    let (effect, fault) = lines.event(&[0], 1, 4);
    assert_eq!(
        effect,
        Effect::Returned {
            line: None,
            token: 4
        }
    );
    assert_eq!(fault, Some(MalformedEvent::RequestLength(1).into()));
    let (effect, fault) = lines.event(&[0, 0], 0, 5);
    assert_eq!(
        effect,
        Effect::Returned {
            line: None,
            token: 5
        }
    );
    assert_eq!(fault, Some(MalformedEvent::ResponseLength(0).into()));
    assert!(!lines.line(0).expect("line").is_masked());
    assert_eq!(event::fired().bytes, [1]);
    assert_eq!(event::returned(1).bytes, [0]);
    assert_eq!(event::returned(0), Reply::nothing());
}

#[test]
fn effects_are_shown_in_words() {
    let effects: [Effect<()>; 4] = [
        Effect::Armed {
            line: 0,
            trigger: Edge::LevelLow,
        },
        Effect::OutputChanged {
            line: 0,
            level: Level::High,
        },
        Effect::DirectionChanged {
            line: 0,
            direction: Direction::Input,
        },
        Effect::Fired { line: 0, token: () },
    ];
    let text = effects.map(|effect| effect.to_string()).join(", ");
    assert_snapshot!(text, @"armed level-low, output high, direction input, fired");
}

proptest! {
    #[test]
    fn any_chain_gets_an_answer_that_fits(
        chains in prop::collection::vec(
            (
                any::<bool>(),
                prop_oneof![
                    prop::collection::vec(any::<u8>(), 0..12),
                    (0..8u16, 0..4u16, 0..9u32).prop_map(|(k, l, v)| request(k, l, v)),
                    (0..4u16).prop_map(|l| l.to_le_bytes().to_vec()),
                ],
                0..14usize,
            ),
            0..60,
        ),
    ) {
        let mut lines = device();
        let mut parked = 0;
        for (token, (on_events, readable, writable_len)) in (0..).zip(chains) {
            let effects = if on_events {
                parked += 1;
                vec![lines.event(&readable, writable_len, token).0]
            } else {
                let answer = lines.answer(&readable, writable_len);
                prop_assert!(answer.reply.used() <= writable_len);
                let failed = answer.reply.bytes.first().is_none_or(|&status| status == 1);
                prop_assert_eq!(failed, answer.fault.is_some());
                answer.effects
            };
            let done = effects.iter().filter(|effect| {
                matches!(effect, Effect::Fired { .. } | Effect::Returned { .. })
            });
            parked -= done.count();
        }
        prop_assert_eq!(lines.reset().len(), parked);
    }
}
