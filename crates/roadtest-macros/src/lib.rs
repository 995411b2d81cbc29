// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `#[roadtest::test]`: registers a function as a test of the harness in
//! `roadtest::harness`. What a test may ask of its kernel is an argument of
//! the attribute, because runners decide about a skip when they list tests.
//! Nothing is run or decided here.

mod arguments;
mod expand;

use proc_macro::TokenStream;
use syn::{ItemFn, parse_macro_input};

use arguments::Arguments;

/// Makes a function a test that may boot kernels. It takes no parameters and
/// returns `()` or a `Result<(), E>` whose error has `Debug`.
///
/// | argument | meaning |
/// |---|---|
/// | `since = "6.8"` | skipped before this version of Linux; needs `why` |
/// | `before = "6.12"` | skipped from this version on; needs `why` |
/// | `why = "the driver has no interrupt"` | the reason of the skip |
/// | `host_limit_s = 300` | processor time that the test may take, in seconds |
/// | `virtual_limit = SimTime::s(3600)` | virtual time that a guest of the test may live |
///
/// A version is a string or an expression of type `(u32, u32)`; all arguments
/// are constant expressions.
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let arguments = parse_macro_input!(arguments as Arguments);
    let function = parse_macro_input!(item as ItemFn);
    match expand::test(&arguments, &function) {
        Ok(tokens) => tokens.into(),
        Err(error) => error.into_compile_error().into(),
    }
}
