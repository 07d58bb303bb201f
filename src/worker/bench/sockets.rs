//! The sockets of the bench: opened, closed, waited for, opened again.

use std::rc::{Rc, Weak};
use std::time::Duration;

use super::connection::Connection;
use super::later::MISSING;
use super::worker::{BenchWorker, Inner};
use crate::engine::base::words;
use crate::engine::bench::typed_address::complete;
use crate::engine::explain::{self, Ended, Explanation};
use crate::engine::relay::Profile;
use crate::engine::{
    Closing, ConnectError, Endpoint, Event, EventSink, Instant, Payload, SendError, Socket, World,
};
use crate::wire::bench::{ConnectionId, Phase, Setup, Typed};

/// A server that does not answer a close in this time is not waited for any longer.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);

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

impl<W: World> BenchWorker<W> {
    /// A click on Connect: a handshake on a connection that has no socket, to where it is set up.
    pub(super) fn connect(&self, id: ConnectionId) {
        let Some(Some(setup)) =
            self.connection(id, |connection, _| (!connection.has_socket()).then(|| connection.setup.clone()))
        else {
            return;
        };
        self.connection(id, |connection, _| {
            connection.state.retry = None;
            connection.state.why = None;
        });
        self.open_as_set_up(id, &setup);
    }

    fn open_as_set_up(&self, id: ConnectionId, setup: &Setup) {
        let is_relayed = Profile::is_said(&setup.profile);
        self.connection(id, |connection, _| {
            connection.state.relay = is_relayed.then(String::new);
            connection.relayed = None;
        });
        let opened = match self.endpoint(id, setup) {
            Ok(endpoint) if is_relayed => {
                return self.later(move |worker, later| match later {
                    Some(later) => (later.open_by_relay)(worker, id, endpoint),
                    None => worker.trouble(id, MISSING),
                });
            }
            Ok(endpoint) => {
                self.open(id, setup.name.clone(), &endpoint, None).map_err(|error| error.to_string())
            }
            Err(wrong) => Err(wrong),
        };
        if let Err(words) = opened {
            self.trouble(id, &format!("not opened: {words}"));
        }
    }

    /// Where a connection goes, with every placeholder filled in; else what is wrong, in words.
    fn endpoint(&self, id: ConnectionId, setup: &Setup) -> Result<Endpoint, String> {
        let url = self.filled_in(id, setup.url.trim())?;
        let protocols = self.filled_in(id, &setup.protocols)?;
        let protocols = protocols.split([',', ' ']).filter(|it| !it.is_empty()).map(str::to_owned);
        // A path alone leads nowhere from here.
        complete(&url, "")
            .and_then(|endpoint| endpoint.with_protocols(protocols))
            .map_err(|error| error.to_string())
    }

    pub(super) fn filled_in(&self, id: ConnectionId, text: &str) -> Result<String, String> {
        if !text.contains("{{") {
            return Ok(text.to_owned());
        }
        let later = self.0.later.here().ok_or(MISSING)?;
        self.with_scope(id, None, &[], |scope| (later.expand)(text, scope)).map_err(|error| error.message)
    }

    /// Looks at every address before it is connected to.
    pub(super) fn look_at_addresses(&self) {
        let setups: Vec<Setup> = self.state(|s| {
            s.connections
                .values()
                .filter(|connection| !connection.state.id.is_of_check())
                .map(|connection| connection.setup.clone())
                .collect()
        });
        let (surroundings, later) = (self.surroundings(), self.0.later.here());
        for setup in setups {
            let looks = later.filter(|_| Profile::is_said(&setup.profile));
            let wrong = looks.and_then(|later| (later.profile_trouble)(self, setup.id, &setup));
            let typed = match wrong.map_or_else(|| self.endpoint(setup.id, &setup), Err) {
                Ok(endpoint) => Typed {
                    url: endpoint.url().to_owned(),
                    wrong: None,
                    warnings: later.map(|it| (it.warnings)(&endpoint, &surroundings)).unwrap_or_default(),
                },
                Err(wrong) => Typed { url: String::new(), wrong: Some(wrong), warnings: Vec::new() },
            };
            self.connection(setup.id, |connection, _| {
                if connection.state.typed != typed {
                    connection.state.typed = typed;
                    connection.changed = true;
                }
            });
        }
    }

