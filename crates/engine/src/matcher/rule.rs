//! What one value must be: the operators of `subset` and `path`.
//!
//! Owns each operator's meaning; `subset` writes them with a dollar sign, `path` without. An absent value fails every
//! operator but `exists: false`.

use serde_json::Value;

use crate::base::number;

use super::count::{Comparison, Count, Unit};
use super::error::{MatcherErrorKind, Mistakes};
use super::json;
use super::mismatch::Tally;
use super::near::Near;
use super::pattern::Pattern;
use super::place::Place;

/// Operators that all must hold for one value.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    rules: Vec<Rule>,
    /// As it was written, for those who read the mismatch.
    source: Value,
}

#[derive(Clone, Debug)]
enum Rule {
    Compare(Comparison, Value),
    In(Vec<Value>),
    Regex(Pattern),
    Type(Vec<Kind>),
    Exists(bool),
    Length(Count),
    Near(Near),
    Any,
    /// A placeholder is where syntax is needed; it is filled in before the suite runs.
    Unexpanded,
}

#[derive(Clone, Copy)]
enum Operator {
    Compare(Comparison),
    In,
    Regex,
    Type,
    Exists,
    Length,
    Near,
    Any,
}

/// How operators are called where they are.
pub(super) struct Dialect(&'static [(&'static str, Operator)]);

pub(super) static SUBSET: Dialect = Dialect(&[
    ("$gt", Operator::Compare(Comparison::Gt)),
    ("$gte", Operator::Compare(Comparison::Gte)),
    ("$lt", Operator::Compare(Comparison::Lt)),
    ("$lte", Operator::Compare(Comparison::Lte)),
    ("$ne", Operator::Compare(Comparison::Ne)),
    ("$in", Operator::In),
    ("$regex", Operator::Regex),
    ("$type", Operator::Type),
    ("$exists", Operator::Exists),
    ("$len", Operator::Length),
    ("$near", Operator::Near),
    ("$any", Operator::Any),
]);

pub(super) static PATH: Dialect = Dialect(&[
    ("eq", Operator::Compare(Comparison::Eq)),
    ("ne", Operator::Compare(Comparison::Ne)),
    ("gt", Operator::Compare(Comparison::Gt)),
    ("gte", Operator::Compare(Comparison::Gte)),
    ("lt", Operator::Compare(Comparison::Lt)),
    ("lte", Operator::Compare(Comparison::Lte)),
    ("in", Operator::In),
    ("matches", Operator::Regex),
    ("type", Operator::Type),
    ("exists", Operator::Exists),
    ("length", Operator::Length),
    ("near", Operator::Near),
]);

impl Dialect {
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(name, _)| *name)
    }

    fn find(&self, name: &str) -> Option<Operator> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, operator)| *operator)
    }
}

impl Rules {
    /// Reads operators; names that are none are reported.
    pub(super) fn compile<'a>(
        entries: impl Iterator<Item = (&'a String, &'a Value)>,
        dialect: &Dialect,
        at: &Place<'_>,
        mistakes: &mut Mistakes,
    ) -> Self {
        let mut rules = Vec::new();
        let mut source = serde_json::Map::new();
        for (name, operand) in entries {
            let at = at.member(name);
            match dialect.find(name) {
                Some(operator) => rules.extend(Rule::compile(operator, operand, &at, mistakes)),
                None => mistakes.unknown(&at, "operator", name, &dialect.names().collect::<Vec<_>>()),
            }
            source.insert(name.clone(), operand.clone());
        }
        Self { rules, source: source.into() }
    }

    /// The rule that something is there.
    pub(super) fn present() -> Self {
        Self { rules: vec![Rule::Exists(true)], source: serde_json::json!({"exists": true}) }
    }

    pub(super) fn source(&self) -> &Value {
        &self.source
    }

    /// What they say of a value, in words.
    pub(super) fn in_words(&self) -> String {
        let words = |(name, operand): (&String, &Value)| {
            let operand = json::excerpt(operand);
            match name.as_str() {
                "eq" => format!("equal to {operand}"),
                "ne" => format!("not equal to {operand}"),
                "gt" => format!("greater than {operand}"),
                "gte" => format!("at least {operand}"),
                "lt" => format!("less than {operand}"),
                "lte" => format!("at most {operand}"),
                "in" => format!("one of {operand}"),
                "matches" => format!("a text matching {operand}"),
                "type" => format!("of type {operand}"),
                "length" => format!("of length {operand}"),
                "near" => format!("near {operand}"),
                _ => format!("there: {operand}"),
            }
        };
        let members = self.source.as_object().into_iter().flatten();
        members.map(words).collect::<Vec<_>>().join(" and ")
    }

    /// Whether they can only hold where nothing is.
    pub(super) fn wants_absence(&self) -> bool {
        self.rules.iter().any(|rule| matches!(rule, Rule::Exists(false)))
    }

    pub(super) fn judge(&self, got: Option<&Value>, at: &Place<'_>, tally: &mut Tally) {
        if let (1, [Rule::Compare(Comparison::Eq, want)]) = (self.rules.len(), &self.rules[..]) {
            tally.compare(want, got, at);
        } else if self.rules.iter().all(|rule| rule.holds(got)) {
            tally.hold();
        } else {
            let is_same_kind = got.is_some_and(|got| self.rules.iter().any(|rule| rule.suits(got)));
            tally.miss_value(at, is_same_kind, || json::excerpt(&self.source), got);
        }
    }
}

