//! What is wrong with a suite, and where.
//!
//! Owns the place of each mistake, their order and how many are reported. A mistake is recorded by its bytes in the
//! text; line, column and path are computed once, for the reported ones.

use crate::base::words::cut;
use std::collections::HashSet;
use std::fmt;

use serde::Serialize;

use super::model::Position;
use super::source::{Source, Span};

/// How many problems are reported.
const MOST: usize = 200;
/// How many are kept before they are sorted. A hostile text has one in every byte.
const MOST_KEPT: usize = 10 * MOST;
/// The longest message, in characters.
const LONGEST: usize = 600;

/// One mistake in a suite, for a person and for an editor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// Where what is wrong ends; the first place that no longer belongs to it.
    pub end: Position,
    /// Where in the document, as a JSON path: `$.checks[0].steps[2].expect.within`.
    pub path: String,
    /// What is wrong, and what to write instead.
    pub message: String,
    /// The file that it is in; none when it is in the suite itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<Elsewhere>,
}

/// A file that a suite imports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Elsewhere {
    /// By its path from the folder of the suite.
    pub name: String,
    /// Where in the suite it is imported, or the file that imports it.
    pub from: Position,
    /// The first place behind that.
    pub to: Position,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}:", file.name)?;
        }
        write!(f, "{}:{}: {}: {}", self.line, self.column, self.path, self.message)
    }
}

/// The mistakes found so far.
#[derive(Default)]
pub(super) struct Problems {
    found: Vec<(Span, String)>,
    /// Repeats are left out: setup is read for every check.
    seen: HashSet<(Span, String)>,
    /// How many were not kept.
    more: usize,
    /// Where the definition is used whose steps are looked at.
    used: Option<String>,
}

impl Problems {
    pub(super) fn add(&mut self, at: Span, message: impl Into<String>) {
        if self.is_full() {
            self.more += 1;
            return;
        }
        let found = (at, message.into());
        if self.seen.contains(&found) {
            return;
        }
        self.seen.insert(found.clone());
        let (at, mut message) = found;
        if let Some(used) = &self.used {
            message.push_str(&format!(" ({used})"));
        }
        self.found.push((at, message));
    }

    /// From now on mistakes are in a definition that is used there; answers where it was before.
    pub(super) fn within(&mut self, used: Option<String>) -> Option<String> {
        std::mem::replace(&mut self.used, used)
    }

    /// Whether more would be counted only, so that no words need to be found for it.
    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= MOST_KEPT
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// In the order of the text, and the rest as a number.
    pub(super) fn tell(mut self, source: &Source<'_>, unread: Vec<Problem>) -> Vec<Problem> {
        self.found.sort_by_key(|(at, _)| (at.start, at.end));
        let more = self.more + self.found.len().saturating_sub(MOST);
        let rest = self.found.get(MOST).map(|(at, _)| (*at, format!("and {more} more")));
        self.found.truncate(MOST);
        self.found.extend(rest);
        let found = self.found.into_iter().map(|(at, message)| source.problem(at, &cut(&message, LONGEST)));
        found.chain(unread).collect()
    }
}
