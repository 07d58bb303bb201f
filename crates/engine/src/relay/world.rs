//! A world in which the connections that say more than a page can are opened by the relay.
//!
//! Owns the way there: the profile that is left with the companion, the socket on which facts come, and what they tell of the whole
//! run. It refuses to know what a check expects. Such a connection behaves as any other, and it tells its server's answer as the
//! native engine does.
//!
//! **Invariant:** a connection that can be opened without the relay is.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::{Rc, Weak};
use std::time::Duration;

use futures_util::future::select;

use super::{ConnectionFact, Fact, FactsSocket, Prepared, prepare, request_of, watch};
use crate::base::notify::Notify;
use crate::base::world::{Answer, LocalFuture, Opening};
use crate::explain::Probed;
use crate::explain::companion::Companion;
use crate::metrics::{Histogram, Metrics};
use crate::report::Report;
use crate::witness::looks::Spawn;
use crate::{
    Closing, ConnectError, Endpoint, Event, EventSink, HttpError, HttpRequest, HttpResponse, Instant,
    Payload, SendError, Socket, World,
};

/// The server's answer comes on a socket of its own; what happens meanwhile waits for it this long.
const FACTS_WITHIN: Duration = Duration::from_secs(1);
/// Addresses whose last refusal is kept.
const MOST_REFUSALS: usize = 16;
/// The timing of a report that says how long bytes were inside the relay, both ways together.
const DELAY: &str = "relay.delay";

/// A world whose connections go by the relay where they have to.
pub struct Relaying<W: World>(Rc<Inner<W>>);

impl<W: World> Clone for Relaying<W> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

struct Inner<W: World> {
    world: W,
    companion: Rc<Companion>,
    spawn: Spawn,
    facts: RefCell<FactsSocket<W::Socket>>,
    /// The connections that are not over, by their ids.
    of: RefCell<HashMap<String, Weak<Relayed<W>>>>,
    /// Rings when one of them is over.
    over: Notify,
    refusals: RefCell<Vec<(Endpoint, Probed)>>,
    delay: RefCell<Histogram>,
}

/// How far a connection by relay is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The relay is asked.
    Asking,
    /// The browser connects, or what it says waits for the server's answer.
    Waiting,
    /// What happens is passed on.
    Passing,
    /// It is taken back, or dropped.
    Left,
}

/// One connection by relay, held by its socket.
struct Relayed<W: World> {
    endpoint: Endpoint,
    stage: Cell<Stage>,
    socket: RefCell<Option<W::Socket>>,
    sink: RefCell<Option<EventSink>>,
    /// What has happened and was not passed on.
    held: RefCell<VecDeque<(Instant, Event)>>,
}

impl<W: World> Relaying<W> {
    /// `world` opens everything; `companion` is asked where that is not enough, by tasks that `spawn` starts.
    pub fn new(world: W, companion: Rc<Companion>, spawn: Spawn) -> Self {
        Self(Rc::new(Inner {
            world,
            companion,
            spawn,
            facts: RefCell::default(),
            of: RefCell::default(),
            over: Notify::default(),
            refusals: RefCell::default(),
            delay: RefCell::default(),
        }))
    }

    /// What the relay saw of the last handshake with this address that failed.
    pub fn refusal(&self, endpoint: &Endpoint) -> Option<Probed> {
        self.0.refusals.borrow().iter().find(|(known, _)| known == endpoint).map(|(_, it)| it.clone())
    }

    /// Waits for the last facts, and puts the relay's own delay into a report.
    pub async fn tell(&self, report: &mut Report) {
        if !self.0.facts.borrow().is_there() {
            return;
        }
        let is_over = || self.0.of.borrow().is_empty().then_some(());
        select(Box::pin(self.0.over.when(is_over)), self.0.world.sleep(FACTS_WITHIN)).await;
        let mut metrics = Metrics::default();
        metrics.timing(DELAY).merge(&self.0.delay.borrow());
        if !self.0.delay.borrow().is_empty() {
            report.metrics.extend(metrics.to_report().remove_entry(DELAY));
        }
        drop(self.0.facts.take());
    }

    fn open(&self, name: &str, endpoint: &Endpoint, sink: EventSink) -> RelayingSocket<W> {
        let relayed = Rc::new(Relayed {
            endpoint: endpoint.clone(),
            stage: Cell::new(Stage::Asking),
            socket: RefCell::new(None),
            sink: RefCell::new(Some(sink)),
            held: RefCell::default(),
        });
        let (relaying, asking, name) = (self.clone(), Rc::downgrade(&relayed), name.to_owned());
        let endpoint = endpoint.clone();
        (self.0.spawn)(Box::pin(async move {
            let inner = &relaying.0;
            let request = request_of(&endpoint);
            let prepared = prepare(&inner.world, &inner.companion, &endpoint, &request).await;
            let Some(relayed) = asking.upgrade().filter(|it| it.stage.get() == Stage::Asking) else { return };
            let dialled = prepared.map_err(|error| error.to_string()).and_then(|prepared| {
                relaying.dial(&relayed, &name, &prepared).map_err(|error| error.to_string())
            });
            if let Err(words) = dialled {
                relayed.end(inner.world.now(), format!("not opened by relay: {words}"));
            }
        }));
        let (world, spawn) = (self.0.world.clone(), self.0.spawn.clone());
        RelayingSocket::ByRelay(ByRelay { relayed, world, spawn })
    }

