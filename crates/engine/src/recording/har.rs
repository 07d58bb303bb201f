//! A recorded session as HTTP Archive 1.2, with WebSocket messages as Chrome's network panel writes them.
//!
//! Owns one entry for each handshake, and one for each HTTP call of a run, whose checks are the pages. Messages have
//! Chrome's four members and nothing else, so that readers of Chrome's files read these: `type`, `time` in seconds
//! since 1970, `opcode`, and `data`, which is base64 unless the opcode is 1. Data that Chrome's format has no place for
//! is beside them in `_sockscope`; its lists have one item for each message. What a page cannot see (headers, sizes on
//! the wire, the status of a refusal) is empty or -1, never made up.

use std::fmt::{self, Write};

use super::calls::{Pageref, Pages, query, write_entry};
use super::jsonl::{json_list, json_text};
use super::notes::{Call, Note, Noted};
use super::transcript::{Connection, Content, Decimal, Transcript, asked_close, text_of};
use crate::base::mask::Masker;
use crate::base::sort;
use crate::{Frame, FrameKind};

/// Writes the session; handshakes that were started first come first.
pub fn write_har(session: &Transcript<'_>, masker: &Masker, out: &mut dyn Write) -> fmt::Result {
    // The numbers of the frames of each handshake: the messages of an entry stand together, those of the log do not.
    let mut of_handshake: Vec<Vec<u64>> = vec![Vec::new(); session.connections.len()];
    for (frame, handshake) in session.frames() {
        if let Some(handshake) = handshake {
            of_handshake[handshake].push(frame.number);
        }
    }
    let mut begun = 0_usize;
    let calls = session.notes.iter().filter_map(|note| match &note.what {
        Noted::Call(call) => Some(Subject::Call(note, call, begun.checked_sub(1))),
        Noted::Check(_) => {
            begun += 1;
            None
        }
    });
    let mut order: Vec<Subject<'_>> =
        (0..session.connections.len()).map(Subject::Connection).chain(calls).collect();
    sort::sort_by_key(&mut order, |told| match told {
        Subject::Connection(place) => session.connections[*place].asked,
        Subject::Call(note, ..) => note.at,
    });
    let pages = Pages::of(session.notes);

    out.write_str("{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"Sockscope\",\"version\":")?;
    json_text(out, env!("CARGO_PKG_VERSION"))?;
    out.write_char('}')?;
    pages.write(session, masker, out)?;
    out.write_str(",\"entries\":[")?;
    for (nth, told) in order.into_iter().enumerate() {
        out.write_str(if nth == 0 { "\n" } else { ",\n" })?;
        let place = match told {
            Subject::Connection(place) => place,
            Subject::Call(note, call, page) => {
                write_entry(note, call, page, session, masker, out)?;
                continue;
            }
        };
        let connection = &session.connections[place];
        let page = match of_handshake[place].first() {
            Some(&frame) => pages.at(frame),
            None => pages.at_moment(connection.asked),
        };
        let frames = of_handshake[place].iter().filter_map(|&number| session.log.get(number));
        let entry = Entry { session, masker, connection, page, frames };
        entry.write(out)?;
    }
    out.write_str("\n]")?;
    let dropped = session.log.dropped();
    if dropped > 0 {
        write!(out, ",\"comment\":\"the oldest {dropped} events did not fit into the recording\"")?;
    }
    writeln!(out, ",\"_sockscope\":{{\"events\":{},\"dropped\":{dropped}}}}}}}", session.log.total())
}

/// What has an entry.
enum Subject<'a> {
    Connection(usize),
    /// With the check in which it was made.
    Call(&'a Note, &'a Call, Option<usize>),
}

struct Entry<'a, F> {
    session: &'a Transcript<'a>,
    masker: &'a Masker,
    connection: &'a Connection,
    page: Option<usize>,
    frames: F,
}

