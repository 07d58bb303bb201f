//! The way of messages through a faulty connection: some are lost, some change, and each has a time to arrive.
//!
//! `/ws/fault` fills [`Faults`] from its query, and the fault proxy from its toxics.
//!
//! **Invariant:** only [`Faults::reorder`] lets a message overtake another, also when the faults change.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::dice::Dice;

/// Bytes under way at which nothing more is read.
const FULL: usize = 32 * 1024 * 1024;
/// Messages under way at which nothing more is read.
const MOST: usize = 100_000;
/// How long a message that is to change places waits for the next one.
const HOLD: Duration = Duration::from_millis(100);
/// What a message costs beside its bytes.
const OVERHEAD: usize = 128;
/// Numbers drawn for each message.
const ROLLS: u64 = 6;

/// What happens to messages on their way.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faults {
    /// Every message waits this long.
    pub latency: Duration,
    /// And up to this much longer.
    pub jitter: Duration,
    /// The chance that a message is lost.
    pub drop: f64,
    /// The chance that it comes twice.
    pub duplicate: f64,
    /// The chance that it changes places with the next one.
    pub reorder: f64,
    /// The chance that one of its bytes is wrong.
    pub corrupt: f64,
    /// Bytes a second.
    pub throttle: Option<u64>,
}

/// What can be under way.
pub trait Freight: Clone {
    /// The bytes that a throttle counts.
    fn size(&self) -> usize;
    /// Makes one byte wrong; which one follows from `place`.
    fn corrupt(&mut self, place: u64);
    /// Makes it lie alone in memory: what it was read with may be much larger, and would stay as long as it.
    fn detach(&mut self);
}

/// Messages under way on one connection.
#[derive(Debug)]
pub struct FaultyLink<M> {
    faults: Faults,
    dice: Dice,
    taken: u64,
    under_way: VecDeque<(Instant, M)>,
    size: usize,
    /// A message, and its copy, that the next one overtakes.
    held: Option<(Instant, Vec<M>)>,
    /// When the throttle lets the next byte through.
    free_at: Instant,
}

impl<M: Freight> FaultyLink<M> {
    /// A line without messages.
    pub fn new(faults: Faults, dice: Dice) -> Self {
        Self {
            faults,
            dice,
            taken: 0,
            under_way: VecDeque::new(),
            size: 0,
            held: None,
            free_at: Instant::now(),
        }
    }

    /// Messages taken so far, lost ones included.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Whether another message may be taken.
    pub fn has_room(&self) -> bool {
        self.size < FULL && self.under_way.len() < MOST
    }

    /// What is under way costs so much memory.
    pub fn weight(&self) -> usize {
        let held = self.held.iter().flat_map(|(_, messages)| messages).map(|it| it.size() + OVERHEAD);
        self.size + self.under_way.len() * OVERHEAD + held.sum::<usize>()
    }

    /// Whether nothing is under way.
    pub fn is_empty(&self) -> bool {
        self.under_way.is_empty() && self.held.is_none()
    }

    /// Sets what happens to the messages from now on.
    pub fn set(&mut self, faults: Faults) {
        self.faults = faults;
        self.free_at = self.free_at.min(Instant::now());
    }

    /// Counts messages that go another way, so that those after them fare as if these had come along.
    pub fn skip(&mut self, messages: u64) {
        self.taken += messages;
        self.dice.skip(messages.wrapping_mul(ROLLS));
    }

    /// Takes a message.
    pub fn take(&mut self, mut message: M) {
        self.taken += 1;
        // Always the same rolls: whether a message is lost must not depend on which other faults are asked for.
        let [drop, duplicate, reorder, damage, jitter] = std::array::from_fn(|_| self.dice.fraction());
        let place = self.dice.roll();
        if drop < self.faults.drop {
            return;
        }
        if damage < self.faults.corrupt {
            message.corrupt(place);
        }
        message.detach();
        let copies = if duplicate < self.faults.duplicate { 2 } else { 1 };
        let messages = vec![message; copies];
        let arrives = Instant::now() + self.faults.latency + self.faults.jitter.mul_f64(jitter);
        match self.held.take() {
            Some((due, overtaken)) => {
                self.send(messages, arrives);
                self.send(overtaken, due);
            }
            None if reorder < self.faults.reorder => {
                self.held = Some((arrives.max(Instant::now() + HOLD), messages))
            }
            None => self.send(messages, arrives),
        }
    }

    /// Takes what is not a message. It waits as messages do, and nothing else happens to it.
    pub fn pass(&mut self, mut other: M) {
        other.detach();
        self.send(vec![other], Instant::now() + self.faults.latency);
    }

    /// Puts messages on their way. None overtakes another: that is what `reorder` is for.
    fn send(&mut self, messages: Vec<M>, arrives: Instant) {
        for message in messages {
            let mut due = self.under_way.back().map_or(arrives, |(before, _)| arrives.max(*before));
            if let Some(rate) = self.faults.throttle {
                let takes = Duration::from_secs_f64(message.size() as f64 / rate as f64);
                self.free_at = self.free_at.max(due) + takes;
                due = self.free_at;
            }
            self.size += message.size();
            self.under_way.push_back((due, message));
        }
    }

    /// Puts a held message on its way: no other one will come.
    pub fn release(&mut self) {
        if let Some((_, messages)) = self.held.take() {
            self.send(messages, Instant::now() + self.faults.latency);
        }
    }

    /// When there is something to deliver.
    pub fn due(&self) -> Option<Instant> {
        let held = self.held.as_ref().map(|(due, _)| *due);
        let front = self.under_way.front().map(|(due, _)| *due);
        held.into_iter().chain(front).min()
    }

    /// What has arrived by now, one at a time.
    pub fn arrived(&mut self) -> Option<M> {
        let now = Instant::now();
        if let Some((due, messages)) = self.held.take_if(|(due, _)| *due <= now) {
            self.send(messages, due);
        }
        if self.under_way.front()?.0 > now {
            return None;
        }
        let (_, message) = self.under_way.pop_front()?;
        self.size -= message.size();
        Some(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq)]
    struct Number(u64);

    impl Freight for Number {
        fn size(&self) -> usize {
            1
        }

        fn corrupt(&mut self, place: u64) {
            self.0 = place;
        }

        fn detach(&mut self) {}
    }

    /// Which of a hundred messages come through a line that lets the first `apart` go another way.
    fn through(apart: u64) -> Vec<u64> {
        let faults = Faults { drop: 0.5, ..Faults::default() };
        let mut line = FaultyLink::new(faults, Dice::new(7));
        line.skip(apart);
        (apart..100).for_each(|number| line.take(Number(number)));
        assert_eq!(line.taken(), 100);
        std::iter::from_fn(|| line.arrived()).map(|number| number.0).collect()
    }

    #[test]
    fn a_message_fares_the_same_whatever_went_another_way_before() {
        let all = through(0);
        assert!((30..70).contains(&all.len()), "{all:?}");
        for apart in [1, 17, 90] {
            let expected: Vec<_> = all.iter().copied().filter(|number| *number >= apart).collect();
            assert_eq!(through(apart), expected, "{apart}");
        }
    }

    #[test]
    fn less_latency_lets_nothing_overtake() {
        let slow = Faults { latency: Duration::from_secs(3), ..Faults::default() };
        let mut line = FaultyLink::new(slow, Dice::new(1));
        line.take(Number(1));
        line.set(Faults::default());
        line.take(Number(2));
        assert_eq!(line.arrived(), None);
        assert!(line.due().is_some_and(|due| due > Instant::now() + Duration::from_secs(2)));
    }
}
