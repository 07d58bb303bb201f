//! What a row of the timeline says of a message: its type, then the members that vary, then the rest.
//!
//! Owns the finding of the type member and of what varies, by looking at the traffic. It refuses to know what a
//! message means: without traffic to look at, every member counts as one that varies.

mod members;
mod traffic;

pub use traffic::{ERROR_WORDS, Traffic};

/// The value at a path of a JSON text, as it was written.
pub fn value_at<'a>(json: &'a str, path: &str) -> Option<&'a str> {
    members::value_at(json, path)
}

/// The last part of a path: what its column is called.
pub fn name_of(path: &str) -> String {
    members::name_of(path)
}

use serde::{Deserialize, Serialize};

/// What a row says of one message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The value of the type member, such as `order_ack`.
    pub type_name: Option<String>,
    /// The JSONPath of that member.
    pub type_path: Option<String>,
    /// Whether the message reports an error.
    pub is_error: bool,
    /// Those of its members that a person wants in a column of their own.
    pub columns: Vec<Member>,
    /// Its other members: those that vary among messages of this type come first. What is the same in every message is left
    /// out beside them.
    pub members: Vec<Member>,
}

impl Summary {
    /// What of it is content, to be masked before it is shown.
    pub fn texts(&mut self) -> impl Iterator<Item = &mut String> {
        let members = self.members.iter_mut().chain(&mut self.columns);
        let own = self.type_name.iter_mut().chain(&mut self.type_path);
        own.chain(members.flat_map(|it| [&mut it.name, &mut it.path, &mut it.value]))
    }
}

/// A member of a message, as a row shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its own name; with those of its parents when the message has several of that name.
    pub name: String,
    /// Its JSONPath in the message.
    pub path: String,
    /// Its value as one reads it: a text without its quotes.
    pub value: String,
    /// Decides its colour.
    pub kind: ValueKind,
    /// Whether messages of this type differ in it.
    pub varies: bool,
}

/// What kind of value a member has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ValueKind {
    /// In quotes.
    Text,
    /// With all its digits.
    Number,
    /// `true`, `false` and `null`.
    Word,
    /// An object or an array that is shown by the number of its members only.
    Nested,
}
