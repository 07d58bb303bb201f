//! The shape of a JSON message: `subset` and `equals`.
//!
//! Owns the walk through the expected and the actual value, side by side. In a subset an object may have more members
//! than are named; an array has exactly the listed items, each of which is again a subset.

use std::collections::BTreeSet;

use serde_json::Value;

use super::error::{MatcherErrorKind, Mistakes};
use super::json;
use super::mismatch::Tally;
use super::place::Place;
use super::rule::{Rules, SUBSET};

/// What a JSON value must look like.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// A string, number, boolean or null, equal by value.
    Scalar(Value),
    /// Members that must be there, in the order of the file, which is how they are shown; when closed, no others.
    Object { members: Vec<(String, Shape)>, is_closed: bool },
    /// Items in this order, no others.
    Array(Vec<Shape>),
    /// Operators.
    Rules(Rules),
}

impl Shape {
    /// Reads a subset. A member name that begins with a dollar sign is an operator, with two of them a plain name.
    pub(super) fn subset(spec: &Value, at: &Place<'_>, mistakes: &mut Mistakes) -> Self {
        match spec {
            Value::Object(members) => {
                let is_operator = |name: &str| name.starts_with('$') && !name.starts_with("$$");
                let operators = members.keys().filter(|name| is_operator(name)).count();
                if operators > 0 {
                    if operators < members.len() {
                        mistakes.add(at, MatcherErrorKind::Mixed);
                    }
                    let entries = members.iter().filter(|(name, _)| is_operator(name));
                    return Self::Rules(Rules::compile(entries, &SUBSET, at, mistakes));
                }
                let read = |(name, member): (&String, &Value)| {
                    let shape = Self::subset(member, &at.member(name), mistakes);
                    let plain = if name.starts_with("$$") { &name[1..] } else { name };
                    (plain.to_owned(), shape)
                };
                Self::Object { members: members.iter().map(read).collect(), is_closed: false }
            }
            Value::Array(items) => {
                let read = |(i, item): (usize, &Value)| Self::subset(item, &at.item(i), mistakes);
                Self::Array(items.iter().enumerate().map(read).collect())
            }
            scalar => Self::Scalar(scalar.clone()),
        }
    }

    /// The shape of exactly this value.
    pub(super) fn exactly(value: &Value) -> Self {
        match value {
            Value::Object(members) => {
                let members = members.iter().map(|(name, member)| (name.clone(), Self::exactly(member)));
                Self::Object { members: members.collect(), is_closed: true }
            }
            Value::Array(items) => Self::Array(items.iter().map(Self::exactly).collect()),
            scalar => Self::Scalar(scalar.clone()),
        }
    }

    pub(super) fn judge(&self, got: Option<&Value>, at: &Place<'_>, tally: &mut Tally) {
        if tally.is_decided() {
            return;
        }
        match (self, got) {
            (Self::Scalar(want), got) => tally.compare(want, got, at),
            (Self::Rules(rules), got) => rules.judge(got, at, tally),
            (Self::Object { members, is_closed }, Some(Value::Object(map))) => {
                if members.is_empty() {
                    tally.hold();
                }
                for (name, shape) in members {
                    shape.judge(map.get(name), &at.member(name), tally);
                }
                if *is_closed {
                    self.judge_extras(map, at, tally);
                }
            }
            (Self::Array(items), Some(Value::Array(values))) => {
                if items.len() == values.len() {
                    tally.hold();
                } else {
                    let counted = |count: usize| match count {
                        1 => "1 item".to_owned(),
                        _ => format!("{count} items"),
                    };
                    tally.miss(at, || counted(items.len()), || counted(values.len()));
                }
                for (i, (shape, value)) in items.iter().zip(values).enumerate() {
                    shape.judge(Some(value), &at.item(i), tally);
                }
                for shape in items.iter().skip(values.len()) {
                    tally.forgo(shape.leaves());
                }
            }
            (_, got) => {
                tally.miss_value(at, false, || json::excerpt(&self.source()), got);
                tally.forgo(self.leaves().saturating_sub(1));
            }
        }
    }

    fn judge_extras(&self, map: &serde_json::Map<String, Value>, at: &Place<'_>, tally: &mut Tally) {
        let Self::Object { members, .. } = self else { return };
        // When every wanted member was there, as many members mean the same ones.
        if !tally.has_missed() && map.len() == members.len() {
            return;
        }
        let wanted: BTreeSet<_> = members.iter().map(|(name, _)| name).collect();
        for (name, value) in map {
            if tally.is_decided() {
                return;
            }
            if !wanted.contains(name) {
                tally.miss_value(&at.member(name), false, || "nothing".into(), Some(value));
            }
        }
    }

    pub(super) fn leaves(&self) -> u64 {
        match self {
            Self::Scalar(_) | Self::Rules(_) => 1,
            Self::Object { members, .. } => {
                members.iter().map(|(_, member)| member.leaves()).sum::<u64>().max(1)
            }
            Self::Array(items) => 1 + items.iter().map(Self::leaves).sum::<u64>(),
        }
    }

    /// As it was written.
    pub(super) fn source(&self) -> Value {
        match self {
            Self::Scalar(value) => value.clone(),
            Self::Rules(rules) => rules.source().clone(),
            Self::Array(items) => items.iter().map(Self::source).collect(),
            Self::Object { members, .. } => {
                members.iter().map(|(name, shape)| (name.clone(), shape.source())).collect()
            }
        }
    }
}
