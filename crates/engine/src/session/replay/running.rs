//! A replay under way.
//!
//! Owns the connections, the new session and what is waited for. Every wait has a bound.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::{Either, select};

use super::script::{Awaited, Deed, Script, Step};
use super::state::{Line, Phase, State, taint};
use super::values::{Need, at_path};
use super::{Progress, Replayed, Session, Speed};
use crate::base::mask::Masker;
use crate::base::words::counted;
use crate::recorder::feeds::patience;
use crate::recording::told;
use crate::report::Connection;
use crate::{Closing, Endpoint, Event, FrameKind, Instant, Pairing, Payload, SendError, Socket, World};

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(15);
/// How long a server may take to answer a close.
const FAREWELL: Duration = Duration::from_secs(5);
/// How long an answer that is expected at the end may take.
const LAST: Duration = Duration::from_secs(2);
/// A kind that was waited for in vain as many times is not waited for any more.
const PATIENCE_ENDS: usize = 2;
/// As many remarks of one replay.
const MOST_REMARKS: usize = 20;

struct Replay<W: World, T: Fn(Progress)> {
    world: W,
    tell: T,
    /// What was done of the script, of how much, and how many of these are handshakes.
    steps: (usize, usize),
    asked: usize,
    state: Rc<RefCell<State>>,
    sockets: HashMap<u32, W::Socket>,
    names: HashMap<u32, String>,
    unlike: BTreeMap<u32, String>,
    speed: Speed,
    /// How many of each are wanted by now.
    wanted: HashMap<(u32, Awaited), usize>,
    /// How many times each was waited for in vain.
    in_vain: BTreeMap<String, usize>,
    /// How many messages of each connection were not sent, since it was not open.
    unsent: BTreeMap<String, usize>,
    /// How many of each may still come, after what followed them.
    late: HashMap<(u32, Awaited), usize>,
    remarks: Vec<String>,
    substituted: u64,
}

pub(super) async fn run<W: World, T: Fn(Progress)>(
    world: W,
    script: Script,
    session: Session,
    (speed, quiet): (Speed, Duration),
    masker: Masker,
    tell: T,
) -> Replayed {
    let state = State {
        session,
        masker,
        lines: HashMap::new(),
        came: HashMap::new(),
        sources: script.sources.into_iter().map(|source| (source, None)).collect(),
        waker: None,
        opened: 0,
        messages: (0, 0),
    };
    let state = Rc::new(RefCell::new(state));
    let asked = script.steps.iter().filter(|step| matches!(step.deed, Deed::Connect(_))).count();
    let mut replay = Replay {
        world: world.clone(),
        tell,
        steps: (0, script.steps.len()),
        asked,
        state: state.clone(),
        sockets: HashMap::new(),
        names: script.names,
        unlike: script.unlike,
        speed,
        wanted: HashMap::new(),
        in_vain: BTreeMap::new(),
        unsent: BTreeMap::new(),
        late: HashMap::new(),
        remarks: script.remarks,
        substituted: 0,
    };
    {
        let all = replay.all(script.steps, script.last, script.ends, quiet);
        let watch = taint(world, state.clone());
        // Whatever ends first ends both; the watch never does.
        let _ = select(pin!(all), pin!(watch)).await;
    }
    replay.tell();
    let Replay { remarks, sockets, .. } = replay;
    drop(sockets);
    let mut state = state.borrow_mut();
    let empty = Session::new("", crate::report::Origin::default(), 0);
    let session = std::mem::replace(&mut state.session, empty);
    Replayed { session, remarks, opened: (state.opened, asked) }
}

impl<W: World, T: Fn(Progress)> Replay<W, T> {
    fn tell_progress(&self) {
        let state = self.state.borrow();
        let (sent, received) = state.messages;
        let progress = Progress { steps: self.steps, sent, received, opened: (state.opened, self.asked) };
        drop(state);
        (self.tell)(progress);
    }

    async fn all(&mut self, steps: Vec<Step>, last: Vec<(u32, Awaited)>, ends: Duration, quiet: Duration) {
        let began = self.world.now();
        let mut before = Duration::ZERO;
        for step in steps {
            let gap = step.at.saturating_sub(before);
            before = step.at;
            self.want(&step.awaited);
            match self.speed {
                Speed::Answers => {
                    self.wait_for_all(&step.awaited, patience(gap)).await;
                    if matches!(step.deed, Deed::Close(..)) {
                        self.wait_for_late(step.connection).await;
                    }
                }
                Speed::Times(times) => {
                    self.until(began, step.at, times).await;
                    // An end in haste would cut off what is still on its way.
                    if !matches!(step.deed, Deed::Send(_)) {
                        self.wait_for_all(&self.outstanding(step.connection), LAST).await;
                    }
                }
            }
            self.step(step).await;
            self.steps.0 += 1;
            self.tell_progress();
        }
        self.want(&last);
        if let Speed::Times(times) = self.speed {
            self.until(began, ends, times).await;
        }
        self.wait_for_all(&last, patience(ends.saturating_sub(before)).max(LAST)).await;
        self.world.sleep(quiet).await;
        self.close_all().await;
    }

