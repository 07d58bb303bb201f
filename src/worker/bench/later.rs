//! What the worker downloads after its start.
//!
//! Owns which parts these are and whether they are here. A release keeps them in a file of its own (`src/bin/bench_worker.rs` says
//! where they come from); other builds have them from the start. What waits for them is done in the order in which it was asked.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use super::connection::Connection;
use super::highlights::Highlights;
use super::inspector::Inspector;
use super::list::List;
use super::masks::{self, Derived, Mask};
use super::pins::Pins;
use super::record::Record;
use super::replies::Replies;
use super::storage;
use super::worker::BenchWorker;
use crate::engine::base::shared_folder::SharedFolder;
use crate::engine::base::storage::StoreError;
use crate::engine::base::world::LocalFuture;
use crate::engine::bench::draft::{self, Attachment, Draft, DraftError};
use crate::engine::bench::filter::FilterSpec;
use crate::engine::explain::{self, Surroundings, Warning};
use crate::engine::template::Scope;
use crate::engine::{Endpoint, FrameLog, Payload, World};
use crate::wire;
use crate::wire::bench::{
    ConnectionId, Detail, Highlight, Inspect, Question, Request, Rule, Setup, Update, Variable, Workspace,
};
use crate::worker::PageWorker;
pub(super) use crate::worker::part::MISSING;
use crate::worker::part::{self, Part};

/// They are downloaded this long after the start, if nothing asked for them before: the first picture has come by then.
const AFTER: Duration = Duration::from_millis(500);

/// An opened frame is tried again after this long.
pub(super) const AGAIN: Duration = Duration::from_secs(2);

type Build = fn(&Draft, Option<&Attachment>, &mut dyn Scope) -> Result<Rc<Payload>, DraftError>;

/// The parts. Nothing else may name what they name: what the worker names itself is part of the first download.
pub struct Later<W: World> {
    pub(super) reply: fn(&BenchWorker<W>, u32, Question),
    pub(super) inspect: fn(&BenchWorker<W>, Option<Inspect>),
    pub(super) detail: fn(&mut Inspector) -> Option<Detail>,
    pub(super) filter: fn(&mut List, &FilterSpec, bool),
    pub(super) find_out: fn(&BenchWorker<W>, ConnectionId, u32, Endpoint),
    pub(super) open_by_relay: fn(&BenchWorker<W>, ConnectionId, Endpoint),
    pub(super) profile_trouble: fn(&BenchWorker<W>, ConnectionId, &Setup) -> Option<String>,
    pub(super) ping: fn(&BenchWorker<W>, ConnectionId),
    pub(super) read: fn(&str) -> (Option<Workspace>, Vec<String>),
    pub(super) keep: fn(&Workspace) -> String,
    pub(super) build: Build,
    pub(super) expand: fn(&str, &mut dyn Scope) -> Result<String, DraftError>,
    pub(super) warnings: fn(&Endpoint, &Surroundings) -> Vec<Warning>,
    pub(super) pin: fn(&mut Pins, u64, String, &FrameLog) -> bool,
    pub(super) unpin: fn(&mut Pins, u64),
    pub(super) repeat: fn(&BenchWorker<W>, Vec<ConnectionId>, Draft),
    pub(super) mask: fn(&Workspace, &Derived) -> Mask,
    pub(super) rules: fn(&mut Replies, &[Rule]),
    pub(super) highlights: fn(&mut Highlights, &[Highlight], &[Variable]) -> bool,
    pub(super) connection: fn(&mut Connection<W::Socket>, &mut Record, &Setup),
    pub(super) outside: fn(&BenchWorker<W>, &[u8]),
    pub(super) replay: fn(&BenchWorker<W>, &[u8]),
    pub(super) difference: fn(&BenchWorker<W>, &[u8]),
    /// Begins to keep sessions; none where there is no disk.
    begin: Option<fn(&BenchWorker<W>)>,
    /// Opens the folder that a person has picked; none where there is no such folder.
    pub(super) picked: Option<OpenPicked>,
}

/// Opens the folder that a person has picked.
pub type OpenPicked = fn() -> LocalFuture<Result<Rc<dyn SharedFolder>, StoreError>>;

impl<W: World> Later<W> {
    const ALL: Self = Self {
        reply: BenchWorker::reply_to,
        inspect: BenchWorker::inspect,
        detail: Inspector::changes,
        filter: List::filter,
        find_out: BenchWorker::find_out,
        open_by_relay: BenchWorker::open_by_relay,
        profile_trouble: BenchWorker::profile_trouble,
        ping: BenchWorker::ping,
        read: storage::of_text,
        keep: storage::to_text,
        build: Draft::build,
        expand: draft::expand,
        warnings: explain::warnings,
        pin: Pins::pin,
        unpin: Pins::unpin,
        repeat: BenchWorker::start_repeat,
        mask: masks::of,
        rules: Replies::arrange,
        highlights: Highlights::arrange,
        connection: Connection::arrange,
        outside: BenchWorker::outside,
        replay: BenchWorker::replay,
        difference: BenchWorker::difference,
        begin: None,
        picked: None,
    };

    /// All of them, for the one function that is downloaded with them.
    #[must_use]
    pub fn all() -> &'static Self {
        &Self::ALL
    }

    /// All of them, and `begin` once they are here: it says where sessions are kept.
    #[must_use]
    pub const fn with_journal(begin: fn(&BenchWorker<W>)) -> Self {
        Self { begin: Some(begin), ..Self::ALL }
    }

    /// The same with what opens a folder that a person has picked.
    #[must_use]
    pub const fn and_picked(self, picked: OpenPicked) -> Self {
        Self { picked: Some(picked), ..self }
    }
}

