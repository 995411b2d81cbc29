// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The kernel's log: UML writes it to a pipe as it happens, in step with what
//! the guest does. It is read before anything else that the guest says, so a
//! line has its place between the events before and after it. The kernel's
//! own time stamps cannot give it one: they count in jiffies.
//!
//! A guest may log without end. What is kept of the text is bounded, and so is
//! what goes on the timeline; what is left out is said where it would be.

mod text;

use std::cell::RefCell;
use std::io::{self, PipeReader, Read};
use std::os::fd::{AsFd, BorrowedFd};

use roadtest_model::SimTime;
use roadtest_record::event::{Event, What};
use rustix::fs::OFlags;

use text::Text;

/// What the guest may write before it is read, in bytes.
const PIPE_LEN: usize = 1 << 20;

/// What is read at once, in bytes: a guest that writes all the time would keep
/// its reader busy forever. It is no less than what the pipe holds, so that
/// nothing is left of a guest that has died.
const READ_LEN_MAX: u64 = PIPE_LEN as u64;

/// The longest line, in bytes; more is taken for another line. The kernel's
/// own are no longer than 1 KiB.
const LINE_LEN_MAX: usize = 4 << 10;

/// How much text goes on the timeline at one moment of virtual time, and in
/// all, in bytes.
const AT_ONCE_MAX: usize = 1 << 20;
const IN_ALL_MAX: usize = 16 << 20;

pub(crate) struct KernelLog {
    pipe: PipeReader,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    text: Text,
    news: News,
}

/// What is to go on the timeline.
#[derive(Default)]
struct News {
    /// Whether the boot is over.
    wanted: bool,
    /// Whole lines, and the beginning of one.
    pending: String,
    /// The moment of the last lines, and how much of [`AT_ONCE_MAX`] it has.
    at: SimTime,
    at_once: usize,
    in_all: usize,
}

impl KernelLog {
    pub(super) fn new(pipe: PipeReader) -> io::Result<Self> {
        rustix::fs::fcntl_setfl(&pipe, OFlags::NONBLOCK)?;
        // More is better, but the default does as well: it is drained.
        let _ = rustix::pipe::fcntl_setpipe_size(&pipe, PIPE_LEN);
        let state = RefCell::default();
        Ok(Self { pipe, state })
    }

    /// Takes what the guest has written. Returns whether it may write more.
    pub(super) fn drain(&self) -> bool {
        let mut bytes = Vec::new();
        let open = match (&self.pipe).take(READ_LEN_MAX).read_to_end(&mut bytes) {
            Ok(len) => len as u64 == READ_LEN_MAX,
            Err(error) => error.kind() == io::ErrorKind::WouldBlock,
        };
        let mut state = self.state.borrow_mut();
        let State { text, news } = &mut *state;
        let new = text.push(&bytes);
        if news.wanted {
            news.pending.push_str(&new);
        }
        open
    }

    /// What is kept of everything so far.
    pub(crate) fn text(&self) -> String {
        self.drain();
        self.state.borrow().text.to_string()
    }

    pub(super) fn last_line(&self) -> String {
        let text = self.text();
        let line = text.lines().rev().find(|line| !line.trim().is_empty());
        let line = line.unwrap_or("(the log is empty)");
        line[..line.floor_char_boundary(LINE_LEN_MAX)].to_owned()
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
        self.state.borrow_mut().news.wanted = true;
    }

    /// The whole lines since this was asked last, as events. It is `now`, or
    /// has been for the guest until it wrote them; `now` is the latest moment
    /// that it told, and `latest` the latest that it can have reached.
    pub(crate) fn news(&self, now: SimTime, latest: SimTime) -> Vec<Event> {
        self.drain();
        self.state.borrow_mut().news.take(now, latest)
    }
}

impl News {
    fn take(&mut self, now: SimTime, latest: SimTime) -> Vec<Event> {
        if self.at != now {
            (self.at, self.at_once) = (now, 0);
        }
        let whole = match self.pending.rfind('\n') {
            Some(end) => end + 1,
            None if self.pending.len() > LINE_LEN_MAX => self.pending.len(),
            None => return Vec::new(),
        };
        let rest = self.pending.split_off(whole);
        let lines = std::mem::replace(&mut self.pending, rest);
        let parts = lines.lines().filter_map(|line| part(line, now, latest));
        parts.filter_map(|event| self.admit(event)).collect()
    }

    /// The event, or what says that it and what follows are left out, or
    /// nothing where that was said already.
    fn admit(&mut self, (time, text): (SimTime, &str)) -> Option<Event> {
        let left_out = |place: &str| format!("(roadtest: the guest logs more {place})");
        let len = text.len() + 1;
        let text = if !spend(&mut self.at_once, len, AT_ONCE_MAX)? {
            left_out("at this moment; it is in the log")
        } else if !spend(&mut self.in_all, len, IN_ALL_MAX)? {
            left_out("than the timeline has room for")
        } else {
            text.to_owned()
        };
        Some(Event {
            time_ns: time.as_ns(),
            what: What::Kernel { text },
        })
    }
}

