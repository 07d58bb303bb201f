//! The bench: connections to the left, their common timeline, the composer and the latencies to the right.

use leptos::prelude::*;

use super::composer::Composer;
use super::connect::ConnectBar;
use super::connections::ConnectionList;
use super::detail::DetailPanel;
use super::latency::LatencyStrip;
use super::link::Link;
use super::store::Store;
use super::timeline::Timeline;

/// The view for testing by hand.
#[component]
pub(crate) fn Bench(store: Store, link: Link) -> impl IntoView {
    let current = Memo::new(move |_| store.current());
    view! {
        <h1 class="unseen">"Bench"</h1>
        <div class="bench">
            <ConnectionList store link/>
            <div class="work">
                {move || current.get().map(|connection| view! { <ConnectBar connection store link/> })}
                <div class="workbench">
                    <Timeline store link/>
                    {super::super::parts::later::later(detail(store, link))}
                </div>
                <Composer store link/>
                <LatencyStrip store link/>
            </div>
        </div>
    }
    .into_any()
}

#[wasm_split_helpers::wasm_split(detail)]
fn detail(store: Store, link: Link) -> AnyView {
    view! { <DetailPanel store link/> }.into_any()
}
