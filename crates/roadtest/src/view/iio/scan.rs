// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What the samples in a buffer look like: the scan types that sysfs
//! describes, the layout that follows from them, and a decoded scan.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::view::Malformed;

/// The channel that holds a scan's time.
pub(super) const TIMESTAMP: &str = "in_timestamp";

/// The order of a sample's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endian {
    /// `le`: least significant first.
    Little,
    /// `be`: most significant first.
    Big,
}

/// How a sample's bits are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// `s`: two's complement.
    Signed,
    /// `u`.
    Unsigned,
}

/// How a channel's sample lies in the buffer: `le:s12/16>>4` is twelve bits,
/// signed, in sixteen, the lowest four unused; `X3` says that three follow
/// each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanType {
    /// The order of bytes.
    pub endian: Endian,
    /// Signed or not.
    pub sign: Sign,
    /// Bits that mean something.
    pub bits: u32,
    /// Bits that a sample takes, a multiple of 8 and at most 64.
    pub storage_bits: u32,
    /// Samples of this channel in one scan.
    pub repeat: u32,
    /// Bits to the right of those that mean something.
    pub shift: u32,
}

impl ScanType {
    const fn sample_bytes(self) -> usize {
        self.storage_bits as usize / 8
    }

    /// All samples of the channel, which is what it is aligned to.
    const fn bytes(self) -> usize {
        self.sample_bytes() * self.repeat as usize
    }

    fn decode(self, bytes: &[u8]) -> i64 {
        let fold = |word: u64, byte: &u8| word << 8 | u64::from(*byte);
        let word = match self.endian {
            Endian::Big => bytes.iter().fold(0, fold),
            Endian::Little => bytes.iter().rev().fold(0, fold),
        };
        // The sample to the top, then down again with its sign.
        let unused = 64 - self.bits;
        let top = (word >> self.shift) << unused;
        match self.sign {
            Sign::Signed => top.cast_signed() >> unused,
            Sign::Unsigned => (top >> unused).cast_signed(),
        }
    }
}

impl FromStr for ScanType {
    type Err = Malformed;

    /// An error for anything else than `[be|le]:[s|u]bits/storage[Xn]>>shift`
    /// whose bits fit its storage.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        parse(text.trim()).ok_or(Malformed("scan type"))
    }
}

fn parse(text: &str) -> Option<ScanType> {
    let (endian, rest) = text.split_once(':')?;
    let (format, shift) = rest.split_once(">>")?;
    let (bits, storage) = format.split_once('/')?;
    let (storage, repeat) = storage.split_once('X').unwrap_or((storage, "1"));
    let scan_type = ScanType {
        endian: match endian {
            "le" => Endian::Little,
            "be" => Endian::Big,
            _ => return None,
        },
        sign: match bits.get(..1)? {
            "s" => Sign::Signed,
            "u" => Sign::Unsigned,
            _ => return None,
        },
        bits: bits.get(1..)?.parse().ok()?,
        storage_bits: storage.parse().ok()?,
        repeat: repeat.parse().ok()?,
        shift: shift.parse().ok()?,
    };
    let ScanType {
        bits,
        storage_bits,
        repeat,
        shift,
        ..
    } = scan_type;
    let fits = matches!(storage_bits, 8 | 16 | 24 | 32 | 40 | 48 | 56 | 64)
        && bits > 0
        && bits.checked_add(shift)? <= storage_bits
        && (1..=64).contains(&repeat);
    fits.then_some(scan_type)
}

/// A channel that a buffer can hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanChannel {
    /// The name in sysfs: `in_proximity`, `in_timestamp`.
    pub name: String,
    /// The channel's place in a scan, relative to the others.
    pub index: u32,
    /// What its samples look like.
    pub scan_type: ScanType,
}

/// Where the enabled channels lie in a scan, and the scan's size
/// (`iio_compute_scan_bytes` in `drivers/iio/industrialio-buffer.c`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    places: Vec<(usize, ScanChannel)>,
    pub(super) bytes: usize,
}

impl Layout {
    /// The layout of these channels, in any order.
    pub(super) fn of(mut channels: Vec<ScanChannel>) -> Self {
        channels.sort_by_key(|channel| channel.index);
        let mut bytes = 0_usize;
        let mut largest = 1;
        let mut places = Vec::new();
        for channel in channels {
            let size = channel.scan_type.bytes();
            bytes = bytes.next_multiple_of(size);
            largest = largest.max(size);
            places.push((bytes, channel));
            bytes += size;
        }
        Self {
            places,
            bytes: bytes.next_multiple_of(largest),
        }
    }

