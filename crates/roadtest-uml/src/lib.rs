// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! From a name such as `debian:6.12` to a kernel that can be booted.
//!
//! This crate finds or downloads the source, configures and builds UML out of
//! tree, and lays out the guest's root. It prints nothing: what happens goes
//! to a [`Progress`], what goes wrong is an [`Error`]. It boots nothing; that
//! is `roadtest`'s job.
//!
//! In reading order:
//!
//! - [`prepare()`]: the whole way.
//! - [`source`]: which tree, and is it one?
//! - `package`: how a source package is named.
//! - [`apt`]: source packages from the machine's own mirror, without root.
//! - [`flavour`]: what a kernel has beyond what its drivers need.
//! - [`configure`]: fragments to a verified `.config`.
//! - [`kbuild`]: running `make`, with progress and its error lines.
//! - [`modules`]: what the built modules say about themselves.
//! - `built`: a finished kernel in the cache.
//! - [`guest`]: the directory that the guest sees as its root.
//! - [`agent`]: the program in it.
//! - `xstate`: what UML needs on a host with larger registers than it knows.
//! - [`fingerprint`]: has anything changed since?
//! - `stamps`: what a tree looks like from outside.
//! - `increment`: how much has to be built again after an edit.
//! - [`cache`]: where all of this is kept, and who may write there.
//! - [`doctor`]: which tools are missing, and installing them.

pub mod agent;
pub mod apt;
mod built;
pub mod cache;
pub mod configure;
pub mod doctor;
mod error;
pub mod fingerprint;
pub mod flavour;
pub mod guest;
mod increment;
pub mod kbuild;
pub mod modules;
mod package;
pub mod prepare;
mod progress;
mod run;
pub mod source;
mod stamps;
mod xstate;

pub use built::Built;
pub use cache::Cache;
pub use error::Error;
pub use package::Package;
pub use prepare::{Options, build, prepare};
pub use progress::{Event, Progress, Total};
pub use source::{Source, Wanted};
