//! The possible values of a key.
//!
//! Owns the words for shapes, the stand-ins for values still to be written, and the known values. It refuses to know
//! where the cursor is.

use crate::base::close;
use crate::base::integer::{INTEGERS, Integer};
use crate::metrics::{Counters, Stat};
use crate::suite::keys::{Key, Shape};

use super::known::Known;

/// The words of placeholders: how each is written, and what it becomes.
pub(super) const WORDS: [(&str, &str, &str); 24] = [
    ("uuid", "uuid", "A random identifier, another one each time."),
    ("seq", "seq", "1, 2, 3 … for each client."),
    ("i", "i", "The round of the `repeat` around it, from 0."),
    ("index", "index", "The position in its group of the client that acts, from 0."),
    ("client", "client", "The name of the client that acts."),
    ("now", "now", "Milliseconds since 1970. `now+5s` and `now-1h` are moments around it."),
    ("iso", "iso", "The time as in `2026-11-21T03:01:06.123Z`. `iso+1h` and `iso-5s` are moments around it."),
    ("random", "random 1 100", "A whole number between these two."),
    ("pick", "pick a b c", "One of these."),
    ("base64", "base64 name", "The value of a variable in base64."),
    ("env", "env.NAME ?? default", "A value of the environment, or the default."),
    ("add", "add name 1", "The sum of numbers, exact in decimal."),
    ("sub", "sub name 1", "The first number without the second."),
    ("mul", "mul name 10", "The product of numbers."),
    ("text", "text name", "The value as text: the number 5 becomes `\"5\"`."),
    ("json", "json name", "The value as compact JSON in a text."),
    ("hex", "hex name", "The bytes of the text as hexadecimal digits."),
    ("url", "url name", "The text as a part of an address, percent-encoded."),
    ("length", "length name", "How many bytes a text has, how many items a list."),
    (
        "sha256",
        "sha256 name",
        "The SHA-256 of the text in hexadecimal digits; with `base64` behind it, in base64.",
    ),
    (
        "hmac-sha256",
        "hmac-sha256 key name",
        "The signature of the text with this key, in hexadecimal digits; with `base64` behind it, in base64.",
    ),
    ("upper", "upper name", "The text in capital letters."),
    ("lower", "lower name", "The text in small letters."),
    (
        "slice",
        "slice name 0 8",
        "The characters or items from one place to before another; below zero counts from the end.",
    ),
];

/// What the environment holds in the page, too.
pub(super) const ENVIRONMENT: [&str; 7] =
    ["WS_URL", "API_URL", "PROXY_URL", "TOXICS_URL", "NUM_CLIENTS", "TEST_DURATION", "MESSAGE_INTERVAL"];

/// Timings that need no `metric`.
const TIMINGS: [&str; 5] = ["rtt", "open", "http", "close", "open.queued"];
const DURATIONS: [&str; 6] = ["100ms", "500ms", "1s", "2s", "10s", "1m"];
/// Close codes that a server sends, and those that a browser makes up.
const CODES: [u16; 11] = [1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1011, 1012];
const STATUSES: [(&str, &str); 11] = [
    ("200", "OK"),
    ("201", "created"),
    ("202", "accepted"),
    ("204", "no content"),
    ("400", "bad request"),
    ("401", "not authenticated"),
    ("403", "forbidden"),
    ("404", "not found"),
    ("409", "conflict"),
    ("429", "too many requests"),
    ("500", "server error"),
];

