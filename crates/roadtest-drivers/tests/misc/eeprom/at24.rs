// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/misc/eeprom/at24.c`: serial EEPROMs, the 24C02 with one address
//! byte and the 24C256 with two.

use insta::assert_snapshot;
use roadtest::view::nvmem::Nvmem;
use roadtest::{Board, Errno, Level, Placement, SimTime, Supply, Uml, Wired};
use roadtest_chips::misc::eeprom::at24::{At24, At24c02, At24c256, C02, C256, Part, WRITE_CYCLE};

/// How long the driver tries, unless it is told.
const TIMEOUT: SimTime = SimTime::ms(25);
/// It sleeps 1 to 1.5 ms between tries and counts its time in ticks of 10 ms.
const PAUSE: SimTime = SimTime::us(1_500);
const LATE: SimTime = SimTime::ms(12);

/// A part whose byte at n is n, shifted a little in each 256.
fn numbered<P: Part>() -> At24<P> {
    let mut chip = At24::new();
    for (n, byte) in chip.memory_mut().iter_mut().enumerate() {
        *byte = number(n);
    }
    chip
}

fn number(n: usize) -> u8 {
    u8::try_from((n + n / 256) % 256).unwrap()
}

/// Boots a board with this part, its page size told, and binds the driver.
/// What happened so far is forgotten.
fn bind<P: Part>(chip: At24<P>) -> roadtest::Result<(Uml, Wired<At24<P>>, Nvmem)> {
    let mut board = Board::new();
    let page = u32::try_from(P::PAGE).unwrap();
    let chip = board.i2c(0x50, Placement::of(chip).prop("pagesize", page));
    let uml = board.boot()?;
    let memory = uml.bind(&chip)?.nvmem()?;
    chip.forget();
    Ok((uml, chip, memory))
}

#[roadtest::test]
fn devicetree_has_the_page_size() -> roadtest::Result {
    let mut board = Board::new();
    let _chip = board.i2c(0x50, Placement::of(At24c02::new()).prop("pagesize", 8));
    assert_snapshot!(board.to_dts()?);
    Ok(())
}

#[roadtest::test]
fn probe_reads_one_byte() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x50, Placement::of(At24c02::new()).prop("pagesize", 8));
    let uml = board.boot()?;
    let eeprom = uml.bind(&chip)?;
    assert!(
        uml.dmesg()
            .contains("256 byte 24c02 EEPROM, writable, 8 bytes/write")
    );
    assert_eq!(eeprom.nvmem()?.device().read("type"), Ok("EEPROM".into()));
    assert_snapshot!(chip.timeline());
    Ok(())
}

/// The driver cannot tell a missing chip from one that is busy.
#[roadtest::test]
fn probe_tries_for_25_ms_where_no_chip_answers() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x50, At24c02::new());
    chip.disconnect();
    let uml = board.boot()?;
    let start = uml.now();
    let error = uml.bind(&chip).map(drop).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::ENODEV));
    let tried = uml.now() - start;
    assert!((TIMEOUT..TIMEOUT + LATE).contains(&tried), "{tried}");
    assert!(chip.timeline().when(|line| line.contains("NACK")).len() > 10);
    Ok(())
}

#[roadtest::test]
fn the_whole_memory_is_read_in_pieces_of_128() -> roadtest::Result {
    let (_uml, chip, memory) = bind(numbered::<C02>())?;
    let content = memory.read_all()?;
    chip.with(|chip| assert_eq!(content, chip.memory()));
    let pieces = chip.news().reads("MEM");
    assert_eq!(pieces.len(), 2);
    assert!(pieces[0].starts_with("00 ") && pieces[1].starts_with("80 "));
    Ok(())
}

#[roadtest::test]
fn a_read_ignores_pages() -> roadtest::Result {
    let (_uml, chip, memory) = bind(numbered::<C02>())?;
    assert_eq!(memory.read(5, 6), Ok(vec![5, 6, 7, 8, 9, 10]));
    assert_snapshot!(chip.news());
    Ok(())
}

