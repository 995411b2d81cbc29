// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Vishay VCNL4000, datasheet 83798, and the measurement on demand that it
//! shares with VCNL4010 and VCNL4020.
//!
//! Not modelled: the LED current's effect on the reading, and the continuous
//! conversion mode of the ambient light parameter.

use roadtest_model::register::{
    Contract, Guard, I2cRegisters, Increment, Map, Register, RegisterChip, Registers,
};
use roadtest_model::{Bus, Level, Severity, SimTime, Stimulus, registers};

registers! {
    /// Vishay VCNL4000, datasheet 83798, register description.
    pub mod reg: u8 {
        COMMAND @ 0x80 rw = 0x80, "register #0" {
            CONFIG_LOCK[7] ro,
            ALS_READY[6] ro "als_data_rdy",
            PROX_READY[5] ro "prox_data_rdy",
            ALS_ON_DEMAND[4] "als_od",
            PROX_ON_DEMAND[3] "prox_od",
        }
        PRODUCT_ID @ 0x81 ro = 0x11, "register #1" { PRODUCT[7:4], REVISION[3:0] }
        LED_CURRENT @ 0x83 rw = 0x02, "register #3" { FUSES[7:6] ro, CURRENT[5:0] "10 mA" (0..=20) }
        ALS_PARAMETER @ 0x84 rw = 0x0d, "register #4" {
            CONTINUOUS[7], AUTO_OFFSET[3], AVERAGING[2:0],
        }
        ALS_RESULT_H @ 0x85 ro = 0x00, "register #5";
        ALS_RESULT_L @ 0x86 ro = 0x00, "register #6";
        PROX_RESULT_H @ 0x87 ro = 0x00, "register #7";
        PROX_RESULT_L @ 0x88 ro = 0x00, "register #8";
        PROX_FREQUENCY @ 0x89 rw = 0x00, "register #9" { FREQUENCY[1:0] }
        PROX_TIMING @ 0x8a rw = 0x01, "register #10" { DELAY[7:5], DEAD_TIME[2:0] }
    }
}

/// A measurement of ambient light averages for 100 ms (register #4).
const ALS_TIME: SimTime = SimTime::ms(100);
/// A burst of the IR LED and its evaluation.
const PROX_TIME: SimTime = SimTime::us(170);

/// The result is that of the measurement before until the ready bit says
/// otherwise.
pub(super) const MEASURING_ALS: Guard = Guard {
    state: "measuring",
    section: "register #0, als_data_rdy",
    severity: Severity::Unwise,
    writes: &[],
    reads: &[reg::ALS_RESULT_H, reg::ALS_RESULT_L],
};
pub(super) const MEASURING_PROX: Guard = Guard {
    state: "measuring",
    section: "register #0, prox_data_rdy",
    severity: Severity::Unwise,
    writes: &[],
    reads: &[reg::PROX_RESULT_H, reg::PROX_RESULT_L],
};

/// What becomes of a measurement on demand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Measurements {
    /// It ends after its time, and the ready bit says so.
    #[default]
    End,
    /// It never ends: a chip that hangs.
    NeverEnd,
    /// The ready bit is set at once, before the result is there: a chip that
    /// breaks its own datasheet, to prove that a driver that does not wait is
    /// detected.
    SeemToEndAtOnce,
}

/// The measurements on demand of a chip with the registers of a VCNL4000:
/// what the sensor sees, and when measurements end.
#[derive(Clone, Debug, Default)]
pub(super) struct OnDemand {
    pub(super) light: u16,
    pub(super) proximity: u16,
    pub(super) measurements: Measurements,
    als_done: Option<SimTime>,
    prox_done: Option<SimTime>,
}

impl OnDemand {
    /// COMMAND was written.
    pub(super) fn commanded(&mut self, registers: &mut Registers, now: SimTime) {
        let measurements = self.measurements;
        let mut begin = |field, ready, guard, done: &mut Option<SimTime>, time| {
            if !registers.is_set(field) {
                return;
            }
            registers.store(ready, 0);
            registers.enter(guard);
            *done = match measurements {
                Measurements::NeverEnd => None,
                Measurements::End => Some(now + time),
                Measurements::SeemToEndAtOnce => {
                    registers.store(ready, 1);
                    Some(now + time)
                }
            };
        };
        begin(
            reg::ALS_ON_DEMAND,
            reg::ALS_READY,
            MEASURING_ALS,
            &mut self.als_done,
            ALS_TIME,
        );
        begin(
            reg::PROX_ON_DEMAND,
            reg::PROX_READY,
            MEASURING_PROX,
            &mut self.prox_done,
            PROX_TIME,
        );
    }

