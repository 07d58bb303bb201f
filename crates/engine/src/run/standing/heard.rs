//! What an answer may name: all that a step may, and the message that came.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::super::context::scope::StepScope;
use crate::matcher::{Matcher, Subject};
use crate::template::Scope;
use crate::{Payload, World};

/// The name of the message that came.
pub(super) const MESSAGE: &str = "message";

/// What is known to an answer.
pub(super) struct Heard<'a, W: World> {
    pub scope: StepScope<'a, W>,
    pub message: &'a Subject<'static>,
    /// What chose the message; its groups have names.
    pub to: &'a Matcher,
}

impl<W: World> Heard<'_, W> {
    /// JSON as it is, other text as a text, bytes as base64.
    fn whole(&self) -> Value {
        match (self.message.json(), self.message.payload()) {
            (Some(json), _) => json.clone(),
            (None, Payload::Text(text)) => Value::String(text.clone()),
            (None, Payload::Binary(bytes)) => Value::String(STANDARD.encode(bytes)),
        }
    }
}

impl<W: World> Scope for Heard<'_, W> {
    fn variable(&self, name: &str) -> Option<Cow<'_, Value>> {
        match name {
            MESSAGE => Some(Cow::Owned(self.whole())),
            _ => self.scope.variable(name),
        }
    }
    fn capture(&self, client: &str, name: &str) -> Option<Cow<'_, Value>> {
        let Some(member) =
            client.strip_prefix(MESSAGE).filter(|rest| rest.is_empty() || rest.starts_with('['))
        else {
            return self.scope.capture(client, name);
        };
        if member.is_empty()
            && let Some(group) = self.to.group(self.message, name)
        {
            return Some(Cow::Owned(Value::String(group.to_owned())));
        }
        let json = self.message.json()?;
        part(json, member).and_then(|json| part(json, name)).map(Cow::Borrowed)
    }
    fn env(&self, name: &str) -> Option<&str> {
        self.scope.env(name)
    }
    fn client(&self) -> Option<&str> {
        self.scope.client()
    }
    fn index(&self) -> Option<u64> {
        self.scope.index()
    }
    fn seq(&self) -> Option<u64> {
        self.scope.seq()
    }
    fn now_millis(&self) -> u64 {
        self.scope.now_millis()
    }
    fn derive(&self, name: &str, from: &Value, made: &Value) -> Result<(), String> {
        self.scope.derive(name, from, made)
    }
    fn random(&mut self) -> u64 {
        self.scope.random()
    }
}

/// A part of a value: `items[0].id`.
fn part<'v>(whole: &'v Value, path: &str) -> Option<&'v Value> {
    let steps = path.split(['.', '[']).map(|step| step.trim_end_matches(']')).filter(|step| !step.is_empty());
    steps.into_iter().try_fold(whole, |value, step| match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        other => other.get(step),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_way_leads_through_members_and_items() {
        let value = json!({"items": [{"id": 7}, [1, 2]], "1": "one"});
        assert_eq!(part(&value, "items[0].id"), Some(&json!(7)));
        assert_eq!(part(&value, "items.1[1]"), Some(&json!(2)));
        assert_eq!(part(&value, "1"), Some(&json!("one")));
        assert_eq!(part(&value, "items[2]"), None);
        assert_eq!(part(&json!([[5]]), "[0][0]"), Some(&json!(5)));
        assert_eq!(part(&value, ""), Some(&value));
    }
}