/// Each page is a write of its own, and the chip does not answer until its
/// write cycle is over.
#[roadtest::test]
fn a_write_is_split_at_pages_and_waits_for_each() -> roadtest::Result {
    let (_uml, chip, memory) = bind(At24c02::new())?;
    assert_eq!(memory.write(5, b"pages of eight"), Ok(14));

    chip.with(|chip| {
        assert_eq!(&chip.memory()[5..19], b"pages of eight");
        let rest = chip.memory()[..5].iter().chain(&chip.memory()[19..]);
        assert!(rest.into_iter().all(|&byte| byte == 0xff));
    });
    let pages = chip.news().when(|line| line.starts_with("W MEM"));
    assert_eq!(pages.len(), 3);
    for pair in pages.windows(2) {
        let apart = pair[1] - pair[0];
        let latest = WRITE_CYCLE + PAUSE + SimTime::ms(1);
        assert!((WRITE_CYCLE..latest).contains(&apart), "{apart}");
    }
    assert_snapshot!(chip.news());
    Ok(())
}

#[roadtest::test]
fn without_a_page_size_every_byte_takes_a_write_cycle() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x50, At24c02::new());
    let uml = board.boot()?;
    let memory = uml.bind(&chip)?.nvmem()?;
    assert!(uml.dmesg().contains("writable, 1 bytes/write"));

    let start = uml.now();
    assert_eq!(memory.write(0, b"slow"), Ok(4));
    assert!(uml.now() - start >= SimTime::ms(15));
    let writes = chip.timeline().writes("MEM");
    assert_eq!(writes, ["00 73", "01 6c", "02 6f", "03 77"]);
    Ok(())
}

#[roadtest::test]
fn a_read_waits_for_the_write_cycle() -> roadtest::Result {
    let (uml, chip, memory) = bind(At24c02::new())?;
    memory.write(0, b"x")?;
    let start = uml.now();
    assert_eq!(memory.read(0, 1), Ok(b"x".to_vec()));
    let waited = uml.now() - start;
    assert!(
        (SimTime::ms(4)..WRITE_CYCLE + PAUSE).contains(&waited),
        "{waited}"
    );
    let busy = chip.news().when(|line| line.starts_with("W BUSY"));
    assert!(busy.len() >= 3, "{} tries", busy.len());
    Ok(())
}

/// A chip that is busy does not acknowledge its address: START, nine bits and
/// STOP are all that a try takes.
#[roadtest::test]
fn a_nack_during_the_write_cycle_takes_the_time_of_the_address_byte() -> roadtest::Result {
    let (uml, chip, memory) = bind(At24c02::new())?;
    chip.with(|chip| chip.set_write_cycle(SimTime::ms(60)));
    memory.write(0, b"01234567")?;
    let target = uml.i2c_dev()?.at_bound(chip.address())?;
    let start = uml.now();
    assert_eq!(target.write_byte_data(8, 0), Err(Errno::EIO));
    // In bits of 2.5 us; the kernel takes 1 us to return.
    assert_eq!((uml.now() - start).as_ns() / 2_500, 2 + 9);
    Ok(())
}

#[roadtest::test]
fn a_write_cycle_beyond_25_ms_is_a_timeout() -> roadtest::Result {
    let (uml, chip, memory) = bind(At24c02::new())?;
    chip.with(|chip| chip.set_write_cycle(SimTime::ms(60)));

    let start = uml.now();
    assert_eq!(memory.write(0, b"0123456789"), Err(Errno::ETIMEDOUT));
    let tried = uml.now() - start;
    assert!((TIMEOUT..TIMEOUT + LATE).contains(&tried), "{tried}");
    // The first page went in before.
    chip.with(|chip| assert_eq!(&chip.memory()[..10], b"01234567\xff\xff"));

    uml.sleep(SimTime::ms(60));
    assert_eq!(memory.read(0, 2), Ok(b"01".to_vec()));
    Ok(())
}

