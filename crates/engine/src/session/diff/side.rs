//! One of the two sessions, as it is compared.
//!
//! Owns what is known of each message: its kind, what it answers, how long that took, and whether it is one of a feed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::super::Session;
use super::{masks, values};
use crate::base::words::cut;
use crate::recorder::feeds::{self, Fate};
use crate::recorder::kinds;
use crate::recorder::lines::{Content, Event as Recorded, What as Happened};
use crate::recorder::own::Own;
use crate::recorder::paths::scalar;
use crate::report::Connection;
use crate::{Frame, FrameKind};

/// A message.
pub(in crate::session) struct Event {
    pub kind: String,
    /// Its number in the session, as the file has it.
    pub number: u64,
    /// The place of the message that it answers.
    pub cause: Option<usize>,
    /// How long its answer took; none when that says nothing about the server.
    pub took: Option<Duration>,
    /// It comes again and again by itself, so how many come says nothing.
    pub is_feed: bool,
    /// For a message that we sent: which one of its connection.
    pub nth_sent: usize,
}

/// A connection.
pub(in crate::session) struct Client {
    pub name: String,
    pub url: String,
    /// The number of its first frame.
    pub first: u64,
}

/// What the opening of a connection is called.
pub(super) const HANDSHAKE: &str = "handshake";

/// Something in the life of a connection that is compared.
pub(in crate::session) struct Life {
    pub subject: &'static str,
    pub text: String,
    pub number: u64,
    client: String,
}

pub(in crate::session) struct Side {
    pub clients: Vec<Client>,
    /// The messages alone, in order.
    pub events: Vec<EventOf>,
    pub own: Own,
    pub left_out: usize,
    pub dropped: u64,
    lives: Vec<Life>,
    /// Of each kind of a feed, by connection, the paths at which its messages differ from each other.
    varying: BTreeMap<(String, String), BTreeSet<String>>,
}

/// A message with its content and what is known of it.
pub(in crate::session) struct EventOf {
    /// Its JSON is read again when it is asked for: of a million messages it would take gigabytes.
    recorded: Recorded,
    is_json: bool,
    known: Event,
}

impl std::ops::Deref for EventOf {
    type Target = Event;

    fn deref(&self) -> &Event {
        &self.known
    }
}

impl EventOf {
    pub fn client(&self) -> &str {
        &self.recorded.client
    }

    /// When, since the session began.
    pub fn at(&self) -> Duration {
        self.recorded.at
    }

    pub fn is_sent(&self) -> bool {
        matches!(self.recorded.what, Happened::Sent(_))
    }

    pub fn content(&self) -> Content {
        match self.kept() {
            Content::Text { text, json: None } if self.is_json => Content::of_text(text.clone()),
            content => content.clone(),
        }
    }

    /// Whether both have the same text or the same bytes.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self.kept(), other.kept()) {
            (Content::Text { text, .. }, Content::Text { text: other, .. }) => text == other,
            (Content::Binary(bytes), Content::Binary(other)) => bytes == other,
            _ => false,
        }
    }

    /// The content, whose JSON may have been let go.
    fn kept(&self) -> &Content {
        match &self.recorded.what {
            Happened::Sent(content) | Happened::Received(content) => content,
            _ => unreachable!("only messages are events of a side"),
        }
    }

    fn let_json_go(&mut self) {
        if let Happened::Sent(Content::Text { json, .. }) | Happened::Received(Content::Text { json, .. }) =
            &mut self.recorded.what
        {
            self.is_json = json.take().is_some();
        }
    }

    pub fn subject(&self) -> String {
        kinds::name_of(&self.content())
    }
}

