// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What a test asks of the guest, and how request and answer look on the
//! timeline. A guest that cannot answer any more ends the test here.

use std::io::ErrorKind;

use roadtest_model::SimTime;
use roadtest_record::event::What;
use roadtest_wire::{Answer, Reply, Request};

use super::{Inner, Uml};
use crate::context;
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

    /// Runs a program of the guest and waits for it; see
    /// [`Board::host_root`](crate::Board::host_root). Gives its exit code and
    /// its output.
    ///
    /// # Errors
    /// What starting it failed with.
    pub fn run(&self, argv: &[&str]) -> Result<(i32, String), Errno> {
        let argv: Vec<String> = argv.iter().map(|&word| word.to_owned()).collect();
        let what = format!("run {}", argv.join(" "));
        let request = Request::Run {
            argv,
            terminal: None,
        };
        match self.inner.request(&what, &request)? {
            Answer::Output { status, output } => {
                Ok((status, String::from_utf8_lossy(&output).into_owned()))
            }
            _ => Err(Errno::EIO),
        }
    }
}

impl Inner {
    /// Asks the guest. The request and its answer go on the timeline.
    pub(crate) fn request(&self, what: &str, request: &Request) -> Result<Answer, Errno> {
        let result = self.quiet_request(what, request);
        self.log_request(what, &result);
        result
    }

    fn log_request(&self, what: &str, result: &Result<Answer, Errno>) {
        let answer = match result {
            Ok(answer) => show(answer),
            Err(errno) => errno.to_string(),
        };
        let machine = self.machine.borrow();
        machine.world.log(What::Request {
            text: what.to_owned(),
            answer,
        });
    }

    /// Asks the guest something that is none of the test's business.
    pub(crate) fn quiet_request(&self, what: &str, request: &Request) -> Result<Answer, Errno> {
        self.ask(what, |machine, limit| machine.request(request, what, limit))
    }

    /// Asks the guest something, and to close a file right after that. Gives
    /// the answer to the first.
    pub(crate) fn request_and_close(
        &self,
        what: &str,
        request: &Request,
        fd: i32,
    ) -> Result<Answer, Errno> {
        let both = [request, &Request::Close { fd }];
        let result = self.ask(what, |machine, limit| {
            // A driver's release has no way to refuse.
            let [first, _closed] = machine.request_both(both, what, limit)?;
            Ok(first)
        });
        self.log_request(what, &result);
        result
    }

    fn ask(
        &self,
        what: &str,
        ask: impl FnOnce(&mut Machine, SimTime) -> Result<Reply, Fault>,
    ) -> Result<Answer, Errno> {
        if self.dead.get() {
            return Err(Errno::EPIPE);
        }
        let reply = ask(&mut self.machine.borrow_mut(), self.limit.get());
        match reply {
            Ok(Reply::Ok(answer)) => Ok(answer),
            Ok(Reply::Err(number)) => Err(Errno::new(number)),
            Ok(other) => {
                let what = format!("make sense of the agent's answer {other:?} to `{what}`");
                context::fail(&Fault::host(what)(ErrorKind::InvalidData.into()))
            }
            Err(Fault::GuestDied { .. }) if self.death_is_expected() => {
                self.dead.set(true);
                Err(Errno::EPIPE)
            }
            Err(fault) => context::fail(&fault),
        }
    }

    /// As [`request`](Self::request), where the answer is a number.
    pub(crate) fn value(&self, what: &str, request: &Request) -> Result<i64, Errno> {
        match self.request(what, request)? {
            Answer::Value(value) => Ok(value),
            _ => Err(Errno::EIO),
        }
    }

    /// The same where it is bytes.
    pub(crate) fn bytes(&self, what: &str, request: &Request) -> Result<Vec<u8>, Errno> {
        match self.request(what, request)? {
            Answer::Bytes(bytes) => Ok(bytes),
            _ => Err(Errno::EIO),
        }
    }
}

/// An answer, short enough for a timeline.
fn show(answer: &Answer) -> String {
    match answer {
        Answer::Value(value) => value.to_string(),
        Answer::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if text.len() <= 60 => text.trim_end().escape_debug().to_string(),
            _ => format!("{} bytes", bytes.len()),
        },
        Answer::Names(names) => names.join(" "),
        Answer::Time {
            seconds,
            nanoseconds,
        } => format!("{seconds}.{nanoseconds:09}"),
        Answer::Ioctl { value, .. } => value.to_string(),
        Answer::Output { status, .. } => format!("exit {status}"),
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
