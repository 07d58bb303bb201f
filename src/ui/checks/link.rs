//! What the checks say to their worker, and what they do with the updates.

use std::time::Duration;

use leptos::prelude::*;

use super::on_disk;
use super::store::Store;
use crate::ui::parts::link::{Failure, WorkerLink};
use crate::ui::parts::pace::Pace;
use crate::wire::Checks;
use crate::wire::checks::{Answer, Question, Request, RunEvent, Update};

/// A worker that says nothing for this long will not come.
const READY_WITHIN: Duration = Duration::from_secs(20);

/// Drawing a run takes a hundredth of the time. The answers that the run measures come through the same machine, and a
/// percentile shows what one round trip in a hundred meets. Twice a second it is drawn all the same.
const PACE: Pace = Pace { easy: Duration::ZERO, times: 100, longest: Duration::from_millis(500) };

/// Speaks to the worker. A copy is the same hold.
#[derive(Clone, Copy)]
pub(super) struct Link {
    worker: WorkerLink<Checks>,
    /// Who wants to know what happens in runs, beside the store.
    listeners: StoredValue<Vec<Listener>, LocalStorage>,
}

/// Hears what happens in runs.
type Listener = Box<dyn FnMut(&RunEvent)>;

impl Link {
    /// Starts the worker at this address.
    pub fn start(store: Store, worker: &str) -> Self {
        let listeners = StoredValue::new_local(Vec::new());
        let worker = WorkerLink::start(worker, READY_WITHIN, move |worker, update| {
            let link = Self { worker, listeners };
            match update {
                Ok(update) => link.hear(store, update),
                Err(failure) => {
                    store.broken.set(Some(match failure {
                        Failure::NotStarted(words) | Failure::Stopped(words) => words,
                        Failure::Unreadable(error) => error.to_string(),
                    }));
                    worker.end();
                }
            }
        });
        Self { worker, listeners }
    }

    /// Asks the worker to do something.
    pub fn send(&self, request: &Request) {
        self.worker.send(request);
    }

    /// Asks a question; `heard` gets the answer.
    pub fn ask(&self, question: Question, heard: impl FnOnce(Answer) + 'static) {
        let mut heard = Some(heard);
        let mut change = on_disk::change_of(&question);
        let once = move |answer| {
            if !matches!(answer, Answer::Failed(_))
                && let Some(change) = change.take()
            {
                on_disk::tell(&change);
            }
            if let Some(heard) = heard.take() {
                heard(answer);
            }
        };
        self.send(&self.worker.question(question, once));
    }

    /// Calls `heard` with everything that happens in runs from now on.
    pub fn listen(&self, heard: impl FnMut(&RunEvent) + 'static) {
        self.listeners.update_value(|all| all.push(Box::new(heard)));
    }

    fn hear(self, store: Store, update: Update) {
        match update {
            Update::Ready { clock_step } => {
                store.clock_step.set(clock_step);
                self.worker.begin();
            }
            Update::Restored(restored) => store.restore(*restored),
            Update::Answer { id, answer } => self.worker.answered(id, answer),
            Update::RunEvent(all) => {
                // Drawn with the frame, and only then may the worker send more.
                let apply = move || {
                    if self.worker.is_disposed() {
                        return;
                    }
                    for live in all {
                        self.listeners.update_value(|all| all.iter_mut().for_each(|heard| heard(&live)));
                        store.apply(live);
                    }
                };
                PACE.draw(apply, move |rest| {
                    if !self.worker.is_disposed() {
                        self.send(&Request::Seen(rest));
                    }
                });
            }
        }
    }
}