impl Side {
    pub fn of(session: &Session, most: usize) -> Self {
        let mut names = names(session);
        let mut clients: Vec<Client> = Vec::new();
        let mut known = BTreeSet::<u32>::new();
        let (mut recorded, mut numbers, mut frames) = (Vec::new(), Vec::new(), Vec::new());
        let (mut lives, mut left_out) = (Vec::new(), 0);
        let mut closing = BTreeMap::<u32, bool>::new();
        for (frame, handshake) in session.transcript().frames() {
            let handshake = handshake.and_then(|place| session.connections().get(place));
            let name =
                names.entry(frame.connection).or_insert_with(|| format!("connection {}", frame.connection));
            let number = session.as_read().number(frame.number);
            if !known.contains(&frame.connection) {
                known.insert(frame.connection);
                let url = handshake.map_or_else(String::new, |it| it.url.clone());
                clients.push(Client { name: name.clone(), url, first: number });
            }
            if let Some(life) = life(handshake, &frame, name, number, &mut closing) {
                lives.push(life);
            }
            let Some(content) = content(&frame) else { continue };
            if recorded.len() >= most {
                left_out += 1;
                continue;
            }
            let at = Duration::from_nanos(frame.at.as_nanos());
            let what =
                if frame.kind.is_sent() { Happened::Sent(content) } else { Happened::Received(content) };
            recorded.push(Recorded { client: name.clone(), at, what });
            numbers.push(number);
            frames.push((frame.round_trip, frame.is_tainted));
        }
        let own = Own::of(&recorded);
        let mut fates = vec![Fate::Step; recorded.len()];
        let causes = causes(&recorded);
        feeds::find(&recorded, &own, &mut fates);
        let mut sent = BTreeMap::<String, usize>::new();
        let mut events = Vec::with_capacity(recorded.len());
        for (at, event) in recorded.into_iter().enumerate() {
            let is_sent = event.sent().is_some();
            let kind = event.sent().or(event.received()).map(kinds::kind_alone).unwrap_or_default();
            let nth_sent = sent.entry(event.client.clone()).or_default();
            *nth_sent += usize::from(is_sent);
            let (round_trip, is_tainted) = frames[at];
            let since_cause = causes[at].and_then(|cause| {
                let cause: &EventOf = events.get(cause)?;
                Some(event.at.saturating_sub(cause.recorded.at))
            });
            let known = Event {
                kind,
                number: numbers[at],
                cause: causes[at],
                took: round_trip.or(since_cause).filter(|_| !is_tainted && !is_sent),
                is_feed: matches!(fates[at], Fate::Feed(_)),
                nth_sent: *nth_sent,
            };
            events.push(EventOf { recorded: event, is_json: false, known });
        }
        let varying = varying(&events);
        events.iter_mut().for_each(EventOf::let_json_go);
        Self { clients, events, own, left_out, dropped: session.log.dropped(), lives, varying }
    }

    /// Whether other messages of the same feed have another value there.
    pub fn varies(&self, at: usize, path: &str) -> bool {
        let event = &self.events[at];
        let key = || (event.client().to_owned(), event.kind.clone());
        event.is_feed && self.varying.get(&key()).is_some_and(|paths| paths.contains(&masks::general(path)))
    }

    pub fn messages(&self) -> usize {
        self.events.len()
    }

    /// The places of a connection's messages.
    pub fn of_client<'s>(&'s self, client: &'s str) -> impl Iterator<Item = usize> + 's {
        (0..self.events.len()).filter(move |at| self.events[*at].client() == client)
    }

    pub fn lives(&self, client: &str) -> Vec<&Life> {
        self.lives.iter().filter(|life| life.client == client).collect()
    }
}

/// Where the messages of a feed differ from each other.
fn varying(events: &[EventOf]) -> BTreeMap<(String, String), BTreeSet<String>> {
    let mut latest = BTreeMap::<(String, String), usize>::new();
    let mut varying = BTreeMap::<(String, String), BTreeSet<String>>::new();
    for (at, event) in events.iter().enumerate().filter(|(_, event)| event.is_feed) {
        let key = (event.client().to_owned(), event.kind.clone());
        if let Some(before) = latest.insert(key.clone(), at) {
            let paths = varying.entry(key).or_default();
            values::differing(events[before].kept(), event.kept(), &mut |path| {
                paths.insert(masks::general(path));
            });
        }
    }
    varying
}

/// The content of a message.
fn content(frame: &Frame<'_>) -> Option<Content> {
    match frame.kind {
        FrameKind::SentText | FrameKind::ReceivedText => {
            Some(Content::of_text(String::from_utf8_lossy(frame.bytes).into_owned()))
        }
        FrameKind::SentBinary | FrameKind::ReceivedBinary => {
            Some(Content::Binary(STANDARD.encode(frame.bytes)))
        }
        _ => None,
    }
}

