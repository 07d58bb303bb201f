//! What the worker downloads after its start.
//!
//! Owns which parts these are and whether they are here. A release keeps them in a file of its own (`src/bin/bench_worker.rs` says
//! where they come from); other builds have them from the start. What waits for them is done in the order in which it was asked.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use super::inspector::Inspector;
use super::list::List;
use super::storage;
use super::worker::BenchWorker;
use crate::engine::base::world::LocalFuture;
use crate::engine::bench::filter::FilterSpec;
use crate::engine::{Endpoint, World};
use crate::wire;
use crate::wire::bench::{ConnectionId, Detail, Inspect, Question, Request, Workspace};
use crate::worker::PageWorker;

/// They are downloaded this long after the start, if nothing asked for them before: the first picture has come by then.
const AFTER: Duration = Duration::from_millis(500);

/// An opened frame is tried again after this long.
const AGAIN: Duration = Duration::from_secs(2);

/// What a person reads who needs them when they could not be downloaded.
pub(super) const MISSING: &str = "a part of this page could not be loaded; check the server and try again";

/// The parts. Nothing else may name what they name: what the worker names itself is part of the first download.
pub struct Later<W: World> {
    pub(super) reply: fn(&BenchWorker<W>, u32, Question),
    pub(super) inspect: fn(&BenchWorker<W>, Option<Inspect>),
    pub(super) detail: fn(&mut Inspector) -> Option<Detail>,
    pub(super) filter: fn(&mut List, &FilterSpec, bool),
    pub(super) find_out: fn(&BenchWorker<W>, ConnectionId, u32, Endpoint),
    pub(super) read: fn(&str) -> (Option<Workspace>, Vec<String>),
    pub(super) keep: fn(&Workspace) -> String,
}

impl<W: World> Later<W> {
    const ALL: Self = Self {
        reply: BenchWorker::reply_to,
        inspect: BenchWorker::inspect,
        detail: Inspector::changes,
        filter: List::filter,
        find_out: BenchWorker::find_out,
        read: storage::of_text,
        keep: storage::to_text,
    };

    /// All of them, for the one function that is downloaded with them.
    #[must_use]
    pub fn all() -> &'static Self {
        &Self::ALL
    }
}

/// Downloads them; none when that failed.
pub type Download<W> = Rc<dyn Fn() -> LocalFuture<Option<&'static Later<W>>>>;

type Waiting<W> = Box<dyn FnOnce(Option<&'static Later<W>>)>;

/// Whether they are here, and what waits for them.
pub(super) struct Stock<W: World> {
    here: Cell<Option<&'static Later<W>>>,
    download: RefCell<Option<Download<W>>>,
    waiting: RefCell<Vec<Waiting<W>>>,
}

impl<W: World> Default for Stock<W> {
    fn default() -> Self {
        Self { here: Cell::new(at_start()), download: RefCell::default(), waiting: RefCell::default() }
    }
}

impl<W: World> Stock<W> {
    /// What is here already.
    pub fn here(&self) -> Option<&'static Later<W>> {
        self.here.get()
    }

    /// Nothing has to be waited for.
    pub fn is_quiet(&self) -> bool {
        self.waiting.borrow().is_empty()
    }

    /// Downloads them if they are not here.
    pub async fn fetch(&self) -> Option<&'static Later<W>> {
        if let Some(all) = self.here() {
            return Some(all);
        }
        let download = self.download.borrow().clone()?;
        let got = download().await;
        if got.is_some() {
            self.here.set(got);
        }
        got
    }
}

impl<W: World> BenchWorker<W> {
    /// Says that they come from there, and downloads them when the start is over.
    pub fn comes_from(&self, download: Download<W>) {
        self.0.later.here.set(None);
        *self.0.later.download.borrow_mut() = Some(download);
        let worker = self.clone();
        (self.0.spawn)(Box::pin(async move {
            worker.0.world.sleep(AFTER).await;
            worker.0.later.fetch().await;
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
            let waiting = worker.0.later.waiting.take();
            waiting.into_iter().for_each(|then| then(all));
            worker.flush();
        }));
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
