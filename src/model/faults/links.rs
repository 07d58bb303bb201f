//! What the API says of the proxy: the toxics of this link, other links, and who is connected.
//!
//! Pure. One rule: list a toxic that has no row in this view, and never leave it out: it strikes all the same.

use serde_json::Value;

use super::setting::Setting;
use super::toxic::TOXICS;
use crate::engine::base::sort;
use crate::model::format;

/// The proxy as one link sees it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProxyState {
    /// What is on, by the place in [`TOXICS`].
    pub settings: Vec<Option<Setting>>,
    /// Toxics that strike this link and have no row, each with its name and in words.
    pub others: Vec<Other>,
    /// All keys in use, including the key of this link.
    pub links: Vec<Used>,
    /// Those who are connected, as many as the API lists.
    pub connections: Vec<Connected>,
    /// How many there are.
    pub total: u64,
}

/// A toxic without a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// What the API knows it by.
    pub name: String,
    /// Type and direction.
    pub words: String,
    /// It is for all connections, not only for this link.
    pub is_for_all: bool,
}

/// A key that is used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// The key, empty for none.
    pub key: String,
    /// How many toxics it has.
    pub toxics: u64,
    /// How many connections.
    pub connections: u64,
}

/// A connection through the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connected {
    /// Its key, empty for none.
    pub key: String,
    /// The target, without its query.
    pub to: String,
    /// How long it has lasted, in seconds.
    pub age: u64,
    /// One side is gone and the other does not know.
    pub is_half_open: bool,
    /// Messages and bytes from the page.
    pub upstream: (u64, u64),
    /// Messages and bytes from the target.
    pub downstream: (u64, u64),
    /// How many toxics its address has.
    pub toxics: u64,
}

impl ProxyState {
    /// Reads what `GET /api/proxy` answers; none when that is something else.
    pub fn read(answer: &Value, key: &str) -> Option<Self> {
        let toxics = answer["toxics"].as_array()?;
        let connections = answer["connections"].as_array()?;
        let mut state = Self { settings: vec![None; TOXICS.len()], ..Self::default() };
        state.total = answer["total"].as_u64()?;
        state.used(key);
        for toxic in toxics {
            let of = text(&toxic["key"]);
            state.used(&of).toxics += 1;
            let is_own = of == key;
            if !is_own && !of.is_empty() {
                continue;
            }
            let row = Setting::read(toxic).filter(|(at, _)| is_own && state.settings[*at].is_none());
            match row {
                Some((at, setting)) => state.settings[at] = Some(setting),
                None => state.others.push(Other {
                    name: text(&toxic["name"]),
                    words: format!("{} {}", text(&toxic["type"]), text(&toxic["stream"])),
                    is_for_all: !is_own,
                }),
            }
        }
        state.connections = connections.iter().map(Connected::read).collect();
        for at in 0..state.connections.len() {
            let of = state.connections[at].key.clone();
            state.used(&of).connections += 1;
        }
        sort::sort_by(&mut state.links, |a, b| a.key.cmp(&b.key));
        Some(state)
    }

    fn used(&mut self, key: &str) -> &mut Used {
        let at = self.links.iter().position(|link| link.key == key).unwrap_or_else(|| {
            self.links.push(Used { key: key.to_owned(), ..Used::default() });
            self.links.len() - 1
        });
        &mut self.links[at]
    }
}

impl Connected {
    fn read(shown: &Value) -> Self {
        let number = |value: &Value| value.as_u64().unwrap_or_default();
        let traffic = |of: &Value| (number(&of["messages"]), number(&of["bytes"]));
        Self {
            key: text(&shown["key"]),
            to: text(&shown["to"]),
            age: shown["age_seconds"].as_f64().unwrap_or_default() as u64,
            is_half_open: shown["state"] == "half_open",
            upstream: traffic(&shown["upstream"]),
            downstream: traffic(&shown["downstream"]),
            toxics: shown["toxics"].as_array().map_or(0, Vec::len) as u64,
        }
    }
}

impl Used {
    /// What is known of it, in a few words.
    pub fn words(&self) -> String {
        let name = if self.key.is_empty() { "without a key" } else { &self.key };
        let toxics = format::counted(self.toxics, "toxic");
        format!("{name} · {toxics} · {}", format::counted(self.connections, "connection"))
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> Value {
        serde_json::from_str(
            r#"{ "total": 2,
                 "connections": [
                   { "id": 1, "key": null, "to": "ws://h/", "state": "open", "age_seconds": 61.5, "toxics": [{}],
                     "upstream": { "messages": 3, "bytes": 9 }, "downstream": { "messages": 2, "bytes": 6 } },
                   { "id": 2, "key": "b", "to": "ws://h/", "state": "half_open", "age_seconds": 0.1, "toxics": [],
                     "upstream": { "messages": 0, "bytes": 0 }, "downstream": { "messages": 0, "bytes": 0 } } ],
                 "toxics": [
                   { "name": "x", "type": "drop", "stream": "both", "toxicity": 1, "attributes": { "probability": 0.5 }, "key": null },
                   { "name": "y", "type": "drop", "stream": "both", "toxicity": 1, "attributes": { "probability": 0.1 }, "key": null },
                   { "name": "z", "type": "refuse", "stream": "downstream", "toxicity": 1, "attributes": { "status": 401 }, "key": "a" } ] }"#,
        )
        .unwrap()
    }

    #[track_caller]
    fn check(key: &str, on: &[(&str, &str)], others: &[(&str, bool)]) {
        let state = ProxyState::read(&answer(), key).expect("an answer of the API");
        let got: Vec<_> = TOXICS
            .iter()
            .zip(&state.settings)
            .filter_map(|(toxic, setting)| Some((toxic.name, setting.as_ref()?.name.as_str())))
            .collect();
        assert_eq!(got, on, "{key:?}");
        let got: Vec<_> = state.others.iter().map(|it| (it.name.as_str(), it.is_for_all)).collect();
        assert_eq!(got, others, "{key:?}");
    }

    #[test]
    fn a_line_has_its_own_toxics_and_sees_all_others_that_strike_it() {
        check("", &[("drop", "x")], &[("y", false)]);
        check("a", &[("refuse", "z")], &[("x", true), ("y", true)]);
        check("unused", &[], &[("x", true), ("y", true)]);
    }

    #[test]
    fn every_key_that_is_used_is_a_line_and_so_is_ones_own() {
        let state = ProxyState::read(&answer(), "c").unwrap();
        let words: Vec<_> = state.links.iter().map(Used::words).collect();
        assert_eq!(
            words,
            [
                "without a key · 2 toxics · 1 connection",
                "a · 1 toxic · 0 connections",
                "b · 0 toxics · 1 connection",
                "c · 0 toxics · 0 connections"
            ]
        );
    }

    #[test]
    fn connections_have_their_age_and_their_traffic() {
        let state = ProxyState::read(&answer(), "").unwrap();
        let first = &state.connections[0];
        assert_eq!((first.age, first.upstream, first.downstream, first.toxics), (61, (3, 9), (2, 6), 1));
        assert!(!first.is_half_open && state.connections[1].is_half_open);
    }

    #[test]
    fn what_another_server_answers_is_not_a_table() {
        for text in ["null", "[]", "{}", r#"{"status":"ok"}"#, r#""<html>""#] {
            assert_eq!(ProxyState::read(&serde_json::from_str(text).unwrap(), ""), None, "{text}");
        }
    }
}
