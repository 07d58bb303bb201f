//! The draft of a page that was left before its worker had kept the last keys.
//!
//! Owns the one text that the page itself keeps, for the moment between two visits. The worker takes the values of secret
//! variables out of what it keeps, and the page cannot: while one has a value, nothing is kept here.

use leptos::prelude::*;

use super::store::Store;
use crate::browser::page;
use crate::engine::bench::draft::{Draft, Form};
use crate::wire::bench::Workspace;

const NAME: &str = "draft";
/// A longer draft is not kept, as in the worker.
const LONGEST: usize = 64 << 10;

/// Keeps what stands in the composer, as the last thing that a page does.
pub(crate) fn keep(store: Store) {
    if !store.is_restored.get_untracked() {
        return;
    }
    let has_secrets =
        store.variables.with_untracked(|all| all.iter().any(|it| it.is_secret && !it.value.is_empty()));
    store.draft.with_untracked(|draft| {
        if !has_secrets && draft.form != Form::File && draft.text.len() <= LONGEST {
            page::keep(
                NAME,
                &serde_json::to_string(draft).expect("a draft has names for keys and no number"),
            );
        }
    });
}

/// Puts it into the setup that was kept, once.
pub(crate) fn take(kept: &mut Option<Workspace>) {
    let draft = page::kept(NAME).and_then(|text| serde_json::from_str::<Draft>(&text).ok());
    page::forget(NAME);
    if let (Some(kept), Some(draft)) = (kept, draft) {
        kept.draft = draft;
    }
}
