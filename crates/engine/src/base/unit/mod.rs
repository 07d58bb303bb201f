//! Durations and sizes as people write them: `200ms`, `64KiB`.
//!
//! Owns the units, and what to write instead of a wrong one. It refuses to round: a value that is not in whole
//! nanoseconds or whole bytes is an error. A bare number is not a duration, except in [`duration_or_seconds`].

use std::time::Duration;

use serde_json::Value;

use super::words::cut;

/// The units of a duration, in nanoseconds, finest first.
const DURATIONS: [(&str, u64); 5] =
    [("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000)];
/// The units of a size, in bytes; a bare number is bytes.
const SIZES: [(&str, u64); 3] = [("", 1), ("KiB", 1 << 10), ("MiB", 1 << 20)];
/// What people write for a unit, in lower case, and how many of which unit it is.
const MEANT: [(&str, u64, &str); 26] = [
    ("µs", 1, "us"),
    ("μs", 1, "us"),
    ("usec", 1, "us"),
    ("micros", 1, "us"),
    ("microseconds", 1, "us"),
    ("msec", 1, "ms"),
    ("millis", 1, "ms"),
    ("milliseconds", 1, "ms"),
    ("sec", 1, "s"),
    ("secs", 1, "s"),
    ("second", 1, "s"),
    ("seconds", 1, "s"),
    ("min", 1, "m"),
    ("mins", 1, "m"),
    ("minute", 1, "m"),
    ("minutes", 1, "m"),
    ("hr", 1, "h"),
    ("hour", 1, "h"),
    ("hours", 1, "h"),
    ("d", 24, "h"),
    ("b", 1, ""),
    ("bytes", 1, ""),
    ("k", 1, "KiB"),
    ("kb", 1, "KiB"),
    ("mb", 1, "MiB"),
    ("gib", 1024, "MiB"),
];

/// Why a text is not a duration or a size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// Nothing but blanks.
    #[error("{what} is missing; write {example}")]
    Empty {
        /// `a duration` or `a size`.
        what: &'static str,
        /// What one looks like.
        example: &'static str,
    },
    /// A bare number where a unit is needed.
    #[error("{0} has no unit; write {0}us, {0}ms, {0}s or {0}m")]
    NoUnit(String),
    /// A number and a unit, but not quite.
    #[error("{text:?} is not {what}; did you mean {meant}?")]
    Meant {
        /// `a duration` or `a size`.
        what: &'static str,
        /// What was written.
        text: String,
        /// What to write.
        meant: String,
    },
    /// Not a number with a unit.
    #[error("{text:?} is not {what}; write {example}")]
    Malformed {
        /// `a duration` or `a size`.
        what: &'static str,
        /// What was written.
        text: String,
        /// What one looks like.
        example: &'static str,
    },
    /// Less than zero.
    #[error("{text:?} is negative; {what} is zero or more")]
    Negative {
        /// `a duration` or `a size`.
        what: &'static str,
        /// What was written.
        text: String,
    },
    /// A part of a nanosecond or of a byte.
    #[error("{text:?} is not a whole number of {finest}")]
    TooFine {
        /// What was written.
        text: String,
        /// `nanoseconds` or `bytes`.
        finest: &'static str,
    },
    /// Past what can be counted.
    #[error("{text:?} is too large; {what} is at most {limit}")]
    TooLarge {
        /// `a duration` or `a size`.
        what: &'static str,
        /// What was written.
        text: String,
        /// The largest that can be said.
        limit: &'static str,
    },
}

/// What is being measured: the words for it, and its units.
struct Measure {
    what: &'static str,
    example: &'static str,
    finest: &'static str,
    limit: &'static str,
    units: &'static [(&'static str, u64)],
}

const DURATION: Measure = Measure {
    what: "a duration",
    example: "a number with a unit, such as 200ms or 1.5s",
    finest: "nanoseconds",
    limit: "584 years",
    units: &DURATIONS,
};

const SIZE: Measure = Measure {
    what: "a size",
    example: "a number of bytes, such as 65536 or 64KiB",
    finest: "bytes",
    limit: "16 EiB",
    units: &SIZES,
};

