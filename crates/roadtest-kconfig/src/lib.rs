// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Fragments of kernel configuration: read, merged, and verified.
//!
//! Kconfig drops what it cannot grant without a message. This crate detects
//! which requests were dropped and says why, in Kconfig's own terms. It does
//! not run Kconfig (that is `roadtest-uml`'s job) and it does not solve
//! dependencies.
//!
//! In reading order:
//!
//! - [`value`]: what a symbol can be set to.
//! - [`fragment`]: one file under `kconfig-fragments/`.
//! - [`merge`]: all fragments of a kernel, without contradictions.
//! - [`config`]: the `.config` that Kconfig made of them.
//! - [`expr`]: the conditions of Kconfig, and what their symbols are worth.
//! - [`tree`]: the Kconfig files of a kernel.
//! - [`mod@verify`]: what was granted, what was dropped and why.

pub mod config;
pub mod expr;
pub mod fragment;
pub mod merge;
pub mod tree;
pub mod value;
pub mod verify;

pub use config::Config;
pub use fragment::{Fragment, Request};
pub use merge::Merged;
pub use tree::Tree;
pub use value::Value;
pub use verify::{Dropped, Report, verify};
