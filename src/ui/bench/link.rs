//! The page's hold on its worker.

use std::collections::BTreeMap;
use std::time::Duration;

use leptos::prelude::*;

use super::super::parts::pace::Pace;
use super::super::shell::trouble;
use super::left_draft;
use super::store::Store;
use crate::browser::channel::{WorkerChannel, WorkerFailed};
use crate::browser::page;
use crate::wire::bench::{Answer, Question, Request, Update, Workspace};
use crate::wire::{self, WireError};

/// A worker that says nothing for this long will not come.
const READY_WITHIN: Duration = Duration::from_secs(15);

/// A flood costs the page a part of its time only. A person may need the rest to type and click, and a small machine to read
/// from its sockets.
const PACE: Pace = Pace { easy: Duration::from_millis(2), times: 6, longest: Duration::from_millis(200) };

/// Asks the worker. A copy is the same hold.
#[derive(Clone, Copy)]
pub(crate) struct Link(StoredValue<Hold, LocalStorage>);

struct Hold {
    channel: Option<WorkerChannel>,
    /// What was asked before the worker listened; none once it does.
    waiting: Option<Vec<Vec<u8>>>,
    /// Who waits for an answer; false from the answer when more of it comes.
    asked: BTreeMap<u32, Waiter>,
    next_question: u32,
    /// An update was drawn, and the worker does not know yet that it may send more.
    is_resting: bool,
    /// The set-up that the worker has.
    arranged: Option<Workspace>,
}

type Waiter = Box<dyn FnMut(Answer)>;

impl Link {
    /// Starts the worker and lets its updates change the store.
    pub fn start(store: Store, worker: &str) -> Self {
        let link = Self(StoredValue::new_local(Hold {
            channel: None,
            waiting: Some(Vec::new()),
            asked: BTreeMap::new(),
            next_question: 0,
            is_resting: false,
            arranged: None,
        }));
        match WorkerChannel::start(
            worker,
            move |bytes| link.hear(store, &bytes),
            move |error| link.fail(store, &error),
        ) {
            Ok(channel) => link.0.update_value(|hold| hold.channel = Some(channel)),
            Err(error) => link.fail(store, &error),
        }
        // Held for as long as the page is drawn.
        StoredValue::new_local(page::LeaveListener::new(move || {
            left_draft::keep(store);
            link.0.update_value(|hold| hold.channel = None);
        }));
        set_timeout(
            move || {
                if store.ready.try_get_untracked() == Some(None) {
                    let message = format!("it has not answered within {READY_WITHIN:?}");
                    link.fail(store, &WorkerFailed { message });
                }
            },
            READY_WITHIN,
        );
        link
    }

    /// Asks something of the worker. Without one nothing happens; the page already shows that. The caller is not kept
    /// waiting by a rest.
    pub fn ask(&self, request: &Request) {
        self.end_rest();
        self.post(request);
    }

    fn post(&self, request: &Request) {
        let bytes = wire::encode(request);
        self.0.update_value(|hold| match (&mut hold.waiting, &hold.channel) {
            (Some(waiting), _) => waiting.push(bytes),
            (None, Some(channel)) => channel.post(&bytes),
            (None, None) => {}
        });
    }

    /// Passes on a request that another program of this page has written.
    pub fn pass_on(&self, bytes: Vec<u8>) {
        self.0.with_value(|hold| {
            if let Some(channel) = &hold.channel {
                channel.post(&bytes);
            }
        });
    }

    /// Tells the worker how everything is set up, when that has changed. Before any request that depends on it.
    pub fn arrange(&self, store: Store) {
        if !store.is_restored.get() {
            return;
        }
        let workspace = store.workspace();
        let is_new = self.0.try_update_value(|hold| {
            let is_new = hold.arranged.as_ref() != Some(&workspace);
            if is_new {
                hold.arranged = Some(workspace.clone());
            }
            is_new
        });
        if is_new == Some(true) {
            self.ask(&Request::Arrange(Box::new(workspace)));
        }
    }

    /// Asks a question. `heard` gets the answer; of a file it gets the pieces, and the file last.
    pub fn question(&self, question: Question, heard: impl FnMut(Answer) + 'static) {
        let id = self.0.try_update_value(|hold| {
            hold.next_question += 1;
            hold.asked.insert(hold.next_question, Box::new(heard));
            hold.next_question
        });
        if let Some(id) = id {
            self.ask(&Request::Question { id, question });
        }
    }

