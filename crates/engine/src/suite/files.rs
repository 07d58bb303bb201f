//! The files that a suite names: those it imports, and those with its rows.
//!
//! Owns how a name becomes a path, and which files are asked for. It refuses to open any: the caller reads
//! what stands beside a suite, within bounds, and hands both over. So the page and the command understand the same.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::source::{self, Member, Node, Tree};
use crate::base::words::cut;

/// How many files a suite may name, those that are named by others counted.
const MOST: usize = 100;
/// How long a path may be, in bytes.
const LONGEST: usize = 300;
/// How many bytes all files of a suite may have together.
const LARGEST: usize = 64 << 20;

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A suite whose definitions and the like are brought in.
    Import,
    /// Rows.
    Rows,
}

/// Texts by their path from the folder of the suite; instead of one that could not be read, why not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files(BTreeMap<String, Result<String, String>>);

impl Files {
    /// Asks for every file that a suite names, and that its imports name in turn.
    pub fn gather(text: &str, read: &mut dyn FnMut(&str, FileKind) -> Result<String, String>) -> Self {
        let mut files = Self::default();
        let mut size = 0;
        let mut waiting = names_in("", text);
        while let Some((name, kind)) = waiting.pop() {
            if files.0.len() >= MOST || files.0.contains_key(&name) {
                continue;
            }
            let found = read(&name, kind).and_then(|text| {
                size += text.len();
                match size > LARGEST {
                    true => {
                        Err(format!("with it the files of the suite are larger than {} MiB", LARGEST >> 20))
                    }
                    false => Ok(text),
                }
            });
            if let (Ok(text), FileKind::Import) = (&found, kind) {
                waiting.extend(names_in(&name, text));
            }
            files.0.insert(name, found);
        }
        files
    }

    /// The same from texts that are at hand.
    pub fn of_texts(texts: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(texts.into_iter().map(|(name, text)| (name, Ok(text))).collect())
    }

    /// Those that could be read.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(name, text)| Some((name.as_str(), text.as_deref().ok()?)))
    }

    /// Whether the suite names none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text of a file, or why there is none.
    pub(super) fn text(&self, name: &str) -> Result<&str, String> {
        match self.0.get(name) {
            Some(Ok(text)) => Ok(text),
            Some(Err(why)) => Err(why.clone()),
            None if self.0.len() >= MOST => Err(format!("a suite may name {MOST} files")),
            None => Err("there is no such file here".to_owned()),
        }
    }
}

/// The path of a file from the folder of the suite, when another file names it; or why it is not one.
pub(super) fn path_from(from: &str, written: &str) -> Result<String, String> {
    let shown = cut(written, 60);
    let wrong = |why: &str| Err(format!("{shown:?} {why}; write a path such as \"shared/common.jsonc\""));
    if written.trim().is_empty() || written.len() > LONGEST || written.ends_with('/') {
        return wrong("names no file");
    }
    if written.contains("{{") {
        return wrong("holds a placeholder, and a file is the same every time");
    }
    if written.contains("://") {
        return wrong("is an address, and nothing is fetched");
    }
    let has_drive = written.as_bytes().get(1) == Some(&b':');
    if written.starts_with('/') || written.contains('\\') || has_drive {
        return wrong("is not a relative path with /");
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(written.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

/// The items of a list, if it is one.
fn items(member: Option<&Member>) -> &[Node] {
    match member.map(|member| &member.value.tree) {
        Some(Tree::List(items)) => items,
        _ => &[],
    }
}

/// The files that a document names.
fn names_in(from: &str, text: &str) -> Vec<(String, FileKind)> {
    // Most suites name none, and reading one takes a while.
    if !["\"import\"", "\"file\""].iter().any(|key| text.contains(key)) {
        return Vec::new();
    }
    let Ok((source, _)) = source::read(text) else { return Vec::new() };
    let mut found = Vec::new();
    let mut add = |node: &Node, kind| {
        let path = node.text().and_then(|written| path_from(from, written).ok());
        found.extend(path.map(|path| (path, kind)));
    };
    for node in items(source.root.member("import")) {
        add(node, FileKind::Import);
    }
    let mut rows = |node: &Node| {
        let each = node.member("each").and_then(|each| each.value.member("file"));
        if let Some(file) = each {
            add(&file.value, FileKind::Rows);
        }
    };
    let checks = items(source.root.member("checks"));
    for clients in checks.iter().map(|check| check.member("clients")).chain([source.root.member("clients")]) {
        let clients = clients.and_then(|clients| clients.value.members()).unwrap_or_default();
        clients.iter().for_each(|client| rows(&client.value));
    }
    checks.iter().for_each(rows);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: &str, written: &str, wanted: Result<&str, &str>) {
        let advice = "; write a path such as \"shared/common.jsonc\"";
        let wanted = wanted.map(str::to_owned).map_err(|why| format!("{why}{advice}"));
        assert_eq!(path_from(from, written), wanted);
    }

    #[test]
    fn a_path_is_relative_to_the_file_that_names_it() {
        check("", "common.jsonc", Ok("common.jsonc"));
        check("", "./a//b.json", Ok("a/b.json"));
        check("shared/one.json", "two.json", Ok("shared/two.json"));
        check("shared/one.json", "../two.json", Ok("two.json"));
        check("", "../../two.json", Ok("../../two.json"));
        check("../x/one.json", "../../two.json", Ok("../../two.json"));
    }

    #[test]
    fn err_what_names_no_file_beside_the_suite() {
        check("", "", Err("\"\" names no file"));
        check("", "a/", Err("\"a/\" names no file"));
        check("", "/etc/passwd", Err("\"/etc/passwd\" is not a relative path with /"));
        check("", "C:/x", Err("\"C:/x\" is not a relative path with /"));
        check("", "a\\b", Err("\"a\\\\b\" is not a relative path with /"));
        check("", "https://x/y", Err("\"https://x/y\" is an address, and nothing is fetched"));
        check("", "{{x}}", Err("\"{{x}}\" holds a placeholder, and a file is the same every time"));
    }

    #[test]
    fn files_are_gathered_from_imports_of_imports() {
        let text = r#"{ "import": ["a/one.json"], "checks": [{ "each": { "file": "rows.csv" } }],
            "clients": { "c": { "each": { "file": "../users.csv" } } } }"#;
        let mut asked = Vec::new();
        let files = Files::gather(text, &mut |name, kind| {
            asked.push(format!("{kind:?} {name}"));
            match name {
                "a/one.json" => Ok(r#"{ "import": ["two.json", "../a/one.json"] }"#.to_owned()),
                _ => Err("gone".to_owned()),
            }
        });
        asked.sort();
        assert_eq!(asked, ["Import a/one.json", "Import a/two.json", "Rows ../users.csv", "Rows rows.csv"]);
        assert_eq!(files.texts().count(), 1);
    }
}
