// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! AMS/TAOS light and proximity sensors TSL2571 to TMD2772 and Broadcom's
//! APDS-9900 and 9930, datasheet DS000181 (TSL2772) and its sisters. Driver:
//! `drivers/iio/light/tsl2772.c`.
//!
//! Modelled: the command byte with its protocols, both measurement engines
//! with their cycle times in virtual time, saturation, limits with
//! persistence, interrupts, shadowed result bytes. Not modelled: sleep after
//! interrupt (SAI), what gain and LED current do to a count, and the registers
//! that parts without proximity lack: they are there and do nothing, as the
//! driver expects.

mod part;

pub use part::Part;

use roadtest_model::register::{
    Contract, DRIVER, I2cRegisters, Increment, Map, MinGap, Register, RegisterChip, Registers, Walk,
};
use roadtest_model::{Access, Bus, Direction, Level, SimTime, Stimulus, registers};

registers! {
    /// AMS/TAOS TSL2772, datasheet DS000181, "Register Description".
    pub mod reg: u8 {
        /// Which engines run and which interrupts go out.
        ENABLE @ 0x00 rw = 0x00, "Enable Register" {
            SAI[6], PIEN[5], AIEN[4], WEN[3], PEN[2], AEN[1], PON[0],
        }
        /// 256 - n ADC cycles for light.
        ATIME @ 0x01 rw = 0xff, "ALS Timing Register";
        /// 256 - n ADC cycles for proximity.
        PTIME @ 0x02 rw = 0xff, "Proximity Time Register";
        /// 256 - n cycles of wait, each 12 times as long with WLONG.
        WTIME @ 0x03 rw = 0xff, "Wait Time Register";
        AILTL @ 0x04 rw = 0x00, "ALS Interrupt Threshold Registers";
        AILTH @ 0x05 rw = 0x00, "ALS Interrupt Threshold Registers";
        AIHTL @ 0x06 rw = 0x00, "ALS Interrupt Threshold Registers";
        AIHTH @ 0x07 rw = 0x00, "ALS Interrupt Threshold Registers";
        PILTL @ 0x08 rw = 0x00, "Proximity Interrupt Threshold Registers";
        PILTH @ 0x09 rw = 0x00, "Proximity Interrupt Threshold Registers";
        PIHTL @ 0x0a rw = 0x00, "Proximity Interrupt Threshold Registers";
        PIHTH @ 0x0b rw = 0x00, "Proximity Interrupt Threshold Registers";
        PERS @ 0x0c rw = 0x00, "Persistence Register" { PPERS[7:4], APERS[3:0] }
        CONFIG @ 0x0d rw = 0x00, "Configuration Register" { AGL[2], WLONG[1], PDL[0] }
        PPULSE @ 0x0e rw = 0x00, "Proximity Pulse Count Register";
        CONTROL @ 0x0f rw = 0x00, "Control Register" {
            PDRIVE[7:6] { Ma100 = 0, Ma50 = 1, Ma25 = 2, Ma13 = 3 },
            PDIODE[5:4] { Ch0 = 1, Ch1 = 2, Both = 3 },
            PGAIN[3:2] { X1 = 0, X2 = 1, X4 = 2, X8 = 3 },
            AGAIN[1:0] { X1 = 0, X8 = 1, X16 = 2, X120 = 3 },
        }
        ID @ 0x12 ro = 0x30, "ID Register";
        STATUS @ 0x13 ro = 0x00, "Status Register" {
            PSAT[6], PINT[5], AINT[4], PVALID[1], AVALID[0],
        }
        C0DATA @ 0x14 ro = 0x00, "ADC Channel Data Registers";
        C0DATAH @ 0x15 ro = 0x00, "ADC Channel Data Registers";
        C1DATA @ 0x16 ro = 0x00, "ADC Channel Data Registers";
        C1DATAH @ 0x17 ro = 0x00, "ADC Channel Data Registers";
        PDATA @ 0x18 ro = 0x00, "Proximity Data Registers";
        PDATAH @ 0x19 ro = 0x00, "Proximity Data Registers";
    }
}

