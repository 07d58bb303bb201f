//! The search for a capacity: what held, what broke first, and each run of it.

use maud::{Markup, html};

use super::super::{CapacityReport, TrialReport, words};
use super::{badge, table};

const COLUMNS: &[&str] = &["Value", "Verdict", "Took", "Lag", "Busiest second", "Ports", "What broke first"];

/// Nothing where none was searched.
pub(super) fn capacity(capacity: Option<&CapacityReport>) -> Markup {
    let Some(capacity) = capacity else { return Markup::default() };
    let heading = format!("Capacity: {}", capacity.variable);
    html! {
        section {
            h2 { (heading) }
            p { (badge(capacity.verdict)) " " (capacity.sentence) }
            (table(&heading, COLUMNS, html! { @for trial in &capacity.trials { (row(trial)) } }))
        }
    }
}

fn row(trial: &TrialReport) -> Markup {
    html! {
        tr data-verdict=(trial.verdict.name()) {
            th scope="row" { (words::count(trial.value)) }
            td { (badge(trial.verdict)) }
            @for figure in words::trial_figures(trial) { td.number { (figure) } }
            td {
                @if let Some(first) = &trial.first { (first) }
                @for limit in &trial.limits { br; span.why { (limit) } }
            }
        }
    }
}
