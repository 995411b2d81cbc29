// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What has happened so far: the events, the contracts that were broken, and
//! what ends the test.

use roadtest_model::{Access, Direction, SimTime};
use roadtest_record::event::{self, Event, Transfer, What};

use crate::fault::Fault;

/// A contract that the driver broke.
#[derive(Clone, Debug)]
pub(crate) struct Breach {
    pub(crate) chip: String,
    pub(crate) text: String,
}

/// A transfer among the events, by its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry(usize);

#[derive(Debug, Default)]
pub(crate) struct Trace {
    pub(crate) events: Vec<Event>,
    pub(crate) breaches: Vec<Breach>,
    /// How many transfers there were, on all buses: from START to STOP.
    pub(crate) transfers: u64,
    fault: Option<Fault>,
}

impl Trace {
    pub(crate) fn log(&mut self, now: SimTime, what: What) {
        self.events.push(Event {
            time_ns: now.as_ns(),
            what,
        });
    }

    /// A transfer has ended.
    pub(crate) fn transfer(&mut self, now: SimTime, transfer: Transfer) -> Entry {
        self.log(now, What::Transfer(transfer));
        Entry(self.events.len() - 1)
    }

    /// What a transfer meant, or how it ended, is clear only later.
    pub(crate) fn amend(&mut self, entry: Entry, change: impl FnOnce(&mut Transfer)) {
        if let Some(Event {
            what: What::Transfer(transfer),
            ..
        }) = self.events.get_mut(entry.0)
        {
            change(transfer);
        }
    }

    /// Nothing has happened later than now.
    pub(crate) fn limit_to(&mut self, now: SimTime) {
        let now = now.as_ns();
        let later = |event: &&mut Event| event.time_ns > now;
        for event in self.events.iter_mut().rev().take_while(later) {
            event.time_ns = now;
        }
    }

    pub(crate) fn breach(&mut self, now: SimTime, chip: &str, text: String) {
        let what = What::Violation {
            chip: chip.to_owned(),
            text: text.clone(),
        };
        self.log(now, what);
        self.breaches.push(Breach {
            chip: chip.to_owned(),
            text,
        });
    }

    /// Something ends the test; the first reason counts.
    pub(crate) fn fail(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    pub(crate) fn take_fault(&mut self) -> Option<Fault> {
        self.fault.take()
    }
}

/// Accesses as a record holds them.
pub(crate) fn recorded(accesses: Vec<Access>) -> Vec<event::Access> {
    let accesses = accesses.into_iter().map(|access| event::Access {
        direction: match access.direction {
            Direction::Write => event::Direction::Write,
            Direction::Read => event::Direction::Read,
        },
        target: access.target,
        value: access.value,
        fields: access.fields,
    });
    accesses.collect()
}
