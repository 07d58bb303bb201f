//! What each update tells the page, from the state of the bench.

use std::rc::Rc;
use std::time::Duration;

use super::connection::Connection;
use super::inspector::Inspector;
use super::list;
use super::masks::{Mask, mask};
use super::worker::State;
use crate::engine::bench::summary::value_at;
use crate::engine::secrets::Known;
use crate::engine::{FrameKind, Instant, Payload, World};
use crate::wire::bench::{Answer, Changes, ConnectionId, Detail, Phase, Plot, PlotOf, Related, Row, Totals};

/// Plots are redrawn at this interval.
const PLOT_EVERY: Duration = Duration::from_millis(250);
/// Bars of the histogram.
const BARS: usize = 60;

impl<W: World> State<W> {
    pub fn sockets(&self) -> u16 {
        (self.connections.values().filter(|connection| connection.has_socket()).count()
            + self.lingering.len()
            + usize::from(self.relays.is_open())
            + self.outside.live()) as u16
    }

    /// Handshakes under way.
    pub fn pending(&self) -> u16 {
        self.connections.values().filter(|connection| connection.state.phase == Phase::Connecting).count()
            as u16
    }

    /// A frame's content, also of one that is only pinned.
    pub fn content(&self, number: u64) -> Option<Content> {
        if let Some(frame) = self.record.log.get(number) {
            return Some(Content { kind: frame.kind, bytes: frame.bytes.into() });
        }
        self.pins.content(number).map(|(pin, bytes)| Content { kind: pin.row.kind, bytes })
    }

    /// What has changed; `detail` reads the opened frame, and is there when a frame was opened.
    pub fn changes(
        &mut self,
        now: Instant,
        detail: Option<fn(&mut Inspector) -> Option<Detail>>,
        may_search: impl FnMut() -> bool,
    ) -> (Changes, bool) {
        for connection in self.connections.values_mut() {
            connection.look_at_buffer();
        }
        if let Some(answer) = self.record.pairs.came() {
            let related = self.related(answer, answer, true);
            self.inspector.relate(related);
        }
        if self.summaries.learn(&self.record.log) {
            self.list.redraw();
        }
        let is_all_searched = self.list.advance(&self.record.log, may_search);
        let changes = Changes {
            connections: self
                .connections
                .values_mut()
                .filter(|connection| connection.changed && !connection.forgotten)
                .map(Connection::report)
                .collect(),
            totals: self.totals(),
            list: self.list.state(&self.record.log),
            rows: {
                let shown = (&self.summaries, &self.highlights);
                self.list.rows(&self.record, &self.pins.pins, shown).map(|mut rows| {
                    rows.rows.iter_mut().for_each(|row| mask_row(&self.mask, row));
                    rows
                })
            },
            type_members: self.summaries.changes().map(|mut it| {
                let paths = it.used.iter_mut().chain(&mut it.offered).chain(&mut it.members);
                paths.for_each(|path| mask(&self.mask, path));
                it
            }),
            draft: self.draft_seen.take(),
            repeat: std::mem::take(&mut self.repeat_changed).then(|| self.repeat.clone()),
            detail: detail
                .filter(|_| self.inspector.has_changed())
                .and_then(|read| read(&mut self.inspector))
                .map(Box::new),
            pins: std::mem::take(&mut self.pins.changed).then(|| {
                let mut pins = self.pins.report();
                pins.iter_mut().for_each(|pin| mask(&self.mask, &mut pin.row.preview));
                pins
            }),
            plot: self.plot(now).map(Box::new),
            replies: std::mem::take(&mut self.replies.changed).then(|| self.replies.report()),
            shown: self.shown.take(),
            gone: self.gone(),
            pulse: self.pulse,
        };
        (changes, is_all_searched)
    }

    /// The connections that have ended and whose last frame has just gone; one that has a pinned frame is not gone.
    fn gone(&mut self) -> Vec<ConnectionId> {
        let (oldest, pins) = (self.record.log.oldest(), &self.pins.pins);
        let is_gone = |(id, until): &(ConnectionId, u64)| {
            *until <= oldest && !pins.values().any(|pin| pin.row.connection == *id)
        };
        let (gone, held): (Vec<_>, Vec<_>) = std::mem::take(&mut self.ended).into_iter().partition(is_gone);
        self.ended = held;
        gone.into_iter().map(|(id, _)| id).collect()
    }

