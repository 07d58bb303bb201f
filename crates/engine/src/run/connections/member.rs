//! One connection of a check, across reconnects.
//!
//! Owns its socket, its inbox, its captures and its end. It refuses to know steps. The sink of a socket holds its
//! member weakly, since the member holds the socket.

use std::cell::{Cell, RefCell, RefMut};
use std::rc::{Rc, Weak};

use serde_json::{Map, Value};

use super::super::inbox::message::{Arrival, Sequence};
use super::super::inbox::queue::{Budget, Inbox};
use super::super::outcome::failure;
use super::super::outcome::meter::Meter;
use super::super::pacing::yield_budget::YieldBudget;
use super::invariant::Guard;
use super::life::Life;
use super::standing::{Standing, StandingTasks};
use crate::base::notify::Notify;
use crate::base::words;
use crate::base::world::{Answer, RawFrame};
use crate::framing::{Framer, Framing};
use crate::matcher::Matcher;
use crate::report::{Failure, FailureKind, Millis, NearMiss};
use crate::{Closing, ConnectError, Endpoint, Event, Instant, Payload, SendError, Socket, World};

/// How far a connection is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Not connected yet, or refused.
    Never,
    Connecting,
    Open,
    /// We have asked for the end.
    Closing,
    Closed(Ending),
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    pub code: u16,
    pub reason: String,
    pub is_clean: bool,
    /// Whether we had asked for it.
    pub is_ours: bool,
    pub at: Instant,
}

/// What all members of a check share.
pub(crate) struct CheckContext {
    pub meter: Rc<RefCell<Meter>>,
    pub yield_budget: Rc<YieldBudget>,
    pub budget: Budget,
    /// When the check began.
    pub began: Instant,
    /// The code with which a connection ended last.
    pub last_code: Cell<Option<u16>>,
    /// Messages that steps do not see.
    pub ignore: Vec<Rc<Matcher>>,
    /// How many invariants there are. The framing of each client has a number after those.
    pub invariants: usize,
    /// Broken invariants and framings, by their number; the runner of the steps notes them.
    pub broken: RefCell<Vec<(usize, Failure)>>,
    /// What answers and heartbeats have to do, and what they did.
    pub standing_tasks: StandingTasks,
}

/// A client, or a member of a group of them.
pub(crate) struct Member<W: World> {
    /// Such as `alice` or `crowd[3]`.
    pub name: String,
    /// Its place among all members.
    pub number: usize,
    /// Its place among the clients of the check.
    pub client: usize,
    /// Its place in its group.
    pub index: Option<u64>,
    pub inbox: Inbox,
    pub captures: RefCell<Map<String, Value>>,
    /// The number of the last message.
    pub seq: Cell<u64>,
    pub last_sent: Cell<Option<Instant>>,
    /// From where on messages belong to the session that runs.
    pub fresh: Cell<u64>,
    /// How many waits were drawn for it.
    pub draws: Cell<u64>,
    pub opened: Cell<Option<Instant>>,
    /// The subprotocol of the last handshake.
    pub protocol: RefCell<String>,
    /// The extensions of the last handshake.
    pub extensions: RefCell<String>,
    /// The server's answer to it; none where the world does not tell.
    pub answer: RefCell<Option<Answer>>,
    /// Why no handshake was made, where the world could not make one.
    pub unopened: RefCell<String>,
    /// The pongs that came since the last ping went out.
    pub pongs: RefCell<Vec<(Instant, Vec<u8>)>>,
    /// What has happened since the last handshake began.
    pub life: Life,
    /// Rings when the state changes.
    pub notify: Notify,
    /// Whether a step has looked at how it ended; a later step that needs it open fails, one that does not may go on.
    pub is_end_seen: Cell<bool>,
    /// A reconnect is under way, so an end is not the end.
    pub is_reopening: Cell<bool>,
    /// Up to where messages were counted as come in place of others, for each step that does so.
    counted: RefCell<Vec<(usize, u64)>>,
    socket: RefCell<Option<W::Socket>>,
    /// What the socket has buffered at most: what it had when it was asked last, and what was sent since.
    buffered_at_most: Cell<u64>,
    state: RefCell<State>,
    guards: RefCell<Vec<Guard>>,
    /// What cuts a stream into messages.
    framer: RefCell<Option<Framer>>,
    /// Why there are no more messages in the stream.
    torn: RefCell<Option<String>>,
    /// What it does beside the steps; none when that is nothing.
    pub standing: RefCell<Option<Standing>>,
    /// How many handshakes have begun.
    pub handshakes: Cell<u32>,
    context: Rc<CheckContext>,
}

