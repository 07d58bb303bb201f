//! The set-up as a link, and links that bring one.
//!
//! Owns the two dialogs in which a person decides part by part. Nothing goes into a link, and nothing is set up, without a tick.

use std::collections::{BTreeMap, BTreeSet};

use leptos::prelude::*;

use super::super::later;
use super::super::parts::fields::{button, prose, text, when};
use super::export;
use super::front::Dialog;
use super::link::Link;
use super::store::Store;
use crate::browser::page;
use crate::engine::bench::filter::FilterSpec;
use crate::model::format;
use crate::model::route::Route;
use crate::model::saved_filters;
use crate::wire::bench::{Answer, ConnectionId, Listed, Offered, Part, Phase, Question, Request, Workspace};

/// What stands in the composer on a first visit; losing it loses nothing.
const GREETING: &str = "hello";

type Ticks = RwSignal<BTreeSet<Part>>;

/// Asks what a link could carry, and shows it.
pub(crate) fn make_link(store: Store, link: Link) {
    let mut workspace = untrack(|| store.workspace());
    workspace.draft = store.draft.get_untracked();
    let shared = Box::new(workspace);
    link.ask(Question::Share(shared.clone()), move |answer| {
        if let Answer::Parts(parts) = answer {
            store.dialog.set(Some(Dialog::Share { workspace: shared.clone(), parts }));
        }
    });
}

/// Shows what a link would set up; nothing is done before a click.
pub(crate) fn open_link(store: Store, link: Link, fragment: &str) {
    if let Some(place) = fragment.strip_prefix("session=").map(str::to_owned) {
        return later::then(move |later| (later.session_link)(store, link, place));
    }
    if let Some(place) = fragment.strip_prefix("follow=").map(str::to_owned) {
        return later::then(move |later| (later.follow_link)(store, link, place));
    }
    let Some((_, packed)) = fragment.split_once("?set=") else { return };
    link.ask(Question::OpenShared(packed.to_owned()), move |answer| match answer {
        Answer::Offer(offered) => store.dialog.set(Some(Dialog::Offer(offered))),
        Answer::Failed(words) => store.complain(format::sentence(&words)),
        _ => {}
    });
}

/// The parts of the set-up with boxes, and the link that carries what is ticked.
pub(crate) fn choose(store: Store, link: Link, workspace: Workspace, parts: Vec<Listed>) -> AnyView {
    let ticks: Ticks = RwSignal::new(ticked(&parts));
    // Empty while the link for the present ticks is being made: a link with other parts is never copied.
    let address = RwSignal::new(String::new());
    let left_out = RwSignal::new(Vec::<String>::new());
    let made = StoredValue::new(0_u32);
    let workspace = Box::new(workspace);
    Effect::new(move || {
        let parts: Vec<Part> = ticks.get().into_iter().collect();
        let mine = made.get_value() + 1;
        made.set_value(mine);
        address.set(String::new());
        link.ask(Question::Link { workspace: workspace.clone(), parts }, move |answer| {
            if let Answer::Link { fragment, left_out: words } = answer
                && made.try_get_value() == Some(mine)
            {
                address.set(format!("{}#/bench?set={fragment}", page::address_without_fragment()));
                left_out.set(words);
            }
        });
    });
    let suspects = parts.iter().filter(|it| !it.suspicions.is_empty()).count();
    let warning = match suspects {
        0 => String::new(),
        1 => "1 part looks like it holds a secret, so it is not ticked.".to_owned(),
        n => format!("{n} parts look like they hold secrets, so they are not ticked."),
    };
    let on_bench = Route::of_fragment(&page::fragment()) == Route::Bench;
    let words = text(move || match left_out.get() {
        words if words.is_empty() => "Nothing is left out.".to_owned(),
        words => format!("Left out: {}.", words.join("; ")),
    });
    let list = groups(parts, ticks);
    view! {
        <p>"The link carries what is ticked. It holds the setup itself, so no server sees it. Nothing connects before the recipient clicks."</p>
        <p class="note" data-testid="share-scope" hidden=on_bench>"This shares the bench only: its connections and messages. It shares no suite; download a suite in Checks, with Save file."</p>
        <p class="note" data-state="wrong" data-testid="share-warning" hidden=warning.is_empty()>{warning.clone()}</p>
        <div class="share-parts" data-testid="parts">{list}</div>
        <textarea class="mono" rows="3" readonly data-testid="link-address" aria-label="Link" prop:value=address></textarea>
        <p class="hint" data-testid="left-out">{words}</p>
        <div class="deeds">
            <button type="button" class="primary" data-testid="copy-link" disabled=when(move || address.with(String::is_empty))
                on:click=move |_| export::copy_text(store, &address.get_untracked())>"Copy link"</button>
        </div>
    }
    .into_any()
}

