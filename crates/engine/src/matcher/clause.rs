//! The matcher object: its keys, which must all hold.
//!
//! Owns what each key asks of a message, and the combinators. Every finding goes to the [`Tally`], which knows whether
//! details are wanted. What a key means in words is in `suite::words`, and what may follow it in `suite::schema`.

use serde_json::Value;

use crate::Payload;
use crate::base::payload::visible;

use super::bytes::{Bytes, compare};
use super::error::{MatcherError, MatcherErrorKind, Mistakes};
use super::json;
use super::mismatch::{Mismatch, Tally};
use super::pattern::{LONGEST_TEXT, Pattern};
use super::place::Place;
use super::rule::{Kind, PATH, SUBSET};
use super::schema::{Schema, SchemaError};
use super::selection::Selection;
use super::subject::{Subject, describe};
use super::subset::Shape;

/// A matcher that has been read.
#[derive(Clone, Debug)]
pub struct Matcher {
    clauses: Vec<Clause>,
}

#[derive(Clone, Debug)]
enum Clause {
    Any,
    Echo,
    Text(String),
    Contains(String),
    Regex(Pattern, String),
    Subset(Shape),
    Equals(Shape),
    Path(Selection),
    Schema(Schema),
    Bytes(Bytes),
    Not(Matcher),
    AllOf(Vec<Matcher>),
    AnyOf(Vec<Matcher>),
    /// A placeholder is where syntax is needed; it is filled in before the suite runs.
    Unexpanded(String),
}

const KEYS: [&str; 13] = [
    "subset", "equals", "text", "contains", "regex", "path", "schema", "bytes", "echo", "any", "not",
    "all_of", "any_of",
];

impl Matcher {
    /// Reads a matcher, with all mistakes in it at once.
    ///
    /// ```
    /// # use serde_json::json;
    /// # use sockscope_engine::matcher::Matcher;
    /// assert!(Matcher::compile(&json!({"subset": {"type": "joined"}})).is_ok());
    /// let mistakes = Matcher::compile(&json!({"subset": {"id": {"$gr": 1}}, "txt": "x"})).unwrap_err();
    /// assert_eq!(mistakes[0].to_string(), r#"$.subset.id.$gr: unknown operator "$gr"; did you mean "$gt"?"#);
    /// assert_eq!(mistakes[1].to_string(), r#"$.txt: unknown matcher "txt"; did you mean "text"?"#);
    /// ```
    pub fn compile(spec: &Value) -> Result<Self, Vec<MatcherError>> {
        let mut mistakes = Mistakes::default();
        let matcher = if json::is_too_deep(spec) {
            mistakes.add(&Place::Root, MatcherErrorKind::TooDeep);
            None
        } else {
            Self::read(spec, &Place::Root, &mut mistakes)
        };
        matcher.filter(|_| mistakes.0.is_empty()).ok_or(mistakes.0)
    }

