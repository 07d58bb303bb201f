//! "New load": a load without JSON. The form makes a suite, which can be opened, changed and run like any other.
//!
//! Owns the form; the suite is made by [`crate::model::load`]. One rule: nothing connects before the button.

use leptos::prelude::*;

use super::back;
use super::library;
use super::link::Link;
use super::order;
use super::store::{Store, Tab};
use crate::browser::page;
use crate::model::format;
use crate::model::load::{FRAMINGS, LoadForm, Made, Mistake, REPLIES};
use crate::ui::parts::fields::{button, choice, text, tick, when};
use crate::wire::checks::{Answer, Card, Question};

/// A text field of the form.
type Part = fn(&mut LoadForm) -> &mut String;

/// The address that the field begins with: where the bench is connected, else the practice server's. It has the focus, however
/// the form was asked for.
pub(super) fn begin(store: Store) {
    page::focus_soon("[data-testid=load-url]");
    if store.load.with_untracked(|form| form.url.is_empty()) {
        let bench = page::given(page::BENCH_URL).filter(|url| !url.is_empty());
        store.load.update(|form| form.url = bench.unwrap_or_else(|| page::own_socket_address("/ws")));
    }
}

/// The form.
pub(super) fn form(store: Store, link: Link) -> AnyView {
    let made = Memo::new(move |_| store.load.with(|form| form.make(&page::own_socket_address(""))));
    let field = move |label: &'static str, name: &'static str, hint: &'static str, part: Part| {
        field(store, made, label, name, hint, part)
    };
    let area = move |label: &'static str, name: &'static str, hint: &'static str, part: Part| {
        let value = text(move || store.load.with(|form| part(&mut form.clone()).clone()));
        view! {
            <label class="field run-wide"><span>{label}</span>
                <textarea class="mono" rows="2" spellcheck="false" data-testid=format!("load-{name}") placeholder=hint prop:value=value
                    on:input=move |event| store.load.update(|form| *part(form) = event_target_value(&event))></textarea>
                <span class="note" data-state="wrong">{wrong(made, name)}</span>
            </label>
        }
        .into_any()
    };
    let reply = text(move || store.load.with(|form| form.reply.clone()));
    let has_by = when(move || reply.with(|reply| !matches!(reply.as_str(), "any" | "none")));
    let awaits = when(move || reply.with(|reply| reply != "none"));
    let has_beat = when(move || store.load.with(|form| !form.beat.trim().is_empty()));
    let errors_fail = when(move || store.load.with(|form| form.errors_fail));
    let about = text(move || made.with(|made| made.as_ref().map(|it| it.about.clone()).unwrap_or_default()));
    let is_wrong = when(move || made.with(Result::is_err));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        keep(store, link, made, true);
    };
    view! {
        <form class="run-load" data-testid="load-form" on:submit=submit>
            <div class="checks-line">{back::link()}<h2>"New load"</h2></div>
            <p class="suite-about">"Clients that send at an even pace. The form makes a suite: run it at once, or open it and change it."</p>
            <div class="run-load-parts">
            <fieldset><legend>"Who sends"</legend>
                {field("Address", "url", "ws://localhost:9000/ws", |form| &mut form.url)}
                {field("Clients", "clients", "10", |form| &mut form.clients)}
                {field("All open within", "ramp", "1s", |form| &mut form.ramp)}
                {area("Rows as CSV, one for each client (optional)", "rows", "user,token\nann,…", |form| &mut form.rows)}
                {field("Heartbeat (optional)", "beat", r#"{"type": "ping"}"#, |form| &mut form.beat)}
                <div hidden=when(move || !has_beat.get())>{field("Heartbeat every", "every", "20s", |form| &mut form.every)}</div>
            </fieldset>
            <fieldset><legend>"How much"</legend>
                {field("Messages a second, each client", "rate", "5", |form| &mut form.rate)}
                {field("Duration", "lasts", "10s", |form| &mut form.lasts)}
            </fieldset>
            <fieldset><legend>"What"</legend>
                {area("First message of each client, such as a token (optional)", "first", r#"{"op": "auth", "token": "…"}"#, |form| &mut form.first)}
                {area("Message", "message", r#"{"type": "message"}"#, |form| &mut form.message)}
            </fieldset>
            <fieldset><legend>"A reply is recognised by"</legend>
                {choice("What it has", "load-reply", &REPLIES, reply, move |name| store.load.update(|form| form.reply = name))}
                <div hidden=when(move || !has_by.get())>{field("Member, JSON or text", "by", "$.id", |form| &mut form.by)}</div>
                {field("Within", "within", "2s", |form| &mut form.within)}
                <div hidden=when(move || !awaits.get())>{tick("Replies that are errors fail", "load-errors-fail", errors_fail, move |is| store.load.update(|form| form.errors_fail = is))}</div>
            </fieldset>
            <fieldset><legend>"Limits"</legend>
                {field("Answered, at least", "answered", "none", |form| &mut form.answered)}
                {field("p95, below", "p95", "none", |form| &mut form.p95)}
                {field("p99, below", "p99", "none", |form| &mut form.p99)}
            </fieldset>
            {protocol(store, made)}
            </div>
            <p class="hint" role="status" data-testid="load-about">{about}</p>
            <div class="run-line">
                <button type="submit" class="primary" data-testid="load-run" disabled=when(move || is_wrong.get() || store.is_running())>"Run load"</button>
                {button("", "load-open", "Open suite", "Creates the suite and opens it in the editor, without running it", move || keep(store, link, made, false))}
            </div>
        </form>
    }
    .into_any()
}

/// What the clients agree on with the server.
fn protocol(store: Store, made: Memo<Result<Made, Vec<Mistake>>>) -> AnyView {
    let field = move |label: &'static str, name: &'static str, hint: &'static str, part: Part| {
        field(store, made, label, name, hint, part)
    };
    let framing = text(move || store.load.with(|form| form.protocol.framing.clone()));
    let is_framed = when(move || framing.with(|framing| framing != "none"));
    let choose = move |name| store.load.update(|form| form.protocol.framing = name);
    view! {
        <fieldset><legend>"Protocol"</legend>
            {field("Subprotocols, best first (optional)", "offered", "v2.chat, v1.chat", |form| &mut form.protocol.offered)}
            {choice("What comes is", "load-framing", &FRAMINGS, framing, choose)}
            <span class="note" data-state="wrong">{wrong(made, "framing")}</span>
            <div hidden=when(move || !is_framed.get())>{field("Delimiter, or the number in front", "framed-by", r"\n or u16", |form| &mut form.protocol.framed_by)}</div>
            {field("Answer this JSON or text (optional)", "asked", r#"{"type": "ping"}"#, |form| &mut form.protocol.asked)}
            {field("Its answer", "answer", r#"{"type": "pong", "id": "{{message.id}}"}"#, |form| &mut form.protocol.answer)}
        </fieldset>
    }
    .into_any()
}

fn wrong(made: Memo<Result<Made, Vec<Mistake>>>, name: &'static str) -> Signal<String> {
    text(move || {
        made.with(|made| {
            let found = made.as_ref().err()?.iter().find(|(field, _)| *field == name)?;
            Some(format::sentence(&found.1))
        })
        .unwrap_or_default()
    })
}

fn field(
    store: Store,
    made: Memo<Result<Made, Vec<Mistake>>>,
    label: &'static str,
    name: &'static str,
    hint: &'static str,
    part: Part,
) -> AnyView {
    let value = text(move || store.load.with(|form| part(&mut form.clone()).clone()));
    let words = wrong(made, name);
    view! {
        <label class="field"><span>{label}</span>
            <input class="mono" type="text" spellcheck="false" autocomplete="off" data-testid=format!("load-{name}") placeholder=hint
                aria-invalid=text(move || words.with(|words| !words.is_empty()).to_string()) prop:value=value
                on:input=move |event| store.load.update(|form| *part(form) = event_target_value(&event))/>
            <span class="note" data-state="wrong">{words}</span>
        </label>
    }
    .into_any()
}

/// Adds the suite to the library, unless it is there as the form has it; then runs it, or opens it.
fn keep(store: Store, link: Link, made: Memo<Result<Made, Vec<Mistake>>>, runs: bool) {
    let Ok(made) = made.get_untracked() else {
        return store.complain("The form has mistakes: they stand under its fields.");
    };
    let then = move |id: String| match runs {
        true => order::run_whole(store, link, &id),
        false => store.tab.set(Tab::Edit),
    };
    // The latest with this title is most likely the same; its document says whether it is.
    let is_alike = |card: &&Card| !card.is_shipped && card.title.starts_with(&made.title);
    let alike =
        store.library.with_untracked(|all| all.iter().rfind(|card| is_alike(card)).map(|it| it.id.clone()));
    let Some(id) = alike else { return library::create_then(store, link, made.title, made.text, then) };
    link.ask(Question::Text(id.clone()), move |told| match told {
        Answer::Text(text) if text == made.text => {
            page::go_to(&format!("#/checks/{id}"));
            store.selected.set(id.clone());
            then(id);
        }
        _ => library::create_then(store, link, made.title, made.text, then),
    });
}
