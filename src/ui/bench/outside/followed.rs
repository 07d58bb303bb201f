//! Recordings of the server that are followed: connections of another program, which are read and never written to.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;

use super::super::super::parts::fields::{button, icon_button, text, when};
use super::super::super::parts::icons;
use super::super::front::Dialog;
use super::super::link::Link;
use super::super::rail;
use super::super::store::{COLORS, Store};
use super::{Outside, ask};
use crate::browser::{http, page};
use crate::engine::HttpRequest;
use crate::engine::base::percent;
use crate::engine::bench::filter::FilterSpec;
use crate::model::format;
use crate::wire::bench::{ConnectionId, FollowedSeen, OutsideRequest};

/// A server on this machine that has not answered by then will not.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often an open list asks what is recorded.
const EVERY: Duration = Duration::from_secs(2);

/// Gives each followed connection its name in the timeline, also after an earlier session was looked at.
pub(super) fn name_connections(store: Store, outside: Outside) {
    Effect::new(move || {
        let is_of_now = !store.is_reading.get();
        outside.followed.with(|all| {
            let named = all.iter().flat_map(|it| &it.connections);
            let is_new = |id: &ConnectionId| store.names.with_untracked(|names| !names.contains_key(id));
            let new: Vec<_> = named.filter(|(id, ..)| is_of_now && is_new(id)).cloned().collect();
            if !new.is_empty() {
                store.names.update(|names| {
                    for (id, name, _) in new {
                        names.insert(id, (name, (id.0 % u32::from(COLORS)) as u8));
                    }
                });
            }
        });
    });
}

fn follow(link: Link, name: String) {
    ask(link, &OutsideRequest::Follow { name, server: page::own_socket_address("") });
}

/// Follows what an address names after `#follow=`, as `sockscope record` prints it: a recording of the server of this page, or one
/// of a server on this machine, before its name.
pub(crate) fn follow_link(store: Store, link: Link, place: String) {
    page::go_to("#/bench");
    let (server, name) = match place.rsplit_once('/') {
        Some((server, name)) if is_here(server) => (server.to_owned(), name),
        Some(_) => {
            return store
                .complain("Expected a recording on this machine after #follow=, found another address.");
        }
        None => (page::own_socket_address(""), place.as_str()),
    };
    let name = percent::decoded(name);
    ask(link, &OutsideRequest::Follow { name, server });
}

/// Whether a server is on this machine.
fn is_here(server: &str) -> bool {
    let Some(host) = server.strip_prefix("ws://") else { return false };
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "127.0.0.1" | "localhost" | "[::1]")
}

/// What is followed, in the rail.
pub(super) fn rail(store: Store, link: Link, outside: Outside) -> AnyView {
    let names = Memo::new(move |_| {
        outside.followed.with(|all| all.iter().map(|it| it.name.clone()).collect::<Vec<_>>())
    });
    let item = move |name: String| {
        let of = name.clone();
        let seen = Memo::new(move |_| {
            outside.followed.with(|all| all.iter().find(|it| it.name == of).cloned()).unwrap_or_default()
        });
        let end = text(move || seen.with(how));
        let called = name.clone();
        let hint = text(move || seen.with(|seen| words(&called, seen)));
        let only = move |_| {
            let connections: Vec<u32> =
                seen.with_untracked(|seen| seen.connections.iter().map(|(id, ..)| id.0).collect());
            let is_on = store.filter.with_untracked(|filter| filter.connections == connections);
            let connections = if is_on { Vec::new() } else { connections };
            store.filter.set(FilterSpec { connections, ..store.filter.get_untracked() });
        };
        let is_live = when(move || seen.with(|seen| seen.is_live));
        let (again, stop, named) = (name.clone(), name.clone(), name.clone());
        let stop_words = text(move || format!("Stop following {named}"));
        let called = name.clone();
        let again_words = text(move || format!("Follow {called} again"));
        let title = name.clone();
        view! {
            <li class="rail-item">
                <button type="button" class="rail-line" data-testid="rail-followed" title=hint on:click=only>{rail::parts(icons::CABLE, text(move || title.clone()), end)}</button>
                <span class="rail-acts">
                    <span hidden=move || !is_live.get()>{icon_button("quiet", "unfollow", icons::UNPLUG, stop_words, move || ask(link, &OutsideRequest::Unfollow(stop.clone())))}</span>
                    <span hidden=move || is_live.get()>{icon_button("quiet", "follow-again", icons::PLAY, again_words, move || follow(link, again.clone()))}</span>
                </span>
            </li>
        }
    };
    let body = view! { <ul><For each=move || names.get() key=String::clone let:name>{item(name)}</For></ul> };
    let acts = icon_button(
        "quiet",
        "followed-recordings",
        icons::PENCIL,
        text(|| "Recordings of the server".to_owned()),
        move || store.dialog.set(Some(Dialog::Sessions)),
    );
    view! {
        <div hidden=move || names.with(Vec::is_empty)>{rail::list(store, 6, "rail-list", "Followed", acts, body.into_any())}</div>
    }
    .into_any()
}

