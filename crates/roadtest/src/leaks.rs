// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Asks a kernel with checkers, when a test is over, for memory that nothing
//! points to any more (`mm/kmemleak.c`). What it means for the test is the
//! business of `report`.

use roadtest_model::SimTime;
use roadtest_wire::{Answer, Reply, Request};

use crate::fault::Fault;
use crate::machine::Machine;

const DEBUGFS: &str = "/sys/kernel/debug";
const KMEMLEAK: &str = "/sys/kernel/debug/kmemleak";

/// Younger objects are not looked at: `MSECS_MIN_AGE`, and a second more.
const OLD_ENOUGH: SimTime = SimTime::s(6);

/// A scan sleeps now and then, for less than this in all.
const SCAN_LIMIT: SimTime = SimTime::s(100);

/// What kmemleak has to say, without the content of the memory; empty where
/// there is no leak. Takes more than six seconds of virtual time.
///
/// # Errors
/// Where the guest dies or hangs meanwhile, or has no kmemleak.
pub(crate) fn find(machine: &mut Machine) -> Result<String, Fault> {
    let mount = Request::Mount {
        source: "none".into(),
        target: DEBUGFS.into(),
        kind: "debugfs".into(),
        flags: 0,
        options: String::new(),
    };
    // It may be mounted already.
    machine.request(&mount, "mount debugfs", SCAN_LIMIT)?;
    // The first scan notes what the objects hold; only those that still hold
    // the same at the next one are told of.
    scan(machine)?;
    machine.sleep(OLD_ENOUGH)?;
    scan(machine)?;
    let read = Request::ReadFile {
        path: KMEMLEAK.into(),
    };
    match machine.request(&read, "read kmemleak", SCAN_LIMIT)? {
        Reply::Ok(Answer::Bytes(bytes)) => Ok(without_content(&String::from_utf8_lossy(&bytes))),
        other => Err(refused("read what kmemleak found", &other)),
    }
}

fn scan(machine: &mut Machine) -> Result<(), Fault> {
    let scan = Request::WriteFile {
        path: KMEMLEAK.into(),
        data: "scan".into(),
    };
    match machine.request(&scan, "let kmemleak scan", SCAN_LIMIT)? {
        Reply::Ok(_) => Ok(()),
        other => Err(refused("let kmemleak scan", &other)),
    }
}

fn refused(what: &str, reply: &Reply) -> Fault {
    let text = match reply {
        Reply::Err(number) => format!("{}", crate::Errno::new(*number)),
        other => format!("the answer is {other:?}"),
    };
    Fault::host(what)(std::io::Error::other(text))
}

/// Leaves the dumps out: `    6b 6b 6b 6b …` under their headline.
fn without_content(text: &str) -> String {
    let is_dump = |line: &&str| {
        let line = line.trim_start();
        let first = line.split(' ').next().unwrap_or_default();
        line.starts_with("hex dump") || first.len() == 2 && u8::from_str_radix(first, 16).is_ok()
    };
    let kept = text.lines().filter(|line| !is_dump(line));
    kept.flat_map(|line| [line, "\n"]).collect()
}
