//! Automatic replies and heartbeats of the bench as answers and heartbeats of clients.
//!
//! Owns which frames they were, and what the format calls them. A rule that the format cannot say stays as steps.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::feeds::{self, Fate};
use super::lines::{Beat, Content, Event, Recording, Reply, members};
use super::own::Own;
use crate::Payload;
use crate::base::words::counted;
use crate::matcher::{Matcher, Subject};
use crate::template::{Name, Template, WORDS};

/// A reply is sent at once; the worker of the bench may be busy.
const SOON: Duration = Duration::from_secs(1);

/// What the bench sent by itself for a client.
pub(super) struct Standing {
    client: String,
    /// The key of the client: `answers` or `heartbeat`.
    key: &'static str,
    value: Value,
    /// How many messages it sent in the recording.
    times: u32,
    /// The messages that it took, by their places.
    took: Vec<usize>,
    /// How many of them came as a reply to what a step sends.
    unchecked: u32,
}

/// Finds what was sent by itself, and marks it with what set it off and what it set off.
pub(super) fn find(recording: &Recording, own: &Own, fates: &mut [Fate]) -> Vec<Standing> {
    let mut found = Vec::new();
    for rule in &recording.bench.replies {
        let Ok(to) = Matcher::compile(&rule.to) else { continue };
        for (name, client) in &recording.clients {
            if !rule.connections.is_empty() && !rule.connections.contains(&client.id) {
                continue;
            }
            let pairs = pairs(&recording.events, name, &to, rule, fates);
            let Some(value) = answer(rule, &contents(recording, &pairs)) else { continue };
            mark(fates, &pairs, found.len());
            let took = pairs.iter().map(|(came, _)| *came).collect();
            let (client, times) = (name.clone(), pairs.len() as u32);
            found.push(Standing { client, key: "answers", value, times, took, unchecked: 0 });
        }
    }
    for beat in &recording.bench.heartbeats {
        for (name, _) in recording.clients.iter().filter(|(_, client)| client.id == beat.connection) {
            let pairs = beats(&recording.events, name, beat, fates);
            let sent =
                pairs.iter().map(|(beat, _)| recording.events[*beat].sent()).collect::<Option<Vec<_>>>();
            let Some(send) = sent.and_then(|sent| payload(&beat.template, &sent, None)) else { continue };
            let mut value = members([("every", millis(beat.every_ms)), ("send", send)]);
            if !beat.reply.is_null() {
                value.insert("expect".to_owned(), super::paths::expected(&beat.reply));
                value.insert("within".to_owned(), millis(beat.within_ms));
            }
            mark(fates, &pairs, found.len());
            let (value, times) = (value.into(), pairs.len() as u32);
            let client = name.clone();
            found.push(Standing { client, key: "heartbeat", value, times, took: Vec::new(), unchecked: 0 });
        }
    }
    // What was sent by itself is known by now, so that only what a step sends has replies.
    let is_reply = feeds::replies(&recording.events, own, fates);
    for one in &mut found {
        one.unchecked = one.took.iter().filter(|at| is_reply[**at]).count() as u32;
    }
    found
}

fn mark(fates: &mut [Fate], pairs: &[(usize, usize)], place: usize) {
    for (one, other) in pairs {
        fates[*one] = Fate::Reply(place);
        fates[*other] = Fate::Reply(place);
    }
}

fn contents<'r>(recording: &'r Recording, pairs: &[(usize, usize)]) -> Vec<(&'r Content, &'r Content)> {
    let content = |(came, sent): &(usize, usize)| {
        Some((recording.events[*came].received()?, recording.events[*sent].sent()?))
    };
    pairs.iter().filter_map(content).collect()
}

