//! The values of the bench's placeholders.
//!
//! Owns the names of variables and of one message. It refuses to know who sends it. A secret without a value is not an
//! empty text: a message that needs it is refused.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::template::Scope;

/// The person's own names and what they stand for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Names {
    values: BTreeMap<String, Value>,
    /// Secrets without a value.
    missing: BTreeSet<String>,
}

impl Names {
    /// Of variables: name, value, and whether it is a secret. If two share a name, the later counts.
    pub fn of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str, bool)>) -> Self {
        let mut names = Self::default();
        for (name, value, is_secret) in variables.into_iter().filter(|(name, ..)| !name.is_empty()) {
            names.values.insert(name.to_owned(), Value::String(value.to_owned()));
            match is_secret && value.is_empty() {
                true => drop(names.missing.insert(name.to_owned())),
                false => drop(names.missing.remove(name)),
            }
        }
        names
    }
}

/// The names as they are for one message.
pub struct MessageScope<'a> {
    /// The variables.
    pub names: &'a Names,
    /// What shadows them: the message that is answered, and its members.
    pub extra: &'a [(String, Value)],
    /// The name of the connection.
    pub client: &'a str,
    /// Its place in the list.
    pub index: u64,
    /// The round of a repeat.
    pub round: Option<u64>,
    /// The number of the message on its connection.
    pub seq: u64,
    /// Milliseconds since 1970.
    pub now_millis: u64,
    /// The next random number.
    pub random: &'a dyn Fn() -> u64,
    /// Learns what a function has made of a value that may be a secret.
    pub derive: &'a dyn Fn(&Value, &Value) -> Result<(), String>,
}

impl<'a> MessageScope<'a> {
    /// A message that is only looked at: whether it can be built does not depend on the moment or on chance.
    pub fn trial(names: &'a Names, client: &'a str) -> Self {
        Self {
            names,
            extra: &[],
            client,
            index: 0,
            round: Some(0),
            seq: 1,
            now_millis: 0,
            random: &|| 4,
            derive: &|_, _| Ok(()),
        }
    }
}

impl Scope for MessageScope<'_> {
    fn variable(&self, name: &str) -> Option<Cow<'_, Value>> {
        let extra = self.extra.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        extra.or_else(|| self.names.values.get(name)).map(Cow::Borrowed)
    }

    fn lacks_secret(&self, name: &str) -> bool {
        self.extra.iter().all(|(known, _)| known != name) && self.names.missing.contains(name)
    }

    fn client(&self) -> Option<&str> {
        Some(self.client)
    }

    fn index(&self) -> Option<u64> {
        Some(self.index)
    }

    fn iteration(&self) -> Option<u64> {
        self.round
    }

    fn seq(&self) -> Option<u64> {
        Some(self.seq)
    }

    fn now_millis(&self) -> u64 {
        self.now_millis
    }

    fn derive(&self, _name: &str, from: &Value, made: &Value) -> Result<(), String> {
        (self.derive)(from, made)
    }

    fn random(&mut self) -> u64 {
        (self.random)()
    }
}
