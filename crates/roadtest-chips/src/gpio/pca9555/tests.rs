// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The PCA9555 against raw bytes and levels.

use insta::assert_snapshot;
use proptest::prelude::*;
use roadtest_model::{Bus, Chip, I2cTarget, Level, SimTime};

use super::{Pca9555, RegisterChip};
use crate::testing::{read, read_on, receive, send, write};

use Level::{High, Low};

const NOW: SimTime = SimTime::ZERO;

/// Reads both input ports.
fn read_inputs(chip: &mut Pca9555) {
    read(chip, NOW, &[0x00], 2);
}

#[test]
fn all_pins_are_inputs_and_pulled_up_after_power_up() {
    let mut chip = Pca9555::new();
    assert_snapshot!(read(&mut chip, NOW, &[0x00], 2), @r"
    R INPUT_0 ff
    R INPUT_1 ff
    ");
    assert_eq!(Chip::pins(&chip).len(), 16);
    assert!((0..16).all(|pin| Chip::drives(&chip, pin).is_none()));
    assert_eq!(Chip::interrupt(&chip), High);
}

#[test]
fn the_input_port_shows_the_levels_of_inputs_and_outputs() {
    let mut chip = Pca9555::new();
    Chip::pin_changed(&mut chip, 3, Low, NOW);
    Chip::pin_changed(&mut chip, 15, Low, NOW);
    // P00 and P10 become outputs, P00 low.
    write(&mut chip, NOW, &[0x02, 0xfe, 0xff]);
    write(&mut chip, NOW, &[0x06, 0xfe, 0xfe]);
    assert_snapshot!(read(&mut chip, NOW, &[0x00], 2), @r"
    R INPUT_0 f6 i0_3=0 i0_0=0
    R INPUT_1 7f i1_7=0
    ");
    assert_eq!(Chip::drives(&chip, 0), Some(Low));
    assert_eq!(Chip::drives(&chip, 8), Some(High));
    assert_eq!(Chip::drives(&chip, 3), None);
    assert_eq!(chip.levels(), 0x7ff6);
}

#[test]
fn what_drives_an_output_from_outside_is_seen_when_it_becomes_an_input() {
    let mut chip = Pca9555::new();
    write(&mut chip, NOW, &[0x06, 0xfe]);
    Chip::pin_changed(&mut chip, 0, Low, NOW);
    assert_eq!(chip.levels(), 0xffff);
    write(&mut chip, NOW, &[0x06, 0xff]);
    assert_eq!(chip.levels(), 0xfffe);
}

#[test]
fn data_go_back_and_forth_in_a_pair_of_registers() {
    let mut chip = Pca9555::new();
    assert_snapshot!(write(&mut chip, NOW, &[0x03, 0x11, 0x22, 0x33]), @r"
    W OUTPUT_1 11 o1_7=0 o1_6=0 o1_5=0 o1_3=0 o1_2=0 o1_1=0
    W OUTPUT_0 22 o0_7=0 o0_6=0 o0_4=0 o0_3=0 o0_2=0 o0_0=0
    W OUTPUT_1 33 o1_7=0 o1_6=0 o1_3=0 o1_2=0
    ");
    assert_snapshot!(read(&mut chip, NOW, &[0x03], 3), @r"
    R OUTPUT_1 33 o1_7=0 o1_6=0 o1_3=0 o1_2=0
    R OUTPUT_0 22 o0_7=0 o0_6=0 o0_4=0 o0_3=0 o0_2=0 o0_0=0
    R OUTPUT_1 33 o1_7=0 o1_6=0 o1_3=0 o1_2=0
    ");
}

#[test]
fn a_read_without_a_command_byte_begins_where_the_last_one_did() {
    let mut chip = Pca9555::new();
    write(&mut chip, NOW, &[0x06, 0xf0, 0x0f]);
    let text = read(&mut chip, NOW, &[0x06], 1);
    assert_eq!(text, "R CONFIGURATION_0 f0 c0_3=0 c0_2=0 c0_1=0 c0_0=0");
    assert_eq!(read_on(&mut chip, NOW, 1), text);
}

#[test]
fn the_polarity_inverts_what_is_read_and_not_what_is_driven() {
    let mut chip = Pca9555::new();
    write(&mut chip, NOW, &[0x04, 0x03]);
    write(&mut chip, NOW, &[0x06, 0xfe]);
    assert_eq!(
        read(&mut chip, NOW, &[0x00], 1),
        "R INPUT_0 fc i0_1=0 i0_0=0"
    );
    assert_eq!(Chip::drives(&chip, 0), Some(High));
    assert_eq!(chip.levels(), 0xffff);
    assert_eq!(Chip::interrupt(&chip), High);
}

#[test]
fn a_write_to_an_input_port_has_no_effect_and_is_marked() {
    let mut chip = Pca9555::new();
    assert_snapshot!(write(&mut chip, NOW, &[0x00, 0xf7]), @r"
    W INPUT_0 f7 i0_3=0
    ? write to INPUT_0, which has no effect (8.5.2.3)
    ");
    assert_eq!(read(&mut chip, NOW, &[0x00], 1), "R INPUT_0 ff");
}

#[test]
fn a_changed_input_interrupts_until_its_own_port_is_read() {
    let mut chip = Pca9555::new();
    Chip::pin_changed(&mut chip, 9, Low, NOW);
    assert_eq!(Chip::interrupt(&chip), Low);
    read(&mut chip, NOW, &[0x00], 1);
    assert_eq!(Chip::interrupt(&chip), Low);
    read(&mut chip, NOW, &[0x01], 1);
    assert_eq!(Chip::interrupt(&chip), High);
    Chip::pin_changed(&mut chip, 9, High, NOW);
    assert_eq!(Chip::interrupt(&chip), Low);
}

#[test]
fn an_input_that_returns_takes_its_interrupt_back() {
    let mut chip = Pca9555::new();
    Chip::pin_changed(&mut chip, 2, Low, NOW);
    Chip::pin_changed(&mut chip, 3, Low, NOW);
    Chip::pin_changed(&mut chip, 2, High, NOW);
    assert_eq!(Chip::interrupt(&chip), Low);
    Chip::pin_changed(&mut chip, 3, High, NOW);
    assert_eq!(Chip::interrupt(&chip), High);
}

#[test]
fn an_output_causes_no_interrupt_until_it_becomes_an_input() {
    let mut chip = Pca9555::new();
    write(&mut chip, NOW, &[0x06, 0xfe]);
    read_inputs(&mut chip);
    write(&mut chip, NOW, &[0x02, 0xfe]);
    assert_eq!(Chip::interrupt(&chip), High);
    // The level was low, and nothing drives the pin now.
    read_inputs(&mut chip);
    write(&mut chip, NOW, &[0x06, 0xff]);
    assert_eq!(Chip::interrupt(&chip), Low);
}

#[test]
fn without_power_nothing_is_driven_and_the_registers_are_lost() {
    let mut chip = Pca9555::new();
    write(&mut chip, NOW, &[0x06, 0x00, 0x00]);
    Chip::pin_changed(&mut chip, 5, Low, NOW);
    Chip::power(&mut chip, Low, NOW);
    assert_eq!(Chip::drives(&chip, 0), None);
    assert_eq!(Chip::interrupt(&chip), High);
    assert_eq!(read_on(&mut chip, NOW, 1), "! access without power\nNACK");
    Chip::power(&mut chip, High, NOW);
    assert_eq!(chip.inputs(), 0xffff);
    assert_eq!(Chip::interrupt(&chip), High);
    assert_eq!(read_on(&mut chip, NOW, 1), "R INPUT_0 df i0_5=0");
}

#[test]
fn pins_can_be_set_by_name() {
    let mut chip = Pca9555::new();
    assert_eq!(chip.stimulate("pins", 0x7fff), Some(Ok(())));
    assert_eq!(chip.levels(), 0x7fff);
    assert_eq!(Pca9555::PINS[15], "P17");
}

#[test]
#[should_panic(expected = "pins are 0 to 15, not 16")]
fn a_pin_that_is_not_there_is_a_mistake() {
    Pca9555::new().drive(16, Low);
}

proptest! {
    #[test]
    fn any_bytes_get_an_answer(
        messages in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..6)), 0..32)
    ) {
        let mut chip = Pca9555::new();
        for (is_read, mut bytes) in messages {
            let outcome = if is_read {
                receive(&mut chip, NOW, &mut bytes)
            } else {
                send(&mut chip, NOW, &bytes)
            };
            prop_assert_eq!(outcome, Ok(()));
            chip.stop(&mut Bus::at(NOW));
            for pin in 0..16 {
                let is_input = chip.inputs() >> pin & 1 == 1;
                prop_assert_eq!(Chip::drives(&chip, pin).is_none(), is_input);
            }
        }
    }
}
