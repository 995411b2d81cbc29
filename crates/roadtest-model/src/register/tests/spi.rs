// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Registers over SPI, and one chip over both buses.

use std::any::Any;

use insta::assert_snapshot;
use proptest::prelude::*;

use super::show;
use crate::register::{
    I2cRegisters, Increment, Map, Register, RegisterChip, Registers, SpiRegisters, SpiWrites,
};
use crate::{
    Access, Bus, Chip, Complaint, Direction, I2cTarget, Level, SimTime, SpiMode, SpiPeripheral,
    registers,
};

registers! {
    /// Example 2, an accelerometer on either bus.
    pub mod reg: u8 {
        ID @ 0x00 ro = 0xe5;
        RATE @ 0x2c rw = 0x0a { POWER[4], CODE[3:0] }
        CONTROL @ 0x2d rw = 0x00 { MEASURE[3] }
        AXIS_X: u16le @ 0x32 ro = 0x0000;
        AXIS_Y: u16le @ 0x34 ro = 0x0000;
    }
}

/// A chip with both front ends.
struct Dual {
    registers: Registers,
    /// What the hooks saw.
    reads: Vec<Register>,
}

impl Dual {
    fn new() -> Self {
        let mut registers = Registers::new(reg::MAP);
        registers.store(reg::AXIS_X, 0x1234);
        registers.store(reg::AXIS_Y, 0xff85);
        Self {
            registers,
            reads: Vec::new(),
        }
    }
}

impl RegisterChip for Dual {
    const COMPATIBLE: &'static str = "example,dual";
    const MAP: &'static Map = reg::MAP;

    fn regs(&self) -> &Registers {
        &self.registers
    }

    fn regs_mut(&mut self) -> &mut Registers {
        &mut self.registers
    }

    fn after_read(&mut self, register: Register, _: &mut Bus) {
        self.reads.push(register);
    }
}

impl I2cRegisters for Dual {
    const INCREMENT: Increment = Increment::ByWord;
}

impl SpiRegisters for Dual {
    const SCK_HZ_MAX: u32 = 5_000_000;
    const MODES: &'static [SpiMode] = &[SpiMode::Mode3];
    const DESELECTED_MIN: SimTime = SimTime::ns(150);
    const ADDRESS_MASK: u32 = 0x3f;
    const INCREMENT: Increment = Increment::ByWord;
    const INCREMENT_BIT: Option<u32> = Some(0x40);
}

/// What a message showed.
#[derive(Debug, Default)]
struct Seen {
    accesses: Vec<Access>,
    complaints: Vec<Complaint>,
    received: Vec<u8>,
}

impl Seen {
    fn take(&mut self, bus: Bus) {
        let (accesses, complaints) = bus.into_parts();
        self.accesses.extend(accesses);
        self.complaints.extend(complaints);
    }

    fn text(&self) -> String {
        let mut bus = Bus::at(SimTime::ZERO);
        for access in &self.accesses {
            bus.log(access.clone());
        }
        for complaint in &self.complaints {
            bus.complain(complaint.clone());
        }
        show(bus, &format!("{:02x?}\n", self.received))
    }
}

/// Chip select, `pieces` one after the other, release.
fn spi(chip: &mut impl SpiPeripheral, pieces: &[&[u8]]) -> Seen {
    let mut seen = Seen::default();
    let mut bus = Bus::at(SimTime::ZERO);
    chip.select(&mut bus);
    seen.take(bus);
    for piece in pieces {
        let mut bus = Bus::at(SimTime::ZERO);
        let mut received = vec![0; piece.len()];
        chip.exchange(&mut bus, piece, &mut received);
        seen.received.extend(received);
        seen.take(bus);
    }
    let mut bus = Bus::at(SimTime::ZERO);
    chip.deselect(&mut bus);
    seen.take(bus);
    seen
}

