// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! How the making of a kernel is shown: a bar where there is a terminal,
//! lines at decent intervals where there is none.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use roadtest_command::console;
use roadtest_report::report::Verbosity;
use roadtest_uml::{Event, Progress, Total};

/// Between two lines about the same thing, without a terminal.
const INTERVAL: Duration = Duration::from_secs(10);

/// Shows what happens.
pub(super) struct Show {
    verbosity: Verbosity,
    on_terminal: bool,
    bar: Option<ProgressBar>,
    last_line: Option<Instant>,
}

impl Show {
    /// Shows on standard error, or nothing but what the user must know.
    pub(super) fn new(verbosity: Verbosity) -> Self {
        Self {
            verbosity,
            on_terminal: std::io::stderr().is_terminal(),
            bar: None,
            last_line: None,
        }
    }

    fn line(&mut self, word: &str, event: &Event) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        self.last_line = None;
        console::status(word, &event.to_string());
    }

    /// Something of which there will be many.
    fn step(&mut self, word: &str, event: &Event, done: u64, total: Option<u64>) {
        if self.on_terminal {
            let bar = self.bar.get_or_insert_with(bar);
            match total {
                Some(total) => bar.set_length(total.max(done)),
                None => bar.unset_length(),
            }
            bar.set_position(done);
            bar.set_message(event.to_string());
            return;
        }
        if self.last_line.is_none_or(|last| last.elapsed() >= INTERVAL) {
            console::status(word, &event.to_string());
            self.last_line = Some(Instant::now());
        }
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{elapsed:>12} [{bar:25}] {wide_msg}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

impl Progress for Show {
    fn event(&mut self, event: &Event) {
        if self.verbosity == Verbosity::Quiet
            && !matches!(event, Event::Waiting { .. } | Event::Running { .. })
        {
            return;
        }
        match event {
            Event::Waiting { .. } => self.line("Kernel", event),
            Event::Listing { .. } => self.line("Kernel", event),
            Event::Downloading { percent, .. } => {
                self.step("Kernel", event, *percent, Some(100));
            }
            Event::Unpacking { files, .. } => self.step("Kernel", event, *files, None),
            Event::Configuring { .. } => self.line("Kernel", event),
            Event::Unavailable { .. } => self.line("Note", event),
            Event::Compiling { done, total, .. } => {
                let total = match total {
                    Total::Counted(total) | Total::Guessed(total) => Some(*total),
                    Total::Unknown => None,
                };
                self.step("Kernel", event, *done, total);
            }
            Event::Compiled { .. } => self.line("Kernel", event),
            Event::UpToDate { .. } => self.line("Kernel", event),
            Event::Agent => self.line("Kernel", event),
            Event::Running { .. } => self.line("Kernel", event),
            Event::Recovering { .. } => self.line("Kernel", event),
        }
    }
}

impl Drop for Show {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