    /// Connects to what the relay has answered.
    fn dial(&self, relayed: &Rc<Relayed<W>>, name: &str, prepared: &Prepared) -> Result<(), ConnectError> {
        self.0.of.borrow_mut().insert(prepared.id.clone(), Rc::downgrade(relayed));
        relayed.stage.set(Stage::Waiting);
        self.follow(prepared);
        let (listener, relaying) = (Rc::downgrade(relayed), self.clone());
        let sink = Box::new(move |at, event: Event| {
            let Some(relayed) = listener.upgrade() else { return };
            let is_first = relayed.stage.get() == Stage::Waiting && relayed.held.borrow().is_empty();
            relayed.hear(at, event);
            if is_first {
                relaying.wait_for_facts(&relayed);
            }
        });
        let socket = self.0.world.connect(name, &prepared.endpoint, sink)?;
        *relayed.socket.borrow_mut() = Some(socket);
        Ok(())
    }

    /// Passes on what is held when no fact comes.
    fn wait_for_facts(&self, relayed: &Rc<Relayed<W>>) {
        let (world, waiting) = (self.0.world.clone(), Rc::downgrade(relayed));
        (self.0.spawn)(Box::pin(async move {
            world.sleep(FACTS_WITHIN).await;
            waiting.upgrade().iter().for_each(|relayed| relayed.pass());
        }));
    }

    /// Asks to be told of a connection.
    fn follow(&self, prepared: &Prepared) {
        if !self.0.facts.borrow().is_there() {
            let inner = Rc::downgrade(&self.0);
            let sink = Box::new(move |_, event: Event| {
                inner.upgrade().map(Relaying).iter().for_each(|relaying| relaying.hear(&event));
            });
            let socket = self.0.world.connect("the relay's facts", &prepared.events, sink).ok();
            self.0.facts.borrow_mut().begin(socket);
        }
        self.say(watch(&prepared.id));
    }

    fn say(&self, text: String) {
        let socket = self.0.facts.borrow_mut().to_say(&text);
        if let Some(socket) = socket {
            // That it is gone has an event of its own.
            let _ = socket.send(&Payload::Text(text));
        }
    }

    /// Something came on the socket of facts.
    fn hear(&self, event: &Event) {
        match event {
            Event::Opened { .. } => {
                let unsaid = self.0.facts.borrow_mut().opened();
                unsaid.into_iter().for_each(|text| self.say(text));
            }
            Event::Received(Payload::Text(text)) => {
                let told = ConnectionFact::read(text);
                told.into_iter().for_each(|ConnectionFact { id, fact }| self.told(&id, fact));
            }
            Event::Closed { .. } => {
                let socket = self.0.facts.borrow_mut().end();
                (self.0.spawn)(Box::pin(async move { drop(socket) }));
                let left = std::mem::take(&mut *self.0.of.borrow_mut());
                left.values().filter_map(Weak::upgrade).for_each(|relayed| relayed.pass());
                self.0.over.ring();
            }
            _ => {}
        }
    }

    fn told(&self, id: &str, fact: Fact) {
        let relayed = self.0.of.borrow().get(id).and_then(Weak::upgrade);
        if let Some(relayed) = &relayed {
            if let Some(probed) = fact.probed(relayed.endpoint.url()) {
                self.note_refusal(&relayed.endpoint, probed);
            }
            match &fact {
                Fact::Answered { status, headers, .. } => {
                    let headers = headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone()));
                    let answer = Answer { status: *status, headers: headers.collect() };
                    relayed.held.borrow_mut().push_front((self.0.world.now(), Event::Answered(answer)));
                    relayed.pass();
                }
                Fact::Unreachable { .. } => relayed.pass(),
                _ => {}
            }
        }
        if let Fact::Ended { delay, .. } = fact {
            let mut sum = self.0.delay.borrow_mut();
            delay.histograms().for_each(|histogram| sum.merge(&histogram));
            drop(sum);
            self.0.of.borrow_mut().remove(id);
            self.0.over.ring();
        }
    }

    fn note_refusal(&self, endpoint: &Endpoint, probed: Probed) {
        let mut refusals = self.0.refusals.borrow_mut();
        match refusals.iter_mut().find(|(known, _)| known == endpoint) {
            Some((_, last)) => *last = probed,
            None => {
                refusals.truncate(MOST_REFUSALS - 1);
                refusals.insert(0, (endpoint.clone(), probed));
            }
        }
    }
}

