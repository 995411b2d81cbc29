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

pub(crate) use request::{Count, Events, Ioctl, malformed, short};

use crate::context::{self, Context};
use crate::machine::Machine;
use crate::timeline::Timeline;
use judgement::Expected;

/// A running kernel. When it is dropped the kernel is stopped and judged: a
/// report in its log or a broken contract fails the test.
///
/// What the guest answers comes back as a value or an
/// [`Errno`](crate::Errno). When the
/// guest cannot answer any more (it died, it hangs, a model panicked) the
/// call panics, which ends the test with the outcome that fits.
pub struct Uml {
    inner: Rc<Inner>,
    /// Keeps the snapshot folder and names of this test.
    _snapshots: insta::internals::SettingsBindDropGuard,
}

/// What a test's handles of the guest share: the [`Uml`], its devices and its
/// open files. It ends with the last of them.
pub(crate) struct Inner {
    machine: RefCell<Machine>,
    context: RefCell<Option<Context>>,
    kernel: Kernel,
    expected: RefCell<Expected>,
    /// It died as expected.
    dead: Cell<bool>,
    /// The buses that probe no devices by themselves any more.
    autoprobe_off: RefCell<Vec<String>>,
    host_root: Cell<program::HostRoot>,
    /// How much virtual time a request may take.
    limit: Cell<SimTime>,
    _folder: tempfile::TempDir,
}

impl Uml {
    pub(crate) fn new(
        machine: Machine,
        context: Context,
        kernel: Kernel,
        folder: tempfile::TempDir,
    ) -> Self {
        let snapshots = crate::snapshot::bind(&context, Some(kernel.version()));
        Self {
            inner: Rc::new(Inner {
                machine: machine.into(),
                context: Some(context).into(),
                kernel,
                expected: RefCell::default(),
                dead: Cell::default(),
                autoprobe_off: RefCell::default(),
                host_root: Cell::default(),
                limit: request::LIMIT.into(),
                _folder: folder,
            }),
            _snapshots: snapshots,
        }
    }

    pub(crate) fn inner(&self) -> &Rc<Inner> {
        &self.inner
    }

    /// The kernel's major and minor version: `(6, 12)`.
    pub fn version(&self) -> (u32, u32) {
        self.inner.kernel.version()
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
            context::fail(&fault);
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
}

impl Drop for Inner {
    fn drop(&mut self) {
        let finished = self.finish();
        if let Some(mut context) = self.context.borrow_mut().take() {
            context.finish(finished);
        }
    }
}
