// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The wiring: which chips are where, what their pins are connected to, and
//! the devicetree that says so. A board is a value until it is booted.

use std::any::Any;
use std::cell::RefCell;
use std::panic::Location;
use std::path::PathBuf;
use std::rc::Rc;

use roadtest_dt::{Cell, Node, Tree, Value};
use roadtest_model::{Chip, Edge, Level};
use roadtest_record::kernel::{Kernel, MANIFEST, MANIFEST_ENV};
use roadtest_virtio::console::Ports;

use crate::bus::Controller;
use crate::bus::console::Console;
use crate::context::{self, Context, Finished};
use crate::error::{Error, Result};
use crate::machine::{Boot, Machine, run_folder};
use crate::pin::Pin;
use crate::placement::Placement;
use crate::supply::Supply;
use crate::uml::Uml;
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
    controllers: Vec<Box<dyn Controller>>,
    supplies: Vec<Supply>,
    /// What is wrong with the wiring.
    errors: Vec<String>,
    context: Context,
    fragments: Vec<String>,
    memory_mib: Option<u32>,
    parameters: Vec<String>,
    needs: Vec<(Need, String)>,
    host_root: bool,
    /// Keeps the snapshot folder and names of this test.
    snapshots: insta::internals::SettingsBindDropGuard,
}

/// What a test needs of the kernel.
enum Need {
    Since(u32, u32),
    Before(u32, u32),
}

impl Default for Board {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl Board {
    /// An empty board for the test that calls this.
    #[track_caller]
    pub fn new() -> Self {
        let context = Context::new(Location::caller());
        let mut board = Self {
            world: Shared::default(),
            controllers: Vec::new(),
            supplies: Vec::new(),
            errors: Vec::new(),
            snapshots: crate::snapshot::bind(&context, None),
            context,
            fragments: Vec::new(),
            memory_mib: None,
            parameters: Vec::new(),
            needs: Vec::new(),
            host_root: false,
        };
        board.add_first_i2c();
        board
    }

    /// A supply of `microvolts` that the kernel switches on with a line, which
    /// is high while it is on: a `regulator-fixed` node. With the name `vdd`
    /// the kernel knows it as `supply-vdd`. Chips are connected to it with
    /// [`Wired::powered_by`].
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

    /// The test makes sense only from this kernel version on: it is skipped
    /// on older ones, with `why`.
    pub fn since(&mut self, version: (u32, u32), why: &str) -> &mut Self {
        self.needs
            .push((Need::Since(version.0, version.1), why.to_owned()));
        self
    }

    /// The test makes sense only before this kernel version: it is skipped on
    /// it and newer ones, with `why`.
    pub fn before(&mut self, version: (u32, u32), why: &str) -> &mut Self {
        self.needs
            .push((Need::Before(version.0, version.1), why.to_owned()));
        self
    }

    /// The devicetree as source text, for a snapshot.
    ///
    /// # Errors
    /// Where the wiring or a fragment makes no sense.
    pub fn to_dts(&self) -> Result<String> {
        Ok(self.tree()?.to_dts())
    }

    /// Starts a kernel on this board.
    ///
    /// # Errors
    /// Where the wiring makes no sense, no kernel has been built, or the
    /// kernel does not come up.
    pub fn boot(mut self) -> Result<Uml> {
        let kernel = load_kernel()?;
        if let Some(reason) = kernel.unavailable.get(self.context.driver()) {
            context::skip(Some(self.context), &reason.clone());
        }
        let version = kernel.version();
        for (need, why) in &self.needs {
            let reason = match *need {
                Need::Since(major, minor) if version < (major, minor) => {
                    format!("needs Linux {major}.{minor}: {why}")
                }
                Need::Before(major, minor) if version >= (major, minor) => {
                    format!("needs Linux before {major}.{minor}: {why}")
                }
                _ => continue,
            };
            context::skip(Some(self.context), &reason);
        }
        let folder = run_folder()?;
        let tree = self.tree()?;
        for controller in &mut self.controllers {
            controller.start(&self.world).map_err(Error::new)?;
        }
        self.world.lines.borrow_mut().start();
        self.context.keep("devicetree.dts", &tree.to_dts())?;
        let dtb = tree.to_dtb()?;
        // The running kernel has its own; guards must go in order.
        drop(self.snapshots);
        let boot = Boot {
            kernel: &kernel,
            folder,
            memory_mib: self.memory_mib,
            parameters: self.parameters,
        };
        std::fs::write(boot.dtb_file(), dtb)?;
        self.world.settle_all();
        self.world.tell_levels();
        let ports = if crate::explore::wanted() {
            Ports::WithTerminal
        } else {
            Ports::One
        };
        let started = std::time::Instant::now();
        let mut context = self.context;
        let machine = match Machine::boot(self.world.clone(), self.controllers, ports, &boot) {
            Ok(machine) => machine,
            Err((fault, log)) => {
                let error = Error::from_fault(&fault);
                context.finish(Finished::failed_boot(log));
                return Err(error);
            }
        };
        context.boot_ms = context::milliseconds(started);
        let Boot { folder, .. } = boot;
        let uml = Uml::new(machine, context, kernel, folder);
        if self.host_root {
            uml.mount_host_root()?;
        }
        if crate::explore::wanted() {
            crate::explore::run(uml);
        }
        Ok(uml)
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
        root.push(virtio("console", Console::ID, "console", None));
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
        for fragment in &self.fragments {
            tree.overlay_dts(fragment)?;
        }
        Ok(tree)
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
        let pins = placement.chip.pins();
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
            chip.power(Level::high_when(powered), self.world.now());
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

/// The kernel that `cargo xtask build` left for the tests.
fn load_kernel() -> Result<Kernel> {
    let path = std::env::var_os(MANIFEST_ENV)
        .map_or_else(|| context::workspace().join(MANIFEST), PathBuf::from);
    if !path.exists() {
        return Err(Error::new(format!(
            "no kernel has been built ({} does not exist); run `cargo xtask build`",
            path.display()
        )));
    }
    Ok(roadtest_record::load(&path)?)
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
