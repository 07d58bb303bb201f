//! A recorded session as JSON Lines: one object for every event, in the order in which they happened.
//!
//! Owns the names of the members: `event`, `number` (among all events ever, from 0), `at_ms` (from the start of the
//! session), `iso`, `connection`, `name`, then what belongs to the kind. Text stands in `text`, binary in `base64`. A
//! pinned frame has `pinned` set to true and its note in `remark`, a frame whose time says nothing has `tainted`. Where
//! the beginning of a handshake is not in the file, its first line has `url` and `protocols`. Beside them stands `by_relay`, set to
//! true, where a Sockscope server opened the connection. Each line is complete in itself, so a file may be cut, filtered and joined by lines.

use std::fmt::{self, Write};

use super::calls::write_line;
use super::transcript::{Connection, Content, Decimal, Transcript, asked_close, text_of};
use crate::base::mask::Masker;
use crate::{Frame, FrameKind};

/// Writes one line for every event, and first one that says how many are missing, if any are.
pub fn write_jsonl(session: &Transcript<'_>, masker: &Masker, out: &mut dyn Write) -> fmt::Result {
    if session.log.dropped() > 0 {
        writeln!(out, "{{\"event\":\"dropped\",\"count\":{}}}", session.log.dropped())?;
    }
    let mut notes = session.notes.iter().peekable();
    let mut is_told = vec![false; session.connections.len()];
    for (frame, handshake) in session.frames() {
        while let Some(note) = notes.next_if(|note| note.before <= frame.number) {
            write_line(note, session, masker, out)?;
        }
        let connection = handshake.map(|place| &session.connections[place]);
        write!(
            out,
            "{{\"event\":\"{}\",\"number\":{},\"at_ms\":{},\"iso\":\"{}\",\"connection\":{}",
            event(frame.kind),
            session.number(&frame),
            Decimal(session.since_start(frame.at)),
            session.iso(frame.at),
            frame.connection,
        )?;
        if let Some(connection) = connection {
            member(out, "name", &masker.mask(&connection.name))?;
        }
        details(&frame, connection, session.bytes(&frame), masker, out)?;
        let is_first = handshake.is_some_and(|place| !std::mem::replace(&mut is_told[place], true));
        if let Some(connection) =
            connection.filter(|it| is_first && frame.kind != FrameKind::Connecting && !it.url.is_empty())
        {
            address(connection, masker, out)?;
        }
        if frame.is_tainted {
            out.write_str(",\"tainted\":true")?;
        }
        if let Some(remark) = session.remark(frame.number) {
            out.write_str(",\"pinned\":true")?;
            if !remark.is_empty() {
                member(out, "remark", &masker.mask(remark))?;
            }
        }
        out.write_str("}\n")?;
    }
    notes.try_for_each(|note| write_line(note, session, masker, out))
}

/// What an event is called, here and in the other forms.
pub fn event(kind: FrameKind) -> &'static str {
    match kind {
        FrameKind::Connecting => "connecting",
        FrameKind::Opened => "opened",
        FrameKind::SentText | FrameKind::SentBinary => "sent",
        FrameKind::ReceivedText | FrameKind::ReceivedBinary => "received",
        FrameKind::Closing => "closing",
        FrameKind::Closed => "closed",
        FrameKind::Failed => "failed",
        FrameKind::Waiting => "waiting",
        FrameKind::Told => "told",
    }
}

