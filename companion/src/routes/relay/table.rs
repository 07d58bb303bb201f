//! The profiles that wait for their connection, and the facts of connections.
//!
//! Owns the ids: who may use one, how often, and for how long. **Invariant:** an id opens one connection, and both tables are
//! bounded.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::HeaderValue;

use super::facts::Facts;
use crate::destination::Destination;
use crate::ws::dial::Judged;
use crate::ws::trust::Trust;

/// How long a profile waits for its connection.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Profiles that wait at once.
pub const MOST_WAITING: usize = 256;
/// How long the facts of a connection are kept after its end.
const KEPT: Duration = Duration::from_secs(60);
/// Connections whose facts are kept after their end.
const MOST_KEPT: usize = 512;

/// What a connection is opened with. It has no `Debug`, since it holds what must not be logged.
pub struct Profile {
    /// Where to.
    pub destination: Destination,
    /// The way there, every address judged.
    pub way: Judged,
    /// Which certificates are taken and shown.
    pub trust: Trust,
    /// Header fields, with their names as they were written.
    pub fields: Vec<(String, HeaderValue)>,
    /// The cookies that go along; the page's where there are none.
    pub cookies: Option<HeaderValue>,
    /// The origin; the page's where there is none.
    pub origin: Option<HeaderValue>,
}

/// As many profiles wait as may.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("{MOST_WAITING} profiles wait for their connection; open one, or wait until one has expired")]
pub struct Full;

/// What the relay of one server holds.
#[derive(Default)]
pub struct Table(Mutex<Held>);

#[derive(Default)]
struct Held {
    waiting: HashMap<String, (Box<Profile>, Instant)>,
    facts: HashMap<String, Arc<Facts>>,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let held = self.held();
        write!(f, "{} profiles, {} connections", held.waiting.len(), held.facts.len())
    }
}

impl Table {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a profile for one connection; its id.
    pub fn put(&self, profile: Profile) -> Result<String, Full> {
        let now = Instant::now();
        let mut held = self.held();
        held.forget(now);
        if held.waiting.len() >= MOST_WAITING {
            return Err(Full);
        }
        let id = token();
        held.facts.insert(id.clone(), Arc::new(Facts::new(id.clone())));
        held.waiting.insert(id.clone(), (Box::new(profile), now + PATIENCE));
        Ok(id)
    }

    /// Takes a profile; none when there is no such id, or it was used, or is too old.
    pub fn take(&self, id: &str) -> Option<(Box<Profile>, Arc<Facts>)> {
        let mut held = self.held();
        held.forget(Instant::now());
        let (profile, _) = held.waiting.remove(id)?;
        let facts = Arc::clone(held.facts.get(id)?);
        Some((profile, facts))
    }

    /// The facts of a connection; none when there is no such id, or they were forgotten.
    pub fn facts(&self, id: &str) -> Option<Arc<Facts>> {
        self.held().facts.get(id).cloned()
    }

    /// Forgets the profiles that wait.
    pub fn reset(&self) {
        let mut held = self.held();
        let waiting = std::mem::take(&mut held.waiting);
        held.facts.retain(|id, _| !waiting.contains_key(id));
    }
}

impl Held {
    fn forget(&mut self, now: Instant) {
        let Self { waiting, facts } = self;
        waiting.retain(|id, (_, until)| {
            let waits = *until > now;
            if !waits {
                facts.remove(id);
            }
            waits
        });
        facts.retain(|_, facts| facts.ended().is_none_or(|ended| now.duration_since(ended) < KEPT));
        let mut ended: Vec<_> = facts.iter().filter_map(|(id, it)| Some((it.ended()?, id.clone()))).collect();
        if ended.len() > MOST_KEPT {
            ended.sort();
            let too_many = ended.len() - MOST_KEPT;
            ended.into_iter().take(too_many).for_each(|(_, id)| drop(facts.remove(&id)));
        }
    }
}

/// 128 bits from the system's source of randomness, which no other page can guess.
pub(crate) fn token() -> String {
    let mut bytes = [0; 16];
    let random = tokio_rustls::rustls::crypto::ring::default_provider().secure_random;
    random.fill(&mut bytes).expect("the system has randomness");
    bytes.iter().fold(String::new(), |mut id, byte| {
        let _ = write!(id, "{byte:02x}");
        id
    })
}
