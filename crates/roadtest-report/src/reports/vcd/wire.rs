// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! SCL and SDA of I2C messages. The timeline knows a message's bytes and when
//! its last bit ended; the shape of the bits follows from the protocol
//! (UM10204, section 3.1). The rate is 400 kHz, or faster where the message
//! before ended too late for that.

use roadtest_record::event::{Event, What};
use vcd::Value;

use super::Changes;

/// A period of SCL in ns at 400 kHz.
const PERIOD_NS: u64 = 2_500;
/// A quarter of it must be at least 1 ns.
const PERIOD_NS_MIN: u64 = 4;
const SCOPE: &str = "i2c";

/// A message on the bus.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    start_ns: u64,
    end_ns: u64,
    address: u16,
    write: bool,
    bytes: Vec<u8>,
    nack: bool,
    stops: bool,
    text: String,
}

/// When a message begins that ends then.
fn start_of(bytes: &[u8], end_ns: u64) -> u64 {
    let length = 11 + 9 * bytes.len() as u64;
    end_ns.saturating_sub(length * PERIOD_NS)
}

/// The messages of a timeline: what one carried in several accesses is one.
pub(super) fn messages(events: &[Event]) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    let mut before = 0;
    for event in events {
        match &event.what {
            What::I2cStop => {
                if let Some(last) = messages.last_mut() {
                    last.stops = true;
                }
            }
            What::I2c {
                address,
                chip,
                write,
                bytes,
                target,
                value,
                fields,
                nack,
                pointer,
            } => {
                let text = format!("{target} {value} {fields}");
                let bytes = parse(bytes);
                if let Some(last) = messages.last_mut()
                    && last.end_ns == event.time_ns
                    && (last.address, last.write) == (*address, *write)
                    && !last.stops
                {
                    last.text.push_str(", ");
                    last.text.push_str(text.trim());
                    continue;
                }
                if let Some(last) = messages.last() {
                    before = last.end_ns;
                }
                let start = start_of(&bytes, event.time_ns);
                if !pointer.is_empty() {
                    let bytes = parse(pointer);
                    let start_ns = start_of(&bytes, start).max(before);
                    before = start.max(before);
                    messages.push(Message {
                        start_ns,
                        end_ns: before,
                        address: *address,
                        write: true,
                        bytes,
                        nack: false,
                        stops: false,
                        text: format!("{chip} W {pointer}"),
                    });
                }
                let direction = if *write { 'W' } else { 'R' };
                messages.push(Message {
                    start_ns: start.max(before),
                    end_ns: event.time_ns,
                    address: *address,
                    write: *write,
                    bytes,
                    nack: *nack,
                    stops: false,
                    text: format!("{chip} {direction} {}", text.trim()),
                });
            }
            _ => {}
        }
    }
    messages
}

fn parse(bytes: &str) -> Vec<u8> {
    bytes
        .split_whitespace()
        .filter_map(|byte| u8::from_str_radix(byte, 16).ok())
        .collect()
}

impl Message {
    /// The bits between START and STOP, each byte's acknowledge after it; the
    /// line is low where a receiver acknowledges.
    fn bits(&self) -> Vec<bool> {
        let address = (self.address << 1 | u16::from(!self.write)).to_le_bytes()[0];
        let mut bits = Vec::new();
        let mut byte = |byte: u8, acknowledged: bool| {
            bits.extend((0..8).rev().map(|bit| byte >> bit & 1 == 1));
            bits.push(!acknowledged);
        };
        byte(address, !self.nack);
        if self.nack {
            return bits;
        }
        for (index, data) in self.bytes.iter().enumerate() {
            // Who reads does not acknowledge the last byte.
            let last = index + 1 == self.bytes.len();
            byte(*data, self.write || !last);
        }
        bits
    }

