// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The world without a machine: chips whose pins are connected to one another,
//! and models that do what no model should.

use roadtest_model::{Chip, Edge, Level, SimTime};

use super::World;
use crate::board::tests::put;
use crate::fault::Fault;
use crate::{Board, Pin, Placement, Timeline};

use Level::{High, Low};

/// Drives its pins as the test says, and remembers what it sees there.
#[derive(Default)]
struct Expander {
    drives: [Option<Level>; 5],
    seen: Vec<(usize, Level)>,
}

impl Chip for Expander {
    fn compatible(&self) -> &'static str {
        "roadtest,expander"
    }

    fn pins(&self) -> &'static [&'static str] {
        &["P0", "P1", "P2", "P3", "P4"]
    }

    fn drives(&self, pin: usize) -> Option<Level> {
        self.drives[pin]
    }

    fn pin_changed(&mut self, pin: usize, level: Level, _: SimTime) {
        self.seen.push((pin, level));
    }
}

/// Remembers what happens to each of its inputs.
struct Sensor {
    interrupt: Level,
    powered: Vec<Level>,
    reset: Vec<(Level, SimTime)>,
    mode: Vec<Level>,
}

impl Default for Sensor {
    fn default() -> Self {
        Self {
            interrupt: High,
            powered: Vec::new(),
            reset: Vec::new(),
            mode: Vec::new(),
        }
    }
}

impl Chip for Sensor {
    fn compatible(&self) -> &'static str {
        "roadtest,sensor"
    }

    fn interrupt(&self) -> Level {
        self.interrupt
    }

    fn power(&mut self, on: Level, _: SimTime) {
        self.powered.push(on);
    }

    fn reset(&mut self, level: Level, now: SimTime) {
        self.reset.push((level, now));
    }

    fn pins(&self) -> &'static [&'static str] {
        &["MODE"]
    }

    fn pin_changed(&mut self, _: usize, level: Level, _: SimTime) {
        self.mode.push(level);
    }
}

/// OUT is what IN is not, once something drives that.
#[derive(Default)]
struct Inverter {
    input: Option<Level>,
}

const IN: usize = 0;
const OUT: usize = 1;

impl Chip for Inverter {
    fn compatible(&self) -> &'static str {
        "roadtest,inverter"
    }

    fn pins(&self) -> &'static [&'static str] {
        &["IN", "OUT"]
    }

    fn drives(&self, pin: usize) -> Option<Level> {
        let driven = self.input.map(Level::inverted);
        driven.filter(|_| pin == OUT)
    }

    fn pin_changed(&mut self, pin: usize, level: Level, _: SimTime) {
        assert_eq!(pin, IN, "an output is no news to who drives it");
        self.input = Some(level);
    }
}

fn timeline(world: &World) -> String {
    Timeline::all(&world.trace.borrow().events).to_string()
}

/// What ends the test.
fn fault(world: &World) -> Option<Fault> {
    world.trace.borrow_mut().take_fault()
}

#[test]
fn a_chip_s_pins_are_supply_reset_interrupt_and_wire_of_another() {
    let mut board = Board::new();
    let expander = put(&mut board, Expander::default());
    let sensor = Placement::of(Sensor::default())
        .supply(&expander.pin(0), High)
        .reset(&expander.pin(1))
        .interrupt(&expander.pin(2), Edge::Falling)
        .wire(0, &expander.pin(3));
    let sensor = put(&mut board, sensor);
    board.power_chips().unwrap();
    let world = board.world.clone();
    sensor.with(|sensor| assert_eq!(sensor.powered, [Low]));
    // The sensor's interrupt is idle.
    expander.with(|expander| assert_eq!(expander.seen.last(), Some(&(2, High))));

    world.clock.set(SimTime::ms(5));
    expander.with(|expander| expander.drives[0] = Some(High));
    sensor.with(|sensor| assert_eq!(sensor.powered, [Low, High]));
    expander.with(|expander| expander.drives[1] = Some(High));
    sensor.with(|sensor| assert_eq!(sensor.reset, [(High, SimTime::ms(5))]));
    expander.with(|expander| expander.drives[3] = Some(High));
    sensor.with(|sensor| assert_eq!(sensor.mode, [High]));
    expander.with(|expander| expander.seen.clear());
    sensor.with(|sensor| sensor.interrupt = Low);
    expander.with(|expander| assert_eq!(expander.seen, [(2, Low)]));
    // What is released is low.
    expander.with(|expander| expander.drives = [None; 5]);
    sensor.with(|sensor| {
        assert_eq!(sensor.powered, [Low, High, Low]);
        assert_eq!(sensor.reset.last(), Some(&(Low, SimTime::ms(5))));
        assert_eq!(sensor.mode, [High, Low]);
    });
    assert_eq!(
        timeline(&world),
        "PIN expander.P2 high (sensor)\n\
         PIN expander.P0 high (expander)\n\
         PIN expander.P1 high (expander)\n\
         PIN expander.P3 high (expander)\n\
         PIN expander.P2 low (sensor)\n\
         PIN expander.P0 low (expander)\n\
         PIN expander.P1 low (expander)\n\
         PIN expander.P3 low (expander)"
    );
    assert!(fault(&world).is_none());
}

