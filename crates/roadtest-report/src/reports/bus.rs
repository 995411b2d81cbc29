// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What kind of bus a transfer was on. The record is the same for every kind:
//! how the unit is written tells.

use roadtest_record::event::{Direction, End, Outcome, Transfer, What};

/// A kind of bus, and what a transfer goes to on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bus {
    /// I2C and an address of seven bits.
    I2c(u8),
    /// I2C and an address of ten bits. No model has one, so that none was ever
    /// acknowledged.
    I2cTenBits(u16),
    /// SPI and a chip select.
    Spi,
    /// A kind that reports know nothing of.
    Other,
}

impl Bus {
    /// The bus of a transfer.
    pub(super) fn of(transfer: &Transfer) -> Self {
        if is_chip_select(&transfer.unit) {
            Self::Spi
        } else {
            i2c(transfer).unwrap_or(Self::Other)
        }
    }

    /// How an end is called there.
    pub(super) fn end(self, end: End) -> &'static str {
        match (self, end) {
            (Self::I2c(_) | Self::I2cTenBits(_), End::Stop) => "STOP",
            (Self::I2c(_) | Self::I2cTenBits(_), End::Held) => "repeated START",
            (Self::Spi, End::Stop) => "chip select released",
            (Self::Spi, End::Held) => "chip select held",
            (Self::Other, End::Stop) => "end",
            (Self::Other, End::Held) => "held",
        }
    }
}

/// Whether that is a unit of an SPI bus: `cs0`.
fn is_chip_select(unit: &str) -> bool {
    let number = unit.strip_prefix("cs").unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn i2c(transfer: &Transfer) -> Option<Bus> {
    let Transfer { unit, .. } = transfer;
    let is_hex = unit.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hex || transfer.direction == Direction::Both {
        return None;
    }
    let refused = transfer.outcome == Outcome::AddressRefused;
    match u16::from_str_radix(unit, 16).ok()? {
        number @ 0..=0x7f => Some(Bus::I2c(number.to_le_bytes()[0])),
        number @ 0x80..=0x3ff if refused => Some(Bus::I2cTenBits(number)),
        _ => None,
    }
}

/// A transfer that stands for itself, where it is drawn beside the one that
/// shows what it meant: it has a line, too.
pub(super) fn alone(transfer: &Transfer) -> What {
    What::Transfer(Transfer {
        held: false,
        ..transfer.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::super::run::example;
    use super::*;

    fn bus(unit: &str, outcome: Outcome) -> Bus {
        let run = example();
        let events = &run.find("reads_lux").expect("there is one").events;
        let mut transfers = events.iter().filter_map(|event| match &event.what {
            What::Transfer(transfer) => Some(transfer.clone()),
            _ => None,
        });
        let mut transfer = transfers.next().expect("there is one");
        transfer.unit = unit.to_owned();
        transfer.outcome = outcome;
        Bus::of(&transfer)
    }

    #[test]
    fn the_unit_of_a_transfer_tells_its_bus() {
        assert_eq!(bus("44", Outcome::Completed), Bus::I2c(0x44));
        assert_eq!(bus("c5", Outcome::AddressRefused), Bus::I2cTenBits(0xc5));
        assert_eq!(bus("cs12", Outcome::Completed), Bus::Spi);
        for other in ["", "+4", "cs", "cs-1", "csa", "c5", "400", "ffffff", "é"] {
            assert_eq!(bus(other, Outcome::Completed), Bus::Other, "{other}");
        }
    }
}
