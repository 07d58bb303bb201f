//! The desk: requests of the page come in, events of the sockets come in, news goes out.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};
use std::time::Duration;

use futures_util::future::{AbortHandle, abortable};

use super::line::Line;
use super::logged::Logged;
use crate::engine::echo::{self, EchoCheck};
use crate::engine::world::LocalFuture;
use crate::engine::{
    Closing, ConnectError, Endpoint, Event, EventSink, FrameLog, Instant, Payload, SendError, Socket, World,
    payload,
};
use crate::wire::{
    self, ConnectionId, EchoNews, Look, News, Phase, Pulse, Ready, Request, Row, Rows, Totals, Update,
};

/// Starts a task beside the others.
pub type Spawn = Rc<dyn Fn(LocalFuture<()>)>;

/// Bytes of log when nobody has said otherwise.
const BUDGET: usize = 128 << 20;
/// A server that does not answer a close in this time is not waited for any longer.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);
/// Characters of a message that a row carries.
const PREVIEW: usize = 240;
/// More than a screen has lines for; a page cannot ask for the whole log at once.
const MOST_ROWS: u16 = 512;

/// Why no handshake was started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum OpenError {
    /// The browser would fail the next one at once, and say nothing.
    #[error("this browser allows {most} sockets at once, and all are in use")]
    NoSocketLeft {
        /// How many it allows.
        most: u16,
    },
    /// It threw.
    #[error("the browser refused: {0}")]
    Browser(ConnectError),
}

/// The one owner of sockets and log. A clone is another handle.
pub struct Desk<W: World>(Rc<Inner<W>>);

impl<W: World> Clone for Desk<W> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

struct Inner<W: World> {
    world: W,
    ready: Ready,
    spawn: Spawn,
    post: RefCell<Box<dyn FnMut(Vec<u8>)>>,
    state: RefCell<State<W>>,
}

struct State<W: World> {
    log: FrameLog,
    lines: BTreeMap<ConnectionId, Line<W::Socket>>,
    /// Sockets that nobody waits for and that the browser still holds; it counts them until it tells of their end.
    lingering: Vec<(ConnectionId, u32, Rc<W::Socket>)>,
    look: Look,
    /// How many frames there were when rows were last sent; none when the page looks elsewhere since.
    shown: Option<u64>,
    echo: Option<EchoNews>,
    running: Option<AbortHandle>,
    next_of_checks: u32,
    pulse: Pulse,
    /// The page has drawn what it got.
    page_is_ready: bool,
    dirty: bool,
}

impl<W: World> Desk<W> {
    /// A desk in this world that posts its answers through `post`.
    pub fn new(world: W, ready: Ready, spawn: Spawn, post: impl FnMut(Vec<u8>) + 'static) -> Self {
        Self(Rc::new(Inner {
            world,
            ready,
            spawn,
            post: RefCell::new(Box::new(post)),
            state: RefCell::new(State {
                log: FrameLog::with_budget(BUDGET),
                lines: BTreeMap::new(),
                lingering: Vec::new(),
                look: Look { from: None, rows: 0 },
                shown: None,
                echo: None,
                running: None,
                next_of_checks: ConnectionId::FIRST_OF_CHECKS,
                pulse: Pulse::default(),
                page_is_ready: false,
                dirty: true,
            }),
        }))
    }

    /// Says that the worker runs. The page waits for it: what it posted to a worker that does not listen yet would be lost.
    pub fn announce(&self) {
        self.post(&Update::Ready(self.0.ready.clone()));
    }

    /// Answers a message of the page. Bytes of another version are answered with our own version, so that the page sees it.
    pub fn receive(&self, bytes: &[u8]) {
        match wire::decode(bytes) {
            Ok(request) => self.answer(request),
            Err(_) => self.announce(),
        }
        self.flush();
    }

    fn answer(&self, request: Request) {
        match request {
            Request::Connect { connection, name, endpoint } => self.connect(connection, name, &endpoint),
            Request::Send { connection, payload } => {
                if let Err(error) = self.send(connection, &payload) {
                    self.trouble(connection, &format!("not sent: {error}"));
                }
            }
            Request::Close { connection, closing } => {
                if let Err(error) = self.close(connection, &closing) {
                    self.trouble(connection, &format!("not closed: {error}"));
                }
            }
            Request::Forget { connection } => self.forget(connection),
            Request::Look(look) => self.state(|s| {
                s.look = Look { rows: look.rows.min(MOST_ROWS), ..look };
                s.shown = None;
                s.dirty = true;
            }),
            Request::SetBudget { bytes } => self.state(|s| {
                s.log.set_budget(usize::try_from(bytes).unwrap_or(usize::MAX));
                s.shown = None;
                s.dirty = true;
            }),
            Request::Seen => self.state(|s| s.page_is_ready = true),
            Request::StartEcho(check) => self.start_echo(check),
            Request::StopEcho => self.stop_echo(),
        }
    }

    fn state<T>(&self, change: impl FnOnce(&mut State<W>) -> T) -> T {
        change(&mut self.0.state.borrow_mut())
    }

