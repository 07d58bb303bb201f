//! What all toxics together do to one direction of one connection, now.
//!
//! It owns when each toxic begins and whether it has struck this connection. It refuses to know bytes: it is asked again when
//! messages have passed, when a moment has come, and when toxics were switched.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::kind::Kind;
use super::toxic::{Direction, Stream, Toxic};
use crate::routes::dice::Dice;
use crate::routes::faulty_link::Faults;
use crate::ws::close::Close;

/// The sum of the toxics.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Effect {
    /// What happens to messages.
    pub faults: Faults,
    /// How bytes are cut up.
    pub slicer: Option<Slicer>,
    /// Whether nothing passes.
    pub is_hole: bool,
    /// Bytes of the connection's direction after which it ends.
    pub limit: Option<u64>,
    /// How late the end of TCP is passed on.
    pub slow_close: Duration,
    /// What ends the connection.
    pub ending: Option<Ending>,
    /// The message after which there is more to say.
    pub waits_for: Option<u64>,
}

/// How bytes are cut up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slicer {
    /// Bytes of a piece.
    pub size: u64,
    /// More or less by this.
    pub variation: u64,
    /// The time between two pieces.
    pub delay: Duration,
}

/// An end of the connection that a toxic brings about.
#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    /// When it comes.
    pub at: Instant,
    /// Whether messages before it are to arrive first.
    pub waits: bool,
    /// What it does.
    pub kind: EndingKind,
}

/// What ends a connection.
#[derive(Debug, Clone, PartialEq)]
pub enum EndingKind {
    /// Both sides end in an orderly way, without a close frame.
    Cut,
    /// The side that the direction leads to is reset, or both are.
    Reset(Stream),
    /// The side that the direction comes from is gone, and the other does not learn of it for this long.
    HalfOpen(Option<Duration>, Arc<Toxic>),
    /// The side that the direction leads to gets a close frame.
    Close(Close),
}

impl Effect {
    /// Whether bytes may pass as they come, without a look at messages.
    pub fn is_plain(&self) -> bool {
        self.faults == Faults::default() && !self.is_hole && self.waits_for.is_none()
    }
}

/// One toxic as it meets this direction.
#[derive(Debug)]
struct Met {
    toxic: Arc<Toxic>,
    is_struck: bool,
    /// The message after which it begins.
    from: u64,
    /// When it began, and after how many bytes.
    begun: Option<(Instant, u64)>,
}

/// The toxics of one direction of one connection.
#[derive(Debug)]
pub struct ActiveToxics {
    direction: Direction,
    key: String,
    seeds: u64,
    /// Those of the query, which stay.
    own: Vec<Arc<Toxic>>,
    met: Vec<Met>,
}

impl ActiveToxics {
    /// The toxics of a connection's own, and those for its key, whose chances follow from `seeds`.
    pub fn new(direction: Direction, key: String, seeds: u64, own: Vec<Arc<Toxic>>) -> Self {
        Self { direction, key, seeds, own, met: Vec::new() }
    }

    /// Meets the toxics that are there now. One that was there before goes on as it has begun.
    pub fn meet(&mut self, all: &[Arc<Toxic>], messages: u64) {
        let mut before = std::mem::take(&mut self.met);
        for toxic in self.own.iter().chain(all) {
            if !toxic.stream.has(self.direction) || !toxic.is_for(&self.key) {
                continue;
            }
            let known = before.iter().position(|met| Arc::ptr_eq(&met.toxic, toxic));
            self.met.push(match known {
                Some(at) => before.swap_remove(at),
                None => Met {
                    toxic: Arc::clone(toxic),
                    is_struck: strikes(toxic, self.seeds),
                    from: messages + toxic.after,
                    begun: None,
                },
            });
        }
    }

    /// What they do now that this many messages and bytes have passed.
    pub fn effect(&mut self, messages: u64, bytes: u64) -> Effect {
        let mut effect = Effect::default();
        for met in self.met.iter_mut().filter(|met| met.is_struck) {
            if messages < met.from {
                effect.waits_for = Some(effect.waits_for.map_or(met.from, |before| before.min(met.from)));
                continue;
            }
            let (since, bytes_before) = *met.begun.get_or_insert_with(|| (Instant::now(), bytes));
            effect.add(&met.toxic, since, bytes_before);
        }
        effect
    }
}

/// Whether a toxic strikes a connection of this luck: the same in both directions, and whatever others there are.
pub fn strikes(toxic: &Toxic, seeds: u64) -> bool {
    Dice::new(seeds ^ hash(&toxic.name)).fraction() < toxic.toxicity
}

