//! When the set-up is kept in this browser.
//!
//! Owns the moments and what is said when it fails. How it is written is in `storage.rs`.

use std::rc::Rc;
use std::time::Duration;

use super::journal::Journaling;
use super::later::{Later, MISSING};
use super::storage;
use super::worker::BenchWorker;
use crate::engine::World;
use crate::wire::bench::Update;

/// The set-up is kept when it has not changed for this long.
const KEEP_AFTER: Duration = Duration::from_millis(250);
/// It is kept this long after a change at the latest, also while a person goes on typing.
const KEEP_WITHIN: Duration = Duration::from_secs(1);

impl<W: World> BenchWorker<W> {
    /// Keeps the set-up once it has stayed the same for a while, and soon in any case.
    pub(super) fn keep_soon(&self) {
        if self.0.store.borrow().is_none() {
            return;
        }
        let now = self.now();
        let (changes, waits) = self.state(|s| {
            s.changes += 1;
            let at_the_latest = *s.changed_at.get_or_insert(now) + KEEP_WITHIN;
            (s.changes, at_the_latest.since(now).min(KEEP_AFTER))
        });
        let worker = self.clone();
        (self.0.spawn)(Box::pin(async move {
            worker.0.world.sleep(waits).await;
            let now = worker.now();
            let is_due = worker.state(|s| {
                s.changes == changes || s.changed_at.is_some_and(|since| now.since(since) >= KEEP_WITHIN)
            });
            if is_due {
                worker.keep_now();
            }
        }));
    }

    /// Keeps what has changed and is not kept yet.
    pub(super) fn keep_now(&self) {
        self.later(Self::keep);
    }

    /// Does something with kept sessions, once that part is here.
    pub(super) fn with_journal(&self, act: impl FnOnce(&Self, Rc<dyn Journaling<W>>) + 'static) {
        self.later(|worker, _| {
            if let Some(journal) = worker.state(|s| s.journal.clone()) {
                act(worker, journal);
            }
        });
    }

    fn keep(&self, later: Option<&'static Later<W>>) {
        if let Some(journal) = self.state(|s| s.journal.clone()) {
            journal.write_now(self);
        }
        let Some(store) = self.0.store.borrow().clone() else { return };
        let Some(later) = later else {
            if self.state(|s| s.changed_at.is_some()) {
                self.say_kept(Some(MISSING.to_owned()));
            }
            return;
        };
        let text = self.state(|s| {
            if !s.is_arranged || s.is_reader || s.changed_at.take().is_none() {
                return None;
            }
            s.workspace.draft = s.draft.clone();
            Some((later.keep)(&s.workspace))
        });
        let Some(text) = text else { return };
        let worker = self.clone();
        (self.0.spawn)(Box::pin(async move {
            let trouble = store.set(storage::NAME, text).await.err().map(|error| error.to_string());
            worker.say_kept(trouble);
        }));
    }

    /// Says what kept it from being kept, once for all that follows.
    fn say_kept(&self, trouble: Option<String>) {
        let is_news =
            self.state(|s| std::mem::replace(&mut s.is_unkept, trouble.is_some()) != trouble.is_some());
        if let Some(words) = trouble.filter(|_| is_news) {
            self.post(&Update::Unkept(words));
        }
    }
}
