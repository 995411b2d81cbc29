// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The guest's terminal, where somebody explores a board: what is typed goes
//! in, what the guest shows comes out, and virtual time is let pass in step
//! with the person's. It knows no escape sequence and decodes nothing.

use std::os::fd::{AsFd, BorrowedFd};

use roadtest_model::SimTime;

use super::{Machine, Until};
use crate::fault::Fault;

/// The key that leaves the guest: Ctrl-].
const ESCAPE: u8 = 0x1d;

/// What the user types, from standard input.
pub(super) struct Keyboard {
    input: std::io::Stdin,
    /// The escape key was pressed, or the input has ended.
    left: bool,
}

impl Keyboard {
    /// Whether what is typed now is for the guest.
    pub(super) fn listens(&self) -> bool {
        !self.left
    }
}

impl AsFd for Keyboard {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.input.as_fd()
    }
}

impl Machine {
    /// From here on standard input is the guest's keyboard, until
    /// [`close_keyboard`](Self::close_keyboard).
    pub(crate) fn open_keyboard(&mut self) {
        self.keyboard = Some(Keyboard {
            input: std::io::stdin(),
            left: false,
        });
        // Somebody who thinks is not a guest that hangs.
        self.watchdog_s = u64::from(u32::MAX);
    }

    pub(crate) fn close_keyboard(&mut self) {
        self.keyboard = None;
    }

    /// Whether the user wants to leave the guest.
    pub(crate) fn wants_out(&self) -> bool {
        self.keyboard.as_ref().is_none_or(|keyboard| keyboard.left)
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
        match typed.iter().position(|&byte| byte == ESCAPE) {
            Some(at) => {
                keyboard.left = true;
                self.console.typed.extend(&typed[..at]);
            }
            None => {
                keyboard.left = len == 0;
                self.console.typed.extend(typed);
            }
        }
    }

    /// Something was typed while the guest computes and has not come to rest.
    /// It gets that when it has: UML takes no interrupt from a process that
    /// computes without end while time stands still for it. The escape key is
    /// the way out, and ends the guest.
    pub(super) fn typed_while_busy(&mut self) -> Result<(), Fault> {
        self.take_keys();
        match self.wants_out() {
            true => Err(Fault::Left),
            false => Ok(()),
        }
    }

    /// Lets virtual time pass until `time`, if that is later than now.
    pub(crate) fn run_until(&mut self, time: SimTime) -> Result<(), Fault> {
        let time = time.max(self.now());
        self.run(Until::Time(time))?;
        self.note_log();
        Ok(())
    }

    /// When guest or models have something to do by themselves.
    pub(crate) fn next_event(&self) -> Result<Option<SimTime>, Fault> {
        let outside = self.next_outside();
        Ok([self.time.wanted()?, outside].into_iter().flatten().min())
    }

    /// What the guest has shown since this was asked last.
    pub(crate) fn take_shown(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.console.shown)
    }

    /// How the program on the terminal has ended, told once.
    pub(crate) fn take_ended(&mut self) -> Option<i32> {
        self.console.ended.take()
    }
}
