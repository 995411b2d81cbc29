// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The running guest, seen from outside: its process, its virtual time and
//! its devices, all served from one loop on the test's own thread. The guest
//! and this loop take turns, so there is nothing to hand over and nothing to
//! lock. What a device is to the guest is its [`Controller`]'s; no device is
//! known by name here.
//!
//! The loop runs only while the test waits for the guest. When it returns,
//! the guest is idle: it waits for time that is not granted before the test
//! asks for something again.

mod agent;
pub(crate) mod bare;
mod boot;
pub(crate) mod console;
mod log;
mod pin;
mod process;
mod terminal;
mod wait;
mod watchdog;

use roadtest_model::SimTime;
use roadtest_time::Controller as Time;
use roadtest_vhost::{Link, Progress};
use rustix::event::{PollFd, PollFlags};

pub(crate) use boot::Boot;
use log::KernelLog;
use process::Process;
pub(crate) use process::run_directory;
use wait::{Ready, Waited};
use watchdog::Watchdog;

use crate::controller::{Calls, Controller, Port};
use crate::fault::Fault;
use crate::limit::Limit;
use crate::world::Shared;

/// When the loop is to return.
#[derive(Clone, Copy, Debug)]
enum Until {
    /// When the agent has answered, or at this time.
    Reply(SimTime),
    /// At this time.
    Time(SimTime),
}

/// Why the loop returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stopped {
    Replied,
    TimeReached,
}

/// One of the guest's devices.
struct Device {
    link: Link,
    controller: Box<dyn Controller>,
}

pub(crate) struct Machine {
    pub(crate) world: Shared,
    pub(crate) log: KernelLog,
    process: Process,
    time: Time,
    devices: Vec<Device>,
    /// The agent's channel.
    channel: console::Shared,
    calls: Calls,
    /// What the test asked of the guest, for messages.
    doing: Option<String>,
    watchdog: Watchdog,
    /// How long the guest may live.
    limit: Limit,
    /// Where the user types, while the guest may run.
    keyboard: Option<terminal::Keyboard>,
}

impl Machine {
    /// Virtual time.
    pub(crate) fn now(&self) -> SimTime {
        self.time.now()
    }

