//! What the engine's assistant says, in the words of the protocol.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionResponse, CompletionTextEdit, Diagnostic,
    DiagnosticSeverity, Documentation, GotoDefinitionResponse, Hover, HoverContents, InsertTextFormat,
    Location, MarkupContent, MarkupKind, Position, Range, TextEdit, Uri,
};
use sockscope_engine::Payload;
use sockscope_engine::suite::assist::{self, Defined, Suggestion};
use sockscope_engine::suite::{Elsewhere, FileKind, Files, Problem, Suite};
use url::Url;

use super::text::Document;
use crate::beside::Beside;

/// What depends on the editor.
pub struct Answers {
    /// Whether it puts the cursor where a snippet says.
    pub takes_snippets: bool,
}

impl Answers {
    pub fn complete(&self, document: &Document, at: Position, files: &Imported<'_>) -> CompletionResponse {
        let read = &mut |name: &str| files.text(name);
        let found = assist::complete_with(&document.text, document.byte(at), read, &|| files.names());
        let items = found.into_iter().enumerate();
        CompletionResponse::Array(items.map(|(place, one)| self.item(document, place, one)).collect())
    }

    fn item(&self, document: &Document, place: usize, one: Suggestion) -> CompletionItem {
        let range = document.range(one.from, one.to);
        // An editor compares with what it replaces, its quotation mark included.
        let is_quoted = document.text[one.from..one.to].starts_with('"');
        let filter = if is_quoted { format!("\"{}\"", one.label) } else { one.label.clone() };
        let (new_text, format) = match self.takes_snippets {
            true => (snippet(&one.insert), InsertTextFormat::SNIPPET),
            false => (one.insert, InsertTextFormat::PLAIN_TEXT),
        };
        CompletionItem {
            kind: Some(CompletionItemKind::PROPERTY),
            detail: Some(one.detail).filter(|detail| !detail.is_empty()),
            documentation: Some(one.about)
                .filter(|about| !about.is_empty())
                .map(|about| Documentation::MarkupContent(markdown(about))),
            // The likeliest comes first here, and editors sort by letters.
            sort_text: Some(format!("{place:04}")),
            filter_text: Some(filter),
            insert_text_format: Some(format),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit { range, new_text })),
            label: one.label,
            ..CompletionItem::default()
        }
    }
}

/// The text with the cursor in its first empty pair, or else at its end.
fn snippet(insert: &str) -> String {
    let pairs = ["\"\"", "{}", "[]", "{  }", "[  ]"];
    let first = pairs.iter().filter_map(|pair| Some((insert.find(pair)?, pair.len() / 2))).min();
    let at = first.map_or(insert.len(), |(at, half)| at + half);
    let escaped = |text: &str| text.replace('\\', "\\\\").replace('$', "\\$").replace('}', "\\}");
    format!("{}$0{}", escaped(&insert[..at]), escaped(&insert[at..]))
}

pub fn hover(document: &Document, at: Position, files: &Imported<'_>) -> Option<Hover> {
    let read = &mut |name: &str| files.text(name);
    let found = assist::explain_with(&document.text, document.byte(at), read)?;
    let range = Some(document.range(found.from, found.to));
    Some(Hover { contents: HoverContents::Markup(markdown(found.about)), range })
}

/// What a document may import: the files beside it.
pub struct Imported<'o> {
    beside: Option<Beside>,
    /// The text of a file as the editor shows it, where it does.
    open: &'o dyn Fn(&Path) -> Option<String>,
}

impl<'o> Imported<'o> {
    pub fn of(uri: &Uri, open: &'o dyn Fn(&Path) -> Option<String>) -> Self {
        Self { beside: path_of(uri).map(|path| Beside::of(&path)), open }
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        self.beside.as_ref()?.path(name).ok()
    }

    fn names(&self) -> Vec<String> {
        self.beside.as_ref().map(Beside::names).unwrap_or_default()
    }