    /// The keys that a matcher object may have. The last ones only stand beside a `path` that is a string.
    pub fn keys() -> impl Iterator<Item = &'static str> {
        KEYS.into_iter().chain(PATH.names())
    }

    /// The operators that may stand for a leaf of `subset`.
    pub fn operators() -> impl Iterator<Item = &'static str> {
        SUBSET.names()
    }

    /// The operators that compare a value, as they stand beside `path`.
    pub fn value_operators() -> impl Iterator<Item = &'static str> {
        PATH.names()
    }

    /// What it wants of a value that has a name, in a few words: `equal to "done"`.
    pub fn expected_of_value(&self) -> String {
        let of_value = |clause: &Clause| match clause {
            Clause::Path(selection) => selection.of_value().unwrap_or_else(|| clause.expected()),
            _ => clause.expected(),
        };
        self.clauses.iter().map(of_value).collect::<Vec<_>>().join(" and ")
    }

    /// What `type` may ask for.
    pub fn type_names() -> [&'static str; 7] {
        Kind::names()
    }

    /// Why the message is not the one that is wanted.
    ///
    /// ```
    /// # use serde_json::json;
    /// # use sockscope_engine::{Payload, matcher::{Matcher, Subject}};
    /// let matcher = Matcher::compile(&json!({"subset": {"type": "joined"}})).unwrap();
    /// let message = Payload::from(r#"{"type":"left","room":"r"}"#);
    /// assert_eq!(
    ///     matcher.check(&Subject::new(&message)).unwrap_err().to_string(),
    ///     r#"expected JSON containing {"type":"joined"}: $.type: expected "joined", found "left""#,
    /// );
    /// ```
    pub fn check(&self, message: &Subject<'_>) -> Result<(), Mismatch> {
        if self.holds(message) {
            return Ok(());
        }
        let mut tally = Tally::full();
        self.judge(message, &mut tally);
        Err(tally.into_mismatch(self.expected()))
    }

    /// Whether the message is the one that is wanted: [`Self::check`] without the reasons, for going through many messages.
    pub fn holds(&self, message: &Subject<'_>) -> bool {
        let mut tally = Tally::brief();
        self.judge(message, &mut tally);
        !tally.has_missed()
    }

    /// Whether it asks for what was sent, so that it makes sense beside a `send` only.
    pub fn wants_echo(&self) -> bool {
        self.clauses.iter().any(|clause| match clause {
            Clause::Echo => true,
            Clause::Not(inner) => inner.wants_echo(),
            Clause::AllOf(all) | Clause::AnyOf(all) => all.iter().any(Self::wants_echo),
            _ => false,
        })
    }

    /// Whether nothing but what was sent will do, so that the reply can be found by its content.
    pub fn requires_echo(&self) -> bool {
        self.clauses.iter().any(|clause| match clause {
            Clause::Echo => true,
            Clause::AllOf(all) => all.iter().any(Self::requires_echo),
            _ => false,
        })
    }

    /// What a group of its `regex` holds in a message: by its name, or by its number from 1.
    pub fn group<'m>(&self, message: &'m Subject<'_>, group: &str) -> Option<&'m str> {
        self.clauses.iter().find_map(|clause| match clause {
            Clause::Regex(pattern, _) => pattern.group(message.text()?, group),
            Clause::AllOf(all) => all.iter().find_map(|inner| inner.group(message, group)),
            Clause::AnyOf(any) => {
                any.iter().filter(|inner| inner.holds(message)).find_map(|inner| inner.group(message, group))
            }
            _ => None,
        })
    }

    /// What it wants, in a few words.
    pub fn expected(&self) -> String {
        self.clauses.iter().map(Clause::expected).collect::<Vec<_>>().join(" and ")
    }

    fn read(spec: &Value, at: &Place<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let keys = match spec {
            Value::Object(keys) if !keys.is_empty() => keys,
            Value::String(text) if json::holds_placeholder(text) => {
                return Some(Self { clauses: vec![Clause::Unexpanded(text.clone())] });
            }
            Value::String(_) => {
                mistakes.wrong(
                    at,
                    "a matcher such as {\"text\": \"ping\"} or {\"subset\": {\"type\": \"pong\"}}",
                    spec,
                );
                return None;
            }
            _ => {
                mistakes.wrong(at, "a matcher such as {\"any\": true}", spec);
                return None;
            }
        };
        // `{"path": "$.id", "eq": 1}` is short for `{"path": {"path": "$.id", "eq": 1}}`.
        let is_short = keys.get("path").is_some_and(Value::is_string);
        let is_operator = |key: &str| PATH.names().any(|known| known == key);
        let mut clauses = Vec::new();
        for (key, value) in keys {
            let at = at.member(key);
            if !KEYS.contains(&key.as_str()) {
                match (is_operator(key), is_short) {
                    (true, true) => {}
                    (true, false) => mistakes.wrong(&at, "a path beside it", value),
                    _ => mistakes.unknown(&at, "matcher", key, &KEYS),
                }
            } else if key == "path" && is_short {
                let operators = keys.iter().filter(|(key, _)| is_operator(key));
                // The operators stand beside the path, so that is where their mistakes are.
                let beside = match at {
                    Place::Member(parent, _) => *parent,
                    other => other,
                };
                clauses
                    .extend(Selection::compile(value, &at, operators, &beside, mistakes).map(Clause::Path));
            } else {
                clauses.extend(Clause::read(key, value, &at, mistakes));
            }
        }
        Some(Self { clauses })
    }

    fn judge(&self, message: &Subject<'_>, tally: &mut Tally) {
        for clause in &self.clauses {
            if tally.is_decided() {
                return;
            }
            clause.judge(message, tally);
        }
    }
}

