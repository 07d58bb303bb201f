//! What of a file could not be kept: a button in the line over the timeline, and the list that it opens.

use leptos::prelude::*;

use super::super::super::parts::fields::{text, when};
use super::Sessions;
use crate::model::format;

const LIST: &str = "sessions-missing";

/// The button with its list; nothing where nothing is missing.
pub(super) fn button(sessions: Sessions) -> AnyView {
    let lost = Memo::new(move |_| {
        sessions.reading.with(|it| it.as_ref().map(|it| it.told.lost.clone()).unwrap_or_default())
    });
    let is_hidden = when(move || lost.with(Vec::is_empty));
    let words = text(move || format::counted(lost.with(Vec::len) as u64, "remark"));
    let items = move || lost.get().into_iter().map(|words| view! { <li>{words}</li> }).collect_view();
    view! {
        <button type="button" class="quiet" popovertarget=LIST hidden=is_hidden data-testid="sessions-missing" title="What of the file could not be kept">{words}</button>
        <section class="bench-explained" popover="auto" id=LIST aria-label="What of the file could not be kept" data-testid="sessions-missing-list">
            <p>"What of the file could not be kept:"</p>
            <ul>{items}</ul>
        </section>
    }
    .into_any()
}
