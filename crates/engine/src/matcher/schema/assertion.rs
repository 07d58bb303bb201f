//! Keywords that check one value alone.
//!
//! Owns reading them, what they mean, and the words for it. A keyword for another type of value always holds.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use crate::base::number::{self, Divisor};

use super::super::count::Comparison;
use super::super::json;
use super::super::mismatch::Tally;
use super::super::pattern::{LONGEST_TEXT, Pattern};
use super::super::place::Place;
use super::super::rule::Kind;
use super::error::{Faults, SchemaErrorKind};
use super::format::Format;
use super::unique::{self, weight, weight_of_text};

/// One of these keywords, read.
#[derive(Clone, Debug)]
pub(super) enum Assertion {
    /// The schema `false`.
    Nothing,
    Type(Vec<Kind>),
    Const(Value, u64),
    Enum(Vec<Value>, u64),
    Bound(Comparison, Number),
    MultipleOf(Divisor, Number),
    Size(Sized, Comparison, u64),
    Pattern(Pattern, String),
    Format(Format),
    UniqueItems,
    Required(Vec<String>),
    DependentRequired(Vec<(String, Vec<String>)>),
    /// A placeholder is where syntax is needed; it is filled in before the suite runs.
    Unexpanded(String),
}

/// What has a size, and so which values the keyword is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sized {
    Characters,
    Items,
    Members,
}

pub(super) const NAMES: [&str; 19] = [
    "type",
    "const",
    "enum",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "format",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxProperties",
    "minProperties",
    "required",
    "dependentRequired",
];

/// Formats of the draft that only describe.
const DESCRIBING: [&str; 11] = [
    "duration",
    "hostname",
    "idn-email",
    "idn-hostname",
    "iri",
    "iri-reference",
    "json-pointer",
    "regex",
    "relative-json-pointer",
    "uri-reference",
    "uri-template",
];

impl Assertion {
    /// Reads one of [`NAMES`]. None when it asks for nothing or is a mistake.
    pub(super) fn read(name: &str, spec: &Value, at: &Place<'_>, faults: &mut Faults) -> Option<Self> {
        use Comparison::{Gt, Gte, Lt, Lte};
        match name {
            "type" => read_type(spec, at, faults),
            "const" => Some(Self::Const(spec.clone(), weight(spec))),
            "enum" => match spec {
                Value::Array(values) if !values.is_empty() => Some(Self::Enum(values.clone(), weight(spec))),
                _ => wrong(faults, at, "a list of values, at least one", spec),
            },
            "multipleOf" => match spec {
                Value::Number(step) => match Divisor::new(step) {
                    Some(divisor) => Some(Self::MultipleOf(divisor, step.clone())),
                    None => wrong(faults, at, "a number above 0 of at most 18 digits", spec),
                },
                _ => wrong(faults, at, "a number above 0", spec),
            },
            "maximum" => read_bound(Lte, spec, at, faults),
            "exclusiveMaximum" => read_bound(Lt, spec, at, faults),
            "minimum" => read_bound(Gte, spec, at, faults),
            "exclusiveMinimum" => read_bound(Gt, spec, at, faults),
            "maxLength" => read_size(Sized::Characters, Lte, spec, at, faults),
            "minLength" => read_size(Sized::Characters, Gte, spec, at, faults),
            "maxItems" => read_size(Sized::Items, Lte, spec, at, faults),
            "minItems" => read_size(Sized::Items, Gte, spec, at, faults),
            "maxProperties" => read_size(Sized::Members, Lte, spec, at, faults),
            "minProperties" => read_size(Sized::Members, Gte, spec, at, faults),
            "pattern" => {
                let Value::String(text) = spec else {
                    return wrong(faults, at, "a regular expression in a string", spec);
                };
                read_pattern(text, at, faults).map(|pattern| Self::Pattern(pattern, text.clone()))
            }
            "format" => match spec {
                Value::String(name) => {
                    let format = Format::named(name);
                    let known = Format::names();
                    let is_slip = || crate::base::nearest::nearest(name, known).is_some();
                    if format.is_none() && !DESCRIBING.contains(&name.as_str()) && is_slip() {
                        faults.unknown(at, "format", name, &known);
                    }
                    format.map(Self::Format)
                }
                _ => wrong(faults, at, "the name of a format", spec),
            },
            "uniqueItems" => match spec {
                Value::Bool(is_asked) => is_asked.then_some(Self::UniqueItems),
                _ => wrong(faults, at, "true or false", spec),
            },
            "required" => read_names(spec, at, faults).map(Self::Required),
            "dependentRequired" => {
                let Value::Object(members) = spec else {
                    return wrong(faults, at, "an object of lists of names", spec);
                };
                let read = |(name, names): (&String, &Value)| {
                    Some((name.clone(), read_names(names, &at.member(name), faults)?))
                };
                Some(Self::DependentRequired(members.iter().filter_map(read).collect()))
            }
            _ => None,
        }
    }

