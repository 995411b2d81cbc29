// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/spi/spi-virtio.c`, and the controller behind it: what the driver
//! makes of messages, and that they reach the chips as they are.

use insta::assert_snapshot;
use roadtest::view::spidev::{self, Spidev, Transfer};
use roadtest::{
    Board, Bus, Chip, Errno, Placement, SimTime, SpiMode, SpiPeripheral, Uml, Value, Wired,
};

/// A chip that keeps what it is sent, message by message, and sends a0, a1, a2,
/// … from the first byte of a message on.
#[derive(Default)]
struct Shift {
    messages: Vec<Vec<u8>>,
    released: usize,
}

impl Chip for Shift {
    /// One that spidev claims, and that is no chip of a datasheet.
    fn compatible(&self) -> &'static str {
        "lwn,bk4"
    }
}

impl SpiPeripheral for Shift {
    fn select(&mut self, _: &mut Bus) {
        self.messages.push(Vec::new());
    }

    fn exchange(&mut self, _: &mut Bus, sent: &[u8], received: &mut [u8]) {
        let message = self.messages.last_mut().unwrap();
        for (sent, received) in sent.iter().zip(received) {
            *received = u8::try_from((0xa0 + message.len()) % 256).unwrap();
            message.push(*sent);
        }
    }

    fn deselect(&mut self, _: &mut Bus) {
        self.released += 1;
    }

    fn sck_hz_max(&self) -> u32 {
        1_000_000
    }

    fn modes(&self) -> &'static [SpiMode] {
        &[SpiMode::Mode0, SpiMode::Mode2]
    }

    fn deselected_min(&self) -> SimTime {
        SimTime::ns(100)
    }
}

/// Messages that a chip has seen to their end.
fn seen(chip: &Wired<Shift>) -> Vec<Vec<u8>> {
    chip.with(|chip| {
        assert_eq!(chip.released, chip.messages.len());
        chip.messages.clone()
    })
}

fn boot(placement: impl Into<Placement<Shift>>) -> roadtest::Result<(Uml, Wired<Shift>, Spidev)> {
    let mut board = Board::new();
    let chip = board.spi(0, placement);
    let uml = board.boot()?;
    let device = uml.bind(&chip)?.spidev()?;
    Ok((uml, chip, device))
}

#[roadtest::test]
fn the_devicetree_says_what_the_datasheet_allows() -> roadtest::Result {
    let mut board = Board::new();
    board.spi(0, Shift::default());
    board.sck_hz_max(400_000);
    board.spi(
        2,
        Placement::of(Shift::default()).prop("spi-cpha", Value::flag()),
    );
    let dts = board.to_dts()?;
    let start = dts.find("spi-bus {").unwrap();
    assert_snapshot!(dts[start..].trim_end());
    Ok(())
}

/// `cs_change` is 0 in each request of the driver, the last one included, so
/// that the device has only the delay between two messages to tell them apart.
#[roadtest::test]
fn a_message_of_two_transfers_selects_the_chip_once() -> roadtest::Result {
    let (uml, chip, device) = boot(Shift::default())?;
    for _ in 0..2 {
        let received = device.message(&[Transfer::write([1, 2, 3]), Transfer::read(2)])?;
        assert_eq!(received, [vec![], vec![0xa3, 0xa4]]);
    }
    assert_eq!(seen(&chip), [[1, 2, 3, 0, 0], [1, 2, 3, 0, 0]]);
    assert_snapshot!(uml.timeline().only(|line| line.starts_with("bk4")));
    Ok(())
}

#[roadtest::test]
fn both_directions_go_at_once() -> roadtest::Result {
    let (_uml, chip, device) = boot(Shift::default())?;
    let received = device.message(&[Transfer::both([0x11, 0x22, 0x33])])?;
    assert_eq!(received, [[0xa0, 0xa1, 0xa2]]);
    assert_eq!(seen(&chip), [[0x11, 0x22, 0x33]]);
    assert_snapshot!(chip.timeline());
    Ok(())
}

#[roadtest::test]
fn a_change_of_chip_select_ends_a_message_for_the_chip() -> roadtest::Result {
    let (_uml, chip, device) = boot(Shift::default())?;
    let received = device.message(&[
        Transfer::write([1]),
        Transfer::read(1).cs_change(),
        Transfer::both([2]),
    ])?;
    assert_eq!(received, [vec![], vec![0xa1], vec![0xa0]]);
    assert_eq!(seen(&chip), [vec![1, 0], vec![2]]);
    Ok(())
}

/// 100 bytes have 800 bits; chip select is released for 100 ns after them.
#[roadtest::test]
fn a_message_takes_the_time_of_its_bits() -> roadtest::Result {
    let (uml, _chip, device) = boot(Shift::default())?;
    let mut times = Vec::new();
    for hz in [1_000_000, 250_000] {
        let start = uml.now();
        device.message(&[Transfer::write([0; 100]).speed_hz(hz)])?;
        times.push(uml.now() - start);
    }
    assert_eq!(times, [SimTime::ns(800_100), SimTime::ns(3_200_100)]);
    Ok(())
}