/// Two chips with open-drain interrupts on `pin`.
fn check_open_drain(mut board: Board, pin: &Pin) {
    let sensors = [(); 2].map(|()| {
        let sensor = Placement::of(Sensor::default()).interrupt(pin, Edge::LevelLow);
        put(&mut board, sensor)
    });
    assert!(board.to_dts().is_ok());
    board.power_chips().unwrap();
    let levels = [
        (0, Low, Low),
        (1, Low, Low),
        (0, High, Low),
        (1, High, High),
    ];
    assert_eq!(pin.level(), High);
    for (sensor, level, joint) in levels {
        sensors[sensor].with(|sensor| sensor.interrupt = level);
        assert_eq!(pin.level(), joint, "sensor {sensor} {level}");
    }
}

#[test]
fn a_shared_line_is_low_as_long_as_one_chip_pulls_it() {
    let mut board = Board::new();
    let pin = board.gpio(3).shared();
    check_open_drain(board, &pin);
}

#[test]
fn a_shared_pin_of_a_chip_is_low_as_long_as_another_pulls_it() {
    let mut board = Board::new();
    let expander = put(&mut board, Expander::default());
    let pin = expander.pin(4).shared();
    check_open_drain(board, &pin);
    // The first that pulls, and the last that releases.
    expander.with(|expander| assert!(expander.seen.ends_with(&[(4, High), (4, Low), (4, High)])));
}

/// A ring of so many inverters.
fn ring(count: usize) -> Board {
    let mut board = Board::new();
    let first = put(&mut board, Inverter::default());
    let mut out = first.pin(OUT);
    for index in 1..count {
        let mut inverter = Placement::of(Inverter::default()).wire(IN, &out);
        if index == count - 1 {
            inverter = inverter.wire(OUT, &first.pin(IN));
        }
        let inverter = put(&mut board, inverter);
        if index < count - 1 {
            out = inverter.pin(OUT);
        }
    }
    board.power_chips().unwrap();
    assert!(fault(&board.world).is_none());
    // It begins with what one of them believes.
    first.with(|inverter| inverter.input = Some(Low));
    board
}

/// What an input shows at the start is told, and what follows from it is driven.
#[test]
fn an_output_that_follows_an_input_is_right_from_the_start() {
    for (level, inverted) in [(Low, High), (High, Low)] {
        let mut board = Board::new();
        let pin = board.gpio(0);
        let inverter = put(
            &mut board,
            Placement::of(Inverter::default()).wire(IN, &pin),
        );
        let out = inverter.pin(OUT);
        pin.drive(level);
        board.power_chips().unwrap();
        assert_eq!(out.level(), inverted);
    }
}

#[test]
fn a_ring_of_pins_that_oscillates_is_a_fault_of_the_wiring() {
    for count in [3, 5, 31] {
        let world = ring(count).world;
        let fault = fault(&world).expect("a fault");
        let Fault::Wiring { what } = &fault else {
            panic!("{fault:?}");
        };
        assert!(
            what.starts_with("the pins of this board oscillate at inverter"),
            "{what}"
        );
        // The next change is counted from the start.
        assert_eq!(world.depth.get(), 0);
    }
}

