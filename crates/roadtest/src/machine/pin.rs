// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Guest and test on one core. They take turns, so that on two cores each turn
//! would wake the other; tests that run side by side go to different cores.

use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::process::Pid;
use rustix::thread::{CpuSet, gettid, sched_getaffinity, sched_setaffinity};

/// A thread that runs on one core, as does what it starts, until this is
/// dropped.
#[derive(Debug)]
pub(super) struct Pin {
    /// The thread, and where it could run before.
    before: Option<(Pid, CpuSet)>,
}

impl Pin {
    /// Pins this thread, where it can run on several cores. It is only a
    /// matter of speed, so that it fails in silence.
    pub(super) fn to_one_core() -> Self {
        Self { before: pin() }
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        if let Some((thread, before)) = &self.before {
            let _ = sched_setaffinity(Some(*thread), before);
        }
    }
}

fn pin() -> Option<(Pid, CpuSet)> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let allowed = sched_getaffinity(None).ok()?;
    let cores: Vec<usize> = (0..CpuSet::MAX_CPU)
        .filter(|&n| allowed.is_set(n))
        .collect();
    if cores.len() < 2 {
        return None;
    }
    let slot = std::env::var("NEXTEST_TEST_GLOBAL_SLOT")
        .ok()
        .and_then(|slot| slot.parse().ok())
        .unwrap_or_else(|| NEXT.fetch_add(1, Ordering::Relaxed));
    let mut one = CpuSet::new();
    one.set(cores[slot % cores.len()]);
    sched_setaffinity(None, &one).ok()?;
    Some((gettid(), allowed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_can_run_where_it_could_before_once_its_guest_is_gone() {
        let cores = || sched_getaffinity(None).unwrap();
        let before = cores();
        let pin = Pin::to_one_core();
        assert_eq!(cores().count(), 1);
        // A second guest at the same time.
        drop(Pin::to_one_core());
        assert_eq!(cores().count(), 1);
        drop(pin);
        assert_eq!(cores(), before);
    }
}
