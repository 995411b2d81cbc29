// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The wires of an SPI bus in virtual time: requests that come, chip selects,
//! clocks, chips, and replies. Where requests come from and replies go to is
//! not known here.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use roadtest_model::{Bus, Complaint, SimTime, SpiPeripheral};
use roadtest_record::event::transfer::{Direction, End, Outcome, Transfer, hex};
use roadtest_virtio::Reply;
use roadtest_virtio::spi::{ChipSelect, Data, Request};

use crate::world::World;
use crate::world::chips::ChipId;
use crate::world::trace::{Entry, recorded};

/// What a line that nothing drives reads as: it is pulled up.
const NOT_DRIVEN: u8 = 0xff;
/// The longest delay that the kernel waits for to the nanosecond; a longer one
/// is a sleep, which may take a quarter more (`fsleep`).
const EXACT: SimTime = SimTime::us(10);

/// A chip on the bus.
pub(super) struct Unit {
    pub(super) chip_select: u8,
    pub(super) id: ChipId,
    pub(super) chip: Rc<RefCell<dyn SpiPeripheral>>,
    /// When its chip select was released last.
    released: Option<SimTime>,
}

/// The bus. A request is known by what its reply goes to.
pub(super) struct Wire<C> {
    pub(super) name: String,
    pub(super) units: Vec<Unit>,
    requests: VecDeque<(C, Result<Request, Refusal>)>,
    /// Replies of chains that are to be completed.
    replies: Vec<(C, Reply)>,
    phase: Option<Phase>,
    selected: Option<Selected>,
    /// No chip select is asserted before this time.
    idle_until: SimTime,
}

/// A request that does not reach the bus, and its reply.
pub(super) struct Refusal(pub(super) Reply);

/// What the first request is at.
enum Phase {
    /// It never reaches the bus.
    Refused { at: SimTime },
    /// Chip select may not be asserted until this time.
    Waiting { until: SimTime },
    /// Its bits are on the bus until this time.
    Clocked { start: SimTime, ends: SimTime },
    /// They were. Chip select is released at this time, and the request is
    /// completed with that.
    Holding { until: SimTime, reply: Reply },
}

impl Phase {
    const fn ends(&self) -> SimTime {
        match self {
            Self::Refused { at: time }
            | Self::Waiting { until: time }
            | Self::Clocked { ends: time, .. }
            | Self::Holding { until: time, .. } => *time,
        }
    }
}

/// The chip select that is asserted.
struct Selected {
    chip_select: u8,
    /// The chip behind it, by its place; none where there is no chip.
    unit: Option<usize>,
    /// Its last transfer.
    last: Option<Entry>,
    /// Until when a transfer of the same message may follow.
    open_until: Option<SimTime>,
    /// How long no chip select is asserted then.
    inactive: SimTime,
}

