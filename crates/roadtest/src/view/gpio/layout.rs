// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The structures of the GPIO character device as bytes. Sizes and offsets
//! are those of `gpiocdev-uapi`, which keeps them as the kernel has them; the
//! bytes are put there one field at a time, since a guest's memory is not
//! ours to point into.

use std::mem::offset_of;

use gpiocdev_uapi::v2::{
    self as uapi, LineEdgeEvent, LineEdgeEventKind, LineFlags, NAME_LEN_MAX, NUM_ATTRS_MAX,
    NUM_LINES_MAX,
};
use roadtest_model::{Level, SimTime};

use crate::abi::gpio::{ATTRIBUTE_DEBOUNCE, ATTRIBUTE_VALUES};

use super::{Change, ChipInfo, EdgeEvent, LineInfo, Lines};

pub(super) const CHIP_INFO_BYTES: usize = size_of::<uapi::ChipInfo>();
/// `sizeof(struct gpio_v2_line_event)`.
pub(super) const EVENT_BYTES: u32 = 48;
const _: () = assert!(size_of::<LineEdgeEvent>() == EVENT_BYTES as usize);

/// Bytes with fields at offsets.
struct Bytes(Vec<u8>);

impl Bytes {
    fn of<T>() -> Self {
        Self(vec![0; size_of::<T>()])
    }

    fn put(&mut self, offset: usize, field: &[u8]) {
        self.0[offset..offset + field.len()].copy_from_slice(field);
    }
}

/// The `N` bytes at an offset; zeros where there are fewer.
fn get<const N: usize>(bytes: &[u8], offset: usize) -> [u8; N] {
    bytes
        .get(offset..)
        .and_then(|rest| rest.first_chunk())
        .copied()
        .unwrap_or([0; N])
}

fn get_u32(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(get(bytes, offset))
}

fn get_u64(bytes: &[u8], offset: usize) -> u64 {
    u64::from_le_bytes(get(bytes, offset))
}

fn get_name(bytes: &[u8], offset: usize) -> String {
    let name: [u8; NAME_LEN_MAX] = get(bytes, offset);
    let end = name.iter().position(|&byte| byte == 0);
    String::from_utf8_lossy(&name[..end.unwrap_or(name.len())]).into_owned()
}

pub(super) fn chip_info(bytes: &[u8]) -> ChipInfo {
    ChipInfo {
        label: get_name(bytes, offset_of!(uapi::ChipInfo, label)),
        lines: get_u32(bytes, offset_of!(uapi::ChipInfo, num_lines)),
    }
}

pub(super) fn line_info_request(offset: u32) -> Vec<u8> {
    let mut bytes = Bytes::of::<uapi::LineInfo>();
    bytes.put(offset_of!(uapi::LineInfo, offset), &offset.to_le_bytes());
    bytes.0
}

pub(super) fn line_info(bytes: &[u8]) -> LineInfo {
    let flags = get_u64(bytes, offset_of!(uapi::LineInfo, flags));
    LineInfo {
        name: get_name(bytes, offset_of!(uapi::LineInfo, name)),
        consumer: get_name(bytes, offset_of!(uapi::LineInfo, consumer)),
        flags: LineFlags::from_bits_retain(flags),
    }
}

/// Bits 0 to `count` - 1.
pub(super) fn first(count: usize) -> u64 {
    (0..count).fold(0, |bits, index| bits | 1 << index)
}

pub(super) fn level_bits(levels: &[Level]) -> u64 {
    levels.iter().enumerate().fold(0, |bits, (index, level)| {
        bits | u64::from(level.is_high()) << index
    })
}

pub(super) fn values(bits: u64, mask: u64) -> Vec<u8> {
    let mut bytes = Bytes::of::<uapi::LineValues>();
    bytes.put(offset_of!(uapi::LineValues, bits), &bits.to_le_bytes());
    bytes.put(offset_of!(uapi::LineValues, mask), &mask.to_le_bytes());
    bytes.0
}

pub(super) fn bits(bytes: &[u8]) -> u64 {
    get_u64(bytes, offset_of!(uapi::LineValues, bits))
}

