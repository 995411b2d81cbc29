// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The members of the family, and the little in which they differ here.

use roadtest_model::SimTime;

/// The members of the family that the model can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Light only, first generation.
    Tsl2571,
    /// Proximity only, first generation.
    Tsl2671,
    /// Proximity with its LED, first generation.
    Tmd2671,
    /// Light and proximity, first generation.
    Tsl2771,
    /// Light and proximity with its LED, first generation.
    Tmd2771,
    /// Light only, second generation.
    Tsl2572,
    /// Proximity only, second generation.
    Tsl2672,
    /// Proximity with its LED, second generation.
    Tmd2672,
    /// Light and proximity, second generation.
    Tsl2772,
    /// Light and proximity with its LED, second generation.
    Tmd2772,
    /// Broadcom's light and proximity, first generation.
    Apds9900,
    /// Broadcom's light and proximity, second generation.
    Apds9930,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Tsl2571,
        Self::Tsl2671,
        Self::Tmd2671,
        Self::Tsl2771,
        Self::Tmd2771,
        Self::Tsl2572,
        Self::Tsl2672,
        Self::Tmd2672,
        Self::Tsl2772,
        Self::Tmd2772,
        Self::Apds9900,
        Self::Apds9930,
    ];

    /// The part's `compatible`.
    pub const fn compatible(self) -> &'static str {
        match self {
            Self::Tsl2571 => "amstaos,tsl2571",
            Self::Tsl2671 => "amstaos,tsl2671",
            Self::Tmd2671 => "amstaos,tmd2671",
            Self::Tsl2771 => "amstaos,tsl2771",
            Self::Tmd2771 => "amstaos,tmd2771",
            Self::Tsl2572 => "amstaos,tsl2572",
            Self::Tsl2672 => "amstaos,tsl2672",
            Self::Tmd2672 => "amstaos,tmd2672",
            Self::Tsl2772 => "amstaos,tsl2772",
            Self::Tmd2772 => "amstaos,tmd2772",
            Self::Apds9900 => "avago,apds9900",
            Self::Apds9930 => "avago,apds9930",
        }
    }

    /// What the ID register reads.
    pub const fn id(self) -> u8 {
        match self {
            Self::Tsl2571 | Self::Tsl2671 | Self::Tsl2771 => 0x00,
            Self::Tmd2671 | Self::Tmd2771 => 0x20,
            Self::Apds9900 => 0x29,
            Self::Apds9930 => 0x39,
            _ => 0x30,
        }
    }

    /// One ADC cycle: 2.72 or 2.73 ms ("ALS Timing Register").
    pub const fn cycle(self) -> SimTime {
        match self {
            Self::Tsl2571
            | Self::Tsl2671
            | Self::Tmd2671
            | Self::Tsl2771
            | Self::Tmd2771
            | Self::Apds9900 => SimTime::us(2720),
            _ => SimTime::us(2730),
        }
    }
}
