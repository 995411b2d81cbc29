// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A test's bus and pins as waveforms (Value Change Dump, IEEE 1364-2005,
//! section 18), for GTKWave, PulseView and Surfer. SCL and SDA are drawn from
//! the bytes of each message by `wire`, so that a viewer's own I2C decoder
//! has something to decode; decoded texts stand beside them as strings, in
//! which `_` stands for a space, because the format has none.

mod wire;

use std::collections::BTreeMap;

use roadtest_record::event::{Event, What};
use vcd::{IdCode, TimescaleUnit, Value, VarType, Writer};

use super::run::Test;

/// What a signal changes to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    /// A wire's level.
    Level(Value),
    /// A text.
    Text(String),
}

/// All changes of a test, in order of time.
#[derive(Debug, Default)]
pub(super) struct Changes {
    list: Vec<(u64, usize, Change)>,
    signals: BTreeMap<&'static str, BTreeMap<String, Signal>>,
    count: usize,
}

/// A signal; its scope and its name lead to it.
#[derive(Clone, Copy, Debug)]
struct Signal {
    /// Signals are numbered as they appear.
    number: usize,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Wire,
    Text,
}

impl Changes {
    fn level(&mut self, time_ns: u64, scope: &'static str, name: &str, level: Value) {
        let number = self.number(scope, name, Kind::Wire);
        self.list.push((time_ns, number, Change::Level(level)));
    }

    fn text(&mut self, time_ns: u64, scope: &'static str, name: &str, text: &str) {
        let number = self.number(scope, name, Kind::Text);
        self.list
            .push((time_ns, number, Change::Text(text.to_owned())));
    }

    fn number(&mut self, scope: &'static str, name: &str, kind: Kind) -> usize {
        let scope = self.signals.entry(scope).or_default();
        if let Some(signal) = scope.get(name) {
            return signal.number;
        }
        let number = self.count;
        self.count += 1;
        scope.insert(name.to_owned(), Signal { number, kind });
        number
    }
}

/// The waveforms of a test.
///
/// # Errors
/// Those of the writer.
pub fn render(test: &Test) -> anyhow::Result<Vec<u8>> {
    let mut changes = collect(&test.events);
    // Stable: what happened at one time stays in order.
    changes.list.sort_by_key(|(time, ..)| *time);
    let mut text = Vec::new();
    let mut writer = Writer::new(&mut text);
    writer.comment(&format!("roadtest {}", test.path()))?;
    writer.timescale(1, TimescaleUnit::NS)?;
    let ids = declare(&mut writer, &changes)?;
    dump(&mut writer, &changes, &ids, test.record.virtual_ns)?;
    Ok(text)
}

fn collect(events: &[Event]) -> Changes {
    let mut changes = Changes::default();
    for message in wire::messages(events) {
        message.draw(&mut changes);
    }
    for event in events {
        let at = event.time_ns;
        match &event.what {
            What::Transfer(_) => {}
            What::Pin { pin, to, by } => match to.as_str() {
                "high" => changes.level(at, "pins", pin, Value::V1),
                "low" => changes.level(at, "pins", pin, Value::V0),
                direction => {
                    changes.text(
                        at,
                        "pins",
                        &format!("{pin}_driver"),
                        &format!("{direction} ({by})"),
                    );
                }
            },
            What::Interrupt { pin, text } => {
                changes.text(at, "interrupts", pin, text);
                let fired = format!("{pin}_fired");
                changes.level(at, "interrupts", &fired, Value::from(text == "fired"));
                // A mark as wide as the format's smallest time.
                changes.level(at + 1, "interrupts", &fired, Value::V0);
            }
            What::Request { text, answer } => {
                changes.text(at, "guest", "request", &format!("{text} = {answer}"));
            }
            What::Kernel { text } => changes.text(at, "guest", "kernel_log", text),
            What::Violation { chip, text } => {
                changes.text(at, "guest", "violation", &format!("{chip}: {text}"));
            }
            What::Unwise { chip, text } => {
                changes.text(at, "guest", "unwise", &format!("{chip}: {text}"));
            }
            What::Malformed { device, text } => {
                changes.text(at, "guest", "violation", &format!("{device}: {text}"));
            }
        }
    }
    changes
}

