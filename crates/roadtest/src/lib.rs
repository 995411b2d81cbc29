// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Tests for Linux device drivers without hardware: what the author of a test
//! uses. A [`Board`] says which chips are wired to what; booting it gives a
//! [`Uml`], a kernel of its own; binding a chip's driver gives a [`Device`],
//! whose files in sysfs and `/dev` the test uses as any program would. What
//! the driver did to the chip is the [`Timeline`].
//!
//! In reading order: [`board`], [`pin`] and [`supply`], [`uml`], [`device`] and [`file`],
//! [`timeline`]; the subsystems' [`view`]s and the [`suite`]s of a class; then how a test fails: [`errno`], [`error`] and [`fault`].
//! `world` is what models and machine share, and `machine` runs the guest; `explore` hands both to a person.

pub mod board;
mod context;
pub mod device;
pub mod errno;
pub mod error;
mod explore;
pub mod fault;
pub mod file;
mod machine;
pub mod pin;
mod report;
mod snapshot;
pub mod suite;
pub mod supply;
pub mod timeline;
pub mod uml;
pub mod view;
mod world;

pub use board::{Board, Wired};
pub use device::Device;
pub use errno::Errno;
pub use error::{Error, Result};
pub use fault::Fault;
pub use file::File;
pub use pin::Pin;
pub use roadtest_dt::{Cell, Node, Value};
pub use roadtest_model::{Access, Bus, Celsius, Chip, Direction, Edge, Level, Lux, Nack, SimTime};
pub use roadtest_wire::Pointer;
pub use supply::Supply;
pub use timeline::Timeline;
pub use uml::Uml;
