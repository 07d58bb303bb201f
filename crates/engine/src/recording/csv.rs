//! A recorded session as CSV (RFC 4180), for spreadsheets.
//!
//! Owns the columns. Binary stands as base64, with `binary` in the column `type`. A spreadsheet runs a cell that begins
//! with `=`, `+`, `-`, `@`, a tab or a line end as a formula, and some do so for the full-width forms; such a cell gets
//! an apostrophe before it. So does one that begins with an apostrophe: a reader that removes one leading apostrophe
//! from every cell has the data as it was.

use std::borrow::Cow;
use std::fmt::{self, Write};

use super::jsonl::event;
use super::transcript::{Content, Decimal, Transcript, asked_close, text_of};
use crate::base::mask::Masker;
use crate::{Frame, FrameKind};

/// The first line.
pub const HEADER: &str =
    "number,at_ms,iso,connection,name,event,type,bytes,round_trip_ms,code,data,pinned,remark";

/// Writes one row for every event. How many were dropped says the first number, which is not 0 then.
pub fn write_csv(session: &Transcript<'_>, masker: &Masker, out: &mut dyn Write) -> fmt::Result {
    out.write_str(HEADER)?;
    out.write_str("\r\n")?;
    for (frame, handshake) in session.frames() {
        let connection = handshake.map(|place| &session.connections[place]);
        write!(
            out,
            "{},{},{},{},",
            session.number(&frame),
            Decimal(session.since_start(frame.at)),
            session.iso(frame.at),
            frame.connection
        )?;
        cell(out, &masker.mask(connection.map_or("", |connection| &connection.name)))?;
        write!(out, ",{},", event(frame.kind))?;
        match frame.kind {
            FrameKind::SentText | FrameKind::ReceivedText => write!(out, "text,{},", session.bytes(&frame))?,
            FrameKind::SentBinary | FrameKind::ReceivedBinary => {
                write!(out, "binary,{},", session.bytes(&frame))?
            }
            _ => out.write_str(",,")?,
        }
        if let Some(round_trip) = frame.round_trip {
            write!(out, "{}", Decimal(round_trip))?;
        }
        out.write_char(',')?;
        let data = data(&frame, masker);
        let closed = connection.and_then(|connection| connection.closed.as_ref());
        match (frame.kind, closed, asked_close(&data)) {
            (FrameKind::Closed, Some(closed), _) => {
                write!(out, "{},", closed.code)?;
                cell(out, &masker.mask(&closed.reason))?;
            }
            (FrameKind::Closing, _, Some((code, reason))) => {
                write!(out, "{code},")?;
                cell(out, reason)?;
            }
            _ => {
                out.write_char(',')?;
                cell(out, &data)?;
            }
        }
        let remark = session.remark(frame.number);
        out.write_str(if remark.is_some() { ",true," } else { ",," })?;
        cell(out, &masker.mask(remark.unwrap_or_default()))?;
        out.write_str("\r\n")?;
    }
    Ok(())
}

fn data<'a>(frame: &Frame<'a>, masker: &Masker) -> Cow<'a, str> {
    if frame.kind.is_text() {
        return text_of(frame, masker);
    }
    match Content::of(frame, masker) {
        Content::Text(text) => text,
        Content::Base64(text) => Cow::Owned(text),
    }
}

fn cell(out: &mut dyn Write, text: &str) -> fmt::Result {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\'', '＝', '＋', '－', '＠']);
    let mark = if is_formula { "'" } else { "" };
    // A cell of blanks at its ends is quoted too: some readers trim others.
    let is_plain = !text.contains([',', '"', '\r', '\n']) && text.trim() == text;
    if is_plain {
        out.write_str(mark)?;
        return out.write_str(text);
    }
    out.write_char('"')?;
    out.write_str(mark)?;
    for (i, part) in text.split('"').enumerate() {
        if i > 0 {
            out.write_str("\"\"")?;
        }
        out.write_str(part)?;
    }
    out.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut written = String::new();
        cell(&mut written, text).expect("a string takes all");
        assert_eq!(written, expected);
    }

    #[test]
    fn a_cell_is_quoted_where_it_must_be() {
        check("plain text", "plain text");
        check("", "");
        check("a,b", "\"a,b\"");
        check("say \"hi\"", "\"say \"\"hi\"\"\"");
        check("two\nlines", "\"two\nlines\"");
        check(" blank", "\" blank\"");
    }

    #[test]
    fn a_spreadsheet_runs_nothing() {
        check("=1+1", "'=1+1");
        check("=HYPERLINK(\"x\",1)", "\"'=HYPERLINK(\"\"x\"\",1)\"");
        check("+1", "'+1");
        check("-1", "'-1");
        check("@SUM(1)", "'@SUM(1)");
        check("\t=1", "\"'\t=1\"");
        check("\r=1", "\"'\r=1\"");
        check("＝1", "'＝1");
        check("'quoted'", "''quoted'");
        check("a=1", "a=1");
    }
}
