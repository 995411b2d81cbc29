// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Vishay VCNL4010, datasheet 83462 revision 1.6; VCNL4020 (83476) is the
//! same to a driver.
//!
//! Modelled: measurements on demand, self-timed proximity and ambient light,
//! interrupt on data ready and on thresholds with their count. Not modelled:
//! the LED current's effect on the reading, and the proximity modulator's
//! timing.

use roadtest_model::register::{
    Contract, Guard, I2cRegisters, Increment, Map, Register, RegisterChip, Registers,
};
use roadtest_model::{Bus, Level, Severity, SimTime, Stimulus, registers};

use super::on_demand::{MEASURING_ALS, MEASURING_PROX, Measurements, OnDemand};

registers! {
    /// Vishay VCNL4010 and VCNL4020, datasheet 83462, register description.
    pub mod reg: u8 {
        COMMAND @ 0x80 rw = 0x80, "register #0" {
            CONFIG_LOCK[7] ro,
            ALS_READY[6] ro "als_data_rdy",
            PROX_READY[5] ro "prox_data_rdy",
            ALS_ON_DEMAND[4] "als_od",
            PROX_ON_DEMAND[3] "prox_od",
            ALS_ENABLE[2] "als_en",
            PROX_ENABLE[1] "prox_en",
            SELF_TIMED[0] "selftimed_en",
        }
        PRODUCT_ID @ 0x81 ro = 0x21, "register #1" { PRODUCT[7:4], REVISION[3:0] }
        PROX_RATE @ 0x82 rw = 0x00, "register #2" { RATE[2:0] }
        LED_CURRENT @ 0x83 rw = 0x02, "register #3" { FUSES[7:6] ro, CURRENT[5:0] "10 mA" (0..=20) }
        ALS_PARAMETER @ 0x84 rw = 0x1d, "register #4" {
            CONTINUOUS[7], ALS_RATE[6:4], AUTO_OFFSET[3], AVERAGING[2:0],
        }
        ALS_RESULT_H @ 0x85 ro = 0x00, "register #5";
        ALS_RESULT_L @ 0x86 ro = 0x00, "register #6";
        PROX_RESULT_H @ 0x87 ro = 0x00, "register #7";
        PROX_RESULT_L @ 0x88 ro = 0x00, "register #8";
        INT_CONTROL @ 0x89 rw = 0x00, "register #9" {
            COUNT_EXCEED[7:5],
            PROX_READY_INT[3] "int_prox_ready_en",
            ALS_READY_INT[2] "int_als_ready_en",
            THRESHOLD_INT[1] "int_thres_en",
            THRESHOLD_SELECT[0] "int_thres_sel" { Proximity = 0, AmbientLight = 1 },
        }
        LOW_THRESHOLD_H @ 0x8a rw = 0x00, "registers #10 and #11";
        LOW_THRESHOLD_L @ 0x8b rw = 0x00, "registers #10 and #11";
        HIGH_THRESHOLD_H @ 0x8c rw = 0x00, "registers #12 and #13";
        HIGH_THRESHOLD_L @ 0x8d rw = 0x00, "registers #12 and #13";
        INT_STATUS @ 0x8e w1c = 0x00, "register #14" {
            PROX_DONE[3] "int_prox_ready", ALS_DONE[2] "int_als_ready",
            BELOW[1] "int_th_low", ABOVE[0] "int_th_hi",
        }
        PROX_TIMING @ 0x8f rw = 0x01, "register #15" { DELAY[7:5], PROX_FREQUENCY[4:3], DEAD_TIME[2:0] }
    }
}

/// Self-timed proximity measurements: 1.95 per second at rate 0, twice as
/// many with each step (register #2); 512 ms is what the driver's 1.953125
/// halves and doubles exactly.
const PROX_PERIOD: SimTime = SimTime::ms(512);
/// Self-timed ambient light measurements per second, by ALS_RATE
/// (register #4).
const ALS_PER_SECOND: [u64; 8] = [1, 2, 3, 4, 5, 6, 8, 10];

/// Rates change only while nothing is self-timed (register #0, note).
const SELF_TIMED: Guard = Guard {
    state: "measuring by itself",
    section: "register #0",
    severity: Severity::Forbidden,
    writes: &[reg::PROX_RATE, reg::ALS_PARAMETER],
    reads: &[],
};

/// One VCNL4010 or VCNL4020.
#[derive(Clone, Debug)]
pub struct Vcnl4010 {
    registers: Registers,
    on_demand: OnDemand,
    next_prox: Option<SimTime>,
    next_als: Option<SimTime>,
    /// Consecutive measurements above and below the thresholds.
    hits: (u32, u32),
}

