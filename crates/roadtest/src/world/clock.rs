// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Virtual time as chips and trace see it. The decision when it moves is the
//! machine's.

use std::cell::Cell;

use roadtest_model::SimTime;

#[derive(Debug, Default)]
pub(crate) struct Clock(Cell<SimTime>);

impl Clock {
    pub(crate) fn now(&self) -> SimTime {
        self.0.get()
    }

    pub(crate) fn set(&self, time: SimTime) {
        self.0.set(time);
    }
}
