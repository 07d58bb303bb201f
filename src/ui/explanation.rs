//! What is likely to go wrong, said before connecting, and what has likely gone wrong, said after.

use leptos::prelude::*;

use super::store::Connection;
use crate::engine::explain::{Cause, Explanation, Warning};
use crate::wire::Phase;

/// The panel under the address; nothing when there is nothing to say.
#[component]
pub(super) fn Explained(connection: Connection) -> impl IntoView {
    let warnings = Memo::new(move |_| {
        connection.state.with(|state| match state {
            Some(state) if state.phase == Phase::Closed => state.typed.warnings.clone(),
            _ => Vec::new(),
        })
    });
    let explanation = Memo::new(move |_| {
        connection.state.with(|state| {
            let state = state.as_ref()?;
            let is_of_this_address = state.typed.url == state.url;
            let is_over = matches!(state.phase, Phase::Closed | Phase::Waiting);
            let closed = state.closed.as_ref().filter(|_| is_over && is_of_this_address)?;
            closed.explanation.clone()
        })
    });
    move || {
        let explanation = explanation.get();
        let warnings = warnings.get();
        match explanation {
            // A failure has its own list of causes, in which the warnings stand again.
            Some(explanation) => failure(explanation),
            None if warnings.is_empty() => ().into_any(),
            None => view! { <ul class="warnings" data-testid="warnings">{warnings.into_iter().map(warning).collect_view()}</ul> }.into_any(),
        }
    }
}

fn warning(warning: Warning) -> AnyView {
    let ways = warning.advice.into_iter().map(|way| view! { <li>{way.into_owned()}</li> }).collect_view();
    view! {
        <li data-state=if warning.is_blocking { "wrong" } else { "" }>
            <strong>{warning.title.into_owned()}</strong>" "<span class="why">{warning.why.into_owned()}</span>
            <ul>{ways}</ul>
        </li>
    }
    .into_any()
}

fn failure(explanation: Explanation) -> AnyView {
    let known = explanation.known.into_iter().map(|fact| view! { <li>{fact}</li> }).collect_view();
    view! {
        <details class="explained" data-testid="explained" open>
            <summary>"What may have happened"</summary>
            <ul class="known">{known}</ul>
            {causes(explanation.causes)}
        </details>
    }
    .into_any()
}

/// What may be behind it, with what to try.
pub(in crate::ui) fn causes(causes: Vec<Cause>) -> AnyView {
    let causes = causes.into_iter().map(cause).collect_view();
    view! { <ol class="causes">{causes}</ol> }.into_any()
}

fn cause(cause: Cause) -> AnyView {
    let likely = cause.likelihood.word();
    let next = cause.next.into_iter().map(|next| view! { <li>{next.into_owned()}</li> }).collect_view();
    view! {
        <li data-likely=likely data-cause=cause.id.into_owned()>
            <span class="likely">{likely}</span>
            <strong>{cause.title.into_owned()}</strong>
            <span class="why">{cause.why.into_owned()}</span>
            <ul class="next">{next}</ul>
        </li>
    }
    .into_any()
}
