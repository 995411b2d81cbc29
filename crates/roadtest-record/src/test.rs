// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What one test leaves behind.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Names the directory that records go to; the default is [`OUT`].
pub const OUT_ENV: &str = "ROADTEST_OUT";

/// Where records go, below the workspace root.
pub const OUT: &str = "target/roadtest/last";

/// Names the process that runs a test program for one of its tests, by its id.
pub const RUNNER_ENV: &str = "ROADTEST_RUNNER";

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every assertion held, and the kernel and the models had no complaint.
    Passed,
    /// An assertion did not hold, or the test returned an error.
    Failed,
    /// The kernel lacks what the test needs.
    Skipped,
    /// The kernel reported a WARNING, BUG, Oops or the like.
    KernelReport,
    /// The driver broke a contract of the datasheet, or a model panicked.
    ModelViolation,
    /// The kernel died or stopped responding.
    GuestDied,
    /// The test or a request to its guest took longer than its limit, or the
    /// guest made no progress in virtual time while it used the processor, or
    /// did nothing at all.
    TimedOut,
    /// The test could not be carried out: the host failed, the guest's agent is
    /// of another build, a request was invalid. It says nothing about the
    /// driver.
    Error,
}

/// What one test leaves behind: `record.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The test as `cargo test` names it: `iio::light::opt3001::reads_lux`.
    pub name: String,
    /// The source path under the kernel's `drivers/`, without `.c`.
    pub driver: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it did not pass; empty where it did.
    pub reason: String,
    /// From the start of the test to its end, in milliseconds.
    pub wall_ms: f64,
    /// From starting the kernel to the agent's first word, in milliseconds.
    /// This, virtual time and transfers are sums where there are several
    /// machines.
    pub boot_ms: f64,
    /// Virtual time at the end, in nanoseconds.
    pub virtual_ns: u64,
    /// Bus transfers, counted by STOP conditions.
    pub transfers: u64,
    /// The kernel's reports, a first line each.
    pub kernel_reports: Vec<String>,
    /// The timeline, relative to the directory of the run.
    pub timeline: PathBuf,
    /// What was expected, and what came, where the failure says so.
    pub expected: Option<String>,
    /// See `expected`.
    pub got: Option<String>,
    /// The kernels that the test booted, in order, unless it was one: then the
    /// record itself says all of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub machines: Vec<Machine>,
}

/// One of several kernels that a test booted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// From starting the kernel to the agent's first word, in milliseconds.
    pub boot_ms: f64,
    /// Virtual time at the end, in nanoseconds.
    pub virtual_ns: u64,
    /// Bus transfers, counted by STOP conditions.
    pub transfers: u64,
    /// The kernel's reports, a first line each.
    pub kernel_reports: Vec<String>,
    /// The timeline, relative to the directory of the run.
    pub timeline: PathBuf,
}
