//! Step after step, in the order in which things happened.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Map, Value};

use super::captures::Captures;
use super::feeds::{self, Fate, Feed, patience};
use super::kinds;
use super::lines::{Content, Event, What, members};
use super::object;
use super::patterns::{Patterns, Which, is_capturable};
use crate::base::words::{self, counted};
use crate::bench::as_step;

/// A longer document is not read by a person.
const MOST_STEPS: usize = 500;
/// A connection open this long would have had its greeting.
const SETTLED: Duration = Duration::from_millis(300);
/// What comes as soon after a send is due to it.
const PROMPT: Duration = Duration::from_secs(1);
/// A pause after a send without a reply is kept from this length on, up to the other.
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);
/// Nothing is waited for longer.
const MOST_PATIENT: Duration = Duration::from_secs(120);
/// As long an expectation waits by itself.
const USUAL: Duration = Duration::from_secs(2);
/// What comes later than this after everything else was caused by something that is not in the recording.
const CAUSED_WITHIN: Duration = Duration::from_secs(2);

pub(super) struct Maker<'a> {
    events: &'a [Event],
    fates: &'a [Fate],
    stretches: Vec<Option<usize>>,
    patterns: Patterns<'a>,
    steps: Vec<Value>,
    /// HTTP calls with their moments, those that are still to become steps.
    calls: &'a [(Duration, Value)],
    /// How many times each connection was opened, and when last.
    opened: BTreeMap<&'a str, (u32, Option<Duration>)>,
    /// Events that a step before has dealt with.
    done: BTreeSet<usize>,
    /// When the last step sent a message and waited for nothing.
    silent: Option<Duration>,
    captures: Captures,
    correlated: BTreeMap<String, u32>,
    refused: u32,
    pauses: u32,
    /// Messages that nothing in the recording seems to have caused, in words.
    uncaused: Vec<String>,
}

impl<'a> Maker<'a> {
    pub fn new(
        events: &'a [Event],
        fates: &'a [Fate],
        patterns: Patterns<'a>,
        variables: impl Iterator<Item = String>,
        calls: &'a [(Duration, Value)],
    ) -> Self {
        let mut captures = Captures::default();
        captures.reserve(variables);
        Self {
            events,
            fates,
            stretches: feeds::stretches(events, fates),
            patterns,
            steps: Vec::new(),
            calls,
            opened: BTreeMap::new(),
            done: BTreeSet::new(),
            silent: None,
            captures,
            correlated: BTreeMap::new(),
            refused: 0,
            pauses: 0,
            uncaused: Vec::new(),
        }
    }

    /// Makes the steps; returns what is to be ignored.
    pub fn make(&mut self, feeds: &[Feed], remarks: &mut Vec<String>) -> Vec<Value> {
        let mut ignored = Vec::new();
        let mut counted_at = BTreeMap::<usize, Vec<Value>>::new();
        // Feeds come first: what varies in them varies elsewhere.
        for feed in feeds {
            let contents: Vec<&Content> =
                feed.all.iter().filter_map(|at| self.events[*at].received()).collect();
            let which = Which { at: feed.all[0], client: &feed.client, kind: &feed.kind };
            let pattern = self.patterns.of_feed(which, &contents);
            let name = kinds::name_of(contents[0]);
            let came = format!("{name} came to {} {}", feed.client, counted(contents.len() as u64, "time"));
            match &feed.counted {
                Some(counted_feed) => {
                    let times = counted(counted_feed.times as u64, "message");
                    let within = seconds(counted_feed.within);
                    remarks.push(format!(
                        "{came}: one expectation waits for {times}, at most {}.",
                        words::bound(counted_feed.within)
                    ));
                    let expect = match counted_feed.times {
                        1 => pattern,
                        times => {
                            let mut item = pattern;
                            item.insert("times".to_owned(), times.into());
                            members([("any_order", Value::Array(vec![item.into()]))])
                        }
                    };
                    let mut expect = expect;
                    if counted_feed.within > USUAL {
                        expect.insert("within".to_owned(), within.into());
                    }
                    let step = members([("on", feed.client.as_str().into()), ("expect", expect.into())]);
                    counted_at.entry(counted_feed.before).or_default().push(step.into());
                }
                // Nothing in it says which message it is, so it would ignore everything.
                None if is_empty(&pattern) => {
                    remarks.push(format!("{came}, too slowly to wait for: the suite does not expect it."));
                }
                None => {
                    remarks.push(format!("{came}, too slowly to wait for: it is in `ignore`."));
                    ignored.push(pattern.into());
                }
            }
        }
        for at in 0..=self.events.len() {
            self.note_cause(at);
            if self.steps.len() >= MOST_STEPS {
                let rest = self.events.len() - at;
                remarks
                    .push(format!("The last {rest} frames are left out: a suite gets {MOST_STEPS} steps."));
                break;
            }
            self.call_before(at);
            for step in counted_at.remove(&at).unwrap_or_default() {
                self.silent = None;
                self.steps.push(step);
            }
            if at < self.events.len() && self.fates[at] == Fate::Step && !self.done.contains(&at) {
                self.take(at);
            }
        }
        ignored
    }

