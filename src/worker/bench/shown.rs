//! Frames from elsewhere: what a check has seen, to be searched and compared among the frames of the bench.

use std::collections::HashMap;
use std::time::Duration;

use super::pairs::Pairs;
use super::worker::{BenchWorker, State};
use crate::engine::bench::pairing::Pairing;
use crate::engine::{Entry, FrameKind, Instant, Payload, World};
use crate::wire::bench::{ConnectionId, Shown, ShownSeen};

/// A frame that is about to be logged: of an answer the round trip, and which question it answers is noted.
pub(super) fn paired(
    pairing: &mut Pairing,
    pairs: &mut Pairs,
    (number, at): (u64, Instant),
    kind: FrameKind,
    bytes: &[u8],
) -> Option<Duration> {
    if !kind.is_message() {
        return None;
    }
    let payload = match kind.is_text() {
        true => Payload::Text(String::from_utf8_lossy(bytes).into_owned()),
        false => Payload::Binary(bytes.to_vec()),
    };
    if kind.is_sent() {
        if let Some(asked) = pairing.asking(&payload) {
            pairing.asked_as(at, asked, number);
        }
        return None;
    }
    let answered = pairing.heard(at, &payload)?;
    pairs.answered(answered.question, number);
    Some(answered.took)
}

impl<W: World> State<W> {
    /// A number for a connection that the page has not set up.
    pub fn next_stand_in(&mut self) -> ConnectionId {
        let id = ConnectionId(self.next_of_checks);
        self.next_of_checks = self.next_of_checks.checked_add(1).unwrap_or(ConnectionId::FIRST_OF_CHECKS);
        id
    }
}

impl<W: World> BenchWorker<W> {
    /// Takes them into the log, each connection under a number of its own. They count as no messages of the bench, and their
    /// round trips as none of its figures.
    pub(super) fn show(&self, shown: Shown) {
        // Of two clocks only their beginnings on the calendar are known; what lies before ours is at our beginning.
        let began = (self.0.ready.clock_began.max(0.0) * 1e6) as u64;
        self.change_list(|s| {
            let names: Vec<_> = shown.names.into_iter().map(|name| (s.next_stand_in(), name)).collect();
            let mut chosen = s.record.log.total();
            let mut pairings: HashMap<u32, Pairing> = HashMap::new();
            for (place, frame) in (0..).zip(&shown.frames) {
                let Some((id, _)) = names.get(frame.name as usize) else { continue };
                let at = Instant::from_nanos(frame.at.saturating_sub(began));
                let number = s.record.log.total();
                let (kind, bytes) = (frame.kind, &frame.bytes[..]);
                let pairing = pairings.entry(frame.name).or_default();
                let round_trip = paired(pairing, &mut s.record.pairs, (number, at), kind, bytes);
                s.record.log.push(Entry { at, connection: id.0, kind, bytes, round_trip, is_tainted: false });
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
