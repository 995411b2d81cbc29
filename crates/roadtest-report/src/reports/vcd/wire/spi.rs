// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! SCK, MOSI, MISO and the chip select of an SPI transfer. The record has no
//! mode: it is drawn in mode 0 (SCK is low between bits, which are sampled as
//! it rises), most significant bit first, with a chip select that is low
//! while asserted.

use roadtest_record::event::{Direction, End, Transfer};
use vcd::Value;

use super::super::changes::Kind;
use super::{Wires, high_bit_first};

/// The levels of a line, bit by bit. What is not recorded is not known.
fn levels(bytes: &[u8], count: usize) -> Vec<Value> {
    let bits = bytes.iter().flat_map(|byte| high_bit_first(*byte));
    let mut levels: Vec<Value> = bits.map(Value::from).collect();
    levels.resize(count, Value::X);
    levels
}

/// Draws a transfer.
pub(super) fn draw(transfer: &Transfer, wires: &mut Wires<'_>) {
    let (sent, received) = match transfer.direction {
        Direction::Write => (transfer.bytes(), Vec::new()),
        Direction::Read => (Vec::new(), transfer.bytes()),
        Direction::Both => (transfer.bytes(), transfer.received()),
    };
    let count = 8 * sent.len().max(received.len());
    let (sent, received) = (levels(&sent, count), levels(&received, count));
    let sck = wires.wire("sck", Kind::Low);
    let mosi = wires.wire("mosi", Kind::Open);
    let miso = wires.wire("miso", Kind::Open);
    let select = wires.wire(&transfer.unit, Kind::High);
    let Some(time) = wires.time.bits(count) else {
        return;
    };
    wires.set(time.at(0, 0), select, Value::V0);
    for (bit, (sent, received)) in sent.into_iter().zip(received).enumerate() {
        wires.set(time.at(bit, 0), mosi, sent);
        wires.set(time.at(bit, 0), miso, received);
        wires.set(time.at(bit, 1), sck, Value::V1);
        let ends = transfer.end == End::Stop && bit + 1 == count;
        // Why: when chip select was released is not recorded. It is within
        // the last bit here, so that it is seen to be even where the next
        // message follows at once.
        wires.set(time.at(bit, if ends { 2 } else { 3 }), sck, Value::V0);
        if ends {
            wires.set(time.at(bit, 3), select, Value::V1);
            wires.set(time.at(bit, 3), miso, Value::Z);
        }
    }
}
