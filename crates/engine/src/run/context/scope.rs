//! The source of the values for placeholders of a step.

use std::borrow::Cow;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::super::connections::Connections;
use super::super::connections::member::Member;
use super::run::RunShared;
use super::values::Values;
use crate::World;
use crate::base::mask::is_derived_secret;
use crate::template::Scope;
use crate::template::into_text;

/// What is known to a step: who acts, in which round.
pub(crate) struct StepScope<'a, W: World> {
    pub run: &'a RunShared<W>,
    pub values: &'a Values,
    pub connections: &'a Connections<W>,
    pub member: Option<&'a Rc<Member<W>>>,
    /// The parameters of a definition.
    pub arguments: Option<&'a Map<String, Value>>,
    pub round: Option<u64>,
    /// The number of the message that is being built, or of the last one.
    pub seq: Option<u64>,
}

impl<W: World> Scope for StepScope<'_, W> {
    fn variable(&self, name: &str) -> Option<Cow<'_, Value>> {
        if let Some(value) = self.arguments.and_then(|arguments| arguments.get(name)) {
            return Some(Cow::Borrowed(value));
        }
        let captured = self.member.and_then(|member| member.captures.borrow().get(name).cloned());
        if let Some(value) = captured.or_else(|| self.values.variable(name)) {
            return Some(Cow::Owned(value));
        }
        self.run.plan.vars.get(name).map(Cow::Borrowed)
    }
    fn capture(&self, client: &str, name: &str) -> Option<Cow<'_, Value>> {
        let member = self.connections.member(client)?;
        let value = member.captures.borrow().get(name).cloned();
        value.map(Cow::Owned)
    }
    fn env(&self, name: &str) -> Option<&str> {
        self.run.plan.options.env.get(name).map(String::as_str)
    }
    fn client(&self) -> Option<&str> {
        self.member.map(|member| member.name.as_str())
    }
    fn index(&self) -> Option<u64> {
        self.member.and_then(|member| member.index)
    }
    fn iteration(&self) -> Option<u64> {
        self.round
    }
    fn seq(&self) -> Option<u64> {
        self.seq
    }
    fn now_millis(&self) -> u64 {
        self.run.now_millis()
    }
    fn derive(&self, name: &str, from: &Value, made: &Value) -> Result<(), String> {
        let masker = &self.run.plan.masker;
        if !is_derived_secret(&into_text(made.clone())) {
            return Ok(());
        }
        // A secret of the environment has no name, and a variable may hold one beside other words.
        match masker.knows(&into_text(from.clone())) {
            true => masker.learn(made).map_err(|error| error.to_string()),
            false => self.run.learn(name, made).map_err(|failure| failure.message),
        }
    }
    fn random(&mut self) -> u64 {
        self.run.random.borrow_mut().next_u64()
    }
}
