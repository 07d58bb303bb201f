//! The list that the page scrolls: all frames, or those that pass a filter, up to now or up to a pause.
//!
//! Owns what is shown and how far the filter has searched. It refuses to hold frames: it reads the log. One rule: a position
//! belongs to a frame for as long as the filter stays, so that the row one looks at stays where it is.

use std::collections::BTreeMap;

use super::arrivals;
use super::highlights::Highlights;
use super::record::Record;
use super::summaries::Summaries;
use crate::engine::base::payload;
use crate::engine::bench::filter::{Filter, FilterSpec, Hits};
use crate::engine::{Frame, FrameLog};
use crate::wire::bench::{ConnectionId, HitsState, ListState, Look, Pin, Row, Rows};

/// Characters of a message that a row carries.
const PREVIEW: usize = 240;
/// More than a screen has lines for; a page cannot ask for the whole log at once.
const MOST_ROWS: u16 = 512;

/// The list.
pub(super) struct List {
    look: Look,
    /// The number of the first frame that came after the pause.
    paused: Option<u64>,
    search: Option<Search>,
    /// What is wrong with the filter that was asked for.
    wrong: Option<String>,
    /// Whether rows say where they come from.
    has_lanes: bool,
    /// What the rows that were sent last were of; none when they must be sent anyway.
    shown: Option<Shown>,
}

/// What looking for the next hit came to.
pub(super) enum Sought {
    Found {
        frame: u64,
        nth: u64,
    },
    Nothing,
    /// Frames are left to be searched.
    NotYet,
}

struct Search {
    hits: Hits,
    hides: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Shown {
    first: u64,
    end: u64,
}

impl Default for List {
    fn default() -> Self {
        let look = Look { from: None, rows: 0 };
        Self { look, paused: None, search: None, wrong: None, has_lanes: false, shown: None }
    }
}

impl List {
    /// The page looks elsewhere.
    pub fn look(&mut self, look: Look) {
        self.look = Look { rows: look.rows.min(MOST_ROWS), ..look };
        self.shown = None;
    }

    /// The rows must be sent again: something about them has changed.
    pub fn redraw(&mut self) {
        self.shown = None;
    }

    /// Rows say where they come from, or no longer do.
    pub fn set_lanes(&mut self, has_lanes: bool) {
        if self.has_lanes != has_lanes {
            self.has_lanes = has_lanes;
            self.shown = None;
        }
    }

    /// Stands still, or goes on.
    pub fn pause(&mut self, is_paused: bool, log: &FrameLog) {
        self.paused = is_paused.then(|| self.paused.unwrap_or(log.total()));
        self.shown = None;
    }

    /// Shows or marks what passes; one that lets everything pass is none.
    pub fn filter(&mut self, spec: &FilterSpec, hides: bool) {
        self.shown = None;
        self.wrong = None;
        self.search = None;
        if spec.takes_all() {
            return;
        }
        match Filter::compile(&spec.normal()) {
            Ok(filter) => self.search = Some(Search { hits: Hits::new(filter), hides }),
            Err(error) => self.wrong = Some(error.to_string()),
        }
    }

    /// Shows everything.
    pub fn take_all(&mut self) {
        (self.shown, self.wrong, self.search) = (None, None, None);
    }

    /// Shows everything, and says why.
    pub fn cannot_filter(&mut self, words: &str) {
        self.take_all();
        self.wrong = Some(words.to_owned());
    }

    /// Searches on, for as long as it may; says whether all was seen.
    pub fn advance(&mut self, log: &FrameLog, may_go_on: impl FnMut() -> bool) -> bool {
        self.search.as_mut().is_none_or(|search| search.hits.advance(log, may_go_on))
    }

    /// What passes the filter; none when there is none.
    pub fn only(&self) -> Option<&Filter> {
        self.search.as_ref().map(|search| search.hits.filter())
    }

    /// The number of the first frame that is not shown yet.
    fn end_number(&self, log: &FrameLog) -> u64 {
        self.paused.unwrap_or(log.total()).max(log.oldest())
    }

