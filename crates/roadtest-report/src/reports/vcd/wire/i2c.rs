// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! SCL and SDA of an I2C message (UM10204, section 3.1).

use roadtest_record::event::{Direction, End, Outcome, Transfer};
use vcd::Value;

use super::super::changes::Kind;
use super::{Wires, high_bit_first};

/// The first byte of a ten-bit address is this and its two high bits
/// (UM10204, section 3.1.11).
const TEN_BITS: u8 = 0b1111_0000;

/// An address on the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Address {
    Seven(u8),
    /// No model has one, so that none was ever acknowledged: what is on the
    /// wires is its first byte.
    Ten(u16),
}

/// The address that a transfer goes to, if it can be one on I2C.
pub(super) fn address(transfer: &Transfer) -> Option<Address> {
    let Transfer { unit, .. } = transfer;
    let is_hex = unit.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hex || transfer.direction == Direction::Both {
        return None;
    }
    let refused = transfer.outcome == Outcome::AddressRefused;
    match u16::from_str_radix(unit, 16).ok()? {
        number @ 0..=0x7f => Some(Address::Seven(number.to_le_bytes()[0])),
        number @ 0x80..=0x3ff if refused => Some(Address::Ten(number)),
        _ => None,
    }
}

impl Address {
    /// The first byte of the message.
    fn byte(self, reads: bool) -> u8 {
        match self {
            Self::Seven(address) => address << 1 | u8::from(reads),
            // A controller that reads first writes the rest of the address.
            Self::Ten(address) => TEN_BITS | (address >> 7 & 0b110).to_le_bytes()[0],
        }
    }
}

/// The bits between START and STOP, each byte's acknowledge after it; the
/// line is low where a receiver acknowledges.
fn bits(transfer: &Transfer, address: Address) -> Vec<bool> {
    let reads = transfer.direction == Direction::Read;
    let mut bits = Vec::new();
    let mut byte = |byte: u8, acknowledged: bool| {
        bits.extend(high_bit_first(byte));
        bits.push(!acknowledged);
    };
    let answers = transfer.outcome != Outcome::AddressRefused;
    byte(address.byte(reads), answers);
    if !answers {
        return bits;
    }
    let bytes = transfer.bytes();
    for (index, data) in bytes.iter().enumerate() {
        // The controller does not acknowledge the last byte that it reads.
        let last = index + 1 == bytes.len();
        let refused = transfer.outcome == Outcome::ByteRefused(index);
        byte(*data, if reads { !last } else { !refused });
    }
    bits
}

/// Draws a message.
pub(super) fn draw(transfer: &Transfer, address: Address, wires: &mut Wires<'_>) {
    let bits = bits(transfer, address);
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
