// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What a test asks of the guest, as its timeline shows it.

use roadtest::view::gpio::{LineFlags, Lines};
use roadtest::view::i2c_dev::Message;
use roadtest::{Board, Level, SimTime, Timeline};
use roadtest_chips::hwmon::lm75::Pct2075;

/// The requests of a timeline.
fn requests(timeline: &Timeline) -> String {
    let requests = timeline.only(|line| line.starts_with("> ")).to_string();
    let lines = requests.lines().map(|line| line.trim_start_matches("> "));
    lines
        .flat_map(|line| {
            [
                line, "
",
            ]
        })
        .collect()
}

#[roadtest::test]
fn gpio_lines_are_shown_by_their_structures() -> roadtest::Result {
    let mut board = Board::new();
    let button = board.gpio_named(3, "button");
    let _lamp = board.gpio(5);
    button.drive(Level::Low);
    let uml = board.boot()?;
    let chip = uml.gpio()?;
    chip.info()?;
    chip.line_info(3)?;
    let rising = Lines::inputs(&[3]).with(LineFlags::EDGE_RISING);
    let input = chip.request(&rising.consumer("a test"))?;
    input.levels()?;
    let output = chip.request(&Lines::outputs(&[5], &[Level::High]))?;
    output.set(&[Level::Low])?;
    button.drive(Level::High);
    input.next_edge(SimTime::ms(1))?;
    insta::assert_snapshot!(requests(&uml.timeline()), @"
    ioctl dev/gpiochip0 GPIO_GET_CHIPINFO = label=virtio1 lines=6
    ioctl dev/gpiochip0 GPIO_V2_GET_LINEINFO(offset=3) = name=button consumer= flags=INPUT
    ioctl dev/gpiochip0 GPIO_V2_GET_LINE(offsets=[3] flags=INPUT|EDGE_RISING consumer=a test) = 0
    ioctl lines of gpiochip0 GPIO_V2_LINE_GET_VALUES(mask=0b1) = bits=0b0
    ioctl dev/gpiochip0 GPIO_V2_GET_LINE(offsets=[5] flags=OUTPUT values=0b1 of 0b1 consumer=roadtest) = 0
    ioctl lines of gpiochip0 GPIO_V2_LINE_SET_VALUES(bits=0b0 mask=0b1) = 0
    poll lines of gpiochip0 for 1 ms = POLLIN
    read lines of gpiochip0 48 bytes = Rising of line 3, number 1
    ");
    Ok(())
}

#[roadtest::test]
fn i2c_transfers_are_shown_with_their_bytes() -> roadtest::Result {
    let mut board = Board::new();
    let _chip = board.i2c(0x48, Pct2075::default());
    let uml = board.boot()?;
    let bus = uml.i2c_dev()?;
    bus.functionality()?;
    bus.transfer(&[Message::write(0x48, [0x03]), Message::read(0x48, 2)])?;
    let chip = bus.at(0x48)?;
    chip.read_word_data(0x03)?;
    chip.write_byte_data(0x01, 0x01)?;
    chip.read_block(0x03, 2)?;
    chip.use_pec()?;
    insta::assert_snapshot!(requests(&uml.timeline()), @"
    ioctl dev/i2c-0 I2C_FUNCS = 0xeff0009
    ioctl dev/i2c-0 I2C_RDWR(W 48 03, R 48 2 bytes) = 2 [50 00]
    ioctl dev/i2c-0 I2C_SLAVE(0x48) = 0
    ioctl dev/i2c-0 I2C_SMBUS(R WORD_DATA 03) = 50 00
    ioctl dev/i2c-0 I2C_SMBUS(W BYTE_DATA 01 01) = 0
    ioctl dev/i2c-0 I2C_SMBUS(R I2C_BLOCK_DATA 03) = 02 50 00
    ioctl dev/i2c-0 I2C_PEC(0x1) = 0
    ");
    Ok(())
}

#[roadtest::test]
fn an_ioctl_of_no_table_is_shown_as_its_number_is_made() -> roadtest::Result {
    let mut board = Board::new();
    board.scl_hz(400_000);
    let uml = board.boot()?;
    let bus = uml.open("/dev/i2c-0")?;
    assert!(bus.ioctl(0xc050_7807, 0).is_err());
    assert_eq!(
        requests(&uml.timeline()),
        "ioctl dev/i2c-0 _IOWR('x', 7, 80) = ENOTTY\n"
    );
    Ok(())
}

fn main() -> std::process::ExitCode {
    roadtest::harness::main()
}
