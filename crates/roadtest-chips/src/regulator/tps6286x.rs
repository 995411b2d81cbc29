// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Texas Instruments TPS62864 step-down converter with I²C, datasheet SLVSEI1C
//! (October 2020); the TPS62866, TPS62868 and TPS62869 differ in output current
//! and package only.
//! Driver: `drivers/regulator/tps6286x-regulator.c`.
//!
//! Modelled: the set point of VOUT1 with its ramp in virtual time, the
//! software enable with its start-up time, forced PWM. An access while the
//! output still moves is marked as unwise: the driver has told its consumer
//! of a voltage that was not there. Not modelled: VOUT2 behind the VID pin,
//! faults behind STATUS, and the spread of the times; the ramp has the slope
//! that CONTROL asks for.

use roadtest_model::register::{
    Contract, DRIVER, I2cRegisters, Map, Register, RegisterChip, Registers,
};
use roadtest_model::{Bus, Direction, Level, Nack, Severity, SimTime, registers};

use super::ramp::Output;

registers! {
    /// TI TPS62864, datasheet SLVSEI1C, section 8.6.
    pub mod reg: u8 {
        /// The output voltage with VID low: 400 mV + 5 mV × VO1_SET. A resistor
        /// sets it at power-up, here to 900 mV (8.4.3).
        VOUT1 @ 0x01 rw = 0x64, "8.6.3" { VO1_SET[7:0] }
        /// The output voltage with VID high.
        VOUT2 @ 0x02 rw = 0x64, "8.6.4" { VO2_SET[7:0] }
        CONTROL @ 0x03 rw = 0x6f, "8.6.5" {
            RESET[7] sc,
            FPWM_DVS[6] "forced PWM while the output voltage changes",
            SWEN[5] "software enable",
            FPWM[4] "forced PWM",
            DISCHARGE[3],
            HICCUP[2],
            RAMP[1:0] { MilliVolt20 = 0, MilliVolt10 = 1, MilliVolt5 = 2, MilliVolt1 = 3 },
        }
        STATUS @ 0x05 ro = 0x00, "8.6.6" {
            THERMAL_WARNING[4],
            HICCUP_STATUS[3],
            UVLO[0],
        }
    }
}

/// Delay and ramp of a start, together: an upper bound, which is what the
/// driver's `enable_time` names.
const START_UP: SimTime = SimTime::ms(3);

/// One TPS62864.
#[derive(Clone, Debug)]
pub struct Tps6286x {
    registers: Registers,
    output: Output,
    start_up: SimTime,
}

impl Default for Tps6286x {
    fn default() -> Self {
        Self::new()
    }
}

impl Tps6286x {
    /// A converter that was powered long ago: on, at 900 mV.
    pub fn new() -> Self {
        Self {
            registers: Registers::new(reg::MAP),
            output: Output::at(900_000),
            start_up: START_UP,
        }
    }

    /// A converter that a boot loader has switched off, set to 900 mV.
    pub fn off() -> Self {
        let control = reg::CONTROL.reset & !reg::SWEN.mask();
        let mut chip = Self::new();
        chip.registers.store(reg::CONTROL, control);
        chip.output = Output::at(0);
        chip
    }

    /// A converter with another CONTROL: what a boot loader left there.
    #[must_use]
    pub fn with_control(mut self, control: u8) -> Self {
        self.registers.store(reg::CONTROL, control.into());
        self.output = Output::at(self.target_uv());
        self
    }

    /// A converter that needs this time from SWEN to its full output.
    #[must_use]
    pub fn with_start_up(mut self, time: SimTime) -> Self {
        self.start_up = time;
        self
    }

    /// The output voltage at a time, in microvolts.
    pub fn output_uv(&self, now: SimTime) -> u32 {
        self.output.microvolts(now)
    }

    /// The slope that CONTROL asks for, in microvolts per microsecond.
    fn slope(&self) -> u32 {
        match self.registers.get(reg::RAMP) {
            reg::RAMP::MilliVolt20 => 20_000,
            reg::RAMP::MilliVolt10 => 10_000,
            reg::RAMP::MilliVolt5 => 5_000,
            _ => 1_000,
        }
    }

    /// Goes on or off, as SWEN says.
    fn switch(&mut self, now: SimTime) {
        let uv = self.target_uv();
        let takes = if uv == 0 {
            SimTime::ZERO
        } else {
            self.start_up
        };
        let what = "SWEN to next access";
        self.output.go(what, DRIVER, uv, takes, now);
    }

    fn target_uv(&self) -> u32 {
        if self.registers.is_set(reg::SWEN) {
            400_000 + 5_000 * self.registers.get(reg::VO1_SET)
        } else {
            0
        }
    }
}

