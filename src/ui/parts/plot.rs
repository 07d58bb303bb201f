//! Distributions as SVG. Their geometry is the engine's, pure and tested. What runs over time is a chart.

use std::time::Duration;

use leptos::prelude::*;

use crate::engine::metrics::plot;
use crate::model::format;
use crate::wire::bench::Plot;

/// A figure of paths: title, words for people who do not see it, paths with their classes, and the axis.
pub(crate) fn figure(
    title: &str,
    words: &str,
    paths: Vec<(&'static str, String)>,
    axis: [String; 3],
) -> AnyView {
    let paths = paths.into_iter().map(|(class, path)| view! { <path class=class d=path/> }.into_any());
    let label = format!("{title}: {words}");
    let [left, middle, right] = axis;
    view! {
        <figure class="plot">
            <figcaption>{title.to_owned()}</figcaption>
            <svg viewBox="0 0 600 120" preserveAspectRatio="none" role="img" aria-label=label>{paths.collect_view()}</svg>
            <div class="plot-axis"><span>{left}</span><span>{middle}</span><span>{right}</span></div>
        </figure>
    }
    .into_any()
}

/// How often which latency occurred.
pub(crate) fn histogram(plot: &Plot, step: Duration) -> AnyView {
    let most = format::count(plot.bars.iter().copied().max().unwrap_or(0));
    let (low, high) = plot.range.unwrap_or_default();
    let [low, middle, high] = [low, (low + high) / 2, high].map(|it| format::figure(it, step));
    let label = format!("Distribution: from {low} to {high}, at most {most} in a bar");
    view! {
        <figure class="plot plot-measured">
            <figcaption>"Distribution"</figcaption>
            <div class="plot-heights"><span title="Round trips in the highest bar">{most}</span><span>"0"</span></div>
            <svg viewBox="0 0 600 120" preserveAspectRatio="none" role="img" aria-label=label>
                <path class="plot-ticks" d=plot::ticks()/><path class="plot-bars" d=plot::bars(&plot.bars)/>
            </svg>
            <div class="plot-axis"><span>{low}</span><span>{middle}</span><span>{high}</span></div>
        </figure>
    }
    .into_any()
}