    /// The steps; what was guessed goes to the remarks.
    pub fn finish(self, remarks: &mut Vec<String>) -> Vec<Value> {
        remarks.extend(self.patterns.remarks());
        remarks.extend(self.captures.remarks());
        for (path, times) in self.correlated {
            let replies = counted(times.into(), "reply").replace("replys", "replies");
            remarks.push(format!("`{path}` pairs {replies} with what was sent."));
        }
        if self.pauses > 0 {
            let places = counted(self.pauses.into(), "place");
            remarks.push(format!(
                "Nothing came between two messages that were sent: the suite waits a moment in {places}, as you did."
            ));
        }
        if let Some((first, more)) = self.uncaused.split_first() {
            let (others, it) = match more.len() {
                0 => (String::new(), "it"),
                count => (format!(" (and {} like it)", counted(count as u64, "more message")), "them"),
            };
            remarks.push(format!(
                "{first} after anything else{others}: nothing in the recording seems to have caused {it}. If another program \
                 did, by an HTTP call say, write that call before the expectation."
            ));
        }
        if self.refused > 0 {
            remarks.push("A handshake that failed is expected to fail again.".to_owned());
        }
        self.steps
    }

    /// The HTTP calls that were made before this event, or after the last one.
    fn call_before(&mut self, at: usize) {
        let until = self.events.get(at).map_or(Duration::MAX, |event| event.at);
        while let [(made, step), rest @ ..] = self.calls {
            if *made > until {
                return;
            }
            self.calls = rest;
            self.pause(*made);
            self.steps.push(step.clone());
        }
    }

    /// Notes a message that becomes a step, and before which nothing happened for long, on no connection.
    fn note_cause(&mut self, at: usize) {
        let Some(event) = self.events.get(at) else { return };
        let called =
            self.calls.iter().take_while(|(made, _)| *made <= event.at).last().map(|(made, _)| *made);
        let before = at.checked_sub(1).map_or(event.at, |before| self.events[before].at);
        let before = called.map_or(before, |called| called.max(before));
        let quiet = event.at.saturating_sub(before);
        let What::Received(content) = &event.what else { return };
        if quiet > CAUSED_WITHIN && self.fates[at] == Fate::Step && !self.done.contains(&at) {
            let (name, after) = (kinds::name_of(content), words::duration(quiet));
            self.uncaused.push(format!("{name} came to {} {after}", event.client));
        }
    }

    fn take(&mut self, at: usize) {
        let event = &self.events[at];
        let client = event.client.as_str();
        // A connection that was open already has to be opened here.
        if !matches!(event.what, What::Connecting) && !self.opened.contains_key(client) {
            self.open(client, at);
        }
        if feeds::is_boundary(event) {
            self.pause(event.at);
        }
        match &event.what {
            What::Connecting => self.open(client, at),
            What::Opened => {
                if let Some((_, since)) = self.opened.get_mut(client) {
                    *since = Some(event.at);
                }
            }
            What::Failed => {}
            What::Sent(content) => {
                let send = self.captures.put_in(client, content.payload());
                let mut step = members([("on", client.into()), ("send", send)]);
                match self.reply(at) {
                    Some(reply) => {
                        let took = self.events[reply].at.saturating_sub(event.at);
                        let expect = self.expectation(reply, content.json(), patience(took));
                        step.insert("expect".to_owned(), expect);
                        self.done.insert(reply);
                    }
                    None => self.silent = Some(event.at),
                }
                self.steps.push(step.into());
            }
            What::Received(_) => {
                let within = self.patience(at);
                let expect = self.expectation(at, None, within);
                self.silent = None;
                self.steps.push(members([("on", client.into()), ("expect", expect)]).into());
            }
            What::Closing { code, reason } => {
                let mut close = Map::new();
                if let Some(code) = code {
                    close.insert("code".to_owned(), (*code).into());
                }
                if !reason.is_empty() {
                    close.insert("reason".to_owned(), as_step::escape(reason).into());
                }
                let mut step = members([("on", client.into()), ("close", close.into())]);
                if let Some(ended) = self.next_of(client, at, |what| matches!(what, What::Closed { .. })) {
                    self.done.insert(ended);
                    step.insert("expect".to_owned(), object("closed", self.closed(ended, event.at)));
                }
                self.steps.push(step.into());
            }
            What::Closed { .. } => {
                let from = self.stretch_began(at.saturating_sub(1));
                let closed = self.closed(at, from);
                self.steps.push(members([("on", client.into()), ("closed", closed)]).into());
            }
        }
    }