impl<W: World> Member<W> {
    pub fn new(
        name: String,
        number: usize,
        client: usize,
        index: Option<u64>,
        orders: Sequence,
        guards: Vec<Guard>,
        context: Rc<CheckContext>,
    ) -> Rc<Self> {
        Rc::new(Self {
            name,
            number,
            client,
            index,
            inbox: Inbox::new(orders, context.budget.clone()),
            captures: RefCell::default(),
            seq: Cell::new(0),
            last_sent: Cell::new(None),
            fresh: Cell::new(0),
            draws: Cell::new(0),
            opened: Cell::new(None),
            protocol: RefCell::default(),
            extensions: RefCell::default(),
            answer: RefCell::default(),
            unopened: RefCell::default(),
            pongs: RefCell::default(),
            life: Life::default(),
            notify: Notify::default(),
            is_end_seen: Cell::new(false),
            is_reopening: Cell::new(false),
            counted: RefCell::default(),
            socket: RefCell::new(None),
            buffered_at_most: Cell::new(0),
            state: RefCell::new(State::Never),
            guards: RefCell::new(guards),
            framer: RefCell::default(),
            torn: RefCell::default(),
            standing: RefCell::new(None),
            handshakes: Cell::new(0),
            context,
        })
    }

    /// Up to where this step has counted what came in place of what it expects.
    pub fn counted_until(&self, place: usize) -> Option<u64> {
        self.counted.borrow().iter().find(|(step, _)| *step == place).map(|(_, order)| *order)
    }

    /// This step has counted what came before this place.
    pub fn count_until(&self, place: usize, order: u64) {
        let mut counted = self.counted.borrow_mut();
        match counted.iter_mut().find(|(step, _)| *step == place) {
            Some((_, known)) => *known = order,
            None => counted.push((place, order)),
        }
    }

    /// Begins a session: what came before, and what was captured, was another one's.
    pub fn renew(&self, order: u64, row: Option<&Map<String, Value>>) {
        self.fresh.set(order);
        self.last_sent.set(None);
        self.opened.set(None);
        let mut captures = self.captures.borrow_mut();
        captures.clear();
        captures.extend(row.cloned().into_iter().flatten());
        self.guards.borrow_mut().iter_mut().for_each(Guard::renew);
    }

    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    pub fn is_open(&self) -> bool {
        *self.state.borrow() == State::Open
    }

    /// Whether nothing more can come, unless it is opened again.
    pub fn has_ended(&self) -> bool {
        !self.is_reopening.get() && matches!(*self.state.borrow(), State::Never | State::Closed(_))
    }

    /// Whether the other side ended it and no step has looked at that yet.
    pub fn is_lost(&self) -> bool {
        self.ending().is_some_and(|ending| !ending.is_ours && !self.is_end_seen.get())
    }

    pub fn ending(&self) -> Option<Ending> {
        match &*self.state.borrow() {
            State::Closed(ending) => Some(ending.clone()),
            _ => None,
        }
    }

    /// Starts a handshake.
    pub fn connect(
        self: &Rc<Self>,
        world: &W,
        endpoint: &Endpoint,
        framing: Option<Rc<Framing>>,
    ) -> Result<(), ConnectError> {
        *self.framer.borrow_mut() = framing.map(Framer::new);
        self.torn.take();
        let listener: Weak<Self> = Rc::downgrade(self);
        let sink = Box::new(move |at, event| {
            if let Some(member) = listener.upgrade() {
                member.hear(at, event);
            }
        });
        self.is_end_seen.set(false);
        self.handshakes.set(self.handshakes.get() + 1);
        // The old socket, if any, goes first: its events must not arrive any more.
        drop(self.socket.borrow_mut().take());
        if matches!(*self.state.borrow(), State::Open | State::Closing) {
            self.context.meter.borrow_mut().ended();
        }
        *self.state.borrow_mut() = State::Connecting;
        self.answer.take();
        self.unopened.take();
        self.life.began(endpoint, world.now());
        match world.connect(&self.name, endpoint, sink) {
            Ok(socket) => {
                *self.socket.borrow_mut() = Some(socket);
                Ok(())
            }
            Err(error) => {
                *self.state.borrow_mut() = State::Never;
                Err(error)
            }
        }
    }

    /// A message of ours as an echo of it comes: cut to its frame.
    pub fn echo_of(&self, payload: Rc<Payload>) -> Rc<Payload> {
        let frame = self.framer.borrow().as_ref().and_then(|framer| framer.only_frame(&payload));
        frame.map_or(payload, Rc::new)
    }

