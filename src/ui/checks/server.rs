//! "Check a server": the address, what else may be checked of it, and the button.
//!
//! Owns the form. Its fields are the variables of the shipped suite `conformance`, the same that the part Values has, so that
//! running that suite again uses the same values. One rule: nothing connects before the button.

use leptos::prelude::*;

use super::back;
use super::given::given;
use super::link::Link;
use super::model::{CONFORMANCE, practice};
use super::order;
use super::store::Store;
use crate::browser::page;
use crate::engine::Endpoint;
use crate::engine::bench::typed_address::complete;
use crate::model::format;
use crate::ui::parts::fields::{button, text, tick, when};

/// What the address of the page calls this.
pub(super) const ID: &str = "server";
/// The address of this.
pub(super) const HREF: &str = "#/checks/server";

const URL: &str = "ws_url";
const SLOW: &str = "slow";

/// A variable, what it is, which checks then apply, and an example.
type Offer = (&'static str, &'static str, &'static str, &'static str);

/// What may be given of a server, by headings.
const OFFERS: [(&str, &[Offer]); 5] = [
    (
        "Handshake",
        &[
            ("protocol", "A subprotocol that it speaks", "H3", "echo.v1"),
            ("other_protocol", "Another one that it speaks", "H4", "echo.v2"),
            ("unknown_url", "An address on it that does not exist", "H7", "wss://example.com/no-such-path"),
            (
                "bad_token_url",
                "An address with a token that is not valid",
                "H8",
                "wss://example.com/ws?token=wrong",
            ),
            ("wss_url", "Its encrypted address", "H10", "wss://example.com/ws"),
            (
                "foreign_origin_url",
                "An address that must refuse pages of this origin",
                "H11",
                "wss://example.com/ws/own-pages-only",
            ),
        ],
    ),
    (
        "Closing",
        &[
            (
                "closing_url",
                "An address at which the server closes",
                "C7, C8",
                "wss://example.com/ws?expires=2s",
            ),
            ("closing_message", "Message that triggers the close (optional)", "C7, C8", r#"{"op":"logout"}"#),
            ("closing_reason", "A part of the reason that it gives", "C8", "session ended"),
            (
                "shutdown_url",
                "An http address to which a POST shuts it down",
                "C9",
                "http://localhost:3000/admin/shutdown",
            ),
        ],
    ),
    (
        "Broken connections",
        &[
            (
                "drop_url",
                "An address at which the connection is reset",
                "L4, S2",
                "ws://localhost:3000/debug/reset",
            ),
            ("drop_message", "Message that triggers the reset (optional)", "L4, S2", r#"{"op":"reset"}"#),
            (
                "half_open_url",
                "An address behind which nothing gets through",
                "L3, one of the slow ones",
                "ws://localhost:3000/debug/stall",
            ),
            ("half_open_message", "Message that triggers the stall (optional)", "L3", r#"{"op":"stall"}"#),
        ],
    ),
    (
        "Messages of the application",
        &[
            ("ping_message", "What it takes for a ping", "L2", r#"{"type":"ping"}"#),
            ("pong_contains", "A part of the answer", "L2", r#""pong""#),
            ("flood_message", "A message that makes it send a lot", "B2", r#"{"op":"burst","count":5000}"#),
            (
                "broadcast_message",
                "A message that it sends to all clients",
                "O6",
                r#"{"op":"say","text":"hello"}"#,
            ),
            ("broadcast_contains", "A part of what all clients receive", "O6", r#""hello""#),
            (
                "broadcast_url",
                "The address for that, if it is another one",
                "O6",
                "wss://example.com/ws/room/1",
            ),
            (
                "broadcast_join",
                "What each client sends first, if anything",
                "O6",
                r#"{"op":"join","room":"1"}"#,
            ),
        ],
    ),
    (
        "Users and resuming",
        &[
            ("identity_url", "An address that belongs to one user", "S4", "wss://example.com/ws?user=alice"),
            ("resume_url", "An address at which events can be resumed", "S5", "wss://example.com/ws/events"),
            ("resume_message", "What makes events come", "S5", r#"{"op":"subscribe"}"#),
            ("resume_path", "Where in an event its number stands", "S5", "$.seq"),
            (
                "resume_before",
                "Message that asks for the rest: before the number",
                "S5",
                r#"{"op":"resume","after":"#,
            ),
            ("resume_after", "Message that asks for the rest: after the number", "S5", "}"),
            ("resume_rest", "How many events come after that number", "S5", "4"),
        ],
    ),
];

/// What was given for a variable of the suite.
fn value(store: Store, name: &str) -> String {
    let of = |values: &std::collections::BTreeMap<String, String>| values.get(name).cloned();
    store.forms.with(|forms| forms.values.get(CONFORMANCE).and_then(of)).unwrap_or_default()
}

fn set(store: Store, name: &str, typed: String) {
    store.forms.update(|forms| {
        let values = forms.values.entry(CONFORMANCE.to_owned()).or_default();
        match typed.is_empty() {
            true => drop(values.remove(name)),
            false => drop(values.insert(name.to_owned(), typed)),
        }
    });
}

/// The address that the field begins with: where the bench is connected, else the one that was checked last, else the practice
/// server's echo. It has the focus, however the form was asked for.
pub(super) fn begin(store: Store) {
    page::focus_soon("[data-testid=server-url]");
    let bench = page::given(page::BENCH_URL).filter(|url| !url.is_empty());
    if bench.is_none() && !store.server.with_untracked(String::is_empty) {
        return;
    }
    // Taken once: what is typed afterwards stays until the bench gives another one.
    page::give(page::BENCH_URL, "");
    store
        .server
        .set(bench.or_else(|| last_url(store)).unwrap_or_else(|| page::own_socket_address("/ws/echo")));
}

/// The address that was checked last.
pub(super) fn last_url(store: Store) -> Option<String> {
    Some(untrack(|| value(store, URL))).filter(|url| !url.is_empty())
}

/// Runs the suite against the address in the field; says what is wrong with that.
pub(super) fn check(store: Store, link: Link) {
    let typed = store.server.get_untracked();
    let endpoint = match complete(&typed, &page::own_socket_address("")) {
        Ok(endpoint) => endpoint,
        Err(error) => return store.complain(format::sentence(&error.to_string())),
    };
    let url = endpoint.url().to_owned();
    store.server.set(url.clone());
    set(store, URL, url);
    page::go_to("#/checks/conformance");
    order::run_whole(store, link, CONFORMANCE);
}

/// The form.
pub(super) fn form(store: Store, link: Link) -> AnyView {
    let endpoint =
        Memo::new(move |_| store.server.with(|typed| complete(typed, &page::own_socket_address(""))));
    let note = text(move || match endpoint.get() {
        Err(error) => format::sentence(&error.to_string()),
        Ok(endpoint) if store.server.with(|typed| typed.trim() != endpoint.url()) => {
            format!("This is {}", endpoint.url())
        }
        Ok(_) => String::new(),
    });
    let is_wrong = when(move || endpoint.with(Result::is_err));
    let slow = when(move || value(store, SLOW) == "true");
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if !untrack(|| store.is_running()) {
            check(store, link);
        }
    };
    // Redrawn for another server, and not while a person types a value.
    let url =
        Memo::new(move |_| endpoint.get().map(|endpoint| endpoint.url().to_owned()).unwrap_or_default());
    let fields = move || {
        let known = practice(&url.get());
        let group = |(title, fields): (&'static str, &'static [Offer])| {
            let fields = fields.iter().map(|(name, label, checks, example)| {
                let hint = known.iter().find(|(it, _)| it == name).map(|(_, value)| value.clone());
                let hint = hint.unwrap_or_else(|| format!("e.g. {example}"));
                field(store, name, label, checks, hint)
            });
            let fields: Vec<_> = fields.collect();
            view! { <fieldset><legend>{title}</legend><div class="checks-server-fields">{fields}</div></fieldset> }
                .into_any()
        };
        OFFERS.into_iter().map(group).collect_view()
    };
    let count = Memo::new(move |_| {
        let known = practice(&url.get());
        let is_given = |name: &str| known.iter().any(|(it, _)| *it == name) || !value(store, name).is_empty();
        names().filter(|name| is_given(name)).count()
    });
    let summary = text(move || match count.get() {
        0 => "More checks".to_owned(),
        count => format!("More checks · {} given", format::count(count as u64)),
    });
    view! {
        <form class="checks-server" data-testid="server" on:submit=submit>
            <div class="checks-line">{back::link()}<h2>"Check a server"</h2></div>
            <p class="suite-about">"60 checks of what the WebSocket protocol asks of a server, as far as a browser can see it. They look at the handshake, payloads, UTF-8, order, backpressure, closing and sessions. The result is a certificate. An echo endpoint shows the most. It takes about a minute, opens up to 200 connections, and sends up to 16 MiB at once: ask the owner of the server."</p>
            <label class="field"><span>"Address"</span>
                <input class="mono" type="text" inputmode="url" spellcheck="false" autocomplete="off" placeholder=page::own_socket_address("/ws/echo") data-testid="server-url"
                    aria-invalid=text(move || is_wrong.get().to_string()) aria-describedby="server-note"
                    prop:value=store.server on:input=move |event| store.server.set(event_target_value(&event))/>
            </label>
            <p class="note" id="server-note" role="status" data-testid="server-note" data-state=text(move || if is_wrong.get() { "wrong" } else { "" }.to_owned())>{note}</p>
            {given(store, || CONFORMANCE.to_owned())}
            {strangers(store, url)}
            <details class="checks-server-more" data-testid="server-more"><summary>{summary}</summary>
                <p class="hint">"Checks of an empty field are not applicable: they count neither for nor against the server."</p>
                {fields}
            </details>
            {tick("Include slow checks: idle for up to 125 s, about five minutes".to_owned(), "server-slow", slow, move |on| set(store, SLOW, if on { "true".to_owned() } else { String::new() }))}
            <div class="deeds">
                <button type="submit" class="primary" data-testid="server-check" disabled=when(move || is_wrong.get() || store.is_running())>"Check"</button>
                <span class="hint">{text(move || if store.is_running() { "Another run is in progress: wait for its end, or stop it." } else { "" }.to_owned())}</span>
            </div>
        </form>
    }
    .into_any()
}

fn names() -> impl Iterator<Item = &'static str> {
    OFFERS.into_iter().flat_map(|(_, fields)| fields.iter().map(|(name, ..)| *name))
}

fn field(
    store: Store,
    name: &'static str,
    label: &'static str,
    checks: &'static str,
    hint: String,
) -> AnyView {
    view! {
        <label class="field">
            <span>{label}" "<span class="checks-badge">{checks}</span></span>
            <input class="mono" type="text" spellcheck="false" autocomplete="off" data-testid=format!("server-{name}") placeholder=hint
                prop:value=text(move || value(store, name)) on:input=move |event| set(store, name, event_target_value(&event))/>
        </label>
    }
    .into_any()
}

/// Values that were given for a server before, and point elsewhere: what they show is not of this one.
fn strangers(store: Store, url: Memo<String>) -> AnyView {
    let found = Memo::new(move |_| {
        let place = |url: &str| Endpoint::parse(url).ok().map(|it| (it.host().to_owned(), it.port()));
        let own = place(&url.get());
        // Words that only the server understands for which they were given.
        let before = place(&value(store, URL));
        let is_elsewhere = |name: &&str| {
            let given = value(store, name);
            let there = if name.ends_with("_url") { place(&given) } else { before.clone() };
            !given.is_empty() && own.is_some() && there.is_some() && there != own
        };
        names().filter(is_elsewhere).collect::<Vec<_>>()
    });
    let forget = move || {
        store.forms.update(|forms| {
            if let Some(values) = forms.values.get_mut(CONFORMANCE) {
                names().for_each(|name| drop(values.remove(name)));
            }
        });
    };
    let words = text(move || {
        format!(
            "These values were given for another server, or point to one, so they may say nothing about this one: {}.",
            found.with(|found| found.join(", "))
        )
    });
    view! {
        <div class="checks-remarks" role="status" data-testid="server-strangers" hidden=when(move || found.with(Vec::is_empty))>
            <p>{words}</p>
            {button("", "server-forget", "Remove values", "", forget)}
        </div>
    }
    .into_any()
}
