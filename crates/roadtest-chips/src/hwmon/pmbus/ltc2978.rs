// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Analog Devices (Linear Technology) LTC2977, an eight-channel power system
//! manager, datasheet 2977fd. Driver: `drivers/hwmon/pmbus/ltc2978.c`.
//!
//! It speaks PMBus, so it implements the transfer itself: commands, pages and
//! the packet error code. Modelled: what the driver uses of the command set,
//! limits and the status that follows from them, peaks, the initialization
//! time. Not modelled: the EEPROM (a power cycle brings back the chip as it
//! was made), sequencing (the channels are on, whatever OPERATION says) and
//! the update time of the converter (a channel is where VOUT_COMMAND says at
//! once).

mod command;
mod status;

use std::collections::BTreeMap;

use roadtest_model::register::{Contract, DRIVER, MinGap, Supply};
use roadtest_model::{
    Access, Bus, Celsius, Chip, Direction, I2cTarget, Level, Nack, OutOfRange, Severity, SimTime,
    Stimulus, StimulusKind, stimulus,
};

use super::format::{from_linear11, from_linear16, linear11, linear16};
use super::pec::pec;
use command::{Command, Format, Kind};

/// From power-up to the first access (datasheet, t_INIT).
const INITIALIZATION: SimTime = SimTime::ms(30);
/// Channels.
const PAGES: u8 = 8;
/// PAGE for "all channels".
const ALL_PAGES: u8 = 0xff;

/// What the chip's packet error codes are like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Line {
    /// Right.
    #[default]
    Clean,
    /// Wrong: something disturbs what the chip sends.
    Disturbed,
}

/// One LTC2977.
#[derive(Clone, Debug)]
pub struct Ltc2977 {
    /// The 7-bit address, which the packet error code covers.
    address: u8,
    supply: Supply,
    /// By page (0 for what has no page) and command.
    values: BTreeMap<(u8, u8), u16>,
    /// The command that a read would read, and whether one did.
    pointer: Option<u8>,
    line: Line,
}

impl Ltc2977 {
    /// A chip at this 7-bit address; all channels are at 1 V, with margins
    /// that allow everything, the input is at 12 V, and it has 25 °C.
    pub fn new(address: u8) -> Self {
        let mut chip = Self {
            address,
            supply: Supply::new("t_INIT", INITIALIZATION),
            values: BTreeMap::new(),
            pointer: None,
            line: Line::Clean,
        };
        chip.power_up();
        chip
    }

