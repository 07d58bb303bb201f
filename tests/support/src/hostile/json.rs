//! JSON that is hard to bear: numbers beyond every float, depth, names that mean something elsewhere.

use serde_json::{Map, Number, Value, json};

use super::choices::Choices;

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "-0.0",
    "1e400",
    "-1e999999999",
    "1e-999999999",
    "18446744073709551616",
    "10000000000000001",
    "1e16",
    "0.1000000000000000000000000000000000000000001",
    "65535",
    "4294967296",
];

/// Texts that a parser, a template or a report may trip over.
pub const TEXTS: &[&str] = &[
    "",
    "a",
    "b",
    "ping",
    "{{",
    "}}",
    "{{i}}",
    "{{n}}",
    "{{nobody}}",
    "{{b.sid}}",
    "{{uuid}}",
    "{{seq}}",
    "{{random 1 3}}",
    "{{random 9 1}}",
    "{{pick a b}}",
    "{{base64 n}}",
    "{{add n 1}}",
    "{{mul n 1e999}}",
    "{{slice n 0 1}}",
    "{{now+1s}}",
    "{{hmac-sha256 n 'x'}}",
    "{{env.X ?? y}}",
    "\\{{n}}",
    "{{{n}}}",
    "\u{0}",
    "\u{202e}x",
    "😀é",
    "\r\n\t",
    "]]>",
    "</script>",
    "$",
    "$.id",
    "$..*",
    "$[",
    "(",
    "[a-z]+",
    "(a|a)*b",
    "1s",
    "-1",
    "*",
    "a[0]",
    "null",
];

const NAMES: &[&str] = &["id", "type", "text", "a", "b", "$gt", "$$gt", "", "é", "__proto__", "n"];

/// A value of at most this many levels.
pub fn value(choices: &Choices<'_>, levels: usize) -> Value {
    match choices.below(if levels == 0 { 6 } else { 9 }) {
        0 => json!(choices.below(4)),
        1 => Value::Null,
        2 => json!(choices.chance(128)),
        3 | 4 => json!(text(choices)),
        5 => Value::Number(number(choices)),
        6 => (0..choices.below(4)).map(|_| value(choices, levels - 1)).collect(),
        _ => {
            let mut map = Map::new();
            for _ in 0..choices.below(4) {
                map.insert(choices.pick(NAMES).to_owned(), value(choices, levels - 1));
            }
            Value::Object(map)
        }
    }
}

pub fn number(choices: &Choices<'_>) -> Number {
    choices.pick(NUMBERS).parse().expect("a number of JSON")
}

pub fn text(choices: &Choices<'_>) -> String {
    match choices.below(8) {
        0 => String::from_utf8_lossy(&choices.bytes(5)).into_owned(),
        1 => choices.pick(TEXTS).repeat(1 + choices.below(40)),
        _ => choices.pick(TEXTS).to_owned(),
    }
}

/// Goes into a value along the choices and puts something else there, takes it away, doubles it or calls it differently.
pub fn mutate(value: &mut Value, choices: &Choices<'_>) {
    if choices.chance(24) {
        *value = self::value(choices, 3);
        return;
    }
    match value {
        Value::Object(members) if !members.is_empty() => {
            let name = members.keys().nth(choices.below(members.len())).cloned().expect("it was counted");
            match choices.below(12) {
                0 => {
                    members.shift_remove(&name);
                }
                1 => {
                    let moved = members.shift_remove(&name).expect("it is there");
                    members.insert(misspelt(&name, choices), moved);
                }
                2 => {
                    let copy = members[&name].clone();
                    members.insert(misspelt(&name, choices), copy);
                }
                3 => {
                    let other =
                        members.keys().nth(choices.below(members.len())).cloned().expect("it was counted");
                    let (a, b) = (members[&name].clone(), members[&other].clone());
                    members.insert(name, b);
                    members.insert(other, a);
                }
                _ => mutate(&mut members[&name], choices),
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let at = choices.below(items.len());
            match choices.below(10) {
                0 => {
                    items.remove(at);
                }
                1 => items.insert(at, items[at].clone()),
                2 => {
                    let other = choices.below(items.len());
                    items.swap(at, other);
                }
                _ => mutate(&mut items[at], choices),
            }
        }
        Value::String(text) if choices.chance(128) => {
            let end = text.char_indices().nth(choices.below(12)).map_or(text.len(), |(at, _)| at);
            text.insert_str(end, choices.pick(TEXTS));
        }
        other => *other = self::value(choices, 2),
    }
}

fn misspelt(name: &str, choices: &Choices<'_>) -> String {
    match choices.below(5) {
        0 => name.to_uppercase(),
        1 => format!("{name}s"),
        2 => name.chars().skip(1).collect(),
        3 => choices.pick(&["send", "expect", "on", "steps", "repeat", "all", "within", "since"]).to_owned(),
        _ => format!(" {name}"),
    }
}
