//! What a connection does beside the steps: which messages it answers, and its heartbeat.
//!
//! Owns which messages are taken for that, and what is to be done. It refuses to send: that needs values of the check.
//! A connection without answers and without a heartbeat has nothing of this.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use super::super::inbox::message::Message;
use crate::base::notify::Notify;
use crate::matcher::Matcher;
use crate::report::{Failure, Standing as Did};
use crate::suite::{AnswerRule, Heartbeat};
use crate::{Instant, Payload};

/// More answers of one rule on one connection within [`WINDOW`] answer themselves.
const MOST_ANSWERS: u32 = 10_000;
const WINDOW: Duration = Duration::from_secs(1);
/// An echo sends back what was sent for the message before, this many times in a row.
const MOST_ECHOES: u32 = 100;

/// An answer with its placeholders filled in.
pub(crate) struct Rule {
    /// The line of the report that is its.
    pub line: usize,
    pub answer: Rc<AnswerRule>,
    pub to: Rc<Matcher>,
    /// For how many more messages.
    left: Cell<u64>,
    /// How many it has sent, which numbers the messages.
    pub sent: Cell<u64>,
    /// What it has sent last, and how often that came back at once.
    last: RefCell<Option<Rc<Payload>>>,
    echoes: Cell<u32>,
    window: Cell<(Instant, u32)>,
}

/// A heartbeat with its placeholders filled in.
pub(crate) struct Pulse {
    /// The line of the report that is its.
    pub line: usize,
    pub heartbeat: Rc<Heartbeat>,
    pub every: Duration,
    /// The reply to each beat, and how long it may take.
    pub reply: Option<(Rc<Matcher>, Duration)>,
    pub sent: Cell<u64>,
    /// The beats whose reply has not come, the oldest first.
    awaited: RefCell<VecDeque<u64>>,
}

/// What one connection does beside the steps.
#[derive(Default)]
pub(crate) struct Standing {
    pub rules: Vec<Rc<Rule>>,
    pub pulse: Option<Rc<Pulse>>,
}

/// Something that is to be done on a connection, unless another handshake has begun on it.
pub(crate) struct Task {
    pub member: usize,
    pub handshake: u32,
    /// Since when.
    pub at: Instant,
    pub what: What,
}

pub(crate) enum What {
    /// This message is answered.
    Answer(Rc<Rule>, Rc<Message>),
    /// The answer of the rule would never end, for this reason.
    Loop(Rc<Rule>, Rc<Message>, &'static str),
    /// The connection is open, so its heart begins to beat.
    Opened(Rc<Pulse>),
}

/// What is to be done on all connections of a check, and what was done.
#[derive(Default)]
pub(crate) struct StandingTasks {
    tasks: RefCell<VecDeque<Task>>,
    pub notify: Notify,
    did: RefCell<BTreeMap<usize, Done>>,
}

/// What the rule or the heartbeat of one line did.
#[derive(Clone, Default)]
pub(crate) struct Done {
    pub did: Did,
    /// The members that it acted for, by their numbers.
    pub on: std::collections::BTreeSet<usize>,
    /// The first failure.
    pub failure: Option<Failure>,
}

impl StandingTasks {
    fn push(&self, task: Task) {
        self.tasks.borrow_mut().push_back(task);
        self.notify.ring();
    }

    pub fn next(&self) -> Option<Task> {
        self.tasks.borrow_mut().pop_front()
    }

    pub fn is_empty(&self) -> bool {
        self.tasks.borrow().is_empty()
    }

    fn note(&self, line: usize, member: usize, note: impl FnOnce(&mut Done)) {
        let mut did = self.did.borrow_mut();
        let done = did.entry(line).or_default();
        done.on.insert(member);
        note(done);
    }

    fn matched(&self, line: usize, member: usize) {
        self.note(line, member, |done| done.did.matched += 1);
    }

    pub fn sent(&self, line: usize, member: usize) {
        self.note(line, member, |done| done.did.sent += 1);
    }

    pub fn failed(&self, line: usize, member: usize, failure: Failure) {
        self.note(line, member, |done| {
            done.failure.get_or_insert(failure);
        });
    }

