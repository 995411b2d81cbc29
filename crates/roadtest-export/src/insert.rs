// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The two files of a kernel tree that list others: the index of the tools'
//! documentation, and MAINTAINERS. What is listed already stays as it is.

/// The index that lists roadtest's page.
pub(super) const INDEX: &str = "Documentation/dev-tools/index.rst";
/// Who maintains what.
pub(super) const MAINTAINERS: &str = "MAINTAINERS";

/// The index with the page in it; `None` where it has no table of contents.
pub(super) fn index(text: &str) -> Option<String> {
    let mut lines: Vec<&str> = text.lines().collect();
    if lines.iter().any(|line| line.trim() == "roadtest") {
        return Some(text.to_owned());
    }
    let start = lines
        .iter()
        .position(|line| line.starts_with(".. toctree::"))?;
    let is_entry = |line: &str| {
        line.starts_with(' ') && !line.trim().is_empty() && !line.trim().starts_with(':')
    };
    let entries: Vec<usize> = (start + 1..lines.len())
        .take_while(|at| lines[*at].is_empty() || lines[*at].starts_with(' '))
        .filter(|at| is_entry(lines[*at]))
        .collect();
    // Beside the other ways to test, where the tree has them.
    let beside = ["ktap", "kunit/index", "kselftest"];
    let place = beside
        .iter()
        .find_map(|name| entries.iter().find(|at| lines[**at].trim() == *name))
        .or(entries.last())?;
    let indent = lines[*place].len() - lines[*place].trim_start().len();
    let entry = format!("{}roadtest", &lines[*place][..indent]);
    lines.insert(place + 1, &entry);
    Some(lines.join("\n") + "\n")
}

/// The section for MAINTAINERS, with a maintainer where one is known.
pub(super) fn entry(section: &str, maintainer: Option<&str>) -> String {
    let section = section.trim_end();
    match (section.split_once('\n'), maintainer) {
        (Some((title, rest)), Some(name)) => format!("{title}\nM:\t{name}\n{rest}\n"),
        _ => format!("{section}\n"),
    }
}

/// MAINTAINERS with the section where it sorts; `None` where there are no
/// sections.
pub(super) fn maintainers(text: &str, section: &str) -> Option<String> {
    let title = section.lines().next()?;
    let lines: Vec<&str> = text.lines().collect();
    let list = lines
        .iter()
        .position(|line| line.starts_with("Maintainers List"))?;
    let titles: Vec<usize> = (list + 2..lines.len())
        .filter(|at| is_title(lines[*at]) && lines[at - 1].is_empty())
        .collect();
    if titles.iter().any(|at| lines[*at] == title) {
        return Some(text.to_owned());
    }
    // Why a count: not everything is sorted, and a single section out of
    // place must not draw ours there.
    let mut cost = titles.iter().filter(|at| lines[**at] < title).count();
    let mut best = (cost, *titles.first()?);
    for (number, at) in titles.iter().enumerate() {
        if lines[*at] < title {
            cost -= 1;
        } else {
            cost += 1;
        }
        if let Some(next) = titles.get(number + 1)
            && cost <= best.0
        {
            best = (cost, *next);
        }
    }
    let mut with = lines[..best.1].join("\n");
    with.push('\n');
    with.push_str(section);
    with.push('\n');
    with.push_str(&lines[best.1..].join("\n"));
    with.push('\n');
    Some(with)
}

fn is_title(line: &str) -> bool {
    let second = line.as_bytes().get(1);
    !line.is_empty() && second != Some(&b':') && !line.starts_with([' ', '\t', '-', '.'])
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "List of maintainers\n\nMaintainers List\n----------------\n\n\
        3C59X\nM:\tA\n\nKUNIT\nM:\tB\n\nZED IS OUT OF PLACE\nS:\tx\n\nRISC-V\nM:\tC\n\n\
        ROCKER\nF:\td\n\nTHE REST\nM:\tL\n";

    #[test]
    fn a_section_goes_where_it_sorts() {
        let with = maintainers(TREE, "ROADTEST\nS:\tMaintained\n").expect("it has sections");
        assert!(
            with.contains("M:\tC\n\nROADTEST\nS:\tMaintained\n\nROCKER\n"),
            "{with}"
        );
        assert_eq!(with.replace("ROADTEST\nS:\tMaintained\n\n", ""), TREE);
        assert_eq!(maintainers(&with, "ROADTEST\nS:\tOther\n"), Some(with));
    }

    #[test]
    fn what_is_no_list_gets_no_section() {
        assert_eq!(maintainers("hello\n", "ROADTEST\n"), None);
        assert_eq!(index("hello\n"), None);
    }

    #[test]
    fn the_page_goes_beside_the_other_tests() {
        let text =
            "Tools\n=====\n\n.. toctree::\n   :maxdepth: 2\n\n   kcov\n   ktap\n   z\n\n\nEnd\n";
        let with = index(text).expect("it has a table");
        assert_eq!(with, text.replace("   ktap\n", "   ktap\n   roadtest\n"));
        assert_eq!(index(&with), Some(with.clone()));
        let other = index(&text.replace("ktap", "gcov")).expect("it has a table");
        assert!(other.contains("   z\n   roadtest\n\n\nEnd"), "{other}");
    }

    #[test]
    fn a_known_maintainer_comes_first() {
        assert_eq!(
            entry("R\nS:\tx\n", Some("A <a@b>")),
            "R\nM:\tA <a@b>\nS:\tx\n"
        );
        assert_eq!(entry("R\nS:\tx\n", None), "R\nS:\tx\n");
    }
}
