//! The browsers that ran the suite together, in a table: one of them may explain the result of the whole.

use std::fmt::{self, Write};

use super::super::markup::body;
use super::super::{Metric, ShardReport, words};
use super::{badge, begin_table, end_table};

/// Nothing where one browser ran it alone.
pub(super) fn shards(shards: &[ShardReport], out: &mut dyn Write) -> fmt::Result {
    if shards.is_empty() {
        return Ok(());
    }
    out.write_str("<section>\n<h2>Shards</h2>\n")?;
    begin_table(
        out,
        "Shards",
        &[
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
        ],
    )?;
    for shard in shards {
        row(shard, out)?;
    }
    end_table(out)?;
    out.write_str("</section>\n")
}

fn row(shard: &ShardReport, out: &mut dyn Write) -> fmt::Result {
    let name = shard.verdict.name();
    write!(out, "<tr data-verdict=\"{name}\"><th scope=\"row\">{}</th><td>", shard.index)?;
    badge(shard.verdict, out)?;
    for reason in &shard.reasons {
        out.write_str("<br><span class=\"why\">")?;
        body(out, reason)?;
        out.write_str("</span>")?;
    }
    out.write_str("</td><td>")?;
    body(out, if shard.browser.is_empty() { "not known" } else { &shard.browser })?;
    if shard.hidden {
        out.write_str(", out of sight")?;
    }
    out.write_str("</td>")?;
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
    for figure in figures {
        write!(out, "<td class=\"number\">{figure}</td>")?;
    }
    out.write_str("</tr>\n")
}
