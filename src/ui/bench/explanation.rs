//! What is likely to go wrong, said before connecting, and what has likely gone wrong, said after.

use std::time::Duration;

use leptos::prelude::*;

use super::super::parts::fields::prose;
use super::store::Connection;
use crate::engine::explain::{Cause, Explanation, Probed, Warning};
use crate::model::format;
use crate::wire::bench::{ConnectionState, Phase};

/// What is known of the last failure, while it is of the address that stands in the field.
pub(crate) fn explained(state: &ConnectionState) -> Option<&Explanation> {
    let is_shown = matches!(state.phase, Phase::Closed | Phase::Waiting | Phase::Connecting);
    state.why.as_ref().filter(|_| is_shown && state.typed.url == state.url)
}

const HEADERS: &str = "why-answer";
const CAUSES: &str = "why-causes-list";
const WARNINGS: &str = "why-warnings-list";

/// Beside the line that says why it failed: what else is known, each behind a button, over the page and never between its parts.
#[component]
pub(crate) fn Why(connection: Connection) -> impl IntoView {
    let why = Memo::new(move |_| {
        connection.state.with(|state| state.as_ref().and_then(|state| explained(state).cloned()))
    });
    let warnings = Memo::new(move |_| {
        connection.state.with(|state| match state {
            // A failure has its own list of causes, in which the warnings stand again.
            Some(state) if state.phase == Phase::Closed && explained(state).is_none() => {
                state.typed.warnings.clone()
            }
            _ => Vec::new(),
        })
    });
    move || match (why.get(), warnings.get()) {
        (Some(why), _) => folded(why),
        (None, warnings) if warnings.is_empty() => ().into_any(),
        (None, warnings) => foreseen(warnings),
    }
}

/// What is likely to go wrong: the first of it on a button, all of it behind that.
fn foreseen(warnings: Vec<Warning>) -> AnyView {
    let first = warnings.first().map(|warning| warning.title.to_string()).unwrap_or_default();
    let state = if warnings.iter().any(|warning| warning.is_blocking) { "wrong" } else { "" };
    let more = match warnings.len() {
        0 | 1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    view! {
        <span class="bench-why-more">
            <button type="button" class="quiet" data-state=state popovertarget=WARNINGS data-testid="why-warnings">{first}{more}</button>
        </span>
        <section class="bench-explained" popover="auto" id=WARNINGS aria-label="What is likely to go wrong">
            <h3>"Before you connect"</h3>
            <ul class="bench-warnings" data-testid="warnings">{warnings.into_iter().map(warning).collect_view()}</ul>
        </section>
    }
    .into_any()
}

fn folded(why: Explanation) -> AnyView {
    let line = if why.fact.is_empty() { String::new() } else { why.fact.clone() };
    let answer = why.probed.as_ref().filter(|probed| probed.status.is_some() && !probed.headers.is_empty());
    let answer = answer.map(|probed| self::answer(probed));
    let label = if why.fact.is_empty() { "Causes" } else { "Other causes" };
    let known = why.known.into_iter().map(|fact| view! { <li>{fact}</li> }).collect_view();
    let headers = answer.is_some().then(|| {
        view! { <button type="button" class="quiet" popovertarget=HEADERS data-testid="why-headers">"Headers"</button> }
            .into_any()
    });
    view! {
        <span class="bench-why-more">
            {headers}
            <button type="button" class="quiet" popovertarget=CAUSES data-testid="why-causes">{label}</button>
        </span>
        {answer}
        <section class="bench-explained" popover="auto" id=CAUSES aria-label="What may have happened" data-testid="explained">
            <h3>"What may have happened"</h3>
            <p class="bench-fact">{line}</p>
            <ul class="bench-known">{known}</ul>
            {causes(why.causes)}
        </section>
    }
    .into_any()
}

/// What the server answered.
fn answer(probed: &Probed) -> AnyView {
    let status = format!("{} {}", probed.status.unwrap_or_default(), probed.reason);
    let from = match probed.address.as_str() {
        "" => String::new(),
        address if probed.took_ms == 0 => format!("From {address}, in less than 1 ms."),
        address => format!("From {address}, after {}.", format::bound(Duration::from_millis(probed.took_ms))),
    };
    let headers = probed.headers.clone().into_iter();
    let headers = headers.map(|(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> }).collect_view();
    let body =
        (!probed.body.is_empty()).then(|| view! { <pre tabindex="0">{probed.body.clone()}</pre> }.into_any());
    let cut = probed.body_is_cut.then(|| view! { <p class="hint">"The body continues."</p> }.into_any());
    view! {
        <section class="bench-explained" popover="auto" id=HEADERS aria-label="What the server answered" data-testid="answer">
            <h3>{status}</h3>
            <p class="bench-known">{from}</p>
            <dl class="mono">{headers}</dl>
            {body}
            {cut}
        </section>
    }
    .into_any()
}

fn warning(warning: Warning) -> AnyView {
    let ways = warning.advice.into_iter().map(|way| view! { <li>{prose(&way)}</li> }).collect_view();
    view! {
        <li data-state=if warning.is_blocking { "wrong" } else { "" }>
            <strong>{prose(&warning.title)}</strong>" "<span class="bench-why">{prose(&warning.why)}</span>
            <ul>{ways}</ul>
        </li>
    }
    .into_any()
}

/// What may be behind it, with what to try.
pub(in crate::ui) fn causes(causes: Vec<Cause>) -> AnyView {
    let causes = causes.into_iter().map(cause).collect_view();
    view! { <ol class="bench-causes">{causes}</ol> }.into_any()
}

fn cause(cause: Cause) -> AnyView {
    let likely = cause.likelihood.word();
    let next = cause.next.into_iter().map(|next| view! { <li>{prose(&next)}</li> }).collect_view();
    view! {
        <li data-likely=likely data-cause=cause.id.into_owned()>
            <span class="bench-likely">{likely}</span>
            <strong>{prose(&cause.title)}</strong>
            <span class="bench-why">{prose(&cause.why)}</span>
            <ul class="bench-next">{next}</ul>
        </li>
    }
    .into_any()
}
