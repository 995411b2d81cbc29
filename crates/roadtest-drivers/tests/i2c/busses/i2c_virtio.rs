// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/i2c/busses/i2c-virtio.c`, and the adapter behind it: what the
//! driver makes of transfers, and that they reach the chips as they are.

use insta::assert_snapshot;
use roadtest::view::i2c_dev::Message;
use roadtest::{Board, Bus, Chip, Direction, Errno, I2cTarget, SimTime, Uml};

mod buses;
mod given_up;
mod rebind;

/// The bus driver's directory in sysfs.
const DRIVER: &str = "/sys/bus/virtio/drivers/i2c_virtio";

/// The adapters' devices on the virtio bus, in their order there.
fn adapters(uml: &Uml) -> roadtest::Result<Vec<String>> {
    let mut names = uml.list(DRIVER)?;
    names.retain(|name| name.starts_with("virtio"));
    Ok(names)
}

/// 8 KiB of memory that is written and read from its beginning in each
/// message; of any length, and without a protocol.
struct Scratch {
    memory: Vec<u8>,
    stops: u32,
}

impl Scratch {
    fn new() -> Self {
        Self {
            memory: (0..8192).map(|n| pattern(n, 1)).collect(),
            stops: 0,
        }
    }
}

/// A byte that tells its place.
fn pattern(n: usize, seed: usize) -> u8 {
    u8::try_from((n * seed + n / 256) % 256).unwrap()
}

impl Chip for Scratch {
    fn compatible(&self) -> &'static str {
        "roadtest,scratch"
    }
}

impl I2cTarget for Scratch {
    fn write(&mut self, _: &mut Bus, bytes: &[u8]) {
        self.memory[..bytes.len()].copy_from_slice(bytes);
    }

    fn read(&mut self, _: &mut Bus, buf: &mut [u8]) {
        buf.copy_from_slice(&self.memory[..buf.len()]);
    }

    fn stop(&mut self, _: &mut Bus) {
        self.stops += 1;
    }
}

#[roadtest::test]
fn adapter_offers_plain_transfers_and_the_emulated_smbus() -> roadtest::Result {
    let mut board = Board::new();
    // No chip is on the bus.
    board.scl_hz(400_000);
    let uml = board.boot()?;
    let functionality = uml.i2c_dev()?.functionality()?;
    // I2C_FUNC_I2C, and I2C_FUNC_SMBUS_EMUL with the quick command.
    assert_eq!(functionality & 0x1, 0x1);
    assert_eq!(functionality & 0x0eff_0008, 0x0eff_0008);
    Ok(())
}

/// What `i2cdetect -q` does: a transfer without data to each address.
#[roadtest::test]
fn a_quick_command_finds_the_chips_and_nothing_else() -> roadtest::Result {
    let mut board = Board::new();
    for address in [0x08, 0x44, 0x77] {
        board.i2c(address, Scratch::new());
    }
    let uml = board.boot()?;
    let bus = uml.i2c_dev()?;
    let mut found = Vec::new();
    for address in 0x08..=0x77 {
        match bus.at(address)?.quick(Direction::Write) {
            Ok(()) => found.push(address),
            Err(errno) => assert_eq!(errno, Errno::EIO, "{address:#x}"),
        }
    }
    assert_eq!(found, [0x08, 0x44, 0x77]);
    Ok(())
}

#[roadtest::test]
fn an_address_without_a_chip_is_a_nack_on_the_timeline() -> roadtest::Result {
    let mut board = Board::new();
    board.i2c(0x44, Scratch::new());
    let uml = board.boot()?;
    let bus = uml.i2c_dev()?;
    assert_eq!(bus.at(0x44)?.quick(Direction::Read), Ok(()));
    assert_eq!(bus.at(0x45)?.quick(Direction::Write), Err(Errno::EIO));
    assert_eq!(bus.at(0x45)?.write_byte_data(0x10, 0x20), Err(Errno::EIO));
    assert_eq!(bus.at(0x45)?.read_word_data(0x10), Err(Errno::EIO));
    assert_snapshot!(uml.timeline().only(|line| !line.starts_with('>')));
    Ok(())
}

