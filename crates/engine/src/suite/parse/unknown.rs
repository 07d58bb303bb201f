//! Keys that an object does not have.
//!
//! Owns what is said of one: the nearest key, where it belongs, or what says the same. Its one rule: one mistake has one line.

use super::reader::Reader;
use crate::base::nearest::nearest;
use crate::base::words::cut;
use crate::matcher::Matcher;
use crate::suite::keys::{Table, VERBS};
use crate::suite::source::{Member, Node};

impl Reader<'_> {
    pub(super) fn unknown_key(&mut self, member: &Member, table: &'static Table) {
        if self.problems.is_full() {
            return self.wrong(member.key_span, "");
        }
        if let Some(words) = elsewhere(table.noun, &member.key) {
            return self.wrong(member.key_span, words);
        }
        let matchers = table.takes_matcher.then(Matcher::keys).into_iter().flatten();
        let known: Vec<&str> = table.keys.iter().map(|key| key.name).chain(matchers).collect();
        let elsewhere = VERBS.iter().filter(|verb| verb.table.has(&member.key)).map(|verb| verb.table.noun);
        let hint = match nearest(&member.key, known.iter().copied()) {
            Some(near) => format!("did you mean {near:?}?"),
            None if table.noun.ends_with(" step") && elsewhere.clone().next().is_some() => {
                format!("it belongs to {}", elsewhere.collect::<Vec<_>>().join(" or "))
            }
            None => {
                let keys: Vec<&str> = table.keys.iter().map(|key| key.name).collect();
                let matchers = if table.takes_matcher { ", and the keys of a matcher" } else { "" };
                format!("it has {}{matchers}", keys.join(", "))
            }
        };
        self.wrong(
            member.key_span,
            format!("{:?} is not a key of {}; {hint}", cut(&member.key, 60), table.noun),
        );
    }
}

/// Whether an object has an unknown key that is nearly this one.
pub(super) fn is_misspelt(node: &Node, table: &Table, name: &str) -> bool {
    let members = node.members().unwrap_or_default();
    let mut unknown = members.iter().filter(|member| !table.has(&member.key)).take(100);
    unknown.any(|member| nearest(&member.key, [name]).is_some())
}

/// Where something else says what a key here is meant to say, or why nothing does.
fn elsewhere(noun: &str, key: &str) -> Option<&'static str> {
    let lower = key.to_ascii_lowercase();
    let is_step = noun.ends_with(" step");
    Some(match lower.as_str() {
        // What a browser keeps a page from doing, and the ways around it.
        "header" | "cookie" | "authorization" | "auth" if noun == "a client" => {
            "a handshake's fields stand in \"headers\", for the native engine; a page sets none of them, so put a token into the \
             address (\"url\": \"wss://host/ws?token={{token}}\") or into \"protocols\", or send it as the first message"
        }
        "until" | "times" | "every" if is_step => {
            "rounds are described in \"repeat\"; write \"repeat\": {\"until\": {\"subset\": {\"state\": \"done\"}}, \"times\": 10}"
        }
        "until" | "every" | "within" | "status" | "capture" if noun == "an HTTP call" => {
            "what the answer must be stands beside \"http\"; write \"expect\": {\"status\": 200}"
        }
        "then" if is_step => "\"if\" stands in the step that it decides about; write its verb beside \"if\"",
        "else" if is_step && noun != "a try step" => {
            "\"else\" goes with \"try\"; for the other case write a step with \"unless\""
        }
        "catch" if noun == "a try step" => "what runs after a failure stands in \"else\"",
        _ => return None,
    })
}
