// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A reader of waveform files, as strict as sigrok's, and listeners on the
//! wires in them, as a logic analyser has: the other side of what is drawn.

use std::collections::{BTreeMap, BTreeSet};

/// A file with nothing but wires in it.
pub(super) struct File {
    /// `1 us`
    pub(super) timescale: String,
    /// Wires in the order of their declaration, and their identifiers.
    pub(super) wires: Vec<(String, String)>,
    /// What changes when: tick, identifier, level.
    changes: Vec<(u64, String, char)>,
    pub(super) ticks: Vec<u64>,
}

impl File {
    /// Reads a file.
    ///
    /// # Errors
    /// What libsigrok warns of or refuses: its release 0.5.2 or the code that
    /// follows it.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let (header, body) = text
            .split_once("$enddefinitions $end\n")
            .ok_or("the header has no end")?;
        let mut file = Self {
            timescale: String::new(),
            wires: Vec::new(),
            changes: Vec::new(),
            ticks: Vec::new(),
        };
        file.header(header)?;
        let known: BTreeSet<&String> = file.wires.iter().map(|(_, id)| id).collect();
        for line in body.lines() {
            if let Some(tick) = line.strip_prefix('#') {
                let tick = tick.parse().map_err(|error| format!("{line}: {error}"))?;
                if file.ticks.last().is_some_and(|last| tick <= *last) {
                    return Err(format!("{tick} is not later"));
                }
                file.ticks.push(tick);
                continue;
            }
            let now = *file.ticks.last().ok_or("a change before the first time")?;
            let (level, id) = line.split_at_checked(1).ok_or("an empty line")?;
            if !["0", "1", "x", "z"].contains(&level) || !known.contains(&id.to_owned()) {
                return Err(format!("no level of a wire: {line}"));
            }
            file.changes
                .push((now, id.to_owned(), level.chars().next().unwrap_or('x')));
        }
        match file.ticks.windows(2).map(|pair| pair[1] - pair[0]).min() {
            Some(shortest) if shortest > 20 => Err("suspiciously low change rate".to_owned()),
            Some(_) => Ok(file),
            None => Err("there are no two times".to_owned()),
        }
    }

    fn header(&mut self, header: &str) -> Result<(), String> {
        let sections = header.trim().strip_suffix("$end").ok_or("no section")?;
        for section in sections.split("$end") {
            let words: Vec<&str> = section.split_whitespace().collect();
            match words[..] {
                ["$comment", ..] | ["$scope", "module", "libsigrok"] | ["$upscope"] => {}
                ["$timescale", number, unit] if self.timescale.is_empty() => {
                    let known =
                        ["1", "10", "100"].contains(&number) && ["ns", "us", "ms"].contains(&unit);
                    if !known {
                        return Err(format!("no time scale: {number} {unit}"));
                    }
                    self.timescale = format!("{number} {unit}");
                }
                ["$var", "wire", "1", id, name] => {
                    let twice = |(wire, other): &(String, String)| wire == name || other == id;
                    if self.wires.iter().any(twice) {
                        return Err(format!("{id} {name} is there twice"));
                    }
                    self.wires.push((name.to_owned(), id.to_owned()));
                }
                _ => return Err(format!("a section that sigrok does not know: {section}")),
            }
        }
        if self.timescale.is_empty() {
            return Err("there is no time scale".to_owned());
        }
        Ok(())
    }

    /// What changes on some wires, tick by tick: the levels of all before and
    /// after it.
    fn steps(&self, names: &[&str]) -> Vec<(Vec<char>, Vec<char>)> {
        let ids: Vec<&String> = names
            .iter()
            .map(|name| {
                let wire = self.wires.iter().find(|(wire, _)| wire == name);
                &wire.unwrap_or_else(|| panic!("there is no {name}")).1
            })
            .collect();
        let mut by_tick: BTreeMap<u64, Vec<(usize, char)>> = BTreeMap::new();
        for (tick, id, level) in &self.changes {
            if let Some(wire) = ids.iter().position(|wire| *wire == id) {
                by_tick.entry(*tick).or_default().push((wire, *level));
            }
        }
        let mut now = vec!['x'; ids.len()];
        let mut steps = Vec::new();
        for changes in by_tick.into_values() {
            let before = now.clone();
            for (wire, level) in changes {
                now[wire] = level;
            }
            steps.push((before, now.clone()));
        }
        steps
    }

    /// What a listener on an I2C bus hears.
    pub(super) fn i2c(&self, bus: &str) -> Vec<String> {
        let mut heard = Vec::new();
        let mut bits: Vec<char> = Vec::new();
        for (before, now) in self.steps(&[&format!("{bus}.scl"), &format!("{bus}.sda")]) {
            match (before[0], now[0], before[1], now[1]) {
                ('1', '1', '1', '0') => {
                    heard.push("START".to_owned());
                    bits.clear();
                }
                ('1', '1', '0', '1') => heard.push("STOP".to_owned()),
                ('0', '1', was, is) => {
                    assert_eq!(was, is, "SDA changes as SCL rises");
                    bits.push(is);
                }
                ('1', '0', was, is) => assert_eq!(was, is, "SDA changes as SCL falls"),
                _ => {}
            }
            if bits.len() == 9 {
                let ack = if bits[8] == '1' { "NACK" } else { "ACK" };
                heard.push(format!("{} {ack}", byte(&bits[..8])));
                bits.clear();
            }
        }
        heard
    }

    /// What a listener on one chip select of an SPI bus hears, in mode 0: the
    /// bytes that are sent and received.
    pub(super) fn spi(&self, bus: &str, select: &str) -> Vec<String> {
        let wires = [select, "sck", "mosi", "miso"].map(|wire| format!("{bus}.{wire}"));
        let mut heard = Vec::new();
        let (mut sent, mut received) = (Vec::new(), Vec::new());
        for (before, now) in self.steps(&wires.each_ref().map(String::as_str)) {
            match (before[0], now[0]) {
                ('1', '0') => heard.push("SELECT".to_owned()),
                ('0', '1') => heard.push("RELEASE".to_owned()),
                _ => {}
            }
            if now[0] == '0' && (before[1], now[1]) == ('0', '1') {
                sent.push(now[2]);
                received.push(now[3]);
            }
            if sent.len() == 8 {
                heard.push(format!("{} > {}", byte(&sent), byte(&received)));
                sent.clear();
                received.clear();
            }
        }
        heard
    }
}

/// `a5`; `--` where it is not known.
fn byte(bits: &[char]) -> String {
    let bits: String = bits.iter().collect();
    match u8::from_str_radix(&bits, 2) {
        Ok(byte) => format!("{byte:02x}"),
        Err(_) => "--".to_owned(),
    }
}
