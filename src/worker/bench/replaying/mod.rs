//! Replaying a session from the page.
//!
//! Owns which replay is under way, what the page learns of it, and its end. The engine says what goes out when; the sockets are
//! those of the bench, so that its frames stand in the timeline and are kept. One rule: at most one replay is under way.

mod failures;
mod world;

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};

use super::worker::BenchWorker;
use crate::engine::World;
use crate::engine::bench::typed_address::complete;
use crate::engine::report::{Connection, Origin, Transcript};
use crate::engine::session::Session;
use crate::engine::session::journal::Opened;
use crate::engine::session::replay::{Options, ReplayError, Secrets, Speed, Target, replay_and_tell};
use crate::wire;
use crate::wire::bench::{
    ConnectionId, ReplayConnection, ReplayLooked, ReplayOf, ReplayPace, ReplayPhase, ReplayRequest,
    ReplaySeen, ReplayStart, ReplayUpdate, Update,
};
use failures::Failures;
use world::BenchWorld;

/// How long a replay listens after the last message that it expects.
const QUIET: Duration = Duration::from_millis(200);
/// How often the page learns how far it is, and how soon it ends when a person stops it.
const TOLD_EVERY: Duration = Duration::from_millis(100);
/// Bytes of what is replayed.
const BUDGET: usize = Session::BUDGET;

/// What is known of replays.
#[derive(Default)]
pub(super) struct Replays {
    /// The latest one.
    seen: ReplaySeen,
    is_under_way: bool,
    is_stopped: bool,
}

impl<W: World> BenchWorker<W> {
    /// Does what an encoded [`ReplayRequest`] says.
    pub(super) fn replay(&self, request: &[u8]) {
        // Both sides were built from one source.
        let Ok(request) = wire::decode(request) else { return };
        match request {
            ReplayRequest::Look(of) => {
                let worker = self.clone();
                (self.0.spawn)(Box::pin(async move { worker.look_at_session(of).await }));
            }
            ReplayRequest::Stop => self.state(|s| s.replays.is_stopped = true),
            ReplayRequest::Start(start) => {
                let is_free = self.state(|s| {
                    let is_free = !s.replays.is_under_way;
                    if is_free {
                        let run = s.replays.seen.run + 1;
                        let seen = ReplaySeen {
                            run,
                            of: start.of.clone(),
                            of_connections: start.connections.clone(),
                            to: start.to.trim().to_owned(),
                            ..ReplaySeen::default()
                        };
                        s.replays = Replays { seen, is_under_way: true, is_stopped: false };
                    }
                    is_free
                });
                if !is_free {
                    return;
                }
                self.tell_replay();
                let worker = self.clone();
                (self.0.spawn)(Box::pin(async move {
                    let phase = match worker.replay_now(*start).await {
                        Ok(phase) => phase,
                        Err(words) => ReplayPhase::Failed(words),
                    };
                    worker.state(|s| {
                        s.replays.seen.phase = phase;
                        s.replays.is_under_way = false;
                    });
                    worker.tell_replay();
                    worker.flush();
                }));
            }
        }
    }

    fn tell_replay(&self) {
        let seen = self.state(|s| s.replays.seen.clone());
        self.post(&Update::Replay(wire::encode(&ReplayUpdate::Seen(Box::new(seen)))));
    }

    fn change_replay(&self, change: impl FnOnce(&mut ReplaySeen)) {
        self.state(|s| change(&mut s.replays.seen));
    }

    /// Says which connections of a session can be opened again.
    async fn look_at_session(&self, of: ReplayOf) {
        let found = match &of {
            None => Ok(self.state(|s| s.record.handshakes.as_slice().to_vec())),
            Some(id) => self.opened(id, false).await.map(|opened| opened.session.connections().to_vec()),
        };
        let mut looked = ReplayLooked { of, ..ReplayLooked::default() };
        match found {
            Ok(connections) => {
                for connection in connections.into_iter().filter(|it| !it.url.is_empty()) {
                    let id = ConnectionId(connection.id);
                    if !looked.connections.iter().any(|it| it.id == id) {
                        let Connection { name, url, .. } = connection;
                        looked.connections.push(ReplayConnection { id, name, url });
                    }
                }
            }
            Err(words) => looked.failed = Some(words),
        }
        self.post(&Update::Replay(wire::encode(&ReplayUpdate::Looked(Box::new(looked)))));
    }

    /// A kept session; without its frames when only its connections are of interest.
    pub(super) async fn opened(&self, id: &str, with_frames: bool) -> Result<Opened, String> {
        let journal = self.state(|s| s.journal.clone()).ok_or("this browser keeps no session")?;
        journal.opened(self, id.to_owned(), with_frames).await
    }

