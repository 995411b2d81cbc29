// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What every command of this project is made with, whatever it does: where
//! it works, what it says, which programs it starts and ends, and the code that
//! it exits with. Nothing here knows a kernel, a test or a report.
//!
//! In reading order:
//!
//! - [`console`]: lines for people.
//! - [`workspace`]: where things are in this workspace.
//! - [`leftovers`]: processes and directories of runs that were killed.
//! - [`process`]: programs that do not outlive the command.
//! - [`exit`]: how a command ends.
//! - [`git`]: a repository of our own.

pub mod console;
pub mod exit;
pub mod git;
pub mod leftovers;
pub mod process;
pub mod workspace;
