// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What all LM75 relatives do, whatever their registers look like: convert
//! again and again in virtual time, compare, sleep and wake. A temperature
//! that is read before the first conversion since power-up, wake-up or a
//! one-shot command has ended is marked as unwise: the register is there, and
//! what it holds is older. What tells the relatives apart is in their own
//! files.

use std::marker::PhantomData;

use roadtest_model::register::{
    Contract, Field, Guard, I2cRegisters, Map, Register, RegisterChip, Registers,
};
use roadtest_model::{Bus, Celsius, Level, Severity, SimTime, Stimulus};

use super::thermostat::{Mode, Thermostat};

/// What makes one of the relatives: its registers and its times. Fields of the
/// same purpose have the same codes everywhere.
pub trait Part: 'static {
    /// `compatible` of the devicetree node.
    const COMPATIBLE: &'static str;
    /// The registers.
    const MAP: &'static Map;
    /// The bits of the pointer that select a register.
    const POINTER_MASK: u32;
    /// The section that wants the other bits of the pointer to be zero, where
    /// the datasheet has one.
    const POINTER_SECTION: Option<&'static str> = None;
    /// The highest SCL rate, in Hz.
    const SCL_HZ_MAX: u32 = 400_000;
    /// The last conversion.
    const TEMP: Register;
    /// The temperature that asserts the output when it is exceeded.
    const LIMIT: Register;
    /// The temperature below which the output is released.
    const HYSTERESIS: Register;
    /// The configuration, with the fields that follow.
    const CONF: Register;
    /// No conversions.
    const SHUTDOWN: Field;
    /// Converts once in shutdown, where the chip can do that.
    const ONE_SHOT: Option<Field> = None;
    /// 0 is comparator mode, 1 interrupt mode.
    const MODE: Field;
    /// 1 makes the output active-high.
    const POLARITY: Field;
    /// 1, 2, 4 or 6 consecutive faults assert the output.
    const FAULTS: Field;
    /// Shows the level of the output, where the chip has that.
    const ALERT: Option<Field> = None;
    /// Where the datasheet has the time of a conversion.
    const CONVERSION_SECTION: &'static str;
    /// What becomes of a conversion when the chip is read.
    const WHEN_READ: WhenRead = WhenRead::GoesOn;

    /// The significant bits of a result, 9 to 16.
    fn bits(registers: &Registers) -> u32;

    /// The time from one result to the next.
    fn interval(registers: &Registers) -> SimTime;

    /// The time from power-up, wake-up or a one-shot command to the result.
    fn conversion(registers: &Registers) -> SimTime {
        Self::interval(registers)
    }
}

/// What becomes of the conversion that runs when the chip is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenRead {
    /// It ends in its time.
    GoesOn,
    /// It is given up and begins again.
    BeginsAgain,
}

/// One chip.
#[derive(Clone, Debug)]
pub struct Sensor<P> {
    registers: Registers,
    temperature: Celsius,
    thermostat: Thermostat,
    /// When the next conversion ends, if one runs.
    next: Option<SimTime>,
    /// From one result to the next, as configured last.
    interval: SimTime,
    part: PhantomData<P>,
}

impl<P: Part> Default for Sensor<P> {
    fn default() -> Self {
        Self::new(Celsius::milli(25_000))
    }
}

impl<P: Part> Sensor<P> {
    /// Before the first conversion, TEMP is no temperature of now.
    const STALE: Guard = Guard {
        state: "the first conversion has not ended",
        section: P::CONVERSION_SECTION,
        severity: Severity::Unwise,
        writes: &[],
        reads: &[P::TEMP],
    };

    /// A chip that has been at `temperature` since it was powered, long ago.
    pub fn new(temperature: Celsius) -> Self {
        let mut registers = Registers::new(P::MAP);
        registers.store(P::TEMP, code(temperature, P::bits(&registers)));
        let interval = P::interval(&registers);
        Self {
            registers,
            temperature,
            thermostat: Thermostat::new(),
            next: Some(interval),
            interval,
            part: PhantomData,
        }
    }

    /// The temperature of the chip, -128 to 127.996 °C; TEMP follows with the
    /// next conversion.
    pub fn set_temperature(&mut self, temperature: Celsius) {
        self.temperature = temperature;
    }

    /// CONF as firmware left it; to be said before the driver is bound.
    ///
    /// # Panics
    /// Where `conf` does not fit CONF: a mistake in the test.
    pub fn set_conf(&mut self, conf: u16) {
        self.registers.store(P::CONF, conf.into());
        self.interval = P::interval(&self.registers);
        let runs = !self.registers.is_set(P::SHUTDOWN);
        self.next = runs.then_some(self.interval);
    }

    fn mode(&self) -> Mode {
        match self.registers.get(P::MODE) {
            0 => Mode::Comparator,
            _ => Mode::Interrupt,
        }
    }

    /// Begins a conversion whose result is the first that is worth reading.
    fn begin(&mut self, now: SimTime) {
        self.registers.enter(Self::STALE);
        self.next = Some(now + P::conversion(&self.registers));
    }

