//! A world of virtual time, for tests: scripted servers, seeded randomness, no waiting.
//!
//! Owns a clock that jumps to the next event. Every run is reproducible from its seed and script. It refuses to model
//! TCP; a scripted server says what arrives when.

mod outbox;
mod server;

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;
use std::time::Duration;

use futures_executor::LocalPool;
use futures_util::task::LocalSpawnExt;

use self::outbox::Outbox;
pub use self::server::{Act, Peer, Server};
use super::{
    Closing, ConnectError, Endpoint, Event, EventSink, HttpError, HttpRequest, HttpResponse, Instant,
    Payload, SendError, Socket, World,
};
use crate::base::random::Random;
use crate::base::world::LocalFuture;

type Answer = Box<dyn FnMut(&HttpRequest) -> (Duration, Result<HttpResponse, HttpError>)>;
type Happening = Box<dyn FnOnce()>;
type MakeServer = Box<dyn FnMut(&str) -> Box<dyn Server>>;

struct Scheduled {
    at: Instant,
    /// Breaks ties in the order of scheduling.
    order: u64,
    happening: Happening,
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}
impl Eq for Scheduled {}
impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

struct Inner {
    now: Cell<Instant>,
    order: Cell<u64>,
    schedule: RefCell<BinaryHeap<Reverse<Scheduled>>>,
    random: RefCell<Random>,
    servers: RefCell<Vec<(String, MakeServer)>>,
    answers: RefCell<Vec<(String, Answer)>>,
    open: Cell<usize>,
    spawned: RefCell<Vec<LocalFuture<()>>>,
    lines: RefCell<Vec<std::rc::Weak<SimConnection>>>,
}

/// The simulated world.
#[derive(Clone)]
pub struct Sim(Rc<Inner>);

/// Everything waits and nothing is scheduled: the run would hang forever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("everything waits, and nothing will ever happen")]
pub struct Stalled;

impl Sim {
    /// A world without servers.
    pub fn with_seed(seed: u64) -> Self {
        Self(Rc::new(Inner {
            now: Cell::new(Instant::ORIGIN),
            order: Cell::new(0),
            schedule: RefCell::default(),
            random: RefCell::new(Random::with_seed(seed)),
            servers: RefCell::default(),
            answers: RefCell::default(),
            open: Cell::new(0),
            spawned: RefCell::default(),
            lines: RefCell::default(),
        }))
    }

    /// Puts a server at every address that begins with `prefix`, a new one for each connection.
    pub fn serve<S: Server + 'static>(&self, prefix: &str, mut server: impl FnMut() -> S + 'static) {
        self.serve_by_address(prefix, move |_| server());
    }

    /// The same, with the whole address for the server to look at.
    pub fn serve_by_address<S: Server + 'static>(
        &self,
        prefix: &str,
        mut server: impl FnMut(&str) -> S + 'static,
    ) {
        let make: MakeServer = Box::new(move |url| Box::new(server(url)));
        self.0.servers.borrow_mut().push((prefix.to_owned(), make));
    }

    /// Answers HTTP calls to every address that begins with `prefix`.
    pub fn answer(
        &self,
        prefix: &str,
        answer: impl FnMut(&HttpRequest) -> (Duration, Result<HttpResponse, HttpError>) + 'static,
    ) {
        self.0.answers.borrow_mut().push((prefix.to_owned(), Box::new(answer)));
    }

    /// After `wait` the whole world stands still for `lasting`, as when a page is busy: what was due in between comes late.
    pub fn block(&self, wait: Duration, lasting: Duration) {
        let sim = self.clone();
        self.after(wait, move || sim.0.now.set(sim.now() + lasting));
    }

    /// Connections that have not ended.
    pub fn open_connections(&self) -> usize {
        self.0.open.get()
    }

    /// Ends every connection with this code and no close frame, as when the network goes.
    pub fn end_all(&self, code: u16) {
        let lines: Vec<_> = self.0.lines.borrow().iter().filter_map(std::rc::Weak::upgrade).collect();
        for line in lines {
            line.end(self, code, String::new(), false);
        }
    }

    /// Starts a task beside the running one; it ends with it at the latest.
    pub fn spawn(&self, task: LocalFuture<()>) {
        self.0.spawned.borrow_mut().push(task);
    }

    /// Runs to the end of `future`, jumping over all waiting.
    pub fn run<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> Result<T, Stalled> {
        let mut pool = LocalPool::new();
        let done: Rc<RefCell<Option<T>>> = Rc::default();
        let result = done.clone();
        pool.spawner()
            .spawn_local(async move {
                let value = future.await;
                *result.borrow_mut() = Some(value);
            })
            .expect("the pool lives as long as this call");
        loop {
            pool.run_until_stalled();
            // Read and released before the task runs, which may spawn another.
            let next = || self.0.spawned.borrow_mut().pop();
            while let Some(task) = next() {
                pool.spawner().spawn_local(task).expect("the pool lives as long as this call");
                pool.run_until_stalled();
            }
            if let Some(value) = done.borrow_mut().take() {
                return Ok(value);
            }
            if !self.advance() {
                return Err(Stalled);
            }
        }
    }

    /// Lets everything scheduled happen, such as closes that are still under way.
    pub fn settle(&self) {
        while self.advance() {}
    }

    /// Lets the next scheduled thing happen.
    fn advance(&self) -> bool {
        let next = self.0.schedule.borrow_mut().pop();
        let Some(Reverse(next)) = next else { return false };
        self.0.now.set(next.at.max(self.0.now.get()));
        (next.happening)();
        true
    }

    fn after(&self, wait: Duration, happening: impl FnOnce() + 'static) {
        let order = self.0.order.get();
        self.0.order.set(order + 1);
        let at = self.now() + wait;
        self.0.schedule.borrow_mut().push(Reverse(Scheduled { at, order, happening: Box::new(happening) }));
    }
}

