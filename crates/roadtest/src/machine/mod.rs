// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The running guest, seen from outside: its process, its virtual time and
//! its devices, all served from one loop on the test's own thread. The guest
//! and this loop take turns, so there is nobody to hand over to and nothing
//! to lock.
//!
//! The loop runs only while the test waits for the guest. When it returns,
//! the guest has come to rest: it waits for time that is not granted before
//! the test asks for something again.

mod console;
mod gpio;
mod i2c;
mod log;
mod process;
mod terminal;

use std::collections::VecDeque;
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;

use roadtest_model::SimTime;
use roadtest_record::event::What;
use roadtest_record::kernel::Kernel;
use roadtest_time::{Controller, Served};
use roadtest_vhost::{Chain, DeviceSpec, Link, Progress, RingError};
use roadtest_wire::{Reply, Request};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

pub(crate) use log::KernelLog;
pub(crate) use process::{Boot, Process, run_folder};

use crate::fault::Fault;
use crate::world::Shared;

/// The guest is hung if it does nothing for this long, in seconds on the
/// host's clock. `ROADTEST_WATCHDOG_S` names another.
const WATCHDOG_S: u64 = 30;

/// The same where the kernel checks each of its accesses to memory.
const WATCHDOG_SANITIZED_S: u64 = 120;

/// A kernel is up before this, in virtual time.
const BOOT_LIMIT: SimTime = SimTime::s(300);

/// A guest is as it will be from here on after its first two ticks of 10 ms:
/// before, its timers have the resolution of ticks.
const BOOT_SETTLED: SimTime = SimTime::ms(20);

/// The time of day at which every guest starts, in nanoseconds since 1970:
/// 2026-01-01 00:00:00 UTC.
const TIME_OF_DAY: u64 = 1_767_225_600_000_000_000;

/// When the loop is to return.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Until {
    /// When the agent has answered, or at this time.
    Reply(SimTime),
    /// At this time.
    Time(SimTime),
}

/// Why the loop returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    Replied,
    TimeReached,
}

/// A queue of one of the guest's devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QueueId {
    device: usize,
    queue: usize,
}

const CONSOLE: usize = 0;
const I2C: usize = 1;
const GPIO: usize = 2;

pub(crate) struct Machine {
    pub(crate) world: Shared,
    pub(crate) log: KernelLog,
    process: Process,
    time: Controller,
    links: Vec<Link>,
    console: console::Console,
    i2c: i2c::Adapter,
    gpio: gpio::Port,
    /// Queues whose used buffers the guest does not know of yet.
    calls: VecDeque<QueueId>,
    /// What the test asked of the guest, for messages.
    doing: Option<String>,
    watchdog_s: u64,
    /// Where the user types, while the guest may run.
    keyboard: Option<terminal::Keyboard>,
}

impl Machine {
    /// Starts the guest and waits until its agent is up. Where that fails, the
    /// kernel's log comes with the reason.
    pub(crate) fn boot(world: Shared, boot: &Boot) -> Result<Self, (Fault, String)> {
        let mut machine = Self::start(world, boot).map_err(|fault| (fault, String::new()))?;
        match machine.await_agent() {
            Ok(()) => Ok(machine),
            Err(fault) => {
                machine.kill();
                Err((fault, machine.log.text()))
            }
        }
    }

    fn start(world: Shared, boot: &Boot) -> Result<Self, Fault> {
        let folder = boot.folder.path();
        let gpio = gpio::Port::new(&world);
        let links = [console::spec(boot.ports), i2c::spec(), gpio.spec()];
        let links = links.into_iter().flatten();
        let links: Vec<Link> = links
            .map(|spec: DeviceSpec| Link::new(folder, spec))
            .collect::<Result<_, _>>()?;
        let listener = UnixListener::bind(folder.join("time.sock"))
            .map_err(Fault::host("listen on a socket"))?;
        let (process, log) = Process::start(boot)?;
        let watchdog_s = watchdog_s(boot.kernel);
        let time = accept(&listener, &process, &log, watchdog_s)?;
        Ok(Self {
            world,
            log,
            process,
            time: Controller::new(time, TIME_OF_DAY)?,
            links,
            console: console::Console::new(boot.ports),
            i2c: i2c::Adapter::new(boot.scl_hz),
            gpio,
            calls: VecDeque::new(),
            doing: Some("boot".into()),
            watchdog_s,
            keyboard: None,
        })
    }

