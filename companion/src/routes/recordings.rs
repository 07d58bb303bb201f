//! What the proxy records: sessions by name, each with the connections that asked for it.
//!
//! Owns the clock of a recording, and how many there are. It refuses to know frames; a [`Tap`](super::proxy::tap::Tap) reads
//! those. What a recording holds is bounded, and the oldest frames go first.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant as Moment, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use sockscope_engine::base::mask::Masker;
use sockscope_engine::recording::told;
use sockscope_engine::report::{Closed, Connection, Opened, Origin, write_jsonl};
use sockscope_engine::session::Session;
use sockscope_engine::session::journal::{
    self, About, FrameRecord, write_about, write_connection, write_frame, write_segment,
};
use sockscope_engine::{Entry, FrameKind, Instant, Pairing, Payload};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// As many are kept at once.
const MOST: usize = 16;
/// Bytes that a recording of the server holds.
const BUDGET: usize = 32 << 20;

/// There is no room for another one.
#[derive(Debug, thiserror::Error)]
#[error("there are {MOST} recordings already; DELETE /api/recordings/NAME makes room")]
pub struct TooMany;

/// All of a server.
#[derive(Default)]
pub struct Recordings(Mutex<BTreeMap<String, Arc<Recording>>>);

impl std::fmt::Debug for Recordings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} recordings", self.all().len())
    }
}

impl Recordings {
    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Recording>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The recording with this name, which begins now when there is none.
    pub fn named(&self, name: &str) -> Result<Arc<Recording>, TooMany> {
        let mut all = self.all();
        if let Some(known) = all.get(name) {
            return Ok(Arc::clone(known));
        }
        if all.len() >= MOST {
            return Err(TooMany);
        }
        let begun = Arc::new(Recording::new(name, BUDGET));
        all.insert(name.to_owned(), Arc::clone(&begun));
        Ok(begun)
    }

    /// Lets the pages of this server follow a recording that is made elsewhere.
    pub fn share(&self, name: &str, recording: Arc<Recording>) {
        self.all().insert(name.to_owned(), recording);
    }

    /// The recording with this name, if there is one.
    pub fn get(&self, name: &str) -> Option<Arc<Recording>> {
        self.all().get(name).cloned()
    }

    /// Forgets a recording; what its connections still say is kept nowhere.
    pub fn remove(&self, name: &str) -> bool {
        let removed = self.all().remove(name);
        removed.iter().for_each(|recording| recording.end());
        removed.is_some()
    }

    /// Forgets all of them.
    pub fn reset(&self) {
        std::mem::take(&mut *self.all()).values().for_each(|recording| recording.end());
    }

    /// A line for each.
    pub fn to_json(&self) -> Value {
        let all: Vec<Arc<Recording>> = self.all().values().cloned().collect();
        all.iter().map(|recording| recording.about()).collect()
    }
}

/// One session under way.
pub struct Recording {
    state: Mutex<State>,
    /// Something has changed.
    news: Notify,
}

struct State {
    session: Session,
    /// When its clock began, in microseconds since 1970.
    origin_us: u64,
    began: Moment,
    next: u32,
    lines: HashMap<u32, Ends>,
    /// Changes of handshakes.
    handshakes: u64,
    is_over: bool,
}

/// How far one follower has come.
#[derive(Default)]
pub struct Follower {
    has_begun: bool,
    /// The number of the frame that comes next.
    next: u64,
    /// Whose beginning and end were told.
    connections: HashMap<(u32, Instant), (bool, bool)>,
    handshakes: u64,
}

/// What is known of a connection's end.
#[derive(Default)]
struct Ends {
    by_client: bool,
    by_server: Option<(u16, String)>,
    pairing: Pairing,
}

impl State {
    /// The head of the session. Its id is of this recording, and of no other that had or will have the same name.
    fn about(&self) -> About {
        let (name, origin_us) = (self.session.name.clone(), self.origin_us);
        About { id: format!("{origin_us:x}-{name}"), name, origin_us, ..About::default() }
    }

    fn now(&self) -> Instant {
        Instant::from_nanos(u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }
}

impl Recording {
    /// An empty one that begins now.
    pub fn new(name: &str, budget: usize) -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let origin_us = u64::try_from(since_1970.as_micros()).unwrap_or(u64::MAX);
        let session = Session::new(name, Origin::from_micros(origin_us), budget);
        let state = State {
            session,
            origin_us,
            began: Moment::now(),
            next: 1,
            lines: HashMap::new(),
            handshakes: 0,
            is_over: false,
        };
        Self { state: Mutex::new(state), news: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes it, and wakes who follows.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.state());
        self.news.notify_waiters();
        changed
    }

    /// It is kept no longer.
    fn end(&self) {
        self.change(|state| state.is_over = true);
    }

    /// Whether it is kept no longer.
    pub fn is_over(&self) -> bool {
        self.state().is_over
    }

