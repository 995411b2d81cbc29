// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The virtio I2C adapter (virtio 1.2, section 5.17): messages queue up, each
//! takes the time that its bits take on the bus. The target hears of a message
//! at the end of its address byte, and carries it out at the end of its last
//! byte. Where the address or a byte of data is not acknowledged, the message
//! ends there. The board's methods for its buses are in [`wiring`].

mod batch;
mod wiring;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use roadtest_dt::Node;
use roadtest_model::{Access, Bus, Complaint, Direction, I2cTarget, SimTime};
use roadtest_record::event::transfer::{self, End, Outcome, Transfer, hex};
use roadtest_vhost::{Chain, DeviceSpec};
use roadtest_virtio::Reply;
use roadtest_virtio::i2c::{self as codec, Address, Admission, BusAction, Request, Sequencer};

use batch::{Batch, Pending};
pub use wiring::I2cBus;

use crate::controller::{Controller, Port, malformed};
use crate::fault::Fault;
use crate::world::World;
use crate::world::chips::ChipId;
use crate::world::trace::{Entry, recorded};

/// SCL of a bus, unless the board says otherwise.
const SCL_HZ: u32 = 400_000;

/// A chip on the bus.
struct Unit {
    address: u16,
    id: ChipId,
    target: Rc<RefCell<dyn I2cTarget>>,
}

/// The adapter and its bus.
pub(crate) struct I2c {
    name: String,
    /// The adapter's number in the kernel.
    number: usize,
    scl_hz: u32,
    units: Vec<Unit>,
    /// What the driver has asked for, by its kicks.
    batches: VecDeque<Batch>,
    phase: Option<Phase>,
    sequencer: Sequencer,
    /// The units that the transfer under way has addressed, by their places,
    /// each with its last message.
    addressed: BTreeMap<usize, Option<Entry>>,
}

/// What the first message is at.
enum Phase {
    /// It never reaches the bus.
    Refused { at: SimTime },
    /// Its address is on the bus until this time.
    Address { start: SimTime, ends: SimTime },
    /// Its data is, until this time.
    Data {
        start: SimTime,
        ends: SimTime,
        unit: usize,
        /// How many bytes are acknowledged.
        accepted: usize,
        /// What the target logged at its address.
        accesses: Vec<Access>,
    },
}

impl I2c {
    fn new(name: &str, number: usize) -> Self {
        Self {
            name: name.to_owned(),
            number,
            scl_hz: SCL_HZ,
            units: Vec::new(),
            batches: VecDeque::new(),
            phase: None,
            sequencer: Sequencer::new(),
            addressed: BTreeMap::new(),
        }
    }

    fn unit_at(&self, address: u16) -> Option<ChipId> {
        let unit = self.units.iter().find(|unit| unit.address == address);
        unit.map(|unit| unit.id)
    }

    /// How long a message of `data` bytes occupies the bus: START or repeated
    /// START, the address and each byte with their acknowledge bits, and STOP.
    fn duration(&self, data: usize) -> SimTime {
        let bits = 2 + 9 * (1 + data as u64);
        SimTime::ns(bits * 1_000_000_000 / u64::from(self.scl_hz))
    }

    /// The message that is on the bus, or the next.
    fn first(&self) -> Option<&Pending> {
        self.batches.front()?.messages.front()
    }

    /// Takes it out of its batch.
    fn take_first(&mut self) -> Option<Pending> {
        self.batches.front_mut()?.messages.pop_front()
    }

    /// Starts the first message's time, if there is one and it has not begun.
    fn begin(&mut self, now: SimTime) {
        if self.phase.is_some() {
            return;
        }
        let Some(first) = self.first() else {
            return;
        };
        let admitted = self.sequencer.admission() == Admission::Attempt;
        self.phase = Some(if admitted && first.request.is_ok() {
            Phase::Address {
                start: now,
                ends: now + self.duration(0),
            }
        } else {
            Phase::Refused { at: now }
        });
    }

    /// The unit that an address byte reaches, by its place.
    fn addressed(&self, address: Address, world: &World) -> Option<usize> {
        let Address::Seven(address) = address else {
            // No model has a ten-bit address, and the first byte of one is
            // reserved among those of seven bits.
            return None;
        };
        let mut units = self.units.iter();
        let unit = units.position(|unit| unit.address == u16::from(address))?;
        let gone = world.chips.borrow()[self.units[unit].id].disconnected;
        (!gone).then_some(unit)
    }

