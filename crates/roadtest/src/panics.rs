// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Catching a panic together with its place. A panic's message is in its
//! payload; its place is known to the panic hook alone, and only where the
//! harness has installed one. Nothing here knows what the caught code is.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{UnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Once;

thread_local! {
    /// Where this thread panicked last, as ` (file:line)`.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Notes the places of panics from here on, and then does what was done about
/// a panic before. For the harness: a library leaves the process's hook alone.
pub(crate) fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let place = match panic.location() {
                // Why: an absolute path is that of a library such as insta, on
                // this machine alone.
                Some(location) if Path::new(location.file()).is_relative() => {
                    Some(format!(" ({}:{})", location.file(), location.line()))
                }
                _ => None,
            };
            // A thread that is being torn down has nothing left to note.
            let _ = PLACE.try_with(|last| *last.borrow_mut() = place);
            previous(panic);
        }));
    });
}

/// Calls `body`.
///
/// # Errors
/// What it panicked with.
pub(crate) fn catch<R>(body: impl FnOnce() -> R + UnwindSafe) -> Result<R, Caught> {
    PLACE.take();
    catch_unwind(body).map_err(|payload| Caught {
        payload,
        place: PLACE.take(),
    })
}

/// A panic that was caught.
pub(crate) struct Caught {
    payload: Box<dyn Any + Send>,
    place: Option<String>,
}

impl Caught {
    /// The message, and the place where it is known and in our sources:
    /// `no lux (tests/opt3001.rs:31)`.
    pub(crate) fn text(&self) -> String {
        let message = self
            .payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| self.payload.downcast_ref::<&str>().copied())
            .unwrap_or("a panic without a message");
        let place = self.place.as_deref().unwrap_or_default();
        format!("{message}{place}")
    }

    /// Whether the panic carries a value of this type.
    pub(crate) fn is<T: 'static>(&self) -> bool {
        self.payload.is::<T>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_caught_without_a_hook() {
        let caught = catch(|| panic!("no {}", "lux")).unwrap_err();
        assert!(caught.text().starts_with("no lux"), "{}", caught.text());
        let caught = catch(|| panic!("no lux")).unwrap_err();
        assert!(caught.text().starts_with("no lux"), "{}", caught.text());
    }
}
