// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The guest's process: started in a group of its own, killed with all that
//! it started, and gone when this process is gone, however that ends.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::process::{Pid, PidfdFlags, Signal};
use rustix::thread::CpuSet;

use super::Boot;
use super::log::KernelLog;
use crate::fault::Fault;

/// A new folder for one run of a guest. Its name tells which process it is
/// of, so that the folders of dead ones can be found.
pub(crate) fn run_folder() -> Result<tempfile::TempDir, Fault> {
    static SWEPT: Once = Once::new();
    SWEPT.call_once(|| sweep(&std::env::temp_dir()));
    tempfile::Builder::new()
        .prefix(&format!("roadtest-{}-", std::process::id()))
        .tempdir()
        .map_err(Fault::host("make a folder for the guest's sockets"))
}

/// Removes the folders of runs that were killed before they could.
fn sweep(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let process = name
            .to_str()
            .and_then(|name| name.strip_prefix("roadtest-")?.split_once('-'))
            .filter(|(pid, _)| pid.parse::<u32>().is_ok());
        if let Some((pid, _)) = process
            && !Path::new("/proc").join(pid).exists()
        {
            // Somebody else may be sweeping as well.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

pub(super) struct Process {
    child: Child,
    pidfd: OwnedFd,
}

impl Process {
    pub(super) fn start(boot: &Boot<'_>) -> Result<(Self, KernelLog), Fault> {
        pin_to_one_core();
        let (log, output) = std::io::pipe().map_err(Fault::host("make a pipe"))?;
        let errors = output
            .try_clone()
            .map_err(Fault::host("share the guest's log"))?;
        let log = KernelLog::new(log).map_err(Fault::host("set up the guest's log"))?;
        let mut command = Command::new(&boot.kernel.linux);
        command
            .args(boot.arguments())
            .env_clear()
            .env("TMPDIR", boot.folder.path())
            .env("HOME", boot.folder.path())
            .current_dir(boot.folder.path())
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(0);
        if let Some(library) = &boot.kernel.preload {
            command.env("LD_PRELOAD", library);
        }
        prepare(&mut command);
        let child = command.spawn().map_err(Fault::host(format!(
            "start {}; `cargo xtask build` makes it",
            boot.kernel.linux.display()
        )))?;
        let pidfd = rustix::process::pidfd_open(Pid::from_child(&child), PidfdFlags::empty())
            .map_err(|error| Fault::host("watch the guest's process")(error.into()))?;
        Ok((Self { child, pidfd }, log))
    }

    /// Ends the guest and every process that it started.
    pub(super) fn kill(&mut self) {
        // The group may be gone already.
        let _ = rustix::process::kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
    }
}

impl Process {
    /// The processor time of each program of the guest so far, by its process
    /// here: UML runs every address space of the guest in a process.
    pub(super) fn programs(&self) -> BTreeMap<i32, u64> {
        let kernel = Pid::from_child(&self.child).as_raw_pid();
        let Ok(entries) = std::fs::read_dir("/proc") else {
            return BTreeMap::new();
        };
        let pids = entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        pids.filter(|&pid| pid != kernel)
            .filter_map(|pid| {
                let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
                Some((pid, ticks_in_group(&stat, kernel)?))
            })
            .collect()
    }

    /// Sends the program a signal that UML hands on to it as it is. Gives
    /// whether it is there to get it.
    pub(super) fn stop_program(pid: i32) -> bool {
        // Why this one: it is among the few that UML hands on, and means
        // nothing to UML itself.
        let pid = Pid::from_raw(pid);
        pid.is_some_and(|pid| rustix::process::kill_process(pid, Signal::ILL).is_ok())
    }
}

/// User and system time from a line of `/proc/PID/stat`, in clock ticks;
/// `None` where the process is in another group.
fn ticks_in_group(stat: &str, group: i32) -> Option<u64> {
    // The name of the program is in parentheses, and may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    let member = fields.get(2)?.parse() == Ok(group);
    member.then_some(number(11)? + number(12)?)
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

impl AsFd for Process {
    /// Readable when the process has ended.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }
}

/// Guest and test take turns: on two cores each turn would wake the other.
/// Tests that run side by side go to different cores.
fn pin_to_one_core() {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let Ok(allowed) = rustix::thread::sched_getaffinity(None) else {
        return;
    };
    let cores: Vec<usize> = (0..CpuSet::MAX_CPU)
        .filter(|&n| allowed.is_set(n))
        .collect();
    if cores.len() < 2 {
        return;
    }
    let slot = std::env::var("NEXTEST_TEST_GLOBAL_SLOT")
        .ok()
        .and_then(|slot| slot.parse().ok())
        .unwrap_or_else(|| NEXT.fetch_add(1, Ordering::Relaxed));
    let mut one = CpuSet::new();
    one.set(cores[slot % cores.len()]);
    // Only a matter of speed.
    let _ = rustix::thread::sched_setaffinity(None, &one);
}

#[expect(
    unsafe_code,
    reason = "only code that runs in the child before exec can change what it inherits"
)]
fn prepare(command: &mut Command) {
    // SAFETY: the closure makes two system calls and touches no memory that
    // another thread could have left in a half-changed state at the fork.
    unsafe {
        command.pre_exec(|| {
            // Where the heap begins decides how much memory UML takes for
            // its page tables: a gigabyte's worth at random, nothing without.
            if libc::personality(libc::ADDR_NO_RANDOMIZE as libc::c_ulong) < 0 {
                return Err(std::io::Error::last_os_error());
            }
            rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
                .map_err(std::io::Error::from)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_of_the_guest_is_known_by_its_group_whatever_its_name() {
        let stat = "77 (a) b (c) R 70 70 1 0 -1 4194304 9 0 0 0 120 3 0 0 20 0 1";
        assert_eq!(ticks_in_group(stat, 70), Some(123));
        assert_eq!(ticks_in_group(stat, 71), None);
        assert_eq!(ticks_in_group("77 (a) R 70", 70), None);
    }

    #[test]
    fn only_the_folders_of_dead_runs_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        let ours = format!("roadtest-{}-abc", std::process::id());
        // No process has a number above the kernel's limit of 2^22.
        for name in [ours.as_str(), "roadtest-4294967295-abc", "roadtest-notes"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        sweep(folder.path());
        assert!(folder.path().join(ours).exists());
        assert!(folder.path().join("roadtest-notes").exists());
        assert!(!folder.path().join("roadtest-4294967295-abc").exists());
    }
}
