//! JSONPath, RFC 9535.
//!
//! Owns selecting values from JSON. The known crate brings the big regex engine and 228 kB (brotli) into the page,
//! compares as floats and has no time limit; this one shares code with the rest. A walk counts its visits and ends at
//! [`MOST_VISITS`], because `$..*..*..*` visits the square of the square.

use std::cell::Cell;
use std::str::FromStr;

use serde_json::Value;

use super::filter::Test;
use super::place::Place;
use super::query_text;

/// How many values one walk may look at.
pub(super) const MOST_VISITS: u32 = 5_000_000;

/// A JSONPath that has been read.
#[derive(Clone, Debug)]
pub struct Query {
    segments: Vec<Segment>,
    text: Box<str>,
}

/// Why a text is not a JSONPath.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at character {column}")]
pub struct QueryError {
    /// What was wanted there.
    pub what: String,
    /// Which character of the path, counted from 1.
    pub column: usize,
}

/// `.name`, `[…]`, and the same after `..`.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) descends: bool,
    pub(super) selectors: Vec<Selector>,
}

#[derive(Clone, Debug)]
pub(super) enum Selector {
    Name(String),
    Wildcard,
    Index(i64),
    Slice { start: Option<i64>, end: Option<i64>, step: i64 },
    Filter(Test),
}

/// Why a walk ended before everything was seen.
#[derive(Debug)]
pub(super) enum Stop {
    /// The caller has seen enough.
    Enough,
    /// See [`MOST_VISITS`].
    TooManyVisits,
}

/// Called with each selected value; returns whether to continue.
pub(super) type Found<'f, 'v> = &'f mut dyn FnMut(&Place<'_>, &'v Value) -> bool;

impl Query {
    /// Reads a path.
    ///
    /// ```
    /// # use serde_json::json;
    /// # use sockscope_engine::matcher::Query;
    /// let query = Query::parse("$.users[?@.age >= 18].name").unwrap();
    /// let users = json!({"users": [{"name": "ann", "age": 17}, {"name": "bob", "age": 18}]});
    /// assert_eq!(query.first(&users), Some(&json!("bob")));
    /// assert_eq!(Query::parse("$.a[").unwrap_err().to_string(), "expected a selector at character 5");
    /// ```
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        query_text::parse(text).map(|segments| Self { segments, text: text.into() })
    }

    /// The path as it is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The first selected value.
    pub fn first<'v>(&self, root: &'v Value) -> Option<&'v Value> {
        let mut first = None;
        // A walk that was ended early has found nothing, which is the answer.
        let _ = self.walk(root, &mut |_, value| {
            first = Some(value);
            false
        });
        first
    }

    /// A path at the beginning of a text, and how many bytes it takes.
    pub(super) fn parse_start(text: &str) -> Result<(Self, usize), QueryError> {
        query_text::parse_start(text)
            .map(|(segments, len)| (Self { segments, text: text[..len].into() }, len))
    }

    /// A member name without which nothing is selected; the longest of them.
    pub(super) fn needed_name(&self) -> Option<&str> {
        let names = self.segments.iter().filter_map(|segment| match segment.selectors.as_slice() {
            [Selector::Name(name)] => Some(name.as_str()),
            _ => None,
        });
        names.max_by_key(|name| name.len())
    }

    /// Calls `found` with each selected value, until it returns false.
    pub(super) fn walk<'v>(&self, root: &'v Value, found: Found<'_, 'v>) -> Result<(), Stop> {
        let visits = Cell::new(0);
        match (Walk { root, visits: &visits }).go(&self.segments, root, &Place::Root, found) {
            Err(Stop::TooManyVisits) => Err(Stop::TooManyVisits),
            Ok(()) | Err(Stop::Enough) => Ok(()),
        }
    }
}

impl FromStr for Query {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self, QueryError> {
        Self::parse(text)
    }
}

/// One walk through one document, filters included.
#[derive(Clone, Copy)]
pub(super) struct Walk<'v, 'c> {
    pub(super) root: &'v Value,
    visits: &'c Cell<u32>,
}

