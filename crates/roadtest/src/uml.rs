// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A running kernel, as a test uses it.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use roadtest_model::{Chip, SimTime};
use roadtest_record::event::What;
use roadtest_record::kernel::{Kernel, MANIFEST, MANIFEST_ENV};
use roadtest_wire::{Answer, Reply, Request};

use crate::context::{self, Context, Finished};
use crate::device::Device;
use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::fault::Fault;
use crate::file::File;
use crate::leaks;
use crate::machine::Machine;
use crate::report;
use crate::timeline::Timeline;
use crate::wired::Wired;

/// A request is given up after this much virtual time. Longer than the 120 s
/// after which the kernel reports a hung task itself.
const REQUEST_LIMIT: SimTime = SimTime::s(150);

/// A running kernel. When it is dropped the kernel is stopped and judged: a
/// report in its log or a broken contract fails the test.
///
/// What the guest answers comes back as a value or an [`Errno`]. When the
/// guest cannot answer any more (it died, it hangs, a model panicked) the
/// call panics, which ends the test with the outcome that fits.
pub struct Uml {
    inner: Rc<Inner>,
    /// Keeps the snapshot folder and names of this test.
    _snapshots: insta::internals::SettingsBindDropGuard,
}

pub(crate) struct Inner {
    machine: RefCell<Machine>,
    context: RefCell<Option<Context>>,
    kernel: Kernel,
    expected_reports: RefCell<Vec<String>>,
    expected_breaches: RefCell<Vec<String>>,
    expected_death: RefCell<Option<String>>,
    dead: Cell<bool>,
    autoprobe_off: RefCell<Vec<String>>,
    limit: RefCell<SimTime>,
    _folder: tempfile::TempDir,
}

