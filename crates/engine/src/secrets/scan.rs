//! Scans a text: JSON first, then the text around it, then encoded parts within.
//!
//! Owns places and spans; [`super::encoded`] undoes encodings. Every step takes linear time and looks at most
//! [`DEEPEST`] encodings deep.

use super::encoded::{decoded, percent_decoded, unescaped};
use super::names::{self, In};
use super::{Suspect, Why, says_something, shapes};
use crate::base::sort;

/// Texts within texts are looked at down to here.
const DEEPEST: usize = 5;
/// JSON that is nested deeper is read without its path.
const MOST_NESTED: usize = 512;
/// A longer path is cut.
const LONGEST_PATH: usize = 120;
/// A placeholder is not longer than this.
const LONGEST_PLACEHOLDER: usize = 256;
/// Nothing shorter holds a name and a value.
pub(super) const SHORTEST: usize = 4;

pub(super) fn suspects(text: &str) -> Vec<Suspect> {
    let mut found = Vec::new();
    Look { text, place: &String::new, origin: &|at| at, depth: 0 }.json(&mut found);
    sort::sort_by(&mut found, |a: &Suspect, b: &Suspect| {
        a.span.start.cmp(&b.span.start).then(b.span.end.cmp(&a.span.end))
    });
    // The whole goes before its parts. What only overlaps is joined, so that spans can be cut out one after the other.
    found.dedup_by(|next, last| {
        let overlaps = next.span.start < last.span.end;
        if overlaps && next.span.end > last.span.end {
            last.span.end = next.span.end;
            last.value = text[last.span.clone()].to_owned();
        }
        overlaps
    });
    found
}

/// The text being scanned, and its origin.
#[derive(Clone, Copy)]
struct Look<'a> {
    text: &'a str,
    /// What it is a part of, in words; empty for the whole. Most texts have no suspects, so nothing is written before there is one.
    place: &'a dyn Fn() -> String,
    /// From a byte of this text to the byte of the whole.
    origin: &'a dyn Fn(usize) -> usize,
    depth: usize,
}

/// An object or array that is open.
struct Level {
    is_object: bool,
    key: Option<String>,
    index: usize,
    /// It stands under a secret name, so all within is secret.
    is_secret: bool,
}

