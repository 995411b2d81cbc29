// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The conditions of Kconfig: parsed, shown as they were written, and
//! evaluated against a `.config` (Documentation/kbuild/kconfig-language.rst,
//! "Menu dependencies"). Macro calls such as `$(cc-option,…)` are shown but not
//! evaluated: they count as true, so that they are never blamed.

use std::collections::BTreeSet;
use std::fmt;

use crate::config::Config;
use crate::value::Value;

/// How true a condition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tristate {
    /// `n`
    No,
    /// `m`
    Module,
    /// `y`
    Yes,
}

impl From<&Value> for Tristate {
    /// Anything that is neither `m` nor `y` is `n`, as in Kconfig.
    fn from(value: &Value) -> Self {
        match value {
            Value::Yes => Tristate::Yes,
            Value::Module => Tristate::Module,
            Value::No | Value::Number(_) | Value::Text(_) => Tristate::No,
        }
    }
}

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// A symbol, or one of the constants `y`, `m`, `n` and numbers.
    Symbol(String),
    /// A string in quotes.
    Text(String),
    /// `$(…)`.
    Macro(String),
    /// `!a`
    Not(Box<Expr>),
    /// `a && b`
    And(Box<Expr>, Box<Expr>),
    /// `a || b`
    Or(Box<Expr>, Box<Expr>),
    /// `a = b` and the like.
    Compare(Box<Expr>, &'static str, Box<Expr>),
}

impl Expr {
    /// Reads a condition; `None` where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let tokens = tokens(text)?;
        let mut parser = Parser {
            tokens: &tokens,
            at: 0,
        };
        let expr = parser.or()?;
        (parser.at == tokens.len()).then_some(expr)
    }

    /// How true the condition is.
    pub fn eval(&self, config: &Config) -> Tristate {
        match self {
            Expr::Symbol(name) => symbol(name, config),
            Expr::Text(text) => symbol(text, config),
            Expr::Macro(_) => Tristate::Yes,
            Expr::Not(inner) => match inner.eval(config) {
                Tristate::No => Tristate::Yes,
                Tristate::Module => Tristate::Module,
                Tristate::Yes => Tristate::No,
            },
            Expr::And(a, b) => a.eval(config).min(b.eval(config)),
            Expr::Or(a, b) => a.eval(config).max(b.eval(config)),
            Expr::Compare(a, op, b) => compare(a, op, b, config),
        }
    }

    /// The parts, joined by `&&`, that are less true than `wanted`.
    pub fn unmet<'a>(&'a self, wanted: Tristate, config: &Config) -> Vec<&'a Expr> {
        match self {
            Expr::And(a, b) => {
                let mut parts = a.unmet(wanted, config);
                parts.extend(b.unmet(wanted, config));
                parts
            }
            other if other.eval(config) < wanted => vec![other],
            _ => Vec::new(),
        }
    }

    /// The symbols in it, constants aside.
    pub fn symbols(&self) -> BTreeSet<&str> {
        match self {
            Expr::Symbol(name) if is_constant(name) => BTreeSet::new(),
            Expr::Symbol(name) => BTreeSet::from([name.as_str()]),
            Expr::Text(_) | Expr::Macro(_) => BTreeSet::new(),
            Expr::Not(inner) => inner.symbols(),
            Expr::And(a, b) | Expr::Or(a, b) | Expr::Compare(a, _, b) => {
                let mut all = a.symbols();
                all.extend(b.symbols());
                all
            }
        }
    }

    fn binds(&self) -> u8 {
        match self {
            Expr::Or(..) => 0,
            Expr::And(..) => 1,
            Expr::Compare(..) => 2,
            _ => 3,
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |f: &mut fmt::Formatter<'_>, e: &Expr, least: u8| {
            if e.binds() < least {
                write!(f, "({e})")
            } else {
                write!(f, "{e}")
            }
        };
        match self {
            Expr::Symbol(name) => f.write_str(name),
            // The language has no escapes: a text has at most one kind of quote
            // in it.
            Expr::Text(text) if text.contains('"') => write!(f, "'{text}'"),
            Expr::Text(text) => write!(f, "\"{text}\""),
            Expr::Macro(call) => f.write_str(call),
            Expr::Not(inner) => {
                f.write_str("!")?;
                part(f, inner, 3)
            }
            Expr::And(a, b) => {
                part(f, a, 1)?;
                f.write_str(" && ")?;
                part(f, b, 1)
            }
            Expr::Or(a, b) => {
                part(f, a, 0)?;
                f.write_str(" || ")?;
                part(f, b, 0)
            }
            Expr::Compare(a, op, b) => {
                part(f, a, 3)?;
                write!(f, " {op} ")?;
                part(f, b, 3)
            }
        }
    }
}

fn is_constant(name: &str) -> bool {
    matches!(name, "y" | "m" | "n") || name.starts_with(|c: char| c.is_ascii_digit() || c == '-')
}

fn symbol(name: &str, config: &Config) -> Tristate {
    match name {
        "y" => Tristate::Yes,
        "m" => Tristate::from(config.get("MODULES")).min(Tristate::Module),
        "n" => Tristate::No,
        name => Tristate::from(config.get(name)),
    }
}

