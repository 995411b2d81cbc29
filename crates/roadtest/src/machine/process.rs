// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The guest's process: started in a group of its own, killed with all that
//! it started, and gone when this process is gone, however that ends.
//!
//! Why not `process-wrap`: it has process groups, which the standard library
//! has as well, and nothing of what is done between fork and exec here.

use std::collections::BTreeMap;
use std::io::{PipeReader, PipeWriter};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Once;
use std::time::Duration;

use roadtest_record::kernel::Kernel;
use rustix::process::{Pid, PidfdFlags, Signal};

use super::log::KernelLog;
use super::pin::Pin;
use crate::fault::Fault;

/// `F_SETSIG` of `fcntl(2)`, which `libc` lacks
/// (`include/uapi/asm-generic/fcntl.h`).
const F_SETSIG: libc::c_int = 10;

/// A new directory for one run of a guest. Its name tells which process it is
/// of, so that the directories of dead ones can be found.
pub(crate) fn run_directory() -> Result<tempfile::TempDir, Fault> {
    static SWEPT: Once = Once::new();
    SWEPT.call_once(|| sweep(&std::env::temp_dir()));
    tempfile::Builder::new()
        .prefix(&format!("roadtest-{}-", std::process::id()))
        .tempdir()
        .map_err(Fault::host("make a directory for the guest's sockets"))
}

