// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What a test asks of the guest, and how request and answer look on the
//! timeline. What a system call of the guest failed with is a value; whatever
//! else keeps an answer from coming ends the test here.

use roadtest_model::SimTime;
use roadtest_record::event::What;
use roadtest_wire::{Answer, Handle, Reply, Request, Status};

use super::{Inner, Uml};
use crate::abi;
use crate::errno::Errno;
use crate::fault::Fault;
use crate::machine::Machine;

/// A request is given up after this much virtual time. Longer than the 120 s
/// after which the kernel reports a hung task itself.
pub(super) const LIMIT: SimTime = SimTime::s(150);

impl Uml {
    /// How much virtual time a request may take from now on; 150 s at first.
    pub fn limit_requests_to(&self, limit: SimTime) {
        self.inner.limit.set(limit);
    }
}

/// What a request is answered with. An answer of another kind is a fault of
/// ours, and ends the test.
pub(crate) trait Kind: Sized {
    /// What the answer holds; the answer itself where it is of another kind.
    fn of(answer: Answer) -> Result<Self, Answer>;
}

/// How many bytes were written.
pub(crate) struct Count(pub(crate) u64);

/// `revents` of poll(2).
pub(crate) struct Events(pub(crate) u16);

/// What came of an ioctl.
pub(crate) struct Ioctl {
    pub(crate) value: i32,
    pub(crate) buffers: Vec<Vec<u8>>,
    pub(crate) opened: Option<Handle>,
}

macro_rules! kinds {
    ($($kind:ty: $answer:pat => $value:expr;)*) => {
        $(impl Kind for $kind {
            fn of(answer: Answer) -> Result<Self, Answer> {
                match answer {
                    $answer => Ok($value),
                    other => Err(other),
                }
            }
        })*
    };
}

kinds! {
    (): Answer::Done => ();
    Handle: Answer::Opened(file) => file;
    Count: Answer::Count(count) => Self(count);
    Events: Answer::Events(events) => Self(events);
    Vec<u8>: Answer::Bytes(bytes) => bytes;
    Vec<Vec<u8>>: Answer::Names(names) => names;
    Ioctl: Answer::Ioctl { value, buffers, opened } => Self { value, buffers, opened };
}

impl Inner {
    /// Asks the guest. The request and its answer go on the timeline.
    pub(crate) fn request<K: Kind>(&self, what: &str, request: &Request) -> Result<K, Errno> {
        let result = self.ask(what, |machine, limit| machine.request(request, what, limit));
        self.log(what, show_result(&result));
        result.map(|answer| self.expect(what, answer))
    }

    /// The same with an answer that `shown` can say more of than its kind does.
    pub(crate) fn request_shown<K: Kind>(
        &self,
        what: &str,
        request: &Request,
        shown: impl Fn(&Answer) -> Option<String>,
    ) -> Result<K, Errno> {
        let result = self.ask(what, |machine, limit| machine.request(request, what, limit));
        let text = result.as_ref().ok().and_then(shown);
        self.log(what, text.unwrap_or_else(|| show_result(&result)));
        result.map(|answer| self.expect(what, answer))
    }

    /// Asks the guest something that has a time limit of its own and answers
    /// then.
    pub(crate) fn request_within<K: Kind>(
        &self,
        what: &str,
        request: &Request,
        limit: SimTime,
    ) -> Result<K, Errno> {
        // A second is more than enough for what comes after the limit.
        let limit = limit + SimTime::s(1);
        let result = self.ask(what, |machine, usual| {
            machine.request(request, what, usual.max(limit))
        });
        self.log(what, show_result(&result));
        result.map(|answer| self.expect(what, answer))
    }

    /// Asks the guest for the framework itself: the test does not see it.
    pub(crate) fn quiet_request<K: Kind>(&self, what: &str, request: &Request) -> Result<K, Errno> {
        let result = self.ask(what, |machine, limit| machine.request(request, what, limit));
        result.map(|answer| self.expect(what, answer))
    }

    /// Asks the guest something, and to close a file right after that. Returns
    /// the answer to the first.
    pub(crate) fn request_and_close<K: Kind>(
        &self,
        what: &str,
        request: &Request,
        file: Handle,
    ) -> Result<K, Errno> {
        let both = [request, &Request::Close { file }];
        let result = self.ask(what, |machine, limit| {
            // A driver's release has no way to refuse.
            let [first, _closed] = machine.request_both(both, what, limit)?;
            Ok(first)
        });
        self.log(what, show_result(&result));
        result.map(|answer| self.expect(what, answer))
    }

    fn log(&self, what: &str, answer: String) {
        let machine = self.machine.borrow();
        machine.world.log(What::Request {
            text: what.to_owned(),
            answer,
        });
    }

    /// What an answer holds.
    fn expect<K: Kind>(&self, what: &str, answer: Answer) -> K {
        K::of(answer).unwrap_or_else(|other| {
            let why = format!("its answer is of another kind: {other:?}");
            self.fail(&Fault::agent(what, why))
        })
    }

    fn ask(
        &self,
        what: &str,
        ask: impl FnOnce(&mut Machine, SimTime) -> Result<Reply, Fault>,
    ) -> Result<Answer, Errno> {
        if self.dead.get() {
            return Err(Errno::GUEST_DIED);
        }
        let reply = ask(&mut self.machine.borrow_mut(), self.limit.get());
        match reply {
            Ok(Reply::Ok(answer)) => Ok(answer),
            Ok(Reply::Err(number)) => Err(Errno::new(number)),
            Ok(Reply::Refused(why)) => self.fail(&Fault::agent(what, why)),
            Ok(other @ (Reply::Hello(_) | Reply::Event(_))) => {
                self.fail(&Fault::agent(what, format!("it says {other:?}")))
            }
            Err(Fault::GuestDied { .. }) if self.death_is_expected() => {
                self.dead.set(true);
                Err(Errno::GUEST_DIED)
            }
            Err(fault) => self.fail(&fault),
        }
    }
}

/// Ends the test: the kernel answered something that its ABI does not allow.
#[track_caller]
pub(crate) fn malformed(what: &str, answer: &str, why: impl std::fmt::Display) -> ! {
    let fault = Fault::Malformed {
        what: what.to_owned(),
        answer: answer.to_owned(),
        why: why.to_string(),
    };
    panic!("{fault}")
}

fn show_result(result: &Result<Answer, Errno>) -> String {
    match result {
        Ok(answer) => show(answer),
        Err(errno) => errno.to_string(),
    }
}

/// An answer, short enough for a timeline.
fn show(answer: &Answer) -> String {
    match answer {
        Answer::Done => "0".into(),
        Answer::Opened(_) => "a file".into(),
        Answer::Count(count) => count.to_string(),
        Answer::Events(events) => abi::poll_events(*events),
        Answer::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if text.len() <= 60 => text.trim_end().escape_debug().to_string(),
            _ => format!("{} bytes", bytes.len()),
        },
        Answer::Names(names) => format!("{} names", names.len()),
        Answer::Ioctl { value, .. } => value.to_string(),
        Answer::Ended { status, .. } => match status {
            Status::Exited(code) => format!("exit {code}"),
            Status::Killed(signal) => format!("killed by signal {signal}"),
            Status::TimedOut => "killed after its time limit".into(),
        },
    }
}

/// The last two parts of a path: what a reader of a timeline wants to know.
pub(crate) fn short(path: &str) -> &str {
    let mut slashes = path.rmatch_indices('/');
    match slashes.nth(1) {
        Some((at, _)) => &path[at + 1..],
        None => path,
    }
}
