//! An expectation that waits, and a silence that watches.
//!
//! Owns which messages an expectation takes: the first, an exact number, several in order, several in any order. It
//! refuses to know time beyond its bound, and what happens with what it took.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Waker;

use super::message::Message;
use super::pair::{Key, Pair};
use crate::matcher::{Difference, Matcher, Subject};
use crate::{Instant, Payload};

/// How the messages of an expectation belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One message.
    First,
    /// An exact number, all alike; only the end of the wait decides.
    Exactly(u64),
    /// One after the other.
    InOrder,
    /// In any order, each a message of its own.
    AnyOrder,
}

/// How far an expectation has come.
#[derive(Clone)]
pub(crate) enum Stage {
    /// Messages are missing.
    Short,
    /// It has all it wants and goes on waiting, because one more would be too many.
    Full,
    /// It has all it wants, and no later message changes that.
    Complete,
    /// This message was one too many.
    Exceeded(Rc<Message>),
}

/// An expectation that waits.
pub(crate) struct Waiter {
    mode: Mode,
    /// What each wanted message looks like; any message when none. In mode `Exactly` there is one for all.
    slots: Vec<Option<Rc<Matcher>>>,
    /// Whether one matcher decides, whatever was sent and whatever it has taken.
    is_plain: bool,
    since: u64,
    deadline: Instant,
    /// What it is the answer to.
    sent: Option<Rc<Payload>>,
    pair: Option<(Pair, Key)>,
    taken: RefCell<Taken>,
    waker: RefCell<Option<Waker>>,
}

struct Taken {
    messages: Vec<Candidate>,
    /// The candidate that each slot has.
    slots: Vec<Option<usize>>,
    stage: Stage,
}

struct Candidate {
    message: Rc<Message>,
    /// The slots it would do for.
    fits: Vec<usize>,
}

impl Waiter {
    pub fn new(
        mode: Mode,
        slots: Vec<Option<Rc<Matcher>>>,
        since: u64,
        deadline: Instant,
        sent: Option<Rc<Payload>>,
        pair: Option<(Pair, Key)>,
    ) -> Rc<Self> {
        let is_full = mode == Mode::Exactly(0) || slots.is_empty();
        let stage = if is_full { Stage::Full } else { Stage::Short };
        let taken = Taken { messages: Vec::new(), slots: vec![None; slots.len()], stage };
        let waker = RefCell::default();
        let depends_on_sent = |matcher: &Rc<Matcher>| sent.is_some() && matcher.wants_echo();
        let is_plain = mode == Mode::First
            && pair.is_none()
            && matches!(slots.as_slice(), [Some(matcher)] if !depends_on_sent(matcher));
        Rc::new(Self {
            mode,
            slots,
            is_plain,
            since,
            deadline,
            sent,
            pair,
            taken: RefCell::new(taken),
            waker,
        })
    }

    pub fn since(&self) -> u64 {
        self.since
    }

    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    pub fn sent(&self) -> Option<&Payload> {
        self.sent.as_deref()
    }

    pub fn pair(&self) -> Option<(&Pair, &Key)> {
        self.pair.as_ref().map(|(pair, key)| (pair, key))
    }

    /// The path and the value by which its reply is known, if a value says that.
    pub fn asked(&self) -> Option<(&str, String)> {
        let ((pair, _), sent) = (self.pair.as_ref()?, self.sent.as_deref()?);
        pair.asked(sent)
    }

    /// How a message differs in the value by which the reply is known.
    pub fn other_key(&self, message: &Message) -> Option<Difference> {
        let (pair, key) = self.pair()?;
        if pair.has_key(message, key) {
            return None;
        }
        let (path, wanted) = self.asked()?;
        Some(Difference { path: path.to_owned(), wanted, got: pair.found(message) })
    }

    /// How far it has come.
    pub fn stage(&self) -> Stage {
        self.taken.borrow().stage.clone()
    }

    /// Whether no later message changes its stage.
    pub fn is_done(&self) -> bool {
        matches!(self.taken.borrow().stage, Stage::Complete | Stage::Exceeded(_))
    }

    pub fn listen(&self, waker: &Waker) {
        *self.waker.borrow_mut() = Some(waker.clone());
    }

    pub fn wake(&self) {
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }

    /// What each wanted message looks like.
    pub fn slots(&self) -> &[Option<Rc<Matcher>>] {
        &self.slots
    }

    fn fits_slot(&self, slot: usize, message: &Message) -> bool {
        match (&self.slots[slot], &self.sent) {
            (None, _) => true,
            (Some(matcher), Some(sent)) if matcher.wants_echo() => {
                matcher.holds(&Subject::answering(message.subject.payload(), sent))
            }
            (Some(matcher), _) => matcher.holds(&message.subject),
        }
    }

    /// The matcher that alone decides; what it refuses for one, it refuses for all that have it.
    pub fn only_matcher(&self) -> Option<&Rc<Matcher>> {
        self.slots.first().filter(|_| self.is_plain)?.as_ref()
    }

    /// Whether a message comes at a time when it is looked at.
    pub fn is_open_to(&self, message: &Message) -> bool {
        message.order >= self.since && message.at <= self.deadline && !self.is_done()
    }