#[test]
fn a_ring_of_pins_that_is_stable_is_none() {
    for count in [2, 4, 64] {
        assert!(fault(&ring(count).world).is_none(), "{count}");
    }
}

/// The functions of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    WakeAt,
    Wake,
    Interrupt,
    Power,
    Reset,
    Pins,
    Drives,
    PinChanged,
}

/// A model that panics in one of its functions, if in any.
struct Panics {
    at: Option<Call>,
}

impl Panics {
    fn call(&self, call: Call) {
        assert!(self.at != Some(call), "in {call:?}");
    }
}

impl Chip for Panics {
    fn compatible(&self) -> &'static str {
        "roadtest,panics"
    }

    fn wake_at(&self) -> Option<SimTime> {
        self.call(Call::WakeAt);
        (self.at == Some(Call::Wake)).then_some(SimTime::ms(1))
    }

    fn wake(&mut self, _: SimTime) {
        self.call(Call::Wake);
    }

    fn interrupt(&self) -> Level {
        self.call(Call::Interrupt);
        High
    }

    fn power(&mut self, _: Level, _: SimTime) {
        self.call(Call::Power);
    }

    fn reset(&mut self, _: Level, _: SimTime) {
        self.call(Call::Reset);
    }

    fn pins(&self) -> &'static [&'static str] {
        self.call(Call::Pins);
        &["A", "B"]
    }

    fn drives(&self, _: usize) -> Option<Level> {
        self.call(Call::Drives);
        None
    }

    fn pin_changed(&mut self, _: usize, _: Level, _: SimTime) {
        self.call(Call::PinChanged);
    }
}

/// A board with one such chip, connected to lines 0 to 3: supply, reset,
/// interrupt, and its pin A.
fn panics(at: Option<Call>) -> (Board, crate::Wired<Panics>, [Pin; 4]) {
    let mut board = Board::new();
    let pins = [0, 1, 2, 3].map(|line| board.gpio(line));
    let chip = Placement::of(Panics { at })
        .supply(&pins[0], High)
        .reset(&pins[1])
        .interrupt(&pins[2], Edge::Falling)
        .wire(0, &pins[3]);
    let chip = put(&mut board, chip);
    (board, chip, pins)
}

fn assert_named(world: &World, at: Call) {
    match fault(world) {
        Some(Fault::ModelPanicked { chip, message }) => {
            assert_eq!(
                (chip.as_str(), message.as_str()),
                ("panics", &*format!("in {at:?}"))
            );
        }
        other => panic!("{at:?}: {other:?}"),
    }
}

#[test]
fn a_model_that_panics_is_named_whatever_is_asked_of_it() {
    for at in [
        Call::WakeAt,
        Call::Wake,
        Call::Interrupt,
        Call::Power,
        Call::Reset,
        Call::Pins,
        Call::Drives,
        Call::PinChanged,
    ] {
        let (mut board, chip, pins) = panics(None);
        let pin = chip.pin(1);
        board.power_chips().unwrap();
        let world = board.world.clone();
        assert!(fault(&world).is_none(), "{at:?}");
        chip.with(|chip| chip.at = Some(at));
        match at {
            Call::WakeAt => assert_eq!(world.next_wake(), None),
            Call::Wake => {
                world.clock.set(SimTime::ms(1));
                world.wake();
            }
            // The stimulus above did it.
            Call::Interrupt | Call::Drives => {}
            Call::Power => pins[0].drive(High),
            Call::Reset => pins[1].drive(High),
            Call::Pins => assert_eq!(world.label(pin.net), "panics.1"),
            Call::PinChanged => pins[3].drive(High),
        }
        assert_named(&world, at);
    }
}

/// Before there is a kernel: the fault is there when it is to start.
#[test]
fn a_model_that_panics_while_it_is_wired_is_named() {
    for at in [Call::Power, Call::Pins] {
        let (board, chip, _) = panics(Some(at));
        assert_named(&board.world, at);
        if at == Call::Pins {
            chip.pin(1);
            assert_named(&board.world, at);
        }
    }
}
