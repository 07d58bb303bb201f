//! Whether one frame passes.

use std::cmp::Ordering;

use regex_lite::{Regex, RegexBuilder};
use serde_json::Value;

use super::spec::{FilterError, FilterMode, FilterSpec};
use crate::engine::matcher::Query;
use crate::engine::{Frame, canonical, number};

/// A filter that was read.
pub struct Filter {
    spec: FilterSpec,
    looks_for: LooksFor,
}

enum LooksFor {
    Nothing,
    /// The bytes, in small letters when capitals do not matter.
    Text(Vec<u8>),
    /// A text that every match has in it, and the expression.
    Regex(Vec<u8>, Regex),
    /// A member's name that every match has in it, the path, and what its value must be.
    Path(Vec<u8>, Query, Option<(Compare, Value)>),
}

#[derive(Clone, Copy)]
enum Compare {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
    Contains,
}

/// The longer ones first, since `<=` begins as `<` does.
const OPERATORS: [(&str, Compare); 7] = [
    ("==", Compare::Equal),
    ("!=", Compare::NotEqual),
    ("<=", Compare::AtMost),
    (">=", Compare::AtLeast),
    ("<", Compare::Less),
    (">", Compare::Greater),
    (" contains ", Compare::Contains),
];

impl Filter {
    /// Reads a filter.
    pub fn compile(spec: &FilterSpec) -> Result<Self, FilterError> {
        let looks_for = match spec.mode {
            _ if spec.text.is_empty() => LooksFor::Nothing,
            FilterMode::Text if spec.match_case => LooksFor::Text(spec.text.clone().into_bytes()),
            FilterMode::Text => LooksFor::Text(spec.text.to_ascii_lowercase().into_bytes()),
            FilterMode::Regex => {
                let regex = RegexBuilder::new(&spec.text)
                    .case_insensitive(!spec.match_case)
                    .build()
                    .map_err(|error| FilterError::Regex(error.to_string()))?;
                let literal = literal_of(&spec.text);
                LooksFor::Regex(if spec.match_case { literal } else { literal.to_ascii_lowercase() }, regex)
            }
            FilterMode::Path => read_path(&spec.text)?,
        };
        Ok(Self { spec: spec.clone(), looks_for })
    }

    /// Whether a frame passes. Text is looked for in every content; expressions and paths only in text.
    pub fn takes(&self, frame: &Frame<'_>) -> bool {
        self.is_of_kind(frame) && self.finds(frame)
    }

    fn is_of_kind(&self, frame: &Frame<'_>) -> bool {
        let spec = &self.spec;
        let size = frame.bytes.len() as u64;
        let is_message = frame.kind.is_sent() || frame.kind.is_received();
        let direction = match frame.kind {
            kind if kind.is_sent() => spec.sent,
            kind if kind.is_received() => spec.received,
            _ => spec.life,
        };
        let kind = !is_message || if frame.kind.is_text() { spec.is_text } else { spec.is_binary };
        // A size is asked of messages; the words of an opening have none.
        let is_sized = spec.least.is_some() || spec.most.is_some();
        let fits = spec.least.is_none_or(|least| size >= least) && spec.most.is_none_or(|most| size <= most);
        direction
            && kind
            && (!is_sized || (is_message && fits))
            && (spec.connections.is_empty() || spec.connections.contains(&frame.connection))
    }

    fn finds(&self, frame: &Frame<'_>) -> bool {
        let bytes = frame.bytes;
        let has = |needle: &[u8]| {
            if self.spec.match_case { has_bytes(bytes, needle) } else { has_bytes_of_any_case(bytes, needle) }
        };
        match &self.looks_for {
            LooksFor::Nothing => true,
            LooksFor::Text(needle) => has(needle),
            LooksFor::Regex(literal, regex) => {
                has(literal) && text_of(frame).is_some_and(|text| regex.is_match(text))
            }
            LooksFor::Path(name, path, value) => {
                has_bytes(bytes, name)
                    && text_of(frame).is_some_and(|text| selects(text, path, value.as_ref()))
            }
        }
    }
}

fn text_of<'a>(frame: &Frame<'a>) -> Option<&'a str> {
    frame.kind.is_text().then(|| std::str::from_utf8(frame.bytes).ok()).flatten()
}

/// A byte for byte search that skips ahead by the first byte, as it is the one that differs most of the time.
fn has_bytes(bytes: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else { return true };
    let mut left = bytes;
    while let Some(at) = left.iter().position(|byte| byte == first) {
        left = &left[at + 1..];
        if left.starts_with(rest) {
            return true;
        }
    }
    false
}

/// The same where ASCII capitals do not matter; `needle` is in small letters.
fn has_bytes_of_any_case(bytes: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else { return true };
    let upper = first.to_ascii_uppercase();
    let mut left = bytes;
    while let Some(at) = left.iter().position(|byte| byte == first || *byte == upper) {
        left = &left[at + 1..];
        if left.get(..rest.len()).is_some_and(|here| here.eq_ignore_ascii_case(rest)) {
            return true;
        }
    }
    false
}

