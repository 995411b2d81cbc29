// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/iio/trigger/iio-trig-hrtimer.c`: a trigger that fires by itself,
//! made and removed through configfs. What a buffer does with one is with the
//! driver that has the buffer.

use roadtest::Board;
use roadtest::view::iio::Trigger;

/// A defect of `drivers/iio/industrialio-sw-trigger.c` in 6.12 and 7.3, and by
/// its source in 6.1: the trigger type frees the trigger, and then a reference to
/// the item of configfs that is in it is dropped. A kernel without KASAN
/// writes to the freed memory, undetected.
#[roadtest::test]
fn a_trigger_that_is_removed_is_used_after_it_was_freed() -> roadtest::Result {
    let uml = Board::new().boot()?;
    if uml.is_sanitized() {
        uml.expect_report("use-after-free in config_item_put");
    }
    let trigger = Trigger::hrtimer(&uml, "tick")?;
    trigger.set_frequency(10)?;
    trigger.remove()?;
    assert!(!uml.exists("/sys/kernel/config/iio/triggers/hrtimer/tick"));
    Ok(())
}
