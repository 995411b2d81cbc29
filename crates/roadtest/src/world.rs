// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What board, chips, pins and the running machine share: the models, where
//! they are wired, what time it is, and what has happened so far. Everything
//! is on the test's own thread.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::rc::Rc;

use roadtest_model::{Access, Bus, Direction, Edge, I2cTarget, Level, Nack, SimTime, Violation};
use roadtest_record::event::{Event, What};

use crate::context;
use crate::fault::Fault;
use crate::pin::Lines;

/// A chip on the board.
pub(crate) struct Slot {
    /// Unique on the board: `opt3001`, or `opt3001@45` where there are two.
    pub(crate) name: String,
    pub(crate) address: u16,
    pub(crate) place: &'static Location<'static>,
    pub(crate) chip: Rc<RefCell<dyn I2cTarget>>,
    /// The line that the chip's interrupt output drives.
    pub(crate) interrupt: Option<(u16, Edge)>,
    /// The lines that switch the chip's supplies, each with the level that is
    /// on. The chip has power when all are on.
    pub(crate) supplies: Vec<(u16, Level)>,
    /// Whether the chip has power, as it was told.
    pub(crate) powered: bool,
    /// The devicetree nodes of its supplies, which must be bound before it.
    pub(crate) regulators: Vec<String>,
    /// While a pulse lasts, the interrupt output is inverted, until this time.
    pub(crate) pulse_until: Option<SimTime>,
    /// The trigger of its interrupt that was reported as not expected.
    pub(crate) odd_trigger: Option<Edge>,
    /// The line at the chip's reset input.
    pub(crate) reset: Option<u16>,
    /// Taken off the bus: nobody acknowledges its address.
    pub(crate) disconnected: bool,
    /// How many events the test has put behind it.
    pub(crate) seen: usize,
}

/// A contract that the driver broke.
#[derive(Clone, Debug)]
pub(crate) struct Breach {
    pub(crate) chip: String,
    pub(crate) text: String,
}

#[derive(Default)]
pub(crate) struct World {
    pub(crate) now: SimTime,
    pub(crate) events: Vec<Event>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) lines: Lines,
    pub(crate) breaches: Vec<Breach>,
    pub(crate) fault: Option<Fault>,
    pub(crate) transfers: u64,
    /// What the message before this one wrote, where that only set a pointer.
    pointer: String,
    /// The slots that the transfer under way has addressed.
    addressed: BTreeSet<usize>,
}

/// A world that board, chips, pins and machine share.
pub(crate) type Shared = Rc<RefCell<World>>;

