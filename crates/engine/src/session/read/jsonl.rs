//! Our own JSON Lines.
//!
//! Owns the way back from [`crate::report::write_jsonl`]: what it wrote is read so that it is written again byte for
//! byte. Lines that were cut, filtered or joined are read too; a line of a later run begins a session of its own.

use std::borrow::Cow;
use std::io::{BufRead, Read};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::keeper::{Keeper, Written};
use super::lost::{Kind, Lost};
use super::{LONGEST, Onlooker, OpenError, json_error};
use crate::matcher;
use crate::recording::calls::UNANSWERED;
use crate::recording::told;
use crate::report::{Answer, Answered, Body, Call, Closed, Connection, Note, Noted, Opened};
use crate::session::Session;
use crate::{FrameKind, Instant};
use line::{Line, Side};
use sockscope_lines::{Content, Message};

mod line;

/// A file has at most this many sessions.
const MOST_SESSIONS: usize = 1000;
/// With less room a further session is not begun.
const LEAST_ROOM: usize = 256 << 10;

pub(super) async fn read(
    name: &str,
    mut source: impl BufRead,
    budget: usize,
    lost: &mut Lost,
    onlooker: Option<&dyn Onlooker>,
) -> Result<Vec<Session>, OpenError> {
    let mut sessions: Vec<Session> = Vec::new();
    let mut unseen = 0;
    let mut room = budget;
    let mut keeper = Keeper::new(name, room);
    let mut dates = Dates::default();
    let (mut bytes, mut unescaped) = (Vec::new(), Vec::new());
    let mut number = 0;
    loop {
        // Nearly all lines are messages as we write them, and whole in the buffer.
        let held = source.fill_buf().map_err(OpenError::Io)?;
        if let Some(line) = sockscope_lines::line(held)
            && let Some(said) = sockscope_lines::message(&line[..line.len() - 1], &mut unescaped)
            && (said.name.is_none() || keeper.knows(said.connection))
        {
            number += 1;
            message(&mut keeper, &mut dates, &said, lost)
                .map_err(|why| OpenError::Line { line: number, why })?;
            let read = line.len();
            source.consume(read);
            unseen += read;
            keeper.look(onlooker.filter(|_| sessions.is_empty()), &mut unseen).await;
            continue;
        }
        bytes.clear();
        let read =
            (&mut source).take(LONGEST as u64 + 1).read_until(b'\n', &mut bytes).map_err(OpenError::Io)?;
        if read == 0 {
            break;
        }
        number += 1;
        if read > LONGEST {
            let why = format!("the line is longer than {} MiB", LONGEST >> 20);
            return Err(OpenError::Line { line: number, why });
        }
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        if text.trim_ascii().is_empty() {
            continue;
        }
        let line: Line<'_> = serde_json::from_slice(text).map_err(|error| json_error(error, number - 1))?;
        line.unknown.iter().for_each(|name| lost.member(name));
        if let Some(name_of_next) = line.begins_session() {
            let named = name_of_next.map_or_else(|| name.to_owned(), |suite| format!("{name}: {suite}"));
            if keeper.is_empty() {
                keeper.session.name = named;
                continue;
            }
            let done = keeper.finish();
            room = room.saturating_sub(done.log.held_bytes());
            sessions.push(done);
            if sessions.len() >= MOST_SESSIONS || room < LEAST_ROOM {
                lost.count(Kind::Sessions, 1 + rest(source, number)?);
                return Ok(sessions);
            }
            keeper = Keeper::new(&named, room);
            continue;
        }
        take(&mut keeper, &mut dates, &line, lost).map_err(|why| OpenError::Line { line: number, why })?;
        unseen += read;
        keeper.look(onlooker.filter(|_| sessions.is_empty()), &mut unseen).await;
    }
    sessions.push(keeper.finish());
    Ok(sessions)
}

/// How many lines follow.
fn rest(mut source: impl BufRead, line: u64) -> Result<u64, OpenError> {
    let mut lines = 0;
    loop {
        let held = source.fill_buf().map_err(|error| match error.kind() {
            std::io::ErrorKind::InvalidData => OpenError::Line { line, why: error.to_string() },
            _ => OpenError::Io(error),
        })?;
        if held.is_empty() {
            return Ok(lines);
        }
        lines += memchr::memchr_iter(b'\n', held).count() as u64;
        let used = held.len();
        source.consume(used);
    }
}

