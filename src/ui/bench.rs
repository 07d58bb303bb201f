//! The bench: connections to the left, their common timeline, the composer and the latencies to the right.

use leptos::prelude::*;

use super::composer::Composer;
use super::connections::{ConnectBar, ConnectionList};
use super::latency::LatencyStrip;
use super::link::Link;
use super::store::Store;
use super::timeline::Timeline;

/// The view for testing by hand.
#[component]
pub(super) fn Bench(store: Store, link: Link) -> impl IntoView {
    let latency =
        move || store.current().and_then(|c| c.state.with(|state| state.as_ref().and_then(|s| s.latency)));
    let step = Signal::derive(move || store.clock_step());
    view! {
        <h1 class="unseen">"Bench"</h1>
        <div class="bench">
            <ConnectionList store link/>
            <div class="work">
                {move || store.current().map(|connection| view! { <ConnectBar connection link step/> })}
                <Timeline store link/>
                {move || store.current().map(|connection| view! { <Composer connection link/> })}
                <LatencyStrip latency=Signal::derive(latency) step/>
            </div>
        </div>
    }
}