/// What is compared of the life of a connection: the subprotocol, an end by the server, a handshake that failed.
fn life(
    handshake: Option<&Connection>,
    frame: &Frame<'_>,
    name: &str,
    number: u64,
    closing: &mut BTreeMap<u32, bool>,
) -> Option<Life> {
    let (subject, text) = match frame.kind {
        FrameKind::Connecting => {
            closing.insert(frame.connection, false);
            return None;
        }
        FrameKind::Closing => {
            closing.insert(frame.connection, true);
            return None;
        }
        FrameKind::Opened => {
            let opened = handshake.and_then(|it| it.opened.as_ref());
            let protocol = opened.map_or("", |it| it.protocol.as_str());
            let words = if protocol.is_empty() { "no subprotocol" } else { protocol };
            (HANDSHAKE, format!("opened with {words}"))
        }
        // We asked for this end ourselves.
        FrameKind::Closed if closing.get(&frame.connection) == Some(&true) => return None,
        FrameKind::Closed => {
            let text = match handshake.and_then(|it| it.closed.as_ref()) {
                Some(closed) if closed.reason.is_empty() => format!("closed with {}", closed.code),
                Some(closed) => format!("closed with {} {}", closed.code, cut(&closed.reason, 200)),
                None => format!("closed: {}", cut(&String::from_utf8_lossy(frame.bytes), 200)),
            };
            ("end", text)
        }
        _ => return None,
    };
    Some(Life { subject, text, number, client: name.to_owned() })
}

/// Each connection's name, that no other has.
pub(in crate::session) fn names(session: &Session) -> BTreeMap<u32, String> {
    let mut names = BTreeMap::<u32, String>::new();
    for connection in session.connections() {
        if names.contains_key(&connection.id) {
            continue;
        }
        let plain = match connection.name.as_str() {
            "" => format!("connection {}", connection.id),
            name => name.to_owned(),
        };
        let mut name = plain.clone();
        let mut number = 2;
        while names.values().any(|taken| *taken == name) {
            name = format!("{plain} ({number})");
            number += 1;
        }
        names.insert(connection.id, name);
    }
    names
}

/// What each message answers: the sent one with its id, else the sent one right before it.
fn causes(events: &[Recorded]) -> Vec<Option<usize>> {
    let mut by_id = HashMap::<(String, String, String), usize>::new();
    let mut unanswered = BTreeMap::<&str, usize>::new();
    let mut causes = Vec::with_capacity(events.len());
    for (at, event) in events.iter().enumerate() {
        let content = event.sent().or(event.received());
        let members = content.and_then(Content::json).and_then(Value::as_object);
        let id = members.and_then(|members| {
            kinds::PAIRING.iter().find_map(|name| {
                let value = members.get(*name).filter(|it| it.is_string() || it.is_number())?;
                Some((event.client.clone(), (*name).to_owned(), scalar(value)))
            })
        });
        causes.push(match event.sent() {
            Some(_) => {
                by_id.extend(id.map(|id| (id, at)));
                unanswered.insert(&event.client, at);
                None
            }
            None => {
                let before = unanswered.remove(event.client.as_str());
                id.and_then(|id| by_id.get(&id).copied()).or(before)
            }
        });
    }
    causes
}

/// Pairs connections: those of one name, then those of one path in their order.
pub(super) fn pair_clients(a: &[Client], b: &[Client]) -> Vec<(Option<usize>, Option<usize>)> {
    let path = |client: &Client| {
        let address = client.url.split_once("://").map_or(client.url.as_str(), |(_, rest)| rest);
        let path = address.split_once('/').map_or("", |(_, path)| path);
        path.split(['?', '#']).next().unwrap_or_default().to_owned()
    };
    let mut taken = vec![false; b.len()];
    let mut pairs: Vec<(Option<usize>, Option<usize>)> = Vec::new();
    for one in a {
        let other = (0..b.len()).find(|at| !taken[*at] && b[*at].name == one.name);
        other.into_iter().for_each(|at| taken[at] = true);
        pairs.push((Some(pairs.len()), other));
    }
    for (at, pair) in pairs.iter_mut().enumerate().filter(|(_, pair)| pair.1.is_none()) {
        let other = (0..b.len()).find(|other| !taken[*other] && path(&b[*other]) == path(&a[at]));
        other.into_iter().for_each(|at| taken[at] = true);
        pair.1 = other;
    }
    pairs.extend((0..b.len()).filter(|at| !taken[*at]).map(|at| (None, Some(at))));
    pairs
}

/// Both lists side by side, to the end of the longer one; those of one subject stand together.
pub(super) fn zip_all<'l>(
    a: &'l [&'l Life],
    b: &'l [&'l Life],
) -> impl Iterator<Item = (Option<&'l Life>, Option<&'l Life>)> {
    let of = |list: &'l [&'l Life], subject: &'static str| -> Vec<&'l Life> {
        list.iter().copied().filter(|life| life.subject == subject).collect()
    };
    [HANDSHAKE, "end"].into_iter().flat_map(move |subject| {
        let (a, b) = (of(a, subject), of(b, subject));
        (0..a.len().max(b.len())).map(move |at| (a.get(at).copied(), b.get(at).copied())).collect::<Vec<_>>()
    })
}
