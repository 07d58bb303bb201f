//! HAR files of browsers, Playwright, mitmproxy and ourselves.
//!
//! Owns the order of the frames: entries stand one after the other, and their messages are brought into one order of
//! time. It refuses to hold what has nothing to do with a WebSocket.

use std::cell::RefCell;
use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::time::Duration;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::keeper::{Keeper, Written};
use super::lost::{Kind, Lost};
use super::messages::{Message, Messages, Waiting};
use super::{Beside, LONGEST, OpenError, guarded, json_error, plain_name};
use crate::base::json_words;
use crate::matcher;
use crate::recording::told;
use crate::report::{Closed, Connection, Opened};
use crate::session::Session;
use crate::{FrameKind, FrameLog, Instant};
use calls::Calls;
use parts::{Extras, Request, Response, Timings};

mod calls;
mod parts;

/// An entry of a WebSocket as it waits for the others.
struct Waits {
    connection: Connection,
    /// Nanoseconds since 1970.
    asked: u64,
    opened: Option<u64>,
    closed: Option<u64>,
    failures: Vec<String>,
    /// When we asked to close, in nanoseconds since 1970.
    closings: Vec<u64>,
    extras: Extras,
}

/// More entries are not read.
const MOST_ENTRIES: usize = 100_000;

struct State<'a> {
    entries: Vec<Waits>,
    calls: Calls,
    waiting: Waiting<'a>,
    beside: &'a dyn Beside,
    dropped: u64,
}

pub(super) fn read(
    name: &str,
    source: impl BufRead,
    beside: &dyn Beside,
    budget: usize,
    lost: &mut Lost,
) -> Result<Session, OpenError> {
    let state = RefCell::new(State {
        entries: Vec::new(),
        calls: Calls::default(),
        waiting: Waiting { log: FrameLog::with_budget(budget), closes: Vec::new(), lost },
        beside,
        dropped: 0,
    });
    let mut json = serde_json::Deserializer::from_reader(BufReader::with_capacity(64 << 10, guarded(source)));
    let whole = At { state: &state, level: Level::File };
    whole.deserialize(&mut json).and_then(|()| json.end()).map_err(|error| json_error(error, 0))?;
    let mut state = state.into_inner();
    give_closes(&mut state);
    Ok(ordered(name, state, budget))
}

/// Where in the file something is read.
#[derive(Clone, Copy)]
enum Level {
    File,
    Log,
    Entries,
    Entry,
    Own,
}

#[derive(Clone, Copy)]
struct At<'s, 'a> {
    state: &'s RefCell<State<'a>>,
    level: Level,
}

impl<'de> DeserializeSeed<'de> for At<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        match self.level {
            Level::Entries => reader.deserialize_seq(self),
            _ => reader.deserialize_map(self),
        }
    }
}

