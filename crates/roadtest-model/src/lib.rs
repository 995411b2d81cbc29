// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What a hardware model is made of. A model is a pure state machine: bytes
//! and virtual time in; bytes, levels and a next wake-up time out. It knows
//! no virtio, no thread, no socket and no clock.
//!
//! In reading order: [`time`] and [`level`] are the values that cross every
//! interface, [`bus`] is what a chip sees while it is accessed, [`chip`] is
//! the trait that every model implements, and [`register`] is for the chips
//! whose protocol is a register map. [`units`] are the physical quantities that
//! tests give to chips, and a [`stimulus`] is such a quantity with a name.

pub mod bus;
pub mod chip;
pub mod level;
pub mod register;
pub mod stimulus;
pub mod time;
pub mod units;

pub use bus::{Access, Bus, Direction, Nack, Violation};
pub use chip::Chip;
pub use level::{Edge, Level};
pub use stimulus::{OutOfRange, Stimulus, StimulusKind};
pub use time::SimTime;
pub use units::{Celsius, Lux};
