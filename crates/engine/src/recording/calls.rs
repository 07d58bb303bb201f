//! HTTP calls and the beginnings of checks in the files of a recording.
//!
//! Owns how a call becomes an entry of a HAR and a line of JSON Lines. Values that a page cannot see are empty or -1,
//! never made up.

use std::fmt::{self, Write};

use super::jsonl::{json_text, member};
use super::notes::{self, Answered, Call, Note, Noted};
use super::transcript::{Decimal, Transcript};
use crate::base::mask::Masker;

/// Why a call without an answer has none.
pub(crate) const UNANSWERED: &str = "no answer came before the step ended";

/// One line of JSON Lines.
pub(crate) fn write_line(
    note: &Note,
    session: &Transcript<'_>,
    masker: &Masker,
    out: &mut dyn Write,
) -> fmt::Result {
    let event = match note.what {
        Noted::Check(_) => "check",
        Noted::Call(_) => "http",
    };
    write!(
        out,
        "{{\"event\":\"{event}\",\"at_ms\":{},\"iso\":\"{}\"",
        Decimal(session.since_start(note.at)),
        session.iso(note.at),
    )?;
    match &note.what {
        Noted::Check(name) => member(out, "check", &masker.mask(name))?,
        Noted::Call(call) => line_of_call(note, call, masker, out)?,
    }
    out.write_str("}\n")
}

fn line_of_call(note: &Note, call: &Call, masker: &Masker, out: &mut dyn Write) -> fmt::Result {
    member(out, "method", &call.method)?;
    member(out, "url", &notes::address(&call.url, masker))?;
    match &call.answer {
        Some(answer) => {
            write!(out, ",\"took_ms\":{}", Decimal(answer.at - note.at))?;
            match &answer.result {
                Ok(answered) => write!(out, ",\"status\":{}", answered.status)?,
                Err(words) => member(out, "error", &masker.mask(words))?,
            }
        }
        None => member(out, "error", UNANSWERED)?,
    }
    out.write_str(",\"request\":{")?;
    headers_of_line(&call.headers, masker, out)?;
    if let Some(body) = &call.body {
        write!(out, ",\"bytes\":{}", body.bytes)?;
        member(out, "text", &notes::body(body, masker))?;
    }
    out.write_char('}')?;
    if let Some(Answered { headers, body, .. }) = answered(call) {
        out.write_str(",\"response\":{")?;
        headers_of_line(headers, masker, out)?;
        write!(out, ",\"bytes\":{}", body.bytes)?;
        member(out, "text", &notes::body(body, masker))?;
        out.write_char('}')?;
    }
    Ok(())
}

fn answered(call: &Call) -> Option<&Answered> {
    call.answer.as_ref()?.result.as_ref().ok()
}

fn headers_of_line(headers: &[(String, String)], masker: &Masker, out: &mut dyn Write) -> fmt::Result {
    out.write_str("\"headers\":")?;
    headers_of_entry(headers, masker, out)
}

/// `[{"name":…,"value":…}]`, since a name may stand there twice.
fn headers_of_entry(headers: &[(String, String)], masker: &Masker, out: &mut dyn Write) -> fmt::Result {
    out.write_char('[')?;
    for (i, (name, value)) in headers.iter().enumerate() {
        out.write_str(if i == 0 { "{\"name\":" } else { ",{\"name\":" })?;
        json_text(out, name)?;
        member(out, "value", &notes::header(name, value, masker))?;
        out.write_char('}')?;
    }
    out.write_char(']')
}

