//! Values with their places.

use serde_json::{Map, Number, Value};

use super::lines::Lines;
use super::locate;
use crate::suite::model::Position;
use crate::suite::problem::Problem;

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
}

impl Source<'_> {
    pub(in crate::suite) fn position(&self, span: Span) -> Position {
        self.lines.position(self.text, span.start as usize)
    }

    pub(in crate::suite) fn problem(&self, at: Span, message: &str) -> Problem {
        let Position { line, column } = self.position(at);
        let end = self.lines.position(self.text, at.end as usize);
        Problem { line, column, end, path: locate::path_to(&self.root, at), message: message.to_owned() }
    }

    /// The character of a string that stands `at` bytes into its value, up to the string's end.
    pub(in crate::suite) fn within_text(&self, node: &Node, at: usize) -> Span {
        let (start, end) = (node.span.start as usize, node.span.end as usize);
        if node.text().is_none() || at == 0 {
            return node.span;
        }
        let raw = &self.text[start + 1..end - 1];
        Span::new(start + 1 + locate::raw_offset(raw, at), end)
    }
}
