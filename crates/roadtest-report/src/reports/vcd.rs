// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A test's buses and pins as waveforms (Value Change Dump, IEEE 1364-2005,
//! section 18). There are two files of a test:
//!
//! - [`Content::Levels`]: the levels of wires and nothing else, which every
//!   reader of the format takes. sigrok warns of texts. Its release 0.5.2
//!   knows a wire by its own name, later code by that and the names of the
//!   scopes around it, except one: with all wires in that, `i2c.scl` is the
//!   name in both.
//! - [`Content::LevelsAndTexts`]: with decoded transfers, requests and the
//!   kernel's log as strings beside the wires, for GTKWave and Surfer. The
//!   format has no spaces in strings: `_` stands for one.
//!
//! Both have the coarsest tick at which no edge is lost: sigrok makes a sample
//! of each.

mod changes;
mod names;
mod wire;

use std::collections::BTreeMap;

use roadtest_record::event::{Event, What};
use vcd::{IdCode, Value, VarType, Writer};

use self::changes::{Change, Changes, Kind, Scope, Tick};
use self::names::{Names, name, word};
use super::run::Test;

/// The scope that sigrok puts wires in when it writes a file, and leaves out
/// of their names when it reads one.
const SIGROK: &str = "libsigrok";

/// What is in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// The levels of wires.
    Levels,
    /// The same, and texts beside them.
    LevelsAndTexts,
}

impl Content {
    fn has(self, kind: Kind) -> bool {
        match self {
            Self::Levels => kind != Kind::Text,
            Self::LevelsAndTexts => true,
        }
    }
}

/// The waveforms of a test.
///
/// # Errors
/// Those of the writer.
pub fn render(test: &Test, content: Content) -> anyhow::Result<Vec<u8>> {
    let mut changes = collect(&test.events);
    changes.sort();
    let tick = changes.tick();
    let mut text = Vec::new();
    let mut writer = Writer::new(&mut text);
    writer.comment(&format!("roadtest {}", name(&test.path())))?;
    writer.timescale(tick.number, tick.unit)?;
    let ids = declare(&mut writer, &changes, content)?;
    let values = values(&changes, tick);
    dump(&mut writer, &values, &ids, tick.of(test.record.virtual_ns))?;
    Ok(text)
}

fn collect(events: &[Event]) -> Changes {
    let mut changes = Changes::default();
    wire::draw(events, &mut changes);
    for event in events {
        note(event, &mut changes);
    }
    changes
}

/// What is not on a bus.
fn note(event: &Event, changes: &mut Changes) {
    let mut text = |scope: Scope, name: &str, text: String| {
        let signal = changes.signal(&scope, name, Kind::Text);
        changes.add(event.time_ns, signal, Change::Text(text));
    };
    match &event.what {
        What::Transfer(_) => {}
        What::Pin { pin, to, by } => {
            let level = match to.as_str() {
                "high" => Value::V1,
                "low" => Value::V0,
                direction => {
                    let driver = format!("{pin}_driver");
                    return text(Scope::Pins, &driver, format!("{direction} ({by})"));
                }
            };
            let signal = changes.signal(&Scope::Pins, pin, Kind::Open);
            changes.add(event.time_ns, signal, Change::Level(level));
        }
        What::Interrupt { pin, text: what } => {
            text(Scope::Interrupts, pin, what.clone());
            let fired = format!("{pin}_fired");
            let signal = changes.signal(&Scope::Interrupts, &fired, Kind::Low);
            if what == "fired" {
                changes.add(event.time_ns, signal, Change::Mark);
            }
        }
        What::Request { text: what, answer } => {
            text(Scope::Guest, "request", format!("{what} = {answer}"));
        }
        What::Kernel { text: line } => text(Scope::Guest, "kernel_log", line.clone()),
        What::Violation { chip, text: what } => {
            text(Scope::Guest, "violation", format!("{chip}: {what}"));
        }
        What::Unwise { chip, text: what } => {
            text(Scope::Guest, "unwise", format!("{chip}: {what}"));
        }
        What::Malformed { device, text: what } => {
            text(Scope::Guest, "violation", format!("{device}: {what}"));
        }
    }
}

/// A signal in the file.
struct Id {
    code: IdCode,
    kind: Kind,
}

