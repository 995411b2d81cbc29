// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The parts that the driver knows, and what each offers.

use insta::assert_snapshot;
use roadtest::{Board, Errno, Placement, Uml};
use roadtest_chips::iio::light::tsl2772::{Part, Tsl2772};

use super::ROUND;

/// Probes a part, and returns the attributes that its driver made.
fn attributes(part: Part) -> roadtest::Result<(Uml, String)> {
    let mut board = Board::new();
    let sensor = board.i2c(
        0x39,
        Placement::of(Tsl2772::new(part)).compatible(part.compatible()),
    );
    let uml = board.boot()?;
    let iio = uml.bind(&sensor)?.iio()?;
    let names = iio.attributes()?;
    let channel = |name: &&String| name.starts_with("in_");
    let lines = names.iter().filter(channel).map(|name| format!("{name}\n"));
    let text = lines.collect();
    Ok((uml, text))
}

#[roadtest::test]
fn a_tsl2571_offers_light_and_no_raw_infrared() -> roadtest::Result {
    let (_uml, attributes) = attributes(Part::Tsl2571)?;
    assert_snapshot!(attributes);
    Ok(())
}

#[roadtest::test]
fn a_tsl2671_offers_proximity() -> roadtest::Result {
    let (_uml, attributes) = attributes(Part::Tsl2671)?;
    assert_snapshot!(attributes);
    Ok(())
}

#[roadtest::test]
fn a_tmd2672_offers_proximity_with_gain() -> roadtest::Result {
    let (_uml, attributes) = attributes(Part::Tmd2672)?;
    assert_snapshot!(attributes);
    Ok(())
}

#[roadtest::test]
fn a_tmd2771_offers_light_and_proximity() -> roadtest::Result {
    let (_uml, attributes) = attributes(Part::Tmd2771)?;
    assert_snapshot!(attributes);
    Ok(())
}

#[roadtest::test]
fn a_tsl2772_offers_light_and_proximity_with_gain() -> roadtest::Result {
    let (_uml, attributes) = attributes(Part::Tsl2772)?;
    assert_snapshot!(attributes);
    Ok(())
}

/// What comes of probing a part under a compatible.
fn probe(part: Part, compatible: &str) -> roadtest::Result<Result<(), Option<Errno>>> {
    let mut board = Board::new();
    let sensor = board.i2c(
        0x39,
        Placement::of(Tsl2772::new(part)).compatible(compatible),
    );
    let uml = board.boot()?;
    let bound = uml.bind(&sensor);
    Ok(bound.map(drop).map_err(|error| error.errno()))
}

#[roadtest::test]
fn every_part_is_known_by_its_compatible() -> roadtest::Result {
    for part in Part::ALL {
        if part != Part::Apds9900 {
            assert_eq!(probe(part, part.compatible())?, Ok(()), "{part:?}");
        }
    }
    Ok(())
}

#[roadtest::test(since = "7.0", why = "the driver of 6.12 does not know APDS-9900")]
fn an_apds9900_measures_light_with_equations_of_its_own() -> roadtest::Result {
    let mut board = Board::new();
    let sensor = board.i2c(
        0x39,
        Placement::of(Tsl2772::new(Part::Apds9900)).compatible(Part::Apds9900.compatible()),
    );
    let uml = board.boot()?;
    let iio = uml.bind(&sensor)?.iio()?;
    sensor.with(|chip| chip.set_light(500, 100));
    uml.sleep(ROUND);
    // 52 (C0 - 2.23 C1) and 52 (0.7 C0 - 1.42 C1) for each 2.72 ms.
    assert_eq!(iio.read("in_illuminance0_input"), Ok("5295".into()));
    Ok(())
}

#[roadtest::test]
fn a_part_of_another_generation_is_refused() -> roadtest::Result {
    let refused = Err(Some(Errno::EINVAL));
    assert_eq!(probe(Part::Tsl2772, "amstaos,tsl2771")?, refused);
    assert_eq!(probe(Part::Tsl2771, "amstaos,tsl2772")?, refused);
    assert_eq!(probe(Part::Tsl2771, "amstaos,tmd2771")?, refused);
    Ok(())
}

#[roadtest::test]
fn a_part_of_another_revision_is_bound() -> roadtest::Result {
    let mut board = Board::new();
    let sensor = board.i2c(0x39, Tsl2772::default());
    sensor.with(|chip| chip.set_id(0x39));
    let uml = board.boot()?;
    uml.bind(&sensor)?;
    Ok(())
}
