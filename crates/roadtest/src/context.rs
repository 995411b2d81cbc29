// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The test that runs on this thread: its name, its driver, its folder, why
//! it fails, and the record that it leaves.

use std::cell::RefCell;
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Instant;

use roadtest_record::event::Event;
use roadtest_record::test::{OUT, OUT_ENV, Outcome, Record};

use crate::fault::Fault;
use crate::timeline;

thread_local! {
    /// What has gone wrong so far in the test on this thread.
    static TROUBLE: RefCell<Trouble> = const { RefCell::new(Trouble::new()) };
}

#[derive(Debug)]
struct Trouble {
    /// The errors that are alive. One that the test handled is dropped before
    /// its guest is; one that it returns is not.
    errors: Vec<(u64, String)>,
    /// How many errors were made.
    made: u64,
    /// The last fault: it cannot be handled.
    fault: Option<(Outcome, String)>,
    /// The panic that is going on.
    panic: Option<String>,
    skipped: Option<String>,
}

impl Trouble {
    const fn new() -> Self {
        Self {
            errors: Vec::new(),
            made: 0,
            fault: None,
            panic: None,
            skipped: None,
        }
    }
}

/// An error was made. Gives its number, for [`forget_error`].
pub(crate) fn note_error(text: &str) -> u64 {
    TROUBLE.with_borrow_mut(|trouble| {
        trouble.made += 1;
        trouble.errors.push((trouble.made, text.to_owned()));
        trouble.made
    })
}

/// An error was dropped.
pub(crate) fn forget_error(number: u64) {
    // A thread that is being torn down has no trouble left to note.
    let _ = TROUBLE.try_with(|trouble| {
        let errors = &mut trouble.borrow_mut().errors;
        errors.retain(|(made, _)| *made != number);
    });
}

pub(crate) fn note_fault(fault: &Fault) {
    let text = crate::error::chain(fault);
    TROUBLE.with_borrow_mut(|trouble| {
        trouble.fault.get_or_insert((fault.outcome(), text));
    });
}

/// Whether the test is ending before its end: its guest may not answer, and
/// another reason why it fails would be one too many.
pub(crate) fn is_in_trouble() -> bool {
    let ends = TROUBLE.try_with(|trouble| {
        let trouble = trouble.borrow();
        trouble.fault.is_some() || trouble.skipped.is_some()
    });
    ends.unwrap_or(true) || std::thread::panicking()
}

/// Ends the test with a fault.
pub(crate) fn fail(fault: &Fault) -> ! {
    note_fault(fault);
    panic!("{}", crate::error::chain(fault));
}

/// Ends the test because the kernel lacks what it needs. `cargo test` knows
/// no such thing: to it the test fails with the reason. Where each test has a
/// process of its own, the process ends in peace.
pub(crate) fn skip(context: Option<Context>, reason: &str) -> ! {
    TROUBLE.with_borrow_mut(|trouble| trouble.skipped = Some(reason.to_owned()));
    drop(context);
    if std::env::var_os("NEXTEST_EXECUTION_MODE").is_some_and(|mode| mode == "process-per-test") {
        std::process::exit(0);
    }
    panic!("skipped: {reason}");
}

/// Remembers panics of this thread's test for its record.
fn install_panic_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let place = match panic.location() {
                // Why: an absolute path is that of a library such as insta, on
                // this machine alone.
                Some(location) if Path::new(location.file()).is_relative() => {
                    format!(" ({}:{})", location.file(), location.line())
                }
                _ => String::new(),
            };
            let text = panic.payload_as_str().unwrap_or("a panic");
            // A thread that is being torn down has no trouble left to note.
            let _ = TROUBLE.try_with(|trouble| {
                trouble.borrow_mut().panic = Some(format!("{text}{place}"));
            });
            previous(panic);
        }));
    });
}

/// Takes the message of a panic that was caught.
pub(crate) fn take_panic() -> String {
    TROUBLE
        .with_borrow_mut(|trouble| trouble.panic.take())
        .unwrap_or_else(|| "no message".into())
}

/// The test that runs on this thread.
#[derive(Debug)]
pub(crate) struct Context {
    /// `iio::light::opt3001::reads_lux`
    name: String,
    /// `iio/light/opt3001`
    driver: String,
    /// `reads_lux`
    test: String,
    out: PathBuf,
    started: Instant,
    finished: Option<Finished>,
    pub(crate) boot_ms: f64,
}

/// What a guest leaves when it is gone.
#[derive(Debug, Default)]
pub(crate) struct Finished {
    pub(crate) virtual_ns: u64,
    pub(crate) transfers: u64,
    pub(crate) events: Vec<Event>,
    pub(crate) log: String,
    pub(crate) kernel_reports: Vec<String>,
    pub(crate) violations: Vec<String>,
}

impl Finished {
    /// What a guest leaves that never came up.
    pub(crate) fn failed_boot(log: String) -> Self {
        Self {
            kernel_reports: crate::report::find(&log),
            log,
            ..Self::default()
        }
    }
}

