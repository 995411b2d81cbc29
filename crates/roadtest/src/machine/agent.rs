// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The guest's agent, as the host talks to it: a request goes in, the loop
//! runs until its reply is there. What a reply means is not looked at.

use roadtest_model::SimTime;
use roadtest_record::event::What;
use roadtest_wire::{Reply, Request};

use super::{Machine, Stopped, Until};
use crate::fault::Fault;

impl Machine {
    /// Asks the agent and waits for its answer, for at most `limit` of virtual
    /// time.
    pub(crate) fn request(
        &mut self,
        request: &Request,
        what: &str,
        limit: SimTime,
    ) -> Result<Reply, Fault> {
        self.send(request)?;
        self.reply(what, limit)
    }

    /// Asks two things of the agent at once: it sees to the second as soon as
    /// it has answered the first, without waiting in between.
    pub(crate) fn request_both(
        &mut self,
        requests: [&Request; 2],
        what: &str,
        limit: SimTime,
    ) -> Result<[Reply; 2], Fault> {
        for request in requests {
            self.send(request)?;
        }
        Ok([self.reply(what, limit)?, self.reply(what, limit)?])
    }

    fn send(&mut self, request: &Request) -> Result<(), Fault> {
        let frame = roadtest_wire::frame(request)?;
        self.channel.borrow_mut().send(&frame);
        Ok(())
    }

    /// Waits for the agent's next answer.
    fn reply(&mut self, what: &str, limit: SimTime) -> Result<Reply, Fault> {
        self.doing = Some(what.to_owned());
        let stopped = self.run(Until::Reply(self.now() + limit))?;
        self.note_log();
        self.doing = None;
        let reply = self.channel.borrow_mut().replies.pop_front();
        match (stopped, reply) {
            (Stopped::Replied, Some(reply)) => Ok(reply),
            _ => Err(Fault::RequestTimedOut {
                limit,
                doing: what.to_owned(),
                place: self.where_it_sleeps(),
            }),
        }
    }

    /// Where in the kernel the agent sleeps, as far as the last lines of the
    /// timeline tell.
    fn where_it_sleeps(&self) -> String {
        let trace = self.world.trace.borrow();
        let last = trace
            .events
            .iter()
            .rev()
            .find(|event| matches!(event.what, What::Transfer(_)));
        match last {
            Some(event) => format!(
                "; its last transfer was at {}, it is {} now",
                SimTime::ns(event.time_ns),
                self.world.now()
            ),
            None => "; it made no transfer".into(),
        }
    }
}