    /// Ends with the next change after its first poll.
    pub fn news(&self) -> Notified<'_> {
        self.news.notified()
    }

    /// What a follower has not had yet, in the form of a [`journal`], up to about `most` bytes; none when there is nothing. Frames
    /// that the recording has dropped meanwhile are a gap between two numbers.
    pub fn piece(&self, follower: &mut Follower, most: usize) -> Option<Vec<u8>> {
        let state = self.state();
        let session = &state.session;
        let mut piece = Vec::new();
        journal::begin(&mut piece);
        let empty = piece.len();
        if !follower.has_begun {
            follower.has_begun = true;
            write_about(&mut piece, &state.about());
        }
        if follower.handshakes != state.handshakes {
            follower.handshakes = state.handshakes;
            for connection in session.connections() {
                let now = (connection.opened.is_some(), connection.closed.is_some());
                if follower.connections.insert((connection.id, connection.asked), now) != Some(now) {
                    write_connection(&mut piece, connection);
                }
            }
        }
        // Where nothing of the rest is held, nothing of it will come.
        let first = follower.next.max(session.log.oldest());
        if first < session.log.total() {
            write_segment(&mut piece, first);
            follower.next = session.log.total();
            for frame in session.log.from(first) {
                write_frame(&mut piece, FrameRecord { frame, question: None }, first);
                follower.next = frame.number + 1;
                if piece.len() >= most {
                    break;
                }
            }
        }
        (piece.len() > empty).then_some(piece)
    }

    /// A follower that has had the frames before this one; those of another recording of the same name count for nothing.
    pub fn follower(&self, of: Option<&str>, next: u64) -> Follower {
        let is_same = of == Some(self.state().about().id.as_str());
        Follower { next: if is_same { next } else { 0 }, ..Follower::default() }
    }

    /// All of it as JSON Lines.
    pub fn lines(&self) -> String {
        let state = self.state();
        let mut text = String::new();
        write_jsonl(&state.session.transcript(), &Masker::default(), &mut text).expect("a string takes all");
        text
    }

    /// How many frames there were.
    pub fn total(&self) -> u64 {
        self.state().session.log.total()
    }

    fn about(&self) -> Value {
        let state = self.state();
        let (sent, received) = state.session.messages();
        let log = &state.session.log;
        json!({
            "name": state.session.name,
            "connections": state.session.connections().len(),
            "open": state.lines.len(),
            "frames": log.len(),
            "dropped": log.dropped(),
            "sent": sent,
            "received": received,
            "bytes": log.held_bytes(),
        })
    }

    /// A client asks for a connection.
    pub fn connect(self: &Arc<Self>, url: &str, offered: Vec<String>) -> Line {
        let id = self.change(|state| {
            let (id, at) = (state.next, state.now());
            state.next += 1;
            state.lines.insert(id, Ends::default());
            let words = told::connecting(url, &offered);
            state.session.connect(Connection {
                id,
                name: format!("c{id}"),
                url: url.to_owned(),
                offered,
                by_relay: false,
                asked: at,
                opened: None,
                closed: None,
            });
            state.handshakes += 1;
            state.session.tell(at, id, FrameKind::Connecting, &words);
            id
        });
        Line { recording: Arc::clone(self), id }
    }
}

/// One connection of a recording. Dropping it says that the connection is over.
pub struct Line {
    recording: Arc<Recording>,
    id: u32,
}

impl Line {
    /// The handshake is done.
    pub fn opened(&self, protocol: &str, extensions: &str) {
        self.recording.change(|state| {
            let at = state.now();
            state.handshakes += 1;
            state.session.tell(at, self.id, FrameKind::Opened, &told::opened(protocol, extensions));
            if let Some(connection) = state.session.latest(self.id) {
                let (protocol, extensions) = (protocol.to_owned(), extensions.to_owned());
                connection.opened = Some(Opened { at, protocol, extensions });
            }
        });
    }

    /// Something went wrong.
    pub fn failed(&self, words: &str) {
        self.recording.change(|state| {
            let at = state.now();
            state.session.tell(at, self.id, FrameKind::Failed, words);
        });
    }

    /// A message has passed.
    pub fn message(&self, is_sent: bool, is_text: bool, bytes: &[u8]) {
        let payload = match is_text {
            true => Payload::Text(String::from_utf8_lossy(bytes).into_owned()),
            false => Payload::Binary(bytes.to_vec()),
        };
        let kind = match (is_sent, is_text) {
            (true, true) => FrameKind::SentText,
            (true, false) => FrameKind::SentBinary,
            (false, true) => FrameKind::ReceivedText,
            (false, false) => FrameKind::ReceivedBinary,
        };
        self.recording.change(|state| {
            let at = state.now();
            let pairing = state.lines.get_mut(&self.id).map(|ends| &mut ends.pairing);
            let round_trip = pairing.and_then(|pairing| match is_sent {
                true => {
                    pairing.sent(at, &payload);
                    None
                }
                false => pairing.received(at, &payload),
            });
            state.session.push(Entry { at, connection: self.id, kind, bytes, round_trip, is_tainted: false });
        });
    }

    /// A close frame has passed.
    pub fn close(&self, is_sent: bool, code: u16, reason: &str) {
        self.recording.change(|state| {
            let at = state.now();
            let Some(ends) = state.lines.get_mut(&self.id) else { return };
            match is_sent {
                true if ends.by_server.is_none() => {
                    ends.by_client = true;
                    state.session.tell(at, self.id, FrameKind::Closing, &told::closing(code, reason));
                }
                true => ends.by_client = true,
                false => ends.by_server = Some((code, reason.to_owned())),
            }
        });
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.recording.change(|state| {
            let at = state.now();
            state.handshakes += 1;
            let ends = state.lines.remove(&self.id).unwrap_or_default();
            let clean = ends.by_client && ends.by_server.is_some();
            let (code, reason) = ends.by_server.unwrap_or((1006, String::new()));
            state.session.tell(at, self.id, FrameKind::Closed, &told::closed(code, &reason));
            if let Some(connection) = state.session.latest(self.id) {
                connection.closed = Some(Closed { at, code, reason, clean });
            }
        });
    }
}
