//! How two payloads differ.
//!
//! Owns the comparison of JSON by its meaning and of everything else by lines. Members match by name and numbers by
//! value, but both are shown as written. The work is bounded, whatever the sizes are.

pub(crate) mod align;
mod json;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::view::{self, TextLine, Tone};
use align::{Step, align};

/// The side of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// On both.
    Both,
    /// Only on the first.
    Left,
    /// Only on the second.
    Right,
    /// On both, and they differ.
    Changed,
}

/// A line of a comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompareLine {
    /// Where it is.
    pub side: Side,
    /// The JSON path of what differs, on the first line of it.
    pub place: String,
    /// What is there; of a changed line, what the first has.
    pub line: TextLine,
    /// What the second has, of a changed line.
    pub after: Option<TextLine>,
}

/// A comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Both in one.
    pub lines: Vec<CompareLine>,
    /// Places in which they differ.
    pub changes: u32,
    /// There is more that was not compared.
    pub cut: bool,
}

/// Larger payloads are compared as far as this.
const LARGEST: usize = 2 << 20;
/// The most lines that are worth reading.
const MOST_LINES: usize = 20_000;

/// A payload: whether it is text, and its bytes.
pub type Content<'a> = (bool, &'a [u8]);

/// Compares two payloads.
pub fn compare(left: Content<'_>, right: Content<'_>) -> Comparison {
    if let (Some(a), Some(b)) = (value(left), value(right)) {
        return json::compare(&a, &b);
    }
    let name = if left.0 && right.0 { "raw" } else { "hex" };
    let (a, cut_a) = lines(name, left);
    let (b, cut_b) = lines(name, right);
    let mut found = Comparison { cut: cut_a || cut_b, ..Comparison::default() };
    let mut was_same = true;
    let mut from = 0;
    for step in align(&a, &b) {
        let (side, line) = match step {
            Step::Both(at, _) => (Side::Both, &a[at]),
            Step::Left(at) => (Side::Left, &a[at]),
            Step::Right(at) => (Side::Right, &b[at]),
        };
        let is_same = side == Side::Both;
        found.changes += u32::from(was_same && !is_same);
        if was_same != is_same {
            found.pair(from);
            from = found.lines.len();
        }
        was_same = is_same;
        found.add(side, "", line.clone());
    }
    found.pair(from);
    found
}

impl Comparison {
    fn add(&mut self, side: Side, place: &str, line: TextLine) {
        if self.lines.len() < MOST_LINES {
            self.lines.push(CompareLine { side, place: place.to_owned(), line, after: None });
        } else {
            self.cut = true;
        }
    }

    /// Of the lines from a place on, the first of the left side and the first of the right one become one, and so on: what went and
    /// what came in its place.
    fn pair(&mut self, from: usize) {
        if self.lines[from..].iter().any(|line| matches!(line.side, Side::Both | Side::Changed)) {
            return;
        }
        let (left, right): (Vec<_>, Vec<_>) =
            self.lines.drain(from..).partition(|line| line.side == Side::Left);
        let (mut left, mut right) = (left.into_iter(), right.into_iter());
        loop {
            let line = match (left.next(), right.next()) {
                (Some(left), Some(right)) => {
                    CompareLine { side: Side::Changed, after: Some(right.line), ..left }
                }
                (Some(line), None) | (None, Some(line)) => line,
                (None, None) => return,
            };
            self.lines.push(line);
        }
    }
}

fn value((_, bytes): Content<'_>) -> Option<Value> {
    let is_structure = matches!(bytes.iter().find(|byte| !byte.is_ascii_whitespace()), Some(b'{' | b'['));
    (is_structure && bytes.len() <= LARGEST).then(|| serde_json::from_slice(bytes).ok()).flatten()
}

/// The lines of a payload, as far as they are compared.
fn lines(view: &str, (is_text, bytes): Content<'_>) -> (Vec<TextLine>, bool) {
    let cut = bytes.len() > LARGEST;
    let bytes = &bytes[..bytes.len().min(LARGEST)];
    let mut pages = view::open(view, is_text, bytes);
    while !pages.advance(bytes, &mut || true) {}
    let lines = pages.read(bytes, 0, MOST_LINES);
    (lines, cut || pages.lines() > MOST_LINES as u64)
}

/// A piece of a line that is made here.
fn push(line: &mut TextLine, tone: Tone, text: &str) {
    line.push(tone, text);
}
