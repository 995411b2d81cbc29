// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The kernel's log: UML writes it to a pipe as it happens, in step with what
//! the guest does. Lines carry the kernel's own time, which is virtual.

use std::cell::{Cell, RefCell};
use std::io::{self, PipeReader, Read};
use std::os::fd::{AsFd, BorrowedFd};

use roadtest_record::event::{Event, What};
use rustix::fs::OFlags;

/// What the guest may write before somebody listens, in bytes.
const PIPE_LEN: usize = 1 << 20;

pub(crate) struct KernelLog {
    pipe: PipeReader,
    text: RefCell<String>,
    /// Where the log of the boot ends.
    mark: Cell<usize>,
}

impl KernelLog {
    pub(crate) fn new(pipe: PipeReader) -> io::Result<Self> {
        rustix::fs::fcntl_setfl(&pipe, OFlags::NONBLOCK)?;
        // More is better, but the default does as well: it is drained.
        let _ = rustix::pipe::fcntl_setpipe_size(&pipe, PIPE_LEN);
        Ok(Self {
            pipe,
            text: RefCell::default(),
            mark: Cell::default(),
        })
    }

    /// Takes what the guest has written. Gives whether it may write more.
    pub(crate) fn drain(&self) -> bool {
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

    pub(crate) fn last_line(&self) -> String {
        let text = self.text();
        let line = text.lines().rev().find(|line| !line.trim().is_empty());
        line.unwrap_or("(the log is empty)").to_owned()
    }

    /// The panic message, if there is one; else the last line.
    pub(crate) fn last_words(&self) -> String {
        let text = self.text();
        let panic = text.lines().find(|line| line.contains("Kernel panic"));
        panic.map_or_else(|| self.last_line(), str::to_owned)
    }

    /// The boot is over: its lines are the same for every test, and some name
    /// paths of the host.
    pub(crate) fn mark(&self) {
        self.mark.set(self.text().len());
    }

    /// The lines since the boot as events.
    pub(crate) fn events(&self) -> Vec<Event> {
        let text = self.text();
        text[self.mark.get()..].lines().filter_map(event).collect()
    }
}

/// `[    0.800120] opt3001 0-0044: Found` is an event at 800.12 ms.
fn event(line: &str) -> Option<Event> {
    let (stamp, text) = line.strip_prefix('[')?.split_once("] ")?;
    let (seconds, us) = stamp.trim().split_once('.')?;
    let seconds: u64 = seconds.parse().ok()?;
    let us: u64 = us.parse().ok()?;
    Some(Event {
        // The last nanosecond of the microsecond that is shown: a line comes
        // after what it is about.
        time_ns: seconds * 1_000_000_000 + us * 1_000 + 999,
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
    fn a_line_of_the_log_is_an_event_at_its_own_time() {
        let found = event("[    0.800120] opt3001 0-0044: Found").unwrap();
        assert_eq!(found.time_ns, 800_120_999);
        assert!(event("Core dump limits :").is_none());
    }
}
