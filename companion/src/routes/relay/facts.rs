//! What the relay tells of one connection, for the page that opened it.
//!
//! Owns the list of facts, its bounds, and who follows it. It refuses to know what a fact means.
//!
//! **Invariant:** telling never waits, and a connection that tells much is bounded in what it tells, never slowed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Map, Value, json};
use tokio::sync::Notify;

use crate::ws::outbox::{Lane, Outbox};

/// Facts that are kept for a page that asks later.
const MOST_KEPT: usize = 500;
/// Facts a second about frames; those beyond are counted.
const MOST_A_SECOND: u32 = 100;

/// How often a fact of a connection may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// It comes a few times in a connection's life.
    Once,
    /// It may come with every frame.
    Often,
}

/// The facts of one connection.
#[derive(Debug)]
pub struct Facts {
    id: String,
    began: Instant,
    /// Asks for a ping to the target.
    pub ping: Notify,
    told: Mutex<KnownFacts>,
}

#[derive(Debug)]
struct KnownFacts {
    kept: Vec<Bytes>,
    followers: Vec<Weak<Outbox>>,
    /// Facts about frames in the present second, and when it began.
    lately: u32,
    second: Instant,
    untold: u64,
    ended: Option<Instant>,
}

impl Facts {
    /// Without any fact yet.
    pub fn new(id: String) -> Self {
        let began = Instant::now();
        let told = KnownFacts {
            kept: Vec::new(),
            followers: Vec::new(),
            lately: 0,
            second: began,
            untold: 0,
            ended: None,
        };
        Self { id, began, ping: Notify::new(), told: Mutex::new(told) }
    }

    fn told(&self) -> MutexGuard<'_, KnownFacts> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells a fact that comes a few times in the life of a connection.
    pub fn tell(&self, fact: &str, fields: Value) {
        self.put(&mut self.told(), fact, fields, Weight::Once);
    }

    /// Tells a fact that may come with every frame. False when this second has had enough of them: it is only counted.
    pub fn tell_often(&self, fact: &str, fields: impl FnOnce() -> Value) -> bool {
        let mut told = self.told();
        let now = Instant::now();
        if now.duration_since(told.second) >= Duration::from_secs(1) {
            (told.second, told.lately) = (now, 0);
        }
        told.lately += 1;
        if told.lately > MOST_A_SECOND {
            told.untold += 1;
            return false;
        }
        self.put(&mut told, fact, fields(), Weight::Often);
        true
    }

    /// Tells the last fact. After it the facts are kept for a while only.
    pub fn end(&self, fields: Value) {
        let mut told = self.told();
        if told.ended.is_none() {
            self.put(&mut told, "ended", fields, Weight::Once);
            told.ended = Some(Instant::now());
        }
    }

    /// When the last fact was told.
    pub fn ended(&self) -> Option<Instant> {
        self.told().ended
    }

    /// Sends what was told so far to a page, and what will be.
    pub fn follow(&self, outbox: &Arc<Outbox>) {
        let mut told = self.told();
        for fact in &told.kept {
            outbox.post(Lane::Normal, fact);
        }
        told.followers.retain(|follower| follower.strong_count() > 0);
        told.followers.push(Arc::downgrade(outbox));
    }

    fn put(&self, told: &mut KnownFacts, fact: &str, fields: Value, weight: Weight) {
        let mut whole = Map::new();
        whole.insert("id".to_owned(), json!(self.id));
        whole.insert("fact".to_owned(), json!(fact));
        whole.insert("at_ms".to_owned(), millis(self.began.elapsed()));
        if let Value::Object(fields) = fields {
            whole.extend(fields);
        }
        if told.untold > 0 {
            whole.insert("untold".to_owned(), json!(told.untold));
        }
        let text = Bytes::from(Value::Object(whole).to_string());
        if told.kept.len() < MOST_KEPT || weight == Weight::Once {
            told.kept.push(text.clone());
        }
        told.followers
            .retain(|follower| follower.upgrade().is_some_and(|follower| follower.post(Lane::Normal, &text)));
    }
}

/// A duration in milliseconds, with microseconds behind the point.
pub fn millis(duration: Duration) -> Value {
    json!(duration.as_micros() as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_about_frames_are_bounded_and_those_left_out_are_counted() {
        let facts = Facts::new("x".to_owned());
        let told = (0..1000).filter(|_| facts.tell_often("ping", || json!({}))).count();
        assert!((100..1000).contains(&told), "{told}");
        facts.end(json!({}));
        let kept = facts.told().kept.clone();
        let last: Value = serde_json::from_slice(kept.last().unwrap()).unwrap();
        assert_eq!(
            (last["fact"].as_str(), last["untold"].as_u64()),
            (Some("ended"), Some(1000 - told as u64))
        );
    }

    #[test]
    fn only_the_first_end_counts() {
        let facts = Facts::new("x".to_owned());
        facts.end(json!({ "how": "closed" }));
        facts.end(json!({ "how": "reset" }));
        assert_eq!(facts.told().kept.len(), 1);
    }
}
