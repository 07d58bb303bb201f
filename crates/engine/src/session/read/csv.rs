//! Our own CSV.
//!
//! Owns the way back from [`crate::report::write_csv`]. A CSV does not say how long a handshake took, which
//! subprotocols were offered, and whether the end was clean; the words of each event are kept.

use std::io::BufRead;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use csv_core::{ReadRecordResult, Reader};

use super::keeper::{Keeper, Written};
use super::lost::Lost;
use super::{LONGEST, Onlooker, OpenError};
use crate::matcher;
use crate::recording::csv::HEADER;
use crate::recording::told;
use crate::report::{Closed, Connection, Opened};
use crate::session::Session;
use crate::{FrameKind, Instant};

const COLUMNS: usize = 13;

pub(super) async fn read(
    name: &str,
    mut source: impl BufRead,
    budget: usize,
    lost: &mut Lost,
    onlooker: Option<&dyn Onlooker>,
) -> Result<Session, OpenError> {
    let mut reader = Reader::new();
    let mut keeper = Keeper::new(name, budget);
    let (mut cells, mut ends) = (vec![0; 64 << 10], [0; COLUMNS + 1]);
    let (mut filled, mut ended) = (0, 0);
    let (mut is_head, mut unseen) = (true, 0);
    let (mut row_line, mut lines, mut is_in_end) = (1, 0, false);
    loop {
        let held = source.fill_buf().map_err(OpenError::Io)?;
        let is_over = held.is_empty();
        let (result, used, out, more_ends) =
            reader.read_record(held, &mut cells[filled..], &mut ends[ended..]);
        lines += memchr::memchr_iter(b'\n', &held[..used]).count() as u64;
        // The reader leaves the second half of a line's end to the next row.
        is_in_end = held[..used].last().map_or(is_in_end, |last| *last == b'\r');
        source.consume(used);
        unseen += used;
        (filled, ended) = (filled + out, ended + more_ends);
        let wrong = |why: String| OpenError::Line { line: row_line, why };
        match result {
            ReadRecordResult::InputEmpty => {}
            ReadRecordResult::OutputFull if cells.len() < LONGEST => cells.resize(cells.len() * 2, 0),
            ReadRecordResult::OutputFull => {
                return Err(wrong(format!("a row is longer than {} MiB", LONGEST >> 20)));
            }
            ReadRecordResult::OutputEndsFull => {
                return Err(wrong(format!("expected {COLUMNS} columns, found more")));
            }
            ReadRecordResult::Record => {
                let row = Row::new(&cells[..filled], &ends[..ended]).map_err(wrong)?;
                match is_head {
                    true if row.is_head() => is_head = false,
                    true => return Err(wrong(format!("expected the columns {HEADER}"))),
                    false => take(&mut keeper, &row, lost).map_err(wrong)?,
                }
                row_line = lines + 1 + u64::from(is_in_end);
                (filled, ended) = (0, 0);
                keeper.look(onlooker, &mut unseen).await;
            }
            ReadRecordResult::End => break,
        }
        debug_assert!(!is_over || !matches!(result, ReadRecordResult::InputEmpty) || used == 0);
    }
    lost.say("A CSV does not say which subprotocols were offered and whether an end was clean.".to_owned());
    Ok(keeper.finish())
}

struct Row<'a>([&'a str; COLUMNS]);

impl<'a> Row<'a> {
    fn new(cells: &'a [u8], ends: &[usize]) -> Result<Self, String> {
        if ends.len() != COLUMNS {
            return Err(format!("expected {COLUMNS} columns, found {}; the file may be cut off", ends.len()));
        }
        let mut row = [""; COLUMNS];
        let mut start = 0;
        for (cell, end) in row.iter_mut().zip(ends) {
            *cell = std::str::from_utf8(&cells[start..*end]).map_err(|_| "expected UTF-8".to_owned())?;
            start = *end;
        }
        Ok(Self(row))
    }

    fn is_head(&self) -> bool {
        HEADER.split(',').eq(self.0.iter().copied())
    }

    /// A cell without the apostrophe that keeps a spreadsheet from running it.
    fn text(&self, column: usize) -> &'a str {
        self.0[column].strip_prefix('\'').unwrap_or(self.0[column])
    }

    fn number<T: std::str::FromStr>(&self, column: usize, name: &str) -> Result<Option<T>, String> {
        match self.0[column] {
            "" => Ok(None),
            text => {
                text.parse().map(Some).map_err(|_| format!("expected a number in {name}, found {text:?}"))
            }
        }
    }

    fn micros(&self, column: usize, name: &str) -> Result<Option<u64>, String> {
        let millis: Option<f64> = self.number(column, name)?;
        Ok(millis.map(|millis| (millis.max(0.0) * 1e3).round() as u64))
    }
}

