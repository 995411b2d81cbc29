// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The wiring: which chips are where, what their pins are connected to, and
//! the devicetree that says so. A board is a value until it is booted.

use std::any::Any;
use std::cell::RefCell;
use std::panic::Location;
use std::rc::Rc;
use std::time::Instant;

use roadtest_dt::{Cell, Node, Tree, Value};
use roadtest_model::{Chip, Edge, Level};
use roadtest_record::kernel::Kernel;
use roadtest_virtio::console::{self, Ports};

use crate::controller::Controller;
use crate::error::{Error, Result};
use crate::fault::Fault;
use crate::machine::{Boot, Machine, run_directory};
use crate::pin::Pin;
use crate::placement::Placement;
use crate::supply::Supply;
use crate::uml::{Finished, Setting, Start, Uml};
use crate::world::chips::{ChipId, ChipNode, Slot};
use crate::world::lines::Net;
use crate::world::{Shared, World};

/// A board: chips, pins and the wires between them.
///
/// ```no_run
/// # use roadtest::{Board, Edge, Placement};
/// # use roadtest_chips::iio::light::opt3001::Opt3001;
/// # fn main() -> roadtest::Result {
/// let mut board = Board::new();
/// let int = board.gpio(3);
/// let sensor = Placement::of(Opt3001::default()).interrupt(&int, Edge::Falling);
/// let light = board.i2c(0x44, sensor);
/// let uml = board.boot()?;
/// let sensor = uml.bind(&light)?;
/// # Ok(())
/// # }
/// ```
pub struct Board {
    pub(crate) world: Shared,
    /// The devices of its buses, in the order in which they were added.
    pub(crate) controllers: Vec<Box<dyn Controller>>,
    supplies: Vec<Supply>,
    /// What is wrong with the wiring.
    errors: Vec<String>,
    fragments: Vec<String>,
    memory_mib: Option<u32>,
    parameters: Vec<String>,
    host_root: bool,
}

impl Default for Board {
    fn default() -> Self {
        Self::new()
    }
}

impl Board {
    /// An empty board.
    pub fn new() -> Self {
        Self {
            world: Shared::default(),
            controllers: Vec::new(),
            supplies: Vec::new(),
            errors: Vec::new(),
            fragments: Vec::new(),
            memory_mib: None,
            parameters: Vec::new(),
            host_root: false,
        }
    }

    /// A supply of `microvolts` that the kernel switches on with a line, which
    /// is high while it is on: a `regulator-fixed` node. With the name `vdd`
    /// the kernel knows it as `supply-vdd`. Chips are connected to it with
    /// [`Placement::powered_by`].
    #[track_caller]
    pub fn fixed_supply(&mut self, name: &str, microvolts: u32, pin: &Pin) -> Supply {
        let place = Location::caller();
        if let Some(other) = self.supplies.iter().find(|other| other.name == name) {
            let error = format!(
                "the supplies at {} and {place} are both named {name}",
                other.place
            );
            self.errors.push(error);
        }
        let connected = pin.connect(&format!("the enable input of supply {name}"), place);
        self.errors.extend(connected.err());
        let supply = Supply {
            name: name.to_owned(),
            microvolts,
            pin: pin.clone(),
            place,
        };
        self.supplies.push(supply.clone());
        supply
    }

    /// The guest's memory in MiB. Unless changed it is 64, or 256 where the
    /// kernel has its checkers built in (`--sanitize`), which need as much.
    pub fn memory_mib(&mut self, mib: u32) -> &mut Self {
        self.memory_mib = Some(mib);
        self
    }

    /// Adds a parameter to the kernel's command line.
    pub fn parameter(&mut self, text: &str) -> &mut Self {
        self.parameters.push(text.to_owned());
        self
    }

    /// Adds devicetree source: nodes for `/ { … };`, or properties for a
    /// labelled node, `&i2c { … };`. Chips are labelled `chip0`, `chip1`, …
    /// in the order in which they were added.
    pub fn dts(&mut self, text: &str) -> &mut Self {
        self.fragments.push(text.to_owned());
        self
    }

    /// Mounts the host's root directory read-only at `/host` in the guest, for
    /// files of the host that a test opens there. Programs need no such call;
    /// see [`Uml::program`].
    pub fn host_root(&mut self) -> &mut Self {
        self.host_root = true;
        self
    }

    /// The devicetree as source text, for a snapshot.
    ///
    /// # Errors
    /// Where the wiring or a fragment makes no sense.
    pub fn to_dts(&self) -> Result<String> {
        Ok(self.tree()?.to_dts())
    }

    /// Starts a kernel on this board, for a program that is no test: nothing
    /// is recorded, nothing is limited, and nothing is judged. What the guest
    /// leaves comes from [`Uml::power_off`].
    ///
    /// # Errors
    /// Where the wiring makes no sense, or the kernel does not come up.
    pub fn power_on(self, kernel: &Kernel) -> Result<Uml> {
        self.start(kernel, Setting::default())
    }

