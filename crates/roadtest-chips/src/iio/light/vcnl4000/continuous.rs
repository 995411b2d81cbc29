// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! VCNL4040 and VCNL4200, which are one chip but for their times, the place
//! of their interrupt flags and some bits: what they do.
//!
//! Modelled: both channels' measurements in virtual time, shutdown,
//! thresholds with persistence, and INT. Not modelled: the white channel's
//! light, smart persistence, active force and logic output modes, and
//! cancellation.

use std::marker::PhantomData;

use roadtest_model::register::{
    Contract, Field, Guard, I2cRegisters, Map, Register, RegisterChip, Registers,
};
use roadtest_model::{Bus, Level, Severity, SimTime, Stimulus};

use super::channel::Channel;
// What both have in the same place.
use super::vcnl4040::reg;

/// What tells the two apart.
pub trait Part: 'static {
    /// `compatible` of the devicetree node.
    const COMPATIBLE: &'static str;
    /// The registers.
    const MAP: &'static Map;
    /// The shortest integration time of ambient light.
    const ALS_TIME: SimTime;
    /// The shortest integration time of proximity: the LED's pulse.
    const PS_TIME: SimTime;
    /// At the shortest, the LED is on for one part in so many.
    const PS_DUTY: u64;
    /// Integration times of proximity in halves of the shortest, by PS_IT.
    const PS_HALVES: [u64; 8];
    /// Which interrupts came.
    const INT_FLAG: Register;
    /// Ambient light rose above its threshold.
    const ALS_ROSE: Field;
    /// Ambient light fell below its threshold.
    const ALS_FELL: Field;
    /// Something came close.
    const CLOSE: Field;
    /// Something went away.
    const AWAY: Field;
    /// Where the datasheet has the times of ambient light.
    const ALS_SECTION: &'static str;
    /// Where the datasheet has the times of proximity.
    const PS_SECTION: &'static str;
    /// Ambient light that is read during shutdown is old.
    const ALS_OFF: Guard;
    /// Proximity that is read during shutdown is old.
    const PS_OFF: Guard;
}

/// A chip that measures over and over while it is not shut down.
#[derive(Clone, Debug)]
pub struct Continuous<P> {
    registers: Registers,
    light: Channel,
    proximity: Channel,
    /// How long this part takes, in hundredths of what the datasheet says.
    period_percent: u64,
    part: PhantomData<P>,
}

impl<P: Part> Default for Continuous<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Part> Continuous<P> {
    /// A chip after power-up, in darkness, with nothing near.
    pub fn new() -> Self {
        let mut registers = Registers::new(P::MAP);
        registers.enter(P::ALS_OFF);
        registers.enter(P::PS_OFF);
        Self {
            registers,
            light: Channel::new("ALS_SD = 0 to the first read of ALS_DATA", P::ALS_SECTION),
            proximity: Channel::new("PS_SD = 0 to the first read of PS_DATA", P::PS_SECTION),
            period_percent: 100,
            part: PhantomData,
        }
    }

    /// A chip whose measurements take `percent` of what the datasheet says,
    /// 1 to 1000.
    pub fn with_period_percent(percent: u64) -> Self {
        Self {
            period_percent: percent,
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
        self.scaled(P::ALS_TIME.as_ns() << self.registers.get(reg::ALS_IT))
    }

    /// The time of a proximity measurement as configured.
    pub fn proximity_period(&self) -> SimTime {
        let halves = P::PS_HALVES[self.registers.get(reg::PS_IT) as usize];
        let duty = P::PS_DUTY << self.registers.get(reg::PS_DUTY);
        self.scaled(P::PS_TIME.as_ns() * halves / 2 * duty)
    }

    fn scaled(&self, ns: u64) -> SimTime {
        SimTime::ns(ns * self.period_percent / 100)
    }

    fn light_configured(&mut self, now: SimTime) {
        let on = !self.registers.is_set(reg::ALS_SHUTDOWN);
        let period = on.then(|| self.light_period());
        self.light.configure(period, now);
        if on {
            self.registers.leave(P::ALS_OFF);
        } else {
            self.registers.enter(P::ALS_OFF);
        }
    }

    fn proximity_configured(&mut self, now: SimTime) {
        let on = !self.registers.is_set(reg::PS_SHUTDOWN);
        let period = on.then(|| self.proximity_period());
        self.proximity.configure(period, now);
        if on {
            self.registers.leave(P::PS_OFF);
        } else {
            self.registers.enter(P::PS_OFF);
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
                registers.store(P::ALS_ROSE, 1);
            }
            if crossed.below {
                registers.store(P::ALS_FELL, 1);
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
            registers.store(P::CLOSE, 1);
        }
        if crossed.below && wanted & reg::PS_INT::Away != 0 {
            registers.store(P::AWAY, 1);
        }
    }
}

impl<P: Part> RegisterChip for Continuous<P> {
    const COMPATIBLE: &'static str = P::COMPATIBLE;
    const STIMULI: &'static [Stimulus<Self>] = &[
        Stimulus::u16("light", "steps", |chip, value| chip.set_light(value.u16())),
        Stimulus::u16("proximity", "steps", |chip, value| {
            chip.set_proximity(value.u16())
        }),
    ];
    const MAP: &'static Map = P::MAP;
    const CONTRACTS: &'static [Contract] = &[
        Contract::Guard(P::ALS_OFF),
        Contract::Guard(P::PS_OFF),
        Contract::Other {
            rule: "the first reading of ALS_DATA is one period of ALS_IT after ALS_SD = 0",
            section: P::ALS_SECTION,
            severity: Severity::Unwise,
        },
        Contract::Other {
            rule: "the first reading of PS_DATA is one period of PS_IT and PS_DUTY after PS_SD = 0",
            section: P::PS_SECTION,
            severity: Severity::Unwise,
        },
    ];

    fn regs(&self) -> &Registers {
        &self.registers
    }

    fn regs_mut(&mut self) -> &mut Registers {
        &mut self.registers
    }

    fn before_read(&mut self, register: Register, bus: &mut Bus) {
        let first = if register.address == reg::ALS_DATA.address {
            self.light.read(bus.now())
        } else if register.address == reg::PS_DATA.address {
            self.proximity.read(bus.now())
        } else {
            Ok(())
        };
        if let Err(complaint) = first {
            bus.complain(complaint);
        }
    }

    fn written(&mut self, register: Register, _: u32, bus: &mut Bus) {
        if register.address == reg::ALS_CONF.address {
            self.light_configured(bus.now());
        } else if register.address == reg::PS_CONF1.address {
            self.proximity_configured(bus.now());
        }
    }

    /// INT is an open drain that is low while a flag is set.
    fn interrupt(&self) -> Level {
        Level::low_when(self.registers.is_set(P::INT_FLAG))
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

    /// After power-up, both channels are shut down.
    fn power(&mut self, on: Level, now: SimTime) {
        self.registers.set_power(on, now);
        self.light_configured(now);
        self.proximity_configured(now);
    }
}

impl<P: Part> I2cRegisters for Continuous<P> {
    /// Words, one per transfer (VCNL4040, "Digital Interface").
    const BURST_MAX: Option<usize> = Some(2);
}
