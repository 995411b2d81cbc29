// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The bus without a guest: what no driver of Linux does as well.

use roadtest_model::{Chip, SpiMode};
use roadtest_record::event::What;
use roadtest_virtio::spi::request::error_reply;
use roadtest_virtio::spi::{BitOrder, Delays};

use super::super::Spi;
use super::*;
use crate::board::Board;
use crate::wired::Wired;
use crate::world::Shared;

/// A chip that notes what happens to it, with the time.
#[derive(Default)]
struct Notes(Vec<String>);

impl Notes {
    fn note(&mut self, bus: &Bus, what: &str) {
        self.0.push(format!("{} {what}", bus.now().as_ns()));
    }
}

impl Chip for Notes {
    fn compatible(&self) -> &'static str {
        "roadtest,notes"
    }
}

impl SpiPeripheral for Notes {
    fn select(&mut self, bus: &mut Bus) {
        self.note(bus, "select");
    }

    fn exchange(&mut self, bus: &mut Bus, sent: &[u8], received: &mut [u8]) {
        assert_ne!(sent, [0xdd], "no model can do that");
        self.note(bus, &hex(sent));
        received.fill(0x5a);
    }

    fn deselect(&mut self, bus: &mut Bus) {
        self.note(bus, "release");
    }

    fn sck_hz_max(&self) -> u32 {
        10_000_000
    }

    fn modes(&self) -> &'static [SpiMode] {
        &[SpiMode::Mode0]
    }
}

/// A bus with a chip at chip selects 0 and 1.
struct Bench {
    wire: Wire<u32>,
    world: Shared,
    chips: [Wired<Notes>; 2],
}

impl Bench {
    fn new() -> Self {
        let mut board = Board::new();
        let chips = [0, 1].map(|chip_select| board.spi(chip_select, Notes::default()));
        let mut wire = Wire::new("spi");
        let spi: &mut Spi = board.controller("spi").unwrap();
        wire.units = std::mem::take(&mut spi.wire.units);
        Self {
            wire,
            world: board.world.clone(),
            chips,
        }
    }

    fn take(&mut self, whom: u32, request: &Request) {
        self.wire.take(whom, Ok(request.clone()));
    }

    /// Lets everything happen up to a time in ns, and returns the replies, each
    /// with the time at which it was there.
    fn pass(&mut self, until_ns: u64) -> Vec<(u64, u32, Vec<u8>)> {
        let mut replies = Vec::new();
        self.wire.begin(&self.world);
        while let Some(due) = self.wire.due().filter(|due| due.as_ns() <= until_ns) {
            self.world.clock.set(due);
            self.wire.happen(&self.world);
            let done = self.wire.replies().into_iter();
            replies.extend(done.map(|(whom, reply)| (due.as_ns(), whom, reply.bytes)));
        }
        self.world.clock.set(SimTime::ns(until_ns));
        replies
    }

    fn notes(&self, chip: usize) -> Vec<String> {
        self.chips[chip].with(|chip| std::mem::take(&mut chip.0))
    }
}

/// A byte at 1 MHz takes 8 us.
fn write(chip_select: u8, byte: u8) -> Request {
    Request {
        chip_select,
        data: Data::Write(vec![byte]),
        word_bits: 8,
        order: BitOrder::MsbFirst,
        mode: SpiMode::Mode0,
        freq_hz: 1_000_000,
        then: ChipSelect::Kept,
        delays: Delays::default(),
    }
}

#[test]
fn requests_that_are_queued_are_one_message_and_replied_one_by_one() {
    let mut bench = Bench::new();
    bench.take(1, &write(0, 0x11));
    bench.take(2, &write(0, 0x22));
    assert_eq!(
        bench.pass(20_000),
        [(8_000, 1, vec![0]), (16_000, 2, vec![0])]
    );
    assert_eq!(
        bench.notes(0),
        ["0 select", "8000 11", "16000 22", "16001 release"]
    );
}

#[test]
fn another_chip_select_ends_a_message_at_once() {
    let mut bench = Bench::new();
    bench.take(1, &write(0, 0x11));
    bench.take(2, &write(1, 0x22));
    bench.pass(20_000);
    assert_eq!(bench.notes(0), ["0 select", "8000 11", "8000 release"]);
    assert_eq!(bench.notes(1), ["8000 select", "16000 22", "16001 release"]);
}

