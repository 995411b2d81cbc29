// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! How an acceleration becomes the bytes of the data registers: range,
//! resolution, offset, alignment (datasheet pages 4, 24, 27 and 32).

use roadtest_model::register::{Field, Register, Registers};

use super::{Sample, reg};

/// Steps per g at ±2 g, and in full resolution in each range (page 4).
const STEPS_PER_G: i32 = 256;
/// The bits of a result at ±2 g, and in each range without full resolution.
const BITS: u32 = 10;
/// A step of an offset register in steps of a result at ±2 g (15.6 mg).
const OFFSET_STEPS: i32 = 4;
/// RATE from which on the lowest bit is 0 at the finest resolution (page 32).
const RATE_COARSE: u32 = 14;

/// The data registers for an acceleration in mg.
pub(super) fn sample(registers: &Registers, milli_g: [i32; 3]) -> Sample {
    let offsets = [reg::OFSX, reg::OFSY, reg::OFSZ];
    let mut bytes = [0; 6];
    for (axis, (milli_g, offset)) in milli_g.into_iter().zip(offsets).enumerate() {
        let word = axis_word(registers, milli_g, offset).to_le_bytes();
        bytes[2 * axis..2 * axis + 2].copy_from_slice(&word);
    }
    bytes
}

fn axis_word(registers: &Registers, milli_g: i32, offset: Register) -> i16 {
    let range = registers.get(reg::RANGE);
    let full = registers.is_set(reg::FULL_RES);
    let coarser = if full { 0 } else { range };
    let bits = if full { BITS + range } else { BITS };
    let steps =
        rounded(milli_g * STEPS_PER_G, 1000) + i32::from(signed(registers, offset)) * OFFSET_STEPS;
    let most = (1 << (bits - 1)) - 1;
    let mut result = rounded(steps, 1 << coarser).clamp(-most - 1, most);
    if coarser == 0 && (full || range == 0) && registers.get(reg::RATE) >= RATE_COARSE {
        result &= !1;
    }
    let left = if registers.is_set(reg::JUSTIFY) {
        16 - bits
    } else {
        0
    };
    // Why: at most 13 bits, and at the top of 16 where they are shifted.
    i16::try_from(result << left).unwrap_or(i16::MAX)
}

/// A register in two's complement.
fn signed(registers: &Registers, register: Register) -> i8 {
    let [low, ..] = registers.get(register).to_le_bytes();
    low.cast_signed()
}

/// The nearest whole number.
const fn rounded(value: i32, by: i32) -> i32 {
    (value + if value < 0 { -by / 2 } else { by / 2 }) / by
}

/// A threshold register in mg (pages 24 and 25), in halves to stay whole.
pub(super) fn threshold_half_mg(registers: &Registers, register: Register) -> i32 {
    // Why: a register has eight bits.
    125 * i32::try_from(registers.get(register)).unwrap_or(0)
}

/// Whether any of the fields is set.
pub(super) fn any(registers: &Registers, fields: [Field; 3]) -> bool {
    fields.into_iter().any(|field| registers.is_set(field))
}
