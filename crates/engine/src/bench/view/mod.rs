//! How a payload is shown: as lines, and only the visible ones are made.
//!
//! Owns the interface of a view and the list of them. A decoder of a protocol is a file beside it, with its line in
//! [`ALL`]. A view changes no digit and no letter of the content. The cost grows with the visible lines, not with the
//! megabytes of the content.

mod base64;
pub mod find;
mod flow;
mod folds;
mod hex;
mod json;
mod line;
pub mod media;
pub mod node;
mod raw;
mod rows;

use crate::base::sort;
use serde::{Deserialize, Serialize};

pub use folds::Folds;
pub use json::format_json;
pub use line::{Span, TextLine, Tone};

/// A way of showing a payload.
pub trait View: Sync {
    /// As it is asked for.
    fn name(&self) -> &'static str;
    /// As people read it.
    fn title(&self) -> &'static str;
    /// How well it suits a payload; none when it does not. The highest is shown first.
    fn suits(&self, is_text: bool, bytes: &[u8]) -> Option<u8>;
    /// Starts to show one.
    fn open(&self, bytes: &[u8]) -> Box<dyn Pages>;
}

/// An opened payload. The bytes are handed in each time, so that they are held once.
pub trait Pages {
    /// How many lines there are, of those known so far.
    fn lines(&self) -> u64;
    /// Goes on opening for as long as it may; says whether it is done.
    fn advance(&mut self, bytes: &[u8], may_go_on: &mut dyn FnMut() -> bool) -> bool;
    /// Some lines, from 0.
    fn read(&self, bytes: &[u8], from: u64, count: usize) -> Vec<TextLine>;
    /// The last line of the part that begins with a line, where that can be folded.
    fn fold_end(&self, _line: u64) -> Option<u64> {
        None
    }
    /// Where a line begins in the content, where the view knows that.
    fn offset_of(&self, _bytes: &[u8], _line: u64) -> Option<usize> {
        None
    }
    /// The line on which an offset is shown.
    fn line_at(&self, _bytes: &[u8], _offset: usize) -> Option<u64> {
        None
    }
}

/// An opened payload.
pub type Opened = Box<dyn Pages>;

/// A view by its names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewName {
    /// As it is asked for.
    pub name: String,
    /// As people read it.
    pub title: String,
}

/// All views; of those that suit a payload equally well the first is shown.
const ALL: [&dyn View; 4] = [&json::Json, &raw::Raw, &hex::Hex, &base64::Base64];

/// The views that suit a payload, the best first.
pub fn views(is_text: bool, bytes: &[u8]) -> Vec<ViewName> {
    let mut suiting: Vec<_> =
        ALL.into_iter().filter_map(|view| view.suits(is_text, bytes).map(|rank| (rank, view))).collect();
    sort::sort_by_key(&mut suiting, |(rank, _)| u8::MAX - rank);
    suiting
        .into_iter()
        .map(|(_, view)| ViewName { name: view.name().to_owned(), title: view.title().to_owned() })
        .collect()
}

/// Opens a payload in the view of that name, or in the one that suits it best.
pub fn open(name: &str, is_text: bool, bytes: &[u8]) -> Opened {
    let best = || ALL.into_iter().max_by_key(|view| view.suits(is_text, bytes));
    let view = ALL.into_iter().find(|view| view.name() == name).or_else(best);
    view.unwrap_or(&hex::Hex).open(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(is_text: bool, bytes: &[u8], expected: &[&str]) {
        let names: Vec<_> = views(is_text, bytes).into_iter().map(|view| view.name).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn the_view_that_suits_best_comes_first() {
        check(true, b" {\"a\":1}", &["json", "raw", "hex", "base64"]);
        check(true, b"hello", &["raw", "hex", "base64"]);
        check(true, b"\"quoted\"", &["json", "raw", "hex", "base64"]);
        check(false, &[0, 255], &["hex", "base64"]);
        check(false, b"[1, 2]", &["json", "hex", "raw", "base64"]);
        check(false, "plain é".as_bytes(), &["hex", "raw", "base64"]);
        check(false, b"", &["hex", "base64"]);
        check(true, b"", &["raw", "hex", "base64"]);
    }
}
