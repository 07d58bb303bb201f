//! The worker of the bench: requests of the page and events of the sockets come in, updates go out.

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use super::connection::Connection;
use super::failures::Failures;
use super::highlights::Highlights;
use super::inspector::Inspector;
use super::journal::{Former, GivenFiles, Journaling};
use super::later::{MISSING, Stock};
use super::list::List;
use super::masks::{Derived, Mask};
use super::outside::Outside;
use super::pins::Pins;
use super::record::Record;
use super::recording::Second;
use super::relayed::Relays;
use super::replaying::Replays;
use super::replies::Replies;
use super::storage;
use super::summaries::Summaries;
use super::why::Questions;
use crate::engine::base::storage::KeyValueStore;
use crate::engine::bench::draft::{Attachment, Draft};
use crate::engine::bench::placeholders::Names;
use crate::engine::explain::Surroundings;
use crate::engine::{Instant, World};
use crate::wire::bench::{
    ConnectionId, DraftSeen, PlotOf, Pulse, Ready, RepeatSeen, Restored, ShownSeen, Unread, Update, Workspace,
};
use crate::wire::{Bench, Protocol};
use crate::worker::outbox::Outbox;
use crate::worker::{PageWorker, Spawn};

/// Searching takes turns with the sockets: this long at a time.
pub(super) const SLICE: Duration = Duration::from_millis(4);

/// The one owner of sockets and log. A clone is another handle.
pub struct BenchWorker<W: World>(pub(super) Rc<Inner<W>>);

impl<W: World> Clone for BenchWorker<W> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

pub(super) struct Inner<W: World> {
    pub world: W,
    pub ready: Ready,
    pub spawn: Spawn,
    pub outbox: Outbox<Bench>,
    pub later: Stock<W>,
    pub(super) store: RefCell<Option<Rc<dyn KeyValueStore>>>,
    state: RefCell<State<W>>,
}

pub(super) struct State<W: World> {
    pub record: Record,
    pub connections: BTreeMap<ConnectionId, Connection<W::Socket>>,
    /// Sockets that are no longer waited for and that the browser still holds; it counts them until they end.
    pub lingering: Vec<(ConnectionId, u32, Rc<W::Socket>)>,
    pub failures: Failures,
    pub questions: Questions,
    pub relays: Relays<W::Socket>,
    pub workspace: Workspace,
    pub names: Rc<Names>,
    /// Of the secrets as they are now, for what is shown without being asked for.
    pub mask: Mask,
    pub derived: Derived,
    pub replies: Replies,
    pub draft: Draft,
    pub attached: Option<Attachment>,
    pub draft_seen: Option<DraftSeen>,
    pub repeat: RepeatSeen,
    pub repeat_changed: bool,
    /// Which repeat is the current one; a task of an earlier one must not go on.
    pub repeat_run: u64,
    pub surroundings: Surroundings,
    pub list: List,
    pub summaries: Summaries,
    pub highlights: Highlights,
    is_searching: bool,
    pub pins: Pins,
    pub inspector: Inspector,
    pub plot: Option<PlotOf>,
    pub plotted: Instant,
    pub shown: Option<ShownSeen>,
    pub next_of_checks: u32,
    /// Connections that have no more frames to come, with the number after their last one.
    pub ended: Vec<(ConnectionId, u64)>,
    pub pulse: Pulse,
    /// The second of two recordings, while it is made.
    pub second: Option<Second>,
    /// The set-up or the draft has changed this many times; both are kept when they stay the same for a while.
    pub(super) changes: u64,
    /// When the first change came that is not kept yet.
    pub(super) changed_at: Option<Instant>,
    /// The page has sent its set-up; before that, what was kept must not be overwritten.
    pub(super) is_arranged: bool,
    /// The last changes could not be kept, and the page knows it.
    pub(super) is_unkept: bool,
    /// Set-ups that waited for what comes later, and whether one does now.
    pub arrangings: u64,
    pub is_arranging: bool,
    /// Messages with placeholders that wait for what fills them in, and what was asked after them.
    pub in_turn: u32,
    /// Requests to open a frame, or to close it.
    pub openings: u64,
    /// What is kept of frames; none before that part has come, and where nothing can be kept.
    pub journal: Option<Rc<dyn Journaling<W>>>,
    /// The folder on the disk and the recordings that are followed.
    pub outside: Rc<Outside<W::Socket>>,
    /// Nothing was kept of an earlier visit.
    pub is_first_visit: bool,
    /// It shows an earlier session, and opens and keeps nothing.
    pub is_reader: bool,
    /// What belongs to the session that it shows beside its frames; none for its own.
    pub former: Option<Former>,
    /// The files that the page has given; none where there are no files.
    pub files: Option<GivenFiles>,
    pub replays: Replays,
    /// What it compares; none for a worker that does anything else. What compares knows its type.
    pub comparison: Option<Rc<dyn Any>>,
    pub dirty: bool,
}