/// Of a message whose address is not acknowledged (NACK), the controller sends
/// the address byte: START, nine bits, STOP. At 400 kHz a bit takes 2.5 us.
#[roadtest::test]
fn a_nack_of_the_address_takes_the_time_of_the_address_byte() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x44, Scratch::new());
    let uml = board.boot()?;
    let bus = uml.i2c_dev()?;
    let bits = |address: u16| -> roadtest::Result<u64> {
        let target = bus.at(address)?;
        let start = uml.now();
        // What comes of it is not the point here. After an error, the kernel
        // takes 1 us to return.
        let _ = target.write_word_data(0x10, 0x2030);
        Ok((uml.now() - start).as_ns() / 2_500)
    };
    assert_eq!(bits(0x44)?, 2 + 9 * 4);
    assert_eq!(bits(0x45)?, 2 + 9);
    chip.disconnect();
    assert_eq!(bits(0x44)?, 2 + 9);
    Ok(())
}

#[roadtest::test]
fn smbus_protocols_are_the_messages_of_the_specification() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x44, Scratch::new());
    let uml = board.boot()?;
    let target = uml.i2c_dev()?.at(0x44)?;

    target.write_byte(0x11)?;
    assert_eq!(target.read_byte(), Ok(0x11));
    target.write_byte_data(0x21, 0x22)?;
    target.write_word_data(0x31, 0x3332)?;
    // The chip's memory begins with the command, which a read repeats.
    assert_eq!(target.read_byte_data(0x41), Ok(0x41));
    assert_eq!(target.read_word_data(0x51), Ok(0x3251));
    target.write_block(0x61, &[0x62, 0x63, 0x64])?;
    assert_eq!(target.read_block(0x71, 3), Ok(vec![0x71, 0x62, 0x63]));
    assert_eq!(target.write(&[0x81, 0x82]), Ok(2));
    assert_eq!(target.read(2), Ok(vec![0x81, 0x82]));
    assert_snapshot!(chip.timeline());
    Ok(())
}

/// The one stop ends the transfer for every chip that it has addressed.
#[roadtest::test]
fn messages_of_a_transfer_have_one_stop() -> roadtest::Result {
    let mut board = Board::new();
    let first = board.i2c(0x44, Scratch::new());
    let second = board.i2c(0x45, Scratch::new());
    let third = board.i2c(0x46, Scratch::new());
    let uml = board.boot()?;
    let done = uml.i2c_dev()?.transfer(&[
        Message::write(0x44, [1, 2, 3]),
        Message::read(0x44, 2),
        Message::write(0x45, [4]),
        Message::read(0x45, 3),
    ])?;
    assert_eq!(done.completed, 4);
    assert_eq!(done.read, [vec![1, 2], vec![4, 1, 2]]);
    first.with(|chip| assert_eq!(chip.stops, 1));
    second.with(|chip| assert_eq!(chip.stops, 1));
    third.with(|chip| assert_eq!(chip.stops, 0));
    Ok(())
}

/// The driver asks for it with `VIRTIO_I2C_FLAGS_FAIL_NEXT`.
#[roadtest::test]
fn messages_behind_a_nack_do_not_reach_the_bus() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x44, Scratch::new());
    let uml = board.boot()?;
    let bus = uml.i2c_dev()?;
    let done = bus.transfer(&[
        Message::write(0x44, [0xaa]),
        Message::read(0x45, 1),
        Message::write(0x44, [0xbb]),
    ])?;
    // To the I2C core a transfer that stopped half-way is no error.
    assert_eq!(done.completed, 1);
    chip.with(|chip| assert_eq!((chip.memory[0], chip.stops), (0xaa, 1)));
    assert_snapshot!(uml.timeline().only(|line| !line.starts_with('>')));

    // The bus is free again.
    let done = bus.transfer(&[Message::read(0x44, 1)])?;
    assert_eq!((done.completed, done.read), (1, vec![vec![0xaa]]));
    Ok(())
}

