// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Vishay VCNL4040, datasheet 84274 revision 1.4.
//!
//! Modelled: both channels' measurements in virtual time, shutdown,
//! thresholds with persistence, and INT. Not modelled: the white channel's
//! light, smart persistence, active force and logic output modes, and
//! cancellation.

use roadtest_model::register::{Guard, Map, Register, RegisterChip, Registers};
use roadtest_model::{Bus, Level, SimTime, registers};

use super::channel::Channel;

registers! {
    /// Vishay VCNL4040, datasheet 84274, tables 1 to 13.
    pub mod reg: u16le {
        ALS_CONF @ 0x00 rw = 0x0001, "table 2" {
            ALS_IT[7:6] { Ms80 = 0, Ms160 = 1, Ms320 = 2, Ms640 = 3 },
            ALS_PERSISTENCE[3:2] "ALS_PERS" { One = 0, Two = 1, Four = 2, Eight = 3 },
            ALS_INT[1] "ALS_INT_EN",
            ALS_SHUTDOWN[0] "ALS_SD",
        }
        ALS_HIGH @ 0x01 rw = 0x0000, "table 3";
        ALS_LOW @ 0x02 rw = 0x0000, "table 4";
        /// PS_CONF1 in the low byte, PS_CONF2 in the high one.
        PS_CONF1 @ 0x03 rw = 0x0001, "tables 5 and 6" {
            PS_HD[11] { Bits12 = 0, Bits16 = 1 },
            PS_INT[9:8] { Off = 0, Closing = 1, Away = 2, Both = 3 },
            PS_DUTY[7:6] { D40 = 0, D80 = 1, D160 = 2, D320 = 3 },
            PS_PERSISTENCE[5:4] "PS_PERS" { One = 0, Two = 1, Three = 2, Four = 3 },
            PS_IT[3:1] { T1 = 0, T1p5 = 1, T2 = 2, T2p5 = 3, T3 = 4, T3p5 = 5, T4 = 6, T8 = 7 },
            PS_SHUTDOWN[0] "PS_SD",
        }
        /// PS_CONF3 in the low byte, PS_MS in the high one.
        PS_CONF3 @ 0x04 rw = 0x0000, "tables 7 and 8" {
            WHITE_OFF[15] "WHITE_EN",
            PS_LOGIC[14] "PS_MS",
            LED_CURRENT[10:8] "LED_I" {
                Ma50 = 0, Ma75 = 1, Ma100 = 2, Ma120 = 3, Ma140 = 4, Ma160 = 5, Ma180 = 6, Ma200 = 7,
            },
            PULSES[6:5] "PS_MPS" { One = 0, Two = 1, Four = 2, Eight = 3 },
            SMART_PERSISTENCE[4], ACTIVE_FORCE[3], TRIGGER[2] sc, SUNLIGHT_CANCEL[0],
        }
        PS_CANCEL @ 0x05 rw = 0x0000, "table 9";
        PS_LOW @ 0x06 rw = 0x0000, "table 10";
        PS_HIGH @ 0x07 rw = 0x0000, "table 11";
        PS_DATA @ 0x08 ro = 0x0000, "table 12";
        ALS_DATA @ 0x09 ro = 0x0000, "table 12";
        WHITE_DATA @ 0x0a ro = 0x0000, "table 12";
        /// Reading it takes INT away.
        INT_FLAG @ 0x0b rc = 0x0000, "table 13" {
            PROTECTED[14] "PS_SPFLAG", ALS_FELL[13] "ALS_IF_L", ALS_ROSE[12] "ALS_IF_H",
            CLOSE[9] "PS_IF_CLOSE", AWAY[8] "PS_IF_AWAY",
        }
        DEVICE_ID @ 0x0c ro = 0x0186, "table 13";
        /// No command code of the datasheet. The driver looks for a VCNL4200
        /// here first, and the part answers.
        RESERVED_0E @ 0x0e ro = 0x0000;
    }
}

/// The shortest integration times: 80 ms of ambient light (table 2), and
/// 125 µs of the LED, which at a duty of 1/40 is 5 ms.
const ALS_TIME: SimTime = SimTime::ms(80);
const PS_TIME: SimTime = SimTime::us(125);
/// Integration times of PS_IT in halves of the shortest (table 5).
const PS_HALVES: [u64; 8] = [2, 3, 4, 5, 6, 7, 8, 16];

/// Data read during shutdown are old (tables 2 and 5).
const ALS_OFF: Guard = Guard {
    state: "ALS_SD is set",
    section: "table 2",
    writes: &[],
    reads: &[reg::ALS_DATA],
};
const PS_OFF: Guard = Guard {
    state: "PS_SD is set",
    section: "table 5",
    writes: &[],
    reads: &[reg::PS_DATA],
};

/// One VCNL4040.
#[derive(Clone, Debug)]
pub struct Vcnl4040 {
    registers: Registers,
    light: Channel,
    proximity: Channel,
    /// How long this part's oscillator takes for 100 ns.
    per_100_ns: u64,
}

impl Default for Vcnl4040 {
    fn default() -> Self {
        Self::new()
    }
}