impl Look<'_> {
    fn push(&self, found: &mut Vec<Suspect>, place: String, why: Why, start: usize, end: usize) {
        let value = self.text[start..end].to_owned();
        let place = self.placed(place);
        found.push(Suspect { place, why, span: (self.origin)(start)..(self.origin)(end), value });
    }

    fn placed(&self, place: String) -> String {
        let outer = (self.place)();
        if outer.is_empty() { place } else { format!("{place} in {outer}") }
    }

    /// Values of JSON, wherever objects and arrays begin; the rest as running text.
    fn json(&self, found: &mut Vec<Suspect>) {
        if self.depth > DEEPEST || self.text.len() < SHORTEST {
            return;
        }
        let bytes = self.text.as_bytes();
        let mut levels: Vec<Level> = Vec::new();
        let mut too_deep = 0_usize;
        let (mut at, mut outside) = (0, 0);
        while at < bytes.len() {
            match bytes[at] {
                b'{' if let Some(end) = placeholder(self.text, at) => at = end,
                open @ (b'{' | b'[') => {
                    if levels.is_empty() {
                        self.running(found, outside, at);
                    }
                    if levels.len() == MOST_NESTED {
                        too_deep += 1;
                    } else {
                        let is_secret = levels.last().is_some_and(Level::holds_a_secret);
                        levels.push(Level { is_object: open == b'{', key: None, index: 0, is_secret });
                    }
                    at += 1;
                }
                b'}' | b']' => {
                    match too_deep {
                        0 => drop(levels.pop()),
                        _ => too_deep -= 1,
                    }
                    at += 1;
                    if levels.is_empty() && bytes[outside..at - 1].iter().any(|b| matches!(b, b'{' | b'[')) {
                        outside = at;
                    }
                }
                b'"' if levels.is_empty() => {
                    // A text that is JSON as a whole, and a string: its quotes are escaped within.
                    let (end, next) = string_end(bytes, at);
                    let has_escapes = self.text[at + 1..end].contains('\\');
                    if has_escapes {
                        self.string(found, &levels, at + 1, end);
                    }
                    at = if has_escapes { next } else { at + 1 };
                }
                _ if levels.is_empty() => at += 1,
                b',' => {
                    if let Some(level) = levels.last_mut() {
                        level.index += 1;
                        level.key = None;
                    }
                    at += 1;
                }
                b':' | b' ' | b'\t' | b'\r' | b'\n' => at += 1,
                b'"' | b'\'' => {
                    let (start, (end, next)) = (at + 1, string_end(bytes, at));
                    at = next;
                    if !self.key(found, &mut levels, (start, end), next) {
                        self.string(found, &levels, start, end);
                    }
                }
                _ => {
                    let rest = &bytes[at..];
                    let stop = |b: &u8| matches!(b, b',' | b'{' | b'}' | b'[' | b']' | b':' | b'"' | b'\n');
                    let end = at + rest.iter().position(stop).unwrap_or(rest.len()).max(1);
                    let run = self.text[at..end].trim_end();
                    let content = (at, at + run.len());
                    at = end;
                    if !self.key(found, &mut levels, content, end) {
                        self.bare(found, &levels, content.0, content.1);
                    }
                }
            }
        }
        if levels.is_empty() {
            self.running(found, outside, bytes.len());
        }
    }

    /// Takes a text as the name of a member, where one is due and a colon follows.
    fn key(
        &self,
        found: &mut Vec<Suspect>,
        levels: &mut [Level],
        (start, end): (usize, usize),
        next: usize,
    ) -> bool {
        if !levels.last().is_some_and(|level| level.is_object && level.key.is_none()) {
            return false;
        }
        let follows = self.text.as_bytes()[next..].iter().find(|b| !b.is_ascii_whitespace());
        if follows != Some(&b':') {
            return false;
        }
        let (name, _) = unescaped(&self.text[start..end]);
        let before = found.len();
        if end - start >= shapes::SHORTEST_RUN {
            self.within(&|| format!("a name in `{}`", path(levels)), start, end).running(
                found,
                0,
                end - start,
            );
        }
        // The path of what is within must not tell it.
        let name = if found.len() > before { "***".to_owned() } else { name };
        if let Some(level) = levels.last_mut() {
            level.key = Some(name);
        }
        true
    }

    fn within<'b>(&'b self, place: &'b dyn Fn() -> String, start: usize, end: usize) -> Within<'b> {
        Within { outer: self, place, start, end }
    }

    fn string(&self, found: &mut Vec<Suspect>, levels: &[Level], start: usize, end: usize) {
        let raw = &self.text[start..end];
        if levels.last().is_some_and(Level::holds_a_secret) {
            let (value, _) = unescaped(raw);
            if says_something(&value) {
                let place = self.placed(format!("`{}`", path(levels)));
                found.push(Suspect {
                    place,
                    why: Why::Name,
                    span: (self.origin)(start)..(self.origin)(end),
                    value,
                });
            }
            return;
        }
        if raw.len() < SHORTEST {
            return;
        }
        let place = || match levels.is_empty() {
            true => (self.place)(),
            false => self.placed(format!("`{}`", path(levels))),
        };
        if !raw.contains('\\') {
            let origin = |at| (self.origin)(start + at);
            return Look { text: raw, place: &place, origin: &origin, depth: self.depth + 1 }.json(found);
        }
        let (text, offsets) = unescaped(raw);
        let origin = |at: usize| (self.origin)(start + offsets.get(at).map_or(raw.len(), |at| *at as usize));
        Look { text: &text, place: &place, origin: &origin, depth: self.depth + 1 }.json(found);
    }

    /// A number, or what is not quite JSON.
    fn bare(&self, found: &mut Vec<Suspect>, levels: &[Level], start: usize, end: usize) {
        let raw = &self.text[start..end];
        if levels.last().is_some_and(Level::holds_a_secret) {
            if !matches!(raw, "true" | "false" | "null") && says_something(raw) {
                self.push(found, format!("`{}`", path(levels)), Why::Name, start, end);
            }
        } else if raw.len() >= SHORTEST && !raw.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            self.within(&|| format!("`{}`", path(levels)), start, end).running(found, 0, end - start);
        }
    }

    /// Running text: fields, headers, addresses, shapes, and what is encoded.
    fn running(&self, found: &mut Vec<Suspect>, start: usize, end: usize) {
        if end - start < SHORTEST {
            return;
        }
        let origin = |at| (self.origin)(start + at);
        let part = Look { text: &self.text[start..end], origin: &origin, ..*self };
        part.fields(found);
        part.shapes(found);
        part.percent(found);
    }

    /// `name=value` and `name: value`.
    fn fields(&self, found: &mut Vec<Suspect>) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while let Some(sign) = memchr::memchr2(b'=', b':', &bytes[at..]).map(|next| at + next) {
            at = sign + 1;
            let after = &self.text[at..];
            if after.starts_with(['=', '/']) && (after.starts_with("//") || after.starts_with('=')) {
                continue;
            }
            let Some((name, name_start)) = name_before(self.text, sign) else { continue };
            let before = self.text[..name_start].bytes().next_back();
            let is_header = bytes[sign] == b':' && matches!(before, None | Some(b'\n'));
            let place = match (bytes[sign], before) {
                (b'=', Some(b'?' | b'&' | b';')) => In::Query,
                (b'=', _) => In::Member,
                _ if is_header => In::Member,
                _ => In::Prose,
            };
            if !names::is_secret(name, place) {
                continue;
            }
            let blanks = after.bytes().take_while(|b| matches!(b, b' ' | b'\t')).count();
            let start = at + if bytes[sign] == b'=' { blanks.min(1) } else { blanks };
            let (start, end) = value_at(self.text, start, bytes[sign], is_header);
            at = end.max(at);
            if says_something(&self.text[start..end]) {
                let kind = if bytes[sign] == b'=' { "the field" } else { "the value of" };
                self.push(found, format!("{kind} `{name}`"), Why::Name, start, end);
            }
        }
    }

    fn shapes(&self, found: &mut Vec<Suspect>) {
        shapes::credentials(self.text, |what, why, start, end| {
            self.push(found, what.to_owned(), why, start, end)
        });
        shapes::runs(self.text, |start, end| {
            let run = &self.text[start..end];
            if let Some(what) = shapes::known_key(run) {
                return self.push(found, what.to_owned(), Why::Key, start, end);
            }
            match decoded(run) {
                // What it says decides, and not that it is encoded.
                Some((text, encoding)) => {
                    let first = found.len();
                    let origin = |_| (self.origin)(start);
                    Look { text: &text, place: &String::new, origin: &origin, depth: self.depth + 1 }
                        .json(found);
                    let inner = found.drain(first..).next();
                    if let Some(inner) = inner {
                        self.push(found, format!("{} in {encoding}", inner.place), inner.why, start, end);
                    }
                }
                None => shapes::random_parts(run, |from, to| {
                    self.push(found, "a long random text".to_owned(), Why::Random, start + from, start + to);
                }),
            }
        });
    }

    /// The same text without its percent signs, if there is one.
    fn percent(&self, found: &mut Vec<Suspect>) {
        if !self.text.contains('%') {
            return;
        }
        let Some((text, offsets)) = percent_decoded(self.text) else { return };
        let origin = |at: usize| (self.origin)(offsets.get(at).map_or(self.text.len(), |at| *at as usize));
        let first = found.len();
        Look { text: &text, place: self.place, origin: &origin, depth: self.depth + 1 }.json(found);
        // What was found without decoding is found again.
        let known: Vec<_> = found[..first].iter().map(|it| it.span.clone()).collect();
        let mut at = 0;
        found.retain(|it| {
            at += 1;
            at <= first || !known.contains(&it.span)
        });
    }
}

