// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The kernel's log: UML writes it to a file as it happens. Lines carry the
//! kernel's own time, which is virtual.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use roadtest_record::event::{Event, What};

pub(crate) struct KernelLog {
    file: std::cell::RefCell<File>,
    text: std::cell::RefCell<String>,
}

impl KernelLog {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            file: File::open(path)?.into(),
            text: String::new().into(),
        })
    }

    /// Everything so far.
    pub(crate) fn text(&self) -> String {
        let mut bytes = Vec::new();
        // What cannot be read any more is not there.
        let _ = self.file.borrow_mut().read_to_end(&mut bytes);
        let mut text = self.text.borrow_mut();
        text.push_str(&String::from_utf8_lossy(&bytes).replace('\r', ""));
        text.clone()
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

    /// The lines as events.
    pub(crate) fn events(&self) -> Vec<Event> {
        let text = self.text();
        text.lines().filter_map(event).collect()
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
