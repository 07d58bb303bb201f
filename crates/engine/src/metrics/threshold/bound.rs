//! The bound of a metric: `< 10ms`, `>= 99.9%`, `> 100/s`.
//!
//! Owns the operators and which unit fits which metric. It refuses to guess a unit: `10` beside a duration is an error that
//! says what to write.

use std::cmp::Ordering;
use std::fmt;

use serde_json::Value;

use crate::base::unit::{self, UnitError};
use crate::metrics::ratio::{self, Fixed, ONE};

use super::error::ThresholdErrorKind as ErrorKind;
use super::subject::cut;

/// What a metric is, which decides about units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// How long: `10ms`.
    Duration,
    /// How many: `10`.
    Count,
    /// How many bytes: `10`, `64KiB`.
    Bytes,
    /// A share: `99.9%`.
    Share,
    /// How many a second: `100/s`.
    Rate,
    /// How many bytes a second: `100/s`, `64KiB/s`.
    ByteRate,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Duration => "a duration",
            Self::Count => "a count",
            Self::Bytes => "a number of bytes",
            Self::Share => "a percentage",
            Self::Rate => "a rate",
            Self::ByteRate => "a rate of bytes",
        })
    }
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Lt,
    Lte,
    Gt,
    Gte,
    Eq,
    Ne,
}

const OPERATORS: [(&str, Operator); 6] = [
    ("<", Operator::Lt),
    ("<=", Operator::Lte),
    (">", Operator::Gt),
    (">=", Operator::Gte),
    ("==", Operator::Eq),
    ("!=", Operator::Ne),
];

/// What other languages write.
const MEANT: [(&str, &str); 11] = [
    ("=", "=="),
    ("===", "=="),
    ("!==", "!="),
    ("=<", "<="),
    ("=>", ">="),
    ("<>", "!="),
    ("!", "!="),
    ("≤", "<="),
    ("≥", ">="),
    ("≠", "!="),
    ("<<", "<"),
];

impl Operator {
    pub(super) fn symbol(self) -> &'static str {
        OPERATORS.iter().find(|(_, operator)| *operator == self).map_or("", |(symbol, _)| symbol)
    }

    pub(super) fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Lt => order.is_lt(),
            Self::Lte => order.is_le(),
            Self::Gt => order.is_gt(),
            Self::Gte => order.is_ge(),
            Self::Eq => order.is_eq(),
            Self::Ne => order.is_ne(),
        }
    }
}

/// A comparison with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) operator: Operator,
    /// In nanoseconds, bytes, percent, or events a second.
    pub(super) value: Fixed,
    /// The value as it was written.
    pub(super) text: String,
}

/// A mistake and its byte offset.
type Mistake = (usize, ErrorKind);

impl Bound {
    /// Reads the comparison of a metric, whose name stands in the errors.
    pub(super) fn parse(value: &Value, metric: &str, kind: Kind) -> Result<Self, Mistake> {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            other => {
                let kind = ErrorKind::Type { example: kind.example(), got: noun(other) };
                return Err((0, kind));
            }
        };
        // A count alone says what it is; a template that stands alone becomes such a number, too.
        if matches!(kind, Kind::Count | Kind::Bytes)
            && text.bytes().all(|b| b.is_ascii_digit())
            && !text.is_empty()
        {
            let value = kind.read(&text, metric).map_err(|mistake| (0, mistake))?;
            return Ok(Self { operator: Operator::Eq, value, text });
        }
        let (operator, at) = operator(&text, Some(kind))?;
        let bound = text[at..].trim_end();
        let value = kind.read(bound, metric).map_err(|mistake| (at, mistake))?;
        Ok(Self { operator, value, text: bound.to_owned() })
    }
}

/// What is wrong with a comparison whatever it is compared with.
pub(super) fn operator_mistake(value: &Value) -> Option<Mistake> {
    match value {
        Value::String(text) => operator(text, None).err(),
        Value::Number(_) => None,
        other => Some((0, ErrorKind::Type { example: Kind::Duration.example(), got: noun(other) })),
    }
}

