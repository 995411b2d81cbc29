// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `new`: for a driver that has no test, files that pass at once, on a kernel
//! that has gained its module; and a refusal where no driver claims a chip.

use anyhow::bail;
use roadtest_ci::scratch::Scratch;
use roadtest_command::exit::Done;

/// A driver of one module that needs nothing else, and has no test here.
const DRIVER: &str = "iio/light/max44009";

/// Asks for a chip that no driver claims, then for one that a driver does.
///
/// # Errors
/// What is not as documented.
pub(crate) fn check(copy: &Scratch) -> anyhow::Result<Done> {
    let new = |compatible: &str| {
        copy.run(&[
            "new",
            DRIVER,
            "--compatible",
            compatible,
            "--i2c",
            "0x4a",
            "--irq",
        ])
    };
    let unclaimed = "no I2C driver of this kernel claims 'maxim,max4409'; nearest: ";
    new("maxim,max4409")?.expect(2, &[unclaimed, "maxim,max44009"])?;
    if copy
        .root
        .join("kconfig-fragments")
        .join(DRIVER)
        .with_extension("config")
        .exists()
    {
        bail!("a refused `new` leaves a fragment");
    }
    new("maxim,max44009")?.expect(0, &["the driver binds, and the test passes"])?;
    // As its last line says.
    copy.run(&["roadtest", DRIVER])?
        .expect(0, &["1 passed, 0 failed"])?;
    new("maxim,max44009")?.expect(2, &["nothing is overwritten"])?;
    copy.run(&["tidy"])?.expect(0, &[])?;
    Ok(Done::AllPassed)
}