fn compare(a: &Expr, op: &str, b: &Expr, config: &Config) -> Tristate {
    let text = |e: &Expr| match e {
        Expr::Symbol(name) if is_constant(name) => Some(name.clone()),
        Expr::Symbol(name) => Some(match config.get(name) {
            Value::Text(text) => text.clone(),
            other => other.to_string(),
        }),
        Expr::Text(text) if !text.contains("$(") => Some(text.clone()),
        _ => None,
    };
    let (Some(a), Some(b)) = (text(a), text(b)) else {
        return Tristate::Yes;
    };
    let order = match (number(&a), number(&b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => a.cmp(&b),
    };
    let holds = match op {
        "=" => order.is_eq(),
        "!=" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    };
    if holds { Tristate::Yes } else { Tristate::No }
}

fn number(text: &str) -> Option<i64> {
    match text.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

#[derive(Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Macro(String),
    Sign(&'static str),
}

const SIGNS: [&str; 11] = ["&&", "||", "!=", "<=", ">=", "=", "<", ">", "!", "(", ")"];

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '#' {
            break;
        }
        let taken = if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            sign.len()
        } else if rest.starts_with("$(") {
            let len = macro_len(rest)?;
            tokens.push(Token::Macro(rest[..len].to_owned()));
            len
        } else if first == '"' || first == '\'' {
            let len = rest[1..].find(first)?;
            tokens.push(Token::Text(rest[1..=len].to_owned()));
            len + 2
        } else {
            let len = rest
                .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/')))
                .unwrap_or(rest.len());
            if len == 0 {
                return None;
            }
            tokens.push(Token::Word(rest[..len].to_owned()));
            len
        };
        rest = rest[taken..].trim_start();
    }
    Some(tokens)
}

/// The length of the macro call that `text` starts with.
fn macro_len(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 1 => return Some(at + 1),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
}

impl Parser<'_> {
    fn take(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Sign(s)) if *s == sign);
        self.at += usize::from(found);
        found
    }

    fn or(&mut self) -> Option<Expr> {
        let mut left = self.and()?;
        while self.take("||") {
            left = Expr::Or(Box::new(left), Box::new(self.and()?));
        }
        Some(left)
    }

    fn and(&mut self) -> Option<Expr> {
        let mut left = self.not()?;
        while self.take("&&") {
            left = Expr::And(Box::new(left), Box::new(self.not()?));
        }
        Some(left)
    }

    fn not(&mut self) -> Option<Expr> {
        // Why a count: nesting is limited by the stack, and the text may be
        // anything.
        let mut nots = 0;
        while self.take("!") {
            nots += 1;
        }
        let mut inner = self.comparison()?;
        if nots > 8 {
            return None;
        }
        for _ in 0..nots {
            inner = Expr::Not(Box::new(inner));
        }
        Some(inner)
    }

    fn comparison(&mut self) -> Option<Expr> {
        let left = self.primary()?;
        for op in ["=", "!=", "<=", ">=", "<", ">"] {
            if self.take(op) {
                return Some(Expr::Compare(Box::new(left), op, Box::new(self.primary()?)));
            }
        }
        Some(left)
    }

    fn primary(&mut self) -> Option<Expr> {
        if self.take("(") {
            let inner = self.or()?;
            return self.take(")").then_some(inner);
        }
        let expr = match self.tokens.get(self.at)? {
            Token::Word(name) => Expr::Symbol(name.clone()),
            Token::Text(text) => Expr::Text(text.clone()),
            Token::Macro(call) => Expr::Macro(call.clone()),
            Token::Sign(_) => return None,
        };
        self.at += 1;
        Some(expr)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn config() -> Config {
        Config::parse(
            "CONFIG_Y=y\nCONFIG_M=m\nCONFIG_MODULES=y\nCONFIG_V=120200\nCONFIG_S=\"um\"\n",
        )
    }

    #[test]
    fn a_condition_is_shown_as_it_was_written() {
        for text in [
            "A",
            "!A",
            "A && (B || !C)",
            "A || B && C",
            "!(A && B)",
            "A = y && GCC_VERSION >= 120000",
            "S = \"um\" || $(cc-option,-f(x))",
        ] {
            assert_eq!(Expr::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_condition_is_worth_what_kconfig_says() {
        for (text, worth) in [
            ("Y", Tristate::Yes),
            ("M", Tristate::Module),
            ("X", Tristate::No),
            ("!M", Tristate::Module),
            ("Y && M", Tristate::Module),
            ("X || M", Tristate::Module),
            ("m", Tristate::Module),
            ("Y = y", Tristate::Yes),
            ("M = y", Tristate::No),
            ("X = n", Tristate::Yes),
            ("V >= 120000", Tristate::Yes),
            ("V < 90000", Tristate::No),
            ("S != \"um\"", Tristate::No),
            ("$(success,false)", Tristate::Yes),
        ] {
            assert_eq!(Expr::parse(text).unwrap().eval(&config()), worth, "{text}");
        }
    }

    #[test]
    fn a_text_is_shown_in_the_quotes_that_it_does_not_have() {
        for text in ["'\"'", "\"'\""] {
            assert_eq!(Expr::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn only_the_unmet_parts_are_named() {
        let expr = Expr::parse("Y && (X || Z) && M && !Y").unwrap();
        let parts: Vec<String> = expr
            .unmet(Tristate::Module, &config())
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(parts, ["X || Z", "!Y"]);
    }

    proptest! {
        #[test]
        fn any_text_gets_an_answer(text in "[A-Zymn ()!&|=<>\"'$,é0-9]{0,60}") {
            if let Some(expr) = Expr::parse(&text) {
                let _worth = expr.eval(&config());
                prop_assert_eq!(Expr::parse(&expr.to_string()), Some(expr));
            }
        }
    }
}
