//! What is known of all proxied connections: the toxics that are switched for them, who they are, and how many a key has had.
//!
//! **Invariant:** a toxic is known by its key and its name together, so that those who use keys of their own can use the same
//! names.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde_json::{Value, json};
use tokio::sync::watch;

use super::effect::{hash, strikes};
use super::kind::Kind;
use super::options::Options;
use super::toxic::{Direction, Toxic};
use crate::destination::Reach;
use crate::routes::dice::Dice;
use crate::ws::traffic::{Tally, Traffic};

/// Toxics at one time.
const MOST_TOXICS: usize = 1000;
/// Keys whose connections are counted.
const MOST_KEYS: usize = 10_000;
/// Connections that are listed.
const MOST_LISTED: usize = 1000;

/// The toxics that are switched, in the order in which they came.
pub type Toxics = Arc<[Arc<Toxic>]>;

/// What proxied connections share.
#[derive(Debug)]
pub struct LinkTable {
    /// Where the proxy may connect to.
    pub reach: Reach,
    /// What a request that has been through this proxy says, so that it is known when it comes again.
    pub mark: String,
    toxics: watch::Sender<Toxics>,
    present: Mutex<Present>,
}

#[derive(Debug, Default)]
struct Present {
    links: BTreeMap<u64, Arc<Link>>,
    counts: HashMap<String, u64>,
    /// The keys of `counts`, the oldest first.
    keys: VecDeque<String>,
}

/// There are as many toxics as the server takes.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("there are {MOST_TOXICS} toxics already")]
pub struct TooMany;

impl LinkTable {
    /// Nothing switched and no connection open.
    pub fn new(reach: Reach) -> Self {
        let mark = format!("1.1 sockscope-{:016x}", RandomState::new().build_hasher().finish());
        Self { reach, mark, toxics: watch::Sender::new(Arc::default()), present: Mutex::default() }
    }

    fn present(&self) -> MutexGuard<'_, Present> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The toxics now, and word of every change.
    pub fn watch(&self) -> watch::Receiver<Toxics> {
        self.toxics.subscribe()
    }

    /// Adds a toxic, or puts it in the place of that with its key and name; true when it is new.
    pub fn put(&self, toxic: Toxic) -> Result<bool, TooMany> {
        let toxic = Arc::new(toxic);
        let mut outcome = Ok(true);
        self.toxics.send_if_modified(|toxics| {
            let is_same = |other: &Arc<Toxic>| other.name == toxic.name && other.key == toxic.key;
            let mut all = toxics.to_vec();
            match all.iter().position(is_same) {
                Some(at) => {
                    outcome = Ok(false);
                    all[at] = Arc::clone(&toxic);
                }
                None if all.len() >= MOST_TOXICS => outcome = Err(TooMany),
                None => all.push(Arc::clone(&toxic)),
            }
            *toxics = all.into();
            outcome.is_ok()
        });
        outcome
    }

    /// Removes the toxics for which `is_meant` holds, and says how many there were.
    pub fn remove(&self, is_meant: impl Fn(&Toxic) -> bool) -> usize {
        let mut removed = 0;
        self.toxics.send_if_modified(|toxics| {
            let kept: Vec<_> = toxics.iter().filter(|toxic| !is_meant(toxic)).cloned().collect();
            removed = toxics.len() - kept.len();
            *toxics = kept.into();
            removed > 0
        });
        removed
    }

    /// Counts the connections of a key, or of all, from zero again.
    pub fn restart_counts(&self, key: Option<&str>) {
        let mut present = self.present();
        match key {
            None => (present.counts, present.keys) = Default::default(),
            Some(key) => {
                present.counts.remove(key);
                present.keys.retain(|known| known != key);
            }
        }
    }

    /// Forgets toxics and counts. Connections stay, with the toxics of their queries.
    pub fn reset(&self) {
        self.remove(|_| true);
        self.restart_counts(None);
    }

    /// The chances of a new connection: what its messages' follow from, and what decides whether toxics strike it.
    pub fn seeds(&self, options: &Options) -> Seeds {
        let nth = self.present().count(&options.key);
        let base = Dice::new(options.seed ^ hash(&options.key)).roll();
        // Without a key, connections come in no order that would repeat; the seed alone has to say how messages fare.
        let own = if options.key.is_empty() { base } else { Dice::new(base.wrapping_add(nth)).roll() };
        Seeds { messages: own, toxicity: Dice::new(!base.wrapping_add(nth)).roll() }
    }

