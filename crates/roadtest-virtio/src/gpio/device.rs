// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The two queues of the device put together: bytes of a chain in, a reply
//! and effects out. Nothing that a driver sends is without an answer.

use crate::gpio::effect::{Effect, Refused};
use crate::gpio::event::{self, MalformedEvent};
use crate::gpio::lines::Lines;
use crate::gpio::request::{self, Malformed, Request};
use crate::reply::Reply;

/// What the driver did wrong; for the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A chain on the request queue breaks the specification.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A chain on the event queue breaks the specification.
    #[error(transparent)]
    MalformedEvent(#[from] MalformedEvent),
    /// A request that the state of the line forbids.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// `GET_NAMES` with room for another number of bytes than the
    /// configuration says, or where it says that there are no names.
    #[error(
        "malformed virtio-gpio request: room for {room} bytes of line names, there are {names}"
    )]
    Names {
        /// The room.
        room: usize,
        /// The size of the names; 0 for none.
        names: usize,
    },
}

/// The answer to a chain on the request queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    /// What completes the chain.
    pub reply: Reply,
    /// What else follows; chains of the event queue are completed after this
    /// one.
    pub effects: Vec<Effect<T>>,
    /// What the driver did wrong, if the reply is an error.
    pub fault: Option<Fault>,
}

impl<T> Lines<T> {
    /// Answers a chain on the request queue: all its readable bytes, and the
    /// number of its writable bytes.
    pub fn answer(&mut self, readable: &[u8], writable_len: usize) -> Answer<T> {
        let result = Request::parse(readable, writable_len)
            .map_err(Fault::from)
            .and_then(|request| self.request(request));
        match result {
            Ok((reply, effects)) => Answer {
                reply,
                effects,
                fault: None,
            },
            Err(fault) => Answer {
                reply: request::error_reply(writable_len),
                effects: Vec::new(),
                fault: Some(fault),
            },
        }
    }

    fn request(&mut self, request: Request) -> Result<(Reply, Vec<Effect<T>>), Fault> {
        let mut effects = Vec::new();
        let reply = match request {
            Request::GetNames { room } => {
                let names = self.config().names();
                if names.is_empty() || names.len() != room {
                    let names = names.len();
                    return Err(Fault::Names { room, names });
                }
                request::names_reply(names)
            }
            Request::GetDirection { line } => {
                request::direction_reply(self.line(line)?.direction())
            }
            Request::SetDirection { line, direction } => {
                effects = self.set_direction(line, direction)?;
                request::done()
            }
            Request::GetValue { line } => request::value_reply(self.line(line)?.value()),
            Request::SetValue { line, level } => {
                effects.extend(self.set_output(line, level)?);
                request::done()
            }
            Request::SetTrigger { line, trigger } => {
                effects = self.set_trigger(line, trigger)?;
                request::done()
            }
        };
        Ok((reply, effects))
    }

    /// Takes a chain on the event queue, `token`: all its readable bytes, and
    /// the number of its writable bytes. What was wrong with it comes with the
    /// effect that returns it.
    pub fn event(
        &mut self,
        readable: &[u8],
        writable_len: usize,
        token: T,
    ) -> (Effect<T>, Option<Fault>) {
        let line = match event::parse(readable, writable_len) {
            Ok(line) => line,
            Err(malformed) => {
                let line = None;
                return (Effect::Returned { line, token }, Some(malformed.into()));
            }
        };
        match self.unmask(line, token) {
            Ok(effect) => (effect, None),
            Err((refused, token)) => {
                let line = Some(line);
                (Effect::Returned { line, token }, Some(refused.into()))
            }
        }
    }
}
