//! What a message must be, as a person set it up, made ready to be asked of every message.
//!
//! The matchers of the suite format know much more; they weigh as much as the rest of the worker, and here a person types one
//! line.

use regex_lite::Regex;
use serde_json::Value;

use crate::engine::Payload;
use crate::engine::base::{canonical, json_words};
use crate::wire::bench::{Match, MatchBy};

/// A [`Match`] that was read. What judges a message comes with it, so that it is downloaded with what reads one.
pub(super) struct Matching {
    way: Way,
    judge: fn(&Way, &str) -> bool,
}

enum Way {
    Contains(String),
    Equals(String),
    Regex(Regex),
    Subset(Value),
}

impl Matching {
    /// Reads it; says in words what is wrong with it.
    pub fn read(of: &Match) -> Result<Self, MatchError> {
        let text = of.text.clone();
        let way = match of.by {
            // It would take everything, while it is still being written.
            _ if text.is_empty() => return Err(MatchError("Enter the text to match".to_owned())),
            MatchBy::Contains => Way::Contains(text),
            MatchBy::Equals => Way::Equals(text),
            MatchBy::Regex => Way::Regex(Regex::new(&text).map_err(|error| MatchError(error.to_string()))?),
            MatchBy::Subset => {
                let read = serde_json::from_str(&text);
                Way::Subset(read.map_err(|error| {
                    MatchError(format!("not JSON: {}", json_words::what_and_where(&error)))
                })?)
            }
        };
        Ok(Self { way, judge: takes })
    }

    /// Whether a message is what was asked for. Bytes are nothing that a person types.
    pub fn takes(&self, message: &Payload) -> bool {
        let Payload::Text(text) = message else { return false };
        (self.judge)(&self.way, text)
    }
}

fn takes(way: &Way, text: &str) -> bool {
    match way {
        Way::Contains(part) => text.contains(part.as_str()),
        Way::Equals(whole) => text == whole,
        Way::Regex(regex) => regex.is_match(text),
        Way::Subset(wanted) => {
            serde_json::from_str(text).is_ok_and(|found: Value| has_members(&found, wanted))
        }
    }
}

/// Whether all members of `wanted` are there, in every depth; everything else must be equal in meaning.
fn has_members(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            wanted.iter().all(|(key, wanted)| found.get(key).is_some_and(|found| has_members(found, wanted)))
        }
        _ => canonical::text(found) == canonical::text(wanted),
    }
}

/// Why it cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct MatchError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(by: MatchBy, text: &str, message: &str, takes: bool) {
        let matching =
            Matching::read(&Match { by, text: text.into() }).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(matching.takes(&message.into()), takes, "{by:?} {text} on {message}");
    }

    #[test]
    fn each_way_takes_what_it_says() {
        check(MatchBy::Contains, "pin", "a ping", true);
        check(MatchBy::Contains, "pin", "a pong", false);
        check(MatchBy::Equals, "ping", "ping", true);
        check(MatchBy::Equals, "ping", "pings", false);
        check(MatchBy::Regex, "^p.ng$", "pong", true);
        check(MatchBy::Regex, "^p.ng$", "a pong", false);
        check(MatchBy::Subset, r#"{"a":{"b":1.0}}"#, r#"{"x":0,"a":{"c":2,"b":1}}"#, true);
        check(MatchBy::Subset, r#"{"a":{"b":1}}"#, r#"{"a":{"b":2}}"#, false);
        check(MatchBy::Subset, "{}", "no JSON", false);
    }

    #[test]
    fn what_cannot_be_read_is_reported() {
        for (by, text) in [(MatchBy::Contains, ""), (MatchBy::Regex, "a("), (MatchBy::Subset, "{")] {
            assert!(Matching::read(&Match { by, text: text.into() }).is_err(), "{by:?}");
        }
    }
}