    /// The status that a handshake is to be refused with, if a toxic says so.
    pub fn refusal(&self, options: &Options, seeds: Seeds) -> Option<u16> {
        let toxics = self.toxics.borrow().clone();
        let refuse = |toxic: &Toxic| match toxic.kind {
            Kind::Refuse { status } if toxic.is_for(&options.key) && strikes(toxic, seeds.toxicity) => {
                Some(status)
            }
            _ => None,
        };
        options.toxics.iter().chain(toxics.iter().map(|toxic| &**toxic)).find_map(refuse)
    }

    /// Enters a connection, under the number that it has in the census.
    pub fn enter(self: &Arc<Self>, id: u64, options: &Options) -> LinkHandle {
        let link = Arc::new(Link {
            key: options.key.clone(),
            to: options.to.without_query(),
            own: options.toxics.iter().cloned().map(Arc::new).collect(),
            opened: Instant::now(),
            upstream: Traffic::default(),
            downstream: Traffic::default(),
            is_half_open: AtomicBool::new(false),
        });
        self.present().links.insert(id, Arc::clone(&link));
        LinkHandle { id, link, board: Arc::clone(self) }
    }

    /// Everything, as the API shows it: all of it, or what is for a key.
    pub fn to_json(&self, key: Option<&str>) -> Value {
        let toxics = self.toxics.borrow().clone();
        let toxics: Vec<Value> = toxics
            .iter()
            .filter(|toxic| key.is_none_or(|key| toxic.key.as_deref() == Some(key)))
            .map(|toxic| toxic.to_json())
            .collect();
        let present = self.present();
        let of_key = || present.links.iter().filter(|(_, link)| key.is_none_or(|key| link.key == key));
        let listed: Vec<Value> = of_key().take(MOST_LISTED).map(|(id, link)| link.to_json(*id)).collect();
        json!({ "total": of_key().count(), "connections": listed, "toxics": toxics })
    }

    /// The toxics, as the API shows them.
    pub fn toxic(&self, name: &str, key: Option<&str>) -> Option<Value> {
        let toxics = self.toxics.borrow().clone();
        let found = toxics.iter().find(|toxic| toxic.name == name && toxic.key.as_deref() == key);
        found.map(|toxic| toxic.to_json())
    }
}

impl Present {
    /// How many connections a key has had before this one.
    fn count(&mut self, key: &str) -> u64 {
        if let Some(count) = self.counts.get_mut(key) {
            *count += 1;
            return *count - 1;
        }
        if self.keys.len() >= MOST_KEYS
            && let Some(oldest) = self.keys.pop_front()
        {
            self.counts.remove(&oldest);
        }
        self.keys.push_back(key.to_owned());
        self.counts.insert(key.to_owned(), 1);
        0
    }
}

/// What a connection's chances follow from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seeds {
    /// For its messages.
    pub messages: u64,
    /// For whether toxics strike it.
    pub toxicity: u64,
}

/// What others may see of a connection.
#[derive(Debug)]
pub struct Link {
    key: String,
    to: String,
    /// The toxics of its query.
    pub own: Vec<Arc<Toxic>>,
    opened: Instant,
    upstream: Traffic,
    downstream: Traffic,
    is_half_open: AtomicBool,
}

impl Link {
    /// The key, empty when there is none.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Counts messages that have come in one direction.
    pub fn count(&self, direction: Direction, messages: u64, bytes: u64) {
        let traffic = match direction {
            Direction::Upstream => &self.upstream,
            Direction::Downstream => &self.downstream,
        };
        traffic.publish(&mut Tally { messages_in: messages, bytes_in: bytes, ..Tally::default() });
    }

    /// One of its sides is gone, and the other does not know.
    pub fn half_open(&self) {
        self.is_half_open.store(true, Relaxed);
    }

    fn to_json(&self, id: u64) -> Value {
        let traffic = |traffic: &Traffic| {
            let total = traffic.total();
            json!({ "messages": total.messages_in, "bytes": total.bytes_in })
        };
        let own: Vec<Value> = self.own.iter().map(|toxic| toxic.to_json()).collect();
        json!({
            "id": id,
            "key": if self.key.is_empty() { Value::Null } else { json!(self.key) },
            "to": self.to,
            "state": if self.is_half_open.load(Relaxed) { "half_open" } else { "open" },
            "age_seconds": self.opened.elapsed().as_secs_f64(),
            "upstream": traffic(&self.upstream),
            "downstream": traffic(&self.downstream),
            "toxics": own,
        })
    }
}

