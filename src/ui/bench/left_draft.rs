//! The draft of a page that was left before its worker had kept the last keys.
//!
//! Owns the one text that the page itself keeps, for the moment between two visits. The values of secret variables are taken out
//! of it, as the worker does. It refuses to keep a file and a long text.

use leptos::prelude::*;

use super::super::later;
use super::store::Store;
use crate::browser::page;
use crate::engine::bench::draft::{Draft, Form};
use crate::engine::secrets::Known;
use crate::wire::bench::{Variable, Workspace};

const NAME: &str = "draft";
/// A longer draft is not kept, as in the worker.
const LONGEST: usize = 64 << 10;

/// Keeps what stands in the composer, as the last thing that a page does.
pub(crate) fn keep_on_leaving(store: Store) {
    let former = StoredValue::<Vec<Variable>>::default();
    Effect::new(move |before: Option<Vec<Variable>>| {
        let now = store.variables.get();
        former.update_value(|former| Variable::retire(former, &before.unwrap_or_default(), &now));
        now
    });
    let leaving = page::LeaveListener::new(move || {
        if store.is_restored.get_untracked() {
            former.with_value(|former| keep(store, former));
        }
    });
    // Held for as long as the page is drawn.
    StoredValue::new_local(leaving);
}

fn keep(store: Store, former: &[Variable]) {
    let mut draft = store.draft.get_untracked();
    if draft.form == Form::File || draft.text.len() > LONGEST {
        return;
    }
    let (variables, former) = (store.variables.get_untracked(), former.to_vec());
    match untrack(later::here) {
        Some(all) => (all.without_secrets)(variables, former, &mut draft),
        None if variables.is_empty() && former.is_empty() => {}
        // The worker has kept what stood there when the page came.
        None => return,
    }
    page::keep(NAME, &serde_json::to_string(&draft).expect("a draft has names for keys and no number"));
}

/// Takes the values of secret variables out of a draft.
pub(crate) fn without_secrets(variables: Vec<Variable>, former: Vec<Variable>, draft: &mut Draft) {
    Workspace { variables, former, ..Workspace::default() }.known_secrets(Known::SHORT).draft(draft);
}

/// Puts it into the setup that was kept, once.
pub(crate) fn take(kept: &mut Option<Workspace>) {
    let draft = page::kept(NAME).and_then(|text| serde_json::from_str::<Draft>(&text).ok());
    page::forget(NAME);
    if let (Some(kept), Some(draft)) = (kept, draft) {
        kept.draft = draft;
    }
}
