//! Values that a session was kept without.
//!
//! Owns what a masked place is called, and what goes out there. A place has the name of its member, of its parameter in an address,
//! or the word before it. Its one rule: no mask goes out in place of a value unless a person says so.

use std::fmt;

use serde_json::Value;

use super::values::Need;
use crate::base::mask::MASK;
use crate::base::words::counted;
use crate::recorder::paths::{join, last_name};

/// As many frames are named in words.
const MOST_NAMED: usize = 8;

/// What goes out where a session has a mask.
#[derive(Clone, Default)]
pub struct Secrets {
    /// Names and values.
    pub values: Vec<(String, String)>,
    /// A mask without a value goes out as it stands.
    pub sends_masks: bool,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.values.iter().map(|(name, _)| name).collect();
        f.debug_struct("Secrets").field("names", &names).field("sends_masks", &self.sends_masks).finish()
    }
}

/// The masks that no value was given for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unfilled {
    /// The number of each frame, and what its masked place is called; empty for one without a name.
    pub places: Vec<(u64, String)>,
}

impl Unfilled {
    /// The names of the values that are asked for.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for (_, name) in self.places.iter().filter(|(_, name)| !name.is_empty()) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }

    /// How many frames have one.
    pub fn frames(&self) -> usize {
        let mut frames: Vec<u64> = self.places.iter().map(|(frame, _)| *frame).collect();
        frames.dedup();
        frames.len()
    }
}

impl fmt::Display for Unfilled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let frames = self.frames();
        let have = if frames == 1 { "has" } else { "have" };
        write!(
            f,
            "the session was kept without its secrets: {} to be sent {have} {MASK} in place of a value",
            counted(frames as u64, "frame")
        )?;
        for (nth, (frame, name)) in self.places.iter().take(MOST_NAMED).enumerate() {
            let name = if name.is_empty() { "a value without a name" } else { name };
            write!(f, "{} frame {frame} {name}", if nth == 0 { ":" } else { "," })?;
        }
        match self.places.len().checked_sub(MOST_NAMED) {
            None | Some(0) => Ok(()),
            Some(more) => write!(f, ", and {more} more"),
        }
    }
}

/// A mask in a text.
struct Place {
    name: String,
    /// Where it is in JSON.
    path: Option<String>,
}

/// Letters and digits only: `api_key` is `apiKey`.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn in_json(value: &Value, path: &str, places: &mut Vec<Place>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let unnamed = || Place { name: String::new(), path: None };
                places.extend(name.matches(MASK).map(|_| unnamed()));
                in_json(value, &join(path, name), places);
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(nth, item)| in_json(item, &format!("{path}[{nth}]"), places));
        }
        Value::String(text) => {
            let place = || Place { name: last_name(path).to_owned(), path: Some(path.to_owned()) };
            places.extend(text.matches(MASK).map(|_| place()));
        }
        _ => {}
    }
}

/// The word before a place.
fn word_before(text: &str) -> String {
    let text = text.trim_end_matches([' ', '=', ':', '"', '\'', '/']);
    let start = text.rfind(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_'))).map_or(0, |at| {
        let width = text[at..].chars().next().map_or(1, char::len_utf8);
        at + width
    });
    text[start..].to_owned()
}

fn places(text: &str, json: Option<&Value>) -> Vec<Place> {
    let found: Vec<usize> = text.match_indices(MASK).map(|(at, _)| at).collect();
    if let Some(json @ (Value::Object(_) | Value::Array(_))) = json {
        let mut places = Vec::new();
        in_json(json, "$", &mut places);
        // Their order is that of the text, unless it writes a star in another way.
        if places.len() == found.len() {
            return places;
        }
    }
    found.into_iter().map(|at| Place { name: word_before(&text[..at]), path: None }).collect()
}

impl Secrets {
    fn value(&self, name: &str) -> Option<&str> {
        let wanted = plain(name);
        let named = self.values.iter().find(|(name, _)| !wanted.is_empty() && plain(name) == wanted);
        named.map(|(_, value)| value.as_str())
    }

