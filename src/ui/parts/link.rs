//! A page's hold on its worker: the same for the bench and for the checks.
//!
//! Owns the start of a worker and its end, what is said to it before it listens, and which answer belongs to which question.
//! It refuses to know what a message means: each view hears its updates in its own module `link`. One rule: a channel is never
//! dropped within the callback of its worker.

use std::collections::BTreeMap;
use std::time::Duration;

use leptos::prelude::*;

use crate::browser::channel::{WorkerChannel, WorkerFailed};
use crate::browser::chosen::ChosenFiles;
use crate::browser::page;
use crate::wire::{Protocol, WireError};

/// Speaks to a worker. A copy is the same hold.
pub(crate) struct WorkerLink<P: Protocol>(StoredValue<Hold<P>, LocalStorage>);

impl<P: Protocol> Clone for WorkerLink<P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Protocol> Copy for WorkerLink<P> {}

struct Hold<P: Protocol> {
    channel: Option<WorkerChannel>,
    /// What was said before the worker listened; none once it does.
    waiting: Option<Vec<Said>>,
    asked: BTreeMap<u32, Waiter<P>>,
    next_question: u32,
}

/// What is said to a worker.
enum Said {
    Bytes(Vec<u8>),
    Files(ChosenFiles),
}

impl Said {
    fn post(&self, channel: &WorkerChannel) {
        match self {
            Self::Bytes(bytes) => channel.post(bytes),
            Self::Files(files) => channel.give(files),
        }
    }
}

/// Who waits for an answer, and for more of it where it comes in pieces.
type Waiter<P> = Box<dyn FnMut(<P as Protocol>::Answer)>;

/// Why a worker is of no more use.
pub(crate) enum Failure {
    /// It never listened, for this reason.
    NotStarted(String),
    /// It listened and has stopped.
    Stopped(String),
    /// It speaks another version.
    Unreadable(WireError),
}

impl<P: Protocol> WorkerLink<P> {
    /// Starts the worker at this address. `heard` gets its updates and how it fails; a worker that does not listen within
    /// `ready_within` has failed.
    pub fn start(
        worker: &str,
        ready_within: Duration,
        heard: impl Fn(Self, Result<P::Update, Failure>) + Copy + 'static,
    ) -> Self {
        let hold =
            Hold { channel: None, waiting: Some(Vec::new()), asked: BTreeMap::new(), next_question: 0 };
        let link = Self(StoredValue::new_local(hold));
        let failed = move |error: WorkerFailed| heard(link, Err(link.failure(error.message)));
        let received = move |bytes: Vec<u8>| {
            heard(link, P::read_update(&bytes).map_err(Failure::Unreadable));
        };
        match WorkerChannel::start(worker, received, failed) {
            Ok(channel) => link.0.update_value(|hold| hold.channel = Some(channel)),
            Err(error) => failed(error),
        }
        // Held for as long as the page is drawn.
        StoredValue::new_local(page::LeaveListener::new(move || link.drop_channel()));
        let look = move || {
            if link.0.try_with_value(|hold| hold.waiting.is_some()) == Some(true) {
                failed(WorkerFailed { message: format!("it has not answered within {ready_within:?}") });
            }
        };
        set_timeout(look, ready_within);
        link
    }

    fn failure(&self, message: String) -> Failure {
        match self.0.with_value(|hold| hold.waiting.is_some()) {
            true => Failure::NotStarted(message),
            false => Failure::Stopped(message),
        }
    }

    /// The worker listens now: it gets what was said to it so far.
    pub fn begin(&self) {
        self.0.update_value(|hold| {
            let waiting = hold.waiting.take().unwrap_or_default();
            if let Some(channel) = &hold.channel {
                waiting.iter().for_each(|said| said.post(channel));
            }
        });
    }

    /// Asks the worker to do something. Without a worker nothing happens; the page already shows that.
    pub fn send(&self, request: &P::Request) {
        self.say(Said::Bytes(P::write_request(request)));
    }

    /// Lets the worker read these files.
    pub fn give(&self, files: ChosenFiles) {
        self.say(Said::Files(files));
    }

    fn say(&self, said: Said) {
        self.0.update_value(|hold| match (&mut hold.waiting, &hold.channel) {
            (Some(waiting), _) => waiting.push(said),
            (None, Some(channel)) => said.post(channel),
            (None, None) => {}
        });
    }

    /// Passes on a request that another program of this page has written.
    pub fn pass_on(&self, bytes: &[u8]) {
        self.0.with_value(|hold| {
            if let Some(channel) = &hold.channel {
                channel.post(bytes);
            }
        });
    }

    /// The request that asks this question. `heard` gets its answer; of one in pieces it gets each, and the whole last.
    pub fn question(&self, question: P::Question, heard: impl FnMut(P::Answer) + 'static) -> P::Request {
        let id = self.0.try_update_value(|hold| {
            hold.next_question += 1;
            hold.asked.insert(hold.next_question, Box::new(heard));
            hold.next_question
        });
        P::question(id.unwrap_or_default(), question)
    }

    /// An answer came to the question with this id.
    pub fn answered(&self, id: u32, answer: P::Answer) {
        let is_piece = P::is_piece(&answer);
        let waiter = self.0.try_update_value(|hold| hold.asked.remove(&id)).flatten();
        let Some(mut waiter) = waiter else { return };
        waiter(answer);
        if is_piece {
            self.0.update_value(|hold| drop(hold.asked.insert(id, waiter)));
        }
    }

    /// Ends the worker, soon.
    pub fn end(self) {
        page::with_next_frame(move || self.drop_channel());
    }

    fn drop_channel(&self) {
        if !self.0.is_disposed() {
            self.0.update_value(|hold| hold.channel = None);
        }
    }

    /// Whether the page has been taken down.
    pub fn is_disposed(&self) -> bool {
        self.0.is_disposed()
    }
}
