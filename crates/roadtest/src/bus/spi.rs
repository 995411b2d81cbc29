// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The virtio SPI controller (virtio 1.4, "SPI Controller Device"): each
//! transfer takes the time of its bits and of the delays that the request asks
//! for, and a chip carries it out at the end of its last bit. What the chip's
//! datasheet forbids of clock and chip select is a violation.
//!
//! The specification has no word for the end of a message: a request says
//! whether chip select is released before the next one, and the driver of Linux
//! says no after every transfer, the last of a message included. So chip select
//! is released when the bus has been idle: when virtual time has passed beyond
//! the delay that the request asks for before a release, and no transfer has
//! followed. Between the transfers of a message no time passes in the guest.
//! Between two messages the kernel waits for as long as the devicetree says
//! (`spi-cs-inactive-delay-ns`), and each chip's node says something.

mod wire;
mod wiring;

use roadtest_dt::Node;
use roadtest_model::SimTime;
use roadtest_vhost::{Chain, DeviceSpec};
use roadtest_virtio::Reply;
use roadtest_virtio::spi::{self as codec, Config, Request};

use crate::controller::{Controller, Port};
use crate::fault::Fault;
use crate::world::World;
use wire::{Refusal, Wire};

pub use wiring::SpiBus;

/// The controller and its bus.
pub(crate) struct Spi {
    /// The bus's number in the kernel.
    number: usize,
    sck_hz_max: u32,
    wire: Wire<Chain>,
}

impl Spi {
    fn new(name: &str, number: usize, sck_hz_max: u32) -> Self {
        Self {
            number,
            sck_hz_max,
            wire: Wire::new(name),
        }
    }

    /// Chip selects up to the last one with a chip.
    fn config(&self) -> Config {
        let last = self.wire.units.iter().map(|unit| unit.chip_select).max();
        Config::new(last.unwrap_or(0).saturating_add(1), self.sck_hz_max)
    }
}

impl Controller for Spi {
    fn name(&self) -> &str {
        &self.wire.name
    }

    fn device_id(&self) -> u32 {
        codec::DEVICE_ID
    }

    fn spec(&self) -> Option<DeviceSpec> {
        Some(DeviceSpec {
            name: self.wire.name.clone(),
            features: codec::FEATURES,
            queues: codec::QUEUES,
            config: self.config().bytes(),
            readable_len_max: codec::READABLE_LEN_MAX,
        })
    }

    fn node(&self, world: &World) -> Option<Node> {
        Some(self.devicetree(world))
    }

    fn kicked(&mut self, queue: usize, port: &mut Port<'_>) -> Result<(), Fault> {
        let config = self.config();
        while let Some(chain) = port.pop(queue) {
            let room = chain.writable_len();
            let request = Request::parse(&chain.readable, room, &config).map_err(|malformed| {
                port.malformed(malformed.to_string());
                Refusal(codec::request::error_reply(room))
            });
            self.wire.take(chain, request);
        }
        self.wire.begin(port.world);
        Ok(())
    }

    fn due(&self) -> Option<SimTime> {
        self.wire.due()
    }

    fn happen(&mut self, port: &mut Port<'_>) -> Result<(), Fault> {
        self.wire.happen(port.world);
        for (chain, reply) in self.wire.replies() {
            port.push(codec::QUEUE, &chain, &reply);
        }
        Ok(())
    }

    fn failed(&self) -> fn(usize, usize) -> Reply {
        |_queue, room| codec::request::error_reply(room)
    }

    fn reset(&mut self, world: &World) {
        self.wire.reset(world);
    }
}