impl<W: World> PageWorker for BenchWorker<W> {
    fn announce(&self) {
        self.post(&Update::Ready(self.0.ready.clone()));
    }

    async fn restore(&self, store: impl KeyValueStore + 'static) {
        let (workspace, unread) = match store.get(storage::NAME).await {
            Ok(None) => {
                self.state(|s| s.is_first_visit = true);
                (None, Vec::new())
            }
            Ok(Some(text)) => match self.0.later.fetch().await {
                Some(later) => (later.read)(&text),
                // It is not overwritten: nothing is kept from now on.
                None => return self.restore_nothing(MISSING.to_owned()),
            },
            Err(error) => (None, vec![error.to_string()]),
        };
        let mut restored = Restored { workspace, ..Restored::default() };
        if !unread.is_empty() {
            // What comes next is written over it.
            match store.set_aside(storage::NAME).await {
                Ok(place) => {
                    restored.unread = Some(Unread { reasons: unread, place: place.unwrap_or_default() })
                }
                Err(error) => {
                    restored.trouble = Some(format!("{}; {error}", unread.join("; ")));
                    return self.post(&Update::Restored(Box::new(restored)));
                }
            }
        }
        *self.0.store.borrow_mut() = Some(Rc::new(store));
        self.post(&Update::Restored(Box::new(restored)));
    }

    fn restore_nothing(&self, trouble: String) {
        self.post(&Update::Restored(Box::new(Restored { trouble: Some(trouble), ..Restored::default() })));
    }

    fn receive(&self, bytes: &[u8]) {
        match Bench::read_request(bytes) {
            Ok(request) => self.answer(request),
            Err(_) => self.announce(),
        }
        self.flush();
    }
}

impl<W: World> BenchWorker<W> {
    /// A worker in this world that posts its updates through `post`.
    pub fn new(world: W, ready: Ready, spawn: Spawn, post: impl FnMut(Vec<u8>) + 'static) -> Self {
        let surroundings = Surroundings { most_sockets: ready.most_sockets, ..Surroundings::default() };
        Self(Rc::new(Inner {
            world,
            ready,
            spawn,
            outbox: Outbox::new(post),
            later: Stock::default(),
            store: RefCell::default(),
            state: RefCell::new(State {
                record: Record::with_budget(Workspace::BUDGET as usize),
                connections: BTreeMap::new(),
                lingering: Vec::new(),
                failures: Failures::default(),
                questions: Questions::default(),
                relays: Relays::default(),
                workspace: Workspace::default(),
                names: Rc::default(),
                mask: None,
                derived: Derived::default(),
                replies: Replies::default(),
                draft: Draft::default(),
                attached: None,
                draft_seen: None,
                repeat: RepeatSeen::default(),
                repeat_changed: false,
                repeat_run: 0,
                surroundings,
                list: List::default(),
                summaries: Summaries::default(),
                highlights: Highlights::default(),
                is_searching: false,
                pins: Pins::default(),
                inspector: Inspector::default(),
                plot: None,
                plotted: Instant::ORIGIN,
                shown: None,
                ended: Vec::new(),
                next_of_checks: ConnectionId::FIRST_OF_CHECKS,
                pulse: Pulse::default(),
                second: None,
                changes: 0,
                changed_at: None,
                is_arranged: false,
                is_unkept: false,
                arrangings: 0,
                is_arranging: false,
                in_turn: 0,
                openings: 0,
                journal: None,
                outside: Rc::default(),
                is_first_visit: false,
                is_reader: false,
                former: None,
                files: None,
                replays: Replays::default(),
                comparison: None,
                dirty: true,
            }),
        }))
    }

