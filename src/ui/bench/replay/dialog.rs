//! The dialog before a replay: which connections, where to, how fast.

use leptos::prelude::*;

use super::super::super::parts::fields::{self, button, choice, text, tick, when};
use super::super::link::Link;
use super::super::sessions::{Sessions, called, reading};
use super::super::store::Store;
use super::{Replays, ask};
use crate::browser::page;
use crate::engine::bench::typed_address::complete;
use crate::model::format;
use crate::wire::bench::{
    ConnectionId, ReplayConnection, ReplayOf, ReplayPace, ReplayPhase, ReplayRequest, ReplayStart,
};

const PACES: [(&str, &str); 3] = [
    ("original", "As it was recorded"),
    ("times", "N times as fast"),
    ("answers", "As fast as answers come"),
];

/// What stands in the dialog.
#[derive(Clone, Copy)]
struct Form {
    to: RwSignal<String>,
    left_out: RwSignal<Vec<ConnectionId>>,
    pace: RwSignal<String>,
    times: RwSignal<f64>,
    sends_masks: RwSignal<bool>,
    has_tried: RwSignal<bool>,
}

impl Form {
    fn pace(self) -> ReplayPace {
        match self.pace.get().as_str() {
            "times" => ReplayPace::Times(self.times.get()),
            "answers" => ReplayPace::Answers,
            _ => ReplayPace::Original,
        }
    }
}

/// The server of an address, without a path.
fn server(url: &str) -> String {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find(['/', '?']).map_or(url.len(), |at| start + at);
    url[..end].to_owned()
}

/// The connections of a session that are chosen at first: those that a person has opened.
fn of_persons(all: &[ReplayConnection]) -> Vec<ConnectionId> {
    let replayed = all.iter().filter(|it| it.id.is_of_check()).map(|it| it.id);
    let left_out: Vec<_> = replayed.collect();
    if left_out.len() == all.len() { Vec::new() } else { left_out }
}