/// The longest text that every match of an expression has in it, as far as that can be told by simply looking; else nothing.
fn literal_of(pattern: &str) -> Vec<u8> {
    // Alternatives and flags change what is needed; who uses them pays for the whole search.
    if pattern.contains(['|', '(']) {
        return Vec::new();
    }
    let (mut best, mut run) = (Vec::new(), Vec::new());
    let mut rest = pattern.chars().peekable();
    let end_run = |run: &mut Vec<u8>, best: &mut Vec<u8>| {
        let run = std::mem::take(run);
        if run.len() > best.len() {
            *best = run;
        }
    };
    while let Some(c) = rest.next() {
        let literal = match c {
            '\\' => match rest.next() {
                // An escaped sign stands for itself; an escaped letter is a class or an anchor.
                Some(sign) if sign.is_ascii_punctuation() => Some(sign),
                Some('x' | 'u' | 'U' | 'p' | 'P') | None => return best,
                Some(_) => None,
            },
            '[' => {
                // Classes may nest and have a bracket as their first member; simply looking ends here.
                end_run(&mut run, &mut best);
                return best;
            }
            '.' | '^' | '$' | '*' | '+' | '?' | '{' | '}' => None,
            c if c.is_ascii() => Some(c),
            // Letters beyond ASCII fold in ways of their own.
            _ => None,
        };
        let may_be_missing = matches!(rest.peek(), Some('*' | '?' | '{'));
        match literal {
            Some(c) if !may_be_missing => run.push(c as u8),
            _ => end_run(&mut run, &mut best),
        }
        if c == '{' {
            // A count, not a text.
            while rest.next().is_some_and(|c| c != '}') {}
        }
    }
    end_run(&mut run, &mut best);
    best
}

fn read_path(text: &str) -> Result<LooksFor, FilterError> {
    let found = OPERATORS
        .iter()
        .filter_map(|(sign, compare)| Some((outside_brackets(text, sign)?, *sign, *compare)))
        .min_by_key(|(at, sign, _)| (*at, usize::MAX - sign.len()));
    let (path, value) = match found {
        None => (text, None),
        Some((at, sign, compare)) => {
            let right = text[at + sign.len()..].trim();
            let value = serde_json::from_str(right).map_err(|_| FilterError::Value(right.to_owned()))?;
            (&text[..at], Some((compare, value)))
        }
    };
    let path = path.trim();
    let query = Query::parse(path).map_err(|error| FilterError::Path(error.to_string()))?;
    Ok(LooksFor::Path(member_of(path).to_vec(), query, value))
}

/// Where a sign stands, unless within brackets or quotes, where it belongs to the path.
fn outside_brackets(text: &str, sign: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0_u32, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '[' | '(') => depth += 1,
            (None, ']' | ')') => depth = depth.saturating_sub(1),
            (None, _) if depth == 0 && text[at..].starts_with(sign) => return Some(at),
            (None, _) => {}
        }
    }
    None
}

/// The last plain member name of a path: a JSON text without it cannot be selected from, unless it is written with escapes,
/// which nobody does to a letter.
fn member_of(path: &str) -> &[u8] {
    let plain = path.rsplit('.').next().unwrap_or_default();
    let is_plain = !plain.is_empty() && plain.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if is_plain && path.contains('.') { plain.as_bytes() } else { b"" }
}

fn selects(text: &str, path: &Query, value: Option<&(Compare, Value)>) -> bool {
    let Ok(root) = serde_json::from_str::<Value>(text) else { return false };
    match (path.first(&root), value) {
        (found, None) => found.is_some(),
        (Some(found), Some((compare, value))) => compare.holds(found, value),
        (None, Some(_)) => false,
    }
}

impl Compare {
    fn holds(self, found: &Value, wanted: &Value) -> bool {
        let order = || order(found, wanted);
        match self {
            Self::Equal => canonical::text(found) == canonical::text(wanted),
            Self::NotEqual => canonical::text(found) != canonical::text(wanted),
            Self::Less => order() == Some(Ordering::Less),
            Self::Greater => order() == Some(Ordering::Greater),
            Self::AtMost => order().is_some_and(Ordering::is_le),
            Self::AtLeast => order().is_some_and(Ordering::is_ge),
            Self::Contains => match (found, wanted) {
                (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
                (Value::Array(items), _) => {
                    let wanted = canonical::text(wanted);
                    items.iter().any(|item| canonical::text(item) == wanted)
                }
                _ => false,
            },
        }
    }
}

fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => Some(number::compare(a, b)),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{FrameKind, Instant};

