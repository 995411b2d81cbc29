// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! NXP PCF8563 real-time clock and calendar, datasheet PCF8563 rev. 11.
//! Driver: `drivers/rtc/rtc-pcf8563.c`.
//!
//! Modelled: the calendar in virtual time, with what an access blocks and
//! STOP holds; alarm, countdown timer and their interrupt, level or pulse;
//! the voltage-low flag; clock output as a frequency. Not modelled: the
//! EXT_CLK test mode (8.9), the oscillator's start-up and error, and CLKOUT as
//! a line. Registers that the datasheet leaves undefined after power-up (02h
//! to 08h but VL, 09h to 0Ch but AE) are zero.

mod calendar;
mod timer;

use roadtest_model::register::{
    Contract, I2cRegisters, Increment, Map, Register, RegisterChip, Registers,
};
use roadtest_model::{Bus, Direction, Level, Nack, Severity, SimTime, Stimulus, registers};

use calendar::Clock;
use timer::Countdown;

registers! {
    /// NXP PCF8563, datasheet rev. 11, section 8.2.
    pub mod reg: u8 {
        CONTROL_1 @ 0x00 rw = 0x08, "8.3.1" {
            TEST1[7] "external clock test mode" (0..=0),
            STOP[5],
            TESTC[3] "power-on reset override",
        }
        /// AF and TF are cleared by a 0; a 1 leaves them.
        CONTROL_2 @ 0x01 rw = 0x00, "8.3.2" {
            TI_TP[4] "INT follows TF (0) or pulses (1)",
            AF[3],
            TF[2],
            AIE[1],
            TIE[0],
        }
        VL_SECONDS @ 0x02 rw = 0x80, "8.4.1" { VL[7], SECONDS[6:0] "BCD" }
        MINUTES @ 0x03 rw = 0x00, "8.4.2" { MINUTE[6:0] "BCD" }
        HOURS @ 0x04 rw = 0x00, "8.4.3" { HOUR[5:0] "BCD" }
        DAYS @ 0x05 rw = 0x00, "8.4.4" { DAY[5:0] "BCD" }
        WEEKDAYS @ 0x06 rw = 0x00, "8.4.5" { WEEKDAY[2:0] (0..=6) }
        CENTURY_MONTHS @ 0x07 rw = 0x00, "8.4.6" { CENTURY[7] "C", MONTH[4:0] "BCD" }
        YEARS @ 0x08 rw = 0x00, "8.4.7" { YEAR[7:0] "BCD" }
        MINUTE_ALARM @ 0x09 rw = 0x80, "8.6.1" { AE_M[7] "0 enables", ALARM_MINUTE[6:0] "BCD" }
        HOUR_ALARM @ 0x0a rw = 0x80, "8.6.2" { AE_H[7] "0 enables", ALARM_HOUR[5:0] "BCD" }
        DAY_ALARM @ 0x0b rw = 0x80, "8.6.3" { AE_D[7] "0 enables", ALARM_DAY[5:0] "BCD" }
        WEEKDAY_ALARM @ 0x0c rw = 0x80, "8.6.4" { AE_W[7] "0 enables", ALARM_WEEKDAY[2:0] (0..=6) }
        CLKOUT_CONTROL @ 0x0d rw = 0x80, "8.7" {
            FE[7],
            FD[1:0] { Hz32768 = 0, Hz1024 = 1, Hz32 = 2, Hz1 = 3 },
        }
        TIMER_CONTROL @ 0x0e rw = 0x03, "8.8.1" {
            TE[7],
            TD[1:0] { Hz4096 = 0, Hz64 = 1, Seconds = 2, Minutes = 3 },
        }
        TIMER @ 0x0f rw = 0x00, "8.8.2";
    }
}

/// All accesses must be completed within this time, since no more than one
/// second is counted for what passes meanwhile (8.5).
pub const ACCESS_MAX: SimTime = SimTime::s(1);

/// Time and date, seconds to years.
const TIME: [Register; 7] = [
    reg::VL_SECONDS,
    reg::MINUTES,
    reg::HOURS,
    reg::DAYS,
    reg::WEEKDAYS,
    reg::CENTURY_MONTHS,
    reg::YEARS,
];

