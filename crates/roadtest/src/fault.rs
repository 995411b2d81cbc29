// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What ends a test from outside its assertions: the guest, a model or the
//! framework itself went wrong. Each kind has its own outcome in the record.

use roadtest_model::SimTime;
use roadtest_record::test::Outcome;

/// What ends a test from outside its assertions.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The guest's process ended.
    #[error("the guest died{}: {last_words}", during(.doing))]
    GuestDied {
        /// What the test had asked of it.
        doing: Option<String>,
        /// The kernel's last lines, or how the process ended.
        last_words: String,
    },
    /// The guest computed for a long time, and virtual time did not move.
    #[error(
        "the guest made no progress for {seconds} s{}: it runs in a loop that never sleeps; \
         the last line of its log is: {last_words}",
        during(.doing)
    )]
    GuestHung {
        /// What it computed, in processor time.
        seconds: u64,
        /// What the test had asked of it.
        doing: Option<String>,
        /// The kernel's last line.
        last_words: String,
    },
    /// The guest did nothing at all for a very long time.
    #[error(
        "the guest did nothing for {seconds} s{}, and did not wait for time to pass: it is \
         stopped, or blocked in a system call of the host; the last line of its log is: \
         {last_words}",
        during(.doing)
    )]
    GuestIdle {
        /// How long, on the host's clock.
        seconds: u64,
        /// What the test had asked of it.
        doing: Option<String>,
        /// The kernel's last line.
        last_words: String,
    },
    /// A request was not answered within its limit of virtual time.
    #[error("the guest did not answer within {limit} of virtual time: it is in `{doing}`{place}")]
    RequestTimedOut {
        /// The limit.
        limit: SimTime,
        /// What the test had asked of it.
        doing: String,
        /// Where in the kernel it sleeps, if that is known.
        place: String,
    },
    /// The guest lived longer than its limit of virtual time.
    #[error(
        "the guest lived longer than {limit} of virtual time, the test's limit{}",
        within(.doing)
    )]
    VirtualLimit {
        /// The limit.
        limit: SimTime,
        /// What the test had asked of it.
        doing: Option<String>,
    },
    /// The test with its guests took longer than its limit on the host.
    #[error(
        "the test took longer than its limit of {seconds} s of processor time{}",
        within(.doing)
    )]
    HostLimit {
        /// The limit, in seconds.
        seconds: u64,
        /// What the test had asked of the guest.
        doing: Option<String>,
    },
    /// The user who explored the guest left it while it computed.
    #[error("the guest was left while it computed without sleeping")]
    Left,
    /// A model panicked.
    #[error("the model of {chip} panicked: {message}")]
    ModelPanicked {
        /// The chip's name on the board.
        chip: String,
        /// The panic's message and place.
        message: String,
    },
    /// A model asked for something impossible.
    #[error("the model of {chip} {what}")]
    ModelError {
        /// The chip's name on the board.
        chip: String,
        /// What it did.
        what: String,
    },
    /// The board's wiring cannot be carried out.
    #[error("{what}")]
    Wiring {
        /// What is wrong with it.
        what: String,
    },
    /// The guest broke the rules of the time protocol.
    #[error("the guest's virtual time is out of order")]
    Time(#[from] roadtest_time::Error),
    /// A device's connection to the guest broke.
    #[error("a device of the guest failed")]
    Device(#[from] roadtest_vhost::Error),
    /// What the agent sent cannot be understood, or it is of another build.
    #[error("cannot decode what the guest's agent sent")]
    Wire(#[from] roadtest_wire::Error),
    /// The agent did not carry out a request, and no system call failed: a
    /// mistake of the framework or the test.
    #[error("the guest's agent cannot do `{doing}`: {why}")]
    Agent {
        /// What the test had asked of it.
        doing: String,
        /// What is wrong with it, or with the answer.
        why: String,
    },
    /// The kernel answered, but not in the format that its ABI prescribes.
    #[error("{what} is `{answer}`: {why}")]
    Malformed {
        /// What was read.
        what: String,
        /// What it held.
        answer: String,
        /// Why that is wrong.
        why: String,
    },
    /// The host's system calls failed.
    #[error("the host cannot {what}")]
    Host {
        /// What was tried.
        what: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Fault {
    /// The outcome of a test that ends so.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::GuestDied { .. } | Self::Time(_) | Self::Device(_) => Outcome::GuestDied,
            Self::GuestHung { .. }
            | Self::GuestIdle { .. }
            | Self::RequestTimedOut { .. }
            | Self::VirtualLimit { .. }
            | Self::HostLimit { .. }
            | Self::Left => Outcome::TimedOut,
            Self::ModelPanicked { .. } | Self::ModelError { .. } | Self::Wiring { .. } => {
                Outcome::ModelViolation
            }
            Self::Malformed { .. } => Outcome::Failed,
            Self::Wire(_) | Self::Agent { .. } | Self::Host { .. } => Outcome::Error,
        }
    }

    pub(crate) fn agent(doing: &str, why: impl Into<String>) -> Self {
        Self::Agent {
            doing: doing.to_owned(),
            why: why.into(),
        }
    }

    pub(crate) fn host(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Host { what, source }
    }
}

fn during(doing: &Option<String>) -> String {
    match doing {
        Some(doing) => format!(" during `{doing}`"),
        None => String::new(),
    }
}

fn within(doing: &Option<String>) -> String {
    match doing {
        Some(doing) => format!(", in `{doing}`"),
        None => String::new(),
    }
}
