// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Asks a kernel with checkers, when a test is over, for memory that nothing
//! points to any more (`mm/kmemleak.c`). What it means for the test is decided
//! in `report`.

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

/// What kmemleak has to say, as far as it is of use; empty where there is no
/// leak. Takes more than six seconds of virtual time.
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
        Reply::Ok(Answer::Bytes(bytes)) => Ok(essence(&String::from_utf8_lossy(&bytes))),
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
        Reply::Refused(why) => why.clone(),
        other => format!("the answer is {other:?}"),
    };
    Fault::host(what)(std::io::Error::other(text))
}

/// The frames of kmemleak itself, which are the first of each backtrace.
const OWN: [&str; 6] = [
    "save_stack_trace+",
    "stack_trace_save+",
    "set_track_prepare+",
    "__alloc_object+",
    "__create_object+",
    "kmemleak_alloc+",
];

/// What is of use to a search for the leak: no dumps of the memory,
/// `    6b 6b 6b 6b …` under their headline, and no frames of kmemleak.
fn essence(text: &str) -> String {
    let says_little = |line: &str| {
        let line = line.trim_start();
        let first = line.split(' ').next().unwrap_or_default();
        line.starts_with("hex dump")
            || first.len() == 2 && u8::from_str_radix(first, 16).is_ok()
            || OWN.iter().any(|own| line.starts_with(own))
    };
    let kept = text.lines().filter(|line| !says_little(line));
    kept.flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaked_is_told_with_who_allocated_it() {
        let text = "\
unreferenced object 0x62f753c0 (size 8):
  comm \"init\", pid 1, jiffies 4294937298
  hex dump (first 8 bytes):
    00 62 f7 53 00 00 00 00                          .b.S....
  backtrace (crc f958fea6):
    save_stack_trace+0x83/0xc0
    stack_trace_save+0x83/0xa0
    set_track_prepare+0x49/0x70
    __alloc_object+0x141/0x330
    __create_object+0x2b/0x100
    kmemleak_alloc+0x31/0x40
    __kmalloc_node_track_caller_noprof+0x33b/0x4a0
    kmemdup_noprof+0x2d/0x60
    pcf8563_probe+0x437/0x7f3 [rtc_pcf8563]
";
        insta::assert_snapshot!(essence(text), @r#"
        unreferenced object 0x62f753c0 (size 8):
          comm "init", pid 1, jiffies 4294937298
          backtrace (crc f958fea6):
            __kmalloc_node_track_caller_noprof+0x33b/0x4a0
            kmemdup_noprof+0x2d/0x60
            pcf8563_probe+0x437/0x7f3 [rtc_pcf8563]
        "#);
    }
}