    /// Between two sends without a reply the server may need the time that it had.
    fn pause(&mut self, now: Duration) {
        let Some(since) = self.silent.take() else { return };
        let pause = now.saturating_sub(since);
        if pause >= SHORTEST_PAUSE {
            let wait = (pause.min(LONGEST_PAUSE).as_millis() as u64).div_ceil(10) * 10;
            self.steps.push(object("wait", format!("{wait}ms").into()));
            self.pauses += 1;
        }
    }

    fn open(&mut self, client: &'a str, at: usize) {
        let (times, since) = self.opened.entry(client).or_default();
        (*times, *since) = (*times + 1, None);
        let verb = if *times == 1 { "connect" } else { "reconnect" };
        let mut step = members([(verb, client.into())]);
        // A handshake that failed is expected to fail again.
        let next = self.next_of(client, at, |what| matches!(what, What::Failed | What::Opened));
        if next.is_some_and(|next| matches!(self.events[next].what, What::Failed)) {
            step.insert("expect".to_owned(), object("refused", true.into()));
            self.refused += 1;
        }
        self.steps.push(step.into());
    }

    fn next_of(&self, client: &str, from: usize, is_it: impl Fn(&What) -> bool) -> Option<usize> {
        (from..self.events.len())
            .find(|at| self.events[*at].client == client && is_it(&self.events[*at].what))
    }

    /// The message that answers what was sent at `at`: the one with the same id, else the next one of the connection. Only
    /// until something else is sent, opened or closed: calls that overlapped go on overlapping.
    fn reply(&self, at: usize) -> Option<usize> {
        let sent = &self.events[at];
        let asked = sent.sent()?;
        let is_step = |it: &usize| self.fates[*it] == Fate::Step && !self.done.contains(it);
        let until = (at + 1..self.events.len())
            .find(|it| feeds::is_boundary(&self.events[*it]) && self.fates[*it] == Fate::Step)
            .unwrap_or(self.events.len());
        let came = || {
            let of_client = |it: &usize| {
                is_step(it) && self.events[*it].client == sent.client && self.events[*it].received().is_some()
            };
            (at + 1..until).filter(of_client)
        };
        let json = |it: usize| self.events[it].received().and_then(Content::json);
        let answers = |it: &usize| kinds::correlated(asked.json(), json(*it)).is_some();
        if let Some(reply) = came().find(answers) {
            return Some(reply);
        }
        // One that has an id of its own, or whose answer comes later, is not answered by what comes next.
        let is_answered_later =
            (until..self.events.len()).any(|it| self.events[it].client == sent.client && answers(&it));
        if is_answered_later {
            return None;
        }
        let next = came().next()?;
        let event = &self.events[next];
        let content = event.received()?;
        let since = self.opened.get(sent.client.as_str()).and_then(|(_, since)| *since);
        // What comes first on a young connection may be its greeting, which does not wait for a message.
        let is_settled = since.is_none_or(|since| sent.at.saturating_sub(since) >= SETTLED);
        let is_echo = content == asked;
        let is_prompt = event.at.saturating_sub(sent.at) <= PROMPT;
        let is_of_other = |it: usize| kinds::correlated(self.events[it].sent()?.json(), content.json());
        let is_other = (0..at).any(|it| is_of_other(it).is_some());
        ((is_settled && is_prompt && !is_other) || is_echo).then_some(next)
    }

