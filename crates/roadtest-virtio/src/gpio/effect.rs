// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What follows from a change of a line: chains to complete, and lines for
//! the timeline.

use std::fmt;

use roadtest_model::{Edge, Level};

use crate::gpio::request::Direction;

/// Why a request for a line is refused; the driver gets an error status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such line.
    #[error("refused: line {line} does not exist, there are {lines}")]
    NoLine {
        /// The line asked for.
        line: u16,
        /// How many there are, from 0.
        lines: usize,
    },
    /// An interrupt for a line that the driver drives.
    #[error("refused: interrupt for line {line}, which is an output")]
    OutputInterrupt {
        /// The line.
        line: u16,
    },
    /// Driving a line whose interrupt is enabled.
    #[error("refused: line {line} to output while its interrupt is enabled")]
    InterruptEnabled {
        /// The line.
        line: u16,
    },
    /// A second buffer on the event queue for one line.
    #[error("refused: line {line} is unmasked already")]
    AlreadyUnmasked {
        /// The line.
        line: u16,
    },
}

/// One consequence, in the order in which they happen. A token is handed out
/// exactly once for each one that was handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect<T> {
    /// The driver changed the direction.
    DirectionChanged {
        /// The line.
        line: u16,
        /// The new one.
        direction: Direction,
    },
    /// The driver drives another level than before, or began to drive.
    OutputChanged {
        /// The line.
        line: u16,
        /// What it drives.
        level: Level,
    },
    /// The interrupt was enabled, or its trigger changed.
    Armed {
        /// The line.
        line: u16,
        /// What it reacts to.
        trigger: Edge,
    },
    /// The interrupt was disabled.
    Disarmed {
        /// The line.
        line: u16,
    },
    /// The driver unmasked the interrupt, and nothing was waiting: the buffer
    /// is parked.
    Unmasked {
        /// The line.
        line: u16,
    },
    /// An edge came while the interrupt was masked. It is remembered.
    Latched {
        /// The line.
        line: u16,
    },
    /// The interrupt is delivered and thereby masked: complete the chain with
    /// [`fired`](crate::gpio::event::fired).
    Fired {
        /// The line.
        line: u16,
        /// The chain.
        token: T,
    },
    /// A buffer goes back without an interrupt, which is thereby masked:
    /// complete the chain with [`returned`](crate::gpio::event::returned).
    Returned {
        /// The line that the chain names, if it could be read.
        line: Option<u16>,
        /// The chain.
        token: T,
    },
}

/// As the timeline shows it, without the number of the line: `armed falling`.
impl<T> fmt::Display for Effect<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DirectionChanged { direction, .. } => write!(f, "direction {direction}"),
            Self::OutputChanged { level, .. } => write!(f, "output {level}"),
            Self::Armed { trigger, .. } => write!(f, "armed {}", trigger_name(*trigger)),
            Self::Disarmed { .. } => f.write_str("disarmed"),
            Self::Unmasked { .. } => f.write_str("unmasked"),
            Self::Latched { .. } => f.write_str("latched"),
            Self::Fired { .. } => f.write_str("fired"),
            Self::Returned { .. } => f.write_str("returned"),
        }
    }
}

const fn trigger_name(trigger: Edge) -> &'static str {
    match trigger {
        Edge::Rising => "rising",
        Edge::Falling => "falling",
        Edge::Both => "both",
        Edge::LevelHigh => "level-high",
        Edge::LevelLow => "level-low",
    }
}
