//! A template as it can be shown before anyone acts, and which placeholder an address takes its host from.
//!
//! Owns the text that a placeholder without a value keeps: the one that the suite has. It takes nothing from the random sequence,
//! so looking changes no run.

use std::time::Duration;

use serde_json::Value;

use super::document::Document;
use super::expand::{Budget, LIMIT, Scope, into_text};
use super::parse::{Name, Part, Say, Template};
use crate::base::unit::show_duration;

/// What a placeholder refers to, as far as its value can be traced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// No placeholder, or a default in one.
    Written,
    /// A variable of the suite or of a row.
    Variable(String),
    /// The environment, which has a value of this name.
    Env(String),
    /// Something that only a step finds out.
    Step,
}

impl Document {
    /// The text with every value that is known; a placeholder without one stays as it is written.
    pub fn outline(&self, scope: &mut dyn Scope) -> String {
        match self.template() {
            Some(template) => template.parts.iter().map(|part| part.outline(scope)).collect(),
            None => self.literal().cloned().map(into_text).unwrap_or_default(),
        }
    }

    /// Where the host of this address comes from: the first placeholder before the path.
    pub fn host_origin(&self, scope: &mut dyn Scope) -> Origin {
        let mut address = String::new();
        for part in self.template().map(|template| template.parts.as_slice()).unwrap_or_default() {
            match part {
                Part::Place { say, .. } => return say.origin(scope),
                Part::Text(text) => address.push_str(text),
            }
            let host = address.split_once("://").map_or("", |(_, host)| host);
            if host.contains(['/', '?', '#']) {
                break;
            }
        }
        Origin::Written
    }
}

impl Template {
    /// The text with the values of variables that are known; all other placeholders stay as they are written.
    pub fn name_values(&self, value: &dyn Fn(&str) -> Option<String>) -> String {
        let shown = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Place { say, .. } => {
                let known = match say {
                    Say::Name(Name::Variable(name)) => value(name),
                    _ => None,
                };
                known.unwrap_or_else(|| say.written())
            }
        };
        self.parts.iter().map(shown).collect()
    }
}

impl Part {
    fn outline(&self, scope: &mut dyn Scope) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Place { say, .. } => say.known(scope).map_or_else(|| say.written(), into_text),
        }
    }
}

impl Say {
    /// The value, where it is the same each time.
    fn known(&self, scope: &mut dyn Scope) -> Option<Value> {
        match self {
            Self::Name(_) | Self::EnvOr(..) => self.value(&mut Budget::new(LIMIT), scope).ok(),
            Self::Call(call) if call.is_steady() => self.value(&mut Budget::new(LIMIT), scope).ok(),
            Self::Call(_) | Self::Uuid | Self::Now(_) | Self::Iso(_) | Self::Random(..) | Self::Pick(_) => {
                None
            }
        }
    }

    fn origin(&self, scope: &dyn Scope) -> Origin {
        let is_set = |name: &str| scope.env(name).is_some_and(|text| !text.is_empty());
        match self {
            Self::Name(Name::Variable(name)) => Origin::Variable(name.clone()),
            Self::Call(call) => match call.names().next() {
                Some(Name::Variable(name)) => Origin::Variable(name.clone()),
                _ => Origin::Step,
            },
            Self::Name(Name::Env(name)) | Self::EnvOr(name, _) if is_set(name) => Origin::Env(name.clone()),
            Self::EnvOr(..) | Self::Random(..) | Self::Pick(_) => Origin::Written,
            _ => Origin::Step,
        }
    }

    fn written(&self) -> String {
        format!("{{{{{}}}}}", self.words())
    }

    /// What stands between the braces.
    fn words(&self) -> String {
        let name = |name: &Name| match name {
            Name::Variable(name) => name.clone(),
            Name::Capture { client, name } if name.starts_with('[') => format!("{client}{name}"),
            Name::Capture { client, name } => format!("{client}.{name}"),
            Name::Env(name) => format!("env.{name}"),
            Name::Client => "client".to_owned(),
            Name::Seq => "seq".to_owned(),
            Name::Index => "index".to_owned(),
            Name::Iteration => "i".to_owned(),
        };
        match self {
            Self::Name(it) => name(it),
            Self::EnvOr(name, _) => format!("env.{name}"),
            Self::Call(call) => call.written(&name, &Self::words),
            Self::Uuid => "uuid".to_owned(),
            Self::Now(offset) => format!("now{}", shown_offset(*offset)),
            Self::Iso(offset) => format!("iso{}", shown_offset(*offset)),
            Self::Random(low, high) => format!("random {low} {high}"),
            Self::Pick(_) => "pick …".to_owned(),
        }
    }
}

/// `+5s`, `-1m`, or nothing.
fn shown_offset(millis: i64) -> String {
    let sign = match millis {
        0 => return String::new(),
        1.. => '+',
        _ => '-',
    };
    format!("{sign}{}", show_duration(Duration::from_millis(millis.unsigned_abs())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::template::fixture::Known;

    fn read(text: &str) -> Document {
        Document::parse(&json!(text)).expect("a good template")
    }

    #[track_caller]
    fn shows(text: &str, expected: &str) {
        assert_eq!(read(text).outline(&mut Known::with_seed(1)), expected);
    }

    #[track_caller]
    fn comes_from(text: &str, expected: Origin) {
        assert_eq!(read(text).host_origin(&mut Known::with_seed(1)), expected);
    }

    #[test]
    fn what_is_known_is_put_in_and_the_rest_stays_as_it_is_written() {
        shows("ws://h/ws", "ws://h/ws");
        shows("ws://h/{{room}}?n={{n}}", "ws://h/blue?n=5");
        shows(
            "{{nothing}}/{{uuid}}/{{bob.x}}/{{random 1 6}}",
            "{{nothing}}/{{uuid}}/{{bob.x}}/{{random 1 6}}",
        );
        shows("{{add n 1}}/{{upper x}}/{{now + 90s}}", "6/{{upper x}}/{{now+90s}}");
        shows("{{add now 'a'}}{{sha256 x base64}}", "{{add now \"a\"}}{{sha256 x base64}}");
        shows("{{env.NOT_THERE ?? ws://localhost/ws}}", "ws://localhost/ws");
    }

    #[test]
    fn a_host_comes_from_the_first_placeholder_before_the_path() {
        comes_from("ws://h/ws?room={{room}}", Origin::Written);
        comes_from("ws://{{room}}/ws", Origin::Variable("room".to_owned()));
        comes_from("ws://h:{{n}}/ws/{{room}}", Origin::Variable("n".to_owned()));
        comes_from("{{env.COUNT}}", Origin::Env("COUNT".to_owned()));
        comes_from("{{env.COUNT ?? ws://h}}", Origin::Env("COUNT".to_owned()));
        comes_from("{{env.NOT_THERE ?? ws://h}}", Origin::Written);
        comes_from("{{bob.url}}/ws", Origin::Step);
    }
}
