//! What stands in front of the page: a short message, a dialog, and the first of two recordings that a dialog waits with.

use std::sync::Arc;

use leptos::prelude::*;

use super::store::Store;
use crate::engine::report::EventFormat;
use crate::wire::bench::{Listed, Offered, Recorded, Workspace};

/// Brings something back. Held by itself: what belongs to the view of a thing ends with that thing.
pub(crate) type Undo = Arc<dyn Fn() + Send + Sync>;

/// A short message to the person, which goes away by itself.
#[derive(Clone)]
pub(crate) struct Toast {
    pub words: String,
    pub is_bad: bool,
    /// What brings back what is gone.
    pub undo: Option<Undo>,
}

/// What stands in front of the rest.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Dialog {
    /// The keys.
    Keys,
    /// The options of the selected connection.
    Options,
    /// What a link would carry, to choose from.
    Share { workspace: Box<Workspace>, parts: Vec<Listed> },
    /// What looks like a secret in the frames that are about to be saved: each place, and how many values.
    Export { format: EventFormat, filtered: bool, places: Vec<(String, u64)> },
    /// What a link would set up.
    Offer(Box<Offered>),
    /// A suite of the timeline.
    Recording,
    /// A report for a bug.
    Report,
    /// Kept sessions.
    Sessions,
    /// The folder on the disk.
    Folder,
    /// What of a session is replayed, and where to; none for the present one.
    Replay(Option<String>),
    /// Which sessions are compared; the first is this one, none for the present one.
    Compare(Option<String>),
}

/// The first of two recordings of one conversation.
#[derive(Clone)]
pub(crate) struct FirstRecording {
    /// As JSON Lines.
    pub lines: Arc<[u8]>,
    /// What it has.
    pub recorded: Recorded,
    /// The number of the frame with which the second one may begin.
    pub next: u64,
}

impl Store {
    /// Says something that goes away by itself.
    pub fn say(&self, words: impl Into<String>) {
        self.toast.set(Some(Toast { words: words.into(), is_bad: false, undo: None }));
    }

    /// The same of something that is gone, with a way back.
    pub fn offer_undo(&self, words: impl Into<String>, undo: impl Fn() + Send + Sync + 'static) {
        let undo: Option<Undo> = Some(Arc::new(undo));
        self.toast.set(Some(Toast { words: words.into(), is_bad: false, undo }));
    }

    /// The same of something that did not work.
    pub fn complain(&self, words: impl Into<String>) {
        self.toast.set(Some(Toast { words: words.into(), is_bad: true, undo: None }));
    }
}
