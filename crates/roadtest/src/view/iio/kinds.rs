// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The numbers of `include/uapi/linux/iio/types.h` and their names in sysfs.

use std::fmt;

macro_rules! kinds {
    ($(#[doc = $doc:literal])* $type:ident { $($variant:ident $name:literal)* }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type {
            $( #[doc = concat!("`", $name, "` in sysfs.")] $variant, )*
            /// A number of a newer kernel.
            Other(u8),
        }

        impl $type {
            const ALL: &[(Self, &str)] = &[$((Self::$variant, $name)),*];

            /// What a number of the kernel means.
            pub fn from_number(number: u8) -> Self {
                Self::ALL
                    .get(usize::from(number))
                    .map_or(Self::Other(number), |(kind, _)| *kind)
            }

            /// The name in sysfs; empty for what sysfs has no name for.
            pub fn name(self) -> &'static str {
                Self::ALL
                    .iter()
                    .find(|(kind, _)| *kind == self)
                    .map_or("", |(_, name)| *name)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    Self::Other(number) => f.pad(&format!("{}({number})", stringify!($type))),
                    known => f.pad(known.name()),
                }
            }
        }
    };
}

kinds! {
    /// What a channel measures (`enum iio_chan_type`).
    ChannelType {
        Voltage "voltage" Current "current" Power "power" Accel "accel"
        AnglVel "anglvel" Magn "magn" Light "illuminance"
        Intensity "intensity" Proximity "proximity" Temp "temp"
        Incli "incli" Rot "rot" Angl "angl" Timestamp "timestamp"
        Capacitance "capacitance" AltVoltage "altvoltage" Cct "cct"
        Pressure "pressure" HumidityRelative "humidityrelative"
        Activity "activity" Steps "steps" Energy "energy"
        Distance "distance" Velocity "velocity"
        Concentration "concentration" Resistance "resistance" Ph "ph"
        UvIndex "uvindex" ElectricalConductivity "electricalconductivity"
        Count "count" Index "index" Gravity "gravity"
        PositionRelative "positionrelative" Phase "phase"
        MassConcentration "massconcentration" DeltaAngl "deltaangl"
        DeltaVelocity "deltavelocity" ColorTemp "colortemp"
        Chromaticity "chromaticity" Attention "attention"
        AltCurrent "altcurrent" Coverage "coverage" VolumeFlow "volumeflow"
    }
}

kinds! {
    /// What a channel's type does not say (`enum iio_modifier`).
    Modifier {
        None "" X "x" Y "y" Z "z" XAndY "x&y" XAndZ "x&z" YAndZ "y&z"
        XAndYAndZ "x&y&z" XOrY "x|y" XOrZ "x|z" YOrZ "y|z"
        XOrYOrZ "x|y|z" LightBoth "both" LightIr "ir"
        RootSumSquaredXY "sqrt(x^2+y^2)" SumSquaredXYZ "x^2+y^2+z^2"
        LightClear "clear" LightRed "red" LightGreen "green"
        LightBlue "blue" Quaternion "quaternion" TempAmbient "ambient"
        TempObject "object" NorthMagn "from_north_magnetic"
        NorthTrue "from_north_true"
        NorthMagnTiltComp "from_north_magnetic_tilt_comp"
        NorthTrueTiltComp "from_north_true_tilt_comp" Running "running"
        Jogging "jogging" Walking "walking" Still "still"
        RootSumSquaredXYZ "sqrt(x^2+y^2+z^2)" I "i" Q "q" Co2 "co2"
        Voc "voc" LightUv "uv" LightDuv "duv" Pm1 "pm1" Pm2p5 "pm2p5"
        Pm4 "pm4" Pm10 "pm10" Ethanol "ethanol" H2 "h2" O2 "o2"
        LinearX "linear_x" LinearY "linear_y" LinearZ "linear_z"
        Pitch "pitch" Yaw "yaw" Roll "roll" LightUva "uva"
        LightUvb "uvb" Rms "rms" Active "active" Reactive "reactive"
        Apparent "apparent" QuaternionAxis "quaternionaxis"
    }
}

kinds! {
    /// What kind of event (`enum iio_event_type`).
    EventType {
        Thresh "thresh" Mag "mag" Roc "roc"
        ThreshAdaptive "thresh_adaptive" MagAdaptive "mag_adaptive"
        Change "change" MagReferenced "mag_referenced" Gesture "gesture"
        Fault "fault"
    }
}

kinds! {
    /// Which way (`enum iio_event_direction`).
    Direction {
        Either "either" Rising "rising" Falling "falling" None "none"
        SingleTap "singletap" DoubleTap "doubletap"
        FaultOpenWire "openwire"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers spot-checked against the header, the last of each enum first.
    #[test]
    fn a_kind_has_the_number_of_the_kernels_header() {
        assert_eq!(ChannelType::from_number(42), ChannelType::VolumeFlow);
        assert_eq!(ChannelType::from_number(8), ChannelType::Proximity);
        assert_eq!(ChannelType::from_number(43), ChannelType::Other(43));
        assert_eq!(Modifier::from_number(57), Modifier::QuaternionAxis);
        assert_eq!(Modifier::from_number(13), Modifier::LightIr);
        assert_eq!(Modifier::from_number(34), Modifier::Co2);
        assert_eq!(EventType::from_number(8), EventType::Fault);
        assert_eq!(Direction::from_number(6), Direction::FaultOpenWire);
        assert_eq!(ChannelType::Light.to_string(), "illuminance");
        assert_eq!(ChannelType::Other(43).to_string(), "ChannelType(43)");
    }
}