/// Removes the directories of runs that were killed before they could.
fn sweep(directory: &Path) {
    let Ok(entries) = std::fs::read_dir(directory) else {
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
            // Another process may be sweeping as well.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

pub(super) struct Process {
    child: Child,
    pidfd: OwnedFd,
    /// Where the thread that started the guest may run, as long as it lives.
    _pin: Pin,
    /// Held open as long as this process lives: the guest's group dies when it
    /// is closed.
    _lifeline: PipeWriter,
}

impl Process {
    /// Starts UML on these arguments, in a directory of its own.
    pub(super) fn start(
        kernel: &Kernel,
        directory: &Path,
        arguments: Vec<String>,
    ) -> Result<(Self, KernelLog), Fault> {
        let pin = Pin::to_one_core();
        let (end, lifeline) = std::io::pipe().map_err(Fault::host("make a pipe"))?;
        let (log, output) = std::io::pipe().map_err(Fault::host("make a pipe"))?;
        let errors = output
            .try_clone()
            .map_err(Fault::host("share the guest's log"))?;
        let log = KernelLog::new(log).map_err(Fault::host("set up the guest's log"))?;
        let mut command = Command::new(&kernel.linux);
        command
            .args(arguments)
            .env_clear()
            .env("TMPDIR", directory)
            .env("HOME", directory)
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(0);
        if let Some(library) = &kernel.preload {
            command.env("LD_PRELOAD", library);
        }
        prepare(&mut command, rustix::process::getpid(), end);
        let child = command.spawn().map_err(Fault::host(format!(
            "start {}; `cargo xtask build` makes it",
            kernel.linux.display()
        )))?;
        let pidfd = rustix::process::pidfd_open(Pid::from_child(&child), PidfdFlags::empty())
            .map_err(|error| Fault::host("watch the guest's process")(error.into()))?;
        let process = Self {
            child,
            pidfd,
            _pin: pin,
            _lifeline: lifeline,
        };
        Ok((process, log))
    }

    /// Ends the guest and every process that it started.
    pub(super) fn kill(&mut self) {
        // The group may be gone already.
        let _ = rustix::process::kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
    }
}

impl Process {
    fn kernel(&self) -> i32 {
        Pid::from_child(&self.child).as_raw_pid()
    }

    /// What each process of the guest has used of the processor so far.
    fn members(&self) -> BTreeMap<i32, Ticks> {
        let kernel = self.kernel();
        let Ok(entries) = std::fs::read_dir("/proc") else {
            return BTreeMap::new();
        };
        entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
            .filter_map(|pid| {
                let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
                Some((pid, ticks_in_group(&stat, kernel)?))
            })
            .collect()
    }

    /// The processor time of each program of the guest so far, in clock ticks,
    /// by its process here: UML runs every address space of the guest in a
    /// process.
    pub(super) fn programs(&self) -> BTreeMap<i32, u64> {
        let mut members = self.members();
        members.remove(&self.kernel());
        let own = |(pid, ticks): (i32, Ticks)| (pid, ticks.own);
        members.into_iter().map(own).collect()
    }

    /// The processor time of the guest so far: of its kernel, its programs,
    /// and those that have ended. `None` where the host does not tell.
    pub(super) fn processor_time(&self) -> Option<Duration> {
        let members = self.members();
        let ended = members.get(&self.kernel())?.ended;
        let ticks = ended + members.values().map(|ticks| ticks.own).sum::<u64>();
        let hz = rustix::param::clock_ticks_per_second().max(1);
        Some(Duration::from_millis(ticks.saturating_mul(1000) / hz))
    }

    /// Sends the program a signal that UML hands on to it as it is. Returns
    /// whether it is there to get it.
    pub(super) fn stop_program(pid: i32) -> bool {
        // Why this one: it is among the few that UML hands on, and means
        // nothing to UML itself.
        let pid = Pid::from_raw(pid);
        pid.is_some_and(|pid| rustix::process::kill_process(pid, Signal::ILL).is_ok())
    }
}

/// Processor time, user and system, in clock ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Ticks {
    own: u64,
    /// Of its children that have ended and were waited for.
    ended: u64,
}

/// What a line of `/proc/PID/stat` says (`Documentation/filesystems/proc.rst`,
/// table 1-4); `None` where the process is in another group.
fn ticks_in_group(stat: &str, group: i32) -> Option<Ticks> {
    // The name of the program is in parentheses, and may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    let member = fields.get(2)?.parse() == Ok(group);
    let sum = |user, system| Some(number(user)?.saturating_add(number(system)?));
    let (own, ended) = (sum(11, 12)?, sum(13, 14)?);
    member.then_some(Ticks { own, ended })
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

/// Sees to it that the guest's processes are gone when this one is, `parent`,
/// however it ends: with the last copy of the lifeline's other end, which this
/// process has, the kernel sends the whole group SIGKILL.
///
/// Why not the parent-death signal alone: it goes to one process, and not to
/// those that UML has started, stops and traces. It is asked for all the same,
/// for a lifeline that has got into another process.
#[expect(
    unsafe_code,
    reason = "only code that runs in the child before exec can change what it inherits"
)]
fn prepare(command: &mut Command, parent: Pid, lifeline: PipeReader) {
    // SAFETY: the closure makes system calls with numbers and a descriptor
    // that it owns, and touches no memory that another thread could have left
    // in a half-changed state at the fork.
    unsafe {
        command.pre_exec(move || {
            // Where the heap begins decides how much memory UML takes for
            // its page tables: a gigabyte's worth at random, nothing without.
            // Where that is forbidden, as in containers, the guest is slower.
            let _ = libc::personality(libc::ADDR_NO_RANDOMIZE as libc::c_ulong);
            rustix::io::fcntl_setfd(&lifeline, rustix::io::FdFlags::empty())?;
            let settings = [
                (libc::F_SETOWN, -libc::getpid()),
                (F_SETSIG, libc::SIGKILL),
                (libc::F_SETFL, libc::O_ASYNC),
            ];
            for (setting, value) in settings {
                if libc::fcntl(lifeline.as_raw_fd(), setting, value) < 0 {
                    return Err(std::io::Error::last_os_error());
                }
            }
            rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
            // It may have died before that was asked for.
            if rustix::process::getppid() != Some(parent) {
                return Err(rustix::io::Errno::SRCH.into());
            }
            Ok(())
        });
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use roadtest_record::flavour::Flavour;
    use roadtest_record::kernel::Kernel;
    use rustix::event::{PollFd, PollFlags, Timespec};

    use super::*;

    #[test]
    fn a_program_of_the_guest_is_known_by_its_group_and_not_by_its_name() {
        let stat = "77 (a) b (c) R 70 70 1 0 -1 4194304 9 0 0 0 120 3 7 5 20 0 1";
        let ticks = Ticks {
            own: 123,
            ended: 12,
        };
        assert_eq!(ticks_in_group(stat, 70), Some(ticks));
        assert_eq!(ticks_in_group(stat, 71), None);
        assert_eq!(ticks_in_group("77 (a) R 70", 70), None);
    }

    /// A guest that is this shell script.
    struct Script {
        guest: Process,
        log: KernelLog,
        /// The shell reads its script from there.
        _directory: tempfile::TempDir,
    }

    fn script(text: &str) -> Script {
        let directory = tempfile::tempdir().unwrap();
        let linux = directory.path().join("linux");
        std::fs::write(&linux, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&linux, Permissions::from_mode(0o755)).unwrap();
        let kernel = Kernel {
            schema: 1,
            release: "6.12".into(),
            source: String::new(),
            config_fingerprint: String::new(),
            flavour: Flavour::default(),
            linux,
            guest_root: "/".into(),
            preload: None,
            modules: BTreeMap::new(),
            unavailable: BTreeMap::new(),
        };
        let (guest, log) = Process::start(&kernel, directory.path(), Vec::new()).unwrap();
        Script {
            guest,
            log,
            _directory: directory,
        }
    }

    /// What the guest writes first.
    fn first_line(log: &KernelLog) -> String {
        loop {
            let mut fds = [PollFd::new(log, PollFlags::IN)];
            rustix::event::poll(&mut fds, None).unwrap();
            let text = log.text();
            if let Some((line, _)) = text.split_once('\n') {
                return line.to_owned();
            }
        }
    }

    /// As UML's helpers are in its first milliseconds: stopped, and deaf to
    /// the SIGHUP that an orphaned group gets.
    const HELPER: &str = "(trap '' HUP; exec sleep 1000) & \
                          kill -STOP $!; echo $!; exec sleep 1000";

    #[test]
    fn no_process_of_the_guest_outlives_a_test_that_is_killed() {
        const ALONE: &str = "ROADTEST_TEST_ALONE";
        if std::env::var_os(ALONE).is_some() {
            let script = script(HELPER);
            let line = first_line(&script.log);
            std::io::Write::write_fmt(&mut std::io::stdout(), format_args!("helper {line}\n"))
                .unwrap();
            rustix::process::kill_process(rustix::process::getpid(), Signal::KILL).unwrap();
        }
        let test =
            "machine::process::tests::no_process_of_the_guest_outlives_a_test_that_is_killed";
        let directory = tempfile::tempdir().unwrap();
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(ALONE, "1")
            .env("TMPDIR", directory.path())
            .output()
            .unwrap();
        let output = String::from_utf8(child.stdout).unwrap();
        let helper = output.split("helper ").nth(1).expect(&output);
        let helper = helper.lines().next().unwrap().parse().unwrap();
        let helper = Pid::from_raw(helper).unwrap();
        // It may be gone already.
        if let Ok(helper) = rustix::process::pidfd_open(helper, PidfdFlags::empty()) {
            let mut fds = [PollFd::new(&helper, PollFlags::IN)];
            let patience = Timespec {
                tv_sec: 10,
                tv_nsec: 0,
            };
            let ended = rustix::event::poll(&mut fds, Some(&patience)).unwrap();
            let _ = rustix::process::pidfd_send_signal(&helper, Signal::KILL);
            assert_eq!(ended, 1, "the helper is still there");
        }
    }

    #[test]
    fn a_guest_whose_parent_has_died_already_does_not_start() {
        let mut command = Command::new("true");
        let (end, _lifeline) = std::io::pipe().unwrap();
        // Not the parent of what this starts.
        prepare(&mut command, Pid::INIT, end);
        let error = command.process_group(0).status().unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::ESRCH));
    }

    #[test]
    fn the_processor_time_of_a_guest_is_that_of_all_its_processes() {
        // A program that computes, and one that has ended.
        let compute = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done";
        let script = script(&format!("({compute}); ({compute}; echo 1; sleep 1000)"));
        first_line(&script.log);
        let guest = &script.guest;
        let members = guest.members();
        let kernel = members[&guest.kernel()];
        let running: u64 = guest.programs().values().sum();
        assert!(kernel.ended > 0 && running > 0, "{members:?}");
        let all = guest.processor_time().unwrap();
        let hz = rustix::param::clock_ticks_per_second();
        let ticks = kernel.ended + kernel.own + running;
        assert!(all >= Duration::from_millis(ticks * 1000 / hz));
    }

    #[test]
    fn only_the_directories_of_dead_runs_are_swept() {
        let directory = tempfile::tempdir().unwrap();
        let ours = format!("roadtest-{}-abc", std::process::id());
        // No process has a number above the kernel's limit of 2^22.
        for name in [ours.as_str(), "roadtest-4294967295-abc", "roadtest-notes"] {
            std::fs::create_dir(directory.path().join(name)).unwrap();
        }
        sweep(directory.path());
        assert!(directory.path().join(ours).exists());
        assert!(directory.path().join("roadtest-notes").exists());
        assert!(!directory.path().join("roadtest-4294967295-abc").exists());
    }
}