#[roadtest::test]
fn the_timeout_is_a_module_parameter() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x50, Placement::of(At24c02::new()).prop("pagesize", 8));
    let uml = board.boot()?;
    uml.load_with("at24", "write_timeout=100")?;
    let memory = uml.bind(&chip)?.nvmem()?;
    chip.with(|chip| chip.set_write_cycle(SimTime::ms(60)));
    assert_eq!(memory.write(0, b"0123456789"), Ok(10));
    Ok(())
}

#[roadtest::test]
fn the_piece_size_is_a_module_parameter() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x50, Placement::of(At24c02::new()).prop("pagesize", 8));
    let uml = board.boot()?;
    uml.load_with("at24", "io_limit=64")?;
    let memory = uml.bind(&chip)?.nvmem()?;
    chip.forget();
    memory.read_all()?;
    assert_eq!(chip.news().reads("MEM").len(), 4);
    Ok(())
}

#[roadtest::test]
fn a_read_only_part_cannot_be_opened_for_writing() -> roadtest::Result {
    let mut board = Board::new();
    let chip = Placement::of(numbered::<C02>())
        .prop("pagesize", 8)
        .prop("read-only", roadtest::Value::flag());
    let chip = board.i2c(0x50, chip);
    let uml = board.boot()?;
    let memory = uml.bind(&chip)?.nvmem()?;
    assert!(uml.dmesg().contains("256 byte 24c02 EEPROM, read-only"));

    assert_eq!(memory.write(0, b"x"), Err(Errno::EACCES));
    assert_eq!(memory.read(2, 2), Ok(vec![2, 3]));
    assert_eq!(chip.timeline().writes("MEM"), [""; 0]);
    Ok(())
}

/// The chip acknowledges, has no write cycle, and forgets.
#[roadtest::test]
fn a_write_against_the_protect_pin_is_lost_without_an_error() -> roadtest::Result {
    let (_uml, chip, memory) = bind(numbered::<C02>())?;
    chip.with(|chip| chip.set_write_protect(Level::High));
    assert_eq!(memory.write(0, b"lost"), Ok(4));
    assert_eq!(memory.read(0, 4), Ok(vec![0, 1, 2, 3]));
    assert_eq!(chip.news().when(|line| line.contains("BUSY")).len(), 0);
    Ok(())
}

#[roadtest::test]
fn a_read_ends_at_the_end() -> roadtest::Result {
    let (_uml, chip, memory) = bind(numbered::<C02>())?;
    assert_eq!(memory.read(254, 8), Ok(vec![254, 255]));
    chip.forget();
    assert_eq!(memory.read(256, 1), Ok(vec![]));
    assert_eq!(memory.read(1_000_000, 1), Ok(vec![]));
    assert_eq!(chip.news().to_string(), "");
    Ok(())
}

#[roadtest::test]
fn a_write_ends_at_the_end() -> roadtest::Result {
    let (_uml, chip, memory) = bind(numbered::<C02>())?;
    assert_eq!(memory.write(254, b"abcd"), Ok(2));
    chip.with(|chip| {
        assert_eq!(&chip.memory()[253..], [253, b'a', b'b']);
        // Nothing wrapped to the page's beginning or to the first byte.
        assert_eq!(chip.memory()[248], 248);
        assert_eq!(chip.memory()[0], 0);
    });
    chip.forget();
    assert_eq!(memory.write(256, b"x"), Err(Errno::EFBIG));
    assert_eq!(chip.news().to_string(), "");
    Ok(())
}

#[roadtest::test]
fn size_can_be_told() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x50, Placement::of(numbered::<C02>()).prop("size", 128));
    let uml = board.boot()?;
    let memory = uml.bind(&chip)?.nvmem()?;
    assert_eq!(memory.read_all()?.len(), 128);
    assert_eq!(memory.read(128, 1), Ok(vec![]));
    assert_eq!(memory.write(128, b"x"), Err(Errno::EFBIG));
    Ok(())
}

