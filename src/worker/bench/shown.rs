//! Frames from elsewhere: what a check has seen, to be searched and compared among the frames of the bench.

use std::collections::HashMap;

use super::record::Record;
use super::worker::{BenchWorker, State};
use crate::engine::bench::pairing::Pairing;
use crate::engine::{Entry, FrameKind, Instant, Payload, World};
use crate::wire::bench::{ConnectionId, Shown, ShownSeen};

impl<W: World> BenchWorker<W> {
    /// Takes them into the log, each connection under a number of its own. They count as no messages of the bench, and their
    /// round trips as none of its figures.
    pub(super) fn show(&self, shown: Shown) {
        // Of two clocks only their beginnings on the calendar are known; what lies before ours is at our beginning.
        let began = (self.0.ready.clock_began.max(0.0) * 1e6) as u64;
        self.change_list(|s| {
            let names: Vec<_> = shown.names.into_iter().map(|name| (s.number_of_foreign(), name)).collect();
            let mut chosen = s.record.log.total();
            let mut pairings: HashMap<u32, Pairing> = HashMap::new();
            for (place, frame) in (0..).zip(&shown.frames) {
                let Some((id, _)) = names.get(frame.name as usize) else { continue };
                let at = Instant::from_nanos(frame.at.saturating_sub(began));
                let pairing = pairings.entry(frame.name).or_default();
                let number = take_in(&mut s.record, pairing, *id, (at, frame.kind, &frame.bytes));
                if place == shown.chosen {
                    chosen = number;
                }
                if shown.wrong.contains(&place) {
                    s.record.wrong.insert(number);
                }
            }
            s.ended.extend(names.iter().map(|(id, _)| (*id, s.record.log.total())));
            s.shown = Some(ShownSeen { names, frame: chosen, in_lanes: shown.in_lanes });
        });
    }
}

impl<W: World> State<W> {
    /// A number for a connection that the bench did not open.
    pub(super) fn number_of_foreign(&mut self) -> ConnectionId {
        let id = ConnectionId(self.next_of_checks);
        self.next_of_checks = id.0.checked_add(1).unwrap_or(ConnectionId::FIRST_OF_CHECKS);
        id
    }
}

/// Takes a frame from elsewhere into the log, with the round trip that it completes; its number there.
pub(super) fn take_in(
    record: &mut Record,
    pairing: &mut Pairing,
    id: ConnectionId,
    (at, kind, bytes): (Instant, FrameKind, &[u8]),
) -> u64 {
    let number = record.log.total();
    let mut round_trip = None;
    if kind.is_message() {
        let payload = match kind.is_text() {
            true => Payload::Text(String::from_utf8_lossy(bytes).into_owned()),
            false => Payload::Binary(bytes.to_vec()),
        };
        match kind.is_sent() {
            true => {
                if let Some(asked) = pairing.asking(&payload) {
                    pairing.asked_as(at, asked, number);
                }
            }
            false => {
                if let Some(answered) = pairing.heard(at, &payload) {
                    record.pairs.answered(answered.question, number);
                    round_trip = Some(answered.took);
                }
            }
        }
    }
    record.log.push(Entry { at, connection: id.0, kind, bytes, round_trip, is_tainted: false });
    number
}
