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
}

/// Reads every document that the suite imports.
pub(in crate::suite) fn bring<'t>(source: &mut Source<'t>, files: &'t Files) -> Mistakes {
    let mut mistakes = Mistakes::default();
    let imports = names(&source.root);
    load(source, files, &imports, &mut vec![String::new()], &mut mistakes);
    mistakes
}

/// The names in `import` with their places; other values are reported when the key is read.
fn names(root: &Node) -> Vec<(String, Span)> {
    match root.member("import").map(|member| &member.value.tree) {
        Some(Tree::List(items)) => {
            items.iter().filter_map(|item| Some((item.text()?.to_owned(), item.span))).collect()
        }
        _ => Vec::new(),
    }
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
                mistakes.found.push((*at, why));
                continue;
            }
        };
        if let Some(first) = way.iter().position(|file| *file == name) {
            let circle: Vec<_> = way[first..].iter().chain([&name]).map(String::as_str).collect();
            let begins = source.beside.iter().find(|beside| beside.name == name).map(|beside| beside.at);
            let place = begins.map(|at| format!(", imported in {}", source.place(at))).unwrap_or_default();
            mistakes.found.push((*at, format!("{name} imports itself: {}{place}", circle.join(" → "))));
            continue;
        }
        // What two files import is there once.
        if source.beside.iter().any(|beside| beside.name == name) {
            continue;
        }
        if way.len() > DEEPEST {
            mistakes.found.push((*at, format!("imports lead to further ones more than {DEEPEST} times")));
            continue;
        }
        let text = match files.text(&name) {
            Ok(text) => text,
            Err(why) => {
                mistakes.found.push((*at, format!("{name}: {why}")));
                continue;
            }
        };
        let base = source.end() + 1;
        match syntax::read_at(text, base) {
            Ok((document, twice)) => {
                mistakes.found.extend(twice);
                let imports = names(&document.root);
                source.beside.push(Beside { name: name.clone(), at: *at, source: document });
                way.push(name);
                load(source, files, &imports, way, mistakes);
                way.pop();
            }
            Err(problem) => mistakes.unread.push(source.elsewhere(problem, &name, *at)),
        }
    }
}
