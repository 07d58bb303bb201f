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
use sockscope_engine::{Entry, FrameKind, Instant, Pairing, Payload};

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

    /// The recording with this name, if there is one.
    pub fn get(&self, name: &str) -> Option<Arc<Recording>> {
        self.all().get(name).cloned()
    }

    /// Forgets a recording; what its connections still say is kept nowhere.
    pub fn remove(&self, name: &str) -> bool {
        self.all().remove(name).is_some()
    }

    /// Forgets all of them.
    pub fn reset(&self) {
        self.all().clear();
    }

    /// A line for each.
    pub fn to_json(&self) -> Value {
        let all: Vec<Arc<Recording>> = self.all().values().cloned().collect();
        all.iter().map(|recording| recording.about()).collect()
    }
}

/// One session under way.
pub struct Recording(Mutex<State>);

struct State {
    session: Session,
    began: Moment,
    next: u32,
    lines: HashMap<u32, Ends>,
}

/// What is known of a connection's end.
#[derive(Default)]
struct Ends {
    by_client: bool,
    by_server: Option<(u16, String)>,
    pairing: Pairing,
}

impl State {
    fn now(&self) -> Instant {
        Instant::from_nanos(u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }
}

impl Recording {
    /// An empty one that begins now.
    pub fn new(name: &str, budget: usize) -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let origin = Origin::from_millis(since_1970.as_secs_f64() * 1e3);
        let session = Session::new(name, origin, budget);
        Self(Mutex::new(State { session, began: Moment::now(), next: 1, lines: HashMap::new() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut state = self.state();
        let (id, at) = (state.next, state.now());
        state.next += 1;
        state.lines.insert(id, Ends::default());
        let words = told::connecting(url, &offered);
        state.session.connect(Connection {
            id,
            name: format!("c{id}"),
            url: url.to_owned(),
            offered,
            asked: at,
            opened: None,
            closed: None,
        });
        state.session.tell(at, id, FrameKind::Connecting, &words);
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
        let mut state = self.recording.state();
        let at = state.now();
        state.session.tell(at, self.id, FrameKind::Opened, &told::opened(protocol, extensions));
        if let Some(connection) = state.session.latest(self.id) {
            let (protocol, extensions) = (protocol.to_owned(), extensions.to_owned());
            connection.opened = Some(Opened { at, protocol, extensions });
        }
    }

    /// Something went wrong.
    pub fn failed(&self, words: &str) {
        let mut state = self.recording.state();
        let at = state.now();
        state.session.tell(at, self.id, FrameKind::Failed, words);
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
        let mut state = self.recording.state();
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
    }

    /// A close frame has passed.
    pub fn close(&self, is_sent: bool, code: u16, reason: &str) {
        let mut state = self.recording.state();
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
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let mut state = self.recording.state();
        let at = state.now();
        let ends = state.lines.remove(&self.id).unwrap_or_default();
        let clean = ends.by_client && ends.by_server.is_some();
        let (code, reason) = ends.by_server.unwrap_or((1006, String::new()));
        state.session.tell(at, self.id, FrameKind::Closed, &told::closed(code, &reason));
        if let Some(connection) = state.session.latest(self.id) {
            connection.closed = Some(Closed { at, code, reason, clean });
        }
    }
}
