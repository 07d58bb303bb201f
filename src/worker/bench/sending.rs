//! What the bench sends: drafts, frames once more, heartbeats, automatic replies, and repeated messages.
//!
//! One rule: everything that sends by itself checks what waits in the browser, which accepts everything and says nothing.

use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;

use super::later::MISSING;
use super::masks::mask;
use super::replies::{self, Due};
use super::worker::BenchWorker;
use crate::engine::base::words;
use crate::engine::bench::draft::{self, Draft, DraftError};
use crate::engine::bench::placeholders::MessageScope;
use crate::engine::template::Scope;
use crate::engine::{Closing, Instant, Payload, World};
use crate::wire::bench::{ConnectionId, DraftSeen, Phase, Repeat, RepeatSeen};

/// Characters of a draft that are previewed.
const PREVIEW: usize = 2000;
/// The most messages in one turn of a repeat that is behind; then others get their turn.
const MOST_AT_ONCE: u64 = 500;
/// The longest text of which the place of a mistake is looked for in lines.
const LONGEST_PLACED: usize = 1 << 20;

impl<W: World> BenchWorker<W> {
    /// Calls with the names as they are for one message of a connection, without counting it.
    pub(super) fn with_scope<T>(
        &self,
        id: ConnectionId,
        round: Option<u64>,
        extra: &[(String, Value)],
        call: impl FnOnce(&mut dyn Scope) -> T,
    ) -> T {
        let (name, seq, index) = self.state(|s| {
            let index = s.connections.keys().position(|known| *known == id).unwrap_or(0) as u64;
            let connection = s.connections.get(&id);
            let name = connection.map(|connection| connection.state.name.clone()).unwrap_or_default();
            (name, connection.map_or(0, |connection| connection.seq) + 1, index)
        });
        let now_millis = (self.0.ready.clock_began.max(0.0) as u64) + self.now().as_nanos() / 1_000_000;
        let names = self.state(|s| s.names.clone());
        let world = &self.0.world;
        let derive = |from: &Value, made: &Value| self.state(|s| s.derived.learn(&s.mask, from, made));
        call(&mut MessageScope {
            names: &names,
            extra,
            client: &name,
            index,
            round,
            seq,
            now_millis,
            random: &|| world.random(),
            derive: &derive,
        })
    }

    fn build(
        &self,
        id: ConnectionId,
        draft: &Draft,
        round: Option<u64>,
        extra: &[(String, Value)],
    ) -> Result<Rc<Payload>, DraftError> {
        let attached = self.state(|s| s.attached.clone());
        if !draft.varies() {
            return draft.as_written(attached.as_ref());
        }
        let later = self.0.later.here().ok_or_else(|| DraftError::of(MISSING))?;
        self.with_scope(id, round, extra, |scope| (later.build)(draft, attached.as_ref(), scope))
    }

    /// Sends a draft; what went wrong is logged on its connection and returned.
    pub(super) fn send_draft(
        &self,
        id: ConnectionId,
        draft: &Draft,
        round: Option<u64>,
        extra: &[(String, Value)],
    ) -> Option<String> {
        let sent = match self.build(id, draft, round, extra) {
            Ok(payload) => self.send(id, &payload).map(drop).map_err(|error| error.to_string()),
            Err(error) => Err(error.message),
        };
        self.connection(id, |connection, _| connection.seq += u64::from(sent.is_ok()));
        let wrong = sent.err()?;
        self.trouble(id, &format!("not sent: {wrong}"));
        Some(wrong)
    }

    /// Sends a message on all of these connections, or on none when one of them is not open; else why it was not sent.
    pub(super) fn send_to_all(&self, to: &[ConnectionId], draft: &Draft) -> Result<(), String> {
        self.all_open(to)?;
        let wrong = to.iter().filter_map(|id| self.send_draft(*id, draft, None, &[]));
        let mut wrong: Vec<String> = wrong.collect();
        self.redraft(|_| {});
        // The same words for each connection say no more than once.
        wrong.dedup();
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
    }

    /// Whether all of these connections can take a message; else which cannot.
    fn all_open(&self, to: &[ConnectionId]) -> Result<(), String> {
        let words = self.state(|s| {
            let closed = to.iter().filter_map(|id| match s.connections.get(id) {
                Some(connection) if connection.state.phase == Phase::Open => None,
                Some(connection) if connection.state.phase == Phase::Connecting => {
                    Some(format!("{} is still connecting", connection.setup.name))
                }
                Some(connection) => Some(format!("{} is not connected", connection.setup.name)),
                None => Some("this connection was removed".to_owned()),
            });
            closed.collect::<Vec<_>>().join(", ")
        });
        if words.is_empty() { Ok(()) } else { Err(words) }
    }

