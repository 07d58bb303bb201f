//! The part "Checks" of a suite: what it has before it runs, and after that what came of it.

use leptos::prelude::*;

use super::link::Link;
use super::order;
use super::run;
use super::store::Store;
use crate::engine::suite::assist::OutlineCheck;
use crate::model::format;
use crate::ui::parts::fields::when;

/// More are not drawn: too many to read.
const MOST_LISTED: usize = 500;

/// The part.
pub(super) fn checks(store: Store, link: Link) -> AnyView {
    let shown = Memo::new(move |_| store.shown_here());
    let body = move || match shown.get() {
        Some(run) => run::run(store, link, run),
        None => list(store, link),
    };
    view! { <div class="checks-part">{run::order(store, link)}{body}</div> }.into_any()
}

fn list(store: Store, link: Link) -> AnyView {
    let checks = Memo::new(move |_| store.examined.with(|it| it.checks.clone()));
    let mistakes = Memo::new(move |_| store.examined.with(|it| it.mistakes.len()));
    let rows = move || match (store.is_loaded.get(), mistakes.get()) {
        (false, _) => view! { <p class="hint">"Loading …"</p> }.into_any(),
        (true, 0) => checks
            .get()
            .into_iter()
            .take(MOST_LISTED)
            .map(|check| listed(store, link, check))
            .collect_view()
            .into_any(),
        (true, count) => {
            let words = format!(
                "This suite has {}; the part Edit shows each at its line.",
                format::counted(count as u64, "mistake")
            );
            view! { <p class="note" data-state="wrong">{words}</p> }.into_any()
        }
    };
    view! { <ol class="suite-checks" data-testid="listed-checks">{rows}</ol> }.into_any()
}

fn listed(store: Store, link: Link, check: OutlineCheck) -> AnyView {
    let name = check.name.clone();
    let only = move || order::run_selected(store, link, vec![name.clone()]);
    let line = check.line;
    let show = move || store.show_line(line);
    view! {
        <li class="suite-check">
            <div class="suite-line">
                <strong>{check.name}</strong>
                {check.tags.into_iter().map(|tag| view! { <span class="checks-badge">{tag}</span> }).collect_view()}
                <span class="checks-space"></span>
                <button type="button" class="quiet" on:click=move |_| show()>{format!("line {line}")}</button>
                <button type="button" class="quiet" data-testid="run-one" disabled=when(move || store.is_running()) on:click=move |_| only()>"Run only this"</button>
            </div>
            <p class="suite-about">{check.about}</p>
        </li>
    }
    .into_any()
}
