// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Phrases that hide what a text is about from a search, with the field's terms
//! for them. The list is `words.txt`; what the terms mean is in CONTRIBUTING.
//! Not a check of spelling or grammar, and none of files that are not ours.

use std::collections::BTreeMap;

use super::{File, Problem};

const LIST: &str = include_str!("words.txt");
const LIST_PATH: &str = "crates/roadtest-ci/src/tidy/words.txt";

/// Extensions of the files that are read.
const EXTENSIONS: [&str; 4] = ["rs", "md", "rst", "config"];

/// Between a phrase, its replacement and the files that may keep it.
const ARROW: &str = " → ";
const EXCEPT: &str = " | ";

/// One line of the list.
#[derive(Debug)]
struct Rule<'a> {
    phrase: &'a str,
    words: Vec<String>,
    instead: &'a str,
    except: Vec<&'a str>,
}

/// A word in lower case, `,`, or `.` for each boundary of a sentence; and the
/// line, from 1.
#[derive(Debug, PartialEq, Eq)]
struct Word {
    text: String,
    line: usize,
}

/// Checks all texts.
pub(super) fn check(files: &[File]) -> Vec<Problem> {
    check_with(LIST, files)
}

fn check_with(list: &str, files: &[File]) -> Vec<Problem> {
    let (rules, mut problems) = parse(list);
    let mut by_first: BTreeMap<&str, Vec<&Rule<'_>>> = BTreeMap::new();
    for rule in &rules {
        if let Some(first) = rule.words.first() {
            by_first.entry(first).or_default().push(rule);
        }
    }
    let mut kept = Vec::new();
    for file in files.iter().filter(|file| is_read(file)) {
        let words = words(&file.text);
        for (index, word) in words.iter().enumerate() {
            let candidates = by_first.get(word.text.as_str()).into_iter().flatten();
            for rule in candidates.filter(|rule| rule.is_at(&words[index..])) {
                if rule.except.contains(&file.path.as_str()) {
                    kept.push((rule.phrase, file.path.as_str()));
                } else {
                    // The line of the last word: a boundary may stand above.
                    let line = words[index + rule.words.len() - 1].line;
                    let text = format!("\"{}\": write {}", rule.phrase, rule.instead);
                    problems.push(Problem::at(file, line, text));
                }
            }
        }
    }
    problems.extend(unneeded(&rules, &kept));
    problems
}

fn is_read(file: &File) -> bool {
    EXTENSIONS
        .iter()
        .any(|extension| file.has_extension(extension))
}

/// Exceptions that no file needs.
fn unneeded(rules: &[Rule<'_>], kept: &[(&str, &str)]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for rule in rules {
        for path in &rule.except {
            if !kept.contains(&(rule.phrase, path)) {
                let text = format!("{path} does not have \"{}\": remove it", rule.phrase);
                problems.push(Problem::whole(LIST_PATH, text));
            }
        }
    }
    problems
}

/// The rules of a list, and what is wrong with it.
fn parse(list: &str) -> (Vec<Rule<'_>>, Vec<Problem>) {
    let (mut rules, mut problems) = (Vec::<Rule<'_>>::new(), Vec::new());
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    for line in lines.filter(|line| !line.is_empty()) {
        match Rule::parse(line) {
            Some(rule) if rules.iter().any(|other| other.words == rule.words) => {
                let text = format!("\"{}\" is listed twice", rule.phrase);
                problems.push(Problem::whole(LIST_PATH, text));
            }
            Some(rule) => rules.push(rule),
            None => {
                let text = format!("not `phrase{ARROW}replacement`: `{line}`");
                problems.push(Problem::whole(LIST_PATH, text));
            }
        }
    }
    (rules, problems)
}

impl<'a> Rule<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (phrase, rest) = line.split_once(ARROW)?;
        let (instead, except) = rest.split_once(EXCEPT).unwrap_or((rest, ""));
        let mut words: Vec<String> = words(phrase).into_iter().map(|word| word.text).collect();
        // Every text begins with a boundary; a phrase only where it says so.
        if !phrase.starts_with('.') {
            words.remove(0);
        }
        let is_whole = !words.is_empty() && !instead.is_empty();
        is_whole.then(|| Self {
            phrase,
            words,
            instead,
            except: except.split_whitespace().collect(),
        })
    }

    fn is_at(&self, words: &[Word]) -> bool {
        words.len() >= self.words.len()
            && self
                .words
                .iter()
                .zip(words)
                .all(|(wanted, word)| *wanted == word.text)
    }
}

/// The words of a text. What marks a comment, a list or code is left out, and
/// an underscore or a capital after a small letter separates words, so that a
/// phrase is found in identifiers and across lines.
fn words(text: &str) -> Vec<Word> {
    let mut words = Words::default();
    let mut was_comment = false;
    for (index, line) in text.lines().enumerate() {
        words.line = index + 1;
        let line = line.trim_start();
        let is_comment = line.starts_with("//");
        let prose = line.trim_start_matches(['/', '!']);
        // A paragraph, and a comment after code, begin a sentence.
        if prose.trim().is_empty() || is_comment != was_comment {
            words.boundary();
        }
        was_comment = is_comment;
        words.add(prose);
    }
    words.found
}

