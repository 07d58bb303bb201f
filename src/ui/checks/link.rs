//! The view's hold on its worker.

use std::collections::BTreeMap;
use std::time::Duration;

use leptos::prelude::*;

use super::store::Store;
use crate::browser::channel::{WorkerChannel, WorkerFailed};
use crate::browser::page;
use crate::ui::parts::pace::Pace;
use crate::wire::checks::{Answer, Question, Request, RunEvent, Update};
use crate::wire::{decode_json, encode_json};

/// A worker that says nothing for this long will not come.
const READY_WITHIN: Duration = Duration::from_secs(20);

/// Drawing a run takes a hundredth of the time. The answers that the run measures come through the same machine, and a
/// percentile shows what one round trip in a hundred meets. Twice a second it is drawn all the same.
const PACE: Pace = Pace { easy: Duration::ZERO, times: 100, longest: Duration::from_millis(500) };

/// Asks the worker. A copy is the same hold.
#[derive(Clone, Copy)]
pub(super) struct Link(StoredValue<Hold, LocalStorage>);

struct Hold {
    channel: Option<WorkerChannel>,
    /// What was asked before the worker listened; none once it does.
    waiting: Option<Vec<Vec<u8>>>,
    asked: BTreeMap<u32, Box<dyn FnOnce(Answer)>>,
    next_question: u32,
    /// Who wants to know what happens in runs, beside the store.
    listeners: Vec<Listener>,
}

/// Hears what happens in runs.
type Listener = Box<dyn FnMut(&RunEvent)>;

impl Link {
    /// Starts the worker at this address.
    pub fn start(store: Store, worker: &str) -> Self {
        let link = Self(StoredValue::new_local(Hold {
            channel: None,
            waiting: Some(Vec::new()),
            asked: BTreeMap::new(),
            next_question: 0,
            listeners: Vec::new(),
        }));
        let failed = move |error: WorkerFailed| link.fail(store, &error.message);
        match WorkerChannel::start(worker, move |bytes| link.hear(store, &bytes), failed) {
            Ok(channel) => link.0.update_value(|hold| hold.channel = Some(channel)),
            Err(error) => link.fail(store, &error.message),
        }
        StoredValue::new_local(page::LeaveListener::new(move || {
            link.0.update_value(|hold| hold.channel = None);
        }));
        let late = move || {
            if store.is_restored.try_get_untracked() == Some(false) {
                link.fail(store, &format!("it has not answered within {READY_WITHIN:?}"));
            }
        };
        set_timeout(late, READY_WITHIN);
        link
    }

    pub fn send(&self, request: &Request) {
        let bytes = encode_json(request);
        self.0.update_value(|hold| match (&mut hold.waiting, &hold.channel) {
            (Some(waiting), _) => waiting.push(bytes),
            (None, Some(channel)) => channel.post(&bytes),
            (None, None) => {}
        });
    }

    /// Asks a question; `heard` gets the answer.
    pub fn ask(&self, question: Question, heard: impl FnOnce(Answer) + 'static) {
        let heard: Box<dyn FnOnce(Answer)> = Box::new(heard);
        let id = self.0.try_update_value(|hold| {
            hold.next_question += 1;
            hold.asked.insert(hold.next_question, heard);
            hold.next_question
        });
        if let Some(id) = id {
            self.send(&Request::Question { id, question });
        }
    }

    /// Calls `heard` with everything that happens in runs from now on.
    pub fn listen(&self, heard: impl FnMut(&RunEvent) + 'static) {
        self.0.update_value(|hold| hold.listeners.push(Box::new(heard)));
    }

    fn fail(&self, store: Store, words: &str) {
        store.broken.set(Some(words.to_owned()));
        // Not within the worker's own callback, which this would drop.
        let link = *self;
        page::with_next_frame(move || {
            if !link.0.is_disposed() {
                link.0.update_value(|hold| hold.channel = None);
            }
        });
    }

    fn hear(&self, store: Store, bytes: &[u8]) {
        match decode_json::<Update>(bytes) {
            Ok(Update::Ready { clock_step }) => {
                store.clock_step.set(clock_step);
                let waiting = self.0.try_update_value(|hold| hold.waiting.take()).flatten();
                self.0.with_value(|hold| {
                    if let Some(channel) = &hold.channel {
                        waiting.unwrap_or_default().iter().for_each(|bytes| channel.post(bytes));
                    }
                });
            }
            Ok(Update::Restored(restored)) => store.restore(*restored),
            Ok(Update::Answer { id, answer }) => {
                let heard = self.0.try_update_value(|hold| hold.asked.remove(&id)).flatten();
                if let Some(heard) = heard {
                    heard(answer);
                }
            }
            Ok(Update::RunEvent(all)) => {
                let link = *self;
                // Drawn with the frame, and only then may the worker send more.
                let apply = move || {
                    if link.0.is_disposed() {
                        return;
                    }
                    for live in all {
                        link.0.update_value(|hold| {
                            hold.listeners.iter_mut().for_each(|listener| listener(&live))
                        });
                        store.apply(live);
                    }
                };
                PACE.draw(apply, move |rest| {
                    if !link.0.is_disposed() {
                        link.send(&Request::Seen(rest));
                    }
                });
            }
            Err(error) => self.fail(store, &error.to_string()),
        }
    }
}
