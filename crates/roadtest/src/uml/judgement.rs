// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What a test is judged by when its guest is gone: the reports in the kernel's
//! log and the contracts that the driver broke, but for those that the test
//! expects.

use roadtest_record::event::Event;
use roadtest_record::flavour::Collector;
use roadtest_record::test::Outcome;

use super::{Inner, Uml};
use crate::fault::Fault;
use crate::machine::Machine;
use crate::{leaks, report};

/// What a guest leaves when it is gone.
#[derive(Clone, Debug, Default)]
pub struct Finished {
    /// Virtual time at the end, in nanoseconds.
    pub virtual_ns: u64,
    /// Bus transfers, counted by STOP conditions.
    pub transfers: u64,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// The kernel's log.
    pub log: String,
    /// The kernel's reports that the test did not expect, and the expected
    /// ones that did not come.
    pub kernel_reports: Vec<String>,
    /// The same for broken contracts.
    pub violations: Vec<String>,
    /// The first fault of guest, model or framework.
    pub fault: Option<(Outcome, String)>,
    /// From starting the kernel to the agent's first word, in milliseconds.
    pub boot_ms: f64,
    /// The board as devicetree source.
    pub devicetree: String,
}

impl Finished {
    /// What a guest leaves that did not come up.
    pub(crate) fn failed_boot(fault: &Fault, log: String, devicetree: String) -> Self {
        Self {
            kernel_reports: report::find(&log),
            fault: Some((fault.outcome(), crate::error::chain(fault))),
            log,
            devicetree,
            ..Self::default()
        }
    }
}

/// The known defects of a test: texts that each must come.
#[derive(Default)]
pub(super) struct Expected {
    reports: Vec<String>,
    breaches: Vec<String>,
    death: Option<String>,
}

impl Uml {
    /// Expects a report of the kernel that contains this text; without it the
    /// test fails, and such a report does not fail the test.
    pub fn expect_report(&self, text: &str) {
        let mut expected = self.inner.expected.borrow_mut();
        expected.reports.push(text.to_owned());
    }

    /// Expects a broken contract whose description contains this text;
    /// without it the test fails, and such a breach does not fail the test.
    pub fn expect_violation(&self, text: &str) {
        let mut expected = self.inner.expected.borrow_mut();
        expected.breaches.push(text.to_owned());
    }

    /// Expects the kernel to die with a report that contains this text: a
    /// known defect. The request during which it dies fails with
    /// [`Errno::GUEST_DIED`](crate::Errno::GUEST_DIED), and so does every request
    /// after it; without the report the test fails.
    pub fn expect_death(&self, text: &str) {
        self.expect_report(text);
        self.inner.expected.borrow_mut().death = Some(text.to_owned());
    }
}

impl Inner {
    /// Whether the guest that died has left the report that the test expects.
    pub(super) fn death_is_expected(&self) -> bool {
        let expected = self.expected.borrow();
        let expected = expected.death.as_deref();
        expected.is_some_and(|text| report::find(&self.dmesg()).iter().any(|r| r.contains(text)))
    }

    /// What is left when the guest is gone. A guest with checkers is asked for
    /// leaks before it goes; what happens then is none of the test's. A guest
    /// that a user explored is not asked: it may compute without end.
    pub(super) fn finish(&self) -> Finished {
        let mut machine = self.machine.borrow_mut();
        let asks = self.kernel.flavour.collects(Collector::Kmemleak)
            && !self.dead.get()
            && self.fault.borrow().is_none()
            && !std::thread::panicking()
            && !self.start.terminal;
        if !asks {
            machine.kill();
        }
        let finished = self.so_far(&machine);
        let leaks = if asks {
            leaks::find(&mut machine)
        } else {
            Ok(String::new())
        };
        machine.kill();
        let mut log = machine.log.text();
        log.push_str(leaks.as_deref().unwrap_or_default());
        let mut kernel_reports = report::find(&log);
        if let Err(fault) = leaks {
            let text = crate::error::chain(&fault);
            kernel_reports.push(format!("the search for leaks at the end failed: {text}"));
        }
        settle(
            &mut kernel_reports,
            &self.expected.borrow().reports,
            "report of the kernel",
        );
        Finished {
            log,
            kernel_reports,
            ..finished
        }
    }

    /// What the test did, and what the models say to it.
    fn so_far(&self, machine: &Machine) -> Finished {
        let now = machine.world.now();
        let mut trace = machine.world.trace.borrow_mut();
        let mut events = std::mem::take(&mut trace.events);
        events.extend(machine.log.news(now, now));
        let mut violations: Vec<String> = trace
            .breaches
            .iter()
            .map(|breach| {
                format!(
                    "the driver broke a contract of {}: {}",
                    breach.chip, breach.text
                )
            })
            .collect();
        settle(
            &mut violations,
            &self.expected.borrow().breaches,
            "violation of a contract",
        );
        Finished {
            virtual_ns: now.as_ns(),
            transfers: trace.transfers,
            events,
            violations,
            fault: self.fault.borrow().clone(),
            boot_ms: self.start.boot_ms,
            devicetree: self.start.devicetree.clone(),
            ..Finished::default()
        }
    }
}

/// Removes what was expected, and adds what was expected and did not come.
fn settle(found: &mut Vec<String>, expected: &[String], what: &str) {
    for text in expected {
        let before = found.len();
        found.retain(|found| !found.contains(text.as_str()));
        if found.len() == before {
            found.push(format!("the expected {what} did not come: {text}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expected_report_that_does_not_come_is_a_report() {
        let mut found = vec!["WARNING: at f".to_owned()];
        settle(&mut found, &["at f".into(), "at g".into()], "report");
        assert_eq!(found, ["the expected report did not come: at g"]);
    }
}
