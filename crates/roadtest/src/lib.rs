// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Tests for Linux device drivers without hardware: what the author of a test
//! uses. A [`Board`] says which chips are wired to what; booting it gives a
//! [`Uml`], a kernel of its own; binding a chip's driver gives a [`Device`],
//! whose files in sysfs and `/dev` the test uses as any program would. What
//! the driver did to the chip is the [`Timeline`].
//!
//! In reading order: [`board`], [`wired`], [`pin`] and [`supply`], [`uml`], [`device`] and [`mod@file`],
//! [`timeline`]; the subsystems' [`view`]s and the [`suite`]s of a class; then how a test fails: [`errno`], [`error`] and [`fault`].
//! `abi` shows ioctls on timelines, `world` is what models and machine share, `machine` runs the guest, and
//! `explore` hands both to a person. `harness` runs and judges the tests, and
//! is the only one that knows of them.
//!
//! # A walk through
//!
//! A driver test is a function with `#[roadtest::test]` in a test target whose
//! `main` is [`harness::main`]. It says what is on the board, boots it, binds
//! the driver, and then stands on both sides of it.
//!
//! ```no_run
//! use roadtest::{Board, Edge, Errno, Lux, Placement, SimTime};
//! use roadtest_chips::iio::light::opt3001::{Conversions, Opt3001};
//!
//! # fn main() -> roadtest::Result {
//! // The wiring. The devicetree follows from it.
//! let mut board = Board::new();
//! let int = board.gpio_named(3, "light-int");
//! let sensor = Placement::of(Opt3001::new()).interrupt(&int, Edge::Falling);
//! let light = board.i2c(0x44, sensor);
//!
//! // A kernel of its own, in virtual time. The driver is found by the
//! // device's modalias, loaded and bound.
//! let uml = board.boot()?;
//! let sensor = uml.bind(&light)?.iio()?;
//!
//! // A stimulus is a method of the model; userspace is a file.
//! light.with(|chip| chip.set_illuminance(Lux::milli(88_800)));
//! light.forget();
//! assert_eq!(sensor.read("in_illuminance_input"), Ok("88.800000".into()));
//!
//! // What the driver did: as text for a snapshot, as values, as times.
//! let timeline = light.news();
//! println!("{timeline}");
//! assert_eq!(timeline.writes("CONFIG"), ["ca10"]);
//! let started = timeline.when(|line| line.contains("mode=Single"));
//! let read = timeline.when(|line| line.starts_with("R RESULT"));
//! assert!(read[0] - started[0] >= SimTime::ms(800));
//!
//! // A failure of the driver is a value, too.
//! light.with(|chip| chip.set_conversions(Conversions::NeverEnd));
//! assert_eq!(sensor.read("in_illuminance_input"), Err(Errno::ETIMEDOUT));
//! # Ok(())
//! # }
//! ```
//!
//! In a test, `insta::assert_snapshot!(light.news())` compares the timeline
//! with `snapshots/<driver>/<test>.snap`, wherever the test is.
//!
//! # What fails a test
//!
//! Its own assertions and the error that it returns; and, without the test
//! saying anything: a report in the kernel's log, a contract of a datasheet
//! that the driver broke, a model that panics, a guest that dies or hangs, a
//! test that does not end.
//! [`Uml::expect_report`], [`Uml::expect_violation`] and [`Uml::expect_death`]
//! are for known defects: then the test fails where it does *not* come.
//!
//! # Models
//!
//! A model implements [`Chip`] and the trait of its bus, [`I2cTarget`]; most
//! of them do through `roadtest_model::register::RegisterChip` and
//! `I2cRegisters`. It may be defined in the test:
//!
//! ```
//! use roadtest::{Bus, Chip, I2cTarget};
//!
//! /// Answers every read with the same byte.
//! struct Constant(u8);
//!
//! impl Chip for Constant {
//!     fn compatible(&self) -> &'static str {
//!         "example,constant"
//!     }
//! }
//!
//! impl I2cTarget for Constant {
//!     fn write(&mut self, _: &mut Bus, _: &[u8]) {}
//!
//!     fn read(&mut self, _: &mut Bus, buf: &mut [u8]) {
//!         buf.fill(self.0);
//!     }
//! }
//!
//! let mut board = roadtest::Board::new();
//! board.i2c(0x20, Constant(0x5a));
//! assert!(board.to_dts()?.contains("example,constant"));
//! # Ok::<(), roadtest::Error>(())
//! ```

mod abi;
pub mod board;
mod bus;
mod controller;
pub mod device;
pub mod errno;
pub mod error;
mod explore;
pub mod fault;
pub mod file;
pub mod harness;
mod leaks;
mod limit;
mod machine;
mod panics;
pub mod pin;
pub mod placement;
mod report;
pub mod suite;
pub mod supply;
pub mod timeline;
pub mod uml;
pub mod view;
pub mod wired;
mod world;

pub use board::Board;
pub use bus::i2c::I2cBus;
pub use bus::spi::SpiBus;
pub use device::Device;
pub use errno::Errno;
pub use error::{Error, Result};
pub use fault::Fault;
pub use file::File;
pub use pin::Pin;
pub use placement::Placement;
pub use roadtest_dt::{Cell, Node, Value};
/// Makes a function a test of [`harness`].
pub use roadtest_macros::test;
pub use roadtest_model::{
    Access, Bus, Celsius, Chip, Direction, Edge, I2cTarget, Level, Lux, Nack, SimTime, SpiMode,
    SpiPeripheral,
};
pub use roadtest_wire::Pointer;
pub use supply::Supply;
pub use timeline::Timeline;
pub use uml::{Uml, program};
pub use wired::Wired;