/// One connection's entry; dropping it strikes it out.
#[derive(Debug)]
pub struct LinkHandle {
    id: u64,
    /// What others see of it.
    pub link: Arc<Link>,
    board: Arc<LinkTable>,
}

impl LinkHandle {
    /// The toxics now, and word of every change.
    pub fn watch(&self) -> watch::Receiver<Toxics> {
        self.board.watch()
    }
}

impl Drop for LinkHandle {
    fn drop(&mut self) {
        self.board.present().links.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::query::Query;

    fn options(query: &str) -> Options {
        Options::read(&Query::parse(&format!("to=ws://localhost&{query}"))).unwrap()
    }

    fn toxic(query: &str, key: Option<&str>) -> Toxic {
        Toxic { key: key.map(str::to_owned), ..options(query).toxics.remove(0) }
    }

    #[test]
    fn a_toxic_takes_the_place_of_that_with_its_key_and_name() {
        let board = LinkTable::new(Reach::Machine(Vec::new()));
        assert_eq!(board.put(toxic("latency=5", None)), Ok(true));
        assert_eq!(board.put(toxic("latency=6", None)), Ok(false));
        assert_eq!(board.put(toxic("latency=7", Some("a"))), Ok(true));
        assert_eq!(board.to_json(None)["toxics"].as_array().unwrap().len(), 2);
        assert_eq!(board.toxic("latency_downstream", None).unwrap()["attributes"]["latency"], 6);
        assert_eq!(board.remove(|toxic| toxic.key.as_deref() == Some("a")), 1);
        assert_eq!(board.remove(|_| true), 1);
    }

    #[test]
    fn toxics_are_bounded() {
        let board = LinkTable::new(Reach::Machine(Vec::new()));
        let named = |number: usize| Toxic { name: number.to_string(), ..toxic("latency=5", None) };
        assert!((0..MOST_TOXICS).all(|number| board.put(named(number)).is_ok()));
        assert_eq!(board.put(named(MOST_TOXICS)), Err(TooMany));
        assert_eq!(board.put(named(0)), Ok(false));
    }

    #[test]
    fn the_nth_connection_of_a_key_fares_the_same_after_a_reset() {
        let board = LinkTable::new(Reach::Machine(Vec::new()));
        let lucks = |query: &str| {
            let options = options(query);
            (0..5).map(|_| board.seeds(&options)).collect::<Vec<_>>()
        };
        let first = lucks("key=a&seed=7");
        assert!(first.windows(2).all(|pair| pair[0].messages != pair[1].messages));
        assert_ne!(lucks("key=a&seed=7"), first);
        board.reset();
        assert_eq!(lucks("key=a&seed=7"), first);
        assert_ne!(lucks("key=b&seed=7"), first);
        board.restart_counts(Some("a"));
        assert_eq!(lucks("key=a&seed=7"), first);
    }

    #[test]
    fn without_a_key_messages_fare_by_the_seed_alone() {
        let board = LinkTable::new(Reach::Machine(Vec::new()));
        let seeds = |query: &str| board.seeds(&options(query)).messages;
        assert_eq!(seeds("seed=7"), seeds("seed=7"));
        assert_ne!(seeds("seed=7"), seeds("seed=8"));
    }

    #[test]
    fn counted_keys_are_bounded() {
        let mut present = Present::default();
        (0..MOST_KEYS + 10).for_each(|number| assert_eq!(present.count(&number.to_string()), 0));
        assert_eq!((present.keys.len(), present.counts.len()), (MOST_KEYS, MOST_KEYS));
        assert_eq!(present.count("5"), 0);
    }

    #[test]
    fn some_handshakes_are_refused_and_some_are_not() {
        let board = LinkTable::new(Reach::Machine(Vec::new()));
        let options = options("key=a");
        let mine = Toxic { toxicity: 0.5, ..toxic("refuse=401", Some("a")) };
        board.put(mine).unwrap();
        board.put(toxic("refuse=403", Some("b"))).unwrap();
        let got: Vec<_> = (0..100).map(|_| board.refusal(&options, board.seeds(&options))).collect();
        let refused = got.iter().filter(|status| **status == Some(401)).count();
        assert!((30..70).contains(&refused) && got.iter().all(|it| it.is_none_or(|it| it == 401)), "{got:?}");
    }
}
