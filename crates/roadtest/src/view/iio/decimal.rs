// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A number as IIO writes it: decimal, exact.

use std::fmt;
use std::ops::{Add, Mul};
use std::str::FromStr;

use crate::view::Malformed;

/// Decimals of the kernel's finest format (`IIO_VAL_INT_PLUS_NANO`,
/// `IIO_VAL_FRACTIONAL`).
const DECIMALS: usize = 9;
const ONE: i128 = 1_000_000_000;

/// A number as IIO writes it, exact to 10⁻⁹, the kernel's finest format.
/// `0.25` and `0.250000` are the same number. A decibel's `dB` is dropped.
///
/// ```
/// # use roadtest::view::iio::Decimal;
/// let scale: Decimal = "0.024000".parse()?;
/// assert_eq!(Decimal::from(0x1234) * scale, "111.84".parse()?);
/// assert_eq!(scale.to_string(), "0.024");
/// # Ok::<(), roadtest::view::Malformed>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal {
    nano: i128,
}

impl Decimal {
    /// `n` × 10⁻⁹.
    pub const fn nano(n: i128) -> Self {
        Self { nano: n }
    }

    /// The number in units of 10⁻⁹.
    pub const fn as_nano(self) -> i128 {
        self.nano
    }

    /// The number without its decimals.
    pub const fn trunc(self) -> i128 {
        self.nano / ONE
    }

    /// How far it is from another number, at least 0.
    #[must_use]
    pub const fn distance(self, other: Self) -> Self {
        Self::nano((self.nano - other.nano).abs())
    }
}

impl From<i64> for Decimal {
    fn from(whole: i64) -> Self {
        Self::nano(i128::from(whole) * ONE)
    }
}

impl Add for Decimal {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::nano(self.nano + other.nano)
    }
}

impl Mul for Decimal {
    type Output = Self;

    /// Truncated to 10⁻⁹.
    fn mul(self, other: Self) -> Self {
        Self::nano(self.nano * other.nano / ONE)
    }
}

impl FromStr for Decimal {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        parse(text).ok_or(Malformed("decimal number"))
    }
}

fn parse(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let text = text.strip_suffix(" dB").unwrap_or(text);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    // Twenty digits are more than the kernel's 64 bits have.
    let number = |text: &str| -> Option<i128> {
        let digits = text.len() <= 20 && text.bytes().all(|b| b.is_ascii_digit());
        if digits { text.parse().ok() } else { None }
    };
    if decimals.is_empty() || decimals.len() > DECIMALS {
        return None;
    }
    let nano = number(whole)? * ONE + number(&format!("{decimals:0<DECIMALS$}"))?;
    Some(Decimal::nano(if negative { -nano } else { nano }))
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.nano < 0 { "-" } else { "" };
        let nano = self.nano.unsigned_abs();
        let one = ONE.unsigned_abs();
        let text = format!("{sign}{}.{:0DECIMALS$}", nano / one, nano % one);
        f.pad(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, nano: Result<i128, Malformed>, shown: &str) {
        let number = text.parse::<Decimal>();
        assert_eq!(number.map(Decimal::as_nano), nano);
        assert_eq!(
            number.map_or(String::new(), |number| number.to_string()),
            shown
        );
    }

    #[test]
    fn a_number_is_what_the_kernel_writes() {
        check("0.250000", Ok(250_000_000), "0.25");
        check("-0.000000001", Ok(-1), "-0.000000001");
        check("-12", Ok(-12_000_000_000), "-12");
        check("100", Ok(100_000_000_000), "100");
        check("3.000000 dB", Ok(3_000_000_000), "3");
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            "-",
            ".5",
            "1.",
            "1.0000000001",
            "0x10",
            "1 2",
            "+1",
            "1.-2",
        ] {
            check(text, Err(Malformed("decimal number")), "");
        }
    }
}