    async fn until(&self, began: Instant, at: Duration, times: f64) {
        let due = began + Duration::try_from_secs_f64(at.as_secs_f64() / times).unwrap_or(at);
        let left = due - self.world.now();
        if !left.is_zero() {
            self.world.sleep(left).await;
        }
    }

    fn want(&mut self, awaited: &[(u32, Awaited)]) {
        for one in awaited {
            *self.wanted.entry(one.clone()).or_default() += 1;
        }
    }

    /// What has to have come on a connection by now.
    fn outstanding(&self, connection: u32) -> Vec<(u32, Awaited)> {
        self.wanted.keys().filter(|(id, _)| *id == connection).cloned().collect()
    }

    /// Waits for what came before in the recording; what does not come is remarked and not waited for again.
    async fn wait_for_all(&mut self, awaited: &[(u32, Awaited)], within: Duration) {
        let waits: Vec<&(u32, Awaited)> = awaited
            .iter()
            .filter(|one| self.in_vain.get(&self.words(one)).is_none_or(|times| *times < PATIENCE_ENDS))
            .collect();
        if waits.is_empty() {
            return;
        }
        let wanted = &self.wanted;
        let lacks = |state: &State, one: &(u32, Awaited)| {
            let came = state.came.get(one).copied().unwrap_or_default();
            came < wanted.get(one).copied().unwrap_or_default() && !state.is_over(one.0)
        };
        let is_there = |state: &State| !waits.iter().any(|one| lacks(state, one));
        if self.wait(within, is_there).await {
            return;
        }
        let state = self.state.borrow();
        let missing: Vec<(u32, Awaited)> =
            waits.iter().filter(|one| lacks(&state, one)).map(|one| (*one).clone()).collect();
        let came: Vec<usize> =
            missing.iter().map(|one| state.came.get(one).copied().unwrap_or_default()).collect();
        drop(state);
        for (one, came) in missing.into_iter().zip(came) {
            *self.in_vain.entry(self.words(&one)).or_default() += 1;
            let wanted = self.wanted.insert(one.clone(), came).unwrap_or(came);
            *self.late.entry(one).or_default() += wanted.saturating_sub(came);
        }
    }

    /// Waits for what did not come in time: it was counted as one that was sent after it, and a close would cut off the last one.
    async fn wait_for_late(&mut self, connection: u32) {
        let late: Vec<((u32, Awaited), usize)> =
            self.late.extract_if(|(id, _), _| *id == connection).collect();
        let wanted: Vec<_> = late
            .into_iter()
            .map(|(one, late)| {
                let wanted = self.wanted.get(&one).copied().unwrap_or_default() + late;
                (one, wanted)
            })
            .collect();
        let is_there = |state: &State| {
            let has = |(one, wanted): &((u32, Awaited), usize)| {
                state.came.get(one).is_some_and(|came| came >= wanted) || state.is_over(one.0)
            };
            wanted.iter().all(has)
        };
        if !wanted.is_empty() {
            self.wait(LAST, is_there).await;
        }
    }

    fn words(&self, (id, awaited): &(u32, Awaited)) -> String {
        let name = self.name(*id);
        match awaited {
            Awaited::Message(kind) => format!("a message of the kind {kind:?} to {name}"),
            Awaited::End => format!("the end of {name}"),
        }
    }

    fn name(&self, id: u32) -> String {
        match self.names.get(&id).map(String::as_str) {
            None | Some("") => format!("connection {id}"),
            Some(name) => name.to_owned(),
        }
    }

    /// Waits until it holds; says whether it did in time.
    async fn wait(&self, within: Duration, holds: impl Fn(&State) -> bool) -> bool {
        let state = &self.state;
        let holding = poll_fn(|cx| {
            let mut state = state.borrow_mut();
            if holds(&state) {
                return Poll::Ready(());
            }
            state.waker = Some(cx.waker().clone());
            Poll::Pending
        });
        matches!(within_time(holding, self.world.sleep(within)).await, Some(()))
    }

    async fn step(&mut self, step: Step) {
        let id = step.connection;
        match step.deed {
            Deed::Connect(endpoint) => self.connect(id, endpoint, &step.needs).await,
            Deed::Send(payload) => self.send(id, payload, &step.needs).await,
            Deed::Close(code, reason) => self.close(id, code, &reason),
        }
    }