fn ticked(parts: &[Listed]) -> BTreeSet<Part> {
    parts.iter().filter(|it| it.is_ticked).map(|it| it.part).collect()
}

/// The parts under their headings, in the order in which they come.
fn groups(parts: Vec<Listed>, ticks: Ticks) -> AnyView {
    let mut groups: Vec<(&'static str, Vec<Listed>)> = Vec::new();
    for listed in parts {
        let group = listed.part.group();
        match groups.iter_mut().find(|(name, _)| *name == group) {
            Some((_, items)) => items.push(listed),
            None => groups.push((group, vec![listed])),
        }
    }
    let group = |(name, items): (&'static str, Vec<Listed>)| {
        let items = items.into_iter().map(|it| item(it, ticks)).collect_view();
        view! { <fieldset><legend>{name}</legend><ul>{items}</ul></fieldset> }.into_any()
    };
    groups.into_iter().map(group).collect_view().into_any()
}

fn item(listed: Listed, ticks: Ticks) -> AnyView {
    let Listed { part, name, content, suspicions, .. } = listed;
    let needs = part.needs().map(Part::Connection);
    let is_ticked = when(move || ticks.with(|ticks| ticks.contains(&part)));
    // What belongs to a connection goes nowhere without it.
    let is_moot = when(move || needs.is_some_and(|needs| ticks.with(|ticks| !ticks.contains(&needs))));
    let change = move |on: bool| {
        ticks.update(|ticks| match on {
            true => drop(ticks.insert(part)),
            false => drop(ticks.remove(&part)),
        });
    };
    let is_suspect = !suspicions.is_empty();
    let words = suspicions.join(". ");
    view! {
        <li data-state=is_suspect.then_some("suspect")>
            <label class="tick">
                <input type="checkbox" data-testid=testid(part) prop:checked=is_ticked disabled=is_moot
                    on:change=move |event| change(event_target_checked(&event))/>
                <span><strong>{name}</strong>" "<code>{content}</code></span>
            </label>
            <p class="note" data-state="wrong" hidden=!is_suspect>{prose(&format!("{words}."))}</p>
        </li>
    }
    .into_any()
}

fn testid(part: Part) -> String {
    match part {
        Part::Connection(id) => format!("part-connection-{}", id.0),
        Part::Address(id) => format!("part-address-{}", id.0),
        Part::OnOpen(id, nth) => format!("part-on-open-{}-{nth}", id.0),
        Part::Heartbeat(id) => format!("part-heartbeat-{}", id.0),
        Part::Message(nth) => format!("part-message-{nth}"),
        Part::Rule(nth) => format!("part-rule-{nth}"),
        Part::Variable(nth) => format!("part-variable-{nth}"),
        Part::Filter(nth) => format!("part-filter-{nth}"),
        Part::Highlight(nth) => format!("part-highlight-{nth}"),
        Part::Draft => "part-draft".to_owned(),
        Part::Settings => "part-settings".to_owned(),
    }
}

/// What a link brings, with boxes, and what its maker left out.
pub(crate) fn offer(store: Store, link: Link, offered: Offered) -> AnyView {
    let Offered { workspace, parts, left_out } = offered;
    let mut first = ticked(&parts);
    let has_own_draft =
        store.draft.with_untracked(|draft| !draft.is_empty() && draft.text.trim() != GREETING);
    if has_own_draft {
        first.remove(&Part::Draft);
    }
    let ticks: Ticks = RwSignal::new(first);
    let list = groups(parts, ticks);
    let is_busy = when(move || store.connections.with(|all| all.iter().any(|c| c.phase() != Phase::Closed)));
    let has_none = when(move || ticks.with(BTreeSet::is_empty));
    let has_no_connection =
        when(move || ticks.with(|ticks| !ticks.iter().any(|it| matches!(it, Part::Connection(_)))));
    let take = StoredValue::new(workspace);
    let taken = move || {
        let parts: Vec<Part> = ticks.get_untracked().into_iter().collect();
        (take.get_value().keep_only(&parts), parts)
    };
    let words = match left_out.is_empty() {
        true => String::new(),
        false => format!("The sender left out: {}.", left_out.join("; ")),
    };
    let replace = move || {
        let (workspace, parts) = taken();
        replace_by(store, link, workspace, &parts);
    };
    let add = move || {
        let (workspace, _) = taken();
        add_to(store, workspace);
    };
    view! {
        <p>"Nothing was connected or sent. Choose what to take:"</p>
        <div class="share-parts" data-testid="offer">{list}</div>
        <p class="hint" data-testid="offer-left-out" hidden=words.is_empty()>{words.clone()}</p>
        <p class="hint">"Add keeps your own settings. Replace removes your connections, messages, auto-replies and variables first."</p>
        <p class="note" data-state="wrong" hidden=when(move || !is_busy.get())>"Replace closes the connections that are open now."</p>
        <div class="deeds">
            <button type="button" class="primary" data-testid="offer-add" disabled=has_none on:click=move |_| add()>"Add"</button>
            <button type="button" data-testid="offer-replace" disabled=has_no_connection on:click=move |_| replace()>"Replace"</button>
            {button("quiet", "offer-refuse", "Cancel", "", move || done(store))}
        </div>
    }
    .into_any()
}

fn replace_by(store: Store, link: Link, mut workspace: Workspace, parts: &[Part]) {
    for connection in store.connections.get_untracked() {
        link.send(&Request::Forget { connection: connection.id });
    }
    // What was not taken stays as it is here.
    let own = untrack(|| store.workspace());
    // A link does not decide what this browser keeps.
    workspace.journal = own.journal;
    if !parts.contains(&Part::Settings) {
        (workspace.repeat, workspace.budget, workspace.layout) = (own.repeat, own.budget, own.layout);
        (workspace.type_member, workspace.columns) = (own.type_member, own.columns);
    }
    if !parts.contains(&Part::Draft) {
        workspace.draft = store.draft.get_untracked();
    }
    workspace.sent = own.sent;
    // A number of an old connection would stand for another one now.
    renumber(store, &mut workspace);
    store.set_up(workspace);
    done(store);
}

fn add_to(store: Store, mut workspace: Workspace) {
    let mut moved = BTreeMap::new();
    for setup in std::mem::take(&mut workspace.connections) {
        let (id, name) = (setup.id, store.free_name_like(&setup.name));
        let connection = store.add_like(setup);
        store.rename(connection, name);
        moved.insert(id, connection.id);
    }
    // A rule is for the same connections as before, whatever numbers they have now.
    let renumbered = workspace.rules.iter_mut().flat_map(|rule| &mut rule.connections);
    renumbered.for_each(|id| *id = moved.get(id).copied().unwrap_or(*id));
    let filters = workspace.filters.iter_mut().map(|it| &mut it.spec);
    let specs = filters.chain(workspace.highlights.iter_mut().map(|it| &mut it.spec));
    let ids = specs.flat_map(connections_of);
    ids.for_each(|id| *id = moved.get(&ConnectionId(*id)).map_or(*id, |id| id.0));
    store.filters.update(|all| {
        all.extend(workspace.filters);
        saved_filters::tell_apart(all);
    });
    store.highlights.update(|all| {
        for rule in workspace.highlights {
            saved_filters::put_rule_back(all, all.len(), rule);
        }
    });
    store.messages.update(|all| all.extend(workspace.messages));
    store.variables.update(|all| all.extend(workspace.variables));
    store.rules.update(|all| all.extend(workspace.rules));
    if !workspace.draft.is_empty() {
        store.draft.set(workspace.draft);
    }
    done(store);
}

/// The numbers of the connections that a filter names.
fn connections_of(spec: &mut FilterSpec) -> impl Iterator<Item = &mut u32> {
    spec.connections.iter_mut().chain(&mut spec.excluded_connections)
}

fn renumber(store: Store, workspace: &mut Workspace) {
    let highest = store.highest();
    let moved = |id: ConnectionId| ConnectionId(highest.saturating_add(id.0).min((1 << 31) - 1));
    workspace.connections.iter_mut().for_each(|setup| setup.id = moved(setup.id));
    workspace.rules.iter_mut().for_each(|rule| rule.connections.iter_mut().for_each(|id| *id = moved(*id)));
    let filters = workspace.filters.iter_mut().map(|it| &mut it.spec);
    let specs = filters.chain(workspace.highlights.iter_mut().map(|it| &mut it.spec));
    // 0 stands for none of them, and stays.
    let ids = specs.flat_map(connections_of).filter(|id| **id != 0);
    ids.for_each(|id| *id = moved(ConnectionId(*id)).0);
    workspace.selected = moved(workspace.selected);
}

/// The link has done its work; a reload must not offer it again.
fn done(store: Store) {
    store.dialog.set(None);
    page::go_to("#/bench");
}