    /// Time messages so far, for measurements.
    pub(crate) fn time_messages(&self) -> u64 {
        self.time.messages()
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
        self.watchdog.restart(self.now());
        // The guest may have run by itself while nothing was outstanding; it
        // must not, from here on, pass what is about to happen.
        loop {
            self.limit.check(self.now(), self.doing.as_deref())?;
            if self.time.is_waiting() {
                self.became_idle();
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
        let replied = matches!(until, Until::Reply(_)) && self.has_replied();
        let wanted = self.time.wanted()?.map(|time| time.max(now));
        let outside = self.next_outside().map(|time| time.max(now));
        let next = [wanted, outside].into_iter().flatten().min();
        // The guest's clock may be beyond the horizon.
        let horizon = if replied { now } else { horizon.max(now) };
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

    /// Whether the agent has answered.
    fn has_replied(&self) -> bool {
        !self.channel.borrow().replies.is_empty()
    }

    /// When something outside the guest is due.
    fn next_outside(&self) -> Option<SimTime> {
        let devices = self.devices.iter();
        let due = devices.filter_map(|device| device.controller.due());
        due.chain(self.world.next_wake())
            .chain(self.world.next_pulse())
            .min()
    }

    /// Lets it happen.
    fn happen_outside(&mut self) -> Result<(), Fault> {
        let now = self.now();
        self.world.end_pulses();
        self.world.wake();
        self.each(|controller, port| match controller.due() {
            Some(due) if due <= now => controller.happen(port),
            _ => Ok(()),
        })?;
        self.take_fault()
    }

    /// Hands each controller its queues.
    fn each(
        &mut self,
        mut act: impl FnMut(&mut dyn Controller, &mut Port<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        for index in 0..self.devices.len() {
            self.with(index, &mut act)?;
        }
        Ok(())
    }

    /// Hands one controller its queues.
    fn with(
        &mut self,
        index: usize,
        act: impl FnOnce(&mut dyn Controller, &mut Port<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let Device { link, controller } = &mut self.devices[index];
        let mut port = Port {
            device: index,
            link,
            calls: &mut self.calls,
            world: &self.world,
            failed: controller.failed(),
        };
        act(controller.as_mut(), &mut port)
    }

    fn advance(&mut self, time: SimTime) -> Result<(), Fault> {
        self.time.advance(time)?;
        self.tell_time();
        Ok(())
    }

    /// It is certain what time it is for the guest as well: so a line of its
    /// log that claims to be later is not.
    fn tell_time(&self) {
        let now = self.time.now();
        self.world.clock.set(now);
        self.world.trace.borrow_mut().limit_to(now);
    }

    /// The guest may run without asking until something outside it is due.
    fn limit_free_run(&mut self, horizon: SimTime) -> Result<(), Fault> {
        let free = match self.next_outside() {
            _ if self.has_replied() => self.now(),
            Some(outside) => outside.min(horizon),
            None => horizon,
        };
        Ok(self.time.set_free_until(free)?)
    }

    /// Waits for a message of the guest, and answers it.
    fn serve_one(&mut self, horizon: SimTime) -> Result<(), Fault> {
        self.stop_computing();
        let ready = self.wait()?;
        self.note_log();
        match ready {
            Ready::Time => {
                self.time.serve()?;
                self.world.clock.set(self.time.now());
            }
            Ready::Device(device) => self.serve_device(device, horizon)?,
            Ready::Log | Ready::IdleTimeout => {}
            Ready::Keyboard => self.typed_while_busy()?,
            Ready::Gone => return Err(self.death()),
        }
        Ok(())
    }

    fn serve_device(&mut self, device: usize, horizon: SimTime) -> Result<(), Fault> {
        let progress = self.devices[device].link.serve()?;
        if progress == Progress::Served {
            return Ok(());
        }
        // The guest stands still until it is acknowledged.
        self.time.synchronize()?;
        self.tell_time();
        match progress {
            Progress::Kicked { queue } => {
                self.with(device, |controller, port| controller.kicked(queue, port))?;
                self.take_fault()?;
            }
            // What was taken from the queue is void: the link drops it.
            Progress::Served | Progress::Stopped { .. } => {}
            Progress::Reset => {
                self.calls.forget(device);
                self.devices[device].controller.reset(&self.world);
                self.take_fault()?;
            }
        }
        self.show();
        self.terminal_pump();
        self.deliver_calls()?;
        self.limit_free_run(horizon)?;
        Ok(self.devices[device].link.acknowledge()?)
    }

    /// Interrupts the guest for every queue that has something new.
    fn deliver_calls(&mut self) -> Result<(), Fault> {
        self.each(|controller, port| {
            controller.pump(port);
            Ok(())
        })?;
        while let Some(id) = self.calls.take() {
            let link = &self.devices[id.device].link;
            match link.wants_call(id.queue) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(error) => {
                    let text = format!("queue {}: {}", id.queue, crate::error::chain(&error));
                    crate::controller::malformed(&self.world, link.name(), text);
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
            let link = &self.devices[device].link;
            let Some(answers) = link.call_fd() else {
                return Ok(());
            };
            let mut fds = [
                PollFd::from_borrowed_fd(answers, PollFlags::IN),
                PollFd::new(&self.time, PollFlags::IN),
            ];
            let waited = self.watchdog.wait(&mut fds, &self.process, None)?;
            if let Waited::Stuck(stuck) = waited {
                return Err(self.hang(stuck));
            }
            let [answered, asked] = fds.map(|fd| !fd.revents().is_empty());
            if asked {
                self.time.serve()?;
            } else if answered {
                return Ok(link.finish_call()?);
            }
        }
    }

    /// Puts what the kernel has logged on the timeline. This comes before the
    /// clock is set to what the guest says next.
    fn note_log(&self) {
        let news = self.log.news(self.world.now(), self.time.latest());
        self.world.trace.borrow_mut().events.extend(news);
    }

    fn take_fault(&self) -> Result<(), Fault> {
        match self.world.trace.borrow_mut().take_fault() {
            Some(fault) => Err(fault),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
