// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Measures what a driver test pays for: `cargo xtask bench`. It asserts
//! nothing. Every figure is the minimum, median and maximum of its runs, and
//! each comes from the same public interface that a test uses.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Parser;
use roadtest::{Board, SimTime, Uml};
use roadtest_chips::iio::light::opt3001::Opt3001;
use roadtest_chips::misc::eeprom::at24::At24c256;
use roadtest_record::kernel::{Kernel, MANIFEST, MANIFEST_ENV};
use roadtest_record::test::RUNNER_ENV;
use serde::Serialize;

#[derive(Parser)]
struct Arguments {
    /// How often each figure is taken.
    #[arg(long, default_value_t = 40)]
    runs: usize,
    /// Write the figures, in nanoseconds.
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
}

#[derive(Serialize)]
struct Figure {
    min: u64,
    median: u64,
    max: u64,
}

impl Figure {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        let ns = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Self {
            min: times.first().copied().map_or(0, ns),
            median: times.get(times.len() / 2).copied().map_or(0, ns),
            max: times.last().copied().map_or(0, ns),
        }
    }
}

/// The test whose time is taken, run as the harness runs any other.
#[roadtest::test]
fn empty_test() -> roadtest::Result {
    Board::new().boot().map(drop)
}

fn main() -> anyhow::Result<ExitCode> {
    if std::env::args().any(|word| word == "--exact") {
        return Ok(roadtest::harness::main());
    }
    run().map(|()| ExitCode::SUCCESS)
}

fn run() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    ensure!(arguments.runs > 0, "no figure comes of no runs");
    let figures = measure(arguments.runs)?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{:14} {:>12} {:>12} {:>12} {:>12}",
        "", "min", "median", "max", "bare boots"
    )?;
    let bare = figures
        .get("bare_boot")
        .map_or(1, |bare| bare.median)
        .max(1);
    for (name, figure) in &figures {
        let [min, median, max] = [figure.min, figure.median, figure.max]
            .map(|ns| format!("{:.1} us", Duration::from_nanos(ns).as_secs_f64() * 1e6));
        let ratio = figure.median as f64 / bare as f64;
        writeln!(
            out,
            "{name:14} {min:>12} {median:>12} {max:>12} {ratio:>12.4}"
        )?;
    }
    if let Some(path) = arguments.json {
        let text = serde_json::to_string_pretty(&figures)?;
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn measure(runs: usize) -> anyhow::Result<BTreeMap<&'static str, Figure>> {
    let mut figures = BTreeMap::new();
    let mut take = |name, run: &mut dyn FnMut() -> anyhow::Result<Duration>| {
        let times = (0..runs).map(|_| run()).collect::<anyhow::Result<_>>()?;
        figures.insert(name, Figure::of(times));
        anyhow::Ok(())
    };
    // The first kernel finds its files in no cache.
    boot(Board::new())?;

    take("bare_boot", &mut || {
        roadtest::uml::bare_boot(kernel()?).map_err(|error| anyhow::anyhow!("{error}"))
    })?;
    take("empty_test", &mut || {
        let start = Instant::now();
        let status = Command::new(std::env::current_exe()?)
            .args(["--exact", "empty_test", "--nocapture"])
            .env(RUNNER_ENV, std::process::id().to_string())
            .stdin(Stdio::null())
            .status()?;
        ensure!(status.success(), "the empty test failed");
        Ok(start.elapsed())
    })?;
    take("boot", &mut || {
        let start = Instant::now();
        let uml = boot(Board::new())?;
        let time = start.elapsed();
        drop(uml);
        Ok(time)
    })?;
    take("bind", &mut || {
        let mut board = Board::new();
        let light = board.i2c(0x44, Opt3001::new());
        let uml = boot(board)?;
        let start = Instant::now();
        uml.bind(&light).map_err(|e| anyhow::anyhow!("{e}"))?;
        Ok(start.elapsed())
    })?;

    let mut board = Board::new();
    let memory = board.i2c(0x50, At24c256::new());
    let uml = boot(board)?;
    take("request", &mut || {
        Ok(repeated(100, || {
            uml.read("/sys/kernel/mm/notes").err().map(drop)
        }))
    })?;

    // One byte per transfer: a message with the address, a message with the
    // byte. A read of 64 bytes is one request with 64 transfers.
    uml.load_with("at24", "io_limit=1")?;
    uml.bind(&memory).map_err(|e| anyhow::anyhow!("{e}"))?;
    let device = uml.device("/sys/bus/i2c/devices/0-0050");
    let eeprom = device.open("eeprom")?;
    take("i2c_transfer", &mut || {
        let start = Instant::now();
        ensure!(eeprom.read_at(0, 64)?.len() == 64, "a short read");
        Ok(start.elapsed() / 64)
    })?;
    drop(eeprom);

    let idle = boot(Board::new())?;
    take("virtual_hour", &mut || {
        let start = Instant::now();
        idle.sleep(SimTime::s(3600));
        Ok(start.elapsed())
    })?;
    Ok(figures)
}

fn boot(board: Board) -> anyhow::Result<Uml> {
    let uml = board.power_on(kernel()?);
    uml.map_err(|error| anyhow::anyhow!("{error}"))
}

/// The kernel that was built last.
fn kernel() -> anyhow::Result<&'static Kernel> {
    static KERNEL: OnceLock<Kernel> = OnceLock::new();
    if let Some(kernel) = KERNEL.get() {
        return Ok(kernel);
    }
    let manifest = std::env::var_os(MANIFEST_ENV).unwrap_or_else(|| MANIFEST.into());
    let kernel = Kernel::load(Path::new(&manifest)).context("run `cargo xtask build`")?;
    Ok(KERNEL.get_or_init(|| kernel))
}

/// The time of one of `count` runs.
fn repeated<T>(count: u32, mut run: impl FnMut() -> T) -> Duration {
    let start = Instant::now();
    for _ in 0..count {
        run();
    }
    start.elapsed() / count
}