/// Takes a message of a connection that is known.
fn message(
    keeper: &mut Keeper,
    dates: &mut Dates,
    message: &Message<'_>,
    lost: &mut Lost,
) -> Result<(), String> {
    let at = Instant::from_nanos(message.at.saturating_mul(1000));
    keeper.calendar(at, dates.millis(message.iso)?, lost);
    let decoded;
    let (kind, bytes) = match (message.content, message.is_sent) {
        (Content::Text(text), true) => (FrameKind::SentText, text.as_bytes()),
        (Content::Text(text), false) => (FrameKind::ReceivedText, text.as_bytes()),
        (Content::Base64(base64), is_sent) => {
            decoded = bytes_of(base64)?;
            let kind = if is_sent { FrameKind::SentBinary } else { FrameKind::ReceivedBinary };
            (kind, decoded.as_slice())
        }
    };
    let written = Written {
        number: Some(message.number),
        at,
        connection: message.connection,
        kind,
        bytes,
        size: Some(message.bytes),
        round_trip: message.round_trip.map(Duration::from_micros),
        is_tainted: false,
        pinned: None,
    };
    keeper.frame(&written, lost);
    Ok(())
}

fn bytes_of(base64: &str) -> Result<Vec<u8>, String> {
    STANDARD.decode(base64).map_err(|error| format!("`base64` is not base64: {error}"))
}

fn take(keeper: &mut Keeper, dates: &mut Dates, line: &Line<'_>, lost: &mut Lost) -> Result<(), String> {
    let at = Instant::from_nanos(micros(line.at_ms).saturating_mul(1000));
    if let Some(iso) = &line.iso {
        keeper.calendar(at, dates.millis(iso)?, lost);
    }
    match (line.connection, &*line.event) {
        (Some(id), _) => frame(keeper, line, id, at, lost),
        (None, "dropped") => keeper.missing(line.count.unwrap_or_default()),
        (None, "check") => {
            let name = line.check.clone().unwrap_or_default().into_owned();
            note(keeper, at, Noted::Check(name));
            Ok(())
        }
        (None, "http") => {
            note(keeper, at, Noted::Call(Box::new(call(line, at))));
            Ok(())
        }
        (
            None,
            "sent" | "received" | "connecting" | "opened" | "closing" | "closed" | "failed" | "waiting"
            | "told",
        ) => Err("the member `connection` is missing".to_owned()),
        (None, other) => {
            lost.event(other);
            Ok(())
        }
    }
}

/// Dates of lines that follow each other: most are of the same second.
#[derive(Default)]
struct Dates {
    /// Up to the point, and its moment.
    second: String,
    at: f64,
}

impl Dates {
    /// Milliseconds since 1970 of a date with a time.
    fn millis(&mut self, iso: &str) -> Result<f64, String> {
        self.read(iso).ok_or_else(|| format!("expected a date in `iso`, found {iso:?}"))
    }

    fn read(&mut self, iso: &str) -> Option<f64> {
        const POINT: usize = "2026-11-29T10:00:00.".len();
        let digits = |rest: &str| match rest.as_bytes() {
            [a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', b'Z'] => {
                Some(f64::from(u32::from(a - b'0') * 100 + u32::from(b - b'0') * 10 + u32::from(c - b'0')))
            }
            _ => None,
        };
        let parts = iso.split_at_checked(POINT).and_then(|(second, rest)| Some((second, digits(rest)?)));
        let Some((second, millis)) = parts else { return Some(matcher::date(iso)?.round()) };
        if second != self.second {
            self.at = matcher::date(iso)?.round() - millis;
            second.clone_into(&mut self.second);
        }
        Some(self.at + millis)
    }
}

fn note(keeper: &mut Keeper, at: Instant, what: Noted) {
    let before = keeper.session.log.total();
    keeper.session.note(Note { before, at, what });
}

fn micros(millis: f64) -> u64 {
    (millis.max(0.0) * 1e3).round() as u64
}

fn span(millis: f64) -> Duration {
    Duration::from_micros(micros(millis))
}

