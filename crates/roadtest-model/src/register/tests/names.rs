// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Registers and fields by their names, and what a map says of itself.

use insta::assert_snapshot;

use super::reg;
use crate::register::Registers;

#[test]
#[should_panic(expected = "0x4 does not fit MODE")]
fn a_model_that_stores_too_much_is_told() {
    Registers::new(reg::MAP).store(reg::MODE, 4);
}

#[test]
fn registers_and_fields_are_found_by_name() {
    let mut registers = Registers::new(reg::MAP);
    assert_eq!(registers.store_by_name("config.mode", 1), Ok(()));
    assert_eq!(registers.get_by_name("CONFIG"), Ok(0xca10));
    assert_eq!(registers.get_by_name("mode"), Ok(1));
    let shown = registers.show_by_name("config").unwrap();
    assert_snapshot!(shown, @"CONFIG ca10 mode=Single");
    assert_snapshot!(registers.show_by_name("mode").unwrap(), @"MODE Single");
    let error = registers.store_by_name("mode", 4).unwrap_err();
    assert_snapshot!(error, @"0x4 does not fit `MODE`, whose largest value is 0x3");
    let error = registers.get_by_name("CONFG").unwrap_err();
    assert_snapshot!(error, @"no register or field is called `CONFG`; there are RESULT, CONFIG, FLAGS, COMMAND, FREE");
}

#[test]
fn a_map_describes_itself() {
    assert_snapshot!(reg::MAP.describe(), @r"
    Example 1, datasheet EX1 revision A.

    | address | register | access | reset | source |
    |---|---|---|---|---|
    | 0x00 | RESULT | ro | 0x0000 | 8.1 |
    | 0x01 | CONFIG | rw | 0xc810 | 8.2 |
    | 0x02 | FLAGS | rw | 0x81 | 8.3 |
    | 0x03 | COMMAND | wo | 0x0000 | 8.4 |
    | 0x04 | FREE | rw | 0x1234 |  |

    ## RESULT

    | bits | field | access | values | note |
    |---|---|---|---|---|
    | 15:12 | EXPONENT | ro |  |  |
    | 11:0 | MANTISSA | ro |  |  |

    ## CONFIG

    What to do.

    | bits | field | access | values | note |
    |---|---|---|---|---|
    | 15:12 | RANGE | rw | 0 to 12 |  |
    | 10:9 | MODE | rw | 0 Shutdown, 1 Single, 2 Continuous |  |
    | 7 | READY | ro |  | CRF |
    | 4 | LATCH | rw |  |  |

    ## FLAGS

    | bits | field | access | values | note |
    |---|---|---|---|---|
    | 0 | FAULT | w1c |  |  |
    | 1 | ARM | w1s |  |  |
    | 2 | START | sc |  |  |
    | 7 | EVENT | rc |  |  |
    | 6:5 | KEY | wo |  |  |
    ");
}