fn how(seen: &FollowedSeen) -> String {
    let open = seen.connections.iter().filter(|(_, _, is_open)| *is_open).count() as u64;
    match (seen.is_live, seen.missed) {
        (_, missed) if missed > 0 => format!("{} missing", format::count(missed)),
        (true, _) => format!("{} open", format::count(open)),
        (false, _) => "stopped".to_owned(),
    }
}

fn words(name: &str, seen: &FollowedSeen) -> String {
    let mut words = format!(
        "{name}: connections of another program, read only. {} of {}",
        format::counted(seen.frames, "frame"),
        format::counted(seen.connections.len() as u64, "connection")
    );
    if seen.missed > 0 {
        words.push_str(&format!(
            "; {} missing, since the page was too slow",
            format::counted(seen.missed, "frame")
        ));
    }
    if let Some(ended) = &seen.ended {
        words.push_str(&format!("; {ended}"));
    }
    words + ". A click shows them alone."
}

/// A recording of the server as its list has it.
#[derive(Clone, PartialEq)]
struct Running {
    name: String,
    open: u64,
    frames: u64,
}

async fn running() -> Option<Vec<Running>> {
    let request =
        HttpRequest { method: "GET".to_owned(), url: "/api/recordings".to_owned(), ..HttpRequest::default() };
    let answer = http::call_within(request, PATIENCE).await.ok()?;
    let told: Value = serde_json::from_str(&answer.body).ok()?;
    let one = |it: &Value| {
        Some(Running {
            name: it["name"].as_str()?.to_owned(),
            open: it["open"].as_u64()?,
            frames: it["frames"].as_u64()?,
        })
    };
    Some(told["recordings"].as_array()?.iter().filter_map(one).collect())
}

/// The recordings of the server, in the dialog of sessions: each can be followed. Nothing where no server of ours answers.
pub(crate) fn recordings(store: Store, link: Link) -> AnyView {
    let outside = Outside::of(store);
    let all = RwSignal::new(Vec::<Running>::new());
    let look = move || {
        spawn_local(async move {
            if let Some(found) = running().await
                && all.try_with_untracked(|known| *known != found) == Some(true)
            {
                all.try_set(found);
            }
        });
    };
    look();
    let is_open = when(move || store.dialog.with(|dialog| *dialog == Some(Dialog::Sessions)));
    let again = set_interval_with_handle(
        move || {
            // Once there was one, more may come.
            if is_open.try_get_untracked() == Some(true)
                && all.try_with_untracked(|all| !all.is_empty()) == Some(true)
            {
                look();
            }
        },
        EVERY,
    );
    on_cleanup(move || {
        if let Ok(again) = again {
            again.clear();
        }
    });
    let item = move |it: Running| {
        let name = it.name.clone();
        let is_followed =
            when(move || outside.followed.with(|all| all.iter().any(|it| it.name == name && it.is_live)));
        let words = format!(
            "{}: {}, {} open",
            it.name,
            format::counted(it.frames, "frame"),
            format::counted(it.open, "connection")
        );
        let name = it.name;
        let act = move || {
            follow(link, name.clone());
            store.dialog.set(None);
        };
        view! {
            <li class="rail-item" data-testid="recording">
                <span class="rail-name">{words}</span>
                <span hidden=move || is_followed.get()>{button("", "follow-recording", "Follow it", "Shows its frames in the timeline as they come", act)}</span>
                <span class="note" hidden=move || !is_followed.get()>"followed"</span>
            </li>
        }
    };
    view! {
        <fieldset hidden=move || all.with(Vec::is_empty) data-testid="recordings">
            <legend>"Recorded by the server's proxy"</legend>
            <ul><For each=move || all.get() key=|it| (it.name.clone(), it.frames, it.open) let:it>{item(it)}</For></ul>
            <p class="hint">"Connections of other programs that went through /ws/proxy with record=NAME. They are read only."</p>
        </fieldset>
    }
    .into_any()
}
