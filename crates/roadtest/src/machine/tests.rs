// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The machine without a kernel: its guest is a script that speaks for time
//! socket and devices, and its controllers are those of boards.

mod guest;

use roadtest_chips::iio::temperature::tmp117::Tmp117;
use roadtest_model::{Bus, Chip, Direction, I2cTarget, Level, Nack, SimTime};
use roadtest_record::event::{End, Outcome, Transfer, What};

use super::Machine;
use crate::Board;
use guest::{Guest, Offered, Queue, Scripted};

/// `VIRTIO_I2C_FLAGS_FAIL_NEXT`: another message of the transfer follows.
const FAIL_NEXT: u32 = 1;
/// `VIRTIO_I2C_FLAGS_M_RD`.
const READ: u32 = 2;
/// The status of a message.
const OK: u8 = 0;
const ERR: u8 = 1;

/// `struct virtio_i2c_out_hdr`.
fn header(address: u16, flags: u32) -> Vec<u8> {
    let mut bytes = address.to_le_bytes().to_vec();
    bytes.extend([0; 2]);
    bytes.extend(flags.to_le_bytes());
    bytes
}

/// Queues a message that writes.
fn write(guest: &mut Guest, queue: &Queue, address: u16, flags: u32, bytes: &[u8]) -> Offered {
    let request = [&header(address << 1, flags), bytes].concat();
    guest.offer(queue, &request, 1)
}

/// Queues a message that reads.
fn read(guest: &mut Guest, queue: &Queue, address: u16, len: u32) -> Offered {
    guest.offer(queue, &header(address << 1, READ), len + 1)
}

/// How long a message of so many bytes takes, in bits of SCL: START and STOP,
/// the address and each byte with their acknowledge bits.
const fn bits(bytes: u64) -> u64 {
    2 + 9 * (1 + bytes)
}

fn transfers(machine: &Machine) -> Vec<Transfer> {
    let trace = machine.world.trace.borrow();
    let transfers = trace.events.iter().filter_map(|event| match &event.what {
        What::Transfer(transfer) => Some(transfer.clone()),
        _ => None,
    });
    transfers.collect()
}

/// What the guest did wrong.
fn malformed(machine: &Machine) -> Vec<String> {
    let trace = machine.world.trace.borrow();
    let texts = trace.events.iter().filter_map(|event| match &event.what {
        What::Malformed { device, text } => Some(format!("{device}: {text}")),
        _ => None,
    });
    texts.collect()
}

/// A bit on a bus of 400 kHz.
const BIT: SimTime = SimTime::ns(2_500);

#[test]
fn a_write_and_a_read_reach_the_chip_and_come_back() {
    let mut board = Board::new();
    let chip = board.i2c(0x48, Tmp117::default());
    let mut scripted = Scripted::start(board, |guest| {
        let [queue] = guest.take("i2c");
        // TEMP_OFFSET becomes 1234, and is read.
        let written = write(guest, &queue, 0x48, 0, &[0x07, 0x12, 0x34]);
        guest.kick(&queue);
        assert_eq!(guest.used(&queue), 0);
        let (time, interrupts) = guest.sleep(None);
        assert_eq!(time, SimTime::ns(bits(3) * BIT.as_ns()));
        assert_eq!(interrupts, [("i2c", 0)]);
        assert_eq!(guest.used(&queue), 1);
        assert_eq!(guest.read(written.writable), [OK]);

        write(guest, &queue, 0x48, FAIL_NEXT, &[0x07]);
        let answer = read(guest, &queue, 0x48, 2);
        guest.kick(&queue);
        let (time, interrupts) = guest.sleep(None);
        let bits = bits(3) + bits(1) + bits(2);
        assert_eq!(time, SimTime::ns(bits * BIT.as_ns()));
        assert_eq!(interrupts, [("i2c", 0)]);
        assert_eq!(guest.used(&queue), 3);
        assert_eq!(guest.read(answer.writable), [0x12, 0x34, OK]);
    });
    scripted.machine.sleep(SimTime::ms(1)).unwrap();
    assert_eq!(scripted.machine.now(), SimTime::ms(1));

    let record = transfers(&scripted.machine);
    let [written, pointer, answer] = record.as_slice() else {
        panic!("{record:?}");
    };
    assert_eq!(
        (&*written.bus, &*written.unit, &*written.chip),
        ("i2c", "48", "tmp117")
    );
    assert_eq!((&*written.bytes, written.end), ("07 12 34", End::Stop));
    assert_eq!((&*pointer.bytes, pointer.end), ("07", End::Held));
    assert_eq!((&*answer.bytes, answer.end), ("12 34", End::Stop));
    let end = bits(3) * BIT.as_ns();
    assert_eq!((written.start_ns, pointer.start_ns), (0, end));
    assert_eq!(answer.start_ns, end + bits(1) * BIT.as_ns());
    assert!(record.iter().all(Transfer::completed));
    assert_eq!(chip.timeline().writes("TEMP_OFFSET"), ["1234"]);
    assert_eq!(chip.timeline().reads("TEMP_OFFSET"), ["1234"]);
    assert_eq!(malformed(&scripted.machine), [""; 0]);
    scripted.end();
}

