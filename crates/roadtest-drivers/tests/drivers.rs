// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Driver tests: one module per driver, in directories as the kernel's
//! `drivers/` has them.

mod gpio {
    mod gpio_pca953x;
    mod gpio_virtio;
}
mod hwmon {
    mod lm75;
    mod pmbus {
        mod ltc2978;
    }
    mod tmp401;
}
mod iio {
    mod accel {
        mod adxl345;
    }
    mod adc {
        mod mcp320x;
    }
    mod light {
        mod opt3001;
        mod opt4001;
        mod tsl2772;
        mod vcnl4000;
    }
    mod proximity {
        mod irsd200;
    }
    mod temperature {
        mod tmp117;
    }
    mod trigger {
        mod iio_trig_hrtimer;
    }
}
mod misc {
    mod eeprom {
        mod at24;
    }
}
mod regulator {
    mod gpio_regulator;
    mod tps6286x_regulator;
    mod tps6287x_regulator;
}
mod rtc {
    mod rtc_pcf8563;
}
mod leds {
    mod leds_gpio;
}
mod i2c {
    mod busses {
        mod i2c_virtio;
    }
}
mod spi {
    mod spi_virtio;
}

fn main() -> std::process::ExitCode {
    roadtest::harness::main()
}
