//! One limit of a check or of a run.

use leptos::prelude::*;

use crate::engine::report::ThresholdReport;
use crate::model::margin;

/// One bound, what was measured, and how far that is from the bound; `missing` says what did not come first and what came.
pub(super) fn threshold(it: ThresholdReport, missing: String) -> AnyView {
    let missing = (!missing.is_empty())
        .then(|| view! { <pre class="run-missing mono" data-testid="missing">{missing}</pre> }.into_any());
    let margin = margin::words(&it.expr, &it.value);
    // Bound, measured value and distance say it; words repeat them, and are for what was not measured.
    let message = it.message.filter(|_| margin.is_none());
    view! {
        <li data-testid="threshold" data-state=it.verdict.name()>
            <span class="checks-sign" data-verdict=it.verdict.name() role="img" aria-label=it.verdict.name()></span>
            <span class="mono">{it.expr}</span><span>"measured "<strong class="mono">{it.value}</strong></span><span class="hint">{margin}</span>
            <span class="hint">{message}</span>
            {missing}
        </li>
    }
    .into_any()
}