#[test]
fn each_device_has_its_own_controller_and_its_own_interrupt() {
    let mut board = Board::new();
    let pin = board.gpio(2);
    let inside = board.i2c(0x48, Tmp117::default());
    let bus = board.i2c_bus("outdoor", 100_000);
    let outside = board.i2c_on(&bus, 0x48, Tmp117::default());
    let mut scripted = Scripted::start(board, |guest| {
        let [inside] = guest.take("i2c");
        let [outside] = guest.take("outdoor");
        let [lines, _events] = guest.take("gpio");
        write(guest, &outside, 0x48, 0, &[0x07, 0x12, 0x34]);
        guest.kick(&outside);
        let (time, interrupts) = guest.sleep(None);
        assert_eq!(time, SimTime::us(10 * bits(3)));
        assert_eq!(interrupts, [("outdoor", 0)]);
        assert_eq!((guest.used(&inside), guest.used(&outside)), (0, 1));

        // VIRTIO_GPIO_MSG_SET_VALUE and _SET_DIRECTION of line 2.
        for (message, value) in [(5u16, 1u32), (3, 1)] {
            let request = [&message.to_le_bytes()[..], &[2, 0], &value.to_le_bytes()].concat();
            guest.offer(&lines, &request, 2);
            guest.kick(&lines);
        }
        // It is interrupted in its kick.
        let (_, interrupts) = guest.sleep(Some(SimTime::us(500)));
        assert_eq!(interrupts, [("gpio", 0)]);
        assert_eq!(guest.used(&lines), 2);
        assert_eq!((guest.used(&inside), guest.used(&outside)), (0, 1));
    });
    scripted.machine.sleep(SimTime::ms(1)).unwrap();
    assert!(inside.timeline().is_empty());
    assert_eq!(outside.timeline().writes("TEMP_OFFSET"), ["1234"]);
    assert_eq!(transfers(&scripted.machine)[0].bus, "outdoor");
    assert_eq!((pin.is_output(), pin.level()), (true, Level::High));
    scripted.end();
}

/// Counts the ends of transfers.
#[derive(Default)]
struct Stops(u32);

impl Chip for Stops {
    fn compatible(&self) -> &'static str {
        "roadtest,stops"
    }
}

impl I2cTarget for Stops {
    fn start(&mut self, _: &mut Bus, _: Direction) -> Result<(), Nack> {
        Ok(())
    }

    fn write(&mut self, _: &mut Bus, _: &[u8]) {}

    fn read(&mut self, _: &mut Bus, buf: &mut [u8]) {
        buf.fill(0x5a);
    }

    fn stop(&mut self, _: &mut Bus) {
        self.0 += 1;
    }
}