    fn answered(&self, id: u32, answer: Answer) {
        let is_last = !matches!(answer, Answer::Piece(_));
        let waiter = self.0.try_update_value(|hold| hold.asked.remove(&id)).flatten();
        let Some(mut waiter) = waiter else { return };
        waiter(answer);
        if !is_last {
            self.0.update_value(|hold| drop(hold.asked.insert(id, waiter)));
        }
    }

    /// The worker listens now: it gets what was asked of it so far.
    fn begin(&self) {
        let waiting = self.0.try_update_value(|hold| hold.waiting.take()).flatten().unwrap_or_default();
        self.0.with_value(|hold| {
            if let Some(channel) = &hold.channel {
                waiting.iter().for_each(|bytes| channel.post(bytes));
            }
        });
        self.ask(&Request::Seen);
    }

    /// The worker may send the next update after a while.
    fn rest(self, rest: Duration) {
        self.0.update_value(|hold| hold.is_resting = true);
        match rest {
            Duration::ZERO => self.end_rest(),
            rest => set_timeout(move || self.end_rest(), rest),
        }
    }

    /// The worker may send the next update, unless it knows already.
    fn end_rest(&self) {
        let was_resting = self.0.try_update_value(|hold| std::mem::take(&mut hold.is_resting));
        if was_resting == Some(true) {
            self.post(&Request::Seen);
        }
    }

    /// The worker did not start, or has stopped: says which, and hides what would look alive.
    fn fail(&self, store: Store, error: &WorkerFailed) {
        match store.ready.with_untracked(Option::is_some) {
            true => say_stopped(error),
            false => say_not_started(error),
        }
        self.end(store);
    }

    fn end(&self, store: Store) {
        store.broken.set(true);
        // Not within the worker's own callback, which this would drop.
        let link = *self;
        page::with_next_frame(move || link.0.update_value(|hold| hold.channel = None));
    }

    fn hear(&self, store: Store, bytes: &[u8]) {
        match wire::decode(bytes) {
            Ok(Update::Ready(ready)) => {
                store.ready.set(Some(ready));
                self.begin();
            }
            Ok(Update::Restored(restored)) => {
                if let Some(trouble) = restored.trouble {
                    store.complain(format!("This browser keeps nothing for the next visit: {trouble}"));
                }
                if let Some(unread) = restored.unread {
                    store.complain(unread.words("Part of what this browser kept of the bench"));
                }
                let mut kept = restored.workspace;
                left_draft::take(&mut kept);
                store.restore(kept, page::own_socket_address("/ws"));
            }
            Ok(Update::Unkept(words)) => {
                store
                    .complain(format!("What you change from now on is not kept for the next visit: {words}"));
            }
            Ok(Update::Answer { id, answer }) => self.answered(id, answer),
            Ok(Update::Changes(changes)) => {
                let link = *self;
                // Drawn with the frame, and only then may the worker send the next: a slow page slows its own updates,
                // never the sockets.
                let apply = move || {
                    // The page may have been taken down before its frame came.
                    if !link.0.is_disposed() {
                        store.apply(*changes);
                    }
                };
                PACE.draw(apply, move |rest| {
                    if !link.0.is_disposed() {
                        link.rest(rest);
                    }
                });
            }
            Err(error) => {
                self.end(store);
                say_unreadable(&error);
            }
        }
    }
}

fn say_not_started(error: &WorkerFailed) {
    trouble::say(
        "The worker did not start",
        "Sockscope keeps its sockets in a worker. Load the page again; if that does not help, a file may be missing on \
         the server (boot/bench_worker.js, bench_worker.js, bench_worker_bg.wasm), or an extension or policy may block workers.",
        &error.message,
    );
}

fn say_stopped(error: &WorkerFailed) {
    trouble::say(
        "The worker has stopped",
        "This is a fault of Sockscope, not of your server. Its connections and the timeline are lost; load the page again.",
        &error.message,
    );
}

fn say_unreadable(error: &WireError) {
    trouble::say(
        "The page and its worker have different versions",
        "One of them comes from an older visit. Load the page again without the cache (Ctrl+Shift+R, on a Mac ⌘⇧R).",
        &error.to_string(),
    );
}