    /// Sends the content of a message once more; else why it was not sent.
    pub(super) fn send_again(&self, to: &[ConnectionId], frame: u64) -> Result<(), String> {
        let content = self.state(|s| s.content(frame)).ok_or("the frame is no longer held")?;
        if !content.kind.is_message() {
            return Err("this frame is not a message, so it cannot be sent again".to_owned());
        }
        self.all_open(to)?;
        let payload = content.payload();
        for id in to {
            if let Err(error) = self.send(*id, &payload) {
                self.trouble(*id, &format!("not sent: {error}"));
            }
        }
        Ok(())
    }

    /// What stands in the composer, as it would go out on the selected connection.
    pub(super) fn preview(&self) -> DraftSeen {
        let (draft, id) = self.state(|s| (s.draft.clone(), s.workspace.selected));
        if draft.varies() && self.0.later.here().is_none() {
            // It is looked at again when placeholders can be filled in.
            return DraftSeen { varies: true, ..DraftSeen::default() };
        }
        match self.build(id, &draft, Some(0), &[]) {
            Ok(payload) => DraftSeen {
                wrong: None,
                place: None,
                size: payload.as_bytes().len() as u64,
                is_text: payload.is_text(),
                varies: draft.varies(),
                preview: self.state(|s| {
                    let mut preview = payload.preview(PREVIEW);
                    mask(&s.mask, &mut preview);
                    preview
                }),
            },
            Err(wrong) => DraftSeen {
                place: wrong
                    .at
                    .filter(|_| draft.text.len() <= LONGEST_PLACED)
                    .map(|at| draft::line_and_column(&draft.text, at as usize)),
                wrong: Some(wrong),
                varies: draft.varies(),
                ..DraftSeen::default()
            },
        }
    }

    /// Sends what a message sets off.
    pub(super) fn reply(&self, id: ConnectionId, message: &Payload, at: Instant) {
        let due = self.state(|s| s.replies.to(id, message, at));
        if due.is_empty() {
            return;
        }
        let names = Rc::new(replies::names_in(message));
        for Due { draft, after, rule } in due {
            let (worker, names) = (self.clone(), names.clone());
            let send = move || {
                let wrong = worker.send_draft(id, &draft, None, &names);
                worker.state(|s| s.replies.replied(rule, wrong));
            };
            if after.is_zero() {
                send();
                continue;
            }
            let worker = self.clone();
            (self.0.spawn)(Box::pin(async move {
                worker.0.world.sleep(after).await;
                send();
                worker.flush();
            }));
        }
    }

    /// Beats for as long as this handshake's connection is open.
    pub(super) fn start_heartbeat(&self, id: ConnectionId) {
        let Some((attempt, wrong)) = self.connection(id, |connection, _| {
            let wrong = connection.beat.wrong.clone().filter(|_| connection.setup.heartbeat.is_some());
            (connection.attempt, wrong)
        }) else {
            return;
        };
        if let Some(wrong) = wrong {
            self.trouble(id, &format!("the heartbeat's reply is not recognised: {wrong}"));
        }
        let worker = self.clone();
        (self.0.spawn)(Box::pin(async move {
            loop {
                // Looked at again each time, so that a change of the set-up takes effect at once.
                let beating = worker.connection(id, |connection, _| {
                    let is_alive = connection.attempt == attempt && connection.state.phase == Phase::Open;
                    is_alive.then(|| connection.setup.heartbeat.clone())
                });
                let Some(Some(setup)) = beating else { return };
                let every = setup
                    .as_ref()
                    .map_or(Duration::from_secs(1), |it| it.every)
                    .max(Duration::from_millis(10));
                worker.0.world.sleep(every).await;
                let is_same = worker.connection(id, |connection, _| {
                    connection.attempt == attempt
                        && connection.state.phase == Phase::Open
                        && connection.setup.heartbeat == setup
                });
                if let (Some(true), Some(setup)) = (is_same, setup) {
                    let within = setup.within.min(every);
                    if worker.send_draft(id, &setup.message, None, &[]).is_none() {
                        let until = worker.now() + within;
                        worker.connection(id, |connection, _| connection.beat.sent(until));
                        worker.watch_beat(id, attempt, within, setup.closes_after);
                    }
                    worker.flush();
                }
            }
        }));
    }

