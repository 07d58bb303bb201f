//! What the placeholders of the bench stand for.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::engine::template::Scope;
use crate::wire::Variable;

/// Own names and what they stand for.
#[derive(Default)]
pub(super) struct Names(BTreeMap<String, Value>);

impl Names {
    /// Of the variables that were set up; of two with one name the later counts.
    pub fn of(variables: &[Variable]) -> Self {
        let known = variables.iter().filter(|variable| !variable.name.is_empty());
        Self(known.map(|it| (it.name.clone(), Value::String(it.value.clone()))).collect())
    }
}

/// The names as they are for one message.
pub(super) struct MessageScope<'a> {
    pub names: &'a Names,
    /// What shadows them: the message that is answered, and its members.
    pub extra: &'a [(String, Value)],
    pub client: &'a str,
    pub index: u64,
    pub round: Option<u64>,
    pub seq: u64,
    pub now_millis: u64,
    pub random: &'a dyn Fn() -> u64,
}

impl Scope for MessageScope<'_> {
    fn variable(&self, name: &str) -> Option<Cow<'_, Value>> {
        let extra = self.extra.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        extra.or_else(|| self.names.0.get(name)).map(Cow::Borrowed)
    }

    fn capture(&self, _client: &str, _name: &str) -> Option<Cow<'_, Value>> {
        None
    }

    fn env(&self, _name: &str) -> Option<&str> {
        None
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

    fn random(&mut self) -> u64 {
        (self.random)()
    }
}