    /// Starts a handshake on a connection that has no socket. Each event is logged, then passed to `listener`.
    /// After an error the connection is closed.
    pub(super) fn open(
        &self,
        id: ConnectionId,
        name: String,
        endpoint: &Endpoint,
        listener: Option<EventSink>,
    ) -> Result<(), OpenError> {
        let attempt = self.begin(id, &name, endpoint)?;
        self.dial(id, attempt, &name, endpoint, listener)
    }

    /// Says that a handshake begins on a connection; which attempt it is.
    pub(super) fn begin(
        &self,
        id: ConnectionId,
        name: &str,
        endpoint: &Endpoint,
    ) -> Result<Option<u32>, OpenError> {
        let at = self.now();
        let most = self.0.ready.most_sockets;
        let has_room = self.state(|s| {
            let has_room = s.sockets() < most;
            s.connections.entry(id).or_insert_with(|| Connection::new(id)).state.name = name.to_owned();
            has_room
        });
        if !has_room {
            return Err(OpenError::NoSocketLeft { most });
        }
        Ok(self.connection(id, |connection, record| {
            connection.connecting(record, at, endpoint);
            connection.attempt
        }))
    }

    /// Makes the handshake of an attempt that has begun.
    pub(super) fn dial(
        &self,
        id: ConnectionId,
        attempt: Option<u32>,
        name: &str,
        endpoint: &Endpoint,
        mut listener: Option<EventSink>,
    ) -> Result<(), OpenError> {
        let worker: Weak<Inner<W>> = Rc::downgrade(&self.0);
        let sink: EventSink = Box::new(move |at, event| {
            let Some(worker) = worker.upgrade().map(BenchWorker) else { return };
            if worker.lingers(id, attempt, &event) {
                return worker.flush();
            }
            let is_wanted = worker.heard(id, at, &event);
            match listener.as_mut() {
                _ if !is_wanted => {}
                Some(listener) => listener(at, event),
                None => worker.react(id, at, &event),
            }
            worker.flush();
        });
        match self.0.world.connect(name, endpoint, sink) {
            Ok(socket) => {
                self.connection(id, |connection, _| connection.socket = Some(Rc::new(socket)));
                if !id.is_of_check() {
                    self.bound_opening(id, attempt);
                }
                Ok(())
            }
            Err(error) => {
                let at = self.now();
                self.connection(id, |connection, _| connection.ended(at));
                Err(OpenError::Browser(error))
            }
        }
    }

    /// Gives a handshake up when it is not done in the time of the set-up.
    fn bound_opening(&self, id: ConnectionId, attempt: Option<u32>) {
        let within = self.connection(id, |connection, _| connection.setup.opening.within).unwrap_or_default();
        if within.is_zero() {
            return;
        }
        let worker = self.clone();
        (self.0.spawn)(Box::pin(async move {
            worker.0.world.sleep(within).await;
            let overdue = worker.connection(id, |connection, _| {
                let is_overdue =
                    connection.state.phase == Phase::Connecting && Some(connection.attempt) == attempt;
                connection.is_overdue |= is_overdue;
                connection.socket.clone().filter(|_| is_overdue)
            });
            if let Some(Some(socket)) = overdue {
                // The browser reports a failure and then the end, as for every handshake that fails.
                let _ = socket.close(&Closing::normal());
            }
            worker.flush();
        }));
    }

    /// Logs an event; says whether its connection is still of interest.
    pub(super) fn heard(&self, id: ConnectionId, at: Instant, event: &Event) -> bool {
        let explanation = self.explanation(id, at, event);
        let forgotten = self.connection(id, |connection, record| {
            connection.heard(record, at, event);
            let was_cancelled =
                connection.state.closed.as_ref().is_some_and(|it| it.cancelled_after.is_some());
            let mut unexplained = None;
            if let Some(explanation) = explanation.filter(|_| !was_cancelled) {
                let never_opened = connection.opened.is_none() && !connection.state.id.is_of_check();
                if never_opened && let Some(endpoint) = connection.endpoint.clone() {
                    connection.failed = Some((connection.attempt, explanation.clone()));
                    unexplained = Some((connection.attempt, endpoint));
                }
                // Until the companion has answered, what it said of the attempt before is better than a guess.
                if !never_opened || connection.state.why.as_ref().is_none_or(|why| why.fact.is_empty()) {
                    connection.state.why = Some(explanation);
                }
            }
            (connection.forgotten, unexplained)
        });
        let (forgotten, unexplained) = forgotten.map_or((None, None), |(it, why)| (Some(it), why));
        if let Some((attempt, endpoint)) = unexplained {
            self.later(move |worker, later| match later {
                Some(later) => (later.find_out)(worker, id, attempt, endpoint),
                None => worker.told(id, attempt, &endpoint, |why| why),
            });
        }
        if forgotten == Some(true) {
            self.drop_if_done(id);
        }
        forgotten == Some(false)
    }

