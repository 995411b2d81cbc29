// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/iio/accel/adxl345_core.c`: Analog Devices ADXL345 accelerometer, with
//! `adxl345_i2c.c` and with `adxl345_spi.c`. What the core does is one suite,
//! which each bus runs.

use roadtest::view::iio::Iio;
use roadtest::{Board, Edge, Placement, SimTime, Uml, Wired};
use roadtest_chips::iio::accel::adxl345::Adxl345;

mod on_i2c;
mod on_spi;
mod suite;

/// The driver of 6.12 knows no interrupt, and one range; that of 7.3 does.
const REWORKED: (u32, u32) = (6, 18);
const NEW: &str = "the driver before knows no interrupt and no range";

/// Puts the chip on a bus.
type Place = fn(&mut Board, Placement<Adxl345>) -> Wired<Adxl345>;

fn i2c(board: &mut Board, placement: Placement<Adxl345>) -> Wired<Adxl345> {
    board.i2c(0x53, placement)
}

fn spi(board: &mut Board, placement: Placement<Adxl345>) -> Wired<Adxl345> {
    board.spi(0, placement)
}

struct Bound {
    uml: Uml,
    chip: Wired<Adxl345>,
    iio: Iio,
}

fn bind(place: Place) -> roadtest::Result<Bound> {
    let mut board = Board::new();
    let chip = place(&mut board, Placement::of(Adxl345::default()));
    let uml = board.boot()?;
    let iio = uml.bind(&chip)?.iio()?;
    Ok(Bound { uml, chip, iio })
}

/// The same with the chip's INT1 connected.
fn bind_with_interrupt(place: Place) -> roadtest::Result<Bound> {
    let mut board = Board::new();
    let int1 = board.gpio(0);
    let placement = Placement::of(Adxl345::default())
        .interrupt(&int1, Edge::LevelHigh)
        .prop("interrupt-names", "INT1");
    let chip = place(&mut board, placement);
    let uml = board.boot()?;
    let iio = uml.bind(&chip)?.iio()?;
    Ok(Bound { uml, chip, iio })
}

impl Bound {
    /// What the axes read as once the chip has sampled an acceleration in mg.
    fn axes(&self, milli_g: [i32; 3]) -> roadtest::Result<[i32; 3]> {
        self.chip.with(|chip| chip.set_acceleration(milli_g));
        // Two periods of the lowest rate of these tests.
        self.uml.sleep(SimTime::ms(20));
        let mut raw = [0; 3];
        for (raw, axis) in raw.iter_mut().zip(["x", "y", "z"]) {
            *raw = self.iio.device().parse(&format!("in_accel_{axis}_raw"))?;
        }
        Ok(raw)
    }
}
