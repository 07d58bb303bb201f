//! The bar at the foot: how fast messages come and go, the figures of round trips, what the timeline holds. It opens into plots.

use std::time::Duration;

use leptos::prelude::*;

use super::super::later::soon;
use super::super::parts::fields::{button, bytes, prose, text, toggle, when};
use super::super::parts::icons;
use super::link::Link;
use super::rates::{self, Rates};
use super::related::UnansweredCount;
use super::store::Store;
use crate::engine::LatencySummary;
use crate::engine::bench::pairing::PairBy;
use crate::model::format;
use crate::wire::bench::{Offer, PlotOf, Request};

/// The usual figures; a dash where there is none.
#[component]
fn Figures(seen: Memo<Seen>, step: Signal<Duration>, store: Store, link: Link) -> impl IntoView {
    let latency = Memo::new(move |_| seen.with(|seen| seen.latency));
    let samples = text(move || format::count(latency.get().map_or(0, |figures| figures.count)));
    let figure = move |name: &'static str, of: fn(&LatencySummary) -> Duration| {
        let value = move |words: fn(Duration, Duration) -> String| {
            text(move || {
                latency.get().map_or_else(|| "–".to_owned(), |figures| words(of(&figures), step.get()))
            })
        };
        // A percentile of few is a guess: it is the longest of them, or near to it.
        let least = least_samples(name);
        let is_guess = move || latency.get().is_some_and(|it| it.count < least);
        let more = text(move || match latency.get() {
            Some(it) => {
                let exact = format::exact(of(&it), step.get());
                let guess = if is_guess() { format!("; {name} takes {least}") } else { String::new() };
                format!("{exact} of {}{guess}", format::counted(it.count, "sample"))
            }
            None => "–".to_owned(),
        });
        view! { <div class="bench-figure" data-of=name data-guess=text(move || is_guess().to_string())><dt>{name}</dt><dd data-testid=name title=more>{value(format::figure)}</dd></div> }.into_any()
    };
    let quantity = text(move || match seen.with(|seen| seen.relay.is_some()) {
        true => "rtt.relay".to_owned(),
        false => format::plural(latency.get().map_or(0, |figures| figures.count), "round trip"),
    });
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
        <dl class="bench-latency">
            <div class="bench-figure" data-of="samples"><dt>{quantity}</dt><dd data-testid="samples">{samples}</dd></div>
            <div class="bench-figure" data-of="unanswered" data-some=is_some><dt>{name}</dt><dd><UnansweredCount store link count=unanswered hint=text(move || seen.with(unanswered_words))/></dd></div>
            {figure("min", |f| f.min)}
            {figure("p50", |f| f.p50)}
            {figure("p95", |f| f.p95)}
            {figure("p99", |f| f.p99)}
            {figure("max", |f| f.max)}
        </dl>
    }
    .into_any()
}

/// With fewer samples than this, a percentile says no more than the longest of them.
fn least_samples(name: &str) -> u64 {
    match name {
        "p95" => 20,
        "p99" => 100,
        _ => 0,
    }
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
    /// What the relay tells of itself; none where the page opened the connection.
    relay: Option<String>,
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
            relay: state.relay.clone(),
        })
    })
}

fn unanswered_words(seen: &Seen) -> String {
    let mut words =
        "Messages that went out more than a second ago and got no reply; a click lists them.".to_owned();
    if seen.given_up > 0 {
        words.push_str(&format!(
            " {} of them will get none: the connection has ended, or too many waited.",
            format::count(seen.given_up)
        ));
    }
    words
}

