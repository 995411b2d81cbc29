// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Serial EEPROMs of the AT24C family: AT24C02C (datasheet Microchip
//! DS20006111) and AT24C256C (DS20006042). Driver:
//! `drivers/misc/eeprom/at24.c`.
//!
//! Modelled: page writes that wrap inside their page, the internal write
//! cycle (5 ms, `tWR`) during which the chip answers nothing, sequential reads
//! that roll over at the end of the memory, reads from the current address,
//! the write-protect pin, the supply. Not modelled: parts that take several bus addresses
//! (24C04 to 24C16, 24C1024), serial numbers and security registers.

use std::fmt::Write;
use std::marker::PhantomData;

use roadtest_model::register::{Contract, MinGap, Supply};
use roadtest_model::{
    Access, Bus, Chip, Direction, I2cTarget, Level, Nack, OutOfRange, Severity, SimTime, Stimulus,
    StimulusKind, stimulus,
};

/// What distinguishes the parts of the family.
pub trait Part: 'static {
    /// `compatible` of the devicetree node.
    const COMPATIBLE: &'static str;
    /// Capacity in bytes, a power of two.
    const BYTES: usize;
    /// Bytes that one write can take, a power of two.
    const PAGE: usize;
    /// Length of the address on the bus in bytes, 1 or 2.
    const ADDRESS_BYTES: usize;
}

/// 256 bytes in pages of 8.
#[derive(Clone, Copy, Debug)]
pub struct C02;

impl Part for C02 {
    const COMPATIBLE: &'static str = "atmel,24c02";
    const BYTES: usize = 256;
    const PAGE: usize = 8;
    const ADDRESS_BYTES: usize = 1;
}

/// 32 KiB in pages of 64.
#[derive(Clone, Copy, Debug)]
pub struct C256;

impl Part for C256 {
    const COMPATIBLE: &'static str = "atmel,24c256";
    const BYTES: usize = 32 * 1024;
    const PAGE: usize = 64;
    const ADDRESS_BYTES: usize = 2;
}

/// An AT24C02C.
pub type At24c02 = At24<C02>;
/// An AT24C256C.
pub type At24c256 = At24<C256>;

/// The internal write cycle, at most (`tWR`; AC characteristics of both
/// datasheets).
pub const WRITE_CYCLE: SimTime = SimTime::ms(5);

/// From power-up to the first command (device reset, both datasheets).
const START_UP: SimTime = SimTime::us(100);

/// One EEPROM.
#[derive(Clone, Debug)]
pub struct At24<P> {
    supply: Supply,
    memory: Vec<u8>,
    /// The current address.
    address: usize,
    /// Data of the transfer under way, stored at its STOP.
    pending: Vec<(usize, u8)>,
    busy_until: SimTime,
    /// The addresses that the write cycle until then erases and programs.
    programming: Vec<usize>,
    write_cycle: SimTime,
    write_protect: Level,
    /// An address that no read has used yet.
    unused_address: bool,
    part: PhantomData<P>,
}

impl<P: Part> Default for At24<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Part> At24<P> {
    /// The rules beyond the protocol that the model checks, for documentation.
    pub const CONTRACTS: &'static [Contract] = &[
        Contract::Gap(MinGap::new(
            "power-up to first access",
            "device reset",
            START_UP,
        )),
        Contract::Other {
            rule: "a write has the whole address",
            section: "device addressing",
            severity: Severity::Forbidden,
        },
        Contract::Other {
            rule: "a write has no more data than a page",
            section: "page write",
            severity: Severity::Unwise,
        },
    ];

    /// A part as it is delivered: every byte 0xff, write-protect low.
    pub fn new() -> Self {
        Self {
            supply: Supply::new("device reset", START_UP),
            memory: vec![0xff; P::BYTES],
            address: 0,
            pending: Vec::new(),
            busy_until: SimTime::ZERO,
            programming: Vec::new(),
            write_cycle: WRITE_CYCLE,
            write_protect: Level::Low,
            unused_address: false,
            part: PhantomData,
        }
    }

    /// The contents, as a programmer outside the system would see them.
    pub fn memory(&self) -> &[u8] {
        &self.memory
    }

    /// The contents, to change.
    pub fn memory_mut(&mut self) -> &mut [u8] {
        &mut self.memory
    }

    /// Drives the write-protect pin: while it is high, writes are acknowledged
    /// and change nothing.
    pub fn set_write_protect(&mut self, level: Level) {
        self.write_protect = level;
    }

    /// Another write cycle than [`WRITE_CYCLE`] for the writes that follow: a
    /// quicker part, or a worn one.
    pub fn set_write_cycle(&mut self, time: SimTime) {
        self.write_cycle = time;
    }

    /// When the write cycle ends; in the past where none runs.
    pub fn busy_until(&self) -> SimTime {
        self.busy_until
    }

    /// What can be set by name.
    const STIMULI: &'static [Stimulus<Self>] = &[
        Stimulus::new("content", "in every byte", 0..=255, |chip, value| {
            chip.memory.fill(value.u8());
        }),
        Stimulus::pin("write_protect", |chip, value| {
            chip.set_write_protect(value.level())
        }),
        Stimulus::new("write_cycle", "µs", 0..=1_000_000, |chip, value| {
            chip.set_write_cycle(SimTime::us(value.u64()));
        }),
    ];

    fn log(direction: Direction, address: usize, bytes: &[u8], bus: &mut Bus) {
        let mut value = format!("{address:0width$x}", width = 2 * P::ADDRESS_BYTES);
        if !bytes.is_empty() {
            value.push(' ');
        }
        for byte in bytes {
            // Why: writing to a String cannot fail.
            let _ = write!(value, "{byte:02x}");
        }
        bus.log(Access {
            direction,
            target: "MEM".to_owned(),
            value,
            fields: String::new(),
        });
    }

    /// Takes `data` for the page that holds the current address; what goes
    /// past the page's end wraps to its beginning.
    fn load(&mut self, data: &[u8], bus: &mut Bus) {
        Self::log(Direction::Write, self.address, data, bus);
        if data.len() > P::PAGE {
            // The datasheet says what then happens, and forbids nothing.
            bus.unwise(format!(
                "write of {} data bytes, a page has {} (page write)",
                data.len(),
                P::PAGE
            ));
        }
        let page = self.address - self.address % P::PAGE;
        for byte in data {
            self.pending.push((self.address, *byte));
            self.address = page + (self.address + 1) % P::PAGE;
        }
    }
}

