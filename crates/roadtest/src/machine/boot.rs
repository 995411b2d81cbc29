// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! How a guest comes up: what it is started with, its connections, and the
//! agent's first word.

use std::cell::RefCell;
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::rc::Rc;

use roadtest_model::SimTime;
use roadtest_record::kernel::Kernel;
use roadtest_time::Controller as Time;
use roadtest_vhost::Link;
use roadtest_virtio::console::Ports;
use roadtest_wire::Reply;
use rustix::event::{PollFd, PollFlags};

use super::console::{Channel, Console};
use super::log::KernelLog;
use super::process::Process;
use super::wait::Waited;
use super::watchdog::Watchdog;
use super::{Device, Machine, Until, wait};
use crate::controller::{Calls, Controller};
use crate::fault::Fault;
use crate::limit::Limit;
use crate::world::Shared;

/// A kernel is up before this, in virtual time.
const BOOT_LIMIT: SimTime = SimTime::s(300);

/// A guest is as it will be from here on after its first two ticks of 10 ms:
/// before, its timers have the resolution of ticks.
const BOOT_SETTLED: SimTime = SimTime::ms(20);

/// The time of day at which every guest starts, in nanoseconds since 1970:
/// 2026-01-01 00:00:00 UTC.
const TIME_OF_DAY: u64 = 1_767_225_600_000_000_000;

/// What a guest is started with.
pub(crate) struct Boot<'a> {
    pub(crate) kernel: &'a Kernel,
    /// Sockets, devicetree and log; removed at the end.
    pub(crate) directory: tempfile::TempDir,
    /// What the board says; else it depends on the kernel.
    pub(crate) memory_mib: Option<u32>,
    pub(crate) parameters: Vec<String>,
    /// How long the guest may live.
    pub(crate) limit: Limit,
}

impl Boot<'_> {
    pub(crate) fn dtb_file(&self) -> PathBuf {
        self.directory.path().join("dtb")
    }

    /// The kernel's command line.
    pub(super) fn arguments(&self) -> Vec<String> {
        let mut arguments = kernel_arguments(self.kernel, self.memory_mib);
        arguments.extend(["dtb=dtb".into(), "time-travel=ext:time.sock".into()]);
        arguments.extend(self.parameters.iter().cloned());
        arguments
    }
}

/// What every kernel is started with, whatever its board.
pub(super) fn kernel_arguments(kernel: &Kernel, memory_mib: Option<u32>) -> Vec<String> {
    let flavour = &kernel.flavour;
    let memory_mib = memory_mib.unwrap_or(flavour.memory_mib);
    // Relative to the run's directory, so that every run has the same.
    let mut arguments = vec![
        format!("mem={memory_mib}M"),
        "root=/dev/root".into(),
        "rootfstype=hostfs".into(),
        format!("rootflags={}", kernel.guest_root.display()),
        "ro".into(),
        "init=/init".into(),
        "uml_dir=.".into(),
        "umid=uml".into(),
        "con=null".into(),
        "con0=null,fd:1".into(),
        "ssl=null".into(),
        "lpj=5000000".into(),
        "loglevel=7".into(),
        "panic=-1".into(),
        "random.trust_bootloader=on".into(),
    ];
    if kernel.version() >= (6, 16) {
        arguments.push("seccomp=on".into());
    }
    arguments.extend(flavour.parameters.iter().cloned());
    arguments
}

impl Machine {
    /// Starts the guest and waits until its agent is up. Where that fails, the
    /// kernel's log comes with the reason.
    pub(crate) fn boot(
        world: Shared,
        controllers: Vec<Box<dyn Controller>>,
        ports: Ports,
        boot: &Boot<'_>,
    ) -> Result<Self, (Fault, String)> {
        let launch = || Process::start(boot.kernel, boot.directory.path(), boot.arguments());
        let mut machine = Self::start(world, controllers, ports, boot, launch)
            .map_err(|fault| (fault, String::new()))?;
        match machine.await_agent() {
            Ok(()) => Ok(machine),
            Err(fault) => {
                machine.kill();
                Err((fault, machine.log.text()))
            }
        }
    }

    /// Listens, has `launch` start the guest, and waits until that connects its
    /// time socket.
    pub(super) fn start(
        world: Shared,
        controllers: Vec<Box<dyn Controller>>,
        ports: Ports,
        boot: &Boot<'_>,
        launch: impl FnOnce() -> Result<(Process, KernelLog), Fault>,
    ) -> Result<Self, Fault> {
        let directory = boot.directory.path();
        let channel = Rc::new(RefCell::new(Channel::default()));
        let console: Box<dyn Controller> = Box::new(Console::new(ports, &channel));
        let mut devices = Vec::new();
        for controller in std::iter::once(console).chain(controllers) {
            if let Some(spec) = controller.spec() {
                let link = Link::new(directory, spec)?;
                devices.push(Device { link, controller });
            }
        }
        let listener = UnixListener::bind(directory.join("time.sock"))
            .map_err(Fault::host("listen on a socket"))?;
        let (process, log) = launch()?;
        let mut watchdog = wait::watchdog(boot.kernel);
        let time = accept(&listener, &process, &log, &mut watchdog)?;
        Ok(Self {
            world,
            log,
            process,
            time: Time::new(time, TIME_OF_DAY)?,
            devices,
            channel,
            calls: Calls::default(),
            doing: Some("boot".into()),
            watchdog,
            limit: boot.limit.clone(),
            keyboard: None,
        })
    }

    fn await_agent(&mut self) -> Result<(), Fault> {
        self.run(Until::Reply(BOOT_LIMIT))?;
        self.doing = None;
        self.log.mark();
        let reply = self.channel.borrow_mut().replies.pop_front();
        match reply {
            Some(Reply::Hello(_)) => {
                let rest = BOOT_SETTLED.saturating_sub(self.now());
                self.sleep(rest)
            }
            None => Err(Fault::RequestTimedOut {
                limit: BOOT_LIMIT,
                doing: "boot".into(),
                place: format!("; the last line of its log is: {}", self.log.last_line()),
            }),
            other => {
                let why = format!("its first word is {other:?}");
                Err(Fault::agent("boot", why))
            }
        }
    }
}

/// Waits for the guest's time socket, which it opens before anything else.
fn accept(
    listener: &UnixListener,
    process: &Process,
    log: &KernelLog,
    watchdog: &mut Watchdog,
) -> Result<UnixStream, Fault> {
    let doing = || Some("boot".into());
    loop {
        let mut fds = [
            PollFd::from_borrowed_fd(listener.as_fd(), PollFlags::IN),
            PollFd::new(process, PollFlags::IN),
            PollFd::new(log, PollFlags::IN),
        ];
        let waited = watchdog.wait(&mut fds, process, None)?;
        if let Waited::Stuck(stuck) = waited {
            return Err(wait::hang(stuck, doing(), log));
        }
        let [connects, ended, logs] = fds.map(|fd| !fd.revents().is_empty());
        if connects {
            break;
        }
        if ended || logs && !log.drain() {
            return Err(Fault::GuestDied {
                doing: doing(),
                last_words: log.last_words(),
            });
        }
    }
    let (stream, _) = listener
        .accept()
        .map_err(Fault::host("accept the guest's connection"))?;
    Ok(stream)
}
