//! What the bench and the page as a whole say for a moment.

use leptos::prelude::*;

use super::super::bench::store::Store;
use super::super::parts::toast::{Said, toast};

/// The message.
pub(crate) fn line(store: Store) -> AnyView {
    let said = Signal::derive(move || {
        store.toast.with(|toast| {
            toast.as_ref().map(|it| Said {
                words: it.words.clone(),
                is_bad: it.is_bad,
                undo: it.undo.as_ref().map(|_| "Undo"),
            })
        })
    });
    let undo = move || {
        if let Some(undo) = store.toast.try_update(Option::take).flatten().and_then(|it| it.undo) {
            undo();
        }
    };
    toast("toast", said, move || store.toast.set(None), undo)
}
