//! The plots of latencies, drawn as SVG by hand: two small figures of five paths, whose geometry is a page of arithmetic in
//! `chart`, pure and tested. A chart library would be one more thing that every visitor downloads.

use std::time::Duration;

use leptos::prelude::*;

use crate::model::format;
use crate::model::plot::{self, Chart};
use crate::wire::bench::Plot;

/// How often which latency occurred.
pub(crate) fn histogram(plot: &Plot, step: Duration) -> AnyView {
    let most = plot.bars.iter().copied().max().unwrap_or(0);
    let path = plot::bars(&plot.bars);
    let (low, high) = plot.range.unwrap_or_default();
    let words = format!(
        "Histogram: from {} to {}, at most {} in a bar",
        format::figure(low, step),
        format::figure(high, step),
        format::count(most)
    );
    view! {
        <figure class="plot">
            <figcaption>"Distribution"</figcaption>
            <svg viewBox="0 0 600 120" preserveAspectRatio="none" role="img" aria-label=words><path class="bars" d=path/></svg>
            <div class="axis"><span>{format::figure(low, step)}</span><span>{format!("most: {}", format::count(most))}</span><span>{format::figure(high, step)}</span></div>
        </figure>
    }
    .into_any()
}

/// Latencies over time: p50, p95, p99 and the longest.
pub(crate) fn trend(plot: &Plot, step: Duration) -> AnyView {
    let Some(chart) = Chart::of(&plot.trend, plot.now) else { return ().into_any() };
    let line = |class: &'static str, of: fn(&crate::engine::metrics::TrendPoint) -> Duration| {
        view! { <path class=class d=chart.line(&plot.trend, of)/> }.into_any()
    };
    let tainted = plot.trend.iter().filter(|point| point.tainted > 0);
    let tainted = tainted.map(|point| {
        let (x, width) = chart.span(point);
        view! { <rect class="tainted" x=format!("{x:.1}") y="0" width=format!("{width:.1}") height="120"/> }
            .into_any()
    });
    let words =
        format!("Over {}: up to {}", format::span(chart.lasts()), format::figure(chart.highest, step));
    view! {
        <figure class="plot">
            <figcaption>"Over time"
                <span class="legend"><i data-line="p50"></i>"p50 "<i data-line="p95"></i>"p95 "<i data-line="p99"></i>"p99 "<i data-line="max"></i>"max"</span>
            </figcaption>
            <svg viewBox="0 0 600 120" preserveAspectRatio="none" role="img" aria-label=words>
                {tainted.collect_view()}
                {line("max", |p| p.max)}{line("p99", |p| p.p99)}{line("p95", |p| p.p95)}{line("p50", |p| p.p50)}
            </svg>
            <div class="axis"><span>{format!("{} ago", format::span(chart.lasts()))}</span><span>{format!("top: {}", format::figure(chart.highest, step))}</span><span>"now"</span></div>
        </figure>
    }
    .into_any()
}
