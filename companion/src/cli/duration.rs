//! Durations as people write them: `500ms`, `30s`, `5m`, `1h`; a bare number is seconds.

use std::str::FromStr;
use std::time::Duration;

use serde_json::Value;
use sockscope_engine::base::unit;

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Duration);

/// What is wrong with a duration.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[error("write a number with ms, s, m or h, such as 30s")]
pub struct SpanError;

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        unit::duration_or_seconds(&Value::from(text)).map(Self).map_err(|_| SpanError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_read_with_or_without_a_unit() {
        for (text, millis) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("2", 2000),
            ("0.5", 500),
            ("5m", 300_000),
            ("1h", 3_600_000),
            ("1.5h", 5_400_000),
        ] {
            assert_eq!(text.parse(), Ok(Span(Duration::from_millis(millis))), "{text}");
        }
        for text in ["", "soon", "-1", "1x"] {
            assert_eq!(text.parse::<Span>(), Err(SpanError), "{text}");
        }
    }
}
