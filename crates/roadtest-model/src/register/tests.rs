// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The rules of the register protocol, against a chip that has all of them.

#![expect(
    clippy::allow_attributes,
    unreachable_pub,
    reason = "the macro is meant for other crates, where neither lint looks inside it"
)]

use insta::assert_snapshot;
use proptest::prelude::*;

use super::{Guard, Increment, MinGap, Register, RegisterChip, Registers};
use crate::{Bus, Chip, Level, Nack, SimTime, registers};

registers! {
    /// Example 1, datasheet EX1 revision A.
    pub mod reg: u16be {
        RESULT @ 0x00 ro = 0x0000, "8.1" { EXPONENT[15:12], MANTISSA[11:0] }
        /// What to do.
        CONFIG @ 0x01 rw = 0xc810, "8.2" {
            RANGE[15:12] (0..=12),
            MODE[10:9] { Shutdown = 0, Single = 1, Continuous = 2 },
            READY[7] ro "CRF",
            LATCH[4],
        }
        FLAGS: u8 @ 0x02 rw = 0x81, "8.3" {
            FAULT[0] w1c, ARM[1] w1s, START[2] sc, EVENT[7] rc, KEY[6:5] wo,
        }
        COMMAND @ 0x03 wo = 0x0000, "8.4";
        FREE @ 0x04 rw = 0x1234;
    }
}

const BUSY: Guard = Guard {
    state: "converting",
    section: "7.1",
    writes: &[reg::FREE],
    reads: &[reg::RESULT],
};

struct Example {
    registers: Registers,
    started: u32,
    off: bool,
}

impl Example {
    fn new() -> Self {
        Self {
            registers: Registers::new(reg::MAP),
            started: 0,
            off: false,
        }
    }
}

impl RegisterChip for Example {
    const COMPATIBLE: &'static str = "example,one";
    const MAP: &'static super::Map = reg::MAP;
    const INCREMENT: Increment = Increment::ByOne;
    const POINTER_MASK: u32 = 0x0f;
    const BURST_MAX: Option<usize> = Some(6);

    fn regs(&self) -> &Registers {
        &self.registers
    }

    fn regs_mut(&mut self) -> &mut Registers {
        &mut self.registers
    }

    fn addressed(&mut self, _: &mut Bus) -> Result<(), Nack> {
        if self.off { Err(Nack) } else { Ok(()) }
    }

    fn before_read(&mut self, register: Register, _: &mut Bus) {
        if register == reg::RESULT {
            self.registers.store(reg::MANTISSA, 0x456);
        }
    }

    fn after_read(&mut self, register: Register, _: &mut Bus) {
        if register == reg::CONFIG {
            self.registers.store(reg::READY, 0);
        }
    }

    fn written(&mut self, register: Register, old: u32, _: &mut Bus) {
        if register == reg::FLAGS && self.registers.is_set(reg::START) {
            assert_eq!(old & 0x04, 0, "a self-clearing bit stays set");
            self.started += 1;
        }
    }
}

