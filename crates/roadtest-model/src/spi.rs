// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The SPI side of a chip: full-duplex transfers while it is selected. What
//! the bytes mean is the chip's; [`SpiRegisters`](crate::register::SpiRegisters)
//! has the usual meaning for a register map.

use std::fmt;

use crate::{Bus, Chip, SimTime};

/// Polarity and phase of the clock (`SPI_CPOL` and `SPI_CPHA` of
/// `include/uapi/linux/spi/spi.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SpiMode {
    /// CPOL = 0, CPHA = 0: the clock idles low, data are sampled at its rising
    /// edge.
    Mode0,
    /// CPOL = 0, CPHA = 1: the clock idles low, data are sampled at its
    /// falling edge.
    Mode1,
    /// CPOL = 1, CPHA = 0: the clock idles high, data are sampled at its
    /// falling edge.
    Mode2,
    /// CPOL = 1, CPHA = 1: the clock idles high, data are sampled at its
    /// rising edge.
    Mode3,
}

impl SpiMode {
    /// Whether the clock idles high (`SPI_CPOL`).
    pub const fn cpol(self) -> bool {
        matches!(self, Self::Mode2 | Self::Mode3)
    }

    /// Whether data are sampled at the second edge of a clock cycle
    /// (`SPI_CPHA`).
    pub const fn cpha(self) -> bool {
        matches!(self, Self::Mode1 | Self::Mode3)
    }
}

impl fmt::Display for SpiMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Mode0 => "mode 0",
            Self::Mode1 => "mode 1",
            Self::Mode2 => "mode 2",
            Self::Mode3 => "mode 3",
        })
    }
}

/// A chip on an SPI bus, behind a chip select of its own.
///
/// A message is [`select`](SpiPeripheral::select), any number of
/// [`exchange`](SpiPeripheral::exchange), and
/// [`deselect`](SpiPeripheral::deselect). How a message is cut into exchanges
/// has no meaning on the wire, and a model must not give it one.
pub trait SpiPeripheral: Chip {
    /// Chip select was asserted.
    fn select(&mut self, bus: &mut Bus) {
        let _ = bus;
    }

    /// One full-duplex transfer while selected; both slices have the same
    /// length. The runtime zeroes `received`.
    fn exchange(&mut self, bus: &mut Bus, sent: &[u8], received: &mut [u8]);

    /// Chip select was released: what the transfers since
    /// [`select`](SpiPeripheral::select) meant is complete.
    fn deselect(&mut self, bus: &mut Bus) {
        let _ = bus;
    }

    /// The highest SCK rate that the datasheet allows, in Hz.
    fn sck_hz_max(&self) -> u32;

    /// The modes that the datasheet allows, at least one.
    fn modes(&self) -> &'static [SpiMode];

    /// The shortest time between two messages, in which the chip is not
    /// selected, that the datasheet allows.
    fn deselected_min(&self) -> SimTime {
        SimTime::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_numbered_as_polarity_and_phase() {
        use SpiMode::*;
        let bits = [Mode0, Mode1, Mode2, Mode3].map(|mode| (mode.cpol(), mode.cpha()));
        assert_eq!(
            bits,
            [(false, false), (false, true), (true, false), (true, true)]
        );
        assert_eq!(Mode3.to_string(), "mode 3");
    }
}
