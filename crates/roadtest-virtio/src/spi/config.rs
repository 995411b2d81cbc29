// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The configuration space, `struct virtio_spi_config`
//! (`include/uapi/linux/virtio_spi.h`): what the device can do. A request that
//! asks for more is refused, see [`Request::parse`](super::Request::parse).

use roadtest_model::SpiMode;

/// `bits_per_word_mask` of a device for words of 8, 16 and 32 bits.
const WORDS_OF_8_16_32: u32 = 1 << 7 | 1 << 15 | 1 << 31;
const MODE_CPHA_0: u32 = 1 << 0;
const MODE_CPHA_1: u32 = 1 << 1;
const MODE_CPOL_0: u32 = 1 << 2;
const MODE_CPOL_1: u32 = 1 << 3;
const MODE_CS_HIGH: u32 = 1 << 4;
const MODE_LSB_FIRST: u32 = 1 << 5;
const MODE_LOOPBACK: u32 = 1 << 6;

/// Whether the device has something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// It has not: a request for it is refused.
    No,
    /// It has.
    Yes,
}

impl Support {
    /// Whether it has.
    pub const fn is_yes(self) -> bool {
        matches!(self, Self::Yes)
    }
}

/// How many data lines there are in one direction; one is always possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lanes {
    /// Two lines.
    pub dual: Support,
    /// Four lines.
    pub quad: Support,
    /// Eight lines.
    pub octal: Support,
}

impl Lanes {
    /// One data line and no more.
    pub const SINGLE: Self = Self {
        dual: Support::No,
        quad: Support::No,
        octal: Support::No,
    };

    /// Whether `nbits` lines are possible; `None` where that is no number of
    /// lines.
    pub(crate) const fn has(self, nbits: u8) -> Option<Support> {
        match nbits {
            0 | 1 => Some(Support::Yes),
            2 => Some(self.dual),
            4 => Some(self.quad),
            8 => Some(self.octal),
            _ => None,
        }
    }

    fn byte(self) -> u8 {
        u8::from(self.dual.is_yes())
            | u8::from(self.quad.is_yes()) << 1
            | u8::from(self.octal.is_yes()) << 2
    }
}

/// What the device can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The number of chip selects, from 0 on.
    pub chip_selects: u8,
    /// Whether a request can ask for chip select to be released after it.
    pub cs_change: Support,
    /// Data lines from the controller to a chip.
    pub tx: Lanes,
    /// Data lines from a chip to the controller.
    pub rx: Lanes,
    /// Bit n: words of n + 1 bits are possible. At least one bit is set: 0
    /// means to the driver that every length is.
    pub word_bits: u32,
    /// The modes of the clock; at least one. A device that can do two of them
    /// with nothing in common can do all four.
    pub modes: Vec<SpiMode>,
    /// Chip selects that are active high.
    pub cs_high: Support,
    /// Words that go least significant bit first.
    pub lsb_first: Support,
    /// A loop from the device's output to its input.
    pub loopback: Support,
    /// The highest rate of SCK in Hz; 0 is no limit.
    pub freq_hz_max: u32,
    /// The longest delay between words in ns.
    pub word_delay_ns_max: u32,
    /// The longest delay between chip select and the first bit in ns.
    pub cs_setup_ns_max: u32,
    /// The longest delay between the last bit and the release in ns.
    pub cs_hold_ns_max: u32,
    /// The longest delay between the release and the next chip select in ns.
    pub cs_inactive_ns_max: u32,
}

impl Config {
    /// What the devices of boards can do: everything that a model of a chip
    /// can tell from something else. So no more than one line a direction, no
    /// chip select that is active high, and no loop.
    pub fn new(chip_selects: u8, freq_hz_max: u32) -> Self {
        Self {
            chip_selects,
            cs_change: Support::Yes,
            tx: Lanes::SINGLE,
            rx: Lanes::SINGLE,
            word_bits: WORDS_OF_8_16_32,
            modes: vec![
                SpiMode::Mode0,
                SpiMode::Mode1,
                SpiMode::Mode2,
                SpiMode::Mode3,
            ],
            cs_high: Support::No,
            lsb_first: Support::Yes,
            loopback: Support::No,
            freq_hz_max,
            word_delay_ns_max: u32::MAX,
            cs_setup_ns_max: u32::MAX,
            cs_hold_ns_max: u32::MAX,
            cs_inactive_ns_max: u32::MAX,
        }
    }

    /// The configuration space as the driver reads it.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![
            self.chip_selects,
            u8::from(self.cs_change.is_yes()),
            self.tx.byte(),
            self.rx.byte(),
        ];
        let words = [
            self.word_bits,
            self.mode_functions(),
            self.freq_hz_max,
            self.word_delay_ns_max,
            self.cs_setup_ns_max,
            self.cs_hold_ns_max,
            self.cs_inactive_ns_max,
        ];
        bytes.extend(words.into_iter().flat_map(u32::to_le_bytes));
        bytes
    }

    /// Whether words of `bits` bits are possible.
    pub(crate) fn has_words_of(&self, bits: u8) -> bool {
        let bit = u32::from(bits).checked_sub(1);
        bit.is_some_and(|bit| bit < 32 && self.word_bits >> bit & 1 != 0)
    }

    /// The field `mode_func_supported`.
    fn mode_functions(&self) -> u32 {
        let modes = self.modes.iter().fold(0, |bits, mode| {
            let phase = if mode.cpha() {
                MODE_CPHA_1
            } else {
                MODE_CPHA_0
            };
            let polarity = if mode.cpol() {
                MODE_CPOL_1
            } else {
                MODE_CPOL_0
            };
            bits | phase | polarity
        });
        let functions = [
            (self.cs_high, MODE_CS_HIGH),
            (self.lsb_first, MODE_LSB_FIRST),
            (self.loopback, MODE_LOOPBACK),
        ];
        let functions = functions.iter().filter(|(support, _)| support.is_yes());
        functions.fold(modes, |bits, (_, bit)| bits | bit)
    }
}