    fn stretch_began(&self, at: usize) -> Duration {
        self.stretches.get(at).copied().flatten().map_or(Duration::ZERO, |began| self.events[began].at)
    }

    /// How long an expectation waits for a message that came by itself.
    fn patience(&self, at: usize) -> Duration {
        let event = &self.events[at];
        let took = event.at.saturating_sub(self.stretch_began(at));
        if took <= PROMPT {
            return patience(took);
        }
        // It may come with time, and a run does not wait as a person did: then a whole round may be ahead.
        let own = self.patterns.own;
        let kind = event.received().map(|it| kinds::kind(it, own, at));
        let before = (0..at).rev().find(|it| {
            let other = &self.events[*it];
            other.client == event.client && other.received().map(|it2| kinds::kind(it2, own, *it)) == kind
        });
        let opened = self.opened.get(event.client.as_str()).and_then(|(_, since)| *since);
        let since = before.map(|it| self.events[it].at).or(opened).unwrap_or(Duration::ZERO);
        patience(took.max(event.at.saturating_sub(since)).min(MOST_PATIENT / 3))
    }

    fn expectation(&mut self, at: usize, asked: Option<&Value>, within: Duration) -> Value {
        let events = self.events;
        let event = &events[at];
        let Some(content) = event.received() else { return object("any", true.into()) };
        let own = self.patterns.own;
        let kind = kinds::kind(content, own, at);
        let which = Which { at, client: &event.client, kind: &kind };
        let (mut expectation, let_go) = self.patterns.of_message(which, content);
        if let Some(path) = kinds::correlated(asked, content.json()) {
            expectation.insert("correlate".to_owned(), path.clone().into());
            *self.correlated.entry(path).or_default() += 1;
        }
        let is_wanted = |(_, value): &(String, Value)| is_capturable(value) && own.is_sent_after(at, value);
        let captured = self.captures.learn(&event.client, let_go.into_iter().filter(is_wanted).collect());
        if !captured.is_empty() {
            expectation.insert("capture".to_owned(), captured.into());
        }
        if within > USUAL {
            expectation.insert("within".to_owned(), seconds(within).into());
        }
        expectation.into()
    }

    /// Only code and cleanness: reasons are words for people.
    fn closed(&self, at: usize, from: Duration) -> Value {
        let mut closed = Map::new();
        if let What::Closed { code, clean } = &self.events[at].what {
            // 1006 is the browser's own word for an end without a close.
            if *code != 1006 {
                closed.insert("code".to_owned(), (*code).into());
            }
            closed.insert("clean".to_owned(), (*clean).into());
        }
        let within = patience(self.events[at].at.saturating_sub(from)).min(MOST_PATIENT);
        if within > USUAL {
            closed.insert("within".to_owned(), seconds(within).into());
        }
        closed.into()
    }
}

fn seconds(wait: Duration) -> String {
    format!("{}s", wait.as_secs())
}

/// Whether a pattern takes every message.
fn is_empty(pattern: &Map<String, Value>) -> bool {
    fn has_literal(value: &Value) -> bool {
        match value {
            Value::Object(members) => {
                members.contains_key("$in")
                    || members.iter().any(|(name, it)| !is_operator(name) && has_literal(it))
            }
            Value::Array(items) => items.iter().any(has_literal),
            _ => true,
        }
    }
    fn is_operator(name: &str) -> bool {
        name.starts_with('$') && !name.starts_with("$$")
    }
    !pattern.values().any(has_literal)
}

/// Three and more equal steps in a row as rounds.
pub(super) fn folded(steps: Vec<Value>) -> Vec<Value> {
    let mut all: Vec<(Value, u32)> = Vec::new();
    for step in steps {
        match all.last_mut() {
            Some((last, times)) if *last == step => *times += 1,
            _ => all.push((step, 1)),
        }
    }
    let fold = |(step, times): (Value, u32)| {
        let members_of = step.as_object().filter(|it| it.contains_key("send") && times >= 3);
        match members_of {
            Some(step) => {
                let mut round = step.clone();
                round.insert("repeat".to_owned(), members([("times", times.into())]).into());
                vec![round.into()]
            }
            None => std::iter::repeat_n(step, times as usize).collect(),
        }
    };
    all.into_iter().flat_map(fold).collect()
}
