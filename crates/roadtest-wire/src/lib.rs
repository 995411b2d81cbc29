// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What the host and the guest's agent say to each other: the agent greets
//! ([`Hello`]), then the host sends one [`Request`] at a time and gets one
//! [`Reply`] to each, as [frames](mod@frame) on a byte stream. The stream itself
//! (a virtio console port) belongs to the two ends, and so does what a request
//! does.
//!
//! Both ends must be of one build: the greeting carries the [`PROTOCOL`] that
//! the agent speaks, and [`Replies`] refuses another one.

pub mod frame;
pub mod hello;
pub mod reply;
pub mod request;

pub use frame::{Error, FRAME_LEN_MAX, Frames, decode, frame};
pub use hello::{Hello, PROTOCOL, Protocol, Replies};
pub use reply::{Answer, Event, OUTPUT_LEN_MAX, Output, Reply, Status};
pub use request::{Handle, IoctlArgument, Place, Pointer, Program, Request, TerminalSize};
