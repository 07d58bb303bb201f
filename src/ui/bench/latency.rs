//! The figures of round trips, and their plots.

use std::time::Duration;

use leptos::prelude::*;

use super::super::parts::fields::{button, prose, text, toggle, when};
use super::super::parts::plot;
use super::link::Link;
use super::store::Store;
use crate::engine::LatencySummary;
use crate::engine::bench::pairing::PairBy;
use crate::model::format;
use crate::wire::bench::{Offer, PlotOf, Request};

/// The usual figures; a dash where there is none.
#[component]
pub(crate) fn Figures(seen: Memo<Seen>, step: Signal<Duration>) -> impl IntoView {
    let latency = Memo::new(move |_| seen.with(|seen| seen.latency));
    let samples = text(move || format::count(latency.get().map_or(0, |figures| figures.count)));
    let figure = move |name: &'static str, of: fn(&LatencySummary) -> Duration| {
        let value = move |words: fn(Duration, Duration) -> String| {
            text(move || {
                latency.get().map_or_else(|| "–".to_owned(), |figures| words(of(&figures), step.get()))
            })
        };
        let is_percentile = name.starts_with('p');
        // A percentile of few is a guess, so each says of how many it is.
        let of_how_many = text(move || match latency.get() {
            Some(_) if is_percentile => format!(" of {}", samples.get()),
            _ => String::new(),
        });
        view! { <div class="figure"><dt>{name}{of_how_many}</dt><dd data-testid=name title=value(format::exact)>{value(format::figure)}</dd></div> }.into_any()
    };
    let unanswered = text(move || {
        seen.with(|seen| match seen.is_measured {
            true => format::count(seen.unanswered),
            false => "–".to_owned(),
        })
    });
    let name = text(move || {
        let is_none_known = seen.with(|seen| seen.latency.is_none() && seen.unanswered > 0);
        if is_none_known { "no reply recognised" } else { "unanswered" }.to_owned()
    });
    let is_some = text(move || seen.with(|seen| seen.is_measured && seen.unanswered > 0).to_string());
    view! {
        <dl class="latency">
            <div class="figure"><dt>"round trips"</dt><dd data-testid="samples">{samples}</dd></div>
            <div class="figure" data-some=is_some><dt>{name}</dt><dd data-testid="unanswered" title=text(move || seen.with(unanswered_words))>{unanswered}</dd></div>
            {figure("min", |f| f.min)}
            {figure("p50", |f| f.p50)}
            {figure("p95", |f| f.p95)}
            {figure("p99", |f| f.p99)}
            {figure("max", |f| f.max)}
        </dl>
    }
    .into_any()
}

/// What is seen of the round trips, of one connection or of all.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Seen {
    latency: Option<LatencySummary>,
    tainted: u64,
    unanswered: u64,
    /// Those among them that were given up, where that is known.
    given_up: u64,
    /// Replies are recognised in some way.
    is_measured: bool,
    /// What they might be recognised by.
    offer: Option<Offer>,
}

fn seen(store: Store) -> Seen {
    if store.plot_all.get() {
        return store.totals.with(|totals| Seen {
            latency: totals.latency,
            tainted: totals.tainted,
            unanswered: totals.unanswered,
            is_measured: true,
            ..Seen::default()
        });
    }
    let Some(connection) = store.current() else { return Seen::default() };
    let pairing = connection.setup.with(|setup| setup.pairing.clone());
    connection.state.with(|state| {
        state.as_ref().map_or_else(Seen::default, |state| Seen {
            latency: state.latency,
            tainted: state.tainted,
            unanswered: state.unanswered,
            given_up: state.given_up,
            is_measured: pairing != PairBy::Off,
            offer: state.offer.clone().filter(|_| pairing == PairBy::Auto),
        })
    })
}

fn unanswered_words(seen: &Seen) -> String {
    let mut words = "Messages that went out more than a second ago and got no reply.".to_owned();
    if seen.given_up > 0 {
        words.push_str(&format!(
            " {} of them will get none: the connection has ended, or too many waited.",
            format::count(seen.given_up)
        ));
    }
    words
}

/// One line of figures, of one connection or of all, and the plots under it.
#[component]
pub(crate) fn LatencyStrip(store: Store, link: Link) -> impl IntoView {
    let seen = Memo::new(move |_| seen(store));
    let shows_plots = when(move || store.layout.with(|it| it.shows_plots));
    let of = move || if store.plot_all.get() { PlotOf::All } else { PlotOf::One(store.selected.get()) };
    Effect::new(move || {
        let of = of();
        link.send(&Request::Plot(shows_plots.get().then_some(of)));
    });
    let step = Signal::derive(move || store.clock_step());
    let tainted = text(move || match seen.with(|seen| seen.tainted) {
        0 => String::new(),
        tainted => format!(
            "{} of them while the tab was hidden or the worker was late: no evidence against the server",
            format::count(tainted)
        ),
    });
    let clock =
        text(move || format!("clock step {}", format::figure(store.clock_step(), store.clock_step())));
    view! {
        <section class="latencies" aria-label="Round trips">
            <Figures seen step/>
            <div class="deeds">
                {toggle("plot-all", "All connections", "Of all connections, or of the selected one", store.plot_all.into(), move || store.plot_all.update(|it| *it = !*it))}
                {toggle("plots", "Plots", "Histogram, and over time", shows_plots, move || store.layout.update(|it| it.shows_plots = !it.shows_plots))}
                {button("quiet", "reset-figures", "Reset", "Reset these figures; frames stay. A new address also resets a connection's figures.", move || link.send(&Request::ResetFigures(untrack(of))))}
                <span class="hint" data-testid="clock-step">{clock}</span>
                <span class="hint" data-testid="tainted">{tainted}</span>
                {move || seen.with(|seen| seen.offer.clone()).map(|offer| offered(store, offer))}
            </div>
            {move || shows_plots.get().then(|| view! { <div class="plots" data-testid="plot">{super::super::parts::later::later(lazy_plots(store))}</div> }.into_any())}
        </section>
    }
    .into_any()
}

/// A way to recognise replies that was found by looking.
fn offered(store: Store, offer: Offer) -> AnyView {
    let Offer { sent, received, replies } = offer;
    let by = match sent == received {
        true => format!("`{sent}`"),
        false => format!("`{sent}` in the message and `{received}` in the reply"),
    };
    let words = format!("{} replies match by {by}.", format::count(replies));
    let accept = move || {
        let Some(connection) = untrack(|| store.current()) else { return };
        let pairing = PairBy::Field { sent: format!("$.{sent}"), received: format!("$.{received}") };
        let before = connection.setup.with_untracked(|setup| setup.pairing.clone());
        connection.setup.update(|setup| setup.pairing = pairing);
        let name = untrack(|| connection.name());
        let words =
            format!("Round trips of {name} are measured by {by}, and their figures start again from 0.");
        store.offer_undo(words, move || connection.setup.update(|setup| setup.pairing = before.clone()));
    };
    view! {
        <span class="offered" role="status" data-testid="pairing-offer">{prose(&words)}</span>
        {button("quiet", "pairing-use", "Use it", "Recognises replies by this value from now on. The figures of this connection start again from 0; frames stay.", accept)}
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

#[wasm_split_helpers::wasm_split(plots)]
fn lazy_plots(store: Store) -> AnyView {
    (move || plots(store)).into_any()
}
