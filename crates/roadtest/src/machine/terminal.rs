// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The guest's terminal, where the user explores a board: what is typed goes
//! in, what the guest shows comes out, and virtual time is let pass in step
//! with the wall clock. It knows no escape sequence and decodes nothing.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use roadtest_model::SimTime;
use roadtest_wire::Status;

use super::process::Process;
use super::{Machine, Until};
use crate::fault::Fault;

/// The key that leaves the guest: Ctrl-].
const ESCAPE: u8 = 0x1d;
/// The key that stops a program: Ctrl-C.
const INTERRUPT: u8 = 0x03;

/// How long a guest that computes may take to become idle by itself, once the
/// user wants its program to stop or to leave it.
const PATIENCE: Duration = Duration::from_millis(300);

const COMPUTES: &[u8] =
    b"\r\nthe guest computes: Ctrl-C stops its program, Ctrl-] once more ends the guest\r\n";

/// What the user has asked for that only an idle guest can do.
enum Pending {
    /// That its program stops. These are the programs, and what each had
    /// computed then.
    Stop(BTreeMap<i32, u64>),
    /// To be at the other prompt.
    Leave,
}

/// What the user types, from standard input.
pub(super) struct Keyboard {
    input: std::io::Stdin,
    /// The escape key was pressed.
    left: bool,
    /// The input has ended: the terminal is gone.
    ended: bool,
    /// What to do if the guest is not idle by then.
    pending: Option<(Instant, Pending)>,
    /// Where what the guest shows goes at once.
    screen: fn(&[u8]),
}

impl Keyboard {
    /// How long to wait at most for the guest to become idle.
    pub(super) fn patience(&self) -> Option<Duration> {
        let (at, _) = self.pending.as_ref()?;
        Some(at.saturating_duration_since(Instant::now()))
    }
}

impl AsFd for Keyboard {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.input.as_fd()
    }
}

impl Machine {
    /// From here on standard input is the guest's keyboard, until
    /// [`close_keyboard`](Self::close_keyboard), and what it shows goes to
    /// `screen`.
    pub(crate) fn open_keyboard(&mut self, screen: fn(&[u8])) {
        self.keyboard = Some(Keyboard {
            input: std::io::stdin(),
            left: false,
            ended: false,
            pending: None,
            screen,
        });
        self.show();
        // A user who thinks is not a guest that hangs.
        self.watchdog.disable();
    }

    pub(crate) fn close_keyboard(&mut self) {
        self.keyboard = None;
    }

    /// Whether the user wants to leave the guest.
    pub(crate) fn wants_out(&self) -> bool {
        self.keyboard.as_ref().is_none_or(|k| k.left || k.ended)
    }

    /// Takes what was typed, as far as the terminal has it.
    pub(crate) fn take_keys(&mut self) {
        let Some(keyboard) = &mut self.keyboard else {
            return;
        };
        let mut bytes = [0; 4096];
        // Why not the buffered reader: what it keeps, poll does not see.
        let len = rustix::io::read(&keyboard.input, &mut bytes).unwrap_or(0);
        let typed = &bytes[..len];
        keyboard.ended = len == 0;
        match typed.iter().position(|&byte| byte == ESCAPE) {
            Some(at) => {
                keyboard.left = true;
                self.channel.borrow_mut().typed.extend(&typed[..at]);
            }
            None => self.channel.borrow_mut().typed.extend(typed),
        }
    }

    /// Something was typed while the guest computes. It gets that when it is
    /// idle: UML takes no interrupt from a program that computes without end
    /// while time stands still for it. Ctrl-C stops such a program all the
    /// same; the escape key, pressed twice, ends the guest.
    pub(super) fn typed_while_busy(&mut self) -> Result<(), Fault> {
        let before = self.channel.borrow().typed.len();
        let leaving = self.wants_out();
        let escape = |keyboard: &mut Keyboard| std::mem::take(&mut keyboard.left);
        self.keyboard.as_mut().map(escape);
        self.take_keys();
        let interrupts = {
            let channel = self.channel.borrow();
            let mut typed = channel.typed.iter().skip(before);
            typed.any(|&byte| byte == INTERRUPT)
        };
        let Some(keyboard) = &mut self.keyboard else {
            return Ok(());
        };
        if keyboard.ended || leaving && keyboard.left {
            return Err(Fault::Left);
        }
        let pending = if interrupts {
            Some(Pending::Stop(self.process.programs()))
        } else {
            keyboard.left.then_some(Pending::Leave)
        };
        if let Some(pending) = pending {
            keyboard.pending = Some((Instant::now() + PATIENCE, pending));
        }
        keyboard.left |= leaving;
        Ok(())
    }