impl<'de> Visitor<'de> for At<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.level {
            Level::File => "an object with `log`",
            Level::Log => "an object with `entries`",
            Level::Entries => "an array of entries",
            Level::Entry => "an entry",
            Level::Own => "an object",
        })
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<(), S::Error> {
        while seq.next_element_seed(At { level: Level::Entry, ..self })?.is_some() {}
        Ok(())
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        if let Level::Entry = self.level {
            return entry(self.state, map);
        }
        while let Some(name) = map.next_key::<String>()? {
            let below = match (self.level, name.as_str()) {
                (Level::File, "log") => Level::Log,
                (Level::Log, "entries") => Level::Entries,
                (Level::Log, "_sockscope") => Level::Own,
                (Level::Own, "dropped") => {
                    self.state.borrow_mut().dropped = map.next_value()?;
                    continue;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            map.next_value_seed(At { level: below, ..self })?;
        }
        Ok(())
    }
}

/// Reads one entry. Its messages may stand before its address, so it is judged at its end.
fn entry<'de, M: MapAccess<'de>>(state: &RefCell<State<'_>>, mut map: M) -> Result<(), M::Error> {
    let (mut started, mut request, mut response) = (None, Request::default(), Response::default());
    let (mut of, mut failure, mut extras, mut timings) = (None, None, Extras::default(), Timings::default());
    let place = state.borrow().entries.len();
    let id = place as u32;
    let mut messages = None;
    while let Some(name) = map.next_key::<String>()? {
        match name.as_str() {
            "startedDateTime" => started = map.next_value::<Option<String>>()?,
            "request" => request = map.next_value()?,
            "response" => response = map.next_value()?,
            "timings" => timings = map.next_value()?,
            "_resourceType" => of = map.next_value::<Option<String>>()?,
            "_failureText" => failure = map.next_value::<Option<String>>()?,
            "_sockscope" => extras = map.next_value()?,
            "_webSocketMessages" => {
                let waiting = &mut state.borrow_mut().waiting;
                messages = Some(map.next_value_seed(Messages(id, waiting))?);
            }
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
    }
    let state = &mut *state.borrow_mut();
    let is_socket = of.as_deref() == Some("websocket")
        || messages.is_some_and(|messages| messages > 0)
        || request.url.starts_with("ws:")
        || request.url.starts_with("wss:");
    if !is_socket {
        // A date that is wrong matters only where the call is kept.
        let asked = started.as_deref().and_then(matcher::date).map_or(0, nanos_of_date);
        if !state.calls.keep(asked, timings.nanos(), request, response) {
            state.waiting.lost.count(Kind::HttpEntries, 1);
        }
        return Ok(());
    }
    if place >= MOST_ENTRIES {
        return Err(M::Error::custom(format!("the file has more than {MOST_ENTRIES} WebSockets")));
    }
    let mut count = messages.unwrap_or_default();
    if let (0, Some(file)) = (count, &response.content.file) {
        count = attached(state, id, file).map_err(M::Error::custom)?;
    }
    let asked = match started {
        Some(text) => matcher::date(&text)
            .map(nanos_of_date)
            .ok_or_else(|| M::Error::custom(format!("expected a date in startedDateTime, found {text:?}")))?,
        None => 0,
    };
    let is_open = response.status == 101.0 || count > 0;
    let mut failures = std::mem::take(&mut extras.failures.0);
    failures.extend(failure);
    if !is_open && failures.is_empty() && extras.connection.is_none() && response.status > 0.0 {
        failures.push(format!("the handshake was answered with status {}", response.status));
    }
    let start = asked.saturating_sub(nanos_of(extras.asked_ms));
    let known = |millis: Option<f64>| millis.map(|millis| start + nanos_of(Some(millis)));
    let opened = known(extras.opened_ms).or_else(|| is_open.then(|| asked + timings.nanos()));
    let closed = known(extras.closed_ms);
    if extras.connection.is_none() {
        state.waiting.lost.count(Kind::Closes, u64::from(is_open));
    }
    let connection = Connection {
        id: extras.connection.unwrap_or(id + 1),
        name: extras.name.clone().unwrap_or_else(|| format!("c{}", place + 1)),
        url: as_socket(&request.url),
        offered: match extras.protocols.0.is_empty() {
            true => request.headers.offered(),
            false => std::mem::take(&mut extras.protocols.0),
        },
        by_relay: false,
        asked: Instant::ORIGIN,
        opened: opened.map(|_| Opened {
            at: Instant::ORIGIN,
            protocol: extras.protocol.clone().unwrap_or_else(|| response.headers.protocol.clone()),
            extensions: extras.extensions.clone().unwrap_or_else(|| response.headers.extensions.clone()),
        }),
        closed: closed.map(|_| Closed {
            at: Instant::ORIGIN,
            code: extras.code.unwrap_or(1005),
            reason: extras.reason.clone().unwrap_or_default(),
            clean: extras.clean.unwrap_or_default(),
        }),
    };
    let closings = extras.closings.0.iter().map(|it| start + nanos_of(Some(it.at_ms))).collect();
    state.entries.push(Waits { connection, asked, opened, closed, failures, closings, extras });
    Ok(())
}

/// Nanoseconds since 1970.
fn nanos_of_date(millis: f64) -> u64 {
    (millis.max(0.0) * 1e3).round() as u64 * 1000
}

fn nanos_of(millis: Option<f64>) -> u64 {
    ((millis.unwrap_or_default().max(0.0) * 1e3).round() as u64).saturating_mul(1000)
}

/// Proxies write the address of the request.
fn as_socket(url: &str) -> String {
    match url.split_once("://") {
        Some(("http", rest)) => format!("ws://{rest}"),
        Some(("https", rest)) => format!("wss://{rest}"),
        _ => url.to_owned(),
    }
}

/// Reads the messages of a file that a HAR names. One that cannot be opened is a loss, one that is wrong a mistake.
fn attached(state: &mut State<'_>, id: u32, name: &str) -> Result<u64, String> {
    let opened = plain_name(name).map_err(Some).and_then(|name| {
        state.beside.open(name).map_err(|error| Some(format!("{name} could not be opened: {error}.")))
    });
    let source = match opened {
        Ok(source) => source,
        Err(why) => {
            state.waiting.lost.count(Kind::Attached, 1);
            why.into_iter().for_each(|why| state.waiting.lost.say(why));
            return Ok(0);
        }
    };
    let mut source = BufReader::with_capacity(64 << 10, source);
    let (mut bytes, mut number, mut count) = (Vec::new(), 0_u64, 0);
    loop {
        bytes.clear();
        number += 1;
        let wrong = |why: String| format!("{name}, line {number}: {why}");
        let read = (&mut source).take(LONGEST as u64 + 1).read_until(b'\n', &mut bytes);
        match read.map_err(|error| wrong(error.to_string()))? {
            0 => return Ok(count),
            read if read > LONGEST => return Err(wrong(format!("longer than {} MiB", LONGEST >> 20))),
            _ => {}
        }
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        let message: Message<'_> =
            serde_json::from_slice(&bytes).map_err(|error| wrong(json_words::what(&error)))?;
        state.waiting.take(id, message).map_err(wrong)?;
        count += 1;
    }
}

/// Close frames, where a writer has them, say how a connection ended.
fn give_closes(state: &mut State<'_>) {
    for (entry, _, code, reason) in std::mem::take(&mut state.waiting.closes) {
        let Some(waits) = state.entries.get_mut(entry as usize) else { continue };
        if waits.connection.closed.is_none() {
            waits.closed = Some(0);
            waits.connection.closed = Some(Closed { at: Instant::ORIGIN, code, reason, clean: true });
        }
    }
}

/// What happens at one moment happens in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Asked,
    Opened,
    Message(u64),
    Closing(u32),
    Failed(u32),
    Closed,
}

/// Brings all that waits into one order.
fn ordered(name: &str, mut state: State<'_>, budget: usize) -> Session {
    let log = &state.waiting.log;
    let mut events: Vec<(u64, Rank, u32)> = Vec::new();
    // The moment of the latest event of each entry, for messages without one.
    let mut latest: Vec<u64> =
        state.entries.iter().map(|it| it.opened.unwrap_or(it.asked).max(it.asked)).collect();
    let mut untimed = 0;
    for frame in log.from(0) {
        let Some(last) = latest.get_mut(frame.connection as usize) else { continue };
        let at = match frame.at.as_nanos() {
            0 => {
                untimed += 1;
                *last
            }
            at => at,
        };
        *last = (*last).max(at);
        events.push((at, Rank::Message(frame.number), frame.connection));
    }
    // A handshake was done before its first message, whatever the rounding of its times.
    let mut earliest: Vec<u64> = vec![u64::MAX; state.entries.len()];
    for (at, _, entry) in &events {
        let first = &mut earliest[*entry as usize];
        *first = (*first).min(*at);
    }
    for (place, waits) in state.entries.iter_mut().enumerate() {
        let entry = place as u32;
        if waits.asked == 0 {
            waits.asked = if earliest[place] == u64::MAX { 0 } else { earliest[place] };
        }
        waits.asked = waits.asked.min(earliest[place]);
        events.push((waits.asked, Rank::Asked, entry));
        if let Some(opened) = &mut waits.opened {
            *opened = (*opened).min(earliest[place]).max(waits.asked);
            events.push((*opened, Rank::Opened, entry));
        }
        // What came after our close still came before the end.
        let closings = waits.closings.iter().zip(0..).map(|(at, nth)| (*at, Rank::Closing(nth), entry));
        events.extend(closings);
        let end = latest[place].max(waits.asked).max(waits.closings.last().copied().unwrap_or_default());
        events.extend((0..waits.failures.len()).map(|nth| (end, Rank::Failed(nth as u32), entry)));
        if let Some(closed) = &mut waits.closed {
            *closed = (*closed).max(end);
            events.push((*closed, Rank::Closed, entry));
        }
    }
    state.waiting.lost.count(Kind::Untimed, untimed);
    events.sort_unstable();
    let zero = events.first().map_or(0, |first| state.calls.ordered().unwrap_or(u64::MAX).min(first.0));
    let mut keeper = Keeper::new(name, budget);
    let dropped = state.dropped + log.dropped();
    if dropped > 0 {
        // It stands before the first frame and is no larger than a file.
        let _ = keeper.missing(dropped.min(1 << 53));
    }
    let mut nth_of_entry: Vec<usize> = vec![0; state.entries.len()];
    for (at, rank, entry) in events {
        for note in state.calls.until(at, zero, keeper.session.log.total()) {
            keeper.session.note(note);
        }
        let waits = &mut state.entries[entry as usize];
        let at = Instant::from_nanos(at - zero);
        tell(&mut keeper, waits, log, (at, rank), &mut nth_of_entry[entry as usize], state.waiting.lost);
    }
    for note in state.calls.until(u64::MAX, zero, keeper.session.log.total()) {
        keeper.session.note(note);
    }
    let mut session = keeper.finish();
    session.origin = crate::report::Origin::from_micros(zero / 1000);
    session
}

fn tell(
    keeper: &mut Keeper,
    waits: &mut Waits,
    log: &FrameLog,
    (at, rank): (Instant, Rank),
    nth: &mut usize,
    lost: &mut Lost,
) {
    let Waits { connection, extras, failures, .. } = waits;
    let id = connection.id;
    let words;
    let (kind, bytes) = match rank {
        Rank::Asked => {
            connection.asked = at;
            keeper.begin(Connection { opened: None, closed: None, ..connection.clone() }, true);
            words = told::connecting(&connection.url, &connection.offered);
            (FrameKind::Connecting, words.as_bytes())
        }
        Rank::Opened => {
            let opened = connection.opened.take().map(|opened| Opened { at, ..opened });
            words = opened.as_ref().map_or_else(String::new, |it| told::opened(&it.protocol, &it.extensions));
            if let Some(latest) = keeper.session.latest(id) {
                latest.opened = opened;
            }
            (FrameKind::Opened, words.as_bytes())
        }
        Rank::Closed => {
            let closed = connection.closed.take().map(|closed| Closed { at, ..closed });
            words = closed.as_ref().map_or_else(String::new, |it| told::closed(it.code, &it.reason));
            if let Some(latest) = keeper.session.latest(id) {
                latest.closed = closed;
            }
            (FrameKind::Closed, words.as_bytes())
        }
        Rank::Closing(nth) => {
            let closing = &extras.closings.0[nth as usize];
            words = told::closing(closing.code, &closing.reason);
            (FrameKind::Closing, words.as_bytes())
        }
        Rank::Failed(nth) => {
            words = std::mem::take(&mut failures[nth as usize]);
            (FrameKind::Failed, words.as_bytes())
        }
        Rank::Message(number) => {
            let Some(frame) = log.get(number) else { return };
            (frame.kind, frame.bytes)
        }
    };
    let mut told = Written {
        number: None,
        at,
        connection: id,
        kind,
        bytes,
        size: None,
        round_trip: None,
        is_tainted: false,
        pinned: None,
    };
    if kind.is_message() {
        told.number = extras.number.0.get(*nth).copied();
        told.size = extras.bytes.0.get(*nth).copied();
        told.round_trip = extras
            .round_trip_ms
            .0
            .get(*nth)
            .copied()
            .flatten()
            .map(|millis| Duration::from_nanos(nanos_of(Some(millis))));
        *nth += 1;
    }
    let pin = told.number.and_then(|number| extras.pins.0.iter().find(|pin| pin.number == number));
    told.pinned = pin.map(|pin| pin.remark.as_str());
    keeper.frame(&told, lost);
}
