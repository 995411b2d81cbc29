// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! How much a test may take. On the host this is processor time, its own and
//! its guests': a loaded machine makes a test slow, and not wrong. A test that
//! takes none, because it waits for something that does not come, is ended by
//! a much longer limit on the clock.

use std::time::Duration;

use roadtest_model::SimTime;
use roadtest_record::kernel::Kernel;
use rustix::time::{ClockId, clock_gettime};

use super::Test;
use super::test::Purpose;

/// Processor time of a test with its guests. `ROADTEST_LIMIT_S` names another;
/// 0 is none.
const LIMIT: Duration = Duration::from_secs(60);

/// The same where the kernel checks each of its accesses to memory.
const LIMIT_SANITIZED: Duration = Duration::from_secs(240);

/// Names another limit on the host, in seconds; 0 is none.
const LIMIT_ENV: &str = "ROADTEST_LIMIT_S";

/// Virtual time of a guest. `ROADTEST_VIRTUAL_LIMIT_S` names another.
const VIRTUAL_LIMIT: SimTime = SimTime::s(86_400);

/// Names another limit of virtual time, in seconds.
const VIRTUAL_LIMIT_ENV: &str = "ROADTEST_VIRTUAL_LIMIT_S";

/// How much longer than its processor time a test may take on the clock.
const CLOCK_FACTOR: u32 = 10;

/// How much longer a test may take that does not ask its guest for anything,
/// and so does not learn that its time is up. On the clock.
const GRACE: Duration = Duration::from_secs(5);

/// How often the test is looked at.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// How much a test may take.
pub(super) struct Budget {
    /// Processor time; `None` without end.
    limit: Option<Duration>,
    virtual_limit: SimTime,
    /// On the clock since its start, when its time was up.
    asked: std::cell::Cell<Option<Duration>>,
}

/// What is to be done about a test.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing.
    GoOn,
    /// Its next request to its guest is to fail.
    AskToEnd,
    /// It asks its guest for nothing and is to be ended, for this reason.
    End(String),
}

impl Budget {
    /// What a test may take on a kernel. A user who explores a board has all
    /// the time.
    pub(super) fn new(test: &Test, kernel: Option<&Kernel>, purpose: Purpose) -> Self {
        let explores = purpose == Purpose::Exploration;
        let sanitized = kernel.is_some_and(|kernel| kernel.flavour.is_sanitized());
        let usual = if sanitized { LIMIT_SANITIZED } else { LIMIT };
        let own = test.host_limit_s.map(Duration::from_secs);
        let limit = seconds(LIMIT_ENV).map(Duration::from_secs);
        let limit = limit.or(own).unwrap_or(usual);
        let virtual_limit = seconds(VIRTUAL_LIMIT_ENV)
            .map(SimTime::s)
            .or(test.virtual_limit)
            .unwrap_or(VIRTUAL_LIMIT);
        Self {
            limit: (!explores && !limit.is_zero()).then_some(limit),
            virtual_limit: if explores {
                SimTime::MAX
            } else {
                virtual_limit
            },
            asked: std::cell::Cell::default(),
        }
    }

    pub(super) fn limit(&self) -> Duration {
        self.limit.unwrap_or_default()
    }

    pub(super) fn virtual_limit(&self) -> SimTime {
        self.virtual_limit
    }

    /// Looks at the test, which runs for this long now, on the clock.
    pub(super) fn verdict(&self, clock: Duration) -> Verdict {
        self.verdict_on(clock, used)
    }

    fn verdict_on(&self, clock: Duration, used: impl FnOnce() -> Duration) -> Verdict {
        let Some(limit) = self.limit else {
            return Verdict::GoOn;
        };
        if let Some(asked) = self.asked.get() {
            if clock <= asked + GRACE {
                return Verdict::AskToEnd;
            }
            return Verdict::End(format!(
                "the test took longer than its limit of {} s of processor time, \
                 and asked its guest for nothing that could have ended it",
                limit.as_secs()
            ));
        }
        // Nothing can take more than every core has.
        if clock < limit / CORES_MAX || is_debugged() {
            return Verdict::GoOn;
        }
        if clock > limit * CLOCK_FACTOR {
            return Verdict::End(format!(
                "the test did not end within {} s on the clock",
                (limit * CLOCK_FACTOR).as_secs()
            ));
        }
        if used() <= limit {
            return Verdict::GoOn;
        }
        self.asked.set(Some(clock));
        Verdict::AskToEnd
    }
}