#[test]
fn a_reset_ends_the_transfer_and_empties_the_controller() {
    let mut board = Board::new();
    let chip = board.i2c(0x44, Stops::default());
    let mut scripted = Scripted::start(board, |guest| {
        let [queue] = guest.take("i2c");
        write(guest, &queue, 0x44, FAIL_NEXT, &[1]);
        let answer = read(guest, &queue, 0x44, 100);
        guest.kick(&queue);
        // In the second message.
        let (time, interrupts) = guest.sleep(Some(SimTime::us(500)));
        assert_eq!((time, interrupts), (SimTime::us(500), vec![]));
        guest.disable(&queue);
        guest.sleep(Some(SimTime::ms(10)));
        assert_eq!((guest.used(&queue), guest.read(answer.writable)), (0, [0]));

        // The device's second life knows nothing of the first.
        guest.enable(&queue);
        let answer = read(guest, &queue, 0x44, 1);
        guest.kick(&queue);
        let (time, interrupts) = guest.sleep(None);
        let end = SimTime::ms(10) + SimTime::ns(bits(1) * BIT.as_ns());
        assert_eq!((time, interrupts), (end, vec![("i2c", 0)]));
        assert_eq!(guest.used(&queue), 1);
        assert_eq!(guest.read(answer.writable), [0x5a, OK]);
    });
    scripted.machine.sleep(SimTime::ms(1)).unwrap();
    chip.with(|chip| assert_eq!(chip.0, 1));
    let cut_off = "i2c: the bus driver reset the adapter with 2 messages under way";
    assert_eq!(malformed(&scripted.machine), [cut_off]);
    scripted.machine.sleep(SimTime::ms(19)).unwrap();
    chip.with(|chip| assert_eq!(chip.0, 2));
    let ends: Vec<_> = transfers(&scripted.machine).iter().map(|t| t.end).collect();
    assert_eq!(ends, [End::Held, End::Stop]);
    scripted.end();
}

/// No model has a ten-bit address, and none is meant by one: the chip at the
/// same seven bits hears nothing.
#[test]
fn a_ten_bit_address_is_not_acknowledged() {
    let mut board = Board::new();
    let chip = board.i2c(0x44, Stops::default());
    let mut scripted = Scripted::start(board, |guest| {
        let [queue] = guest.take("i2c");
        for address in [0x044u16, 0x144] {
            // The two bytes that a controller sends.
            let [low, high] = address.to_le_bytes();
            let field = u16::from_le_bytes([0xf0 | high << 1, low]);
            let request = [header(field, 0), vec![1, 2]].concat();
            let offered = guest.offer(&queue, &request, 1);
            guest.kick(&queue);
            guest.sleep(None);
            assert_eq!(guest.read(offered.writable), [ERR]);
        }
        assert_eq!(guest.used(&queue), 2);
    });
    scripted.machine.sleep(SimTime::ms(1)).unwrap();
    chip.with(|chip| assert_eq!(chip.0, 0));
    let record = transfers(&scripted.machine);
    let units: Vec<&str> = record.iter().map(|transfer| &*transfer.unit).collect();
    assert_eq!(units, ["044", "144"]);
    assert!(
        record
            .iter()
            .all(|t| t.outcome == Outcome::AddressRefused && t.chip.is_empty())
    );
    assert_eq!(record[1].start_ns, bits(0) * BIT.as_ns());
    let timeline = crate::Timeline::all(&scripted.machine.world.trace.borrow().events);
    assert_eq!(timeline.when(|line| line.contains("W 144  NACK")).len(), 1);
    scripted.end();
}

/// What the guest's kernel adds to a place in its memory.
const VIRTUAL: u64 = 0x6000_0000;

/// Puts a list head or entry of the guest's kernel into its memory.
fn link(guest: &Guest, place: u64, next: u64) {
    let pointer = (next + VIRTUAL).to_le_bytes();
    guest.write(place, &[pointer, pointer].concat());
}

/// A request as `i2c-virtio` has it: a completion, 64 bytes in front of the
/// header. The place of its list of waiters.
fn completion(guest: &Guest, offered: &Offered) -> u64 {
    let head = offered.readable - 64 + 8;
    link(guest, head, head);
    head
}

/// Where the guest's stack has the entry of the waiting task.
const ENTRY: u64 = 0xf_f000;

