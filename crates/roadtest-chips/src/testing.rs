// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Transfers against a chip without a kernel, for the unit tests of models:
//! each function is one transfer, and its result is the timeline's text.

use roadtest_model::{Bus, Chip, Direction, I2cTarget, Nack, Severity, SimTime, SpiPeripheral};

/// What was seen of one message: lines, complaints (`!` where the datasheet
/// forbids it, `?` where it is unwise), and the outcome.
fn show(bus: Bus, outcome: Result<(), Nack>) -> String {
    let (accesses, complaints) = bus.into_parts();
    let mut lines = Vec::new();
    for access in accesses {
        let letter = match access.direction {
            Direction::Write => "W",
            Direction::Read => "R",
        };
        let line = format!(
            "{letter} {} {} {}",
            access.target, access.value, access.fields
        );
        lines.push(line.trim_end().to_owned());
    }
    for complaint in complaints {
        let mark = match complaint.severity {
            Severity::Forbidden => '!',
            Severity::Unwise => '?',
        };
        lines.push(format!("{mark} {}", complaint.text));
    }
    if outcome == Err(Nack) {
        lines.push("NACK".to_owned());
    }
    lines.join("\n")
}

fn stop(chip: &mut impl I2cTarget, now: SimTime, text: String) -> String {
    let mut bus = Bus::at(now);
    chip.stop(&mut bus);
    let end = show(bus, Ok(()));
    [text, end]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

/// One write message, and whether all of it was acknowledged.
fn message(chip: &mut impl I2cTarget, bus: &mut Bus, bytes: &[u8]) -> Result<(), Nack> {
    chip.start(bus, Direction::Write)?;
    let accepted = chip.accepts(bytes).min(bytes.len());
    let (taken, rest) = bytes.split_at(accepted);
    if !taken.is_empty() || rest.is_empty() {
        chip.write(bus, taken);
    }
    match rest.first() {
        None => Ok(()),
        Some(byte) => {
            chip.refused(bus, *byte);
            Err(Nack)
        }
    }
}

/// START, `bytes`, STOP at `now`.
pub(crate) fn write(chip: &mut impl I2cTarget, now: SimTime, bytes: &[u8]) -> String {
    let mut bus = Bus::at(now);
    let outcome = message(chip, &mut bus, bytes);
    let text = show(bus, outcome);
    stop(chip, now, text)
}

/// START, `pointer`, repeated START, `length` bytes, STOP at `now`; the bytes
/// are in the text as the chip logs them.
pub(crate) fn read(
    chip: &mut impl I2cTarget,
    now: SimTime,
    pointer: &[u8],
    length: usize,
) -> String {
    let mut bus = Bus::at(now);
    let outcome = message(chip, &mut bus, pointer);
    let text = show(bus, outcome);
    if outcome == Err(Nack) {
        return stop(chip, now, text);
    }
    assert_eq!(text, "", "a pointer shows nothing of its own");
    read_on(chip, now, length)
}

/// START, `length` bytes, STOP at `now`.
pub(crate) fn read_on(chip: &mut impl I2cTarget, now: SimTime, length: usize) -> String {
    let mut bus = Bus::at(now);
    let outcome = chip.start(&mut bus, Direction::Read);
    if outcome.is_ok() {
        chip.read(&mut bus, &mut vec![0; length]);
    }
    let text = show(bus, outcome);
    stop(chip, now, text)
}

/// START and `bytes`, without STOP: whether all was acknowledged.
pub(crate) fn send(chip: &mut impl I2cTarget, now: SimTime, bytes: &[u8]) -> Result<(), Nack> {
    message(chip, &mut Bus::at(now), bytes)
}

/// START and as many bytes as `buf` has, without STOP: whether the address was
/// acknowledged.
pub(crate) fn receive(chip: &mut impl I2cTarget, now: SimTime, buf: &mut [u8]) -> Result<(), Nack> {
    let mut bus = Bus::at(now);
    chip.start(&mut bus, Direction::Read)?;
    chip.read(&mut bus, buf);
    Ok(())
}

/// Chip select at `now`, `pieces` one after the other, release: what the chip
/// logged, and all bytes that came from it.
pub(crate) fn spi(
    chip: &mut impl SpiPeripheral,
    now: SimTime,
    pieces: &[&[u8]],
) -> (String, Vec<u8>) {
    let mut bus = Bus::at(now);
    let mut all = Vec::new();
    chip.select(&mut bus);
    for sent in pieces {
        let mut received = vec![0; sent.len()];
        chip.exchange(&mut bus, sent, &mut received);
        all.extend(received);
    }
    chip.deselect(&mut bus);
    (show(bus, Ok(())), all)
}

/// Lets virtual time pass until `now`: every wake-up that the chip asks for,
/// in order. Returns their number.
///
/// # Panics
/// Where the chip asks for the same time again after it was woken.
pub(crate) fn pass(chip: &mut impl Chip, now: SimTime) -> usize {
    let mut wakes = 0;
    while let Some(at) = chip.wake_at().filter(|at| *at <= now) {
        chip.wake(at);
        assert_ne!(chip.wake_at(), Some(at), "the chip did not react");
        wakes += 1;
    }
    wakes
}
