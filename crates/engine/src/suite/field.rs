//! A value of a suite that may hold placeholders.
//!
//! Owns when such a value is read: once when it has no placeholder, otherwise again each time it is needed.

use std::ops::RangeInclusive;
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;

use crate::base::unit;
use crate::framing::Framing;
use crate::matcher::{Matcher, Pick, Query};
use crate::template::{Document, ExpandError, Scope, is_name};

/// A value that is known, or will be once the placeholders in it have values.
#[derive(Clone, Debug)]
pub enum Field<T> {
    /// Without placeholders.
    Fixed(T),
    /// With placeholders.
    Open(Document),
}

/// Why a field has no value at this moment.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FieldError {
    /// A placeholder has none.
    #[error(transparent)]
    Expand(#[from] ExpandError),
    /// The resulting value is not allowed there.
    #[error("{0}")]
    Value(String),
}

/// Something that can be read from JSON, with a complaint that a tester understands.
pub trait FromValue: Clone {
    /// Reads a value as it stands in the suite.
    fn from_value(value: &Value) -> Result<Self, String>;

    /// Reads a value that a placeholder became. Durations and counts are read more kindly there, since forms and the
    /// environment give text.
    fn from_expanded(value: &Value) -> Result<Self, String> {
        Self::from_value(value)
    }
}

impl<T: FromValue> Field<T> {
    /// The value at this moment.
    pub fn get(&self, scope: &mut dyn Scope) -> Result<T, FieldError> {
        match self {
            Self::Fixed(value) => Ok(value.clone()),
            Self::Open(document) => {
                let value = document.expand(scope)?;
                T::from_expanded(&value).map_err(FieldError::Value)
            }
        }
    }

    /// The value, when it is the same every time.
    pub fn fixed(&self) -> Option<&T> {
        match self {
            Self::Fixed(value) => Some(value),
            Self::Open(_) => None,
        }
    }
}

impl FromValue for Duration {
    fn from_value(value: &Value) -> Result<Self, String> {
        unit::duration_of(value).map_err(|error| error.to_string())
    }

    fn from_expanded(value: &Value) -> Result<Self, String> {
        unit::duration_or_seconds(value).map_err(|error| error.to_string())
    }
}

impl FromValue for u64 {
    fn from_value(value: &Value) -> Result<Self, String> {
        let whole = match value {
            Value::Number(number) => number.as_u64().or_else(|| whole_float(number)),
            _ => None,
        };
        whole.ok_or_else(|| {
            format!("expected a non-negative integer, found {}", crate::matcher::excerpt(value))
        })
    }

    fn from_expanded(value: &Value) -> Result<Self, String> {
        match value {
            Value::String(text) => match text.trim().parse::<serde_json::Number>() {
                Ok(number) => Self::from_value(&Value::Number(number)),
                Err(_) => Self::from_value(value),
            },
            other => Self::from_value(other),
        }
    }
}

/// `5.0` and `1e3` are whole numbers too.
fn whole_float(number: &serde_json::Number) -> Option<u64> {
    let float = number.as_f64()?;
    let is_exact = (0.0..=9_007_199_254_740_992.0).contains(&float);
    (is_exact && crate::base::number::is_integer(number)).then_some(float as u64)
}

impl FromValue for bool {
    fn from_value(value: &Value) -> Result<Self, String> {
        value.as_bool().ok_or_else(|| format!("{} is neither true nor false", crate::matcher::excerpt(value)))
    }

    fn from_expanded(value: &Value) -> Result<Self, String> {
        match value.as_str().map(str::trim) {
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            _ => Self::from_value(value),
        }
    }
}

/// Text; numbers and booleans as their JSON, because a placeholder that stands alone keeps its type.
impl FromValue for String {
    fn from_value(value: &Value) -> Result<Self, String> {
        match value {
            Value::String(text) => Ok(text.clone()),
            other => Err(format!("expected a string, found {}", crate::matcher::excerpt(other))),
        }
    }

    fn from_expanded(value: &Value) -> Result<Self, String> {
        match value {
            Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
            other => Self::from_value(other),
        }
    }
}

impl FromValue for Value {
    fn from_value(value: &Value) -> Result<Self, String> {
        Ok(value.clone())
    }
}