#[test]
fn a_transfer_after_the_hold_delay_is_another_message() {
    let held = |next_ns| {
        let mut bench = Bench::new();
        let mut request = write(0, 0x11);
        request.delays.cs_hold_ns = 500;
        bench.take(1, &request);
        bench.pass(next_ns);
        bench.take(2, &write(0, 0x22));
        bench.pass(20_000);
        bench
            .notes(0)
            .iter()
            .filter(|note| note.ends_with("select"))
            .count()
    };
    assert_eq!(held(8_500), 1);
    assert_eq!(held(8_501), 2);
}

#[test]
fn delays_are_where_they_are_asked_for() {
    let mut bench = Bench::new();
    let mut request = write(0, 0x11);
    request.data = Data::Both(vec![0x11, 0x22, 0x33]);
    request.then = ChipSelect::Released;
    request.delays = Delays {
        word_ns: 10,
        cs_setup_ns: 100,
        cs_hold_ns: 1_000,
        cs_inactive_ns: 5_000,
    };
    bench.take(1, &request);
    bench.take(2, &write(0, 0x44));
    let done = vec![0x5a, 0x5a, 0x5a, 0];
    assert_eq!(
        bench.pass(50_000),
        [(25_120, 1, done), (38_120, 2, vec![0])]
    );
    assert_eq!(
        bench.notes(0),
        [
            "0 select",
            "24120 11 22 33",
            "25120 release",
            "30120 select",
            "38120 44",
            "38121 release",
        ]
    );
}

#[test]
fn a_request_that_is_refused_does_not_end_a_message() {
    let mut bench = Bench::new();
    bench.take(1, &write(0, 0x11));
    bench.wire.take(2, Err(Refusal(error_reply(1))));
    bench.take(3, &write(0, 0x33));
    assert_eq!(
        bench.pass(20_000),
        [
            (8_000, 1, vec![0]),
            (8_000, 2, vec![1]),
            (16_000, 3, vec![0])
        ]
    );
    assert_eq!(bench.notes(0).len(), 4);
}

#[test]
fn a_reset_within_a_transfer_releases_the_chip_and_replies_nothing() {
    let mut bench = Bench::new();
    bench.take(1, &write(0, 0x11));
    bench.take(2, &write(0, 0x22));
    assert_eq!(bench.pass(3_000), []);
    bench.wire.reset(&bench.world);
    assert_eq!(bench.pass(50_000), []);
    assert_eq!(bench.notes(0), ["0 select", "3000 release"]);
    bench.take(3, &write(0, 0x33));
    assert_eq!(bench.pass(60_000), [(58_000, 3, vec![0])]);
}

#[test]
fn how_a_transfer_ended_is_recorded_when_it_is_clear() {
    let mut bench = Bench::new();
    bench.take(1, &write(0, 0x11));
    bench.take(2, &write(0, 0x22));
    bench.pass(16_000);
    let ends = |bench: &Bench| {
        let trace = bench.world.trace.borrow();
        let ends = trace.events.iter().filter_map(|event| match &event.what {
            What::Transfer(transfer) => Some((transfer.start_ns, transfer.end)),
            _ => None,
        });
        ends.collect::<Vec<_>>()
    };
    assert_eq!(ends(&bench), [(0, End::Held), (8_000, End::Held)]);
    bench.pass(16_001);
    assert_eq!(ends(&bench), [(0, End::Held), (8_000, End::Stop)]);
    assert_eq!(bench.world.trace.borrow().transfers, 1);
}

#[test]
fn a_model_that_panics_fails_its_transfer() {
    let mut bench = Bench::new();
    bench.take(1, &write(0, 0xdd));
    assert_eq!(bench.pass(10_000), [(8_000, 1, vec![2])]);
    let fault = bench.world.trace.borrow_mut().take_fault().unwrap();
    let text = crate::error::chain(&fault);
    assert!(text.contains("no model can do that"), "{text}");
}

#[test]
fn a_chip_that_was_taken_off_the_bus_is_not_selected() {
    let mut bench = Bench::new();
    bench.chips[0].disconnect();
    let mut request = write(0, 0);
    request.data = Data::Read(2);
    bench.take(1, &request);
    assert_eq!(bench.pass(20_000), [(16_000, 1, vec![0xff, 0xff, 0])]);
    assert!(bench.notes(0).is_empty());
}
