//! Ready-made steps to insert.
//!
//! Owns one for each verb and a whole check. The tables say what a verb means; these are typical steps.

use crate::suite::keys::VERBS;

use super::Example;

/// By verb; the last one has none.
const STEPS: [(&str, &str, &str); 23] = [
    ("connect", "Open connections", r#"{ "connect": "alice" }"#),
    (
        "send",
        "Send, and expect a reply",
        r#"{ "on": "alice", "send": { "type": "ping" }, "expect": { "subset": { "type": "pong" }, "within": "1s" } }"#,
    ),
    (
        "expect",
        "Expect a message",
        r#"{ "on": "alice", "expect": { "subset": { "type": "said" }, "within": "2s" } }"#,
    ),
    (
        "ping",
        "Ping the server (native engine)",
        r#"{ "on": "alice", "ping": "are you there", "expect": { "within": "1s" } }"#,
    ),
    (
        "silence",
        "Expect silence",
        r#"{ "on": "alice", "silence": { "for": "1s", "matching": { "subset": { "type": "error" } } } }"#,
    ),
    (
        "close",
        "Close a connection",
        r#"{ "on": "alice", "close": { "code": 1000 }, "expect": { "closed": { "clean": true } } }"#,
    ),
    (
        "closed",
        "Expect the server to close",
        r#"{ "on": "alice", "closed": { "code": [1000, 1001], "within": "5s" } }"#,
    ),
    ("use", "Use a definition", r#"{ "use": "enter", "on": "alice", "room": "{{room}}" }"#),
    ("reconnect", "Connect again", r#"{ "reconnect": "alice" }"#),
    (
        "http",
        "Make an HTTP call",
        r#"{ "http": { "method": "POST", "url": "http://localhost:9000/api/events", "json": { "type": "build" } }, "expect": { "status": 202 } }"#,
    ),
    ("wait", "Wait", r#"{ "wait": "200ms" }"#),
    (
        "all",
        "Do several things at once",
        r#"{ "all": [
  { "on": "alice", "expect": { "subset": { "type": "said" } } },
  { "on": "bob", "silence": { "for": "500ms" } }
] }"#,
    ),
    (
        "repeat",
        "Repeat",
        r#"{ "repeat": { "times": 10, "every": "100ms" }, "on": "alice", "send": { "type": "ping", "n": "{{i}}" }, "expect": { "subset": { "type": "pong" } } }"#,
    ),
    (
        "ramp",
        "Raise the load",
        r#"{ "on": "crowd", "ramp": { "stages": [{ "for": "10s", "clients": 100 }, { "for": "30s" }] }, "steps": [
  { "send": { "type": "ping" }, "expect": { "subset": { "type": "pong" } } },
  { "wait": { "lognormal": { "mean": "2s", "deviation": "1s" } } }
] }"#,
    ),
    ("set", "Set a variable", r#"{ "set": { "room": "r-{{uuid}}" } }"#),
    (
        "measure",
        "Measure how long steps take",
        r#"{ "measure": "login", "steps": [
  { "on": "alice", "send": { "type": "ping" }, "expect": { "subset": { "type": "pong" } } }
] }"#,
    ),
    ("keep", "Keep a value for later checks", r#"{ "keep": { "room": "r-{{uuid}}" } }"#),
    (
        "try",
        "Try steps that may fail",
        r#"{ "try": [
  { "on": "alice", "send": { "type": "ping" }, "expect": { "subset": { "type": "pong" } } }
], "else": [
  { "remark": "the server answers no ping" }
] }"#,
    ),
    (
        "bisect",
        "Find a limit",
        r#"{ "bisect": "size", "from": "1KiB", "to": "1MiB", "steps": [
  { "reconnect": "alice" },
  { "on": "alice", "send": { "$chars": { "size": "{{size}}" } }, "expect": { "any": true } }
] }"#,
    ),
    ("assert", "Compare a variable", r#"{ "assert": { "var": "room", "matches": "^[a-z]" } }"#),
    ("remark", "Say something in the report", r#"{ "remark": "the room was {{room}}" }"#),
    ("skip", "End a check as not applicable", r#"{ "skip": "no room is given", "unless": "{{room}}" }"#),
    ("", "Name a moment", r#"{ "mark": "start", "note": "`since` starts here" }"#),
];

/// Further ones for some verbs.
const MORE: [(&str, &str, &str); 4] = [
    (
        "send",
        "Send bytes behind their length",
        r#"{ "on": "alice", "send": { "$concat": [{ "$u8": 16 }, { "$length": "u16", "of": "hello" }] }, "expect": { "bytes": { "prefix": "11" }, "capture": { "id": { "bytes": { "at": 1, "as": "u16" } } } } }"#,
    ),
    (
        "repeat",
        "Repeat until something holds",
        r#"{ "repeat": { "times": 20, "every": "200ms", "until": { "subset": { "state": "done" } } }, "on": "alice", "send": { "type": "status" }, "expect": { "subset": { "type": "status" } } }"#,
    ),
    (
        "http",
        "Call until the answer is as wanted",
        r#"{ "http": { "url": "http://localhost:9000/api/jobs/1" }, "expect": { "until": { "subset": { "state": "done" } }, "every": "200ms", "within": "10s" } }"#,
    ),
    (
        "http",
        "Log in, and keep the cookie",
        r#"{ "http": { "url": "http://localhost:9000/api/login", "json": { "user": "alice" }, "cookies": true }, "expect": { "status": 200 } }"#,
    ),
];

const CHECK: &str = r#"{
  "check": "alice gets an answer",
  "about": "What it shows, and why that matters.",
  "tags": ["smoke"],
  "steps": [
    { "connect": "alice" },
    { "on": "alice", "send": { "type": "ping" }, "expect": { "subset": { "type": "pong" }, "within": "1s" } },
    { "on": "alice", "close": { "code": 1000 }, "expect": { "closed": { "clean": true } } }
  ],
  "thresholds": { "rtt.p95": "< 100ms" }
}"#;

/// A step or more for each verb, one that only names a moment, and a whole check. Their clients are called alice and bob.
pub fn examples() -> Vec<Example> {
    let about = |verb: &str| {
        let verb = VERBS.iter().find(|known| known.name == verb);
        let key = verb.and_then(|verb| verb.table.key(verb.name));
        key.map_or("Names the moment, for `since`. A note stands in the report.", |key| key.about)
    };
    let steps = STEPS.iter().chain(&MORE).map(|(verb, title, text)| Example {
        title: (*title).to_owned(),
        about: about(verb).to_owned(),
        text: (*text).to_owned(),
        is_check: false,
    });
    let check = Example {
        title: "A whole check".to_owned(),
        about: "Opens a connection, asks, and closes it; with a bound for the latency.".to_owned(),
        text: CHECK.to_owned(),
        is_check: true,
    };
    steps.chain([check]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::Suite;

    #[test]
    fn every_verb_has_a_step() {
        for verb in &VERBS {
            assert!(STEPS.iter().any(|(name, ..)| *name == verb.name), "{}", verb.name);
        }
        assert_eq!(STEPS.len(), VERBS.len() + 1);
    }

    #[test]
    fn every_example_is_understood() {
        for Example { title, text, is_check, .. } in examples() {
            let check = if is_check { text } else { format!(r#"{{ "check": "c", "steps": [{text}] }}"#) };
            let suite = format!(
                r#"{{ "sockscope": 1, "suite": "x", "vars": {{ "room": "x" }}, "define": {{ "enter": {{ "with": ["room"], "steps": [{{ "send": "{{{{room}}}}" }}] }} }}, "clients": {{ "alice": {{ "url": "ws://x" }}, "bob": {{ "url": "ws://x" }}, "crowd": {{ "url": "ws://x", "count": 2 }} }}, "checks": [{check}] }}"#
            );
            assert_eq!(Suite::parse(&suite).err(), None, "{title}");
        }
    }
}