/// The driver hands the delays of the devicetree to the device, and the SPI
/// core, which takes it for a driver that cannot, waits for them as well:
/// those around chip select are there twice.
#[roadtest::test]
fn delays_around_chip_select_are_there_twice() -> roadtest::Result {
    let placement = Placement::of(Shift::default())
        .prop("spi-cs-setup-delay-ns", 300)
        .prop("spi-cs-hold-delay-ns", 700);
    let (uml, chip, device) = boot(placement)?;
    let start = uml.now();
    device.message(&[Transfer::write([0; 100])])?;
    assert_eq!(
        uml.now() - start,
        SimTime::ns(300 + 300 + 800_000 + 700 + 100)
    );
    device.message(&[Transfer::write([0])])?;
    assert_eq!(chip.with(|chip| chip.messages.len()), 2);
    Ok(())
}

/// A transfer's own delay comes before the next one of the message, in which
/// the chip stays selected.
#[roadtest::test]
fn a_delay_within_a_message_does_not_end_it() -> roadtest::Result {
    for us in [5, 50] {
        let (_uml, chip, device) = boot(Shift::default())?;
        device.message(&[Transfer::write([1]).delay_us(us), Transfer::write([2])])?;
        assert_eq!(seen(&chip), [[1, 2]], "{us} us");
    }
    Ok(())
}

/// Words are in the guest's memory as its processor has them, which is
/// little-endian, and on the wire with their first bit first.
#[roadtest::test]
fn words_reach_the_chip_bit_by_bit_in_their_order() -> roadtest::Result {
    let (_uml, chip, device) = boot(Shift::default())?;
    for mode in [0, spidev::LSB_FIRST] {
        device.set_mode(mode)?;
        for bits in [8, 16, 32] {
            device.set_word_bits(bits)?;
            let received = device.message(&[Transfer::both([1, 2, 3, 4])])?;
            let expected = match (mode, bits) {
                (0, 8) => [0xa0, 0xa1, 0xa2, 0xa3],
                (0, 16) => [0xa1, 0xa0, 0xa3, 0xa2],
                (0, _) => [0xa3, 0xa2, 0xa1, 0xa0],
                _ => [0x05, 0x85, 0x45, 0xc5],
            };
            assert_eq!(received, [expected], "mode {mode:#x}, {bits} bits");
        }
    }
    assert_eq!(
        seen(&chip),
        [
            [1, 2, 3, 4],
            [2, 1, 4, 3],
            [4, 3, 2, 1],
            [0x80, 0x40, 0xc0, 0x20],
            [0x80, 0x40, 0xc0, 0x20],
            [0x80, 0x40, 0xc0, 0x20],
        ]
    );
    Ok(())
}

/// The kernel knows them from the device's configuration.
#[roadtest::test]
fn other_word_lengths_are_refused_by_the_kernel() -> roadtest::Result {
    let (uml, chip, device) = boot(Shift::default())?;
    for bits in [1, 7, 9, 12, 24] {
        assert_eq!(device.set_word_bits(bits), Err(Errno::EINVAL), "{bits}");
    }
    device.set_word_bits(16)?;
    let odd = device.message(&[Transfer::write([1, 2, 3])]);
    assert_eq!(odd, Err(Errno::EINVAL));
    assert!(seen(&chip).is_empty());
    assert_eq!(uml.timeline().when(|line| line.starts_with("! spi")), []);
    Ok(())
}

#[roadtest::test]
fn a_clock_that_the_chip_forbids_is_a_violation() -> roadtest::Result {
    let (uml, _chip, device) = boot(Shift::default())?;
    uml.expect_violation("SCK at 1000001 Hz, at most 1000000 Hz allowed");
    uml.expect_violation("a transfer in mode 1, mode 0 or mode 2 allowed");
    device.set_mode(spidev::CPOL)?;
    device.message(&[Transfer::write([1])])?;
    device.set_mode(spidev::CPHA)?;
    device.message(&[Transfer::write([2])])?;
    device.set_mode(0)?;
    device.message(&[Transfer::write([3]).speed_hz(1_000_001)])?;
    assert_snapshot!(uml.timeline().only(|line| line.starts_with("bk4")));
    Ok(())
}

#[roadtest::test]
fn a_chip_that_is_selected_too_early_says_so() -> roadtest::Result {
    let placement = Placement::of(Shift::default()).prop("spi-cs-inactive-delay-ns", 40);
    let (uml, _chip, device) = boot(placement)?;
    uml.expect_violation("selected 40 ns after its release, at least 100 ns required");
    device.message(&[Transfer::write([1])])?;
    device.message(&[Transfer::write([2])])?;
    Ok(())
}

