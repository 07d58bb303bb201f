//! Looks for a value that comes back in replies, where no other rule has recognised them.
//!
//! Owns a few messages that were sent and the values in them that may be ids. It refuses to decide: it counts what it
//! has seen, and the user decides. It reads a bounded number of messages, so that a guess does not slow down the
//! measuring of a flood.

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use super::key_of;
use crate::Payload;

/// Messages sent of which the answer is still looked for.
const MOST_SENT: usize = 64;
/// Messages that are read in all, sent and received.
const MOST_READ: u32 = 2000;
/// How many incoming messages are read after one was sent.
const READ_AFTER_SENT: u32 = 100;
/// Longer ones are not read.
const LONGEST: usize = 16 << 10;
/// Replies that make an offer: one could be chance.
const ENOUGH: u64 = 2;
/// Values of one member that are remembered to see whether they differ.
const MOST_VALUES: usize = 256;
/// Values that differ, for each that repeats one: a member with fewer is not an id.
const DIFFERENT: usize = 3;

/// A value of the message that comes back in the reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The path in the message.
    pub sent: String,
    /// The path in the reply.
    pub received: String,
    /// Replies that have it.
    pub replies: u64,
}

/// The search on one connection.
#[derive(Debug, Default)]
pub(super) struct Scout {
    sent: VecDeque<Vec<(String, u64)>>,
    /// What each member was in the messages sent.
    values: FxHashMap<String, Values>,
    /// Replies by the two paths.
    replies: FxHashMap<(String, String), u64>,
    read: u32,
    left: u32,
}

/// What a member was. An id differs from message to message, but a message may be sent again with its id.
#[derive(Debug, Default)]
struct Values {
    known: FxHashSet<u64>,
    repeats: usize,
}

impl Values {
    fn next(&mut self, value: u64) {
        if self.known.contains(&value) {
            self.repeats += 1;
        } else if self.known.len() < MOST_VALUES {
            self.known.insert(value);
        }
    }

    fn may_be_id(&self) -> bool {
        self.repeats <= self.known.len()
    }

    fn is_id(&self) -> bool {
        self.repeats * DIFFERENT <= self.known.len()
    }
}

impl Scout {
    pub fn sent(&mut self, payload: &Payload) {
        let Some(message) = self.read(payload) else { return };
        let ids: Vec<_> = members(&message).into_iter().map(|(path, value)| (path, key_of(value))).collect();
        for (path, key) in &ids {
            self.values.entry(path.clone()).or_default().next(*key);
        }
        if ids.is_empty() {
            return;
        }
        if self.sent.len() == MOST_SENT {
            self.sent.pop_front();
        }
        self.sent.push_back(ids);
        self.left = READ_AFTER_SENT;
    }

    /// A message came that nothing else has recognised as a reply.
    pub fn received(&mut self, payload: &Payload) {
        if self.left == 0 || self.sent.is_empty() {
            return;
        }
        self.left -= 1;
        let Some(message) = self.read(payload) else { return };
        let came: Vec<_> = members(&message).into_iter().map(|(path, value)| (path, key_of(value))).collect();
        let answers = |ids: &Vec<(String, u64)>| {
            let mut pairs = Vec::new();
            for (sent, key) in ids {
                let is_id = self.values.get(sent).is_some_and(Values::may_be_id);
                let found = came.iter().filter(|(_, other)| is_id && other == key);
                pairs.extend(found.map(|(received, _)| (sent.clone(), received.clone())));
            }
            pairs
        };
        let found = self.sent.iter().enumerate().map(|(at, ids)| (at, answers(ids)));
        let Some((at, pairs)) = found.into_iter().find(|(_, pairs)| !pairs.is_empty()) else { return };
        self.sent.remove(at);
        for pair in pairs {
            *self.replies.entry(pair).or_default() += 1;
        }
    }

    /// What most replies have in common with their questions; none before there are a few.
    pub fn found(&self) -> Option<Found> {
        // Where two are as good, the one of the same name, then the first by the alphabet, so that the offer stands still.
        let rank = |((sent, received), replies): &(&(String, String), &u64)| {
            (**replies, sent == received, std::cmp::Reverse((sent.clone(), received.clone())))
        };
        let is_id =
            |((sent, _), _): &(&(String, String), &u64)| self.values.get(sent).is_some_and(Values::is_id);
        let ((sent, received), replies) = self.replies.iter().filter(is_id).max_by_key(rank)?;
        let found = Found { sent: sent.clone(), received: received.clone(), replies: *replies };
        (*replies >= ENOUGH).then_some(found)
    }

    fn read(&mut self, payload: &Payload) -> Option<Value> {
        let Payload::Text(text) = payload else { return None };
        if self.read == MOST_READ || text.len() > LONGEST || !text.trim_start().starts_with('{') {
            return None;
        }
        self.read += 1;
        serde_json::from_str(text).ok()
    }
}