    /// Gives up a handshake.
    pub fn give_up(&self) {
        drop(self.socket.borrow_mut().take());
        *self.state.borrow_mut() = State::Never;
        self.context.meter.borrow_mut().counters().refused += 1;
    }

    pub fn send(&self, payload: &Payload) -> Result<Instant, SendError> {
        let socket = self.socket.borrow();
        let at = socket.as_ref().ok_or(SendError::Closed)?.send(payload)?;
        self.last_sent.set(Some(at));
        let bytes = payload.as_bytes().len() as u64;
        self.buffered_at_most.set(self.buffered_at_most.get().saturating_add(bytes));
        self.life.sent(payload.as_bytes().len(), at);
        self.context.meter.borrow_mut().sent(payload.as_bytes().len(), at);
        Ok(at)
    }

    /// Sends a frame as it is.
    pub fn send_frame(&self, frame: &RawFrame) -> Result<Instant, SendError> {
        let at = self.socket.borrow().as_ref().ok_or(SendError::Closed)?.send_frame(frame)?;
        self.last_sent.set(Some(at));
        self.life.sent(frame.payload.len(), at);
        Ok(at)
    }

    pub fn buffered(&self) -> u64 {
        let buffered = self.socket.borrow().as_ref().map_or(0, Socket::buffered);
        self.buffered_at_most.set(buffered);
        buffered
    }

    /// No less than [`Self::buffered`], without asking the socket: a browser is asked for it as for everything else, which takes
    /// time before each message.
    pub fn can_have_buffered(&self) -> u64 {
        self.buffered_at_most.get()
    }

    /// Asks for the end.
    pub fn close(&self, closing: &Closing) -> Result<Instant, SendError> {
        self.ask_for_end(|socket| socket.close(closing))
    }

    /// The same with any code.
    pub fn close_raw(&self, code: u16, reason: &str) -> Result<Instant, SendError> {
        self.ask_for_end(|socket| socket.close_raw(code, reason))
    }

    fn ask_for_end(
        &self,
        ask: impl FnOnce(&W::Socket) -> Result<Instant, SendError>,
    ) -> Result<Instant, SendError> {
        let at = match &*self.socket.borrow() {
            Some(socket) => ask(socket)?,
            None => return Err(SendError::Closed),
        };
        if self.is_open() {
            *self.state.borrow_mut() = State::Closing;
            self.rest(at);
        }
        Ok(at)
    }

    /// Lets go of the socket, whatever its state.
    pub fn abandon(&self, at: Instant) {
        let was_open = matches!(*self.state.borrow(), State::Open | State::Closing);
        drop(self.socket.borrow_mut().take());
        if was_open {
            self.context.meter.borrow_mut().ended();
        }
        // How it ended before is how it ended.
        if !matches!(*self.state.borrow(), State::Never | State::Closed(_)) {
            let ending = Ending { code: 1006, reason: String::new(), is_clean: false, is_ours: true, at };
            if was_open {
                self.context.last_code.set(Some(ending.code));
            }
            *self.state.borrow_mut() = State::Closed(ending);
        }
    }

    /// Whether the invariant of this number has had something to look at here, and whether that was more than it remembers.
    pub fn has_shown(&self, number: usize) -> (bool, bool) {
        let guards = self.guards.borrow();
        let guard = guards.iter().find(|guard| guard.index == number);
        guard.map_or((false, false), |guard| (guard.has_seen, guard.is_full))
    }

    /// Invariants about time end here, as the silence that follows is wanted.
    pub fn rest(&self, at: Instant) {
        if self.is_reopening.get() {
            return;
        }
        for guard in self.guards.borrow_mut().iter_mut() {
            let broken = guard.end(at, &self.name, self.context.began);
            self.context.broken.borrow_mut().extend(broken.map(|broken| (guard.index, broken)));
        }
    }

