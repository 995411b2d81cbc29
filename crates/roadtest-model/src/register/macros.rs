// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The `registers!` macro: data only, behaviour stays in Rust.

/// Declares a chip's registers as a module of constants.
///
/// ```
/// use roadtest_model::registers;
///
/// registers! {
///     /// TI OPT3001, datasheet SBOS681C, section 7.6.
///     pub mod reg: u16be {
///         RESULT @ 0x00 ro = 0x0000, "7.6.1.1.1" { EXPONENT[15:12], MANTISSA[11:0] }
///         /// What to do and how long.
///         CONFIG @ 0x01 rw = 0xc810, "7.6.1.1.2" {
///             RANGE[15:12] (0..=12),
///             CONVERSION_TIME[11] "CT" { Ms100 = 0, Ms800 = 1 },
///             MODE[10:9] { Shutdown = 0, Single = 1, Continuous = 2, ContinuousToo = 3 },
///             READY[7] ro "CRF",
///             LATCH[4],
///         }
///         LOW_LIMIT @ 0x02 rw = 0xc000;
///         STATUS: u8 @ 0x03 ro = 0x00;
///     }
/// }
///
/// assert_eq!(reg::CONFIG.address, 0x01);
/// assert_eq!(reg::MODE.of(0xca10), reg::MODE::Single);
/// assert_eq!(reg::MAP.registers.len(), 4);
/// ```
///
/// - After `mod name:` comes the word format: `u8`, `u16be`, `u16le`,
///   `u24be`, `u24le`, `u32be` or `u32le`; a register of another width says
///   so (`STATUS: u8`).
/// - A register is `NAME @ address rule = reset, "section"`, then its fields
///   in braces, or `;` where every bit is valid. With fields, bits of no field
///   are reserved. A section of `"driver"` says that no datasheet does:
///   breaking the register's rules is then [unwise](crate::Severity::Unwise).
/// - A rule is `rw`, `ro`, `wo`, `w1c`, `w1s`, `sc` or `rc`, see
///   [`Rule`](crate::register::Rule). A field without one has its register's.
/// - A field is `NAME[high:low] rule "note"`, then its legal values as a range
///   `(0..=12)` or by name in braces. Field names are unique in the module. A
///   note that begins with `BCD` shows the value's digits as they are.
///
/// The module holds a [`Register`](crate::register::Register) constant per
/// register, a [`Field`](crate::register::Field) constant per field, a module
/// of the field's name with a constant per named value, and `MAP`, the
/// [`Map`](crate::register::Map). Overlapping fields, a field outside its
/// register and two registers at one address are compile errors:
///
/// ```compile_fail,E0080
/// roadtest_model::registers! {
///     /// A chip with two names for bit 4.
///     pub mod reg: u8 {
///         CONFIG @ 0x01 rw = 0x00 { MODE[4:3], LATCH[4] }
///     }
/// }
/// ```
#[macro_export]
macro_rules! registers {
    (@word u8) => { $crate::register::Word::U8 };
    (@word u16be) => { $crate::register::Word::U16be };
    (@word u16le) => { $crate::register::Word::U16le };
    (@word u24be) => { $crate::register::Word::U24be };
    (@word u24le) => { $crate::register::Word::U24le };
    (@word u32be) => { $crate::register::Word::U32be };
    (@word u32le) => { $crate::register::Word::U32le };

    (@rule rw) => { $crate::register::Rule::ReadWrite };
    (@rule ro) => { $crate::register::Rule::ReadOnly };
    (@rule wo) => { $crate::register::Rule::WriteOnly };
    (@rule w1c) => { $crate::register::Rule::WriteOneToClear };
    (@rule w1s) => { $crate::register::Rule::WriteOneToSet };
    (@rule sc) => { $crate::register::Rule::SelfClearing };
    (@rule rc) => { $crate::register::Rule::ReadClears };

    // The first of one or two: a field's own or its register's.
    (@own_or $default:tt) => { $default };
    (@own_or $default:tt $own:tt) => { $own };
    (@word_or $default:tt) => { $crate::registers!(@word $default) };
    (@word_or $default:tt $own:tt) => { $crate::registers!(@word $own) };
    (@rule_or $default:tt) => { $crate::registers!(@rule $default) };
    (@rule_or $default:tt $own:tt) => { $crate::registers!(@rule $own) };

    (
        $(#[doc = $title:literal])*
        $vis:vis mod $module:ident: $word:ident {
            $(
                $(#[doc = $doc:literal])*
                $register:ident $(: $width:ident)? @ $address:literal $rule:ident = $reset:literal
                $(, $section:literal)?
                $({ $($fields:tt)* })?
                $(;)?
            )*
        }
    ) => {
        $(#[doc = $title])*
        #[allow(dead_code, reason = "a map declares more than its model touches")]
        $vis mod $module {
            $(
                $(#[doc = $doc])*
                #[doc = concat!("`", stringify!($register), "` at `", stringify!($address), "`, ", stringify!($rule), ", `", stringify!($reset), "` after reset.")]
                pub const $register: $crate::register::Register = $crate::register::Register {
                    name: stringify!($register),
                    doc: concat!($($doc, "\n",)* ""),
                    address: $address,
                    word: $crate::registers!(@word_or $word $($width)?),
                    rule: $crate::registers!(@rule $rule),
                    reset: $reset,
                    section: concat!($($section)?),
                    fields: $crate::registers!(@list $({ $($fields)* })?),
                };
                $( $crate::registers!(@consts $register $address $rule $($fields)*); )?
            )*

            /// All registers, in the order of the declaration.
            pub const MAP: &$crate::register::Map = &$crate::register::Map {
                title: concat!($($title, "\n",)* ""),
                word: $crate::registers!(@word $word),
                registers: &[$($register),*],
            };

            const _: () = MAP.check();
        }
    };

    (@list) => { None };
    (@list {
        $( $field:ident [ $high:literal $(: $low:literal)? ] $($rule:ident)? $($note:literal)?
           $(( $min:literal ..= $max:literal ))?
           $({ $($value:ident = $number:literal),* $(,)? })? ),* $(,)?
    }) => { Some(&[$($field),*]) };

    (@consts $register:ident $address:literal $default:ident
        $( $field:ident [ $high:literal $(: $low:literal)? ] $($rule:ident)? $($note:literal)?
           $(( $min:literal ..= $max:literal ))?
           $({ $($value:ident = $number:literal),* $(,)? })? ),* $(,)?
    ) => {
        $(
            #[doc = concat!("Bits `", stringify!([$high $(: $low)?]), "` of `", stringify!($register), "`." $(, " ", $note)?)]
            pub const $field: $crate::register::Field = $crate::register::Field {
                name: stringify!($field),
                register: stringify!($register),
                address: $address,
                high: $high,
                low: $crate::registers!(@own_or $high $($low)?),
                rule: $crate::registers!(@rule_or $default $($rule)?),
                note: concat!($($note)?),
                values: &[$($((stringify!($value), $number)),*)?],
                range: $crate::registers!(@range $($min $max)?),
            };
            $crate::registers!(@values $register $field $({ $($value = $number),* })?);
        )*
    };

    (@range) => { None };
    (@range $min:literal $max:literal) => { Some(($min, $max)) };

    (@values $register:ident $field:ident) => {};
    (@values $register:ident $field:ident { $($value:ident = $number:literal),* }) => {
        #[doc = concat!("The values of `", stringify!($field), "`, bits of `", stringify!($register), "`.")]
        #[allow(non_snake_case, non_upper_case_globals, reason = "named as in the datasheet")]
        pub mod $field {
            $(
                #[doc = concat!("`", stringify!($field), "` = ", stringify!($number), ".")]
                pub const $value: u32 = $number;
            )*
        }
    };
}