    /// Takes the message if it is wanted and in time.
    pub fn offer(&self, message: &Rc<Message>) -> bool {
        if !self.is_open_to(message) {
            return false;
        }
        let taken = match self.mode {
            Mode::First | Mode::InOrder => self.offer_next(message),
            Mode::Exactly(times) => self.offer_counted(message, times),
            Mode::AnyOrder => self.offer_any(message),
        };
        if self.is_done() {
            self.wake();
        }
        taken
    }

    fn offer_next(&self, message: &Rc<Message>) -> bool {
        let next = self.taken.borrow().messages.len();
        let is_wanted = self.fits_slot(next, message);
        if is_wanted {
            let mut taken = self.taken.borrow_mut();
            taken.messages.push(Candidate { message: message.clone(), fits: vec![next] });
            taken.slots[next] = Some(next);
            taken.complete_if_filled();
        }
        is_wanted
    }

    fn offer_counted(&self, message: &Rc<Message>, times: u64) -> bool {
        if !self.fits_slot(0, message) {
            return false;
        }
        let mut taken = self.taken.borrow_mut();
        let is_taken = matches!(taken.stage, Stage::Short);
        if is_taken {
            taken.messages.push(Candidate { message: message.clone(), fits: vec![0] });
            if taken.messages.len() as u64 == times {
                taken.stage = Stage::Full;
            }
        } else {
            taken.stage = Stage::Exceeded(message.clone());
        }
        is_taken
    }

    fn offer_any(&self, message: &Rc<Message>) -> bool {
        let fits: Vec<_> = (0..self.slots.len()).filter(|slot| self.fits_slot(*slot, message)).collect();
        if fits.is_empty() {
            return false;
        }
        let mut taken = self.taken.borrow_mut();
        taken.messages.push(Candidate { message: message.clone(), fits });
        let newest = taken.messages.len() - 1;
        let is_placed = taken.place(newest, &mut vec![false; self.slots.len()]);
        if !is_placed {
            taken.messages.pop();
        }
        taken.complete_if_filled();
        is_placed
    }

    /// What it took, by slot.
    pub fn selected(&self) -> Vec<(usize, Rc<Message>)> {
        let taken = self.taken.borrow();
        if let Mode::Exactly(_) = self.mode {
            return taken.messages.iter().map(|candidate| (0, candidate.message.clone())).collect();
        }
        let slots = taken.slots.iter().enumerate();
        slots.filter_map(|(slot, has)| Some((slot, taken.messages.get((*has)?)?.message.clone()))).collect()
    }

    /// How many messages it wants.
    pub fn expected(&self) -> u64 {
        match self.mode {
            Mode::Exactly(times) => times,
            _ => self.slots.len() as u64,
        }
    }

    /// What is still wanted: the first empty slot.
    pub fn wanted(&self) -> Option<usize> {
        match self.mode {
            Mode::Exactly(_) => match self.stage() {
                Stage::Short | Stage::Exceeded(_) => Some(0),
                Stage::Full | Stage::Complete => None,
            },
            _ => self.taken.borrow().slots.iter().position(Option::is_none),
        }
    }
}

impl Taken {
    fn complete_if_filled(&mut self) {
        if self.slots.iter().all(Option::is_some) {
            self.stage = Stage::Complete;
        }
    }

    /// Finds a slot for a candidate, moving others if that helps: an early message that would do for two slots must not
    /// keep a later one from the only slot it does for. (Kuhn's augmenting paths.)
    fn place(&mut self, candidate: usize, tried: &mut [bool]) -> bool {
        for slot in self.messages[candidate].fits.clone() {
            if std::mem::replace(&mut tried[slot], true) {
                continue;
            }
            let is_free = match self.slots[slot] {
                None => true,
                Some(holder) => self.place(holder, tried),
            };
            if is_free {
                self.slots[slot] = Some(candidate);
                return true;
            }
        }
        false
    }
}

/// A silence that watches unselected messages.
pub(crate) struct Watch {
    matcher: Option<Rc<Matcher>>,
    since: u64,
    until: Instant,
    seen: RefCell<Option<Rc<Message>>>,
    waker: RefCell<Option<Waker>>,
    /// Whether it goes on; a watch sees one message and then nothing more.
    is_open: Cell<bool>,
}

impl Watch {
    pub fn new(matcher: Option<Rc<Matcher>>, since: u64, until: Instant) -> Rc<Self> {
        let (seen, waker) = Default::default();
        Rc::new(Self { matcher, since, until, seen, waker, is_open: Cell::new(true) })
    }

    pub fn since(&self) -> u64 {
        self.since
    }

    pub fn see(&self, message: &Rc<Message>) {
        let is_meant = self.is_open.get()
            && message.at <= self.until
            && self.matcher.as_ref().is_none_or(|matcher| matcher.holds(&message.subject));
        if is_meant {
            self.is_open.set(false);
            *self.seen.borrow_mut() = Some(message.clone());
            self.wake();
        }
    }

    pub fn seen(&self) -> Option<Rc<Message>> {
        self.seen.borrow().clone()
    }

    pub fn listen(&self, waker: &Waker) {
        *self.waker.borrow_mut() = Some(waker.clone());
    }

    pub fn wake(&self) {
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }
}
