//! The files that a half-written suite names.
//!
//! Owns where a path of a file stands, in which order imports are looked through, and how many of them. It refuses to judge
//! them: the parser says what is wrong with an import.

use crate::suite::files::{FileKind, path_from};
use crate::suite::keys::{HTTP_FILE, HTTP_PART, PEM_FILE, Shape, Table};

use super::sketch::{Sketch, Slot};

/// Gets a file that a suite imports, by its path from the suite's folder; none when there is no such file.
pub type Read<'r> = dyn FnMut(&str) -> Option<String> + 'r;

/// How many files are looked through.
const MOST_FILES: usize = 100;
/// And how many bytes of them: a person waits for the answer.
const MOST_BYTES: usize = 16 << 20;

/// The files that a suite imports and those that these import in turn, each once: those that it names itself come first.
pub(super) struct Imports<'r> {
    paths: Vec<String>,
    next: usize,
    bytes: usize,
    read: &'r mut Read<'r>,
}

impl<'r> Imports<'r> {
    pub(super) fn of(sketch: &Sketch<'_>, read: &'r mut Read<'r>) -> Self {
        Self { paths: named(sketch, ""), next: 0, bytes: 0, read }
    }
}

impl Iterator for Imports<'_> {
    /// A path, and what stands there.
    type Item = (String, String);

    fn next(&mut self) -> Option<(String, String)> {
        loop {
            let path = self.paths.get(self.next).filter(|_| self.next < MOST_FILES)?.clone();
            self.next += 1;
            let Some(text) = (self.read)(&path) else { continue };
            self.bytes += text.len();
            if self.bytes > MOST_BYTES {
                return None;
            }
            // Few of them import others, and to sketch one takes a while.
            if text.contains("\"import\"") {
                for further in named(&Sketch::read(&text, 0), &path) {
                    if !self.paths.contains(&further) {
                        self.paths.push(further);
                    }
                }
            }
            return Some((path, text));
        }
    }
}

/// What a text is the path of, by the object or list in which it stands and by its key there; none when it is another text.
pub(super) fn kind_of(sketch: &Sketch<'_>, inside: usize, key: Option<&str>) -> Option<FileKind> {
    match key {
        Some("file") if matches!(sketch.slot(inside), Slot::Known(Shape::Rows)) => Some(FileKind::Rows),
        Some("file") => {
            // Of what a call sends, or of certificates.
            let is_sent =
                |table: &Table| [&HTTP_FILE, &HTTP_PART, &PEM_FILE].iter().any(|it| std::ptr::eq(table, *it));
            sketch.table(inside).is_some_and(is_sent).then_some(FileKind::Body)
        }
        None => is_import(sketch, inside).then_some(FileKind::Import),
        Some(_) => None,
    }
}

/// Whether a file of this name may be what is looked for.
pub(super) fn fits(kind: FileKind, path: &str) -> bool {
    let endings: &[&str] = match kind {
        FileKind::Import => &["json", "jsonc"],
        FileKind::Rows => &["csv", "json", "jsonl"],
        FileKind::Body => return true,
    };
    path.rsplit_once('.').is_some_and(|(_, ending)| endings.iter().any(|it| ending.eq_ignore_ascii_case(it)))
}

/// Whether a list is what a document imports.
pub(super) fn is_import(sketch: &Sketch<'_>, list: usize) -> bool {
    let loose = &sketch.loose;
    loose.key(list) == Some("import") && loose.parent(list).is_some_and(|root| loose.parent(root).is_none())
}

/// The files that a document imports, by their path from the folder of the suite.
fn named(sketch: &Sketch<'_>, from: &str) -> Vec<String> {
    let loose = &sketch.loose;
    let lists = (0..loose.pieces.len()).filter(|id| is_import(sketch, *id));
    let written = lists.flat_map(|list| loose.children(list).filter_map(|id| loose.words(id)));
    let paths = written.filter_map(|written| path_from(from, written).ok()).take(MOST_FILES);
    paths.fold(Vec::new(), |mut all, path| {
        if !all.contains(&path) {
            all.push(path);
        }
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str, mut read: impl FnMut(&str) -> Option<String>) -> Vec<String> {
        let sketch = Sketch::read(text, 0);
        Imports::of(&sketch, &mut read).map(|(path, _)| path).collect()
    }

    #[test]
    fn files_come_once_and_in_the_order_in_which_they_are_named() {
        let text = r#"{ "import": ["a/one.json", "two.json", "a/one.json", "../up.json", "https://x/y"], "checks": [{ "import": ["three.json"] }]"#;
        let found = paths(text, |path| match path {
            "a/one.json" => Some(r#"{ "import": ["../two.json", "four.json", "one.json"] "#.to_owned()),
            "two.json" => None,
            _ => Some(String::new()),
        });
        assert_eq!(found, ["a/one.json", "../up.json", "a/four.json"]);
    }

    #[test]
    fn no_more_is_looked_through_than_a_suite_may_name() {
        let mut asked = 0;
        let endless = paths(r#"{ "import": ["0"] }"#, |_| {
            asked += 1;
            Some(format!(r#"{{ "import": ["{asked}", "{asked}x"] }}"#))
        });
        assert_eq!(endless.len(), MOST_FILES);
        let large = paths(r#"{ "import": ["a", "b", "c"] }"#, |_| Some(" ".repeat(MOST_BYTES / 2)));
        assert_eq!(large, ["a", "b"]);
    }
}
