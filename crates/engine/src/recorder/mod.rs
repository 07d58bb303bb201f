//! A suite made of a recording: it sends again what was sent, and expects what came.
//!
//! Owns the order of the steps. It reads an exported recording (JSON Lines). An expectation never precedes a send that
//! went out before its message came. Every guess has a remark for the reviewer.

mod again;
mod calls;
mod captures;
pub(crate) mod feeds;
pub(crate) mod kinds;
pub(crate) mod lines;
pub(crate) mod looks;
pub(crate) mod own;
pub(crate) mod paths;
mod patterns;
mod replies;
mod secrets;
mod steps;
mod streams;
mod write;

use serde_json::{Map, Value};

use super::suite::Suite;
use crate::base::words::{count, counted};
use crate::bench::as_step;
use again::Differences;
use calls::Calls;
use feeds::Fate;
use lines::Recording;
use own::Own;
use patterns::Patterns;
use secrets::Hidden;
use steps::Maker;

pub use lines::{MOST_FRAMES, RecordError};

/// A suite that a person should look over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drafted {
    /// The document.
    pub text: String,
    /// What was guessed, in sentences.
    pub remarks: Vec<String>,
    /// The values of its secret variables, which the document does not have.
    pub secrets: Vec<(String, String)>,
}

impl Drafted {
    /// The remarks for where no page has the values of secret variables.
    pub fn remarks_without_page(&self) -> Vec<String> {
        self.remarks.iter().map(|remark| secrets::without_page(remark)).collect()
    }
}

/// Makes a suite of a recording in JSON Lines.
///
/// Two recordings of one conversation, with a line `{"event":"again"}` between them, tell what varies.
pub fn suite_of(recording: &str) -> Result<Drafted, RecordError> {
    let (first, second) = lines::both(recording);
    let mut recordings = vec![Recording::read(first)?];
    recordings.extend(second.map(Recording::read).transpose()?);
    let mut remarks = sizes(&recordings);
    for (nth, recording) in recordings.iter_mut().enumerate() {
        // The second one says the same.
        let mut said = Vec::new();
        streams::find(recording, if nth == 0 { &mut remarks } else { &mut said });
    }
    let mut hidden = Hidden::take_out(&mut recordings);
    remarks.append(&mut hidden.remarks);
    let recording = &recordings[0];
    let (base, mut clients) = addresses(recording, &mut remarks);
    let calls = Calls::of(recording, &hidden, &mut remarks);

    let events = &recording.events;
    let own = Own::of(events);
    let mut fates = vec![Fate::Step; events.len()];
    let standing = replies::find(recording, &own, &mut fates);
    let feeds = feeds::find(events, &own, &mut fates);
    let again =
        recordings.get(1).map(|second| Differences::find(recording, second, &own, &mut fates, &mut remarks));
    let mut patterns = Patterns::new(&own, again.as_ref(), &hidden.received);
    patterns.find_counters(events);
    let variables = hidden.values.keys().chain(&calls.unknown).cloned();
    let mut maker = Maker::new(events, &fates, patterns, variables, &calls.steps);
    let ignored = maker.make(&feeds, &mut remarks);
    let steps = steps::folded(maker.finish(&mut remarks));
    replies::give(&mut clients, &standing);
    remarks.extend(replies::remarks(&standing));

    let mut vars = lines::members([("ws_url", as_step::escape(&base).into())]);
    if !calls.base.is_empty() {
        vars.insert("api_url".to_owned(), as_step::escape(&calls.base).into());
    }
    let secrets: Vec<&String> = hidden.values.keys().chain(&calls.unknown).collect();
    for name in &secrets {
        let default = if calls.captured.contains(*name) { " ?? ''" } else { "" };
        vars.insert((*name).clone(), format!("{{{{env.{}{default}}}}}", name.to_ascii_uppercase()).into());
    }
    let mut suite = lines::members([
        ("sockscope", 1.into()),
        ("suite", "recorded".into()),
        ("about", "Recorded on the bench: what was sent, and what came.".into()),
        ("vars", vars.into()),
    ]);
    if !secrets.is_empty() {
        suite.insert("secrets".to_owned(), secrets.into_iter().cloned().collect());
    }
    if calls.have_cookies {
        suite.insert("defaults".to_owned(), object("cookies", true.into()));
    }
    suite.insert("clients".to_owned(), clients.into());
    if !ignored.is_empty() {
        suite.insert("ignore".to_owned(), ignored.into());
    }
    let check = lines::members([("check", "as recorded".into()), ("steps", steps.into())]);
    suite.insert("checks".to_owned(), Value::Array(vec![check.into()]));
    let text = secrets::written(&write::document(&suite));
    debug_assert!(Suite::parse(&text).is_ok(), "{text}\n{:?}", Suite::parse(&text).err());
    let unknown = calls.unknown.into_iter().map(|name| (name, String::new()));
    Ok(Drafted { text, remarks, secrets: hidden.values.into_iter().chain(unknown).collect() })
}

