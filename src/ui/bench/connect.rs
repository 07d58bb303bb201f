//! The bar that opens and closes the selected connection, and what is known of it.

use std::time::Duration;

use leptos::prelude::*;

use super::super::parts::fields::{icon, icon_button, text, when};
use super::super::parts::icons;
use super::connections::{close, open};
use super::explanation::{Why, explained};
use super::front::Dialog;
use super::link::Link;
use super::start;
use super::store::{Connection, Store};
use crate::browser::page;
use crate::engine::Instant;
use crate::model::format;
use crate::wire::bench::{ConnectionState, Phase};

/// The address of one connection, and the button that opens or closes it.
#[component]
pub(crate) fn ConnectBar(connection: Connection, store: Store, link: Link) -> impl IntoView {
    let is_idle = when(move || matches!(connection.phase(), Phase::Closed | Phase::Waiting));
    let wrong = Memo::new(move |_| {
        connection.state.with(|state| state.as_ref().and_then(|state| state.typed.wrong.clone()))
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        match untrack(|| connection.phase()) {
            Phase::Closed => match connection.setup.with_untracked(|setup| setup.url.trim().to_owned()) {
                line if start::is_command(&line) => start::connect_as(store, link, line),
                _ => open(store, connection, link),
            },
            _ => close(connection, link),
        }
    };
    let label = text(move || {
        let label = match connection.phase() {
            Phase::Closed => "Connect",
            Phase::Waiting => "Stop retrying",
            Phase::Connecting => "Cancel",
            Phase::Open => "Disconnect",
            Phase::Closing => "Closing …",
        };
        label.to_owned()
    });
    let is_disabled = when(move || connection.phase() == Phase::Closing);
    // Only a look: the worker's word may be about an older address, so a press asks it, and it says what is wrong.
    let is_doubtful =
        text(move || (connection.phase() == Phase::Closed && wrong.get().is_some()).to_string());
    let is_favourite = when(move || {
        let url = connection.setup.with(|s| s.url.trim().to_owned());
        store.addresses.with(|all| all.iter().any(|it| it.is_favourite && it.url == url))
    });
    let favour = move || {
        let (url, protocols) =
            connection.setup.with_untracked(|s| (s.url.trim().to_owned(), s.protocols.trim().to_owned()));
        let is_favourite = is_favourite.get_untracked();
        store.remember_address(url.clone(), protocols);
        store.addresses.update(|all| {
            all.iter_mut().filter(|it| it.url == url).for_each(|it| it.is_favourite = !is_favourite);
        });
    };
    let set_url = move |url: String| {
        // An address from the history comes with its subprotocols.
        let known = store.addresses.with_untracked(|all| all.iter().find(|it| it.url == url).cloned());
        connection.setup.update(|setup| {
            if let Some(known) = known.filter(|_| setup.protocols.is_empty()) {
                setup.protocols = known.protocols;
            }
            setup.url = url;
        });
    };
    let name = text(move || connection.name());
    // An open connection is one line; who wants to change something unfolds the fields into its place.
    let is_editing = RwSignal::new(false);
    let is_live = Memo::new(move |_| matches!(connection.phase(), Phase::Open | Phase::Closing));
    Effect::new(move || {
        is_live.track();
        is_editing.set(false);
    });
    let is_folded = when(move || is_live.get() && !is_editing.get());
    let edit = move || {
        is_editing.update(|it| *it = !*it);
        if is_editing.get_untracked() {
            page::focus_soon("[data-testid=name]");
        }
    };
    let edit_words =
        text(move || if is_folded.get() { "Edit this connection" } else { "Fold the fields" }.to_owned());
    let favourite_name = text(|| "Favourite address".to_owned());
    let favour = move || {
        icon("quiet", "favourite", if is_favourite.get() { "★" } else { "☆" }, favourite_name, favour)
    };
    view! {
        <form class="connect" on:submit=submit data-folded=move || is_folded.get().then_some("")>
            <button type="button" class="bench-line" hidden=move || !is_folded.get() title=edit_words data-testid="connection-line" on:click=move |_| edit()>
                <span class="dot" aria-hidden="true" data-color=text(move || connection.setup.with(|s| s.color.to_string()))></span>
                <b>{name}</b>
                <span class="bench-line-address mono">{text(move || connection.state.with(|it| it.as_ref().map(|it| it.url.clone()).unwrap_or_default()))}</span>
                <span class="bench-line-age" data-testid="age">{open_age(connection, store)}</span>
                {move || agreed(connection).map(|protocol| view! { <span class="bench-chip" title="Subprotocol">{protocol}</span> }.into_any())}
            </button>
            <div class="bench-fields" hidden=is_folded>
                <label class="connect-name">
                    <span class="unseen">"Name"</span>
                    <input type="text" autocomplete="off" spellcheck="false" data-testid="name" title="Name"
                        prop:value=name on:input=move |event| rename(store, connection, &event)/>
                </label>
                <label class="grow">
                    <span class="unseen">"Address"</span>
                    <input class="mono" type="text" inputmode="url" spellcheck="false" autocomplete="off" list="addresses"
                        placeholder="ws://localhost:9000/ws" data-testid="url" title="Address"
                        prop:value=text(move || connection.setup.with(|s| s.url.clone()))
                        on:input=move |event| set_url(event_target_value(&event))
                        readonly=when(move || !is_idle.get())
                        aria-invalid=text(move || wrong.get().is_some().to_string())
                        aria-describedby="connect-note"/>
                    <datalist id="addresses">
                        {move || store.addresses.get().into_iter().map(|it| view! { <option value=it.url>{it.protocols}</option> }).collect_view()}
                    </datalist>
                </label>
                {favour}
                <label class="connect-protocols">
                    <span class="unseen">"Subprotocols"</span>
                    <input class="mono" type="text" spellcheck="false" autocomplete="off" placeholder="subprotocols" data-testid="protocols" title="Subprotocols"
                        prop:value=text(move || connection.setup.with(|s| s.protocols.clone()))
                        on:input=move |event| connection.setup.update(|s| s.protocols = event_target_value(&event))
                        readonly=when(move || !is_idle.get())/>
                </label>
            </div>
            <button class="primary" type="submit" data-testid="connect"
                data-state=text(move || format::phase(connection.phase()).to_owned()) disabled=is_disabled aria-disabled=is_doubtful>
                {label}
            </button>
            <button type="button" class="quiet" data-testid="edit-connection" title=edit_words aria-label=edit_words data-idle=move || (!is_live.get()).then_some("")
                aria-expanded=text(move || (!is_folded.get()).to_string()) on:click=move |_| edit()>{icons::PENCIL.draw()}</button>
            {icon_button("quiet", "options", icons::SLIDERS, text(|| "Options: what is sent on opening, reconnecting, heartbeat, round trips".to_owned()), move || store.dialog.set(Some(Dialog::Options)))}
            <a class="bench-check" href="#/checks/server" title="Check this server: test its protocol, for a certificate" aria-label="Check this server" data-testid="check-server"
                on:click=move |_| page::give(page::BENCH_URL, &connection.setup.with_untracked(|s| s.url.clone()))>{icons::SHIELD_CHECK.draw()}</a>
            <ConnectNote connection store/>
        </form>
    }
    .into_any()
}

/// The subprotocol that the server chose.
fn agreed(connection: Connection) -> Option<String> {
    connection.state.with(|state| {
        state.as_ref().map(|state| state.protocol.clone()).filter(|protocol| !protocol.is_empty())
    })
}

/// A signal that changes once a second: time goes on also when nothing happens.
fn seconds() -> RwSignal<u32> {
    let ticks = RwSignal::new(0_u32);
    let timer =
        set_interval_with_handle(move || ticks.update(|n| *n = n.wrapping_add(1)), Duration::from_secs(1));
    on_cleanup(move || {
        if let Ok(timer) = timer {
            timer.clear();
        }
    });
    ticks
}

/// How long a connection has been open.
fn open_age(connection: Connection, store: Store) -> Signal<String> {
    let ticks = seconds();
    text(move || {
        ticks.track();
        let now = store.ready.with(|ready| ready.as_ref().map(|ready| now(ready.clock_began)));
        let since = connection
            .state
            .with(|state| state.as_ref().filter(|state| state.phase == Phase::Open).map(|state| state.since));
        match (now, since) {
            (Some(now), Some(since)) => {
                let seconds = (now - since).as_secs();
                let (hours, rest) = (seconds / 3600, seconds % 3600);
                let hours = if hours > 0 { format!("{hours}:") } else { String::new() };
                format!("open {hours}{:02}:{:02}", rest / 60, rest % 60)
            }
            _ => String::new(),
        }
    })
}

/// One line under it, in a place of its own: what is wrong with it, what was agreed on, or how it ended.
#[component]
fn ConnectNote(connection: Connection, store: Store) -> impl IntoView {
    let ticks = seconds();
    let note = Memo::new(move |_| {
        let step = store.clock_step();
        let typed = connection.setup.with(|setup| setup.url.trim().to_owned());
        connection.state.with(|state| {
            state.as_ref().map_or(("", "Not connected yet.".to_owned()), |state| words(state, &typed, step))
        })
    });
    let counts = text(move || {
        let words = connection.state.with(|state| state.as_ref().map(counts)).unwrap_or_default();
        if words.is_empty() { words } else { format!("{words} ") }
    });
    let age = text(move || {
        ticks.track();
        let now = store.ready.with(|ready| ready.as_ref().map(|ready| now(ready.clock_began)));
        let since = connection.state.with(|state| {
            state.as_ref().filter(|s| s.phase != Phase::Closed).map(|s| (s.phase, s.since, s.retry))
        });
        match (now, since) {
            (Some(now), Some((Phase::Waiting, _, Some(retry)))) => {
                format!("in {}", format::span(retry.at - now))
            }
            (Some(now), Some((Phase::Connecting, since, _))) => waited(now - since, connection),
            _ => String::new(),
        }
    });
    view! {
        <div class="note" id="connect-note" data-testid="note" data-state=text(move || note.get().0.to_owned())>
            // Read out when it changes; counts change all the time and stand beside.
            <span class="connect-said" role="status" title=text(move || note.get().1)>{text(move || note.get().1)}</span>
            <span class="connect-age">{counts}{age}</span>
            <Why connection/>
        </div>
    }
}

/// The worker's clock, read in the page: both count from moments that the browser tells.
pub(super) fn now(worker_began: f64) -> Instant {
    by_worker(worker_began, crate::browser::clock::now())
}

/// A moment of the page's clock, by the worker's.
pub(super) fn by_worker(worker_began: f64, at: Instant) -> Instant {
    let millis = crate::browser::clock::began() - worker_began;
    Instant::from_millis_f64(millis + at.as_nanos() as f64 / 1e6)
}

/// How long a handshake has been waited for, and after a while what that may mean.
fn waited(waited: Duration, connection: Connection) -> String {
    if waited < NOTICED {
        return String::new();
    }
    let age = format::span(waited);
    let within = connection.setup.with(|setup| setup.opening.within);
    match (waited < LONG, within.is_zero()) {
        (true, _) => format!("for {age}"),
        (false, true) => {
            format!("for {age}. The server has not answered yet: is it busy, or does a breakpoint hold it?")
        }
        (false, false) => {
            format!(
                "for {age}. The server has not answered yet; the page gives up after {}.",
                format::bound(within)
            )
        }
    }
}

/// From here on the time that a handshake takes is shown.
const NOTICED: Duration = Duration::from_secs(1);
/// From here on it is longer than usual.
const LONG: Duration = Duration::from_secs(4);

fn words(state: &ConnectionState, typed: &str, step: Duration) -> (&'static str, String) {
    // The note of one address must not stand beside another.
    let is_other_address = !state.url.is_empty() && state.typed.url != state.url;
    match (state.phase, &state.closed) {
        (Phase::Closed, _) if state.typed.wrong.is_some() => {
            ("wrong", format::sentence(state.typed.wrong.as_deref().unwrap_or_default()))
        }
        (Phase::Connecting, _) => match (state.retry, explained(state)) {
            (Some(retry), Some(why)) => {
                ("wrong", format!("{} Connecting again, attempt {} …", why.headline(), retry.attempt))
            }
            _ => ("", "Connecting …".to_owned()),
        },
        (Phase::Open, _) => ("good", open_words(state, step)),
        (Phase::Closing, _) => ("", "Closing; waiting for the server's answer.".to_owned()),
        (Phase::Waiting, _) => {
            let attempt = state.retry.map_or(1, |retry| retry.attempt);
            let lost = match explained(state) {
                Some(why) if !was_open(state) => why.headline(),
                _ => "Lost.".to_owned(),
            };
            ("wrong", format!("{lost} Reconnecting, attempt {attempt},"))
        }
        (Phase::Closed, _) if is_other_address => {
            ("", format!("Not connected to this address yet.{}", completed(state, typed)))
        }
        (Phase::Closed, Some(closed)) if closed.clean || closed.cancelled_after.is_some() => {
            ("", format::ending(closed))
        }
        (Phase::Closed, Some(_)) if state.asks_why => {
            ("wrong", "It did not open; finding out why …".to_owned())
        }
        (Phase::Closed, Some(closed)) => match explained(state) {
            Some(why) if !closed.was_open => ("wrong", why.headline()),
            _ => ("wrong", format::ending(closed)),
        },
        (Phase::Closed, None) => match &state.trouble {
            Some(trouble) => ("wrong", format::sentence(trouble)),
            None => ("", format!("Not connected yet.{}", completed(state, typed))),
        },
    }
}

fn was_open(state: &ConnectionState) -> bool {
    state.closed.as_ref().is_some_and(|closed| closed.was_open)
}

/// The whole address, where something was added to what was typed.
fn completed(state: &ConnectionState, typed: &str) -> String {
    let url = &state.typed.url;
    let is_same = url.is_empty() || url == typed || typed.contains("{{");
    if is_same { String::new() } else { format!(" This is {url}") }
}

fn open_words(state: &ConnectionState, step: Duration) -> String {
    let took = state.opened_after.map(|took| format::figure(took, step)).unwrap_or_default();
    let mut words = format!("Open; the handshake took {took}.");
    if !state.protocol.is_empty() {
        words.push_str(&format!(" Subprotocol {}.", state.protocol));
    }
    if !state.extensions.is_empty() {
        words.push_str(&format!(" Extensions: {}.", state.extensions));
    }
    if let Some(trouble) = &state.trouble {
        words.push_str(&format!(" Last error: {trouble}."));
    }
    words
}

/// What changes while it is open.
fn counts(state: &ConnectionState) -> String {
    if state.phase != Phase::Open {
        return String::new();
    }
    let mut words = Vec::new();
    if let Some(beats) = state.beats.filter(|beats| beats.sent > 0) {
        words.push(format!(
            "Heartbeats: {} sent, {} answered, {} missed.",
            beats.sent, beats.answered, beats.missed
        ));
    }
    if state.buffered > 0 {
        words.push(format!("{} wait in the browser.", format::size(state.buffered)));
    }
    words.join(" ")
}

/// The longest name of a connection, in characters: the list has room for no more.
const LONGEST_NAME: usize = 40;

/// Names a connection as it was typed. What is too long is cut, and the page says so.
fn rename(store: Store, connection: Connection, event: &leptos::ev::Event) {
    let typed = event_target_value(event);
    let name: String = typed.chars().take(LONGEST_NAME).collect();
    if name != typed {
        store.say(format!("The name of a connection has at most {LONGEST_NAME} characters."));
        event_target::<web_sys::HtmlInputElement>(event).set_value(&name);
    }
    store.rename(connection, name);
}
