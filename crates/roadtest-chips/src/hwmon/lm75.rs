// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Digital temperature sensors with a thermostat output that follow National's
//! LM75. Driver: `drivers/hwmon/lm75.c`, which knows 28 of them; here is one
//! of each kind that it treats differently:
//!
//! | chip | CONFIG | resolution | update interval |
//! |---|---|---|---|
//! | [`Lm75`] | 8 bits | 9 bits | fixed |
//! | [`Tmp75`] | 8 bits | 9 to 12 bits, set with the interval | 27.5 to 220 ms |
//! | [`Pct2075`] | 8 bits | 11 bits | 100 ms to 3.1 s, in a register of its own |
//! | [`As6200`] | 16 bits, with an alert bit | 12 bits | 125 ms to 4 s |
//!
//! All of them are a [`Sensor`]: they convert on their own, one conversion
//! after the other, and unless the board switches their supply they were
//! powered long before the kernel started: the first read then gives the
//! temperature at construction.

pub mod as6200;
pub mod national;
pub mod pct2075;
mod sensor;
mod thermostat;
pub mod tmp75;

pub use as6200::As6200;
pub use national::Lm75;
pub use pct2075::Pct2075;
pub use sensor::{Part, Sensor, WhenRead};
pub use tmp75::Tmp75;

#[cfg(test)]
mod tests;
