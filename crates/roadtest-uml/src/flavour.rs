// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The flavours of kernels that there are, one function each. A new one is a
//! function here, its fragments, and whatever reads a new collector; what a
//! flavour is made of is in `roadtest-record`, because a kernel's manifest
//! holds it.

use roadtest_record::flavour::{Collector, Flavour, SANITIZED};

/// What the drivers need, and nothing else.
pub fn plain() -> Flavour {
    Flavour::default()
}

/// With the kernel's own checkers (`kconfig-fragments/sanitize.config`). KASAN
/// keeps book of all memory in memory, and everything takes several times
/// longer on the host's clock.
pub fn sanitized() -> Flavour {
    Flavour {
        name: SANITIZED.to_owned(),
        fragments: vec!["sanitize".to_owned()],
        memory_mib: 256,
        watchdog_factor: 4,
        collectors: vec![Collector::Kmemleak],
        ..plain()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flavour_survives_in_a_manifest() {
        for flavour in [plain(), sanitized()] {
            let file = tempfile::NamedTempFile::new().unwrap();
            roadtest_record::store(file.path(), &flavour).unwrap();
            let read: Flavour = roadtest_record::load(file.path()).unwrap();
            assert_eq!(read, flavour);
        }
    }

    #[test]
    fn only_a_kernel_with_kmemleak_is_asked_for_leaks() {
        assert!(sanitized().collects(Collector::Kmemleak));
        assert!(!plain().collects(Collector::Kmemleak));
    }
}