    /// The address byte of the first message has passed.
    fn address_ended(&mut self, start: SimTime, request: &Request, world: &World) -> Ended {
        let Some(unit) = self.addressed(request.address, world) else {
            return Ended::Now(None, Vec::new());
        };
        self.addressed.entry(unit).or_default();
        let Unit { id, target, .. } = &self.units[unit];
        let mut bus = Bus::at(world.now());
        let direction = match &request.message {
            codec::Message::Write(_) => Direction::Write,
            codec::Message::Read(_) => Direction::Read,
        };
        let answer = world.guard(*id, || target.borrow_mut().start(&mut bus, direction));
        let accesses = world.take_accesses(*id, bus);
        if !matches!(answer, Some(Ok(()))) {
            return Ended::Now(Some(unit), accesses);
        }
        world.settle(*id);
        let len = request.len();
        let accepted = match &request.message {
            codec::Message::Write(bytes) => {
                let accepted = world.guard(*id, || target.borrow().accepts(bytes));
                accepted.unwrap_or(0).min(len)
            }
            codec::Message::Read(_) => len,
        };
        Ended::Later(Phase::Data {
            start,
            ends: start + self.duration(len.min(accepted + 1)),
            unit,
            accepted,
            accesses,
        })
    }

    /// The data of the first message have passed.
    fn data_ended(
        &self,
        request: &Request,
        unit: usize,
        accepted: usize,
        world: &World,
    ) -> (Outcome, Vec<u8>, Bus) {
        let Unit { id, target, .. } = &self.units[unit];
        let mut bus = Bus::at(world.now());
        let mut read = Vec::new();
        let outcome = match &request.message {
            codec::Message::Write(bytes) => {
                let (taken, rest) = bytes.split_at(accepted);
                if !taken.is_empty() || rest.is_empty() {
                    world.guard(*id, || target.borrow_mut().write(&mut bus, taken));
                }
                match rest.first() {
                    Some(byte) => {
                        world.guard(*id, || target.borrow_mut().refused(&mut bus, *byte));
                        Outcome::ByteRefused(accepted)
                    }
                    None => Outcome::Completed,
                }
            }
            codec::Message::Read(len) => {
                read.resize(*len, 0);
                world.guard(*id, || target.borrow_mut().read(&mut bus, &mut read));
                Outcome::Completed
            }
        };
        (outcome, read, bus)
    }

    /// The first message is over.
    fn finish(&mut self, done: Done, port: &mut Port<'_>) {
        let Some(Pending { chain, request }) = self.take_first() else {
            return;
        };
        let Ok(request) = request else { return };
        let outcome = match done.outcome {
            Outcome::Completed => codec::Outcome::Acknowledged,
            Outcome::AddressRefused | Outcome::ByteRefused(_) => codec::Outcome::Failed,
        };
        let action = self.sequencer.attempted(request.next, outcome);
        let world = port.world;
        let id = match request.address {
            Address::Seven(address) => self.unit_at(address.into()),
            Address::Ten(_) => None,
        };
        let chip = id.map_or(String::new(), |id| world.chips.borrow()[id].name.clone());
        let (direction, bytes) = match &request.message {
            codec::Message::Write(bytes) => (transfer::Direction::Write, bytes.as_slice()),
            codec::Message::Read(_) => (transfer::Direction::Read, done.read.as_slice()),
        };
        let bytes = match done.outcome {
            // The controller has sent no more than it had to.
            Outcome::ByteRefused(index) => bytes.get(..=index).unwrap_or(bytes),
            Outcome::Completed | Outcome::AddressRefused => bytes,
        };
        let message = Transfer {
            bus: self.name.clone(),
            unit: match request.address {
                Address::Seven(address) => format!("{address:02x}"),
                Address::Ten(address) => format!("{address:03x}"),
            },
            chip: chip.clone(),
            start_ns: done.start.as_ns(),
            direction,
            bytes: hex(bytes),
            received: String::new(),
            accesses: recorded(done.accesses),
            held: done.held,
            outcome: done.outcome,
            end: match action {
                BusAction::Hold => End::Held,
                BusAction::Stop | BusAction::Nothing => End::Stop,
            },
        };
        let entry = world.trace.borrow_mut().transfer(world.now(), message);
        if let Some(last) = done.unit.and_then(|unit| self.addressed.get_mut(&unit)) {
            *last = Some(entry);
        }
        if let Some(id) = id {
            for complaint in done.complaints {
                world.complain(&chip, complaint);
            }
            world.settle(id);
        }
        if action == BusAction::Stop {
            self.stop(world);
        }
        let reply = match outcome {
            codec::Outcome::Acknowledged => request.acknowledged(&done.read),
            codec::Outcome::Failed => request.failed(),
        };
        self.complete(chain, reply, port);
    }

    /// The first message was refused before it reached the bus.
    fn refuse(&mut self, port: &mut Port<'_>) {
        let Some(Pending { chain, request }) = self.take_first() else {
            return;
        };
        let (next, reply) = match request {
            Ok(request) => (request.next, request.failed()),
            Err(malformed) => (
                malformed.next,
                codec::request::error_reply(chain.writable_len()),
            ),
        };
        if self.sequencer.refused(next) == BusAction::Stop {
            self.stop(port.world);
        }
        self.complete(chain, reply, port);
    }

    fn complete(&mut self, chain: Chain, reply: Reply, port: &mut Port<'_>) {
        let Some(batch) = self.batches.front_mut() else {
            return;
        };
        batch.done.push((chain, reply));
        if batch.messages.is_empty()
            && let Some(batch) = self.batches.pop_front()
        {
            batch.complete(port);
        }
    }

