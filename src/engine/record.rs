//! A suite made of a recording: what was sent is sent again, what came is expected again.
//!
//! Owns what of a recorded message is taken as it is and what changes from one time to the next: ids and moments. It reads the
//! recording as it is exported (JSON Lines). The rule a reader would break: it only guesses, so everything that it guessed stands
//! in a remark for the person who looks it over.

mod changing;
mod lines;
mod write;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::as_step;
use super::suite::Suite;
use changing::{Captures, Changes};
use lines::{Event, Recording, What};

pub use lines::RecordError;

/// A suite that somebody should look over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drafted {
    /// The document.
    pub text: String,
    /// What was guessed, in sentences.
    pub remarks: Vec<String>,
}

/// A document with more steps than this is read by nobody.
const MOST_STEPS: usize = 500;

/// Makes a suite of a recording in JSON Lines.
pub fn suite_of(recording: &str) -> Result<Drafted, RecordError> {
    let recording = Recording::read(recording)?;
    let mut remarks = Vec::new();
    let (base, clients) = addresses(&recording, &mut remarks);
    let mut maker = Maker::default();
    for (at, event) in recording.events.iter().enumerate() {
        if maker.steps.len() >= MOST_STEPS {
            let rest = recording.events.len() - at;
            remarks.push(format!("The last {rest} events are left out: {MOST_STEPS} steps are the most."));
            break;
        }
        maker.take(&recording.events, at, event);
    }
    let steps = std::mem::take(&mut maker.steps);
    maker.remark(&mut remarks);
    let mut suite = Map::new();
    suite.insert("sockscope".to_owned(), 1.into());
    suite.insert("suite".to_owned(), "recorded".into());
    suite.insert("about".to_owned(), "Recorded on the bench: what was sent, and what came.".into());
    let mut vars = Map::new();
    vars.insert("ws_url".to_owned(), format!("{{{{env.WS_URL ?? {base}}}}}").into());
    suite.insert("vars".to_owned(), vars.into());
    suite.insert("clients".to_owned(), clients.into());
    let mut check = Map::new();
    check.insert("check".to_owned(), "as recorded".into());
    check.insert("steps".to_owned(), steps.into());
    suite.insert("checks".to_owned(), Value::Array(vec![check.into()]));
    let text = write::document(&suite);
    debug_assert!(Suite::parse(&text).is_ok(), "{text}");
    Ok(Drafted { text, remarks })
}

/// The part that all addresses have in common, and each client's own.
fn addresses(recording: &Recording, remarks: &mut Vec<String>) -> (String, Map<String, Value>) {
    const UNKNOWN: &str = "ws://localhost:9000/ws";
    let known: Vec<&str> = recording.clients.values().filter_map(|it| it.url.as_deref()).collect();
    let base = match known.split_first() {
        None => UNKNOWN.to_owned(),
        Some((first, rest)) => common(first, rest).to_owned(),
    };
    let mut clients = Map::new();
    for (name, client) in &recording.clients {
        let url = match &client.url {
            Some(url) => format!("{{{{ws_url}}}}{}", as_step::escape(&url[base.len()..])),
            None => {
                remarks
                    .push(format!("{name} was open before the recording began, so its address is a guess."));
                "{{ws_url}}".to_owned()
            }
        };
        let mut entry = Map::new();
        entry.insert("url".to_owned(), url.into());
        if !client.protocols.is_empty() {
            entry.insert("protocols".to_owned(), client.protocols.clone().into());
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
            // Hosts differ: then the whole address is each client's own.
            _ if end > end_of_host => end = end_of_host,
            _ => return "",
        }
    }
}

/// Step after step.
#[derive(Default)]
struct Maker {
    steps: Vec<Value>,
    /// How often each connection was opened.
    opened: BTreeMap<String, u32>,
    /// Events that a step before has dealt with.
    done: std::collections::BTreeSet<usize>,
    captures: Captures,
    changes: Changes,
    correlated: BTreeMap<String, u32>,
    refused: u32,
}

