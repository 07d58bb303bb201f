//! What is wrong with a schema.
//!
//! Owns the words and the place of each mistake. A schema is read to its end, so that all mistakes are reported at
//! once.

use serde_json::Value;

use crate::base::nearest::nearest;

use super::super::json;
use super::super::place::Place;

/// One mistake in a schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {kind}")]
pub struct SchemaError {
    /// Where in the schema, as a JSON path from its root: `$.properties.id.type`.
    pub at: String,
    /// What it is.
    pub kind: SchemaErrorKind,
}

/// What can be wrong with a schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaErrorKind {
    /// A name that is nearly a known one. Other unknown keywords are legal.
    #[error("unknown {what} {name:?}{}", near.map(|near| format!("; did you mean {near:?}?")).unwrap_or_default())]
    Unknown {
        /// What such a name denotes, as a noun.
        what: &'static str,
        /// The name as written.
        name: String,
        /// The known name nearest to it.
        near: Option<&'static str>,
    },
    /// A value that is not allowed there.
    #[error("expected {wanted}, found {got}")]
    Wrong {
        /// What is allowed there.
        wanted: &'static str,
        /// What is there, as JSON, cut.
        got: String,
    },
    /// A keyword, or a form of one, that means nothing in this draft.
    #[error("this is not JSON Schema 2020-12; write {instead}")]
    Outdated {
        /// What to write.
        instead: &'static str,
    },
    /// Not a regular expression, or a giant one.
    #[error("not a regular expression: {0}")]
    Regex(String),
    /// A reference to something that is not in the schema it names.
    #[error("nothing is at {0:?}")]
    NoTarget(String),
    /// A reference to another document.
    #[error(
        "{0:?} is not in this schema, and schemas are not fetched; put it under $defs, with this as its $id"
    )]
    Elsewhere(String),
    /// References in a circle that never go into the value.
    #[error("leads back to itself without going into the value, so no check of it would end")]
    Endless,
    /// Two schemas of one `$id`, or two anchors of one name.
    #[error("{0:?} is the name of another schema already")]
    Taken(String),
    /// Deeper than any schema that can be read.
    #[error("nested deeper than {} levels", json::DEEPEST)]
    TooDeep,
}

/// The mistakes found so far.
#[derive(Default)]
pub(super) struct Faults(pub(super) Vec<SchemaError>);

impl Faults {
    pub(super) fn add(&mut self, at: &Place<'_>, kind: SchemaErrorKind) {
        self.0.push(SchemaError { at: at.to_string(), kind });
    }

    pub(super) fn wrong(&mut self, at: &Place<'_>, wanted: &'static str, got: &Value) {
        self.add(at, SchemaErrorKind::Wrong { wanted, got: json::excerpt(got) });
    }

    pub(super) fn unknown(&mut self, at: &Place<'_>, what: &'static str, name: &str, known: &[&'static str]) {
        let near = nearest(name, known.iter().copied());
        self.add(at, SchemaErrorKind::Unknown { what, name: json::cut(name.into()), near });
    }
}