    /// The rules beyond the protocol that the model checks, for documentation.
    pub const CONTRACTS: &'static [Contract] = &[
        Contract::Gap(MinGap::new(
            "power-up to first access",
            "t_INIT",
            INITIALIZATION,
        )),
        Contract::Other {
            rule: "a packet error code is right where there is one",
            section: "PMBus command description, PEC",
            severity: Severity::Forbidden,
        },
        Contract::Other {
            rule: "a command that the driver has no use for is not acknowledged",
            section: DRIVER,
            severity: Severity::Unwise,
        },
    ];

    fn power_up(&mut self) {
        self.values.clear();
        for command in command::ALL {
            for page in 0..command.pages() {
                self.values.insert((page, command.code), command.reset);
            }
        }
        self.pointer = None;
        self.set_input_mv(12_000);
        self.set_temperature(Celsius::milli(25_000));
        for channel in 0..PAGES {
            self.set_output_mv(channel, 1_000);
        }
    }

    /// The voltage of a channel, 0 to 7, in millivolts, 0 to 7 999.
    ///
    /// # Panics
    /// Where there is no such channel.
    pub fn set_output_mv(&mut self, channel: u8, mv: u32) {
        assert!(channel < PAGES, "channels are 0 to 7, not {channel}");
        self.set_output(channel, linear16(mv));
    }

    /// The voltage of a channel, in millivolts, rounded.
    pub fn output_mv(&self, channel: u8) -> u32 {
        from_linear16(self.get(channel, command::READ_VOUT))
    }

    /// The margins of a channel, in millivolts: VOUT_MARGIN_LOW and
    /// VOUT_MARGIN_HIGH.
    ///
    /// # Panics
    /// Where there is no such channel.
    pub fn set_margins_mv(&mut self, channel: u8, low: u32, high: u32) {
        assert!(channel < PAGES, "channels are 0 to 7, not {channel}");
        self.put(channel, command::VOUT_MARGIN_LOW, linear16(low));
        self.put(channel, command::VOUT_MARGIN_HIGH, linear16(high));
    }

    /// The voltage at the input, in millivolts.
    pub fn set_input_mv(&mut self, mv: i32) {
        let code = linear11(mv);
        self.put(0, command::READ_VIN, code);
        self.peak(0, command::MFR_VIN_PEAK, command::MFR_VIN_MIN, code);
        self.supervise();
    }

    /// The chip's own temperature.
    pub fn set_temperature(&mut self, temperature: Celsius) {
        let code = linear11(temperature.as_milli());
        self.put(0, command::READ_TEMPERATURE_1, code);
        let (max, min) = (command::MFR_TEMPERATURE_PEAK, command::MFR_TEMPERATURE_MIN);
        self.peak(0, max, min, code);
        self.supervise();
    }

    /// Whether the packet error codes that the chip sends are right.
    pub fn set_line(&mut self, line: Line) {
        self.line = line;
    }

    fn set_output(&mut self, channel: u8, code: u16) {
        self.put(channel, command::READ_VOUT, code);
        let max = self.get(channel, command::MFR_VOUT_PEAK).max(code);
        let min = self.get(channel, command::MFR_VOUT_MIN).min(code);
        self.put(channel, command::MFR_VOUT_PEAK, max);
        self.put(channel, command::MFR_VOUT_MIN, min);
        self.supervise();
    }

    fn peak(&mut self, page: u8, max: u8, min: u8, code: u16) {
        let value = from_linear11(code);
        if value > from_linear11(self.get(page, max)) {
            self.put(page, max, code);
        }
        if value < from_linear11(self.get(page, min)) {
            self.put(page, min, code);
        }
    }

    fn get(&self, page: u8, code: u8) -> u16 {
        self.values.get(&(page, code)).copied().unwrap_or(0)
    }

    fn put(&mut self, page: u8, code: u8, value: u16) {
        self.values.insert((page, code), value);
    }

    fn page(&self) -> u8 {
        // Why: PAGE is a byte command, so its value fits.
        u8::try_from(self.get(0, command::PAGE)).unwrap_or(ALL_PAGES)
    }

    /// The pages that a command acts on now.
    fn pages(&self, command: &Command) -> std::ops::Range<u8> {
        match self.page() {
            _ if command.pages() == 1 => 0..1,
            ALL_PAGES => 0..PAGES,
            page => page..page + 1,
        }
    }

    /// A command with its data, both complete.
    fn execute(&mut self, command: &Command, value: u16) {
        for page in self.pages(command) {
            match command.code {
                command::CLEAR_FAULTS => self.clear_faults(page),
                command::VOUT_COMMAND => {
                    self.put(page, command.code, value);
                    self.set_output(page, value);
                }
                code if command.kind == Kind::Status => {
                    let kept = self.get(page, code) & !value;
                    self.put(page, code, kept);
                }
                code => self.put(page, code, value),
            }
        }
        self.supervise();
    }

    fn clear_faults(&mut self, page: u8) {
        let codes = command::ALL
            .iter()
            .filter(|command| command.kind == Kind::Status);
        for command in codes {
            let page = if command.pages() == 1 { 0 } else { page };
            self.put(page, command.code, 0);
        }
        let vout = self.get(page, command::READ_VOUT);
        self.put(page, command::MFR_VOUT_PEAK, vout);
        self.put(page, command::MFR_VOUT_MIN, vout);
    }

    fn log(&self, bus: &mut Bus, direction: Direction, command: &Command, value: u16) {
        let mut fields = String::new();
        if command.pages() > 1 {
            let page = self.page();
            let text = match page {
                ALL_PAGES => "all".to_owned(),
                page => page.to_string(),
            };
            fields = format!("page={text} ");
        }
        match command.format {
            Format::Bits => {}
            Format::Linear11 => fields += &format!("milli={}", from_linear11(value)),
            Format::Linear16 => fields += &format!("mv={}", from_linear16(value)),
        }
        let value = match command.bytes() {
            0 => String::new(),
            1 => format!("{value:02x}"),
            _ => format!("{value:04x}"),
        };
        bus.log(Access {
            direction,
            target: command.name.to_owned(),
            value,
            fields: fields.trim_end().to_owned(),
        });
    }

    /// A whole write: command, data, and the packet error code if there is
    /// one.
    fn written(&mut self, bus: &mut Bus, command: &Command, data: &[u8], sent: &[u8]) {
        let (data, code) = match data.len() - command.bytes() {
            0 => (data, None),
            _ => (&data[..command.bytes()], data.last().copied()),
        };
        let value = data
            .iter()
            .rev()
            .fold(0, |value, byte| value << 8 | u16::from(*byte));
        self.log(bus, Direction::Write, command, value);
        let covered = [&[self.address << 1], &sent[..=data.len()]].concat();
        let right = pec(&covered);
        if let Some(code) = code.filter(|code| *code != right) {
            bus.violation(format!(
                "packet error code {code:02x} of {}, {right:02x} is right",
                command.name
            ));
            self.communication_fault(status::CML_PEC);
            return;
        }
        if command.kind == Kind::ReadOnly {
            bus.violation(format!(
                "write of {value:#06x} to read-only {}",
                command.name
            ));
            return;
        }
        if command.code == command::PAGE && !is_page(value) {
            bus.violation(format!(
                "write of {value:#04x} to PAGE, which has 00 to 07 and ff"
            ));
            return;
        }
        self.execute(command, value);
    }
}