/// What follows a key, in a few words.
pub(super) fn words(shape: Shape) -> &'static str {
    match shape {
        Shape::Any => "any JSON",
        Shape::Version => "1",
        Shape::Plain | Shape::Text => "text",
        Shape::Label => "name",
        Shape::Flag | Shape::Truth => "true or false",
        Shape::Duration => "duration",
        Shape::Count => "whole number",
        Shape::Size => "number of bytes",
        Shape::Code => "code",
        Shape::Codes => "code or list of them",
        Shape::Path => "JSONPath",
        Shape::Captured(_) => "JSONPath, regex or bytes",
        Shape::Whole => "whole number",
        Shape::CapturedOrFalse(_) => "JSONPath, regex, bytes or false",
        Shape::Targets => "client, list of them or *",
        Shape::Matcher => "matcher",
        Shape::TextOrMatcher => "text or matcher",
        Shape::Payload => "message",
        Shape::Definition => "name of a definition",
        Shape::Schedule => "open or closed",
        Shape::Arrivals => "even or random",
        Shape::Pause(_) => "duration or distribution",
        Shape::TextOr(_) => "text or file",
        Shape::Rate => "number a second",
        Shape::Rows => "columns, list of rows or file",
        Shape::Bounds => "metrics with bounds",
        Shape::Condition(_) => "true, false, placeholder or comparison",
        Shape::Steps => "list of steps",
        Shape::Branches => "list of steps or lists",
        Shape::List(items) => match items {
            Shape::Object(_) => "list of objects",
            Shape::Matcher => "list of matchers",
            Shape::Text | Shape::Label => "list of texts",
            _ => "list",
        },
        Shape::Map(_) => "names with values",
        Shape::Object(_) => "object",
    }
}

/// What goes in for a value that is still to be written.
pub(super) fn stub(shape: Shape) -> &'static str {
    match shape {
        Shape::Any | Shape::Whole | Shape::Count | Shape::Size | Shape::Code | Shape::Codes => "",
        Shape::Version => "1",
        Shape::Flag | Shape::Truth => "true",
        Shape::Plain
        | Shape::Text
        | Shape::Label
        | Shape::Duration
        | Shape::Path
        | Shape::CapturedOrFalse(_)
        | Shape::Targets
        | Shape::TextOrMatcher
        | Shape::Definition
        | Shape::Schedule
        | Shape::Arrivals
        | Shape::Pause(_)
        | Shape::TextOr(_)
        | Shape::Rate
        | Shape::Captured(_)
        | Shape::Condition(_) => "\"\"",
        Shape::Matcher | Shape::Payload | Shape::Rows | Shape::Bounds | Shape::Map(_) | Shape::Object(_) => {
            "{  }"
        }
        Shape::Steps | Shape::Branches => "[{  }]",
        Shape::List(Shape::Object(_) | Shape::Matcher) => "[{  }]",
        Shape::List(Shape::Text | Shape::Label) => "[\"\"]",
        Shape::List(_) => "[]",
    }
}

