//! A short message that goes away by itself.

use std::time::Duration;

use leptos::prelude::*;

use super::fields::{text, when};
use super::store::Store;

const STAYS: Duration = Duration::from_secs(5);

/// The message, read out once.
#[component]
pub(super) fn ToastLine(store: Store) -> impl IntoView {
    let shown = StoredValue::new(0_u32);
    Effect::new(move || {
        if store.toast.with(Option::is_none) {
            return;
        }
        let mine = shown.get_value() + 1;
        shown.set_value(mine);
        let hide = move || {
            if shown.try_get_value() == Some(mine) {
                store.toast.set(None);
            }
        };
        set_timeout(hide, STAYS);
    });
    let words =
        text(move || store.toast.with(|toast| toast.as_ref().map(|it| it.words.clone())).unwrap_or_default());
    let state = text(move || match store.toast.with(|toast| toast.as_ref().is_some_and(|it| it.is_bad)) {
        true => "wrong".to_owned(),
        false => String::new(),
    });
    view! { <p class="toast" role="status" data-testid="toast" data-state=state data-empty=text(move || when(move || store.toast.with(Option::is_none)).get().to_string())>{words}</p> }.into_any()
}
