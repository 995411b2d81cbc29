// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! How the bytes of a message are shared out among registers.

use insta::assert_snapshot;
use proptest::prelude::*;

use super::{Example, read, read_on, reg, show, write};
use crate::register::{I2cRegisters, Map, RegisterChip, Registers, Word};
use crate::{Bus, Chip, Direction, I2cTarget, Level, SimTime};

#[test]
fn an_address_without_a_register_is_reported_once_per_message() {
    let mut chip = Example::new();
    assert_snapshot!(write(&mut chip, &[0x09, 0x00, 0x01]), @r"
    Write 0x09 0001
    ! write to 0x09, where there is no register
    ");
    assert_snapshot!(read(&mut chip, 0x09, 2), @r"
    [ff, ff]
    Read 0x09 ffff
    ? read of 0x09, where there is no register
    ");
}

#[test]
fn words_of_a_message_go_to_the_addresses_that_follow() {
    let mut chip = Example::new();
    assert_snapshot!(write(&mut chip, &[0x01, 0xc8, 0x00, 0x00, 0x00, 0x01]), @r"
    Write CONFIG c800 latch=0
    Write FLAGS 00 fault=0 event=0
    Write COMMAND 0001
    ");
    assert_snapshot!(read(&mut chip, 0x01, 3), @r"
    [c8, 00, 81]
    Read CONFIG c800 latch=0
    Read FLAGS 81
    ");
    // A lone read goes on where the last access ended.
    chip.registers.pointer = 0x04;
    assert_snapshot!(read_on(&mut chip, 2), @r"
    [12, 34]
    Read FREE 1234
    ");
}

#[test]
fn part_of_a_word_is_not_stored_but_can_be_read() {
    let mut chip = Example::new();
    assert_snapshot!(write(&mut chip, &[0x04, 0xff]), @r"
    Write FREE ff
    ! write of 1 of 2 bytes to FREE
    ");
    assert_snapshot!(read(&mut chip, 0x04, 1), @r"
    [12]
    Read FREE 12
    ");
}

#[test]
fn part_of_a_pointer_is_reported_and_moves_nothing() {
    struct Wide(Registers);

    impl RegisterChip for Wide {
        const COMPATIBLE: &'static str = "example,wide";
        const MAP: &'static Map = reg::MAP;

        fn regs(&self) -> &Registers {
            &self.0
        }

        fn regs_mut(&mut self) -> &mut Registers {
            &mut self.0
        }
    }

    impl I2cRegisters for Wide {
        const POINTER_BYTES: usize = 2;
    }

    let mut chip = Wide(Registers::new(reg::MAP));
    let mut bus = Bus::at(SimTime::ZERO);
    chip.write(&mut bus, &[0x00, 0x04, 0x00, 0x07]);
    chip.write(&mut bus, &[0x00]);
    assert_snapshot!(show(bus, ""), @r"
    Write FREE 0007
    ! write of 1 of 2 pointer bytes
    ");
    assert_eq!(chip.0.pointer(), 0x04);
}

#[test]
fn a_burst_longer_than_the_chip_allows_is_reported() {
    let mut chip = Example::new();
    let text = read(&mut chip, 0x00, 7);
    assert!(
        text.contains("! read of 7 data bytes, at most 6\n"),
        "{text}"
    );
}

#[test]
fn bits_above_the_pointer_mask_are_ignored() {
    let mut chip = Example::new();
    assert_snapshot!(read(&mut chip, 0x14, 2), @r"
    [12, 34]
    Read FREE 1234
    ");
}

#[test]
fn a_chip_that_does_not_answer_shows_nothing_else() {
    let mut chip = Example::new();
    chip.off = true;
    assert_snapshot!(write(&mut chip, &[0x04, 0x00, 0x01]), @"NACK");
    assert_snapshot!(read_on(&mut chip, 2), @"NACK");
    assert_eq!(chip.registers.get(reg::FREE), 0x1234);
}

#[test]
fn a_pointer_that_no_read_uses_is_shown_at_the_end_of_the_transfer() {
    let mut chip = Example::new();
    let mut bus = Bus::at(SimTime::ZERO);
    chip.write(&mut bus, &[0x01]);
    assert!(bus.is_held());
    assert_eq!(show(bus, ""), "");
    let mut bus = Bus::at(SimTime::ZERO);
    chip.stop(&mut bus);
    assert_snapshot!(show(bus, ""), @"Write POINTER 01 CONFIG");

    read(&mut chip, 0x01, 2);
    let mut bus = Bus::at(SimTime::ZERO);
    chip.stop(&mut bus);
    assert_eq!(show(bus, ""), "");
}

#[test]
fn the_defaults_of_a_chip_are_those_of_the_bus() {
    let chip = Example::new();
    assert_eq!(Chip::interrupt(&chip), Level::High);
    assert_eq!(Chip::wake_at(&chip), None);
    assert_eq!(chip.scl_hz_max(), 400_000);
    assert_eq!(chip.accepts(&[1, 2, 3]), 3);
    assert_eq!(chip.compatible(), "example,one");
    assert_eq!(chip.pins(), [""; 0]);
    assert_eq!(Chip::drives(&chip, 0), None);
}

proptest! {
    #[test]
    fn any_bytes_get_an_answer(
        messages in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..24)), 0..16)
    ) {
        let mut chip = Example::new();
        for (is_read, bytes) in messages {
            let mut bus = Bus::at(SimTime::ZERO);
            let mut buf = bytes;
            if is_read {
                prop_assert_eq!(chip.start(&mut bus, Direction::Read), Ok(()));
                chip.read(&mut bus, &mut buf);
            } else {
                prop_assert_eq!(chip.start(&mut bus, Direction::Write), Ok(()));
                chip.write(&mut bus, &buf);
            }
            chip.stop(&mut bus);
            // Whatever came in, reserved bits never change.
            prop_assert_eq!(chip.registers.get(reg::CONFIG) & reg::CONFIG.reserved(), 0x0800);
        }
    }

    #[test]
    fn words_survive_the_bus(value in any::<u32>()) {
        use Word::*;
        for word in [U8, U16be, U16le, U24be, U24le, U32be, U32le] {
            let bytes = word.encode(value);
            prop_assert_eq!(bytes.len(), word.bytes());
            prop_assert_eq!(word.decode(&bytes), value & word.mask());
        }
    }
}

#[test]
fn words_have_the_byte_order_of_their_name() {
    use Word::*;
    assert_eq!(U16be.encode(0x1234), [0x12, 0x34]);
    assert_eq!(U16le.encode(0x1234), [0x34, 0x12]);
    assert_eq!(U24be.decode(&[1, 2, 3]), 0x01_0203);
    assert_eq!(U32le.decode(&[1, 2, 3, 4]), 0x0403_0201);
}