/// How much of what was recorded the suite is made of.
fn sizes(recordings: &[Recording]) -> Vec<String> {
    let mut remarks = Vec::new();
    for (recording, which) in recordings.iter().zip(["recording", "second recording"]) {
        if recording.used < recording.frames {
            remarks.push(format!(
                "The {which} has {}. The suite is made of the first {}.",
                counted(recording.frames as u64, "frame"),
                count(recording.used as u64)
            ));
        }
        if recording.dropped > 0 {
            remarks.push(format!(
                "The oldest {} had left the timeline, so the {which} does not begin with them.",
                counted(recording.dropped as u64, "frame")
            ));
        }
        if recording.astray > 0 {
            remarks.push(format!(
                "{} in the {which} failed at another address and {} left out.",
                counted(recording.astray as u64, "handshake"),
                if recording.astray == 1 { "is" } else { "are" }
            ));
        }
    }
    remarks
}

/// The part that the addresses have in common, and each client's own.
fn addresses(recording: &Recording, remarks: &mut Vec<String>) -> (String, Map<String, Value>) {
    const UNKNOWN: &str = "ws://localhost:9000/ws";
    let known: Vec<&str> = recording.clients.values().filter_map(|it| it.url.as_deref()).collect();
    let base = match known.split_first() {
        None => UNKNOWN.to_owned(),
        Some((first, rest)) => {
            let host = |url: &str| url.split('/').take(3).collect::<Vec<_>>().join("/");
            let near: Vec<&str> = rest.iter().filter(|url| host(url) == host(first)).copied().collect();
            common(first, &near).to_owned()
        }
    };
    let mut clients = Map::new();
    for (name, client) in &recording.clients {
        let url = match &client.url {
            Some(url) => match url.strip_prefix(base.as_str()) {
                Some(rest) if rest.is_empty() || rest.starts_with(['/', '?', '#']) => {
                    format!("{{{{ws_url}}}}{}", as_step::escape(rest))
                }
                _ => as_step::escape(url),
            },
            None => {
                remarks.push(format!(
                    "{name} was open before the recording began, so its address is a guess: {base}."
                ));
                "{{ws_url}}".to_owned()
            }
        };
        let mut entry = lines::members([("url", url.into())]);
        if !client.protocols.is_empty() {
            entry.insert("protocols".to_owned(), client.protocols.clone().into());
        }
        if let Some(framing) = &client.framing {
            entry.insert("framing".to_owned(), framing.clone());
        }
        clients.insert(name.clone(), entry.into());
    }
    (base, clients)
}

/// What all addresses begin with, up to the end of a part of the path.
fn common<'a>(first: &'a str, rest: &[&str]) -> &'a str {
    let path = first.find("://").map_or(0, |at| at + 3);
    let end_of_host = first[path..].find(['/', '?', '#']).map_or(first.len(), |at| path + at);
    let mut end = first.find(['?', '#']).unwrap_or(first.len());
    loop {
        let begins = |url: &&str| {
            url.starts_with(&first[..end]) && url[end..].starts_with(['/', '?', '#']) || **url == first[..end]
        };
        if rest.iter().all(begins) {
            return first[..end].trim_end_matches('/');
        }
        match first[..end].rfind('/') {
            Some(slash) if slash > end_of_host => end = slash,
            _ if end > end_of_host => end = end_of_host,
            _ => return &first[..end_of_host],
        }
    }
}

fn object(name: &str, value: Value) -> Value {
    let mut object = Map::new();
    object.insert(name.to_owned(), value);
    object.into()
}

#[cfg(test)]
mod tests;
