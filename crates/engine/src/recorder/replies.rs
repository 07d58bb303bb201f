//! Automatic replies of the bench as a branch beside the steps.
//!
//! Owns which messages trigger one. The suite format has no automatic replies yet, so a branch looks for such messages
//! in rounds until the steps are done.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::feeds::Fate;
use super::lines::{Content, Event, Recording, Reply, members};
use crate::Payload;
use crate::base::words::counted;
use crate::matcher::{Matcher, Subject};
use crate::template::{Name, Template};

/// A reply is sent at once; the worker of the bench may be busy.
const SOON: Duration = Duration::from_secs(1);
/// A round of the branch looks for a message as long.
const ROUND: Duration = Duration::from_millis(500);
/// The variable that ends the rounds.
pub(super) const DONE: &str = "done";

/// A reply that was sent in the recording.
pub(super) struct Answer {
    pub client: String,
    expect: Value,
    send: Value,
    times: u32,
}

/// Finds what was sent as a reply, and marks it with what set it off.
pub(super) fn find(recording: &Recording, fates: &mut [Fate]) -> Vec<Answer> {
    let mut answers = Vec::new();
    for rule in &recording.bench.replies {
        let Ok(to) = Matcher::compile(&rule.to) else { continue };
        for (name, client) in &recording.clients {
            if !rule.connections.is_empty() && !rule.connections.contains(&client.id) {
                continue;
            }
            let pairs = pairs(&recording.events, name, &to, rule, fates);
            if pairs.is_empty() {
                continue;
            }
            for (came, sent) in &pairs {
                fates[*came] = Fate::Reply(answers.len());
                fates[*sent] = Fate::Reply(answers.len());
            }
            let contents: Vec<_> = pairs
                .iter()
                .filter_map(|(came, sent)| {
                    Some((recording.events[*came].received()?, recording.events[*sent].sent()?))
                })
                .collect();
            answers.push(answer(name, rule, &contents));
        }
    }
    answers
}

/// Each message that a rule takes with the reply after it.
fn pairs(events: &[Event], client: &str, to: &Matcher, rule: &Reply, fates: &[Fate]) -> Vec<(usize, usize)> {
    let Ok(pattern) = regex_lite::Regex::new(&rule.pattern) else { return Vec::new() };
    let of_client = |at: &usize| events[*at].client == client && fates[*at] == Fate::Step;
    let mut pairs = Vec::new();
    let mut next = 0;
    for came in (0..events.len()).filter(of_client) {
        let Some(text) = events[came].received().and_then(Content::text) else { continue };
        let payload = Payload::Text(text.to_owned());
        if !to.holds(&Subject::new(&payload)) {
            continue;
        }
        let latest = events[came].at + Duration::from_millis(rule.after_ms) + SOON;
        let is_reply = |at: &usize| {
            let sent = events[*at].sent().and_then(Content::text);
            events[*at].at <= latest && sent.is_some_and(|text| pattern.is_match(text))
        };
        if let Some(sent) = (next.max(came + 1)..events.len()).filter(of_client).find(is_reply) {
            pairs.push((came, sent));
            next = sent + 1;
        }
    }
    pairs
}

fn answer(client: &str, rule: &Reply, pairs: &[(&Content, &Content)]) -> Answer {
    let mut expect = super::paths::expected(&rule.to).as_object().cloned().unwrap_or_default();
    let first = pairs[0].1;
    let captured = match pairs.iter().all(|(_, sent)| *sent == first) {
        true => None,
        false => captured(rule, pairs[0].0),
    };
    let send = match captured {
        Some(capture) => {
            if !capture.is_empty() {
                expect.insert("capture".to_owned(), capture.into());
            }
            members([("$text", rule.template.as_str().into())]).into()
        }
        None => first.payload(),
    };
    Answer { client: client.to_owned(), expect: expect.into(), send, times: pairs.len() as u32 }
}

/// What a reply takes from the message, by name; none when it takes what a suite does not know.
fn captured(rule: &Reply, came: &Content) -> Option<Map<String, Value>> {
    let template = Template::parse(&rule.template).ok()?;
    let members = came.json().and_then(Value::as_object);
    let mut capture = Map::new();
    for reference in template.names() {
        match reference.name {
            Name::Variable(name) if members.is_some_and(|it| it.contains_key(name.as_str())) => {
                let path = super::paths::join("$", &name);
                capture.insert(name, path.into());
            }
            Name::Variable(name) if name == "message" && members.is_some() => {
                capture.insert(name, "$".into());
            }
            Name::Client | Name::Seq => {}
            _ => return None,
        }
    }
    Some(capture)
}

/// The steps with their answers beside them.
pub(super) fn beside(steps: Vec<Value>, answers: &[Answer], lasted: Duration) -> Vec<Value> {
    if answers.is_empty() {
        return steps;
    }
    // A branch needs its client, so the block begins when the last of them has connected.
    let connects = |step: &Value, client: &str| step.get("connect").is_some_and(|it| it == client);
    let begins = |answer: &Answer| steps.iter().position(|step| connects(step, &answer.client));
    let begin = answers.iter().filter_map(begins).max().map_or(0, |at| at + 1);
    let mut first = steps;
    let mut main = first.split_off(begin);
    main.push(members([("set", members([(DONE, true.into())]).into())]).into());
    let rounds = (lasted.as_secs_f64() * 2.0 / ROUND.as_secs_f64()).ceil() as u64 + 20;
    let mut branches = vec![Value::Array(main)];
    branches.extend(answers.iter().map(|answer| {
        let mut expect = answer.expect.as_object().cloned().unwrap_or_default();
        expect.insert("within".to_owned(), "500ms".into());
        let expect = members([("expect", expect.into())]);
        let send = members([("send", answer.send.clone())]);
        let round = members([
            ("unless", format!("{{{{{DONE}}}}}").into()),
            ("why", "none".into()),
            ("try", Value::Array(vec![expect.into(), send.into()])),
        ]);
        let times = members([("times", rounds.min(2000).into())]);
        members([
            ("on", answer.client.as_str().into()),
            ("repeat", times.into()),
            ("steps", Value::Array(vec![round.into()])),
        ])
        .into()
    }));
    first.push(members([("all", Value::Array(branches))]).into());
    first
}

pub(super) fn remarks(answers: &[Answer]) -> impl Iterator<Item = String> {
    let mut by_client = BTreeMap::<&str, u32>::new();
    for answer in answers {
        *by_client.entry(&answer.client).or_default() += answer.times;
    }
    by_client.into_iter().map(|(client, times)| {
        let times = counted(times.into(), "time");
        format!("The bench replied for {client} by itself {times}: a branch beside the steps does that.")
    })
}
