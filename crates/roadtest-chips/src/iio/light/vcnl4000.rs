// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Vishay's ambient light and proximity sensors that
//! `drivers/iio/light/vcnl4000.c` drives: two pairs of relatives, one with
//! 8-bit registers and measurements on demand ([`Vcnl4000`], [`Vcnl4010`]),
//! one with 16-bit registers that measures all the time ([`Vcnl4040`],
//! [`Vcnl4200`]).

mod channel;
mod continuous;
mod on_demand;
mod vcnl4010;
mod vcnl4040;
mod vcnl4200;

pub use continuous::{Continuous, Part};
pub use on_demand::{Measurements, Vcnl4000};
pub use vcnl4010::Vcnl4010;
pub use vcnl4040::{Part4040, Vcnl4040};
pub use vcnl4200::{Part4200, Vcnl4200};

#[cfg(test)]
mod tests;