/// The driver keeps the device's limit and does nothing with it, so that the
/// device has to refuse what is faster: a defect up to 7.3 at least.
#[roadtest::test]
fn a_rate_beyond_the_controller_is_refused_by_the_device_and_not_by_the_driver() -> roadtest::Result
{
    let mut board = Board::new();
    board.sck_hz_max(500_000);
    let chip = board.spi(0, Shift::default());
    let uml = board.boot()?;
    let device = uml.bind(&chip)?.spidev()?;
    device.message(&[Transfer::write([1])])?;
    let fast = device.message(&[Transfer::write([2]).speed_hz(500_001)]);
    assert_eq!(fast, Err(Errno::EINVAL));
    assert_eq!(seen(&chip), [[1]]);
    let line = "! spi: SCK at 500001 Hz, the device has 1 to 500000 Hz";
    assert_eq!(uml.timeline().when(|text| text == line).len(), 1);
    Ok(())
}

/// The driver reads the bits for CPOL 0 and CPOL 1 in the configuration as
/// SPI_CS_HIGH and SPI_LSB_FIRST of a mode: a defect up to 7.3 at least. So
/// the kernel lets a chip have an active-high chip select behind a device
/// that has none, and its first transfer fails.
#[roadtest::test]
fn chip_selects_that_are_active_high_are_offered_where_the_device_has_none() -> roadtest::Result {
    let (uml, chip, device) = boot(Shift::default())?;
    device.set_mode(spidev::CS_HIGH)?;
    assert_eq!(device.message(&[Transfer::write([1])]), Err(Errno::EINVAL));
    assert!(seen(&chip).is_empty());
    let line = "! spi: mode 0x4, which the device does not offer";
    assert_eq!(uml.timeline().when(|text| text == line).len(), 1);
    // A loop has a bit of its own, which the driver reads right.
    assert_eq!(device.set_mode(spidev::LOOP), Err(Errno::EINVAL));
    Ok(())
}

#[roadtest::test]
fn a_chip_select_without_a_chip_reads_as_a_line_that_is_pulled_up() -> roadtest::Result {
    let (uml, chip, device) = boot(Shift::default())?;
    chip.disconnect();
    let received = device.message(&[Transfer::write([1]), Transfer::read(3)])?;
    assert_eq!(received[1], [0xff; 3]);
    assert!(seen(&chip).is_empty());
    assert_snapshot!(uml.timeline().only(|line| line.contains("cs0")));
    Ok(())
}

#[roadtest::test]
fn each_chip_select_has_its_own_chip() -> roadtest::Result {
    let mut board = Board::new();
    let chips = [0, 3].map(|chip_select| board.spi(chip_select, Shift::default()));
    let other = board.spi_bus("panel", 1_000_000);
    let third = board.spi_on(&other, 0, Shift::default());
    let uml = board.boot()?;
    for (chip, byte) in chips.iter().chain([&third]).zip([1, 2, 3]) {
        let device = uml.bind(chip)?.spidev()?;
        device.message(&[Transfer::write([byte])])?;
    }
    let paths = [&chips[0], &chips[1], &third].map(Wired::path);
    assert_eq!(
        paths,
        [
            "/sys/bus/spi/devices/spi0.0",
            "/sys/bus/spi/devices/spi0.3",
            "/sys/bus/spi/devices/spi1.0"
        ]
    );
    let all = [&chips[0], &chips[1], &third].map(seen);
    assert_eq!(all, [[[1]], [[2]], [[3]]]);
    Ok(())
}

#[roadtest::test]
fn messages_of_4_kib_arrive_whole() -> roadtest::Result {
    let (_uml, chip, device) = boot(Shift::default())?;
    let text: Vec<u8> = (0..4096).map(|n| u8::try_from(n % 251).unwrap()).collect();
    let received = device.message(&[Transfer::both(text.clone())])?;
    assert!(seen(&chip) == [text]);
    let expected = (0..4096).map(|n| u8::try_from((0xa0 + n) % 256).unwrap());
    assert!(received[0].iter().copied().eq(expected));
    Ok(())
}

/// The driver has no `remove`, and the virtio bus of 7.3 calls it without a
/// look: a defect up to 7.3 at least.
#[roadtest::test]
fn unbinding_the_controller_kills_the_kernel() -> roadtest::Result {
    let (uml, chip, device) = boot(Shift::default())?;
    device.message(&[Transfer::write([1])])?;
    drop(device);
    let path = uml.real_path(&chip.path())?;
    let virtio = path.split('/').find(|part| is_virtio(part)).unwrap();
    uml.expect_death("Kernel mode fault at addr 0x0, ip 0x0");
    let unbound = uml.write("/sys/bus/virtio/drivers/spi_virtio/unbind", virtio);
    assert_eq!(unbound, Err(Errno::GUEST_DIED));
    Ok(())
}

/// `virtio3`
fn is_virtio(part: &str) -> bool {
    let number = part.strip_prefix("virtio");
    number.is_some_and(|number| number.parse::<u32>().is_ok())
}