/// The kernel that `cargo xtask build` left for the tests.
pub(crate) fn load_kernel() -> Result<Kernel> {
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
                expected_reports: RefCell::default(),
                expected_breaches: RefCell::default(),
                expected_death: RefCell::default(),
                dead: Cell::default(),
                autoprobe_off: RefCell::default(),
                limit: REQUEST_LIMIT.into(),
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
        self.inner.kernel.sanitized
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

    /// How much virtual time a request may take from now on; 150 s at first.
    pub fn limit_requests_to(&self, limit: SimTime) {
        *self.inner.limit.borrow_mut() = limit;
    }

    /// The content of a file, as text without the newline at its end.
    ///
    /// # Errors
    /// What open or read failed with; `EILSEQ` where it is no text.
    pub fn read(&self, path: &str) -> std::result::Result<String, Errno> {
        self.inner.read(path)
    }

    /// The content of a file, as bytes.
    ///
    /// # Errors
    /// What open or read failed with.
    pub fn read_bytes(&self, path: &str) -> std::result::Result<Vec<u8>, Errno> {
        self.inner.read_bytes(path)
    }

    /// Writes `text` to an existing file with one system call, as `echo -n`
    /// does.
    ///
    /// # Errors
    /// What open or write failed with.
    pub fn write(&self, path: &str, text: impl ToString) -> std::result::Result<(), Errno> {
        self.inner.write(path, &text.to_string())
    }

    /// The names in a folder, sorted.
    ///
    /// # Errors
    /// What opendir or readdir failed with.
    pub fn list(&self, path: &str) -> std::result::Result<Vec<String>, Errno> {
        self.inner.list(path)
    }

    /// Whether something is at this path.
    pub fn exists(&self, path: &str) -> bool {
        self.inner.real_path(path).is_ok()
    }

    /// The path with all symbolic links resolved.
    ///
    /// # Errors
    /// What realpath failed with.
    pub fn real_path(&self, path: &str) -> std::result::Result<String, Errno> {
        self.inner.real_path(path)
    }

    /// Opens a file, for reading and writing.
    ///
    /// # Errors
    /// What open failed with.
    pub fn open(&self, path: &str) -> std::result::Result<File, Errno> {
        self.open_with(path, libc::O_RDWR)
    }

    /// Opens a file with the flags of open(2).
    ///
    /// # Errors
    /// What open failed with.
    pub fn open_with(&self, path: &str, flags: i32) -> std::result::Result<File, Errno> {
        File::open(&self.inner, path, flags)
    }

    /// Loads a module and what it depends on, unless it is loaded already.
    ///
    /// # Errors
    /// `ENOENT` where the kernel has no such module; else what the kernel
    /// refused it with.
    pub fn load(&self, module: &str) -> std::result::Result<(), Errno> {
        self.load_with(module, "")
    }

    /// Loads a module with parameters, `name=value` separated by blanks.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_with(&self, module: &str, parameters: &str) -> std::result::Result<(), Errno> {
        self.inner.load_module(module, parameters)
    }

    /// Unloads a module.
    ///
    /// # Errors
    /// What the kernel refused it with: `EBUSY` or `EAGAIN` where it is in
    /// use.
    pub fn unload(&self, module: &str) -> std::result::Result<(), Errno> {
        self.inner.unload_module(module)
    }

    /// Binds a chip's driver: finds the module by the device's modalias,
    /// loads it, and lets its driver probe the device. Supplies that the chip
    /// is [powered by](Wired::powered_by) are bound before, where they have no
    /// driver yet.
    ///
    /// # Errors
    /// Where no module claims the device, or the probe fails; then
    /// [`Error::errno`] is what it failed with.
    pub fn bind<C: Chip>(&self, chip: &Wired<C>) -> Result<Device> {
        for node in chip.regulators() {
            let path = format!("/sys/bus/platform/devices/{node}");
            if self.device(&path).driver().is_none() {
                self.bind_path(&path)?;
            }
        }
        let path = format!("/sys/bus/i2c/devices/0-{:04x}", chip.address());
        self.bind_path(&path)
    }

    /// Binds the driver of any device, by its path in sysfs.
    ///
    /// # Errors
    /// As [`bind`](Self::bind).
    pub fn bind_path(&self, path: &str) -> Result<Device> {
        crate::device::bind(&self.inner, path)
    }

    /// A device that has a driver already, by its path in sysfs.
    pub fn device(&self, path: &str) -> Device {
        Device::new(&self.inner, path)
    }

    /// Everything that happened so far.
    pub fn timeline(&self) -> Timeline {
        let machine = self.inner.machine.borrow();
        let world = machine.world.borrow();
        Timeline::all(&world.events)
    }

    /// The kernel's log.
    pub fn dmesg(&self) -> String {
        self.inner.dmesg()
    }

    /// Expects a report of the kernel that contains this text; without it the
    /// test fails, and such a report does not fail the test.
    pub fn expect_report(&self, text: &str) {
        let mut expected = self.inner.expected_reports.borrow_mut();
        expected.push(text.to_owned());
    }

    /// Expects a broken contract whose description contains this text;
    /// without it the test fails, and such a breach does not fail the test.
    pub fn expect_violation(&self, text: &str) {
        let mut expected = self.inner.expected_breaches.borrow_mut();
        expected.push(text.to_owned());
    }

    /// Expects the kernel to die with a report that contains this text: a
    /// known defect. The request during which it dies fails with `EPIPE`, and
    /// so does every request after it; without the report the test fails.
    pub fn expect_death(&self, text: &str) {
        self.expect_report(text);
        *self.inner.expected_death.borrow_mut() = Some(text.to_owned());
    }

    /// Runs a program of the guest and waits for it; see
    /// [`Board::host_root`](crate::Board::host_root). Gives its exit code and
    /// its output.
    ///
    /// # Errors
    /// What starting it failed with.
    pub fn run(&self, argv: &[&str]) -> std::result::Result<(i32, String), Errno> {
        let argv: Vec<String> = argv.iter().map(|&word| word.to_owned()).collect();
        let what = format!("run {}", argv.join(" "));
        let request = Request::Run {
            argv,
            terminal: None,
        };
        match self.inner.request(&what, &request)? {
            Answer::Output { status, output } => {
                Ok((status, String::from_utf8_lossy(&output).into_owned()))
            }
            _ => Err(Errno::EIO),
        }
    }

    /// Time messages so far, for measurements.
    #[doc(hidden)]
    pub fn time_messages(&self) -> u64 {
        self.inner.machine.borrow().time_messages()
    }

    pub(crate) fn mount_host_root(&self) -> Result<()> {
        self.inner.mount("hostfs", "/host", MS_RDONLY, "/")?;
        Ok(())
    }
}

/// `MS_RDONLY` of mount(2).
const MS_RDONLY: u64 = 1;