    /// A frame as a line outside the list.
    pub fn row(&self, number: u64) -> Option<Row> {
        let frame = self.record.log.get(number)?;
        let mut row = Row { summary: self.summaries.of(&frame), ..list::row(&frame) };
        mask_row(&self.mask, &mut row);
        Some(row)
    }

    /// The value at a path of a frame's message, with secrets as their names.
    pub fn value(&self, frame: u64, path: String) -> Option<Answer> {
        let content = self.content(frame)?;
        let value = value_at(std::str::from_utf8(&content.bytes).ok()?, &path)?;
        let is_container = value.starts_with(['{', '[']);
        let value = self.workspace.known_secrets(Known::SHORT).bytes(value.as_bytes(), true);
        Some(Answer::Node { path, value: String::from_utf8_lossy(&value).into_owned(), is_container })
    }

    /// The question that a frame answers, or its answer.
    pub fn related_to(&self, number: u64) -> Option<Related> {
        let pairs = &self.record.pairs;
        match (pairs.question_of(number), pairs.answer_to(number)) {
            (Some(question), _) => self.related(question, number, false),
            (None, Some(answer)) => self.related(answer, answer, true),
            (None, None) => None,
        }
    }

    fn related(&self, other: u64, answer: u64, is_answer: bool) -> Option<Related> {
        let took = self.record.log.get(answer)?.round_trip?;
        Some(Related { row: self.row(other)?, is_answer, took })
    }

    fn totals(&mut self) -> Totals {
        let log = &self.record.log;
        let second = self.second.as_mut().map(|second| second.recorded(log));
        Totals {
            frames: log.total(),
            began: log.began(),
            dropped: log.dropped(),
            cleared: log.cleared(),
            messages: self.record.messages,
            bytes: self.record.bytes,
            held_bytes: log.held_bytes() as u64,
            budget: log.budget() as u64,
            sockets: self.sockets(),
            latency: self.record.latency.summary(),
            tainted: self.record.tainted,
            unanswered: self.record.unanswered
                + self.connections.values().map(|connection| connection.state.unanswered).sum::<u64>(),
            second,
        }
    }

    /// The latencies that the page looks at, not more often than one can see.
    fn plot(&mut self, now: Instant) -> Option<Plot> {
        let of = self.plot?;
        if self.plotted != Instant::ORIGIN && now - self.plotted < PLOT_EVERY {
            // Looked at again with the next beat.
            return None;
        }
        self.plotted = now.max(Instant::from_nanos(1));
        let (latency, trend) = match of {
            PlotOf::All => (&self.record.latency, &self.record.trend),
            PlotOf::One(id) => {
                let connection = self.connections.get(&id)?;
                (&connection.latency, &connection.trend)
            }
        };
        let range = latency.summary().map(|summary| (summary.min, summary.max));
        // A session that has ended has its end for its present.
        let last = self.record.log.before(u64::MAX).next().filter(|_| self.is_reader);
        let now = last.map_or(now, |frame| frame.at);
        Some(Plot { of, bars: latency.bars(BARS), range, trend: trend.points(), now })
    }
}

/// Takes secrets out of a row. An opened frame shows all of it.
fn mask_row(of: &Mask, row: &mut Row) {
    if of.is_some() {
        mask(of, &mut row.preview);
        row.summary.iter_mut().for_each(|it| it.texts().for_each(|text| mask(of, text)));
    }
}

/// The content of a frame.
#[derive(Clone)]
pub(super) struct Content {
    pub kind: FrameKind,
    pub bytes: Rc<[u8]>,
}

impl Content {
    /// As a message that can be sent.
    pub fn payload(&self) -> Payload {
        if self.kind.is_text() {
            Payload::Text(String::from_utf8_lossy(&self.bytes).into_owned())
        } else {
            Payload::Binary(self.bytes.to_vec())
        }
    }
}
