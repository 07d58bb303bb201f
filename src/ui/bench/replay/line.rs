//! The line over the timeline that says how a replay goes, and how it ended.

use leptos::prelude::*;

use super::super::super::parts::fields::{button, icon, text, when};
use super::super::link::Link;
use super::super::sessions::Sessions;
use super::super::store::Store;
use super::{Replays, ask, ask_for, compare};
use crate::browser::page;
use crate::model::format;
use crate::wire::bench::{ReplayPhase, ReplayRequest, ReplaySeen};

/// The line; nothing without a replay, and while an earlier session is shown.
pub(crate) fn line(store: Store, link: Link) -> AnyView {
    let replays = Replays::of(store);
    let is_shown = Memo::new(move |_| {
        let run = replays.seen.with(|seen| seen.as_ref().map_or(0, |seen| seen.run));
        run > replays.put_away.get() && Sessions::shown(store).is_none()
    });
    let body = move || is_shown.get().then(|| shown(store, link, replays));
    view! { {body} }.into_any()
}

fn shown(store: Store, link: Link, replays: Replays) -> AnyView {
    let seen = move || replays.seen.get().unwrap_or_default();
    let words = text(move || words(&seen()));
    let is_under_way = when(move || matches!(seen().phase, ReplayPhase::Reading | ReplayPhase::Running));
    let is_wrong = when(move || matches!(seen().phase, ReplayPhase::Failed(_)));
    // It ends so before anything is sent, right after its start: the button that had the focus is gone.
    Effect::new(move || {
        if is_wrong.get() {
            page::focus_soon("[data-testid=replay-change]");
        }
    });
    let can_compare = when(move || {
        let seen = seen();
        matches!(seen.phase, ReplayPhase::Done | ReplayPhase::Stopped) && seen.opened.0 > 0
    });
    let (done, of) =
        (text(move || seen().steps.0.to_string()), text(move || seen().steps.1.max(1).to_string()));
    let title = text(move || format!("Replay {}", seen().run));
    let remarks = move || {
        let seen = seen();
        let all: Vec<_> = seen.remarks.into_iter().map(|remark| view! { <li>{remark}</li> }).collect();
        (!all.is_empty() && seen.phase != ReplayPhase::Running).then(|| {
            view! { <ul class="replay-remarks" tabindex="0" data-testid="replay-remarks">{all}</ul> }
        })
    };
    let change = move || ask_for(store, untrack(seen).of);
    let put_away = move || replays.put_away.set(seen().run);
    view! {
        <div class="replay-shown" data-testid="replay-line" data-state=move || is_wrong.get().then_some("wrong")>
            <div class="sessions-line">
                <b class="sessions-name">{title}</b>
                <progress class="replay-progress" aria-label="Replay" value=done max=of hidden=move || !is_under_way.get()></progress>
                <span class="sessions-words" role="status" data-testid="replay-words" title=words>{words}</span>
                <span hidden=move || !is_under_way.get()>{button("", "replay-stop", "Stop replay", "Stops sending and closes its connections", move || ask(link, &ReplayRequest::Stop))}</span>
                <span hidden=move || !can_compare.get()>{button("primary", "replay-compare", "Compare with the original", "Shows what is missing, new, changed, reordered or slower", move || compare(store, link, &untrack(seen)))}</span>
                <span hidden=move || !is_wrong.get()>{button("", "replay-change", "Change replay", "Opens its form again, with what was wrong", change)}</span>
                <span hidden=move || is_under_way.get()>{icon("quiet", "replay-close", "×", text(|| "Close this message".to_owned()), put_away)}</span>
            </div>
            {remarks}
        </div>
    }
    .into_any()
}

fn words(seen: &ReplaySeen) -> String {
    let progress = format!(
        "{} of {} sent, {} of {} received",
        format::count(seen.sent.0),
        format::count(seen.sent.1),
        format::count(seen.received.0),
        format::count(seen.received.1)
    );
    match &seen.phase {
        ReplayPhase::Reading => "Reading the session …".to_owned(),
        ReplayPhase::Running => format!("{progress}, against {}", seen.to),
        ReplayPhase::Done if seen.opened.0 < seen.opened.1 => {
            let all = format::counted(seen.opened.1, "connection");
            format!("Done: {progress}. Opened: {} of {all}.", seen.opened.0)
        }
        ReplayPhase::Done => format!("Done: {progress}."),
        ReplayPhase::Stopped => format!("Stopped: {progress}."),
        ReplayPhase::Failed(words) => format!("Not replayed: {words}"),
    }
}
