//! Plots as SVG. Their geometry is the engine's, pure and tested; a chart library would be one more thing that every visitor
//! downloads.

use std::time::Duration;

use leptos::prelude::*;

use crate::engine::metrics::TrendPoint;
use crate::engine::metrics::plot::{self, Chart};
use crate::model::format;
use crate::wire::bench::Plot;

/// A figure of paths: title, words for people who do not see it, paths with their classes, what the lines are, and the axis.
pub(crate) fn figure(
    title: &str,
    words: &str,
    paths: Vec<(&'static str, String)>,
    legend: &[(&'static str, &'static str)],
    axis: [String; 3],
) -> AnyView {
    let paths = paths.into_iter().map(|(class, path)| view! { <path class=class d=path/> }.into_any());
    drawn(title, words, paths.collect_view().into_any(), legend, axis)
}

/// The same around what is already drawn.
fn drawn(
    title: &str,
    words: &str,
    inside: AnyView,
    legend: &[(&'static str, &'static str)],
    axis: [String; 3],
) -> AnyView {
    let legend = legend.iter().map(|(line, name)| view! { <i data-line=*line></i>{*name}" " }).collect_view();
    let label = format!("{title}: {words}");
    let [left, middle, right] = axis;
    view! {
        <figure class="plot">
            <figcaption>{title.to_owned()}<span class="legend">{legend}</span></figcaption>
            <svg viewBox="0 0 600 120" preserveAspectRatio="none" role="img" aria-label=label>{inside}</svg>
            <div class="axis"><span>{left}</span><span>{middle}</span><span>{right}</span></div>
        </figure>
    }
    .into_any()
}

/// How often which latency occurred.
pub(crate) fn histogram(plot: &Plot, step: Duration) -> AnyView {
    let most = format::count(plot.bars.iter().copied().max().unwrap_or(0));
    let (low, high) = plot.range.unwrap_or_default();
    let (low, high) = (format::figure(low, step), format::figure(high, step));
    figure(
        "Distribution",
        &format!("from {low} to {high}, at most {most} in a bar"),
        vec![("bars", plot::bars(&plot.bars))],
        &[],
        [low, format!("most: {most}"), high],
    )
}

/// Latencies over time: p50, p95, p99 and the longest.
pub(crate) fn trend(plot: &Plot, step: Duration) -> AnyView {
    let Some(chart) = Chart::of(&plot.trend, plot.now) else { return ().into_any() };
    let line = |class: &'static str, of: fn(&TrendPoint) -> Duration| {
        view! { <path class=class d=chart.line(&plot.trend, of)/> }.into_any()
    };
    let tainted = plot.trend.iter().filter(|point| point.tainted > 0);
    let tainted = tainted.map(|point| {
        let (x, width) = chart.span(point);
        view! { <rect class="tainted" x=format!("{x:.1}") y="0" width=format!("{width:.1}") height="120"/> }
            .into_any()
    });
    let inside = view! {
        {tainted.collect_view()}
        {line("max", |p| p.max)}{line("p99", |p| p.p99)}{line("p95", |p| p.p95)}{line("p50", |p| p.p50)}
    };
    let (lasts, top) = (format::span(chart.lasts()), format::figure(chart.highest, step));
    drawn(
        "Over time",
        &format!("over {lasts}, up to {top}"),
        inside.into_any(),
        &[("p50", "p50"), ("p95", "p95"), ("p99", "p99"), ("max", "max")],
        [format!("{lasts} ago"), format!("top: {top}"), "now".to_owned()],
    )
}
