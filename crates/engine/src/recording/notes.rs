//! The events of a run besides its connections: the start of each check, and its HTTP calls.
//!
//! Owns how they are stored and within which bounds. A note comes before the frame that was logged next, so notes and
//! frames keep their true order even when a clock stands still.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::base::mask::{MASK, Masker};
use crate::secrets::{is_secret_name, suspects, without};
use crate::{HttpError, HttpRequest, HttpResponse, Instant, Payload};

/// So much of a body is kept.
const BODY: usize = 64 << 10;
/// Bodies of all calls together; those of the oldest go first.
const BODIES: usize = 8 << 20;
/// Notes of one run; the oldest calls go first.
const MOST: usize = 20_000;

/// Something that belongs to no connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// The number of the frame that comes next.
    pub before: u64,
    /// When.
    pub at: Instant,
    /// What.
    pub what: Noted,
}

impl Note {
    /// The same without the masker's secrets.
    #[must_use]
    pub fn masked(&self, masker: &Masker) -> Self {
        let mut note = self.clone();
        let clean = |text: &mut String| {
            if let Cow::Owned(masked) = masker.mask(text) {
                *text = masked;
            }
        };
        match &mut note.what {
            Noted::Check(name) => clean(name),
            Noted::Call(call) => {
                clean(&mut call.url);
                call.headers.iter_mut().for_each(|(_, value)| clean(value));
                call.body.iter_mut().for_each(|body| clean(&mut body.text));
                match call.answer.as_mut().map(|answer| &mut answer.result) {
                    Some(Ok(answered)) => {
                        answered.headers.iter_mut().for_each(|(_, value)| clean(value));
                        clean(&mut answered.body.text);
                    }
                    Some(Err(words)) => clean(words),
                    None => {}
                }
            }
        }
        note
    }
}

/// What a note is of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Noted {
    /// A check of this name begins.
    Check(String),
    /// An HTTP call was made.
    Call(Box<Call>),
}

/// An HTTP call and its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Such as `POST`.
    pub method: String,
    /// Where to.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// None where nothing was sent.
    pub body: Option<Body>,
    /// None while no answer has come.
    pub answer: Option<Answer>,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// When.
    pub at: Instant,
    /// The answer, or why it is missing.
    pub result: Result<Answered, String>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// The status code.
    pub status: u16,
    /// Names and values that the browser lets a page read.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
}

/// The beginning of a body, and how long all of it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// At most 64 KiB; empty where it is not text, or had to go for later ones.
    pub text: String,
    /// In bytes.
    pub bytes: u64,
}

impl Body {
    fn of(text: &str) -> Self {
        let mut end = text.len().min(BODY);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Self { text: text[..end].to_owned(), bytes: text.len() as u64 }
    }

    /// Of what is not text only the length is kept.
    fn sent(payload: &Payload) -> Self {
        match std::str::from_utf8(payload.as_bytes()) {
            Ok(text) => Self::of(text),
            Err(_) => Self { text: String::new(), bytes: payload.as_bytes().len() as u64 },
        }
    }

    /// Whether not all of it is there.
    pub fn is_cut(&self) -> bool {
        (self.text.len() as u64) < self.bytes
    }
}

/// The notes of a run as they are written down.
#[derive(Debug, Default)]
pub struct Notes {
    list: Vec<Note>,
    /// Numbers of those that are held begin here.
    first: u64,
    held: usize,
    /// Calls before this one have no bodies any more.
    emptied: usize,
}

impl Notes {
    /// All that is held, in order.
    pub fn as_slice(&self) -> &[Note] {
        &self.list
    }

    /// A check begins.
    pub fn check(&mut self, at: Instant, before: u64, name: &str) {
        self.push(Note { before, at, what: Noted::Check(name.to_owned()) });
    }

    /// A call is made; the number is for its answer.
    pub fn call(&mut self, at: Instant, before: u64, request: &HttpRequest) -> u64 {
        let call = Call {
            method: request.method.clone(),
            url: request.url.clone(),
            headers: request.headers.clone(),
            body: request.body.as_ref().map(Body::sent),
            answer: None,
        };
        self.held += call.body.as_ref().map_or(0, |body| body.text.len());
        self.push(Note { before, at, what: Noted::Call(Box::new(call)) });
        self.first + self.list.len() as u64 - 1
    }

    /// A call has ended.
    pub fn answered(&mut self, number: u64, at: Instant, result: &Result<HttpResponse, HttpError>) {
        let Some(place) = number.checked_sub(self.first).and_then(|place| usize::try_from(place).ok()) else {
            return;
        };
        let Some(Note { what: Noted::Call(call), .. }) = self.list.get_mut(place) else { return };
        let result = match result {
            Ok(HttpResponse { status, headers, body, .. }) => {
                let body = Body::of(body);
                self.held += body.text.len();
                Ok(Answered { status: *status, headers: headers.clone(), body })
            }
            Err(error) => Err(error.message.clone()),
        };
        call.answer = Some(Answer { at, result });
        self.shrink();
    }