    /// Decodes one scan of [`bytes`](Self::bytes) bytes.
    pub(super) fn decode(&self, scan: &[u8]) -> Scan {
        let samples = self.places.iter().map(|(at, channel)| {
            let scan_type = channel.scan_type;
            let samples = scan[*at..*at + scan_type.bytes()]
                .chunks(scan_type.sample_bytes())
                .map(|sample| scan_type.decode(sample))
                .collect();
            (channel.name.clone(), samples)
        });
        Scan {
            samples: samples.collect(),
        }
    }
}

/// One scan: a sample of every enabled channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    samples: BTreeMap<String, Vec<i64>>,
}

impl Scan {
    /// A channel's sample; the first, where it has several. An unsigned
    /// sample of 64 bits wraps around.
    ///
    /// # Panics
    /// Where the channel is not enabled: a mistake in the test.
    #[track_caller]
    pub fn get(&self, channel: &str) -> i64 {
        self.all(channel)[0]
    }

    /// All samples of a channel that has several in each scan.
    ///
    /// # Panics
    /// As [`get`](Self::get).
    #[track_caller]
    pub fn all(&self, channel: &str) -> &[i64] {
        match self.samples.get(channel) {
            Some(samples) => samples,
            None => panic!(
                "{channel} is not in the buffer; enabled are {}",
                self.samples.keys().cloned().collect::<Vec<_>>().join(", ")
            ),
        }
    }

    /// The channels' names, sorted.
    pub fn channels(&self) -> Vec<&str> {
        self.samples.keys().map(String::as_str).collect()
    }

    /// The scan's time in nanoseconds of the clock that
    /// `current_timestamp_clock` names, where `in_timestamp` is enabled.
    pub fn timestamp_ns(&self) -> Option<i64> {
        Some(*self.samples.get(TIMESTAMP)?.first()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(scan_type: &str, bytes: &[u8], value: i64) {
        let parsed: ScanType = scan_type.parse().unwrap();
        assert_eq!(parsed.decode(bytes), value, "{scan_type}");
    }

    #[test]
    fn a_sample_is_read_as_its_type_says() {
        check("le:u16/16>>0", &[0x34, 0x12], 0x1234);
        check("be:u16/16>>0", &[0x12, 0x34], 0x1234);
        check("le:s12/16>>4", &[0xf0, 0xff], -1);
        check("le:u12/16>>4", &[0xf7, 0xff], 0xfff);
        check("be:s24/32>>8", &[0x80, 0, 0, 0xff], -0x80_0000);
        check("le:s64/64>>0", &[0xff; 8], -1);
        check("le:u1/8>>0", &[0xff], 1);
    }

    #[test]
    fn a_type_that_cannot_be_is_refused() {
        for text in [
            "",
            "u16/16>>0",
            "le:u16/16",
            "le:x16/16>>0",
            "le:u0/16>>0",
            "le:u16/12>>0",
            "le:u16/16>>1",
            "le:u16/16X0>>0",
            "le:u16/16>>-1",
            "ce:u16/16>>0",
        ] {
            assert!(text.parse::<ScanType>().is_err(), "{text}");
        }
    }

    fn channel(name: &str, index: u32, scan_type: &str) -> ScanChannel {
        ScanChannel {
            name: name.into(),
            index,
            scan_type: scan_type.parse().unwrap(),
        }
    }

    #[test]
    fn a_scan_is_laid_out_by_index_and_aligned_to_each_channels_size() {
        let layout = Layout::of(vec![
            channel(TIMESTAMP, 3, "le:s64/64>>0"),
            channel("in_voltage2", 2, "le:u8/8>>0"),
            channel("in_voltage0", 0, "be:u16/16>>0"),
            channel("in_rot_quaternion", 1, "le:s16/16X2>>0"),
        ]);
        assert_eq!(layout.bytes, 24);
        let mut bytes = [0xee; 24];
        bytes[..2].copy_from_slice(&[0x01, 0x02]);
        bytes[4..8].copy_from_slice(&[0xff, 0xff, 0x03, 0x00]);
        bytes[8] = 7;
        bytes[16..].copy_from_slice(&9_i64.to_le_bytes());
        let scan = layout.decode(&bytes);
        assert_eq!(scan.get("in_voltage0"), 0x0102);
        assert_eq!(scan.all("in_rot_quaternion"), [-1, 3]);
        assert_eq!(scan.get("in_voltage2"), 7);
        assert_eq!(scan.timestamp_ns(), Some(9));
    }

    #[test]
    #[should_panic(expected = "in_voltage9 is not in the buffer; enabled are in_voltage0")]
    fn a_channel_that_is_not_enabled_is_named() {
        let layout = Layout::of(vec![channel("in_voltage0", 0, "le:u8/8>>0")]);
        layout.decode(&[0]).get("in_voltage9");
    }
}
