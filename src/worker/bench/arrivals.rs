//! Where a received message comes from: the question that it answers, or a message that another connection has sent.
//!
//! One rule for the second: at most [`WITHIN`] before, a connection sent a message, and what is its own in it arrives here.
//! Of a JSON message that is its rarest value, and of those the longest; of any other text it is all of it. Where the
//! receiver itself sent a value that is as rare and stands in it, as when both ask the same, it may be the answer to that, so
//! nothing arrives from elsewhere. It arrives at most once at a connection, and never at one that
//! received that value before without anyone having sent it, as a ticker does. It is worked out for the rows on the screen only.

use std::collections::{BTreeMap, HashMap};
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
    // Without a message that was sent nothing arrives, and reading what was received costs more than all else here.
    let has_sent = earlier.iter().any(|it| it.kind.is_sent()) || rows.iter().any(|row| row.kind.is_sent());
    let values_of = |frame: &Frame<'_>| has_sent.then(|| summaries.values_of(frame)).flatten();
    for frame in &earlier {
        messages.next(record, frame, || values_of(frame));
    }
    // By the rows and not by the log: a filter shows few of many frames.
    for row in rows {
        let Some(frame) = record.log.get(row.number) else { continue };
        let came_of = match &record.beside {
            None => messages.next(record, &frame, || values_of(&frame)),
            // What the one session sent did not arrive in the other.
            Some(beside) => compared(record, beside, &frame),
        };
        row.answer = match row.kind.is_sent() {
            true => record.pairs.early_answer_to(row.number).and_then(&place),
            false => None,
        };
        row.origin = came_of.and_then(|it| Some(Origin { position: place(it.number)?, ..it.origin }));
    }
}

/// In a comparison: the frame of the other session from which this one differs, else what it answers.
fn compared(record: &Record, beside: &BTreeMap<u64, u64>, frame: &Frame<'_>) -> Option<CameOf> {
    let other = beside.get(&frame.number).and_then(|number| record.log.get(*number));
    let (from, took) = match other {
        Some(other) => (other, Duration::ZERO),
        None => (record.log.get(record.pairs.question_of(frame.number)?)?, frame.round_trip?),
    };
    let connection = ConnectionId(from.connection);
    Some(CameOf { number: from.number, origin: Origin { position: from.number, connection, took } })
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
    fn next(
        &mut self,
        record: &Record,
        frame: &Frame<'_>,
        values: impl FnOnce() -> Option<Said>,
    ) -> Option<CameOf> {
        if frame.kind.is_sent() {
            let what = What::of(frame, values());
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
        let values: Vec<Value> = values().into_iter().flatten().filter_map(value).collect();
        match self.arrived(frame, &values) {
            Arrived::Own => None,
            Arrived::From(sent) => {
                sent.arrived.push(frame.connection);
                came_of(sent.number, sent.connection, frame.at.since(sent.at))
            }
            Arrived::Unasked => {
                for value in values {
                    self.unasked.entry((frame.connection, value)).or_insert(frame.number);
                }
                None
            }
        }
    }

    /// What explains this message: the newest that another connection sent, unless one of the receiver's own does as well.
    fn arrived(&mut self, frame: &Frame<'_>, values: &[Value]) -> Arrived<'_> {
        let recent = self.sent.iter().rev().take_while(|sent| frame.at.since(sent.at) <= WITHIN);
        let (own, others): (Vec<_>, Vec<_>) = recent.partition(|sent| sent.connection == frame.connection);
        let text = std::str::from_utf8(frame.bytes).unwrap_or_default();
        let others = others.into_iter().filter(|sent| !sent.arrived.contains(&frame.connection));
        let from = others.into_iter().find(|sent| self.is_own_in(sent, frame, values, text));
        let Some(from) = from else {
            let is_own = own.into_iter().any(|sent| self.is_own_in(sent, frame, values, text));
            return if is_own { Arrived::Own } else { Arrived::Unasked };
        };
        let is_as_good = |asked: &Sent| match (&from.what, &asked.what) {
            (What::Text(sent), What::Text(asked)) => {
                asked.len() >= sent.len() && text.contains(asked.as_str())
            }
            (What::Values(sent), What::Values(asked)) => {
                let said = self.own_of(sent).map_or(0, |own| self.counts[own]);
                asked.iter().any(|value| self.counts[value] <= said && values.contains(value))
            }
            _ => false,
        };
        if own.into_iter().any(is_as_good) {
            return Arrived::Own;
        }
        let number = from.number;
        self.sent.iter_mut().rev().find(|sent| sent.number == number).map_or(Arrived::Own, Arrived::From)
    }

    /// Whether what is a sent message's own is in this one.
    fn is_own_in(&self, sent: &Sent, frame: &Frame<'_>, values: &[Value], text: &str) -> bool {
        match &sent.what {
            What::Text(sent) => text.contains(sent.as_str()),
            What::Values(all) => self.own_of(all).is_some_and(|own| {
                let first = self.unasked.get(&(frame.connection, own.clone()));
                values.contains(own) && first.is_none_or(|first| *first > sent.number)
            }),
        }
    }

    /// The rarest of the values, and of those the longest.
    fn own_of<'a>(&self, values: &'a [Value]) -> Option<&'a Value> {
        values.iter().min_by_key(|value| (self.counts[*value], usize::MAX - value.1.len()))
    }
}

/// What a received message comes of, where nothing has recognised it as an answer.
enum Arrived<'a> {
    /// Another connection sent this.
    From(&'a mut Sent),
    /// The receiver itself sent what explains it as well.
    Own,
    /// No message explains it.
    Unasked,
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