    /// Changes a line together with the log that it writes to.
    fn line<T>(
        &self,
        id: ConnectionId,
        change: impl FnOnce(&mut Line<W::Socket>, &mut FrameLog) -> T,
    ) -> Option<T> {
        self.state(|s| {
            s.dirty = true;
            s.lines.get_mut(&id).map(|line| change(line, &mut s.log))
        })
    }

    pub(super) fn now(&self) -> Instant {
        self.0.world.now()
    }

    pub(super) fn world(&self) -> &W {
        &self.0.world
    }

    fn connect(&self, id: ConnectionId, name: String, endpoint: &Endpoint) {
        let is_busy = self.state(|s| s.lines.get(&id).is_some_and(Line::has_socket));
        if is_busy {
            return;
        }
        if let Err(error) = self.open(id, name, endpoint, None) {
            self.trouble(id, &format!("not opened: {error}"));
        }
    }

    /// Starts a handshake on a line that has no socket. What happens is logged, then told to `listener`.
    /// After an error the line is closed.
    pub(super) fn open(
        &self,
        id: ConnectionId,
        name: String,
        endpoint: &Endpoint,
        mut listener: Option<EventSink>,
    ) -> Result<(), OpenError> {
        let at = self.now();
        let most = self.0.ready.most_sockets;
        let has_room = self.state(|s| {
            let has_room = s.sockets() < most;
            s.lines.entry(id).or_insert_with(|| Line::new(id)).state.name.clone_from(&name);
            has_room
        });
        if !has_room {
            return Err(OpenError::NoSocketLeft { most });
        }
        let attempt = self.line(id, |line, log| {
            line.connecting(log, at, endpoint);
            line.attempt
        });
        let desk: Weak<Inner<W>> = Rc::downgrade(&self.0);
        let sink: EventSink = Box::new(move |at, event| {
            let Some(desk) = desk.upgrade().map(Desk) else { return };
            if desk.lingers(id, attempt, &event) {
                return desk.flush();
            }
            let is_wanted = desk.heard(id, at, &event);
            if let Some(listener) = listener.as_mut().filter(|_| is_wanted) {
                listener(at, event);
            }
            desk.flush();
        });
        match self.0.world.connect(&name, endpoint, sink) {
            Ok(socket) => {
                self.line(id, |line, _| line.socket = Some(Rc::new(socket)));
                Ok(())
            }
            Err(error) => {
                let at = self.now();
                self.line(id, |line, _| line.ended(at));
                Err(OpenError::Browser(error))
            }
        }
    }

    /// Logs an event; says whether anybody still wants to hear of its line.
    fn heard(&self, id: ConnectionId, at: Instant, event: &Event) -> bool {
        let forgotten = self.line(id, |line, log| {
            line.heard(log, at, event);
            line.forgotten
        });
        if forgotten == Some(true) {
            self.drop_if_done(id);
        }
        forgotten == Some(false)
    }

    /// A forgotten line stays until the browser has let go of its socket, since the browser counts it until then.
    fn drop_if_done(&self, id: ConnectionId) {
        self.state(|s| {
            if s.lines.get(&id).is_some_and(|line| line.forgotten && !line.has_socket()) {
                s.lines.remove(&id);
            }
        });
    }

    pub(super) fn send(&self, id: ConnectionId, payload: &Payload) -> Result<Instant, SendError> {
        let socket = self.line(id, |line, _| line.socket.clone()).flatten().ok_or(SendError::Closed)?;
        let at = socket.send(payload)?;
        self.line(id, |line, log| line.sent(log, at, payload));
        Ok(at)
    }

    pub(super) fn close(&self, id: ConnectionId, closing: &Closing) -> Result<Instant, SendError> {
        let socket = self.line(id, |line, _| line.socket.clone()).flatten().ok_or(SendError::Closed)?;
        let at = socket.close(closing)?;
        let attempt = self.line(id, |line, log| {
            line.closing(log, at, closing);
            line.attempt
        });
        let desk = self.clone();
        (self.0.spawn)(Box::pin(async move {
            desk.0.world.sleep(CLOSE_WITHIN).await;
            desk.stop_waiting(id, attempt);
            desk.flush();
        }));
        Ok(at)
    }

    /// Ends the wait for a server that has not answered our close. The browser goes on waiting; a page cannot end that.
    fn stop_waiting(&self, id: ConnectionId, attempt: Option<u32>) {
        let at = self.now();
        let socket = self.line(id, |line, log| {
            if line.state.phase != Phase::Closing || Some(line.attempt) != attempt {
                return None;
            }
            let words = format!(
                "the server did not answer the close within {CLOSE_WITHIN:?}; the browser holds the socket until it does"
            );
            line.trouble(log, at, &words);
            let socket = line.socket.take();
            line.ended(at);
            socket
        });
        if let (Some(Some(socket)), Some(attempt)) = (socket, attempt) {
            self.state(|s| s.lingering.push((id, attempt, socket)));
        }
        self.drop_if_done(id);
    }