impl<'a, F: Iterator<Item = Frame<'a>> + Clone> Entry<'a, F> {
    fn write(&self, out: &mut dyn Write) -> fmt::Result {
        let opened = self.connection.opened.as_ref();
        // Of a refused handshake it is how long the refusal took.
        let end = opened.map(|opened| opened.at).or(self.connection.closed.as_ref().map(|closed| closed.at));
        let wait = Decimal(end.map_or_else(Default::default, |end| end - self.connection.asked));
        write!(
            out,
            "{{{}\"startedDateTime\":\"{}\",\"time\":{wait}",
            Pageref(self.page),
            self.session.origin.iso(self.connection.asked)
        )?;
        self.request(out)?;
        let (status, words, version) = match opened {
            Some(_) => (101, "Switching Protocols", "HTTP/1.1"),
            None => (0, "", ""),
        };
        write!(
            out,
            ",\"response\":{{\"status\":{status},\"statusText\":\"{words}\",\"httpVersion\":\"{version}\",\
             \"headers\":[],\"cookies\":[],\"content\":{{\"size\":0,\"mimeType\":\"x-unknown\"}},\
             \"redirectURL\":\"\",\"headersSize\":-1,\"bodySize\":-1}}"
        )?;
        write!(
            out,
            ",\"cache\":{{}},\"timings\":{{\"blocked\":-1,\"dns\":-1,\"ssl\":-1,\"connect\":-1,\"send\":0,\
             \"wait\":{wait},\"receive\":0}},\"_resourceType\":\"websocket\""
        )?;
        self.messages(out)?;
        self.extras(out)?;
        out.write_char('}')
    }

    fn request(&self, out: &mut dyn Write) -> fmt::Result {
        let url = self.masker.mask(&self.connection.url);
        out.write_str(",\"request\":{\"method\":\"GET\",\"url\":")?;
        json_text(out, &url)?;
        out.write_str(",\"httpVersion\":\"HTTP/1.1\",\"headers\":[]")?;
        query(&url, out)?;
        out.write_str(",\"cookies\":[],\"headersSize\":-1,\"bodySize\":0}")
    }

    fn all_messages(&self) -> impl Iterator<Item = Frame<'a>> {
        self.frames.clone().filter(|frame| frame.kind.is_sent() || frame.kind.is_received())
    }

    fn messages(&self, out: &mut dyn Write) -> fmt::Result {
        out.write_str(",\"_webSocketMessages\":[")?;
        for (i, frame) in self.all_messages().enumerate() {
            let micros = self.session.origin.micros(frame.at);
            write!(
                out,
                "{}{{\"type\":\"{}\",\"time\":{}.{:06},\"opcode\":{},\"data\":",
                if i == 0 { "\n" } else { ",\n" },
                if frame.kind.is_sent() { "send" } else { "receive" },
                micros / 1_000_000,
                micros % 1_000_000,
                if frame.kind.is_text() { 1 } else { 2 },
            )?;
            json_text(out, Content::of(&frame, self.masker).as_str())?;
            out.write_char('}')?;
        }
        out.write_char(']')
    }

    fn extras(&self, out: &mut dyn Write) -> fmt::Result {
        let Connection { id, name, offered, opened, closed, .. } = self.connection;
        let since = |at| Decimal(self.session.since_start(at));
        write!(out, ",\n\"_sockscope\":{{\"connection\":{id},\"name\":")?;
        json_text(out, &self.masker.mask(name))?;
        out.write_str(",\"protocols\":")?;
        json_list(out, offered.iter().map(|protocol| self.masker.mask(protocol)))?;
        write!(out, ",\"asked_ms\":{}", since(self.connection.asked))?;
        if let Some(opened) = opened {
            write!(out, ",\"opened_ms\":{},\"protocol\":", since(opened.at))?;
            json_text(out, &self.masker.mask(&opened.protocol))?;
            out.write_str(",\"extensions\":")?;
            json_text(out, &self.masker.mask(&opened.extensions))?;
        }
        if let Some(closed) = closed {
            write!(out, ",\"closed_ms\":{},\"code\":{},\"reason\":", since(closed.at), closed.code)?;
            json_text(out, &self.masker.mask(&closed.reason))?;
            write!(out, ",\"clean\":{}", closed.clean)?;
        }
        self.closings(out)?;
        let failures = self.frames.clone().filter(|frame| frame.kind == FrameKind::Failed);
        out.write_str(",\"failures\":")?;
        json_list(out, failures.map(|frame| text_of(&frame, self.masker)))?;
        self.pins(out)?;
        self.row(out, "number", |frame, out| write!(out, "{}", self.session.number(frame)))?;
        self.row(out, "bytes", |frame, out| write!(out, "{}", self.session.bytes(frame)))?;
        self.row(out, "round_trip_ms", |frame, out| match frame.round_trip {
            Some(round_trip) => write!(out, "{}", Decimal(round_trip)),
            None => out.write_str("null"),
        })?;
        out.write_char('}')
    }

    /// The closes that we asked for, if any.
    fn closings(&self, out: &mut dyn Write) -> fmt::Result {
        let mut begins = ",\"closings\":[";
        for frame in self.frames.clone().filter(|frame| frame.kind == FrameKind::Closing) {
            let text = text_of(&frame, self.masker);
            let (code, reason) = asked_close(&text).unwrap_or((1000, &text));
            let at = Decimal(self.session.since_start(frame.at));
            write!(out, "{begins}{{\"at_ms\":{at},\"code\":{code},\"reason\":")?;
            json_text(out, reason)?;
            out.write_char('}')?;
            begins = ",";
        }
        out.write_str(if begins == "," { "]" } else { "" })
    }

    /// The pinned frames, also those that are not messages.
    fn pins(&self, out: &mut dyn Write) -> fmt::Result {
        let remark =
            |frame: Frame<'a>| Some((self.session.number(&frame), self.session.remark(frame.number)?));
        for (nth, (number, remark)) in self.frames.clone().filter_map(remark).enumerate() {
            out.write_str(if nth == 0 { ",\"pins\":[" } else { "," })?;
            write!(out, "{{\"number\":{number},\"remark\":")?;
            json_text(out, &self.masker.mask(remark))?;
            out.write_char('}')?;
        }
        if self.frames.clone().any(|frame| self.session.remark(frame.number).is_some()) {
            out.write_char(']')?;
        }
        Ok(())
    }

    /// A list with one item for each message.
    fn row(
        &self,
        out: &mut dyn Write,
        name: &str,
        item: impl Fn(&Frame<'a>, &mut dyn Write) -> fmt::Result,
    ) -> fmt::Result {
        write!(out, ",\"{name}\":[")?;
        for (i, frame) in self.all_messages().enumerate() {
            if i > 0 {
                out.write_char(',')?;
            }
            item(&frame, out)?;
        }
        out.write_char(']')
    }
}