    fn await_agent(&mut self) -> Result<(), Fault> {
        self.run(Until::Reply(BOOT_LIMIT))?;
        self.doing = None;
        self.log.mark();
        match self.console.replies.pop_front() {
            Some(Reply::Hello { .. }) => {
                let rest = BOOT_SETTLED.saturating_sub(self.now());
                self.sleep(rest)
            }
            None => Err(Fault::RequestTimedOut {
                limit: BOOT_LIMIT,
                doing: "boot".into(),
                place: format!("; the last line of its log is: {}", self.log.last_line()),
            }),
            other => Err(Fault::Host {
                what: format!("make sense of the agent's first word, {other:?}"),
                source: std::io::ErrorKind::InvalidData.into(),
            }),
        }
    }

    /// Virtual time.
    pub(crate) fn now(&self) -> SimTime {
        self.time.now()
    }

    /// Time messages so far, for measurements.
    pub(crate) fn time_messages(&self) -> u64 {
        self.time.messages()
    }

    /// Asks the agent and waits for its answer, for at the most `limit` of
    /// virtual time.
    pub(crate) fn request(
        &mut self,
        request: &Request,
        what: &str,
        limit: SimTime,
    ) -> Result<Reply, Fault> {
        self.send(request)?;
        self.reply(what, limit)
    }

    /// Asks two things of the agent at once: it sees to the second as soon as
    /// it has answered the first, without waiting in between.
    pub(crate) fn request_both(
        &mut self,
        requests: [&Request; 2],
        what: &str,
        limit: SimTime,
    ) -> Result<[Reply; 2], Fault> {
        for request in requests {
            self.send(request)?;
        }
        Ok([self.reply(what, limit)?, self.reply(what, limit)?])
    }

    fn send(&mut self, request: &Request) -> Result<(), Fault> {
        self.console.send(&roadtest_wire::frame(request)?);
        Ok(())
    }

    /// Waits for the agent's next answer.
    fn reply(&mut self, what: &str, limit: SimTime) -> Result<Reply, Fault> {
        self.doing = Some(what.to_owned());
        let stopped = self.run(Until::Reply(self.now() + limit))?;
        self.note_log();
        self.doing = None;
        match (stopped, self.console.replies.pop_front()) {
            (Stopped::Replied, Some(reply)) => Ok(reply),
            _ => Err(Fault::RequestTimedOut {
                limit,
                doing: what.to_owned(),
                place: self.where_it_sleeps(),
            }),
        }
    }

    /// Lets virtual time pass.
    pub(crate) fn sleep(&mut self, duration: SimTime) -> Result<(), Fault> {
        self.run(Until::Time(self.now() + duration)).map(drop)
    }

    /// Ends the guest.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// The loop. A connection that the guest closed is its death, wherever
    /// that is noticed first.
    fn run(&mut self, until: Until) -> Result<Stopped, Fault> {
        self.serve(until).map_err(|fault| match fault {
            Fault::Time(roadtest_time::Error::Closed)
            | Fault::Device(roadtest_vhost::Error::Closed { .. }) => self.death(),
            fault => fault,
        })
    }

    fn serve(&mut self, until: Until) -> Result<Stopped, Fault> {
        let horizon = match until {
            Until::Reply(time) | Until::Time(time) => time,
        };
        // The guest may have run by itself while nothing was outstanding; it
        // must not, from here on, pass what is about to happen.
        loop {
            if self.time.is_waiting() {
                self.rests();
                self.deliver_calls()?;
                self.take_fault()?;
                match self.turn(until, horizon)? {
                    Some(stopped) => return Ok(stopped),
                    None => continue,
                }
            }
            self.serve_one(horizon)?;
        }
    }

    /// The guest waits: what comes next?
    fn turn(&mut self, until: Until, horizon: SimTime) -> Result<Option<Stopped>, Fault> {
        let now = self.now();
        let replied = matches!(until, Until::Reply(_)) && !self.console.replies.is_empty();
        let wanted = self.time.wanted()?.map(|time| time.max(now));
        let outside = self.next_outside().map(|time| time.max(now));
        let next = [wanted, outside].into_iter().flatten().min();
        let horizon = if replied { now } else { horizon };
        match next {
            Some(next) if next <= horizon => {
                self.advance(next)?;
                if outside == Some(next) {
                    self.happen_outside()?;
                } else {
                    self.limit_free_run(horizon)?;
                    self.time.run()?;
                }
                Ok(None)
            }
            _ if replied => Ok(Some(Stopped::Replied)),
            _ => {
                self.advance(horizon)?;
                Ok(Some(Stopped::TimeReached))
            }
        }
    }

