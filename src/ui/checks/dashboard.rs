//! The part "Figures": what a run measured.
//!
//! Owns which figures are drawn and how. Geometry is in [`mod@plot`]. One rule: no figure is finer than the
//! clock, and none is made up where nothing was measured.

use std::time::Duration;

use leptos::prelude::*;

use super::results;
use super::store::Store;
use crate::engine::metrics::{Histogram, plot};
use crate::engine::report::{CheckReport, Metric, Report, ThresholdReport, explain_missing};
use crate::model::format;
use crate::model::running::{LiveRun, Moment};
use crate::ui::parts::fields::{text, when};
use crate::ui::parts::plot::figure;

/// The part.
pub(super) fn figures(store: Store) -> AnyView {
    let shown = Memo::new(move |_| store.shown_here());
    let body = move || {
        match shown.get() {
        Some(run) => dashboard(store, run),
        None => view! { <p class="hint" data-testid="no-figures">"Figures come with a run: run this suite, or open an earlier run."</p> }.into_any(),
    }
    };
    view! { <div class="figures-part" data-testid="figures">{body}</div> }.into_any()
}

fn dashboard(store: Store, run: RwSignal<LiveRun>) -> AnyView {
    let metric = RwSignal::new(None::<String>);
    // Timings of a run that is over come from its report: an earlier one has no others.
    let timings = Memo::new(move |_| {
        run.with(|run| match &run.report {
            Some(report) => timings_of(report),
            None => run
                .timings
                .iter()
                .filter(|(_, it)| !it.is_empty())
                .map(|(name, it)| (name.clone(), it.clone()))
                .collect(),
        })
    });
    let names =
        Memo::new(move |_| timings.with(|all| all.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()));
    let chosen = Memo::new(move |_| {
        let names = names.get();
        let wanted = metric.get().filter(|name| names.contains(name));
        wanted.or_else(|| names.iter().find(|name| *name == "rtt").or(names.first()).cloned())
    });
    let step = store.clock_step;
    let histogram = move || {
        let name = chosen.get()?;
        timings.with(|all| {
            all.iter().find(|(it, _)| *it == name).map(|(_, it)| histogram(&name, it, step.get()))
        })
    };
    let chooser = move || {
        let choose = |name: String| {
            let (mine, label) = (name.clone(), name.clone());
            let is_on = text(move || (chosen.get().as_ref() == Some(&mine)).to_string());
            view! { <button type="button" class="tag" aria-pressed=is_on on:click=move |_| metric.set(Some(name.clone()))>{label}</button> }.into_any()
        };
        names.get().into_iter().map(choose).collect_view()
    };
    let over_time = move || run.with(throughput);
    let judged = move || {
        let list = run.with(|run| match &run.report {
            Some(report) => report
                .thresholds
                .iter()
                .map(|it| (it.clone(), missing(it, &report.checks)))
                .chain(report.checks.iter().flat_map(|check| {
                    check.thresholds.iter().cloned().map(|mut it| {
                        it.message =
                            Some(it.message.map_or_else(
                                || check.name.clone(),
                                |words| format!("{}: {words}", check.name),
                            ));
                        (it, String::new())
                    })
                }))
                .collect::<Vec<_>>(),
            None => Vec::new(),
        });
        list.into_iter().map(|(it, missing)| results::threshold(it, missing)).collect_view()
    };
    let has_thresholds = when(move || {
        run.with(|run| {
            run.report.as_ref().is_some_and(|it| {
                !it.thresholds.is_empty() || it.checks.iter().any(|check| !check.thresholds.is_empty())
            })
        })
    });
    let ladder = move || run.with(|run| run.report.as_ref().and_then(ladder));
    let counters = move || run.with(counters);
    let table = move || timings.with(|all| timing_table(all, step.get()));
    let place = text(move || run.with(|run| run.report.as_ref().map(place_words).unwrap_or_default()));
    view! {
        <section aria-label="Timings">
            <h3>"Timings"</h3>
            {table}
            <div class="tag-list">{chooser}</div>
            <div class="plots">{histogram}</div>
        </section>
        <section aria-label="Over time"><h3>"Over time"</h3><div class="plots">{over_time}</div></section>
        {ladder}
        <section aria-label="Thresholds" hidden=when(move || !has_thresholds.get())>
            <h3>"Thresholds"</h3><ul class="thresholds">{judged}</ul>
        </section>
        <section aria-label="Counters"><h3>"Counters"</h3>{counters}</section>
        <p class="hint" data-testid="place">{place}</p>
    }
    .into_any()
}

/// What did not come first, and what came instead, where this threshold of the suite is broken for want of messages.
fn missing(threshold: &ThresholdReport, checks: &[CheckReport]) -> String {
    let told = explain_missing(threshold, checks);
    told.iter().map(|(check, lines)| format!("{check}\n{lines}")).collect::<Vec<_>>().join("\n")
}

