//! The source of the values for placeholders of a run.

use std::borrow::Cow;
use std::cell::RefCell;

use serde_json::Value;

use super::options::Options;
use crate::base::random::Random;
use crate::template::Scope;

/// Randomness and time before anything runs.
pub(crate) struct Sources {
    pub random: Random,
    pub now_millis: u64,
    /// The names whose values are secret.
    secrets: Vec<String>,
    /// What functions have made of secrets.
    derived: RefCell<Vec<Value>>,
}

impl Sources {
    pub fn new(random: Random, now_millis: u64) -> Self {
        Self { random, now_millis, secrets: Vec::new(), derived: RefCell::default() }
    }

    /// Remembers what is made of values of these names.
    pub fn watching(self, secrets: &[String]) -> Self {
        Self { secrets: secrets.to_vec(), ..self }
    }

    /// What functions have made of secrets since the last time.
    pub fn take_derived(&self) -> Vec<Value> {
        self.derived.take()
    }
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
    fn derive(&self, name: &str, _from: &Value, made: &Value) -> Result<(), String> {
        if self.sources.secrets.iter().any(|secret| secret == name) {
            self.sources.derived.borrow_mut().push(made.clone());
        }
        Ok(())
    }
    fn random(&mut self) -> u64 {
        self.sources.random.next_u64()
    }
}
