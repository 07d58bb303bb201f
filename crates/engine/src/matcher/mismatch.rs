//! Why a message does not match.
//!
//! Owns the differences that are shown and the score by which the nearest message is chosen. It refuses to judge:
//! matchers report what held and what did not.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

use super::json;
use super::place::Place;

/// How many differences are kept; the rest is counted.
const MOST_DIFFERENCES: usize = 20;

/// Why a message did not match.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    /// What was wanted, in a few words.
    pub expected: String,
    /// Where the message differs; at most twenty.
    pub differences: Vec<Difference>,
    /// How many more there are.
    pub omitted: usize,
    /// How near it came.
    pub closeness: Closeness,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}", self.expected)?;
        for (i, difference) in self.differences.iter().enumerate() {
            write!(f, "{} {difference}", if i == 0 { ":" } else { ";" })?;
        }
        if self.omitted > 0 { write!(f, "; and {} more", self.omitted) } else { Ok(()) }
    }
}

/// One place where a message differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The JSON path in the message; `$` is the message as a whole.
    pub path: String,
    /// What was wanted there: JSON text, or words where no JSON says it. Cut.
    pub wanted: String,
    /// What is there: JSON text, or `nothing`. Cut.
    pub got: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, found {}", self.path, self.wanted, self.got)
    }
}

/// How near a message came, from 0 (nothing fits) to 999 (all but a trace fits). The message with the highest is the near
/// miss.
///
/// Each leaf of a matcher gives 4 points when it holds, 2 when the value there is of the wanted type, 1 when anything is
/// there, 0 when nothing is. The score is the points in thousandths of what is possible. So of two messages with one wrong
/// value each, the one that has the right members is nearer than the one that lacks them. `any_of` counts its best branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Closeness(pub u16);

/// What one look at a message has found.
pub(super) struct Tally {
    /// Only whether it matches is asked: the first difference ends it.
    is_brief: bool,
    missed: bool,
    points: u64,
    most: u64,
    differences: Vec<Difference>,
    omitted: usize,
}

const HELD: u64 = 4;
const SAME_KIND: u64 = 2;
const PRESENT: u64 = 1;

impl Tally {
    pub(super) fn brief() -> Self {
        Self { is_brief: true, ..Self::full() }
    }

    pub(super) fn full() -> Self {
        Self { is_brief: false, missed: false, points: 0, most: 0, differences: Vec::new(), omitted: 0 }
    }

    /// An empty tally that asks for as much as this one.
    pub(super) fn fresh(&self) -> Self {
        Self { is_brief: self.is_brief, ..Self::full() }
    }

    /// Whether nothing more needs to be looked at.
    pub(super) fn is_decided(&self) -> bool {
        self.is_brief && self.missed
    }

    pub(super) fn has_missed(&self) -> bool {
        self.missed
    }

    pub(super) fn hold(&mut self) {
        self.points += HELD;
        self.most += HELD;
    }

    /// A leaf that does not hold.
    pub(super) fn miss(
        &mut self,
        at: &Place<'_>,
        wanted: impl FnOnce() -> String,
        got: impl FnOnce() -> String,
    ) {
        self.missed = true;
        self.most += HELD;
        if self.is_brief {
            return;
        }
        if self.differences.len() == MOST_DIFFERENCES {
            self.omitted += 1;
            return;
        }
        let (path, wanted, got) = (at.to_string(), wanted(), got());
        self.differences.push(Difference { path, wanted, got });
    }

    /// A leaf that does not hold although there may be a value.
    pub(super) fn miss_value(
        &mut self,
        at: &Place<'_>,
        is_same_kind: bool,
        wanted: impl FnOnce() -> String,
        got: Option<&Value>,
    ) {
        self.points += match got {
            Some(_) if is_same_kind => SAME_KIND,
            Some(_) => PRESENT,
            None => 0,
        };
        self.miss(at, wanted, || got.map_or_else(|| "nothing".into(), json::excerpt));
    }

    /// A literal against what is there.
    pub(super) fn compare(&mut self, want: &Value, got: Option<&Value>, at: &Place<'_>) {
        match got {
            Some(got) if json::equal(want, got) => self.hold(),
            Some(Value::String(text)) if want.is_string() => {
                self.points += SAME_KIND;
                let parts = || json::excerpts(want.as_str().unwrap_or_default(), text);
                self.miss(at, || parts().0, || parts().1);
            }
            got => {
                let is_same_kind =
                    got.is_some_and(|got| std::mem::discriminant(got) == std::mem::discriminant(want));
                self.miss_value(at, is_same_kind, || json::excerpt(want), got);
            }
        }
    }

    /// Leaves below a place where nothing fits, which are possible points all the same.
    pub(super) fn forgo(&mut self, leaves: u64) {
        self.most += leaves * HELD;
    }

    /// What a part of the matcher has found.
    pub(super) fn absorb(&mut self, other: Self) {
        self.missed |= other.missed;
        self.points += other.points;
        self.most += other.most;
        self.omitted += other.omitted;
        for difference in other.differences {
            if self.differences.len() < MOST_DIFFERENCES {
                self.differences.push(difference);
            } else {
                self.omitted += 1;
            }
        }
    }

    /// The difference, when there is one only.
    pub(super) fn sole(&self) -> Option<&Difference> {
        match &self.differences[..] {
            [sole] if self.omitted == 0 => Some(sole),
            _ => None,
        }
    }

    /// What the first difference wanted.
    pub(super) fn first_wanted(&self) -> Option<&str> {
        self.differences.first().map(|first| first.wanted.as_str())
    }

    /// Writes again what the only difference wanted.
    pub(super) fn rephrase(&mut self, wanted: String) {
        if let [sole] = &mut self.differences[..] {
            sole.wanted = json::cut(Cow::Owned(wanted));
        }
    }

    pub(super) fn closeness(&self) -> Closeness {
        let share = (self.points * 1000).checked_div(self.most).unwrap_or(0);
        Closeness(share.min(999) as u16)
    }

    pub(super) fn into_mismatch(self, expected: String) -> Mismatch {
        let closeness = self.closeness();
        let expected = json::cut(Cow::Owned(expected));
        Mismatch { expected, differences: self.differences, omitted: self.omitted, closeness }
    }
}