    /// A text with values in place of its masks, and the names of those that have none. What the server gives now
    /// fills its place later, unless a value is given for it.
    pub(super) fn fill(
        &self,
        text: &str,
        json: Option<&Value>,
        needs: &mut Vec<Need>,
        written: impl Fn(&str, &str) -> String,
    ) -> (String, Vec<String>) {
        let (mut filled, mut unfilled) = (String::with_capacity(text.len()), Vec::new());
        let mut rest = text;
        for place in places(text, json) {
            let Some((before, after)) = rest.split_once(MASK) else { break };
            filled.push_str(before);
            let of_server = |need: &Need| place.path.is_some() && need.place() == place.path.as_deref();
            match self.value(&place.name) {
                Some(value) => {
                    needs.retain(|need| !of_server(need));
                    let value = written(&filled, value);
                    filled.push_str(&value);
                }
                None => {
                    if !needs.iter().any(of_server) {
                        unfilled.push(place.name);
                    }
                    filled.push_str(MASK);
                }
            }
            rest = after;
        }
        filled.push_str(rest);
        (filled, unfilled)
    }
}

/// A value within a message: between quotes it is a part of a JSON text.
pub(super) fn in_message(before: &str, value: &str) -> String {
    let is_json = before.matches('"').count() % 2 == 1;
    match serde_json::to_string(value) {
        Ok(quoted) if is_json => quoted[1..quoted.len() - 1].to_owned(),
        _ => value.to_owned(),
    }
}

/// A value within an address.
pub(super) fn in_address(_: &str, value: &str) -> String {
    crate::base::percent::encoded(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, values: &[(&str, &str)], expected: &str, missing: &[&str]) {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let secrets = Secrets { values, sends_masks: false };
        let json: Option<Value> = serde_json::from_str(text).ok();
        let (filled, unfilled) = secrets.fill(text, json.as_ref(), &mut Vec::new(), in_message);
        assert_eq!(
            (filled.as_str(), unfilled),
            (expected, missing.iter().map(|it| (*it).to_owned()).collect())
        );
    }

    #[test]
    fn a_masked_place_is_filled_by_its_name_and_the_rest_of_the_text_stays() {
        check(
            r#"{ "token": "***",  "n": 1.0, "auth": {"api_key": "Key ***"} }"#,
            &[("token", "a\"b"), ("apiKey", "k")],
            r#"{ "token": "a\"b",  "n": 1.0, "auth": {"api_key": "Key k"} }"#,
            &[],
        );
        check(r#"42["login",{"token":"***"}]"#, &[("token", "a\"b")], r#"42["login",{"token":"a\"b"}]"#, &[]);
        check("AUTH ***", &[("auth", "s3cret")], "AUTH s3cret", &[]);
        check("user=ann&pass=***", &[("pass", "x y")], "user=ann&pass=x y", &[]);
    }

    #[test]
    fn what_has_no_value_stays_and_is_named() {
        check(r#"{"a":"***","b":"***"}"#, &[("b", "2")], r#"{"a":"***","b":"2"}"#, &["a"]);
        check("***", &[("a", "1")], "***", &[""]);
        check(r#"{"***":"***"}"#, &[("a", "1")], r#"{"***":"***"}"#, &["", "***"]);
        check(r#"["***"]"#, &[], r#"["***"]"#, &[last_name("$[0]")]);
        check("nothing", &[("a", "1")], "nothing", &[]);
    }

    #[test]
    fn values_are_in_no_debug_output() {
        let secrets = Secrets { values: vec![("token".into(), "s3cret".into())], sends_masks: false };
        assert!(!format!("{secrets:?}").contains("s3cret"));
    }

    #[test]
    fn the_frames_are_named_up_to_a_bound() {
        let places = (0..10).map(|n| (n, "token".to_owned())).collect();
        let words = Unfilled { places }.to_string();
        assert!(words.ends_with("frame 6 token, frame 7 token, and 2 more"), "{words}");
        assert!(words.starts_with("the session was kept without its secrets: 10 frames to be sent have ***"));
    }
}
