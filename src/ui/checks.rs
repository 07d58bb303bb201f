//! The view of checks. So far one: the echo check, on the same sockets, log and figures as everything else.

use std::time::Duration;

use leptos::prelude::*;

use super::format;
use super::latency::Figures;
use super::link::Link;
use super::store::Store;
use crate::browser::page;
use crate::engine::echo::{EchoCheck, EchoOutcome};
use crate::engine::{Endpoint, EndpointError, LatencySummary};
use crate::wire::{EchoNews, Request};

/// What a person typed into the form.
#[derive(Clone, Copy)]
struct Form {
    url: RwSignal<String>,
    message: RwSignal<String>,
    rounds: RwSignal<String>,
    within: RwSignal<String>,
}

impl Form {
    fn new() -> Self {
        Self {
            url: RwSignal::new(page::own_socket_address("/ws/echo")),
            message: RwSignal::new("hello".to_owned()),
            rounds: RwSignal::new("200".to_owned()),
            within: RwSignal::new("2000".to_owned()),
        }
    }

    /// The check, or the first thing that is wrong with the form.
    fn check(self) -> Result<EchoCheck, FormError> {
        let number = |text: String, what: &'static str, most: u32| match text.trim().parse::<u32>() {
            Ok(number) if (1..=most).contains(&number) => Ok(number),
            _ => Err(FormError::Number { what, most }),
        };
        Ok(EchoCheck {
            endpoint: Endpoint::parse(&self.url.get())?,
            payload: self.message.get().as_str().into(),
            rounds: number(self.rounds.get(), "Rounds", 1_000_000)?,
            within: Duration::from_millis(number(self.within.get(), "Milliseconds", 600_000)?.into()),
        })
    }
}

/// What is wrong with the form.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
enum FormError {
    #[error(transparent)]
    Address(#[from] EndpointError),
    #[error("{what}: a whole number from 1 to {}", format::count((*.most).into()))]
    Number { what: &'static str, most: u32 },
}

/// The view.
#[component]
pub(super) fn Checks(store: Store, link: Link) -> impl IntoView {
    let form = Form::new();
    let check = Memo::new(move |_| form.check());
    let is_running = move || matches!(store.echo.get(), Some(EchoNews::Running { .. }));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if untrack(is_running) {
            link.ask(&Request::StopEcho);
        } else if let Ok(check) = check.get_untracked() {
            link.ask(&Request::StartEcho(check));
        }
    };
    let field = move |title: &'static str,
                      class: &'static str,
                      name: &'static str,
                      value: RwSignal<String>| {
        view! {
            <label class=class>
                <span>{title}</span>
                <input class="mono" type="text" spellcheck="false" autocomplete="off" data-testid=name bind:value=value readonly=is_running/>
            </label>
        }
    };
    view! {
        <div class="checks">
            <h1>"Echo check"</h1>
            <p class="about">
                "Connects, sends a message with the number of its round, expects the very same back in time, as often as you say,
                and closes. It runs in the worker, on the sockets and the clock of the bench; its frames are in the timeline."
            </p>
            <form class="check" on:submit=submit>
                {field("Address", "grow", "check-url", form.url)}
                {field("Message", "", "check-message", form.message)}
                {field("Rounds", "short", "check-rounds", form.rounds)}
                {field("Within (ms)", "short", "check-within", form.within)}
                <button class="primary" type="submit" data-testid="run"
                    disabled=move || !is_running() && check.get().is_err()>
                    {move || if is_running() { "Stop" } else { "Run" }}
                </button>
            </form>
            <p class="note" data-state="wrong" role="status">{move || check.get().err().map(|error| error.to_string())}</p>
            {move || store.echo.get().map(|news| view! { <Outcome news step=Signal::derive(move || store.clock_step())/> })}
        </div>
    }
}

#[component]
fn Outcome(news: EchoNews, step: Signal<Duration>) -> impl IntoView {
    match news {
        EchoNews::Running { done, rounds } => view! {
            <div class="outcome" data-state="running" data-testid="outcome">
                <progress max=rounds.to_string() value=done.to_string() aria-label="Rounds done"></progress>
                <p>{format::count(done.into())}" of "{format::count(rounds.into())}" rounds"</p>
            </div>
        }
        .into_any(),
        EchoNews::Stopped => view! {
            <div class="outcome" data-state="stopped" data-testid="outcome"><p class="verdict">"Stopped; its socket is closing."</p></div>
        }
        .into_any(),
        EchoNews::Done(outcome) => view! { <Verdict outcome=*outcome step/> }.into_any(),
    }
}

#[component]
fn Verdict(outcome: EchoOutcome, step: Signal<Duration>) -> impl IntoView {
    let (state, title) = if outcome.passed() { ("pass", "Passed") } else { ("fail", "Failed") };
    let failure = outcome.failure.map(|failure| {
        view! { <p class="failure" data-testid="failure"><strong>{failure.step}</strong>": "{failure.kind.to_string()}</p> }
    });
    let opened = outcome.opened_after.map(|took| {
        view! { <p class="aside">"Handshake "{move || format::duration(took, step.get())}</p> }
    });
    let leftovers = (outcome.leftovers > 0).then(
        || view! { <p class="aside">{format::counted(outcome.leftovers, "other message")}" skipped"</p> },
    );
    let latency = outcome.latency;
    view! {
        <div class="outcome" data-state=state data-testid="outcome">
            <p class="verdict">{title}</p>
            {failure}
            <Figures latency=Signal::derive(move || latency) step/>
            {latency.map(|latency| view! { <Histogram bars=outcome.bars latency step/> })}
            {opened}
            {leftovers}
        </div>
    }
}

/// Counts of round trips from the shortest to the longest.
#[component]
fn Histogram(bars: Vec<u64>, latency: LatencySummary, step: Signal<Duration>) -> impl IntoView {
    let most = bars.iter().copied().max().unwrap_or(0);
    if most == 0 {
        return None;
    }
    const HEIGHT: f64 = 60.0;
    let columns = bars.len();
    let column = move |(at, count): (usize, u64)| {
        // A single slow reply is what one looks for: it must not vanish beside a thousand fast ones.
        let height = if count == 0 { 0.0 } else { (count as f64 / most as f64 * HEIGHT).max(1.5) };
        view! {
            <rect x=(at as f64 + 0.06).to_string() width="0.88" y=(HEIGHT - height).to_string() height=height.to_string()>
                <title>{format::count(count)}</title>
            </rect>
        }
    };
    Some(view! {
        <figure class="histogram">
            <svg viewBox=format!("0 0 {columns} {HEIGHT}") preserveAspectRatio="none" role="img"
                aria-label="How many round trips took how long, from the shortest to the longest">
                {bars.into_iter().enumerate().map(column).collect_view()}
            </svg>
            <figcaption>
                <span>{move || format::duration(latency.min, step.get())}</span>
                <span>{move || format::duration(latency.max, step.get())}</span>
            </figcaption>
        </figure>
    })
}
