// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What happened on a bus: one message of an I2C transfer, one transfer of an
//! SPI message. It is recorded when it has ended.

use serde::{Deserialize, Serialize};

/// One message of an I2C transfer, or one transfer of an SPI message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// The bus's name on the board: `i2c`.
    pub bus: String,
    /// Where on the bus: the 7-bit address of I2C in hexadecimal, `44`, or a
    /// 10-bit address with three digits, `044`; the chip select of SPI, `cs0`.
    pub unit: String,
    /// The chip's name on the board; empty where no chip is there.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub chip: String,
    /// When it began, in nanoseconds of virtual time: the START condition, or
    /// the first edge of the clock.
    pub start_ns: u64,
    /// Which way its data went.
    pub direction: Direction,
    /// The bytes that crossed the bus, in hexadecimal: those that were sent,
    /// or where none were, those that were received. The one that was refused
    /// is among them.
    pub bytes: String,
    /// What was received while `bytes` were sent.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub received: String,
    /// What it meant, as far as the model can tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accesses: Vec<Access>,
    /// Whether a later one, or the end of the whole, shows what it meant: a
    /// write that only told the chip where to read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held: bool,
    /// What came of it.
    pub outcome: Outcome,
    /// How it ended on the bus.
    pub end: End,
}

/// Which way data went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Controller to chip.
    Write,
    /// Chip to controller.
    Read,
    /// Both ways at once.
    Both,
}

/// One decoded access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Controller to chip, or chip to controller.
    pub direction: Direction,
    /// What was accessed: a register's name.
    pub target: String,
    /// The value, as the datasheet would print it.
    pub value: String,
    /// Field names and values; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fields: String,
}

/// What came of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All bytes crossed the bus.
    Completed,
    /// The address was not acknowledged.
    AddressRefused,
    /// The data byte with this index was not acknowledged.
    ByteRefused(usize),
}

/// How a transfer ended on the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The bus is free again: a STOP condition, chip select released.
    Stop,
    /// The next one follows at once: a repeated START, chip select held.
    Held,
}

impl Transfer {
    /// The bytes that crossed the bus.
    pub fn bytes(&self) -> Vec<u8> {
        parse(&self.bytes)
    }

    /// The bytes that were received while those were sent.
    pub fn received(&self) -> Vec<u8> {
        parse(&self.received)
    }

    /// Whether all bytes crossed the bus.
    pub fn completed(&self) -> bool {
        self.outcome == Outcome::Completed
    }
}

/// `01 c8 10`
pub fn hex(bytes: &[u8]) -> String {
    let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(" ")
}

fn parse(text: &str) -> Vec<u8> {
    let bytes = text.split_whitespace();
    bytes
        .filter_map(|byte| u8::from_str_radix(byte, 16).ok())
        .collect()
}
