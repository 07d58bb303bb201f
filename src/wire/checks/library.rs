//! A suite in the library, and what is known of its document.

use serde::{Deserialize, Serialize};

use crate::engine::suite::assist::{OutlineCheck, OutlineVariable};

/// A suite of the library, as it is listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Unique: the name of a suite that ships, or a number.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// Its prose.
    pub about: String,
    /// All tags of its checks.
    pub tags: Vec<String>,
    /// How many checks it has, one for each row; those that are written where the rows are not known yet.
    pub checks: usize,
    /// Ships with the page, so it is only read.
    pub is_shipped: bool,
    /// How many mistakes it has.
    pub problems: usize,
    /// The file that it was taken from, as a path with `/` from its folder; empty for none.
    pub file: String,
}

impl Card {
    /// The suite itself, with its document.
    pub fn suite(self, text: String) -> OwnSuite {
        OwnSuite { id: self.id, title: self.title, text, file: self.file }
    }
}

/// A suite that a person added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnSuite {
    /// Unique.
    pub id: String,
    /// What people call it; empty to keep the title that it has.
    pub title: String,
    /// The document.
    pub text: String,
    /// The file that it was taken from, as a path with `/` from its folder, by which others import it; empty to keep what is known.
    #[serde(default)]
    pub file: String,
}

/// A mistake and its place, counted from 1, columns in characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mistake {
    /// Where it begins.
    pub line: u32,
    /// Where it begins.
    pub column: u32,
    /// Where it ends.
    pub end_line: u32,
    /// Where it ends, exclusive.
    pub end_column: u32,
    /// What is wrong, and what to write instead.
    pub message: String,
}

/// What is in a suite's text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examined {
    /// Its name, also in a document with mistakes; empty when it cannot be read.
    pub name: String,
    /// Its prose.
    pub about: String,
    /// Its variables.
    pub variables: Vec<OutlineVariable>,
    /// What it checks.
    pub checks: Vec<OutlineCheck>,
    /// What is wrong with it; the rest is empty then.
    pub mistakes: Vec<Mistake>,
}