/// All mistakes of a matcher in one line.
impl FromValue for Rc<Matcher> {
    fn from_value(value: &Value) -> Result<Self, String> {
        Matcher::compile(value)
            .map(Rc::new)
            .map_err(|mistakes| mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    }
}

impl FromValue for Rc<Query> {
    fn from_value(value: &Value) -> Result<Self, String> {
        let text = String::from_value(value)?;
        Query::parse(&text).map(Rc::new).map_err(|error| format!("{text:?} is not a JSONPath: {error}"))
    }
}

impl FromValue for Rc<Pick> {
    fn from_value(value: &Value) -> Result<Self, String> {
        Pick::read(value).map(Rc::new)
    }
}

impl FromValue for Rc<Framing> {
    fn from_value(value: &Value) -> Result<Self, String> {
        Framing::read(value).map(Rc::new).map_err(|error| error.to_string())
    }
}

impl FromValue for super::Target {
    fn from_value(value: &Value) -> Result<Self, String> {
        let text = String::from_value(value)?;
        let wrong = || format!("{text:?} names no client; write alice, crowd[3] or *");
        if text == "*" {
            return Ok(Self::All);
        }
        let Some((name, rest)) = text.split_once('[') else {
            return if is_name(&text) { Ok(Self::Client(text)) } else { Err(wrong()) };
        };
        let member = rest.strip_suffix(']').and_then(|digits| digits.parse().ok());
        match member {
            Some(member) if is_name(name) => Ok(Self::Member(name.to_owned(), member)),
            _ => Err(wrong()),
        }
    }
}

/// A number of bytes, or a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u64);

impl FromValue for Size {
    fn from_value(value: &Value) -> Result<Self, String> {
        unit::size_of(value).map(Self).map_err(|error| error.to_string())
    }

    fn from_expanded(value: &Value) -> Result<Self, String> {
        u64::from_expanded(value).map(Self).or_else(|_| Self::from_value(value))
    }
}

/// How many a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(pub f64);

/// More of them a second are asked for by mistake.
const HIGHEST_RATE: f64 = 1e6;

impl FromValue for Rate {
    fn from_value(value: &Value) -> Result<Self, String> {
        let wrong =
            || format!("{} is not a rate; write \"50/s\", \"90/m\" or 50", crate::matcher::excerpt(value));
        let rate = match value {
            Value::Number(number) => number.as_f64().ok_or_else(wrong)?,
            Value::String(text) => {
                let (number, per) = text.split_once('/').ok_or_else(wrong)?;
                let seconds = match per {
                    "s" => 1.0,
                    "m" => 60.0,
                    _ => return Err(wrong()),
                };
                let is_plain = number.chars().all(|sign| sign.is_ascii_digit() || sign == '.');
                number.parse::<f64>().ok().filter(|_| is_plain).ok_or_else(wrong)? / seconds
            }
            _ => return Err(wrong()),
        };
        match rate {
            rate if !rate.is_finite() || rate < 0.0 => Err(wrong()),
            rate if rate > HIGHEST_RATE => {
                Err(format!("{} is above 1000000/s, the highest rate", crate::matcher::excerpt(value)))
            }
            rate => Ok(Self(rate)),
        }
    }

    fn from_expanded(value: &Value) -> Result<Self, String> {
        // Forms and the environment give text.
        let number = value.as_str().and_then(|text| text.trim().parse::<serde_json::Number>().ok());
        match number {
            Some(number) => Self::from_value(&Value::Number(number)),
            None => Self::from_value(value),
        }
    }
}

/// One number or several: close codes and HTTP statuses. Each is a range, mostly of one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusSet(pub Vec<RangeInclusive<u16>>);

impl StatusSet {
    /// Whether this one is meant.
    pub fn contains(&self, code: u16) -> bool {
        self.0.iter().any(|range| range.contains(&code))
    }

    /// Whether nothing but this one is meant.
    pub fn is_only(&self, code: u16) -> bool {
        self.0 == [code..=code]
    }

    /// The first end of a range that is not among these.
    pub fn outside(&self, fits: &RangeInclusive<u16>) -> Option<u16> {
        self.0.iter().flat_map(|range| [*range.start(), *range.end()]).find(|code| !fits.contains(code))
    }
}

impl std::fmt::Display for StatusSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (place, range) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str(" or ")?;
            }
            write!(f, "{}", range.start())?;
            if range.start() != range.end() {
                write!(f, " to {}", range.end())?;
            }
        }
        Ok(())
    }
}

