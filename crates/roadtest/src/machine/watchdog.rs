// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Whether the guest makes progress: virtual time has to move. The limit is in
//! processor time of the guest's processes. The host's clock is no measure: on
//! a loaded machine a guest may not run for seconds, and does not hang.
//!
//! Two kinds of guests make no progress. One computes, or keeps the machine
//! busy: it has used up its limit and virtual time has not moved, regardless
//! of its messages. The other does nothing at all, for so long on the host's
//! clock that a loaded machine is not the reason.

use std::time::{Duration, Instant};

use roadtest_model::SimTime;

/// Virtual time has moved if it moved this far: a guest that creeps makes no
/// progress.
const PROGRESS: SimTime = SimTime::ms(1);

/// A guest may do nothing for so many times as long as it may compute.
const IDLE_FACTOR: u32 = 4;

/// How often the guest is looked at, as a part of its limit, and at most: to
/// look costs a walk over the host's processes.
const LOOKS: u32 = 8;
const LOOK_EVERY_MAX: Duration = Duration::from_secs(1);

/// How a guest makes no progress, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stuck {
    /// It has computed for so long.
    Computes(Duration),
    /// It has done nothing for so long, on the host's clock.
    Idle(Duration),
}

/// Watches one guest.
#[derive(Debug)]
pub(super) struct Watchdog {
    /// How long the guest may keep a processor busy; `None` is without limit.
    limit: Option<Duration>,
    /// Virtual time when this began to count.
    since: SimTime,
    next_look: Instant,
    /// What was seen since then.
    seen: Option<Seen>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    /// What the guest had used of the processor, at first and at last.
    first: Duration,
    last: Duration,
    /// When `last` changed.
    changed: Instant,
    /// What this thread has used to serve it.
    served: Duration,
    /// What this thread had used when the last look was over.
    own: Duration,
}

impl Watchdog {
    pub(super) fn new(limit: Duration) -> Self {
        Self {
            limit: Some(limit),
            since: SimTime::ZERO,
            next_look: Instant::now() + every(limit),
            seen: None,
        }
    }

    /// Never gives up from here on.
    pub(super) fn disable(&mut self) {
        self.limit = None;
    }

    /// Begins to count, at this virtual time.
    pub(super) fn restart(&mut self, now: SimTime) {
        self.since = now;
        self.seen = None;
        if let Some(limit) = self.limit {
            self.next_look = Instant::now() + every(limit);
        }
    }

    /// It is this virtual time: if that is progress, counting begins anew.
    pub(super) fn note(&mut self, now: SimTime) {
        if now >= self.since + PROGRESS {
            self.restart(now);
        }
    }

    /// How long nothing has to be looked at, on the host's clock; `None` is
    /// without limit.
    pub(super) fn patience(&self, host: Instant) -> Option<Duration> {
        self.limit?;
        Some(self.next_look.saturating_duration_since(host))
    }

    /// Whether it is time to look.
    pub(super) fn is_due(&self, host: Instant) -> bool {
        self.limit.is_some() && host >= self.next_look
    }

    /// Looks at the guest. Its processes have used `guest` of the processor so
    /// far; where that is not known it is taken to compute all the time. This
    /// thread has used `own`.
    pub(super) fn look(
        &mut self,
        host: Instant,
        guest: Option<Duration>,
        own: Duration,
    ) -> Option<Stuck> {
        let limit = self.limit?;
        let guest = guest.unwrap_or_else(|| {
            let before = self.seen.map_or(Duration::ZERO, |seen| seen.last);
            before + host.saturating_duration_since(self.next_look) + every(limit)
        });
        self.next_look = host + every(limit);
        let seen = self.seen.get_or_insert(Seen {
            first: guest,
            last: guest,
            changed: host,
            served: Duration::ZERO,
            own,
        });
        seen.served += own.saturating_sub(seen.own);
        if guest > seen.last {
            (seen.last, seen.changed) = (guest, host);
        }
        let busy = seen.last.saturating_sub(seen.first) + seen.served;
        let idle = host.saturating_duration_since(seen.changed);
        if busy >= limit {
            Some(Stuck::Computes(busy))
        } else if idle >= limit * IDLE_FACTOR {
            Some(Stuck::Idle(idle))
        } else {
            None
        }
    }

    /// The look is over, and this thread has used `own`: what it costs is not
    /// the guest's.
    pub(super) fn has_looked(&mut self, own: Duration) {
        if let Some(seen) = &mut self.seen {
            seen.own = own;
        }
    }
}