    /// Connections of the present session, with at most about `budget` bytes of their frames.
    pub(super) fn present(&self, named: &dyn Fn(&Connection) -> Option<String>, budget: usize) -> Session {
        let origin = Origin::from_millis(self.0.ready.clock_began);
        self.state(|s| {
            let all = Transcript {
                log: &s.record.log,
                only: None,
                pins: None,
                connections: s.record.handshakes.as_slice(),
                notes: &[],
                origin,
                as_read: None,
            };
            Session::part_of(&all, "this session", budget, named)
        })
    }

    async fn replay_now(&self, start: ReplayStart) -> Result<ReplayPhase, String> {
        let speed = match start.pace {
            ReplayPace::Original => Speed::Times(1.0),
            ReplayPace::Times(times) => Speed::Times(times),
            ReplayPace::Answers => Speed::Answers,
        };
        let target = complete(&start.to, "").and_then(|endpoint| Target::parse(endpoint.url()));
        let target = target.map_err(|error| format!("the address: {error}"))?;
        let is_chosen =
            |id: u32| start.connections.is_empty() || start.connections.contains(&ConnectionId(id));
        let named = |it: &Connection| is_chosen(it.id).then(|| it.name.clone());
        let session = match &start.of {
            None => self.present(&named, BUDGET),
            Some(id) => {
                let Opened { session, about, .. } = self.opened(id, true).await?;
                Session::part_of(&session.transcript(), &about.name, BUDGET, &named)
            }
        };
        let (sent, received) = session.messages();
        self.change_replay(|seen| {
            seen.phase = ReplayPhase::Running;
            (seen.sent.1, seen.received.1) = (sent, received);
        });
        self.tell_replay();
        let options = Options {
            target,
            speed,
            budget: BUDGET,
            origin: Origin::from_millis(self.0.ready.clock_began),
            quiet: QUIET,
            secrets: self.secrets_of(&start),
        };
        let world = BenchWorld::new(self.clone());
        let teller = self.clone();
        let tell = move |progress: crate::engine::session::replay::Progress| {
            let count = |(done, of): (usize, usize)| (done as u64, of as u64);
            teller.change_replay(|seen| {
                seen.steps = count(progress.steps);
                seen.opened = count(progress.opened);
                (seen.sent.0, seen.received.0) = (progress.sent, progress.received);
            });
        };
        let done = {
            let under_way = replay_and_tell(world.clone(), &session, &options, tell).map_err(in_words)?;
            match select(pin!(under_way), pin!(self.told_until_stopped())).await {
                Either::Left((done, _)) => Some(done),
                Either::Right(_) => None,
            }
        };
        let mut failures = Failures::default();
        if let Some(done) = &done {
            let (sent, received) = done.session.messages();
            self.change_replay(|seen| (seen.sent.0, seen.received.0) = (sent, received));
            failures = self.failures(&session, &world.opened()).await;
        }
        for (id, _) in world.opened() {
            self.forget(id);
        }
        self.change_replay(|seen| seen.connections = world.opened());
        let Some(done) = done else { return Ok(ReplayPhase::Stopped) };
        let count = |(done, of): (usize, usize)| (done as u64, of as u64);
        self.change_replay(|seen| {
            seen.opened = count(done.opened);
            seen.remarks = failures.remarks;
            seen.remarks.extend(done.remarks);
        });
        match done.opened.0 {
            0 => Err(failures.first.unwrap_or_else(|| "no connection could be opened".to_owned())),
            _ => Ok(ReplayPhase::Done),
        }
    }

    /// The values of the page's variables. The present session has its secrets, so nothing is masked there.
    fn secrets_of(&self, start: &ReplayStart) -> Secrets {
        let values = self.state(|s| {
            let all = s.workspace.variables.iter().filter(|it| !it.value.is_empty());
            all.map(|it| (it.name.clone(), it.value.clone())).collect()
        });
        Secrets { values, sends_masks: start.sends_masks || start.of.is_none() }
    }

    /// Tells the page how far it is, until a person stops it.
    async fn told_until_stopped(&self) {
        let mut told = ReplaySeen::default();
        loop {
            self.world().sleep(TOLD_EVERY).await;
            let (is_stopped, seen) = self.state(|s| (s.replays.is_stopped, s.replays.seen.clone()));
            if is_stopped {
                return;
            }
            if seen != told {
                self.tell_replay();
                told = seen;
            }
        }
    }
}

/// Why a replay does not begin, and what helps.
fn in_words(error: ReplayError) -> String {
    let ReplayError::Masked(unfilled) = &error else { return error.to_string() };
    let names: Vec<String> = unfilled.names().iter().map(|name| format!("\u{201c}{name}\u{201d}")).collect();
    let how = match names.is_empty() {
        true => String::new(),
        false => format!("give variables of these names a value: {}; or ", names.join(", ")),
    };
    format!("{error}; {how}tick \u{201c}Send *** as it stands\u{201d}")
}