/// Adds to what is spent. Returns whether it was within `max`, and `None` where
/// it was not the first to be beyond.
fn spend(spent: &mut usize, len: usize, max: usize) -> Option<bool> {
    let before = *spent;
    *spent = before.saturating_add(len);
    (before <= max).then_some(*spent <= max)
}

/// `[    0.800120] opt3001 0-0044: Found` stands at 800.12 ms or `now`,
/// whichever is later: the stamp is never ahead of time, but may lag. A line
/// that claims to be from after `latest` is none of the kernel's.
fn part(line: &str, now: SimTime, latest: SimTime) -> Option<(SimTime, &str)> {
    let (stamp, text) = line.strip_prefix('[')?.split_once("] ")?;
    let (seconds, us) = stamp.trim().split_once('.')?;
    let seconds = seconds.parse::<u64>().ok()?.checked_mul(1_000_000_000)?;
    let us = us.parse::<u64>().ok()?.checked_mul(1_000)?;
    let stamp = SimTime::ns(seconds.checked_add(us)?);
    let end = text.floor_char_boundary(LINE_LEN_MAX);
    Some((stamp.min(latest).max(now), &text[..end]))
}

impl AsFd for KernelLog {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// A log whose boot is over, and its guest.
    fn log() -> (KernelLog, io::PipeWriter) {
        let (reader, writer) = io::pipe().unwrap();
        let log = KernelLog::new(reader).unwrap();
        log.mark();
        (log, writer)
    }

    fn texts(events: Vec<Event>) -> Vec<String> {
        let text = |event: Event| match event.what {
            What::Kernel { text } => text,
            other => panic!("{other:?}"),
        };
        events.into_iter().map(text).collect()
    }

    #[test]
    fn a_line_of_the_log_is_an_event_no_earlier_than_what_went_before() {
        let line = "[    0.800120] opt3001 0-0044: Found";
        let at = |now| part(line, now, SimTime::s(2)).unwrap().0;
        assert_eq!(at(SimTime::ZERO), SimTime::us(800_120));
        assert_eq!(at(SimTime::s(1)), SimTime::s(1));
        assert!(part("Core dump limits :", SimTime::ZERO, SimTime::MAX).is_none());
    }

    #[test]
    fn a_line_from_the_future_is_not_believed() {
        let (now, latest) = (SimTime::s(1), SimTime::s(2));
        let line = "[9000000000.000000] from the future";
        assert_eq!(part(line, now, latest).unwrap().0, latest);
        assert!(part("[18446744074.000000] beyond 2^64 ns", now, latest).is_none());
        assert!(part("[0.18446744073709551615] x", now, latest).is_none());
    }

    #[test]
    fn half_a_line_waits_for_its_end() {
        let (log, mut guest) = log();
        let now = SimTime::ZERO;
        guest.write_all(b"[    0.0] a\n[    0.0] b").unwrap();
        assert_eq!(texts(log.news(now, now)), ["a"]);
        guest.write_all(b"c\n").unwrap();
        assert_eq!(texts(log.news(now, now)), ["bc"]);
    }

    #[test]
    fn one_moment_has_room_for_so_much_and_says_once_that_there_is_more() {
        let (log, mut guest) = log();
        let line = format!("[    0.000000] {:01023}\n", 0);
        let mut events = Vec::new();
        for _ in 0..1500 {
            guest.write_all(line.as_bytes()).unwrap();
            events.extend(log.news(SimTime::ZERO, SimTime::ZERO));
        }
        let texts = texts(events);
        assert_eq!(texts.len(), 1025);
        let last = "(roadtest: the guest logs more at this moment; it is in the log)";
        assert_eq!(texts.last().unwrap(), last);
        guest.write_all(line.as_bytes()).unwrap();
        assert_eq!(log.news(SimTime::ns(1), SimTime::ns(1)).len(), 1);
    }

    #[test]
    fn a_guest_that_logs_at_every_moment_fills_the_timeline_no_further() {
        let mut news = News::default();
        let text = "x".repeat(1023);
        let mut len = 0;
        for moment in 0..20_000 {
            news.pending = format!("[    0.000000] {text}\n");
            let now = SimTime::ns(moment);
            len += news.take(now, now).len();
        }
        assert_eq!(len, 16 * 1024 + 1);
    }

    #[test]
    fn a_guest_that_writes_all_the_time_does_not_keep_its_reader() {
        let (log, mut guest) = log();
        let flood = std::thread::spawn(move || while guest.write_all(&[b'x'; 4096]).is_ok() {});
        for _ in 0..4 {
            assert!(log.drain());
        }
        drop(log);
        flood.join().unwrap();
    }
}