/// The bit that every command byte has ("Command Register").
const COMMAND: u32 = 0x80;
/// The bits of a command byte that select a register.
const ADDRESS_MASK: u32 = 0x1f;
/// Counts that one ADC cycle can give.
const COUNTS_PER_CYCLE: u32 = 1024;
/// How long a chip that was switched on needs until it answers: what the
/// driver grants. No number of the datasheets is known here.
const START_UP: SimTime = SimTime::ms(10);

/// Who sees to it that the oscillator has settled before an engine starts:
/// one cycle after PON ("Enable Register", note 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Settling {
    /// The chip: an engine that is started too early starts later.
    #[default]
    Enforced,
    /// The driver, as the datasheet asks it to: starting an engine too early is
    /// a violation.
    Required,
}

/// What the sequencer does now ("Principles of Operation").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Proximity,
    Wait,
    Light,
}

/// One sensor of the family.
#[derive(Clone, Debug)]
pub struct Tsl2772 {
    part: Part,
    registers: Registers,
    settling: Settling,
    /// From PON to the start of an engine.
    settled: MinGap,
    /// Counts that each ADC cycle of the light engine gives, if none is lost.
    light: (u16, u16),
    proximity: u16,
    /// The last results, of which a read of the lower byte keeps the upper.
    results: (u16, u16, u16),
    /// What goes on, and when it ends.
    phase: Option<(Phase, SimTime)>,
    /// Consecutive results outside the limits.
    light_faults: u32,
    proximity_faults: u32,
    auto_increment: Level,
}

impl Default for Tsl2772 {
    fn default() -> Self {
        Self::new(Part::Tsl2772)
    }
}

impl Tsl2772 {
    /// A part after power-up, in darkness, with nothing near it.
    pub fn new(part: Part) -> Self {
        let mut chip = Self {
            part,
            registers: Registers::new(reg::MAP),
            settling: Settling::Enforced,
            settled: settled(part),
            light: (0, 0),
            proximity: 0,
            results: (0, 0, 0),
            phase: None,
            light_faults: 0,
            proximity_faults: 0,
            auto_increment: Level::Low,
        };
        chip.set_id(part.id());
        chip.start_up(START_UP)
    }

    /// Another part: what ID reads.
    pub fn set_id(&mut self, id: u8) {
        self.registers.store(reg::ID, id.into());
    }

    /// Says whether the driver must wait for the oscillator after PON.
    #[must_use]
    pub fn settling(mut self, settling: Settling) -> Self {
        self.settling = settling;
        self
    }

    /// A chip that needs `time` from power-up to its first access instead of
    /// 10 ms.
    #[must_use]
    pub fn start_up(mut self, time: SimTime) -> Self {
        self.registers.set_start_up(DRIVER, time);
        self
    }

    /// The light that the next integration sees, as the counts of channel 0
    /// (all light) and channel 1 (infrared). An integration saturates at 1024
    /// counts per cycle, and 65535.
    pub fn set_light(&mut self, all: u16, infrared: u16) {
        self.light = (all, infrared);
    }

    /// The count of the next proximity cycle; it saturates as light does.
    pub fn set_proximity(&mut self, count: u16) {
        self.proximity = count;
    }

    /// `256 - register` cycles.
    fn cycles(&self, register: Register) -> u64 {
        u64::from(256 - self.registers.get(register))
    }

    fn span(&self, cycles: u64) -> SimTime {
        SimTime::ns(self.part.cycle().as_ns() * cycles)
    }

    fn word(&self, low: Register, high: Register) -> u16 {
        // Why: both registers have eight bits.
        u16::try_from(self.registers.get(high) << 8 | self.registers.get(low)).unwrap_or(u16::MAX)
    }

    /// Starts `phase` at `now`, or the first one after it that is enabled. Each
    /// engine takes one cycle before it converts.
    fn enter(&mut self, phase: Phase, now: SimTime) {
        let enabled = |field| self.registers.is_set(field);
        let any = enabled(reg::PEN) || enabled(reg::AEN);
        if !enabled(reg::PON) || !any {
            self.phase = None;
            return;
        }
        let (runs, cycles, next) = match phase {
            Phase::Proximity => (reg::PEN, 1 + self.cycles(reg::PTIME), Phase::Wait),
            Phase::Wait => {
                let long = if enabled(reg::WLONG) { 12 } else { 1 };
                (reg::WEN, long * self.cycles(reg::WTIME), Phase::Light)
            }
            Phase::Light => (reg::AEN, 1 + self.cycles(reg::ATIME), Phase::Proximity),
        };
        if enabled(runs) {
            self.phase = Some((phase, now + self.span(cycles)));
        } else {
            self.enter(next, now);
        }
    }