impl World for Sim {
    type Socket = SimSocket;

    fn now(&self) -> Instant {
        self.0.now.get()
    }

    fn sleep(&self, wait: Duration) -> LocalFuture<()> {
        let bell: Rc<(Cell<bool>, RefCell<Option<std::task::Waker>>)> = Rc::default();
        let rung = bell.clone();
        self.after(wait, move || {
            rung.0.set(true);
            if let Some(waker) = rung.1.borrow_mut().take() {
                waker.wake();
            }
        });
        Box::pin(std::future::poll_fn(move |cx| {
            if bell.0.get() {
                return std::task::Poll::Ready(());
            }
            *bell.1.borrow_mut() = Some(cx.waker().clone());
            std::task::Poll::Pending
        }))
    }

    fn random(&self) -> u64 {
        self.0.random.borrow_mut().next_u64()
    }

    fn connect(&self, _name: &str, endpoint: &Endpoint, sink: EventSink) -> Result<SimSocket, ConnectError> {
        let server = self
            .0
            .servers
            .borrow_mut()
            .iter_mut()
            .find(|(prefix, _)| endpoint.url().starts_with(prefix.as_str()))
            .map(|(_, make)| make(endpoint.url()));
        let line = Rc::new(SimConnection {
            state: Cell::new(State::Connecting),
            sink: RefCell::new(Some(sink)),
            server: RefCell::new(server),
            outbox: Outbox::default(),
        });
        self.0.lines.borrow_mut().push(Rc::downgrade(&line));
        self.0.open.set(self.0.open.get() + 1);
        let accepts = line.server.borrow_mut().as_mut().and_then(|s| s.accepts_after());
        let (sim, opening, offered) = (self.clone(), line.clone(), endpoint.protocols().to_vec());
        match accepts {
            Some(wait) => self.after(wait, move || {
                if opening.state.get() != State::Connecting {
                    return;
                }
                opening.state.set(State::Open);
                let protocol = opening.server.borrow_mut().as_mut().map(|server| server.chooses(&offered));
                let protocol = protocol.unwrap_or_default();
                opening.tell(&sim, Event::Opened { protocol, extensions: String::new() });
                let peer = Peer { sim, line: Rc::downgrade(&opening) };
                if let Some(server) = opening.server.borrow_mut().as_mut() {
                    server.on_open(peer);
                }
            }),
            None => self.after(Duration::ZERO, move || opening.abort(&sim)),
        }
        Ok(SimSocket { sim: self.clone(), line })
    }