    /// Reading a result clears its ready bit.
    pub(super) fn after_read(registers: &mut Registers, register: Register) {
        if register == reg::ALS_RESULT_H || register == reg::ALS_RESULT_L {
            registers.store(reg::ALS_READY, 0);
        } else if register == reg::PROX_RESULT_H || register == reg::PROX_RESULT_L {
            registers.store(reg::PROX_READY, 0);
        }
    }

    /// The supply went: nothing is measured any more.
    pub(super) fn stop(&mut self) {
        self.als_done = None;
        self.prox_done = None;
    }

    pub(super) fn due(&self) -> Option<SimTime> {
        self.als_done.into_iter().chain(self.prox_done).min()
    }

    /// Ends the measurements whose time has come.
    pub(super) fn wake(&mut self, registers: &mut Registers, now: SimTime) {
        if self.als_done.is_some_and(|done| done <= now) {
            self.als_done = None;
            registers.leave(MEASURING_ALS);
            registers.store(reg::ALS_ON_DEMAND, 0);
            self.store_light(registers);
        }
        if self.prox_done.is_some_and(|done| done <= now) {
            self.prox_done = None;
            registers.leave(MEASURING_PROX);
            registers.store(reg::PROX_ON_DEMAND, 0);
            self.store_proximity(registers);
        }
    }

    pub(super) fn store_light(&self, registers: &mut Registers) {
        let [high, low] = self.light.to_be_bytes();
        registers.store(reg::ALS_RESULT_H, high.into());
        registers.store(reg::ALS_RESULT_L, low.into());
        registers.store(reg::ALS_READY, 1);
    }

    pub(super) fn store_proximity(&self, registers: &mut Registers) {
        let [high, low] = self.proximity.to_be_bytes();
        registers.store(reg::PROX_RESULT_H, high.into());
        registers.store(reg::PROX_RESULT_L, low.into());
        registers.store(reg::PROX_READY, 1);
    }
}

/// One VCNL4000.
#[derive(Clone, Debug)]
pub struct Vcnl4000 {
    registers: Registers,
    on_demand: OnDemand,
}

impl Default for Vcnl4000 {
    fn default() -> Self {
        Self::new()
    }
}

impl Vcnl4000 {
    /// A chip after power-up, in darkness, with nothing near.
    pub fn new() -> Self {
        Self {
            registers: Registers::new(reg::MAP),
            on_demand: OnDemand::default(),
        }
    }

    /// Light on the sensor, in steps of 0.25 lx; the next measurement sees
    /// it.
    pub fn set_light(&mut self, steps: u16) {
        self.on_demand.light = steps;
    }

    /// Infrared light that comes back, in steps; the next measurement sees
    /// it.
    pub fn set_proximity(&mut self, steps: u16) {
        self.on_demand.proximity = steps;
    }

    /// What becomes of the measurements to come.
    pub fn set_measurements(&mut self, measurements: Measurements) {
        self.on_demand.measurements = measurements;
    }

    /// Another part: `id` instead of 0x11, product 1 revision 1.
    pub fn set_product_id(&mut self, id: u8) {
        self.registers.store(reg::PRODUCT_ID, id.into());
    }
}

impl RegisterChip for Vcnl4000 {
    const COMPATIBLE: &'static str = "vishay,vcnl4000";
    const STIMULI: &'static [Stimulus<Self>] = &[
        Stimulus::u16("light", "steps of 0.25 lx", |chip, value| {
            chip.set_light(value.u16())
        }),
        Stimulus::u16("proximity", "steps", |chip, value| {
            chip.set_proximity(value.u16())
        }),
    ];
    const MAP: &'static Map = reg::MAP;
    const CONTRACTS: &'static [Contract] = &[
        Contract::Guard(MEASURING_ALS),
        Contract::Guard(MEASURING_PROX),
    ];

    fn regs(&self) -> &Registers {
        &self.registers
    }

    fn regs_mut(&mut self) -> &mut Registers {
        &mut self.registers
    }

    fn after_read(&mut self, register: Register, _: &mut Bus) {
        OnDemand::after_read(&mut self.registers, register);
    }

    fn written(&mut self, register: Register, _: u32, bus: &mut Bus) {
        if register == reg::COMMAND {
            self.on_demand.commanded(&mut self.registers, bus.now());
        }
    }

    fn wake_at(&self) -> Option<SimTime> {
        self.on_demand.due()
    }

    fn wake(&mut self, now: SimTime) {
        self.on_demand.wake(&mut self.registers, now);
    }

    fn power(&mut self, on: Level, now: SimTime) {
        let id = self.registers.get(reg::PRODUCT_ID);
        self.registers.set_power(on, now);
        self.registers.store(reg::PRODUCT_ID, id);
        self.on_demand.stop();
    }
}

impl I2cRegisters for Vcnl4000 {
    const INCREMENT: Increment = Increment::ByOne;
}