    /// Starts a kernel on this board.
    pub(crate) fn start(mut self, kernel: &Kernel, mut setting: Setting) -> Result<Uml> {
        let directory = run_directory()?;
        let tree = self.tree()?;
        self.power_chips()?;
        let dtb = tree.to_dtb()?;
        let boot = Boot {
            kernel,
            directory,
            memory_mib: self.memory_mib,
            parameters: self.parameters,
            limit: setting.limit.clone(),
        };
        std::fs::write(boot.dtb_file(), dtb).map_err(Fault::host("write the devicetree"))?;
        let ports = if setting.terminal {
            Ports::WithTerminal
        } else {
            Ports::One
        };
        let started = Instant::now();
        let machine = match Machine::boot(self.world.clone(), self.controllers, ports, &boot) {
            Ok(machine) => machine,
            Err((fault, log)) => {
                if let Some(on_end) = setting.on_end.take() {
                    on_end(Finished::failed_boot(&fault, log, tree.to_dts()));
                }
                return Err(Error::from_fault(&fault));
            }
        };
        let start = Start {
            boot_ms: (started.elapsed().as_secs_f64() * 1e6).round() / 1e3,
            devicetree: tree.to_dts(),
            terminal: setting.terminal,
        };
        let Boot { directory, .. } = boot;
        let uml = Uml::new(machine, kernel.clone(), directory, start, setting);
        if self.host_root {
            uml.mount_host_root()?;
        }
        Ok(uml)
    }

    /// The wiring is complete: from here on controllers and chips see the levels
    /// at their pins, and changes are logged.
    pub(crate) fn power_chips(&mut self) -> Result {
        for controller in &mut self.controllers {
            controller.start(&self.world).map_err(Error::new)?;
        }
        self.world.lines.borrow_mut().start();
        self.world.settle_all();
        self.world.tell_levels();
        Ok(())
    }

    fn tree(&self) -> Result<Tree> {
        if !self.errors.is_empty() {
            return Err(Error::new(format!(
                "the board is not wired right: {}",
                self.errors.join("; ")
            )));
        }
        let mut tree = Tree::new();
        let root = tree.root_mut();
        root.set("#address-cells", 1);
        root.set("#size-cells", 1);
        root.set("model", "roadtest");
        root.set("compatible", "roadtest");
        // A seed spares the kernel the wait for entropy, and every run gets
        // the same.
        root.push(Node::new("chosen").prop("rng-seed", Value::bytes([0x5a; 32])));
        root.push(virtio("console", console::DEVICE_ID, "console", None));
        let mut controllers: Vec<&dyn Controller> =
            self.controllers.iter().map(AsRef::as_ref).collect();
        controllers.sort_by_key(|controller| controller.rank());
        for controller in controllers {
            let name = controller.name();
            let child = controller.node(&self.world);
            root.push(virtio(
                &format!("{name}-bus"),
                controller.device_id(),
                name,
                child,
            ));
        }
        for supply in &self.supplies {
            root.push(supply.node());
        }
        if let Some(aliases) = self.aliases(&tree) {
            tree.root_mut().push(aliases);
        }
        for fragment in &self.fragments {
            tree.overlay_dts(fragment)?;
        }
        Ok(tree)
    }

    /// The numbers of devices of which there are several: without, the kernel
    /// counts them as they come up.
    fn aliases(&self, tree: &Tree) -> Option<Node> {
        let controllers = self.controllers.iter();
        let known: Vec<_> = controllers
            .filter_map(|controller| Some((controller.alias()?, controller.name())))
            .collect();
        let mut aliases = Node::new("aliases");
        for &((kind, number), name) in &known {
            let several = known
                .iter()
                .filter(|((other, _), _)| *other == kind)
                .count()
                > 1;
            if several && let Some(path) = tree.path_of(name) {
                aliases.set(format!("{kind}{number}"), path);
            }
        }
        (!aliases.properties().is_empty()).then_some(aliases)
    }

    /// Something is wrong with the wiring: the board does not boot.
    pub(crate) fn error(&mut self, text: String) {
        self.errors.push(text);
    }

    /// Adds a device to the board.
    pub(crate) fn add(&mut self, controller: impl Controller) {
        self.controllers.push(Box::new(controller));
    }

    pub(crate) fn has_controller(&self, name: &str) -> bool {
        let mut controllers = self.controllers.iter();
        controllers.any(|controller| controller.name() == name)
    }

    /// The devices of one kind.
    pub(crate) fn controllers<T: Controller>(&mut self) -> impl Iterator<Item = &mut T> {
        self.controllers.iter_mut().filter_map(|controller| {
            let any: &mut dyn Any = controller.as_mut();
            any.downcast_mut()
        })
    }

    /// The device of one kind with this name.
    pub(crate) fn controller<T: Controller>(&mut self, name: &str) -> Option<&mut T> {
        let mut controllers = self.controllers::<T>();
        controllers.find(|controller| controller.name() == name)
    }