/// A part of a text that has a place of its own and no escapes to undo.
struct Within<'a> {
    outer: &'a Look<'a>,
    place: &'a dyn Fn() -> String,
    start: usize,
    end: usize,
}

impl Within<'_> {
    fn running(&self, found: &mut Vec<Suspect>, start: usize, end: usize) {
        let origin = |at| (self.outer.origin)(self.start + at);
        let place = || self.outer.placed((self.place)());
        let text = &self.outer.text[self.start..self.end];
        Look { text, place: &place, origin: &origin, depth: self.outer.depth + 1 }.running(found, start, end);
    }
}

impl Level {
    fn holds_a_secret(&self) -> bool {
        self.is_secret || self.key.as_deref().is_some_and(|key| names::is_secret(key, In::Member))
    }
}

/// As a JSONPath.
fn path(levels: &[Level]) -> String {
    let mut path = "$".to_owned();
    for level in levels {
        if path.len() > LONGEST_PATH {
            path.push('…');
            break;
        }
        match &level.key {
            Some(key)
                if (1..=LONGEST_PATH).contains(&key.len())
                    && key.chars().all(|c| c.is_alphanumeric() || c == '_') =>
            {
                path.push('.');
                path.push_str(key);
            }
            Some(key) => path.push_str(&format!("['{}']", key.chars().take(60).collect::<String>())),
            None if level.is_object => {}
            None => path.push_str(&format!("[{}]", level.index)),
        }
    }
    path
}

