//! Connections that the companion opens for the page: prepared, opened, and what the relay tells of them.
//!
//! Owns the one socket on which facts come, for all of them. It refuses to know what a profile says; the engine reads it. A fact
//! belongs to one attempt.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use super::worker::BenchWorker;
use crate::engine::base::words;
use crate::engine::explain::Probed;
use crate::engine::relay::{self, ConnectionFact, Delay, Fact, FactsSocket, Prepared, Profile, RelayError};
use crate::engine::{Endpoint, Event, FrameKind, Payload, Socket, World};
use crate::wire::bench::{ConnectionId, Phase, Setup};

/// The facts of a failed handshake come on a socket of their own; they are waited for this long, in steps.
const FACTS_WITHIN: Duration = Duration::from_secs(1);
const STEP: Duration = Duration::from_millis(20);

/// What the relay has told of a connection.
#[derive(Default)]
pub(super) struct Relayed {
    id: String,
    /// What it knows of a handshake that failed.
    failed: Option<Probed>,
    /// Why there was no handshake, in words.
    refused: Option<String>,
    ping: Option<Duration>,
    delays: [Option<Delay>; 2],
}

impl Relayed {
    /// What it tells of itself.
    fn words(&self) -> String {
        let p50 = self.delays.iter().flatten().map(|it| it.p50_ms).sum::<f64>();
        let mut words = Vec::new();
        if self.delays.iter().flatten().next().is_some() {
            words.push(format!("{} inside", words::micros(p50 * 1000.0)));
        }
        words.extend(self.ping.map(|took| format!("ping {}", words::duration(took))));
        words.join(", ")
    }
}

/// The socket on which facts come, and of whom.
pub(super) struct Relays<S> {
    facts: FactsSocket<S>,
    of: BTreeMap<String, (ConnectionId, u32)>,
}

impl<S> Default for Relays<S> {
    fn default() -> Self {
        Self { facts: FactsSocket::default(), of: BTreeMap::new() }
    }
}

impl<S> Relays<S> {
    /// Whether the browser holds a socket for it.
    pub fn is_open(&self) -> bool {
        self.facts.is_there()
    }
}

impl<W: World> BenchWorker<W> {
    /// Asks the companion to open a connection, and connects to what it answers.
    pub(super) fn open_by_relay(&self, id: ConnectionId, endpoint: Endpoint) {
        let setup = self.connection(id, |connection, _| connection.setup.clone()).unwrap_or_default();
        let begun = self.profile(id, &setup).and_then(|profile| {
            let attempt = self.begin(id, &setup.name, &endpoint).map_err(|error| error.to_string())?;
            Ok((profile, attempt))
        });
        let (profile, attempt) = match begun {
            Ok(begun) => begun,
            Err(words) => return self.trouble(id, &format!("not opened: {words}")),
        };
        self.connection(id, |connection, _| connection.relayed = Some(Box::default()));
        let worker = self.clone();
        (self.0.spawn)(Box::pin(async move {
            let companion = worker.state(|s| s.questions.companion());
            let asked = profile.to_request(endpoint.url());
            let prepared = relay::prepare(&worker.0.world, &companion, &endpoint, &asked).await;
            worker.connect_by_relay(id, attempt, &setup.name, prepared);
            worker.flush();
        }));
    }

    /// What a connection is opened with; else what is wrong with it, in words.
    fn profile(&self, id: ConnectionId, setup: &Setup) -> Result<Profile, String> {
        let profile = Profile::read(&setup.profile);
        if let Some(missing) = profile.missing() {
            return Err(format!(
                "{missing} was typed before this page was loaded, and is not kept; type it again under Headers"
            ));
        }
        profile.filled_in(|text| self.filled_in(id, text))
    }

    /// What is wrong with what a connection is opened with; none when nothing is.
    pub(super) fn profile_trouble(&self, id: ConnectionId, setup: &Setup) -> Option<String> {
        self.profile(id, setup).err()
    }

    fn connect_by_relay(
        &self,
        id: ConnectionId,
        attempt: Option<u32>,
        name: &str,
        prepared: Result<Prepared, RelayError>,
    ) {
        let phase = self.connection(id, |connection, _| {
            (Some(connection.attempt) == attempt).then_some((connection.state.phase, connection.attempt))
        });
        let Some(Some((phase, number))) = phase else { return };
        match prepared {
            Ok(prepared) if phase == Phase::Connecting => {
                self.connection(id, |connection, _| {
                    if let Some(relayed) = &mut connection.relayed {
                        relayed.id.clone_from(&prepared.id);
                    }
                });
                self.follow(&prepared, (id, number));
                if let Err(error) = self.dial(id, attempt, name, &prepared.endpoint, None) {
                    self.trouble(id, &format!("not opened: {error}"));
                }
            }
            // A person has taken it back meanwhile.
            Ok(_) => self.end(id),
            Err(error) => {
                self.connection(id, |connection, _| {
                    if let Some(relayed) = &mut connection.relayed {
                        relayed.refused = Some(error.to_string());
                    }
                });
                self.end(id);
            }
        }
    }

    /// Ends a connection that never got a socket, as a browser ends one whose handshake fails.
    fn end(&self, id: ConnectionId) {
        let at = self.now();
        for event in [Event::Failed, Event::Closed { code: 1006, reason: String::new(), clean: false }] {
            if self.heard(id, at, &event) {
                self.react(id, at, &event);
            }
        }
    }