    /// How many steps it takes, at most.
    pub(super) fn cost(&self, value: &Value) -> u64 {
        match (self, value) {
            (Self::Const(_, weight) | Self::Enum(_, weight), _) => *weight,
            (Self::Pattern(..), Value::String(text)) => (text.len() / 8) as u64,
            (Self::Format(_) | Self::Size(..), Value::String(text)) => weight_of_text(text),
            (Self::Bound(..) | Self::MultipleOf(..) | Self::Type(_), Value::Number(number)) => {
                weight_of_text(number.as_str())
            }
            (Self::Required(names), _) => names.len() as u64,
            (Self::DependentRequired(all), _) => all.iter().map(|(_, names)| 1 + names.len() as u64).sum(),
            _ => 0,
        }
    }

    /// `spend` returns whether this many steps more may be taken.
    pub(super) fn judge(
        &self,
        value: &Value,
        at: &Place<'_>,
        tally: &mut Tally,
        spend: &dyn Fn(u64) -> bool,
    ) {
        match (self, value) {
            (Self::Const(want, _), _) => return tally.compare(want, Some(value), at),
            (Self::Required(names), Value::Object(members)) => {
                for name in names {
                    match members.contains_key(name) {
                        true => tally.hold(),
                        false => tally.miss_value(&at.member(name), false, || "a value".into(), None),
                    }
                }
                return;
            }
            (Self::DependentRequired(all), Value::Object(members)) => {
                for (name, needed) in all.iter().filter(|(name, _)| members.contains_key(name)) {
                    for missing in needed.iter().filter(|needed| !members.contains_key(*needed)) {
                        let wanted = || format!("a value, because {} is there", json::excerpt_text(name));
                        tally.miss_value(&at.member(missing), false, wanted, None);
                    }
                }
                return;
            }
            (Self::UniqueItems, Value::Array(items)) => {
                match unique::repeated(items, spend) {
                    None => tally.hold(),
                    Some((first, second)) => {
                        let wanted = || format!("an item unlike the one at {}", at.item(first));
                        tally.miss_value(&at.item(second), true, wanted, items.get(second));
                    }
                }
                return;
            }
            _ => {}
        }
        match self.holds(value) {
            true => tally.hold(),
            false => tally.miss_value(at, self.suits(), || self.words(value), Some(value)),
        }
    }

    fn holds(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Nothing | Self::Unexpanded(_), _) => false,
            (Self::Type(kinds), _) => kinds.iter().any(|kind| kind.is_of(value)),
            (Self::Enum(values, _), _) => values.iter().any(|known| json::equal(known, value)),
            (Self::Bound(comparison, bound), Value::Number(got)) => {
                comparison.holds(number::compare(got, bound))
            }
            (Self::MultipleOf(step, _), Value::Number(got)) => step.divides(got),
            (Self::Size(Sized::Characters, comparison, bound), Value::String(_))
            | (Self::Size(Sized::Items, comparison, bound), Value::Array(_))
            | (Self::Size(Sized::Members, comparison, bound), Value::Object(_)) => {
                comparison.holds(json::length(value).unwrap_or(0).cmp(bound))
            }
            (Self::Pattern(pattern, _), Value::String(text)) => pattern.is_in(text),
            (Self::Format(format), Value::String(text)) => format.is_of(text),
            _ => true,
        }
    }

    /// Whether what fails is of the right type at least.
    fn suits(&self) -> bool {
        !matches!(self, Self::Nothing | Self::Unexpanded(_) | Self::Type(_) | Self::Enum(..))
    }

    fn words(&self, value: &Value) -> String {
        match self {
            Self::Type(kinds) => {
                let nouns: Vec<_> = kinds.iter().map(|kind| noun(*kind)).collect();
                nouns.join(" or ")
            }
            Self::Enum(values, _) => match &values[..] {
                [only] => json::excerpt(only),
                _ => format!("one of {}", json::excerpt(&values.iter().cloned().collect())),
            },
            Self::Bound(comparison, bound) => {
                let bound = json::cut(bound.as_str().into());
                match comparison {
                    Comparison::Lt => format!("a number less than {bound}"),
                    Comparison::Lte => format!("a number that is at most {bound}"),
                    Comparison::Gt => format!("a number more than {bound}"),
                    _ => format!("a number that is at least {bound}"),
                }
            }
            Self::MultipleOf(_, step) => format!("a multiple of {}", json::cut(step.as_str().into())),
            Self::Size(sized, comparison, bound) => {
                let limit = if comparison.holds(Ordering::Less) { "most" } else { "least" };
                let (whole, part) = match sized {
                    Sized::Characters => ("a string", "character"),
                    Sized::Items => ("an array", "item"),
                    Sized::Members => ("an object", "member"),
                };
                format!("{whole} of at {limit} {bound} {part}{}", if *bound == 1 { "" } else { "s" })
            }
            Self::Pattern(_, text) => match value {
                Value::String(got) if got.len() > LONGEST_TEXT => {
                    "a string of at most 1 MiB, longer ones are not searched".into()
                }
                _ => format!("a string matching /{}/", json::cut(text.as_str().into())),
            },
            Self::Format(format) => format.words().into(),
            Self::Unexpanded(text) => format!("a value for {}", json::excerpt_text(text)),
            _ => "nothing".into(),
        }
    }
}

fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Null => "null",
        Kind::Boolean => "a boolean",
        Kind::Integer => "an integer",
        Kind::Number => "a number",
        Kind::String => "a string",
        Kind::Array => "an array",
        Kind::Object => "an object",
    }
}

/// A mistake instead of a keyword.
fn wrong<T>(faults: &mut Faults, at: &Place<'_>, wanted: &'static str, got: &Value) -> Option<T> {
    faults.wrong(at, wanted, got);
    None
}

fn read_type(spec: &Value, at: &Place<'_>, faults: &mut Faults) -> Option<Assertion> {
    let mut one = |spec: &Value, at: &Place<'_>| {
        let Value::String(name) = spec else {
            return wrong(faults, at, "a type or a list of types", spec);
        };
        let found = Kind::named(name);
        if found.is_none() && !json::is_template(spec) {
            faults.unknown(at, "type", name, &Kind::names());
        }
        found
    };
    match spec {
        Value::String(_) => one(spec, at).map(|kind| Assertion::Type(vec![kind])),
        Value::Array(kinds) if !kinds.is_empty() => {
            let kinds = kinds.iter().enumerate().filter_map(|(i, kind)| one(kind, &at.item(i)));
            Some(Assertion::Type(kinds.collect()))
        }
        _ => wrong(faults, at, "a type or a list of types", spec),
    }
}

fn read_bound(
    comparison: Comparison,
    spec: &Value,
    at: &Place<'_>,
    faults: &mut Faults,
) -> Option<Assertion> {
    match spec {
        Value::Number(bound) => return Some(Assertion::Bound(comparison, bound.clone())),
        // Draft 4 had a flag beside the bound.
        Value::Bool(_) if matches!(comparison, Comparison::Gt | Comparison::Lt) => {
            faults.add(
                at,
                SchemaErrorKind::Outdated { instead: "the number here, instead of minimum or maximum" },
            );
        }
        _ => faults.wrong(at, "a number", spec),
    }
    None
}

fn read_size(
    sized: Sized,
    comparison: Comparison,
    spec: &Value,
    at: &Place<'_>,
    faults: &mut Faults,
) -> Option<Assertion> {
    read_count(spec, at, faults).map(|bound| Assertion::Size(sized, comparison, bound))
}

pub(super) fn read_count(spec: &Value, at: &Place<'_>, faults: &mut Faults) -> Option<u64> {
    let count = spec.as_number().and_then(number::whole);
    if count.is_none() {
        faults.wrong(at, "a whole number from 0", spec);
    }
    count
}

pub(super) fn read_pattern(text: &str, at: &Place<'_>, faults: &mut Faults) -> Option<Pattern> {
    Pattern::compile(text).map_err(|error| faults.add(at, SchemaErrorKind::Regex(error))).ok()
}

fn read_names(spec: &Value, at: &Place<'_>, faults: &mut Faults) -> Option<Vec<String>> {
    match spec {
        Value::Array(names) if names.iter().all(Value::is_string) => {
            Some(names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect())
        }
        // Draft 3 had a flag in the property.
        Value::Bool(_) => {
            let instead = "the names of required members as a list, beside properties";
            faults.add(at, SchemaErrorKind::Outdated { instead });
            None
        }
        _ => wrong(faults, at, "a list of names", spec),
    }
}
