// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The changes of all signals of a test, in nanoseconds. How long a tick of
//! the file is follows from them: viewers that sample, as sigrok does, have
//! that many samples a second.

use std::collections::BTreeMap;

use vcd::{TimescaleUnit, Value};

/// What signals belong to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    /// The bus of that name.
    Bus(String),
    Guest,
    Interrupts,
    Pins,
}

impl Scope {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Bus(name) => name,
            Self::Guest => "guest",
            Self::Interrupts => "interrupts",
            Self::Pins => "pins",
        }
    }
}

/// What a signal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A wire that is high until it first changes.
    High,
    /// A wire that is low until it first changes.
    Low,
    /// A wire that nothing drives until it first changes.
    Open,
    /// A text.
    Text,
}

impl Kind {
    /// The level of a wire before its first change.
    pub(super) fn level(self) -> Option<Value> {
        match self {
            Self::High => Some(Value::V1),
            Self::Low => Some(Value::V0),
            Self::Open => Some(Value::Z),
            Self::Text => None,
        }
    }
}

/// A signal; nothing else has the same scope, name and kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Signal {
    pub(super) scope: Scope,
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// What a signal changes to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    /// A wire's level.
    Level(Value),
    /// High for one tick.
    Mark,
    /// A text that stays.
    Text(String),
    /// A text, at least for one tick, until this time.
    Block(String, u64),
}

/// A change of a signal, which is known by its number.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) time_ns: u64,
    pub(super) signal: usize,
    pub(super) change: Change,
}

/// The changes of all signals.
#[derive(Debug, Default)]
pub(super) struct Changes {
    entries: Vec<Entry>,
    /// Signals are numbered as they appear.
    signals: BTreeMap<Signal, usize>,
}

impl Changes {
    /// The number of a signal, which is declared with that.
    pub(super) fn signal(&mut self, scope: &Scope, name: &str, kind: Kind) -> usize {
        let signal = Signal {
            scope: scope.clone(),
            name: name.to_owned(),
            kind,
        };
        let next = self.signals.len();
        *self.signals.entry(signal).or_insert(next)
    }

    pub(super) fn add(&mut self, time_ns: u64, signal: usize, change: Change) {
        self.entries.push(Entry {
            time_ns,
            signal,
            change,
        });
    }

    /// All signals and their numbers, in the order of their names.
    pub(super) fn signals(&self) -> impl Iterator<Item = (&Signal, usize)> {
        self.signals
            .iter()
            .map(|(signal, number)| (signal, *number))
    }

    /// Puts them in order of time, and removes levels that change nothing.
    pub(super) fn sort(&mut self) {
        // Stable: what happened at one time stays in order.
        self.entries.sort_by_key(|entry| entry.time_ns);
        let mut levels: Vec<Option<Value>> = vec![None; self.signals.len()];
        for (signal, number) in &self.signals {
            levels[*number] = signal.kind.level();
        }
        self.entries.retain(|entry| match entry.change {
            Change::Level(level) => levels[entry.signal].replace(level) != Some(level),
            Change::Mark | Change::Text(_) | Change::Block(..) => true,
        });
    }

    /// The entries, sorted.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The coarsest tick at which the edges of a bus, the levels of a pin and
    /// the interrupts of a line stay apart. [`Changes::sort`] goes before.
    pub(super) fn tick(&self) -> Tick {
        let mut clocks: Vec<Clock> = vec![Clock::default(); self.signals.len()];
        let mut buses: BTreeMap<&Scope, usize> = BTreeMap::new();
        for (signal, number) in &self.signals {
            // The wires of a bus belong together: their order has a meaning.
            if let Scope::Bus(_) = signal.scope {
                clocks[*number].of = Some(*buses.entry(&signal.scope).or_insert(*number));
            }
        }
        let (mut shortest, mut on_buses) = (u64::MAX, false);
        for entry in &self.entries {
            let ticks = match entry.change {
                Change::Level(_) => 1,
                // It is over before the next one.
                Change::Mark => 2,
                Change::Text(_) | Change::Block(..) => continue,
            };
            on_buses |= clocks[entry.signal].of.is_some();
            let clock = clocks[entry.signal].of.unwrap_or(entry.signal);
            let last = clocks[clock].last.replace(entry.time_ns);
            match last.map(|last| entry.time_ns - last) {
                Some(0) | None => {}
                Some(gap) => shortest = shortest.min(gap / ticks),
            }
        }
        if !on_buses {
            shortest = shortest.min(WITHOUT_BUS_NS);
        }
        Tick::at_most(shortest)
    }
}

/// When something changed last; for wires of a bus, the bus's first signal
/// knows.
#[derive(Clone, Default)]
struct Clock {
    of: Option<usize>,
    last: Option<u64>,
}

/// The tick of a file without traffic on a bus, at most.
const WITHOUT_BUS_NS: u64 = 1_000;

/// The unit of time of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tick {
    pub(super) ns: u64,
    pub(super) number: u32,
    pub(super) unit: TimescaleUnit,
}

impl Tick {
    /// The longest tick of the format that is no longer than `ns`, between
    /// 1 ns and 100 ms.
    fn at_most(ns: u64) -> Self {
        let units = [
            (1, TimescaleUnit::NS),
            (1_000, TimescaleUnit::US),
            (1_000_000, TimescaleUnit::MS),
        ];
        let mut longest = Self {
            ns: 1,
            number: 1,
            unit: TimescaleUnit::NS,
        };
        for (unit_ns, unit) in units {
            for number in [1, 10, 100] {
                let tick = unit_ns * u64::from(number);
                if tick <= ns {
                    longest = Self {
                        ns: tick,
                        number,
                        unit,
                    };
                }
            }
        }
        longest
    }

    /// The tick in which a time is.
    pub(super) fn of(self, time_ns: u64) -> u64 {
        time_ns / self.ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tick(ns: u64) -> String {
        let Tick { number, unit, .. } = Tick::at_most(ns);
        format!("{number} {unit}")
    }

    #[test]
    fn a_tick_is_a_power_of_ten() {
        let ticks = [0, 1, 9, 10, 625, 2_500, 5_000_000, u64::MAX].map(tick);
        assert_eq!(
            ticks,
            [
                "1 ns", "1 ns", "1 ns", "10 ns", "100 ns", "1 us", "1 ms", "100 ms"
            ]
        );
    }

    #[test]
    fn levels_of_a_pin_stay_apart_and_those_of_two_pins_need_not() {
        let mut changes = Changes::default();
        let first = changes.signal(&Scope::Pins, "a", Kind::Open);
        let second = changes.signal(&Scope::Pins, "b", Kind::Open);
        changes.add(1_000, first, Change::Level(Value::V0));
        changes.add(1_001, second, Change::Level(Value::V0));
        changes.add(1_002, first, Change::Level(Value::V0));
        changes.sort();
        assert_eq!(changes.entries().len(), 2, "a level that was there");
        assert_eq!(changes.tick().ns, 1_000);
        changes.add(1_012, first, Change::Level(Value::V1));
        changes.sort();
        assert_eq!(changes.tick().ns, 10);
    }
}
