//! From text to parts: what a placeholder means.
//!
//! Owns the grammar. It refuses to know values. The scan only moves forward, so a megabyte of braces costs a megabyte
//! of steps.

mod error;

use serde_json::Value;

use super::function::{Argument, Call, Function};
use crate::base::nearest::nearest;
use crate::base::unit::parse_duration;

use error::callable;
pub(super) use error::did_you_mean;
pub use error::{TemplateError, TemplateErrorKind};

/// The words with a meaning of their own; no variable and no capture may be called so.
pub const WORDS: [&str; 11] =
    ["base64", "client", "env", "i", "index", "iso", "now", "pick", "random", "seq", "uuid"];

/// No text of a template is worth more complaints than this.
const MOST_ERRORS: usize = 100;

/// A text that has been read once and can be expanded many times.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    pub(super) parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    Text(String),
    Place { at: usize, say: Say },
}

/// What one placeholder says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Say {
    Name(Name),
    /// The value to use when the environment has none; its type is the type of the placeholder.
    EnvOr(String, Value),
    Uuid,
    /// This many milliseconds after now.
    Now(i64),
    /// The same as a date.
    Iso(i64),
    Random(i64, i64),
    Pick(Vec<Value>),
    Call(Call),
}

/// Something that a template refers to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Name {
    /// `{{room}}`: a variable, or what the acting client has captured.
    Variable(String),
    /// `{{bob.sid}}`: what another client has captured.
    Capture {
        /// Such as `bob` or `crowd[3]`.
        client: String,
        /// The name under which it was captured.
        name: String,
    },
    /// `{{env.NAME}}` without a default: it must be set.
    Env(String),
    /// `{{client}}`: needs an acting client.
    Client,
    /// `{{seq}}`: needs an acting client.
    Seq,
    /// `{{index}}`: needs a member of a group.
    Index,
    /// `{{i}}`: needs a `repeat` around it.
    Iteration,
}

/// Where a template refers to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// JSON path of the string, `$` when it stands alone.
    pub path: String,
    /// Byte offset of the placeholder in the string.
    pub at: usize,
    /// What it refers to.
    pub name: Name,
}

/// Whether a variable, a client or a capture may be called so, words with a meaning of their own aside.
pub fn is_name(text: &str) -> bool {
    text.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

impl Template {
    /// Reads a text. All mistakes are reported at once.
    ///
    /// ```
    /// # use sockscope_engine::template::Template;
    /// assert!(Template::parse("hello {{name}}").is_ok());
    /// assert_eq!(
    ///     Template::parse("{{rnadom 1 6}}").unwrap_err()[0].to_string(),
    ///     "no function is called \"rnadom\"; did you mean \"random\"?",
    /// );
    /// ```
    pub fn parse(text: &str) -> Result<Self, Vec<TemplateError>> {
        let (mut parts, mut errors) = (Vec::new(), Vec::new());
        let mut literal = String::new();
        let mut at = 0;
        while let Some(found) = text[at..].find("{{") {
            let mut open = at + found;
            let before = &text[at..open];
            let slashes = before.len() - before.trim_end_matches('\\').len();
            literal.push_str(&before[..before.len() - slashes]);
            literal.push_str(&"\\".repeat(slashes / 2));
            if slashes % 2 == 1 {
                literal.push_str("{{");
                at = open + 2;
                continue;
            }
            // Of more than two braces the last two open, so that {"n":{{{key}}:1}} reads as it looks.
            while text[open + 2..].starts_with('{') {
                literal.push('{');
                open += 1;
            }
            let (end, read) = match find_end(text, open + 2) {
                Ok(close) => (close + 2, read(text[open + 2..close].trim_ascii())),
                Err((resume, kind)) => (resume, Err(kind)),
            };
            match read {
                Ok(say) => {
                    if !literal.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut literal)));
                    }
                    parts.push(Part::Place { at: open, say });
                }
                Err(kind) if errors.len() < MOST_ERRORS => {
                    errors.push(TemplateError { path: "$".to_owned(), at: open, kind });
                }
                Err(_) => {}
            }
            at = end;
        }
        literal.push_str(&text[at..]);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        if errors.is_empty() { Ok(Self { parts }) } else { Err(errors) }
    }

    /// What it refers to, in order, repetitions included.
    pub fn names(&self) -> Vec<Reference> {
        let mut names = Vec::new();
        for part in &self.parts {
            let Part::Place { at, say } = part else { continue };
            let mut add = |name: &Name| {
                names.push(Reference { path: "$".to_owned(), at: *at, name: name.clone() });
            };
            match say {
                Say::Name(name) => add(name),
                Say::Call(call) => call.names().for_each(add),
                _ => {}
            }
        }
        names
    }

    /// Whether it is one placeholder and nothing else, which keeps the type of its value.
    pub fn is_placeholder(&self) -> bool {
        matches!(self.parts.as_slice(), [Part::Place { .. }])
    }

    /// The byte after the placeholder whose two braces stand at `open`; none when it has no end.
    pub(crate) fn end_of_place(text: &str, open: usize) -> Option<usize> {
        find_end(text, open + 2).ok().map(|close| close + 2)
    }

    /// The text, when it has no placeholder and so is the same every time.
    pub fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }
}

