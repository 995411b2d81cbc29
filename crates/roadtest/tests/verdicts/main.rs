// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! How a test ends, and what its record says then. They need a kernel: `cargo
//! xtask build` makes it.

mod answers;
mod bad_input;
mod guests;
mod hostile;
mod judge;
mod limits;
mod models;
mod moved;
mod outcomes;
mod reports;
mod skips;
mod wiring;

fn main() -> std::process::ExitCode {
    roadtest::harness::main()
}