/// A write, and a read of `length` bytes where that is not 0, in one transfer.
fn i2c(chip: &mut impl I2cTarget, bytes: &[u8], length: usize) -> Seen {
    let mut seen = Seen::default();
    let mut bus = Bus::at(SimTime::ZERO);
    chip.start(&mut bus, Direction::Write).unwrap();
    chip.write(&mut bus, bytes);
    seen.take(bus);
    if length > 0 {
        let mut bus = Bus::at(SimTime::ZERO);
        seen.received.resize(length, 0);
        chip.start(&mut bus, Direction::Read).unwrap();
        chip.read(&mut bus, &mut seen.received);
        seen.take(bus);
    }
    let mut bus = Bus::at(SimTime::ZERO);
    chip.stop(&mut bus);
    seen.take(bus);
    seen
}

#[test]
fn a_chip_on_either_bus_shows_the_same_accesses() {
    let mut on_i2c = Dual::new();
    let mut on_spi = Dual::new();
    let mut both = |write: &[u8], length: usize, sent: &[&[u8]]| {
        let (one, other) = (i2c(&mut on_i2c, write, length), spi(&mut on_spi, sent));
        assert_eq!(one.accesses, other.accesses);
        assert_eq!(one.complaints, other.complaints);
        assert!(other.received.ends_with(&one.received));
        one.text()
    };
    assert_snapshot!(both(&[0x00], 1, &[&[0x80, 0]]), @r"
    [e5]
    Read ID e5
    ");
    assert_snapshot!(both(&[0x2c, 0x1a, 0x08], 0, &[&[0x6c, 0x1a, 0x08]]), @r"
    []
    Write RATE 1a power=1
    Write CONTROL 08 measure=1
    ");
    assert_snapshot!(both(&[0x32], 4, &[&[0xf2], &[0, 0, 0, 0]]), @r"
    [34, 12, 85, ff]
    Read AXIS_X 1234
    Read AXIS_Y ff85
    ");
    assert_snapshot!(both(&[0x2d], 0, &[&[0x2d]]), @r"
    []
    Write POINTER 2d CONTROL
    ");
    assert_snapshot!(both(&[0x2c, 0xe0], 0, &[&[0x2c, 0xe0]]), @r"
    []
    Write RATE e0 code=0
    ! write of 0xe0 sets reserved bits 0xe0 of RATE
    ");
    assert_eq!(on_i2c.reads, on_spi.reads);
}

#[test]
fn a_chip_can_be_used_without_its_type_and_found_again() {
    let on_i2c: Box<dyn I2cTarget> = Box::new(Dual::new());
    let mut on_spi: Box<dyn SpiPeripheral> = Box::new(Dual::new());
    assert_eq!(on_i2c.compatible(), on_spi.compatible());
    assert_eq!(on_spi.sck_hz_max(), 5_000_000);
    assert_eq!(on_spi.modes(), [SpiMode::Mode3]);
    assert_eq!(on_spi.deselected_min(), SimTime::ns(150));
    let chip: &mut dyn Chip = on_spi.as_mut();
    let registers = chip.registers_mut().unwrap();
    assert_eq!(registers.get_by_name("ID"), Ok(0xe5));
    let chip: &mut dyn Any = chip;
    assert!(chip.downcast_mut::<Dual>().is_some());
}

#[test]
fn without_the_increment_bit_the_pointer_stays() {
    let mut chip = Dual::new();
    assert_snapshot!(spi(&mut chip, &[&[0x80, 0, 0]]).text(), @r"
    [00, e5, e5]
    Read ID e5
    Read ID e5
    ");
}

#[test]
fn a_word_that_is_cut_between_two_transfers_is_one_word() {
    let mut chip = Dual::new();
    let mut bus = Bus::at(SimTime::ZERO);
    chip.select(&mut bus);
    chip.exchange(&mut bus, &[0xf2], &mut [0]);
    let mut low = [0];
    chip.exchange(&mut bus, &[0], &mut low);
    assert!(bus.is_held());
    assert_eq!((show(bus, ""), low), (String::new(), [0x34]));
    let mut bus = Bus::at(SimTime::ZERO);
    let mut high = [0];
    chip.exchange(&mut bus, &[0], &mut high);
    chip.deselect(&mut bus);
    assert_eq!(high, [0x12]);
    assert_snapshot!(show(bus, ""), @"Read AXIS_X 1234");
    assert_eq!(chip.reads, [reg::AXIS_X]);
}

#[test]
fn a_word_that_the_release_of_chip_select_cuts_off_is_shown_as_it_was() {
    let mut chip = Dual::new();
    assert_snapshot!(spi(&mut chip, &[&[0xf2, 0]]).text(), @r"
    [00, 34]
    Read AXIS_X 34
    ");
    let mut chip = Wide(Registers::new(wide::MAP));
    assert_snapshot!(spi(&mut chip, &[&[0x00, 0x01, 0x12]]).text(), @r"
    [00, 00, 00]
    Write LIMIT 12
    ! write of 1 of 2 bytes to LIMIT
    ");
    assert_snapshot!(spi(&mut chip, &[&[0x00]]).text(), @r"
    [00]
    ! transfer of 1 of 2 address bytes
    ");
    assert_eq!(chip.0.get(wide::LIMIT), 0x0102);
}

registers! {
    /// Example 3: addresses of two bytes, whose upper part is implied.
    mod wide: u16be {
        LIMIT @ 0x8001 rw = 0x0102;
        GAIN @ 0x8002 rw = 0x0000;
    }
}

/// A read has a 0 in its first bit, and each word of a write its address.
struct Wide(Registers);

impl RegisterChip for Wide {
    const COMPATIBLE: &'static str = "example,wide";
    const MAP: &'static Map = wide::MAP;

    fn regs(&self) -> &Registers {
        &self.0
    }

    fn regs_mut(&mut self) -> &mut Registers {
        &mut self.0
    }
}

impl SpiRegisters for Wide {
    const SCK_HZ_MAX: u32 = 1_000_000;
    const MODES: &'static [SpiMode] = &[SpiMode::Mode0, SpiMode::Mode3];
    const ADDRESS_BYTES: usize = 2;
    const ADDRESS_MASK: u32 = 0x3fff;
    const ADDRESS_IMPLIED: u32 = 0x8000;
    const READ_BIT: u32 = 0x4000;
    const WRITES: SpiWrites = SpiWrites::Pairs;
}

#[test]
fn each_word_of_a_write_can_have_its_own_address() {
    let mut chip = Wide(Registers::new(wide::MAP));
    let text = spi(
        &mut chip,
        &[&[0x00, 0x02, 0xca, 0xfe, 0x00, 0x01, 0xbe, 0xef]],
    )
    .text();
    assert_snapshot!(text, @r"
    [00, 00, 00, 00, 00, 00, 00, 00]
    Write GAIN cafe
    Write LIMIT beef
    ");
    assert_snapshot!(spi(&mut chip, &[&[0x40, 0x01], &[0, 0, 0, 0]]).text(), @r"
    [00, 00, be, ef, ca, fe]
    Read LIMIT beef
    Read GAIN cafe
    ");
}

#[test]
fn a_chip_without_power_reports_its_selection_and_sends_nothing() {
    let mut chip = Dual::new();
    Chip::power(&mut chip, Level::Low, SimTime::ZERO);
    assert_snapshot!(spi(&mut chip, &[&[0x80, 0]]).text(), @r"
    [00, 00]
    ! access without power
    ");
    // Power that comes while the chip is selected is too late for it.
    let mut bus = Bus::at(SimTime::ZERO);
    chip.select(&mut bus);
    Chip::power(&mut chip, Level::High, SimTime::ZERO);
    let mut received = [0; 2];
    chip.exchange(&mut bus, &[0x80, 0], &mut received);
    assert_eq!(received, [0, 0]);
    assert!(!bus.is_held());
}

proptest! {
    #[test]
    fn any_bytes_in_any_pieces_get_the_same_answer(
        bytes in prop::collection::vec(any::<u8>(), 0..24),
        cut in 0_usize..24,
    ) {
        let (head, tail) = bytes.split_at(cut.min(bytes.len()));
        let whole = spi(&mut Dual::new(), &[&bytes]);
        let pieces = spi(&mut Dual::new(), &[head, tail]);
        prop_assert_eq!(whole.received, pieces.received);
        prop_assert_eq!(whole.accesses, pieces.accesses);
        prop_assert_eq!(whole.complaints, pieces.complaints);
    }
}