    fn hiding(&self) -> Option<&Hits> {
        self.search.as_ref().filter(|search| search.hides).map(|search| &search.hits)
    }

    /// The positions of the first row and after the last one.
    fn span(&self, log: &FrameLog) -> (u64, u64) {
        let end = self.end_number(log);
        match self.hiding() {
            None => (log.oldest(), end),
            Some(hits) => {
                let span = hits.span();
                let end = if self.paused.is_some() { hits.position_of(end).min(span.end) } else { span.end };
                (span.start, end.max(span.start))
            }
        }
    }

    fn number_at(&self, position: u64) -> Option<u64> {
        self.hiding().map_or(Some(position), |hits| hits.number_at(position))
    }

    /// Where a frame stands; none when the filter hides it.
    pub fn place_of(&self, frame: u64) -> Option<u64> {
        let position = self.position_of(frame);
        (self.number_at(position) == Some(frame)).then_some(position)
    }

    /// The frame beside another one, with where it stands; none at an end of the list.
    pub fn beside(&self, frame: u64, forward: bool, log: &FrameLog) -> Option<(u64, u64)> {
        let (first, end) = self.span(log);
        let at = self.position_of(frame);
        let is_shown = self.place_of(frame).is_some();
        let next = match forward {
            // A frame that is hidden stands before the next one that is shown.
            true => at + u64::from(is_shown),
            false => at.checked_sub(1)?,
        };
        let next = Some(next).filter(|next| (first..end).contains(next))?;
        Some((self.number_at(next)?, next))
    }

    /// Where a frame stands, or the next one that is shown.
    fn position_of(&self, frame: u64) -> u64 {
        self.hiding().map_or(frame, |hits| hits.position_of(frame))
    }

    /// The next hit from a frame, and which it is, from 1. It searches on, for as long as it may; when that is not enough it is
    /// asked again.
    pub fn seek(
        &mut self,
        from: Option<u64>,
        forward: bool,
        log: &FrameLog,
        may_go_on: impl FnMut() -> bool,
    ) -> Sought {
        let is_all_seen = self.advance(log, may_go_on);
        let Some(search) = &self.search else { return Sought::Nothing };
        let hits = &search.hits;
        let from = from.unwrap_or(log.total());
        let found = if forward { hits.next_after(from) } else { hits.previous_before(from) };
        if found.is_none() && !is_all_seen {
            return Sought::NotYet;
        }
        // At the end it goes on from the other one, as searches in editors do.
        let found = found.or_else(|| {
            let span = hits.span();
            let end = if forward { Some(span.start) } else { span.end.checked_sub(1) };
            hits.number_at(end?)
        });
        match found {
            Some(frame) => Sought::Found { frame, nth: hits.position_of(frame) - hits.span().start + 1 },
            None => Sought::Nothing,
        }
    }

    /// How it is.
    pub fn state(&self, log: &FrameLog) -> ListState {
        let (first, end) = self.span(log);
        let hits = self.search.as_ref().map(|search| HitsState {
            count: search.hits.len(),
            unseen: unseen(&search.hits, log),
            wrong: None,
        });
        let wrong =
            || self.wrong.clone().map(|wrong| HitsState { wrong: Some(wrong), ..HitsState::default() });
        ListState {
            first,
            end,
            hits: hits.or_else(wrong),
            // Of those that came since, as many as the list would show.
            paused: self.paused.map(|paused| match self.hiding() {
                None => log.total().saturating_sub(paused),
                Some(hits) => hits.span().end.saturating_sub(hits.position_of(paused)),
            }),
        }
    }

