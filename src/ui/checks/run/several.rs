//! Several runs of one request: a chip for each, and how steady each check was.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::super::link::Link;
use super::super::order;
use super::super::store::Store;
use crate::model::format;
use crate::model::running::LiveRun;
use crate::ui::parts::fields::{text, when};

/// The chips.
pub(crate) fn order(store: Store, link: Link) -> AnyView {
    let runs = Memo::new(move |_| {
        let begun = store.order.with(|order| if order.runs > 1 { order.begun as usize } else { 0 });
        store.runs.with(|runs| runs[runs.len().saturating_sub(begun)..].to_vec())
    });
    let chips = move || {
        let chip = |run: RwSignal<LiveRun>| {
            let (id, round) = run.with_untracked(|run| (run.suite_id.clone(), run.round));
            let stage = text(move || run.with(|run| run.stage().name().to_owned()));
            let label = text(move || match store.order.with(|order| order.suites.len()) {
                1 => (round + 1).to_string(),
                _ => run.with(|run| run.suite.clone()),
            });
            let is_current = text(move || (store.shown.get() == Some(run)).to_string());
            let show = move || {
                crate::browser::page::go_to(&format!("#/checks/{id}"));
                store.selected.set(id.clone());
                store.shown.set(Some(run));
            };
            view! {
                <button type="button" class="order-chip" data-testid="order-run" data-verdict=stage aria-pressed=is_current on:click=move |_| show()>
                    <span class="checks-sign" data-verdict=stage role="img" aria-label=stage></span>{label}
                </button>
            }
            .into_any()
        };
        runs.get().into_iter().map(chip).collect_view()
    };
    let failed = Memo::new(move |_| {
        runs.with(|runs| runs.iter().any(|run| run.with(|run| !order::failed(run).is_empty())))
    });
    let again = move || order::run_all_failed(store, link, &runs.get_untracked());
    let run_all_failed = view! {
        <button type="button" data-testid="run-all-failed" hidden=when(move || !failed.get() || store.is_running()) on:click=move |_| again()>"Re-run failed"</button>
    };
    view! {
        <section class="order" aria-label="Runs of this request" hidden=when(move || runs.with(Vec::is_empty))>
            <div class="order-chips">{chips}</div>
            {steadiness(store)}
            {run_all_failed}
        </section>
    }
    .into_any()
}

/// Which checks passed only now and then.
fn steadiness(store: Store) -> AnyView {
    let seen = Memo::new(move |_| {
        store.order.with(|order| if order.suites.len() == 1 { order.tally.clone() } else { BTreeMap::new() })
    });
    let rows = move || {
        let row = |(name, (passed, all)): (String, (u32, u32))| {
            view! { <li data-testid="unsteady"><strong>{name}</strong>{format!(" passed {passed} of {all} times")}</li> }
                .into_any()
        };
        seen.get().into_iter().filter(|(_, (passed, all))| passed != all).map(row).collect_view()
    };
    let words = text(move || {
        seen.with(|seen| {
            let unsteady = seen.values().filter(|(passed, all)| passed != all).count();
            match (seen.len(), unsteady) {
                (0, _) => String::new(),
                (all, 0) => format!("{} passed every time so far.", format::counted(all as u64, "check")),
                (_, unsteady) => {
                    format!("{} did not pass every time:", format::counted(unsteady as u64, "check"))
                }
            }
        })
    });
    view! { <p class="hint" data-testid="steadiness">{words}</p><ul class="order-unsteady">{rows}</ul> }
        .into_any()
}