fn every(limit: Duration) -> Duration {
    (limit / LOOKS).min(LOOK_EVERY_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);
    const SECOND: Duration = Duration::from_secs(1);

    /// Lets the host's clock run and looks each second, as the machine does.
    /// `step` returns how much the guest gets of the processor in that second,
    /// and what virtual time it has got to. Returns what became of it, and
    /// after how many seconds.
    fn watch(
        seconds: u32,
        mut step: impl FnMut(u32) -> (Duration, SimTime),
    ) -> (Option<Stuck>, u32) {
        let mut dog = Watchdog::new(LIMIT);
        let start = dog.next_look - SECOND;
        let mut used = Duration::from_secs(1000);
        for second in 1..=seconds {
            let host = start + SECOND * second;
            let (gets, now) = step(second);
            used += gets;
            // As `note`, on this clock.
            if now >= dog.since + PROGRESS {
                dog.restart(now);
                dog.next_look = host;
            }
            assert!(dog.is_due(host));
            let stuck = dog.look(host, Some(used), Duration::ZERO);
            if stuck.is_some() {
                return (stuck, second);
            }
        }
        (None, seconds)
    }

    #[test]
    fn a_guest_that_never_sleeps_is_ended_at_its_limit_of_processor_time() {
        let (stuck, seconds) = watch(100, |_| (SECOND, SimTime::ZERO));
        assert_eq!(stuck, Some(Stuck::Computes(LIMIT)));
        assert_eq!(seconds, 31);
    }

    #[test]
    fn a_guest_that_gets_little_of_the_processor_has_as_much_time() {
        // A tenth for it, on a machine that is full.
        let (stuck, seconds) = watch(1000, |_| (SECOND / 10, SimTime::ZERO));
        assert_eq!(stuck, Some(Stuck::Computes(LIMIT)));
        assert_eq!(seconds, 301);
    }

    #[test]
    fn a_guest_that_gets_nothing_for_a_while_is_no_hang() {
        let starved = |second| match second {
            0..100 => (Duration::ZERO, SimTime::ZERO),
            _ => (SECOND / 50, SimTime::ZERO),
        };
        assert_eq!(watch(1000, starved).0, None);
    }

    #[test]
    fn a_guest_that_does_nothing_for_a_long_time_is_given_up() {
        let (stuck, seconds) = watch(1000, |_| (Duration::ZERO, SimTime::ZERO));
        assert_eq!(stuck, Some(Stuck::Idle(LIMIT * IDLE_FACTOR)));
        assert_eq!(seconds, 121);
    }

    #[test]
    fn virtual_time_that_moves_is_progress_and_creeping_is_not() {
        let moves = |second: u32| (SECOND, SimTime::ms(second.into()));
        assert_eq!(watch(1000, moves).0, None);
        let creeps = |second: u32| (SECOND, SimTime::ns(second.into()));
        assert_eq!(watch(1000, creeps).1, 31);
    }

    #[test]
    fn what_it_costs_to_serve_a_guest_counts_and_what_it_costs_to_look_does_not() {
        let mut dog = Watchdog::new(LIMIT);
        let start = dog.next_look;
        let mut own = SECOND * 100;
        for second in 0..30 {
            let host = start + SECOND * second;
            assert_eq!(dog.look(host, Some(Duration::ZERO), own), None);
            own += SECOND;
            dog.has_looked(own);
            own += SECOND;
        }
        let stuck = dog.look(start + LIMIT, Some(Duration::ZERO), own);
        assert_eq!(stuck, Some(Stuck::Computes(LIMIT)));
    }

    #[test]
    fn where_no_processor_time_is_known_the_hosts_clock_has_to_do() {
        let mut dog = Watchdog::new(LIMIT);
        let start = dog.next_look;
        let looks =
            |dog: &mut Watchdog, second| dog.look(start + SECOND * second, None, Duration::ZERO);
        assert!((0..30).all(|second| looks(&mut dog, second).is_none()));
        assert_eq!(looks(&mut dog, 30), Some(Stuck::Computes(LIMIT)));
    }

    #[test]
    fn a_disabled_watchdog_never_expires() {
        let mut dog = Watchdog::new(LIMIT);
        dog.disable();
        assert_eq!(dog.patience(Instant::now()), None);
        assert!(!dog.is_due(dog.next_look + LIMIT * 100));
    }
}
