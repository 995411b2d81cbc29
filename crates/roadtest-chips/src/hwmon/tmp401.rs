// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Texas Instruments TMP431 temperature sensor with one remote diode,
//! datasheet SBOS441F. Driver: `drivers/hwmon/tmp401.c`.
//!
//! Registers that are read at one address and written at another are declared
//! twice; limits and temperatures are words that begin at their high byte,
//! which is how the chip answers to SMBus words.
//!
//! Modelled: conversions in virtual time at the rate of CONVERSION_RATE,
//! shutdown, one shot, both ranges, latched and live alarms, an open diode.
//! A temperature that is read before the first conversion in the configured
//! range has ended is marked as unwise. Not modelled: the addresses of the
//! low bytes alone, the ALERT and THERM outputs and their counters, the
//! effect of n-factor and beta on the result, and the spread of times.

use roadtest_model::register::{
    Contract, Guard, I2cRegisters, Map, Register, RegisterChip, Registers,
};
use roadtest_model::{Bus, Celsius, Level, Severity, SimTime, Stimulus, registers};

registers! {
    /// TI TMP431, datasheet SBOS441F, table 3.
    pub mod reg: u8 {
        LOCAL_TEMP: u16be @ 0x00 ro = 0x0000, "table 3";
        REMOTE_TEMP: u16be @ 0x01 ro = 0x0000, "table 3";
        STATUS @ 0x02 ro = 0x80, "table 3" {
            BUSY[7],
            LOCAL_HIGH[6] "LHIGH",
            LOCAL_LOW[5] "LLOW",
            REMOTE_HIGH[4] "RHIGH",
            REMOTE_LOW[3] "RLOW",
            OPEN[2],
            REMOTE_THERM[1] "RTHRM",
            LOCAL_THERM[0] "LTHRM",
        }
        CONFIG @ 0x03 ro = 0x00, "table 3" { MASK[7], SHUTDOWN[6] "SD", AL_TH[5], RANGE[2] }
        CONFIG_WRITE @ 0x09 wo = 0x00, "table 3" {
            SET_MASK[7],
            SET_SHUTDOWN[6],
            SET_AL_TH[5],
            SET_RANGE[2],
        }
        RATE @ 0x04 ro = 0x07, "table 3" { CONVERSIONS[3:0] "R" }
        RATE_WRITE @ 0x0a wo = 0x07, "table 3" { SET_CONVERSIONS[3:0] }
        LOCAL_HIGH_LIMIT: u16be @ 0x05 ro = 0x5500, "table 3" { LTH[15:4] }
        LOCAL_LOW_LIMIT: u16be @ 0x06 ro = 0x0000, "table 3" { LTL[15:4] }
        REMOTE_HIGH_LIMIT: u16be @ 0x07 ro = 0x5500, "table 3" { RTH[15:4] }
        REMOTE_LOW_LIMIT: u16be @ 0x08 ro = 0x0000, "table 3" { RTL[15:4] }
        LOCAL_HIGH_LIMIT_WRITE: u16be @ 0x0b wo = 0x5500, "table 3" { SET_LTH[15:4] }
        LOCAL_LOW_LIMIT_WRITE: u16be @ 0x0c wo = 0x0000, "table 3" { SET_LTL[15:4] }
        REMOTE_HIGH_LIMIT_WRITE: u16be @ 0x0d wo = 0x5500, "table 3" { SET_RTH[15:4] }
        REMOTE_LOW_LIMIT_WRITE: u16be @ 0x0e wo = 0x0000, "table 3" { SET_RTL[15:4] }
        ONE_SHOT @ 0x0f wo = 0x00, "table 3";
        N_FACTOR @ 0x18 rw = 0x00, "table 3";
        REMOTE_THERM_LIMIT @ 0x19 rw = 0x55, "table 3";
        CONFIG2 @ 0x1a rw = 0x1c, "table 3" { REMOTE_ON[4] "REN", LOCAL_ON[3] "LEN", RC[2] }
        LOCAL_THERM_LIMIT @ 0x20 rw = 0x55, "table 3";
        THERM_HYSTERESIS @ 0x21 rw = 0x0a, "table 3";
        BETA_RANGE @ 0x25 rw = 0x08, "table 3" { BETA[3:0] "BC" }
        DEVICE_ID @ 0xfd ro = 0x31, "table 3";
        MANUFACTURER_ID @ 0xfe ro = 0x55, "table 3";
    }
}