    /// All files that a suite names.
    fn gather(&self, text: &str) -> Files {
        let Some(beside) = &self.beside else { return Files::default() };
        Files::gather(text, &mut |name, kind| match (self.open)(&beside.path(name)?) {
            Some(text) if kind != FileKind::Body => Ok(Payload::Text(text)),
            _ => beside.read(name, kind),
        })
    }

    fn text(&self, name: &str) -> Option<String> {
        match (self.open)(&self.path(name)?) {
            Some(text) => Some(text),
            None => match self.beside.as_ref()?.read(name, FileKind::Import).ok()? {
                Payload::Text(text) => Some(text),
                Payload::Binary(_) => None,
            },
        }
    }
}

/// Where a name is defined, in the document or in a file that it imports.
pub fn definition(
    document: &Document,
    uri: &Uri,
    at: Position,
    files: &Imported<'_>,
) -> Option<GotoDefinitionResponse> {
    let read = &mut |name: &str| files.text(name);
    let (uri, range) = match assist::definition(&document.text, document.byte(at), read)? {
        Defined::Here(from, to) => (uri.clone(), document.range(from, to)),
        Defined::Beside { path: name, text, from, to } => {
            (uri_of(&files.path(&name)?)?, Document::new(text, None).range(from, to))
        }
        Defined::File(name) => (uri_of(&files.path(&name)?)?, Range::default()),
    };
    Some(GotoDefinitionResponse::Scalar(Location { uri, range }))
}

/// No edit where the layout is usual already, and none of a text that is not JSON: the editor shows its mistakes anyway.
pub fn format(document: &Document) -> Option<Vec<TextEdit>> {
    let new_text = assist::format(&document.text).ok()?;
    if new_text == document.text {
        return Some(Vec::new());
    }
    Some(vec![TextEdit { range: document.range(0, document.text.len()), new_text }])
}

/// The mistakes of a suite, with the files that it names as the editor shows them, or as they are on disk; none of another
/// document.
pub fn diagnostics(document: &Document, files: &Imported<'_>) -> Vec<Diagnostic> {
    if !document.is_suite() || document.text.trim().is_empty() {
        return Vec::new();
    }
    let files = files.gather(&document.text);
    let problems = Suite::parse_with(&document.text, &files).err().unwrap_or_default();
    problems.into_iter().map(|problem| diagnostic(document, problem)).collect()
}

fn uri_of(path: &Path) -> Option<Uri> {
    Uri::from_str(Url::from_file_path(path).ok()?.as_str()).ok()
}

/// Where a document lies on disk; none when it is not there, as one that was never saved.
pub fn path_of(uri: &Uri) -> Option<PathBuf> {
    Url::parse(uri.as_str()).ok().filter(|url| url.scheme() == "file")?.to_file_path().ok()
}

/// A mistake of another file stands where the suite names that file.
fn diagnostic(document: &Document, problem: Problem) -> Diagnostic {
    let (from, to, message) = match problem.file {
        None => ((problem.line, problem.column), (problem.end.line, problem.end.column), problem.message),
        Some(Elsewhere { name, from, to }) => {
            let message = format!("{name}:{}:{}: {}", problem.line, problem.column, problem.message);
            ((from.line, from.column), (to.line, to.column), message)
        }
    };
    let (start, end) = (document.place(from.0, from.1), document.place(to.0, to.1));
    Diagnostic {
        range: Range::new(start, end.max(start)),
        severity: Some(DiagnosticSeverity::ERROR),
        source: Some("sockscope".to_owned()),
        message,
        ..Diagnostic::default()
    }
}

fn markdown(value: String) -> MarkupContent {
    MarkupContent { kind: MarkupKind::Markdown, value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_goes_into_the_first_empty_pair() {
        assert_eq!(snippet(r#""wait": """#), r#""wait": "$0""#);
        assert_eq!(snippet(r#""expect": {  }"#), r#""expect": { $0 \}"#);
        assert_eq!(snippet(r#""$hex": "00""#), r#""\$hex": "00"$0"#);
        assert_eq!(snippet(r#""a": {}, "b": """#), r#""a": {$0\}, "b": """#);
    }
}
