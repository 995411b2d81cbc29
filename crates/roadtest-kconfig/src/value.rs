// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What a symbol can be set to. Does not know which type a symbol has.

use std::fmt;

/// What a symbol can be set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Off: `n`, or `# CONFIG_X is not set`.
    No,
    /// A module.
    Module,
    /// Built in.
    Yes,
    /// A number, decimal or with `0x`, as it was written.
    Number(String),
    /// A string, without its quotes.
    Text(String),
}

impl Value {
    /// Reads the part behind the `=`.
    ///
    /// # Errors
    /// Says in a few words what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "y" => return Ok(Value::Yes),
            "m" => return Ok(Value::Module),
            "n" => return Ok(Value::No),
            "" => return Err("there is no value behind the ="),
            _ => {}
        }
        if let Some(rest) = text.strip_prefix('"') {
            return unquote(rest).map(Value::Text);
        }
        if is_number(text) {
            return Ok(Value::Number(text.to_owned()));
        }
        Err("a value is y, m, n, a number, or a string in double quotes")
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if let Some(hex) = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    {
        return !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit());
    }
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Takes the string behind its opening quote; a backslash keeps the character
/// that follows it.
fn unquote(rest: &str) -> Result<String, &'static str> {
    let mut text = String::new();
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(kept) => text.push(kept),
                None => return Err("the string ends in a backslash"),
            },
            '"' if chars.as_str().is_empty() => return Ok(text),
            '"' => return Err("something follows the string's closing quote"),
            c => text.push(c),
        }
    }
    Err("the string has no closing quote")
}

impl fmt::Display for Value {
    /// As `.config` writes it behind the `=`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::No => f.write_str("n"),
            Value::Module => f.write_str("m"),
            Value::Yes => f.write_str("y"),
            Value::Number(digits) => f.write_str(digits),
            Value::Text(text) => {
                f.write_str("\"")?;
                for c in text.chars() {
                    if matches!(c, '"' | '\\') {
                        f.write_str("\\")?;
                    }
                    write!(f, "{c}")?;
                }
                f.write_str("\"")
            }
        }
    }
}
