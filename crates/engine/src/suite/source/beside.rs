//! The documents that a suite imports, read into one source with it.
//!
//! Owns in which order they come, circles among them, and that a place in any of them has its file: all spans of one
//! document come after those of the document before.

use super::syntax;
use super::tree::{Beside, Node, Source, Span, Tree};
use crate::suite::files::{Files, path_from};
use crate::suite::problem::Problem;

/// How far imports may lead to further ones.
const DEEPEST: usize = 20;

/// What was wrong on the way.
#[derive(Default)]
pub(in crate::suite) struct Mistakes {
    pub(in crate::suite) found: Vec<(Span, String)>,
    /// Documents that are not JSON.
    pub(in crate::suite) unread: Vec<Problem>,
    /// Whether a document is missing, so that any name may be one of its names.
    pub(in crate::suite) is_open: bool,
}

impl Mistakes {
    /// A document cannot be had.
    fn missing(&mut self, at: Span, why: String) {
        self.found.push((at, why));
        self.is_open = true;
    }
}

/// A document that imports the one from which it is imported; the way around begins and ends with it.
fn itself(circle: &[&str]) -> String {
    let name = circle.first().copied().unwrap_or_default();
    match circle {
        [_, _] => format!("{name} imports itself"),
        _ => format!("{name} imports itself: {}", circle.join(" → ")),
    }
}

/// Reads every document that the suite imports.
pub(in crate::suite) fn bring<'t>(source: &mut Source<'t>, files: &'t Files) -> Mistakes {
    let mut mistakes = Mistakes::default();
    let imports = names(&source.root, &mut mistakes);
    load(source, files, &imports, &mut vec![String::new()], &mut mistakes);
    mistakes
}

/// The names in `import` with their places; other values are reported when the key is read.
fn names(root: &Node, mistakes: &mut Mistakes) -> Vec<(String, Span)> {
    let Some(import) = root.member("import") else { return Vec::new() };
    let items: &[Node] = match &import.value.tree {
        Tree::List(items) => items,
        _ => std::slice::from_ref(&import.value),
    };
    let is_list = matches!(import.value.tree, Tree::List(_));
    mistakes.is_open |= !is_list || items.iter().any(|item| item.text().is_none());
    let named = items.iter().filter(|_| is_list);
    named.filter_map(|item| Some((item.text()?.to_owned(), item.span))).collect()
}

/// `way` is how one came here: the suite, then the files from there on.
fn load<'t>(
    source: &mut Source<'t>,
    files: &'t Files,
    imports: &[(String, Span)],
    way: &mut Vec<String>,
    mistakes: &mut Mistakes,
) {
    let from = way.last().cloned().unwrap_or_default();
    for (written, at) in imports {
        let name = match path_from(&from, written) {
            Ok(name) => name,
            Err(why) => {
                mistakes.missing(*at, why);
                continue;
            }
        };
        if let Some(first) = way.iter().position(|file| *file == name) {
            let circle: Vec<_> = way[first..].iter().chain([&name]).map(String::as_str).collect();
            let begins = source.beside.iter().find(|beside| beside.name == name).map(|beside| beside.at);
            let place = begins.map(|at| format!(", imported in {}", source.place(at))).unwrap_or_default();
            mistakes.found.push((*at, itself(&circle) + &place));
            continue;
        }
        // What two files import is there once.
        if source.beside.iter().any(|beside| beside.name == name) {
            continue;
        }
        if way.len() > DEEPEST {
            mistakes.missing(*at, format!("imports lead to further ones more than {DEEPEST} times"));
            continue;
        }
        let text = match files.text(&name) {
            Ok(text) => text,
            Err(why) => {
                mistakes.missing(*at, format!("{name}: {why}"));
                continue;
            }
        };
        // Read once more, all names of the suite would be there twice.
        if text == source.text {
            let circle = way.iter().skip(1).map(String::as_str).chain([name.as_str()]);
            let circle: Vec<_> = std::iter::once(name.as_str()).chain(circle).collect();
            mistakes.found.push((*at, itself(&circle)));
            continue;
        }
        let base = source.end() + 1;
        match syntax::read_at(text, base) {
            Ok((document, twice)) => {
                mistakes.found.extend(twice);
                let imports = names(&document.root, mistakes);
                source.beside.push(Beside { name: name.clone(), at: *at, source: document });
                way.push(name);
                load(source, files, &imports, way, mistakes);
                way.pop();
            }
            Err(problem) => {
                mistakes.unread.push(source.elsewhere(problem, &name, *at));
                mistakes.is_open = true;
            }
        }
    }
}