    /// What is likely to have ended a connection, asked while it still counts as one; none of any other event.
    fn explanation(&self, id: ConnectionId, at: Instant, event: &Event) -> Option<Explanation> {
        let Event::Closed { .. } = event else { return None };
        let (endpoint, ended) =
            self.connection(id, |connection, _| ending(connection, at, event)).flatten()?;
        let explanation = explain::explain(&endpoint, &ended, &self.surroundings());
        self.state(|s| s.failures.note(at, &ended));
        Some(explanation)
    }

    /// What the bench does by itself when something happened on one of its own connections.
    pub(super) fn react(&self, id: ConnectionId, at: Instant, event: &Event) {
        match event {
            Event::Opened { .. } => {
                let first =
                    self.connection(id, |connection, _| connection.setup.on_open.clone()).unwrap_or_default();
                for draft in first {
                    self.send_draft(id, &draft, None, &[]);
                }
                self.start_heartbeat(id);
            }
            Event::Received(payload) => {
                self.connection(id, |connection, _| connection.beat.received(payload));
                self.reply(id, payload, at);
            }
            Event::Closed { .. } => self.come_back(id),
            Event::Failed | Event::Answered(_) | Event::Ponged(_) => {}
        }
    }

    /// A lost connection waits for its next handshake, when it is set up so.
    fn come_back(&self, id: ConnectionId) {
        let now = self.now();
        let random = self.0.world.random();
        let waits = self.connection(id, |connection, record| {
            if let Some(code) = connection.stays_closed_after() {
                let words = format!("not reconnected: {code} is a code after which it stays closed");
                connection.give_up(record, now, &words);
                return None;
            }
            if let Some(wait) = connection.comes_back_after(random) {
                connection.wait_until(record, now, now + wait);
                return Some((wait, connection.attempt));
            }
            if connection.setup.reconnect.is_some()
                && !connection.is_unwanted
                && connection.state.retry.is_some()
            {
                connection.give_up(record, now, "not reconnected: all attempts failed");
            }
            None
        });
        let Some(Some((wait, attempt))) = waits else { return };
        let worker = self.clone();
        (self.0.spawn)(Box::pin(async move {
            worker.0.world.sleep(wait).await;
            let setup = worker.connection(id, |connection, _| {
                let is_due = connection.state.phase == Phase::Waiting && connection.attempt == attempt;
                is_due.then(|| connection.setup.clone())
            });
            if let Some(Some(setup)) = setup {
                worker.open_as_set_up(id, &setup);
                // Refused before any handshake, such as by the browser's limit: it tries again in its turn.
                let has_socket = worker.connection(id, |connection, _| connection.has_socket());
                if has_socket == Some(false) {
                    worker.come_back(id);
                }
            }
            worker.flush();
        }));
    }

    /// A forgotten line stays until the browser has let go of its socket, since the browser counts it until then.
    pub(super) fn drop_if_done(&self, id: ConnectionId) {
        self.state(|s| {
            if s.connections
                .get(&id)
                .is_some_and(|connection| connection.forgotten && !connection.has_socket())
            {
                let gone = s.connections.remove(&id);
                s.record.unanswered += gone.map_or(0, |connection| connection.state.unanswered);
                s.ended.push((id, s.record.log.total()));
            }
        });
    }

    pub(super) fn send(&self, id: ConnectionId, payload: &Payload) -> Result<Instant, SendError> {
        let ready = self
            .connection(id, |connection, _| Some((connection.socket.clone()?, connection.asking(payload))));
        let (socket, asked) = ready.flatten().ok_or(SendError::Closed)?;
        let at = socket.send(payload)?;
        self.connection(id, |connection, record| connection.sent(record, at, payload, asked));
        Ok(at)
    }

