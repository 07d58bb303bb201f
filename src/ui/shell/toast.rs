//! A short message that goes away by itself.

use std::time::Duration;

use leptos::prelude::*;

use super::super::bench::store::Store;
use super::super::parts::fields::{prose, text};

const STAYS: Duration = Duration::from_secs(5);
/// One that can be undone, or that says what went wrong: a person needs a moment to see it.
const STAYS_LONG: Duration = Duration::from_secs(12);

/// The message, read out once.
#[component]
pub(crate) fn ToastLine(store: Store) -> impl IntoView {
    let shown = StoredValue::new(0_u32);
    Effect::new(move || {
        let stays = match store.toast.with(|toast| toast.as_ref().map(|it| it.undo.is_some() || it.is_bad)) {
            None => return,
            Some(true) => STAYS_LONG,
            Some(false) => STAYS,
        };
        let mine = shown.get_value() + 1;
        shown.set_value(mine);
        let hide = move || {
            if shown.try_get_value() == Some(mine) {
                store.toast.set(None);
            }
        };
        set_timeout(hide, stays);
    });
    let words =
        text(move || store.toast.with(|toast| toast.as_ref().map(|it| it.words.clone())).unwrap_or_default());
    let state = text(move || match store.toast.with(|toast| toast.as_ref().is_some_and(|it| it.is_bad)) {
        true => "wrong".to_owned(),
        false => String::new(),
    });
    let undo = move || store.toast.with(|toast| toast.as_ref().and_then(|it| it.undo.clone()));
    let button = move || {
        undo().map(|undo| {
            super::super::parts::fields::button("quiet", "undo", "Undo", "", move || {
                store.toast.set(None);
                undo();
            })
        })
    };
    let is_empty = text(move || store.toast.with(Option::is_none).to_string());
    view! { <p class="toast" role="status" data-testid="toast" data-state=state data-empty=is_empty>{move || words.with(|words| prose(words))}{button}</p> }.into_any()
}
