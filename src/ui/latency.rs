//! The figures of round trips, and their plots.

use std::time::Duration;

use leptos::prelude::*;

use super::fields::{text, toggle, when};
use super::format;
use super::link::Link;
use super::plot;
use super::store::Store;
use crate::engine::LatencySummary;
use crate::wire::{PlotOf, Request};

/// The usual figures; a dash where there is none.
#[component]
pub(super) fn Figures(latency: Signal<Option<LatencySummary>>, step: Signal<Duration>) -> impl IntoView {
    let figure = move |name: &'static str,
                       words: fn(Duration, Duration) -> String,
                       of: fn(&LatencySummary) -> Duration| {
        let value = text(move || {
            latency.get().map_or_else(|| "–".to_owned(), |figures| words(of(&figures), step.get()))
        });
        view! { <div class="figure"><dt>{name}</dt><dd data-testid=name>{value}</dd></div> }.into_any()
    };
    let samples =
        text(move || latency.get().map_or_else(|| "0".to_owned(), |figures| format::count(figures.count)));
    view! {
        <dl class="latency">
            <div class="figure"><dt>"round trips"</dt><dd data-testid="samples">{samples}</dd></div>
            {figure("min", format::duration, |f| f.min)}
            {figure("p50", format::figure, |f| f.p50)}
            {figure("p95", format::figure, |f| f.p95)}
            {figure("p99", format::figure, |f| f.p99)}
            {figure("max", format::duration, |f| f.max)}
        </dl>
    }
    .into_any()
}

/// One line of figures, of one connection or of all, and the plots under it.
#[component]
pub(super) fn LatencyStrip(store: Store, link: Link) -> impl IntoView {
    let latency = Memo::new(move |_| {
        if store.plot_all.get() {
            return store.totals.with(|totals| (totals.latency, totals.tainted));
        }
        let of_line =
            |c: super::store::Connection| c.state.with(|s| s.as_ref().map(|s| (s.latency, s.tainted)));
        store.current().and_then(of_line).unwrap_or_default()
    });
    let shows_plots = when(move || store.layout.with(|it| it.shows_plots));
    Effect::new(move || {
        let of = if store.plot_all.get() { PlotOf::All } else { PlotOf::One(store.selected.get()) };
        link.ask(&Request::Plot(shows_plots.get().then_some(of)));
    });
    let step = Signal::derive(move || store.clock_step());
    let tainted = text(move || match latency.get().1 {
        0 => String::new(),
        tainted => format!(
            "{} of them while the tab was hidden or the worker was late: no evidence against the server",
            format::count(tainted)
        ),
    });
    let clock =
        text(move || format!("clock step {}", format::duration(store.clock_step(), store.clock_step())));
    view! {
        <section class="latencies" aria-label="Round trips">
            <Figures latency=Signal::derive(move || latency.get().0) step/>
            <div class="deeds">
                {toggle("plot-all", "All connections", "Of all connections, or of the selected one", store.plot_all.into(), move || store.plot_all.update(|it| *it = !*it))}
                {toggle("plots", "Plots", "Histogram, and over time", shows_plots, move || store.layout.update(|it| it.shows_plots = !it.shows_plots))}
                <span class="hint" data-testid="clock-step">{clock}</span>
                <span class="hint" data-testid="tainted">{tainted}</span>
            </div>
            {move || shows_plots.get().then(|| view! { <div class="plots" data-testid="plot">{move || plots(store)}</div> }.into_any())}
        </section>
    }
    .into_any()
}

fn plots(store: Store) -> AnyView {
    let step = store.clock_step();
    store.plot.with(|plot| match plot {
        Some(plot) if plot.range.is_some() => view! { {plot::histogram(plot, step)}{plot::trend(plot, step)} }.into_any(),
        _ => view! { <p class="hint">"No round trips yet. A reply is recognised by its content or its id; the connection's options have other ways."</p> }.into_any(),
    })
}