    fn enabled(&mut self, old: u32, bus: &mut Bus) {
        let now = bus.now();
        let was = |field: roadtest_model::register::Field| field.of(old) != 0;
        let is = |chip: &Self, field| chip.registers.is_set(field);
        if is(self, reg::PON) && !was(reg::PON) {
            self.settled.begin(now);
        }
        if !is(self, reg::AEN) || !is(self, reg::PON) {
            self.registers.store(reg::AVALID, 0);
        }
        if !is(self, reg::PEN) || !is(self, reg::PON) {
            self.registers.store(reg::PVALID, 0);
        }
        let engines = |word: u32| reg::PON.of(word) * (reg::PEN.of(word) << 1 | reg::AEN.of(word));
        let (before, after) = (engines(old), engines(self.registers.get(reg::ENABLE)));
        if after & !before != 0 {
            let early = self.settled.check(now);
            if let (Settling::Required, Err(complaint)) = (self.settling, early) {
                bus.complain(complaint);
            }
            let start = self.settled.allowed_at().map_or(now, |at| at.max(now));
            self.enter(Phase::Proximity, start);
        } else if after != before {
            self.enter(Phase::Proximity, now);
        }
    }

    /// The engine's result has come.
    fn finish(&mut self, phase: Phase) {
        let limit = |counts: u16, cycles: u64| {
            let full = (u64::from(COUNTS_PER_CYCLE) * cycles).min(u16::MAX.into());
            counts.min(u16::try_from(full).unwrap_or(u16::MAX))
        };
        match phase {
            Phase::Light => {
                let cycles = self.cycles(reg::ATIME);
                self.results.0 = limit(self.light.0, cycles);
                self.results.1 = limit(self.light.1, cycles);
                self.registers.store(reg::AVALID, 1);
                let low = self.word(reg::AILTL, reg::AILTH);
                let high = self.word(reg::AIHTL, reg::AIHTH);
                let outside = self.results.0 < low || self.results.0 > high;
                self.light_faults = if outside { self.light_faults + 1 } else { 0 };
                let needed = match self.registers.get(reg::APERS) {
                    n @ 0..=3 => n,
                    n => (n - 3) * 5,
                };
                let enabled = self.registers.is_set(reg::AIEN);
                if enabled && (needed == 0 || self.light_faults >= needed) {
                    self.registers.store(reg::AINT, 1);
                }
            }
            Phase::Proximity => {
                self.results.2 = limit(self.proximity, self.cycles(reg::PTIME));
                self.registers.store(reg::PVALID, 1);
                let low = self.word(reg::PILTL, reg::PILTH);
                let high = self.word(reg::PIHTL, reg::PIHTH);
                let outside = self.results.2 < low || self.results.2 > high;
                self.proximity_faults = if outside {
                    self.proximity_faults + 1
                } else {
                    0
                };
                let needed = self.registers.get(reg::PPERS);
                let enabled = self.registers.is_set(reg::PIEN);
                if enabled && (needed == 0 || self.proximity_faults >= needed) {
                    self.registers.store(reg::PINT, 1);
                }
            }
            Phase::Wait => {}
        }
    }

    /// A special function: a command without register ("Command Register").
    fn special(&mut self, function: u32, bus: &mut Bus) {
        let (clears, name): (&[_], &str) = match function {
            0x05 => (&[reg::PINT], "clear=Proximity"),
            0x06 => (&[reg::AINT], "clear=Light"),
            0x07 => (&[reg::PINT, reg::AINT], "clear=Both"),
            _ => (&[], ""),
        };
        bus.log(Access {
            direction: Direction::Write,
            target: "SPECIAL".to_owned(),
            value: format!("{function:02x}"),
            fields: name.to_owned(),
        });
        if clears.is_empty() {
            bus.violation(format!(
                "special function {function:#04x} does not exist (Command Register)"
            ));
        }
        for field in clears {
            self.registers.store(*field, 0);
        }
    }

    /// With the repeated protocol, all data bytes are for the same register.
    const fn walk(&self) -> Walk {
        Walk {
            increment: if self.auto_increment.is_high() {
                Increment::ByOne
            } else {
                Increment::Stay
            },
            mask: ADDRESS_MASK,
        }
    }
}