impl Rule {
    fn compile(operator: Operator, operand: &Value, at: &Place<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        use Comparison::{Eq, Ne};
        match (operator, operand) {
            (Operator::Compare(comparison @ (Eq | Ne)), _) => {
                return Some(Self::Compare(comparison, operand.clone()));
            }
            (Operator::Compare(comparison), Value::Number(_) | Value::String(_)) => {
                return Some(Self::Compare(comparison, operand.clone()));
            }
            (Operator::In, Value::Array(values)) if !values.is_empty() => {
                return Some(Self::In(values.clone()));
            }
            (Operator::Regex, Value::String(text)) => match Pattern::compile(text) {
                Ok(pattern) => return Some(Self::Regex(pattern)),
                Err(_) if json::is_template(operand) => return Some(Self::Unexpanded),
                Err(error) => {
                    mistakes.add(at, MatcherErrorKind::Regex(error));
                    return None;
                }
            },
            (Operator::Exists, Value::Bool(exists)) => return Some(Self::Exists(*exists)),
            (Operator::Any, Value::Bool(true)) => return Some(Self::Any),
            (Operator::Length, _) => {
                return Some(Self::Length(Count::compile(operand, Unit::Pieces, at, mistakes)));
            }
            (Operator::Near, Value::Array(pair)) => match Near::read(pair) {
                Ok(near) => return Some(Self::Near(near)),
                Err(_) if pair.iter().any(json::is_template) => return Some(Self::Unexpanded),
                Err(wanted) => {
                    mistakes.wrong(at, wanted, operand);
                    return None;
                }
            },
            _ if json::is_template(operand) => return Some(Self::Unexpanded),
            (Operator::Type, Value::String(_)) => {
                return Some(Self::Type(Kind::read(operand, at, mistakes).into_iter().collect()));
            }
            (Operator::Type, Value::Array(kinds)) if !kinds.is_empty() => {
                let kinds =
                    kinds.iter().enumerate().filter_map(|(i, kind)| Kind::read(kind, &at.item(i), mistakes));
                return Some(Self::Type(kinds.collect()));
            }
            _ => {}
        }
        mistakes.wrong(at, operator.wants(), operand);
        None
    }

    fn holds(&self, got: Option<&Value>) -> bool {
        let Some(got) = got else { return matches!(self, Self::Exists(false)) };
        match self {
            Self::Compare(Comparison::Eq, want) => json::equal(want, got),
            Self::Compare(Comparison::Ne, unwanted) => !json::equal(unwanted, got),
            Self::Compare(comparison, bound) => {
                json::order(got, bound).is_some_and(|order| comparison.holds(order))
            }
            Self::In(values) => values.iter().any(|value| json::equal(value, got)),
            Self::Regex(pattern) => got.as_str().is_some_and(|text| pattern.is_in(text)),
            Self::Type(kinds) => kinds.iter().any(|kind| kind.is_of(got)),
            Self::Exists(exists) => *exists,
            Self::Length(count) => json::length(got).is_some_and(|length| count.holds(length)),
            Self::Near(near) => near.holds(got),
            Self::Any => true,
            Self::Unexpanded => false,
        }
    }

    /// Whether the value is of the type that the rule is about.
    fn suits(&self, got: &Value) -> bool {
        let is_like = |want: &Value| std::mem::discriminant(want) == std::mem::discriminant(got);
        match self {
            Self::Compare(_, want) => is_like(want),
            Self::In(values) => values.iter().any(is_like),
            Self::Regex(_) => got.is_string(),
            Self::Length(_) => json::length(got).is_some(),
            Self::Near(near) => near.suits(got),
            Self::Any => true,
            Self::Type(_) | Self::Exists(_) | Self::Unexpanded => false,
        }
    }
}

impl Operator {
    fn wants(self) -> &'static str {
        match self {
            Self::Compare(_) => "a number or a string",
            Self::In => "a list of values, at least one",
            Self::Regex => "a regular expression in a string",
            Self::Type => "a type or a list of types",
            Self::Exists => "true or false",
            Self::Length => "a whole number",
            Self::Near => Near::WANTS,
            Self::Any => "true",
        }
    }
}

/// The types of JSON, and the whole numbers among the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

const KINDS: [(&str, Kind); 7] = [
    ("null", Kind::Null),
    ("boolean", Kind::Boolean),
    ("integer", Kind::Integer),
    ("number", Kind::Number),
    ("string", Kind::String),
    ("array", Kind::Array),
    ("object", Kind::Object),
];

impl Kind {
    fn read(spec: &Value, at: &Place<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let Value::String(name) = spec else {
            mistakes.wrong(at, Operator::Type.wants(), spec);
            return None;
        };
        let found = Self::named(name);
        if found.is_none() {
            mistakes.unknown(at, "type", name, &Self::names());
        }
        found
    }

    pub(super) fn names() -> [&'static str; 7] {
        KINDS.map(|(known, _)| known)
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        KINDS.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }

    pub(super) fn is_of(self, value: &Value) -> bool {
        match value {
            Value::Null => self == Self::Null,
            Value::Bool(_) => self == Self::Boolean,
            Value::Number(number) => {
                self == Self::Number || (self == Self::Integer && number::is_integer(number))
            }
            Value::String(_) => self == Self::String,
            Value::Array(_) => self == Self::Array,
            Value::Object(_) => self == Self::Object,
        }
    }
}