/// Each message that a rule takes with the reply after it.
fn pairs(events: &[Event], client: &str, to: &Matcher, rule: &Reply, fates: &[Fate]) -> Vec<(usize, usize)> {
    let Ok(pattern) = regex_lite::Regex::new(&rule.pattern) else { return Vec::new() };
    let of_client = |at: &usize| events[*at].client == client && fates[*at] == Fate::Step;
    let mut pairs = Vec::new();
    let mut next = 0;
    for came in (0..events.len()).filter(of_client) {
        if !events[came].received().is_some_and(|content| takes(to, content)) {
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

/// Each beat with its reply; a beat without one stands alone.
fn beats(events: &[Event], client: &str, beat: &Beat, fates: &[Fate]) -> Vec<(usize, usize)> {
    let Ok(pattern) = regex_lite::Regex::new(&beat.pattern) else { return Vec::new() };
    let reply = Matcher::compile(&beat.reply).ok();
    let of_client = |at: &usize| events[*at].client == client && fates[*at] == Fate::Step;
    let is_beat =
        |at: &usize| events[*at].sent().and_then(Content::text).is_some_and(|text| pattern.is_match(text));
    let mut next = 0;
    let sent = (0..events.len()).filter(of_client).filter(is_beat);
    sent.map(|sent| {
        let latest = events[sent].at + Duration::from_millis(beat.within_ms);
        let is_reply = |at: &usize| {
            let came = events[*at].received().filter(|_| events[*at].at <= latest);
            came.zip(reply.as_ref()).is_some_and(|(came, reply)| takes(reply, came))
        };
        let came = (next.max(sent + 1)..events.len()).filter(of_client).find(is_reply);
        next = came.map_or(next, |came| came + 1);
        (sent, came.unwrap_or(sent))
    })
    .collect()
}

fn takes(matcher: &Matcher, content: &Content) -> bool {
    let Some(text) = content.text() else { return false };
    matcher.holds(&Subject::new(&Payload::Text(text.to_owned())))
}

/// A rule of the suite; none when it names what a suite does not know, and nothing shows what it sends.
fn answer(rule: &Reply, pairs: &[(&Content, &Content)]) -> Option<Value> {
    let sent: Vec<&Content> = pairs.iter().map(|(_, sent)| *sent).collect();
    let send = payload(&rule.template, &sent, Some(pairs.first().map(|(came, _)| *came)))?;
    let mut answer = members([("to", super::paths::expected(&rule.to)), ("send", send)]);
    if rule.after_ms > 0 {
        answer.insert("after".to_owned(), millis(rule.after_ms));
    }
    Some(answer.into())
}

/// What is sent: the same each time, or a text with placeholders that a suite knows. `message` is what came, where
/// placeholders may name that; nothing of it is known when the rule took none.
fn payload(template: &str, sent: &[&Content], message: Option<Option<&Content>>) -> Option<Value> {
    let same = sent.first().filter(|first| sent.iter().all(|other| other == *first));
    let named = named_in(template, message);
    match (same, named) {
        // With one message alone, what it has in common with its reply tells a placeholder from a text.
        (Some(first), Some(false) | None) => Some(first.payload()),
        (_, Some(_)) => {
            let text =
                if message.is_some() { of_message(template, message.flatten()) } else { template.to_owned() };
            Some(members([("$text", text.into())]).into())
        }
        (None, None) => None,
    }
}

/// Whether a template has placeholders; none when a suite does not know one of them.
fn named_in(template: &str, message: Option<Option<&Content>>) -> Option<bool> {
    let names = Template::parse(template).ok()?.names();
    let object = message.flatten().and_then(Content::json).and_then(Value::as_object);
    let is_known = |name: &Name| match name {
        Name::Variable(name) => message.is_some() && (name == "message" || has(object, name)),
        Name::Client | Name::Seq => true,
        _ => false,
    };
    names.iter().all(|reference| is_known(&reference.name)).then_some(template.contains("{{"))
}

fn has(object: Option<&Map<String, Value>>, name: &str) -> bool {
    object.is_some_and(|members| members.contains_key(name))
}

/// The template with members of the message named as in an answer.
fn of_message(template: &str, came: Option<&Content>) -> String {
    let object = came.and_then(Content::json).and_then(Value::as_object);
    let (mut written, mut rest) = (String::with_capacity(template.len()), template);
    while let Some((before, after)) = rest.split_once("{{") {
        written.push_str(before);
        written.push_str("{{");
        let (place, behind) =
            after.split_once("}}").map_or((after, None), |(place, rest)| (place, Some(rest)));
        let is_member = |word: &str| has(object, word) && !WORDS.contains(&word);
        let words = place.split(' ').map(|word| match is_member(word) {
            true => format!("message.{word}"),
            false => word.to_owned(),
        });
        written.push_str(&words.collect::<Vec<_>>().join(" "));
        if behind.is_some() {
            written.push_str("}}");
        }
        rest = behind.unwrap_or_default();
    }
    written + rest
}

fn millis(millis: u64) -> Value {
    match millis % 1000 {
        0 if millis > 0 => format!("{}s", millis / 1000),
        _ => format!("{millis}ms"),
    }
    .into()
}

/// Gives the clients what the bench sent for them.
pub(super) fn give(clients: &mut Map<String, Value>, standing: &[Standing]) {
    for one in standing {
        let Some(client) = clients.get_mut(&one.client).and_then(Value::as_object_mut) else { continue };
        match client.entry(one.key).or_insert_with(|| Value::Array(Vec::new())) {
            Value::Array(list) if one.key == "answers" => list.push(one.value.clone()),
            other => *other = one.value.clone(),
        }
    }
}

pub(super) fn remarks(standing: &[Standing]) -> impl Iterator<Item = String> {
    let mut by_client = BTreeMap::<(&str, &str), (u32, u32)>::new();
    for one in standing {
        let (times, unchecked) = by_client.entry((&one.client, one.key)).or_default();
        *times += one.times;
        *unchecked += one.unchecked;
    }
    by_client.into_iter().map(|((client, key), (times, unchecked))| {
        let times = counted(times.into(), "time");
        match key {
            "answers" => {
                let unchecked = match unchecked {
                    0 => String::new(),
                    1 => format!(
                        " They take 1 message that came as a reply to {client}, so no step checks it. To check it, remove \
                         that answer and expect the message in a step."
                    ),
                    some => format!(
                        " They take {} that came as replies to {client}, so no step checks those. To check them, remove \
                         that answer and expect the messages in steps.",
                        counted(some.into(), "message")
                    ),
                };
                format!("The bench replied for {client} by itself {times}: its `answers` do that.{unchecked}")
            }
            _ => format!("The bench sent a heartbeat for {client} {times}: its `heartbeat` does that."),
        }
    })
}
