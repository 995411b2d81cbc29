// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Virtual time: nanoseconds since the guest kernel started, and durations
//! of the same unit. It is not the host's clock and never becomes one.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// A point in virtual time, or a duration of it, in nanoseconds. The range is
/// 0 to 2⁶³-1 ns (292 years), which is what the kernel's time travel allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(u64);

impl SimTime {
    /// The start of virtual time.
    pub const ZERO: Self = Self(0);
    /// Later than anything that happens.
    pub const MAX: Self = Self(i64::MAX as u64);

    /// `n` nanoseconds.
    pub const fn ns(n: u64) -> Self {
        Self(n)
    }

    /// `n` microseconds.
    pub const fn us(n: u64) -> Self {
        Self(n * 1_000)
    }

    /// `n` milliseconds.
    pub const fn ms(n: u64) -> Self {
        Self(n * 1_000_000)
    }

    /// `n` seconds.
    pub const fn s(n: u64) -> Self {
        Self(n * 1_000_000_000)
    }

    /// The value in nanoseconds.
    pub const fn as_ns(self) -> u64 {
        self.0
    }

    /// `self - earlier`, or zero where `earlier` is later.
    pub const fn saturating_sub(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }
}

impl Add for SimTime {
    type Output = Self;

    /// Saturates at [`SimTime::MAX`].
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0).min(Self::MAX.0))
    }
}

impl AddAssign for SimTime {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for SimTime {
    type Output = Self;

    /// # Panics
    /// Where `earlier` is later than `self`.
    fn sub(self, earlier: Self) -> Self {
        assert!(self >= earlier, "{self} - {earlier} is negative");
        Self(self.0 - earlier.0)
    }
}

impl fmt::Display for SimTime {
    /// In the largest unit that leaves no more than six decimals:
    /// `800.120 ms`, `12.5 us`, `3 ns`, `2.5 s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, name) = match self.0 {
            0..1_000 => (1, "ns"),
            1_000..1_000_000 => (1_000, "us"),
            1_000_000..1_000_000_000 => (1_000_000, "ms"),
            _ => (1_000_000_000, "s"),
        };
        let whole = self.0 / unit;
        let rest = self.0 % unit;
        if rest == 0 {
            return f.pad(&format!("{whole} {name}"));
        }
        let digits = match unit {
            1_000 => 3,
            1_000_000 => 6,
            _ => 9,
        };
        let decimals = format!("{rest:0digits$}");
        f.pad(&format!(
            "{whole}.{} {name}",
            decimals.trim_end_matches('0')
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_shown_in_the_largest_unit_that_fits() {
        assert_eq!(SimTime::ns(3).to_string(), "3 ns");
        assert_eq!(SimTime::ns(12_500).to_string(), "12.5 us");
        assert_eq!(SimTime::ns(800_120_000).to_string(), "800.12 ms");
        assert_eq!(SimTime::s(2).to_string(), "2 s");
    }

    #[test]
    fn adding_past_the_end_of_time_stays_there() {
        assert_eq!(SimTime::MAX + SimTime::ns(1), SimTime::MAX);
    }
}