impl Context {
    /// The context of the test whose source is at `caller`.
    pub(crate) fn new(caller: &Location<'_>) -> Self {
        install_panic_hook();
        TROUBLE.with_borrow_mut(|trouble| *trouble = Trouble::new());
        let name = test_name();
        let driver = driver_of(Path::new(caller.file()), &name);
        let test = name.rsplit("::").next().unwrap_or(&name).to_owned();
        Self {
            out: std::env::var_os(OUT_ENV)
                .map_or_else(|| workspace().join(OUT), |out| workspace().join(out)),
            name,
            driver,
            test,
            started: Instant::now(),
            finished: None,
            boot_ms: 0.0,
        }
    }

    pub(crate) fn driver(&self) -> &str {
        &self.driver
    }

    pub(crate) fn test(&self) -> &str {
        &self.test
    }

    /// `<out>/tests/<driver>/<test>`
    pub(crate) fn folder(&self) -> PathBuf {
        self.out.join(self.relative_folder())
    }

    /// Leaves a file beside the record.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(crate) fn keep(&self, name: &str, text: &str) -> std::io::Result<()> {
        let folder = self.folder();
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(name), text)
    }

    fn relative_folder(&self) -> PathBuf {
        Path::new("tests").join(&self.driver).join(&self.test)
    }

    pub(crate) fn finish(&mut self, finished: Finished) {
        self.finished = Some(finished);
    }

    fn record(&self, finished: &Finished) -> Record {
        let (outcome, reason) = TROUBLE.with_borrow(|trouble| verdict(trouble, finished));
        let (expected, got) = match expectation(&reason) {
            Some((expected, got)) => (Some(expected), Some(got)),
            None => (None, None),
        };
        Record {
            name: self.name.clone(),
            driver: self.driver.clone(),
            outcome,
            reason,
            wall_ms: milliseconds(self.started),
            boot_ms: self.boot_ms,
            virtual_ns: finished.virtual_ns,
            transfers: finished.transfers,
            kernel_reports: finished.kernel_reports.clone(),
            timeline: self.relative_folder().join("timeline.txt"),
            expected,
            got,
        }
    }
}

impl Drop for Context {
    /// Writes the record. A file that cannot be written is said on standard
    /// error, which the test runner shows with the test.
    fn drop(&mut self) {
        let finished = self.finished.take().unwrap_or_default();
        let record = self.record(&finished);
        let folder = self.folder();
        let written = std::fs::create_dir_all(&folder)
            .and_then(|()| {
                let text = timeline::with_times(&finished.events);
                std::fs::write(folder.join("timeline.txt"), text)
            })
            .and_then(|()| std::fs::write(folder.join("dmesg.txt"), &finished.log))
            .map_err(|error| error.to_string())
            .and_then(|()| {
                roadtest_record::store(&folder.join("timeline.json"), &finished.events)
                    .and_then(|()| roadtest_record::store(&folder.join("record.json"), &record))
                    .map_err(|error| crate::error::chain(&error))
            });
        if let Err(error) = written {
            eprintln!("roadtest: the record of {} is lost: {error}", self.name);
        }
        // Whoever explores a board may break what a test must not.
        if !std::thread::panicking()
            && !crate::explore::wanted()
            && matches!(
                record.outcome,
                Outcome::KernelReport | Outcome::ModelViolation
            )
        {
            panic!("{}", record.reason);
        }
    }
}

pub(crate) fn milliseconds(since: Instant) -> f64 {
    (since.elapsed().as_secs_f64() * 1e6).round() / 1e3
}

/// The outcome, most telling first.
fn verdict(trouble: &Trouble, finished: &Finished) -> (Outcome, String) {
    if let Some(reason) = &trouble.skipped {
        return (Outcome::Skipped, reason.clone());
    }
    if let Some(report) = finished.kernel_reports.first() {
        return (
            Outcome::KernelReport,
            format!("the kernel reported: {report}"),
        );
    }
    if let Some(fault) = &trouble.fault {
        return fault.clone();
    }
    if let Some(violation) = finished.violations.first() {
        return (Outcome::ModelViolation, violation.clone());
    }
    if std::thread::panicking() {
        let reason = trouble.panic.clone().unwrap_or_default();
        return (Outcome::Failed, reason);
    }
    match trouble.errors.last() {
        Some((_, reason)) => (Outcome::Failed, reason.clone()),
        None => (Outcome::Passed, String::new()),
    }
}

/// Expected and got from the message of a failed `assert_eq!(got, expected)`.
fn expectation(reason: &str) -> Option<(String, String)> {
    let after = |mark: &str| {
        let start = reason.find(mark)? + mark.len();
        reason[start..].lines().next().map(str::to_owned)
    };
    let got = after("\n  left: ")?;
    let expected = after("\n right: ")?;
    // The place of the panic follows the last line.
    let expected = match expected.rfind(" (") {
        Some(end) if expected.ends_with(')') => expected[..end].to_owned(),
        _ => expected,
    };
    Some((expected, got))
}