    fn push(&mut self, note: Note) {
        if self.list.len() >= MOST {
            // Half of them at once: one by one each would move all others.
            let gone = self.list.drain(..MOST / 2);
            self.held -= gone.map(|note| bodies(&note)).sum::<usize>();
            self.first += (MOST / 2) as u64;
            self.emptied = self.emptied.saturating_sub(MOST / 2);
        }
        self.list.push(note);
        self.shrink();
    }

    fn shrink(&mut self) {
        while self.held > BODIES && self.emptied < self.list.len() {
            let note = &mut self.list[self.emptied];
            self.held -= bodies(note);
            if let Noted::Call(call) = &mut note.what {
                call.body.iter_mut().for_each(|body| body.text = String::new());
                if let Some(Answer { result: Ok(answered), .. }) = &mut call.answer {
                    answered.body.text = String::new();
                }
            }
            self.emptied += 1;
        }
    }
}

fn bodies(note: &Note) -> usize {
    let Noted::Call(call) = &note.what else { return 0 };
    let answered = call.answer.as_ref().and_then(|answer| answer.result.as_ref().ok());
    call.body.as_ref().map_or(0, |body| body.text.len()) + answered.map_or(0, |it| it.body.text.len())
}

/// The value of a header.
pub(crate) fn header<'a>(name: &str, value: &'a str, masker: &Masker) -> Cow<'a, str> {
    if is_secret_name(name) { Cow::Borrowed(MASK) } else { masker.mask(value) }
}

/// An address, without what looks like a secret in it.
pub(crate) fn address(url: &str, masker: &Masker) -> String {
    without_suspects(&masker.mask(url))
}

/// A body, without what looks like a secret in it.
pub(crate) fn body(body: &Body, masker: &Masker) -> String {
    without_suspects(&masker.mask(&body.text))
}

fn without_suspects(text: &str) -> String {
    without(text, &suspects(text)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(body: &str) -> HttpRequest {
        HttpRequest {
            method: "POST".to_owned(),
            url: "http://h/login".to_owned(),
            headers: Vec::new(),
            body: Some(Payload::from(body)),
            ..HttpRequest::default()
        }
    }

    #[track_caller]
    fn shows(text: &str, expected: &str) {
        assert_eq!(body(&Body::of(text), &Masker::new(["hunter2"])), expected);
    }

    #[test]
    fn a_body_is_shown_as_it_was_sent_but_for_secrets() {
        shows("{\"user\": \"anna\",  \"n\": 1e3}", "{\"user\": \"anna\",  \"n\": 1e3}");
        shows(
            "{\"user\":\"anna\",\"deep\":[{\"Access-Token\":\"abc\",\"tokens\":{\"a\":1}}]}",
            "{\"user\":\"anna\",\"deep\":[{\"Access-Token\":\"***\",\"tokens\":{\"a\":1}}]}",
        );
        shows("user=anna&password=x", "user=anna&password=***");
        shows("said hunter2 here", "said *** here");
        shows(&format!("{{\"password\":\"{}\"}}", "x".repeat(BODY)), "{\"password\":\"***");
    }

    #[test]
    fn headers_and_parameters_called_like_secrets_have_no_values() {
        let masker = Masker::default();
        assert_eq!(header("Set-Cookie", "sid=1", &masker), "***");
        assert_eq!(header("x-api-key", "1", &masker), "***");
        assert_eq!(header("content-type", "text/plain", &masker), "text/plain");
        assert_eq!(address("http://h/x?a=1&access_token=2", &masker), "http://h/x?a=1&access_token=***");
    }

    #[test]
    fn notes_are_bounded_and_the_newest_stay() {
        let mut notes = Notes::default();
        let large = "x".repeat(BODY);
        for i in 0..200 {
            let number = notes.call(Instant::from_nanos(i), i, &request(&large));
            let answer = HttpResponse {
                status: 200,
                headers: Vec::new(),
                body: large.clone(),
                ..HttpResponse::default()
            };
            notes.answered(number, Instant::from_nanos(i), &Ok(answer));
        }
        let held: usize = notes.as_slice().iter().map(bodies).sum();
        assert!(held <= BODIES && held > BODIES / 2, "{held}");
        assert!(bodies(&notes.as_slice()[199]) > 0 && bodies(&notes.as_slice()[0]) == 0);
        for i in 0..50_000 {
            notes.call(Instant::from_nanos(i), i, &request("x"));
        }
        assert!(notes.as_slice().len() <= MOST);
        let number = notes.call(Instant::ORIGIN, 0, &request("last"));
        notes.answered(number, Instant::ORIGIN, &Err(HttpError { message: "refused".to_owned() }));
        let Some(Note { what: Noted::Call(call), .. }) = notes.as_slice().last() else { panic!("a call") };
        assert!(call.answer.is_some(), "an answer finds its call after others were let go");
    }
}