/// Reads a duration: a number, with decimals if need be, and `us`, `ms`, `s`, `m` or `h`.
///
/// ```
/// # use sockscope_engine::base::unit::parse_duration;
/// # use std::time::Duration;
/// assert_eq!(parse_duration("1.5s").unwrap(), Duration::from_millis(1500));
/// assert_eq!(parse_duration("5 sec").unwrap_err().to_string(), "\"5 sec\" is not a duration; did you mean 5s?");
/// ```
pub fn parse_duration(text: &str) -> Result<Duration, UnitError> {
    DURATION.parse(text).map(Duration::from_nanos)
}

/// Reads a duration from a suite: text only, since a bare number does not say its unit.
pub fn duration_of(value: &Value) -> Result<Duration, UnitError> {
    match value {
        Value::String(text) => parse_duration(text),
        Value::Number(number) => Err(DURATION.without_unit(&number.to_string())),
        other => Err(DURATION.malformed(&other.to_string())),
    }
}

/// Reads a duration in which a bare number, also as text, is seconds. Only the shared variables `test_duration` and
/// `message_interval` are read this way.
pub fn duration_or_seconds(value: &Value) -> Result<Duration, UnitError> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) if Decimal::parse(text.trim()).is_some() => text.trim().to_owned(),
        other => return duration_of(other),
    };
    DURATION.scale(&text, &text, 1_000_000_000).map(Duration::from_nanos)
}

/// Reads a size in bytes: a number, with `KiB` or `MiB` if need be.
///
/// ```
/// # use sockscope_engine::base::unit::parse_size;
/// assert_eq!(parse_size("1.5MiB").unwrap(), 1_572_864);
/// assert_eq!(parse_size("64kb").unwrap_err().to_string(), "\"64kb\" is not a size; did you mean 64KiB?");
/// ```
pub fn parse_size(text: &str) -> Result<u64, UnitError> {
    SIZE.parse(text)
}

/// Reads a size from a suite: a number of bytes, or text with a unit.
pub fn size_of(value: &Value) -> Result<u64, UnitError> {
    match value {
        Value::String(text) => parse_size(text),
        Value::Number(number) => SIZE.scale(&number.to_string(), &number.to_string(), 1),
        other => Err(SIZE.malformed(&other.to_string())),
    }
}

/// Writes a duration so that [`parse_duration`] reads the same one: whole minutes as `m`, else the largest unit that it fills.
///
/// ```
/// # use sockscope_engine::base::unit::show_duration;
/// # use std::time::Duration;
/// assert_eq!(show_duration(Duration::from_millis(1500)), "1.5s");
/// ```
pub fn show_duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    if nanos == 0 {
        return "0s".to_owned();
    }
    if nanos.is_multiple_of(60_000_000_000) {
        return format!("{}m", nanos / 60_000_000_000);
    }
    let (unit, scale) =
        DURATIONS[..3].iter().rev().find(|(_, scale)| nanos >= u128::from(*scale)).unwrap_or(&DURATIONS[0]);
    let (scale, digits) = (u128::from(*scale), scale.ilog10() as usize);
    let fraction = format!("{:0digits$}", nanos % scale);
    let number = format!("{}.{}", nanos / scale, fraction.trim_end_matches('0'));
    format!("{}{unit}", number.trim_end_matches('.'))
}

/// Writes a size so that [`parse_size`] reads the same one: in the largest unit of which it is a whole number.
///
/// ```
/// # use sockscope_engine::base::unit::show_size;
/// assert_eq!(show_size(65536), "64KiB");
/// assert_eq!(show_size(65537), "65537");
/// ```
pub fn show_size(bytes: u64) -> String {
    let whole = SIZES.iter().rev().find(|(_, scale)| bytes > 0 && bytes.is_multiple_of(*scale));
    let (unit, scale) = whole.unwrap_or(&SIZES[0]);
    format!("{}{unit}", bytes / scale)
}

