//! What the engine's assistant says, in the words of the protocol.

use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionResponse, CompletionTextEdit, Diagnostic,
    DiagnosticSeverity, Documentation, GotoDefinitionResponse, Hover, HoverContents, InsertTextFormat,
    Location, MarkupContent, MarkupKind, Position, Range, TextEdit, Uri,
};
use sockscope_engine::suite::assist::{self, Suggestion};
use sockscope_engine::suite::{Problem, Suite};

use super::text::Document;
use crate::beside::files_of;

/// What depends on the editor.
pub struct Answers {
    /// Whether it puts the cursor where a snippet says.
    pub takes_snippets: bool,
}

impl Answers {
    pub fn complete(&self, document: &Document, at: Position) -> CompletionResponse {
        let found = assist::complete(&document.text, document.byte(at));
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

pub fn hover(document: &Document, at: Position) -> Option<Hover> {
    let found = assist::explain_at(&document.text, document.byte(at))?;
    let range = Some(document.range(found.from, found.to));
    Some(Hover { contents: HoverContents::Markup(markdown(found.about)), range })
}

pub fn definition(document: &Document, uri: &Uri, at: Position) -> Option<GotoDefinitionResponse> {
    let (from, to) = assist::definition(&document.text, document.byte(at))?;
    let location = Location { uri: uri.clone(), range: document.range(from, to) };
    Some(GotoDefinitionResponse::Scalar(location))
}

/// No edit where the layout is usual already, and none of a text that is not JSON: the editor shows its mistakes anyway.
pub fn format(document: &Document) -> Option<Vec<TextEdit>> {
    let new_text = assist::format(&document.text).ok()?;
    if new_text == document.text {
        return Some(Vec::new());
    }
    Some(vec![TextEdit { range: document.range(0, document.text.len()), new_text }])
}

/// The mistakes of a suite and of the files that it names; none of another document.
pub fn diagnostics(document: &Document, uri: &Uri) -> Vec<Diagnostic> {
    if !document.is_suite() || document.text.trim().is_empty() {
        return Vec::new();
    }
    // What the editor has not saved yet lies beside nothing.
    let path = url::Url::parse(uri.as_str()).ok().and_then(|url| url.to_file_path().ok());
    let read = match path {
        Some(path) => Suite::parse_with(&document.text, &files_of(&path, &document.text)),
        None => Suite::parse(&document.text),
    };
    let problems = read.err().unwrap_or_default();
    problems.into_iter().map(|problem| diagnostic(document, problem)).collect()
}

fn diagnostic(document: &Document, problem: Problem) -> Diagnostic {
    let start = document.place(problem.line, problem.column);
    let end = document.place(problem.end.line, problem.end.column);
    let (range, message) = match &problem.file {
        None => (Range::new(start, end.max(start)), problem.message),
        // It is in another file, so the place that names that file has it here.
        Some(file) => {
            let written = serde_json::Value::from(file.name.as_str()).to_string();
            let from = document.text.find(&written);
            let range = from.map_or_else(Range::default, |from| document.range(from, from + written.len()));
            (range, format!("{}:{}:{}: {}", file.name, problem.line, problem.column, problem.message))
        }
    };
    Diagnostic {
        range,
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