/// A test is not measured before it can have used up its time on this many
/// cores: test and guest take turns, and neither has threads.
const CORES_MAX: u32 = 4;

fn seconds(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// A test in a debugger takes as long as the user thinks.
fn is_debugged() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let tracer = status
        .lines()
        .find_map(|line| line.strip_prefix("TracerPid:"));
    tracer.is_some_and(|tracer| tracer.trim() != "0")
}

/// Processor time of this process, of its guests, and of those that are gone.
fn used() -> Duration {
    let own = clock_gettime(ClockId::ProcessCPUTime);
    let own = Duration::try_from(own).unwrap_or_default();
    own + guests()
}

/// One line of `/proc/PID/stat`: what is of use here.
struct Stat {
    pid: i32,
    parent: i32,
    group: i32,
    /// User and system time, its own and that of its dead children.
    ticks: u64,
}

impl Stat {
    /// The name of the program is in parentheses, and may hold anything.
    fn parse(text: &str) -> Option<Self> {
        let (head, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        Some(Self {
            pid: head.split(' ').next()?.parse().ok()?,
            parent: fields.get(1)?.parse().ok()?,
            group: fields.get(2)?.parse().ok()?,
            ticks: number(11)? + number(12)? + number(13)? + number(14)?,
        })
    }
}

/// A guest is a process group that one of our children leads; it has a process
/// for each address space.
fn guests() -> Duration {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let stats: Vec<Stat> = entries
        .filter(|entry| entry.file_name().as_encoded_bytes()[0].is_ascii_digit())
        .filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok())
        .filter_map(|text| Stat::parse(&text))
        .collect();
    let me = i32::try_from(std::process::id()).unwrap_or_default();
    let leaders: Vec<i32> = stats
        .iter()
        .filter(|stat| stat.parent == me && stat.pid == stat.group)
        .map(|stat| stat.pid)
        .collect();
    let ticks: u64 = stats
        .iter()
        .filter(|stat| leaders.contains(&stat.group))
        .map(|stat| stat.ticks)
        .sum();
    Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(limit_s: u64) -> Budget {
        Budget {
            limit: Some(Duration::from_secs(limit_s)),
            virtual_limit: SimTime::MAX,
            asked: std::cell::Cell::default(),
        }
    }

    #[test]
    fn processor_time_counts_and_then_the_clock() {
        let s = Duration::from_secs;
        let budget = budget(60);
        assert_eq!(budget.verdict_on(s(500), || s(60)), Verdict::GoOn);
        assert_eq!(budget.verdict_on(s(501), || s(61)), Verdict::AskToEnd);
        assert_eq!(budget.verdict_on(s(505), || s(61)), Verdict::AskToEnd);
        let end = budget.verdict_on(s(507), || s(61));
        assert!(matches!(&end, Verdict::End(reason) if reason.contains("60 s of processor")));
    }

    #[test]
    fn a_test_that_does_nothing_ends_on_the_clock() {
        let s = Duration::from_secs;
        assert_eq!(budget(60).verdict_on(s(599), || s(1)), Verdict::GoOn);
        let end = budget(60).verdict_on(s(601), || s(1));
        assert!(matches!(&end, Verdict::End(reason) if reason.contains("600 s on the clock")));
    }

    #[test]
    fn a_process_is_known_by_its_parent_and_its_group() {
        let stat = "77 (a) b (c) R 70 71 1 0 -1 4194304 9 0 0 0 120 3 1 1 20 0 1";
        let stat = Stat::parse(stat).unwrap();
        assert_eq!(
            (stat.pid, stat.parent, stat.group, stat.ticks),
            (77, 70, 71, 125)
        );
        assert!(Stat::parse("77 (a) R 70").is_none());
    }

    #[test]
    fn this_process_takes_time() {
        assert!(used() > Duration::ZERO);
    }
}
