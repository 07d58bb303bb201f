//! Frames from elsewhere: what a check has seen, to be searched and compared among the frames of the bench.

use super::worker::BenchWorker;
use crate::engine::{Entry, Instant, World};
use crate::wire::bench::{ConnectionId, Shown, ShownSeen};

impl<W: World> BenchWorker<W> {
    /// Takes them into the log, each connection under a number of its own. They count as no messages of the bench.
    pub(super) fn show(&self, shown: Shown) {
        // Of two clocks only their beginnings on the calendar are known; what lies before ours is at our beginning.
        let began = (self.0.ready.clock_began.max(0.0) * 1e6) as u64;
        self.change_list(|s| {
            let names: Vec<_> = shown
                .names
                .into_iter()
                .map(|name| {
                    let id = ConnectionId(s.next_of_checks);
                    s.next_of_checks =
                        s.next_of_checks.checked_add(1).unwrap_or(ConnectionId::FIRST_OF_CHECKS);
                    (id, name)
                })
                .collect();
            let mut chosen = s.record.log.total();
            for (place, frame) in shown.frames.iter().enumerate() {
                let Some((id, _)) = names.get(frame.name as usize) else { continue };
                let at = Instant::from_nanos(frame.at.saturating_sub(began));
                let entry = Entry {
                    at,
                    connection: id.0,
                    kind: frame.kind,
                    bytes: &frame.bytes,
                    round_trip: None,
                    is_tainted: false,
                };
                let number = s.record.log.push(entry);
                if place == shown.chosen as usize {
                    chosen = number;
                }
            }
            s.shown = Some(ShownSeen { names, frame: chosen });
        });
    }
}
