// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The kernel's log: UML writes it to a pipe as it happens, in step with what
//! the guest does. It is read before anything else that the guest says, so a
//! line has its place between the events before and after it. The kernel's
//! own time stamps cannot give it one: they count in jiffies.

use std::cell::{Cell, RefCell};
use std::io::{self, PipeReader, Read};
use std::os::fd::{AsFd, BorrowedFd};

use roadtest_model::SimTime;
use roadtest_record::event::{Event, What};
use rustix::fs::OFlags;

/// What the guest may write before somebody listens, in bytes.
const PIPE_LEN: usize = 1 << 20;

pub(crate) struct KernelLog {
    pipe: PipeReader,
    text: RefCell<String>,
    /// How much of the text is on the timeline, or not for it.
    seen: Cell<usize>,
}

impl KernelLog {
    pub(super) fn new(pipe: PipeReader) -> io::Result<Self> {
        rustix::fs::fcntl_setfl(&pipe, OFlags::NONBLOCK)?;
        // More is better, but the default does as well: it is drained.
        let _ = rustix::pipe::fcntl_setpipe_size(&pipe, PIPE_LEN);
        Ok(Self {
            pipe,
            text: RefCell::default(),
            seen: Cell::new(usize::MAX),
        })
    }

    /// Takes what the guest has written. Gives whether it may write more.
    pub(super) fn drain(&self) -> bool {
        let mut bytes = Vec::new();
        let open = match (&self.pipe).read_to_end(&mut bytes) {
            Ok(_) => false,
            Err(error) => error.kind() == io::ErrorKind::WouldBlock,
        };
        let new = String::from_utf8_lossy(&bytes).replace('\r', "");
        self.text.borrow_mut().push_str(&new);
        open
    }

    /// Everything so far.
    pub(crate) fn text(&self) -> String {
        self.drain();
        self.text.borrow().clone()
    }

    pub(super) fn last_line(&self) -> String {
        let text = self.text();
        let line = text.lines().rev().find(|line| !line.trim().is_empty());
        line.unwrap_or("(the log is empty)").to_owned()
    }

    /// The panic message, if there is one; else the last line.
    pub(super) fn last_words(&self) -> String {
        let text = self.text();
        let panic = text.lines().find(|line| line.contains("Kernel panic"));
        panic.map_or_else(|| self.last_line(), str::to_owned)
    }

    /// The boot is over: its lines are the same for every test, and some name
    /// paths of the host. What comes now is for the timeline.
    pub(super) fn mark(&self) {
        self.drain();
        self.seen.set(self.text.borrow().len());
    }

    /// The whole lines since this was asked last, as events. It is `now`, or
    /// has been for the guest until it wrote them; `now` is the latest moment
    /// that it told.
    pub(crate) fn news(&self, now: SimTime) -> Vec<Event> {
        self.drain();
        let text = self.text.borrow();
        // Nothing is news before the boot is over.
        let Some(news) = text.get(self.seen.get()..) else {
            return Vec::new();
        };
        let len = news.rfind('\n').map_or(0, |end| end + 1);
        self.seen.set(self.seen.get() + len);
        news[..len].lines().filter_map(|l| event(l, now)).collect()
    }
}

/// `[    0.800120] opt3001 0-0044: Found` is an event at 800.12 ms or `now`,
/// whichever is later: the stamp is never ahead of time, but may lag.
fn event(line: &str, now: SimTime) -> Option<Event> {
    let (stamp, text) = line.strip_prefix('[')?.split_once("] ")?;
    let (seconds, us) = stamp.trim().split_once('.')?;
    let seconds: u64 = seconds.parse().ok()?;
    let us: u64 = us.parse().ok()?;
    let stamp = seconds * 1_000_000_000 + us * 1_000;
    Some(Event {
        time_ns: stamp.max(now.as_ns()),
        what: What::Kernel { text: text.into() },
    })
}

impl AsFd for KernelLog {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_log_is_an_event_no_earlier_than_what_went_before() {
        let line = "[    0.800120] opt3001 0-0044: Found";
        assert_eq!(event(line, SimTime::ZERO).unwrap().time_ns, 800_120_000);
        assert_eq!(event(line, SimTime::s(1)).unwrap().time_ns, 1_000_000_000);
        assert!(event("Core dump limits :", SimTime::ZERO).is_none());
    }
}
