//! The HTTP calls of a HAR that a session keeps: those that changed something, and those with cookies.
//!
//! Owns which of them are kept. All others, such as pictures and scripts, are counted as lost.

use std::time::Duration;

use super::parts::{Beginning, Fields, Request, Response};
use crate::Instant;
use crate::recording::notes::{Answer, Answered, Body, Call, Note, Noted};

/// More calls are not kept.
const MOST: usize = 2000;

/// A call as it waits for its place among the frames.
pub(super) struct Waits {
    /// Nanoseconds since 1970.
    pub asked: u64,
    /// In nanoseconds.
    took: u64,
    call: Call,
    answered: Option<Answered>,
}

/// Those of a file.
#[derive(Default)]
pub(super) struct Calls(Vec<Waits>);

impl Calls {
    /// Keeps a call, if it is one of those; says whether.
    pub fn keep(&mut self, asked: u64, took: u64, request: Request, response: Response) -> bool {
        let reads = matches!(request.method.to_ascii_uppercase().as_str(), "" | "GET" | "HEAD" | "OPTIONS");
        let sets_cookie = response.headers.has("set-cookie");
        if (reads && !sets_cookie) || self.0.len() >= MOST || asked == 0 {
            return false;
        }
        let body = request.posted.map(|posted| body(posted.text, &request.headers, posted.kind));
        let (headers, body) = match body {
            Some((headers, body)) => (headers, Some(body)),
            None => (request.headers.all, None),
        };
        let call = Call { method: request.method, url: request.url, headers, body, answer: None };
        let is_text = response.content.encoding.as_deref().unwrap_or_default().is_empty();
        let text = response.content.text.filter(|_| is_text).unwrap_or_default();
        let status = Some(response.status).filter(|status| (100.0..1000.0).contains(status));
        let answered = status.map(|status| Answered {
            status: status as u16,
            headers: response.headers.all,
            body: Body { text: text.text, bytes: text.bytes },
        });
        self.0.push(Waits { asked, took, call, answered });
        true
    }

    /// Brings them into their order, and says the moment of the first one.
    pub fn ordered(&mut self) -> Option<u64> {
        self.0.sort_by_key(|waits| waits.asked);
        self.0.first().map(|waits| waits.asked)
    }

    /// Those that were made before a moment, which do not wait any more.
    pub fn until(&mut self, moment: u64, zero: u64, before: u64) -> Vec<Note> {
        let count = self.0.partition_point(|waits| waits.asked <= moment);
        let note = |waits: Waits| {
            let at = Instant::from_nanos(waits.asked - zero);
            let answer = waits
                .answered
                .map(|answered| Answer { at: at + Duration::from_nanos(waits.took), result: Ok(answered) });
            Note { before, at, what: Noted::Call(Box::new(Call { answer, ..waits.call })) }
        };
        self.0.drain(..count).map(note).collect()
    }
}

/// What was sent, with the header fields: some writers say the type beside the body only.
fn body(text: Option<Beginning>, fields: &Fields, kind: String) -> (Vec<(String, String)>, Body) {
    let mut headers = fields.all.clone();
    if !fields.has("content-type") && !kind.is_empty() {
        headers.push(("Content-Type".to_owned(), kind));
    }
    let text = text.unwrap_or_default();
    (headers, Body { text: text.text, bytes: text.bytes })
}