    /// The rows that the page looks at, unless it has them already.
    pub fn rows(
        &mut self,
        record: &Record,
        pins: &BTreeMap<u64, Pin>,
        (summaries, highlights): (&Summaries, &Highlights),
    ) -> Option<Rows> {
        let log = &record.log;
        let (first, end) = self.span(log);
        let count = u64::from(self.look.rows);
        let from = self.look.from.unwrap_or(end.saturating_sub(count)).max(first);
        let shown = Shown { first: from, end: end.min(from + count).max(from) };
        if self.shown == Some(shown) {
            return None;
        }
        self.shown = Some(shown);
        let mut above = from.checked_sub(1).filter(|above| *above >= first);
        let mut rows = Vec::with_capacity(count as usize);
        let mut before = above.take().and_then(|above| log.get(self.number_at(above)?)).map(|frame| frame.at);
        for position in shown.first..shown.end {
            let Some(frame) = self.number_at(position).and_then(|number| log.get(number)) else { continue };
            let row = Row {
                position,
                delta: before.map(|before| frame.at - before),
                is_hit: self
                    .search
                    .as_ref()
                    .is_some_and(|search| !search.hides && search.hits.filter().takes(&frame)),
                is_pinned: pins.contains_key(&frame.number),
                is_wrong: record.wrong.contains(&frame.number),
                by_relay: record.is_by_relay(&frame),
                summary: summaries.of(&frame),
                highlight: highlights.of(&frame),
                ..row(&frame)
            };
            before = Some(frame.at);
            rows.push(row);
        }
        if self.has_lanes {
            arrivals::join(&mut rows, record, summaries, |number| {
                self.place_of(number).filter(|position| (first..end).contains(position))
            });
        }
        Some(Rows { first: shown.first, rows })
    }
}

/// A frame as a row, without what depends on the list.
pub(super) fn row(frame: &Frame<'_>) -> Row {
    Row {
        position: frame.number,
        number: frame.number,
        at: frame.at,
        delta: None,
        connection: ConnectionId(frame.connection),
        kind: frame.kind,
        size: frame.bytes.len() as u64,
        preview: preview(frame),
        round_trip: frame.round_trip,
        is_tainted: frame.is_tainted,
        by_relay: false,
        is_hit: false,
        is_pinned: false,
        highlight: None,
        summary: None,
        is_wrong: false,
        origin: None,
        answer: None,
    }
}

/// The beginning of a content: text with escapes for what would not be seen, and digits of anything else. What happened to a
/// connection is text too.
fn preview(frame: &Frame<'_>) -> String {
    // A character takes at most four bytes.
    let prefix = &frame.bytes[..frame.bytes.len().min(PREVIEW * 4 + 4)];
    match frame.kind.is_text() {
        true => payload::escaped(&beginning(prefix), PREVIEW),
        false => payload::preview(false, frame.bytes, PREVIEW),
    }
}

/// A text whose last character may be cut.
fn beginning(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => String::from_utf8_lossy(&bytes[..error.valid_up_to()]),
        _ => String::from_utf8_lossy(bytes),
    }
}

/// Frames that the search has not looked at yet.
fn unseen(hits: &Hits, log: &FrameLog) -> u64 {
    log.len().saturating_sub(hits.progress().seen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Entry, FrameKind, Instant};

    #[test]
    fn the_next_hit_is_found_however_far_the_search_has_come() {
        let mut log = FrameLog::with_budget(64 << 20);
        for number in 0..200_000_u32 {
            let bytes: &[u8] = if number == 3 { b"the needle" } else { b"hay" };
            log.push(Entry {
                at: Instant::from_nanos(u64::from(number)),
                connection: 1,
                kind: FrameKind::ReceivedText,
                bytes,
                round_trip: None,
                is_tainted: false,
            });
        }
        let mut list = List::default();
        list.filter(&FilterSpec { text: "needle".to_owned(), ..FilterSpec::default() }, false);
        let mut turns = 0;
        loop {
            turns += 1;
            match list.seek(None, false, &log, || false) {
                Sought::Found { frame, nth } => break assert_eq!((frame, nth), (3, 1)),
                Sought::Nothing => panic!("given up after {turns} turns, before all was searched"),
                Sought::NotYet => {}
            }
        }
        assert!(turns > 1, "the search took more than one turn");
        list.filter(&FilterSpec { text: "nowhere".to_owned(), ..FilterSpec::default() }, false);
        while matches!(list.seek(None, true, &log, || false), Sought::NotYet) {}
        assert!(matches!(list.seek(None, true, &log, || false), Sought::Nothing));
    }
}
