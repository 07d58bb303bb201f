//! What the bench says to its worker, and what it does with the updates.

use std::time::Duration;

use leptos::prelude::*;

use super::super::later;
use super::super::parts::link::{Failure, WorkerLink};
use super::super::parts::pace::Pace;
use super::super::shell::trouble;
use super::left_draft;
use super::store::Store;
use crate::browser::page;
use crate::wire::Bench;
use crate::wire::bench::{Answer, Look, Question, Request, Restored, Update, Workspace};

/// A worker that says nothing for this long will not come.
const READY_WITHIN: Duration = Duration::from_secs(15);

/// A flood costs the page a part of its time only. A person may need the rest to type and click, and a small machine to read
/// from its sockets.
pub(crate) const PACE: Pace =
    Pace { easy: Duration::from_millis(2), times: 6, longest: Duration::from_millis(200) };

/// Speaks to the worker. A copy is the same hold.
#[derive(Clone, Copy)]
pub(crate) struct Link {
    worker: WorkerLink<Bench>,
    said: StoredValue<Said, LocalStorage>,
}

/// What the worker knows of the page.
#[derive(Default)]
struct Said {
    /// An update was drawn, and the worker does not know yet that it may send more.
    is_resting: bool,
    /// The set-up that the worker has.
    arranged: Option<Workspace>,
    /// The rows that the timeline wants.
    look: Option<Look>,
    /// The worker that shows an earlier session, while one is shown.
    reader: Option<WorkerLink<Bench>>,
    /// Where the script is that starts a worker.
    script: String,
}

impl Link {
    /// Starts the worker and lets its updates change the store.
    pub fn start(store: Store, worker: &str) -> Self {
        let said = StoredValue::new_local(Said { script: worker.to_owned(), ..Said::default() });
        left_draft::keep_on_leaving(store);
        let worker = WorkerLink::start(worker, READY_WITHIN, move |worker, update| {
            let link = Self { worker, said };
            match update {
                Ok(update) => link.hear(store, update),
                Err(failure) => {
                    store.broken.set(true);
                    worker.end();
                    say(&failure);
                }
            }
        });
        Self { worker, said }
    }

    /// Asks the worker to do something. A rest does not keep the caller waiting.
    pub fn send(&self, request: &Request) {
        self.end_rest();
        if let Request::Look(look) = request {
            self.said.update_value(|said| said.look = Some(*look));
        }
        self.worker_of(is_of_what_is_shown(request)).send(request);
    }

    /// Asks a question. `heard` gets the answer; of a file it gets the pieces, and the file last.
    pub fn ask(&self, question: Question, heard: impl FnMut(Answer) + 'static) {
        self.end_rest();
        let is_of_present = matches!(question, Question::Send { .. } | Question::Lines { .. });
        let worker = self.worker_of(!is_of_present);
        worker.send(&worker.question(question, heard));
    }

    /// The worker that shows what is shown, or the one that has the connections.
    fn worker_of(&self, is_of_what_is_shown: bool) -> WorkerLink<Bench> {
        self.said.with_value(|said| said.reader).filter(|_| is_of_what_is_shown).unwrap_or(self.worker)
    }

    /// From now on another worker shows what is shown; none for the one that has the connections. The timeline asks for rows only
    /// when it wants others, and this worker does not know which.
    pub fn show(&self, reader: Option<WorkerLink<Bench>>) {
        self.said.update_value(|said| said.reader = reader);
        if let Some(look) = self.said.with_value(|said| said.look) {
            self.worker_of(true).send(&Request::Look(look));
        }
    }

    /// Where the script is that starts a worker.
    pub fn script(&self) -> String {
        self.said.with_value(|said| said.script.clone())
    }

    /// Tells the worker that shows what is shown something of kept sessions.
    pub fn ask_shown(&self, request: Vec<u8>) {
        self.worker_of(true).send(&Request::Sessions(request));
    }

    /// Tells the worker something of kept sessions.
    pub fn ask_sessions(&self, request: Vec<u8>) {
        self.send(&Request::Sessions(request));
    }

