// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Second ABI of the GPIO character device (`include/uapi/linux/gpio.h`).

use std::mem::offset_of;

use gpiocdev_uapi::v2::{self as uapi, LineFlags, NAME_LEN_MAX, NUM_ATTRS_MAX, NUM_LINES_MAX};

use super::{Ioctl, Memory, Table};

/// The letter of the requests.
const GPIO: u32 = 0xb4;

pub(crate) const GET_CHIP_INFO: u64 = libc::_IOR::<uapi::ChipInfo>(GPIO, 0x01);
pub(crate) const GET_LINE_INFO: u64 = libc::_IOWR::<uapi::LineInfo>(GPIO, 0x05);
const WATCH_LINE_INFO: u64 = libc::_IOWR::<uapi::LineInfo>(GPIO, 0x06);
pub(crate) const GET_LINE: u64 = libc::_IOWR::<uapi::LineRequest>(GPIO, 0x07);
const UNWATCH_LINE_INFO: u64 = libc::_IOWR::<u32>(GPIO, 0x0c);
pub(crate) const SET_CONFIG: u64 = libc::_IOWR::<uapi::LineConfig>(GPIO, 0x0d);
pub(crate) const GET_VALUES: u64 = libc::_IOWR::<uapi::LineValues>(GPIO, 0x0e);
pub(crate) const SET_VALUES: u64 = libc::_IOWR::<uapi::LineValues>(GPIO, 0x0f);

/// `enum gpio_v2_line_attr_id`.
const ATTRIBUTE_FLAGS: u32 = 1;
pub(crate) const ATTRIBUTE_VALUES: u32 = 2;
pub(crate) const ATTRIBUTE_DEBOUNCE: u32 = 3;

pub(super) const TABLE: Table = Table {
    files: &["dev/gpiochip", "lines of "],
    ioctls: &[
        Ioctl::plain(GET_CHIP_INFO, "GPIO_GET_CHIPINFO").returns(|_, memory| {
            let label = memory.text::<NAME_LEN_MAX>(0, offset_of!(uapi::ChipInfo, label));
            let lines = memory.u32(0, offset_of!(uapi::ChipInfo, num_lines));
            format!("label={label} lines={lines}")
        }),
        Ioctl::plain(GET_LINE_INFO, "GPIO_V2_GET_LINEINFO")
            .takes(info_offset)
            .returns(|_, memory| info(memory)),
        Ioctl::plain(WATCH_LINE_INFO, "GPIO_V2_GET_LINEINFO_WATCH")
            .takes(info_offset)
            .returns(|_, memory| info(memory)),
        Ioctl::plain(UNWATCH_LINE_INFO, "GPIO_GET_LINEINFO_UNWATCH")
            .takes(|memory| format!("offset={}", memory.u32(0, 0))),
        Ioctl::plain(GET_LINE, "GPIO_V2_GET_LINE").takes(line_request),
        Ioctl::plain(SET_CONFIG, "GPIO_V2_LINE_SET_CONFIG").takes(|memory| config(memory, 0)),
        Ioctl::plain(GET_VALUES, "GPIO_V2_LINE_GET_VALUES")
            .takes(|memory| {
                let mask = memory.u64(0, offset_of!(uapi::LineValues, mask));
                format!("mask={mask:#b}")
            })
            .returns(|_, memory| {
                let bits = memory.u64(0, offset_of!(uapi::LineValues, bits));
                format!("bits={bits:#b}")
            }),
        Ioctl::plain(SET_VALUES, "GPIO_V2_LINE_SET_VALUES").takes(|memory| {
            let bits = memory.u64(0, offset_of!(uapi::LineValues, bits));
            let mask = memory.u64(0, offset_of!(uapi::LineValues, mask));
            format!("bits={bits:#b} mask={mask:#b}")
        }),
    ],
};

/// `INPUT|EDGE_RISING`.
fn flags(bits: u64) -> String {
    let flags = LineFlags::from_bits_retain(bits);
    let mut names: Vec<String> = flags
        .iter_names()
        .map(|(name, _)| name.to_owned())
        .collect();
    let unknown = flags.difference(LineFlags::all()).bits();
    if unknown != 0 {
        names.push(format!("{unknown:#x}"));
    }
    names.join("|")
}

fn info_offset(memory: Memory<'_>) -> String {
    let offset = memory.u32(0, offset_of!(uapi::LineInfo, offset));
    format!("offset={offset}")
}

fn info(memory: Memory<'_>) -> String {
    let name = memory.text::<NAME_LEN_MAX>(0, offset_of!(uapi::LineInfo, name));
    let consumer = memory.text::<NAME_LEN_MAX>(0, offset_of!(uapi::LineInfo, consumer));
    let flags = flags(memory.u64(0, offset_of!(uapi::LineInfo, flags)));
    format!("name={name} consumer={consumer} flags={flags}")
}

fn line_request(memory: Memory<'_>) -> String {
    let count = memory.u32(0, offset_of!(uapi::LineRequest, num_lines)) as usize;
    let base = offset_of!(uapi::LineRequest, offsets);
    let offsets = (0..count.min(NUM_LINES_MAX)).map(|index| {
        memory
            .u32(0, base + index * size_of::<uapi::Offset>())
            .to_string()
    });
    let offsets: Vec<String> = offsets.collect();
    let consumer = memory.text::<NAME_LEN_MAX>(0, offset_of!(uapi::LineRequest, consumer));
    let config = config(memory, offset_of!(uapi::LineRequest, config));
    format!(
        "offsets=[{}] {config} consumer={consumer}",
        offsets.join(" ")
    )
}

/// `struct gpio_v2_line_config` at an offset.
fn config(memory: Memory<'_>, at: usize) -> String {
    let bits = memory.u64(0, at + offset_of!(uapi::LineConfig, flags));
    let mut text = format!("flags={}", flags(bits));
    let count = memory.u32(0, at + offset_of!(uapi::LineConfig, num_attrs)) as usize;
    for index in 0..count.min(NUM_ATTRS_MAX) {
        let at = at
            + offset_of!(uapi::LineConfig, attrs)
            + index * size_of::<uapi::LineConfigAttribute>();
        let attribute = at + offset_of!(uapi::LineConfigAttribute, attr);
        let kind = memory.u32(0, attribute + offset_of!(uapi::LineAttribute, kind));
        let value = memory.u64(0, attribute + offset_of!(uapi::LineAttribute, value));
        let mask = memory.u64(0, at + offset_of!(uapi::LineConfigAttribute, mask));
        text += &match kind {
            ATTRIBUTE_FLAGS => format!(" flags={} of {mask:#b}", flags(value)),
            ATTRIBUTE_VALUES => format!(" values={value:#b} of {mask:#b}"),
            // 32 bits of the union are the period.
            ATTRIBUTE_DEBOUNCE => format!(" debounce={} us of {mask:#b}", value & 0xffff_ffff),
            other => format!(" attribute {other}={value:#x} of {mask:#b}"),
        };
    }
    text
}
