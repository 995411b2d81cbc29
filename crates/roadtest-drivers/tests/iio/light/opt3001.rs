// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! smoke

use roadtest::{Board, SimTime};
use roadtest_chips::iio::light::opt3001::Opt3001;
use std::time::Instant;

#[test]
fn smoke() -> roadtest::Result {
    let t = Instant::now();
    let mut board = Board::new();
    let light = board.i2c(0x44, Opt3001::new());
    let uml = board.boot()?;
    println!("boot {:?}", t.elapsed());
    let t = Instant::now();
    let sensor = uml.bind(&light)?;
    println!("bind {:?}", t.elapsed());
    let iio = &sensor.children("iio:device")?[0];
    light.with(|chip| chip.set_result(0x3456));
    let t = Instant::now();
    println!("{:?}", iio.read("in_illuminance_input"));
    println!("lux {:?} now {}", t.elapsed(), uml.now());
    let m = uml.time_messages();
    let t = Instant::now();
    for _ in 0..1000 {
        let _ = uml.exists("/sys");
    }
    println!(
        "request {:?} {} messages",
        t.elapsed() / 1000,
        uml.time_messages() - m
    );
    let t = Instant::now();
    let m = uml.time_messages();
    uml.sleep(SimTime::s(3600));
    println!(
        "hour {:?} {} messages",
        t.elapsed(),
        uml.time_messages() - m
    );
    println!("{}", uml.timeline());
    let t = Instant::now();
    drop(sensor);
    drop(uml);
    println!("drop {:?}", t.elapsed());
    Ok(())
}
