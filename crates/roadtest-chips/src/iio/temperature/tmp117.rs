// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! TI TMP117 temperature sensor, datasheet SNOSD82, sections 7.5 and 7.6.
//! The conversion cycle, the alert pin and EEPROM programming are not
//! modelled: a temperature that is set is there to be read at once.

use roadtest_model::register::{I2cRegisters, Map, RegisterChip, Registers};
use roadtest_model::{SimTime, Stimulus, registers};

registers! {
    /// TI TMP117, datasheet SNOSD82, section 7.6.
    pub mod reg: u16be {
        /// Two's complement, 7.8125 m°C per step.
        TEMPERATURE @ 0x00 ro = 0x8000, "7.6.1";
        CONFIGURATION @ 0x01 rw = 0x0220, "7.6.2" {
            HIGH_ALERT[15] ro, LOW_ALERT[14] ro, DATA_READY[13] ro, EEPROM_BUSY[12] ro,
            MODE[11:10] { Continuous = 0, Shutdown = 1, ContinuousToo = 2, OneShot = 3 },
            CYCLE[9:7], AVERAGING[6:5], THERM[4], ALERT_HIGH[3], READY_PIN[2], SOFT_RESET[1],
        }
        THIGH @ 0x02 rw = 0x6000, "7.6.3";
        TLOW @ 0x03 rw = 0x8000, "7.6.4";
        /// Added to each result. Its value after power-up comes from EEPROM.
        TEMP_OFFSET @ 0x07 rw = 0x0000, "7.6.8";
        DEVICE_ID @ 0x0f ro = 0x0117, "7.6.10" { REVISION[15:12], DID[11:0] }
    }
}

/// A TMP117.
#[derive(Clone, Debug)]
pub struct Tmp117 {
    registers: Registers,
}

impl Default for Tmp117 {
    fn default() -> Self {
        let mut registers = Registers::new(reg::MAP);
        registers.set_start_up("7.3.1", SimTime::us(1500));
        Self { registers }
    }
}

impl Tmp117 {
    /// Sets what TEMPERATURE reads: steps of 7.8125 m°C.
    pub fn set_raw(&mut self, steps: i16) {
        self.registers
            .store(reg::TEMPERATURE, u32::from(steps.cast_unsigned()));
    }

    /// Sets the offset as its EEPROM would at power-up: steps of 7.8125 m°C.
    pub fn set_offset(&mut self, steps: i16) {
        self.registers
            .store(reg::TEMP_OFFSET, u32::from(steps.cast_unsigned()));
    }
}

impl RegisterChip for Tmp117 {
    const COMPATIBLE: &'static str = "ti,tmp117";
    const MAP: &'static Map = reg::MAP;
    const STIMULI: &'static [Stimulus<Self>] =
        &[Stimulus::i16("temperature", "7.8125 m°C", |c, v| {
            c.set_raw(v.i16())
        })];

    fn regs(&self) -> &Registers {
        &self.registers
    }

    fn regs_mut(&mut self) -> &mut Registers {
        &mut self.registers
    }
}

impl I2cRegisters for Tmp117 {}