    fn convert(&mut self) {
        let result = code(self.temperature, P::bits(&self.registers));
        self.registers.store(P::TEMP, result);
        self.registers.leave(Self::STALE);
        let queue = match self.registers.get(P::FAULTS) {
            0 => 1,
            1 => 2,
            2 => 4,
            _ => 6,
        };
        let mode = self.mode();
        self.thermostat.sample(
            signed(result),
            signed(self.registers.get(P::LIMIT)),
            signed(self.registers.get(P::HYSTERESIS)),
            queue,
            mode,
        );
    }

    /// CONF was written and held `old` before.
    fn configured(&mut self, old: u32, now: SimTime) {
        if self.registers.is_set(P::SHUTDOWN) {
            // Shutdown takes an interrupt away.
            self.thermostat.read(self.mode());
            self.next = None;
            if P::ONE_SHOT.is_some_and(|one_shot| self.registers.is_set(one_shot)) {
                self.begin(now);
            }
        } else if P::SHUTDOWN.of(old) == 1 {
            self.begin(now);
        }
    }

    /// Makes ALERT show what the output does.
    fn show_alert(&mut self) {
        if let Some(alert) = P::ALERT {
            let level = RegisterChip::interrupt(self);
            self.registers.store(alert, level.is_high().into());
        }
    }
}

impl<P: Part> RegisterChip for Sensor<P> {
    const COMPATIBLE: &'static str = P::COMPATIBLE;
    const STIMULI: &'static [Stimulus<Self>] = &[Stimulus::new(
        "temperature",
        "m°C",
        -128_000..=127_996,
        |chip, value| {
            chip.set_temperature(Celsius::milli(value.i32()));
        },
    )];
    const MAP: &'static Map = P::MAP;
    const CONTRACTS: &'static [Contract] = &[Contract::Guard(Self::STALE)];

    fn regs(&self) -> &Registers {
        &self.registers
    }

    fn regs_mut(&mut self) -> &mut Registers {
        &mut self.registers
    }

    fn after_read(&mut self, _: Register, bus: &mut Bus) {
        let mode = self.mode();
        self.thermostat.read(mode);
        if P::WHEN_READ == WhenRead::BeginsAgain {
            let takes = P::conversion(&self.registers);
            self.next = self.next.map(|_| bus.now() + takes);
        }
        self.show_alert();
    }

    fn written(&mut self, register: Register, old: u32, bus: &mut Bus) {
        if register == P::CONF {
            self.configured(old, bus.now());
        }
        let interval = P::interval(&self.registers);
        if interval != self.interval {
            self.interval = interval;
            self.next = self.next.map(|_| bus.now() + interval);
        }
        self.show_alert();
    }

    /// The output is an open drain.
    fn interrupt(&self) -> Level {
        let active_high = self.registers.is_set(P::POLARITY);
        Level::high_when(self.thermostat.asserted() == active_high)
    }

    fn wake_at(&self) -> Option<SimTime> {
        self.next
    }

    fn wake(&mut self, now: SimTime) {
        self.convert();
        let runs = !self.registers.is_set(P::SHUTDOWN);
        self.next = runs.then(|| now + self.interval);
        self.show_alert();
    }

    fn power(&mut self, on: Level, now: SimTime) {
        self.registers.set_power(on, now);
        self.interval = P::interval(&self.registers);
        self.thermostat = Thermostat::new();
        self.next = None;
        if on.is_high() {
            self.begin(now);
        }
    }
}

impl<P: Part> I2cRegisters for Sensor<P> {
    const POINTER_MASK: u32 = P::POINTER_MASK;
    const SCL_HZ_MAX: u32 = P::SCL_HZ_MAX;

    fn pointed(&mut self, pointer: u32, bus: &mut Bus) {
        if let Some(section) = P::POINTER_SECTION
            && pointer & !P::POINTER_MASK != 0
        {
            bus.violation(format!(
                "pointer {pointer:#04x} sets bits that must be zero ({section})"
            ));
        }
    }
}

/// `temperature` as a register of `bits` (9 to 16) significant bits: 1/256 °C,
/// two's complement, rounded down as a converter does; outside -128 to
/// 127.996 °C the nearest of them.
pub(super) fn code(temperature: Celsius, bits: u32) -> u32 {
    let whole = (i64::from(temperature.as_milli()) * 256).div_euclid(1000);
    let whole = whole.clamp(i16::MIN.into(), i16::MAX.into());
    let cut = whole >> (16 - bits) << (16 - bits);
    // Why: the clamp makes it 16 bits, two's complement.
    u32::try_from(cut & 0xffff).unwrap_or(0)
}

/// A register's value in 1/256 °C.
pub(super) fn signed(code: u32) -> i32 {
    if code & 0x8000 == 0 {
        i32::try_from(code & 0x7fff).unwrap_or(i32::MAX)
    } else {
        i32::try_from(code & 0x7fff).unwrap_or(i32::MAX) - 0x8000
    }
}
