//! The connections of the check that runs: how many are open in words, and a cell for each.

use leptos::prelude::*;

use crate::model::format;
use crate::model::running::LiveRun;
use crate::ui::parts::fields::{text, when};
use crate::wire::checks::{ConnectionRow, Phase};

fn is_in(row: &ConnectionRow, phases: &[Phase]) -> bool {
    phases.contains(&row.phase)
}

/// Such as `20 of 20 connections open`; what is not as it should be is added.
pub(super) fn words(run: RwSignal<LiveRun>) -> Signal<String> {
    text(move || {
        run.with(|run| {
            let all = &run.connections;
            if all.is_empty() {
                return String::new();
            }
            let of = |phases: &[Phase]| all.iter().filter(|row| is_in(row, phases)).count() as u64;
            let open = format::count(of(&[Phase::Open]));
            let mut words = format!("{open} open of {}", format::counted(all.len() as u64, "connection"));
            for (phases, name) in [
                (&[Phase::Connecting][..], "connecting"),
                (&[Phase::Closing, Phase::Closed][..], "closed"),
                (&[Phase::Failed][..], "failed"),
            ] {
                let count = of(phases);
                if count > 0 {
                    words.push_str(&format!(", {} {name}", format::count(count)));
                }
            }
            words
        })
    })
}

/// The cells, by state.
pub(super) fn grid(run: RwSignal<LiveRun>) -> AnyView {
    let count = Memo::new(move |_| run.with(|run| run.connections.len()));
    let cell = move |at: usize| {
        let row = Memo::new(move |_| {
            run.with(|run| run.connections.get(at).map(|row| (row.name.clone(), row.phase)))
        });
        let state = move || {
            row.with(|row| match row.as_ref().map(|(_, phase)| *phase) {
                Some(Phase::Connecting) => "connecting",
                Some(Phase::Open) => "open",
                Some(Phase::Closing) => "closing",
                Some(Phase::Closed) | None => "closed",
                Some(Phase::Failed) => "failed",
            })
        };
        let title = text(move || {
            let name = row.with(|row| row.as_ref().map(|(name, _)| name.clone()).unwrap_or_default());
            format!("{name}: {}", state())
        });
        view! { <li data-state=state title=title></li> }.into_any()
    };
    let cells = move || (0..count.get()).map(cell).collect_view();
    view! {
        <ul class="run-connections" aria-hidden="true" hidden=when(move || count.get() < 2)>{cells}</ul>
    }
    .into_any()
}
