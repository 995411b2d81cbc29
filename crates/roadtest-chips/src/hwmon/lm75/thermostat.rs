// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The comparison that all LM75 relatives share: limit, hysteresis, fault
//! queue, comparator and interrupt mode (National LM75 datasheet DS012658,
//! section 1). No registers and no pin: the chips own those.

/// How the output is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Below the hysteresis temperature.
    Comparator,
    /// By any read of the chip; it is then asserted again by the other limit.
    Interrupt,
}

/// Which limit the thermostat waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    ForHeat,
    ForCold,
}

/// The state of the comparison.
#[derive(Clone, Debug)]
pub(super) struct Thermostat {
    waits: Waits,
    faults: u32,
    asserted: bool,
}

impl Thermostat {
    pub(super) const fn new() -> Self {
        Self {
            waits: Waits::ForHeat,
            faults: 0,
            asserted: false,
        }
    }

    /// Whether the output is active.
    pub(super) const fn asserted(&self) -> bool {
        self.asserted
    }

    /// One conversion: `temperature`, `limit` and `hysteresis` in the same
    /// unit, `queue` consecutive results needed.
    pub(super) fn sample(
        &mut self,
        temperature: i32,
        limit: i32,
        hysteresis: i32,
        queue: u32,
        mode: Mode,
    ) {
        let crossed = match self.waits {
            Waits::ForHeat => temperature > limit,
            Waits::ForCold => temperature < hysteresis,
        };
        self.faults = if crossed { self.faults + 1 } else { 0 };
        if self.faults < queue {
            return;
        }
        self.faults = 0;
        (self.waits, self.asserted) = match (self.waits, mode) {
            (Waits::ForHeat, _) => (Waits::ForCold, true),
            (Waits::ForCold, Mode::Comparator) => (Waits::ForHeat, false),
            (Waits::ForCold, Mode::Interrupt) => (Waits::ForHeat, true),
        };
    }

    /// The chip was read.
    pub(super) fn read(&mut self, mode: Mode) {
        if mode == Mode::Interrupt {
            self.asserted = false;
        }
    }
}
