//! Why a handshake failed: asked of the companion that serves the page, if one does.
//!
//! Owns which companion is asked, and that equal questions are asked once. It refuses to guess: that is [`explain`](crate::engine::explain)'s.
//! An answer belongs to the attempt that it was asked for, and its row stands in the timeline also when the next one has begun.

use std::rc::Rc;

use super::worker::BenchWorker;
use crate::engine::explain::Explanation;
use crate::engine::explain::companion::{Companion, Look};
use crate::engine::{Endpoint, FrameKind, World};
use crate::wire::bench::ConnectionId;

/// The server that the page came from, and what it is being asked.
#[derive(Default)]
pub(super) struct Questions {
    companion: Rc<Companion>,
    under_way: Vec<(Endpoint, Vec<(ConnectionId, u32)>)>,
}

impl Questions {
    /// The server that the page came from.
    pub fn companion(&self) -> Rc<Companion> {
        self.companion.clone()
    }
}

impl<W: World> BenchWorker<W> {
    /// Finds out why this attempt of a connection failed, and writes it down.
    pub(super) fn find_out(&self, id: ConnectionId, attempt: u32, endpoint: Endpoint) {
        if self.find_out_by_relay(id, attempt, &endpoint) {
            return;
        }
        let asks = self.connection(id, |connection, _| connection.setup.opening.asks_why) == Some(true);
        if !asks || self.state(|s| s.questions.companion.is_blind()) {
            return self.told(id, attempt, &endpoint, |why| why);
        }
        let is_first = self.state(|s| {
            let under_way = &mut s.questions.under_way;
            match under_way.iter_mut().find(|(asked, _)| *asked == endpoint) {
                Some((_, waiting)) => {
                    waiting.push((id, attempt));
                    false
                }
                None => {
                    under_way.push((endpoint.clone(), vec![(id, attempt)]));
                    true
                }
            }
        });
        if !is_first {
            return;
        }
        self.connection(id, |connection, _| connection.state.asks_why = true);
        let worker = self.clone();
        (self.0.spawn)(Box::pin(async move {
            let companion = worker.state(|s| s.questions.companion.clone());
            let found = companion.look(&worker.0.world, &endpoint).await;
            let waiting = worker.state(|s| {
                let under_way = &mut s.questions.under_way;
                let at = under_way.iter().position(|(asked, _)| *asked == endpoint);
                at.map(|at| under_way.swap_remove(at).1).unwrap_or_default()
            });
            for (id, attempt) in waiting {
                worker.told(id, attempt, &endpoint, |why| with(why, &found, &endpoint));
            }
            worker.flush();
        }));
    }

    /// Writes down why an attempt failed, with what was found out.
    pub(super) fn told(
        &self,
        id: ConnectionId,
        attempt: u32,
        endpoint: &Endpoint,
        with: impl FnOnce(Explanation) -> Explanation,
    ) {
        let at = self.now();
        self.connection(id, |connection, record| {
            let is_latest = connection.attempt == attempt;
            if is_latest {
                connection.state.asks_why = false;
            }
            let Some(why) = connection.failed.take_if(|(of, _)| *of == attempt).map(|(_, why)| why) else {
                return;
            };
            let why = with(why);
            // The row stands after a later attempt, maybe at another address, so it names its own.
            let words = match is_latest {
                true => why.headline(),
                false => format!("{}: {}", endpoint.url(), why.headline()),
            };
            connection.note(record, at, FrameKind::Failed, &words);
            connection.changed = true;
            // A person may have gone elsewhere since.
            if connection.state.url == endpoint.url() && connection.opened.is_none() {
                connection.state.why = Some(why);
            }
        });
    }
}

/// An explanation with what the server of the page saw.
fn with(mut why: Explanation, found: &Look, endpoint: &Endpoint) -> Explanation {
    match found {
        Look::Saw(probed) => return why.with_probe(endpoint, (**probed).clone()),
        Look::NotAllowed(words) => {
            why.known.push(format!("The server of this page did not look: {words}."));
        }
        Look::Nothing => {}
    }
    why
}
