//! From the text of a suite to the suite.
//!
//! Owns which object is allowed where. It refuses to stop at the first mistake: it reads as much as it can, so that all
//! mistakes are reported at once.

mod client;
mod condition;
mod document;
mod expectation;
mod http;
mod import;
mod pacing;
mod reader;
mod reuse;
mod rows;
mod shared;
mod standing;
mod step;
mod unknown;
mod verb;

pub(crate) use http::content_type_complaint;
pub(super) use rows::delimiter_of;
pub use rows::rows_in;
pub(crate) use standing::too_often;
pub(super) use step::timings_of;

use super::files::Files;
use super::model::Suite;
use super::names;
use super::problem::Problem;
use super::source::{self, Mistakes};

impl Suite {
    /// Reads a suite: JSON, with comments and trailing commas. All mistakes that can be seen without
    /// running it are returned, in the order of the text.
    ///
    /// ```
    /// # use sockscope_engine::suite::Suite;
    /// let text = r#"{ "sockscope": 1, "suite": "rooms", "checks": [ { "check": "one", "stepz": [] } ] }"#;
    /// let problems = Suite::parse(text).unwrap_err();
    /// assert_eq!(
    ///     problems[0].to_string(),
    ///     r#"1:67: $.checks[0].stepz: "stepz" is not a key of a check; did you mean "steps"?"#,
    /// );
    /// ```
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        Self::parse_with(text, &Files::default())
    }

    /// The same of a suite that names files, such as those it imports.
    pub fn parse_with(text: &str, files: &Files) -> Result<Self, Vec<Problem>> {
        let (mut source, mut twice) = source::read(text).map_err(|problem| vec![problem])?;
        let Mistakes { found, unread, is_open } = source::bring(&mut source, files);
        twice.extend(found);
        let mut reader = reader::Reader::new(&source, files);
        reader.is_open = is_open;
        for (at, message) in twice {
            reader.wrong(at, message);
        }
        let read = reader.suite(&source.root);
        // What a document would bring that is missing, is not known.
        if let Some((suite, notes)) = read.as_ref().filter(|_| !reader.is_open) {
            names::check(suite, notes, &source, &mut reader.problems);
        }
        match read {
            Some((suite, _)) if reader.problems.is_empty() && unread.is_empty() => Ok(suite),
            _ => Err(reader.problems.tell(&source, unread)),
        }
    }
}

#[cfg(test)]
mod tests;
