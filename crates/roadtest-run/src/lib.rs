// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! From a user's command to a verdict: the kernel, the tests, what runs them,
//! and the verbs of everyday work. How events and records are shown belongs
//! to `roadtest-report`, how a kernel is built to `roadtest-uml`.
//!
//! In reading order:
//!
//! - [`kernel`]: the kernel that a user names.
//! - [`binary`]: the compiled driver tests.
//! - [`runner`]: running them.
//! - [`verdict`]: what a test's end means.
//! - [`roadtest`]: a whole run; the verb of that name.
//! - [`since`], [`watch`]: two of its options.
//! - [`build`], [`list`], [`shell`], [`mod@bench`], [`review`], [`doctor`]: verbs.

pub mod bench;
pub mod binary;
pub mod build;
pub mod doctor;
pub mod kernel;
pub mod list;
pub mod review;
pub mod roadtest;
pub mod runner;
pub mod shell;
pub mod since;
pub mod verdict;
pub mod watch;
