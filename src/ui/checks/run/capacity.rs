//! What a search for a capacity has found, of a report that has one: a page itself searches for none.

use leptos::prelude::*;

use crate::engine::report::{CapacityReport, TrialReport};
use crate::model::capacity::{COLUMNS, cells};
use crate::model::running::LiveRun;

/// The sentence, and each run of the search; nothing where none was searched.
pub(super) fn capacity(run: RwSignal<LiveRun>) -> AnyView {
    let found = Memo::new(move |_| run.with(|run| run.report.as_ref().and_then(|it| it.capacity.clone())));
    view! { {move || found.get().map(|found| drawn(&found))} }.into_any()
}

fn drawn(found: &CapacityReport) -> AnyView {
    let heads = COLUMNS.map(|head| view! { <th scope="col">{head}</th> }.into_any());
    let row = |trial: &TrialReport| {
        let [value, verdict, rest @ ..] = cells(trial);
        let cells = rest.map(|cell| view! { <td>{cell}</td> }.into_any());
        let state = trial.verdict.name();
        view! { <tr><th scope="row">{value}</th><td data-state=state>{verdict}</td>{Vec::from(cells)}</tr> }
            .into_any()
    };
    let rows: Vec<_> = found.trials.iter().map(row).collect();
    view! {
        <section class="run-card" aria-label="Capacity" data-testid="capacity">
            <h3>{format!("Capacity: {}", found.variable)}</h3>
            <p>{found.sentence.clone()}</p>
            <div class="checks-wide" tabindex="0" role="group" aria-label="A table that may be wider than the screen"><table class="table">
                <thead><tr>{Vec::from(heads)}</tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
        </section>
    }
    .into_any()
}