impl<C> Wire<C> {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            units: Vec::new(),
            requests: VecDeque::new(),
            replies: Vec::new(),
            phase: None,
            selected: None,
            idle_until: SimTime::ZERO,
        }
    }

    /// A request comes.
    pub(super) fn take(&mut self, whom: C, request: Result<Request, Refusal>) {
        self.requests.push_back((whom, request));
    }

    /// The replies to requests that are completed, in their order.
    pub(super) fn replies(&mut self) -> Vec<(C, Reply)> {
        std::mem::take(&mut self.replies)
    }

    /// When something happens next.
    pub(super) fn due(&self) -> Option<SimTime> {
        let phase = self.phase.as_ref().map(Phase::ends);
        [phase, self.release_at()].into_iter().flatten().min()
    }

    /// What is due happens.
    pub(super) fn happen(&mut self, world: &World) {
        let now = world.now();
        if self.release_at().is_some_and(|at| at <= now) {
            self.release(world);
        }
        match self.phase.take_if(|phase| phase.ends() <= now) {
            Some(Phase::Refused { .. }) => {
                if let Some((whom, Err(Refusal(reply)))) = self.requests.pop_front() {
                    self.replies.push((whom, reply));
                }
            }
            Some(Phase::Clocked { start, .. }) => {
                if let Some((_, Ok(request))) = self.requests.front() {
                    let request = request.clone();
                    self.clocked(start, &request, world);
                }
            }
            Some(Phase::Holding { reply, .. }) => {
                self.release(world);
                self.complete(reply);
            }
            Some(Phase::Waiting { .. }) | None => {}
        }
        self.begin(world);
    }

    /// The bus is free: nothing is replied any more, and the chip that was
    /// selected is not any more.
    pub(super) fn reset(&mut self, world: &World) {
        self.requests.clear();
        self.replies.clear();
        self.phase = None;
        self.release(world);
    }

    /// Lets the first request begin, if there is one and none is under way.
    pub(super) fn begin(&mut self, world: &World) {
        if self.phase.is_some() {
            return;
        }
        let now = world.now();
        let request = match self.requests.front() {
            Some((_, Ok(request))) => request.clone(),
            Some((_, Err(_))) => {
                self.phase = Some(Phase::Refused { at: now });
                return;
            }
            None => return,
        };
        let is_other = |selected: &Selected| selected.chip_select != request.chip_select;
        if self.selected.as_ref().is_some_and(is_other) {
            self.release(world);
        }
        let mut start = now;
        match &mut self.selected {
            Some(selected) => selected.open_until = None,
            None if now < self.idle_until => {
                let until = self.idle_until;
                self.phase = Some(Phase::Waiting { until });
                return;
            }
            None => {
                self.select(request.chip_select, world);
                start += SimTime::ns(request.delays.cs_setup_ns.into());
            }
        }
        self.check_clock(&request, world);
        let ends = start + duration(&request);
        self.phase = Some(Phase::Clocked { start, ends });
    }

    fn select(&mut self, chip_select: u8, world: &World) {
        let mut units = self.units.iter();
        let unit = units.position(|unit| {
            unit.chip_select == chip_select && !world.chips.borrow()[unit.id].disconnected
        });
        self.selected = Some(Selected {
            chip_select,
            unit,
            last: None,
            open_until: None,
            inactive: SimTime::ZERO,
        });
        let Some(unit) = self.selected_unit() else {
            return;
        };
        let now = world.now();
        let gap = unit.released.map(|released| now.saturating_sub(released));
        let least = world.guard(unit.id, || unit.chip.borrow().deselected_min());
        if let (Some(gap), Some(least)) = (gap, least)
            && gap < least
        {
            unit.breach(
                world,
                format!("selected {gap} after its release, at least {least} required"),
            );
        }
        let mut bus = Bus::at(now);
        world.guard(unit.id, || unit.chip.borrow_mut().select(&mut bus));
        let (_, complaints) = bus.into_parts();
        unit.heard(world, complaints);
    }

    /// What the chip's datasheet says of the clock.
    fn check_clock(&self, request: &Request, world: &World) {
        let Some(unit) = self.selected_unit() else {
            return;
        };
        let limits = world.guard(unit.id, || {
            let chip = unit.chip.borrow();
            (chip.sck_hz_max(), chip.modes())
        });
        let Some((hz_max, modes)) = limits else {
            return;
        };
        let hz = request.freq_hz;
        if hz > hz_max {
            unit.breach(
                world,
                format!("SCK at {hz} Hz, at most {hz_max} Hz allowed"),
            );
        }
        if !modes.contains(&request.mode) {
            let allowed: Vec<_> = modes.iter().map(ToString::to_string).collect();
            let allowed = allowed.join(" or ");
            unit.breach(
                world,
                format!("a transfer in {}, {allowed} allowed", request.mode),
            );
        }
    }

    /// When the message is over unless a transfer follows: as soon as the time
    /// in which one may has passed.
    fn release_at(&self) -> Option<SimTime> {
        let open_until = self.selected.as_ref()?.open_until?;
        Some(open_until + SimTime::ns(1))
    }

    fn selected_unit(&self) -> Option<&Unit> {
        let unit = self.selected.as_ref()?.unit?;
        self.units.get(unit)
    }

    /// The bits of the first request have passed.
    fn clocked(&mut self, start: SimTime, request: &Request, world: &World) {
        let sent = request.sent();
        let mut received = vec![NOT_DRIVEN; sent.len()];
        let mut bus = Bus::at(world.now());
        let unit = self.selected_unit();
        let mut reply = None;
        if let Some(unit) = unit {
            received.fill(0);
            let exchanged = world.guard(unit.id, || {
                let mut chip = unit.chip.borrow_mut();
                chip.exchange(&mut bus, &sent, &mut received);
            });
            if exchanged.is_none() {
                reply = Some(request.failed());
            }
        }
        let reply = reply.unwrap_or_else(|| request.done(&received));
        let held = bus.is_held();
        let (accesses, complaints) = bus.into_parts();
        let (direction, bytes, received) = match &request.data {
            Data::Write(sent) => (Direction::Write, hex(sent), String::new()),
            Data::Read(_) => (Direction::Read, hex(&received), String::new()),
            Data::Both(sent) => (Direction::Both, hex(sent), hex(&received)),
        };
        let transfer = Transfer {
            bus: self.name.clone(),
            unit: format!("cs{}", request.chip_select),
            chip: unit.map_or(String::new(), |unit| unit.name(world)),
            start_ns: start.as_ns(),
            direction,
            bytes,
            received,
            accesses: recorded(accesses),
            held,
            outcome: Outcome::Completed,
            end: End::Held,
        };
        let entry = world.trace.borrow_mut().transfer(world.now(), transfer);
        if let Some(unit) = unit {
            unit.heard(world, complaints);
        }
        let hold = SimTime::ns(request.delays.cs_hold_ns.into());
        let until = world.now() + hold;
        if let Some(selected) = &mut self.selected {
            selected.last = Some(entry);
            selected.inactive = SimTime::ns(request.delays.cs_inactive_ns.into());
            let late = if hold > EXACT { hold.as_ns() / 4 } else { 0 };
            selected.open_until = match request.then {
                ChipSelect::Kept => Some(until + SimTime::ns(late)),
                ChipSelect::Released => None,
            };
        }
        match request.then {
            ChipSelect::Kept => self.complete(reply),
            ChipSelect::Released => self.phase = Some(Phase::Holding { until, reply }),
        }
    }

    fn complete(&mut self, reply: Reply) {
        if let Some((whom, _)) = self.requests.pop_front() {
            self.replies.push((whom, reply));
        }
    }

    /// Releases chip select: what the transfers since it was asserted meant is
    /// complete.
    fn release(&mut self, world: &World) {
        let Some(selected) = self.selected.take() else {
            return;
        };
        let now = world.now();
        // Why: that no transfer followed is known later than it was so.
        let released = selected.open_until.unwrap_or(now);
        self.idle_until = released + selected.inactive;
        let unit = selected.unit.and_then(|unit| self.units.get_mut(unit));
        let mut bus = Bus::at(now);
        if let Some(unit) = &unit {
            world.guard(unit.id, || unit.chip.borrow_mut().deselect(&mut bus));
        }
        let (accesses, complaints) = bus.into_parts();
        {
            let mut trace = world.trace.borrow_mut();
            trace.transfers += 1;
            if let Some(last) = selected.last {
                trace.amend(last, |transfer| {
                    transfer.accesses.extend(recorded(accesses));
                    transfer.end = End::Stop;
                });
            }
        }
        if let Some(unit) = unit {
            unit.released = Some(released);
            unit.heard(world, complaints);
        }
    }
}

impl Unit {
    pub(super) fn new(chip_select: u8, id: ChipId, chip: Rc<RefCell<dyn SpiPeripheral>>) -> Self {
        Self {
            chip_select,
            id,
            chip,
            released: None,
        }
    }

    fn name(&self, world: &World) -> String {
        world.chips.borrow()[self.id].name.clone()
    }

    fn breach(&self, world: &World, text: String) {
        world.breach(&self.name(world), text);
    }

    /// What follows from a call of the chip.
    fn heard(&self, world: &World, complaints: Vec<Complaint>) {
        let name = self.name(world);
        for complaint in complaints {
            world.complain(&name, complaint);
        }
        world.settle(self.id);
    }
}

/// How long the bits of a transfer take, with the delays between its words.
fn duration(request: &Request) -> SimTime {
    let bits = 8 * request.len() as u64;
    let words = bits / u64::from(request.word_bits);
    let delays = words.saturating_sub(1) * u64::from(request.delays.word_ns);
    // Why no overflow: a transfer has 64 KiB at most.
    SimTime::ns(bits * 1_000_000_000 / u64::from(request.freq_hz) + delays)
}

#[cfg(test)]
mod tests;