impl<P: Part> Chip for At24<P> {
    fn compatible(&self) -> &'static str {
        P::COMPATIBLE
    }

    fn stimuli(&self) -> Vec<StimulusKind> {
        stimulus::kinds(Self::STIMULI)
    }

    fn stimulate(&mut self, name: &str, value: i64) -> Option<Result<(), OutOfRange>> {
        stimulus::set(Self::STIMULI, self, name, value)
    }

    /// Power that goes in a write cycle leaves its bytes erased and not
    /// programmed. The datasheet promises nothing about them.
    fn power(&mut self, on: Level, now: SimTime) {
        self.supply.set(on, now);
        if !on.is_high() {
            if now < self.busy_until {
                for address in self.programming.drain(..) {
                    self.memory[address] = 0xff;
                }
            }
            self.address = 0;
            self.pending.clear();
            self.unused_address = false;
            self.busy_until = SimTime::ZERO;
        }
    }
}

impl<P: Part> I2cTarget for At24<P> {
    /// During its write cycle the chip does not answer.
    fn start(&mut self, bus: &mut Bus, direction: Direction) -> Result<(), Nack> {
        // Why: only a STOP starts the write cycle; a repeated START drops
        // what was loaded before it.
        self.pending.clear();
        self.supply.accessed(bus)?;
        if bus.now() >= self.busy_until {
            return Ok(());
        }
        bus.log(Access {
            direction,
            target: "BUSY".to_owned(),
            value: String::new(),
            fields: String::new(),
        });
        Err(Nack)
    }

    fn write(&mut self, bus: &mut Bus, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let Some((address, data)) = bytes.split_at_checked(P::ADDRESS_BYTES) else {
            bus.violation(format!(
                "write of {} of {} address bytes (device addressing)",
                bytes.len(),
                P::ADDRESS_BYTES
            ));
            return;
        };
        let address = address
            .iter()
            .fold(0, |value: usize, byte| value << 8 | usize::from(*byte));
        // Address bits above the capacity are ignored by the chip.
        self.address = address % P::BYTES;
        self.unused_address = data.is_empty();
        if data.is_empty() {
            bus.hold();
        } else {
            self.load(data, bus);
        }
    }

    fn read(&mut self, bus: &mut Bus, buf: &mut [u8]) {
        self.unused_address = false;
        let start = self.address;
        for byte in buf.iter_mut() {
            *byte = self.memory[self.address];
            self.address = (self.address + 1) % P::BYTES;
        }
        if !buf.is_empty() {
            Self::log(Direction::Read, start, buf, bus);
        }
    }

    fn stop(&mut self, bus: &mut Bus) {
        if std::mem::take(&mut self.unused_address) {
            Self::log(Direction::Write, self.address, &[], bus);
        }
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() || self.write_protect.is_high() {
            return;
        }
        self.programming.clear();
        for (address, byte) in pending {
            self.memory[address] = byte;
            self.programming.push(address);
        }
        self.busy_until = bus.now() + self.write_cycle;
    }

    /// Fast mode plus, from 2.5 V on (AC characteristics).
    fn scl_hz_max(&self) -> u32 {
        1_000_000
    }
}

#[cfg(test)]
mod tests;
