// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What a kernel costs by itself: it starts, runs an init that powers it off,
//! and ends. No device, no controller of its time, no test: the unit in which
//! `cargo xtask bench` gives every other figure.

use std::time::{Duration, Instant};

use roadtest_record::kernel::Kernel;
use rustix::event::{PollFd, PollFlags};

use super::boot::kernel_arguments;
use super::process::{Process, run_directory};
use super::wait;
use crate::fault::Fault;

/// Longer than any boot takes.
const LIMIT: Duration = Duration::from_secs(60);

/// Boots a kernel and lets it power off; how long that took.
pub(crate) fn boot(kernel: &Kernel) -> Result<Duration, Fault> {
    let directory = run_directory()?;
    let mut arguments = kernel_arguments(kernel, None);
    arguments.push("time-travel=inf-cpu".into());
    arguments.extend(["--".into(), "power-off".into()]);
    let start = Instant::now();
    let (process, log) = Process::start(kernel, directory.path(), arguments)?;
    let ended = loop {
        let mut fds = [
            PollFd::new(&process, PollFlags::IN),
            PollFd::new(&log, PollFlags::IN),
        ];
        if wait::poll(&mut fds, Some(LIMIT))? == 0 {
            let error = std::io::Error::other(log.last_line());
            return Err(Fault::host("wait for a kernel that powers off")(error));
        }
        let [ended, logged] = fds.map(|fd| !fd.revents().is_empty());
        if ended {
            break start.elapsed();
        }
        if logged {
            log.drain();
        }
    };
    Ok(ended)
}