struct Words {
    found: Vec<Word>,
    current: String,
    line: usize,
}

impl Default for Words {
    fn default() -> Self {
        let mut words = Self {
            found: Vec::new(),
            current: String::new(),
            line: 1,
        };
        words.boundary();
        words
    }
}

impl Words {
    fn add(&mut self, line: &str) {
        let mut characters = line.chars().peekable();
        let mut was_small = false;
        while let Some(c) = characters.next() {
            if c.is_uppercase() && was_small {
                self.end();
            }
            was_small = c.is_lowercase();
            match c {
                '\'' => self.current.push(c),
                c if c.is_alphanumeric() => self.current.extend(c.to_lowercase()),
                ',' => {
                    self.end();
                    self.push(",".to_owned());
                }
                '|' => self.boundary(),
                // Not the point of `value.method` or `1.5`.
                '.' | ';' | '!' | '?'
                    if !characters.peek().is_some_and(|next| next.is_alphanumeric()) =>
                {
                    self.boundary();
                }
                _ => self.end(),
            }
        }
        self.end();
    }

    fn end(&mut self) {
        let word = std::mem::take(&mut self.current);
        // Why: quotation marks look like apostrophes.
        let word = word.trim_matches('\'');
        if !word.is_empty() {
            self.push(word.to_owned());
        }
    }

    fn boundary(&mut self) {
        self.end();
        if self.found.last().is_none_or(|word| word.text != ".") {
            self.push(".".to_owned());
        }
    }

    fn push(&mut self, text: String) {
        let line = self.line;
        self.found.push(Word { text, line });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{file, told};

    const LINES: &str = "\
        the thingy → the device\n\
        . yields → returns\n\
        thingies → devices | kept.rs\n";

    fn found(path: &str, text: &str) -> String {
        let kept = file("kept.rs", "// thingies");
        told(&check_with(LINES, &[kept, file(path, text)]))
    }

    #[test]
    fn each_phrase_of_the_list_is_a_problem_with_its_line_and_replacement() {
        let (rules, problems) = parse(LIST);
        assert_eq!(problems, []);
        for rule in rules {
            let text = format!("//! What it is.\n/// One {} two.\n", rule.phrase);
            let problems = told(&check(&[file("crates/a/src/lib.rs", &text)]));
            let wanted = format!(
                "crates/a/src/lib.rs:2: \"{}\": write {}",
                rule.phrase, rule.instead
            );
            assert!(problems.contains(&wanted), "{wanted} is not in {problems}");
        }
    }

    #[test]
    fn no_replacement_is_a_phrase_of_the_list() {
        for rule in parse(LIST).0 {
            let text = file("replacement.md", rule.instead);
            let problems = check(&[text]);
            let problems = told(&problems);
            assert!(!problems.contains("replacement.md"), "{problems}");
        }
    }

    #[test]
    fn a_phrase_is_found_across_lines_and_in_identifiers() {
        let wanted = "a.rs:2: \"the thingy\": write the device";
        assert_eq!(found("a.rs", "/// One of the\n/// thingy."), wanted);
        assert_eq!(found("a.rs", "\nfn the_thingy_works() {"), wanted);
        assert_eq!(found("a.rs", "\nstruct TheThingy;"), wanted);
        assert_eq!(found("a.rs", "\nprintln!(\"The 'thingy' {x}\");"), wanted);
    }

    #[test]
    fn a_phrase_at_the_start_of_a_sentence_is_found_only_there() {
        let wanted = "a.rs:2: \". yields\": write returns";
        assert_eq!(found("a.rs", "fn a();\n/// Yields a number."), wanted);
        assert_eq!(found("a.rs", "/// It yields\n/// one; yields two."), wanted);
        assert_eq!(found("a.rs", "/// The chip yields.\nvalue.yields(3);"), "");
    }

    #[test]
    fn other_words_and_other_files_are_no_problem() {
        assert_eq!(
            found("a.rs", "/// Then the thingytron, the other thingy"),
            ""
        );
        assert_eq!(found("a.html", "the thingy"), "");
    }

    #[test]
    fn an_exception_that_is_not_needed_is_a_problem() {
        let problems = told(&check_with("thingies → devices | kept.rs\n", &[]));
        assert_eq!(
            problems,
            format!("{LIST_PATH}: kept.rs does not have \"thingies\": remove it")
        );
    }

    #[test]
    fn a_line_that_is_no_pair_or_comes_twice_is_a_problem() {
        let problems = told(&check_with("thingy\na b → c\nA, b → d\nA b → e\n", &[]));
        insta::assert_snapshot!(problems.replace(LIST_PATH, "LIST"), @r#"
        LIST: not `phrase → replacement`: `thingy`
        LIST: "A b" is listed twice
        "#);
    }
}
