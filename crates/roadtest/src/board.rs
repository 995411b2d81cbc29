// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The wiring: which chips are where, what their pins are connected to, and
//! the devicetree that says so. A board is a value until it is booted.

use std::cell::RefCell;
use std::panic::Location;
use std::path::PathBuf;
use std::rc::Rc;

use roadtest_dt::{Node, Tree, Value};
use roadtest_model::I2cTarget;
use roadtest_record::kernel::{Kernel, MANIFEST, MANIFEST_ENV};
use roadtest_virtio::console::Ports;

use crate::context::{self, Context, Finished};
use crate::error::{Error, Result};
use crate::machine::{Boot, Machine, run_folder};
use crate::pin::{LineState, Pin};
use crate::supply::Supply;
use crate::uml::Uml;
use crate::wired::{ChipNode, Wired, Wiring, chip_node};
use crate::world::{Shared, Slot};

/// Labels of the controllers in the devicetree, for fragments.
const I2C_LABEL: &str = "i2c";
pub(crate) const GPIO_LABEL: &str = "gpio";
/// `VIRTIO_ID_CONSOLE`, `VIRTIO_ID_I2C_ADAPTER`, `VIRTIO_ID_GPIO`.
const CONSOLE_ID: u32 = 3;
const I2C_ID: u32 = 0x22;
const GPIO_ID: u32 = 0x29;
/// 7-bit addresses that the I2C specification does not reserve.
const ADDRESSES: std::ops::RangeInclusive<u16> = 0x08..=0x77;