/// What a message did, as the timeline shows it, violations after the lines.
fn show(bus: Bus, outcome: &str) -> String {
    let (accesses, violations) = bus.into_parts();
    let mut text = String::from(outcome);
    for access in accesses {
        let line = format!(
            "{:?} {} {} {}",
            access.direction, access.target, access.value, access.fields
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    for violation in violations {
        text.push_str(&format!("! {}\n", violation.text));
    }
    text
}

fn write(chip: &mut Example, bytes: &[u8]) -> String {
    let mut bus = Bus::at(SimTime::ZERO);
    let outcome = match Chip::write(chip, &mut bus, bytes) {
        Ok(()) => "",
        Err(Nack) => "NACK\n",
    };
    show(bus, outcome)
}

/// Reads `length` bytes at `pointer` and shows both messages.
fn read(chip: &mut Example, pointer: u8, length: usize) -> String {
    let before = write(chip, &[pointer]);
    before + &read_on(chip, length)
}

fn read_on(chip: &mut Example, length: usize) -> String {
    let mut bus = Bus::at(SimTime::ZERO);
    let mut buf = vec![0; length];
    let outcome = match Chip::read(chip, &mut bus, &mut buf) {
        Ok(()) => format!("{buf:02x?}\n"),
        Err(Nack) => "NACK\n".to_owned(),
    };
    show(bus, &outcome)
}

#[test]
fn a_read_gives_what_the_model_stored_and_runs_the_hooks() {
    let mut chip = Example::new();
    chip.registers.store(reg::EXPONENT, 3);
    chip.registers.store(reg::READY, 1);
    assert_snapshot!(read(&mut chip, 0x00, 2), @r"
    [34, 56]
    Read RESULT 3456 exponent=3 mantissa=1110
    ");
    assert_snapshot!(read(&mut chip, 0x01, 2), @r"
    [c8, 90]
    Read CONFIG c890 ready=1
    ");
    assert_snapshot!(read(&mut chip, 0x01, 2), @r"
    [c8, 10]
    Read CONFIG c810
    ");
}

#[test]
fn a_legal_write_is_stored_and_shown() {
    let mut chip = Example::new();
    assert_snapshot!(write(&mut chip, &[0x01, 0xca, 0x10]), @"Write CONFIG ca10 mode=Single");
    assert_eq!(chip.registers.get(reg::MODE), reg::MODE::Single);
}

#[test]
fn a_field_in_decimal_code_is_shown_by_its_digits() {
    crate::registers! {
        /// A clock.
        mod clock: u8 {
            SECONDS @ 0x02 rw = 0x00 { LOW_VOLTAGE[7], SECOND[6:0] "BCD, 0 to 59" }
        }
    }
    assert_eq!(clock::SECONDS.decode(0xb7), "low_voltage=1 second=37");
}

#[test]
fn a_read_only_register_keeps_its_value_and_reports_the_write() {
    let mut chip = Example::new();
    assert_snapshot!(write(&mut chip, &[0x00, 0x12, 0x34]), @r"
    Write RESULT 1234 exponent=1 mantissa=564
    ! write of 0x1234 to read-only RESULT (8.1)
    ");
    assert_eq!(chip.registers.get(reg::RESULT), 0);
}

#[test]
fn a_read_only_field_of_a_writable_register_keeps_its_value_silently() {
    let mut chip = Example::new();
    assert_snapshot!(write(&mut chip, &[0x01, 0xc8, 0x90]), @"Write CONFIG c890 ready=1");
    assert_eq!(chip.registers.get(reg::CONFIG), 0xc810);
    chip.registers.store(reg::READY, 1);
    write(&mut chip, &[0x01, 0xc8, 0x10]);
    assert_eq!(chip.registers.get(reg::CONFIG), 0xc890);
}

#[test]
fn reserved_bits_keep_their_reset_value_and_report_the_change() {
    let mut chip = Example::new();
    assert_snapshot!(write(&mut chip, &[0x01, 0xc0, 0x15]), @r"
    Write CONFIG c015
    ! write of 0xc015 sets reserved bits 0x0005 of CONFIG (8.2)
    ! write of 0xc015 clears reserved bits 0x0800 of CONFIG (8.2)
    ");
    assert_eq!(chip.registers.get(reg::CONFIG), 0xc810);
}

#[test]
fn values_that_the_datasheet_does_not_allow_are_reported() {
    let mut chip = Example::new();
    assert_snapshot!(write(&mut chip, &[0x01, 0xde, 0x10]), @r"
    Write CONFIG de10 range=13 mode=3
    ! write of 0xde10 sets RANGE of CONFIG to 13, which is not a legal value (8.2)
    ! write of 0xde10 sets MODE of CONFIG to 3, which is not a legal value (8.2)
    ");
}

#[test]
fn a_write_only_register_reads_as_zero_and_reports_the_read() {
    let mut chip = Example::new();
    assert_snapshot!(write(&mut chip, &[0x03, 0xbe, 0xef]), @"Write COMMAND beef");
    assert_eq!(chip.registers.get(reg::COMMAND), 0xbeef);
    assert_snapshot!(read(&mut chip, 0x03, 2), @r"
    [00, 00]
    Read COMMAND 0000
    ! read of write-only COMMAND (8.4)
    ");
}

#[test]
fn special_fields_follow_their_rules() {
    let mut chip = Example::new();
    chip.registers.store(reg::FLAGS, 0b1000_0001);
    // FAULT is cleared by 1, ARM set, START seen once, EVENT not writable.
    write(&mut chip, &[0x02, 0b0110_0111]);
    assert_eq!(chip.registers.get(reg::FLAGS), 0b1110_0010);
    assert_eq!(chip.started, 1);
    // Zeroes leave ARM; KEY reads as zero; EVENT is read, and then cleared.
    write(&mut chip, &[0x02, 0b0110_0000]);
    assert_snapshot!(read(&mut chip, 0x02, 1), @r"
    [82]
    Read FLAGS 82 fault=0 arm=1
    ");
    assert_snapshot!(read(&mut chip, 0x02, 1), @r"
    [02]
    Read FLAGS 02 fault=0 arm=1 event=0
    ");
    assert_eq!(chip.registers.get(reg::KEY), 3);
    assert_eq!(chip.started, 1);
}

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
    ! read of 0x09, where there is no register
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
fn a_guard_reports_accesses_until_it_is_left() {
    let mut chip = Example::new();
    chip.registers.enter(BUSY);
    assert_snapshot!(write(&mut chip, &[0x04, 0x00, 0x01]), @r"
    Write FREE 0001
    ! write of 0x0001 to FREE while converting (7.1)
    ");
    assert_snapshot!(read(&mut chip, 0x00, 2), @r"
    [04, 56]
    Read RESULT 0456 mantissa=1110
    ! read of RESULT while converting (7.1)
    ");
    chip.registers.leave(BUSY);
    assert_snapshot!(write(&mut chip, &[0x04, 0x00, 0x02]), @"Write FREE 0002");
}

#[test]
fn a_gap_that_never_began_is_no_contract() {
    let gap = MinGap::new("start to read", "", SimTime::ms(1));
    assert_eq!(gap.check(SimTime::ZERO), Ok(()));
    assert_eq!(gap.allowed_at(), None);
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
    assert_eq!(Chip::write(&mut chip, &mut bus, &[0x01]), Ok(()));
    assert!(bus.is_held());
    assert_eq!(show(bus, ""), "");
    let mut bus = Bus::at(SimTime::ZERO);
    Chip::stop(&mut chip, &mut bus);
    assert_snapshot!(show(bus, ""), @"Write POINTER 01 CONFIG");

    read(&mut chip, 0x01, 2);
    let mut bus = Bus::at(SimTime::ZERO);
    Chip::stop(&mut chip, &mut bus);
    assert_eq!(show(bus, ""), "");
}

#[test]
fn a_reset_brings_back_every_value_and_leaves_every_guard() {
    let mut registers = Registers::new(reg::MAP);
    registers.store(reg::FREE, 1);
    registers.enter(BUSY);
    registers.reset();
    assert_eq!(registers, Registers::new(reg::MAP));
}

#[test]
#[should_panic(expected = "0x4 does not fit MODE")]
fn a_model_that_stores_too_much_is_told() {
    Registers::new(reg::MAP).store(reg::MODE, 4);
}

#[test]
fn registers_and_fields_are_found_by_name() {
    let mut registers = Registers::new(reg::MAP);
    assert_eq!(registers.store_by_name("config.mode", 1), Ok(()));
    assert_eq!(registers.get_by_name("CONFIG"), Ok(0xca10));
    assert_eq!(registers.get_by_name("mode"), Ok(1));
    let shown = registers.show_by_name("config").unwrap();
    assert_snapshot!(shown, @"CONFIG ca10 mode=Single");
    assert_snapshot!(registers.show_by_name("mode").unwrap(), @"MODE Single");
    let error = registers.store_by_name("mode", 4).unwrap_err();
    assert_snapshot!(error, @"0x4 does not fit `MODE`, whose largest value is 0x3");
    let error = registers.get_by_name("CONFG").unwrap_err();
    assert_snapshot!(error, @"no register or field is called `CONFG`; there are RESULT, CONFIG, FLAGS, COMMAND, FREE");
}

#[test]
fn a_map_describes_itself() {
    assert_snapshot!(reg::MAP.describe(), @r"
    Example 1, datasheet EX1 revision A.

    | address | register | access | reset | section |
    |---|---|---|---|---|
    | 0x00 | RESULT | ro | 0x0000 | 8.1 |
    | 0x01 | CONFIG | rw | 0xc810 | 8.2 |
    | 0x02 | FLAGS | rw | 0x81 | 8.3 |
    | 0x03 | COMMAND | wo | 0x0000 | 8.4 |
    | 0x04 | FREE | rw | 0x1234 |  |

    ## RESULT

    | bits | field | access | values | note |
    |---|---|---|---|---|
    | 15:12 | EXPONENT | ro |  |  |
    | 11:0 | MANTISSA | ro |  |  |

    ## CONFIG

    What to do.

    | bits | field | access | values | note |
    |---|---|---|---|---|
    | 15:12 | RANGE | rw | 0 to 12 |  |
    | 10:9 | MODE | rw | 0 Shutdown, 1 Single, 2 Continuous |  |
    | 7 | READY | ro |  | CRF |
    | 4 | LATCH | rw |  |  |

    ## FLAGS

    | bits | field | access | values | note |
    |---|---|---|---|---|
    | 0 | FAULT | w1c |  |  |
    | 1 | ARM | w1s |  |  |
    | 2 | START | sc |  |  |
    | 7 | EVENT | rc |  |  |
    | 6:5 | KEY | wo |  |  |
    ");
}

#[test]
fn the_defaults_of_a_chip_are_those_of_the_bus() {
    let chip = Example::new();
    assert_eq!(Chip::interrupt(&chip), Level::High);
    assert_eq!(Chip::wake_at(&chip), None);
    assert_eq!(Chip::scl_hz_max(&chip), 400_000);
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
            let outcome = if is_read {
                Chip::read(&mut chip, &mut bus, &mut buf)
            } else {
                Chip::write(&mut chip, &mut bus, &buf)
            };
            prop_assert_eq!(outcome, Ok(()));
            Chip::stop(&mut chip, &mut bus);
            // Whatever came in, reserved bits never change.
            prop_assert_eq!(chip.registers.get(reg::CONFIG) & reg::CONFIG.reserved(), 0x0800);
        }
    }

    #[test]
    fn words_survive_the_bus(value in any::<u32>()) {
        use super::Word::*;
        for word in [U8, U16be, U16le, U24be, U24le, U32be, U32le] {
            let bytes = word.encode(value);
            prop_assert_eq!(bytes.len(), word.bytes());
            prop_assert_eq!(word.decode(&bytes), value & word.mask());
        }
    }
}

#[test]
fn words_have_the_byte_order_of_their_name() {
    use super::Word::*;
    assert_eq!(U16be.encode(0x1234), [0x12, 0x34]);
    assert_eq!(U16le.encode(0x1234), [0x34, 0x12]);
    assert_eq!(U24be.decode(&[1, 2, 3]), 0x01_0203);
    assert_eq!(U32le.decode(&[1, 2, 3, 4]), 0x0403_0201);
}

#[test]
fn a_chip_without_power_answers_nothing_and_forgets() {
    let mut chip = Example::new();
    write(&mut chip, &[0x04, 0x00, 0x01]);
    Chip::power(&mut chip, Level::Low, SimTime::ZERO);
    assert_snapshot!(write(&mut chip, &[0x04, 0x00, 0x02]), @r"
    NACK
    ! access without power
    ");
    Chip::power(&mut chip, Level::High, SimTime::ZERO);
    assert_snapshot!(read(&mut chip, 0x04, 2), @r"
    [12, 34]
    Read FREE 1234
    ");
}

#[test]
fn a_chip_that_starts_up_must_be_left_alone() {
    let mut chip = Example::new();
    chip.registers.set_start_up("6.6", SimTime::ms(2));
    // It was on before.
    assert_snapshot!(read(&mut chip, 0x04, 2), @r"
    [12, 34]
    Read FREE 1234
    ");
    Chip::power(&mut chip, Level::Low, SimTime::ZERO);
    Chip::power(&mut chip, Level::High, SimTime::ZERO);
    assert_snapshot!(write(&mut chip, &[0x04, 0x00, 0x02]), @r"
    Write FREE 0002
    ! 0 ns from power-up to first access, at least 2 ms required (6.6)
    ");
}
