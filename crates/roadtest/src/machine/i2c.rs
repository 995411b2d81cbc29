// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The virtio I2C adapter (virtio 1.2, section 5.17): messages queue up,
//! each takes the time that its bits take on the bus, and at the end of that
//! time the chip at its address carries it out. Where nobody acknowledges the
//! address, that is the time of the address byte. A byte of data that is not
//! acknowledged costs the time of the whole message: a chip says only at its
//! end that it refuses it.

use std::collections::VecDeque;

use roadtest_model::{Nack, SimTime};
use roadtest_vhost::{Chain, DeviceSpec};
use roadtest_virtio::Reply;
use roadtest_virtio::i2c::{self as codec, Admission, BusAction, Outcome, Request, Sequencer};

use super::Machine;
use super::queue::{I2C, QueueId};
use crate::fault::Fault;
use crate::world;

/// The name of the device's node and socket.
const NAME: &str = "i2c";

const QUEUE: QueueId = QueueId {
    device: I2C,
    queue: 0,
};

pub(super) fn spec() -> Option<DeviceSpec> {
    Some(DeviceSpec {
        name: NAME.into(),
        features: codec::FEATURES,
        queues: codec::QUEUES,
        config: Vec::new(),
    })
}

pub(super) struct Adapter {
    scl_hz: u32,
    messages: VecDeque<Pending>,
    /// When the first message ends, or its address byte.
    due: Option<SimTime>,
    /// When the data of the first message ends, as long as its address byte
    /// is on the bus.
    data_ends: Option<SimTime>,
    sequencer: Sequencer,
}

struct Pending {
    chain: Chain,
    request: Result<Request, codec::Malformed>,
}

impl Adapter {
    pub(super) fn new(scl_hz: u32) -> Self {
        Self {
            scl_hz,
            messages: VecDeque::new(),
            due: None,
            data_ends: None,
            sequencer: Sequencer::new(),
        }
    }

    pub(super) fn due(&self) -> Option<SimTime> {
        self.due
    }

    /// How long a message of `data` bytes occupies the bus: START or repeated
    /// START, the address and each byte with their acknowledge bits, and STOP.
    fn duration(&self, data: usize) -> SimTime {
        let bits = 2 + 9 * (1 + data as u64);
        SimTime::ns(bits * 1_000_000_000 / u64::from(self.scl_hz.max(1)))
    }

    /// Starts the first message's time, if there is one and it has not begun.
    fn start(&mut self, now: SimTime) {
        if self.due.is_some() {
            return;
        }
        let Some(first) = self.messages.front() else {
            return;
        };
        self.due = Some(now);
        if let Ok(request) = &first.request
            && self.sequencer.admission() == Admission::Attempt
        {
            self.due = Some(now + self.duration(0));
            self.data_ends = Some(now + self.duration(request.len()));
        }
    }
}

impl Machine {
    pub(super) fn i2c_kicked(&mut self) -> Result<(), Fault> {
        while let Some(chain) = self.pop(QUEUE) {
            let request = Request::parse(&chain.readable, chain.writable_len());
            if let Err(malformed) = &request {
                self.malformed_text(I2C, malformed.reason.to_string());
            }
            self.i2c.messages.push_back(Pending { chain, request });
        }
        self.i2c.start(self.now());
        Ok(())
    }

    /// The time of the first message's address byte has passed, or that of the
    /// whole message: the chip acts.
    pub(super) fn finish_i2c_message(&mut self) -> Result<(), Fault> {
        self.i2c.due = None;
        let mut address = Ok(());
        if let Some(ends) = self.i2c.data_ends.take() {
            address = self.address_byte();
            if address.is_ok() {
                self.i2c.due = Some(ends);
                return Ok(());
            }
        }
        let Some(pending) = self.i2c.messages.pop_front() else {
            return Ok(());
        };
        let reply = self.carry_out(&pending, address);
        self.push(QUEUE, &pending.chain, &reply.padded());
        // The driver waits for the last message of what it queued.
        if !self.i2c.messages.is_empty() {
            self.calls.retain(|id| *id != QUEUE);
        }
        self.i2c.start(self.now());
        Ok(())
    }

    /// The address byte of the first message is over.
    fn address_byte(&mut self) -> Result<(), Nack> {
        let Some(Ok(request)) = self.i2c.messages.front().map(|first| &first.request) else {
            return Ok(());
        };
        let message = match &request.message {
            codec::Message::Write(bytes) => world::Message::Write(bytes),
            codec::Message::Read(_) => world::Message::Read(&mut []),
        };
        self.world
            .borrow_mut()
            .start(request.address.number(), &message)
    }

    /// `acknowledged` is whether the address was.
    fn carry_out(&mut self, pending: &Pending, acknowledged: Result<(), Nack>) -> Reply {
        let request = match &pending.request {
            Ok(request) => request,
            Err(malformed) => {
                self.refused(malformed.next);
                return codec::request::error_reply(pending.chain.writable_len());
            }
        };
        let address = request.address.number();
        if self.i2c.sequencer.admission() == Admission::Refuse {
            self.refused(request.next);
            return request.failed();
        }
        let mut read = Vec::new();
        let mut message = match &request.message {
            codec::Message::Write(bytes) => world::Message::Write(bytes),
            codec::Message::Read(len) => {
                read.resize(*len, 0);
                world::Message::Read(&mut read)
            }
        };
        let result =
            acknowledged.and_then(|()| self.world.borrow_mut().message(address, &mut message));
        let outcome = match result {
            Ok(()) => Outcome::Acknowledged,
            Err(_) => Outcome::Failed,
        };
        if self.i2c.sequencer.attempted(request.next, outcome) == BusAction::Stop {
            self.world.borrow_mut().stop();
        }
        match outcome {
            Outcome::Acknowledged => request.acknowledged(&read),
            Outcome::Failed => request.failed(),
        }
    }

    fn refused(&mut self, next: codec::Next) {
        if self.i2c.sequencer.refused(next) == BusAction::Stop {
            self.world.borrow_mut().stop();
        }
    }
}