    /// Puts a chip on the board, at an address of a bus; `path` is its device
    /// in sysfs.
    pub(crate) fn place<C: Chip>(
        &mut self,
        bus: &str,
        address: u16,
        path: String,
        placement: Placement<C>,
        place: &'static Location<'static>,
    ) -> (ChipId, Rc<RefCell<C>>) {
        let compatible = placement.chip.compatible();
        let part = compatible.rsplit(',').next().unwrap_or("chip");
        let name = {
            let chips = self.world.chips.borrow();
            chips.name(part, &format!("{address:02x}"), bus)
        };
        let mut connect = |pin: &Pin, what: &str, at| {
            let connected = pin.connect(&format!("the {what} of {name}"), at);
            self.errors.extend(connected.err());
            pin.net
        };
        let interrupt = placement.interrupt.map(|(pin, edge, at)| {
            let net = connect(&pin, "interrupt output", at);
            if let Net::ChipPin { chip, .. } = net {
                let mut chips = self.world.chips.borrow_mut();
                chips[chip].node.is_interrupt_controller = true;
            }
            (net, edge)
        });
        let mut supplies = Vec::new();
        for switch in &placement.supplies {
            if let Some(at) = switch.place {
                connect(&switch.pin, "supply switch", at);
            }
            supplies.push((switch.pin.net, switch.on));
        }
        let reset = placement
            .reset
            .map(|(pin, at)| connect(&pin, "reset input", at));
        let pins = self.world.guard_named(&name, || placement.chip.pins());
        let pins = pins.unwrap_or_default();
        let mut wires = Vec::new();
        for (index, pin, at) in &placement.wires {
            let what = match pins.get(*index) {
                Some(name) => format!("pin {name}"),
                None => format!("pin {index}"),
            };
            wires.push((*index, connect(pin, &what, at)));
        }
        for (index, _, at) in &placement.wires {
            if *index >= pins.len() {
                self.errors.push(format!(
                    "{name} at {at} has no pin {index}; it has {}: {}",
                    pins.len(),
                    pins.join(", ")
                ));
            }
        }
        let powered = {
            let lines = self.world.lines.borrow();
            supplies.iter().all(|&(net, on)| lines.level(net) == on)
        };
        let mut chip = placement.chip;
        for _ in &supplies {
            let (on, now) = (Level::high_when(powered), self.world.now());
            self.world.guard_named(&name, || chip.power(on, now));
        }
        let chip = Rc::new(RefCell::new(chip));
        let slot = Slot {
            name,
            address,
            path,
            place,
            chip: chip.clone(),
            node: ChipNode {
                compatible: placement
                    .compatible
                    .unwrap_or_else(|| compatible.to_owned()),
                properties: placement.properties,
                children: placement.children,
                is_gpio_controller: false,
                is_interrupt_controller: false,
            },
            interrupt,
            supplies,
            powered,
            regulators: placement.regulators,
            pulse_until: None,
            odd_trigger: None,
            reset,
            wires,
            disconnected: false,
            seen: 0,
        };
        (self.world.chips.borrow_mut().push(slot), chip)
    }
}

/// The devicetree node of a chip.
pub(crate) fn chip_node(world: &World, id: ChipId) -> Node {
    let chips = world.chips.borrow();
    let slot = &chips[id];
    let chip = &slot.node;
    let mut node = Node::new(format!(
        "{}@{:x}",
        node_name(&chip.compatible),
        slot.address
    ))
    .label(id.label())
    .prop("compatible", chip.compatible.as_str())
    .prop("reg", u32::from(slot.address));
    if let Some((net, edge)) = slot.interrupt {
        node.set("interrupts-extended", interrupt_cells(net, edge));
    }
    if chip.is_gpio_controller {
        node.set("gpio-controller", Value::flag());
        node.set("#gpio-cells", 2);
    }
    if chip.is_interrupt_controller {
        node.set("interrupt-controller", Value::flag());
        node.set("#interrupt-cells", 2);
    }
    for (name, value) in &chip.properties {
        node.set(name.as_str(), value.clone());
    }
    for child in &chip.children {
        node.push(child.clone());
    }
    node
}

fn interrupt_cells(net: Net, edge: Edge) -> [Cell; 3] {
    crate::pin::cells(net, edge.cell())
}

/// The part without its vendor, unless that begins with a digit, which a
/// node's name must not.
fn node_name(compatible: &str) -> String {
    match compatible.split_once(',') {
        Some((_, part)) if part.starts_with(|c: char| c.is_ascii_alphabetic()) => part.to_owned(),
        _ => compatible.replace(',', "-"),
    }
}

fn virtio(name: &str, id: u32, device: &str, child: Option<Node>) -> Node {
    let mut node = Node::new(name)
        .prop("compatible", "virtio,uml")
        .prop("socket-path", format!("{device}.sock"))
        .prop("virtio-device-id", id);
    if let Some(child) = child {
        node.push(child);
    }
    node
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::wired::Wired;

    /// Puts a chip on a board, on no bus.
    #[track_caller]
    pub(crate) fn put<C: Chip>(board: &mut Board, chip: impl Into<Placement<C>>) -> Wired<C> {
        let place = Location::caller();
        let (id, chip) = board.place("none", 0, String::new(), chip.into(), place);
        Wired::new(chip, id, &board.world)
    }
}