/// The operator and where the bound begins.
fn operator(text: &str, kind: Option<Kind>) -> Result<(Operator, usize), Mistake> {
    let example = || kind.unwrap_or(Kind::Duration).example();
    let start = text.len() - text.trim_start().len();
    let rest = &text[start..];
    if rest.is_empty() {
        return Err((0, ErrorKind::Empty { example: example() }));
    }
    let is_symbol = |c: char| "<>=!≤≥≠".contains(c);
    let end = rest.find(|c| !is_symbol(c)).unwrap_or(rest.len());
    let (symbol, bound) = rest.split_at(end);
    if symbol.is_empty() {
        let written = rest.trim_end();
        // Shown with the operator that people mostly mean, unless the value itself is wrong too.
        let example = match kind {
            Some(kind) if kind.read(written, "").is_ok() => format!("{} {written}", kind.usual().symbol()),
            _ => example(),
        };
        return Err((start, ErrorKind::NoOperator { written: cut(written), example }));
    }
    let Some((symbol, operator)) = OPERATORS.iter().find(|(known, _)| *known == symbol) else {
        let meant = MEANT.iter().find(|(word, _)| *word == symbol).map_or("==", |(_, meant)| meant);
        return Err((start, ErrorKind::Operator { written: cut(symbol), meant }));
    };
    let at = start + end + (bound.len() - bound.trim_start().len());
    if at == text.len() {
        return Err((start, ErrorKind::NoBound { operator: symbol, example: example() }));
    }
    Ok((*operator, at))
}

impl Kind {
    const ALL: [Self; 6] =
        [Self::Duration, Self::Count, Self::Bytes, Self::Share, Self::Rate, Self::ByteRate];

    /// The comparison that people mostly mean.
    fn usual(self) -> Operator {
        match self {
            Self::Duration => Operator::Lt,
            Self::Count | Self::Bytes => Operator::Eq,
            Self::Share => Operator::Gte,
            Self::Rate | Self::ByteRate => Operator::Gt,
        }
    }

    fn sample(self) -> &'static str {
        match self {
            Self::Duration => "10ms",
            Self::Count => "0",
            Self::Bytes => "64KiB",
            Self::Share => "99.9%",
            Self::Rate => "100/s",
            Self::ByteRate => "64KiB/s",
        }
    }

    fn example(self) -> String {
        format!("{} {}", self.usual().symbol(), self.sample())
    }

    /// Reads a value of this kind; the error says what the metric is.
    fn read(self, text: &str, metric: &str) -> Result<Fixed, ErrorKind> {
        let attempt = self.attempt(text);
        if let Some(Ok(value)) = attempt {
            if self == Self::Share && value > 100 * ONE {
                return Err(ErrorKind::BeyondAll { metric: metric.to_owned(), written: cut(text) });
            }
            return Ok(value);
        }
        let (metric, written) = (metric.to_owned(), cut(text));
        let has_no_unit = self != Self::Count && ratio::read(text).is_some();
        if has_no_unit || Self::ALL.iter().any(|other| matches!(other.attempt(text), Some(Ok(_)))) {
            return Err(ErrorKind::Unfit { metric, kind: self, example: self.rewrite(text), written });
        }
        match attempt {
            Some(Err(error)) => Err(error.into()),
            _ => Err(ErrorKind::Malformed { metric, kind: self, written, example: self.rewrite(text) }),
        }
    }

    /// None when it is not a value of this kind, and no better reason is known.
    fn attempt(self, text: &str) -> Option<Result<Fixed, UnitError>> {
        match self {
            Self::Duration => {
                Some(unit::parse_duration(text).map(|duration| duration.as_nanos().saturating_mul(ONE)))
            }
            Self::Count => ratio::read(text).filter(|count| count.is_multiple_of(ONE)).map(Ok),
            Self::Bytes => Some(unit::parse_size(text).map(|bytes| u128::from(bytes) * ONE)),
            Self::Share => ratio::read(text.strip_suffix('%')?).map(Ok),
            Self::Rate => ratio::read(text.strip_suffix("/s")?).map(Ok),
            Self::ByteRate => {
                let size = text.strip_suffix("/s")?;
                let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("", 1)];
                let read = |(unit, bytes)| Some(ratio::read(size.strip_suffix(unit)?)? * bytes);
                // A rate need not be whole bytes; what is not a number gets the words for a size.
                units.into_iter().find_map(read).map(Ok).or_else(|| Self::Bytes.attempt(size))
            }
        }
    }

    /// The same number as a value of this kind, else a usual one.
    fn rewrite(self, text: &str) -> String {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let number = &text[..end];
        let rewritten = match self {
            Self::Duration => format!("{number}ms"),
            Self::Count | Self::Bytes => number.to_owned(),
            // A share of one, as other tools have it.
            Self::Share if end == text.len() && ratio::read(number).is_some_and(|share| share <= ONE) => {
                format!("{}%", ratio::write(ratio::read(number).unwrap_or_default() * 100))
            }
            Self::Share => format!("{number}%"),
            Self::Rate | Self::ByteRate => format!("{number}/s"),
        };
        match self.attempt(&rewritten) {
            Some(Ok(value)) if self != Self::Share || value <= 100 * ONE => rewritten,
            _ => self.sample().to_owned(),
        }
    }
}

fn noun(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
    }
}