/// The end of a placeholder that begins here.
fn placeholder(text: &str, at: usize) -> Option<usize> {
    let bytes = &text.as_bytes()[at..];
    let within = bytes.strip_prefix(b"{{")?;
    let within = &within[..within.len().min(LONGEST_PLACEHOLDER)];
    let end = memchr::memmem::find(within, b"}}")?;
    (!within[..end].iter().any(|b| matches!(b, b'{' | b'\n'))).then_some(at + 2 + end + 2)
}

/// Where the content of a string ends, and what is behind its closing quote; without one, both are the end of the text.
fn string_end(bytes: &[u8], at: usize) -> (usize, usize) {
    let quote = bytes[at];
    let mut end = at + 1;
    while let Some(next) =
        memchr::memchr2(quote, b'\\', &bytes[end.min(bytes.len())..]).map(|next| end + next)
    {
        if bytes[next] == quote {
            return (next, next + 1);
        }
        end = next + 2;
    }
    (bytes.len(), bytes.len())
}

/// The name that ends before a sign, and where it begins.
fn name_before(text: &str, sign: usize) -> Option<(&str, usize)> {
    const LONGEST: usize = 128;
    let mut end = sign;
    let before = |end: usize| text.as_bytes().get(end.wrapping_sub(1)).copied();
    if before(end) == Some(b' ') {
        end -= 1;
    }
    if matches!(before(end), Some(b'"' | b'\'')) {
        end -= 1;
    }
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'$') || *b >= 0x80;
    let length = text.as_bytes()[..end].iter().rev().take(LONGEST + 1).take_while(|b| is_name(b)).count();
    let name = text.get(end - length..end)?;
    (1..=LONGEST).contains(&length).then_some((name, end - length))
}

/// From where to where a value goes.
fn value_at(text: &str, start: usize, sign: u8, is_header: bool) -> (usize, usize) {
    let bytes = text.as_bytes();
    if let Some(b'"' | b'\'') = bytes.get(start) {
        return (start + 1, string_end(bytes, start).0);
    }
    let ends = |b: u8| match (is_header, sign) {
        (true, _) => matches!(b, b'\n' | b'\r' | 0),
        (_, b'=') => {
            b.is_ascii_whitespace() || matches!(b, b'&' | b'#' | b';' | b'"' | b'\'' | b'<' | b'>' | 0)
        }
        _ => b.is_ascii_whitespace() || matches!(b, b',' | b';' | b'"' | b'\'' | b'<' | b'>' | 0),
    };
    let mut end = start;
    while end < bytes.len() && !ends(bytes[end]) {
        end = placeholder(text, end).unwrap_or(end + 1);
    }
    (start, end)
}