    /// Whether an event is of a socket that nobody waits for any more; its end makes room for another.
    fn lingers(&self, id: ConnectionId, attempt: Option<u32>, event: &Event) -> bool {
        self.state(|s| {
            let found = s.lingering.iter().position(|(line, of, _)| *line == id && Some(*of) == attempt);
            if let (Some(at), Event::Closed { .. }) = (found, event) {
                s.lingering.swap_remove(at);
                s.dirty = true;
            }
            found.is_some()
        })
    }

    /// Closes the line if need be, and drops it once its socket is gone.
    pub(super) fn forget(&self, id: ConnectionId) {
        // Already closing or closed is as good.
        let _ = self.close(id, &Closing::normal());
        self.line(id, |line, _| line.forgotten = true);
        self.drop_if_done(id);
    }

    pub(super) fn buffered(&self, id: ConnectionId) -> u64 {
        self.state(|s| s.lines.get(&id).and_then(|line| line.socket.as_ref().map(|socket| socket.buffered())))
            .unwrap_or(0)
    }

    pub(super) fn next_of_checks(&self) -> ConnectionId {
        self.state(|s| {
            let id = ConnectionId(s.next_of_checks);
            s.next_of_checks = s.next_of_checks.checked_add(1).unwrap_or(ConnectionId::FIRST_OF_CHECKS);
            id
        })
    }

    pub(super) fn trouble(&self, id: ConnectionId, words: &str) {
        let at = self.now();
        self.line(id, |line, log| line.trouble(log, at, words));
    }

    fn start_echo(&self, check: EchoCheck) {
        self.stop_echo();
        let rounds = check.rounds;
        self.tell_echo(EchoNews::Running { done: 0, rounds });
        let (progress, done) = (self.clone(), self.clone());
        let (run, handle) = abortable(echo::run(Logged::new(self.clone()), check, move |done| {
            progress.tell_echo(EchoNews::Running { done, rounds });
        }));
        self.state(|s| s.running = Some(handle));
        (self.0.spawn)(Box::pin(async move {
            // A stopped run has been told of by whoever stopped it.
            if let Ok(outcome) = run.await {
                done.state(|s| s.running = None);
                done.tell_echo(EchoNews::Done(Box::new(outcome)));
            }
            done.flush();
        }));
    }

    fn stop_echo(&self) {
        if let Some(handle) = self.state(|s| s.running.take()) {
            handle.abort();
            self.tell_echo(EchoNews::Stopped);
        }
    }

    fn tell_echo(&self, news: EchoNews) {
        self.state(|s| {
            s.echo = Some(news);
            s.dirty = true;
        });
    }

    /// Takes note of how the worker is doing, and of what waits in the browser.
    pub(super) fn feel(&self, pulse: Pulse) {
        self.state(|s| {
            for line in s.lines.values_mut() {
                line.look_at_buffer();
                s.dirty |= line.changed;
            }
            s.dirty |= s.pulse != pulse;
            s.pulse = pulse;
        });
        self.flush();
    }

    /// Posts what has changed, when the page is ready for it.
    fn flush(&self) {
        let news = self.state(|s| {
            if !s.page_is_ready || !s.dirty {
                return None;
            }
            s.page_is_ready = false;
            s.dirty = false;
            Some(s.news())
        });
        if let Some(news) = news {
            self.post(&Update::News(Box::new(news)));
        }
    }

    fn post(&self, update: &Update) {
        (self.0.post.borrow_mut())(wire::encode(update));
    }
}

impl<W: World> State<W> {
    fn sockets(&self) -> u16 {
        (self.lines.values().filter(|line| line.has_socket()).count() + self.lingering.len()) as u16
    }

    fn news(&mut self) -> News {
        for line in self.lines.values_mut() {
            line.look_at_buffer();
        }
        News {
            lines: self
                .lines
                .values_mut()
                .filter(|line| line.changed && !line.forgotten)
                .map(Line::report)
                .collect(),
            totals: Totals {
                frames: self.log.total(),
                began: self.log.began(),
                dropped: self.log.dropped(),
                held_bytes: self.log.held_bytes() as u64,
                budget: self.log.budget() as u64,
                sockets: self.sockets(),
            },
            rows: self.rows(),
            echo: self.echo.take(),
            pulse: self.pulse,
        }
    }

    /// The rows that the page looks at, unless it has them already.
    fn rows(&mut self) -> Option<Rows> {
        let total = self.log.total();
        let count = u64::from(self.look.rows);
        let newest = total.saturating_sub(count);
        let first = self.look.from.unwrap_or(newest).max(self.log.dropped());
        let has_them = self.shown.is_some_and(|shown| match self.look.from {
            None => shown == total,
            Some(from) => shown == total || shown >= from.max(self.log.dropped()) + count,
        });
        if has_them {
            return None;
        }
        self.shown = Some(total);
        let rows = self
            .log
            .from(first)
            .take(count as usize)
            .map(|frame| Row {
                number: frame.number,
                at: frame.at,
                connection: ConnectionId(frame.connection),
                kind: frame.kind,
                size: frame.bytes.len() as u64,
                preview: payload::preview(frame.kind.is_text(), frame.bytes, PREVIEW),
                round_trip: frame.round_trip,
            })
            .collect();
        Some(Rows { first, rows })
    }
}