/// Downloads them; none when that failed.
pub type Download<W> = part::Download<Later<W>>;

type Waiting<W> = Box<dyn FnOnce(Option<&'static Later<W>>)>;

/// Whether they are here, and what waits for them.
pub(super) struct Stock<W: World> {
    part: Part<Later<W>>,
    waiting: RefCell<Vec<Waiting<W>>>,
    /// The page knows that they could not be downloaded.
    is_told: Cell<bool>,
}

impl<W: World> Default for Stock<W> {
    fn default() -> Self {
        Self { part: Part::new(at_start()), waiting: RefCell::default(), is_told: Cell::new(false) }
    }
}

impl<W: World> Stock<W> {
    /// What is here already.
    pub fn here(&self) -> Option<&'static Later<W>> {
        self.part.here()
    }

    /// Nothing has to be waited for.
    pub fn is_quiet(&self) -> bool {
        self.waiting.borrow().is_empty()
    }

    /// Downloads them if they are not here.
    pub async fn fetch(&self) -> Option<&'static Later<W>> {
        self.part.fetch().await
    }
}

impl<W: World> BenchWorker<W> {
    /// Says that they come from there, and downloads them when the start is over.
    pub fn comes_from(&self, download: Download<W>) {
        self.0.later.part.comes_from(download);
        let worker = self.clone();
        (self.0.spawn)(Box::pin(async move {
            worker.0.world.sleep(AFTER).await;
            if let Some(later) = worker.0.later.fetch().await {
                worker.begin_journal(later);
                // What could not be said of the address and of the draft before.
                worker.look_at_addresses();
                if worker.state(|s| s.draft.varies()) {
                    worker.redraft(|_| {});
                }
                worker.flush();
            }
        }));
    }

    /// Opens a frame once more after a while, when what opens it could not be downloaded and nothing else was opened since:
    /// `opening` is the number of that request.
    pub(super) fn inspect_soon(&self, inspect: Option<Inspect>, opening: u64) {
        let worker = self.clone();
        (self.0.spawn)(Box::pin(async move {
            worker.0.world.sleep(AGAIN).await;
            if worker.state(|s| s.openings) != opening {
                return;
            }
            worker.receive(&wire::encode(&Request::Inspect(inspect)));
        }));
    }

    /// Begins to keep sessions, once.
    fn begin_journal(&self, later: &'static Later<W>) {
        if self.state(|s| s.journal.is_none())
            && let Some(begin) = later.begin
        {
            begin(self);
        }
    }

    /// Says once that a part is missing, until it has come.
    fn say_missing(&self) {
        if !self.0.later.is_told.replace(true) {
            self.post(&Update::Missing);
        }
    }

    /// Placeholders are filled in by what comes later, and what is sent after such a message does not overtake it.
    pub(super) fn waits_its_turn(&self, request: &Request) -> bool {
        let is_behind = self.state(|s| s.in_turn > 0);
        match request {
            Request::Question { question: Question::Send { draft, .. }, .. } => {
                is_behind || draft.varies() && self.0.later.here().is_none()
            }
            Request::Close { .. } | Request::Forget { .. } => is_behind,
            _ => false,
        }
    }

    pub(super) fn in_turn(&self, request: Request) {
        self.state(|s| s.in_turn += 1);
        self.later(move |worker, _| {
            worker.state(|s| s.in_turn -= 1);
            worker.perform(request);
        });
    }

    /// Does something that is nothing without them, once they are here.
    pub(super) fn with_later(&self, then: impl FnOnce(&Self, &'static Later<W>) + 'static) {
        self.later(move |worker, later| {
            if let Some(later) = later {
                then(worker, later);
            }
        });
    }

    /// Does something with them: now when they are here, else when they have come, or could not be downloaded.
    pub(super) fn later(&self, then: impl FnOnce(&Self, Option<&'static Later<W>>) + 'static) {
        if let Some(all) = self.0.later.here().filter(|_| self.0.later.is_quiet()) {
            return then(self, Some(all));
        }
        let worker = self.clone();
        let is_first = self.0.later.is_quiet();
        self.0.later.waiting.borrow_mut().push(Box::new(move |all| then(&worker, all)));
        if !is_first {
            return;
        }
        let worker = self.clone();
        (self.0.spawn)(Box::pin(async move {
            let all = worker.0.later.fetch().await;
            match all {
                Some(later) => {
                    worker.0.later.is_told.set(false);
                    worker.begin_journal(later);
                }
                None => worker.say_missing(),
            }
            let waiting = worker.0.later.waiting.take();
            waiting.into_iter().for_each(|then| then(all));
            worker.flush();
        }));
    }
}

/// Whether what a request does depends on the set-up.
pub(super) fn depends_on_set_up(request: &Request) -> bool {
    match request {
        Request::Draft(_) | Request::Attach(_) | Request::Connect { .. } | Request::Repeat { .. } => true,
        Request::Close { .. } | Request::Forget { .. } => true,
        Request::Question { question, .. } => matches!(question, Question::Send { .. }),
        _ => false,
    }
}

#[cfg(not(split))]
fn at_start<W: World>() -> Option<&'static Later<W>> {
    Some(Later::all())
}

#[cfg(split)]
fn at_start<W: World>() -> Option<&'static Later<W>> {
    None
}
