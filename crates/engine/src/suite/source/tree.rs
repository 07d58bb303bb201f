//! Values with their places.

use serde_json::{Map, Number, Value};

use super::lines::Lines;
use super::locate;
use crate::suite::model::Position;
use crate::suite::origin::{Origin, Place};
use crate::suite::problem::{Elsewhere, Problem};

/// A part of the text, in bytes. The text is at most 16 MiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::suite) struct Span {
    pub(in crate::suite) start: u32,
    /// The first byte that no longer belongs to it.
    pub(in crate::suite) end: u32,
}

impl Span {
    pub(super) fn new(start: usize, end: usize) -> Self {
        let short = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: short(start), end: short(end) }
    }

    pub(super) fn later(self, by: u32) -> Self {
        Self { start: self.start.saturating_add(by), end: self.end.saturating_add(by) }
    }
}

/// A value and its place.
#[derive(Debug)]
pub(in crate::suite) struct Node {
    pub(in crate::suite) span: Span,
    pub(in crate::suite) tree: Tree,
}

/// A JSON value.
#[derive(Debug)]
pub(in crate::suite) enum Tree {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Object(Vec<Member>),
}

/// A key and its value.
#[derive(Debug)]
pub(in crate::suite) struct Member {
    pub(in crate::suite) key: String,
    pub(in crate::suite) key_span: Span,
    pub(in crate::suite) value: Node,
}

impl Node {
    pub(in crate::suite) fn to_value(&self) -> Value {
        match &self.tree {
            Tree::Null => Value::Null,
            Tree::Bool(yes) => Value::Bool(*yes),
            Tree::Number(number) => Value::Number(number.clone()),
            Tree::Text(text) => Value::String(text.clone()),
            Tree::List(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Tree::Object(members) => Value::Object(to_map(members)),
        }
    }

    pub(in crate::suite) fn text(&self) -> Option<&str> {
        match &self.tree {
            Tree::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(in crate::suite) fn members(&self) -> Option<&[Member]> {
        match &self.tree {
            Tree::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The member of this name, when it is an object with one.
    pub(in crate::suite) fn member(&self, key: &str) -> Option<&Member> {
        self.members()?.iter().find(|member| member.key == key)
    }

    /// Where to point for what is wrong with the whole: its first character, when it is more than one value.
    pub(in crate::suite) fn head(&self) -> Span {
        match self.tree {
            Tree::List(_) | Tree::Object(_) => Span { end: self.span.start + 1, ..self.span },
            _ => self.span,
        }
    }
}

/// Members as a JSON object.
pub(in crate::suite) fn to_map<'a>(members: impl IntoIterator<Item = &'a Member>) -> Map<String, Value> {
    members.into_iter().map(|member| (member.key.clone(), member.value.to_value())).collect()
}

/// A text that has been read.
pub(in crate::suite) struct Source<'t> {
    /// Without a byte order mark.
    pub(super) text: &'t str,
    pub(super) lines: Lines,
    pub(in crate::suite) root: Node,
    /// Where its spans begin.
    pub(super) base: u32,
    /// The documents that it imports, one after the other.
    pub(in crate::suite) beside: Vec<Beside<'t>>,
}

/// A document that a suite imports.
pub(in crate::suite) struct Beside<'t> {
    /// By its path from the folder of the suite.
    pub(in crate::suite) name: String,
    /// Where it is imported.
    pub(in crate::suite) at: Span,
    pub(in crate::suite) source: Source<'t>,
}

impl Source<'_> {
    /// The first byte that no document has.
    pub(super) fn end(&self) -> u32 {
        let last = self.beside.last().map_or(self, |beside| &beside.source);
        last.base.saturating_add(last.text.len() as u32)
    }

    /// The document that a place is in; none for the suite itself.
    fn beside_at(&self, span: Span) -> Option<&Beside<'_>> {
        let before = self.beside.partition_point(|beside| beside.source.base <= span.start);
        before.checked_sub(1).map(|last| &self.beside[last])
    }

    pub(in crate::suite) fn file_of(&self, span: Span) -> Option<&str> {
        self.beside_at(span).map(|beside| beside.name.as_str())
    }

    fn line_and_column(&self, at: u32) -> Position {
        self.lines.position(self.text, at.saturating_sub(self.base) as usize)
    }

    pub(in crate::suite) fn position(&self, span: Span) -> Position {
        self.beside_at(span).map_or(self, |beside| &beside.source).line_and_column(span.start)
    }

    /// Of what stands in an imported file: that file, and where it is imported, from the inside out.
    pub(in crate::suite) fn origin(&self, span: Span) -> Option<Origin> {
        let mut beside = self.beside_at(span);
        let file = beside.map(|beside| beside.name.clone())?;
        let mut used = Vec::new();
        while let Some(it) = beside {
            used.push(self.place(it.at));
            beside = self.beside_at(it.at);
        }
        Some(Origin { file: Some(file), used })
    }

    /// The line, and the file when it is not the suite.
    pub(in crate::suite) fn place(&self, span: Span) -> Place {
        Place { line: self.position(span).line, file: self.file_of(span).map(str::to_owned) }
    }

    pub(in crate::suite) fn problem(&self, at: Span, message: &str) -> Problem {
        if let Some(beside) = self.beside_at(at) {
            return self.elsewhere(beside.source.problem(at, message), &beside.name, beside.at);
        }
        let Position { line, column } = self.line_and_column(at.start);
        let end = self.line_and_column(at.end);
        let path = locate::path_to(&self.root, at);
        Problem { line, column, end, path, message: message.to_owned(), file: None }
    }

    /// A problem of an imported document, with the place in the suite from which it is imported.
    pub(super) fn elsewhere(&self, problem: Problem, name: &str, mut at: Span) -> Problem {
        while let Some(beside) = self.beside_at(at) {
            at = beside.at;
        }
        let (from, to) = (self.line_and_column(at.start), self.line_and_column(at.end));
        Problem { file: Some(Elsewhere { name: name.to_owned(), from, to }), ..problem }
    }

    /// The character of a string that stands `at` bytes into its value, up to the string's end.
    pub(in crate::suite) fn within_text(&self, node: &Node, at: usize) -> Span {
        if node.text().is_none() || at == 0 {
            return node.span;
        }
        let source = self.beside_at(node.span).map_or(self, |beside| &beside.source);
        let base = source.base as usize;
        let (start, end) = (node.span.start as usize - base, node.span.end as usize - base);
        let raw = &source.text[start + 1..end - 1];
        Span::new(base + start + 1 + locate::raw_offset(raw, at), base + end)
    }
}
