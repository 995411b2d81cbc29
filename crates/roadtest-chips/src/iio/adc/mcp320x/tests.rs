// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The converters against raw bytes.

use insta::assert_snapshot;
use proptest::prelude::*;
use roadtest_model::{Chip, Level, SimTime};

use super::*;
use crate::testing::spi;

/// The configuration as figure 6-1 sends it, one result in three bytes.
fn convert<P: Part>(chip: &mut Mcp320x<P>, config: u8) -> (String, u32) {
    let sent = [config >> 2 | 0x04, config << 6, 0];
    let (text, received) = spi(chip, SimTime::ZERO, &[&sent]);
    let bits = received
        .iter()
        .fold(0, |value, byte| value << 8 | u32::from(*byte));
    // The start bit is the sixth: with 12 bits, the last is the very last.
    assert_eq!(bits >> 12 & 1, 0, "the null bit");
    (text, bits >> (12 - P::BITS) & ((1 << P::BITS) - 1))
}

/// Configuration bits: single-ended.
const SINGLE: u8 = 0x8;

#[test]
fn each_input_has_its_result() {
    let mut chip = Mcp3208::new(4_096_000);
    for channel in 0..8_u8 {
        chip.set_input(channel.into(), 100_000 * (i32::from(channel) + 1));
    }
    let all: Vec<_> = (0..8)
        .map(|channel| convert(&mut chip, SINGLE | channel))
        .collect();
    let codes: Vec<_> = all.iter().map(|(_, code)| *code).collect();
    assert_eq!(codes, [100, 200, 300, 400, 500, 600, 700, 800]);
    let lines: Vec<_> = all.into_iter().map(|(text, _)| text).collect();
    assert_snapshot!(lines.join("\n"), @r"
    R CH0 064
    R CH1 0c8
    R CH2 12c
    R CH3 190
    R CH4 1f4
    R CH5 258
    R CH6 2bc
    R CH7 320
    ");
}

#[test]
fn a_pair_of_inputs_has_the_difference_in_either_direction() {
    let mut chip = Mcp3004::new(1_024_000);
    chip.set_input(2, 50_000);
    chip.set_input(3, 20_000);
    assert_snapshot!(convert(&mut chip, 2).0, @"R CH2-CH3 01e");
    assert_snapshot!(convert(&mut chip, 3).0, @"R CH3-CH2 000");
    // A part with four inputs does not look at D2.
    assert_snapshot!(convert(&mut chip, 4 | 2).0, @"R CH2-CH3 01e");
}

#[test]
fn a_result_ends_at_the_reference_and_at_ground() {
    let mut chip = Mcp3208::new(2_500_000);
    let mut code = |microvolts| {
        chip.set_input(1, microvolts);
        convert(&mut chip, SINGLE | 1).1
    };
    assert_eq!(code(-1), 0);
    assert_eq!(code(610), 0);
    assert_eq!(code(611), 1);
    assert_eq!(code(2_499_389), 4094);
    assert_eq!(code(2_499_390), 4095);
    assert_eq!(code(5_000_000), 4095);
}

#[test]
fn more_clocks_give_the_result_backwards_and_then_zeroes() {
    let mut chip = Mcp3208::new(4_096_000);
    chip.set_input(0, 0x8a5 * 1000);
    let (_, received) = spi(&mut chip, SimTime::ZERO, &[&[0x60], &[0; 5]]);
    // 8a5 is 1000 1010 0101; back from its second bit on it is 010 0101 0001.
    assert_eq!(received, [0xfe, 0x8a, 0x54, 0xa2, 0, 0]);
    let mut chip = Mcp3004::new(1_024_000);
    chip.set_input(0, 0x2a5 * 1000);
    let (_, received) = spi(&mut chip, SimTime::ZERO, &[&[0x60], &[0; 4]]);
    assert_eq!(received, [0xfe, 0xa9, 0x52, 0xa0, 0]);
}

#[test]
fn a_message_that_ends_too_early_is_a_mark() {
    let mut chip = Mcp3208::new(4_096_000);
    let mut text = |sent: &[u8]| spi(&mut chip, SimTime::ZERO, &[sent]).0;
    assert_snapshot!(text(&[0x00, 0x00]), @"? deselected without a start bit");
    assert_snapshot!(text(&[0x01]), @"? deselected within the configuration");
    assert_snapshot!(text(&[0x70, 0xff]), @"? deselected before the result of CH4 was out");
}

#[test]
fn a_result_must_not_take_longer_than_the_charge_stays() {
    let mut chip = Mcp3208::new(4_096_000);
    let mut bus = Bus::at(SimTime::ZERO);
    chip.select(&mut bus);
    chip.exchange(&mut bus, &[0x60], &mut [0]);
    assert!(bus.is_held());
    let mut bus = Bus::at(SimTime::us(1201));
    chip.exchange(&mut bus, &[0, 0], &mut [0, 0]);
    let (_, complaints) = bus.into_parts();
    assert_snapshot!(complaints[0].text, @"1.201 ms from the sample of CH0 to the end of its result, at most 1.2 ms allowed (6.2)");
}

#[test]
fn without_power_nothing_is_driven() {
    let mut chip = Mcp3208::new(4_096_000);
    chip.power(Level::Low, SimTime::ZERO);
    let (text, received) = spi(&mut chip, SimTime::ZERO, &[&[0x60, 0, 0]]);
    assert_snapshot!(text, @"! access without power");
    assert_eq!(received, [0xff; 3]);
}

#[test]
#[should_panic(expected = "no input 4")]
fn an_input_that_the_part_does_not_have_is_a_mistake() {
    Mcp3004::new(1).set_input(4, 0);
}

#[test]
fn inputs_can_be_set_by_name() {
    let mut chip = Mcp3004::new(1_024_000);
    assert_eq!(chip.stimuli().len(), 4);
    assert_eq!(chip.stimulate("ch3", 7_000), Some(Ok(())));
    assert_eq!(chip.stimulate("ch4", 7_000), None);
    assert_eq!(convert(&mut chip, SINGLE | 3).1, 7);
}

proptest! {
    #[test]
    fn any_bytes_in_any_pieces_get_the_same_answer(
        bytes in prop::collection::vec(any::<u8>(), 0..12),
        cut in 0_usize..12,
    ) {
        let chip = || {
            let mut chip = Mcp3208::new(4_096_000);
            chip.set_input(0, 1_234_000);
            chip
        };
        let (head, tail) = bytes.split_at(cut.min(bytes.len()));
        let whole = spi(&mut chip(), SimTime::ZERO, &[&bytes]);
        let pieces = spi(&mut chip(), SimTime::ZERO, &[head, tail]);
        prop_assert_eq!(whole, pieces);
    }
}
