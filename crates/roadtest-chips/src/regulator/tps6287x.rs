// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Texas Instruments TPS62870, TPS62871, TPS62872 and TPS62873 step-down
//! converters, datasheet SLVSGC5E (October 2025), tables 8-3 to 8-7. Driver:
//! `drivers/regulator/tps6287x-regulator.c`, in kernels from 6.5 on.
//!
//! Modelled: set point and range, applied together by the write of VSET; the
//! ramp of the output in virtual time with the slope of VRAMP; software
//! enable with the soft-start of SSTIME; forced PWM; reset. An access while
//! the output still moves is marked as unwise: the driver has told its
//! consumer of a voltage that was not there. Not modelled: the delay before a
//! soft-start, the faults behind STATUS and stacked operation.

use roadtest_model::register::{Contract, I2cRegisters, Map, Register, RegisterChip, Registers};
use roadtest_model::{Bus, Direction, Level, Nack, Severity, SimTime, registers};

use super::ramp::Output;

registers! {
    /// TI TPS62870 family, datasheet SLVSGC5E, tables 8-3 to 8-7.
    pub mod reg: u8 {
        /// The output voltage in steps of the range; a strap sets it at
        /// power-up, here to 750 mV.
        VSET @ 0x00 rw = 0x46, "8-3" { SET_POINT[7:0] "VSET" }
        CONTROL1 @ 0x01 rw = 0x2a, "8-4" {
            RESET[7] sc,
            SSCEN[6] "spread spectrum",
            SWEN[5] "software enable",
            FPWMEN[4] "forced PWM",
            DISCHEN[3] "discharge the output when off",
            HICCUPEN[2],
            VRAMP[1:0] { MilliVolt10 = 0, MilliVolt5 = 1, MilliVolt1_25 = 2, MilliVolt0_5 = 3 },
        }
        CONTROL2 @ 0x02 rw = 0x09, "8-5" {
            SYNC_OUT_PHASE[6],
            VRANGE[3:2] { Mv400To718 = 0, Mv400To1037 = 1, Mv400To1675 = 2, Mv800To3350 = 3 },
            SSTIME[1:0] { Us500 = 0, Us770 = 1, Ms1 = 2, Ms2 = 3 },
        }
        CONTROL3 @ 0x03 rw = 0x00, "8-6" { SINGLE[1], PGBLNKDVS[0] }
        STATUS @ 0x04 ro = 0x02, "8-7" {
            HICCUP[4] rc,
            ILIM[3] rc,
            TWARN[2] rc,
            TSHUT[1] rc,
            PBUV[0] rc,
        }
    }
}

/// One converter of the family.
#[derive(Clone, Debug)]
pub struct Tps6287x {
    registers: Registers,
    output: Output,
    /// What CONTROL1 is after power-up: a strap decides SWEN.
    control1: u32,
    /// The set point that is in force: a new VRANGE waits for VSET.
    set_uv: u32,
}

impl Default for Tps6287x {
    fn default() -> Self {
        Self::new()
    }
}

impl Tps6287x {
    /// A converter that is on, at 750 mV.
    pub fn new() -> Self {
        Self {
            registers: Registers::new(reg::MAP),
            output: Output::at(750_000),
            control1: reg::CONTROL1.reset,
            set_uv: 750_000,
        }
    }

    /// A converter that waits for SWEN, set to 750 mV.
    pub fn off() -> Self {
        let mut chip = Self::new();
        chip.registers.store(reg::SWEN, 0);
        chip.control1 = chip.registers.get(reg::CONTROL1);
        chip.output = Output::at(0);
        chip
    }

    /// The output voltage at a time, in microvolts.
    pub fn output_uv(&self, now: SimTime) -> u32 {
        self.output.microvolts(now)
    }

    /// What VSET and VRANGE say, in microvolts.
    fn set_point_uv(&self) -> u32 {
        let code = self.registers.get(reg::SET_POINT);
        match self.registers.get(reg::VRANGE) {
            reg::VRANGE::Mv400To718 => 400_000 + 1_250 * code,
            reg::VRANGE::Mv400To1037 => 400_000 + 2_500 * code,
            reg::VRANGE::Mv400To1675 => 400_000 + 5_000 * code,
            _ => 800_000 + 10_000 * code,
        }
    }

    /// The slope that VRAMP asks for, in microvolts per microsecond.
    fn slope(&self) -> u32 {
        match self.registers.get(reg::VRAMP) {
            reg::VRAMP::MilliVolt10 => 10_000,
            reg::VRAMP::MilliVolt5 => 5_000,
            reg::VRAMP::MilliVolt1_25 => 1_250,
            _ => 500,
        }
    }

    fn soft_start(&self) -> SimTime {
        match self.registers.get(reg::SSTIME) {
            reg::SSTIME::Us500 => SimTime::us(500),
            reg::SSTIME::Us770 => SimTime::us(770),
            reg::SSTIME::Ms1 => SimTime::ms(1),
            _ => SimTime::ms(2),
        }
    }