    fn hear(&self, at: Instant, event: Event) {
        self.context.yield_budget.turned(at);
        match event {
            Event::Opened { protocol, extensions } => {
                *self.state.borrow_mut() = State::Open;
                *self.protocol.borrow_mut() = protocol;
                *self.extensions.borrow_mut() = extensions;
                let is_again = self.opened.replace(Some(at)).is_some();
                self.life.opened(at);
                self.context.meter.borrow_mut().opened(is_again);
                self.guards.borrow_mut().iter_mut().for_each(|guard| guard.opened(at));
                if let Some(standing) = &*self.standing.borrow() {
                    standing.opened(&self.context.standing_tasks, self.number, self.handshakes.get(), at);
                }
                self.notify.ring();
            }
            Event::Received(payload) => self.receive(at, payload),
            Event::Answered(answer) => *self.answer.borrow_mut() = Some(answer),
            Event::Ponged(payload) => {
                self.pongs.borrow_mut().push((at, payload));
                self.notify.ring();
            }
            // It says nothing that the end after it does not.
            Event::Failed => {}
            Event::Closed { code, reason, clean } => {
                let before = self.state();
                let is_ours = before == State::Closing;
                if !is_ours && before == State::Open {
                    self.tear_at_end(at);
                }
                if !is_ours {
                    self.life.ended(at, code, &reason, clean, self.buffered());
                }
                {
                    let mut meter = self.context.meter.borrow_mut();
                    match before {
                        State::Connecting if !reason.is_empty() => meter.counters().errors += 1,
                        State::Connecting | State::Never => meter.counters().refused += 1,
                        _ => meter.ended(),
                    }
                    if before == State::Open && !clean {
                        meter.counters().dropped += 1;
                    }
                }
                if matches!(before, State::Open | State::Closing) {
                    self.context.last_code.set(Some(code));
                }
                if before == State::Connecting {
                    self.unopened.borrow_mut().clone_from(&reason);
                }
                *self.state.borrow_mut() = match before {
                    State::Connecting => State::Never,
                    _ => State::Closed(Ending { code, reason, is_clean: clean, is_ours, at }),
                };
                self.notify.ring();
                self.inbox.wake_all();
            }
        }
    }

    /// Why no more messages are found in the stream.
    pub fn torn(&self) -> Option<String> {
        self.torn.borrow().clone()
    }

    pub fn is_torn(&self) -> bool {
        self.torn.borrow().is_some()
    }

    fn receive(&self, at: Instant, payload: Payload) {
        self.context.meter.borrow_mut().received(payload.as_bytes().len(), at);
        self.life.received(at);
        // What is accepted may be answered at once, so nothing is borrowed meanwhile.
        let framer = self.framer.borrow_mut();
        let Ok(mut framer) = RefMut::filter_map(framer, Option::as_mut) else {
            return self.accept(at, payload);
        };
        let shown = failure::uncut(&payload);
        let (frames, broken) = framer.take(payload);
        drop(framer);
        frames.into_iter().for_each(|frame| self.accept(at, frame));
        if let Some(why) = broken {
            let mut failure = failure::plain(FailureKind::Mismatch, why.clone());
            failure.closest = Some(NearMiss {
                client: self.name.clone(),
                at_ms: Millis::from(at - self.context.began),
                message: shown,
                taken: false,
                answered: false,
            });
            self.tear(why, *failure);
        }
    }

    /// What a stream lacks that stands in the middle of a frame.
    pub fn unfinished(&self) -> Option<String> {
        self.framer.borrow().as_ref().and_then(Framer::wants)
    }

    /// The server has ended a stream.
    fn tear_at_end(&self, at: Instant) {
        let Some(why) = self.unfinished() else { return };
        let message =
            format!("the server ended the stream at {} {why}", words::duration(at - self.context.began));
        self.tear(why, *failure::plain(FailureKind::Closed, message));
    }

    /// What the stream holds is not known any more: that ends the check, as a broken invariant does.
    fn tear(&self, why: String, failure: Failure) {
        *self.torn.borrow_mut() = Some(why);
        let failure = Failure { client: Some(self.name.clone()), ..failure };
        self.context.broken.borrow_mut().push((self.context.invariants + self.client, failure));
        self.inbox.wake_all();
    }

    /// A message came, as steps see it.
    fn accept(&self, at: Instant, payload: Payload) {
        let message = self.inbox.stamp(at, payload);
        for guard in self.guards.borrow_mut().iter_mut() {
            let broken = guard.hear(&message, &self.name, self.context.began);
            self.context.broken.borrow_mut().extend(broken.map(|broken| (guard.index, broken)));
        }
        if let Some(standing) = &*self.standing.borrow()
            && standing.takes(&message, &self.context.standing_tasks, self.number, self.handshakes.get())
        {
            self.inbox.answered(message);
            return;
        }
        if self.context.ignore.iter().any(|matcher| matcher.holds(&message.subject)) {
            return;
        }
        let arrival = self.inbox.arrive(message);
        let mut meter = self.context.meter.borrow_mut();
        match arrival {
            Arrival::Duplicate => meter.counters().duplicates += 1,
            Arrival::Late => meter.counters().late += 1,
            Arrival::Taken | Arrival::Left => {}
        }
    }
}
