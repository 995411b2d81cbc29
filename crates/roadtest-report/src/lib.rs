// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What people and programs read about driver tests: while they run, and of
//! the records that a run has left. Nothing here runs a test, builds a kernel
//! or decides what a test's end means.
//!
//! In reading order:
//!
//! - [`catalog`]: a test, and the driver that it belongs to.
//! - [`filter`]: choosing tests by what a user types.
//! - [`event`]: what happens during a run.
//! - [`output`]: what a failing test printed.
//! - [`report`]: events as lines in a terminal.
//! - [`reports`]: records as KTAP, JUnit, JSON, annotations, HTML, waveforms;
//!   the verb `report`.
//! - [`log`], [`dts`]: the verbs that print one test's timeline or devicetree.

pub mod catalog;
pub mod dts;
pub mod event;
pub mod filter;
pub mod log;
pub mod output;
pub mod report;
pub mod reports;