    /// The guest has become idle, and gets what was typed.
    pub(super) fn became_idle(&mut self) {
        if let Some(keyboard) = &mut self.keyboard {
            keyboard.pending = None;
        }
    }

    /// Whether a request of the user waits for the guest to become idle.
    pub(super) fn awaits_idle(&self) -> bool {
        self.keyboard.as_ref().is_some_and(|k| k.pending.is_some())
    }

    /// Stops the program that computes, where the user asked for that and it
    /// did not become idle.
    ///
    /// Why like this: the kernel would turn Ctrl-C into SIGINT in an interrupt,
    /// which it takes when time moves, and a program that computes moves none.
    /// A signal of the host to the process that UML runs the program in is
    /// handed on at once, as the program's own fault. It is SIGILL for that
    /// reason; the shell on the terminal takes it for a Ctrl-C.
    pub(super) fn stop_computing(&mut self) {
        let Some(keyboard) = &mut self.keyboard else {
            return;
        };
        let due = |pending: &mut (Instant, Pending)| pending.0 <= Instant::now();
        let before = match keyboard.pending.take_if(due) {
            Some((_, Pending::Stop(before))) => before,
            Some((_, Pending::Leave)) => return (keyboard.screen)(COMPUTES),
            None => return,
        };
        let after = self.process.programs();
        let spent =
            |pid: &i32, ticks: u64| ticks.saturating_sub(before.get(pid).copied().unwrap_or(0));
        let busiest = after
            .iter()
            .map(|(pid, &ticks)| (spent(pid, ticks), *pid))
            .max()
            .filter(|&(spent, _)| spent > 0);
        // Where none computes, the kernel does, and cannot be stopped.
        if busiest.is_some_and(|(_, pid)| Process::stop_program(pid)) {
            // The key has done its work, and as for a terminal nothing that
            // was typed before it counts.
            let typed = &mut self.channel.borrow_mut().typed;
            if let Some(at) = typed.iter().rposition(|&byte| byte == INTERRUPT) {
                typed.drain(..=at);
            }
            (keyboard.screen)(b"^C\r\n");
        }
    }

    /// Hands over what was typed. Only where it is certain what time the guest
    /// believes it is: when it is idle, or waits for a kick to be
    /// acknowledged. One that has run by itself and then waits may be ahead of
    /// us, and an interrupt would set its clock back.
    pub(super) fn terminal_pump(&mut self) {
        // Why: a Ctrl-C that is on its way twice costs what is typed next.
        if !self.awaits_idle() {
            self.channel.borrow_mut().offers_typed = true;
        }
    }

    /// Lets virtual time pass until `time`, if that is later than now.
    pub(crate) fn run_until(&mut self, time: SimTime) -> Result<(), Fault> {
        let time = time.max(self.now());
        self.terminal_pump();
        self.run(Until::Time(time))?;
        self.note_log();
        Ok(())
    }

    /// When guest or models have something to do by themselves.
    pub(crate) fn next_event(&self) -> Result<Option<SimTime>, Fault> {
        let outside = self.next_outside();
        Ok([self.time.wanted()?, outside].into_iter().flatten().min())
    }

    /// Shows what there is to be shown, where there is a screen: a program
    /// that computes after it has said something is to be seen to have said
    /// it.
    pub(super) fn show(&mut self) {
        if let Some(keyboard) = &self.keyboard {
            let shown = std::mem::take(&mut self.channel.borrow_mut().shown);
            (keyboard.screen)(&shown);
        }
    }

    /// What the guest has shown without a screen.
    pub(crate) fn take_shown(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.channel.borrow_mut().shown)
    }

    /// How the program on the terminal has ended, told once.
    pub(crate) fn take_ended(&mut self) -> Option<Status> {
        self.channel.borrow_mut().ended.take()
    }
}
