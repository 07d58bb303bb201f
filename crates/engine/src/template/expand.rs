//! From parts to a value.
//!
//! Owns what each placeholder becomes and how large the result may be. It refuses to know where values live: see
//! [`Scope`]. Every copy is charged to the [`Budget`] first.

use std::borrow::Cow;

use serde_json::{Number, Value};

use super::generate;
use super::parse::{Name, Part, Say, Template, typed};

/// What one expansion may hold, in bytes: as much as the largest payload.
pub const LIMIT: usize = 64 << 20;

/// What a node of a JSON value costs beside its text.
const NODE: usize = 32;

/// Where the values of a template come from. Only randomness changes it. What a place does not know has no value there.
pub trait Scope {
    /// A variable, or what the acting client has captured under this name, which shadows the variable.
    fn variable(&self, name: &str) -> Option<Cow<'_, Value>>;
    /// Whether this variable is a secret that has no value yet; only the bench has such.
    fn lacks_secret(&self, _name: &str) -> bool {
        false
    }
    /// What another client has captured.
    fn capture(&self, _client: &str, _name: &str) -> Option<Cow<'_, Value>> {
        None
    }
    /// The environment: the process's for the command, what the host and the form set in the page.
    fn env(&self, _name: &str) -> Option<&str> {
        None
    }
    /// The client that acts; none where no client does.
    fn client(&self) -> Option<&str> {
        None
    }
    /// The place of the client in its group, from 0.
    fn index(&self) -> Option<u64> {
        None
    }
    /// The round of the innermost `repeat`, from 0.
    fn iteration(&self) -> Option<u64> {
        None
    }
    /// The number of the message that is being built, per client; the same for every placeholder of one message.
    fn seq(&self) -> Option<u64> {
        None
    }
    /// Milliseconds since 1970 in UTC.
    fn now_millis(&self) -> u64;
    /// Learns what a function has made of a value, which may be a secret or hold one. It has a name if it is a variable or capture.
    fn derive(&self, _name: &str, _from: &Value, _made: &Value) -> Result<(), String> {
        Ok(())
    }
    /// The next number of the run's seeded sequence.
    fn random(&mut self) -> u64;
}

/// Why a template could not be expanded, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct ExpandError {
    /// JSON path of the string, `$` when it stands alone.
    pub path: String,
    /// Byte offset of the placeholder in the string.
    pub at: usize,
    /// What is wrong.
    pub kind: ExpandErrorKind,
}

/// What can be missing when the values are known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpandErrorKind {
    /// No such variable, or not captured yet.
    #[error("{0} has no value here; it is neither a variable nor captured by this client yet")]
    Variable(String),
    /// The other client has not captured it.
    #[error("{client} has not captured {name} yet")]
    Capture {
        /// The other client.
        client: String,
        /// What it should have captured.
        name: String,
    },
    /// The environment does not have it.
    #[error("the environment has no {0}; set it, or write {{{{env.{0} ?? default}}}}")]
    Env(String),
    /// `client` or `seq` where no client acts.
    #[error("{{{{{0}}}}} has no value here, because no client acts")]
    NoClient(&'static str),
    /// `index` outside a group.
    #[error("{{{{index}}}} has no value here, because the client is not a member of a group")]
    NoGroup,
    /// `i` outside a `repeat`.
    #[error("{{{{i}}}} has no value here, because no repeat is around it")]
    NoRepeat,
    /// A function was given something else.
    #[error("{function} takes {wanted}, found {found}")]
    NotANumber {
        /// Such as `add`.
        function: &'static str,
        /// `numbers` or `whole numbers`.
        wanted: &'static str,
        /// The value, cut.
        found: String,
    },
    /// A sum or a product beyond 38 digits.
    #[error("the result of {0} has more digits than can be calculated with")]
    TooManyDigits(&'static str),
    /// What was made of a secret could not be kept out of the report.
    #[error("{0}")]
    Derived(String),
    /// The result passes [`LIMIT`].
    #[error("the expanded text is larger than {0} bytes")]
    TooLarge(usize),
}

/// What may still be copied.
#[derive(Clone)]
pub(super) struct Budget {
    limit: usize,
    left: usize,
}

impl Budget {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, left: limit }
    }

    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), ExpandErrorKind> {
        self.left = self.left.checked_sub(bytes).ok_or(ExpandErrorKind::TooLarge(self.limit))?;
        Ok(())
    }

    /// Pays for a copy of `value`. A text costs its bytes, so that the largest payload fits as a text.
    pub(super) fn spend_value(&mut self, value: &Value) -> Result<(), ExpandErrorKind> {
        let mut waiting = vec![value];
        while let Some(value) = waiting.pop() {
            match value {
                Value::String(text) => self.spend(text.len())?,
                Value::Array(items) => {
                    self.spend(NODE * (items.len() + 1))?;
                    waiting.extend(items);
                }
                Value::Object(entries) => {
                    self.spend(NODE * (entries.len() + 1) + entries.keys().map(String::len).sum::<usize>())?;
                    waiting.extend(entries.values());
                }
                _ => self.spend(NODE)?,
            }
        }
        Ok(())
    }
}

