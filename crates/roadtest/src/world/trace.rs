// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What has happened so far: the events, the contracts that were broken, and
//! what ends the test.

use roadtest_model::{Access, Direction, SimTime};
use roadtest_record::event::{Event, What};

use crate::bus::hex;
use crate::fault::Fault;

/// A contract that the driver broke.
#[derive(Clone, Debug)]
pub(crate) struct Breach {
    pub(crate) chip: String,
    pub(crate) text: String,
}

/// One message of a transfer.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) address: u16,
    /// The chip's name; empty where none has that address.
    pub(crate) chip: String,
    pub(crate) write: bool,
    pub(crate) bytes: Vec<u8>,
    pub(crate) start: SimTime,
    pub(crate) outcome: Outcome,
    pub(crate) end: End,
    /// A later message, or the end of the transfer, shows what this one meant.
    pub(crate) held: bool,
    pub(crate) accesses: Vec<Access>,
}

/// Which byte of a message was the last, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Acknowledged,
    AddressRefused,
    /// The data byte with this index was not acknowledged.
    ByteRefused(usize),
}

/// What followed a message on the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Restart,
    Stop,
}

#[derive(Debug, Default)]
pub(crate) struct Trace {
    pub(crate) events: Vec<Event>,
    pub(crate) breaches: Vec<Breach>,
    /// How many transfers there were, on all buses.
    pub(crate) transfers: u64,
    fault: Option<Fault>,
    /// What the message before this one wrote, where that only set a pointer.
    pointer: String,
}

impl Trace {
    pub(crate) fn log(&mut self, now: SimTime, what: What) {
        self.events.push(Event {
            time_ns: now.as_ns(),
            what,
        });
    }

    /// Nothing has happened later than now.
    pub(crate) fn limit_to(&mut self, now: SimTime) {
        let now = now.as_ns();
        let later = |event: &&mut Event| event.time_ns > now;
        for event in self.events.iter_mut().rev().take_while(later) {
            event.time_ns = now;
        }
    }

    pub(crate) fn breach(&mut self, now: SimTime, chip: &str, text: String) {
        let what = What::Violation {
            chip: chip.to_owned(),
            text: text.clone(),
        };
        self.log(now, what);
        self.breaches.push(Breach {
            chip: chip.to_owned(),
            text,
        });
    }

    /// A message of an I2C transfer has ended.
    pub(crate) fn i2c(&mut self, now: SimTime, message: &Message) {
        let nack = message.outcome != Outcome::Acknowledged;
        let bytes = match message.outcome {
            Outcome::AddressRefused if !message.write => &[],
            _ => message.bytes.as_slice(),
        };
        if message.held {
            self.pointer = hex(bytes);
        }
        if message.accesses.is_empty() && (nack || !message.held) {
            self.i2c_access(now, message, bytes, None, nack);
        }
        for access in &message.accesses {
            self.i2c_access(now, message, bytes, Some(access), nack);
        }
    }

    /// What a chip logged at the end of a transfer.
    pub(crate) fn i2c_stopped(
        &mut self,
        now: SimTime,
        address: u16,
        chip: &str,
        accesses: Vec<Access>,
    ) {
        for access in accesses {
            let message = Message {
                address,
                chip: chip.to_owned(),
                write: access.direction == Direction::Write,
                bytes: Vec::new(),
                start: now,
                outcome: Outcome::Acknowledged,
                end: End::Stop,
                held: false,
                accesses: Vec::new(),
            };
            self.i2c_access(now, &message, &[], Some(&access), false);
        }
    }

    /// An I2C transfer has ended.
    pub(crate) fn i2c_stop(&mut self, now: SimTime) {
        self.pointer.clear();
        self.log(now, What::I2cStop);
    }

    fn i2c_access(
        &mut self,
        now: SimTime,
        message: &Message,
        bytes: &[u8],
        access: Option<&Access>,
        nack: bool,
    ) {
        let (write, target, value, fields) = match access {
            Some(access) => (
                access.direction == Direction::Write,
                access.target.clone(),
                access.value.clone(),
                access.fields.clone(),
            ),
            None => (message.write, String::new(), String::new(), String::new()),
        };
        let (bytes, pointer) = match write {
            // A pointer that was set for nothing is logged when that is clear.
            true if bytes.is_empty() => (std::mem::take(&mut self.pointer), String::new()),
            true => (hex(bytes), String::new()),
            false => (hex(bytes), std::mem::take(&mut self.pointer)),
        };
        self.log(
            now,
            What::I2c {
                address: message.address,
                chip: message.chip.clone(),
                write,
                bytes,
                pointer,
                target,
                value,
                fields,
                nack,
            },
        );
    }

    /// Something ends the test; the first reason counts.
    pub(crate) fn fail(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    pub(crate) fn take_fault(&mut self) -> Option<Fault> {
        self.fault.take()
    }
}
