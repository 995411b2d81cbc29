// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A running kernel, as a test uses it: the handle, and what all handles of
//! one guest share. What they do is in the files below, each with the methods
//! of [`Uml`] for it.

mod bind;
mod files;
mod judgement;
mod modules;
pub mod program;
mod request;

use std::cell::{Cell, RefCell, RefMut};
use std::rc::Rc;

use roadtest_model::SimTime;
use roadtest_record::kernel::Kernel;
use roadtest_record::test::Outcome;

pub(crate) use request::{Count, Events, Ioctl, malformed, short};

use crate::error::chain;
use crate::fault::Fault;
use crate::limit::Limit;
use crate::machine::Machine;
use crate::timeline::Timeline;
use judgement::Expected;
pub use judgement::Finished;

/// A running kernel. When its last handle is dropped the kernel is stopped and
/// judged: a report in its log or a broken contract fails the test that booted
/// it.
///
/// What the guest answers comes back as a value or an
/// [`Errno`](crate::Errno). When the
/// guest cannot answer any more (it died, it hangs, a model panicked) the
/// call panics, which ends the test with the outcome that fits.
pub struct Uml {
    inner: Rc<Inner>,
}

/// Gets what a guest leaves.
pub(crate) type Sink = Box<dyn FnOnce(Finished)>;

/// What a guest is started for. Without anything else it lives as long as its
/// handles, and what it leaves is dropped with them.
#[derive(Default)]
pub(crate) struct Setting {
    pub(crate) limit: Limit,
    /// Whether it has a terminal, for a user.
    pub(crate) terminal: bool,
    /// Gets what the guest leaves.
    pub(crate) on_end: Option<Sink>,
}

/// What the handles of a guest share: the [`Uml`], its devices and its open
/// files. It ends with the last of them.
pub(crate) struct Inner {
    machine: RefCell<Machine>,
    /// Gets what the guest leaves, once.
    on_end: RefCell<Option<Sink>>,
    kernel: Kernel,
    /// How the guest was started.
    start: Start,
    /// The first fault: what ended the guest as far as the test is concerned.
    fault: RefCell<Option<(Outcome, String)>>,
    /// Whether it was stopped and judged.
    ended: Cell<bool>,
    expected: RefCell<Expected>,
    /// It died as expected.
    dead: Cell<bool>,
    /// The buses that probe no devices by themselves any more.
    autoprobe_off: RefCell<Vec<String>>,
    host_root: Cell<program::HostRoot>,
    /// How much virtual time a request may take.
    limit: Cell<SimTime>,
    _directory: tempfile::TempDir,
}

/// How a guest was started.
#[derive(Default)]
pub(crate) struct Start {
    /// From starting the kernel to the agent's first word, in milliseconds.
    pub(crate) boot_ms: f64,
    /// The board as devicetree source.
    pub(crate) devicetree: String,
    /// Whether it has a terminal, for a user.
    pub(crate) terminal: bool,
}

/// Boots a kernel without devices, whose init powers it off at once, and
/// returns how long that took: the unit of the figures of `cargo xtask bench`.
///
/// # Errors
/// Where it does not start, or does not end.
pub fn bare_boot(kernel: &Kernel) -> crate::Result<std::time::Duration> {
    crate::machine::bare::boot(kernel).map_err(Into::into)
}

impl Uml {
    pub(crate) fn new(
        machine: Machine,
        kernel: Kernel,
        directory: tempfile::TempDir,
        start: Start,
        setting: Setting,
    ) -> Self {
        Self {
            inner: Rc::new(Inner {
                machine: machine.into(),
                on_end: setting.on_end.into(),
                kernel,
                start,
                fault: RefCell::default(),
                ended: Cell::default(),
                expected: RefCell::default(),
                dead: Cell::default(),
                autoprobe_off: RefCell::default(),
                host_root: Cell::default(),
                limit: request::LIMIT.into(),
                _directory: directory,
            }),
        }
    }

    /// Stops the kernel, and returns what it leaves. Handles that are left get
    /// no more answers. For a program that is no test; a test drops its kernel.
    pub fn power_off(self) -> Finished {
        self.inner.ended.set(true);
        self.inner.finish()
    }

    pub(crate) fn inner(&self) -> &Rc<Inner> {
        &self.inner
    }

    /// The kernel's major and minor version: `(6, 12)`.
    pub fn version(&self) -> (u32, u32) {
        self.inner.kernel.version()
    }

    /// Its version and patch level, for what a stable release has changed:
    /// `uml.release() < (6, 1, 192)`.
    pub fn release(&self) -> (u32, u32, u32) {
        self.inner.kernel.numbers()
    }

    /// Whether the kernel has its checkers built in (`--sanitize`): KASAN,
    /// UBSAN, lockdep and others. For a report that only they make.
    pub fn is_sanitized(&self) -> bool {
        self.inner.kernel.flavour.is_sanitized()
    }

    /// Virtual time.
    pub fn now(&self) -> SimTime {
        self.inner.machine.borrow().now()
    }

    /// Lets virtual time pass. The guest runs meanwhile, as it wants.
    pub fn sleep(&self, duration: SimTime) {
        let slept = self.inner.machine.borrow_mut().sleep(duration);
        if let Err(fault) = slept {
            self.inner.fail(&fault);
        }
    }

    /// Lets the guest do what it has to do at this moment: deal with an
    /// interrupt that a stimulus raised, say.
    pub fn settle(&self) {
        self.sleep(SimTime::ZERO);
    }

    /// Everything that happened so far.
    pub fn timeline(&self) -> Timeline {
        let machine = self.inner.machine.borrow();
        let trace = machine.world.trace.borrow();
        Timeline::all(&trace.events)
    }

    /// The kernel's log.
    pub fn dmesg(&self) -> String {
        self.inner.dmesg()
    }

    /// Time messages so far, for measurements.
    #[doc(hidden)]
    pub fn time_messages(&self) -> u64 {
        self.inner.machine.borrow().time_messages()
    }
}

impl Inner {
    /// The machine, for who explores it.
    pub(crate) fn machine(&self) -> RefMut<'_, Machine> {
        self.machine.borrow_mut()
    }

    pub(crate) fn dmesg(&self) -> String {
        self.machine.borrow().log.text()
    }

    /// Ends the test with a fault. A body that catches the panic changes
    /// nothing: the fault stays.
    pub(crate) fn fail(&self, fault: &Fault) -> ! {
        let text = chain(fault);
        self.fault
            .borrow_mut()
            .get_or_insert_with(|| (fault.outcome(), text.clone()));
        panic!("{text}");
    }

    /// Stops the guest, and hands on what it leaves.
    pub(crate) fn end(&self) {
        if self.ended.replace(true) {
            return;
        }
        match self.on_end.take() {
            Some(on_end) => on_end(self.finish()),
            None => self.machine.borrow_mut().kill(),
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.end();
    }
}