/// Registers in binary-coded decimal: the first bit that is none of the
/// number, and the number's range.
const BCD: [(Register, u32, std::ops::RangeInclusive<u32>); 9] = [
    (reg::VL_SECONDS, 7, 0..=59),
    (reg::MINUTES, 7, 0..=59),
    (reg::HOURS, 6, 0..=23),
    (reg::DAYS, 6, 1..=31),
    (reg::CENTURY_MONTHS, 5, 1..=12),
    (reg::YEARS, 8, 0..=99),
    (reg::MINUTE_ALARM, 7, 0..=59),
    (reg::HOUR_ALARM, 6, 0..=23),
    (reg::DAY_ALARM, 6, 1..=31),
];

/// One PCF8563.
#[derive(Clone, Debug)]
pub struct Pcf8563 {
    registers: Registers,
    clock: Clock,
    countdown: Countdown,
    access_max: SimTime,
    /// When the access under way began, which blocks the counters.
    access: Option<SimTime>,
    /// Time and date registers that this transfer has written, by number.
    written: Vec<u32>,
}

impl Default for Pcf8563 {
    fn default() -> Self {
        Self::new()
    }
}

impl Pcf8563 {
    /// A chip after power-up, whose time is not valid (VL).
    pub fn new() -> Self {
        Self {
            registers: Registers::new(reg::MAP),
            clock: Clock::running(SimTime::ZERO),
            countdown: Countdown::default(),
            access_max: ACCESS_MAX,
            access: None,
            written: Vec::new(),
        }
    }

    /// Registers 02h (VL and seconds) to 08h (years), as a battery has kept
    /// them. The second begins with the next access.
    pub fn set_time(&mut self, registers: [u8; 7]) {
        for (register, value) in TIME.into_iter().zip(registers) {
            self.registers.store(register, value.into());
        }
        self.clock = Clock::Restarts;
    }

    /// Registers 02h (VL and seconds) to 08h (years), as of the last access
    /// or interrupt.
    pub fn time(&self) -> [u8; 7] {
        // Every register has eight bits.
        TIME.map(|register| u8::try_from(self.registers.get(register)).unwrap_or(u8::MAX))
    }

    /// The supply has been below `Vlow` (8.4.1.1).
    pub fn set_voltage_low(&mut self) {
        self.registers.store(reg::VL, 1);
    }

    /// TIMER_CONTROL as a battery has kept it, with TIMER at its largest. The
    /// timer begins with the next write to one of them.
    pub fn set_timer_control(&mut self, value: u8) {
        self.registers.store(reg::TIMER_CONTROL, value.into());
        self.registers.store(reg::TIMER, 0xff);
    }

    /// Another part than the datasheet's: accesses must be completed within
    /// `limit`.
    pub fn set_access_max(&mut self, limit: SimTime) {
        self.access_max = limit;
    }

    /// The frequency at CLKOUT in Hz, if it is on (8.7).
    pub fn clkout_hz(&self) -> Option<u32> {
        let hz = match self.registers.get(reg::FD) {
            reg::FD::Hz32768 => 32_768,
            reg::FD::Hz1024 => 1_024,
            reg::FD::Hz32 => 32,
            _ => 1,
        };
        self.registers.is_set(reg::FE).then_some(hz)
    }

    /// Lets everything happen that is due at `now`.
    fn advance(&mut self, now: SimTime) {
        self.clock.advance(&mut self.registers, now);
        self.countdown.advance(&mut self.registers, now);
    }

    fn check_number(register: Register, value: u32, bus: &mut Bus) {
        let Some((_, bits, range)) = BCD.iter().find(|(bcd, ..)| *bcd == register) else {
            return;
        };
        let code = value & ((1 << bits) - 1);
        let number = calendar::from_bcd(code);
        if code & 0xf > 9 || code >> 4 > 9 || !range.contains(&number) {
            bus.violation(format!(
                "write of {code:02x} to {}, which is no BCD number of {} to {} ({})",
                register.name,
                range.start(),
                range.end(),
                register.section
            ));
        }
    }