/// Where it ran, since figures without that are hearsay.
fn place_words(report: &Report) -> String {
    let place = &report.environment;
    format!(
        "{} · {} · clock step {} · event loop late by at most {} in 99 of 100 · seed {} · {}{}",
        place.browser,
        place.origin,
        format::micros(place.timer_step_us),
        format::micros(place.loop_lag_p99_ms * 1e3),
        report.seed,
        report.started,
        if place.hidden { " · the page was hidden at times" } else { "" }
    )
}

fn timings_of(report: &Report) -> Vec<(String, Histogram)> {
    let timing = |(name, metric): (&String, &Metric)| {
        let histogram = Histogram::from_base64(metric.histogram.as_ref()?).ok()?;
        (!histogram.is_empty()).then(|| (name.clone(), histogram))
    };
    report.metrics.iter().filter_map(timing).collect()
}

fn timing_table(all: &[(String, Histogram)], step: Duration) -> AnyView {
    if all.is_empty() {
        return view! { <p class="hint">"Nothing was timed."</p> }.into_any();
    }
    let row = |(name, histogram): &(String, Histogram)| {
        let figures = histogram.summary()?;
        let figure =
            |took| view! { <td title=format::exact(took, step)>{format::figure(took, step)}</td> }.into_any();
        let at = |permille| histogram.percentile(permille).map(figure);
        Some(
            view! {
                <tr>
                    <th scope="row" class="mono">{name.clone()}</th>
                    <td>{format::count(figures.count)}</td>
                    {figure(figures.min)}{figure(figures.mean)}
                    {at(500)}{at(900)}{at(950)}{at(990)}{at(999)}
                    {figure(figures.max)}
                </tr>
            }
            .into_any(),
        )
    };
    let rows = all.iter().filter_map(row).collect_view();
    view! {
        <div class="wide" tabindex="0" role="group" aria-label="A table that may be wider than the screen"><table class="table" data-testid="timings">
            <thead><tr><th scope="col">"metric"</th><th scope="col">"samples"</th><th scope="col">"min"</th><th scope="col">"mean"</th>
                <th scope="col">"p50"</th><th scope="col">"p90"</th><th scope="col">"p95"</th><th scope="col">"p99"</th><th scope="col">"p99.9"</th><th scope="col">"max"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table></div>
    }
    .into_any()
}

fn histogram(name: &str, histogram: &Histogram, step: Duration) -> AnyView {
    let bars = histogram.bars(60);
    let Some(figures) = histogram.summary() else { return ().into_any() };
    let most = format::count(bars.iter().copied().max().unwrap_or_default());
    let (low, high) = (format::figure(figures.min, step), format::figure(figures.max, step));
    figure(
        &format!("Latency distribution ({name})"),
        &format!("from {low} to {high}, at most {most} in a bar"),
        vec![("bars", plot::bars(&bars))],
        &[],
        [low, format!("most: {most}"), high],
    )
}

/// Messages per second, and what was in flight.
fn throughput(run: &LiveRun) -> AnyView {
    let seconds = run.report.as_ref().map(|report| report.seconds.as_slice()).unwrap_or_default();
    // A run of less than two seconds has its course in the ticks only, an earlier run only in its seconds.
    let (sent, received): (Vec<_>, Vec<_>) = match run.moments.len() > 2 {
        true => (
            plot::rates(&counts(&run.moments, |it| it.sent)),
            plot::rates(&counts(&run.moments, |it| it.received)),
        ),
        false => {
            let at = |second: usize| (second as f64 + 1.0) * 1e3;
            let of = |pick: fn(&crate::engine::report::Second) -> u64| {
                seconds.iter().enumerate().map(|(number, second)| (at(number), pick(second) as f64)).collect()
            };
            (of(|it| it.sent), of(|it| it.received))
        }
    };
    if sent.is_empty() {
        return view! { <p class="hint">"The run was too short for a chart."</p> }.into_any();
    }
    let right = sent.last().map_or(0.0, |(at, _)| *at);
    let top = sent.iter().chain(&received).map(|(_, rate)| *rate).fold(1.0, f64::max);
    let length = format::span(Duration::from_secs_f64((right / 1e3).ceil()));
    let rates = figure(
        "Messages per second",
        &format!("up to {}/s over {length}", format::rate(top)),
        vec![("sent", plot::line(sent, right, top)), ("received", plot::line(received, right, top))],
        &[("sent", "sent"), ("received", "received")],
        [format::span(Duration::ZERO), format!("top: {}/s", format::rate(top)), length.clone()],
    );
    let flight: Vec<_> = run.moments.iter().map(|it| (it.at, it.in_flight as f64)).collect();
    let open: Vec<_> = run.moments.iter().map(|it| (it.at, it.open as f64)).collect();
    let top = flight.iter().chain(&open).map(|(_, many)| *many).fold(1.0, f64::max);
    let flights = (flight.len() > 2).then(|| {
        figure(
            "In flight, and connections open",
            &format!("up to {}", format::rate(top)),
            vec![("p95", plot::line(flight, right, top)), ("p50", plot::line(open, right, top))],
            &[("p95", "expected, not yet received"), ("p50", "connections")],
            [format::span(Duration::ZERO), format!("top: {}", format::rate(top)), length],
        )
    });
    view! { {rates}{flights} }.into_any()
}