impl Template {
    /// Puts the values in. A template that is one placeholder and nothing else keeps the type of its value.
    pub fn expand(&self, scope: &mut dyn Scope) -> Result<Value, ExpandError> {
        self.expand_within(&mut Budget::new(LIMIT), scope)
    }

    /// Puts the values in and gives text whatever their type: text as it is, anything else as compact JSON.
    pub fn expand_text(&self, scope: &mut dyn Scope) -> Result<String, ExpandError> {
        self.expand(scope).map(into_text)
    }

    pub(super) fn expand_within(
        &self,
        budget: &mut Budget,
        scope: &mut dyn Scope,
    ) -> Result<Value, ExpandError> {
        let placed = |at, kind| ExpandError { path: "$".to_owned(), at, kind };
        if let [Part::Place { at, say }] = self.parts.as_slice() {
            return say.value(budget, scope).map_err(|kind| placed(*at, kind));
        }
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(literal) => {
                    budget.spend(literal.len()).map_err(|kind| placed(0, kind))?;
                    text.push_str(literal);
                }
                Part::Place { at, say } => {
                    // What one placeholder may be is bounded by what is left for the whole.
                    let piece = say.value(&mut budget.clone(), scope).map(into_text);
                    let piece = piece.map_err(|kind| placed(*at, kind))?;
                    budget.spend(piece.len()).map_err(|kind| placed(*at, kind))?;
                    text.push_str(&piece);
                }
            }
        }
        Ok(Value::String(text))
    }
}

/// A value within a text: text as it is, anything else as compact JSON.
pub(crate) fn into_text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

impl Say {
    pub(super) fn value(&self, budget: &mut Budget, scope: &mut dyn Scope) -> Result<Value, ExpandErrorKind> {
        let made = match self {
            Self::Name(name) => return name.value(budget, scope),
            Self::EnvOr(name, default) => match scope.env(name).filter(|text| !text.is_empty()) {
                Some(text) => like(default, text),
                None => default.clone(),
            },
            Self::Uuid => Value::String(generate::uuid(scope.random(), scope.random())),
            Self::Now(offset) => number(scope.now_millis().saturating_add_signed(*offset)),
            Self::Iso(offset) => {
                Value::String(generate::iso(scope.now_millis().saturating_add_signed(*offset)))
            }
            Self::Random(low, high) => {
                Value::Number(Number::from(generate::between(*low, *high, scope.random())))
            }
            Self::Pick(choices) => {
                let last = i64::try_from(choices.len() - 1).unwrap_or(i64::MAX);
                choices[generate::between(0, last, scope.random()) as usize].clone()
            }
            Self::Call(call) => call.value(budget, scope)?,
        };
        budget.spend_value(&made)?;
        Ok(made)
    }
}

/// A text of the environment in the type of the default beside it, if it reads as one; else it stays text, so that
/// `TEST_DURATION=30s` works where the default is `5`.
pub(super) fn like(default: &Value, text: &str) -> Value {
    let value = typed(text);
    match (default, &value) {
        (Value::Number(_), Value::Number(_)) | (Value::Bool(_), Value::Bool(_)) => value,
        _ => Value::String(text.to_owned()),
    }
}

fn number(count: u64) -> Value {
    Value::Number(Number::from(count))
}