    /// Ends a transfer with STOP, which all chips see that it has addressed,
    /// by their place on the bus.
    fn stop(&mut self, world: &World) {
        world.trace.borrow_mut().transfers += 1;
        for (unit, last) in std::mem::take(&mut self.addressed) {
            let Unit { id, target, .. } = &self.units[unit];
            if world.chips.borrow()[*id].disconnected {
                continue;
            }
            let mut bus = Bus::at(world.now());
            world.guard(*id, || target.borrow_mut().stop(&mut bus));
            let (accesses, complaints) = bus.into_parts();
            if let Some(last) = last {
                let shown = recorded(accesses);
                let mut trace = world.trace.borrow_mut();
                trace.amend(last, |message| message.accesses.extend(shown));
            }
            let name = world.chips.borrow()[*id].name.clone();
            for complaint in complaints {
                world.complain(&name, complaint);
            }
            world.settle(*id);
        }
    }
}

/// What comes of the end of an address byte.
enum Ended {
    /// The message ends with it; the unit that it has reached, and what that
    /// logged.
    Now(Option<usize>, Vec<Access>),
    /// Its data follow.
    Later(Phase),
}

/// What became of a message.
struct Done {
    /// The unit that it has reached.
    unit: Option<usize>,
    start: SimTime,
    outcome: Outcome,
    read: Vec<u8>,
    held: bool,
    accesses: Vec<Access>,
    complaints: Vec<Complaint>,
}

impl Controller for I2c {
    fn name(&self) -> &str {
        &self.name
    }

    fn device_id(&self) -> u32 {
        codec::DEVICE_ID
    }

    fn spec(&self) -> Option<DeviceSpec> {
        Some(DeviceSpec {
            name: self.name.clone(),
            features: codec::FEATURES,
            queues: codec::QUEUES,
            config: Vec::new(),
            readable_len_max: codec::READABLE_LEN_MAX,
        })
    }

    fn node(&self, world: &World) -> Option<Node> {
        let mut node = Node::new("i2c")
            .label(&self.name)
            .prop("compatible", format!("virtio,device{:x}", codec::DEVICE_ID))
            .prop("#address-cells", 1)
            .prop("#size-cells", 0);
        for unit in &self.units {
            node.push(crate::board::chip_node(world, unit.id));
        }
        Some(node)
    }

    fn alias(&self) -> Option<(&'static str, usize)> {
        Some(("i2c", self.number))
    }

    fn kicked(&mut self, queue: usize, port: &mut Port<'_>) -> Result<(), Fault> {
        for batch in &mut self.batches {
            batch.look_for_driver(port);
        }
        self.batches.extend(Batch::take(queue, port));
        self.begin(port.now());
        Ok(())
    }

    fn due(&self) -> Option<SimTime> {
        match self.phase.as_ref()? {
            Phase::Refused { at: time }
            | Phase::Address { ends: time, .. }
            | Phase::Data { ends: time, .. } => Some(*time),
        }
    }

    fn happen(&mut self, port: &mut Port<'_>) -> Result<(), Fault> {
        let request = match self.first() {
            Some(Pending {
                request: Ok(request),
                ..
            }) => Some(request.clone()),
            _ => None,
        };
        match (self.phase.take(), request) {
            (Some(Phase::Address { start, .. }), Some(request)) => {
                match self.address_ended(start, &request, port.world) {
                    Ended::Later(phase) => {
                        self.phase = Some(phase);
                        return Ok(());
                    }
                    Ended::Now(unit, accesses) => {
                        let done = Done {
                            unit,
                            start,
                            outcome: Outcome::AddressRefused,
                            read: Vec::new(),
                            held: false,
                            accesses,
                            complaints: Vec::new(),
                        };
                        self.finish(done, port);
                    }
                }
            }
            (
                Some(Phase::Data {
                    start,
                    unit,
                    accepted,
                    mut accesses,
                    ..
                }),
                Some(request),
            ) => {
                let (outcome, read, bus) = self.data_ended(&request, unit, accepted, port.world);
                let held = bus.is_held();
                let (more, complaints) = bus.into_parts();
                accesses.extend(more);
                let done = Done {
                    unit: Some(unit),
                    start,
                    outcome,
                    read,
                    held,
                    accesses,
                    complaints,
                };
                self.finish(done, port);
            }
            (Some(_), _) => self.refuse(port),
            (None, _) => {}
        }
        self.begin(port.now());
        Ok(())
    }

    fn failed(&self) -> fn(usize, usize) -> Reply {
        |_queue, room| codec::request::error_reply(room)
    }

    /// The bus is free; the chips see the end of the transfer.
    fn reset(&mut self, world: &World) {
        let count: usize = self.batches.iter().map(Batch::len).sum();
        if count > 0 {
            let what = if count == 1 { "message" } else { "messages" };
            let text = format!("the bus driver reset the adapter with {count} {what} under way");
            malformed(world, &self.name, text);
        }
        self.batches.clear();
        self.phase = None;
        if self.sequencer.reset() == BusAction::Stop {
            self.stop(world);
        }
    }
}
