//! The mistakes in a matcher, reported before anything runs.
//!
//! Owns the words and the place of each mistake. A matcher is read to its end, so that all mistakes are reported at
//! once.

use serde_json::Value;

use crate::base::nearest::nearest;
use crate::base::unit::UnitError;

use super::json;
use super::place::Place;
use super::query::QueryError;
use super::schema::SchemaErrorKind;

/// One mistake in a matcher.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {kind}")]
pub struct MatcherError {
    /// Where in the matcher, as a JSON path from its own root: `$.subset.items[0].$gt`.
    pub at: String,
    /// What it is.
    pub kind: MatcherErrorKind,
}

/// What can be wrong with a matcher.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MatcherErrorKind {
    /// A name that this format does not know.
    #[error("unknown {what} {name:?}; {}", near_or_all(*near, known))]
    Unknown {
        /// What such a name denotes, as a noun.
        what: &'static str,
        /// The name as written, cut.
        name: String,
        /// The known name nearest to it, when one is near.
        near: Option<&'static str>,
        /// All that there is.
        known: Vec<&'static str>,
    },
    /// A value that is not allowed there.
    #[error("expected {wanted}, found {got}")]
    Wrong {
        /// What is allowed there.
        wanted: &'static str,
        /// What is there, as JSON, cut.
        got: String,
    },
    /// Names with and without a dollar sign in one object of a subset.
    #[error(
        "operators and members do not mix in one object; a member whose name begins with $ is written with $$"
    )]
    Mixed,
    /// Deeper than any message that can be read.
    #[error("nested deeper than {} levels", json::DEEPEST)]
    TooDeep,
    /// Not a regular expression, or a giant one.
    #[error("not a regular expression: {0}")]
    Regex(String),
    /// Not a JSONPath.
    #[error("not a JSONPath: {0}")]
    Path(#[from] QueryError),
    /// Not a size.
    #[error(transparent)]
    Size(#[from] UnitError),
    /// Not a JSON Schema.
    #[error(transparent)]
    Schema(#[from] SchemaErrorKind),
}

/// The mistakes found so far.
#[derive(Default)]
pub(super) struct Mistakes(pub(super) Vec<MatcherError>);

impl Mistakes {
    pub(super) fn add(&mut self, at: &Place<'_>, kind: impl Into<MatcherErrorKind>) {
        self.0.push(MatcherError { at: at.to_string(), kind: kind.into() });
    }

    pub(super) fn wrong(&mut self, at: &Place<'_>, wanted: &'static str, got: &Value) {
        self.add(at, MatcherErrorKind::Wrong { wanted, got: json::excerpt(got) });
    }

    pub(super) fn unknown(&mut self, at: &Place<'_>, what: &'static str, name: &str, known: &[&'static str]) {
        let near = nearest(name, known.iter().copied());
        let name = name.chars().take(LONGEST_NAME).collect();
        self.add(at, MatcherErrorKind::Unknown { what, name, near, known: known.to_vec() });
    }
}

fn near_or_all(near: Option<&str>, known: &[&str]) -> String {
    match near {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("there is {}", known.join(", ")),
    }
}

const LONGEST_NAME: usize = 40;