impl Name {
    pub(super) fn value(&self, budget: &mut Budget, scope: &dyn Scope) -> Result<Value, ExpandErrorKind> {
        let found = match self {
            Self::Variable(name) => {
                scope.variable(name).ok_or_else(|| ExpandErrorKind::Variable(name.clone()))?
            }
            Self::Capture { client, name } => scope
                .capture(client, name)
                .ok_or_else(|| ExpandErrorKind::Capture { client: client.clone(), name: name.clone() })?,
            Self::Env(name) => {
                let text = scope.env(name).ok_or_else(|| ExpandErrorKind::Env(name.clone()))?;
                budget.spend(text.len())?;
                return Ok(Value::String(text.to_owned()));
            }
            Self::Client => {
                let client = scope.client().ok_or(ExpandErrorKind::NoClient("client"))?;
                return Ok(Value::String(client.to_owned()));
            }
            Self::Seq => return scope.seq().map(number).ok_or(ExpandErrorKind::NoClient("seq")),
            Self::Index => return scope.index().map(number).ok_or(ExpandErrorKind::NoGroup),
            Self::Iteration => return scope.iteration().map(number).ok_or(ExpandErrorKind::NoRepeat),
        };
        budget.spend_value(&found)?;
        Ok(found.into_owned())
    }
}

/// A scope for tests: variables by name, captures as `client.name`, a seeded sequence, and the first moment of 2026.
#[cfg(test)]
pub(crate) mod fixture {
    use std::collections::BTreeMap;

    use super::*;
    use crate::base::random::Random;

    pub(crate) struct Known {
        pub(crate) variables: BTreeMap<String, Value>,
        pub(crate) captures: BTreeMap<String, Value>,
        pub(crate) env: BTreeMap<String, String>,
        pub(crate) acting: bool,
        pub(crate) random: Random,
        pub(crate) derived: std::cell::RefCell<Vec<String>>,
    }

    impl Known {
        pub(crate) fn with_seed(seed: u64) -> Self {
            let variables = [
                ("n", serde_json::json!(5)),
                ("room", "blue".into()),
                ("who", serde_json::json!({"b": 1, "a": [true, null]})),
            ];
            Self {
                variables: variables.map(|(name, value)| (name.to_owned(), value)).into(),
                captures: [("bob.sid".to_owned(), "s-1".into())].into(),
                env: [("HOST", "example.com"), ("COUNT", "10"), ("EMPTY", ""), ("WORD", "30s")]
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .into(),
                acting: true,
                random: Random::with_seed(seed),
                derived: Default::default(),
            }
        }
    }

