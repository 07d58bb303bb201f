//! The bench: lists to the left, the timeline in the middle with its connection above and the composer below, the opened frame to
//! the right, and the figures in a bar at the foot.

use leptos::html::Div;
use leptos::prelude::*;

use super::super::later::{once, soon};
use super::super::parts::fields::when;
use super::composer::Composer;
use super::connect::ConnectBar;
use super::latency::StatusBar;
use super::link::Link;
use super::panes;
use super::rail::Rail;
use super::rates;
use super::store::Store;
use super::timeline::Timeline;

/// The view for testing by hand.
#[component]
pub(crate) fn Bench(store: Store, link: Link) -> impl IntoView {
    let current = Memo::new(move |_| store.current());
    let rates = rates::watch(store);
    let around = NodeRef::<Div>::new();
    let has_detail = when(move || store.inspect.with(Option::is_some));
    let is_comparing = when(move || store.inspect.with(|it| it.as_ref().is_some_and(|it| it.with.is_some())));
    let opened = once(move || has_detail.get());
    view! {
        <h1 class="unseen">"Bench"</h1>
        <div class="bench" node_ref=around data-detail=move || has_detail.get().then_some("") data-comparing=move || is_comparing.get().then_some("")>
            <Rail store link rates/>
            {panes::border(store, around, &panes::RAIL)}
            <div class="bench-work">
                {move || current.get().map(|connection| view! { <ConnectBar connection store link/> })}
                <Timeline store link/>
                {panes::border(store, around, &panes::COMPOSER)}
                <Composer store link/>
            </div>
            <div class="bench-beside" hidden=move || !has_detail.get()>{panes::border(store, around, &panes::DETAIL)}</div>
            {move || opened.get().then(|| soon(move |later| (later.detail)(store, link)))}
            <StatusBar store link rates/>
        </div>
    }
    .into_any()
}
