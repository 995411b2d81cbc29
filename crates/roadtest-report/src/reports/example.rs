// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A small run with one of each, for the tests of the reports.

use std::path::PathBuf;

use roadtest_record::event::{Access, Direction, End, Event, Transfer, What};
use roadtest_record::summary::{KernelIdentity, Summary};
use roadtest_record::test::{Outcome, Record};

use super::{Run, Test};

fn at(time_ns: u64, what: What) -> Event {
    Event { time_ns, what }
}

fn i2c(
    start_ns: u64,
    direction: Direction,
    bytes: &str,
    target: &str,
    value: &str,
    fields: &str,
) -> What {
    What::Transfer(Transfer {
        bus: "i2c".to_owned(),
        unit: "44".to_owned(),
        chip: "opt3001".to_owned(),
        start_ns,
        direction,
        bytes: bytes.to_owned(),
        received: String::new(),
        accesses: vec![Access {
            direction,
            target: target.to_owned(),
            value: value.to_owned(),
            fields: fields.to_owned(),
        }],
        held: false,
        outcome: roadtest_record::event::Outcome::Completed,
        end: End::Stop,
    })
}

/// A transfer of a converter on another bus, at 1 MHz.
fn spi(start_ns: u64, direction: Direction, bytes: &str, received: &str, end: End) -> Event {
    let duration = bytes.split(' ').count() as u64 * 8_000;
    at(
        start_ns + duration,
        What::Transfer(Transfer {
            bus: "spi".to_owned(),
            unit: "cs0".to_owned(),
            chip: "mcp3208".to_owned(),
            start_ns,
            direction,
            bytes: bytes.to_owned(),
            received: received.to_owned(),
            accesses: Vec::new(),
            held: false,
            outcome: roadtest_record::event::Outcome::Completed,
            end,
        }),
    )
}

fn pin(to: &str, by: &str) -> What {
    What::Pin {
        pin: "gpio3".to_owned(),
        to: to.to_owned(),
        by: by.to_owned(),
    }
}

fn interrupt(text: &str) -> What {
    What::Interrupt {
        pin: "gpio3".to_owned(),
        text: text.to_owned(),
    }
}

/// A driver that reads the result before the conversion has ended.
fn events() -> Vec<Event> {
    vec![
        at(
            12_000_000,
            What::Kernel {
                text: "opt3001 0-0044: Found TI OPT3001".to_owned(),
            },
        ),
        at(20_000_000, pin("input", "driver")),
        at(20_001_000, interrupt("armed falling")),
        at(
            21_097_500,
            i2c(
                21_002_500,
                Direction::Write,
                "01 ca 10",
                "CONFIG",
                "ca10",
                "mode=Single",
            ),
        ),
        at(821_097_500, pin("low", "opt3001")),
        at(821_097_500, interrupt("fired")),
        at(
            821_170_000,
            i2c(821_097_500, Direction::Read, "34 56", "RESULT", "3456", ""),
        ),
        at(
            821_170_000,
            What::Violation {
                chip: "opt3001".to_owned(),
                text: "read of RESULT while converting (7.1)".to_owned(),
            },
        ),
        spi(
            821_172_000,
            Direction::Both,
            "01 80 00",
            "00 02 bc",
            End::Stop,
        ),
        spi(821_200_000, Direction::Write, "8f", "", End::Held),
        spi(821_208_000, Direction::Read, "a5", "", End::Stop),
        at(
            821_230_000,
            What::Request {
                text: "read in_illuminance_input".to_owned(),
                answer: "88.800000".to_owned(),
            },
        ),
    ]
}

fn test(name: &str, outcome: Outcome, reason: &str) -> Test {
    let driver = "iio/light/opt3001";
    let skipped = outcome == Outcome::Skipped;
    let timeline = if skipped {
        PathBuf::new()
    } else {
        format!("tests/{driver}/{name}/timeline.txt").into()
    };
    Test {
        record: Record {
            name: format!("iio::light::opt3001::{name}"),
            driver: driver.to_owned(),
            outcome,
            reason: reason.to_owned(),
            wall_ms: 92.0,
            boot_ms: 31.5,
            virtual_ns: 821_240_000,
            transfers: 4,
            kernel_reports: Vec::new(),
            timeline,
            expected: None,
            got: None,
            machines: Vec::new(),
        },
        test: name.to_owned(),
        directory: PathBuf::new(),
        events: if skipped { Vec::new() } else { events() },
        dmesg: String::new(),
        output: String::new(),
    }
}

/// A run with one of each.
pub(crate) fn example() -> Run {
    let mut failed = test(
        "reads_lux",
        Outcome::Failed,
        "assertion failed\n  left: Err(ETIMEDOUT)\n right: Ok(\"88.8\") \
         (crates/roadtest-drivers/tests/iio/light/opt3001.rs:42)",
    );
    failed.record.expected = Some("Ok(\"88.8\")".to_owned());
    failed.record.got = Some("Err(ETIMEDOUT)".to_owned());
    failed.output = "Snapshot: reads_lux\n\
         -old snapshot\n+new results\n────────────┬─────\n    \
         0     0 │ W CONFIG  ca10\n    1       │-R RESULT  3456\n          1 │+R RESULT  0000\n\
         ────────────┴─────\n"
        .to_owned();
    let mut reported = test(
        "unbinds",
        Outcome::KernelReport,
        "the kernel reported: WARNING: CPU: 0 PID: 1 at drivers/iio/light/opt3001.c:7",
    );
    reported.record.kernel_reports =
        vec!["WARNING: CPU: 0 PID: 1 at drivers/iio/light/opt3001.c:7".to_owned()];
    reported.dmesg = "[    0.1] ------------[ cut here ]------------\n".to_owned();
    let mut other = test(
        "negative_temperature",
        Outcome::ModelViolation,
        "tmp117: write to <reserved> bit 15 & \"more\", 100%",
    );
    other.record.driver = "iio/temperature/tmp117".to_owned();
    other.record.name = "iio::temperature::tmp117::negative_temperature".to_owned();
    other.record.timeline = "tests/iio/temperature/tmp117/negative_temperature/timeline.txt".into();
    let tests = vec![
        test("probes", Outcome::Passed, ""),
        test(
            "buffers",
            Outcome::Skipped,
            "CONFIG_IIO_BUFFER is not in this kernel",
        ),
        failed,
        reported,
        other,
    ];
    let kernel = KernelIdentity {
        release: "6.12.117".to_owned(),
        source: "debian:6.12".to_owned(),
        config_fingerprint: "0123".to_owned(),
        flavour: "sanitized".to_owned(),
    };
    Run::new(kernel, tests)
}

/// The same as files.
pub(crate) fn example_directory() -> tempfile::TempDir {
    let out = tempfile::tempdir().expect("a directory");
    let run = example();
    for test in &run.tests {
        if test.record.timeline.as_os_str().is_empty() {
            continue;
        }
        let directory = out.path().join(&test.record.timeline);
        let directory = directory.parent().expect("it is in a directory");
        roadtest_record::store(&directory.join("timeline.json"), &test.events).expect("written");
        std::fs::write(directory.join("dmesg.txt"), &test.dmesg).expect("written");
        std::fs::write(directory.join("output.txt"), &test.output).expect("written");
    }
    let summary = Summary {
        schema: 1,
        kernel: run.kernel,
        tests: run.tests.into_iter().map(|test| test.record).collect(),
    };
    roadtest_record::store(&out.path().join("summary.json"), &summary).expect("written");
    out
}
