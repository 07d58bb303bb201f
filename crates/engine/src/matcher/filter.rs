//! Filters of a JSONPath: `[?@.age >= 18 && match(@.name, "a.*")]`.
//!
//! Owns when a test holds for a value, after RFC 9535, section 2.3.5. Numbers are compared exactly. One thing is narrower
//! than there: the pattern of `match` and `search` is a literal, so that it is checked when the suite is read.

use std::cmp::Ordering;

use serde_json::Value;

use super::count::Comparison;
use super::json;
use super::pattern::Pattern;
use super::place::Place;
use super::query::{Segment, Stop, Walk};

#[derive(Clone, Debug)]
pub(super) enum Test {
    Or(Vec<Test>),
    And(Vec<Test>),
    Not(Box<Test>),
    Exists(Relative),
    Compare(Operand, Comparison, Operand),
    Matches(Operand, Pattern),
}

/// A path from the value under test (`@`) or from the root (`$`).
#[derive(Clone, Debug)]
pub(super) struct Relative {
    pub(super) is_from_root: bool,
    pub(super) segments: Vec<Segment>,
}

#[derive(Clone, Debug)]
pub(super) enum Operand {
    Literal(Value),
    /// The only value that the path selects; nothing when there are several.
    Value(Relative),
    Length(Box<Operand>),
    Count(Relative),
}

/// What an operand stands for.
enum Meant<'a> {
    Nothing,
    Value(&'a Value),
    Number(u64),
}

impl Test {
    pub(super) fn holds(&self, value: &Value, walk: &Walk<'_, '_>) -> Result<bool, Stop> {
        match self {
            Self::Or(tests) => any(tests, true, value, walk),
            Self::And(tests) => Ok(!any(tests, false, value, walk)?),
            Self::Not(test) => Ok(!test.holds(value, walk)?),
            Self::Exists(path) => Ok(path.values(value, walk, 1)?.1 > 0),
            Self::Compare(a, comparison, b) => {
                Ok(compare(&a.meant(value, walk)?, *comparison, &b.meant(value, walk)?))
            }
            Self::Matches(operand, pattern) => Ok(match operand.meant(value, walk)? {
                Meant::Value(Value::String(text)) => pattern.is_in(text),
                _ => false,
            }),
        }
    }
}

/// Whether one of the tests comes out like this.
fn any(tests: &[Test], outcome: bool, value: &Value, walk: &Walk<'_, '_>) -> Result<bool, Stop> {
    for test in tests {
        if test.holds(value, walk)? == outcome {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Relative {
    /// The last of at most this many values, and how many there were.
    fn values<'a>(
        &self,
        value: &'a Value,
        walk: &Walk<'a, '_>,
        most: u64,
    ) -> Result<(Option<&'a Value>, u64), Stop> {
        let start = if self.is_from_root { walk.root } else { value };
        let (mut last, mut count) = (None, 0);
        let ended = walk.go(&self.segments, start, &Place::Root, &mut |_, value| {
            last = Some(value);
            count += 1;
            count < most
        });
        match ended {
            Err(Stop::TooManyVisits) => Err(Stop::TooManyVisits),
            Ok(()) | Err(Stop::Enough) => Ok((last, count)),
        }
    }
}

impl Operand {
    fn meant<'a>(&'a self, value: &'a Value, walk: &Walk<'a, '_>) -> Result<Meant<'a>, Stop> {
        Ok(match self {
            Self::Literal(literal) => Meant::Value(literal),
            Self::Value(path) => match path.values(value, walk, 2)? {
                (Some(only), 1) => Meant::Value(only),
                _ => Meant::Nothing,
            },
            Self::Count(path) => Meant::Number(path.values(value, walk, u64::MAX)?.1),
            Self::Length(of) => match of.meant(value, walk)? {
                Meant::Value(value) => json::length(value).map_or(Meant::Nothing, Meant::Number),
                _ => Meant::Nothing,
            },
        })
    }
}

fn compare(a: &Meant<'_>, comparison: Comparison, b: &Meant<'_>) -> bool {
    let number;
    let (a, b) = match (a, b) {
        (Meant::Nothing, Meant::Nothing) => {
            return matches!(comparison, Comparison::Eq | Comparison::Gte | Comparison::Lte);
        }
        (Meant::Nothing, _) | (_, Meant::Nothing) => return comparison == Comparison::Ne,
        (Meant::Number(a), Meant::Number(b)) => return comparison.holds(a.cmp(b)),
        (Meant::Value(a), Meant::Value(b)) => (*a, *b),
        (Meant::Number(a), Meant::Value(b)) => {
            number = Value::from(*a);
            (&number, *b)
        }
        (Meant::Value(a), Meant::Number(b)) => {
            number = Value::from(*b);
            (*a, &number)
        }
    };
    match json::order(a, b) {
        Some(order) => comparison.holds(order),
        None if json::equal(a, b) => comparison.holds(Ordering::Equal),
        None => comparison == Comparison::Ne,
    }
}