    /// Draws the message.
    pub(super) fn draw(&self, changes: &mut Changes) {
        let bits = self.bits();
        let slots = bits.len() as u64 + 2;
        let period = (self.end_ns - self.start_ns) / slots;
        changes.text(self.start_ns, SCOPE, "message", &self.text);
        changes.text(self.end_ns, SCOPE, "message", "");
        if period < PERIOD_NS_MIN {
            // A message that took no time was never on the bus.
            return;
        }
        let quarter = period / 4;
        let mut at = self.start_ns;
        let mut set = |time, name, level: bool| {
            changes.level(time, SCOPE, name, Value::from(level));
        };
        set(at + 2 * quarter, "sda", false);
        set(at + 3 * quarter, "scl", false);
        for bit in bits {
            at += period;
            set(at, "sda", bit);
            set(at + quarter, "scl", true);
            set(at + 3 * quarter, "scl", false);
        }
        at += period;
        // STOP is SDA that rises while SCL is high; before a repeated START,
        // SDA rises first.
        set(at, "sda", !self.stops);
        set(at + quarter, "scl", true);
        if self.stops {
            set(at + 2 * quarter, "sda", true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::run::example;
    use super::*;

    #[test]
    fn accesses_of_one_message_are_one_message() {
        let run = example();
        let mut events = run.find("reads_lux").expect("there is one").events.clone();
        let again = events[3].clone();
        events.insert(4, again);
        let messages = messages(&events);
        assert_eq!(messages.len(), 2);
        assert_eq!(
            messages[0].text,
            "opt3001 W CONFIG ca10 mode=Single, CONFIG ca10 mode=Single"
        );
        assert_eq!(messages[0].bytes, [0x01, 0xca, 0x10]);
        // 11 bits and 9 for each of three bytes, 2.5 µs each.
        assert_eq!(messages[0].end_ns - messages[0].start_ns, 95_000);
        assert!(messages[0].stops);
    }

    /// A listener on the wires, as a logic analyser is one.
    fn listen(changes: &Changes) -> Vec<String> {
        let mut list = changes.list.clone();
        list.sort_by_key(|(time, ..)| *time);
        let (mut scl, mut sda) = (true, true);
        let mut heard = Vec::new();
        let mut bits: Vec<bool> = Vec::new();
        let sda_is = changes.signals[SCOPE]["sda"].number;
        for (_, signal, change) in &list {
            let super::super::Change::Level(level) = change else {
                continue;
            };
            let level = *level == Value::V1;
            match *signal == sda_is {
                true => {
                    if scl && sda != level {
                        heard.push(if level { "STOP" } else { "START" }.to_owned());
                        bits.clear();
                    }
                    sda = level;
                }
                false => {
                    if level && !scl {
                        bits.push(sda);
                    }
                    scl = level;
                }
            }
            if bits.len() == 9 {
                let byte = bits[..8]
                    .iter()
                    .fold(0, |byte, bit| byte << 1 | u8::from(*bit));
                let ack = if bits[8] { "NACK" } else { "ACK" };
                heard.push(format!("{byte:02x} {ack}"));
                bits.clear();
            }
        }
        heard
    }

    fn heard(messages: &[Message]) -> Vec<String> {
        let mut changes = Changes::default();
        for message in messages {
            message.draw(&mut changes);
        }
        listen(&changes)
    }

    #[test]
    fn a_listener_hears_what_was_said() {
        let run = example();
        let events = &run.find("reads_lux").expect("there is one").events;
        assert_eq!(
            heard(&messages(events)),
            [
                "START", "88 ACK", "01 ACK", "ca ACK", "10 ACK", "STOP", "START", "89 ACK",
                "34 ACK", "56 NACK", "STOP"
            ]
        );
    }

    #[test]
    fn a_repeated_start_is_heard_and_a_chip_that_does_not_answer() {
        let run = example();
        let mut events = run.find("reads_lux").expect("there is one").events.clone();
        events.retain(|event| event.what != What::I2cStop);
        for event in &mut events {
            if let What::I2c {
                write: false,
                nack,
                pointer,
                ..
            } = &mut event.what
            {
                *nack = true;
                "00".clone_into(pointer);
            }
        }
        events.push(Event {
            time_ns: 821_200_000,
            what: What::I2cStop,
        });
        assert_eq!(
            heard(&messages(&events)),
            [
                "START", "88 ACK", "01 ACK", "ca ACK", "10 ACK", "START", "88 ACK", "00 ACK",
                "START", "89 NACK", "STOP"
            ]
        );
    }
}
