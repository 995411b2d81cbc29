// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The values of properties in a fragment: strings, cells, bytes, paths and
//! lists of them. What the numbers in cells may be is in [`cells`].

use crate::cells;
use crate::cursor::{Cursor, syntax};
use crate::error::Error;
use crate::value::{Part, Value};

/// What follows `=`, to the `;`.
pub(crate) fn value(cursor: &mut Cursor<'_>) -> Result<Value, Error> {
    let mut parts = Vec::new();
    loop {
        cursor.skip()?;
        parts.push(part(cursor)?);
        cursor.skip()?;
        if cursor.eat(";") {
            return Ok(parts.into_iter().collect());
        }
        if !cursor.eat(",") {
            return cursor.expected("`,` or `;`");
        }
    }
}

fn part(cursor: &mut Cursor<'_>) -> Result<Part, Error> {
    if cursor.eat("\"") {
        return text(cursor).map(Part::Text);
    }
    if cursor.eat("<") {
        return cells::list(cursor, 32);
    }
    if cursor.eat("[") {
        return bytes(cursor).map(Part::Bytes);
    }
    if cursor.eat("&") {
        return cells::label(cursor).map(Part::Path);
    }
    if cursor.eat("/bits/") {
        cursor.skip()?;
        let at = cursor.here();
        let bits = match cells::primary(cursor, 0)? {
            8 => 8,
            16 => 16,
            32 => 32,
            64 => 64,
            _ => return Err(syntax(at, "bits are 8, 16, 32 or 64")),
        };
        cursor.expect("<")?;
        return cells::list(cursor, bits);
    }
    cursor.expected("a string, `<…>`, `[…]`, `&label` or `/bits/`")
}

/// What follows `[`, to the `]`.
fn bytes(cursor: &mut Cursor<'_>) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    loop {
        cursor.skip()?;
        if cursor.eat("]") {
            return Ok(bytes);
        }
        let mut byte = 0;
        for _ in 0..2 {
            let Some(digit) = cursor.peek().and_then(|c| c.to_digit(16)) else {
                return cursor.expected("two hexadecimal digits or `]`");
            };
            cursor.bump();
            // A hexadecimal digit is below 16.
            byte = (byte << 4) | u8::try_from(digit).unwrap_or_default();
        }
        bytes.push(byte);
    }
}

/// What follows `"`, to the `"`.
fn text(cursor: &mut Cursor<'_>) -> Result<String, Error> {
    let start = cursor.here();
    let mut bytes = Vec::new();
    loop {
        match cursor.bump() {
            None => return Err(syntax(start, "this string does not end")),
            Some('"') => break,
            Some('\\') => bytes.push(escape(cursor)?),
            Some(c) => bytes.extend(c.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    String::from_utf8(bytes).map_err(|e| syntax(start, format!("not UTF-8: {e}")))
}

/// What follows a `\` in a string.
fn escape(cursor: &mut Cursor<'_>) -> Result<u8, Error> {
    let at = cursor.here();
    let (radix, digits) = match cursor.bump() {
        Some('n') => return Ok(b'\n'),
        Some('t') => return Ok(b'\t'),
        Some('r') => return Ok(b'\r'),
        Some(c @ ('"' | '\\' | '\'')) => return Ok(u8::try_from(c).unwrap_or_default()),
        Some('x') => (16, 2),
        Some(c) if c.is_digit(8) => {
            let first = c.to_digit(8).unwrap_or_default();
            return number(cursor, first, 8, 2).ok_or_else(|| syntax(at, "more than a byte"));
        }
        _ => return Err(syntax(at, "unknown escape")),
    };
    match cursor.peek().and_then(|c| c.to_digit(radix)) {
        Some(_) => number(cursor, 0, radix, digits).ok_or_else(|| syntax(at, "more than a byte")),
        None => cursor.expected("a hexadecimal digit"),
    }
}

/// Up to `digits` more digits after `number`; none where it exceeds a byte.
fn number(cursor: &mut Cursor<'_>, mut number: u32, radix: u32, digits: u32) -> Option<u8> {
    for _ in 0..digits {
        let Some(digit) = cursor.peek().and_then(|c| c.to_digit(radix)) else {
            break;
        };
        cursor.bump();
        number = number * radix + digit;
    }
    u8::try_from(number).ok()
}