/// Declares the signals; their identifiers are found by their numbers.
fn declare(
    writer: &mut Writer<&mut Vec<u8>>,
    changes: &Changes,
    content: Content,
) -> anyhow::Result<BTreeMap<usize, Id>> {
    let mut ids = BTreeMap::new();
    let (mut scopes, mut names) = (Names::default(), Names::default());
    let mut open: Option<&Scope> = None;
    writer.add_module(match content {
        Content::Levels => SIGROK,
        Content::LevelsAndTexts => "board",
    })?;
    for (signal, number) in changes.signals() {
        let kind = signal.kind;
        if !content.has(kind) {
            continue;
        }
        let scope = signal.scope.name();
        let name = match content {
            Content::Levels => names.unique(&format!("{scope}.{}", signal.name)),
            Content::LevelsAndTexts => {
                if open != Some(&signal.scope) {
                    if open.replace(&signal.scope).is_some() {
                        writer.upscope()?;
                    }
                    writer.add_module(&scopes.unique(scope))?;
                    names = Names::default();
                }
                names.unique(&signal.name)
            }
        };
        let of = match kind {
            Kind::Text => VarType::String,
            Kind::High | Kind::Low | Kind::Open => VarType::Wire,
        };
        let code = writer.add_var(of, 1, &name, None)?;
        ids.insert(number, Id { code, kind });
    }
    if open.is_some() {
        writer.upscope()?;
    }
    writer.upscope()?;
    writer.enddefinitions()?;
    Ok(ids)
}

/// What a signal has from a tick on.
#[derive(Clone, Debug, PartialEq)]
enum Has {
    Level(Value),
    Text(String),
}

/// What every signal has, tick by tick.
type Values = BTreeMap<u64, BTreeMap<usize, Has>>;

fn values(changes: &Changes, tick: Tick) -> Values {
    let mut values = Values::new();
    // Sorted: a text that ends is before the next one.
    let mut ends = Vec::new();
    for entry in changes.entries() {
        let at = tick.of(entry.time_ns);
        let next = at.saturating_add(1);
        let mut put = |at, has| put(values.entry(at).or_default(), entry.signal, has);
        match &entry.change {
            Change::Level(level) => put(at, Has::Level(*level)),
            Change::Mark => {
                put(at, Has::Level(Value::V1));
                ends.push((next, entry.signal, Has::Level(Value::V0)));
            }
            Change::Text(text) => put(at, Has::Text(text.clone())),
            Change::Block(text, end_ns) => {
                put(at, Has::Text(text.clone()));
                let end = tick.of(*end_ns).max(next);
                ends.push((end, entry.signal, Has::Text(String::new())));
            }
        }
    }
    for (at, signal, end) in ends {
        // What begins as this ends stays.
        values.entry(at).or_default().entry(signal).or_insert(end);
    }
    values
}

/// The last level of a tick is the one that is seen; texts are one text.
fn put(values: &mut BTreeMap<usize, Has>, signal: usize, has: Has) {
    match (values.get_mut(&signal), has) {
        (Some(Has::Text(all)), Has::Text(text)) => {
            all.push_str("; ");
            all.push_str(&text);
        }
        (_, has) => {
            values.insert(signal, has);
        }
    }
}

fn dump(
    writer: &mut Writer<&mut Vec<u8>>,
    values: &Values,
    ids: &BTreeMap<usize, Id>,
    end: u64,
) -> anyhow::Result<()> {
    let mut now: BTreeMap<usize, Has> = BTreeMap::new();
    for (signal, id) in ids {
        let first = values
            .get(&0)
            .and_then(|values| values.get(signal))
            .cloned();
        let idle = || id.kind.level().map_or(Has::Text(String::new()), Has::Level);
        now.insert(*signal, first.unwrap_or_else(idle));
    }
    writer.timestamp(0)?;
    for (signal, has) in &now {
        write(writer, ids[signal].code, has)?;
    }
    // Why: sigrok takes a file for sampled too often where no two times are
    // near each other, as where a test has few events, and says so.
    writer.timestamp(1)?;
    let mut last = 1;
    for (tick, values) in values.range(1..) {
        for (signal, has) in values {
            let (Some(id), Some(before)) = (ids.get(signal), now.get_mut(signal)) else {
                continue;
            };
            if before == has {
                continue;
            }
            if *tick > last {
                writer.timestamp(*tick)?;
                last = *tick;
            }
            write(writer, id.code, has)?;
            before.clone_from(has);
        }
    }
    // What changed last is seen for a tick, too.
    let end = end.max(last.saturating_add(1));
    if end > last {
        writer.timestamp(end)?;
    }
    Ok(())
}

fn write(writer: &mut Writer<&mut Vec<u8>>, code: IdCode, has: &Has) -> std::io::Result<()> {
    match has {
        Has::Level(level) => writer.change_scalar(code, *level),
        Has::Text(text) => writer.change_string(code, &word(text)),
    }
}

#[cfg(test)]
mod listener;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