impl Clause {
    fn read(key: &str, spec: &Value, at: &Place<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let clause = match key {
            "subset" => Self::Subset(Shape::subset(spec, at, mistakes)),
            "equals" => Self::Equals(Shape::exactly(spec)),
            "text" => Self::Text(read_text(spec, at, mistakes)?),
            "contains" => Self::Contains(read_text(spec, at, mistakes)?),
            "regex" => {
                let text = read_text(spec, at, mistakes)?;
                match Pattern::compile(&text) {
                    Ok(pattern) => Self::Regex(pattern, text),
                    Err(_) if json::holds_placeholder(&text) => Self::Unexpanded(text),
                    Err(error) => {
                        mistakes.add(at, MatcherErrorKind::Regex(error));
                        return None;
                    }
                }
            }
            "path" => Self::Path(Selection::read(spec, at, mistakes)?),
            "schema" => match Schema::read(spec, at) {
                Ok(schema) => Self::Schema(schema),
                Err(faults) => {
                    let told = |SchemaError { at, kind }| MatcherError { at, kind: kind.into() };
                    mistakes.0.extend(faults.into_iter().map(told));
                    return None;
                }
            },
            "bytes" => Self::Bytes(Bytes::compile(spec, at, mistakes)),
            "not" => Self::Not(Matcher::read(spec, at, mistakes)?),
            "all_of" => Self::AllOf(read_list(spec, at, mistakes)?),
            "any_of" => Self::AnyOf(read_list(spec, at, mistakes)?),
            "echo" | "any" => match spec {
                Value::Bool(true) if key == "echo" => Self::Echo,
                Value::Bool(true) => Self::Any,
                Value::String(text) if json::holds_placeholder(text) => Self::Unexpanded(text.clone()),
                _ => {
                    mistakes.wrong(at, "true", spec);
                    return None;
                }
            },
            // The caller asks for known keys only.
            _ => return None,
        };
        Some(clause)
    }

    fn judge(&self, message: &Subject<'_>, tally: &mut Tally) {
        let root = Place::Root;
        match self {
            Self::Any => tally.hold(),
            Self::Echo => judge_echo(message, tally),
            Self::Text(want) => match message.text() {
                Some(got) if got == want => tally.hold(),
                Some(got) => {
                    let parts = || json::excerpts(want, got);
                    tally.miss(&root, || parts().0, || parts().1);
                }
                None => {
                    tally.miss(&root, || format!("text {}", json::excerpt_text(want)), || message.describe())
                }
            },
            Self::Contains(want) => match message.text() {
                Some(got) if got.contains(want.as_str()) => tally.hold(),
                _ => tally.miss(&root, || self.expected(), || message.describe()),
            },
            Self::Regex(pattern, _) => match message.text() {
                Some(got) if pattern.is_in(got) => tally.hold(),
                Some(got) if got.len() > LONGEST_TEXT => {
                    let wanted = || "a text of at most 1 MiB, longer ones are not searched".into();
                    tally.miss(&root, wanted, || format!("text of {} B", got.len()));
                }
                _ => tally.miss(&root, || self.expected(), || message.describe()),
            },
            Self::Subset(shape) | Self::Equals(shape) => match json_of(message, tally) {
                Some(json) => shape.judge(Some(json), &root, tally),
                None => tally.forgo(shape.leaves()),
            },
            Self::Path(selection) => {
                if let Some(json) = json_of(message, tally) {
                    selection.judge(json, tally);
                }
            }
            Self::Schema(schema) => {
                if let Some(json) = json_of(message, tally) {
                    schema.judge(json, tally);
                }
            }
            Self::Bytes(bytes) => bytes.judge(message.payload(), tally),
            Self::Not(inner) => {
                if inner.holds(message) {
                    tally.miss(&root, || self.expected(), || message.describe());
                } else {
                    tally.hold();
                }
            }
            Self::AllOf(all) => all.iter().for_each(|matcher| matcher.judge(message, tally)),
            Self::AnyOf(any) => judge_any(any, message, tally),
            Self::Unexpanded(text) => {
                tally.miss(
                    &root,
                    || format!("a value for {}", json::excerpt_text(text)),
                    || message.describe(),
                );
            }
        }
    }

