// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The arguments of `#[roadtest::test(…)]`, as they are written.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, ExprLit, Lit, LitStr, MetaNameValue, Result, Token};

/// What is written between the parentheses.
#[derive(Default)]
pub(crate) struct Arguments {
    pub(crate) since: Option<TokenStream>,
    pub(crate) before: Option<TokenStream>,
    pub(crate) why: Option<TokenStream>,
    pub(crate) host_limit_s: Option<TokenStream>,
    pub(crate) virtual_limit: Option<TokenStream>,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let span = input.span();
        let mut arguments = Self::default();
        for pair in Punctuated::<MetaNameValue, Token![,]>::parse_terminated(input)? {
            let name = pair.path.get_ident().map(ToString::to_string);
            let (slot, value) = match name.as_deref() {
                Some("since") => (&mut arguments.since, version(&pair.value)?),
                Some("before") => (&mut arguments.before, version(&pair.value)?),
                Some("why") => (&mut arguments.why, pair.value.to_token_stream()),
                Some("host_limit_s") => (&mut arguments.host_limit_s, pair.value.to_token_stream()),
                Some("virtual_limit") => {
                    (&mut arguments.virtual_limit, pair.value.to_token_stream())
                }
                _ => {
                    let known = "since, before, why, host_limit_s and virtual_limit";
                    let text = format!("unknown argument; a test knows {known}");
                    return Err(Error::new_spanned(&pair.path, text));
                }
            };
            if slot.replace(value).is_some() {
                return Err(Error::new_spanned(&pair.path, "given twice"));
            }
        }
        let needs = arguments.since.is_some() || arguments.before.is_some();
        if needs != arguments.why.is_some() {
            let text = "a version needs its reason, and a reason its version: \
                        since = \"6.8\", why = \"the driver has no interrupt\"";
            return Err(Error::new(span, text));
        }
        Ok(arguments)
    }
}

/// `(6, 8)` from `"6.8"`; any other expression stays as it is.
fn version(value: &Expr) -> Result<TokenStream> {
    let Expr::Lit(ExprLit {
        lit: Lit::Str(text),
        ..
    }) = value
    else {
        return Ok(value.to_token_stream());
    };
    let (major, minor) = numbers(text)?;
    Ok(quote!((#major, #minor)))
}

fn numbers(text: &LitStr) -> Result<(u32, u32)> {
    let value = text.value();
    let parsed = value
        .split_once('.')
        .and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    parsed.ok_or_else(|| Error::new_spanned(text, "a version is two numbers: \"6.8\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        match syn::parse_str::<Arguments>(text) {
            Ok(_) => "none".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_version_is_a_string_or_an_expression() {
        let arguments: Arguments =
            syn::parse_str(r#"since = "6.8", before = LAST, why = "new""#).unwrap();
        let text = |tokens: Option<TokenStream>| tokens.map(|tokens| tokens.to_string());
        assert_eq!(text(arguments.since).as_deref(), Some("(6u32 , 8u32)"));
        assert_eq!(text(arguments.before).as_deref(), Some("LAST"));
    }

    #[test]
    fn a_mistake_is_named() {
        assert!(error(r#"since = "6", why = "new""#).contains("two numbers"));
        assert!(error(r#"since = "6.8""#).contains("needs its reason"));
        assert!(error(r#"why = "new""#).contains("a reason its version"));
        assert!(error("limit = 3").contains("a test knows since, before"));
        assert!(error("host_limit_s = 3, host_limit_s = 4").contains("twice"));
        assert_eq!(error(""), "none");
    }
}
