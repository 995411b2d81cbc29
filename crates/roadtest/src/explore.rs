// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A test's board, explored by a person instead of its test: a shell in the
//! guest, and beside it a prompt for the models. `cargo xtask shell` starts a
//! test this way; the test's own body never runs.
//!
//! While the user is in the guest, virtual time goes on at most as fast as the
//! wall clock; at the models' prompt it stands still, and `advance` lets it
//! pass. Nothing here is reproducible, and nothing is judged.

mod command;
mod models;
mod screen;

use std::time::{Duration, Instant};

use roadtest_model::SimTime;
use roadtest_wire::{Program, Request, TerminalSize};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustyline::error::ReadlineError;
use rustyline::{Cmd, DefaultEditor, KeyEvent};

use crate::error::chain;
use crate::fault::Fault;
use crate::uml::Uml;
use command::{Outcome, Prompt};
use screen::{Raw, say};

/// Asks for a board to be explored.
const SHELL_ENV: &str = "ROADTEST_SHELL";

/// How often to look for a new size of the window, while nothing happens.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

const WELCOME: &str = "\
Ctrl-] goes from the guest's shell to the prompt of the models and back;
`exit` in the shell, or `quit` at the prompt, ends both.
Time goes with the clock on the wall in the shell, and stands still at the
prompt. `bind` at the prompt binds the driver; `help` says what else there is.";

/// Whether the board is to be explored instead of tested.
pub(crate) fn wanted() -> bool {
    std::env::var_os(SHELL_ENV).is_some()
}

/// Lets the user explore the board.
///
/// # Errors
/// What ended that, which the user has been told.
pub(crate) fn run(uml: &Uml) -> Result<(), String> {
    let ended = Session::start(uml).and_then(|mut session| session.run());
    if let Err(text) = &ended {
        say(&format!("{text}\n"));
    }
    ended
}

/// Where the user is.
enum Place {
    Guest,
    Models,
    Nowhere,
}

struct Session<'a> {
    uml: &'a Uml,
    prompt: Prompt<'a>,
    editor: DefaultEditor,
    size: TerminalSize,
}

impl<'a> Session<'a> {
    fn start(uml: &'a Uml) -> Result<Self, String> {
        let size = screen::size()
            .ok_or("a shell needs a terminal; standard input and output are something else")?;
        let mut editor = DefaultEditor::new().map_err(|error| error.to_string())?;
        editor.bind_sequence(KeyEvent::ctrl(']'), Cmd::EndOfFile);
        let session = Self {
            uml,
            prompt: Prompt::new(uml),
            editor,
            size,
        };
        session.prepare()?;
        Ok(session)
    }

    /// The host's root read-only, with the guest's own kernel in it, and a
    /// shell on the terminal.
    fn prepare(&self) -> Result<(), String> {
        let inner = self.uml.inner();
        inner
            .prepare_host_root()
            .map_err(|error| error.to_string())?;
        let shells = ["/bin/bash", "/bin/busybox", "/bin/sh"];
        let shell = shells
            .into_iter()
            .find(|shell| self.uml.exists(&format!("/host{shell}")))
            .ok_or_else(|| format!("the host has none of {}", shells.join(", ")))?;
        let arguments: &[&str] = match shell {
            "/bin/bash" => &["--norc", "--noprofile", "-i"],
            "/bin/busybox" => &["sh", "-i"],
            _ => &["-i"],
        };
        let term = std::env::var("TERM").unwrap_or_else(|_| "xterm".into());
        let environment = [
            ("TERM", &*term),
            ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
            ("PS1", "guest:\\w# "),
            ("HOME", "/tmp"),
            ("HISTFILE", ""),
            // A loop of the shell itself is stopped as any program that
            // computes without end; the shell is to survive that.
            ("PROMPT_COMMAND", "trap 'kill -INT $$' ILL"),
        ];
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let request = Request::RunOnTerminal {
            program: Program {
                root: "/host".into(),
                directory: "/".into(),
                program: shell.to_owned(),
                arguments: arguments.iter().map(|&word| word.to_owned()).collect(),
                environment: environment.map(owned).into(),
            },
            size: self.size,
        };
        inner
            .quiet_request("start a shell", &request)
            .map_err(|errno| format!("{shell} does not start in the guest: {errno}"))
    }

    fn run(&mut self) -> Result<(), String> {
        // Apart from what has started this.
        say(&format!("\n{}\n{WELCOME}\n", self.prompt.models().chips()));
        let mut place = Place::Guest;
        loop {
            place = match place {
                Place::Guest => self.in_guest()?,
                Place::Models => self.at_prompt()?,
                Place::Nowhere => return Ok(()),
            };
        }
    }

    /// The terminal is the guest's.
    fn in_guest(&mut self) -> Result<Place, String> {
        let _raw = Raw::enter().map_err(|error| error.to_string())?;
        self.uml.inner().machine().open_keyboard(screen::write);
        let place = self.follow_guest();
        self.uml.inner().machine().close_keyboard();
        place.map_err(|fault| format!("\r\nthe guest is gone: {}", chain(&fault)))
    }

    fn follow_guest(&mut self) -> Result<Place, Fault> {
        let started = Instant::now();
        let from = self.uml.now();
        loop {
            let passed = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
            let (ended, wants_out, next) = {
                let mut machine = self.uml.inner().machine();
                machine.run_until(from + SimTime::ns(passed))?;
                (
                    machine.take_ended(),
                    machine.wants_out(),
                    machine.next_event()?,
                )
            };
            if self.prompt.follows() {
                say(&self.prompt.news().replace('\n', "\r\n"));
            }
            if ended.is_some() {
                return Ok(Place::Nowhere);
            }
            if wants_out {
                return Ok(Place::Models);
            }
            self.follow_window();
            let idle = next.map_or(LOOK_AGAIN, |next| {
                Duration::from_nanos(next.saturating_sub(self.uml.now()).as_ns())
            });
            if typed_within(idle.min(LOOK_AGAIN)) {
                self.uml.inner().machine().take_keys();
            }
        }
    }

    /// Tells the guest the size of the window, where it has changed.
    fn follow_window(&mut self) {
        if let Some(size) = screen::size().filter(|&size| size != self.size) {
            self.size = size;
            // What does not get it looks wrong, and no more.
            let _ = screen::resize_guest(self.uml.inner(), size);
        }
    }

    /// The terminal is the prompt's.
    fn at_prompt(&mut self) -> Result<Place, String> {
        say("\n");
        loop {
            let line = match self.editor.readline("models> ") {
                Ok(line) => line,
                Err(ReadlineError::Interrupted) => continue,
                Err(ReadlineError::Eof) => return Ok(Place::Guest),
                Err(error) => return Err(error.to_string()),
            };
            // Only for the arrow keys.
            let _ = self.editor.add_history_entry(&line);
            match self.prompt.carry_out(&line) {
                Outcome::Said(text) if text.is_empty() => {}
                Outcome::Said(text) => say(&format!("{}\n", text.trim_end())),
                Outcome::Guest => return Ok(Place::Guest),
                Outcome::Quit => return Ok(Place::Nowhere),
            }
            let shown = self.uml.inner().machine().take_shown();
            screen::write(&shown);
        }
    }
}

/// Whether something is typed before this time is over.
fn typed_within(time: Duration) -> bool {
    let stdin = std::io::stdin();
    let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
    let time = Timespec::try_from(time).ok();
    // An interrupted wait is one that was shorter.
    poll(&mut fds, time.as_ref()).unwrap_or(0) > 0
}
