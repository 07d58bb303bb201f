//! Where a received message comes from: the question that it answers, or a message that another connection has sent.
//!
//! One rule for the second: at most [`WITHIN`] before, a connection sent a message, and what is its own in it arrives here.
//! Of a JSON message that is its rarest value, and of those the longest; of any other text it is all of it. Where the
//! receiver itself sent it, nothing arrives from elsewhere. It is worked out for the rows on the screen only.

use std::collections::HashMap;
use std::time::Duration;

use super::record::Record;
use super::summaries::Summaries;
use crate::engine::bench::summary::{Member, Summary, ValueKind};
use crate::engine::{Frame, Instant};
use crate::wire::bench::{ConnectionId, Origin, Row};

/// A message arrives within this time, or is taken for another one.
const WITHIN: Duration = Duration::from_secs(1);
/// Frames before the first row that are looked at for what was sent.
const BEFORE: usize = 256;
/// Longer texts are not looked for in others.
const LONGEST: usize = 4096;

/// A message that was sent and may arrive elsewhere.
struct Sent {
    number: u64,
    connection: u32,
    at: Instant,
    what: What,
}

enum What {
    /// Values of a JSON message that may be its own.
    Values(Vec<Value>),
    Text(String),
}

type Value = (bool, String);

/// Says of each row where it comes from and where its answer stands. `place` tells where a frame stands in the list.
pub(super) fn join(
    rows: &mut [Row],
    record: &Record,
    summaries: &Summaries,
    place: impl Fn(u64) -> Option<u64>,
) {
    let Some(first) = rows.first().map(|row| (row.number, row.at)) else { return };
    let sent = Messages::before(first, rows, record, summaries);
    for row in rows {
        if row.kind.is_sent() {
            row.answer = record.pairs.early_answer_to(row.number).and_then(&place);
            continue;
        }
        if !row.kind.is_received() {
            continue;
        }
        row.origin = match record.pairs.question_of(row.number) {
            Some(question) => row.round_trip.and_then(|took| {
                Some(Origin { position: place(question)?, connection: row.connection, took })
            }),
            None => sent.arrived(row, record).and_then(|it| {
                Some(Origin {
                    position: place(it.number)?,
                    connection: ConnectionId(it.connection),
                    took: row.at.since(it.at),
                })
            }),
        };
    }
}

/// What was sent before and among the rows, the oldest first, and how often each value was.
struct Messages {
    all: Vec<Sent>,
    counts: HashMap<Value, u32>,
}

impl Messages {
    fn before((first, at): (u64, Instant), rows: &[Row], record: &Record, summaries: &Summaries) -> Self {
        let read = |frame: Frame<'_>, summary: Option<&Summary>| {
            frame.kind.is_sent().then(|| Sent {
                number: frame.number,
                connection: frame.connection,
                at: frame.at,
                what: What::of(&frame, summary),
            })
        };
        let earlier = record.log.before(first).take(BEFORE).take_while(|frame| at.since(frame.at) <= WITHIN);
        let earlier = earlier.filter(|frame| frame.kind.is_sent());
        let mut all: Vec<Sent> =
            earlier.filter_map(|frame| read(frame, summaries.of(&frame).as_ref())).collect();
        all.reverse();
        // By the rows and not by the log: a filter shows few of many frames.
        let shown = rows.iter().filter(|row| row.kind.is_sent());
        all.extend(shown.filter_map(|row| read(record.log.get(row.number)?, row.summary.as_ref())));
        let mut counts = HashMap::new();
        for sent in &all {
            if let What::Values(values) = &sent.what {
                values.iter().for_each(|value| *counts.entry(value.clone()).or_default() += 1);
            }
        }
        Self { all, counts }
    }

    fn arrived(&self, row: &Row, record: &Record) -> Option<&Sent> {
        let frame = record.log.get(row.number)?;
        let text = || std::str::from_utf8(frame.bytes).unwrap_or_default();
        let recent = self.all.iter().rev().skip_while(|sent| sent.number > row.number);
        let mut recent = recent.take_while(|sent| row.at.since(sent.at) <= WITHIN);
        let found = recent.find(|sent| match &sent.what {
            What::Text(sent) => text().contains(sent.as_str()),
            What::Values(values) => {
                let own = values.iter().min_by_key(|value| (self.counts[*value], usize::MAX - value.1.len()));
                own.is_some_and(|own| {
                    row.summary.iter().flat_map(|it| &it.members).any(|it| value(it).as_ref() == Some(own))
                })
            }
        })?;
        (found.connection != row.connection.0).then_some(found)
    }
}

impl What {
    fn of(frame: &Frame<'_>, summary: Option<&Summary>) -> Self {
        match summary {
            Some(summary) => Self::Values(summary.members.iter().filter_map(value).collect()),
            None => {
                let text = std::str::from_utf8(frame.bytes).unwrap_or_default().trim();
                let is_searched = frame.kind.is_text() && (2..=LONGEST).contains(&text.len());
                if is_searched { Self::Text(text.to_owned()) } else { Self::Values(Vec::new()) }
            }
        }
    }
}

/// A value that may tell one message from another, and whether it is a text: a digit, true and false are in too many.
fn value(member: &Member) -> Option<Value> {
    let is_text = member.kind == ValueKind::Text;
    let is_telling = match member.kind {
        ValueKind::Text => !member.value.is_empty(),
        ValueKind::Number => member.value.len() > 1,
        ValueKind::Word | ValueKind::Nested => false,
    };
    is_telling.then(|| (is_text, member.value.clone()))
}