/// The workspace's root, where this crate was built.
pub(crate) fn workspace() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().and_then(Path::parent).unwrap_or(manifest)
}

/// What the test harness calls the running test: it gives each thread its
/// test's name, except for the main thread, on which it runs tests when it is
/// told to use only one.
fn test_name() -> String {
    let thread = std::thread::current();
    match thread.name() {
        Some(name) if name != "main" => name.to_owned(),
        _ => name_from_arguments()
            .or_else(name_from_backtrace)
            .unwrap_or_else(|| "main".into()),
    }
}

fn name_from_arguments() -> Option<String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--exact") {
        return None;
    }
    let mut names = arguments.iter().filter(|a| a.contains("::"));
    let name = names.next()?.clone();
    names.next().is_none().then_some(name)
}

/// The function below the harness's in the stack: `drivers::a::b::{{closure}}`
/// and the like.
fn name_from_backtrace() -> Option<String> {
    let trace = std::backtrace::Backtrace::force_capture().to_string();
    let frames: Vec<&str> = trace
        .lines()
        .filter_map(|line| line.trim().split_once(": ").map(|(_, symbol)| symbol))
        .collect();
    let harness = frames
        .iter()
        .position(|symbol| symbol.contains("FnOnce::call_once"))?;
    let symbol = frames[..harness]
        .iter()
        .rev()
        .map(|symbol| symbol.trim_end_matches("::{{closure}}"))
        .find(|symbol| symbol.contains("::") && !symbol.starts_with("roadtest::"))?;
    symbol.split_once("::").map(|(_, name)| name.to_owned())
}

/// The driver that a test is about: the path of its source below `tests/`,
/// with the `-` that a module's name cannot have taken from the fragment.
fn driver_of(source: &Path, name: &str) -> String {
    let module = source
        .components()
        .skip_while(|part| part.as_os_str() != "tests")
        .skip(1)
        .collect::<PathBuf>()
        .with_extension("");
    let module = if module.as_os_str().is_empty() {
        let parts: Vec<&str> = name.split("::").collect();
        parts[..parts.len().saturating_sub(1)].join("/")
    } else {
        module.to_string_lossy().into_owned()
    };
    fragment_name(&workspace().join("kconfig-fragments"), &module).unwrap_or(module)
}

/// The fragment whose path is `module` or starts it, for tests in a file below
/// their driver's, with any `_` standing for a `-`.
fn fragment_name(folder: &Path, module: &str) -> Option<String> {
    let (first, rest) = match module.split_once('/') {
        Some((first, rest)) => (first, Some(rest)),
        None => (module, None),
    };
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    for name in names {
        let stem = name.strip_suffix(".config").unwrap_or(&name);
        if stem.replace('-', "_") != first.replace('-', "_") {
            continue;
        }
        match rest {
            _ if name.ends_with(".config") => return Some(stem.to_owned()),
            Some(rest) => {
                if let Some(below) = fragment_name(&folder.join(&name), rest) {
                    return Some(format!("{name}/{below}"));
                }
            }
            None => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_comparison_names_what_was_expected_and_what_came() {
        let reason =
            "assertion `left == right` failed\n  left: Err(EIO)\n right: Ok(\"1\") (a.rs:3)";
        assert_eq!(
            expectation(reason),
            Some(("Ok(\"1\")".into(), "Err(EIO)".into()))
        );
        assert_eq!(expectation("something else"), None);
    }

    #[test]
    fn an_error_counts_for_as_long_as_it_is_alive() {
        let outcome = || TROUBLE.with_borrow(|trouble| verdict(trouble, &Finished::default()));
        let handled = crate::Error::new("handled");
        let returned = crate::Error::new("returned");
        drop(handled);
        assert_eq!(outcome(), (Outcome::Failed, "returned".into()));
        drop(returned);
        assert_eq!(outcome(), (Outcome::Passed, String::new()));
    }

    #[test]
    fn a_driver_is_named_after_its_fragment() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("rtc")).unwrap();
        std::fs::write(folder.path().join("rtc/rtc-pcf8563.config"), "").unwrap();
        assert_eq!(
            fragment_name(folder.path(), "rtc/rtc_pcf8563").as_deref(),
            Some("rtc/rtc-pcf8563")
        );
        assert_eq!(
            fragment_name(folder.path(), "rtc/rtc_pcf8563/alarms").as_deref(),
            Some("rtc/rtc-pcf8563")
        );
        assert_eq!(fragment_name(folder.path(), "rtc/other"), None);
    }

    #[test]
    fn a_kernel_report_outweighs_a_failed_assertion() {
        let mut trouble = Trouble::new();
        trouble.errors.push((1, "the read failed".into()));
        let finished = Finished {
            kernel_reports: vec!["WARNING: CPU: 0".into()],
            ..Finished::default()
        };
        assert_eq!(verdict(&trouble, &finished).0, Outcome::KernelReport);
        assert_eq!(verdict(&trouble, &Finished::default()).0, Outcome::Failed);
    }
}
