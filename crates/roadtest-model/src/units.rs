// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Physical quantities that cross from a test to a chip: integers with the
//! unit in the type. Only what the chips need.

use std::fmt;

/// Illuminance, in millilux.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lux(u32);

impl Lux {
    /// `n` thousandths of a lux.
    pub const fn milli(n: u32) -> Self {
        Self(n)
    }

    /// The value in thousandths of a lux.
    pub const fn as_milli(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Lux {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{:03} lx", self.0 / 1000, self.0 % 1000))
    }
}

/// Temperature, in thousandths of a degree Celsius.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Celsius(i32);

impl Celsius {
    /// `n` thousandths of a degree.
    pub const fn milli(n: i32) -> Self {
        Self(n)
    }

    /// The value in thousandths of a degree.
    pub const fn as_milli(self) -> i32 {
        self.0
    }
}

impl fmt::Display for Celsius {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let milli = self.0.unsigned_abs();
        f.pad(&format!("{sign}{}.{:03} °C", milli / 1000, milli % 1000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_shown_with_their_unit() {
        assert_eq!(Lux::milli(88_800).to_string(), "88.800 lx");
        assert_eq!(Celsius::milli(-250).to_string(), "-0.250 °C");
        assert_eq!(Celsius::milli(125_500).to_string(), "125.500 °C");
    }
}
