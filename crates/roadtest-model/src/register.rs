// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Register maps: a chip declares its registers once, as the datasheet does
//! ([`registers!`](crate::registers)), and gets storage, access checks,
//! decoded timeline lines, the usual protocols on I²C and SPI, and
//! documentation.
//!
//! In reading order: [`spec`] is what the macro produces, [`storage`] holds
//! the values and checks accesses, [`chip`] is the trait that a register chip
//! implements, [`i2c`] and [`spi`] are the framings that carry its registers
//! on a bus, [`words`] is what both have in common, [`contract`] are the rules
//! beyond bits, [`names`] is access by name for a prompt, [`describe`] renders
//! a map as Markdown.
//!
//! What it is not: a description of chips without a register map; those
//! implement [`Chip`](crate::Chip) and the trait of their bus directly.

pub mod chip;
pub mod contract;
pub mod describe;
pub mod i2c;
mod macros;
pub mod names;
pub mod spec;
pub mod spi;
pub mod storage;
pub mod words;

pub use chip::RegisterChip;
pub use contract::{Contract, DRIVER, Guard, MinGap, Supply};
pub use i2c::I2cRegisters;
pub use names::{NameError, Named};
pub use spec::{Field, Map, Place, Register, Rule, Word};
pub use spi::{SpiRegisters, SpiWrites};
pub use storage::Registers;
pub use words::{Increment, Walk};

#[cfg(test)]
mod tests;
