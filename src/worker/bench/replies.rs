//! Automatic replies: which message sets off which.
//!
//! Owns the rules and how often each has replied. It refuses to send. One rule: a rule whose reply sets off itself, as on an
//! echo, is stopped and says so, before it floods the server.

use std::time::Duration;

use serde_json::Value;

use super::matching::Matching;
use crate::engine::bench::draft::Draft;
use crate::engine::{Instant, Payload};
use crate::wire::bench::{ConnectionId, Rule, RuleSeen};

/// More replies of one rule within [`WINDOW`] answer themselves.
const MOST: u32 = 500;
const WINDOW: Duration = Duration::from_secs(1);
/// Names of members are offered for messages up to this size; reading a larger one takes too long.
const LARGEST_READ: usize = 64 << 10;

/// The rules, as they were set up last.
#[derive(Default)]
pub(super) struct Replies {
    rules: Vec<Kept>,
    pub changed: bool,
}

struct Kept {
    rule: Rule,
    when: Option<Matching>,
    seen: RuleSeen,
    window: (Instant, u32),
}

/// A reply that is due.
pub(super) struct Due {
    pub draft: Draft,
    pub after: Duration,
    /// The place of its rule.
    pub rule: usize,
}

impl Replies {
    /// Takes the rules; one that has not changed keeps its count.
    pub fn arrange(&mut self, rules: &[Rule]) {
        if self.rules.len() == rules.len()
            && self.rules.iter().zip(rules).all(|(kept, rule)| kept.rule == *rule)
        {
            return;
        }
        let mut old = std::mem::take(&mut self.rules);
        self.rules = rules
            .iter()
            .map(|rule| match old.iter().position(|kept| kept.rule == *rule) {
                Some(at) => old.swap_remove(at),
                None => Kept::new(rule.clone()),
            })
            .collect();
        self.changed = true;
    }

    /// The replies that a message sets off.
    pub fn to(&mut self, connection: ConnectionId, message: &Payload, now: Instant) -> Vec<Due> {
        let mut due = Vec::new();
        for (place, kept) in self.rules.iter_mut().enumerate() {
            if !kept.takes(connection, message) {
                continue;
            }
            self.changed = true;
            if kept.is_flooding(now) {
                kept.seen.wrong = Some(format!(
                    "stopped after {MOST} replies in a second: it seems to answer itself; change it or switch it on again"
                ));
                continue;
            }
            due.push(Due { draft: kept.rule.reply.clone(), after: kept.rule.after, rule: place });
        }
        due
    }

    /// A reply went out, or could not.
    pub fn replied(&mut self, rule: usize, wrong: Option<String>) {
        if let Some(kept) = self.rules.get_mut(rule) {
            kept.seen.sent += u64::from(wrong.is_none());
            kept.seen.wrong = wrong;
            self.changed = true;
        }
    }

    /// How they are doing, in their order.
    pub fn report(&self) -> Vec<RuleSeen> {
        self.rules.iter().map(|kept| kept.seen.clone()).collect()
    }
}

impl Kept {
    fn new(rule: Rule) -> Self {
        let when = Matching::read(&rule.when);
        let wrong = when.as_ref().err().map(ToString::to_string);
        let when = when.ok();
        Self { rule, when, seen: RuleSeen { sent: 0, wrong }, window: (Instant::ORIGIN, 0) }
    }

    fn takes(&self, connection: ConnectionId, message: &Payload) -> bool {
        let is_here = self.rule.connections.is_empty() || self.rule.connections.contains(&connection);
        self.rule.is_on
            && is_here
            && self.window.1 <= MOST
            && self.when.as_ref().is_some_and(|when| when.takes(message))
    }

    fn is_flooding(&mut self, now: Instant) -> bool {
        if now - self.window.0 > WINDOW {
            self.window = (now, 0);
        }
        self.window.1 += 1;
        self.window.1 > MOST
    }
}

/// The names that a reply may use beside the variables: the message, and the members of its JSON object.
pub(super) fn names_in(message: &Payload) -> Vec<(String, Value)> {
    let Payload::Text(text) = message else { return Vec::new() };
    let mut names = vec![("message".to_owned(), Value::String(text.clone()))];
    if text.len() <= LARGEST_READ
        && let Ok(Value::Object(members)) = serde_json::from_str(text)
    {
        names.extend(members);
    }
    names
}