fn details(
    frame: &Frame<'_>,
    connection: Option<&Connection>,
    bytes: u64,
    masker: &Masker,
    out: &mut dyn Write,
) -> fmt::Result {
    let opened = connection.and_then(|connection| connection.opened.as_ref());
    let closed = connection.and_then(|connection| connection.closed.as_ref());
    match (frame.kind, connection) {
        (
            FrameKind::SentText | FrameKind::SentBinary | FrameKind::ReceivedText | FrameKind::ReceivedBinary,
            _,
        ) => {
            write!(out, ",\"bytes\":{bytes}")?;
            if let Some(round_trip) = frame.round_trip {
                write!(out, ",\"round_trip_ms\":{}", Decimal(round_trip))?;
            }
            let content = Content::of(frame, masker);
            let name = if frame.kind.is_text() { "text" } else { "base64" };
            return member(out, name, content.as_str());
        }
        (FrameKind::Connecting, Some(connection)) => {
            return address(connection, masker, out);
        }
        _ => {}
    }
    match (frame.kind, connection, opened, closed) {
        (FrameKind::Opened, Some(connection), Some(opened), _) => {
            write!(out, ",\"took_ms\":{}", Decimal(opened.at - connection.asked))?;
            member(out, "protocol", &masker.mask(&opened.protocol))?;
            member(out, "extensions", &masker.mask(&opened.extensions))
        }
        (FrameKind::Closed, .., Some(closed)) => {
            write!(out, ",\"code\":{},\"clean\":{}", closed.code, closed.clean)?;
            member(out, "reason", &masker.mask(&closed.reason))
        }
        (FrameKind::Closing, ..) => {
            let text = text_of(frame, masker);
            let Some((code, reason)) = asked_close(&text) else { return member(out, "message", &text) };
            write!(out, ",\"code\":{code}")?;
            member(out, "reason", reason)
        }
        _ => member(out, "message", &text_of(frame, masker)),
    }
}

fn address(connection: &Connection, masker: &Masker, out: &mut dyn Write) -> fmt::Result {
    member(out, "url", &masker.mask(&connection.url))?;
    list(out, "protocols", connection.offered.iter().map(|offered| masker.mask(offered)))?;
    out.write_str(if connection.by_relay { ",\"by_relay\":true" } else { "" })
}

/// `,"name":"text"`.
pub(crate) fn member(out: &mut dyn Write, name: &str, text: &str) -> fmt::Result {
    write!(out, ",\"{name}\":")?;
    json_text(out, text)
}

/// `,"name":["a","b"]`.
fn list<S: AsRef<str>>(out: &mut dyn Write, name: &str, texts: impl Iterator<Item = S>) -> fmt::Result {
    write!(out, ",\"{name}\":")?;
    json_list(out, texts)
}

/// A list of texts as JSON.
pub(crate) fn json_list<S: AsRef<str>>(out: &mut dyn Write, texts: impl Iterator<Item = S>) -> fmt::Result {
    out.write_char('[')?;
    for (i, text) in texts.enumerate() {
        if i > 0 {
            out.write_char(',')?;
        }
        json_text(out, text.as_ref())?;
    }
    out.write_char(']')
}

/// A text as JSON. By hand, because serde_json writes to bytes or into a string of its own.
pub(crate) fn json_text(out: &mut dyn Write, text: &str) -> fmt::Result {
    out.write_char('"')?;
    let mut done = 0;
    for (at, byte) in text.bytes().enumerate() {
        // Bytes of longer characters are 0x80 and above, so every cut lies between characters.
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.write_str(&text[done..at])?;
        match byte {
            b'"' => out.write_str("\\\"")?,
            b'\\' => out.write_str("\\\\")?,
            b'\n' => out.write_str("\\n")?,
            b'\r' => out.write_str("\\r")?,
            b'\t' => out.write_str("\\t")?,
            _ => write!(out, "\\u{byte:04x}")?,
        }
        done = at + 1;
    }
    out.write_str(&text[done..])?;
    out.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_back_as_it_was() {
        let all: String = (0..0x3000u32).chain(0xfff0..0x1_0010).filter_map(char::from_u32).collect();
        for text in ["", "plain", "\"\\\n\r\t\0\u{1f}", &all] {
            let mut json = String::new();
            json_text(&mut json, text).expect("a string takes all");
            assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), text);
        }
    }
}