#[roadtest::test]
fn messages_of_4_kib_arrive_whole() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x44, Scratch::new());
    let uml = board.boot()?;
    let bus = uml.i2c_dev()?;

    let read = bus.transfer(&[Message::read(0x44, 4096)])?.read;
    chip.with(|chip| assert!(read[0] == chip.memory[..4096]));

    let text: Vec<u8> = (0..4096).map(|n| pattern(n, 7)).collect();
    assert_eq!(
        bus.transfer(&[Message::write(0x44, text.clone())])?
            .completed,
        1
    );
    chip.with(|chip| {
        assert!(chip.memory[..4096] == text);
        assert_eq!(chip.memory[4096], pattern(4096, 1));
    });
    Ok(())
}

/// 8 KiB is the kernel's limit, 4 KiB the adapter's, which fails the message.
#[roadtest::test]
fn longer_messages_are_refused_by_the_adapter_and_the_kernel() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x44, Scratch::new());
    let uml = board.boot()?;
    let bus = uml.i2c_dev()?;
    let done = bus.transfer(&[Message::write(0x44, [0xee; 4097])])?;
    assert_eq!(done.completed, 0);
    let done = bus.transfer(&[Message::write(0x44, [0xee; 8193])]);
    assert_eq!(done, Err(Errno::EINVAL));
    chip.with(|chip| assert_eq!(chip.memory[0], pattern(0, 1)));
    let refused = "4097 bytes of payload, at most 4096 are accepted";
    assert_eq!(uml.timeline().when(|line| line.contains(refused)).len(), 1);
    assert_eq!(bus.at(0x80).map(drop), Err(Errno::EINVAL));
    Ok(())
}

#[roadtest::test]
fn a_chip_with_a_driver_is_left_alone_unless_forced() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x48, roadtest_chips::hwmon::lm75::Lm75::default());
    let uml = board.boot()?;
    let device = uml.bind(&chip)?;
    let bus = device.i2c_dev()?;
    assert_eq!(bus.at(0x48).map(drop), Err(Errno::EBUSY));
    assert_eq!(bus.at_bound(0x48)?.read_word_data(0x02), Ok(0x004b));
    Ok(())
}

/// 100 bytes take an address and 100 bytes of nine bits each, START and STOP.
#[roadtest::test]
fn a_transfer_takes_the_time_of_its_bits() -> roadtest::Result {
    let bits = 2 + 9 * 101;
    for (scl_hz, bit_ns) in [(100_000, 10_000), (400_000, 2_500)] {
        let mut board = Board::new();
        board.scl_hz(scl_hz);
        board.i2c(0x44, Scratch::new());
        let uml = board.boot()?;
        let bus = uml.i2c_dev()?;
        let start = uml.now();
        bus.transfer(&[Message::write(0x44, [0; 100])])?;
        assert_eq!(uml.now() - start, SimTime::ns(bits * bit_ns), "{scl_hz} Hz");
    }
    Ok(())
}

/// `I2C_SLAVE` and `I2C_TENBIT` of `include/uapi/linux/i2c-dev.h`.
const I2C_SLAVE: u64 = 0x0703;
const I2C_TENBIT: u64 = 0x0704;

/// A defect of the driver, which says that it has no addresses of ten bits and
/// sends them as if they had seven: one reaches the chip of that number.
#[roadtest::test]
fn a_ten_bit_address_reaches_the_chip_with_these_seven_bits() -> roadtest::Result {
    let mut board = Board::new();
    let chip = board.i2c(0x44, Scratch::new());
    let uml = board.boot()?;
    let file = uml.open("/dev/i2c-0")?;
    file.ioctl(I2C_TENBIT, 1)?;
    file.ioctl(I2C_SLAVE, 0x044)?;
    assert_eq!(file.write(&[0xaa]), Ok(1));
    chip.with(|chip| assert_eq!(chip.memory[0], 0xaa));

    // One of more bits is an address of neither kind.
    file.ioctl(I2C_SLAVE, 0x144)?;
    assert_eq!(file.write(&[0xbb]), Ok(0));
    chip.with(|chip| assert_eq!(chip.memory[0], 0xaa));
    let said = uml.timeline().only(|line| line.starts_with("! i2c"));
    let no_address = "! i2c: addr 0x0288 is neither a 7-bit nor a 10-bit address";
    assert_eq!(said.to_string(), no_address);
    Ok(())
}