impl Maker {
    fn take(&mut self, all: &[Event], at: usize, event: &Event) {
        if self.done.contains(&at) {
            return;
        }
        let client = event.client.as_str();
        // A connection that was open already has to be opened here.
        if !matches!(event.what, What::Connecting) && !self.opened.contains_key(client) {
            self.open(client, all, at);
        }
        match &event.what {
            What::Connecting => self.open(client, all, at),
            What::Opened | What::Failed => {}
            What::Sent(content) => {
                let send = self.captures.put_in(client, content.payload());
                let mut step = on(client);
                step.insert("send".to_owned(), send);
                if let Some(reply) = self.reply(all, at) {
                    let expect = self.expectation(client, content.json(), &all[reply]);
                    step.insert("expect".to_owned(), expect);
                    self.done.insert(reply);
                }
                self.steps.push(step.into());
            }
            What::Received(_) => {
                let mut step = on(client);
                let expect = self.expectation(client, None, event);
                step.insert("expect".to_owned(), expect);
                self.steps.push(step.into());
            }
            What::Closing { code, reason } => {
                let mut close = Map::new();
                if let Some(code) = code {
                    close.insert("code".to_owned(), (*code).into());
                }
                if !reason.is_empty() {
                    close.insert("reason".to_owned(), as_step::escape(reason).into());
                }
                let mut step = on(client);
                step.insert("close".to_owned(), close.into());
                let ended = all[at..]
                    .iter()
                    .position(|it| it.client == client && matches!(it.what, What::Closed { .. }));
                if let Some(ended) = ended {
                    self.done.insert(at + ended);
                    step.insert("expect".to_owned(), object("closed", closed(&all[at + ended])));
                }
                self.steps.push(step.into());
            }
            What::Closed { .. } => {
                let mut step = on(client);
                step.insert("closed".to_owned(), closed(event));
                self.steps.push(step.into());
            }
        }
    }

    fn open(&mut self, client: &str, all: &[Event], at: usize) {
        let times = self.opened.entry(client.to_owned()).or_default();
        *times += 1;
        let verb = if *times == 1 { "connect" } else { "reconnect" };
        let mut step = Map::new();
        step.insert(verb.to_owned(), client.into());
        // A handshake that failed is expected to fail again, and its end is part of that.
        let next = all[at..]
            .iter()
            .position(|it| it.client == client && matches!(it.what, What::Failed | What::Opened));
        if let Some(next) = next.map(|next| at + next).filter(|next| matches!(all[*next].what, What::Failed))
        {
            step.insert("expect".to_owned(), object("refused", true.into()));
            self.refused += 1;
            let ended = all[next..]
                .iter()
                .position(|it| it.client == client && matches!(it.what, What::Closed { .. }));
            self.done.extend(ended.map(|ended| next + ended));
        }
        self.steps.push(step.into());
    }

    /// The message that answers what was sent at `at`: the one with the same id, else the next one of the connection, as long
    /// as nothing else was sent before it.
    fn reply(&self, all: &[Event], at: usize) -> Option<usize> {
        let sent = &all[at];
        let What::Sent(asked) = &sent.what else { return None };
        let later = || {
            let of_client = move |(_, it): &(usize, &Event)| it.client == sent.client;
            all.iter().enumerate().skip(at + 1).filter(of_client)
        };
        let open = |at: &usize| !self.done.contains(at);
        let answers = |it: &Event| match &it.what {
            What::Received(answer) => changing::correlated(asked.json(), answer.json()).is_some(),
            _ => false,
        };
        let by_id = later().find(|(at, it)| open(at) && answers(it)).map(|(at, _)| at);
        let next = || match later().find(|(at, _)| open(at)) {
            Some((at, it)) if matches!(it.what, What::Received(_)) => Some(at),
            _ => None,
        };
        by_id.or_else(next)
    }

    fn expectation(&mut self, client: &str, asked: Option<&Value>, event: &Event) -> Value {
        let What::Received(content) = &event.what else { return object("any", true.into()) };
        let mut expectation = content.expectation();
        if let Some(path) = changing::correlated(asked, content.json()) {
            expectation.insert("correlate".to_owned(), path.clone().into());
            *self.correlated.entry(path).or_default() += 1;
        }
        if let Some(Value::Object(subset)) = expectation.get_mut("subset") {
            let kept = self.changes.loosen(asked, subset);
            let captured = self.captures.learn(client, kept);
            if !captured.is_empty() {
                expectation.insert("capture".to_owned(), captured.into());
            }
        }
        expectation.into()
    }

    fn remark(self, remarks: &mut Vec<String>) {
        remarks.extend(self.changes.remarks());
        remarks.extend(self.captures.remarks());
        for (path, times) in self.correlated {
            remarks.push(format!("{times} replies are paired with their questions by {path}."));
        }
        if self.refused > 0 {
            remarks.push("A handshake that failed is expected to fail again.".to_owned());
        }
    }
}

fn on(client: &str) -> Map<String, Value> {
    let mut step = Map::new();
    step.insert("on".to_owned(), client.into());
    step
}

fn object(name: &str, value: Value) -> Value {
    let mut object = Map::new();
    object.insert(name.to_owned(), value);
    object.into()
}

/// Only code and cleanness: reasons are words for people.
fn closed(event: &Event) -> Value {
    let mut closed = Map::new();
    if let What::Closed { code, clean } = &event.what {
        // 1006 is the browser's own word for an end without a close.
        if *code != 1006 {
            closed.insert("code".to_owned(), (*code).into());
        }
        closed.insert("clean".to_owned(), (*clean).into());
    }
    closed.into()
}

#[cfg(test)]
mod tests;