impl Inner {
    /// The machine, for who explores it.
    pub(crate) fn machine(&self) -> std::cell::RefMut<'_, Machine> {
        self.machine.borrow_mut()
    }

    /// Asks the guest. The request and its answer go on the timeline.
    pub(crate) fn request(
        &self,
        what: &str,
        request: &Request,
    ) -> std::result::Result<Answer, Errno> {
        let result = self.quiet_request(what, request);
        self.log_request(what, &result);
        result
    }

    fn log_request(&self, what: &str, result: &std::result::Result<Answer, Errno>) {
        let answer = match result {
            Ok(answer) => show(answer),
            Err(errno) => errno.to_string(),
        };
        let machine = self.machine.borrow();
        let mut world = machine.world.borrow_mut();
        world.log(What::Request {
            text: what.to_owned(),
            answer,
        });
    }

    /// Asks the guest something that is none of the test's business.
    pub(crate) fn quiet_request(
        &self,
        what: &str,
        request: &Request,
    ) -> std::result::Result<Answer, Errno> {
        if self.dead.get() {
            return Err(Errno::EPIPE);
        }
        let limit = *self.limit.borrow();
        let reply = self.machine.borrow_mut().request(request, what, limit);
        self.answer(what, reply)
    }

    /// Asks the guest something, and to close a file right after that. Gives
    /// the answer to the first.
    pub(crate) fn request_and_close(
        &self,
        what: &str,
        request: &Request,
        fd: i32,
    ) -> std::result::Result<Answer, Errno> {
        if self.dead.get() {
            return Err(Errno::EPIPE);
        }
        let limit = *self.limit.borrow();
        let both = [request, &Request::Close { fd }];
        let replies = self.machine.borrow_mut().request_both(both, what, limit);
        // A driver's release has no way to refuse.
        let result = self.answer(what, replies.map(|[first, _closed]| first));
        self.log_request(what, &result);
        result
    }

    fn answer(
        &self,
        what: &str,
        reply: std::result::Result<Reply, Fault>,
    ) -> std::result::Result<Answer, Errno> {
        match reply {
            Ok(Reply::Ok(answer)) => Ok(answer),
            Ok(Reply::Err(number)) => Err(Errno::new(number)),
            Ok(other) => context::fail(&Fault::Host {
                what: format!("make sense of the agent's answer {other:?} to `{what}`"),
                source: std::io::ErrorKind::InvalidData.into(),
            }),
            Err(Fault::GuestDied { .. }) if self.death_is_expected() => {
                self.dead.set(true);
                Err(Errno::EPIPE)
            }
            Err(fault) => context::fail(&fault),
        }
    }

    fn death_is_expected(&self) -> bool {
        let expected = self.expected_death.borrow();
        let expected = expected.as_deref();
        expected.is_some_and(|text| report::find(&self.dmesg()).iter().any(|r| r.contains(text)))
    }

    pub(crate) fn value(&self, what: &str, request: &Request) -> std::result::Result<i64, Errno> {
        match self.request(what, request)? {
            Answer::Value(value) => Ok(value),
            _ => Err(Errno::EIO),
        }
    }

    pub(crate) fn read_bytes(&self, path: &str) -> std::result::Result<Vec<u8>, Errno> {
        let what = format!("read {}", short(path));
        let request = Request::ReadFile { path: path.into() };
        match self.request(&what, &request)? {
            Answer::Bytes(bytes) => Ok(bytes),
            _ => Err(Errno::EIO),
        }
    }

    pub(crate) fn read(&self, path: &str) -> std::result::Result<String, Errno> {
        let bytes = self.read_bytes(path)?;
        match String::from_utf8(bytes) {
            Ok(mut text) => {
                if text.ends_with('\n') {
                    text.pop();
                }
                Ok(text)
            }
            Err(_not_text) => Err(Errno::EILSEQ),
        }
    }

    pub(crate) fn write(&self, path: &str, text: &str) -> std::result::Result<(), Errno> {
        let what = format!("write {} {}", short(path), text.replace('\n', "\\n"));
        let request = Request::WriteFile {
            path: path.into(),
            data: text.into(),
        };
        self.value(&what, &request).map(drop)
    }

    pub(crate) fn list(&self, path: &str) -> std::result::Result<Vec<String>, Errno> {
        let request = Request::ReadDir { path: path.into() };
        self.names(&format!("list {}", short(path)), &request)
    }

    pub(crate) fn real_path(&self, path: &str) -> std::result::Result<String, Errno> {
        let request = Request::RealPath { path: path.into() };
        let names = self.names(&format!("realpath {}", short(path)), &request)?;
        names.into_iter().next().ok_or(Errno::ENOENT)
    }

    /// Names are not for the timeline: they are the framework's own look
    /// around.
    fn names(&self, what: &str, request: &Request) -> std::result::Result<Vec<String>, Errno> {
        match self.quiet_request(what, request)? {
            Answer::Names(names) => Ok(names),
            _ => Err(Errno::EIO),
        }
    }

    pub(crate) fn load_module(
        &self,
        module: &str,
        parameters: &str,
    ) -> std::result::Result<(), Errno> {
        let name = module.replace('-', "_");
        let mut order = Vec::new();
        self.load_order(&name, &mut order)?;
        for module in order {
            let known = &self.kernel.modules[&module];
            let parameters = if module == name { parameters } else { "" };
            let request = Request::LoadModule {
                path: Path::new("/")
                    .join(&known.file)
                    .to_string_lossy()
                    .into_owned(),
                parameters: parameters.to_owned(),
            };
            match self.value(&format!("load {module}"), &request) {
                Ok(_) | Err(Errno::EEXIST) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }

    /// A module after all that it depends on.
    fn load_order(&self, name: &str, order: &mut Vec<String>) -> std::result::Result<(), Errno> {
        if order.iter().any(|module| module == name) {
            return Ok(());
        }
        let module = self.kernel.modules.get(name).ok_or(Errno::ENOENT)?;
        for dependency in &module.depends {
            self.load_order(dependency, order)?;
        }
        order.push(name.to_owned());
        Ok(())
    }

    pub(crate) fn unload_module(&self, module: &str) -> std::result::Result<(), Errno> {
        let name = module.replace('-', "_");
        let request = Request::UnloadModule { name: name.clone() };
        self.value(&format!("unload {name}"), &request).map(drop)
    }

    /// The module that claims a device, by its modalias.
    pub(crate) fn module_for(&self, modalias: &str) -> Option<String> {
        let claims = |pattern: &String| crate::device::matches(pattern, modalias);
        self.kernel
            .modules
            .iter()
            .find(|(_, module)| module.aliases.iter().any(claims))
            .map(|(name, _)| name.clone())
    }

    /// Keeps a bus from probing devices by itself, once.
    pub(crate) fn turn_autoprobe_off(&self, bus: &str) -> std::result::Result<(), Errno> {
        if self.autoprobe_off.borrow().iter().any(|b| b == bus) {
            return Ok(());
        }
        let request = Request::WriteFile {
            path: format!("/sys/bus/{bus}/drivers_autoprobe"),
            data: b"0".to_vec(),
        };
        self.quiet_request("turn autoprobe off", &request)?;
        self.autoprobe_off.borrow_mut().push(bus.to_owned());
        Ok(())
    }

    pub(crate) fn mount(
        &self,
        kind: &str,
        target: &str,
        flags: u64,
        options: &str,
    ) -> std::result::Result<(), Errno> {
        let request = Request::Mount {
            source: "none".into(),
            target: target.into(),
            kind: kind.into(),
            flags,
            options: options.into(),
        };
        self.quiet_request(&format!("mount {kind}"), &request)
            .map(drop)
    }

    pub(crate) fn dmesg(&self) -> String {
        self.machine.borrow().log.text()
    }

    /// What is left when the guest is gone. A guest with checkers is asked for
    /// leaks before it goes; what happens then is none of the test's.
    fn finish(&self) -> Finished {
        let mut machine = self.machine.borrow_mut();
        let asks = self.kernel.sanitized && !self.dead.get() && !context::is_in_trouble();
        if !asks {
            machine.kill();
        }
        let finished = self.so_far(&machine);
        let leaks = if asks {
            leaks::find(&mut machine)
        } else {
            Ok(String::new())
        };
        machine.kill();
        let mut log = machine.log.text();
        log.push_str(leaks.as_deref().unwrap_or_default());
        let mut kernel_reports = report::find(&log);
        if let Err(fault) = leaks {
            let text = crate::error::chain(&fault);
            kernel_reports.push(format!("the search for leaks at the end failed: {text}"));
        }
        report::settle(
            &mut kernel_reports,
            &self.expected_reports.borrow(),
            "report of the kernel",
        );
        Finished {
            log,
            kernel_reports,
            ..finished
        }
    }

    /// What the test did, and what the models say to it.
    fn so_far(&self, machine: &Machine) -> Finished {
        let mut world = machine.world.borrow_mut();
        let mut events = std::mem::take(&mut world.events);
        events.extend(machine.log.news(world.now));
        let mut violations: Vec<String> = world
            .breaches
            .iter()
            .map(|breach| {
                format!(
                    "the driver broke a contract of {}: {}",
                    breach.chip, breach.text
                )
            })
            .collect();
        report::settle(
            &mut violations,
            &self.expected_breaches.borrow(),
            "violation of a contract",
        );
        Finished {
            virtual_ns: world.now.as_ns(),
            transfers: world.transfers,
            events,
            violations,
            ..Finished::default()
        }
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

/// An answer, short enough for a timeline.
fn show(answer: &Answer) -> String {
    match answer {
        Answer::Value(value) => value.to_string(),
        Answer::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if text.len() <= 60 => text.trim_end().escape_debug().to_string(),
            _ => format!("{} bytes", bytes.len()),
        },
        Answer::Names(names) => names.join(" "),
        Answer::Time {
            seconds,
            nanoseconds,
        } => format!("{seconds}.{nanoseconds:09}"),
        Answer::Ioctl { value, .. } => value.to_string(),
        Answer::Output { status, .. } => format!("exit {status}"),
    }
}

/// The last two parts of a path: what a reader of a timeline wants to know.
pub(crate) fn short(path: &str) -> &str {
    let mut slashes = path.rmatch_indices('/');
    match slashes.nth(1) {
        Some((at, _)) => &path[at + 1..],
        None => path,
    }
}