/// The dialog for a session; none for the present one.
pub(crate) fn dialog(store: Store, link: Link, of: ReplayOf) -> AnyView {
    let (sessions, replays) = (Sessions::of(store), Replays::of(store));
    replays.looked.set(None);
    ask(link, &ReplayRequest::Look(of.clone()));
    let form = Form {
        to: RwSignal::default(),
        left_out: RwSignal::default(),
        pace: RwSignal::new("original".to_owned()),
        times: RwSignal::new(2.0),
        sends_masks: RwSignal::default(),
        has_tried: RwSignal::default(),
    };
    // What was wrong with the replay before, if it was of this session.
    let before = replays.seen.get_untracked().filter(|seen| seen.of == of);
    let failed = before.as_ref().and_then(|seen| match &seen.phase {
        ReplayPhase::Failed(words) => Some(format!("Not replayed: {words}.")),
        _ => None,
    });
    let to = before.filter(|_| failed.is_some()).map(|seen| seen.to);
    // What is known of the session fills the form once.
    Effect::new(move || {
        if let Some(looked) = replays.looked.get()
            && let Some(first) = looked.connections.first()
        {
            form.to.set(to.clone().unwrap_or_else(|| server(&first.url)));
            form.left_out.set(of_persons(&looked.connections));
        }
    });
    let connections = Memo::new(move |_| {
        replays.looked.with(|looked| looked.as_ref().map(|it| it.connections.clone()).unwrap_or_default())
    });
    let chosen = Memo::new(move |_| {
        let ids = connections.get().into_iter().map(|it| it.id);
        ids.filter(|id| form.left_out.with(|left_out| !left_out.contains(id))).collect::<Vec<_>>()
    });
    let wrong = Memo::new(move |_| {
        let looked = replays.looked.get()?;
        if let Some(words) = looked.failed {
            return Some(format!("The session cannot be replayed: {words}."));
        }
        if looked.connections.is_empty() {
            return Some("The session has no connection that could be opened again.".to_owned());
        }
        if chosen.with(Vec::is_empty) {
            return Some("Choose a connection.".to_owned());
        }
        if let Err(error) = form.to.with(|to| complete(to, "")) {
            return Some(format!("The server: {error}."));
        }
        is_under_way(replays).then(|| "A replay is under way; stop it first.".to_owned())
    });
    let is_known = when(move || replays.looked.with(Option::is_some));
    let one = move |connection: ReplayConnection| {
        let id = connection.id;
        let is_on = when(move || form.left_out.with(|left_out| !left_out.contains(&id)));
        let set = move |on: bool| {
            form.left_out.update(|left_out| match on {
                true => left_out.retain(|it| *it != id),
                false => left_out.push(id),
            });
        };
        let label = match connection.name.as_str() {
            "" => connection.url,
            name => format!("{name}, {}", connection.url),
        };
        view! { <li>{tick(label, "replay-connection", is_on, set)}</li> }
    };
    let all = move || connections.get().into_iter().map(one).collect_view();
    let counted = text(move || {
        let (chosen, all) = (chosen.with(Vec::len), connections.with(Vec::len));
        match is_known.get() {
            true => format!("Connections, {chosen} of {all}"),
            false => "Connections".to_owned(),
        }
    });
    let start_of = of.clone();
    let start = move || {
        form.has_tried.set(true);
        if !is_known.get_untracked() || wrong.get_untracked().is_some() {
            return;
        }
        let start = ReplayStart {
            of: start_of.clone(),
            connections: chosen.get_untracked(),
            to: form.to.get_untracked(),
            pace: untrack(|| form.pace()),
            sends_masks: form.sends_masks.get_untracked(),
        };
        store.dialog.set(None);
        // Its frames come into the present timeline.
        reading::leave(store, link);
        ask(link, &ReplayRequest::Start(Box::new(start)));
        page::focus_soon("[data-testid=replay-stop]");
    };
    let is_kept = of.is_some();
    let sends_masks = when(move || form.sends_masks.get());
    let masks = is_kept.then(|| {
        let set = move |on| form.sends_masks.set(on);
        view! {
            <p class="hint">"Where the session was kept without a secret, the variable with the name of its member or parameter gives the value."</p>
            {tick("Send *** as it stands where no variable does".to_owned(), "replay-masks", sends_masks, set)}
        }
    });
    // A name stands as it is.
    let name = match &of {
        Some(_) => called(sessions, of.as_ref()),
        None => format::sentence(&called(sessions, None)),
    };
    let is_times = when(move || form.pace.with(|pace| pace == "times"));
    let times = text(move || form.times.get().to_string());
    let read: fn(&str) -> Option<f64> = |typed| {
        let times = typed.trim().trim_end_matches('x').parse::<f64>().ok();
        times.filter(|times| times.is_finite() && *times > 0.0)
    };
    let shows_wrong = when(move || wrong.with(Option::is_some));
    view! {
        <div class="replay" data-testid="replay-dialog">
            <p class="replay-of">{name}</p>
            <fieldset class="replay-connections">
                <legend>{counted}</legend>
                <p class="hint" hidden=is_known>"Reading …"</p>
                <ul>{all}</ul>
            </fieldset>
            {fields::line("Server", "replay-to", "ws://localhost:3000", text(move || form.to.get()), move |typed| form.to.set(typed))}
            <p class="hint">"Without a path the paths of the session stay. A path replaces what the paths of the session have in common."</p>
            <div class="row-of-fields">
                {choice("Pace", "replay-pace", &PACES, text(move || form.pace.get()), move |pace| form.pace.set(pace))}
                <div hidden=move || !is_times.get()>{fields::parsed("N", "replay-times", "2", times, read, move |times| form.times.set(times))}</div>
            </div>
            <p class="hint">"Ids, tokens and times that the server gave are replaced by those that it gives now. HTTP calls are not made again."</p>
            {masks}
            {failed.map(|words| view! { <p class="note" data-state="wrong" data-testid="replay-failed">{words}</p> })}
            <p class="note" role="status" data-state="wrong" data-testid="replay-wrong" hidden=move || !shows_wrong.get()>{text(move || wrong.get().unwrap_or_default())}</p>
            <div class="deeds">
                {button("primary", "replay-start", "Start replay", "Opens the connections and sends what the session sent", start)}
                {button("quiet", "replay-cancel", "Cancel", "", move || store.dialog.set(None))}
            </div>
        </div>
    }
    .into_any()
}

fn is_under_way(replays: Replays) -> bool {
    let is = |phase: &ReplayPhase| matches!(phase, ReplayPhase::Reading | ReplayPhase::Running);
    replays.seen.with(|seen| seen.as_ref().is_some_and(|seen| is(&seen.phase)))
}
