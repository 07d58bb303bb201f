//! The query of a WebSocket URL.

use std::borrow::Cow;
use std::time::Duration;

use crate::destination::DestinationError;

/// The parameters of a query, in order.
#[derive(Debug, Clone)]
pub struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

/// Bytes of a name that a client gives to a user, a room or a document.
pub const LONGEST_NAME: usize = 128;

/// The longest delay of a message that may be asked for.
pub const LONGEST: Duration = Duration::from_secs(60);

/// What is wrong with a query.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum QueryError {
    /// A parameter that the route cannot do without.
    #[error("the parameter {0:?} is missing or empty")]
    Missing(&'static str),
    /// A name beyond [`LONGEST_NAME`].
    #[error("{0:?} is longer than 128 bytes")]
    TooLong(&'static str),
    /// A parameter that the route does not have.
    #[error("unknown parameter {name:?}; known are {known}")]
    Unknown {
        /// What was written.
        name: String,
        /// What could have been.
        known: String,
    },
    /// An address that is none.
    #[error(transparent)]
    Destination(DestinationError),
    /// A value of the wrong form.
    #[error("{name}={value:?} is not {expected}")]
    Invalid {
        /// The parameter.
        name: String,
        /// What was written.
        value: String,
        /// What could have been.
        expected: &'static str,
    },
}

impl<'a> Query<'a> {
    /// Reads a query, without its question mark.
    pub fn parse(text: &'a str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).collect())
    }

    /// The same without this parameter, and what it was last.
    pub fn without(mut self, name: &str) -> (Self, Option<String>) {
        let value = self.get(name).map(str::to_owned);
        self.0.retain(|(known, _)| known != name);
        (self, value)
    }

    /// Every parameter, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The first value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(given, _)| *given == name).map(|(_, value)| value)
    }

    /// A name that must be there.
    pub fn name(&self, name: &'static str) -> Result<String, QueryError> {
        match self.get(name) {
            None | Some("") => Err(QueryError::Missing(name)),
            Some(value) if value.len() > LONGEST_NAME => Err(QueryError::TooLong(name)),
            Some(value) => Ok(value.to_owned()),
        }
    }

    /// A number, `default` when absent.
    pub fn number(&self, name: &'static str, default: u64) -> Result<u64, QueryError> {
        let Some(value) = self.get(name) else { return Ok(default) };
        value.parse().map_err(|_| QueryError::Invalid {
            name: name.to_owned(),
            value: value.to_owned(),
            expected: "a whole number",
        })
    }
}

/// A chance, from 0 to 1.
pub fn probability(text: &str) -> Option<f64> {
    text.parse().ok().filter(|chance| (0.0..=1.0).contains(chance))
}

/// `50ms`, `1s`, `1.5s`, or milliseconds, up to a longest.
pub fn duration(text: &str, longest: Duration) -> Option<Duration> {
    let (number, unit) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), _) => (number, 1e-3),
        (None, Some(number)) => (number, 1.0),
        (None, None) => (text, 1e-3),
    };
    let seconds = number.trim().parse::<f64>().ok()? * unit;
    Duration::try_from_secs_f64(seconds).ok().filter(|duration| *duration <= longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_decoded() {
        assert_eq!(Query::parse("user=J%C3%B6rg+B&x=1").name("user"), Ok("Jörg B".to_owned()));
    }

    #[test]
    fn an_absent_and_an_empty_name_are_both_missing() {
        for text in ["", "user", "user=", "User=a"] {
            assert_eq!(Query::parse(text).name("user"), Err(QueryError::Missing("user")), "{text}");
        }
    }

    #[test]
    fn a_long_name_is_refused() {
        let text = format!("user={}", "x".repeat(129));
        assert_eq!(Query::parse(&text).name("user"), Err(QueryError::TooLong("user")));
    }

    #[test]
    fn durations_have_units_or_are_milliseconds() {
        for (text, millis) in
            [("50ms", 50), ("1s", 1000), ("1.5s", 1500), ("20", 20), ("0", 0), ("60s", 60_000)]
        {
            assert_eq!(duration(text, LONGEST), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "ms", "s", "-1", "1m", "61s", "inf", "NaN"] {
            assert_eq!(duration(text, LONGEST), None, "{text}");
        }
    }
}