/// Calls `add` with each known value, as JSON, and a word about it.
pub(super) fn known_values(
    shape: Shape,
    key: Option<&'static Key>,
    known: &Known<'_>,
    add: &mut dyn FnMut(&str, &str),
) {
    let name = key.map_or("", |key| key.name);
    let mut text = |value: &str, about: &str| add(&quoted(value), about);
    match (shape, name) {
        (Shape::Flag | Shape::Truth | Shape::Condition(_), _) => {
            for value in ["true", "false"] {
                add(value, "");
            }
            if matches!(shape, Shape::Condition(_)) {
                known.vars.iter().for_each(|name| add(&quoted(&format!("{{{{{name}}}}}")), "variable"));
            }
        }
        (Shape::Version, _) => add("1", "version of the format"),
        (Shape::Definition, _) => known.definitions.iter().for_each(|name| text(name, "definition")),
        (Shape::Schedule, _) => {
            text("open", "rounds on the clock");
            text("closed", "waits for replies");
        }
        (Shape::Arrivals, _) => {
            text("even", "at equal distances");
            text("random", "as independent users do");
        }
        (Shape::Rate, _) => ["1/s", "10/s", "100/s", "30/m"].iter().for_each(|value| text(value, "")),
        (Shape::Targets, _) => {
            known.clients.iter().for_each(|name| {
                text(name, if known.groups.contains(name) { "group" } else { "client" });
            });
            known.clients.iter().filter(|name| known.groups.contains(name)).for_each(|name| {
                text(&format!("{name}[0]"), "member of the group");
            });
            text("*", "all clients");
        }
        (Shape::Label, "since") => known.marks.iter().for_each(|name| text(name, "mark")),
        (Shape::Label, "metric" | "measure") => known.metrics.iter().for_each(|name| text(name, "metric")),
        (Shape::Label, "var") => {
            known.vars.iter().for_each(|name| text(name, "variable"));
            known.sets.iter().for_each(|name| text(name, "of the check"));
            known.captures.iter().for_each(|name| text(name, "captured"));
        }
        (Shape::Label, "secrets") => known.vars.iter().for_each(|name| text(name, "variable")),
        (Shape::Label, "tags") => known.tags.iter().for_each(|name| text(name, "tag")),
        (Shape::Duration | Shape::Pause(_), _) => DURATIONS.iter().for_each(|value| text(value, "")),
        (Shape::CapturedOrFalse(_), _) => {
            text("$.id", "");
            add("false", "replies are not paired");
        }
        (Shape::Path | Shape::Captured(_), _) => {
            ["$.id", "$.type", "$"].iter().for_each(|value| text(value, ""))
        }
        (Shape::Codes | Shape::Code, "status") => {
            STATUSES.iter().for_each(|(value, about)| add(value, about))
        }
        (Shape::Codes, _) => {
            CODES.iter().for_each(|code| add(&code.to_string(), close::meaning(*code)));
            add("\"3000-4999\"", "any code of an application");
        }
        (Shape::Code, _) => add("1000", close::meaning(1000)),
        (Shape::Size, _) => ["1KiB", "64KiB", "1MiB", "16MiB"].iter().for_each(|value| text(value, "")),
        (Shape::Text, "method") => {
            ["GET", "POST", "PUT", "PATCH", "DELETE"].iter().for_each(|value| text(value, ""));
        }
        (Shape::Text, "as") => {
            ["hex", "text", "base64"].into_iter().chain(INTEGERS).for_each(|value| text(value, ""));
        }
        (Shape::Label, "as") => ["text", "binary"].iter().for_each(|value| text(value, "")),
        (Shape::Label, "length" | "$length") => INTEGERS.iter().for_each(|value| text(value, "")),
        (Shape::Any, "delimiter") => ["\n", "\r\n", "\0"].iter().for_each(|value| text(value, "")),
        (Shape::Text, "fill") => ["zero", "ramp", "random"].iter().for_each(|value| text(value, "")),
        (Shape::Text, "type") => type_names().for_each(|value| text(value, "")),
        _ => {}
    }
}

/// What a fixed value means under its key; none for values of one's own.
pub(super) fn value_words(key: &Key, value: &str) -> Option<String> {
    let words = match (key.shape, key.name, value) {
        (Shape::Schedule, _, "open") => "Rounds start on the clock, also while replies are missing.",
        (Shape::Schedule, _, "closed") => "A round starts when the one before it has ended.",
        (Shape::Arrivals, _, "even") => "At equal distances.",
        (Shape::Arrivals, _, "random") => "At random distances, as independent users do.",
        (Shape::Text, "fill", "zero") => "Every byte is 0.",
        (Shape::Text, "fill", "ramp") => "The bytes 0, 1, 2 up to 255, and from 0 again.",
        (Shape::Text, "fill", "random") => "Random bytes.",
        (Shape::Text, "as", "hex") => "The bytes as hexadecimal digits.",
        (Shape::Text, "as", "text") => "The bytes as UTF-8 text.",
        (Shape::Text, "as", "base64") => "The bytes in base64.",
        (Shape::Label, "as", "text") => "Frames are texts.",
        (Shape::Label, "as", "binary") => "Frames are binary.",
        (Shape::Targets, _, "*") => "All clients.",
        (Shape::Text, "as", name) | (Shape::Label, "as" | "length" | "$length", name) => {
            return Integer::named(name).map(Integer::words);
        }
        (Shape::Codes | Shape::Code, "status", code) => {
            let (_, about) = STATUSES.iter().find(|(known, _)| *known == code)?;
            return Some(sentence(about));
        }
        (Shape::Codes | Shape::Code, _, code) => return Some(sentence(close::meaning(code.parse().ok()?))),
        _ => return None,
    };
    Some(words.to_owned())
}