/// From PON to the start of an engine.
const fn settled(part: Part) -> MinGap {
    MinGap::new(
        "PON to the start of an engine",
        "Enable Register, note 2",
        part.cycle(),
    )
}

impl RegisterChip for Tsl2772 {
    const COMPATIBLE: &'static str = "amstaos,tsl2772";
    const STIMULI: &'static [Stimulus<Self>] = &[
        Stimulus::u16("light", "counts of all light", |chip, value| {
            chip.light.0 = value.u16();
        }),
        Stimulus::u16("infrared", "counts of infrared light", |chip, value| {
            chip.light.1 = value.u16();
        }),
        Stimulus::u16("proximity", "counts", |chip, value| {
            chip.set_proximity(value.u16())
        }),
    ];
    const MAP: &'static Map = reg::MAP;
    const CONTRACTS: &'static [Contract] = &[Contract::Gap(settled(Part::Tsl2772))];

    fn regs(&self) -> &Registers {
        &self.registers
    }

    fn regs_mut(&mut self) -> &mut Registers {
        &mut self.registers
    }

    /// Reading a lower byte keeps the upper one of the same result.
    fn before_read(&mut self, register: Register, _: &mut Bus) {
        let (c0, c1, proximity) = self.results;
        let (low, high, result) = match register {
            reg::C0DATA => (reg::C0DATA, reg::C0DATAH, c0),
            reg::C1DATA => (reg::C1DATA, reg::C1DATAH, c1),
            reg::PDATA => (reg::PDATA, reg::PDATAH, proximity),
            _ => return,
        };
        self.registers.store(low, (result & 0xff).into());
        self.registers.store(high, (result >> 8).into());
    }

    fn written(&mut self, register: Register, old: u32, bus: &mut Bus) {
        if register == reg::ENABLE {
            self.enabled(old, bus);
        }
    }

    /// INT is an open drain, pulled low while an enabled interrupt is set.
    fn interrupt(&self) -> Level {
        let set = |enable, flag| self.registers.is_set(enable) && self.registers.is_set(flag);
        Level::low_when(set(reg::AIEN, reg::AINT) || set(reg::PIEN, reg::PINT))
    }

    fn wake_at(&self) -> Option<SimTime> {
        self.phase.map(|(_, end)| end)
    }

    fn wake(&mut self, now: SimTime) {
        let Some((phase, _)) = self.phase.filter(|(_, end)| *end <= now) else {
            return;
        };
        self.finish(phase);
        let next = match phase {
            Phase::Proximity => Phase::Wait,
            Phase::Wait => Phase::Light,
            Phase::Light => Phase::Proximity,
        };
        self.enter(next, now);
    }

    fn power(&mut self, on: Level, now: SimTime) {
        let id = self.registers.get(reg::ID);
        self.registers.set_power(on, now);
        if !on.is_high() {
            self.registers.store(reg::ID, id);
            self.results = (0, 0, 0);
            self.phase = None;
            self.light_faults = 0;
            self.proximity_faults = 0;
        }
    }
}

impl I2cRegisters for Tsl2772 {
    fn write_message(&mut self, bus: &mut Bus, bytes: &[u8]) {
        let Some((&command, data)) = bytes.split_first() else {
            return;
        };
        let command = u32::from(command);
        if command & COMMAND == 0 {
            bus.violation(format!(
                "command {command:#04x} lacks bit 7 (Command Register)"
            ));
        }
        let address = command & ADDRESS_MASK;
        match command >> 5 & 0b11 {
            0b11 => {
                self.special(address, bus);
                return;
            }
            0b10 => bus.violation(format!(
                "command {command:#04x} has the reserved type 2 (Command Register)"
            )),
            kind => self.auto_increment = Level::high_when(kind == 1),
        }
        if data.is_empty() {
            self.registers.point_only(address);
            bus.hold();
        } else {
            self.registers.point_to(address);
            self.write_words(bus, data, self.walk());
        }
    }

    fn read_message(&mut self, bus: &mut Bus, buf: &mut [u8]) {
        self.registers.point_to(self.registers.pointer());
        self.read_words(bus, buf, self.walk());
    }
}

#[cfg(test)]
mod tests;
