//! All figures of a run, folded: timings, distributions, limits, counters, and where it ran.
//!
//! One rule: no figure is finer than the clock, and none is made up where nothing was measured. Nothing is drawn while it is
//! folded.

use std::time::Duration;

use leptos::prelude::*;

use super::super::store::Store;
use super::limits::threshold;
use super::{charts, ladder};
use crate::engine::metrics::{Histogram, plot};
use crate::engine::report::{CheckReport, Report, ThresholdReport, explain_missing};
use crate::model::capacity::generator;
use crate::model::format;
use crate::model::running::LiveRun;
use crate::ui::parts::fields::text;
use crate::ui::parts::plot::figure;

/// The part.
pub(super) fn figures(store: Store, run: RwSignal<LiveRun>, span: RwSignal<Option<(f64, f64)>>) -> AnyView {
    let is_open = RwSignal::new(false);
    let toggled = move |event: web_sys::Event| {
        is_open.set(event_target::<web_sys::Element>(&event).has_attribute("open"));
    };
    let body = move || is_open.get().then(|| all(store, run, span));
    view! {
        <details class="run-figures" data-testid="run-figures" on:toggle=toggled>
            <summary>"All figures"</summary>
            {body}
        </details>
    }
    .into_any()
}

fn all(store: Store, run: RwSignal<LiveRun>, span: RwSignal<Option<(f64, f64)>>) -> AnyView {
    let timings = Memo::new(move |_| {
        run.with(|run| {
            let measured = run.timings.iter().filter(|(_, it)| !it.is_empty());
            measured.map(|(name, it)| (name.clone(), it.clone())).collect::<Vec<_>>()
        })
    });
    let step = store.clock_step;
    let table = move || timings.with(|all| timing_table(all, step.get()));
    let histograms = move || {
        timings.with(|all| all.iter().map(|(name, it)| histogram(name, it, step.get())).collect_view())
    };
    // A load has them above.
    let is_load = Memo::new(move |_| run.with(LiveRun::is_load));
    let has_course = Memo::new(move |_| run.with(|run| run.course.is_drawn()));
    let over_time = move || match (has_course.get(), is_load.get()) {
        (false, _) => view! { <p class="hint">"The run was too short for a chart."</p> }.into_any(),
        (true, true) => ().into_any(),
        (true, false) => charts::both(run, span),
    };
    let under_way = move || {
        has_course.get().then(|| view! { <div class="run-card">{charts::under_way(run, span)}</div> })
    };
    let limits = Memo::new(move |_| run.with(judged));
    let judged = move || {
        let rows: Vec<_> = limits.get().into_iter().map(|(it, missing)| threshold(it, missing)).collect();
        (!rows.is_empty()).then(|| {
            view! { <section aria-label="Limits"><h3>"Limits"</h3><ul class="run-limits">{rows}</ul></section> }
        })
    };
    let counters = move || run.with(counters);
    let place = text(move || run.with(|run| run.report.as_ref().map(place_words).unwrap_or_default()));
    view! {
        <div class="run-all" data-testid="figures">
            <section aria-label="Timings"><h3>"Timings"</h3>{table}<div class="run-plots">{histograms}</div></section>
            <section aria-label="Course"><h3>"Over time"</h3>{over_time}{under_way}</section>
            {ladder::table(run)}
            {judged}
            <section aria-label="Counters"><h3>"Counters"</h3>{counters}</section>
            <p class="hint" data-testid="place">{place}</p>
        </div>
    }
    .into_any()
}

/// All limits of a run that is over, each with what did not come first where that broke it.
fn judged(run: &LiveRun) -> Vec<(ThresholdReport, String)> {
    let Some(report) = &run.report else { return Vec::new() };
    let named = |check: &CheckReport| {
        let name = check.name.clone();
        check.thresholds.clone().into_iter().map(move |mut it| {
            it.message = Some(it.message.map_or_else(|| name.clone(), |words| format!("{name}: {words}")));
            (it, String::new())
        })
    };
    let of_run = report.thresholds.iter().map(|it| (it.clone(), missing(it, &report.checks)));
    of_run.chain(report.checks.iter().flat_map(named)).collect()
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
        "{} · {} · clock step {} · event loop late by at most {} in 99 of 100 · seed {} · {}{}{}",
        place.browser,
        place.origin,
        format::micros(place.timer_step_us),
        format::micros(place.loop_lag_p99_ms * 1e3),
        report.seed,
        report.started,
        if place.hidden { " · the page was hidden at times" } else { "" },
        place.generator.as_ref().map(|it| format!(" · {}", generator(it))).unwrap_or_default()
    )
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
        <div class="checks-wide" tabindex="0" role="group" aria-label="A table that may be wider than the screen"><table class="table" data-testid="timings">
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
        vec![("plot-bars", plot::bars(&bars))],
        [low, format!("most: {most}"), high],
    )
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
        view! { <div class="run-figure"><dt>{name}</dt><dd>{format::count(count)}<span class="hint">{rate}</span></dd></div> }.into_any()
    };
    let figures = all.iter().map(figure).collect_view();
    let success = all.success().map(|it| view! { <div class="run-figure"><dt>"success"</dt><dd data-testid="success">{format::percent(it.percent())}</dd></div> });
    view! { <dl class="run-totals">{success}{figures}</dl> }.into_any()
}