/// Conversion time of the local channel and of the remote one with beta
/// correction and RC = 1, typical (electrical characteristics).
const CONVERSION: SimTime = SimTime::ms(15 + 126);

/// While no conversion in the configured range has ended.
const STALE: Guard = Guard {
    state: "the first conversion has not ended",
    section: "electrical characteristics",
    severity: Severity::Unwise,
    writes: &[],
    reads: &[reg::LOCAL_TEMP, reg::REMOTE_TEMP],
};

/// Read address, write address, both ways to one register.
const PAIRS: [(Register, Register); 6] = [
    (reg::CONFIG, reg::CONFIG_WRITE),
    (reg::RATE, reg::RATE_WRITE),
    (reg::LOCAL_HIGH_LIMIT, reg::LOCAL_HIGH_LIMIT_WRITE),
    (reg::LOCAL_LOW_LIMIT, reg::LOCAL_LOW_LIMIT_WRITE),
    (reg::REMOTE_HIGH_LIMIT, reg::REMOTE_HIGH_LIMIT_WRITE),
    (reg::REMOTE_LOW_LIMIT, reg::REMOTE_LOW_LIMIT_WRITE),
];

/// The diode at DXP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Diode {
    /// At this temperature.
    At(Celsius),
    /// Not there.
    Open,
}

/// One TMP431.
#[derive(Clone, Debug)]
pub struct Tmp431 {
    registers: Registers,
    local: Celsius,
    remote: Diode,
    /// When the running or next conversion ends.
    done_at: Option<SimTime>,
}

impl Default for Tmp431 {
    fn default() -> Self {
        Self::new(Celsius::milli(25_000))
    }
}

impl Tmp431 {
    /// A chip that was powered long ago, with everything at `temperature`.
    pub fn new(temperature: Celsius) -> Self {
        let mut chip = Self {
            registers: Registers::new(reg::MAP),
            local: temperature,
            remote: Diode::At(temperature),
            done_at: None,
        };
        chip.convert();
        chip.start(SimTime::ZERO);
        chip
    }

    /// A chip that was put into shutdown before its first conversion.
    pub fn in_shutdown() -> Self {
        let mut chip = Self::new(Celsius::milli(0));
        chip.registers.store(reg::SHUTDOWN, 1);
        chip.registers.store(reg::BUSY, 0);
        chip.registers.enter(STALE);
        chip.done_at = None;
        chip
    }

    /// The chip's own temperature, which the next conversion sees.
    pub fn set_local(&mut self, temperature: Celsius) {
        self.local = temperature;
    }

    /// The diode, which the next conversion sees.
    pub fn set_remote(&mut self, diode: Diode) {
        self.remote = diode;
    }

    /// One conversion after the other, at the configured rate: from 16 s for
    /// 0 to 125 ms for 7 and above (conversion rate register).
    fn period(&self) -> SimTime {
        let rate = self.registers.get(reg::CONVERSIONS).min(7);
        SimTime::ms(125 << (7 - rate)).max(CONVERSION)
    }

    fn start(&mut self, now: SimTime) {
        self.done_at = (!self.registers.is_set(reg::SHUTDOWN)).then(|| now + self.period());
    }

    fn convert(&mut self) {
        let local = self.code(self.local);
        self.registers.store(reg::LOCAL_TEMP, local);
        let remote = match self.remote {
            Diode::At(temperature) => self.code(temperature),
            Diode::Open => 0,
        };
        self.registers.store(reg::REMOTE_TEMP, remote);
        self.registers.leave(STALE);
        let old = self.registers.get(reg::STATUS);
        let fresh = self.conditions();
        // The comparators' flags are latched, THERM is live.
        let latched = old & !(reg::REMOTE_THERM.mask() | reg::LOCAL_THERM.mask());
        self.registers.store(reg::STATUS, latched | fresh);
    }

