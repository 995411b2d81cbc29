// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Register maps: a chip declares its registers once, as the datasheet does
//! ([`registers!`](crate::registers)), and gets storage, access checks,
//! decoded timeline lines, the usual I²C register protocol and documentation.
//!
//! In reading order: [`spec`] is what the macro produces, [`storage`] holds
//! the values and checks accesses, [`chip`] is the trait that a register chip
//! implements, [`contract`] are the rules beyond bits, [`names`] is access by
//! name for a prompt, [`describe`] renders a map as Markdown.
//!
//! What it is not: a description of SPI framing or of chips without a
//! register map; those implement [`Chip`](crate::Chip) directly.

pub mod chip;
pub mod contract;
pub mod describe;
mod macros;
pub mod names;
pub mod spec;
pub mod storage;

pub use chip::{Increment, RegisterChip};
pub use contract::{Guard, MinGap, Supply};
pub use names::{NameError, Named};
pub use spec::{Field, Map, Place, Register, Rule, Word};
pub use storage::Registers;

#[cfg(test)]
mod tests;