#[test]
fn a_transfer_that_the_driver_waits_for_is_completed() {
    let mut board = Board::new();
    board.i2c(0x44, Stops::default());
    let mut scripted = Scripted::start(board, |guest| {
        let [queue] = guest.take("i2c");
        let answer = read(guest, &queue, 0x44, 1);
        let head = completion(guest, &answer);
        guest.kick(&queue);
        link(guest, head, ENTRY);
        link(guest, ENTRY, head);
        let (_, interrupts) = guest.sleep(None);
        assert_eq!(interrupts, [("i2c", 0)]);
        assert_eq!(
            (guest.used(&queue), guest.read(answer.writable)),
            (1, [0x5a, OK])
        );
    });
    scripted.machine.sleep(SimTime::ms(1)).unwrap();
    assert_eq!(malformed(&scripted.machine), [""; 0]);
    scripted.end();
}

/// What freed memory may hold: zeros, the kernel's poison, something else.
const FREED: [u8; 3] = [0x00, 0x6b, 0xa5];

#[test]
fn a_transfer_that_the_driver_gave_up_is_not_completed() {
    let mut board = Board::new();
    let chip = board.i2c(0x44, Stops::default());
    let mut scripted = Scripted::start(board, |guest| {
        let [queue] = guest.take("i2c");
        let mut end = SimTime::ZERO;
        for byte in FREED {
            let first = write(guest, &queue, 0x44, FAIL_NEXT, &[1]);
            let second = read(guest, &queue, 0x44, 1);
            let head = completion(guest, &first);
            guest.kick(&queue);
            link(guest, head, ENTRY);
            link(guest, ENTRY, head);
            guest.sleep(Some(end + SimTime::us(10)));
            // A signal ends the wait, and something else gets the memory.
            guest.write(first.readable - 64, &[byte; 64 + 16]);
            guest.write(first.writable, &[byte]);
            guest.write(second.writable, &[byte; 2]);
            end += SimTime::us(200);
            let (_, interrupts) = guest.sleep(Some(end));
            assert_eq!((guest.used(&queue), interrupts), (0, vec![]));
            assert_eq!(guest.read(first.writable), [byte]);
            assert_eq!(guest.read(second.writable), [byte; 2]);
        }
        let answer = read(guest, &queue, 0x44, 1);
        let head = completion(guest, &answer);
        guest.kick(&queue);
        link(guest, head, ENTRY);
        link(guest, ENTRY, head);
        let (_, interrupts) = guest.sleep(None);
        assert_eq!((guest.used(&queue), interrupts), (1, vec![("i2c", 0)]));
        assert_eq!(guest.read(answer.writable), [0x5a, OK]);
    });
    scripted.machine.sleep(SimTime::ms(1)).unwrap();
    let text = "i2c: i2c-virtio freed 2 messages under way: not completed";
    assert_eq!(malformed(&scripted.machine), [text; 3]);
    // On the bus each went on to its end.
    chip.with(|chip| assert_eq!(chip.0, 4));
    assert_eq!(transfers(&scripted.machine).len(), 7);
    scripted.end();
}

/// The request of the next transfer is where the freed one was.
#[test]
fn a_transfer_that_was_given_up_is_known_at_the_next_kick() {
    let mut board = Board::new();
    board.i2c(0x44, Stops::default());
    let mut scripted = Scripted::start(board, |guest| {
        let [queue] = guest.take("i2c");
        let given_up = read(guest, &queue, 0x44, 1);
        let head = completion(guest, &given_up);
        guest.kick(&queue);
        // Allocated once more, and waited for.
        let answer = read(guest, &queue, 0x44, 1);
        link(guest, head, head);
        completion(guest, &answer);
        guest.kick(&queue);
        for head in [head, answer.readable - 64 + 8] {
            link(guest, head, ENTRY);
            link(guest, ENTRY, head);
        }
        guest.sleep(None);
        assert_eq!(guest.used(&queue), 1);
        assert_eq!(guest.read(given_up.writable), [0, 0]);
        assert_eq!(guest.read(answer.writable), [0x5a, OK]);
    });
    scripted.machine.sleep(SimTime::ms(1)).unwrap();
    assert_eq!(malformed(&scripted.machine).len(), 1);
    scripted.end();
}