    /// When something outside the guest is due.
    fn next_outside(&self) -> Option<SimTime> {
        let world = self.world.borrow();
        [world.next_wake(), world.next_pulse(), self.i2c.due()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Lets it happen.
    fn happen_outside(&mut self) -> Result<(), Fault> {
        let now = self.now();
        self.world.borrow_mut().end_pulses();
        self.world.borrow_mut().wake();
        if self.i2c.due().is_some_and(|due| due <= now) {
            self.finish_i2c_message()?;
        }
        self.take_fault()
    }

    fn advance(&mut self, time: SimTime) -> Result<(), Fault> {
        self.time.advance(time)?;
        self.world.borrow_mut().now = time;
        Ok(())
    }

    /// The guest may run without asking until somebody else has a say.
    fn limit_free_run(&mut self, horizon: SimTime) -> Result<(), Fault> {
        let free = match self.next_outside() {
            _ if !self.console.replies.is_empty() => self.now(),
            Some(outside) => outside.min(horizon),
            None => horizon,
        };
        Ok(self.time.set_free_until(free)?)
    }

    /// Waits for the guest to say something, and answers it.
    fn serve_one(&mut self, horizon: SimTime) -> Result<(), Fault> {
        self.insist();
        let Some(ready) = self.poll()? else {
            return Ok(());
        };
        self.note_log();
        if ready.time {
            match self.time.serve() {
                Ok(Served::Waits | Served::Answered) => {
                    self.world.borrow_mut().now = self.time.now();
                }
                Err(error) => return Err(error.into()),
            }
            return Ok(());
        }
        if let Some(device) = ready.device {
            match self.links[device].serve() {
                Ok(Progress::Served) => {}
                Ok(Progress::Kicked { queue }) => {
                    self.time.synchronize()?;
                    self.world.borrow_mut().now = self.time.now();
                    self.kicked(QueueId { device, queue })?;
                    self.terminal_pump();
                    self.deliver_calls()?;
                    self.limit_free_run(horizon)?;
                    self.links[device].acknowledge_kick()?;
                }
                Err(error) => return Err(error.into()),
            }
            return Ok(());
        }
        if ready.logged {
            return Ok(());
        }
        if ready.typed {
            return self.typed_while_busy();
        }
        Err(self.death())
    }

    /// Puts what the kernel has logged on the timeline. This comes before the
    /// clock is set to what the guest says next.
    fn note_log(&self) {
        let now = self.world.borrow().now;
        let news = self.log.news(now);
        self.world.borrow_mut().events.extend(news);
    }

    fn kicked(&mut self, id: QueueId) -> Result<(), Fault> {
        match id.device {
            CONSOLE => self.console_kicked(id.queue),
            I2C => self.i2c_kicked(),
            _ => self.gpio_kicked(id.queue),
        }
    }

    /// Interrupts the guest for every queue that has something new.
    fn deliver_calls(&mut self) -> Result<(), Fault> {
        self.console_pump();
        self.gpio_pump();
        while let Some(id) = self.calls.pop_front() {
            let link = &self.links[id.device];
            match link.wants_call(id.queue) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(error) => {
                    self.malformed(id, &error);
                    continue;
                }
            }
            link.call(id.queue)?;
            self.await_call(id.device)?;
        }
        Ok(())
    }

    /// Waits until the guest has taken note of an interrupt; it may have to
    /// ask what time it is before.
    fn await_call(&mut self, device: usize) -> Result<(), Fault> {
        loop {
            let link = &self.links[device];
            let Some(answers) = link.call_fd() else {
                return Ok(());
            };
            let mut fds = [
                PollFd::from_borrowed_fd(answers, PollFlags::IN),
                PollFd::new(&self.time, PollFlags::IN),
            ];
            if poll(&mut fds, Some(&self.patience())).map_err(poll_error)? == 0 {
                return Err(self.hang());
            }
            let [answered, asked] = fds.map(|fd| !fd.revents().is_empty());
            if asked {
                self.time.serve()?;
            } else if answered {
                return Ok(link.finish_call()?);
            }
        }
    }

    fn push(&mut self, id: QueueId, chain: &Chain, data: &[u8]) {
        if let Err(error) = self.links[id.device].push(id.queue, chain, data) {
            self.malformed(id, &error);
        }
        if !self.calls.contains(&id) {
            self.calls.push_back(id);
        }
    }

    /// The next chain of a queue. One with something wrong is given back and
    /// passed over.
    fn pop(&mut self, id: QueueId) -> Option<Chain> {
        loop {
            match self.links[id.device].pop(id.queue) {
                Ok(Some((chain, None))) => return Some(chain),
                Ok(Some((chain, Some(error)))) => {
                    self.malformed(id, &error);
                    // A status byte that says "failed" is 1 in both device
                    // types that have one, and its last writable byte.
                    let mut answer = vec![0; chain.writable_len()];
                    if let Some(status) = answer.last_mut() {
                        *status = 1;
                    }
                    self.push(id, &chain, &answer);
                }
                Ok(None) => return None,
                Err(error) => {
                    self.malformed(id, &error);
                    return None;
                }
            }
        }
    }

    fn malformed(&self, id: QueueId, error: &RingError) {
        let text = format!("queue {}: {}", id.queue, crate::error::chain(error));
        self.malformed_text(id.device, text);
    }

    fn malformed_text(&self, device: usize, text: String) {
        let device = self.links[device].name().to_owned();
        self.world
            .borrow_mut()
            .log(What::Malformed { device, text });
    }

    fn take_fault(&self) -> Result<(), Fault> {
        match self.world.borrow_mut().fault.take() {
            Some(fault) => Err(fault),
            None => Ok(()),
        }
    }

    /// Waits for something to serve; `None` where somebody has waited long
    /// enough for the guest to rest.
    fn poll(&self) -> Result<Option<Ready>, Fault> {
        let mut fds = Vec::with_capacity(self.links.len() + 3);
        fds.push(PollFd::new(&self.time, PollFlags::IN));
        fds.push(PollFd::new(&self.process, PollFlags::IN));
        fds.push(PollFd::new(&self.log, PollFlags::IN));
        for link in &self.links {
            fds.push(PollFd::from_borrowed_fd(link.fd(), PollFlags::IN));
        }
        if let Some(keyboard) = self.keyboard.as_ref() {
            fds.push(PollFd::new(keyboard, PollFlags::IN));
        }
        let wish_in = self.keyboard.as_ref().and_then(|k| k.patience());
        let patience = match wish_in {
            Some(time) => Timespec {
                tv_sec: time.as_secs().try_into().unwrap_or(i64::MAX),
                tv_nsec: time.subsec_nanos().into(),
            },
            None => self.patience(),
        };
        let count =
            rustix::io::retry_on_intr(|| poll(&mut fds, Some(&patience))).map_err(poll_error)?;
        if count == 0 {
            return match wish_in {
                Some(_) => Ok(None),
                None => Err(self.hang()),
            };
        }
        let ready = |index: usize| !fds[index].revents().is_empty();
        // A guest that has more to say waits when the pipe is full. One that
        // has died leaves the pipe readable for ever.
        let logged = ready(2) && self.log.drain();
        Ok(Some(Ready {
            time: ready(0),
            device: (3..3 + self.links.len())
                .find(|&index| ready(index))
                .map(|i| i - 3),
            logged,
            typed: fds.len() > 3 + self.links.len() && ready(3 + self.links.len()),
        }))
    }

    fn patience(&self) -> Timespec {
        patience(self.watchdog_s)
    }

    fn hang(&self) -> Fault {
        Fault::GuestHung {
            seconds: self.watchdog_s,
            doing: self.doing.clone(),
            last_words: self.log.last_line(),
        }
    }

    fn death(&self) -> Fault {
        Fault::GuestDied {
            doing: self.doing.clone(),
            last_words: self.log.last_words(),
        }
    }

    /// Where in the kernel the agent sleeps, as far as the last lines of the
    /// timeline tell.
    fn where_it_sleeps(&self) -> String {
        let world = self.world.borrow();
        let last = world
            .events
            .iter()
            .rev()
            .find(|event| matches!(event.what, What::I2c { .. }));
        match last {
            Some(event) => format!(
                "; its last transfer was at {}, it is {} now",
                SimTime::ns(event.time_ns),
                world.now
            ),
            None => "; it made no transfer".into(),
        }
    }
}

struct Ready {
    time: bool,
    device: Option<usize>,
    logged: bool,
    typed: bool,
}

fn poll_error(error: rustix::io::Errno) -> Fault {
    Fault::Host {
        what: "wait for the guest".into(),
        source: error.into(),
    }
}

fn watchdog_s(kernel: &Kernel) -> u64 {
    let usual = if kernel.sanitized {
        WATCHDOG_SANITIZED_S
    } else {
        WATCHDOG_S
    };
    std::env::var("ROADTEST_WATCHDOG_S")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(usual)
}

fn patience(seconds: u64) -> Timespec {
    Timespec {
        tv_sec: seconds.try_into().unwrap_or(i64::MAX),
        tv_nsec: 0,
    }
}

/// Waits for the guest's time socket, which it opens before anything else.
fn accept(
    listener: &UnixListener,
    process: &Process,
    log: &KernelLog,
    watchdog_s: u64,
) -> Result<std::os::unix::net::UnixStream, Fault> {
    let mut fds = [
        PollFd::from_borrowed_fd(listener.as_fd(), PollFlags::IN),
        PollFd::new(process, PollFlags::IN),
    ];
    rustix::io::retry_on_intr(|| poll(&mut fds, Some(&patience(watchdog_s))))
        .map_err(poll_error)?;
    if fds[0].revents().is_empty() {
        return Err(Fault::GuestDied {
            doing: Some("boot".into()),
            last_words: log.last_words(),
        });
    }
    let (stream, _) = listener
        .accept()
        .map_err(Fault::host("accept the guest's connection"))?;
    Ok(stream)
}
