// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! One transfer: `struct virtio_spi_transfer_head` and what is sent, then the
//! room for what is received and `struct virtio_spi_transfer_result`
//! (`include/uapi/linux/virtio_spi.h`). How the chain is cut into descriptors
//! does not matter (virtio 1.2, "Message Framing").

use roadtest_model::SpiMode;

use super::words::{BitOrder, swap};
use super::{Config, PAYLOAD_MAX};
use crate::reply::Reply;

pub(crate) const HEADER_LEN: usize = 32;
const MODE_CPHA: u32 = 1 << 0;
const MODE_CPOL: u32 = 1 << 1;
const MODE_CS_HIGH: u32 = 1 << 2;
const MODE_LSB_FIRST: u32 = 1 << 3;
const MODE_LOOP: u32 = 1 << 4;
const MODE_KNOWN: u32 = MODE_CPHA | MODE_CPOL | MODE_CS_HIGH | MODE_LSB_FIRST | MODE_LOOP;
const RESULT_OK: u8 = 0;
const RESULT_PARAM_ERR: u8 = 1;
const RESULT_TRANS_ERR: u8 = 2;

/// What goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// These bytes go to the chip, what it sends is dropped. They are in the
    /// order of the wire.
    Write(Vec<u8>),
    /// So many bytes come from the chip; what it sees meanwhile is zeroes.
    Read(usize),
    /// These bytes go to the chip, in the order of the wire, and as many come
    /// from it.
    Both(Vec<u8>),
}

/// What becomes of chip select after the transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChipSelect {
    /// `cs_change` is 0: it stays asserted.
    Kept,
    /// `cs_change` is 1: it is released before the next transfer.
    Released,
}

/// Delays in ns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delays {
    /// Between the words of the transfer.
    pub word_ns: u32,
    /// From chip select to the first bit.
    pub cs_setup_ns: u32,
    /// From the last bit to the release of chip select.
    pub cs_hold_ns: u32,
    /// From the release of chip select to the next one.
    pub cs_inactive_ns: u32,
}

/// A transfer that keeps the specification, and that the device can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// To whom.
    pub chip_select: u8,
    /// What.
    pub data: Data,
    /// The bits of a word: 8, 16 or 32.
    pub word_bits: u8,
    /// Which bit of a word goes first.
    pub order: BitOrder,
    /// Polarity and phase of the clock.
    pub mode: SpiMode,
    /// The rate of the clock in Hz, not 0.
    pub freq_hz: u32,
    /// What follows.
    pub then: ChipSelect,
    /// How long it takes beside the bits.
    pub delays: Delays,
}

/// How a chain breaks the specification, or asks for what the device cannot
/// do. It is answered with [`error_reply`] and does not reach the bus.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Fewer readable bytes than the header has.
    #[error("{0} readable bytes, the header has {HEADER_LEN}")]
    ShortHeader(usize),
    /// No room for the result, so that none can be given.
    #[error("no writable byte for the result")]
    NoResult,
    /// A chip select that the device does not have.
    #[error("chip select {0}, the device has {1}")]
    ChipSelect(u8, u8),
    /// A word length that is not in the configuration.
    #[error("words of {0} bits, which the device does not offer")]
    WordBits(u8),
    /// `cs_change` is neither 0 nor 1, or 1 where the device cannot.
    #[error("cs_change {0}, which the device does not offer")]
    CsChange(u8),
    /// A number of data lines that is none, or that the device does not have.
    #[error("{0} data lines, which the device does not offer")]
    Lanes(u8),
    /// Reserved bytes that are not zero.
    #[error("reserved bytes {0:02x?}")]
    Reserved([u8; 3]),
    /// Mode bits that are reserved or not offered.
    #[error("mode {0:#x}, which the device does not offer")]
    Mode(u32),
    /// A clock that stands still, or is faster than the device.
    #[error("SCK at {0} Hz, the device has 1 to {1} Hz")]
    Freq(u32, u32),
    /// A delay that is longer than the device's.
    #[error("{0} of {1} ns, the device has at most {2} ns")]
    Delay(&'static str, u32, u32),
    /// Both directions, and not the same number of bytes.
    #[error("{0} bytes to send and room to receive {1}")]
    Lengths(usize, usize),
    /// A length that is no multiple of a word's.
    #[error("{0} bytes are no whole words of {1} bits")]
    PartOfWord(usize, u8),
    /// More than [`PAYLOAD_MAX`] bytes.
    #[error("{0} bytes of payload, at most {PAYLOAD_MAX} are accepted")]
    TooLong(usize),
}

