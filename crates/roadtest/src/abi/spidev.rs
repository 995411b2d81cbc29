// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Chips on SPI for programs (`include/uapi/linux/spi/spidev.h`).

use super::{Ioctl, Memory, Table};

/// The letter of the requests, and the bit of those that write.
const WRITE: u64 = 0x4000_6b00;
/// The same for those that read.
const READ: u64 = 0x8000_6b00;

pub(crate) const RD_MODE32: u64 = READ | 4 << 16 | 5;
pub(crate) const WR_BITS_PER_WORD: u64 = WRITE | 1 << 16 | 3;
pub(crate) const WR_MAX_SPEED_HZ: u64 = WRITE | 4 << 16 | 4;
pub(crate) const WR_MODE32: u64 = WRITE | 4 << 16 | 5;

/// `struct spi_ioc_transfer`.
pub(crate) const TRANSFER_LEN: usize = 32;
/// Where it has its length.
const LEN_AT: usize = 16;

/// `SPI_IOC_MESSAGE` of so many transfers: each number of them is a request of
/// its own.
pub(crate) const fn message(transfers: usize) -> u64 {
    WRITE | ((transfers * TRANSFER_LEN) as u64) << 16
}

pub(super) const TABLE: Table = Table {
    files: &["dev/spidev"],
    ioctls: &[
        of_message(1),
        of_message(2),
        of_message(3),
        of_message(4),
        Ioctl::plain(RD_MODE32, "SPI_IOC_RD_MODE32")
            .returns(|_, memory| format!("{:#x}", memory.u32(0, 0))),
        Ioctl::plain(WR_BITS_PER_WORD, "SPI_IOC_WR_BITS_PER_WORD")
            .takes(|memory| memory.u8(0, 0).to_string()),
        Ioctl::plain(WR_MAX_SPEED_HZ, "SPI_IOC_WR_MAX_SPEED_HZ")
            .takes(|memory| format!("{} Hz", memory.u32(0, 0))),
        Ioctl::plain(WR_MODE32, "SPI_IOC_WR_MODE32")
            .takes(|memory| format!("{:#x}", memory.u32(0, 0))),
    ],
};

/// A message as the lengths of its transfers; what they send is on the bus's
/// own lines.
const fn of_message(transfers: usize) -> Ioctl {
    Ioctl::plain(message(transfers), "SPI_IOC_MESSAGE").takes(lengths)
}

fn lengths(memory: Memory<'_>) -> String {
    let count = memory.buffer(0).len() / TRANSFER_LEN;
    let lengths: Vec<String> = (0..count)
        .map(|index| memory.u32(0, index * TRANSFER_LEN + LEN_AT).to_string())
        .collect();
    format!("{} bytes", lengths.join(" + "))
}

#[cfg(test)]
mod tests {
    use roadtest_wire::IoctlArgument;

    use super::*;
    use crate::abi;

    #[test]
    fn requests_have_the_numbers_of_the_header() {
        assert_eq!(message(1), 0x4020_6b00);
        assert_eq!(WR_BITS_PER_WORD, 0x4001_6b03);
        assert_eq!(WR_MAX_SPEED_HZ, 0x4004_6b04);
        assert_eq!(RD_MODE32, 0x8004_6b05);
        assert_eq!(WR_MODE32, 0x4004_6b05);
    }

    #[test]
    fn a_message_is_shown_by_its_lengths() {
        let mut transfers = vec![0; 2 * TRANSFER_LEN];
        transfers[LEN_AT] = 3;
        transfers[TRANSFER_LEN + LEN_AT] = 2;
        let argument = IoctlArgument::Buffers {
            buffers: vec![transfers],
            pointers: Vec::new(),
        };
        let shown = abi::request("dev/spidev0.0", message(2), &argument);
        assert_eq!(shown, "SPI_IOC_MESSAGE(3 + 2 bytes)");
    }
}