/// FNV-1a, written out so that a name means the same for ever.
pub fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl Effect {
    fn add(&mut self, toxic: &Arc<Toxic>, since: Instant, bytes_before: u64) {
        let faults = &mut self.faults;
        // Two chances that are independent: that at least one of them comes.
        let either = |one: f64, other: f64| 1.0 - (1.0 - one) * (1.0 - other);
        match &toxic.kind {
            Kind::Latency { latency, jitter } => {
                faults.latency += *latency;
                faults.jitter += *jitter;
            }
            Kind::Bandwidth { rate } => {
                faults.throttle = Some(faults.throttle.map_or(*rate, |other| other.min(*rate)));
            }
            Kind::Drop { probability } => faults.drop = either(faults.drop, *probability),
            Kind::Duplicate { probability } => faults.duplicate = either(faults.duplicate, *probability),
            Kind::Reorder { probability } => faults.reorder = either(faults.reorder, *probability),
            Kind::Corrupt { probability } => faults.corrupt = either(faults.corrupt, *probability),
            Kind::Slicer { average_size, size_variation, delay } => {
                let slicer = Slicer { size: *average_size, variation: *size_variation, delay: *delay };
                // Of two the finer one.
                if self.slicer.is_none_or(|other| slicer.size < other.size) {
                    self.slicer = Some(slicer);
                }
            }
            Kind::LimitData { bytes } => {
                let limit = bytes_before.saturating_add(*bytes);
                self.limit = Some(self.limit.map_or(limit, |other| other.min(limit)));
            }
            Kind::SlowClose { delay } => self.slow_close = self.slow_close.max(*delay),
            Kind::Timeout { timeout } => {
                self.is_hole = true;
                if let Some(timeout) = timeout {
                    self.end(since + *timeout, EndingKind::Cut, toxic);
                }
            }
            Kind::ResetPeer { timeout } => {
                self.end(since + *timeout, EndingKind::Reset(toxic.stream), toxic);
            }
            Kind::HalfOpen { timeout } => {
                self.end(since, EndingKind::HalfOpen(*timeout, Arc::clone(toxic)), toxic);
            }
            Kind::Close(close) => self.end(since, EndingKind::Close(close.clone()), toxic),
            // It is for handshakes.
            Kind::Refuse { .. } => {}
        }
    }

    /// The earliest counts.
    fn end(&mut self, at: Instant, kind: EndingKind, toxic: &Toxic) {
        if self.ending.as_ref().is_none_or(|before| at < before.at) {
            self.ending = Some(Ending { at, waits: toxic.after > 0, kind });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::proxy::options::Options;
    use crate::routes::query::Query;

    fn toxics(query: &str) -> Vec<Arc<Toxic>> {
        let options = Options::read(&Query::parse(&format!("to=ws://localhost&{query}"))).unwrap();
        options.toxics.into_iter().map(Arc::new).collect()
    }

    fn active(own: &str, seeds: u64) -> ActiveToxics {
        let mut active = ActiveToxics::new(Direction::Downstream, "k".to_owned(), seeds, toxics(own));
        active.meet(&[], 0);
        active
    }

    #[test]
    fn latencies_add_up_the_slower_rate_counts_and_chances_combine() {
        let mut active = active("latency=50ms&bandwidth=10&drop=0.5", 1);
        active.meet(&toxics("latency=20ms&jitter=5ms&bandwidth=2&drop=0.5"), 0);
        let faults = active.effect(0, 0).faults;
        assert_eq!(faults.latency, Duration::from_millis(70));
        assert_eq!((faults.jitter, faults.throttle), (Duration::from_millis(5), Some(2000)));
        assert!((faults.drop - 0.75).abs() < 1e-9);
    }

    #[test]
    fn a_toxic_of_the_other_direction_does_nothing() {
        assert!(active("upstream.latency=50ms&upstream.timeout=0", 1).effect(0, 0).is_plain());
    }

    #[test]
    fn a_toxic_begins_after_its_messages_counted_from_when_it_came() {
        let mut active = active("", 1);
        active.meet(&toxics("drop=1&after=2"), 5);
        assert_eq!(active.effect(6, 0).waits_for, Some(7));
        assert_eq!(active.effect(7, 0).faults.drop, 1.0);
    }

    #[test]
    fn a_toxic_that_stays_goes_on_as_it_began() {
        let mut active = active("", 1);
        let all = toxics("limit_data=100");
        active.meet(&all, 0);
        assert_eq!(active.effect(0, 30).limit, Some(130));
        active.meet(&[all, toxics("latency=5ms")].concat(), 9);
        assert_eq!(active.effect(9, 90).limit, Some(130));
        active.meet(&[], 9);
        assert_eq!(active.effect(9, 90), Effect::default());
    }

    #[test]
    fn toxicity_strikes_its_share_of_connections_and_the_same_again() {
        let struck = |seeds| !active("drop=1&toxicity=0.3", seeds).effect(0, 0).is_plain();
        let all: Vec<bool> = (0..1000).map(struck).collect();
        let count = all.iter().filter(|struck| **struck).count();
        assert!((250..350).contains(&count), "{count}");
        assert_eq!((0..1000).map(struck).collect::<Vec<_>>(), all);
    }
}
