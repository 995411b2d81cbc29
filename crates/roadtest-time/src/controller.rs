// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The state of the one guest, and the socket it talks through.

use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use roadtest_model::SimTime;

use crate::error::Error;
use crate::message::{Message, Op};
use crate::shared::{GUEST_ID, Shared};
use crate::socket::Socket;

/// A request at this time or later means that the guest has nothing to do, and
/// no clock goes as far: 146 years. Whatever is added to a time of the guest
/// stays within what [`SimTime`] can say.
const NOTHING: SimTime = SimTime::ns(1 << 62);

/// What a message of the guest changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served {
    /// It was answered; the guest goes on.
    Answered,
    /// The guest waits until [`Controller::run`].
    Waits,
}

/// The controller's end of one guest's time socket.
#[derive(Debug)]
pub struct Controller {
    socket: Socket,
    shared: Shared,
    /// Whether the guest uses `shared`; not known before its first message
    /// after the start.
    sharing: Option<bool>,
    now: SimTime,
    request: Option<SimTime>,
    /// Up to when the guest may run by itself.
    free_until: SimTime,
    waiting: bool,
    started: bool,
    seq: u32,
    tod: u64,
    messages: u64,
}

impl Controller {
    /// A controller for the guest that has connected to `socket`. `tod` is
    /// the time of day that the guest will believe, in nanoseconds since
    /// 1970.
    ///
    /// # Errors
    /// Where the host has no memory files.
    pub fn new(socket: UnixStream, tod: u64) -> Result<Self, Error> {
        Ok(Self {
            socket: Socket::new(socket)?,
            shared: Shared::new()?,
            sharing: None,
            now: SimTime::ZERO,
            request: None,
            free_until: SimTime::ZERO,
            waiting: false,
            started: false,
            seq: 0,
            tod,
            messages: 0,
        })
    }

    /// Virtual time.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// The latest that the guest's clock can show: later than
    /// [`now`](Self::now) where it may run by itself.
    pub fn latest(&self) -> SimTime {
        if self.sharing == Some(true) {
            self.now.max(self.free_until)
        } else {
            self.now
        }
    }

    /// Whether the guest waits for [`run`](Self::run).
    pub fn is_waiting(&self) -> bool {
        self.waiting
    }

    /// Messages received, for measurements.
    pub fn messages(&self) -> u64 {
        self.messages
    }

    /// When the guest wants to run next; `None` where it has nothing to do.
    ///
    /// # Errors
    /// Where the shared memory cannot be read.
    pub fn wanted(&self) -> Result<Option<SimTime>, Error> {
        let request = if self.sharing == Some(true) {
            self.shared.request()?
        } else {
            self.request
        };
        Ok(request.filter(|&time| time < NOTHING))
    }

    /// Receives one message and answers it.
    ///
    /// # Errors
    /// Where the guest is gone, or breaks the protocol.
    pub fn serve(&mut self) -> Result<Served, Error> {
        let message = self.socket.receive()?;
        self.messages += 1;
        let sharing = if self.started {
            match self.sharing {
                Some(sharing) => sharing,
                None => *self.sharing.insert(self.shared.is_used()?),
            }
        } else {
            false
        };
        let time = SimTime::ns(message.time);
        let mut answer = 0;
        if message.is(Op::Ack) {
            return Ok(Served::Answered);
        } else if message.is(Op::Start) {
            self.started = true;
            self.send_start_ack(message.seq)?;
            return Ok(Served::Answered);
        } else if message.is(Op::Request) {
            self.request = Some(time);
        } else if message.is(Op::Wait) {
            self.waiting = true;
            if sharing {
                return Ok(Served::Waits);
            }
        } else if message.is(Op::Get) {
            answer = self.now.as_ns();
        } else if message.is(Op::Update) {
            self.believe(time)?;
        } else if message.is(Op::GetTod) {
            answer = self.tod;
        } else {
            return Err(Error::UnknownOp(message.op));
        }
        self.socket.send(Message {
            op: Op::Ack as u32,
            seq: message.seq,
            time: answer,
        })?;
        Ok(if message.is(Op::Wait) {
            Served::Waits
        } else {
            Served::Answered
        })
    }

    /// Takes over the guest's clock. To be called when the guest has sent
    /// something other than a time message: it may have run by itself.
    ///
    /// # Errors
    /// Where the shared memory cannot be read, or time ran backwards.
    pub fn synchronize(&mut self) -> Result<(), Error> {
        if self.sharing == Some(true) {
            self.believe(self.shared.now()?)?;
        }
        Ok(())
    }

    /// Lets the guest run by itself up to `time`, without asking, where it
    /// can do that. To be called while it waits, or waits for an answer.
    ///
    /// # Errors
    /// Where the shared memory cannot be written.
    pub fn set_free_until(&mut self, time: SimTime) -> Result<(), Error> {
        self.free_until = time;
        Ok(self.shared.set_free_until(time)?)
    }

    /// Moves time to `now` while the guest waits, without letting it run:
    /// for what happens outside the guest.
    ///
    /// # Errors
    /// Where that is in the past, or the shared memory cannot be written.
    pub fn advance(&mut self, now: SimTime) -> Result<(), Error> {
        self.forward(now)?;
        Ok(self.shared.set_now(now)?)
    }

    /// Takes over what the guest says it is.
    fn believe(&mut self, then: SimTime) -> Result<(), Error> {
        let now = self.now;
        if then > now && then >= NOTHING {
            return Err(Error::TooLate { now, then });
        }
        self.forward(then)
    }

    fn forward(&mut self, then: SimTime) -> Result<(), Error> {
        let now = self.now;
        if then < now {
            return Err(Error::Backwards { now, then });
        }
        self.now = then;
        Ok(())
    }

    /// Lets the waiting guest run, at the time that it is.
    ///
    /// # Errors
    /// Where the guest is gone.
    ///
    /// # Panics
    /// Where the guest does not wait.
    pub fn run(&mut self) -> Result<(), Error> {
        assert!(self.waiting, "the guest runs already");
        self.waiting = false;
        self.request = None;
        self.seq = self.seq.wrapping_add(1);
        self.socket.send(Message {
            op: Op::Run as u32,
            seq: self.seq,
            time: self.now.as_ns(),
        })
    }

    /// The answer to the guest's first message carries the shared memory and
    /// a log file, which is the shared memory once more: it is never used. A
    /// kernel that knows nothing of them closes both.
    fn send_start_ack(&mut self, seq: u32) -> Result<(), Error> {
        let answer = Message {
            op: Op::Ack as u32,
            seq,
            time: GUEST_ID.into(),
        };
        let descriptors = [self.shared.as_fd(), self.shared.as_fd()];
        self.socket.send_with(answer, &descriptors)
    }
}

impl AsFd for Controller {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