    /// A click on Disconnect: also ends the wait for the next handshake.
    pub(super) fn disconnect(&self, id: ConnectionId, closing: &Closing) {
        let at = self.now();
        let was_waiting = self.connection(id, |connection, record| {
            connection.is_unwanted = true;
            let was_waiting = connection.state.phase == Phase::Waiting;
            if was_waiting {
                connection.give_up(record, at, "no longer reconnecting, as asked");
            }
            was_waiting
        });
        if was_waiting == Some(true) {
            return;
        }
        if let Err(error) = self.close(id, closing) {
            self.trouble(id, &format!("not closed: {error}"));
        }
    }

    pub(super) fn close(&self, id: ConnectionId, closing: &Closing) -> Result<Instant, SendError> {
        let socket = self
            .connection(id, |connection, _| {
                // The relay is still being asked: there is no socket to close yet.
                let is_prepared = connection.socket.is_none() && connection.is_preparing();
                (is_prepared || connection.socket.is_some()).then(|| connection.socket.clone())
            })
            .flatten()
            .ok_or(SendError::Closed)?;
        let at = socket.map_or_else(|| Ok(self.now()), |socket| socket.close(closing))?;
        let attempt = self.connection(id, |connection, record| {
            connection.closing(record, at, closing);
            connection.attempt
        });
        let worker = self.clone();
        (self.0.spawn)(Box::pin(async move {
            worker.0.world.sleep(CLOSE_WITHIN).await;
            worker.stop_waiting(id, attempt);
            worker.flush();
        }));
        Ok(at)
    }

    /// Ends the wait for a server that has not answered our close. The browser goes on waiting; a page cannot end that.
    fn stop_waiting(&self, id: ConnectionId, attempt: Option<u32>) {
        let at = self.now();
        let socket = self.connection(id, |connection, record| {
            if connection.state.phase != Phase::Closing || Some(connection.attempt) != attempt {
                return None;
            }
            let words = format!(
                "the server did not answer the close within {}; the browser holds the socket until it does",
                words::bound(CLOSE_WITHIN)
            );
            connection.trouble(record, at, &words);
            let socket = connection.socket.take();
            connection.ended(at);
            socket
        });
        if let (Some(Some(socket)), Some(attempt)) = (socket, attempt) {
            self.state(|s| s.lingering.push((id, attempt, socket)));
            self.come_back(id);
        }
        self.drop_if_done(id);
    }

    /// Whether an event is of a socket that is no longer waited for; its end makes room for another.
    fn lingers(&self, id: ConnectionId, attempt: Option<u32>, event: &Event) -> bool {
        self.state(|s| {
            let found =
                s.lingering.iter().position(|(connection, of, _)| *connection == id && Some(*of) == attempt);
            if let (Some(at), Event::Closed { .. }) = (found, event) {
                s.lingering.swap_remove(at);
                s.dirty = true;
            }
            found.is_some()
        })
    }

    /// Closes the connection if need be, and drops it once its socket is gone.
    pub(super) fn forget(&self, id: ConnectionId) {
        self.connection(id, |connection, _| connection.forgotten = true);
        // Already closing or closed is as good.
        let _ = self.close(id, &Closing::normal());
        self.drop_if_done(id);
    }

    pub(super) fn buffered(&self, id: ConnectionId) -> u64 {
        self.state(|s| {
            s.connections
                .get(&id)
                .and_then(|connection| connection.socket.as_ref().map(|socket| socket.buffered()))
        })
        .unwrap_or(0)
    }
}

/// How a connection has ended, for the explanation; none when it was our own wish.
fn ending<S: Socket>(connection: &Connection<S>, at: Instant, event: &Event) -> Option<(Endpoint, Ended)> {
    let Event::Closed { code, reason, clean } = event else { return None };
    let is_ordinary = *clean && matches!(code, 1000 | 1005) || connection.is_unwanted;
    let endpoint = connection.endpoint.clone().filter(|_| !is_ordinary)?;
    let (sent, received) = connection.since_opened();
    let ended = Ended {
        was_open: connection.opened.is_some(),
        code: *code,
        reason: reason.clone(),
        clean: *clean,
        took: at - connection.began,
        open_for: connection.opened.map(|opened| at - opened),
        sent,
        received,
        largest_sent: connection.largest_sent,
        since_last_send: connection.last_sent.map(|sent| at - sent),
        since_last_receive: connection.last_received.map(|received| at - received),
        offered_protocols: !endpoint.protocols().is_empty(),
        is_given_up: connection.is_overdue,
        // Asked now: what was reported last may have left since.
        buffered: connection.socket.as_ref().map_or(0, |socket| socket.buffered()),
    };
    Some((endpoint, ended))
}