impl Request {
    /// Reads a chain: all its readable bytes, and the number of its writable
    /// bytes.
    ///
    /// # Errors
    /// [`Malformed`] where the chain breaks the specification, asks for what
    /// `config` does not offer, or is longer than [`PAYLOAD_MAX`] allows.
    pub fn parse(readable: &[u8], writable_len: usize, config: &Config) -> Result<Self, Malformed> {
        let Some((header, sent)) = readable.split_first_chunk::<HEADER_LEN>() else {
            return Err(Malformed::ShortHeader(readable.len()));
        };
        let room = writable_len.checked_sub(1).ok_or(Malformed::NoResult)?;
        let &[chip_select, word_bits, cs_change, tx_nbits, rx_nbits, ..] = header;
        if chip_select >= config.chip_selects {
            return Err(Malformed::ChipSelect(chip_select, config.chip_selects));
        }
        if !config.has_words_of(word_bits) {
            return Err(Malformed::WordBits(word_bits));
        }
        let then = match cs_change {
            0 => ChipSelect::Kept,
            1 if config.cs_change.is_yes() => ChipSelect::Released,
            _ => return Err(Malformed::CsChange(cs_change)),
        };
        for (nbits, lanes) in [(tx_nbits, config.tx), (rx_nbits, config.rx)] {
            if !lanes.has(nbits).is_some_and(super::Support::is_yes) {
                return Err(Malformed::Lanes(nbits));
            }
        }
        let reserved = [header[5], header[6], header[7]];
        if reserved != [0; 3] {
            return Err(Malformed::Reserved(reserved));
        }
        let (mode, order) = mode(word(header, 8), config)?;
        let freq_hz = word(header, 12);
        let fast = config.freq_hz_max != 0 && freq_hz > config.freq_hz_max;
        if freq_hz == 0 || fast {
            return Err(Malformed::Freq(freq_hz, config.freq_hz_max));
        }
        Ok(Self {
            chip_select,
            data: data(sent, room, word_bits, order)?,
            word_bits,
            order,
            mode,
            freq_hz,
            then,
            delays: delays(header, config)?,
        })
    }

    /// The number of bytes that cross the wire in each direction.
    pub const fn len(&self) -> usize {
        match &self.data {
            Data::Write(bytes) | Data::Both(bytes) => bytes.len(),
            Data::Read(len) => *len,
        }
    }

    /// Whether no byte does.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the chip sees, in the order of the wire.
    pub fn sent(&self) -> Vec<u8> {
        match &self.data {
            Data::Write(bytes) | Data::Both(bytes) => bytes.clone(),
            Data::Read(len) => vec![0; *len],
        }
    }

    /// The reply to a transfer that was carried out; `received` is what came
    /// from the chip, in the order of the wire, also where the driver does not
    /// want it.
    ///
    /// # Panics
    /// Where `received` is not as long as the transfer: a defect of the
    /// caller, which no guest can cause.
    pub fn done(&self, received: &[u8]) -> Reply {
        assert_eq!(received.len(), self.len(), "as many bytes come as go");
        let mut bytes = match self.data {
            Data::Write(_) => Vec::new(),
            Data::Read(_) | Data::Both(_) => received.to_vec(),
        };
        swap(&mut bytes, word_bytes(self.word_bits), self.order);
        bytes.push(RESULT_OK);
        Reply::whole(bytes)
    }

