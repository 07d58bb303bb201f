//! The connections of the check that runs: how many are open in words, and a cell for each.

use leptos::prelude::*;

use crate::model::connections::in_words;
use crate::model::running::LiveRun;
use crate::ui::parts::fields::{text, when};
use crate::wire::checks::Phase;

/// Such as `20 open of 20 connections`; what is not as it should be is added.
pub(super) fn words(run: RwSignal<LiveRun>) -> Signal<String> {
    text(move || run.with(|run| in_words(&run.connections)))
}

/// The cells, by state.
pub(super) fn grid(run: RwSignal<LiveRun>) -> AnyView {
    let count = Memo::new(move |_| run.with(|run| run.connections.len()));
    let cell = move |at: usize| {
        let row = Memo::new(move |_| {
            run.with(|run| run.connections.get(at).map(|row| (row.name.clone(), row.phase, row.is_relayed)))
        });
        let state = move || {
            row.with(|row| match row.as_ref().map(|(_, phase, _)| *phase) {
                Some(Phase::Connecting) => "connecting",
                Some(Phase::Open) => "open",
                Some(Phase::Closing) => "closing",
                Some(Phase::Closed) | None => "closed",
                Some(Phase::Failed) => "failed",
            })
        };
        let title = text(move || {
            let (name, by_relay) = row.with(|row| {
                let relayed = row.as_ref().is_some_and(|(.., is_relayed)| *is_relayed);
                let name = row.as_ref().map(|(name, ..)| name.clone()).unwrap_or_default();
                (name, if relayed { ", by relay" } else { "" })
            });
            format!("{name}: {}{by_relay}", state())
        });
        view! { <li data-state=state title=title></li> }.into_any()
    };
    let cells = move || (0..count.get()).map(cell).collect_view();
    view! {
        <ul class="run-connections" aria-hidden="true" hidden=when(move || count.get() < 2)>{cells}</ul>
    }
    .into_any()
}
