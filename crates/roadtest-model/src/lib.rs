// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What a hardware model is made of. A model is a pure state machine: bytes
//! and virtual time in; bytes, levels and a next wake-up time out. It knows
//! no virtio, no thread, no socket and no clock.
//!
//! In reading order: [`time`] and [`level`] are the values that cross every
//! interface, [`bus`] is what a chip sees while it is accessed, [`chip`] is
//! the trait that every model implements, [`i2c`] and [`spi`] are its bus
//! sides, and [`register`] is for the chips that are a register map. [`units`]
//! are the physical quantities that tests give to chips, and a [`stimulus`] is
//! such a quantity with a name.

pub mod bus;
pub mod chip;
pub mod i2c;
pub mod level;
pub mod register;
pub mod spi;
pub mod stimulus;
pub mod time;
pub mod units;

pub use bus::{Access, Bus, Complaint, Direction, Nack, Severity};
pub use chip::Chip;
pub use i2c::I2cTarget;
pub use level::{Edge, Level};
pub use spi::{SpiMode, SpiPeripheral};
pub use stimulus::{OutOfRange, Stimulus, StimulusKind};
pub use time::SimTime;
pub use units::{Celsius, Lux};