    /// The reply to a transfer that could be done and failed
    /// (`VIRTIO_SPI_TRANS_ERR`).
    pub fn failed(&self) -> Reply {
        let offset = match self.data {
            Data::Write(_) => 0,
            Data::Read(len) => len,
            Data::Both(ref bytes) => bytes.len(),
        };
        Reply {
            offset,
            bytes: vec![RESULT_TRANS_ERR],
        }
    }
}

/// The reply to a malformed chain with `writable_len` writable bytes:
/// `VIRTIO_SPI_PARAM_ERR` in the last one, or nothing where there is none.
pub fn error_reply(writable_len: usize) -> Reply {
    let offset = writable_len.checked_sub(1);
    offset.map_or_else(Reply::nothing, |offset| Reply {
        offset,
        bytes: vec![RESULT_PARAM_ERR],
    })
}

fn word(header: &[u8; HEADER_LEN], at: usize) -> u32 {
    let [a, b, c, d] = [0, 1, 2, 3].map(|byte| header[at + byte]);
    u32::from_le_bytes([a, b, c, d])
}

const fn word_bytes(bits: u8) -> usize {
    (bits as usize).div_ceil(8)
}

fn mode(bits: u32, config: &Config) -> Result<(SpiMode, BitOrder), Malformed> {
    let mode = match (bits & MODE_CPOL != 0, bits & MODE_CPHA != 0) {
        (false, false) => SpiMode::Mode0,
        (false, true) => SpiMode::Mode1,
        (true, false) => SpiMode::Mode2,
        (true, true) => SpiMode::Mode3,
    };
    let asked = [
        (MODE_CS_HIGH, config.cs_high),
        (MODE_LSB_FIRST, config.lsb_first),
        (MODE_LOOP, config.loopback),
    ];
    let refused = asked
        .iter()
        .any(|(bit, support)| bits & bit != 0 && !support.is_yes());
    if refused || bits & !MODE_KNOWN != 0 || !config.modes.contains(&mode) {
        return Err(Malformed::Mode(bits));
    }
    let order = if bits & MODE_LSB_FIRST == 0 {
        BitOrder::MsbFirst
    } else {
        BitOrder::LsbFirst
    };
    Ok((mode, order))
}

fn delays(header: &[u8; HEADER_LEN], config: &Config) -> Result<Delays, Malformed> {
    let delay = |what, at, most| {
        let ns = word(header, at);
        if ns > most {
            return Err(Malformed::Delay(what, ns, most));
        }
        Ok(ns)
    };
    Ok(Delays {
        word_ns: delay("word delay", 16, config.word_delay_ns_max)?,
        cs_setup_ns: delay("chip select setup", 20, config.cs_setup_ns_max)?,
        cs_hold_ns: delay("chip select hold", 24, config.cs_hold_ns_max)?,
        cs_inactive_ns: delay("chip select inactive", 28, config.cs_inactive_ns_max)?,
    })
}

fn data(sent: &[u8], room: usize, word_bits: u8, order: BitOrder) -> Result<Data, Malformed> {
    let len = sent.len().max(room);
    if len > PAYLOAD_MAX {
        return Err(Malformed::TooLong(len));
    }
    if !sent.is_empty() && room != 0 && sent.len() != room {
        return Err(Malformed::Lengths(sent.len(), room));
    }
    let word_bytes = word_bytes(word_bits);
    if !len.is_multiple_of(word_bytes) {
        return Err(Malformed::PartOfWord(len, word_bits));
    }
    let mut bytes = sent.to_vec();
    swap(&mut bytes, word_bytes, order);
    Ok(match (bytes.is_empty(), room) {
        (true, 1..) => Data::Read(room),
        (false, 1..) => Data::Both(bytes),
        (_, 0) => Data::Write(bytes),
    })
}