    async fn connect(&mut self, id: u32, endpoint: Endpoint, needs: &[Need]) {
        self.sockets.remove(&id);
        let url = self.filled(endpoint.url().to_owned(), needs).await;
        let endpoint = match Endpoint::parse(&url) {
            Ok(changed) => changed.with_protocols(endpoint.protocols().to_vec()).unwrap_or(endpoint),
            Err(_) => endpoint,
        };
        let at = self.world.now();
        {
            let mut state = self.state.borrow_mut();
            let url = state.masker.mask(endpoint.url()).into_owned();
            state.session.connect(Connection {
                id,
                name: self.names.get(&id).cloned().unwrap_or_default(),
                url: url.clone(),
                offered: endpoint.protocols().to_vec(),
                by_relay: false,
                asked: at,
                opened: None,
                closed: None,
            });
            let words = told::connecting(&url, endpoint.protocols());
            state.session.tell(at, id, FrameKind::Connecting, &words);
            state.lines.insert(id, Line { phase: Phase::Connecting, pairing: Pairing::default(), asked: at });
        }
        let heard = self.state.clone();
        // An older connection with this number may still be heard of.
        let sink = Box::new(move |moment: Instant, event: Event| {
            let mut state = heard.borrow_mut();
            if state.lines.get(&id).is_some_and(|line| line.asked == at) {
                state.heard(moment, id, event);
            }
        });
        let name = self.unlike.get(&id).cloned().unwrap_or_else(|| self.name(id));
        match self.world.connect(&name, &endpoint, sink) {
            Ok(socket) => drop(self.sockets.insert(id, socket)),
            Err(error) => {
                let mut state = self.state.borrow_mut();
                state.session.tell(at, id, FrameKind::Failed, &format!("not opened: {error}"));
                state.enter(id, Phase::Ended);
            }
        }
        let is_settled =
            |state: &State| state.lines.get(&id).is_none_or(|line| line.phase != Phase::Connecting);
        if !self.wait(HANDSHAKE, is_settled).await {
            self.remark(format!("The handshake of {} was not done within 15 s.", self.name(id)));
        }
    }

    async fn send(&mut self, id: u32, payload: Payload, needs: &[Need]) {
        let payload = match payload {
            Payload::Text(text) => Payload::Text(self.filled(text, needs).await),
            binary => binary,
        };
        let asked = self.state.borrow().lines.get(&id).and_then(|line| line.pairing.asking(&payload));
        let sent = match self.sockets.get(&id) {
            Some(socket) => socket.send(&payload),
            None => Err(SendError::Closed),
        };
        let mut state = self.state.borrow_mut();
        match sent {
            Ok(at) => {
                if let (Some(asked), Some(line)) = (asked, state.lines.get_mut(&id)) {
                    line.pairing.asked(at, asked);
                }
                let kind = if payload.is_text() { FrameKind::SentText } else { FrameKind::SentBinary };
                state.push(at, id, kind, &payload, None);
                state.messages.0 += 1;
            }
            Err(error) => {
                let at = self.world.now();
                state.session.tell(at, id, FrameKind::Failed, &format!("not sent: {error}"));
                drop(state);
                *self.unsent.entry(self.name(id)).or_default() += 1;
            }
        }
    }

    /// The text with the values that the server gives now.
    async fn filled(&mut self, text: String, needs: &[Need]) -> String {
        let mut text = text;
        for need in needs {
            let has_come = |state: &State| {
                !matches!(state.sources.get(&need.source), Some(None)) || state.is_over(need.source.0)
            };
            if !self.wait(LAST, has_come).await {
                let words = format!("the value {} of a message of the kind {:?}", need.path, need.source.1);
                *self.in_vain.entry(words).or_default() += 1;
                continue;
            }
            let now = match self.state.borrow().sources.get(&need.source) {
                Some(Some(json)) => at_path(json, &need.path),
                _ => None,
            };
            if let Some(filled) = now.and_then(|now| need.put(&text, &now)) {
                text = filled;
                self.substituted += 1;
            }
        }
        text
    }

    fn close(&self, id: u32, code: u16, reason: &str) {
        let Some(socket) = self.sockets.get(&id) else { return };
        let closing = Closing::new(code, reason).unwrap_or_else(|_| Closing::normal());
        if let Ok(at) = socket.close(&closing) {
            let words = told::closing(closing.code.get(), closing.reason.as_str());
            self.state.borrow_mut().session.tell(at, id, FrameKind::Closing, &words);
        }
    }

    async fn close_all(&self) {
        let is_over = |line: &Line| line.phase == Phase::Ended;
        let open: Vec<u32> =
            self.state.borrow().lines.iter().filter(|(_, line)| !is_over(line)).map(|(id, _)| *id).collect();
        open.iter().for_each(|id| self.close(*id, 1000, ""));
        self.wait(FAREWELL, |state| state.lines.values().all(is_over)).await;
    }

    fn remark(&mut self, words: String) {
        if self.remarks.len() < MOST_REMARKS && !self.remarks.contains(&words) {
            self.remarks.push(words);
        }
    }

    /// What was waited for in vain, and what was put in.
    fn tell(&mut self) {
        let mut in_vain = std::mem::take(&mut self.in_vain);
        while let Some((words, times)) = in_vain.pop_first() {
            let times = counted(times as u64, "time");
            self.remark(format!("The replay waited in vain for {words} ({times})."));
        }
        while let Some((name, times)) = self.unsent.pop_first() {
            let messages = counted(times as u64, "message");
            self.remark(format!("Not sent, since {name} was not open: {messages}."));
        }
        if self.substituted > 0 {
            let values = counted(self.substituted, "value");
            self.remark(format!(
                "{values} in what was sent came from the server and were replaced by those of now."
            ));
        }
    }
}

async fn within_time<T>(what: impl Future<Output = T>, time: impl Future<Output = ()>) -> Option<T> {
    match select(pin!(what), pin!(time)).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    }
}
