// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The state of the one guest, and the socket it talks through.

use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use roadtest_model::SimTime;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};

use crate::message::{LEN, Message, Op};
use crate::shared::{GUEST_ID, Shared};

/// A request at this time or later means that the guest has nothing to do.
const NOTHING: u64 = 1 << 62;

/// What went wrong on the guest's time socket.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The guest closed its end: it is gone.
    #[error("the guest closed its time socket")]
    Closed,
    /// The socket failed.
    #[error("the guest's time socket failed")]
    Io(#[from] io::Error),
    /// The guest sent something that is not in the protocol.
    #[error("the guest sent time-travel operation {0}, which is not known")]
    UnknownOp(u32),
    /// The guest set its clock back.
    #[error("the guest set its clock back from {now} to {then}")]
    Backwards {
        /// The time it was.
        now: SimTime,
        /// The time the guest claims.
        then: SimTime,
    },
}

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
    socket: UnixStream,
    shared: Shared,
    /// Whether the guest uses `shared`; not known before its first message
    /// after the start.
    sharing: Option<bool>,
    now: SimTime,
    request: Option<SimTime>,
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
            socket,
            shared: Shared::new()?,
            sharing: None,
            now: SimTime::ZERO,
            request: None,
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
        Ok(request.filter(|time| time.as_ns() < NOTHING))
    }

    /// Receives one message and answers it.
    ///
    /// # Errors
    /// Where the guest is gone, or breaks the protocol.
    pub fn serve(&mut self) -> Result<Served, Error> {
        let message = self.receive()?;
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
            if time < self.now {
                return Err(Error::Backwards {
                    now: self.now,
                    then: time,
                });
            }
            self.now = time;
        } else if message.is(Op::GetTod) {
            answer = self.tod;
        } else {
            return Err(Error::UnknownOp(message.op));
        }
        self.send(Message {
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
            let then = self.shared.now()?;
            if then < self.now {
                return Err(Error::Backwards {
                    now: self.now,
                    then,
                });
            }
            self.now = then;
        }
        Ok(())
    }

    /// Lets the guest run by itself up to `time`, without asking, where it
    /// can do that. To be called while it waits, or waits for an answer.
    ///
    /// # Errors
    /// Where the shared memory cannot be written.
    pub fn set_free_until(&mut self, time: SimTime) -> Result<(), Error> {
        Ok(self.shared.set_free_until(time)?)
    }

    /// Moves time to `now` while the guest waits, without letting it run:
    /// for what happens outside the guest.
    ///
    /// # Errors
    /// Where the shared memory cannot be written.
    ///
    /// # Panics
    /// Where that is in the past.
    pub fn advance(&mut self, now: SimTime) -> Result<(), Error> {
        assert!(now >= self.now, "time goes from {} to {now}", self.now);
        self.now = now;
        Ok(self.shared.set_now(now)?)
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
        self.send(Message {
            op: Op::Run as u32,
            seq: self.seq,
            time: self.now.as_ns(),
        })
    }

    fn receive(&mut self) -> Result<Message, Error> {
        let mut bytes = [0; LEN];
        match self.socket.read_exact(&mut bytes) {
            Ok(()) => Ok(Message::from_bytes(bytes)),
            Err(error) if is_disconnect(&error) => Err(Error::Closed),
            Err(error) => Err(error.into()),
        }
    }

    fn send(&mut self, message: Message) -> Result<(), Error> {
        match self.socket.write_all(&message.to_bytes()) {
            Err(error) if is_disconnect(&error) => Err(Error::Closed),
            other => Ok(other?),
        }
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
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let descriptors = [self.shared.as_fd(), self.shared.as_fd()];
        control.push(SendAncillaryMessage::ScmRights(&descriptors));
        rustix::net::sendmsg(
            &self.socket,
            &[io::IoSlice::new(&answer.to_bytes())],
            &mut control,
            SendFlags::NOSIGNAL,
        )
        .map_err(io::Error::from)?;
        Ok(())
    }
}

fn is_disconnect(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
    )
}

impl AsFd for Controller {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A guest without shared memory, as Linux 6.1 is.
    struct Guest {
        socket: UnixStream,
        seq: u32,
    }

    impl Guest {
        fn tell(&mut self, controller: &mut Controller, op: Op, time: u64) -> (Served, Message) {
            self.seq += 1;
            let message = Message {
                op: op as u32,
                seq: self.seq,
                time,
            };
            self.socket.write_all(&message.to_bytes()).unwrap();
            let served = controller.serve().unwrap();
            let answer = self.hear();
            assert!(answer.is(Op::Ack));
            assert_eq!(answer.seq, self.seq);
            (served, answer)
        }

        fn hear(&mut self) -> Message {
            let mut bytes = [0; LEN];
            self.socket.read_exact(&mut bytes).unwrap();
            Message::from_bytes(bytes)
        }
    }

    fn pair() -> (Guest, Controller) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mut controller = Controller::new(ours, 1_700_000_000).unwrap();
        let mut guest = Guest {
            socket: theirs,
            seq: 0,
        };
        guest.tell(&mut controller, Op::Start, 1);
        (guest, controller)
    }

    #[test]
    fn a_guest_that_waits_runs_when_it_is_told_and_finds_the_time() {
        let (mut guest, mut controller) = pair();
        guest.tell(&mut controller, Op::Request, 500);
        let (served, _) = guest.tell(&mut controller, Op::Wait, u64::MAX);
        assert_eq!(served, Served::Waits);
        assert_eq!(controller.wanted().unwrap(), Some(SimTime::ns(500)));
        controller.advance(SimTime::ns(500)).unwrap();
        controller.run().unwrap();
        let run = guest.hear();
        assert!(run.is(Op::Run));
        assert_eq!(run.time, 500);
        let (_, now) = guest.tell(&mut controller, Op::Get, 0);
        assert_eq!(now.time, 500);
        assert_eq!(controller.wanted().unwrap(), None);
    }

    #[test]
    fn an_idle_guest_wants_nothing() {
        let (mut guest, mut controller) = pair();
        guest.tell(&mut controller, Op::Request, i64::MAX as u64);
        assert_eq!(controller.wanted().unwrap(), None);
    }

    #[test]
    fn the_time_of_day_is_what_the_host_says_it_is() {
        let (mut guest, mut controller) = pair();
        let (_, answer) = guest.tell(&mut controller, Op::GetTod, 0);
        assert_eq!(answer.time, 1_700_000_000);
    }

    #[test]
    fn an_unknown_operation_is_named() {
        let (mut guest, mut controller) = pair();
        let message = Message {
            op: 77,
            seq: 9,
            time: 0,
        };
        guest.socket.write_all(&message.to_bytes()).unwrap();
        assert!(matches!(controller.serve(), Err(Error::UnknownOp(77))));
    }

    #[test]
    fn a_guest_that_turns_the_clock_back_is_found_out() {
        let (mut guest, mut controller) = pair();
        guest.tell(&mut controller, Op::Update, 500);
        let message = Message {
            op: Op::Update as u32,
            seq: 9,
            time: 499,
        };
        guest.socket.write_all(&message.to_bytes()).unwrap();
        assert!(matches!(controller.serve(), Err(Error::Backwards { .. })));
    }

    #[test]
    fn a_guest_that_is_gone_is_noticed() {
        let (guest, mut controller) = pair();
        drop(guest);
        assert!(matches!(controller.serve(), Err(Error::Closed)));
    }
}
