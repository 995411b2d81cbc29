// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The queue of a device's events, and what one says
//! (`include/uapi/linux/iio/events.h`).

use std::fmt;

use roadtest_model::SimTime;

use super::{ChannelType, Direction, EventType, Iio, Modifier};
use crate::abi::iio::GET_EVENT_FD;
use crate::errno::Errno;
use crate::error::Result;
use crate::file::File;

/// `struct iio_event_data`: a code of 8 bytes, a time of 8 bytes.
const EVENT_BYTES: u32 = 16;

/// One event. Shown without its time: `proximity1 thresh rising`,
/// `intensity0 both thresh falling`, `voltage0-voltage1 mag either`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The kind of event.
    pub kind: EventType,
    /// Which way.
    pub direction: Direction,
    /// What the channel measures.
    pub channel_type: ChannelType,
    /// The channel's modifier.
    pub modifier: Modifier,
    /// The channel's number; 0 for a channel without.
    pub channel: i16,
    /// The number of a differential channel's other side.
    pub minus: Option<i16>,
    /// When, in nanoseconds of the clock that the attribute
    /// `current_timestamp_clock` names; the time of day unless changed.
    pub timestamp_ns: i64,
}

impl Event {
    fn of(bytes: &[u8]) -> Option<Self> {
        match bytes.as_chunks::<8>() {
            ([code, time], []) => Some(Self::decode(
                u64::from_le_bytes(*code),
                i64::from_le_bytes(*time),
            )),
            _ => None,
        }
    }

    fn decode(code: u64, timestamp_ns: i64) -> Self {
        let bytes = code.to_le_bytes();
        let [
            chan,
            chan_high,
            chan2,
            chan2_high,
            kind,
            modifier,
            direction,
            event,
        ] = bytes;
        let differential = direction & 0x80 != 0;
        Self {
            kind: EventType::from_number(event),
            direction: Direction::from_number(direction & 0x7f),
            channel_type: ChannelType::from_number(kind),
            modifier: Modifier::from_number(modifier),
            channel: i16::from_le_bytes([chan, chan_high]),
            minus: differential.then(|| i16::from_le_bytes([chan2, chan2_high])),
            timestamp_ns,
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.channel_type, self.channel)?;
        if let Some(minus) = self.minus {
            write!(f, "-{}{minus}", self.channel_type)?;
        }
        if self.modifier != Modifier::None {
            write!(f, " {}", self.modifier)?;
        }
        write!(f, " {} {}", self.kind, self.direction)
    }
}

/// The open queue of a device's events; closed when dropped.
pub struct Events {
    file: File,
}

impl Events {
    pub(super) fn open(iio: &Iio) -> std::result::Result<Self, Errno> {
        let file = iio.descriptor(GET_EVENT_FD, 0, "events")?;
        let file = file.showing(|bytes| Event::of(bytes).map(|event| event.to_string()));
        Ok(Self { file })
    }

    /// The next event; waits for it for at most `timeout` of virtual time.
    /// `None` where none came.
    ///
    /// # Errors
    /// What poll or read failed with.
    pub fn next(&self, timeout: SimTime) -> Result<Option<Event>> {
        if !self.file.wait_readable(timeout)? {
            return Ok(None);
        }
        let bytes = self.file.read(EVENT_BYTES)?;
        match Event::of(&bytes) {
            Some(event) => Ok(Some(event)),
            None => self.file.malformed(&bytes, "it is no event of 16 bytes"),
        }
    }

    /// The queue's file: a read of it blocks until there is an event.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// All events that are there by now, in order.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn drain(&self) -> Result<Vec<Event>> {
        let mut events = Vec::new();
        while let Some(event) = self.next(SimTime::ZERO)? {
            events.push(event);
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_says_channel_kind_and_direction() {
        let rising = Event::decode(0x0001_0008_0000_0001, 5);
        assert_eq!(
            rising,
            Event {
                kind: EventType::Thresh,
                direction: Direction::Rising,
                channel_type: ChannelType::Proximity,
                modifier: Modifier::None,
                channel: 1,
                minus: None,
                timestamp_ns: 5,
            }
        );
        assert_eq!(rising.to_string(), "proximity1 thresh rising");
        let modified = Event::decode(0x0002_0c07_0000_0000, 0);
        assert_eq!(modified.to_string(), "intensity0 both thresh falling");
        let differential = Event::decode(0x0180_0000_0001_0000, 0);
        assert_eq!(differential.to_string(), "voltage0-voltage1 mag either");
    }
}
