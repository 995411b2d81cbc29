// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Runs one test in this process: its body on a thread that has its name,
//! while this thread watches that it ends.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Instant;

use roadtest_record::test::{Outcome, Record};

use super::budget::{Budget, LOOK_AGAIN, Verdict};
use super::current::{Current, Explored};
use super::place::Place;
use super::test::Purpose;
use super::verdict::{self, Ending};
use super::{Test, record, snapshot};
use crate::explore;
use crate::limit::{HostLimit, Limit};
use crate::panics;

/// Runs a test, and leaves its record.
pub(super) fn here(test: &'static Test, place: &Arc<Place>) -> Record {
    if let Some(reason) = place.lacking(test) {
        return record::skipped(test, place, &reason);
    }
    let started = Instant::now();
    let purpose = if explore::wanted() {
        Purpose::Exploration
    } else {
        Purpose::Test
    };
    let budget = Budget::new(test, place.kernel.as_ref().ok(), purpose);
    let exceeded = Arc::new(AtomicBool::new(false));
    let host = HostLimit {
        seconds: budget.limit().as_secs(),
        exceeded: exceeded.clone(),
    };
    let limit = Limit::new(budget.virtual_limit(), Some(host));
    let (sender, receiver) = channel();
    let body = {
        let place = Arc::clone(place);
        move || on_its_thread(test, &place, limit, purpose, started, &sender)
    };
    let thread = std::thread::Builder::new()
        .name(test.full_name())
        .spawn(body);
    let thread = match thread {
        Ok(thread) => thread,
        Err(error) => {
            let verdict = (Outcome::Failed, format!("the test has no thread: {error}"));
            return record::write(test, place, verdict, &[], started);
        }
    };
    loop {
        match receiver.recv_timeout(LOOK_AGAIN) {
            Ok(record) => {
                // It has nothing left to do; the guest dies with it.
                let _ = thread.join();
                return record;
            }
            Err(RecvTimeoutError::Disconnected) => {
                let verdict = (Outcome::Failed, "the harness itself panicked".to_owned());
                return record::write(test, place, verdict, &[], started);
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        match budget.verdict(started.elapsed()) {
            Verdict::GoOn => {}
            Verdict::AskToEnd => exceeded.store(true, Ordering::Relaxed),
            Verdict::End(reason) => {
                eprintln!("Error: {reason}");
                record::write(test, place, (Outcome::TimedOut, reason), &[], started);
                // A thread cannot be ended from outside; its process can.
                std::process::exit(101);
            }
        }
    }
}

fn on_its_thread(
    test: &Test,
    place: &Place,
    limit: Limit,
    purpose: Purpose,
    started: Instant,
    done: &Sender<Record>,
) {
    let version = place.kernel.as_ref().ok().map(|kernel| kernel.version());
    let driver = place.driver(test);
    let current = Current::new(place.kernel.clone(), limit, purpose);
    let ending = {
        let _snapshots = snapshot::bind(&place.snapshots(), &driver, test.name, version);
        let _entered = current.enter();
        match panics::catch(AssertUnwindSafe(|| (test.body)())) {
            Ok(Ok(())) => Ending::Returned,
            Ok(Err(failure)) => Ending::Failed(failure),
            Err(caught) if caught.is::<Explored>() => Ending::Explored(current.explored()),
            Err(caught) => Ending::Panicked(caught.text()),
        }
    };
    let machines = current.finish();
    let verdict = verdict::of(&ending, &machines);
    let said = matches!(&ending, Ending::Panicked(text) if verdict.1.contains(text))
        || matches!(ending, Ending::Explored(_));
    if !said && !matches!(verdict.0, Outcome::Passed | Outcome::Skipped) {
        eprintln!("Error: {}", verdict.1);
    }
    let record = record::write(test, place, verdict, &machines, started);
    // The receiver is gone where the test has timed out.
    let _ = done.send(record);
}