/// How far the end of a placeholder is looked for that stands in another one.
const NEAR: usize = 200;

/// What is wrong with a placeholder in which another one begins: it has no end, or has it behind that of the other.
fn within(text: &str, inner: usize) -> TemplateErrorKind {
    let near = &text.as_bytes()[inner..text.len().min(inner + NEAR)];
    let end = near.windows(2).position(|two| two == b"}}");
    let rest = end.map(|end| near[end + 2..].trim_ascii_start());
    match rest.is_some_and(|rest| rest.starts_with(b"}}")) {
        true => TemplateErrorKind::Nested,
        false => TemplateErrorKind::Unclosed,
    }
}

/// Where the `}}` stands that ends the placeholder whose content begins at `start`; else where to read on, and why.
fn find_end(text: &str, start: usize) -> Result<usize, (usize, TemplateErrorKind)> {
    let bytes = text.as_bytes();
    let (mut at, mut word_begins) = (start, true);
    while at < bytes.len() {
        match bytes[at] {
            b'}' if bytes.get(at + 1) == Some(&b'}') => return Ok(at),
            b'{' if bytes.get(at + 1) == Some(&b'{') => return Err((at, within(text, at))),
            quote @ (b'"' | b'\'') if word_begins => {
                at = end_of_quote(bytes, at + 1, quote)
                    .ok_or((text.len(), TemplateErrorKind::UnclosedQuote))?;
                word_begins = true;
            }
            byte => {
                word_begins = byte.is_ascii_whitespace();
                at += 1;
            }
        }
    }
    Err((text.len(), TemplateErrorKind::Unclosed))
}

/// The offset after the closing quotation mark; a backslash takes the next byte with it.
fn end_of_quote(bytes: &[u8], mut at: usize, quote: u8) -> Option<usize> {
    loop {
        match *bytes.get(at)? {
            b'\\' => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// One word of a placeholder.
struct Word {
    text: String,
    quoted: bool,
}

impl Word {
    /// A bare word that reads as a JSON number, `true`, `false` or `null` is one; a quoted word is text.
    fn value(self) -> Value {
        if self.quoted { Value::String(self.text) } else { typed(&self.text) }
    }
}

/// A bare word as the scalar that it reads as.
pub(super) fn typed(word: &str) -> Value {
    match serde_json::from_str(word) {
        Ok(value @ (Value::Number(_) | Value::Bool(_) | Value::Null)) => value,
        _ => Value::String(word.to_owned()),
    }
}

/// Words are parted by blanks; [`find_end`] has seen that every quotation mark has its partner.
fn words(content: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut rest = content.trim_ascii_start();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '"' | '\'' => end_of_quote(rest.as_bytes(), 1, first as u8).unwrap_or(rest.len()),
            _ => rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len()),
        };
        let quoted = matches!(first, '"' | '\'');
        let text = if quoted { unquote(&rest[1..end - 1]) } else { rest[..end].to_owned() };
        words.push(Word { text, quoted });
        rest = rest[end..].trim_ascii_start();
    }
    words
}

fn unquote(text: &str) -> String {
    let mut chars = text.chars();
    let mut plain = String::with_capacity(text.len());
    while let Some(c) = chars.next() {
        plain.push(if c == '\\' { chars.next().unwrap_or('\\') } else { c });
    }
    plain
}