/// One line of figures, of one connection or of all, and what it opens into.
pub(crate) fn status_bar(store: Store, link: Link, rates: RwSignal<Rates>) -> AnyView {
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
        tainted => format!("{} unreliable (tab hidden or page busy)", format::counted(tainted, "sample")),
    });
    let clock =
        text(move || format!("clock step {}", format::figure(store.clock_step(), store.clock_step())));
    let rate = move |of: fn(&Rates) -> String| text(move || rates.with(of));
    let relay = Memo::new(move |_| seen.with(|seen| seen.relay.clone()));
    let turn = move || store.layout.update(|it| it.shows_plots = !it.shows_plots);
    view! {
        <section class="latencies bench-status" aria-label="Round trips" data-open=move || shows_plots.get().then_some("")>
            <div class="bench-status-more" hidden=move || !shows_plots.get()>
                <div class="deeds">
                    {toggle("plot-all", "All connections", "Of all connections, or of the selected one", store.plot_all.into(), move || store.plot_all.update(|it| *it = !*it))}
                    {button("quiet", "reset-figures", "Reset", "Reset these figures; frames stay. A new address also resets a connection's figures.", move || link.send(&Request::ResetFigures(untrack(of))))}
                    <span class="hint" data-testid="clock-step">{clock}</span>
                    <span class="hint" data-testid="tainted" title="Measured while the tab was hidden or the page was busy: these say nothing about the server">{tainted}</span>
                </div>
                {move || shows_plots.get().then(|| view! { <div class="bench-plots" data-together="" data-testid="plot">{soon(move |later| (later.plots)(store, rates))}</div> }.into_any())}
            </div>
            <div class="bench-status-bar">
                <span class="bench-rate" data-direction="received" title="Received in the last second" data-testid="rate-received">
                    <i aria-hidden="true">"↓"</i><span class="unseen">"Received: "</span><b>{rate(|it| rates::words(it.received))}</b><span class="bench-rate-bytes">{rate(|it| rates::bytes(it.received_bytes))}</span>
                </span>
                <svg class="bench-spark" viewBox="0 0 80 16" preserveAspectRatio="none" aria-hidden="true"><path d=rate(Rates::path)/></svg>
                <span class="bench-rate" data-direction="sent" title="Sent in the last second" data-testid="rate-sent">
                    <i aria-hidden="true">"↑"</i><span class="unseen">"Sent: "</span><b>{rate(|it| rates::words(it.sent))}</b><span class="bench-rate-bytes">{rate(|it| rates::bytes(it.sent_bytes))}</span>
                </span>
                <Figures seen step store link/>
                {move || relay.get().map(|words| relayed(words, store, link))}
                {move || seen.with(|seen| seen.offer.clone()).map(|offer| offered(store, offer))}
                <span class="bench-gap"></span>
                <Held store/>
                <button type="button" class="quiet" data-testid="plots" aria-expanded=text(move || shows_plots.get().to_string())
                    title="Plots of the round trips" aria-label="Plots of the round trips" on:click=move |_| turn()>
                    {icons::GAUGE.draw()}
                </button>
            </div>
        </section>
    }
    .into_any()
}

/// What the timeline holds, and how much it may hold.
#[component]
fn Held(store: Store) -> impl IntoView {
    let frames = text(move || {
        let held = store.totals.with(|totals| totals.frames - totals.dropped - totals.cleared);
        format::counted(held, "frame")
    });
    let dropped = Memo::new(move |_| store.totals.with(|totals| (totals.dropped, totals.cleared)));
    let gone = text(move || {
        let (dropped, cleared) = dropped.get();
        let mut words = Vec::new();
        if dropped > 0 {
            words.push(format!("{} dropped", format::count(dropped)));
        }
        if cleared > 0 {
            words.push(format!("{} cleared", format::count(cleared)));
        }
        words.join(", ")
    });
    let memory = text(move || format::size(store.totals.with(|totals| totals.held_bytes)));
    let budget = text(move || format!(" of {}", format::size(store.totals.with(|totals| totals.budget))));
    view! {
        <span class=text(move || dropped_class(dropped.get().0).to_owned()) hidden=move || dropped.get() == (0, 0) data-testid="dropped"
            title="Dropped: the oldest frames, removed when memory was full. Held, dropped and cleared add up to all frames.">{gone}</span>
        <span class="bench-frames" data-testid="frames">{frames}</span>
        <details class="menu up">
            <summary class="bench-memory" title="Memory of the timeline">{memory}<span class="bench-spelt">{budget}</span></summary>
            <div class="sheet">{bytes("Memory for frames", "budget", move || store.budget.get(), move |it| store.budget.set(it.max(1 << 20)))}</div>
        </details>
    }
    .into_any()
}

/// Frames that memory had no room for are a loss; those that a person cleared are none.
fn dropped_class(dropped: u64) -> &'static str {
    if dropped > 0 { "bench-dropped" } else { "bench-cleared" }
}

/// What the relay tells of a connection: its own delay, and the time of a ping.
fn relayed(words: String, store: Store, link: Link) -> AnyView {
    let ping = move || link.send(&Request::Ping { connection: store.selected.get_untracked() });
    let words = if words.is_empty() { "by relay".to_owned() } else { format!("by relay: {words}") };
    view! {
        <span class="bench-offered" title="How long bytes were inside the relay (p50, both ways), and the last ping from the relay to the server. Round trips by relay are a quantity of their own: they have the way through the Sockscope server in them." data-testid="relay">{words}</span>
        {button("quiet", "relay-ping", "Ping server", "The relay sends a ping to the server and measures its pong; the page takes no part", ping)}
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
            format!("Round trips of {name} are measured by {by}, also among the messages in the timeline.");
        store.offer_undo(words, move || connection.setup.update(|setup| setup.pairing = before.clone()));
    };
    view! {
        <span class="bench-offered" role="status" data-testid="pairing-offer">{prose(&words)}</span>
        {button("quiet", "pairing-use", "Use it", "Recognises replies by this value, also among the messages that the timeline holds. The figures of this connection are counted again from them; frames stay.", accept)}
    }
    .into_any()
}
