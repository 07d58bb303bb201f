//! The ladder: latency and loss against the number of connections, where checks differ in that.

use std::time::Duration;

use leptos::prelude::*;

use super::charts::PERCENTILES;
use crate::browser::chart::{Content, Look, Mark, MarkKind};
use crate::model::format;
use crate::model::rungs::{Rung, is_ladder, rungs};
use crate::model::running::LiveRun;
use crate::ui::parts::chart::chart;

/// The chart, first of all, since it is what such a suite is for.
pub(super) fn ladder(run: RwSignal<LiveRun>) -> AnyView {
    let has_ladder = Memo::new(move |_| run.with(is_ladder));
    view! { {move || has_ladder.get().then(|| drawn(run))} }.into_any()
}

fn drawn(run: RwSignal<LiveRun>) -> AnyView {
    let all = Memo::new(move |_| run.with(rungs));
    let look = Look {
        title: "Round trip by connections".to_owned(),
        unit: "ms",
        axis: "connections",
        lines: PERCENTILES.to_vec(),
        can_log: true,
    };
    let content = Signal::derive(move || all.with(|all| content(all)));
    view! {
        <section class="run-card" aria-label="Ladder of connections" data-testid="ladder">
            {chart("chart-ladder", look, content, |_| {})}
        </section>
    }
    .into_any()
}

fn content(all: &[Rung]) -> Content {
    let mut columns = vec![all.iter().map(|rung| rung.connections as f64).collect::<Vec<_>>()];
    for figure in 0..PERCENTILES.len() {
        columns.push(all.iter().map(|rung| rung.millis[figure]).collect());
    }
    let lossy = all.iter().filter(|rung| rung.missing > 0.0).map(|rung| Mark {
        from: rung.connections as f64,
        to: rung.connections as f64,
        kind: MarkKind::Wrong,
        label: format!("{} lost", format::percent(rung.missing)),
    });
    let marks = lossy.collect();
    Content { columns, marks, ..Content::default() }
}

/// The rungs as a table, among all figures.
pub(super) fn table(run: RwSignal<LiveRun>) -> AnyView {
    let all = Memo::new(move |_| run.with(|run| if is_ladder(run) { rungs(run) } else { Vec::new() }));
    let rows = move || {
        let row = |rung: Rung| {
            let state = if rung.missing > 0.0 { "wrong" } else { "" };
            let took = |millis: f64| format::duration(Duration::from_secs_f64(millis / 1e3));
            let [p50, p95, p99] = rung.millis.map(took);
            view! {
                <tr><th scope="row">{rung.name}</th><td>{rung.connections}</td><td>{p50}</td><td>{p95}</td><td>{p99}</td>
                    <td data-state=state>{format::percent(rung.missing)}</td></tr>
            }
            .into_any()
        };
        all.get().into_iter().map(row).collect_view()
    };
    let body = move || {
        (!all.with(Vec::is_empty)).then(|| {
            view! {
                <section aria-label="Rungs of the ladder"><h3>"Ladder"</h3>
                    <div class="checks-wide" tabindex="0" role="group" aria-label="A table that may be wider than the screen"><table class="table">
                        <thead><tr><th scope="col">"check"</th><th scope="col">"connections"</th><th scope="col">"p50"</th><th scope="col">"p95"</th><th scope="col">"p99"</th><th scope="col">"lost"</th></tr></thead>
                        <tbody>{rows}</tbody>
                    </table></div>
                </section>
            }
            .into_any()
        })
    };
    view! { {body} }.into_any()
}