/// A code, or a text such as `3000-4999`.
fn codes_of(value: &Value) -> Result<RangeInclusive<u16>, String> {
    let code =
        |number: u64| u16::try_from(number).map_err(|_| format!("{number} is above 65535, the largest code"));
    let ends = value.as_str().and_then(|text| text.split_once('-'));
    let Some((Ok(from), Ok(to))) = ends.map(|(from, to)| (from.trim().parse(), to.trim().parse())) else {
        return u64::from_value(value).and_then(code).map(|one| one..=one);
    };
    let range = code(from)?..=code(to)?;
    if range.is_empty() {
        return Err(format!("{value} is an empty range; write the smaller code first"));
    }
    Ok(range)
}

impl FromValue for StatusSet {
    fn from_value(value: &Value) -> Result<Self, String> {
        match value {
            Value::Array(items) if items.is_empty() => Err("an empty list names no code".into()),
            Value::Array(items) => items.iter().map(codes_of).collect::<Result<_, _>>().map(Self),
            other => codes_of(other).map(|range| Self(vec![range])),
        }
    }

    fn from_expanded(value: &Value) -> Result<Self, String> {
        match value {
            Value::String(text) if !text.contains('-') => {
                let number = u64::from_expanded(value)?;
                Self::from_value(&Value::from(number))
            }
            other => Self::from_value(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::template::fixture::Known;

    #[track_caller]
    fn check<T: FromValue + PartialEq + std::fmt::Debug>(written: Value, expected: Result<T, &str>) {
        assert_eq!(T::from_value(&written), expected.map_err(str::to_owned));
    }

    #[track_caller]
    fn check_open<T: FromValue + PartialEq + std::fmt::Debug>(written: &str, expected: Result<T, &str>) {
        let document = Document::parse(&json!(written)).expect("a good template");
        let got = Field::<T>::Open(document).get(&mut Known::with_seed(1));
        assert_eq!(got.map_err(|error| error.to_string()), expected.map_err(str::to_owned));
    }

    #[test]
    fn counts() {
        check(json!(5), Ok(5_u64));
        check(serde_json::from_str("5.0").unwrap(), Ok(5_u64));
        check(serde_json::from_str("1e3").unwrap(), Ok(1000_u64));
        check::<u64>(json!(-1), Err("expected a non-negative integer, found -1"));
        check::<u64>(json!(1.5), Err("expected a non-negative integer, found 1.5"));
        check::<u64>(json!("5"), Err("expected a non-negative integer, found \"5\""));
        check_open("{{env.COUNT}}", Ok(10_u64));
        check_open("{{n}}", Ok(5_u64));
        check_open::<u64>("{{room}}", Err("expected a non-negative integer, found \"blue\""));
    }

    #[test]
    fn a_bare_number_is_seconds_where_a_placeholder_gave_it_and_nowhere_else() {
        check::<Duration>(json!(5), Err("5 has no unit; write 5us, 5ms, 5s or 5m"));
        check_open("{{n}}", Ok(Duration::from_secs(5)));
        check_open("{{n}}ms", Ok(Duration::from_millis(5)));
    }

    #[test]
    fn codes() {
        check(json!(1000), Ok(StatusSet(vec![1000..=1000])));
        check(json!([1000, 1001]), Ok(StatusSet(vec![1000..=1000, 1001..=1001])));
        check(json!("3000-4999"), Ok(StatusSet(vec![3000..=4999])));
        check(json!([1000, "3000 - 4999"]), Ok(StatusSet(vec![1000..=1000, 3000..=4999])));
        check::<StatusSet>(
            json!("4999-3000"),
            Err("\"4999-3000\" is an empty range; write the smaller code first"),
        );
        check::<StatusSet>(json!("all"), Err("expected a non-negative integer, found \"all\""));
        check::<StatusSet>(json!(70000), Err("70000 is above 65535, the largest code"));
        check::<StatusSet>(json!([]), Err("an empty list names no code"));
        check_open("{{env.COUNT}}", Ok(StatusSet(vec![10..=10])));
    }

    #[test]
    fn whom_a_step_acts_on() {
        use crate::suite::Target;
        check(json!("*"), Ok(Target::All));
        check(json!("alice"), Ok(Target::Client("alice".into())));
        check(json!("crowd[3]"), Ok(Target::Member("crowd".into(), 3)));
        check::<Target>(json!("crowd[-1]"), Err("\"crowd[-1]\" names no client; write alice, crowd[3] or *"));
        check::<Target>(json!("a b"), Err("\"a b\" names no client; write alice, crowd[3] or *"));
    }

    #[test]
    fn text_takes_what_a_placeholder_became() {
        check_open("{{n}}", Ok("5".to_owned()));
        check::<String>(json!(5), Err("expected a string, found 5"));
    }
}