/// With a capital letter and a full stop.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// What a value in `subset` may be a type of.
pub(super) fn type_names() -> impl Iterator<Item = &'static str> {
    crate::matcher::Matcher::type_names().into_iter()
}

/// What a threshold can be about, the figures that are asked most first.
pub(super) fn metrics(known: &Known<'_>, are_requirements: bool, add: &mut dyn FnMut(&str, &str)) {
    if are_requirements {
        add("timer_step", "step of the clock");
        Stat::names().for_each(|stat| add(&format!("loop_lag.{stat}"), "lag of the event loop"));
        return;
    }
    add("success", "share of what was expected");
    let timings: Vec<&str> = TIMINGS.into_iter().chain(known.metrics.iter()).collect();
    for stat in ["p95", "p99", "p50", "max"] {
        timings.iter().for_each(|timing| add(&format!("{timing}.{stat}"), "timing"));
    }
    Counters::NAMES.iter().for_each(|name| add(name, "counter"));
    Counters::NAMES.iter().for_each(|name| add(&format!("{name}.rate"), "per second"));
    for stat in Stat::names().filter(|stat| !["p95", "p99", "p50", "max"].contains(stat)) {
        timings.iter().for_each(|timing| add(&format!("{timing}.{stat}"), "timing"));
    }
    timings.iter().for_each(|timing| add(&format!("{timing}.intended.p99"), "from when it was due"));
}

/// What a metric of this name can be compared with.
pub(super) fn bounds(metric: &str) -> &'static [&'static str] {
    let last = metric.rsplit('.').next().unwrap_or_default();
    match last {
        "success" => &[">= 99.9%", "== 100%"],
        "timer_step" => &["<= 100us"],
        "rate" => &["> 100/s"],
        "count" => &["> 0"],
        _ if Counters::NAMES.contains(&last) => &["== 0", "> 0"],
        _ => &["< 10ms", "< 100ms", "< 1s"],
    }
}

/// The inside of the placeholder around a byte of a text, when there is one: from behind its blanks to its end, or to the byte.
pub(super) fn template_around(
    text: &str,
    (start, end): (usize, usize),
    offset: usize,
) -> Option<(usize, usize)> {
    let before = &text[start..offset];
    let open = before.rfind("{{")?;
    let inner = &before[open + 2..];
    if inner.contains("}}") || before[..open].ends_with('\\') {
        return None;
    }
    let from = start + open + 2 + (inner.len() - inner.trim_start().len());
    let is_inside = |c: char| c.is_alphanumeric() || "_-. ?+".contains(c);
    let rest = text[offset..end].find(|c| !is_inside(c)).unwrap_or(end - offset);
    let is_closed = text[offset + rest..end].starts_with("}}");
    Some((from.min(offset), if is_closed { offset + rest } else { offset }))
}

/// A text as JSON.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_templates() {
        let mut words = WORDS.map(|(word, ..)| word);
        words.sort_unstable();
        let mut all: Vec<&str> =
            crate::template::WORDS.into_iter().chain(crate::template::FUNCTIONS).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(words.as_slice(), all);
    }

    #[test]
    fn every_bound_is_one_that_its_metric_takes() {
        use crate::metrics::Threshold;
        let known = Known::default();
        for are_requirements in [false, true] {
            let mut count = 0;
            metrics(&known, are_requirements, &mut |name, _| {
                for bound in bounds(name) {
                    let read = match are_requirements {
                        true => Threshold::parse_requirement(name, &(*bound).into()),
                        false => Threshold::parse(name, &(*bound).into()),
                    };
                    assert!(read.is_ok(), "{name} {bound}: {read:?}");
                    count += 1;
                }
            });
            assert!(count > 5);
        }
    }
}
