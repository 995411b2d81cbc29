// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `drivers/iio/light/tsl2772.c`: AMS/TAOS light and proximity sensors.

use roadtest::view::iio::Iio;
use roadtest::{Board, SimTime, Uml, Wired};
use roadtest_chips::iio::light::tsl2772::Tsl2772;

mod devicetree;
mod events;
mod light;
mod parts;
mod power;
mod proximity;

/// The driver answers with what it has as long as there is no result yet: a
/// test waits for one first.
const ROUND: SimTime = SimTime::ms(20);

/// A TSL2772 without interrupt, bound, with its first results.
fn ready() -> roadtest::Result<(Uml, Wired<Tsl2772>, Iio)> {
    let mut board = Board::new();
    let sensor = board.i2c(0x39, Tsl2772::default());
    let uml = board.boot()?;
    let iio = uml.bind(&sensor)?.iio()?;
    uml.sleep(ROUND);
    sensor.forget();
    Ok((uml, sensor, iio))
}