fn take(keeper: &mut Keeper, row: &Row<'_>, lost: &mut Lost) -> Result<(), String> {
    let at = row.micros(1, "at_ms")?.ok_or("expected a number in at_ms, found nothing")?;
    let at = Instant::from_nanos(at.saturating_mul(1000));
    let id: u32 = row.number(3, "connection")?.ok_or("expected a number in connection, found nothing")?;
    match matcher::date(row.0[2]) {
        Some(millis) => keeper.calendar(at, millis.round(), lost),
        None => return Err(format!("expected a date in iso, found {:?}", row.0[2])),
    }
    let (event, data) = (row.0[5], row.text(10));
    let is_binary = row.0[6] == "binary";
    let code: Option<u16> = row.number(9, "code")?;
    let handshake = Connection {
        id,
        name: row.text(4).to_owned(),
        url: String::new(),
        offered: Vec::new(),
        by_relay: false,
        asked: at,
        opened: None,
        closed: None,
    };
    if event == "connecting" {
        let said = data.strip_suffix(told::BY_RELAY);
        let (url, offered) =
            said.unwrap_or(data).split_once(" offering ").unwrap_or((said.unwrap_or(data), ""));
        let offered = offered.split(", ").filter(|it| !it.is_empty()).map(str::to_owned).collect();
        keeper
            .begin(Connection { url: url.to_owned(), offered, by_relay: said.is_some(), ..handshake }, true);
    } else if !keeper.knows(id) && !row.0[4].is_empty() {
        keeper.begin(handshake, false);
    }
    let decoded;
    let words;
    let (kind, bytes) = match (event, is_binary) {
        ("sent" | "received", true) => {
            decoded = STANDARD.decode(data).map_err(|error| format!("the data is not base64: {error}"))?;
            (
                if event == "sent" { FrameKind::SentBinary } else { FrameKind::ReceivedBinary },
                decoded.as_slice(),
            )
        }
        ("sent", false) => (FrameKind::SentText, data.as_bytes()),
        ("received", false) => (FrameKind::ReceivedText, data.as_bytes()),
        ("connecting", _) => (FrameKind::Connecting, data.as_bytes()),
        ("opened", _) => {
            if let Some(connection) = keeper.session.latest(id) {
                let (protocol, extensions) = agreed(data);
                connection.opened =
                    Some(Opened { at, protocol: protocol.to_owned(), extensions: extensions.to_owned() });
            }
            (FrameKind::Opened, data.as_bytes())
        }
        ("closing", _) => {
            words = match code {
                Some(code) if data.is_empty() => code.to_string(),
                Some(code) => format!("{code} {data}"),
                None => data.to_owned(),
            };
            (FrameKind::Closing, words.as_bytes())
        }
        ("closed", _) => {
            words = code.map_or_else(|| data.to_owned(), |code| told::closed(code, data));
            if let (Some(code), Some(connection)) = (code, keeper.session.latest(id)) {
                connection.closed = Some(Closed { at, code, reason: data.to_owned(), clean: code != 1006 });
            }
            (FrameKind::Closed, words.as_bytes())
        }
        ("failed", _) => (FrameKind::Failed, data.as_bytes()),
        ("waiting", _) => (FrameKind::Waiting, data.as_bytes()),
        ("told", _) => (FrameKind::Told, data.as_bytes()),
        (other, _) => {
            lost.event(other);
            return Ok(());
        }
    };
    let number: Option<u64> = row.number(0, "number")?;
    if let Some(number) = number.filter(|number| *number > 0 && keeper.is_empty()) {
        // A CSV says by its first number how many are missing.
        keeper.missing(number)?;
    }
    let told = Written {
        number,
        at,
        connection: id,
        kind,
        bytes,
        size: row.number(7, "bytes")?,
        round_trip: row.micros(8, "round_trip_ms")?.map(Duration::from_micros),
        is_tainted: false,
        pinned: (row.0[11] == "true").then(|| row.text(12)),
    };
    keeper.frame(&told, lost);
    Ok(())
}

/// Subprotocol and extensions from the words of an opening.
fn agreed(words: &str) -> (&str, &str) {
    match words.split_once(" · ") {
        Some(both) => both,
        None if words == "no subprotocol, no extensions" => ("", ""),
        None if words.starts_with("permessage-") => ("", words),
        None => (words, ""),
    }
}
