//! How a direction ends: by its sender, by a toxic, or by a close frame of the proxy's own.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Pipe;
use crate::routes::proxy::effect::EndingKind;
use crate::routes::proxy::toxic::{Stream, Toxic};
use crate::ws::close::Close;

/// How long a connection may go on after the proxy has sent a close frame of its own.
const FAREWELL: Duration = Duration::from_secs(5);
/// How long messages before an end may take to arrive: the longest latency, and jitter as long.
const LAST_WORDS: Duration = Duration::from_secs(120);

/// How a direction ends.
#[derive(Debug, Clone, PartialEq)]
pub enum Over {
    /// The sender has ended, and the receiver has all it sent and its end too.
    Ended,
    /// One side is gone without an end.
    Broken,
    /// Both sides are to end, in an orderly way.
    Cut,
    /// These sides are to be reset.
    Reset(Stream),
    /// The sender is to be gone, and the receiver must not learn of it for this long, or until the toxic is gone.
    HalfOpen(Option<Duration>, Arc<Toxic>),
    /// There is no room for what would have to be held.
    Full,
}

/// A close frame of the proxy's own, and until when the connection may go on after it.
#[derive(Debug)]
pub(super) enum Closing {
    No,
    /// It goes out as soon as no frame is in its way.
    Wanted(Close, Instant),
    /// It is out. Nothing that the sender sends comes after it.
    Sent(Instant),
}

/// How near an end is that a toxic brings about.
pub(super) enum Fate<'a> {
    /// No toxic ends the connection.
    None,
    /// One ends it at this moment.
    Ahead(Instant),
    /// The end has come, and nothing more is taken. What passed before may arrive until this moment.
    Waits(Instant),
    /// The connection ends now.
    Strikes(&'a EndingKind),
}

impl Pipe {
    /// Makes the receiver get this close frame.
    pub(super) fn close(&mut self, close: Close) {
        self.closing = Closing::Wanted(close, Instant::now() + FAREWELL);
    }

    /// What ends the direction now. A close frame that is due is sent for.
    pub(super) fn over(&mut self) -> Option<Over> {
        if let Fate::Strikes(kind) = self.fate() {
            match kind.clone() {
                EndingKind::Cut => return Some(Over::Cut),
                EndingKind::Reset(stream) => return Some(Over::Reset(stream)),
                EndingKind::HalfOpen(longest, toxic) => return Some(Over::HalfOpen(longest, toxic)),
                EndingKind::Close(close) => {
                    self.close(close);
                    self.sort();
                    self.deliver();
                }
            }
        }
        let now = Instant::now();
        let has_come = |when: Option<Instant>| when.is_some_and(|when| when <= now);
        if has_come(self.deadline()) || (self.is_spent && self.is_drained()) {
            return Some(Over::Cut);
        }
        (self.is_through() && has_come(self.last())).then_some(Over::Ended)
    }

    /// How near an end is that a toxic brings about.
    pub(super) fn fate(&self) -> Fate<'_> {
        let Some(ending) = &self.effect.ending else { return Fate::None };
        let is_close = matches!(ending.kind, EndingKind::Close(_));
        // It closes once, and what was on its way to the receiver before is not taken back.
        if is_close && (self.ended.is_some() || !matches!(self.closing, Closing::No)) {
            return Fate::None;
        }
        let (now, latest) = (Instant::now(), ending.at + LAST_WORDS);
        if now < ending.at {
            Fate::Ahead(ending.at)
        } else if is_close || !ending.waits || self.is_through() || latest <= now {
            Fate::Strikes(&ending.kind)
        } else {
            Fate::Waits(latest)
        }
    }

    /// Whether the connection's end has come, so that nothing more is taken.
    pub(super) fn is_struck(&self) -> bool {
        matches!(self.fate(), Fate::Waits(_) | Fate::Strikes(_))
    }

    /// Until when the connection may go on after a close frame of the proxy's own.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.closing {
            Closing::No => None,
            Closing::Wanted(_, deadline) | Closing::Sent(deadline) => Some(deadline),
        }
    }

    /// When the sender's end is passed on.
    pub(super) fn last(&self) -> Option<Instant> {
        self.ended.map(|ended| ended + self.effect.slow_close)
    }
}
