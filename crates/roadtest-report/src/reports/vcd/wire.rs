// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The wires of a bus. The timeline knows a transfer's bytes, when it began
//! and when it ended; the shape of the bits follows from the protocol, and
//! the rate from their number. Of a bus of another kind only the text is shown.

mod i2c;
mod spi;

use roadtest_record::event::{Event, Transfer, What};
use vcd::Value;

use super::super::bus::{self, Bus};
use super::changes::{Change, Changes, Kind, Scope};

/// Draws the transfers of a timeline.
pub(super) fn draw(events: &[Event], changes: &mut Changes) {
    for event in events {
        if let What::Transfer(transfer) = &event.what {
            draw_one(event.time_ns, transfer, changes);
        }
    }
}

fn draw_one(end_ns: u64, transfer: &Transfer, changes: &mut Changes) {
    let scope = Scope::Bus(transfer.bus.clone());
    let signal = changes.signal(&scope, "transfer", Kind::Text);
    changes.add(
        transfer.start_ns,
        signal,
        Change::Block(text(transfer), end_ns),
    );
    let mut wires = Wires {
        scope,
        time: Time {
            start_ns: transfer.start_ns,
            duration_ns: end_ns.saturating_sub(transfer.start_ns),
        },
        changes,
    };
    match Bus::of(transfer) {
        bus @ (Bus::I2c(_) | Bus::I2cTenBits(_)) => i2c::draw(transfer, bus, &mut wires),
        Bus::Spi => spi::draw(transfer, &mut wires),
        Bus::Other => {}
    }
}

/// What is to be read beside the wires: `opt3001 W CONFIG ca10 mode=Single`.
fn text(transfer: &Transfer) -> String {
    let alone = bus::alone(transfer);
    let lines = alone.lines().into_iter().map(|line| {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        words.join(" ")
    });
    let lines: Vec<String> = lines.collect();
    let text = format!("{} {}", transfer.chip, lines.join(", "));
    text.trim().to_owned()
}

/// The wires of one bus, on which a transfer is drawn.
struct Wires<'a> {
    scope: Scope,
    time: Time,
    changes: &'a mut Changes,
}

impl Wires<'_> {
    /// Declares a wire and returns its signal.
    fn wire(&mut self, name: &str, idle: Kind) -> usize {
        self.changes.signal(&self.scope, name, idle)
    }

    fn set(&mut self, time_ns: u64, wire: usize, level: Value) {
        self.changes.add(time_ns, wire, Change::Level(level));
    }
}

/// The time of a transfer.
#[derive(Clone, Copy)]
struct Time {
    start_ns: u64,
    duration_ns: u64,
}

impl Time {
    /// Divides it into bits of four quarters, in which the edges are; `None`
    /// where a quarter is shorter than 1 ns: what took no time was never on
    /// the bus.
    fn bits(self, count: usize) -> Option<Bits> {
        let quarters = (count as u64).checked_mul(4)?;
        (quarters > 0 && self.duration_ns >= quarters).then_some(Bits {
            time: self,
            quarters,
        })
    }
}

/// The bits of a transfer, all of the same length.
#[derive(Clone, Copy)]
struct Bits {
    time: Time,
    quarters: u64,
}

impl Bits {
    /// When a quarter of a bit begins.
    fn at(self, bit: usize, quarter: u64) -> u64 {
        let Time {
            start_ns,
            duration_ns,
        } = self.time;
        let before = u128::from(bit as u64 * 4 + quarter);
        let since = u128::from(duration_ns) * before / u128::from(self.quarters);
        // It is at most the duration, and the end of that is a time.
        start_ns.saturating_add(u64::try_from(since).unwrap_or(duration_ns))
    }
}

fn high_bit_first(byte: u8) -> impl Iterator<Item = bool> {
    (0..8).rev().map(move |bit| byte >> bit & 1 == 1)
}