    fn set(&mut self, now: SimTime) {
        self.set_uv = self.set_point_uv();
        if self.registers.is_set(reg::SWEN) {
            let (uv, slope) = (self.set_uv, self.slope());
            self.output
                .ramp("VSET to next access", "8-4", uv, slope, now);
        }
    }

    fn switch(&mut self, was_on: u32, now: SimTime) {
        let on = self.registers.get(reg::SWEN);
        let what = "SWEN to next access";
        if on > was_on {
            let takes = self.soft_start();
            self.output.go(what, "8-5", self.set_uv, takes, now);
        } else if on < was_on {
            self.output.go(what, "8-4", 0, SimTime::ZERO, now);
        }
    }
}

impl RegisterChip for Tps6287x {
    const COMPATIBLE: &'static str = "ti,tps62870";
    const MAP: &'static Map = reg::MAP;
    const CONTRACTS: &'static [Contract] = &[
        Contract::Other {
            rule: "no access on the ramp that VSET began, whose slope is VRAMP",
            section: "8-4",
            severity: Severity::Unwise,
        },
        Contract::Other {
            rule: "no access in the soft-start after SWEN = 1, whose time is SSTIME",
            section: "8-5",
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
        if register == reg::VSET {
            self.set(bus.now());
        } else if register == reg::CONTROL1 {
            if self.registers.is_set(reg::RESET) {
                self.registers.reset();
                self.registers.store(reg::CONTROL1, self.control1);
                self.set(bus.now());
            }
            self.switch(reg::SWEN.of(old), bus.now());
        }
    }

    fn power(&mut self, on: Level, now: SimTime) {
        self.registers.set_power(on, now);
        self.registers.store(reg::CONTROL1, self.control1);
        self.set_uv = self.set_point_uv();
        self.output = Output::at(0);
        if on.is_high() {
            self.switch(0, now);
        }
    }
}

impl I2cRegisters for Tps6287x {
    /// Fast mode plus.
    const SCL_HZ_MAX: u32 = 1_000_000;

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
    fn a_new_range_waits_for_the_set_point() {
        let mut chip = Tps6287x::new();
        write(&mut chip, SimTime::ZERO, &[0x02, 0x0d]);
        assert_eq!(chip.output_uv(SimTime::s(1)), 750_000);
        write(&mut chip, SimTime::s(1), &[0x00, 90]);
        assert_eq!(chip.output_uv(SimTime::s(1)), 750_000);
        assert_eq!(chip.output_uv(SimTime::s(2)), 1_700_000);
    }

    #[test]
    fn an_access_on_the_ramp_is_marked_and_none_after_it() {
        let mut chip = Tps6287x::new();
        write(&mut chip, SimTime::ZERO, &[0x00, 0x00]);
        assert_eq!(
            write(&mut chip.clone(), SimTime::us(279), &[0x03, 0x00]),
            "W CONTROL3 00\n\
             ? 279 us from VSET to next access, at least 280 us required (8-4)"
        );
        assert_eq!(
            read(&mut chip, SimTime::us(280), &[0x03], 1),
            "R CONTROL3 00"
        );
    }

    #[test]
    fn a_soft_start_takes_the_time_of_sstime() {
        let mut chip = Tps6287x::off();
        assert_eq!(chip.output_uv(SimTime::ZERO), 0);
        write(&mut chip, SimTime::ZERO, &[0x01, 0x2a]);
        assert_eq!(chip.output_uv(SimTime::us(385)), 375_000);
        assert_eq!(chip.output_uv(SimTime::us(770)), 750_000);
    }

    #[test]
    fn a_chip_that_gets_power_starts_as_its_straps_say() {
        let mut chip = Tps6287x::new();
        RegisterChip::power(&mut chip, Level::Low, SimTime::ms(1));
        assert_eq!(chip.output_uv(SimTime::ms(1)), 0);
        let text = write(&mut chip, SimTime::ms(1), &[0x00, 0x00]);
        assert_eq!(text, "! access without power\nNACK");
        RegisterChip::power(&mut chip, Level::High, SimTime::ms(2));
        assert_eq!(chip.output_uv(SimTime::us(2_385)), 375_000);
        assert_eq!(chip.output_uv(SimTime::us(2_770)), 750_000);
    }

    #[test]
    fn a_reset_brings_back_what_the_straps_say() {
        let mut chip = Tps6287x::off();
        write(&mut chip, SimTime::ZERO, &[0x00, 0x00]);
        write(&mut chip, SimTime::ZERO, &[0x01, 0x8a]);
        assert_eq!(read(&mut chip, SimTime::ZERO, &[0x00], 1), "R VSET 46");
        assert_eq!(
            read(&mut chip, SimTime::ZERO, &[0x01], 1),
            "R CONTROL1 0a swen=0"
        );
    }

    #[test]
    fn reading_status_clears_it() {
        let mut chip = Tps6287x::new();
        assert_eq!(read(&mut chip, SimTime::ZERO, &[0x04], 1), "R STATUS 02");
        assert_eq!(
            read(&mut chip, SimTime::ZERO, &[0x04], 1),
            "R STATUS 00 tshut=0"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_get_an_answer(
            messages in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..4)), 0..32)
        ) {
            let mut chip = Tps6287x::new();
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