fn read(content: &str) -> Result<Say, TemplateErrorKind> {
    if content.is_empty() {
        return Err(TemplateErrorKind::Empty);
    }
    if let Some(rest) = content.strip_prefix("env.")
        && let Some((name, default)) = rest.split_once("??")
    {
        return read_env(name.trim_ascii_end(), default.trim_ascii());
    }
    let mut words = words(content);
    let head = words.remove(0);
    if head.quoted {
        return Err(TemplateErrorKind::NotAName(head.text));
    }
    if let Some(say) = read_moment(content)? {
        return Ok(say);
    }
    if let Some(function) = Function::named(&head.text)
        && words.first().is_some_and(|word| word.quoted || !word.text.chars().all(is_sign))
    {
        return read_call(function, words);
    }
    if let Some(mistake) = calculation(&head.text, words.first()) {
        return Err(mistake);
    }
    match head.text.as_str() {
        "random" => read_random(&words),
        "pick" if words.is_empty() => Err(usage("pick", "{{pick a b c}}")),
        "pick" => Ok(Say::Pick(words.into_iter().map(Word::value).collect())),
        "base64" => Err(Function::Base64.misused()),
        word if words.is_empty() => Ok(match word {
            "uuid" => Say::Uuid,
            "now" => Say::Now(0),
            "iso" => Say::Iso(0),
            _ => Say::Name(read_name(word)?),
        }),
        "uuid" => Err(usage("uuid", "{{uuid}}")),
        "now" => Err(usage("now", "{{now}} or {{now+5s}}")),
        "iso" => Err(usage("iso", "{{iso}} or {{iso+1h}}")),
        "seq" => Err(usage("seq", "{{seq}}")),
        "client" => Err(usage("client", "{{client}}")),
        word => {
            let near = nearest(word, callable()).map(str::to_owned);
            Err(TemplateErrorKind::UnknownWord { name: word.to_owned(), nearest: near })
        }
    }
}

/// `now+5s`, `iso - 1h`. A name such as `now-playing` is none.
fn read_moment(content: &str) -> Result<Option<Say>, TemplateErrorKind> {
    let (word, rest) = match content.split_at_checked(3) {
        Some((word @ ("now" | "iso"), rest)) => (word, rest),
        _ => return Ok(None),
    };
    let rest = rest.trim_ascii_start();
    let (sign, length) = match rest.as_bytes() {
        [sign @ (b'+' | b'-'), ..] => (*sign, rest[1..].trim_ascii()),
        _ => return Ok(None),
    };
    let millis = (length.starts_with(|c: char| c.is_ascii_digit())).then(|| read_offset(length)).flatten();
    let say = |millis| if word == "now" { Say::Now(millis) } else { Say::Iso(millis) };
    match (millis, sign) {
        (Some(millis), b'+') => Ok(Some(say(millis))),
        (Some(millis), _) => Ok(Some(say(-millis))),
        (None, b'-') if is_name(content) => Ok(None),
        (None, _) => Err(TemplateErrorKind::Moment(content.to_owned())),
    }
}

/// A duration in milliseconds, which may also be in hours or days.
fn read_offset(text: &str) -> Option<i64> {
    let (text, times) = match (text.strip_suffix('h'), text.strip_suffix('d')) {
        (Some(hours), _) => (format!("{hours}m"), 60),
        (_, Some(days)) => (format!("{days}m"), 1440),
        _ => (text.to_owned(), 1),
    };
    let millis = i64::try_from(parse_duration(&text).ok()?.as_millis()).ok()?;
    millis.checked_mul(times)
}

fn read_call(function: Function, words: Vec<Word>) -> Result<Say, TemplateErrorKind> {
    let encoding = words.last().filter(|word| !word.quoted).map(|word| word.text.clone());
    let arguments = words.into_iter().map(read_argument).collect::<Result<_, _>>()?;
    Call::read(function, arguments, encoding.as_deref()).map(Say::Call)
}

fn read_argument(word: Word) -> Result<Argument, TemplateErrorKind> {
    if word.quoted {
        return Ok(Argument::Given(Value::String(word.text)));
    }
    if let Some(moment) = read_moment(&word.text)? {
        return Ok(Argument::Made(Box::new(moment)));
    }
    Ok(match (word.text.as_str(), typed(&word.text)) {
        (_, number @ Value::Number(_)) => Argument::Given(number),
        ("now", _) => Argument::Made(Box::new(Say::Now(0))),
        ("iso", _) => Argument::Made(Box::new(Say::Iso(0))),
        ("uuid", _) => Argument::Made(Box::new(Say::Uuid)),
        // The last word of a digest says how it is written; `Call::read` takes it away again.
        ("base64", _) => Argument::Given(Value::Null),
        (name, _) => Argument::Name(read_name(name)?),
    })
}

fn is_sign(c: char) -> bool {
    "+-*/%=<>!&|".contains(c)
}