impl<W: World> Relayed<W> {
    /// The browser says something of it.
    fn hear(&self, at: Instant, event: Event) {
        self.held.borrow_mut().push_back((at, event));
        if self.stage.get() == Stage::Passing {
            self.pass_on();
        }
    }

    /// From now on what happens is passed on.
    fn pass(&self) {
        if self.stage.get() == Stage::Waiting {
            self.stage.set(Stage::Passing);
            self.pass_on();
        }
    }

    fn pass_on(&self) {
        // While the listener acts, more may come; it is passed on by the call that is under way.
        let Some(mut sink) = self.sink.take() else { return };
        loop {
            let next = self.held.borrow_mut().pop_front();
            let Some((at, event)) = next else { break };
            sink(at, event);
            if self.stage.get() == Stage::Left {
                return;
            }
        }
        *self.sink.borrow_mut() = Some(sink);
    }

    /// It never gets a socket. A browser ends one whose handshake fails in the same way, and gives no reason.
    fn end(&self, at: Instant, reason: String) {
        self.held
            .borrow_mut()
            .extend([(at, Event::Failed), (at, Event::Closed { code: 1006, reason, clean: false })]);
        self.stage.set(Stage::Passing);
        self.pass_on();
    }
}

/// A connection of such a world.
pub enum RelayingSocket<W: World> {
    /// The world's own.
    Own(W::Socket),
    /// By relay.
    ByRelay(ByRelay<W>),
}

/// A connection by relay.
pub struct ByRelay<W: World> {
    relayed: Rc<Relayed<W>>,
    world: W,
    spawn: Spawn,
}

impl<W: World> Socket for RelayingSocket<W> {
    fn send(&self, payload: &Payload) -> Result<Instant, SendError> {
        match self {
            Self::Own(socket) => socket.send(payload),
            Self::ByRelay(ByRelay { relayed, .. }) => {
                relayed.socket.borrow().as_ref().ok_or(SendError::NotOpenYet)?.send(payload)
            }
        }
    }

    fn close(&self, closing: &Closing) -> Result<Instant, SendError> {
        match self {
            Self::Own(socket) => socket.close(closing),
            Self::ByRelay(ByRelay { relayed, world, spawn }) => {
                if let Some(socket) = &*relayed.socket.borrow() {
                    return socket.close(closing);
                }
                if relayed.stage.get() != Stage::Asking {
                    return Err(SendError::Closed);
                }
                // It is taken back before the relay has answered.
                relayed.stage.set(Stage::Waiting);
                let (ending, at) = (Rc::downgrade(relayed), world.now());
                spawn(Box::pin(async move {
                    ending.upgrade().iter().for_each(|relayed| relayed.end(at, String::new()));
                }));
                Ok(at)
            }
        }
    }

    fn buffered(&self) -> u64 {
        match self {
            Self::Own(socket) => socket.buffered(),
            Self::ByRelay(ByRelay { relayed, .. }) => {
                relayed.socket.borrow().as_ref().map_or(0, Socket::buffered)
            }
        }
    }
}

impl<W: World> Drop for ByRelay<W> {
    fn drop(&mut self) {
        self.relayed.stage.set(Stage::Left);
        // The listener may be what drops it; then it is let go of when the listener is done.
        drop(self.relayed.sink.take());
        drop(self.relayed.socket.take());
    }
}

impl<W: World> World for Relaying<W> {
    type Socket = RelayingSocket<W>;

    fn now(&self) -> Instant {
        self.0.world.now()
    }

    fn sleep(&self, wait: Duration) -> LocalFuture<()> {
        self.0.world.sleep(wait)
    }

    fn pass(&self, deadline: Instant) -> LocalFuture<()> {
        self.0.world.pass(deadline)
    }

    fn breathe(&self) -> LocalFuture<()> {
        self.0.world.breathe()
    }

    fn opening(&self) -> Opening {
        self.0.world.opening()
    }

    fn random(&self) -> u64 {
        self.0.world.random()
    }

    fn connect(
        &self,
        name: &str,
        endpoint: &Endpoint,
        sink: EventSink,
    ) -> Result<RelayingSocket<W>, ConnectError> {
        match endpoint.needs_relay() {
            true => Ok(self.open(name, endpoint, sink)),
            false => self.0.world.connect(name, endpoint, sink).map(RelayingSocket::Own),
        }
    }

    fn http(&self, request: HttpRequest) -> LocalFuture<Result<HttpResponse, HttpError>> {
        self.0.world.http(request)
    }
}
