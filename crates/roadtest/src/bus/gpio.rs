// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The virtio GPIO controller (virtio 1.2, section 5.18) and the board's
//! method for its lines. What drives a line from outside and what is connected
//! to it is in the [world](crate::world::lines).

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use roadtest_dt::{Node, Value};
use roadtest_model::Level;
use roadtest_record::event::What;
use roadtest_vhost::{Chain, DeviceSpec};
use roadtest_virtio::Reply;
use roadtest_virtio::gpio::{self as codec, Direction, Effect, Setup};

use crate::board::Board;
use crate::controller::{Controller, Port, Rank, malformed};
use crate::fault::Fault;
use crate::pin::Pin;
use crate::world::World;
use crate::world::lines::{Bank, Net, bank_label};

/// The name of the device's node and socket.
const NAME: &str = "gpio";

/// A chain of the event queue, by number.
type Token = u64;

impl Board {
    /// Line `line` of the board's GPIO controller.
    pub fn gpio(&mut self, line: u16) -> Pin {
        let bank = self.gpio_bank();
        let net = Net::Line { bank, line };
        let mut lines = self.world.lines.borrow_mut();
        lines.nets.entry(net).or_default();
        drop(lines);
        Pin {
            world: self.world.clone(),
            net,
        }
    }

    /// Line `line` of the board's GPIO controller, with a name that the
    /// kernel sees.
    pub fn gpio_named(&mut self, line: u16, name: &str) -> Pin {
        let pin = self.gpio(line);
        let mut lines = self.world.lines.borrow_mut();
        lines.nets.entry(pin.net).or_default().name = name.to_owned();
        drop(lines);
        pin
    }

    /// The board's GPIO controller, made with the first line.
    fn gpio_bank(&mut self) -> usize {
        if let Some(gpio) = self.controller::<Gpio>(NAME) {
            return gpio.shared.bank.get();
        }
        let shared = Rc::new(Shared::default());
        let bank = self.world.lines.borrow_mut().add_bank(shared.clone());
        shared.bank.set(bank);
        self.add(Gpio {
            name: bank_label(bank),
            shared,
            parked: BTreeMap::new(),
            next: 0,
        });
        bank
    }
}

/// A chain of the event queue that is to be completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    Fire(Token),
    Return(Token),
}

/// What controller and lines share.
#[derive(Default)]
struct Shared {
    /// The controller's place among those of the board.
    bank: Cell<usize>,
    /// The lines as the guest sees them, from its start on.
    device: RefCell<Option<codec::Lines<Token>>>,
    due: RefCell<Vec<Due>>,
}

impl Shared {
    fn net(&self, line: u16) -> Net {
        Net::Line {
            bank: self.bank.get(),
            line,
        }
    }

    /// What follows from something that the driver or the outside did.
    fn effects(&self, world: &World, effects: impl IntoIterator<Item = Effect<Token>>) {
        for effect in effects {
            let text = effect.to_string();
            match effect {
                Effect::DirectionChanged { line, direction } => {
                    log_pin(world, self.net(line), direction.to_string());
                    if direction != Direction::Output {
                        world.output(self.net(line), None);
                    }
                }
                Effect::OutputChanged { line, level } => {
                    log_pin(world, self.net(line), level.to_string());
                    world.output(self.net(line), Some(level));
                }
                Effect::Armed { line, trigger } => {
                    log_interrupt(world, self.net(line), text);
                    world.armed(self.net(line), trigger);
                }
                Effect::Disarmed { line }
                | Effect::Unmasked { line }
                | Effect::Latched { line } => log_interrupt(world, self.net(line), text),
                Effect::Fired { line, token } => {
                    log_interrupt(world, self.net(line), text);
                    self.due.borrow_mut().push(Due::Fire(token));
                }
                Effect::Returned { line, token } => {
                    if let Some(line) = line {
                        log_interrupt(world, self.net(line), text);
                    }
                    self.due.borrow_mut().push(Due::Return(token));
                }
            }
        }
    }
}

fn log_pin(world: &World, net: Net, to: String) {
    world.log(What::Pin {
        pin: world.label(net),
        to,
        by: "driver".into(),
    });
}

fn log_interrupt(world: &World, net: Net, text: String) {
    let pin = world.label(net);
    world.log(What::Interrupt { pin, text });
}

impl Bank for Shared {
    fn outside_changed(&self, world: &World, line: u16, level: Level, log: &dyn Fn()) {
        let effect = match &mut *self.device.borrow_mut() {
            Some(device) => device.set_level(line, level),
            None => return,
        };
        log();
        match effect {
            Ok(effect) => self.effects(world, effect),
            Err(refused) => malformed(world, &bank_label(self.bank.get()), refused.to_string()),
        }
    }
}

