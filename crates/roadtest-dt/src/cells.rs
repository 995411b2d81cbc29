// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The numbers of a fragment: literals, the macros of the kernel's headers
//! that wiring needs, and integer expressions in parentheses. No other
//! macros, and no preprocessor.

use crate::check::in_label;
use crate::cursor::{Cursor, syntax};
use crate::error::Error;
use crate::value::{Cell, Part};

/// `include/dt-bindings/interrupt-controller/irq.h` and
/// `include/dt-bindings/gpio/gpio.h`.
const MACROS: &[(&str, u64)] = &[
    ("IRQ_TYPE_NONE", 0),
    ("IRQ_TYPE_EDGE_RISING", 1),
    ("IRQ_TYPE_EDGE_FALLING", 2),
    ("IRQ_TYPE_EDGE_BOTH", 3),
    ("IRQ_TYPE_LEVEL_HIGH", 4),
    ("IRQ_TYPE_LEVEL_LOW", 8),
    ("GPIO_ACTIVE_HIGH", 0),
    ("GPIO_ACTIVE_LOW", 1),
    ("GPIO_PUSH_PULL", 0),
    ("GPIO_SINGLE_ENDED", 2),
    ("GPIO_LINE_OPEN_SOURCE", 0),
    ("GPIO_LINE_OPEN_DRAIN", 4),
    ("GPIO_OPEN_DRAIN", 6),
    ("GPIO_OPEN_SOURCE", 2),
    ("GPIO_PERSISTENT", 0),
    ("GPIO_TRANSITORY", 8),
    ("GPIO_PULL_UP", 16),
    ("GPIO_PULL_DOWN", 32),
    ("GPIO_PULL_DISABLE", 64),
];

/// Deeper parentheses are refused, so that no text exhausts the stack.
const DEPTH_MAX: usize = 32;

/// Operators with their precedence: the higher, the tighter, as in C.
const OPERATORS: &[(&str, u8)] = &[
    ("|", 1),
    ("^", 2),
    ("&", 3),
    ("<<", 4),
    (">>", 4),
    ("+", 5),
    ("-", 5),
    ("*", 6),
    ("/", 6),
    ("%", 6),
];

/// What follows `<`, to the `>`; elements are `bits` wide: 8, 16, 32 or 64.
pub(crate) fn list(cursor: &mut Cursor<'_>, bits: u32) -> Result<Part, Error> {
    let mut cells = Vec::new();
    let mut bytes = Vec::new();
    loop {
        cursor.skip()?;
        if cursor.eat(">") {
            return Ok(if bits < 32 {
                Part::Bytes(bytes)
            } else {
                Part::Cells(cells)
            });
        }
        let at = cursor.here();
        if cursor.eat("&") {
            if bits != 32 {
                return Err(syntax(at, "a reference needs 32 bits"));
            }
            cells.push(Cell::Phandle(label(cursor)?));
            continue;
        }
        let number = primary(cursor, 0)?;
        let Some(fitted) = fit(number, bits) else {
            return Err(syntax(at, format!("{number:#x} does not fit {bits} bits")));
        };
        let all = fitted.to_be_bytes();
        match bits {
            8 | 16 => bytes.extend(&all[if bits == 8 { 7 } else { 6 }..]),
            _ => cells.extend(all.chunks_exact(4).skip(usize::from(bits == 32)).map(|b| {
                // chunks_exact(4) yields four bytes.
                Cell::Number(b.iter().fold(0, |n, &b| (n << 8) | u32::from(b)))
            })),
        }
    }
}

/// The label after a `&`.
pub(crate) fn label(cursor: &mut Cursor<'_>) -> Result<String, Error> {
    if cursor.peek() == Some('{') {
        return cursor.fail("references by path are not supported: use a label");
    }
    match cursor.take_while(in_label) {
        "" => cursor.expected("a label"),
        label => Ok(label.to_owned()),
    }
}

/// A number without operators around it.
pub(crate) fn primary(cursor: &mut Cursor<'_>, depth: usize) -> Result<u64, Error> {
    cursor.skip()?;
    let at = cursor.here();
    if depth > DEPTH_MAX {
        return Err(syntax(at, "too many parentheses and signs"));
    }
    if cursor.eat("(") {
        let number = expression(cursor, 1, depth + 1)?;
        cursor.expect(")")?;
        return Ok(number);
    }
    if depth > 0 && cursor.eat("-") {
        return Ok(primary(cursor, depth + 1)?.wrapping_neg());
    }
    if depth > 0 && cursor.eat("~") {
        return Ok(!primary(cursor, depth + 1)?);
    }
    match cursor.take_while(in_label) {
        "" => cursor.expected("a number, `&label`, `(` or the end of the list"),
        word if word.starts_with(|c: char| c.is_ascii_digit()) => {
            literal(word).ok_or_else(|| syntax(at, format!("{word} is not a 64-bit number")))
        }
        word => MACROS
            .iter()
            .find_map(|(name, number)| (*name == word).then_some(*number))
            .ok_or_else(|| syntax(at, format!("{word} is not a macro known here"))),
    }
}

/// Operators of `precedence` and tighter; `depth` is at least one.
fn expression(cursor: &mut Cursor<'_>, precedence: u8, depth: usize) -> Result<u64, Error> {
    let mut left = primary(cursor, depth)?;
    loop {
        cursor.skip()?;
        let at = cursor.here();
        let Some((operator, tightness)) = OPERATORS
            .iter()
            .copied()
            .find(|(operator, tightness)| *tightness >= precedence && cursor.eat(operator))
        else {
            return Ok(left);
        };
        let right = expression(cursor, tightness + 1, depth + 1)?;
        left = apply(operator, left, right)
            .ok_or_else(|| syntax(at, format!("cannot compute {left} {operator} {right}")))?;
    }
}

/// As `dtc` computes: in 64 bits, around the end.
fn apply(operator: &str, left: u64, right: u64) -> Option<u64> {
    let shift = u32::try_from(right).ok().filter(|&shift| shift < 64);
    match operator {
        "|" => Some(left | right),
        "^" => Some(left ^ right),
        "&" => Some(left & right),
        "<<" => shift.map(|shift| left << shift),
        ">>" => shift.map(|shift| left >> shift),
        "+" => Some(left.wrapping_add(right)),
        "-" => Some(left.wrapping_sub(right)),
        "*" => Some(left.wrapping_mul(right)),
        "/" => left.checked_div(right),
        _ => left.checked_rem(right),
    }
}

/// Decimal, `0x` hexadecimal or `0` octal, with a C suffix or none.
fn literal(word: &str) -> Option<u64> {
    let digits = word.trim_end_matches(['u', 'U', 'l', 'L']);
    if word.len() - digits.len() > 3 {
        return None;
    }
    let (digits, radix) = match digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if digits.len() > 1 && digits.starts_with('0') => (digits, 8),
        None => (digits, 10),
    };
    u64::from_str_radix(digits, radix).ok()
}

/// `number` as an unsigned or two's complement number of `bits` bits.
fn fit(number: u64, bits: u32) -> Option<u64> {
    let mask = u64::MAX >> (64 - bits);
    let sign = !(mask >> 1);
    (number <= mask || number & sign == sign).then_some(number & mask)
}