/// One message of a transfer, for the chip that answers at its address.
pub(crate) enum Message<'a> {
    Write(&'a [u8]),
    Read(&'a mut [u8]),
}

impl World {
    pub(crate) fn log(&mut self, what: What) {
        self.events.push(Event {
            time_ns: self.now.as_ns(),
            what,
        });
    }

    pub(crate) fn slot_at(&self, address: u16) -> Option<usize> {
        self.slots.iter().position(|slot| slot.address == address)
    }

    /// The address byte of a message ends now.
    pub(crate) fn start(&mut self, address: u16, message: &Message<'_>) -> Result<(), Nack> {
        let write = matches!(message, Message::Write(_));
        let bytes = if write { message.bytes() } else { &[] };
        let Some(index) = self.slot_at(address) else {
            self.log_i2c(address, "", write, bytes, None, true);
            return Err(Nack);
        };
        let name = self.slots[index].name.clone();
        if self.slots[index].disconnected {
            self.log_i2c(address, &name, write, bytes, None, true);
            return Err(Nack);
        }
        self.addressed.insert(index);
        let direction = match write {
            true => Direction::Write,
            false => Direction::Read,
        };
        let mut bus = Bus::at(self.now);
        let result = self.guarded(index, |chip| chip.start(&mut bus, direction));
        let result = result.unwrap_or(Err(Nack));
        let (accesses, violations) = bus.into_parts();
        if result.is_err() && accesses.is_empty() {
            self.log_i2c(address, &name, write, bytes, None, true);
        }
        let nack = result.is_err();
        self.note(address, &name, bytes, accesses, violations, nack);
        self.settle(index);
        result
    }

    /// Carries out one message, whose address was acknowledged.
    pub(crate) fn message(&mut self, address: u16, message: &mut Message<'_>) -> Result<(), Nack> {
        let write = matches!(message, Message::Write(_));
        let Some(index) = self.slot_at(address) else {
            return Err(Nack);
        };
        let mut bus = Bus::at(self.now);
        let result = self.guarded(index, |chip| match message {
            Message::Write(bytes) => write_to(chip, &mut bus, bytes),
            Message::Read(buf) => {
                chip.read(&mut bus, buf);
                Ok(())
            }
        });
        let result = result.unwrap_or(Err(Nack));
        let held = bus.is_held();
        if held {
            self.pointer = hex(message.bytes());
        }
        let (accesses, violations) = bus.into_parts();
        let name = self.slots[index].name.clone();
        if result.is_err() && accesses.is_empty() {
            let bytes = if write { message.bytes() } else { &[] };
            self.log_i2c(address, &name, write, bytes, None, true);
        } else if result.is_ok() && accesses.is_empty() && !held {
            self.log_i2c(address, &name, write, message.bytes(), None, false);
        }
        let nack = result.is_err();
        self.note(address, &name, message.bytes(), accesses, violations, nack);
        self.settle(index);
        result
    }

    /// Ends a transfer with STOP, which all chips see that it has addressed,
    /// by their place on the board.
    pub(crate) fn stop(&mut self) {
        self.transfers += 1;
        for index in std::mem::take(&mut self.addressed) {
            if self.slots[index].disconnected {
                continue;
            }
            let mut bus = Bus::at(self.now);
            self.guarded(index, |chip| chip.stop(&mut bus));
            let (accesses, violations) = bus.into_parts();
            let (address, name) = (self.slots[index].address, self.slots[index].name.clone());
            self.note(address, &name, &[], accesses, violations, false);
            self.settle(index);
        }
        self.pointer.clear();
        self.log(What::I2cStop);
    }

    /// The first moment at which a chip wants to be woken.
    pub(crate) fn next_wake(&self) -> Option<SimTime> {
        self.slots
            .iter()
            .filter_map(|slot| slot.chip.borrow().wake_at())
            .min()
    }

    /// Wakes every chip whose time has come.
    pub(crate) fn wake(&mut self) {
        for index in 0..self.slots.len() {
            let due = self.slots[index].chip.borrow().wake_at();
            let Some(due) = due.filter(|&due| due <= self.now) else {
                continue;
            };
            if due < self.now {
                self.model_error(
                    index,
                    format!(
                        "asked to be woken at {due}, which is in the past at {}",
                        self.now
                    ),
                );
                return;
            }
            let now = self.now;
            self.guarded(index, |chip| chip.wake(now));
            let again = self.slots[index].chip.borrow().wake_at();
            if again.is_some_and(|again| again <= now) && self.fault.is_none() {
                self.model_error(
                    index,
                    format!("was woken at {now} and asks to be woken at that time again"),
                );
            }
            self.settle(index);
        }
    }

    /// Lets a chip's state reach its interrupt line.
    pub(crate) fn settle(&mut self, index: usize) {
        let slot = &self.slots[index];
        let Some((line, _)) = slot.interrupt else {
            return;
        };
        let level = slot.chip.borrow().interrupt();
        let level = match slot.pulse_until {
            Some(_) => level.inverted(),
            None => level,
        };
        let name = slot.name.clone();
        self.drive(line, &name, level);
    }

    /// Lets every chip's state reach its interrupt line.
    pub(crate) fn settle_all(&mut self) {
        for index in 0..self.slots.len() {
            self.settle(index);
        }
    }

    /// Calls into a model, whose panic is not ours.
    pub(crate) fn guarded<R>(
        &mut self,
        index: usize,
        call: impl FnOnce(&mut dyn I2cTarget) -> R,
    ) -> Option<R> {
        let chip = self.slots[index].chip.clone();
        let result = catch_unwind(AssertUnwindSafe(|| call(&mut *chip.borrow_mut())));
        match result {
            Ok(result) => Some(result),
            Err(_payload) => {
                let chip = self.slots[index].name.clone();
                let message = context::take_panic();
                self.fault
                    .get_or_insert(Fault::ModelPanicked { chip, message });
                None
            }
        }
    }

    fn model_error(&mut self, index: usize, what: String) {
        let chip = self.slots[index].name.clone();
        self.fault.get_or_insert(Fault::ModelError { chip, what });
    }

    fn note(
        &mut self,
        address: u16,
        name: &str,
        bytes: &[u8],
        accesses: Vec<Access>,
        violations: Vec<Violation>,
        nack: bool,
    ) {
        for access in accesses {
            let write = access.direction == Direction::Write;
            self.log_i2c(address, name, write, bytes, Some(access), nack);
        }
        for violation in violations {
            self.breach(name, violation.text);
        }
    }

    pub(crate) fn breach(&mut self, chip: &str, text: String) {
        self.log(What::Violation {
            chip: chip.to_owned(),
            text: text.clone(),
        });
        self.breaches.push(Breach {
            chip: chip.to_owned(),
            text,
        });
    }

    fn log_i2c(
        &mut self,
        address: u16,
        chip: &str,
        write: bool,
        bytes: &[u8],
        access: Option<Access>,
        nack: bool,
    ) {
        let (target, value, fields) = match access {
            Some(access) => (access.target, access.value, access.fields),
            None => Default::default(),
        };
        let (bytes, pointer) = match write {
            // A pointer that was set for nothing is logged when that is clear.
            true if bytes.is_empty() => (std::mem::take(&mut self.pointer), String::new()),
            true => (hex(bytes), String::new()),
            false => (hex(bytes), std::mem::take(&mut self.pointer)),
        };
        self.log(What::I2c {
            address,
            chip: chip.to_owned(),
            write,
            bytes,
            pointer,
            target,
            value,
            fields,
            nack,
        });
    }
}

/// The data of a write, as far as the chip acknowledges them.
fn write_to(chip: &mut dyn I2cTarget, bus: &mut Bus, bytes: &[u8]) -> Result<(), Nack> {
    let accepted = chip.accepts(bytes).min(bytes.len());
    let (taken, rest) = bytes.split_at(accepted);
    if !taken.is_empty() || rest.is_empty() {
        chip.write(bus, taken);
    }
    let Some(refused) = rest.first() else {
        return Ok(());
    };
    chip.refused(bus, *refused);
    Err(Nack)
}

impl Message<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Write(bytes) => bytes,
            Self::Read(bytes) => bytes,
        }
    }
}

