//! The source of the values for placeholders of a run.

use std::borrow::Cow;

use serde_json::Value;

use super::options::Options;
use crate::base::random::Random;
use crate::template::Scope;

/// Randomness and time before anything runs.
pub(crate) struct Sources {
    pub random: Random,
    pub now_millis: u64,
}

/// What is known before any client acts.
pub(crate) struct EarlyScope<'a> {
    pub sources: &'a mut Sources,
    pub options: &'a Options,
    pub vars: &'a serde_json::Map<String, Value>,
    pub row: &'a serde_json::Map<String, Value>,
}

impl Scope for EarlyScope<'_> {
    fn variable(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.row.get(name).or_else(|| self.vars.get(name)).map(Cow::Borrowed)
    }
    fn env(&self, name: &str) -> Option<&str> {
        self.options.env.get(name).map(String::as_str)
    }
    fn now_millis(&self) -> u64 {
        self.sources.now_millis
    }
    fn random(&mut self) -> u64 {
        self.sources.random.next_u64()
    }
}
