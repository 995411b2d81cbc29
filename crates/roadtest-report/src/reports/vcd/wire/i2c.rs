// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! SCL and SDA of an I2C message (UM10204, section 3.1).

use roadtest_record::event::{Direction, End, Outcome, Transfer};
use vcd::Value;

use super::super::super::bus::Bus;
use super::super::changes::Kind;
use super::{Wires, high_bit_first};

/// The first byte of a ten-bit address is this and its two high bits
/// (UM10204, section 3.1.11).
const TEN_BITS: u8 = 0b1111_0000;

/// The first byte of a message.
fn first(bus: Bus, direction: Direction) -> Option<u8> {
    match bus {
        Bus::I2c(address) => Some(address << 1 | u8::from(direction == Direction::Read)),
        // A controller that reads writes the rest of the address before.
        Bus::I2cTenBits(address) => Some(TEN_BITS | (address >> 7 & 0b110).to_le_bytes()[0]),
        Bus::Spi | Bus::Other => None,
    }
}

/// The bits between START and STOP, each byte's acknowledge after it; the
/// line is low where a receiver acknowledges.
fn bits(transfer: &Transfer, first: u8) -> Vec<bool> {
    let mut bits = Vec::new();
    let mut byte = |byte: u8, acknowledged: bool| {
        bits.extend(high_bit_first(byte));
        bits.push(!acknowledged);
    };
    let answers = transfer.outcome != Outcome::AddressRefused;
    byte(first, answers);
    if !answers {
        return bits;
    }
    let bytes = transfer.bytes();
    for (index, data) in bytes.iter().enumerate() {
        // The controller does not acknowledge the last byte that it reads.
        let last = index + 1 == bytes.len();
        let refused = transfer.outcome == Outcome::ByteRefused(index);
        let reads = transfer.direction == Direction::Read;
        byte(*data, if reads { !last } else { !refused });
    }
    bits
}

/// Draws a message.
pub(super) fn draw(transfer: &Transfer, bus: Bus, wires: &mut Wires<'_>) {
    let Some(first) = first(bus, transfer.direction) else {
        return;
    };
    let bits = bits(transfer, first);
    let scl = wires.wire("scl", Kind::High);
    let sda = wires.wire("sda", Kind::High);
    // START and STOP take the time of a bit each.
    let stop = bits.len() + 1;
    let Some(time) = wires.time.bits(stop + 1) else {
        return;
    };
    let mut set = |time, wire, level: bool| wires.set(time, wire, Value::from(level));
    set(time.at(0, 2), sda, false);
    set(time.at(0, 3), scl, false);
    for (bit, level) in (1..).zip(bits) {
        set(time.at(bit, 0), sda, level);
        set(time.at(bit, 1), scl, true);
        set(time.at(bit, 3), scl, false);
    }
    // STOP is SDA that rises while SCL is high; before a repeated START, SDA
    // rises first.
    let stops = transfer.end == End::Stop;
    set(time.at(stop, 0), sda, !stops);
    set(time.at(stop, 1), scl, true);
    if stops {
        set(time.at(stop, 2), sda, true);
    }
}