/// The controller: the chains that the guest has parked.
struct Gpio {
    name: String,
    shared: Rc<Shared>,
    parked: BTreeMap<Token, Chain>,
    next: Token,
}

impl Gpio {
    fn answer(&mut self, port: &mut Port<'_>) {
        while let Some(chain) = port.pop(codec::QUEUE_REQUEST) {
            let answer = match &mut *self.shared.device.borrow_mut() {
                Some(device) => device.answer(&chain.readable, chain.writable_len()),
                None => return,
            };
            self.shared.effects(port.world, answer.effects);
            if let Some(fault) = answer.fault {
                port.malformed(fault.to_string());
            }
            port.push(codec::QUEUE_REQUEST, &chain, &answer.reply);
        }
    }

    fn park(&mut self, port: &mut Port<'_>) {
        while let Some(chain) = port.pop(codec::QUEUE_EVENT) {
            let token = self.next;
            self.next += 1;
            let (effect, fault) = match &mut *self.shared.device.borrow_mut() {
                Some(device) => device.event(&chain.readable, chain.writable_len(), token),
                None => return,
            };
            self.parked.insert(token, chain);
            self.shared.effects(port.world, [effect]);
            if let Some(fault) = fault {
                port.malformed(fault.to_string());
            }
        }
    }
}

impl Controller for Gpio {
    fn name(&self) -> &str {
        &self.name
    }

    fn device_id(&self) -> u32 {
        codec::DEVICE_ID
    }

    fn spec(&self) -> Option<DeviceSpec> {
        let device = self.shared.device.borrow();
        let config = device.as_ref()?.config();
        Some(DeviceSpec {
            name: self.name.clone(),
            features: codec::FEATURES,
            queues: codec::QUEUES,
            // All eight bytes are within the configuration's eight bytes.
            config: config.read(0, 8).map(<[u8]>::to_vec).unwrap_or_default(),
            readable_len_max: codec::READABLE_LEN_MAX,
        })
    }

    fn node(&self, _: &World) -> Option<Node> {
        let node = Node::new(NAME)
            .label(&self.name)
            .prop("compatible", format!("virtio,device{:x}", codec::DEVICE_ID))
            .prop("gpio-controller", Value::flag())
            .prop("#gpio-cells", 2)
            .prop("interrupt-controller", Value::flag())
            .prop("#interrupt-cells", 2);
        Some(node)
    }

    fn rank(&self) -> Rank {
        Rank::Lines
    }

    /// The device that the guest sees: line 0 to the last that is used.
    fn start(&mut self, world: &World) -> Result<(), String> {
        let lines = world.lines.borrow();
        let bank = self.shared.bank.get();
        let Some((last, _)) = lines.of_bank(bank).last() else {
            return Ok(());
        };
        let setups = (0..=last).map(|line| {
            let net = self.shared.net(line);
            Setup {
                name: lines.name(net).unwrap_or_default().to_owned(),
                direction: Direction::Input,
                level: lines.outside(net),
            }
        });
        let device =
            codec::Lines::new(setups).map_err(|error| format!("the board's lines: {error}"))?;
        *self.shared.device.borrow_mut() = Some(device);
        Ok(())
    }

    fn kicked(&mut self, queue: usize, port: &mut Port<'_>) -> Result<(), Fault> {
        if queue == codec::QUEUE_REQUEST {
            self.answer(port);
        } else {
            self.park(port);
        }
        Ok(())
    }

    /// Completes the chains of interrupts that have fired.
    fn pump(&mut self, port: &mut Port<'_>) {
        for due in self.shared.due.take() {
            let (Due::Fire(token) | Due::Return(token)) = due;
            let Some(chain) = self.parked.remove(&token) else {
                continue;
            };
            let reply = match due {
                Due::Fire(_) => codec::event::fired(),
                Due::Return(_) => codec::event::returned(chain.writable_len()),
            };
            port.push(codec::QUEUE_EVENT, &chain, &reply);
        }
    }

    fn failed(&self) -> fn(usize, usize) -> Reply {
        |queue, room| match queue {
            codec::QUEUE_EVENT => codec::event::returned(room),
            _ => codec::request::error_reply(room),
        }
    }

    fn reset(&mut self, world: &World) {
        self.parked.clear();
        self.shared.due.borrow_mut().clear();
        if let Some(device) = &mut *self.shared.device.borrow_mut() {
            device.reset();
        }
        let used: Vec<u16> = {
            let lines = world.lines.borrow();
            let used = lines.of_bank(self.shared.bank.get());
            used.map(|(line, _)| line).collect()
        };
        for net in used.into_iter().map(|line| self.shared.net(line)) {
            if world.lines.borrow().output(net).is_some() {
                log_pin(world, net, Direction::None.to_string());
                world.output(net, None);
            }
        }
    }
}