    fn expected(&self) -> String {
        let list = |all: &[Matcher], word: &str| {
            let parts: Vec<_> = all.iter().map(Matcher::expected).collect();
            format!("({})", parts.join(word))
        };
        match self {
            Self::Any => "any message".into(),
            Self::Echo => "an echo of what was sent".into(),
            Self::Text(text) => format!("text {}", json::excerpt_text(text)),
            Self::Contains(text) => format!("text containing {}", json::excerpt_text(text)),
            Self::Regex(_, text) => {
                let shown: String = json::cut(text.as_str().into()).chars().map(visible).collect();
                format!("text matching /{shown}/")
            }
            Self::Subset(Shape::Rules(rules)) => format!("JSON that is {}", json::excerpt(rules.source())),
            Self::Subset(shape) => format!("JSON containing {}", json::excerpt(&shape.source())),
            Self::Equals(shape) => format!("JSON equal to {}", json::excerpt(&shape.source())),
            Self::Path(selection) => selection.expected(),
            Self::Schema(schema) => schema.expected(),
            Self::Bytes(bytes) => bytes.expected(),
            Self::Not(inner) => format!("not ({})", inner.expected()),
            Self::AllOf(all) => list(all, " and "),
            Self::AnyOf(any) => list(any, " or "),
            Self::Unexpanded(text) => json::cut(text.as_str().into()),
        }
    }
}

/// The message as JSON; that it is none is a difference.
fn json_of<'m>(message: &'m Subject<'_>, tally: &mut Tally) -> Option<&'m Value> {
    let json = message.json();
    if json.is_none() {
        tally.miss(&Place::Root, || "JSON".into(), || message.describe());
    }
    json
}

fn judge_echo(message: &Subject<'_>, tally: &mut Tally) {
    let root = Place::Root;
    let got = message.payload();
    match message.sent() {
        Some(sent) if sent == got => tally.hold(),
        Some(Payload::Text(sent)) if got.is_text() => {
            let parts = || json::excerpts(sent, message.text().unwrap_or_default());
            tally.miss(&root, || parts().0, || parts().1);
        }
        Some(Payload::Binary(sent)) if !got.is_text() => compare(sent, got.as_bytes(), tally),
        Some(sent) => tally.miss(&root, || describe(sent), || message.describe()),
        None => tally.miss(&root, || "what was sent, and nothing was".into(), || message.describe()),
    }
}

/// The differences are those of the branch that came nearest, the first of equals.
fn judge_any(any: &[Matcher], message: &Subject<'_>, tally: &mut Tally) {
    let mut nearest: Option<Tally> = None;
    for matcher in any {
        let mut branch = tally.fresh();
        matcher.judge(message, &mut branch);
        if !branch.has_missed() {
            return tally.hold();
        }
        if nearest.as_ref().is_none_or(|nearest| nearest.closeness() < branch.closeness()) {
            nearest = Some(branch);
        }
    }
    if let Some(nearest) = nearest {
        tally.absorb(nearest);
    }
}

/// A text. A placeholder that stands alone becomes a value of its own type, so numbers and booleans are texts here.
fn read_text(spec: &Value, at: &Place<'_>, mistakes: &mut Mistakes) -> Option<String> {
    match spec {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(spec.to_string()),
        _ => {
            mistakes.wrong(at, "a string", spec);
            None
        }
    }
}

fn read_list(spec: &Value, at: &Place<'_>, mistakes: &mut Mistakes) -> Option<Vec<Matcher>> {
    let Value::Array(list) = spec else {
        mistakes.wrong(at, "a list of matchers", spec);
        return None;
    };
    if list.is_empty() {
        mistakes.wrong(at, "at least one matcher", spec);
        return None;
    }
    let read = |(i, spec)| Matcher::read(spec, &at.item(i), mistakes);
    Some(list.iter().enumerate().filter_map(read).collect())
}
