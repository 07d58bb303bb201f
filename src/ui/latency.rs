//! The figures of round trips.

use std::time::Duration;

use leptos::prelude::*;

use super::format;
use crate::engine::LatencySummary;

/// One line of figures; a dash where there is none.
#[component]
pub(super) fn LatencyStrip(
    latency: Signal<Option<LatencySummary>>,
    #[prop(into)] step: Signal<Duration>,
) -> impl IntoView {
    let figure = move |name: &'static str,
                       words: fn(Duration, Duration) -> String,
                       of: fn(&LatencySummary) -> Duration| {
        let value =
            move || latency.get().map_or_else(|| "–".to_owned(), |figures| words(of(&figures), step.get()));
        view! { <div class="figure"><dt>{name}</dt><dd data-testid=name>{value}</dd></div> }
    };
    let samples =
        move || latency.get().map_or_else(|| "0".to_owned(), |figures| format::count(figures.count));
    view! {
        <dl class="latency" aria-label="Round trips" title="Round trips: a reply with the same content, or with the same id in JSON">
            <div class="figure"><dt>"round trips"</dt><dd data-testid="samples">{samples}</dd></div>
            {figure("min", format::duration, |f| f.min)}
            {figure("p50", format::figure, |f| f.p50)}
            {figure("p95", format::figure, |f| f.p95)}
            {figure("p99", format::figure, |f| f.p99)}
            {figure("max", format::duration, |f| f.max)}
        </dl>
    }
}
