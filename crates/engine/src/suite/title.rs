//! What a step does, in a short sentence.
//!
//! Owns the words; placeholders stay as written. A title is one short line, since readers see it in a list of many.

use serde_json::Value;

use super::source::{Node, Tree};
use crate::base::unit::duration_or_seconds;
use crate::base::words::{bound, cut};

/// How long a title is, in characters.
const LONGEST: usize = 120;
/// How much of it a message takes.
const LONGEST_MESSAGE: usize = 60;

/// Who acts, as a title says it, and whether it is more than one.
pub(super) struct Actors {
    words: String,
    are_many: bool,
}

impl Actors {
    /// Those that `on` names; none without it.
    pub(super) fn of(on: Option<&Node>) -> Self {
        let names: Vec<&str> = match on.map(|node| &node.tree) {
            Some(Tree::Text(name)) => vec![name],
            Some(Tree::List(names)) => names.iter().filter_map(Node::text).collect(),
            _ => Vec::new(),
        };
        match names.as_slice() {
            [] => Self { words: String::new(), are_many: false },
            ["*"] => Self { words: "everyone".to_owned(), are_many: false },
            [one] => Self { words: (*one).to_owned(), are_many: false },
            [first @ .., last] => {
                let last = if *last == "*" { "everyone" } else { last };
                Self { words: format!("{} and {last}", first.join(", ")), are_many: true }
            }
        }
    }

    /// `alice sends`, `alice and bob send`, `send`.
    pub(super) fn act(&self, verb: &str) -> String {
        let verb = match verb.split_once(' ') {
            _ if self.are_many || self.words.is_empty() => verb.to_owned(),
            Some((verb, rest)) => format!("{} {rest}", third_person(verb)),
            None => third_person(verb),
        };
        if self.words.is_empty() { verb } else { format!("{} {verb}", self.words) }
    }

    /// `expect` after another verb of the same sentence.
    pub(super) fn expect(&self) -> &'static str {
        if self.are_many || self.words.is_empty() { "expect" } else { "expects" }
    }
}

fn third_person(verb: &str) -> String {
    match verb {
        verb if verb.ends_with("ch") => format!("{verb}es"),
        verb => format!("{verb}s"),
    }
}

/// A value as compact JSON, cut in the middle, without the members that all messages share; a text as it is, in quotation marks.
pub(super) fn message(node: &Node, shared: &[String]) -> String {
    // A large message is not written out to be cut.
    let value = match &node.tree {
        Tree::List(items) if items.len() > 100 => return format!("a list of {} items", items.len()),
        _ => node.to_value(),
    };
    cut_middle(&without(&crate::matcher::excerpt(&value), shared), LONGEST_MESSAGE)
}

/// Words that hold compact JSON, with an ellipsis for members that all messages share. The only member of an object stays.
pub(super) fn without(whole: &str, shared: &[String]) -> String {
    let mut words = whole.to_owned();
    for member in shared {
        for (with, left) in
            [(format!("{{{member},"), "{…,"), (format!(",{member},"), ",…,"), (format!(",{member}}}"), ",…}")]
        {
            words = words.replace(&with, left);
        }
    }
    while words.contains("…,…") {
        words = words.replace("…,…", "…");
    }
    if words.contains("{…}") { whole.to_owned() } else { words }
}

/// What begins alike often ends differently, so that the end stays.
fn cut_middle(text: &str, longest: usize) -> String {
    let length = text.chars().count();
    if length <= longest {
        return text.to_owned();
    }
    let (head, tail) = (longest * 2 / 3, longest - longest * 2 / 3 - 1);
    let end = |count: usize| text.char_indices().nth(count).map_or(text.len(), |(at, _)| at);
    format!("{}…{}", &text[..end(head)], &text[end(length - tail)..])
}

/// A length of time with its unit, which a suite leaves out of seconds; other words as they are.
pub(super) fn lasting(words: &str) -> String {
    duration_or_seconds(&Value::from(words)).map_or_else(|_| words.to_owned(), bound)
}

/// The title of a repeat whose lengths of time are values of variables now.
pub(crate) fn with_units(title: String) -> String {
    if !title.starts_with("repeat ") {
        return title;
    }
    let (head, rest) =
        title.split_once(": ").map_or((title.as_str(), ""), |(head, _)| title.split_at(head.len()));
    let mut before = "";
    let words = head.split(' ').map(|word| {
        let is_time = matches!(std::mem::replace(&mut before, word), "for" | "every");
        if is_time { lasting(word) } else { word.to_owned() }
    });
    words.collect::<Vec<_>>().join(" ") + rest
}

/// A sentence on one line and of bounded length.
pub(super) fn title(words: &str) -> String {
    let words: String =
        words.trim_end().chars().take(LONGEST * 4).map(|c| if c.is_control() { ' ' } else { c }).collect();
    match words.chars().count() {
        0..=LONGEST => words,
        _ => cut(&words, LONGEST - 1),
    }
}