impl Vcnl4040 {
    /// A chip after power-up, in darkness, with nothing near.
    pub fn new() -> Self {
        let mut registers = Registers::new(reg::MAP);
        registers.enter(ALS_OFF);
        registers.enter(PS_OFF);
        Self {
            registers,
            light: Channel::new("ALS_SD = 0 to the first read of ALS_DATA", "table 2"),
            proximity: Channel::new("PS_SD = 0 to the first read of PS_DATA", "table 5"),
            per_100_ns: 100,
        }
    }

    /// A chip whose measurements take `percent` of what the datasheet says,
    /// 1 to 1000.
    pub fn with_period_percent(percent: u64) -> Self {
        Self {
            per_100_ns: percent,
            ..Self::new()
        }
    }

    /// Light on the sensor, in steps; the next measurement sees it.
    pub fn set_light(&mut self, steps: u16) {
        self.light.level = steps;
    }

    /// Infrared light that comes back, in steps; the next measurement sees
    /// it.
    pub fn set_proximity(&mut self, steps: u16) {
        self.proximity.level = steps;
    }

    /// The time of an ambient light measurement as configured.
    pub fn light_period(&self) -> SimTime {
        self.scaled(ALS_TIME.as_ns() << self.registers.get(reg::ALS_IT))
    }

    /// The time of a proximity measurement as configured.
    pub fn proximity_period(&self) -> SimTime {
        let halves = PS_HALVES[self.registers.get(reg::PS_IT) as usize];
        let duty = 40 << self.registers.get(reg::PS_DUTY);
        self.scaled(PS_TIME.as_ns() * halves / 2 * duty)
    }

    fn scaled(&self, ns: u64) -> SimTime {
        SimTime::ns(ns * self.per_100_ns / 100)
    }

    fn light_configured(&mut self, now: SimTime) {
        let on = !self.registers.is_set(reg::ALS_SHUTDOWN);
        let period = on.then(|| self.light_period());
        self.light.configure(period, now);
        if on {
            self.registers.leave(ALS_OFF);
        } else {
            self.registers.enter(ALS_OFF);
        }
    }

    fn proximity_configured(&mut self, now: SimTime) {
        let on = !self.registers.is_set(reg::PS_SHUTDOWN);
        let period = on.then(|| self.proximity_period());
        self.proximity.configure(period, now);
        if on {
            self.registers.leave(PS_OFF);
        } else {
            self.registers.enter(PS_OFF);
        }
    }

    fn measured_light(&mut self, value: u16) {
        let registers = &mut self.registers;
        registers.store(reg::ALS_DATA, value.into());
        if registers.is_set(reg::ALS_INT) {
            let (low, high) = (registers.get(reg::ALS_LOW), registers.get(reg::ALS_HIGH));
            let needed = 1 << registers.get(reg::ALS_PERSISTENCE);
            let crossed = self.light.compare(low, high, needed);
            if crossed.above {
                registers.store(reg::ALS_ROSE, 1);
            }
            if crossed.below {
                registers.store(reg::ALS_FELL, 1);
            }
        }
    }

    fn measured_proximity(&mut self, value: u16) {
        let registers = &mut self.registers;
        registers.store(reg::PS_DATA, value.into());
        let (low, high) = (registers.get(reg::PS_LOW), registers.get(reg::PS_HIGH));
        let needed = 1 + registers.get(reg::PS_PERSISTENCE);
        let crossed = self.proximity.compare(low, high, needed);
        let wanted = registers.get(reg::PS_INT);
        if crossed.above && wanted & reg::PS_INT::Closing != 0 {
            registers.store(reg::CLOSE, 1);
        }
        if crossed.below && wanted & reg::PS_INT::Away != 0 {
            registers.store(reg::AWAY, 1);
        }
    }
}

impl RegisterChip for Vcnl4040 {
    const COMPATIBLE: &'static str = "vishay,vcnl4040";
    const MAP: &'static Map = reg::MAP;
    /// Words, one per transfer ("Digital Interface").
    const BURST_MAX: Option<usize> = Some(2);

    fn regs(&self) -> &Registers {
        &self.registers
    }

    fn regs_mut(&mut self) -> &mut Registers {
        &mut self.registers
    }

    fn before_read(&mut self, register: Register, bus: &mut Bus) {
        let first = if register == reg::ALS_DATA {
            self.light.read(bus.now())
        } else if register == reg::PS_DATA {
            self.proximity.read(bus.now())
        } else {
            Ok(())
        };
        if let Err(text) = first {
            bus.violation(text);
        }
    }

    fn written(&mut self, register: Register, _: u32, bus: &mut Bus) {
        if register == reg::ALS_CONF {
            self.light_configured(bus.now());
        } else if register == reg::PS_CONF1 {
            self.proximity_configured(bus.now());
        }
    }

    /// INT is an open drain that is low while a flag is set.
    fn interrupt(&self) -> Level {
        Level::low_when(self.registers.is_set(reg::INT_FLAG))
    }

    fn wake_at(&self) -> Option<SimTime> {
        self.light
            .due()
            .into_iter()
            .chain(self.proximity.due())
            .min()
    }

    fn wake(&mut self, now: SimTime) {
        if let Some(value) = self.light.wake(now) {
            self.measured_light(value);
        }
        if let Some(value) = self.proximity.wake(now) {
            self.measured_proximity(value);
        }
    }
}
