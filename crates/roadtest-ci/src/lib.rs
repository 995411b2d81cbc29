// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What the developers of this project check: the verbs `ci`, `tidy`, `docs`
//! and `replay`, and those that use the reports as their readers do. Running
//! driver tests needs none of it, so that it is a program of its own, which
//! `cargo xtask` hands over to.
//!
//! In reading order:
//!
//! - [`ci`]: everything that must hold before a change is merged, in stages.
//! - [`tidy`]: the rules that no compiler checks.
//! - [`page`], [`quotes`], [`script`]: a document, what it quotes, and what it
//!   has its reader do.
//! - [`docs`]: what the documentation promises.
//! - [`replay`]: the documentation, followed word by word.
//! - [`scratch`], [`running`], [`tree`]: a copy of the workspace, a command in
//!   it that is listened to, and a kernel tree to export into.
//! - [`parser`], [`browser`]: the reports, read by the kernel's parser and by a
//!   browser.
//! - [`views`]: everything that can be made from a run's records.
//! - [`manual`]: completions for a shell, and the manual page.
//! - [`programs`]: what has to be installed for that.

pub mod browser;
pub mod ci;
pub mod docs;
pub mod manual;
pub mod page;
pub mod parser;
pub mod programs;
pub mod quotes;
pub mod replay;
pub mod running;
pub mod scratch;
pub mod script;
pub mod tidy;
pub mod tree;
pub mod views;