/// The members that may be ids, of the message and of the objects in it.
fn members(message: &Value) -> Vec<(String, &Value)> {
    let mut found = Vec::new();
    let Value::Object(outer) = message else { return found };
    for (name, value) in outer {
        match value {
            Value::Object(inner) => {
                let ids = inner.iter().filter(|(name, value)| is_id(name, value));
                found.extend(ids.map(|(inner, value)| (format!("{name}.{inner}"), value)));
            }
            value if is_id(name, value) => found.push((name.clone(), value)),
            _ => {}
        }
    }
    // Of a name that a path would have to quote none is made.
    found.retain(|(path, _)| path.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.')));
    found
}

/// Whether a member may be what a reply is recognised by, going by its name and by what kind of value it has.
fn is_id(name: &str, value: &Value) -> bool {
    const PARTS: [&str; 9] = ["id", "seq", "ref", "corr", "nonce", "req", "msg", "tag", "reply"];
    let is_value = match value {
        Value::String(text) => !text.is_empty(),
        Value::Number(_) => true,
        _ => false,
    };
    let name = name.to_ascii_lowercase();
    is_value && PARTS.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(talk: &[(&str, &str)], found: Option<(&str, &str, u64)>) {
        let mut scout = Scout::default();
        for (sent, received) in talk {
            scout.sent(&(*sent).into());
            scout.received(&(*received).into());
        }
        let found = found.map(|(sent, received, replies)| Found {
            sent: sent.into(),
            received: received.into(),
            replies,
        });
        assert_eq!(scout.found(), found);
    }

    #[test]
    fn a_value_that_comes_back_twice_is_found() {
        let one = (r#"{"op":"a","request_id":"1"}"#, r#"{"type":"x","request_id":"1"}"#);
        let two = (r#"{"op":"b","request_id":"2"}"#, r#"{"ok":true,"request_id":"2"}"#);
        check(&[one], None);
        check(&[one, two], Some(("request_id", "request_id", 2)));
    }

    #[test]
    fn a_reply_may_call_it_by_another_name_and_have_it_inside() {
        check(
            &[
                (r#"{"id":7,"op":"a"}"#, r#"{"meta":{"reply_to":7.0}}"#),
                (r#"{"id":8,"op":"b"}"#, r#"{"meta":{"reply_to":8}}"#),
            ],
            Some(("id", "meta.reply_to", 2)),
        );
    }

    #[test]
    fn a_message_that_is_sent_again_does_not_make_its_id_none() {
        let auth = (r#"{"op":"auth","request_id":"a1"}"#, r#"{"ok":true,"request_id":"a1"}"#);
        let quotes: Vec<_> = (1..=5)
            .map(|n| {
                let sent = format!(r#"{{"op":"quote","symbol":"NVDA","request_id":"q{n}"}}"#);
                (sent, format!(r#"{{"type":"response","request_id":"q{n}"}}"#))
            })
            .collect();
        let mut talk = vec![auth, auth];
        talk.extend(quotes.iter().map(|(sent, received)| (sent.as_str(), received.as_str())));
        check(&talk, Some(("request_id", "request_id", 7)));
        // And when it is sent again in between.
        talk.push(auth);
        check(&talk, Some(("request_id", "request_id", 8)));
    }

    #[test]
    fn a_value_that_most_messages_share_is_not_an_id() {
        let say = |room: &str, n: u8| {
            let text = format!(r#"{{"room_id":"{room}","n":{n}}}"#);
            (text.clone(), text)
        };
        let all: Vec<_> = (0..9).map(|n| say(["a", "b", "c"][usize::from(n % 3)], n)).collect();
        let talk: Vec<_> = all.iter().map(|(sent, received)| (sent.as_str(), received.as_str())).collect();
        check(&talk, None);
    }

    #[test]
    fn what_repeats_itself_is_not_an_id() {
        let same = (r#"{"room_id":"a","n":1}"#, r#"{"room_id":"a","n":2}"#);
        check(&[same, same, same], None);
    }

    #[test]
    fn a_member_with_another_kind_of_name_is_none() {
        check(
            &[(r#"{"symbol":"A"}"#, r#"{"symbol":"A"}"#), (r#"{"symbol":"B"}"#, r#"{"symbol":"B"}"#)],
            None,
        );
    }

    #[test]
    fn a_flood_is_read_up_to_a_bound() {
        let mut scout = Scout::default();
        for i in 0..100_000 {
            scout.sent(&format!(r#"{{"seq":{i}}}"#).as_str().into());
            scout.received(&r#"{"seq":-1}"#.into());
        }
        assert_eq!((scout.read, scout.sent.len()), (MOST_READ, MOST_SENT));
        assert!(scout.values.values().all(|values| values.known.len() <= MOST_VALUES));
    }
}