#[roadtest::test]
fn the_old_eeprom_file_shows_the_same_memory() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x50, Placement::of(numbered::<C02>()).prop("pagesize", 8));
    let uml = board.boot()?;
    let eeprom = uml.bind(&chip)?;
    let file = eeprom.open("eeprom")?;
    assert_eq!(file.write_at(8, b"old"), Ok(3));
    assert_eq!(
        eeprom.nvmem()?.read(7, 5),
        Ok(vec![7, b'o', b'l', b'd', 11])
    );
    Ok(())
}

#[roadtest::test(since = "6.8", why = "cells are not in sysfs")]
fn cells_of_the_layout_are_files() -> roadtest::Result {
    let mut board = Board::new();
    let layout = roadtest::Node::new("nvmem-layout")
        .prop("compatible", "fixed-layout")
        .prop("#address-cells", 1)
        .prop("#size-cells", 1)
        .child(roadtest::Node::new("mac-address@10").prop("reg", [0x10, 6]));
    let chip = board.i2c(0x50, Placement::of(numbered::<C02>()).child(layout));
    let uml = board.boot()?;
    let memory = uml.bind(&chip)?.nvmem()?;
    assert_eq!(memory.cells(), Ok(vec!["mac-address@10,0".to_owned()]));
    let mac = vec![0x10, 0x11, 0x12, 0x13, 0x14, 0x15];
    assert_eq!(memory.cell("mac-address@10,0"), Ok(mac));
    Ok(())
}

#[roadtest::test]
fn a_page_size_of_zero_is_refused() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x50, Placement::of(At24c02::new()).prop("pagesize", 0));
    let uml = board.boot()?;
    let error = uml.bind(&chip).map(drop).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::EINVAL));
    assert!(uml.dmesg().contains("page_size must not be 0!"));
    Ok(())
}

/// A devicetree that tells twice the chip's page loses data: the chip wraps
/// inside its page, and its model marks the write.
#[roadtest::test]
fn a_page_size_beyond_the_chips_loses_data() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x50, Placement::of(At24c02::new()).prop("pagesize", 16));
    let uml = board.boot()?;
    let memory = uml.bind(&chip)?.nvmem()?;
    assert_eq!(memory.write(0, b"0123456789abcdef"), Ok(16));
    assert_eq!(
        chip.timeline().unwise(),
        ["write of 16 data bytes, a page has 8 (page write)"]
    );
    chip.with(|chip| assert_eq!(&chip.memory()[..9], b"89abcdef\xff"));
    Ok(())
}

/// One address byte where the chip wants two is no access at all.
#[roadtest::test]
fn an_address_width_below_the_chips_breaks_its_contract() -> roadtest::Result {
    let mut board = Board::new();
    let chip = Placement::of(At24c256::new())
        .prop("address-width", 8)
        .prop("num-addresses", 1);
    let chip = board.i2c(0x50, chip);
    let uml = board.boot()?;
    uml.expect_violation("write of 1 of 2 address bytes");
    uml.bind(&chip)?;
    assert!(
        uml.dmesg()
            .contains("Override address width to be 8, while default is 16")
    );
    Ok(())
}

#[roadtest::test]
fn a_24c256_has_two_address_bytes_and_pages_of_64() -> roadtest::Result {
    let (_uml, chip, memory) = bind(At24c256::new())?;
    let text: Vec<u8> = (0..80).collect();
    assert_eq!(memory.write(0x7f70, &text), Ok(80));
    assert_eq!(memory.read(0x7f70, 80), Ok(text));
    let addresses: Vec<String> = chip
        .news()
        .writes("MEM")
        .iter()
        .map(|write| write[..4].to_owned())
        .collect();
    assert_eq!(addresses, ["7f70", "7f80"]);
    Ok(())
}