/// A board: chips, pins and the wires between them.
///
/// ```no_run
/// # use roadtest::{Board, Edge};
/// # use roadtest_chips::iio::light::opt3001::Opt3001;
/// # fn main() -> roadtest::Result {
/// let mut board = Board::new();
/// let int = board.gpio(3);
/// let light = board.i2c(0x44, Opt3001::default()).interrupt(&int, Edge::Falling);
/// let uml = board.boot()?;
/// let sensor = uml.bind(&light)?;
/// # Ok(())
/// # }
/// ```
pub struct Board {
    pub(crate) world: Shared,
    wiring: Rc<RefCell<Wiring>>,
    context: Context,
    fragments: Vec<String>,
    scl_hz: u32,
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
        Self {
            world: Shared::default(),
            wiring: Rc::default(),
            snapshots: crate::snapshot::bind(&context, None),
            context,
            fragments: Vec::new(),
            scl_hz: 400_000,
            memory_mib: None,
            parameters: Vec::new(),
            needs: Vec::new(),
            host_root: false,
        }
    }

    /// Line `line` of the board's GPIO controller.
    pub fn gpio(&mut self, line: u16) -> Pin {
        self.world.borrow_mut().lines.lines.entry(line).or_default();
        Pin {
            world: self.world.clone(),
            line,
        }
    }

    /// Line `line` of the board's GPIO controller, with a name that the
    /// kernel sees.
    pub fn gpio_named(&mut self, line: u16, name: &str) -> Pin {
        let pin = self.gpio(line);
        let mut world = self.world.borrow_mut();
        let state: &mut LineState = world.lines.lines.entry(line).or_default();
        state.name = name.to_owned();
        drop(world);
        pin
    }

    /// Puts a chip at a 7-bit address of the board's I2C bus.
    #[track_caller]
    pub fn i2c<C: I2cTarget>(&mut self, address: u16, chip: C) -> Wired<C> {
        let place = Location::caller();
        let mut world = self.world.borrow_mut();
        let mut wiring = self.wiring.borrow_mut();
        let base = chip.compatible().rsplit(',').next().unwrap_or("chip");
        let name = if world.slots.iter().any(|slot| slot.name == base) {
            format!("{base}@{address:02x}")
        } else {
            base.to_owned()
        };
        if !ADDRESSES.contains(&address) {
            wiring.errors.push(format!(
                "{name} at {place} has address {address:#04x}; a chip's is 0x08 to 0x77"
            ));
        }
        if let Some(other) = world.slots.iter().find(|slot| slot.address == address) {
            wiring.errors.push(format!(
                "{} at {} and {name} at {place} are both at address {address:#04x}",
                other.name, other.place
            ));
        }
        if chip.scl_hz_max() < self.scl_hz {
            wiring.errors.push(format!(
                "{name} at {place} allows {} Hz on SCL, the bus has {} Hz; \
                 call `board.scl_hz()` before",
                chip.scl_hz_max(),
                self.scl_hz
            ));
        }
        let compatible = chip.compatible();
        let chip = Rc::new(RefCell::new(chip));
        let index = world.slots.len();
        world.slots.push(Slot {
            name,
            address,
            place,
            chip: chip.clone(),
            interrupt: None,
            supplies: Vec::new(),
            powered: true,
            regulators: Vec::new(),
            pulse_until: None,
            odd_trigger: None,
            reset: None,
            disconnected: false,
            seen: 0,
        });
        wiring.nodes.push(ChipNode::new(compatible));
        Wired::new(chip, index, &self.world, &self.wiring)
    }

    /// A supply of `microvolts` that the kernel switches on with a line, which
    /// is high while it is on: a `regulator-fixed` node. With the name `vdd`
    /// the kernel knows it as `supply-vdd`. Chips are connected to it with
    /// [`Wired::powered_by`].
    #[track_caller]
    pub fn fixed_supply(&mut self, name: &str, microvolts: u32, pin: &Pin) -> Supply {
        let place = Location::caller();
        let mut wiring = self.wiring.borrow_mut();
        if let Some(other) = wiring.supplies.iter().find(|other| other.name == name) {
            let error = format!(
                "the supplies at {} and {place} are both named {name}",
                other.place
            );
            wiring.errors.push(error);
        }
        let user = format!("the enable input of supply {name}");
        let connected = self
            .world
            .borrow_mut()
            .lines
            .connect(pin.line, &user, place);
        if let Err(error) = connected {
            wiring.errors.push(error);
        }
        let supply = Supply {
            name: name.to_owned(),
            microvolts,
            pin: pin.clone(),
            place,
        };
        wiring.supplies.push(supply.clone());
        supply
    }

    /// The rate of SCL in Hz, 400 kHz unless changed; to be called before
    /// chips are put on the bus. It gives each message its duration.
    pub fn scl_hz(&mut self, hz: u32) -> &mut Self {
        self.scl_hz = hz;
        self
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

    /// Mounts the host's root folder read-only at `/host` in the guest.
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
    pub fn boot(self) -> Result<Uml> {
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
        self.world
            .borrow_mut()
            .lines
            .start()
            .map_err(|error| Error::new(format!("the board's lines: {error}")))?;
        let folder = run_folder()?;
        let tree = self.tree()?;
        self.context.keep("devicetree.dts", &tree.to_dts())?;
        let dtb = tree.to_dtb()?;
        // The running kernel has its own; guards must go in order.
        drop(self.snapshots);
        let boot = Boot {
            kernel: &kernel,
            folder,
            memory_mib: self.memory_mib,
            scl_hz: self.scl_hz,
            parameters: self.parameters,
            ports: if crate::explore::wanted() {
                Ports::WithTerminal
            } else {
                Ports::One
            },
        };
        std::fs::write(boot.dtb_file(), dtb)?;
        self.world.borrow_mut().settle_all();
        let started = std::time::Instant::now();
        let mut context = self.context;
        let machine = match Machine::boot(self.world.clone(), &boot) {
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
        let wiring = self.wiring.borrow();
        if !wiring.errors.is_empty() {
            return Err(Error::new(format!(
                "the board is not wired right: {}",
                wiring.errors.join("; ")
            )));
        }
        let world = self.world.borrow();
        let mut tree = Tree::new();
        let root = tree.root_mut();
        root.set("#address-cells", 1);
        root.set("#size-cells", 1);
        root.set("model", "roadtest");
        root.set("compatible", "roadtest");
        // A seed spares the kernel the wait for entropy, and every run gets
        // the same.
        root.push(Node::new("chosen").prop("rng-seed", Value::bytes([0x5a; 32])));
        root.push(virtio("console", CONSOLE_ID, "console", None));
        let mut bus = Node::new("i2c")
            .label(I2C_LABEL)
            .prop("compatible", format!("virtio,device{I2C_ID:x}"))
            .prop("#address-cells", 1)
            .prop("#size-cells", 0);
        for (index, (slot, chip)) in world.slots.iter().zip(&wiring.nodes).enumerate() {
            bus.push(chip_node(index, slot, chip));
        }
        if !world.lines.is_empty() {
            let controller = Node::new("gpio")
                .label(GPIO_LABEL)
                .prop("compatible", format!("virtio,device{GPIO_ID:x}"))
                .prop("gpio-controller", Value::flag())
                .prop("#gpio-cells", 2)
                .prop("interrupt-controller", Value::flag())
                .prop("#interrupt-cells", 2);
            root.push(virtio("gpio-bus", GPIO_ID, "gpio", Some(controller)));
        }
        // Why behind the lines: a controller that comes up before the one that
        // its chips' interrupts go to makes fw_devlink complain about a link.
        root.push(virtio("i2c-bus", I2C_ID, "i2c", Some(bus)));
        for supply in &wiring.supplies {
            tree.root_mut().push(supply.node(GPIO_LABEL));
        }
        for fragment in &self.fragments {
            tree.overlay_dts(fragment)?;
        }
        Ok(tree)
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
