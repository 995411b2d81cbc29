// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! SCL and SDA of I2C messages. The timeline knows a message's bytes, when it
//! began and when it ended; the shape of the bits follows from the protocol
//! (UM10204, section 3.1), and the rate from their number.

use roadtest_record::event::{Direction, End, Event, Outcome, Transfer, What};
use vcd::Value;

use super::Changes;

/// A quarter of a period of SCL must be at least 1 ns.
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
    outcome: Outcome,
    stops: bool,
    text: String,
}

/// The I2C messages of a timeline.
pub(super) fn messages(events: &[Event]) -> Vec<Message> {
    let messages = events.iter().filter_map(|event| match &event.what {
        What::Transfer(transfer) => message(event.time_ns, transfer),
        _ => None,
    });
    messages.collect()
}

fn message(end_ns: u64, transfer: &Transfer) -> Option<Message> {
    // A unit that is no address is on another bus.
    let address = u16::from_str_radix(&transfer.unit, 16).ok()?;
    let accesses: Vec<String> = transfer
        .accesses
        .iter()
        .map(|access| {
            let text = format!("{} {} {}", access.target, access.value, access.fields);
            text.trim().to_owned()
        })
        .collect();
    let text = if accesses.is_empty() {
        transfer.bytes.clone()
    } else {
        accesses.join(", ")
    };
    let write = transfer.direction == Direction::Write;
    let way = if write { 'W' } else { 'R' };
    Some(Message {
        start_ns: transfer.start_ns,
        end_ns,
        address,
        write,
        bytes: transfer.bytes(),
        outcome: transfer.outcome,
        stops: transfer.end == End::Stop,
        text: format!("{} {way} {text}", transfer.chip),
    })
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
        let answers = self.outcome != Outcome::AddressRefused;
        byte(address, answers);
        if !answers {
            return bits;
        }
        for (index, data) in self.bytes.iter().enumerate() {
            // The controller does not acknowledge the last byte that it reads.
            let last = index + 1 == self.bytes.len();
            let refused = self.outcome == Outcome::ByteRefused(index);
            byte(*data, if self.write { !refused } else { !last });
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
        for event in &mut events {
            if let What::Transfer(transfer) = &mut event.what {
                let again = transfer.accesses.clone();
                transfer.accesses.extend(again);
            }
        }
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
            if *signal == sda_is {
                if scl && sda != level {
                    heard.push(if level { "STOP" } else { "START" }.to_owned());
                    bits.clear();
                }
                sda = level;
            } else {
                if level && !scl {
                    bits.push(sda);
                }
                scl = level;
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
    fn a_repeated_start_and_bytes_that_are_not_acknowledged_are_heard() {
        let run = example();
        let mut events = run.find("reads_lux").expect("there is one").events.clone();
        for event in &mut events {
            let What::Transfer(transfer) = &mut event.what else {
                continue;
            };
            if transfer.direction == Direction::Write {
                transfer.end = End::Held;
                transfer.outcome = Outcome::ByteRefused(2);
            } else {
                transfer.outcome = Outcome::AddressRefused;
            }
        }
        assert_eq!(
            heard(&messages(&events)),
            [
                "START", "88 ACK", "01 ACK", "ca ACK", "10 NACK", "START", "89 NACK", "STOP"
            ]
        );
    }
}
