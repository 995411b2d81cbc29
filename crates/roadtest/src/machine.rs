// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The running guest, seen from outside: its process, its virtual time and
//! its devices, all served from one loop on the test's own thread. The guest
//! and this loop take turns, so there is nobody to hand over to and nothing
//! to lock.
//!
//! The loop runs only while the test waits for the guest. When it returns,
//! the guest has come to rest: it waits for time that is not granted before
//! the test asks for something again.

mod agent;
mod boot;
mod console;
mod gpio;
mod i2c;
mod log;
mod process;
mod queue;
mod terminal;
mod wait;

use std::collections::VecDeque;

use roadtest_model::SimTime;
use roadtest_time::Controller;
use roadtest_vhost::{Link, Progress};

pub(crate) use boot::Boot;
use log::KernelLog;
use process::Process;
pub(crate) use process::run_folder;
use queue::{CONSOLE, I2C, QueueId};
use wait::Ready;

use crate::fault::Fault;
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
        let ready = self.wait()?;
        self.note_log();
        match ready {
            Ready::Time => {
                self.time.serve()?;
                self.world.borrow_mut().now = self.time.now();
            }
            Ready::Device(device) => {
                if let Progress::Kicked { queue } = self.links[device].serve()? {
                    self.time.synchronize()?;
                    self.world.borrow_mut().now = self.time.now();
                    self.kicked(QueueId { device, queue })?;
                    self.terminal_pump();
                    self.deliver_calls()?;
                    self.limit_free_run(horizon)?;
                    self.links[device].acknowledge_kick()?;
                }
            }
            Ready::Log | Ready::Nobody => {}
            Ready::Keyboard => self.typed_while_busy()?,
            Ready::Gone => return Err(self.death()),
        }
        Ok(())
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

    fn take_fault(&self) -> Result<(), Fault> {
        match self.world.borrow_mut().fault.take() {
            Some(fault) => Err(fault),
            None => Ok(()),
        }
    }
}