    /// Passes on a request that another program of this page has written.
    pub fn pass_on(&self, bytes: &[u8]) {
        self.worker.pass_on(bytes);
    }

    /// Tells the worker how everything is set up, when that has changed. Before any request that depends on it.
    pub fn arrange(&self, store: Store) {
        if !store.is_restored.get() {
            return;
        }
        let workspace = store.workspace();
        let is_new = self.said.try_update_value(|said| {
            let is_new = said.arranged.as_ref() != Some(&workspace);
            if is_new {
                said.arranged = Some(workspace.clone());
            }
            is_new
        });
        if is_new == Some(true) {
            self.send(&Request::Arrange(Box::new(workspace)));
        }
    }

    /// The worker may send the next update after a while.
    fn rest(self, rest: Duration) {
        self.said.update_value(|said| said.is_resting = true);
        match rest {
            Duration::ZERO => self.end_rest(),
            rest => set_timeout(move || self.end_rest(), rest),
        }
    }

    /// The worker may send the next update, unless it knows already.
    fn end_rest(&self) {
        let was_resting = self.said.try_update_value(|said| std::mem::take(&mut said.is_resting));
        if was_resting == Some(true) {
            self.worker.send(&Request::Seen);
        }
    }

    fn hear(self, store: Store, update: Update) {
        match update {
            Update::Ready(ready) => {
                store.ready.set(Some(ready));
                self.worker.begin();
                self.send(&Request::Seen);
            }
            Update::Restored(restored) => restore(store, *restored),
            Update::Unkept(words) => {
                store
                    .complain(format!("What you change from now on is not kept for the next visit: {words}"));
            }
            Update::Missing => store.complain(
                "A part of this page could not be loaded, so some of what you asked for waits. Check the server.",
            ),
            Update::Outside(bytes) => later::then(move |later| (later.outside_told)(store, self, &bytes)),
            Update::Sessions(bytes) => later::then(move |later| (later.sessions_told)(store, self, &bytes)),
            Update::Replay(bytes) => later::then(move |later| (later.replay_told)(store, self, &bytes)),
            // Only a worker of its own compares.
            Update::Difference(_) => {}
            Update::Answer { id, answer } => self.worker.answered(id, answer),
            Update::Changes(changes) => {
                // Drawn with the frame, and only then may the worker send the next: a slow page slows its own updates,
                // never the sockets.
                let apply = move || {
                    // The page may have been taken down before its frame came.
                    if !self.worker.is_disposed() {
                        store.apply(*changes);
                    }
                };
                PACE.draw(apply, move |rest| {
                    if !self.worker.is_disposed() {
                        self.rest(rest);
                    }
                });
            }
        }
    }
}

/// Whether a request is of the timeline, which may show an earlier session, and not of connections.
fn is_of_what_is_shown(request: &Request) -> bool {
    use Request::{Clear, Difference, Filter, Inspect, Look, Pause, Pin, Plot, ResetFigures, Unpin};
    matches!(
        request,
        Look(_)
            | Filter { .. }
            | Pause(_)
            | Clear
            | Inspect(_)
            | Pin { .. }
            | Unpin { .. }
            | Plot(_)
            | ResetFigures(_)
            | Difference(_)
    )
}

fn restore(store: Store, restored: Restored) {
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

/// Says why the worker is of no use, in place of what would look alive.
fn say(failure: &Failure) {
    match failure {
        Failure::NotStarted(message) => trouble::say(
            "The worker did not start",
            "Sockscope keeps its sockets in a worker. Load the page again; if that does not help, a file may be missing on \
             the server (boot/bench_worker.js, bench_worker.js, bench_worker_bg.wasm), or an extension or policy may block workers.",
            message,
        ),
        Failure::Stopped(message) => trouble::say(
            "The worker has stopped",
            "This is a fault of Sockscope, not of your server. Its connections and the timeline are lost; load the page again.",
            message,
        ),
        Failure::Unreadable(error) => trouble::say(
            "The page and its worker have different versions",
            "One of them comes from an older visit. Load the page again without the cache (Ctrl+Shift+R, on a Mac ⌘⇧R).",
            &error.to_string(),
        ),
    }
}