impl Default for Vcnl4010 {
    fn default() -> Self {
        Self::new()
    }
}

impl Vcnl4010 {
    /// A chip after power-up, in darkness, with nothing near.
    pub fn new() -> Self {
        Self {
            registers: Registers::new(reg::MAP),
            on_demand: OnDemand::default(),
            next_prox: None,
            next_als: None,
            hits: (0, 0),
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

    /// What becomes of the measurements on demand to come.
    pub fn set_measurements(&mut self, measurements: Measurements) {
        self.on_demand.measurements = measurements;
    }

    /// The time between two self-timed proximity measurements as configured.
    pub fn proximity_period(&self) -> SimTime {
        SimTime::ns(PROX_PERIOD.as_ns() >> self.registers.get(reg::RATE))
    }

    fn als_period(&self) -> SimTime {
        let rate = self.registers.get(reg::ALS_RATE) as usize;
        SimTime::ns(1_000_000_000 / ALS_PER_SECOND[rate])
    }

    /// Starts or stops the self-timed measurements, as COMMAND says.
    fn self_time(&mut self, now: SimTime) {
        let runs = self.registers.is_set(reg::SELF_TIMED);
        if runs {
            self.registers.enter(SELF_TIMED);
        } else {
            self.registers.leave(SELF_TIMED);
            self.hits = (0, 0);
        }
        let on = |field| runs && self.registers.is_set(field);
        self.next_prox = on(reg::PROX_ENABLE).then(|| now + self.proximity_period());
        self.next_als = on(reg::ALS_ENABLE).then(|| now + self.als_period());
    }

    fn word(&self, high: Register, low: Register) -> u32 {
        self.registers.get(high) << 8 | self.registers.get(low)
    }

    /// The thresholds, after a self-timed measurement of `value`
    /// (register #9).
    fn compare(&mut self, value: u32) {
        if !self.registers.is_set(reg::THRESHOLD_INT) {
            return;
        }
        let above = value > self.word(reg::HIGH_THRESHOLD_H, reg::HIGH_THRESHOLD_L);
        let below = value < self.word(reg::LOW_THRESHOLD_H, reg::LOW_THRESHOLD_L);
        self.hits.0 = if above { self.hits.0 + 1 } else { 0 };
        self.hits.1 = if below { self.hits.1 + 1 } else { 0 };
        let needed = 1 << self.registers.get(reg::COUNT_EXCEED);
        if self.hits.0 >= needed {
            self.registers.store(reg::ABOVE, 1);
        }
        if self.hits.1 >= needed {
            self.registers.store(reg::BELOW, 1);
        }
    }

    fn measure_proximity(&mut self) {
        self.on_demand.store_proximity(&mut self.registers);
        if self.registers.is_set(reg::PROX_READY_INT) {
            self.registers.store(reg::PROX_DONE, 1);
        }
        if self.registers.get(reg::THRESHOLD_SELECT) == reg::THRESHOLD_SELECT::Proximity {
            self.compare(self.on_demand.proximity.into());
        }
    }

    fn measure_light(&mut self) {
        self.on_demand.store_light(&mut self.registers);
        if self.registers.is_set(reg::ALS_READY_INT) {
            self.registers.store(reg::ALS_DONE, 1);
        }
        if self.registers.get(reg::THRESHOLD_SELECT) == reg::THRESHOLD_SELECT::AmbientLight {
            self.compare(self.on_demand.light.into());
        }
    }
}

impl RegisterChip for Vcnl4010 {
    const COMPATIBLE: &'static str = "vishay,vcnl4020";
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
        Contract::Guard(SELF_TIMED),
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
            self.self_time(bus.now());
        }
    }

    /// INT is an open drain that is low while a status bit is set.
    fn interrupt(&self) -> Level {
        Level::low_when(self.registers.is_set(reg::INT_STATUS))
    }

    fn wake_at(&self) -> Option<SimTime> {
        let self_timed = self.next_prox.into_iter().chain(self.next_als);
        self_timed.chain(self.on_demand.due()).min()
    }

    fn wake(&mut self, now: SimTime) {
        self.on_demand.wake(&mut self.registers, now);
        if self.next_prox.is_some_and(|next| next <= now) {
            self.next_prox = Some(now + self.proximity_period());
            self.measure_proximity();
        }
        if self.next_als.is_some_and(|next| next <= now) {
            self.next_als = Some(now + self.als_period());
            self.measure_light();
        }
    }

    fn power(&mut self, on: Level, now: SimTime) {
        self.registers.set_power(on, now);
        self.on_demand.stop();
        self.self_time(now);
    }
}

impl I2cRegisters for Vcnl4010 {
    const INCREMENT: Increment = Increment::ByOne;
}