/// Declares every signal; the identifiers are in the order of their numbers.
fn declare(writer: &mut Writer<&mut Vec<u8>>, changes: &Changes) -> anyhow::Result<Vec<IdCode>> {
    let mut ids = vec![IdCode::FIRST; changes.count];
    writer.add_module("board")?;
    for (scope, signals) in &changes.signals {
        writer.add_module(scope)?;
        for (name, signal) in signals {
            let kind = match signal.kind {
                Kind::Wire => VarType::Wire,
                Kind::Text => VarType::String,
            };
            ids[signal.number] = writer.add_var(kind, 1, &word(name), None)?;
        }
        writer.upscope()?;
    }
    writer.upscope()?;
    writer.enddefinitions()?;
    Ok(ids)
}

fn dump(
    writer: &mut Writer<&mut Vec<u8>>,
    changes: &Changes,
    ids: &[IdCode],
    end_ns: u64,
) -> anyhow::Result<()> {
    writer.timestamp(0)?;
    for (scope, signals) in &changes.signals {
        for signal in signals.values() {
            let start = match (signal.kind, *scope) {
                // A pin is not driven before its first change; the bus is idle.
                (Kind::Wire, "i2c") => Change::Level(Value::V1),
                (Kind::Wire, "interrupts") => Change::Level(Value::V0),
                (Kind::Wire, _) => Change::Level(Value::Z),
                (Kind::Text, _) => Change::Text(String::new()),
            };
            write(writer, ids[signal.number], &start)?;
        }
    }
    let mut now = 0;
    // Texts of one signal at one time are one text: a viewer shows the last.
    let mut texts: BTreeMap<usize, String> = BTreeMap::new();
    for (index, (time, signal, change)) in changes.list.iter().enumerate() {
        if *time != now {
            writer.timestamp(*time)?;
            now = *time;
        }
        match change {
            Change::Level(_) => write(writer, ids[*signal], change)?,
            Change::Text(text) => {
                let all = texts.entry(*signal).or_default();
                if !all.is_empty() && !text.is_empty() {
                    all.push_str("; ");
                }
                all.push_str(text);
            }
        }
        if changes.list.get(index + 1).is_none_or(|next| next.0 != now) {
            for (signal, text) in std::mem::take(&mut texts) {
                write(writer, ids[signal], &Change::Text(text))?;
            }
        }
    }
    if end_ns > now {
        writer.timestamp(end_ns)?;
    }
    Ok(())
}

fn write(writer: &mut Writer<&mut Vec<u8>>, id: IdCode, change: &Change) -> std::io::Result<()> {
    match change {
        Change::Level(level) => writer.change_scalar(id, *level),
        Change::Text(text) => writer.change_string(id, &word(text)),
    }
}

/// A text without what ends a text in this format, and never empty.
fn word(text: &str) -> String {
    if text.is_empty() {
        return "-".to_owned();
    }
    let clean = |c: char| match c {
        '\\' => '/',
        c if c.is_ascii_graphic() => c,
        _ => '_',
    };
    text.chars().map(clean).collect()
}

#[cfg(test)]
mod tests {
    use super::super::run::example;
    use super::*;

    fn rendered() -> String {
        let run = example();
        let test = run.find("reads_lux").expect("there is one");
        String::from_utf8(render(test).expect("it is rendered")).expect("it is text")
    }

    #[test]
    fn a_test_as_waveforms() {
        insta::assert_snapshot!(rendered());
    }

    #[test]
    fn a_reader_of_the_format_finds_every_signal() {
        let text = rendered();
        let mut parser = vcd::Parser::new(text.as_bytes());
        let header = parser.parse_header().expect("it is well-formed");
        for path in [
            ["board", "i2c", "scl"],
            ["board", "i2c", "message"],
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
    fn times_never_go_back() {
        let text = rendered();
        let times: Vec<u64> = text
            .lines()
            .filter_map(|line| line.strip_prefix('#')?.parse().ok())
            .collect();
        assert!(times.is_sorted(), "{times:?}");
        assert_eq!(times.last(), Some(&821_190_000));
    }
}