/// `struct gpio_v2_line_config`, for `count` lines.
pub(super) fn line_config(lines: &Lines, count: usize) -> Vec<u8> {
    let mut bytes = Bytes::of::<uapi::LineConfig>();
    bytes.put(
        offset_of!(uapi::LineConfig, flags),
        &lines.flags.bits().to_le_bytes(),
    );
    let values = (!lines.values.is_empty()).then(|| {
        let mask = first(lines.values.len());
        (ATTRIBUTE_VALUES, level_bits(&lines.values), mask)
    });
    let debounce = lines
        .debounce
        .map(|period| (ATTRIBUTE_DEBOUNCE, period.as_ns() / 1000, first(count)));
    let attributes: Vec<(u32, u64, u64)> = [values, debounce].into_iter().flatten().collect();
    const _: () = assert!(NUM_ATTRS_MAX >= 2);
    let number = u32::from(values.is_some()) + u32::from(debounce.is_some());
    bytes.put(
        offset_of!(uapi::LineConfig, num_attrs),
        &number.to_le_bytes(),
    );
    for (index, (kind, value, mask)) in attributes.into_iter().enumerate() {
        let at =
            offset_of!(uapi::LineConfig, attrs) + index * size_of::<uapi::LineConfigAttribute>();
        let attribute = at + offset_of!(uapi::LineConfigAttribute, attr);
        bytes.put(
            attribute + offset_of!(uapi::LineAttribute, kind),
            &kind.to_le_bytes(),
        );
        bytes.put(
            attribute + offset_of!(uapi::LineAttribute, value),
            &value.to_le_bytes(),
        );
        bytes.put(
            at + offset_of!(uapi::LineConfigAttribute, mask),
            &mask.to_le_bytes(),
        );
    }
    bytes.0
}

/// `struct gpio_v2_line_request`.
pub(super) fn line_request(lines: &Lines) -> Vec<u8> {
    let count = lines.offsets.len();
    assert!(count <= NUM_LINES_MAX, "{count} lines in one request");
    let mut bytes = Bytes::of::<uapi::LineRequest>();
    for (index, offset) in lines.offsets.iter().enumerate() {
        let at = offset_of!(uapi::LineRequest, offsets) + index * size_of::<uapi::Offset>();
        bytes.put(at, &offset.to_le_bytes());
    }
    let name = lines.consumer.as_bytes();
    let name = &name[..name.len().min(NAME_LEN_MAX - 1)];
    bytes.put(offset_of!(uapi::LineRequest, consumer), name);
    let config = line_config(lines, count);
    bytes.put(offset_of!(uapi::LineRequest, config), &config);
    // No more than 64, see above.
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    bytes.put(
        offset_of!(uapi::LineRequest, num_lines),
        &count.to_le_bytes(),
    );
    bytes.0
}

/// Where the kernel puts the descriptor into the request.
pub(super) const LINE_FD: usize = offset_of!(uapi::LineRequest, fd);

pub(super) fn edge_event(bytes: &[u8]) -> Option<EdgeEvent> {
    let (words, _) = bytes.as_chunks::<8>();
    let words: Vec<u64> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
    let event = LineEdgeEvent::from_slice(&words).ok()?;
    let change = match event.kind {
        kind if kind == LineEdgeEventKind::RisingEdge as u32 => Change::Rising,
        kind if kind == LineEdgeEventKind::FallingEdge as u32 => Change::Falling,
        _ => return None,
    };
    Some(EdgeEvent {
        change,
        offset: event.offset,
        number: event.seqno,
        line_number: event.line_seqno,
        time: SimTime::ns(event.timestamp_ns),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::gpio::{GET_CHIP_INFO, GET_LINE, GET_LINE_INFO, GET_VALUES, SET_CONFIG};

    #[test]
    fn requests_have_the_numbers_and_sizes_of_the_kernel() {
        assert_eq!(GET_CHIP_INFO, 0x8044_b401);
        assert_eq!(GET_LINE_INFO, 0xc100_b405);
        assert_eq!(GET_LINE, 0xc250_b407);
        assert_eq!(SET_CONFIG, 0xc110_b40d);
        assert_eq!(GET_VALUES, 0xc010_b40e);
    }

    #[test]
    fn a_request_carries_offsets_levels_and_the_consumers_name() {
        let lines = Lines::outputs(&[3, 5], &[Level::Low, Level::High]).consumer("x");
        let bytes = line_request(&lines);
        assert_eq!(get_u32(&bytes, 0), 3);
        assert_eq!(get_u32(&bytes, 4), 5);
        assert_eq!(get_name(&bytes, 256), "x");
        // config.flags, config.num_attrs, its attribute, num_lines.
        assert_eq!(get_u64(&bytes, 288), LineFlags::OUTPUT.bits());
        assert_eq!(get_u32(&bytes, 296), 1);
        assert_eq!(get_u32(&bytes, 320), ATTRIBUTE_VALUES);
        assert_eq!(get_u64(&bytes, 328), 0b10);
        assert_eq!(get_u64(&bytes, 336), 0b11);
        assert_eq!(get_u32(&bytes, 560), 2);
    }

    #[test]
    fn an_event_is_decoded_and_a_short_one_is_none() {
        let mut bytes = vec![0; 48];
        bytes[0] = 7;
        bytes[8] = 2;
        bytes[12] = 4;
        bytes[16] = 9;
        bytes[20] = 1;
        assert_eq!(
            edge_event(&bytes),
            Some(EdgeEvent {
                change: Change::Falling,
                offset: 4,
                number: 9,
                line_number: 1,
                time: SimTime::ns(7),
            })
        );
        assert_eq!(edge_event(&bytes[..40]), None);
    }
}
