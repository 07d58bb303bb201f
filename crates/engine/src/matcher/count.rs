//! A length or a size in a matcher.
//!
//! Owns the two ways to say it: a number, or bounds such as `{"$gte": 1, "$lt": 5}`. A number of bytes is a size as
//! `unit` defines it.

use std::cmp::Ordering;

use serde_json::Value;

use crate::base::unit;

use super::error::Mistakes;
use super::json;
use super::place::Place;

/// What is counted, which decides about units.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Pieces,
    Bytes,
}

impl Unit {
    fn wants(self) -> &'static str {
        match self {
            Self::Pieces => "a whole number from 0 or bounds such as {\"$gt\": 0}",
            Self::Bytes => "a size such as 512, \"64KiB\" or {\"$gt\": 0}",
        }
    }
}

/// A wanted length.
#[derive(Clone, Debug, Default)]
pub(super) struct Count {
    /// All of them hold. A placeholder that is not filled in yet has none and holds nothing.
    bounds: Vec<(Comparison, u64)>,
}

/// How two values are related.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Eq,
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
}

impl Comparison {
    pub(super) fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Eq => order.is_eq(),
            Self::Ne => order.is_ne(),
            Self::Gt => order.is_gt(),
            Self::Gte => order.is_ge(),
            Self::Lt => order.is_lt(),
            Self::Lte => order.is_le(),
        }
    }
}

const BOUNDS: [(&str, Comparison); 5] = [
    ("$gt", Comparison::Gt),
    ("$gte", Comparison::Gte),
    ("$lt", Comparison::Lt),
    ("$lte", Comparison::Lte),
    ("$ne", Comparison::Ne),
];

impl Count {
    pub(super) fn compile(spec: &Value, unit: Unit, at: &Place<'_>, mistakes: &mut Mistakes) -> Self {
        let mut count = Self::default();
        match spec {
            Value::Object(bounds) if !bounds.is_empty() => {
                for (name, bound) in bounds {
                    let at = at.member(name);
                    match BOUNDS.iter().find(|(known, _)| known == name) {
                        Some((_, comparison)) => count.bound(*comparison, bound, unit, &at, mistakes),
                        None => mistakes.unknown(&at, "bound", name, &BOUNDS.map(|(known, _)| known)),
                    }
                }
            }
            exact => count.bound(Comparison::Eq, exact, unit, at, mistakes),
        }
        count
    }

    fn bound(
        &mut self,
        comparison: Comparison,
        spec: &Value,
        unit: Unit,
        at: &Place<'_>,
        mistakes: &mut Mistakes,
    ) {
        let bound = match (unit, spec) {
            (Unit::Pieces, _) => spec.as_u64(),
            (Unit::Bytes, Value::String(_) | Value::Number(_)) => match unit::size_of(spec) {
                Ok(size) => Some(size),
                Err(_) if json::is_template(spec) => None,
                Err(error) => return mistakes.add(at, error),
            },
            (Unit::Bytes, _) => None,
        };
        match bound {
            Some(bound) => self.bounds.push((comparison, bound)),
            None if json::is_template(spec) => {}
            None => mistakes.wrong(at, unit.wants(), spec),
        }
    }

    pub(super) fn holds(&self, count: u64) -> bool {
        !self.bounds.is_empty()
            && self.bounds.iter().all(|(comparison, bound)| comparison.holds(count.cmp(bound)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(spec: Value, unit: Unit, holding: u64, failing: u64) {
        let mut mistakes = Mistakes::default();
        let count = Count::compile(&spec, unit, &Place::Root, &mut mistakes);
        assert_eq!(mistakes.0, []);
        assert!(count.holds(holding), "{spec} holds for {holding}");
        assert!(!count.holds(failing), "{spec} fails for {failing}");
    }

    #[track_caller]
    fn wrong(spec: Value, unit: Unit, expected: &str) {
        let mut mistakes = Mistakes::default();
        Count::compile(&spec, unit, &Place::Root, &mut mistakes);
        assert_eq!(mistakes.0.iter().map(ToString::to_string).collect::<Vec<_>>(), [expected]);
    }

    #[test]
    fn ok_counts() {
        check(json!(3), Unit::Pieces, 3, 4);
        check(json!({"$gte": 1, "$lt": 5}), Unit::Pieces, 1, 5);
        check(json!({"$gt": 1, "$lte": 5, "$ne": 3}), Unit::Pieces, 5, 3);
        check(json!("64KiB"), Unit::Bytes, 65536, 64);
        check(json!("1.5MiB"), Unit::Bytes, 3 << 19, 2);
        check(json!({"$lt": "1KiB"}), Unit::Bytes, 1023, 1024);
    }

    #[test]
    fn err_counts() {
        let pieces = "$: expected a whole number from 0 or bounds such as {\"$gt\": 0}, found";
        wrong(json!(-1), Unit::Pieces, &format!("{pieces} -1"));
        wrong(json!(1.5), Unit::Pieces, &format!("{pieces} 1.5"));
        wrong(json!("64KiB"), Unit::Pieces, &format!("{pieces} \"64KiB\""));
        wrong(json!({}), Unit::Pieces, &format!("{pieces} {{}}"));
        wrong(json!("64kb"), Unit::Bytes, r#"$: "64kb" is not a size; did you mean 64KiB?"#);
        wrong(json!("2 MiB"), Unit::Bytes, r#"$: "2 MiB" is not a size; did you mean 2MiB?"#);
        wrong(
            json!(true),
            Unit::Bytes,
            "$: expected a size such as 512, \"64KiB\" or {\"$gt\": 0}, found true",
        );
        wrong(json!({"$gtt": 1}), Unit::Pieces, "$.$gtt: unknown bound \"$gtt\"; did you mean \"$gt\"?");
    }

    #[test]
    fn a_placeholder_is_legal_and_holds_nothing() {
        let mut mistakes = Mistakes::default();
        let count = Count::compile(&json!("{{n}}"), Unit::Pieces, &Place::Root, &mut mistakes);
        assert_eq!(mistakes.0, []);
        assert!(!count.holds(0));
    }
}