    pub fn has_failed(&self) -> bool {
        self.did.borrow().values().any(|done| done.failure.is_some())
    }

    /// What was done, by line.
    pub fn of_line(&self, line: usize) -> Done {
        self.did.borrow().get(&line).cloned().unwrap_or_default()
    }
}

impl Rule {
    pub fn new(line: usize, answer: Rc<AnswerRule>, to: Rc<Matcher>, times: u64) -> Self {
        Self {
            line,
            answer,
            to,
            left: Cell::new(times),
            sent: Cell::default(),
            last: RefCell::default(),
            echoes: Cell::default(),
            window: Cell::default(),
        }
    }

    /// It goes on where it was before a reconnect.
    pub fn follow(&self, before: &Self) {
        self.left.set(before.left.get());
        self.sent.set(before.sent.get());
    }

    pub fn has_sent(&self, payload: Rc<Payload>) {
        *self.last.borrow_mut() = Some(payload);
    }

    fn takes(&self, message: &Message) -> bool {
        let takes = self.left.get() > 0 && self.to.holds(&message.subject);
        if takes {
            self.left.set(self.left.get() - 1);
        }
        takes
    }

    /// Why it seems to answer itself, if so; then it answers nothing more.
    fn is_looping(&self, message: &Message) -> Option<&'static str> {
        let is_echo = self.last.borrow().as_deref() == Some(message.subject.payload());
        self.echoes.set(if is_echo { self.echoes.get() + 1 } else { 0 });
        let (mut began, mut count) = self.window.get();
        if message.at - began > WINDOW {
            (began, count) = (message.at, 0);
        }
        self.window.set((began, count + 1));
        let why = if self.echoes.get() >= MOST_ECHOES {
            "what it sends came back 100 times in a row, and it answers that too"
        } else if count >= MOST_ANSWERS {
            "it answered 10000 messages within a second"
        } else {
            return None;
        };
        self.left.set(0);
        Some(why)
    }
}

impl Pulse {
    pub fn new(
        line: usize,
        heartbeat: Rc<Heartbeat>,
        every: Duration,
        reply: Option<(Rc<Matcher>, Duration)>,
    ) -> Self {
        Self { line, heartbeat, every, reply, sent: Cell::default(), awaited: RefCell::default() }
    }

    /// A beat went out whose reply is awaited.
    pub fn awaits(&self, beat: u64) {
        self.awaited.borrow_mut().push_back(beat);
    }

    /// Whether the reply to this beat has not come.
    pub fn misses(&self, beat: u64) -> bool {
        self.awaited.borrow().contains(&beat)
    }

    fn takes(&self, message: &Message) -> bool {
        let Some((reply, _)) = &self.reply else { return false };
        let mut awaited = self.awaited.borrow_mut();
        let takes = !awaited.is_empty() && reply.holds(&message.subject);
        if takes {
            awaited.pop_front();
        }
        takes
    }
}

impl Standing {
    pub fn opened(&self, standing_tasks: &StandingTasks, member: usize, handshake: u32, at: Instant) {
        if let Some(pulse) = &self.pulse {
            standing_tasks.push(Task { member, handshake, at, what: What::Opened(pulse.clone()) });
        }
    }

    /// Whether a message is answered, or is the reply to a beat, so that no step sees it.
    pub fn takes(
        &self,
        message: &Rc<Message>,
        standing_tasks: &StandingTasks,
        member: usize,
        handshake: u32,
    ) -> bool {
        if let Some(pulse) = self.pulse.as_ref().filter(|pulse| pulse.takes(message)) {
            standing_tasks.matched(pulse.line, member);
            return true;
        }
        let Some(rule) = self.rules.iter().find(|rule| rule.takes(message)) else { return false };
        standing_tasks.matched(rule.line, member);
        let what = match rule.is_looping(message) {
            None => What::Answer(rule.clone(), message.clone()),
            Some(why) => What::Loop(rule.clone(), message.clone(), why),
        };
        standing_tasks.push(Task { member, handshake, at: message.at, what });
        true
    }
}