    /// The whole time must be set in one access (8.5).
    fn check_whole(&mut self, bus: &mut Bus) {
        let written = std::mem::take(&mut self.written);
        if !written.is_empty() && written.len() < TIME.len() {
            bus.violation("02h to 08h are written in pieces, which can corrupt the time (8.5)");
        }
    }
}

impl RegisterChip for Pcf8563 {
    const COMPATIBLE: &'static str = "nxp,pcf8563";
    const STIMULI: &'static [Stimulus<Self>] = &[
        Stimulus::new(
            "time",
            "s since 1970",
            946_684_800..=4_102_444_799,
            |chip, value| {
                chip.set_time(calendar::registers(value.u64()));
            },
        ),
        Stimulus::new("battery_low", "flag", 0..=1, |chip, value| {
            chip.registers.store(reg::VL, value.u32());
        }),
    ];
    const MAP: &'static Map = reg::MAP;
    const CONTRACTS: &'static [Contract] = &[
        Contract::Other {
            rule: "02h to 08h are written in one access",
            section: "8.5",
            severity: Severity::Forbidden,
        },
        Contract::Other {
            rule: "an access takes at most 1 s",
            section: "8.5",
            severity: Severity::Forbidden,
        },
    ];

    fn regs(&self) -> &Registers {
        &self.registers
    }

    fn regs_mut(&mut self) -> &mut Registers {
        &mut self.registers
    }

    fn before_read(&mut self, register: Register, bus: &mut Bus) {
        if register == reg::TIMER {
            self.countdown.show(&mut self.registers, bus.now());
        }
    }

    fn written(&mut self, register: Register, old: u32, bus: &mut Bus) {
        let now = bus.now();
        let value = self.registers.get(register);
        Self::check_number(register, value, bus);
        if TIME.contains(&register) {
            self.written.push(register.address);
        }
        match register {
            reg::CONTROL_1 => {
                let stop = self.registers.is_set(reg::STOP);
                self.clock.set_stop(Level::high_when(stop), now);
            }
            reg::CONTROL_2 => {
                // A 1 leaves a flag as it was (8.3.2).
                let flags = reg::AF.mask() | reg::TF.mask();
                self.registers.store(register, value & (old | !flags));
            }
            reg::TIMER_CONTROL | reg::TIMER => self.countdown.load(&self.registers, now),
            _ => {}
        }
    }

    /// INT is an open drain, low while asserted (8.3.2.1).
    fn interrupt(&self) -> Level {
        let registers = &self.registers;
        let alarm = registers.is_set(reg::AF) && registers.is_set(reg::AIE);
        Level::low_when(alarm || self.countdown.asserts(registers))
    }

    fn wake_at(&self) -> Option<SimTime> {
        if self.access.is_some() {
            return None;
        }
        let alarm = self.clock.next_minute(&self.registers);
        let timer = self.countdown.wake_at(&self.registers);
        [alarm, timer].into_iter().flatten().min()
    }

    fn wake(&mut self, now: SimTime) {
        self.advance(now);
    }

    fn power(&mut self, on: Level, now: SimTime) {
        self.registers.set_power(on, now);
        self.clock = Clock::running(now);
        self.countdown = Countdown::default();
        self.access = None;
        self.written.clear();
    }
}

impl I2cRegisters for Pcf8563 {
    const INCREMENT: Increment = Increment::ByOne;
    /// The pointer has four bits (8.1).
    const POINTER_MASK: u32 = 0x0f;
    /// Fast mode (table of dynamic characteristics, fSCL).
    const SCL_HZ_MAX: u32 = 400_000;

    fn addressed(&mut self, _: Direction, bus: &mut Bus) -> Result<(), Nack> {
        if self.access.is_none() {
            self.advance(bus.now());
            self.access = Some(bus.now());
        }
        Ok(())
    }

    fn stopped(&mut self, bus: &mut Bus) {
        self.check_whole(bus);
        let now = bus.now();
        if let Some(began) = self.access.take() {
            let took = now.saturating_sub(began);
            if took > self.access_max {
                bus.violation(format!(
                    "an access blocked the time counters for {took}, at most {} allowed (8.5)",
                    self.access_max
                ));
            }
            self.clock.release(&mut self.registers, now);
        }
        self.advance(now);
    }
}

#[cfg(test)]
mod tests;