    /// The flags of STATUS that the last result asks for.
    fn conditions(&self) -> u32 {
        let get = |register| self.registers.get(register);
        let therm = |limit, status: roadtest_model::register::Field, temperature: u32| {
            let hysteresis = if self.registers.is_set(status) {
                get(reg::THERM_HYSTERESIS) << 8
            } else {
                0
            };
            temperature + hysteresis >= get(limit) << 8
        };
        let (local, remote) = (get(reg::LOCAL_TEMP), get(reg::REMOTE_TEMP));
        let mut flags = 0;
        let mut raise = |flag: roadtest_model::register::Field, when: bool| {
            flags |= if when { flag.mask() } else { 0 };
        };
        raise(reg::LOCAL_HIGH, local > get(reg::LOCAL_HIGH_LIMIT));
        raise(reg::LOCAL_LOW, local < get(reg::LOCAL_LOW_LIMIT));
        let hot = therm(reg::LOCAL_THERM_LIMIT, reg::LOCAL_THERM, local);
        raise(reg::LOCAL_THERM, hot);
        if self.remote == Diode::Open {
            raise(reg::OPEN, true);
        } else {
            raise(reg::REMOTE_HIGH, remote > get(reg::REMOTE_HIGH_LIMIT));
            raise(reg::REMOTE_LOW, remote < get(reg::REMOTE_LOW_LIMIT));
            let hot = therm(reg::REMOTE_THERM_LIMIT, reg::REMOTE_THERM, remote);
            raise(reg::REMOTE_THERM, hot);
        }
        flags
    }

    /// A temperature as the chip stores it, in sixteenths of a degree in the
    /// upper twelve bits; the extended range begins at -64 °C.
    fn code(&self, temperature: Celsius) -> u32 {
        let (offset, max) = if self.registers.is_set(reg::RANGE) {
            (64_000, 0xfff0)
        } else {
            (0, 0x7ff0)
        };
        let milli = (temperature.as_milli() + offset).max(0).unsigned_abs();
        ((milli * 16 / 1000) << 4).min(max)
    }

    fn reconfigured(&mut self, old: u32, now: SimTime) {
        let changed = old ^ self.registers.get(reg::CONFIG);
        if changed & reg::RANGE.mask() != 0 {
            // The format changes with the next conversion.
            self.registers.enter(STALE);
        }
        if changed & reg::SHUTDOWN.mask() == 0 {
            return;
        }
        if self.registers.is_set(reg::SHUTDOWN) {
            self.done_at = None;
        } else {
            self.begin(now);
        }
    }

    /// Starts a conversion at once.
    fn begin(&mut self, now: SimTime) {
        self.registers.enter(STALE);
        self.done_at = Some(now + CONVERSION);
    }
}

impl RegisterChip for Tmp431 {
    const COMPATIBLE: &'static str = "ti,tmp431";
    const STIMULI: &'static [Stimulus<Self>] = &[
        Stimulus::new("local", "m°C", -64_000..=190_937, |chip, value| {
            chip.set_local(Celsius::milli(value.i32()));
        }),
        Stimulus::new("remote", "m°C", -64_000..=190_937, |chip, value| {
            chip.set_remote(Diode::At(Celsius::milli(value.i32())));
        }),
        Stimulus::new("diode_open", "flag", 1..=1, |chip, _| {
            chip.set_remote(Diode::Open);
        }),
    ];
    const MAP: &'static Map = reg::MAP;
    const CONTRACTS: &'static [Contract] = &[Contract::Guard(STALE)];

    fn regs(&self) -> &Registers {
        &self.registers
    }

    fn regs_mut(&mut self) -> &mut Registers {
        &mut self.registers
    }

    /// Latched flags whose condition is gone are cleared.
    fn after_read(&mut self, register: Register, _: &mut Bus) {
        if register == reg::STATUS {
            let busy = self.registers.get(reg::STATUS) & reg::BUSY.mask();
            let conditions = self.conditions();
            self.registers.store(reg::STATUS, busy | conditions);
        }
    }

    fn written(&mut self, register: Register, _: u32, bus: &mut Bus) {
        if register == reg::ONE_SHOT && self.registers.is_set(reg::SHUTDOWN) {
            self.begin(bus.now());
        }
        let Some((read, write)) = PAIRS.into_iter().find(|(_, write)| *write == register) else {
            return;
        };
        let old = self.registers.get(read);
        let value = self.registers.get(write);
        self.registers.store(read, value);
        if read == reg::CONFIG {
            self.reconfigured(old, bus.now());
        } else if read == reg::RATE && self.done_at.is_some() {
            self.start(bus.now());
        }
    }

    fn wake_at(&self) -> Option<SimTime> {
        self.done_at
    }

    fn wake(&mut self, now: SimTime) {
        if self.done_at.is_some_and(|done| done <= now) {
            self.convert();
            self.start(now);
        }
    }

    fn power(&mut self, on: Level, now: SimTime) {
        self.registers.set_power(on, now);
        self.done_at = None;
        if on.is_high() {
            self.begin(now);
        }
    }
}

impl I2cRegisters for Tmp431 {
    const SCL_HZ_MAX: u32 = 3_400_000;
}

#[cfg(test)]
mod tests;
