// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What `#[roadtest::test]` turns into: the function itself, and beside it
//! its entry in the harness's list of tests.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Attribute, Error, ItemFn, Result, ReturnType};

use crate::arguments::Arguments;

/// The function with its entry.
///
/// # Errors
/// Where the function cannot be called without arguments, or has an attribute
/// that means something to another harness only.
pub(crate) fn test(arguments: &Arguments, function: &ItemFn) -> Result<TokenStream> {
    check(function)?;
    let signature = &function.sig;
    let name = &signature.ident;
    let text = name.to_string();
    let conditions = function
        .attrs
        .iter()
        .filter(|one| one.path().is_ident("cfg"));
    let since = option(arguments.since.as_ref());
    let before = option(arguments.before.as_ref());
    let why = match &arguments.why {
        Some(why) => why.clone(),
        None => quote!(""),
    };
    let host_limit_s = option(arguments.host_limit_s.as_ref());
    let virtual_limit = option(arguments.virtual_limit.as_ref());
    // Why: a type that no test can return is an error at that type.
    let span = match &signature.output {
        ReturnType::Default => name.span(),
        ReturnType::Type(_, kind) => kind.span(),
    };
    let body = quote_spanned!(span=> || ::roadtest::harness::End::end(#name()));
    Ok(quote! {
        #function

        #(#conditions)*
        ::roadtest::harness::inventory::submit! {
            ::roadtest::harness::Test {
                module: ::core::module_path!(),
                name: #text,
                file: ::core::file!(),
                body: #body,
                since: #since,
                before: #before,
                why: #why,
                host_limit_s: #host_limit_s,
                virtual_limit: #virtual_limit,
            }
        }
    })
}

fn option(value: Option<&TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

fn check(function: &ItemFn) -> Result<()> {
    let signature = &function.sig;
    if !signature.inputs.is_empty() || !signature.generics.params.is_empty() {
        let text = "a test has no parameters";
        return Err(Error::new_spanned(signature, text));
    }
    if let Some(word) = &signature.asyncness {
        return Err(Error::new_spanned(word, "a test is not async"));
    }
    function.attrs.iter().try_for_each(foreign)
}

fn foreign(attribute: &Attribute) -> Result<()> {
    let advice = [
        ("test", "`#[roadtest::test]` stands for it"),
        (
            "ignore",
            "a test that cannot run on a kernel says `since` or `before`",
        ),
        (
            "should_panic",
            "assert on the value, or expect the violation or the report",
        ),
    ];
    match advice
        .iter()
        .find(|(name, _)| attribute.path().is_ident(name))
    {
        Some((name, advice)) => {
            let text = format!("`#[{name}]` means nothing here: {advice}");
            Err(Error::new_spanned(attribute, text))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(text: &str) -> std::result::Result<String, String> {
        let function = syn::parse_str(text).unwrap();
        test(&Arguments::default(), &function)
            .map(|tokens| tokens.to_string())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_test_keeps_its_conditions() {
        let tokens = expand("#[cfg(unix)] fn reads() {}").unwrap();
        assert_eq!(tokens.matches("cfg (unix)").count(), 2, "{tokens}");
        assert!(tokens.contains("name : \"reads\""), "{tokens}");
    }

    #[test]
    fn what_is_no_test_is_refused() {
        assert!(
            expand("fn reads(a: u8) {}")
                .unwrap_err()
                .contains("no parameters")
        );
        assert!(expand("async fn reads() {}").unwrap_err().contains("async"));
        let error = expand("#[should_panic] fn reads() {}").unwrap_err();
        assert!(error.contains("expect the violation"), "{error}");
        assert!(
            expand("#[ignore] fn reads() {}")
                .unwrap_err()
                .contains("since")
        );
    }
}