/// One entry of a HAR, up to its `_sockscope`.
pub(crate) fn write_entry(
    note: &Note,
    call: &Call,
    page: Option<usize>,
    session: &Transcript<'_>,
    masker: &Masker,
    out: &mut dyn Write,
) -> fmt::Result {
    let took = Decimal(call.answer.as_ref().map_or_else(Default::default, |answer| answer.at - note.at));
    write!(
        out,
        "{{{}\"startedDateTime\":\"{}\",\"time\":{took}",
        Pageref(page),
        session.origin.iso(note.at)
    )?;
    out.write_str(",\"request\":{\"method\":")?;
    json_text(out, &call.method)?;
    let url = notes::address(&call.url, masker);
    member(out, "url", &url)?;
    out.write_str(",\"httpVersion\":\"\",\"headers\":")?;
    headers_of_entry(&call.headers, masker, out)?;
    query(&url, out)?;
    out.write_str(",\"cookies\":[],\"headersSize\":-1")?;
    match &call.body {
        Some(body) => {
            write!(out, ",\"bodySize\":{},\"postData\":{{\"mimeType\":", body.bytes)?;
            json_text(out, content_type(&call.headers))?;
            // A post has a text or parameters; of both kinds the text is what was sent.
            out.write_str(",\"params\":[]")?;
            member(out, "text", &notes::body(body, masker))?;
            if body.is_cut() {
                member(out, "comment", "the body is cut")?;
            }
            out.write_char('}')?;
        }
        None => out.write_str(",\"bodySize\":0")?,
    }
    out.write_str("},\"response\":{")?;
    match answered(call) {
        Some(Answered { status, headers, body }) => {
            write!(out, "\"status\":{status},\"statusText\":\"\",\"httpVersion\":\"\",\"headers\":")?;
            headers_of_entry(headers, masker, out)?;
            write!(out, ",\"cookies\":[],\"content\":{{\"size\":{},\"mimeType\":", body.bytes)?;
            json_text(out, content_type(headers))?;
            member(out, "text", &notes::body(body, masker))?;
            if body.is_cut() {
                member(out, "comment", "the body is cut")?;
            }
            write!(out, "}},\"redirectURL\":\"\",\"headersSize\":-1,\"bodySize\":{}}}", body.bytes)?;
        }
        None => out.write_str(
            "\"status\":0,\"statusText\":\"\",\"httpVersion\":\"\",\"headers\":[],\"cookies\":[],\
             \"content\":{\"size\":0,\"mimeType\":\"x-unknown\"},\"redirectURL\":\"\",\"headersSize\":-1,\"bodySize\":-1}",
        )?,
    }
    write!(
        out,
        ",\"cache\":{{}},\"timings\":{{\"blocked\":-1,\"dns\":-1,\"ssl\":-1,\"connect\":-1,\"send\":0,\"wait\":{took},\"receive\":0}},\
         \"_resourceType\":\"fetch\",\"_sockscope\":{{\"asked_ms\":{}",
        Decimal(session.since_start(note.at))
    )?;
    match &call.answer {
        Some(answer) => {
            if let Err(words) = &answer.result {
                member(out, "error", &masker.mask(words))?;
            }
        }
        None => member(out, "error", UNANSWERED)?,
    }
    out.write_str("}}")
}

fn content_type(headers: &[(String, String)]) -> &str {
    let found = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    found.map_or("x-unknown", |(_, value)| value)
}

/// The parameters of an address as Chrome has them: as they stand there, not decoded.
pub(crate) fn query(url: &str, out: &mut dyn Write) -> fmt::Result {
    out.write_str(",\"queryString\":[")?;
    let query = url.split_once('?').map_or("", |(_, query)| query);
    for (i, pair) in query.split('&').filter(|pair| !pair.is_empty()).enumerate() {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        out.write_str(if i == 0 { "{\"name\":" } else { ",{\"name\":" })?;
        json_text(out, name)?;
        member(out, "value", value)?;
        out.write_char('}')?;
    }
    out.write_char(']')
}

/// The checks of a run as the pages of a HAR, by which viewers group entries.
pub(crate) struct Pages<'a>(Vec<(&'a Note, &'a str)>);

impl<'a> Pages<'a> {
    pub fn of(notes: &'a [Note]) -> Self {
        let check = |note: &'a Note| match &note.what {
            Noted::Check(name) => Some((note, name.as_str())),
            Noted::Call(_) => None,
        };
        Self(notes.iter().filter_map(check).collect())
    }

    /// The check in which this was the next frame.
    pub fn at(&self, frame: u64) -> Option<usize> {
        self.0.partition_point(|(note, _)| note.before <= frame).checked_sub(1)
    }

    /// The check in which this moment lies, where no frame says it.
    pub fn at_moment(&self, at: crate::Instant) -> Option<usize> {
        self.0.partition_point(|(note, _)| note.at <= at).checked_sub(1)
    }

    pub fn write(&self, session: &Transcript<'_>, masker: &Masker, out: &mut dyn Write) -> fmt::Result {
        out.write_str(",\"pages\":[")?;
        for (nth, (note, name)) in self.0.iter().enumerate() {
            let comma = if nth == 0 { "" } else { "," };
            write!(
                out,
                "{comma}{{\"startedDateTime\":\"{}\",\"id\":\"check_{nth}\"",
                session.origin.iso(note.at)
            )?;
            member(out, "title", &masker.mask(name))?;
            out.write_str(",\"pageTimings\":{}}")?;
        }
        out.write_char(']')
    }
}

/// `"pageref":"check_2",`, or nothing.
pub(crate) struct Pageref(pub Option<usize>);

impl fmt::Display for Pageref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(nth) => write!(f, "\"pageref\":\"check_{nth}\","),
            None => Ok(()),
        }
    }
}