    fn watch_beat(&self, id: ConnectionId, attempt: u32, within: Duration, closes_after: Option<u32>) {
        let worker = self.clone();
        (self.0.spawn)(Box::pin(async move {
            worker.0.world.sleep(within).await;
            let now = worker.now();
            let missed = worker.connection(id, |connection, _| {
                (connection.attempt == attempt).then(|| connection.beat.overdue(now)).flatten()
            });
            let Some(Some(missed)) = missed else { return };
            let words = format!("no reply to the heartbeat within {}", words::bound(within));
            worker.trouble(id, &words);
            if closes_after.is_some_and(|most| missed >= most) {
                worker.trouble(
                    id,
                    &format!(
                        "closing, without a reply to {} in a row",
                        words::counted(missed.into(), "heartbeat")
                    ),
                );
                // Closing already is as good.
                let _ = worker.close(id, &Closing::normal());
            }
            worker.flush();
        }));
    }

    /// Sends a message again and again, as the set-up says.
    pub(super) fn start_repeat(&self, to: Vec<ConnectionId>, draft: Draft) {
        self.stop_repeat("replaced by another");
        let run = self.state(|s| {
            s.repeat_run += 1;
            s.repeat_run
        });
        let repeat = self.state(|s| s.workspace.repeat.clone());
        let of = repeat.count.map(|count| count * to.len() as u64);
        self.tell_repeat(RepeatSeen { is_running: true, of, ..RepeatSeen::default() });
        let worker = self.clone();
        (self.0.spawn)(Box::pin(async move {
            worker.repeat(run, &to, &draft, &repeat).await;
            worker.flush();
        }));
    }

    /// Stops it, when it runs.
    pub(super) fn stop_repeat(&self, words: &str) {
        self.end_repeat(self.state(|s| s.repeat_run), words, false);
    }

    fn tell_repeat(&self, seen: RepeatSeen) {
        self.state(|s| {
            s.repeat = seen;
            s.repeat_changed = true;
            s.dirty = true;
        });
    }

    async fn repeat(&self, run: u64, to: &[ConnectionId], draft: &Draft, repeat: &Repeat) {
        let began = self.now();
        let burst = u64::from(repeat.burst.max(1));
        let mut round = 0_u64;
        loop {
            // Due by the clock, not by counting timers, which come late: none is lost, and none is made up for twice.
            let passed = self.now() - began;
            let turns = match repeat.every.as_nanos() {
                0 => round / burst + 1,
                every => (passed.as_nanos() / every) as u64 + 1,
            };
            let is_over = repeat.lasts.is_some_and(|lasts| passed >= lasts);
            let due = (turns * burst).min(repeat.count.unwrap_or(u64::MAX)).min(round + MOST_AT_ONCE);
            while round < due && !is_over {
                if let Err(words) = self.repeat_once(to, draft, round, repeat.buffered_limit) {
                    return self.end_repeat(run, &words, true);
                }
                round += 1;
                let is_current = self.state(|s| {
                    let is_current = s.repeat_run == run;
                    if is_current {
                        s.repeat.sent += to.len() as u64;
                        s.repeat_changed = true;
                    }
                    is_current
                });
                if !is_current {
                    return;
                }
            }
            if repeat.count == Some(round) {
                return self.end_repeat(run, "all are sent", false);
            }
            if is_over {
                return self.end_repeat(run, "time is up", false);
            }
            self.flush();
            let next = began
                + Duration::from_nanos(
                    (repeat.every.as_nanos() as u64).saturating_mul(round.div_ceil(burst)),
                );
            let wait = next - self.now();
            let wait = repeat.lasts.map_or(wait, |lasts| wait.min(began + lasts - self.now()));
            self.0.world.sleep(wait).await;
            if self.state(|s| s.repeat_run != run) {
                return;
            }
        }
    }

    /// One message on each connection; else what has failed.
    fn repeat_once(&self, to: &[ConnectionId], draft: &Draft, round: u64, limit: u64) -> Result<(), String> {
        let name = |id: ConnectionId| {
            self.state(|s| {
                s.connections.get(&id).map(|connection| connection.state.name.clone()).unwrap_or_default()
            })
        };
        for id in to {
            let buffered = self.buffered(*id);
            if buffered > limit {
                let words = format!(
                    "stopped: {} wait in the browser for {}, more than the limit of {}; the server or the network is slower",
                    words::size(buffered),
                    name(*id),
                    words::size(limit)
                );
                return Err(words);
            }
            if let Some(wrong) = self.send_draft(*id, draft, Some(round), &[]) {
                return Err(format!("stopped: {}: {wrong}", name(*id)));
            }
        }
        Ok(())
    }

    /// Ends a repeat, unless another has taken its place or it has ended already.
    fn end_repeat(&self, run: u64, words: &str, is_failed: bool) {
        self.state(|s| {
            if s.repeat_run == run && s.repeat.is_running {
                s.repeat_run += 1;
                s.repeat.is_running = false;
                s.repeat.is_failed = is_failed;
                s.repeat.ended = words.to_owned();
                s.repeat_changed = true;
                s.dirty = true;
            }
        });
    }
}