    fn frame<'a>(kind: FrameKind, connection: u32, bytes: &'a [u8]) -> Frame<'a> {
        Frame { number: 0, at: Instant::ORIGIN, connection, kind, bytes, round_trip: None, is_tainted: false }
    }

    #[track_caller]
    fn check(spec: &FilterSpec, text: &str, passes: bool) {
        let filter = Filter::compile(spec).expect("a good filter");
        let got = filter.takes(&frame(FrameKind::ReceivedText, 1, text.as_bytes()));
        assert_eq!(got, passes, "{spec:?} on {text:?}");
    }

    fn looks(mode: FilterMode, text: &str) -> FilterSpec {
        FilterSpec { mode, text: text.into(), ..FilterSpec::default() }
    }

    #[test]
    fn text_is_found_whatever_its_capitals_unless_they_matter() {
        let spec = looks(FilterMode::Text, "PinG");
        check(&spec, "a ping b", true);
        check(&spec, "pin", false);
        check(&spec, "ppiNg", true);
        let exact = FilterSpec { match_case: true, ..spec };
        check(&exact, "a ping b", false);
        check(&exact, "PPinG", true);
        check(&looks(FilterMode::Text, "é"), "café", true);
    }

    #[test]
    fn an_expression_finds_what_it_says() {
        for (pattern, text, passes) in [
            ("joined.*lobby", "he JOINED the lobby", true),
            ("^a.c$", "abc", true),
            ("^a.c$", "xabc", false),
            ("colou?r", "color", true),
            ("ab{2,3}c", "abbc", true),
            ("ab*c", "ac", true),
            (r"\$\.\d+", "$.42", true),
            ("x|y", "only y", true),
            ("(?i)z", "Z", true),
            ("[[:alpha:]]{3}", "abc", true),
            (r"a\x62c", "abc", true),
        ] {
            check(&looks(FilterMode::Regex, pattern), text, passes);
        }
    }

    #[test]
    fn the_literal_of_an_expression_is_in_every_match() {
        for (pattern, literal) in [
            ("joined.*lobby", "joined"),
            ("ab*c", "a"),
            ("colou?r", "colo"),
            ("ab{2,3}cde", "cde"),
            (r"\d+ms", "ms"),
            (r"a\.b", "a.b"),
            ("x|yyy", ""),
            ("(abc)?", ""),
            ("ab[cd]ef", "ab"),
            ("é+abc", "abc"),
        ] {
            assert_eq!(String::from_utf8_lossy(&literal_of(pattern)), literal, "{pattern}");
        }
    }

    #[test]
    fn a_path_selects_or_compares() {
        for (path, text, passes) in [
            ("$.type", r#"{"type":null}"#, true),
            ("$.type", r#"{"kind":"type"}"#, false),
            (r#"$.type == "ping""#, r#"{"type":"ping"}"#, true),
            (r#"$.type == "ping""#, r#"{"type":"pong"}"#, false),
            (r#"$.type != "ping""#, r#"{"type":"pong"}"#, true),
            ("$.n >= 3", r#"{"n":3.0}"#, true),
            ("$.n<3", r#"{"n":12345678901234567890}"#, false),
            ("$.n == 12345678901234567890", r#"{"n":12345678901234567891}"#, false),
            (r#"$.tags contains "b""#, r#"{"tags":["a","b"]}"#, true),
            (r#"$.text contains "b""#, r#"{"text":"abc"}"#, true),
            ("$[0]", "[1]", true),
            ("$.a[?@.b == 1].c", r#"{"a":[{"b":1,"c":2}]}"#, true),
            ("$.type", "no JSON with type", false),
        ] {
            check(&looks(FilterMode::Path, path), text, passes);
        }
    }

    #[test]
    fn kinds_directions_connections_and_sizes_are_told_apart() {
        use FrameKind::{Closed, ReceivedBinary, ReceivedText, SentText};
        let base = FilterSpec::default;
        let table: [(FilterSpec, &[bool; 4]); 7] = [
            (base(), &[true, true, true, true]),
            (FilterSpec { sent: false, ..base() }, &[false, true, true, true]),
            (FilterSpec { received: false, ..base() }, &[true, false, false, true]),
            (FilterSpec { life: false, ..base() }, &[true, true, true, false]),
            (FilterSpec { is_binary: false, ..base() }, &[true, true, false, true]),
            (FilterSpec { least: Some(3), ..base() }, &[false, true, false, false]),
            (FilterSpec { connections: vec![2], ..base() }, &[false, true, false, false]),
        ];
        let frames = [
            frame(SentText, 1, b"ab"),
            frame(ReceivedText, 2, b"abc"),
            frame(ReceivedBinary, 1, b"a"),
            frame(Closed, 1, b"1000 normal closure"),
        ];
        for (spec, expected) in table {
            let filter = Filter::compile(&spec).expect("a good filter");
            assert_eq!(frames.each_ref().map(|frame| filter.takes(frame)), *expected, "{spec:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (mode, text, words) in [
            (FilterMode::Regex, "a(", "not a regular expression"),
            (FilterMode::Path, "type", "not a JSON path"),
            (FilterMode::Path, "$.type == ping", "no JSON value"),
        ] {
            let error = Filter::compile(&looks(mode, text)).err().expect("not a filter");
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}
