//! Where a received message comes from: the question that it answers, or a message that another connection has sent.
//!
//! One rule for the second: at most [`WITHIN`] before, a connection sent a message, and what is its own in it arrives here.
//! Of a JSON message that is its rarest value, and of those the longest; of any other text it is all of it. Where the
//! receiver itself sent it, nothing arrives from elsewhere. It arrives at most once at a connection, and never at one that
//! received that value before without anyone having sent it, as a ticker does. It is worked out for the rows on the screen only.

use std::collections::HashMap;
use std::time::Duration;

use super::record::Record;
use super::summaries::Summaries;
use crate::engine::bench::summary::ValueKind;
use crate::engine::{Frame, Instant};
use crate::wire::bench::{ConnectionId, Origin, Row};

/// A message arrives within this time, or is taken for another one.
const WITHIN: Duration = Duration::from_secs(1);
/// Frames before the first row that are looked at for what was sent.
const BEFORE: usize = 64;
/// Longer texts are not looked for in others.
const LONGEST: usize = 4096;

/// A message that was sent and may arrive elsewhere.
struct Sent {
    number: u64,
    connection: u32,
    at: Instant,
    what: What,
    /// The connections at which it has arrived.
    arrived: Vec<u32>,
}

enum What {
    /// Values of a JSON message that may be its own.
    Values(Vec<Value>),
    Text(String),
}

/// The values of a JSON message.
type Said = Vec<(ValueKind, String)>;

/// Whether it is a text, and what it says.
type Value = (bool, String);

/// Says of each row where it comes from and where its answer stands. `place` tells where a frame stands in the list.
pub(super) fn join(
    rows: &mut [Row],
    record: &Record,
    summaries: &Summaries,
    place: impl Fn(u64) -> Option<u64>,
) {
    let Some(first) = rows.first().map(|row| (row.number, row.at)) else { return };
    let mut messages = Messages::default();
    let earlier = record.log.before(first.0).take(BEFORE).take_while(|it| first.1.since(it.at) <= WITHIN);
    let mut earlier: Vec<_> = earlier.collect();
    earlier.reverse();
    for frame in &earlier {
        messages.next(record, frame, summaries.values_of(frame));
    }
    // By the rows and not by the log: a filter shows few of many frames.
    for row in rows {
        let Some(frame) = record.log.get(row.number) else { continue };
        let came_of = messages.next(record, &frame, summaries.values_of(&frame));
        row.answer = match row.kind.is_sent() {
            true => record.pairs.early_answer_to(row.number).and_then(&place),
            false => None,
        };
        row.origin = came_of.and_then(|it| Some(Origin { position: place(it.number)?, ..it.origin }));
    }
}

/// Where a frame comes from.
struct CameOf {
    number: u64,
    /// Without its position.
    origin: Origin,
}

/// The messages so far, in their order.
#[derive(Default)]
struct Messages {
    sent: Vec<Sent>,
    /// How many of them say a value.
    counts: HashMap<Value, u32>,
    /// Of each connection what it received before anyone sent it: the number of the first such frame.
    unasked: HashMap<(u32, Value), u64>,
}

impl Messages {
    /// The next message: where it comes from, when it was received.
    fn next(&mut self, record: &Record, frame: &Frame<'_>, values: Option<Said>) -> Option<CameOf> {
        if frame.kind.is_sent() {
            let what = What::of(frame, values);
            if let What::Values(values) = &what {
                values.iter().for_each(|value| *self.counts.entry(value.clone()).or_default() += 1);
            }
            let (number, connection, at) = (frame.number, frame.connection, frame.at);
            self.sent.push(Sent { number, connection, at, what, arrived: Vec::new() });
            return None;
        }
        if !frame.kind.is_received() {
            return None;
        }
        let came_of = |number, connection, took| {
            let origin = Origin { position: number, connection: ConnectionId(connection), took };
            Some(CameOf { number, origin })
        };
        if let Some(question) = record.pairs.question_of(frame.number) {
            return came_of(question, frame.connection, frame.round_trip?);
        }
        let values: Vec<Value> = values.into_iter().flatten().filter_map(value).collect();
        match self.arrived(frame, &values) {
            Some(sent) if sent.connection == frame.connection => None,
            Some(sent) => {
                sent.arrived.push(frame.connection);
                came_of(sent.number, sent.connection, frame.at.since(sent.at))
            }
            None => {
                for value in values {
                    self.unasked.entry((frame.connection, value)).or_insert(frame.number);
                }
                None
            }
        }
    }

    /// The newest sent message that arrives with this one.
    fn arrived(&mut self, frame: &Frame<'_>, values: &[Value]) -> Option<&mut Sent> {
        let text = std::str::from_utf8(frame.bytes).unwrap_or_default();
        let recent = self.sent.iter_mut().rev().take_while(|sent| frame.at.since(sent.at) <= WITHIN);
        recent.filter(|sent| !sent.arrived.contains(&frame.connection)).find(|sent| match &sent.what {
            What::Text(sent) => text.contains(sent.as_str()),
            What::Values(all) => {
                let own = all.iter().min_by_key(|value| (self.counts[*value], usize::MAX - value.1.len()));
                own.is_some_and(|own| {
                    let first = self.unasked.get(&(frame.connection, own.clone()));
                    values.contains(own) && first.is_none_or(|first| *first > sent.number)
                })
            }
        })
    }
}

impl What {
    fn of(frame: &Frame<'_>, values: Option<Said>) -> Self {
        match values {
            Some(values) => Self::Values(values.into_iter().filter_map(value).collect()),
            None => {
                let text = std::str::from_utf8(frame.bytes).unwrap_or_default().trim();
                let is_searched = frame.kind.is_text() && (2..=LONGEST).contains(&text.len());
                if is_searched { Self::Text(text.to_owned()) } else { Self::Values(Vec::new()) }
            }
        }
    }
}

/// A value that may tell one message from another, and whether it is a text: a digit, true and false are in too many.
fn value((kind, value): (ValueKind, String)) -> Option<Value> {
    let is_telling = match kind {
        ValueKind::Text => !value.is_empty(),
        ValueKind::Number => value.len() > 1,
        ValueKind::Word | ValueKind::Nested => false,
    };
    is_telling.then_some((kind == ValueKind::Text, value))
}