impl<'v> Walk<'v, '_> {
    pub(super) fn go(
        &self,
        segments: &[Segment],
        value: &'v Value,
        place: &Place<'_>,
        found: Found<'_, 'v>,
    ) -> Result<(), Stop> {
        let visits = self.visits.get() + 1;
        self.visits.set(visits);
        if visits > MOST_VISITS {
            return Err(Stop::TooManyVisits);
        }
        let Some((segment, rest)) = segments.split_first() else {
            return if found(place, value) { Ok(()) } else { Err(Stop::Enough) };
        };
        for selector in &segment.selectors {
            self.select(selector, rest, value, place, found)?;
        }
        if segment.descends {
            each_child(value, place, &mut |place, child| self.go(segments, child, place, found))?;
        }
        Ok(())
    }

    fn select(
        &self,
        selector: &Selector,
        rest: &[Segment],
        value: &'v Value,
        place: &Place<'_>,
        found: Found<'_, 'v>,
    ) -> Result<(), Stop> {
        match (selector, value) {
            (Selector::Name(name), Value::Object(members)) => match members.get(name) {
                Some(member) => self.go(rest, member, &place.member(name), found),
                None => Ok(()),
            },
            (Selector::Wildcard, _) => {
                each_child(value, place, &mut |place, child| self.go(rest, child, place, found))
            }
            (Selector::Index(index), Value::Array(items)) => {
                let from_end = if *index < 0 { items.len() as i64 } else { 0 };
                let index = usize::try_from(index + from_end).unwrap_or(usize::MAX);
                match items.get(index) {
                    Some(item) => self.go(rest, item, &place.item(index), found),
                    None => Ok(()),
                }
            }
            (Selector::Slice { start, end, step }, Value::Array(items)) => {
                for index in slice(items.len() as i64, *start, *end, *step) {
                    self.go(rest, &items[index], &place.item(index), found)?;
                }
                Ok(())
            }
            (Selector::Filter(test), _) => each_child(value, place, &mut |place, child| {
                if test.holds(child, self)? { self.go(rest, child, place, found) } else { Ok(()) }
            }),
            _ => Ok(()),
        }
    }
}

fn each_child<'v>(
    value: &'v Value,
    place: &Place<'_>,
    visit: &mut dyn FnMut(&Place<'_>, &'v Value) -> Result<(), Stop>,
) -> Result<(), Stop> {
    match value {
        Value::Object(members) => {
            members.iter().try_for_each(|(name, member)| visit(&place.member(name), member))
        }
        Value::Array(items) => items.iter().enumerate().try_for_each(|(i, item)| visit(&place.item(i), item)),
        _ => Ok(()),
    }
}

/// The indices of RFC 9535, section 2.3.4.2.2.
fn slice(len: i64, start: Option<i64>, end: Option<i64>, step: i64) -> impl Iterator<Item = usize> {
    let normal = |i: i64| if i >= 0 { i } else { len + i };
    let (mut at, stop) = if step >= 0 {
        (normal(start.unwrap_or(0)).clamp(0, len), normal(end.unwrap_or(len)).clamp(0, len))
    } else {
        // Without an end it goes past the first item; a written -1 means the last one.
        let stop = end.map_or(-1, normal);
        (normal(start.unwrap_or(len - 1)).clamp(-1, len - 1), stop.clamp(-1, len - 1))
    };
    std::iter::from_fn(move || {
        let is_inside = if step > 0 { at < stop } else { step < 0 && at > stop };
        let index = is_inside.then_some(at as usize);
        at = at.saturating_add(step);
        index
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(path: &str, root: Value, expected: &[(&str, Value)]) {
        let query = Query::parse(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut got = Vec::new();
        let seen = query.walk(&root, &mut |place, value| {
            got.push((place.to_string(), value.clone()));
            true
        });
        assert!(seen.is_ok());
        let expected: Vec<_> = expected.iter().map(|(at, value)| ((*at).to_owned(), value.clone())).collect();
        assert_eq!(got, expected, "{path}");
    }

    #[test]
    fn ok_names_and_indices() {
        check("$", json!(1), &[("$", json!(1))]);
        check("$.a.b", json!({"a": {"b": 1}}), &[("$.a.b", json!(1))]);
        check("$['a b'][\"c\\u0041\"]", json!({"a b": {"cA": 1}}), &[("$['a b'].cA", json!(1))]);
        check("$[0, -1]", json!([1, 2, 3]), &[("$[0]", json!(1)), ("$[2]", json!(3))]);
        check("$.a", json!({"b": 1}), &[]);
        check("$[-4]", json!([1, 2, 3]), &[]);
    }

    #[test]
    fn ok_wildcards_and_descendants() {
        check("$.*", json!([1, 2]), &[("$[0]", json!(1)), ("$[1]", json!(2))]);
        check("$..id", json!({"id": 1, "x": [{"id": 2}]}), &[("$.id", json!(1)), ("$.x[0].id", json!(2))]);
        check("$..[1]", json!([1, [2, 3]]), &[("$[1]", json!([2, 3])), ("$[1][1]", json!(3))]);
    }

    #[test]
    fn ok_slices() {
        check("$[1:3]", json!([0, 1, 2, 3]), &[("$[1]", json!(1)), ("$[2]", json!(2))]);
        check("$[::-2]", json!([0, 1, 2]), &[("$[2]", json!(2)), ("$[0]", json!(0))]);
        check("$[-1:]", json!([0, 1, 2]), &[("$[2]", json!(2))]);
        check("$[::0]", json!([0, 1]), &[]);
        check("$[5:1:-1]", json!([0, 1, 2]), &[("$[2]", json!(2))]);
    }

    #[test]
    fn a_walk_without_end_is_ended() {
        let nested = (0..100).fold(json!(1), |inner, _| json!([inner]));
        let query = Query::parse("$..*..*..*..*..*").unwrap();
        assert!(matches!(query.walk(&nested, &mut |_, _| true), Err(Stop::TooManyVisits)));
    }
}