fn is_page(value: u16) -> bool {
    value < u16::from(PAGES) || value == u16::from(ALL_PAGES)
}

/// The voltage of a channel.
const fn output<const CHANNEL: u8>(name: &'static str) -> Stimulus<Ltc2977> {
    Stimulus::new(name, "mV", 0..=7_999, |chip, value| {
        chip.set_output_mv(CHANNEL, value.u32());
    })
}

/// What can be set by name.
const STIMULI: &[Stimulus<Ltc2977>] = &[
    output::<0>("output0"),
    output::<1>("output1"),
    output::<2>("output2"),
    output::<3>("output3"),
    output::<4>("output4"),
    output::<5>("output5"),
    output::<6>("output6"),
    output::<7>("output7"),
    Stimulus::new("input", "mV", 0..=15_000, |chip, value| {
        chip.set_input_mv(value.i32());
    }),
    Stimulus::new("temperature", "m°C", -40_000..=125_000, |chip, value| {
        chip.set_temperature(Celsius::milli(value.i32()));
    }),
];

impl Chip for Ltc2977 {
    fn compatible(&self) -> &'static str {
        "lltc,ltc2977"
    }

    fn stimuli(&self) -> Vec<StimulusKind> {
        stimulus::kinds(STIMULI)
    }

    fn stimulate(&mut self, name: &str, value: i64) -> Option<Result<(), OutOfRange>> {
        stimulus::set(STIMULI, self, name, value)
    }

    fn power(&mut self, on: Level, now: SimTime) {
        self.supply.set(on, now);
        self.power_up();
    }
}

impl I2cTarget for Ltc2977 {
    fn start(&mut self, bus: &mut Bus, direction: Direction) -> Result<(), Nack> {
        self.supply.accessed(bus)?;
        if direction == Direction::Write {
            return Ok(());
        }
        let Some(command) = self.pointer.and_then(command::find) else {
            bus.violation("read without a command");
            return Err(Nack);
        };
        if command.kind == Kind::Send {
            bus.violation(format!("read of {}, which is only written", command.name));
            self.pointer = None;
            return Err(Nack);
        }
        Ok(())
    }

    /// A command that the chip does not have is not acknowledged.
    fn accepts(&self, bytes: &[u8]) -> usize {
        match bytes.first() {
            Some(&code) if command::find(code).is_none() => 0,
            _ => bytes.len(),
        }
    }

    fn refused(&mut self, _: &mut Bus, _: u8) {
        self.communication_fault(status::CML_COMMAND);
    }

    fn write(&mut self, bus: &mut Bus, bytes: &[u8]) {
        let Some((&code, data)) = bytes.split_first() else {
            return;
        };
        let Some(command) = command::find(code) else {
            return;
        };
        self.pointer = None;
        if data.is_empty() {
            self.pointer = Some(code);
            bus.hold();
            return;
        }
        let length = data.len();
        if length != command.bytes() && length != command.bytes() + 1 {
            bus.violation(format!(
                "write of {length} data bytes to {}, which has {}",
                command.name,
                command.bytes()
            ));
            self.communication_fault(status::CML_DATA);
            return;
        }
        self.written(bus, command, data, bytes);
    }

    fn read(&mut self, bus: &mut Bus, buf: &mut [u8]) {
        let Some(command) = self.pointer.take().and_then(command::find) else {
            return;
        };
        let page = self.pages(command).start;
        let value = self.read_value(page, command.code);
        self.log(bus, Direction::Read, command, value);
        let mut answer = value.to_le_bytes()[..command.bytes()].to_vec();
        let start = [self.address << 1, command.code, self.address << 1 | 1];
        let mut code = pec(&[&start[..], &answer[..]].concat());
        if self.line == Line::Disturbed {
            code = !code;
        }
        answer.push(code);
        if buf.len() > answer.len() {
            bus.violation(format!("read of {} bytes of {}", buf.len(), command.name));
        }
        for (to, from) in buf
            .iter_mut()
            .zip(answer.iter().chain(std::iter::repeat(&0xff)))
        {
            *to = *from;
        }
    }

    /// A command alone is one that has no data, or was never read.
    fn stop(&mut self, bus: &mut Bus) {
        let Some(command) = self.pointer.take().and_then(command::find) else {
            return;
        };
        self.log(bus, Direction::Write, command, 0);
        if command.kind == Kind::Send {
            self.execute(command, 0);
        } else {
            bus.violation(format!("{} without data", command.name));
            self.communication_fault(status::CML_DATA);
        }
    }
}

#[cfg(test)]
mod tests;
