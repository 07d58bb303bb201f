//! The dialog before a comparison: which two sessions.

use leptos::prelude::*;

use super::super::super::parts::fields::{button, text, when};
use super::super::link::Link;
use super::super::sessions::{Sessions, called, title};
use super::super::store::Store;
use super::{Chosen, open};
use crate::model::format;
use crate::wire::bench::SessionSeen;

/// The value of a choice that means the present session.
const PRESENT: &str = "";

/// A session to choose.
pub(super) fn session(
    sessions: Sessions,
    label: &'static str,
    testid: &'static str,
    value: RwSignal<String>,
) -> AnyView {
    let options = move || {
        let kept = sessions.can_be_read().into_iter().map(|seen| {
            let name = told_apart(&seen);
            let (id, of) = (seen.id.clone(), seen.id);
            view! { <option value=id selected=move || value.with(|value| *value == of)>{name}</option> }
                .into_any()
        });
        let now = view! { <option value=PRESENT selected=move || value.with(String::is_empty)>{called(sessions, None)}</option> };
        std::iter::once(now.into_any()).chain(kept).collect_view()
    };
    view! {
        <label class="field">
            <span>{label}</span>
            <select data-testid=testid on:change=move |event| value.set(event_target_value(&event))>{options}</select>
        </label>
    }
    .into_any()
}

/// Its name, and what tells it from others of the same minute.
fn told_apart(seen: &SessionSeen) -> String {
    let frames = format::counted(seen.frames, "frame");
    match seen.target.as_str() {
        "" => format!("{} ({frames})", title(seen)),
        target => format!("{} ({frames}, {target})", title(seen)),
    }
}

/// What was chosen.
pub(super) fn chosen(sessions: Sessions, value: &str) -> Chosen {
    let id = Some(value.to_owned()).filter(|id| id != PRESENT);
    Chosen { name: called(sessions, id.as_ref()), id, connections: Vec::new() }
}

/// The dialog; `first` is the session that it was asked for on, none for the present one.
pub(crate) fn dialog(store: Store, link: Link, first: Option<String>) -> AnyView {
    let sessions = Sessions::of(store);
    let is_empty = untrack(|| !store.is_reading.get() && store.totals.with(|totals| totals.messages == 0));
    // What is compared with it is most likely the newest one that is another. Without a message there is nothing to compare yet.
    let (first, second) = match (first, untrack(|| sessions.can_be_read()).as_slice()) {
        (None, [newest, before, ..]) if is_empty => (before.id.clone(), newest.id.clone()),
        (None, [newest, ..]) => (String::new(), newest.id.clone()),
        (first, _) => (first.unwrap_or_default(), String::new()),
    };
    let (first, second) = (RwSignal::new(first), RwSignal::new(second));
    let is_same = when(move || first.get() == second.get());
    let words = text(move || match is_same.get() {
        true => "Choose two sessions that differ.".to_owned(),
        false => String::new(),
    });
    let go = move || {
        if !is_same.get_untracked() {
            let sides = [first, second].map(|value| chosen(sessions, &value.get_untracked()));
            open(store, link, sides);
        }
    };
    view! {
        <div class="replay" data-testid="compare-dialog">
            <p class="hint">"Messages are aligned by connection, by the question that they answer and by ids, never by time."</p>
            {session(sessions, "First session, the one that is right", "compare-first", first)}
            {session(sessions, "Second session, compared with it", "compare-second", second)}
            <p class="note" role="status" data-state="wrong" hidden=move || !is_same.get()>{words}</p>
            <div class="deeds">
                {button("primary", "compare-start", "Compare sessions", "", go)}
                {button("quiet", "compare-cancel", "Cancel", "", move || store.dialog.set(None))}
            </div>
        </div>
    }
    .into_any()
}
