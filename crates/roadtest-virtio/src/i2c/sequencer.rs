// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Which messages form a transfer, and what the controller does on the bus
//! after each: after a message that failed, the others of its group fail
//! without an attempt (virtio 1.2, "I2C Adapter Device", "Operation Status").

use crate::i2c::request::Next;

/// Whether a message may go to the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is attempted; report what came of it with
    /// [`Sequencer::attempted`].
    Attempt,
    /// An earlier message of its transfer failed: it fails too; report that
    /// with [`Sequencer::refused`].
    Refuse,
}

/// What came of a message that was attempted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The target acknowledged.
    Acknowledged,
    /// It did not.
    Failed,
}

/// What the controller does on the bus after a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BusAction {
    /// It keeps the bus; the next message begins with a repeated START.
    Hold,
    /// It sends a STOP condition, which the targets of this transfer see.
    Stop,
    /// Nothing: the bus was free already.
    Nothing,
}

/// Tells messages of one transfer from those of the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sequencer {
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// The next message begins a transfer.
    #[default]
    Free,
    /// A transfer is under way.
    Held,
    /// A message of the transfer failed, and more will come.
    Failing,
}

impl Sequencer {
    /// Between transfers.
    pub const fn new() -> Self {
        Self { state: State::Free }
    }

    /// Whether the next message may go to the bus. A malformed one never
    /// does: it is [`refused`](Self::refused).
    pub const fn admission(&self) -> Admission {
        match self.state {
            State::Free | State::Held => Admission::Attempt,
            State::Failing => Admission::Refuse,
        }
    }

    /// A message was attempted. A failure ends the transfer on the bus at
    /// once, whatever the driver wanted to send next.
    pub const fn attempted(&mut self, next: Next, outcome: Outcome) -> BusAction {
        let (state, action) = match (outcome, next) {
            (Outcome::Acknowledged, Next::Message) => (State::Held, BusAction::Hold),
            (Outcome::Acknowledged | Outcome::Failed, Next::Stop) => (State::Free, BusAction::Stop),
            (Outcome::Failed, Next::Message) => (State::Failing, BusAction::Stop),
        };
        self.state = state;
        action
    }

    /// A message failed without an attempt: it was malformed, or
    /// [`admission`](Self::admission) refused it.
    pub const fn refused(&mut self, next: Next) -> BusAction {
        let action = match self.state {
            State::Held => BusAction::Stop,
            State::Free | State::Failing => BusAction::Nothing,
        };
        self.state = match next {
            Next::Message => State::Failing,
            Next::Stop => State::Free,
        };
        action
    }

    /// The driver reset the device.
    pub const fn reset(&mut self) -> BusAction {
        self.refused(Next::Stop)
    }
}