/// `01 c8 10`
pub(crate) fn hex(bytes: &[u8]) -> String {
    let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(" ")
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("now", &self.now).finish()
    }
}

#[cfg(test)]
mod tests {
    use roadtest_chips::iio::light::opt3001::Opt3001;

    use super::*;
    use crate::Board;

    /// Direction, bytes and pointer of each message in the record.
    fn recorded(transfer: impl FnOnce(&mut World)) -> Vec<(bool, String, String)> {
        let mut board = Board::new();
        let chip = board.i2c(0x44, Opt3001::default());
        let mut world = board.world.borrow_mut();
        transfer(&mut world);
        world.stop();
        let events = world.events.iter().filter_map(|event| match &event.what {
            What::I2c {
                write,
                bytes,
                pointer,
                ..
            } => Some((*write, bytes.clone(), pointer.clone())),
            _ => None,
        });
        let recorded = events.collect();
        drop(world);
        drop(chip);
        recorded
    }

    fn carry_out(world: &mut World, mut message: Message<'_>) {
        world.start(0x44, &message).unwrap();
        world.message(0x44, &mut message).unwrap();
    }

    #[test]
    fn what_set_a_pointer_is_in_the_record_of_the_read_or_by_itself() {
        let read = recorded(|world| {
            carry_out(world, Message::Write(&[0x7e]));
            carry_out(world, Message::Read(&mut [0; 2]));
        });
        assert_eq!(read, [(false, "54 49".into(), "7e".into())]);
        let alone = recorded(|world| {
            carry_out(world, Message::Write(&[0x7e]));
        });
        assert_eq!(alone, [(true, "7e".into(), String::new())]);
    }
}
