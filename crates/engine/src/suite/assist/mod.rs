//! What an editor of suites offers during typing.
//!
//! Owns completion, prose for the key under the cursor, where a name is defined, formatting, ready-made steps and the outline of a suite. It
//! refuses to judge: the parser finds the mistakes. A text is nearly always half-written, so completion and prose come
//! from [`loose`], which reads anything, in linear time and without recursion.

mod beside;
mod columns;
mod complete;
mod definition;
mod examples;
mod explain;
mod fit;
mod format;
mod known;
mod loose;
mod outline;
mod place;
mod sketch;
mod values;

use serde::{Deserialize, Serialize};

pub use complete::{complete, complete_with};
pub use definition::{Defined, definition};
pub use examples::examples;
pub use explain::{explain_at, explain_with};
pub use fit::fit;
pub use format::format;
pub use outline::{outline, outline_with};
pub use place::place;

/// A suggestion at the cursor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// What a person types to find it.
    pub label: String,
    /// What kind of thing it is, in a few words.
    pub detail: String,
    /// What it means, in Markdown; may be empty.
    pub about: String,
    /// What goes in. The cursor belongs into the first empty pair in it, or else at its end.
    pub insert: String,
    /// The first byte that it replaces.
    pub from: usize,
    /// The first byte that stays again.
    pub to: usize,
}

/// Prose for a part of the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// The first byte of what it is about.
    pub from: usize,
    /// The first byte after it.
    pub to: usize,
    /// In Markdown.
    pub about: String,
}

/// A step, or a check, that is ready to be put in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// What a menu says.
    pub title: String,
    /// What it is for, in Markdown.
    pub about: String,
    /// As it stands in a list of steps, or of checks.
    pub text: String,
    /// Whether it is a whole check.
    pub is_check: bool,
}

/// What is in a suite, for lists and forms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline {
    /// The name of the suite.
    pub name: String,
    /// Its prose.
    pub about: String,
    /// The tags of its checks, each once, in the order in which they come.
    pub tags: Vec<String>,
    /// In the order of the text.
    pub vars: Vec<OutlineVariable>,
    /// In the order in which they run.
    pub checks: Vec<OutlineCheck>,
}

/// A variable of a suite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutlineVariable {
    /// Its name.
    pub name: String,
    /// Its default as one writes it into a form: a text without its quotation marks, anything else as JSON.
    pub default: String,
    /// Whether its value is masked.
    pub is_secret: bool,
    /// Whether it is one of the variables that all suites that ship have in common.
    pub is_shared: bool,
}

/// A check of a suite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutlineCheck {
    /// Its name as it is written, placeholders included.
    pub name: String,
    /// Its prose.
    pub about: String,
    /// In the order of the text.
    pub tags: Vec<String>,
    /// The line on which it begins, from 1.
    pub line: u32,
}

/// The last place at or before this byte at which a character begins.
fn floor(text: &str, byte: usize) -> usize {
    let mut at = byte.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
