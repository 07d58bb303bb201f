//! How a step failed: the sentence, what was expected, what came closest, what differs, and the messages around it.

use leptos::prelude::*;

use super::around;
use super::link::Link;
use super::model::millis;
use super::store::Store;
use crate::engine::explain::{Cause, guesses};
use crate::engine::report::{Failure, FailureKind};
use crate::ui::bench::explanation::causes as listed;
use crate::ui::parts::fields::button;
use crate::wire::checks::Spot;

/// All that is known of a failure.
///
/// `failed` is for how many clients of how many the step failed.
pub(super) fn details(
    store: Store,
    link: Link,
    spot: Spot,
    failure: Failure,
    (failed, all): (u64, u64),
) -> AnyView {
    let round = failure.round.map(|round| format!("round {round}"));
    let others = (failed > 0 && all > 1).then(|| format!("{failed} of {all} clients failed"));
    let whom = failure.client.into_iter().chain(round).chain(others).collect::<Vec<_>>().join(", ");
    // The sentence often says it already.
    let expected = failure
        .expected
        .filter(|words| !failure.message.contains(words.as_str()))
        .map(|words| view! { <div><dt>"expected"</dt><dd class="mono">{words}</dd></div> }.into_any());
    let closest = failure.closest.map(|near| {
        let taken = if near.taken { ", already taken by another expectation" } else { "" };
        let when = format!("{} got it at {}{taken}", near.client, millis(near.at_ms));
        view! { <div><dt>"came closest"</dt><dd class="mono" data-testid="closest">{near.message}<span class="hint">{when}</span></dd></div> }.into_any()
    });
    let rows = failure.diff.into_iter().map(|it| {
        view! { <tr><td class="mono">{it.path}</td><td class="mono wanted">{it.wanted}</td><td class="mono got">{it.got}</td></tr> }.into_any()
    });
    let rows: Vec<_> = rows.collect();
    let diff = (!rows.is_empty()).then(|| {
        view! {
            <table class="diff" data-testid="diff">
                <thead><tr><th scope="col">"where"</th><th scope="col">"expected"</th><th scope="col">"found"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        }
    });
    view! {
        <div class="failure" data-testid="failure">
            <p><span class="kind">{kind_words(failure.kind)}</span>" "<span data-testid="failure-message">{failure.message}</span></p>
            <dl>
                {(!whom.is_empty()).then(|| view! { <div><dt>"at"</dt><dd>{whom}</dd></div> })}
                {expected}
                {closest}
            </dl>
            {behind(failure.kind, failure.causes)}
            {diff}
            <div class="deeds">
                {button("quiet", "around", "Messages around it", "What was sent and received before and after", move || around::toggle(store, link, spot))}
                {button("quiet", "to-timeline", "Open in the timeline", "The messages of this check on the bench, where they can be searched and compared", move || around::to_timeline(store, link, spot))}
            </div>
            {around::list(store, spot)}
        </div>
    }
    .into_any()
}

/// What may be behind the end of a connection, as the bench says it; nothing when nothing is known.
fn behind(kind: FailureKind, causes: Vec<Cause>) -> Option<AnyView> {
    let first = causes.first()?;
    let one = || format!("{}: {}", first.likelihood.word(), first.title);
    let summary = (kind == FailureKind::Refused).then(|| guesses(&causes)).flatten().unwrap_or_else(one);
    Some(
        view! { <details class="behind" data-testid="causes"><summary>{summary}</summary>{listed(causes)}</details> }
            .into_any(),
    )
}

fn kind_words(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Timeout => "not in time",
        FailureKind::Mismatch => "not as expected",
        FailureKind::Unexpected => "not allowed",
        FailureKind::Closed => "connection ended",
        FailureKind::Refused => "handshake",
        FailureKind::Http => "HTTP",
        FailureKind::Invariant => "always",
        FailureKind::Threshold => "threshold",
        FailureKind::Script => "script",
    }
}
