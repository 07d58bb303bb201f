//! Both sessions in one timeline, so that every tool of the timeline works on a comparison.
//!
//! Owns which frame of the timeline is which of a session. The times of each session count from its own beginning. Frames that
//! differ are marked, and each of the second session points to the one of the first beside which it stands.

use std::collections::{BTreeMap, HashMap};

use super::super::shown::take_in;
use super::super::worker::BenchWorker;
use super::Comparison;
use crate::engine::bench::pairing::Pairing;
use crate::engine::report::Connection;
use crate::engine::session::Session;
use crate::engine::session::diff::Aligned;
use crate::engine::{Frame, FrameLog, Instant, World};
use crate::wire::bench::ConnectionId;

/// What the sessions are called in the names of connections.
const SIDES: [&str; 2] = ["first", "second"];
/// What a frame costs in the log beside its content, and some room to grow.
const OVERHEAD: usize = 96;

/// The timeline of a comparison.
#[derive(Default)]
pub(super) struct Merged {
    /// The connections of both sessions, those that stand for each other side by side.
    pub connections: Vec<(ConnectionId, String)>,
    /// Of each session its numbers and those of the timeline, in order.
    frames: [Vec<(u64, u64)>; 2],
}

impl Merged {
    /// The frame of the timeline that is this one of a session.
    pub fn frame(&self, side: usize, number: u64) -> Option<u64> {
        let frames = &self.frames[side];
        let at = frames.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        Some(frames[at].1)
    }
}

impl<W: World> BenchWorker<W> {
    /// Shows both sessions in place of what is shown.
    pub(super) fn take_in_both(&self, comparison: &Comparison) -> Merged {
        let ids = ids(comparison);
        let mut merged = Merged::default();
        let mut handshakes = Vec::new();
        let mut all = Vec::new();
        let mut bytes = FrameLog::LEAST_BUDGET;
        for (side, session) in comparison.sides.iter().enumerate() {
            let began = session.log.from(0).next().map_or(Instant::ORIGIN, |frame| frame.at);
            let since = |at: Instant| Instant::ORIGIN + at.since(began);
            for frame in session.log.from(0) {
                bytes += frame.bytes.len() + OVERHEAD;
                all.push((since(frame.at), side, frame));
            }
            for connection in session.connections() {
                let Some(id) = ids.get(&(side, connection.id)) else { continue };
                let name = format!("{} ({})", connection.name, SIDES[side]);
                if !merged.connections.iter().any(|(known, _)| *known == *id) {
                    merged.connections.push((*id, name.clone()));
                }
                let asked = since(connection.asked);
                handshakes.push(Connection { id: id.0, name, asked, ..connection.clone() });
            }
        }
        merged.connections.sort_unstable();
        // Stable: what came at one moment keeps its order.
        all.sort_by_key(|(at, side, _)| (*at, *side));
        self.change_list(|s| {
            let record = &mut s.record;
            record.log = FrameLog::with_budget(bytes + bytes / 4);
            let mut pairings = HashMap::<u32, Pairing>::new();
            for (at, side, frame) in all {
                let Frame { kind, bytes, is_tainted, .. } = frame;
                let id = ids.get(&(side, frame.connection)).copied().unwrap_or_default();
                let pairing = pairings.entry(id.0).or_default();
                let number = take_in(record, pairing, id, (at, kind, bytes));
                if frame.round_trip.is_some() {
                    record.log.set_round_trip(number, frame.round_trip);
                }
                if is_tainted {
                    record.log.set_tainted(number);
                }
                let round_trip = record.log.get(number).and_then(|frame| frame.round_trip);
                record.messages += u64::from(kind.is_message());
                record.bytes.0 += if kind.is_sent() { bytes.len() as u64 } else { 0 };
                record.bytes.1 += if kind.is_received() { bytes.len() as u64 } else { 0 };
                if let Some(took) = round_trip {
                    record.measured(at, took, is_tainted);
                }
                merged.frames[side].push((comparison.sides[side].as_read().number(frame.number), number));
            }
            // Where a clock was set back, numbers are not in the order of times.
            merged.frames.iter_mut().for_each(|frames| frames.sort_unstable());
            record.take_handshakes(handshakes);
            mark(record, &merged, &comparison.rows);
            s.list.redraw();
        });
        merged
    }

    /// Marks in the timeline what differs now.
    pub(super) fn mark_differing(&self) {
        self.with_comparison(|it| {
            self.change_list(|s| {
                mark(&mut s.record, &it.merged, &it.rows);
                s.list.redraw();
            });
        });
    }
}

fn mark(record: &mut super::super::record::Record, merged: &Merged, rows: &[Aligned]) {
    record.wrong.clear();
    let mut beside = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.differences.is_empty()) {
        let frame = |side, number: Option<u64>| number.and_then(|number| merged.frame(side, number));
        let (before, after) = (frame(0, row.before), frame(1, row.after));
        record.wrong.extend(before.into_iter().chain(after));
        if let (Some(before), Some(after)) = (before, after) {
            beside.insert(after, before);
        }
    }
    record.beside = Some(beside);
}

/// Of each session's connections the number in the timeline: those that stand for each other follow each other.
fn ids(comparison: &Comparison) -> BTreeMap<(usize, u32), ConnectionId> {
    let [first, second] = &comparison.sides;
    let of = |session: &Session| -> (Vec<u32>, HashMap<u64, u32>) {
        let mut order = Vec::new();
        let mut frames = HashMap::new();
        for frame in session.log.from(0) {
            if !order.contains(&frame.connection) {
                order.push(frame.connection);
            }
            frames.insert(session.as_read().number(frame.number), frame.connection);
        }
        (order, frames)
    };
    let ((order, before), (others, after)) = (of(first), of(second));
    let mut stands_for = BTreeMap::new();
    for row in &comparison.rows {
        if let (Some(one), Some(other)) = (row.before, row.after)
            && let (Some(one), Some(other)) = (before.get(&one), after.get(&other))
        {
            stands_for.entry(*one).or_insert(*other);
        }
    }
    let mut ids = BTreeMap::new();
    let mut next = (1..).map(ConnectionId);
    let mut number = |of: (usize, u32)| {
        if let (false, Some(id)) = (ids.contains_key(&of), next.next()) {
            ids.insert(of, id);
        }
    };
    for one in order {
        number((0, one));
        if let Some(other) = stands_for.get(&one) {
            number((1, *other));
        }
    }
    others.into_iter().for_each(|other| number((1, other)));
    ids
}