/// What people write who take a placeholder for an expression.
fn calculation(head: &str, next: Option<&Word>) -> Option<TemplateErrorKind> {
    if WORDS.contains(&head) {
        return None;
    }
    let next = next.filter(|word| !word.quoted).map_or("", |word| word.text.as_str());
    let name = head.split("??").next().unwrap_or_default();
    if (name.len() < head.len() || next.starts_with("??")) && is_name(name) {
        return Some(TemplateErrorKind::DefaultOfVariable(name.to_owned()));
    }
    let is_sum = |c: char| is_sign(c) && c != '-';
    let is_calculated = (!next.is_empty() && next.chars().all(is_sign))
        || next.starts_with(is_sign)
        || (head.contains(is_sum) && head.starts_with(|c: char| c.is_alphanumeric() || c == '_'));
    is_calculated.then_some(TemplateErrorKind::Arithmetic)
}

fn usage(word: &'static str, usage: &'static str) -> TemplateErrorKind {
    TemplateErrorKind::Usage { word, usage }
}

fn read_env(name: &str, default: &str) -> Result<Say, TemplateErrorKind> {
    if !is_name(name) {
        return Err(TemplateErrorKind::NotAName(name.to_owned()));
    }
    // A default is all the rest, blanks and quotation marks within included, unless it is one quoted word.
    let whole = match default.as_bytes() {
        [quote @ (b'"' | b'\''), ..] => end_of_quote(default.as_bytes(), 1, *quote) == Some(default.len()),
        _ => false,
    };
    let default = if whole { Value::String(unquote(&default[1..default.len() - 1])) } else { typed(default) };
    Ok(Say::EnvOr(name.to_owned(), default))
}

fn read_random(words: &[Word]) -> Result<Say, TemplateErrorKind> {
    let numbers: Vec<i64> = words.iter().filter_map(|word| word.text.parse().ok()).collect();
    match (numbers.as_slice(), words.len()) {
        (&[low, high], 2) if low <= high => Ok(Say::Random(low, high)),
        (&[low, high], 2) => Err(TemplateErrorKind::EmptyRange { low, high }),
        _ => Err(usage("random", "{{random 1 100}}, with two whole numbers")),
    }
}

fn read_name(word: &str) -> Result<Name, TemplateErrorKind> {
    let not_a_name = || TemplateErrorKind::NotAName(word.to_owned());
    let part_of_message = || {
        let path = word.strip_prefix("message").filter(|path| is_way(path))?;
        let name = path.strip_prefix('.').unwrap_or(path).to_owned();
        Some(Name::Capture { client: "message".to_owned(), name })
    };
    if let Some((owner, name)) = word.split_once('.') {
        let client = owner.split_once('[').map_or(owner, |(group, _)| group);
        let member = &owner[client.len()..];
        let digits = member.strip_prefix('[').and_then(|m| m.strip_suffix(']')).unwrap_or("-");
        let is_client = is_name(client) && (member.is_empty() || digits.parse::<u32>().is_ok());
        return match (is_client && is_name(name), owner) {
            (false, _) => part_of_message().ok_or_else(not_a_name),
            (true, "env") => Ok(Name::Env(name.to_owned())),
            (true, _) => Ok(Name::Capture { client: owner.to_owned(), name: name.to_owned() }),
        };
    }
    match word {
        "client" => Ok(Name::Client),
        "seq" => Ok(Name::Seq),
        "index" => Ok(Name::Index),
        "i" => Ok(Name::Iteration),
        "env" => Err(usage("env", "{{env.NAME}} or {{env.NAME ?? default}}")),
        "random" => Err(usage("random", "{{random 1 100}}, with two whole numbers")),
        "pick" => Err(usage("pick", "{{pick a b c}}")),
        "base64" | "uuid" | "now" | "iso" => Err(Function::Base64.misused()),
        _ if is_name(word) => Ok(Name::Variable(word.to_owned())),
        _ => part_of_message().ok_or_else(not_a_name),
    }
}

/// A way to a part of a message: `.id`, `.items[0].id`, `[0]`, `.1`.
fn is_way(path: &str) -> bool {
    let parts = || path.split_inclusive(['.', '[']).map(|part| part.trim_end_matches(['.', '[']));
    let is_part = |part: &str| match part.strip_suffix(']') {
        Some(digits) => digits.parse::<u32>().is_ok(),
        None => is_name(part) || part.parse::<u32>().is_ok(),
    };
    path.starts_with(['.', '['])
        && !path.ends_with(['.', '['])
        && parts().skip(1).all(is_part)
        && path.matches('[').count() == path.matches(']').count()
}

#[cfg(test)]
mod tests;
