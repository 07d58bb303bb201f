//! Which modules of a folder name which, read from their text.
//!
//! A module that declares another one names it. Tests inside a file do not count: they may name whatever they test.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::{is_of_name, source_files, without_comments};

/// A module by its path below the folder: `steps::execute`, and nothing for the folder's own `mod.rs`.
type Name = Vec<String>;

/// Every module with those that it names.
pub struct Graph(BTreeMap<Name, BTreeSet<Name>>);

impl Graph {
    /// The modules in `folder`, which the code calls `base`, such as `crate::run`.
    pub fn read(folder: &Path, base: &str) -> Self {
        let mut texts = BTreeMap::new();
        for path in source_files(folder) {
            let below = path.strip_prefix(folder).expect("a file below the folder").with_extension("");
            let mut name: Name = below.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            if name.last().is_some_and(|last| last == "mod") {
                name.pop();
            }
            if name.last().is_some_and(|last| last == "tests") {
                continue;
            }
            let text = without_comments(&fs::read_to_string(&path).expect("a readable file"));
            texts.insert(name, text);
        }
        assert!(texts.len() > 1, "no modules in {}: has the folder moved?", folder.display());
        Self::of(&texts, base)
    }

    fn of(texts: &BTreeMap<Name, String>, base: &str) -> Self {
        let base: Vec<&str> = base.split("::").collect();
        let known = |name: &[String]| texts.contains_key(name);
        let edges = texts.iter().map(|(name, text)| {
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            let named = paths(code).into_iter().filter_map(|path| {
                let full = absolute(&path, name, &base)?;
                (0..=full.len()).rev().map(|end| full[..end].to_vec()).find(|prefix| known(prefix))
            });
            (name.clone(), named.filter(|other| other != name).collect())
        });
        Self(edges.collect())
    }

    /// The same with all modules of a folder as one.
    pub fn of_folders(&self) -> Self {
        let folder = |name: &Name| name.iter().take(1).cloned().collect::<Name>();
        let mut edges: BTreeMap<Name, BTreeSet<Name>> = BTreeMap::new();
        for (name, named) in &self.0 {
            let others = named.iter().map(folder).filter(|other| *other != folder(name));
            edges.entry(folder(name)).or_default().extend(others);
        }
        Self(edges)
    }

    /// The modules that name each other in a circle, each circle once.
    pub fn circles(&self) -> Vec<String> {
        let reached: BTreeMap<&Name, BTreeSet<&Name>> =
            self.0.keys().map(|name| (name, self.reached_from(name))).collect();
        let circles: BTreeSet<Vec<String>> = self
            .0
            .keys()
            .filter(|name| reached[name].contains(name))
            .map(|name| {
                let are_mutual = |other: &&&Name| reached[*other].contains(name);
                reached[name].iter().filter(are_mutual).map(|other| shown(other)).collect()
            })
            .collect();
        circles.into_iter().map(|circle| circle.join(", ")).collect()
    }

    /// All that a module names, also through others.
    fn reached_from(&self, start: &Name) -> BTreeSet<&Name> {
        let mut reached = BTreeSet::new();
        let mut ahead: Vec<&Name> = self.0[start].iter().collect();
        while let Some(next) = ahead.pop() {
            if reached.insert(next) {
                ahead.extend(&self.0[next]);
            }
        }
        reached
    }
}

fn shown(name: &Name) -> String {
    if name.is_empty() { "mod".to_owned() } else { name.join("::") }
}

/// Where a path leads, from the folder on; none when it leads out of the folder.
fn absolute(path: &str, from: &Name, base: &[&str]) -> Option<Name> {
    let parts: Vec<&str> = path.split("::").collect();
    let owned = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect::<Name>();
    if parts[0] == "crate" {
        return parts.strip_prefix(base).map(owned);
    }
    let mut at = from.clone();
    let mut rest = &parts[..];
    while let Some((first @ (&"super" | &"self"), others)) = rest.split_first() {
        if *first == "super" {
            at.pop()?;
        }
        rest = others;
    }
    at.extend(owned(rest));
    Some(at)
}

/// Every path in the code: imports, spread out, paths within it, and `mod name;`.
fn paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = String::new();
    let mut read = 0;
    for (at, word) in code.match_indices("use ") {
        let before = code[..at].rsplit('\n').next().unwrap_or_default().trim();
        let is_import = at >= read && (before.is_empty() || before.starts_with("pub"));
        let Some(length) = code[at..].find(';').filter(|_| is_import) else { continue };
        spread("", &code[at + word.len()..at + length], &mut found);
        rest.push_str(&code[read..at]);
        read = at + length;
    }
    rest.push_str(&code[read..]);
    for (at, word) in words(&rest) {
        let is_declared = rest[..at].trim_end().ends_with("mod") && rest[at + word.len()..].starts_with(';');
        if word.contains("::") || is_declared {
            found.push(word.to_owned());
        }
    }
    found
}

/// The paths of an import: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn spread(prefix: &str, import: &str, found: &mut Vec<String>) {
    let import = import.trim();
    match import.split_once('{') {
        Some((head, group)) if import.ends_with('}') => {
            let prefix = format!("{prefix}{}", head.trim());
            let mut depth = 0;
            let group = &group[..group.len() - 1];
            let members = group.split(|c| {
                depth += i32::from(c == '{') - i32::from(c == '}');
                c == ',' && depth == 0
            });
            members.for_each(|member| spread(&prefix, member, found));
        }
        _ if import.is_empty() => {}
        _ => found.push(format!("{prefix}{}", import.split(" as ").next().unwrap_or_default())),
    }
}

/// Names with the colons between them, and where they stand.
fn words(code: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in code.char_indices().chain([(code.len(), ' ')]) {
        match (is_of_name(c) || c == ':', start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                words.push((from, code[from..at].trim_matches(':')));
                start = None;
            }
            _ => {}
        }
    }
    words
}

#[test]
fn a_circle_is_seen_in_every_form() {
    for back in [
        "use crate::run::check;",
        "use super::super::check::Check;",
        "use super::super::{check::{Check, run}, plan};",
        "pub use crate::run::{\n    plan,\n    check,\n};",
        "fn one() { super::super::check::run(); }",
        "fn one() { crate::run::check::run() }",
    ] {
        let texts =
            [("check", "use super::steps::one;"), ("plan", ""), ("steps", "mod one;"), ("steps::one", back)];
        let texts =
            texts.map(|(name, text)| (name.split("::").map(str::to_owned).collect(), text.to_owned()));
        let graph = Graph::of(&BTreeMap::from(texts), "crate::run");
        assert_eq!(graph.circles(), ["check, steps::one"], "{back}");
        assert_eq!(graph.of_folders().circles(), ["check, steps"], "{back}");
    }
}

#[test]
fn a_child_that_names_its_parent_makes_a_circle() {
    let of = |child: &str| {
        let texts = [("merge", "mod check;\nfn sum() {}"), ("merge::check", child)];
        let texts =
            texts.map(|(name, text)| (name.split("::").map(str::to_owned).collect(), text.to_owned()));
        Graph::of(&BTreeMap::from(texts), "crate::run").circles()
    };
    assert_eq!(of("use super::sum;"), ["merge, merge::check"]);
    assert_eq!(of("#[cfg(test)]\nmod tests {\n    use super::super::sum;\n}"), Vec::<String>::new());
}
