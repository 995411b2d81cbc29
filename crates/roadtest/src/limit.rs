// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! How long a guest may live, in virtual time and on the host. The caller that
//! boots it sets the limit; the machine checks it between two steps of the
//! guest. Nothing here measures the host's time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use roadtest_model::SimTime;

use crate::fault::Fault;

/// How long a guest may live; without end unless something is set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limit {
    virtual_time: Option<SimTime>,
    host: Option<HostLimit>,
}

/// The host's side: a mark that is set, by another thread, when the time is up.
#[derive(Clone, Debug)]
pub(crate) struct HostLimit {
    /// The limit, in seconds; for the message.
    pub(crate) seconds: u64,
    /// Whether it is exceeded.
    pub(crate) exceeded: Arc<AtomicBool>,
}

impl Limit {
    pub(crate) fn new(virtual_time: SimTime, host: Option<HostLimit>) -> Self {
        Self {
            virtual_time: Some(virtual_time),
            host,
        }
    }

    /// Whether a guest may go on, at this virtual time.
    ///
    /// # Errors
    /// Which limit is exceeded, with `doing`, what was asked of the guest.
    pub(crate) fn check(&self, now: SimTime, doing: Option<&str>) -> Result<(), Fault> {
        if let Some(limit) = self.virtual_time.filter(|&limit| now > limit) {
            return Err(Fault::VirtualLimit {
                limit,
                doing: doing.map(str::to_owned),
            });
        }
        match &self.host {
            Some(host) if host.exceeded.load(Ordering::Relaxed) => Err(Fault::HostLimit {
                seconds: host.seconds,
                doing: doing.map(str::to_owned),
            }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_is_named_when_it_is_exceeded() {
        let exceeded = Arc::new(AtomicBool::new(false));
        let host = HostLimit {
            seconds: 60,
            exceeded: exceeded.clone(),
        };
        let limit = Limit::new(SimTime::s(5), Some(host));
        assert!(limit.check(SimTime::s(5), None).is_ok());
        let error = limit.check(SimTime::ms(5_001), Some("read a")).unwrap_err();
        let text = "the guest lived longer than 5 s of virtual time, the test's limit, in `read a`";
        assert_eq!(error.to_string(), text);
        exceeded.store(true, Ordering::Relaxed);
        let error = limit.check(SimTime::ZERO, None).unwrap_err();
        let text = "the test took longer than its limit of 60 s of processor time";
        assert_eq!(error.to_string(), text);
        assert!(Limit::default().check(SimTime::MAX, None).is_ok());
    }
}