    fn http(&self, request: HttpRequest) -> LocalFuture<Result<HttpResponse, HttpError>> {
        let mut answers = self.0.answers.borrow_mut();
        let known = answers.iter_mut().find(|(prefix, _)| request.url.starts_with(prefix.as_str()));
        let (wait, answer) = match known {
            Some((_, answer)) => answer(&request),
            None => (Duration::ZERO, Err(HttpError { message: "nothing answers there".to_owned() })),
        };
        let sleep = self.sleep(wait);
        Box::pin(async move {
            sleep.await;
            answer
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Connecting,
    Open,
    Closing,
    Closed,
}

struct SimConnection {
    state: Cell<State>,
    /// Taken when the socket is dropped: a dropped socket reports nothing.
    sink: RefCell<Option<EventSink>>,
    server: RefCell<Option<Box<dyn Server>>>,
    outbox: Outbox,
}

impl SimConnection {
    fn takes(&self) -> Option<u64> {
        self.server.borrow().as_ref().and_then(|server| server.takes())
    }

    /// A message has come to the server.
    fn arrive(self: &Rc<Self>, sim: &Sim, payload: Payload, random: u64) {
        let acts = match self.server.borrow_mut().as_mut() {
            Some(server) => server.on_message(payload, random),
            None => Vec::new(),
        };
        for (wait, act) in acts {
            let (later, line) = (sim.clone(), self.clone());
            sim.after(wait, move || line.act(&later, act));
        }
    }

    fn tell(&self, sim: &Sim, event: Event) {
        // Taken out for the call, since a sink may drop its own socket.
        let sink = self.sink.borrow_mut().take();
        if let Some(mut sink) = sink {
            sink(sim.now(), event);
            if self.state.get() != State::Closed {
                *self.sink.borrow_mut() = Some(sink);
            }
        }
    }

    fn end(&self, sim: &Sim, code: u16, reason: String, clean: bool) {
        if self.state.replace(State::Closed) != State::Closed {
            sim.0.open.set(sim.0.open.get() - 1);
            self.tell(sim, Event::Closed { code, reason, clean });
            if let Some(server) = self.server.borrow_mut().as_mut() {
                server.on_end();
            }
        }
    }

    fn abort(&self, sim: &Sim) {
        if self.state.get() == State::Connecting {
            self.tell(sim, Event::Failed);
        }
        self.end(sim, 1006, String::new(), false);
    }

    fn act(self: &Rc<Self>, sim: &Sim, act: Act) {
        match (self.state.get(), act) {
            (State::Open, Act::Send(payload)) => self.tell(sim, Event::Received(payload)),
            (State::Open | State::Closing, Act::Close(code, reason)) => self.end(sim, code, reason, true),
            (State::Open, Act::Closing(lasting, code, reason)) => {
                self.state.set(State::Closing);
                let (line, later) = (self.clone(), sim.clone());
                sim.after(lasting, move || line.end(&later, code, reason, true));
            }
            (State::Open | State::Closing, Act::Abort) => self.abort(sim),
            _ => {}
        }
    }
}

/// A simulated connection.
pub struct SimSocket {
    sim: Sim,
    line: Rc<SimConnection>,
}

impl Socket for SimSocket {
    fn send(&self, payload: &Payload) -> Result<Instant, SendError> {
        match self.line.state.get() {
            State::Connecting => return Err(SendError::NotOpenYet),
            State::Closing | State::Closed => return Err(SendError::Closed),
            State::Open => {}
        }
        let (now, random) = (self.sim.now(), self.sim.random());
        match self.line.outbox.put(payload.as_bytes().len(), self.line.takes(), now) {
            Some(gone) if gone > now => {
                let (sim, line, payload) = (self.sim.clone(), self.line.clone(), payload.clone());
                self.sim.after(gone - now, move || line.arrive(&sim, payload, random));
            }
            Some(_) => self.line.arrive(&self.sim, payload.clone(), random),
            None => {}
        }
        Ok(now)
    }

    fn close(&self, closing: &Closing) -> Result<Instant, SendError> {
        let (sim, line, closing) = (self.sim.clone(), self.line.clone(), closing.clone());
        match self.line.state.get() {
            State::Closing | State::Closed => return Err(SendError::Closed),
            State::Connecting => self.sim.after(Duration::ZERO, move || line.abort(&sim)),
            State::Open => {
                self.line.state.set(State::Closing);
                let answers =
                    self.line.server.borrow_mut().as_mut().and_then(|server| server.answers_close_after());
                if let Some(wait) = answers {
                    self.sim
                        .after(wait, move || line.end(&sim, closing.code.get(), closing.reason.into(), true));
                }
            }
        }
        Ok(self.sim.now())
    }

    fn buffered(&self) -> u64 {
        self.line.outbox.bytes(self.line.takes(), self.sim.now())
    }
}

impl Drop for SimSocket {
    fn drop(&mut self) {
        *self.line.sink.borrow_mut() = None;
        let (sim, line) = (self.sim.clone(), self.line.clone());
        self.sim.after(Duration::ZERO, move || line.end(&sim, 1000, String::new(), true));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_takes_no_time() {
        let sim = Sim::with_seed(0);
        let world = sim.clone();
        let slept = sim.run(async move {
            world.sleep(Duration::from_secs(3600)).await;
            world.now()
        });
        assert_eq!(slept, Ok(Instant::ORIGIN + Duration::from_secs(3600)));
    }

    #[test]
    fn a_run_that_can_never_end_is_said_to_stall() {
        assert_eq!(Sim::with_seed(0).run(std::future::pending::<()>()), Err(Stalled));
    }

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let (a, b, c) = (Sim::with_seed(1), Sim::with_seed(1), Sim::with_seed(2));
        assert_eq!((a.random(), a.random()), (b.random(), b.random()));
        assert_ne!(a.random(), c.random());
    }

    #[test]
    fn a_dropped_socket_reports_nothing() {
        struct Silent;
        impl Server for Silent {}
        let sim = Sim::with_seed(0);
        sim.serve("ws://", || Silent);
        let heard = Rc::new(Cell::new(0));
        let count = heard.clone();
        let endpoint = Endpoint::parse("ws://sim").expect("valid");
        let socket = sim
            .connect("a", &endpoint, Box::new(move |_, _| count.set(count.get() + 1)))
            .expect("a simulated connect never throws");
        drop(socket);
        sim.settle();
        assert_eq!((heard.get(), sim.open_connections()), (0, 0));
    }
}
