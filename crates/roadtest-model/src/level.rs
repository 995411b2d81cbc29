// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Digital lines: the level of one, and the change of one.

use std::fmt;

/// The level of a digital line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// Electrically low, 0.
    Low,
    /// Electrically high, 1.
    High,
}

impl Level {
    /// Low while `condition` holds: an active-low output.
    #[expect(
        clippy::fn_params_excessive_bools,
        reason = "a condition is what it is made of"
    )]
    pub const fn low_when(condition: bool) -> Self {
        if condition { Self::Low } else { Self::High }
    }

    /// High while `condition` holds: an active-high output.
    #[expect(
        clippy::fn_params_excessive_bools,
        reason = "a condition is what it is made of"
    )]
    pub const fn high_when(condition: bool) -> Self {
        if condition { Self::High } else { Self::Low }
    }

    /// Whether the line is high.
    pub const fn is_high(self) -> bool {
        matches!(self, Self::High)
    }

    /// The other level.
    #[must_use]
    pub const fn inverted(self) -> Self {
        Self::low_when(self.is_high())
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(if self.is_high() { "high" } else { "low" })
    }
}

/// What an interrupt input reacts to; the numbers are those of
/// `include/dt-bindings/interrupt-controller/irq.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Edge {
    /// Low to high (`IRQ_TYPE_EDGE_RISING`).
    Rising,
    /// High to low (`IRQ_TYPE_EDGE_FALLING`).
    Falling,
    /// Either change (`IRQ_TYPE_EDGE_BOTH`).
    Both,
    /// As long as the line is high (`IRQ_TYPE_LEVEL_HIGH`).
    LevelHigh,
    /// As long as the line is low (`IRQ_TYPE_LEVEL_LOW`).
    LevelLow,
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Rising => "rising edges",
            Self::Falling => "falling edges",
            Self::Both => "both edges",
            Self::LevelHigh => "level high",
            Self::LevelLow => "level low",
        })
    }
}

impl Edge {
    /// The second cell of an interrupt specifier.
    pub const fn cell(self) -> u32 {
        match self {
            Self::Rising => 1,
            Self::Falling => 2,
            Self::Both => 3,
            Self::LevelHigh => 4,
            Self::LevelLow => 8,
        }
    }
}
