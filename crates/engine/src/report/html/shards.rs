//! The browsers that ran the suite together, in a table: one of them may explain the result of the whole.

use maud::{Markup, html};

use super::super::{Metric, ShardReport, words};
use super::{badge, table};

const COLUMNS: &[&str] = &[
    "Shard",
    "Verdict",
    "Browser",
    "Took",
    "Lag",
    "Connections",
    "Sent",
    "Received",
    "Missing",
    "rtt p50",
    "rtt p99",
];

/// Nothing where one browser ran it alone.
pub(super) fn shards(shards: &[ShardReport]) -> Markup {
    html! {
        @if !shards.is_empty() {
            section {
                h2 { "Shards" }
                (table("Shards", COLUMNS, html! { @for shard in shards { (row(shard)) } }))
            }
        }
    }
}

fn row(shard: &ShardReport) -> Markup {
    let rtt = |figure: fn(&Metric) -> Option<f64>| {
        shard.rtt.as_ref().and_then(figure).map_or_else(|| "–".to_owned(), words::micros)
    };
    let figures = [
        words::millis(shard.duration_ms),
        words::micros(shard.loop_lag_p99_ms * 1e3),
        words::count(shard.opened),
        words::count(shard.sent),
        words::count(shard.received),
        words::count(shard.missing),
        rtt(|rtt| rtt.p50),
        rtt(|rtt| rtt.p99),
    ];
    html! {
        tr data-verdict=(shard.verdict.name()) {
            th scope="row" { (shard.index) }
            td {
                (badge(shard.verdict))
                @for reason in &shard.reasons { br; span.why { (reason) } }
            }
            td {
                @if shard.browser.is_empty() { "not known" } @else { (shard.browser) }
                @if shard.hidden { ", out of sight" }
            }
            @for figure in figures { td.number { (figure) } }
        }
    }
}