    pub(super) fn state<T>(&self, change: impl FnOnce(&mut State<W>) -> T) -> T {
        change(&mut self.0.state.borrow_mut())
    }

    /// Changes something that the page shows.
    pub(super) fn change_list(&self, change: impl FnOnce(&mut State<W>)) {
        self.state(|s| {
            change(s);
            s.dirty = true;
        });
    }

    /// Changes what stands in the composer, or what it depends on.
    pub(super) fn redraft(&self, change: impl FnOnce(&mut State<W>)) {
        self.state(change);
        let seen = self.preview();
        self.change_list(|s| s.draft_seen = Some(seen));
    }

    /// Changes a connection together with the record that it writes to.
    pub(super) fn connection<T>(
        &self,
        id: ConnectionId,
        change: impl FnOnce(&mut Connection<W::Socket>, &mut Record) -> T,
    ) -> Option<T> {
        self.state(|s| {
            s.dirty = true;
            s.connections.get_mut(&id).map(|connection| change(connection, &mut s.record))
        })
    }

    pub(super) fn now(&self) -> Instant {
        self.0.world.now()
    }

    pub(super) fn world(&self) -> &W {
        &self.0.world
    }

    pub(super) fn surroundings(&self) -> Surroundings {
        let now = self.now();
        let most_sockets = self.0.ready.most_sockets;
        self.state(|s| {
            let (sockets, pending, failed_lately) = (s.sockets(), s.pending(), s.failures.lately(now));
            Surroundings { sockets, pending, failed_lately, most_sockets, ..s.surroundings.clone() }
        })
    }

    pub(super) fn trouble(&self, id: ConnectionId, words: &str) {
        let at = self.now();
        self.connection(id, |connection, record| connection.trouble(record, at, words));
    }

    /// The worker's own timer has come; the next one is due then.
    pub(super) fn beat(&self, next: Instant) {
        let now = self.now();
        self.state(|s| s.record.taint.beat(now, next));
    }

    /// Takes note of how the worker is doing, and of what waits in the browser.
    pub(super) fn feel(&self, pulse: Pulse) {
        let now = self.now();
        self.state(|s| {
            for connection in s.connections.values_mut() {
                connection.look_at_buffer();
                connection.look_at_questions(now);
                s.dirty |= connection.changed;
            }
            // A plot that was drawn a moment before the last message wants to be drawn once more.
            s.dirty |= s.pulse != pulse || s.plot.is_some();
            s.pulse = pulse;
        });
        self.flush();
    }

    /// Searches the log in slices, as long as there is something to search.
    pub(super) fn search(&self) {
        if self.state(|s| std::mem::replace(&mut s.is_searching, true)) {
            return;
        }
        let worker = self.clone();
        (self.0.spawn)(Box::pin(async move {
            loop {
                let until = worker.now() + SLICE;
                let is_done = worker.state(|s| {
                    s.dirty = true;
                    let is_done = s.list.advance(&s.record.log, || worker.0.world.now() < until);
                    s.is_searching = !is_done;
                    is_done
                });
                worker.flush();
                if is_done {
                    return;
                }
                worker.0.world.breathe().await;
            }
        }));
    }

    /// Posts what has changed, when the page is ready for it.
    pub(super) fn flush(&self) {
        let now = self.now();
        let changes = self.state(|s| {
            if !self.0.outbox.has_turn() || !s.dirty {
                return None;
            }
            self.0.outbox.take_turn();
            s.dirty = false;
            Some(s.changes(now, self.0.later.here().map(|it| it.detail), || self.0.world.now() < now + SLICE))
        });
        if let Some((changes, is_all_searched)) = changes {
            if !is_all_searched {
                self.search();
            }
            self.post(&Update::Changes(Box::new(changes)));
        }
    }

    pub(super) fn post(&self, update: &Update) {
        self.0.outbox.post(update);
    }
}