fn counts(moments: &[Moment], of: fn(&Moment) -> u64) -> Vec<(f64, u64)> {
    moments.iter().map(|moment| (moment.at, of(moment))).collect()
}

fn counters(run: &LiveRun) -> AnyView {
    let all = run.counters();
    let over = run.report.as_ref().map(|report| Duration::from(report.duration_ms));
    let figure = |(name, count): (&'static str, u64)| {
        let rate = over.and_then(|over| all.rate(name, over)).filter(|_| count > 0);
        let rate = rate.map(|rate| match name.contains("bytes") {
            true => format!("{}/s", format::size(rate.round() as u64)),
            false => format!("{}/s", format::rate(rate)),
        });
        let name = name.replace('_', " ");
        view! { <div class="figure"><dt>{name}</dt><dd>{format::count(count)}<span class="hint">{rate}</span></dd></div> }.into_any()
    };
    let figures = all.iter().map(figure).collect_view();
    let success = all.success().map(|it| view! { <div class="figure"><dt>"success"</dt><dd data-testid="success">{format::percent(it.percent())}</dd></div> });
    view! { <dl class="latency">{success}{figures}</dl> }.into_any()
}

/// One rung: how many connections, and how it went.
struct Rung {
    name: String,
    connections: u64,
    p50: Duration,
    p95: Duration,
    missing: f64,
}

fn rung(check: &CheckReport) -> Option<Rung> {
    let count = |name: &str| check.metrics.get(name).map_or(0, |metric| metric.count);
    let took = |micros: Option<f64>| micros.map(|micros| Duration::from_nanos((micros * 1e3) as u64));
    let rtt = check.metrics.get("rtt")?;
    let expected = count("expected").max(1);
    Some(Rung {
        name: check.name.clone(),
        connections: count("opened"),
        p50: took(rtt.p50)?,
        p95: took(rtt.p95)?,
        missing: count("missing") as f64 * 100.0 / expected as f64,
    })
}

/// Latency and loss against the number of connections, where checks differ in that.
fn ladder(report: &Report) -> Option<AnyView> {
    let mut rungs: Vec<Rung> =
        report.checks.iter().filter_map(rung).filter(|rung| rung.connections > 0).collect();
    rungs.sort_by_key(|rung| rung.connections);
    let mut different: Vec<u64> = rungs.iter().map(|rung| rung.connections).collect();
    different.dedup();
    if different.len() < 3 {
        return None;
    }
    let step = Duration::from_nanos((report.environment.timer_step_us * 1e3) as u64);
    let right = rungs.last()?.connections as f64;
    let top = rungs.iter().map(|rung| rung.p95).max()?.max(Duration::from_micros(1));
    let line = |of: fn(&Rung) -> Duration| {
        plot::line(
            rungs.iter().map(|rung| (rung.connections as f64, of(rung).as_secs_f64())),
            right,
            top.as_secs_f64(),
        )
    };
    let highest = format::figure(top, step);
    let latency = figure(
        "Round trip against connections",
        &format!("up to {highest} at up to {right} connections"),
        vec![("p95", line(|rung| rung.p95)), ("p50", line(|rung| rung.p50))],
        &[("p50", "p50"), ("p95", "p95")],
        ["0".to_owned(), format!("top: {highest}"), format!("{right} connections")],
    );
    let rows = rungs.iter().map(|rung| {
        let state = if rung.missing > 0.0 { "wrong" } else { "" };
        view! {
            <tr><th scope="row">{rung.name.clone()}</th><td>{rung.connections}</td><td>{format::figure(rung.p50, step)}</td>
                <td>{format::figure(rung.p95, step)}</td><td data-state=state>{format::percent(rung.missing)}</td></tr>
        }
        .into_any()
    });
    let rows = rows.collect_view();
    Some(view! {
        <section aria-label="Ladder of connections" data-testid="ladder">
            <h3>"Ladder of connections"</h3>
            <div class="plots">{latency}</div>
            <div class="wide" tabindex="0" role="group" aria-label="A table that may be wider than the screen"><table class="table">
                <thead><tr><th scope="col">"check"</th><th scope="col">"connections"</th><th scope="col">"p50"</th><th scope="col">"p95"</th><th scope="col">"lost"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
        </section>
    }
    .into_any())
}
