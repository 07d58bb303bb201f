//! Which sent message a received one answers, for messages typed by hand.
//!
//! Owns two readings, tried in this order: the very same content came back (an echo), or a JSON object came back with the
//! same `id`. It refuses to guess by order: a push of the server would be taken for a reply.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use super::{Instant, Payload};

/// The messages of one connection that have had no answer yet.
#[derive(Debug, Default)]
pub struct Pairing {
    waiting: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    at: Instant,
    content: u64,
    id: Option<u64>,
}

/// A server that never answers must not fill the memory: beyond this the oldest is forgotten.
const MOST_WAITING: usize = 4096;

/// Reading an `id` parses the whole message; a larger one is only compared as an echo.
const LARGEST_READ: usize = 64 << 10;

impl Pairing {
    /// A message went out.
    pub fn sent(&mut self, at: Instant, payload: &Payload) {
        if self.waiting.len() == MOST_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back(Waiting { at, content: content(payload), id: id(payload) });
    }

    /// A message came in: how long its question had been out, when it answers one.
    pub fn received(&mut self, at: Instant, payload: &Payload) -> Option<Duration> {
        if self.waiting.is_empty() {
            return None;
        }
        let content = content(payload);
        let answered = self.waiting.iter().position(|w| w.content == content).or_else(|| {
            let any_id = self.waiting.iter().any(|w| w.id.is_some());
            let id = any_id.then(|| id(payload)).flatten()?;
            self.waiting.iter().position(|w| w.id == Some(id))
        })?;
        self.waiting.remove(answered).map(|question| at.since(question.at))
    }

    /// The connection ended; nothing will be answered.
    pub fn clear(&mut self) {
        self.waiting.clear();
    }
}

fn content(payload: &Payload) -> u64 {
    let mut hasher = DefaultHasher::new();
    payload.is_text().hash(&mut hasher);
    payload.as_bytes().hash(&mut hasher);
    hasher.finish()
}

/// The value of the member `id` as written in JSON, so that `1` and `"1"` differ; as a hash, since it may be long.
fn id(payload: &Payload) -> Option<u64> {
    #[derive(serde::Deserialize)]
    struct WithId<'a> {
        #[serde(borrow)]
        id: &'a serde_json::value::RawValue,
    }
    let Payload::Text(text) = payload else { return None };
    if text.len() > LARGEST_READ || !text.trim_start().starts_with('{') {
        return None;
    }
    serde_json::from_str::<WithId<'_>>(text).ok().map(|found| {
        let mut hasher = DefaultHasher::new();
        found.id.get().hash(&mut hasher);
        hasher.finish()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sent: &[&str], received: &str, answered: Option<u64>) {
        let mut pairing = Pairing::default();
        for (i, text) in sent.iter().enumerate() {
            pairing.sent(Instant::from_nanos(i as u64), &(*text).into());
        }
        let got = pairing.received(Instant::from_nanos(1000), &received.into());
        assert_eq!(got, answered.map(|i| Duration::from_nanos(1000 - i)));
    }

    #[test]
    fn an_echo_answers_the_oldest_equal_message() {
        check(&["a", "b", "a"], "a", Some(0));
        check(&["a", "b"], "b", Some(1));
    }

    #[test]
    fn a_reply_with_the_same_id_answers() {
        check(
            &[r#"{"type":"message","id":1}"#, r#"{"type":"message","id":2}"#],
            r#"{"id": 2,"ok":true}"#,
            Some(1),
        );
    }

    #[test]
    fn an_id_is_compared_as_written() {
        check(&[r#"{"id":1}"#], r#"{"id":"1","x":0}"#, None);
    }

    #[test]
    fn a_push_answers_nothing() {
        check(&["hello"], "news", None);
        check(&[], "news", None);
        check(&[r#"{"id":1}"#], r#"{"type":"news"}"#, None);
    }

    #[test]
    fn a_question_is_answered_once() {
        let mut pairing = Pairing::default();
        pairing.sent(Instant::ORIGIN, &"x".into());
        assert!(pairing.received(Instant::ORIGIN, &"x".into()).is_some());
        assert!(pairing.received(Instant::ORIGIN, &"x".into()).is_none());
    }

    #[test]
    fn binary_is_no_answer_to_text() {
        let mut pairing = Pairing::default();
        pairing.sent(Instant::ORIGIN, &"x".into());
        assert!(pairing.received(Instant::ORIGIN, &Payload::Binary(b"x".to_vec())).is_none());
    }

    #[test]
    fn a_silent_server_does_not_fill_the_memory() {
        let mut pairing = Pairing::default();
        for i in 0..10_000u64 {
            pairing.sent(Instant::from_nanos(i), &"same".into());
        }
        assert_eq!(pairing.waiting.len(), MOST_WAITING);
    }
}
