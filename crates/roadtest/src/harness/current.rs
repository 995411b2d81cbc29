// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The test that runs on this thread, and the guests that it has booted. This
//! is the one place that connects a board with a test.

use std::cell::RefCell;
use std::panic::resume_unwind;
use std::rc::{Rc, Weak};

use roadtest_record::kernel::Kernel;

use super::test::Purpose;
use crate::board::Board;
use crate::error::{Error, Result};
use crate::explore;
use crate::limit::Limit;
use crate::uml::{Finished, Inner, Setting, Uml};

thread_local! {
    /// The test that runs on this thread.
    static CURRENT: RefCell<Option<Rc<Current>>> = const { RefCell::new(None) };
}

/// What a body is left with whose board a user has explored.
pub(super) struct Explored;

/// A running test.
pub(super) struct Current {
    /// The kernel, or why there is none.
    kernel: std::result::Result<Kernel, String>,
    limit: Limit,
    purpose: Purpose,
    /// What ended the exploration, if it was an error.
    explored: RefCell<Option<String>>,
    guests: RefCell<Vec<Guest>>,
}

/// A guest of the test.
enum Guest {
    /// It comes up, or its board makes no sense.
    Booting,
    Running(Weak<Inner>),
    Ended(Box<Finished>),
}

impl Current {
    pub(super) fn new(
        kernel: std::result::Result<Kernel, String>,
        limit: Limit,
        purpose: Purpose,
    ) -> Rc<Self> {
        Rc::new(Self {
            kernel,
            limit,
            purpose,
            explored: RefCell::default(),
            guests: RefCell::default(),
        })
    }

    /// Makes it the test of this thread, until the guard is dropped.
    pub(super) fn enter(self: &Rc<Self>) -> Entered {
        CURRENT.replace(Some(self.clone()));
        Entered
    }

    /// What the guests left. One whose handles outlived the test, in a
    /// forgotten value, ends here.
    pub(super) fn finish(&self) -> Vec<Finished> {
        let running: Vec<Rc<Inner>> = self
            .guests
            .borrow()
            .iter()
            .filter_map(|guest| match guest {
                Guest::Running(inner) => inner.upgrade(),
                _ => None,
            })
            .collect();
        for inner in running {
            inner.end();
        }
        let ended = self
            .guests
            .take()
            .into_iter()
            .filter_map(|guest| match guest {
                Guest::Ended(finished) => Some(*finished),
                _ => None,
            });
        ended.collect()
    }

    /// What ended the exploration, if it was an error.
    pub(super) fn explored(&self) -> Option<String> {
        self.explored.take()
    }
}

/// Ends with the body of the test.
pub(super) struct Entered;

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.take();
    }
}

impl Board {
    /// Starts a kernel on this board, for the test that runs on this thread:
    /// the one that `cargo xtask build` has left. The test is judged by it.
    ///
    /// # Errors
    /// Where the wiring makes no sense, no kernel has been built, the kernel
    /// does not come up, or no test runs on this thread.
    pub fn boot(self) -> Result<Uml> {
        let current = CURRENT.with_borrow(Clone::clone).ok_or_else(|| {
            Error::new(
                "no test runs on this thread, so nothing would judge this kernel: \
                 write `#[roadtest::test]` above the test, or use `Board::power_on`",
            )
        })?;
        let kernel = current.kernel.as_ref().map_err(Error::new)?;
        let index = current.guests.borrow().len();
        current.guests.borrow_mut().push(Guest::Booting);
        let sink = {
            let current = current.clone();
            move |finished| {
                current.guests.borrow_mut()[index] = Guest::Ended(Box::new(finished));
            }
        };
        let setting = Setting {
            limit: current.limit.clone(),
            terminal: current.purpose == Purpose::Exploration,
            on_end: Some(Box::new(sink)),
        };
        let uml = self.start(kernel, setting)?;
        current.guests.borrow_mut()[index] = Guest::Running(Rc::downgrade(uml.inner()));
        if current.purpose == Purpose::Exploration {
            if let Err(error) = explore::run(&uml) {
                current.explored.replace(Some(error));
            }
            drop(uml);
            // The body goes no further, and there is nothing to say about it.
            resume_unwind(Box::new(Explored));
        }
        Ok(uml)
    }
}