impl Measure {
    fn parse(&self, text: &str) -> Result<u64, UnitError> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Err(UnitError::Empty { what: self.what, example: self.example });
        }
        let positive = trimmed.strip_prefix('-').unwrap_or(trimmed);
        let split = positive.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(positive.len());
        let (number, unit) = positive.split_at(split);
        if number.is_empty() || Decimal::parse(number).is_none() {
            return Err(self.malformed(text));
        }
        let Some((_, scale)) = self.units.iter().find(|(known, _)| *known == unit) else {
            return Err(if unit.is_empty() {
                self.without_unit(text)
            } else {
                self.wrong_unit(text, number, unit)
            });
        };
        // Blanks around are refused too, so that one duration has one spelling.
        if trimmed.len() != text.len() {
            return Err(self.meant(text, trimmed.to_owned()));
        }
        if positive.len() != trimmed.len() {
            return Err(UnitError::Negative { what: self.what, text: text.to_owned() });
        }
        self.scale(text, number, *scale)
    }

    fn wrong_unit(&self, text: &str, number: &str, unit: &str) -> UnitError {
        let unit = unit.trim().to_ascii_lowercase();
        let own = self
            .units
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(&unit))
            .map(|(known, _)| (1, *known));
        let told = MEANT.iter().find(|(word, ..)| *word == unit).map(|(_, times, known)| (*times, *known));
        let Some((times, known)) =
            own.or(told).filter(|(_, known)| self.units.iter().any(|(u, _)| u == known))
        else {
            return self.malformed(text);
        };
        match (times, number.parse::<u64>().ok().and_then(|count| count.checked_mul(times))) {
            (1, _) => self.meant(text, format!("{number}{known}")),
            (_, Some(count)) => self.meant(text, format!("{count}{known}")),
            (_, None) => self.malformed(text),
        }
    }

    /// `number` times `scale`, exactly; `text` is what the error quotes.
    fn scale(&self, text: &str, number: &str, scale: u64) -> Result<u64, UnitError> {
        let decimal = Decimal::parse(number).ok_or_else(|| self.malformed(text))?;
        if decimal.negative {
            return Err(UnitError::Negative { what: self.what, text: text.to_owned() });
        }
        decimal.times(scale).map_err(|fault| match fault {
            Fault::Fraction => UnitError::TooFine { text: text.to_owned(), finest: self.finest },
            Fault::Overflow => {
                UnitError::TooLarge { what: self.what, text: text.to_owned(), limit: self.limit }
            }
        })
    }

    fn without_unit(&self, text: &str) -> UnitError {
        UnitError::NoUnit(text.trim().to_owned())
    }

    fn meant(&self, text: &str, meant: String) -> UnitError {
        UnitError::Meant { what: self.what, text: text.to_owned(), meant }
    }

    fn malformed(&self, text: &str) -> UnitError {
        UnitError::Malformed { what: self.what, text: cut(text, LONGEST_QUOTED), example: self.example }
    }
}

/// An error quotes at most this many characters of the text.
const LONGEST_QUOTED: usize = 40;

/// A decimal number as it is written: `digits · 10^exponent`. Floats would turn `0.1us` into something else.
struct Decimal {
    negative: bool,
    digits: u128,
    exponent: i32,
}

enum Fault {
    Fraction,
    Overflow,
}

impl Decimal {
    /// Reads JSON's number grammar, and leading zeros. None also when there are more digits than any unit can need.
    fn parse(text: &str) -> Option<Self> {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !is_number(whole) || !is_number(fraction) {
            return None;
        }
        let fraction = fraction.trim_end_matches('0');
        let digits = format!("{whole}{fraction}");
        let digits = digits.trim_start_matches('0');
        let digits = if digits.is_empty() { 0 } else { digits.parse().ok()? };
        Some(Self { negative, digits, exponent: exponent.checked_sub(i32::try_from(fraction.len()).ok()?)? })
    }

    fn times(&self, scale: u64) -> Result<u64, Fault> {
        if self.digits == 0 {
            return Ok(0);
        }
        let product = self.digits.checked_mul(u128::from(scale)).ok_or(Fault::Overflow)?;
        let power = 10_u128.checked_pow(self.exponent.unsigned_abs());
        let exact = match (self.exponent < 0, power) {
            (false, power) => power.and_then(|power| product.checked_mul(power)).ok_or(Fault::Overflow)?,
            (true, Some(power)) if product.is_multiple_of(power) => product / power,
            (true, _) => return Err(Fault::Fraction),
        };
        u64::try_from(exact).map_err(|_| Fault::Overflow)
    }
}

#[cfg(test)]
mod tests;