fn frame(keeper: &mut Keeper, line: &Line<'_>, id: u32, at: Instant, lost: &mut Lost) -> Result<(), String> {
    let text = |it: &Option<Cow<'_, str>>| it.as_deref().unwrap_or_default().to_owned();
    let reason = line.reason.as_deref().unwrap_or_default();
    let is_begun = begin(keeper, line, id, at);
    let mut decoded = Vec::new();
    let mut words = line.message.as_deref().map(Cow::Borrowed);
    let kind = match (&*line.event, &line.text, &line.base64) {
        ("sent", Some(_), _) => FrameKind::SentText,
        ("received", Some(_), _) => FrameKind::ReceivedText,
        ("sent" | "received", None, Some(base64)) => {
            decoded = bytes_of(base64)?;
            if line.event == "sent" { FrameKind::SentBinary } else { FrameKind::ReceivedBinary }
        }
        ("sent" | "received", None, None) => return Err("a message has `text` or `base64`".to_owned()),
        ("connecting", ..) => {
            words = words.or_else(|| {
                let url = line.url.as_deref().unwrap_or_default();
                let by_relay = if line.by_relay { told::BY_RELAY } else { "" };
                Some(format!("{}{by_relay}", told::connecting(url, &line.protocols)).into())
            });
            FrameKind::Connecting
        }
        ("opened", ..) => {
            if words.is_none() {
                let (protocol, extensions) = (text(&line.protocol), text(&line.extensions));
                words = Some(told::opened(&protocol, &extensions).into());
                if let Some(connection) = keeper.session.latest(id) {
                    let at = connection.asked + span(line.took_ms.unwrap_or_default());
                    connection.opened = Some(Opened { at, protocol, extensions });
                }
            }
            FrameKind::Opened
        }
        ("closing", ..) => {
            if let Some(code) = line.code {
                let content = if reason.is_empty() { code.to_string() } else { format!("{code} {reason}") };
                words = Some(content.into());
            }
            FrameKind::Closing
        }
        ("closed", ..) => {
            if let Some(code) = line.code {
                words = Some(told::closed(code, reason).into());
                let clean = line.clean.unwrap_or(code != 1006);
                if let Some(connection) = keeper.session.latest(id) {
                    connection.closed = Some(Closed { at, code, reason: reason.to_owned(), clean });
                }
            }
            FrameKind::Closed
        }
        ("failed", ..) => FrameKind::Failed,
        ("waiting", ..) => FrameKind::Waiting,
        ("told", ..) => FrameKind::Told,
        (other, ..) => {
            lost.event(other);
            return Ok(());
        }
    };
    debug_assert!(is_begun || keeper.knows(id) || line.name.is_none() || keeper.session.dropped_beside() > 0);
    let bytes = match kind {
        FrameKind::SentBinary | FrameKind::ReceivedBinary => decoded.as_slice(),
        FrameKind::SentText | FrameKind::ReceivedText => line.text.as_deref().unwrap_or_default().as_bytes(),
        _ => words.as_deref().unwrap_or_default().as_bytes(),
    };
    let told = Written {
        number: line.number,
        at,
        connection: id,
        kind,
        bytes,
        size: line.bytes.filter(|_| kind.is_message()),
        round_trip: line.round_trip_ms.map(span),
        is_tainted: line.tainted,
        pinned: line.pinned.then(|| line.remark.as_deref().unwrap_or_default()),
    };
    keeper.frame(&told, lost);
    Ok(())
}

/// Begins the handshake that this line is the first of, if it is.
fn begin(keeper: &mut Keeper, line: &Line<'_>, id: u32, at: Instant) -> bool {
    let is_connecting = line.event == "connecting";
    // A handshake of which the file says nothing but words is not one that is known.
    let is_told = line.name.is_some() || line.url.is_some();
    let is_first = match is_connecting {
        true => line.url.is_some(),
        false => {
            (is_told || line.code.is_some() && line.event == "closed" || line.took_ms.is_some())
                && (!keeper.knows(id) || line.url.is_some())
        }
    };
    if is_first {
        let took =
            if line.event == "opened" { span(line.took_ms.unwrap_or_default()) } else { Duration::ZERO };
        let asked = Instant::from_nanos(at.as_nanos().saturating_sub(took.as_nanos() as u64));
        let connection = Connection {
            id,
            name: line.name.as_deref().unwrap_or_default().to_owned(),
            url: line.url.as_deref().unwrap_or_default().to_owned(),
            offered: line.protocols.clone(),
            by_relay: line.by_relay,
            asked,
            opened: None,
            closed: None,
        };
        keeper.begin(connection, is_connecting);
    }
    is_first
}

fn call(line: &Line<'_>, at: Instant) -> Call {
    let text = |it: &Option<Cow<'_, str>>| it.as_deref().unwrap_or_default().to_owned();
    let body = |side: &Side| Body {
        text: side.text.clone().unwrap_or_default(),
        bytes: side.bytes.unwrap_or_default(),
    };
    let request = line.request.as_ref();
    let result = match (line.status, &line.error) {
        (Some(status), _) => {
            let response = line.response.as_ref();
            let headers = response.map(Side::headers).unwrap_or_default();
            let body = response.map_or(Body { text: String::new(), bytes: 0 }, body);
            Some(Ok(Answered { status, headers, body }))
        }
        (None, Some(words)) if *words != UNANSWERED => Some(Err(words.clone().into_owned())),
        _ => None,
    };
    Call {
        method: text(&line.method),
        url: text(&line.url),
        headers: request.map(Side::headers).unwrap_or_default(),
        body: request.filter(|side| side.text.is_some()).map(body),
        answer: result.map(|result| Answer { at: at + span(line.took_ms.unwrap_or_default()), result }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_of_the_same_second_is_the_date() {
        let mut dates = Dates::default();
        for text in [
            "2026-11-29T10:00:00.001Z",
            "2026-11-29T10:00:00.999Z",
            "2026-11-29T10:00:01.000Z",
            "2026-11-29T10:00:01.5Z",
            "2026-11-29T10:00:01.250+01:00",
            "2026-11-29 10:00:01.250Z",
            "2026-13-29T10:00:01.250Z",
            "2026-11-29T10:00:01,250Z",
            "2026-11-29T10:00:01.25\u{e9}",
            "yesterday",
        ] {
            assert_eq!(dates.read(text), matcher::date(text).map(f64::round), "{text}");
        }
    }
}