#[roadtest::test]
fn a_24c256_is_read_whole() -> roadtest::Result {
    let (_uml, chip, memory) = bind(numbered::<C256>())?;
    let content = memory.read_all()?;
    assert_eq!(content.len(), 32 * 1024);
    chip.with(|chip| assert_eq!(content, chip.memory()));
    assert_eq!(memory.read(0x7fff, 2), Ok(vec![number(0x7fff)]));
    Ok(())
}

#[roadtest::test]
fn two_parts_on_a_bus_are_two_memories() -> roadtest::Result {
    let mut board = Board::new();
    let first = board.i2c(0x50, Placement::of(numbered::<C02>()).prop("pagesize", 8));
    let second = board.i2c(0x51, Placement::of(At24c02::new()).prop("pagesize", 8));
    let uml = board.boot()?;
    let one = uml.bind(&first)?.nvmem()?;
    let two = uml.bind(&second)?.nvmem()?;
    assert_eq!(two.write(0, b"two"), Ok(3));
    assert_eq!(one.read(0, 3), Ok(vec![0, 1, 2]));
    assert_eq!(two.read(0, 3), Ok(b"two".to_vec()));
    assert_eq!(first.timeline().writes("MEM"), [""; 0]);
    Ok(())
}

#[roadtest::test]
fn unloading_removes_the_memory() -> roadtest::Result {
    let (uml, _chip, memory) = bind(At24c02::new())?;
    assert_eq!(uml.unload("at24"), Ok(()));
    assert!(!uml.exists(memory.device().path()));
    Ok(())
}

/// A board on which the driver switches the supply of a 24C02, and a regulator
/// that says that it takes `delay_us`.
fn switched(delay_us: u32) -> (Board, Wired<At24<C02>>, Supply) {
    let mut board = Board::new();
    let vcc = board.gpio(0);
    let supply = board.fixed_supply("vcc", 3_300_000, &vcc);
    let chip = Placement::of(numbered::<C02>())
        .prop("pagesize", 8)
        .powered_by("vcc", &supply);
    let chip = board.i2c(0x50, chip);
    let label = supply.label();
    board.dts(&format!("&{label} {{ startup-delay-us = <{delay_us}>; }};"));
    (board, chip, supply)
}

/// The driver (6.1, 6.12, 7.3) waits for nothing after it has switched the
/// supply on: the chip's 100 us are the regulator's to know.
#[roadtest::test]
fn a_supply_without_start_up_delay_is_too_early_for_the_chip() -> roadtest::Result {
    let (board, chip, _supply) = switched(0);
    let uml = board.boot()?;
    uml.expect_violation("from power-up to first access, at least 100 us required");
    uml.bind(&chip)?;
    Ok(())
}

#[roadtest::test]
fn the_supply_is_on_while_the_memory_is_read() -> roadtest::Result {
    let (board, chip, supply) = switched(100);
    let uml = board.boot()?;
    let memory = uml.bind(&chip)?.nvmem()?;
    uml.sleep(SimTime::ms(1));
    assert!(!supply.is_on());
    // A read without power would be a violation.
    assert_eq!(memory.read(3, 2), Ok(vec![3, 4]));
    uml.sleep(SimTime::ms(1));
    assert!(!supply.is_on());
    Ok(())
}

/// A defect of the driver (6.1, 6.12, 7.3): it returns when the last page has
/// been sent and lets the supply be switched off at once, in the middle of the
/// chip's write cycle. What was written is lost, without an error.
#[roadtest::test]
fn a_switched_supply_goes_off_in_the_write_cycle() -> roadtest::Result {
    let (board, chip, supply) = switched(100);
    let uml = board.boot()?;
    let memory = uml.bind(&chip)?.nvmem()?;
    let start = uml.now();
    assert_eq!(memory.write(8, b"lost"), Ok(4));
    uml.sleep(SimTime::ms(1));
    assert!(!supply.is_on());
    assert!(uml.now() - start < WRITE_CYCLE);
    uml.sleep(WRITE_CYCLE);
    assert_eq!(memory.read(7, 6), Ok(vec![7, 0xff, 0xff, 0xff, 0xff, 12]));
    Ok(())
}
