// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What the core of the driver does, over any bus. Each function returns what
//! the chip saw of it.

use roadtest::view::iio::{ChannelType, Direction, EventType, Modifier};
use roadtest::{Errno, SimTime};

use super::{Place, bind, bind_with_interrupt};

pub(super) fn probe_starts_measuring(place: Place) -> roadtest::Result<String> {
    let bound = bind(place)?;
    assert_eq!(bound.iio.name().as_deref(), Ok("adxl345"));
    Ok(bound.chip.timeline().to_string())
}

/// 1 g is 256 steps at full resolution.
pub(super) fn each_axis_is_read(place: Place) -> roadtest::Result<String> {
    let bound = bind(place)?;
    bound.chip.forget();
    assert_eq!(bound.axes([250, -500, 1000])?, [64, -128, 256]);
    Ok(bound.chip.news().to_string())
}

/// A step of an offset register is four of a result.
pub(super) fn a_bias_is_written_as_an_offset(place: Place) -> roadtest::Result<String> {
    let bound = bind(place)?;
    bound.chip.forget();
    for (axis, bias) in [("x", 40), ("y", -4), ("z", 508)] {
        let name = format!("in_accel_{axis}_calibbias");
        bound.iio.write(&name, bias)?;
        assert_eq!(bound.iio.read(&name), Ok(bias.to_string()));
    }
    Ok(bound.chip.news().to_string())
}

pub(super) fn a_sampling_frequency_is_written_as_a_rate(place: Place) -> roadtest::Result<String> {
    let bound = bind(place)?;
    bound.chip.forget();
    for frequency in ["3200", "12.5"] {
        bound.iio.write("in_accel_sampling_frequency", frequency)?;
        let read = bound.iio.number("in_accel_sampling_frequency")?;
        assert!(read.to_string().starts_with(frequency), "{read}");
    }
    Ok(bound.chip.news().to_string())
}

pub(super) fn unbinding_stops_measuring(place: Place) -> roadtest::Result<String> {
    let bound = bind(place)?;
    bound.chip.forget();
    bound.iio.parent().clone().unbind()?;
    Ok(bound.chip.news().to_string())
}

/// A defect of the driver of 7.3: it takes an address in its list of volatile
/// registers twice as far as it is, and leaves out the upper bytes of the
/// axes, which the cache keeps from then on.
pub(super) fn the_upper_byte_of_an_axis_is_read_only_once(
    place: Place,
) -> roadtest::Result<String> {
    let bound = bind(place)?;
    bound.chip.forget();
    assert_eq!(bound.axes([250, -500, 1000])?, [64, -128, 256]);
    // 250 is 0x00fa; -250 is 0xff06, and 0x0006 with the byte from before.
    assert_eq!(bound.axes([977, -977, -1000])?, [250, -250, 256]);
    assert_eq!(bound.axes([-977, 977, 0])?, [6, -6, 256]);
    Ok(bound.chip.news().to_string())
}

/// A defect of the driver of 7.3: the steps of its ranges have another size
/// each, while at full resolution, which it sets, all have that of the widest
/// (page 4 of the datasheet). After the probe 1 g, 256 steps, is 1.2 m/s².
pub(super) fn a_scale_is_true_in_the_widest_range_only(place: Place) -> roadtest::Result<String> {
    let bound = bind(place)?;
    assert_eq!(bound.axes([0, 0, 1000])?[2], 256);
    assert_eq!(bound.iio.read("in_accel_scale"), Ok("0.004789".into()));
    bound.chip.forget();
    bound.iio.write("in_accel_scale", "0.038312")?;
    assert_eq!(bound.axes([0, 0, 1000])?[2], 256);
    assert_eq!(bound.iio.read("in_accel_scale"), Ok("0.038312".into()));
    assert_eq!(bound.chip.news().writes("DATA_FORMAT"), ["0b"]);
    Ok(bound.chip.news().to_string())
}

/// A defect of the driver of 7.3: it stops measuring before it looks at what
/// it is to write, and does not go on where it refuses that.
pub(super) fn a_setting_that_is_refused_leaves_the_chip_in_standby(
    place: Place,
) -> roadtest::Result<String> {
    let bound = bind(place)?;
    let mut log = Vec::new();
    for (name, value) in [
        ("in_accel_sampling_frequency", "7"),
        ("in_accel_scale", "0.5"),
    ] {
        bound.iio.write("in_accel_sampling_frequency", "100")?;
        bound.chip.forget();
        assert_eq!(bound.iio.write(name, value), Err(Errno::EINVAL));
        assert_eq!(bound.chip.news().writes("POWER_CTL"), ["00"]);
        log.push(bound.chip.news().to_string());
    }
    Ok(log.join("\n"))
}

/// Two defects of the driver of 7.3: it looks for the axes of activity in
/// TAP_AXES, where they are not, and so names none; and it takes WATERMARK,
/// which is set while the FIFO is not used (page 27 of the datasheet), for a
/// FIFO with samples, finds none, and resets it.
pub(super) fn activity_is_an_event_without_its_axis(place: Place) -> roadtest::Result<String> {
    let bound = bind_with_interrupt(place)?;
    // 16 steps of 62.5 mg.
    bound.iio.write("events/in_accel_mag_rising_value", 1)?;
    bound.iio.write("events/in_accel_mag_rising_en", 1)?;
    let events = bound.iio.events()?;
    bound.chip.forget();
    bound.chip.with(|chip| chip.set_acceleration([0, -1001, 0]));
    bound.uml.sleep(SimTime::ms(8));
    bound.chip.with(|chip| chip.set_acceleration([0, 0, 0]));
    bound.uml.sleep(SimTime::ms(20));
    let event = events.next(SimTime::ZERO)?.expect("one event");
    assert_eq!(event.channel_type, ChannelType::Accel);
    assert_eq!(event.kind, EventType::Mag);
    assert_eq!(event.direction, Direction::Rising);
    assert_eq!(event.modifier, Modifier::None);
    assert!(events.next(SimTime::ZERO)?.is_none());
    Ok(bound.chip.news().to_string())
}

/// A defect of the driver of 7.3: with the upper bytes in the cache it reads a
/// sample byte by byte, and each read takes one from the FIFO (page 28 of the
/// datasheet): an axis is of another sample than the one before it.
pub(super) fn a_sample_of_the_fifo_is_torn_into_its_axes(place: Place) -> roadtest::Result<String> {
    let bound = bind_with_interrupt(place)?;
    let buffer = bound.iio.buffer()?;
    for axis in ["x", "y", "z"] {
        buffer.enable(&format!("in_accel_{axis}"))?;
    }
    buffer.set_length(32)?;
    buffer.set_watermark(6)?;
    let capture = buffer.start()?;
    bound.chip.forget();
    // 200 Hz: a sample each 5 ms, with its number on all axes.
    for sample in 1..=6 {
        let milli_g = 1000 * sample / 256 + 2;
        bound.chip.with(|chip| chip.set_acceleration([milli_g; 3]));
        bound.uml.sleep(SimTime::ms(5));
    }
    bound.uml.sleep(SimTime::ms(5));
    let scans = capture.drain()?;
    let rows: Vec<String> = scans
        .iter()
        .map(|scan| {
            let axis = |axis: &str| scan.get(&format!("in_accel_{axis}"));
            format!("{} {} {}", axis("x"), axis("y"), axis("z"))
        })
        .collect();
    Ok(format!("{}\n{}", rows.join("\n"), bound.chip.news()))
}