    /// Asks to be told of a connection.
    fn follow(&self, prepared: &Prepared, of: (ConnectionId, u32)) {
        let has_socket = self.state(|s| {
            s.relays.of.insert(prepared.id.clone(), of);
            s.relays.is_open()
        });
        if !has_socket {
            let worker = Rc::downgrade(&self.0);
            let sink = Box::new(move |_, event| {
                let Some(worker) = worker.upgrade().map(BenchWorker) else { return };
                worker.relay_says(&event);
                worker.flush();
            });
            let socket = self.0.world.connect("the relay's facts", &prepared.events, sink).ok();
            self.state(|s| s.relays.facts.begin(socket));
        }
        self.tell_relay(relay::watch(&prepared.id));
    }

    fn tell_relay(&self, text: String) {
        let socket = self.state(|s| s.relays.facts.to_say(&text));
        if let Some(socket) = socket {
            // Who is gone has an event of its own.
            let _ = socket.send(&Payload::Text(text));
        }
    }

    /// Something came on the socket of facts.
    fn relay_says(&self, event: &Event) {
        match event {
            Event::Opened { .. } => {
                let unsaid = self.state(|s| s.relays.facts.opened());
                unsaid.into_iter().for_each(|text| self.tell_relay(text));
            }
            Event::Received(Payload::Text(text)) => self.told_by_relay(text),
            Event::Closed { .. } => {
                let socket = self.state(|s| {
                    s.relays.of.clear();
                    s.relays.facts.end()
                });
                self.drop_later(socket);
            }
            _ => {}
        }
    }

    /// A socket is not dropped by what it calls.
    fn drop_later(&self, socket: Option<Rc<W::Socket>>) {
        (self.0.spawn)(Box::pin(async move { drop(socket) }));
    }

    fn told_by_relay(&self, text: &str) {
        let Some(ConnectionFact { id: relayed, fact }) = ConnectionFact::read(text) else { return };
        let Some((id, attempt)) = self.state(|s| s.relays.of.get(&relayed).copied()) else { return };
        let at = self.now();
        self.connection(id, |connection, record| {
            if connection.attempt != attempt {
                return;
            }
            let url = connection.state.url.clone();
            let Some(relayed) = &mut connection.relayed else { return };
            relayed.failed = fact.probed(&url).or_else(|| relayed.failed.take());
            match &fact {
                Fact::Pong { to: Some(to), rtt_ms: Some(took), .. } if to == "relay" => {
                    relayed.ping = Duration::try_from_secs_f64(took / 1000.0).ok();
                }
                Fact::Delay { out, r#in } => relayed.delays = [*out, *r#in],
                _ => {}
            }
            connection.state.relay = Some(relayed.words());
            connection.changed = true;
            if let Some(words) = fact.words() {
                connection.note(record, at, FrameKind::Told, &words);
            }
        });
        if matches!(fact, Fact::Ended { .. }) {
            let unused = self.state(|s| {
                s.relays.of.remove(&relayed);
                if s.relays.of.is_empty() { s.relays.facts.end() } else { None }
            });
            self.drop_later(unused);
        }
    }

    /// Sends a ping to the server of a connection.
    pub(super) fn ping(&self, id: ConnectionId) {
        let relayed = self.connection(id, |connection, _| {
            let is_open = connection.state.phase == Phase::Open;
            connection.relayed.as_ref().filter(|_| is_open).map(|relayed| relayed.id.clone())
        });
        match relayed.flatten() {
            Some(relayed) => self.tell_relay(relay::ping(&relayed)),
            None => self.trouble(id, "no ping: only the relay sends one, on a connection that is open"),
        }
    }

    /// Why a connection by relay failed, as the relay knows it; false when the page opened it itself.
    pub(super) fn find_out_by_relay(&self, id: ConnectionId, attempt: u32, endpoint: &Endpoint) -> bool {
        let refused = self.connection(id, |connection, _| {
            connection.relayed.as_ref().filter(|_| connection.attempt == attempt).map(|it| it.refused.clone())
        });
        let Some(refused) = refused.flatten() else { return false };
        if let Some(words) = refused {
            self.told(id, attempt, endpoint, |mut why| {
                // No handshake was made, so nothing that may happen to one is a cause.
                why.fact = words::sentence(&format!("not opened by relay: {words}"));
                why.causes.clear();
                why
            });
            return true;
        }
        self.connection(id, |connection, _| connection.state.asks_why = true);
        let (worker, endpoint) = (self.clone(), endpoint.clone());
        (self.0.spawn)(Box::pin(async move {
            let mut waited = Duration::ZERO;
            let probed = loop {
                let found = worker.connection(id, |connection, _| {
                    connection.relayed.as_ref().and_then(|relayed| relayed.failed.clone())
                });
                if let Some(Some(found)) = found {
                    break Some(found);
                }
                if waited >= FACTS_WITHIN {
                    break None;
                }
                worker.0.world.sleep(STEP).await;
                waited += STEP;
            };
            worker.told(id, attempt, &endpoint, |why| match probed {
                Some(probed) => why.with_relayed(&endpoint, probed),
                None => why,
            });
            worker.flush();
        }));
        true
    }
}
