//! The bench: lists to the left, the timeline in the middle with its connection above and the composer below, the opened frame to
//! the right, and the figures in a bar at the foot.

use leptos::html::Div;
use leptos::prelude::*;

use super::super::later::{self, once, soon, soon_in};
use super::super::parts::fields::when;
use super::super::turns::Turns;
use super::composer::Composer;
use super::connect::ConnectBar;
use super::link::Link;
use super::panes;
use super::rail::Rail;
use super::rates::Rates;
use super::start::Start;
use super::store::Store;

/// The view for testing by hand.
#[component]
pub(crate) fn Bench(store: Store, link: Link, turns: Turns) -> impl IntoView {
    let current = Memo::new(move |_| store.current());
    let rates = RwSignal::new(Rates::default());
    later::then(move |later| (later.watch_rates)(store, rates));
    let is_fresh =
        Memo::new(move |_| !store.is_reading.get() && store.totals.with(|totals| totals.frames == 0));
    let around = NodeRef::<Div>::new();
    let has_detail = when(move || store.inspect.with(Option::is_some));
    let is_comparing = when(move || store.inspect.with(|it| it.as_ref().is_some_and(|it| it.with.is_some())));
    let opened = once(move || has_detail.get());
    let dropped = move |event: leptos::ev::DragEvent| {
        event.prevent_default();
        if let Some(later) = untrack(later::here) {
            (later.dropped)(store, link, &event);
        }
    };
    view! {
        <h1 class="unseen">"Bench"</h1>
        <div class="bench" node_ref=around data-detail=move || has_detail.get().then_some("") data-comparing=move || is_comparing.get().then_some("") data-reading=move || store.is_reading.get().then_some("")>
            {turns.part(move || view! { <Rail store link rates/> }.into_any())}
            {panes::border(store, around, &panes::RAIL)}
            <div class="bench-work">
                {turns.part(move || (move || current.get().map(|connection| view! { <ConnectBar connection store link/> })).into_any())}
                {soon(move |later| (later.sessions_line)(store, link))}
                {soon(move |later| (later.outside_line)(store, link))}
                // The ways to begin stand over the timeline, and stay when it comes.
                <div class="bench-timeline" on:dragover=|event: leptos::ev::DragEvent| event.prevent_default() on:drop=dropped>
                    {turns.part(move || (move || is_fresh.get().then(|| view! { <Start store link/> }.into_any())).into_any())}
                    {soon_in(timeline_place, move |later| (later.timeline)(store, link))}
                </div>
                {panes::border(store, around, &panes::COMPOSER)}
                {turns.part(move || view! { <Composer store link/> }.into_any())}
            </div>
            <div class="bench-beside" hidden=move || !has_detail.get()>{panes::border(store, around, &panes::DETAIL)}</div>
            {move || opened.get().then(|| soon(move |later| (later.detail)(store, link)))}
            {soon_in(status_place, move |later| (later.status_bar)(store, link, rates))}
        </div>
    }
    .into_any()
}

/// Where the timeline will be.
fn timeline_place() -> AnyView {
    view! { <div class="timeline" aria-busy="true"><div class="timeline-bar"></div><div class="timeline-columns"></div></div> }.into_any()
}

/// Where the figures will be.
fn status_place() -> AnyView {
    view! { <div class="bench-status"><div class="bench-status-bar"></div></div> }.into_any()
}
