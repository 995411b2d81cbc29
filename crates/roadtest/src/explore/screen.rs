// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The terminal that the user sits at: its size, its mode, and bytes for it.

use std::io;
use std::rc::Rc;

use roadtest_wire::TerminalSize;
use rustix::termios::{OptionalActions, Termios, isatty, tcgetattr, tcgetwinsize, tcsetattr};

use crate::errno::Errno;
use crate::file::File;
use crate::uml::Inner;

/// The guest's terminal, as the agent sees it.
const GUEST_TERMINAL: &str = "/dev/hvc0";

/// Every key is a byte for the guest, until this is dropped.
pub(super) struct Raw {
    before: Termios,
}

impl Raw {
    pub(super) fn enter() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Drain, &raw)?;
        Ok(Self { before })
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // A terminal that is gone needs no restoring.
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.before);
    }
}

/// The size of the user's terminal; `None` where it is none.
pub(super) fn size() -> Option<TerminalSize> {
    if !isatty(io::stdin()) {
        return None;
    }
    let size = tcgetwinsize(io::stdout()).ok()?;
    Some(TerminalSize {
        rows: size.ws_row,
        columns: size.ws_col,
    })
}

/// Sets another size of the guest's terminal; its foreground job gets
/// SIGWINCH.
pub(super) fn resize_guest(guest: &Rc<Inner>, size: TerminalSize) -> Result<(), Errno> {
    let terminal = File::open(guest, GUEST_TERMINAL, libc::O_RDWR | libc::O_NOCTTY)?;
    let fields = [size.rows, size.columns, 0, 0];
    let mut winsize = fields.into_iter().flat_map(u16::to_ne_bytes).collect();
    terminal.ioctl_buffer(libc::TIOCSWINSZ, &mut winsize)?;
    Ok(())
}

/// Text for the user.
pub(super) fn say(text: &str) {
    write(text.as_bytes());
}

/// Bytes for the user's terminal. One that is gone reads nothing.
pub(super) fn write(mut bytes: &[u8]) {
    let stdout = io::stdout();
    while !bytes.is_empty() {
        match rustix::io::write(&stdout, bytes) {
            Ok(len) => bytes = &bytes[len..],
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            Err(_) => return,
        }
    }
}