    impl Scope for Known {
        fn variable(&self, name: &str) -> Option<Cow<'_, Value>> {
            self.variables.get(name).map(Cow::Borrowed)
        }
        fn capture(&self, client: &str, name: &str) -> Option<Cow<'_, Value>> {
            self.captures.get(&format!("{client}.{name}")).map(Cow::Borrowed)
        }
        fn env(&self, name: &str) -> Option<&str> {
            self.env.get(name).map(String::as_str)
        }
        fn client(&self) -> Option<&str> {
            self.acting.then_some("alice")
        }
        fn index(&self) -> Option<u64> {
            self.acting.then_some(2)
        }
        fn iteration(&self) -> Option<u64> {
            self.acting.then_some(7)
        }
        fn seq(&self) -> Option<u64> {
            self.acting.then_some(1)
        }
        fn now_millis(&self) -> u64 {
            1_767_225_600_000
        }
        fn derive(&self, name: &str, _: &Value, _: &Value) -> Result<(), String> {
            self.derived.borrow_mut().push(name.to_owned());
            Ok(())
        }
        fn random(&mut self) -> u64 {
            self.random.next_u64()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::fixture::Known;
    use super::*;

    fn expand(text: &str, scope: &mut Known) -> Result<Value, ExpandError> {
        Template::parse(text).expect("a good template").expand(scope)
    }

    #[track_caller]
    fn check(text: &str, expected: Value) {
        assert_eq!(expand(text, &mut Known::with_seed(42)), Ok(expected));
    }

    #[track_caller]
    fn check_err(text: &str, at: usize, message: &str) {
        let mut scope = Known { acting: false, ..Known::with_seed(42) };
        let error = expand(text, &mut scope).expect_err("something missing");
        assert_eq!((error.at, error.to_string().as_str()), (at, message));
    }

    #[test]
    fn ok_a_placeholder_alone_keeps_the_type() {
        check("{{n}}", json!(5));
        check("{{ who }}", json!({"b": 1, "a": [true, null]}));
        check("{{i}}", json!(7));
    }

    #[test]
    fn ok_within_a_text_it_is_text() {
        check("n={{n}}", json!("n=5"));
        check("{{who}}!", json!("{\"b\":1,\"a\":[true,null]}!"));
        check("r-{{room}}-{{bob.sid}}", json!("r-blue-s-1"));
    }

    #[test]
    fn ok_who_acts_and_when() {
        check("{{client}}/{{index}}/{{seq}}/{{i}}", json!("alice/2/1/7"));
        check("{{now}}", json!(1_767_225_600_000_u64));
        check("{{iso}}", json!("2026-01-01T00:00:00.000Z"));
    }

    #[test]
    fn ok_environment() {
        check("wss://{{env.HOST}}/", json!("wss://example.com/"));
        check("{{env.NONE ?? ws://h:1/ws}}", json!("ws://h:1/ws"));
        check("{{env.EMPTY ?? ws://h:1/ws}}", json!("ws://h:1/ws"));
        check("{{env.EMPTY}}", json!(""));
    }

    #[test]
    fn ok_the_default_says_the_type() {
        check("{{env.NONE ?? 5}}", json!(5));
        check("{{env.COUNT ?? 5}}", json!(10));
        check("{{env.COUNT ?? '5'}}", json!("10"));
        check("{{env.WORD ?? 5}}", json!("30s"));
        check("{{env.COUNT}}", json!("10"));
    }

    #[test]
    fn ok_base64() {
        check("{{base64 room}}", json!("Ymx1ZQ=="));
        check("{{base64 n}}", json!("NQ=="));
    }

    #[test]
    fn the_same_seed_gives_the_same_text() {
        let text = "{{uuid}} {{random 1 100}} {{pick a b c}}";
        let of = |seed| expand(text, &mut Known::with_seed(seed)).expect("a value");
        assert_eq!(of(42), of(42));
        assert_ne!(of(42), of(43));
        check("{{random 1 100}}", json!(75));
    }

    #[test]
    fn two_uuids_of_one_text_differ() {
        let value = expand("{{uuid}} {{uuid}}", &mut Known::with_seed(1)).expect("a value");
        let (one, two) = value.as_str().and_then(|text| text.split_once(' ')).expect("two");
        assert_ne!(one, two);
    }

    #[test]
    fn what_a_value_says_is_not_read_again() {
        let mut scope = Known::with_seed(1);
        scope.variables.insert("evil".to_owned(), json!("{{env.HOST}}"));
        assert_eq!(expand("a {{evil}}", &mut scope), Ok(json!("a {{env.HOST}}")));
    }

    #[test]
    fn err_missing_values() {
        check_err(
            "ab {{x}}",
            3,
            "x has no value here; it is neither a variable nor captured by this client yet",
        );
        check_err("{{bob.x}}", 0, "bob has not captured x yet");
        check_err("{{env.X}}", 0, "the environment has no X; set it, or write {{env.X ?? default}}");
        check_err("{{seq}}", 0, "{{seq}} has no value here, because no client acts");
        check_err("{{client}}", 0, "{{client}} has no value here, because no client acts");
        check_err(
            "{{index}}",
            0,
            "{{index}} has no value here, because the client is not a member of a group",
        );
        check_err("{{i}}", 0, "{{i}} has no value here, because no repeat is around it");
    }

    #[test]
    fn err_more_than_the_limit() {
        let mut scope = Known::with_seed(1);
        scope.variables.insert("big".to_owned(), json!("x".repeat(LIMIT / 2)));
        assert!(expand("{{big}}{{big}}", &mut scope).is_ok());
        let error = expand("{{big}}{{big}}x", &mut scope).expect_err("too much");
        assert_eq!(error.to_string(), "the expanded text is larger than 67108864 bytes");
    }
}