impl RegisterChip for Tps6286x {
    const COMPATIBLE: &'static str = "ti,tps62864";
    const MAP: &'static Map = reg::MAP;
    const CONTRACTS: &'static [Contract] = &[
        Contract::Other {
            rule: "no access on the ramp that VOUT1 began",
            section: "voltage ramp",
            severity: Severity::Unwise,
        },
        Contract::Other {
            rule: "no access in the 3 ms after SWEN = 1",
            section: DRIVER,
            severity: Severity::Unwise,
        },
    ];

    fn regs(&self) -> &Registers {
        &self.registers
    }

    fn regs_mut(&mut self) -> &mut Registers {
        &mut self.registers
    }

    fn written(&mut self, register: Register, old: u32, bus: &mut Bus) {
        if self.registers.is_set(reg::RESET) {
            self.registers.reset();
        }
        let (uv, now) = (self.target_uv(), bus.now());
        if register == reg::VOUT1 && uv != 0 {
            let slope = self.slope();
            let what = "VOUT1 to next access";
            self.output.ramp(what, "voltage ramp", uv, slope, now);
        } else if register == reg::CONTROL && (reg::SWEN.of(old) == 0) != (uv == 0) {
            self.switch(now);
        }
    }

    fn power(&mut self, on: Level, now: SimTime) {
        self.registers.set_power(on, now);
        self.output = Output::at(0);
        if on.is_high() {
            self.switch(now);
        }
    }
}

impl I2cRegisters for Tps6286x {
    /// Fast mode plus and high speed are allowed.
    const SCL_HZ_MAX: u32 = 3_400_000;

    fn addressed(&mut self, _: Direction, bus: &mut Bus) -> Result<(), Nack> {
        self.output.accessed(bus);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use roadtest_model::I2cTarget;

    use super::*;
    use crate::testing::{read, receive, send, write};

    #[test]
    fn the_output_ramps_to_its_set_point_once_it_is_enabled() {
        let mut chip = Tps6286x::new().with_control(0x03);
        write(&mut chip, SimTime::ZERO, &[0x01, 0x00]);
        assert_eq!(chip.output_uv(SimTime::s(1)), 0);
        write(&mut chip, SimTime::s(1), &[0x03, 0x23]);
        assert_eq!(chip.output_uv(SimTime::s(1)), 0);
        assert_eq!(chip.output_uv(SimTime::ms(1_003)), 400_000);
        write(&mut chip, SimTime::s(2), &[0x01, 0xff]);
        assert_eq!(chip.output_uv(SimTime::us(2_001_000)), 1_400_000);
        assert_eq!(chip.output_uv(SimTime::us(2_001_275)), 1_675_000);
        write(&mut chip, SimTime::s(3), &[0x03, 0x03]);
        assert_eq!(chip.output_uv(SimTime::s(3)), 0);
    }

    #[test]
    fn an_access_on_the_ramp_is_marked() {
        let mut chip = Tps6286x::new().with_control(0x23);
        write(&mut chip, SimTime::ZERO, &[0x01, 0x00]);
        let text = write(&mut chip, SimTime::us(499), &[0x01, 0x00]);
        assert_eq!(
            text,
            "W VOUT1 00 vo1_set=0\n\
             ? 499 us from VOUT1 to next access, at least 500 us required (voltage ramp)"
        );
        assert_eq!(
            read(&mut chip, SimTime::ms(1), &[0x03], 1),
            "R CONTROL 23 fpwm_dvs=0 discharge=0 hiccup=0"
        );
    }

    #[test]
    fn a_chip_without_power_forgets_and_does_not_answer() {
        let mut chip = Tps6286x::new().with_control(0x23);
        RegisterChip::power(&mut chip, Level::Low, SimTime::ms(1));
        assert_eq!(chip.output_uv(SimTime::ms(1)), 0);
        let text = write(&mut chip, SimTime::ms(1), &[0x01, 0x00]);
        assert_eq!(text, "! access without power\nNACK");
        RegisterChip::power(&mut chip, Level::High, SimTime::ms(2));
        assert_eq!(read(&mut chip, SimTime::ms(5), &[0x03], 1), "R CONTROL 6f");
        assert_eq!(chip.output_uv(SimTime::ms(5)), 900_000);
    }

    #[test]
    fn a_reset_brings_back_what_power_up_left() {
        let mut chip = Tps6286x::off();
        write(&mut chip, SimTime::ZERO, &[0x01, 0x00]);
        write(&mut chip, SimTime::ms(1), &[0x03, 0x90]);
        assert_eq!(read(&mut chip, SimTime::ms(9), &[0x01], 1), "R VOUT1 64");
        assert_eq!(read(&mut chip, SimTime::ms(9), &[0x03], 1), "R CONTROL 6f");
        assert_eq!(chip.output_uv(SimTime::ms(9)), 900_000);
    }

    proptest! {
        #[test]
        fn any_bytes_get_an_answer(
            messages in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..4)), 0..32)
        ) {
            let mut chip = Tps6286x::new().with_control(0x23);
            for (us, (is_read, mut bytes)) in (0..).step_by(70).zip(messages) {
                let now = SimTime::us(us);
                let outcome = if is_read {
                    receive(&mut chip, now, &mut bytes)
                } else {
                    send(&mut chip, now, &bytes)
                };
                prop_assert_eq!(outcome, Ok(()));
                chip.stop(&mut Bus::at(now));
                prop_assert!(chip.output_uv(SimTime::us(us)) <= 3_350_000);
            }
        }
    }
}
