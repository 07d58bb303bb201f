//! The panels beside the composer: repeating, saved messages, variables, automatic replies.

use std::time::Duration;

use leptos::prelude::*;

use super::super::later::soon;
use super::super::parts::fields::{self, button, icon, line, text, tick, when};
use super::composer::send_saved;
use super::link::Link;
use super::matching;
use super::store::Store;
use crate::browser::page;
use crate::engine::base::sort;
use crate::engine::bench::draft::{Draft, Form};
use crate::model::format;
use crate::wire::bench::{Match, MatchBy, Panel, Request, Rule, SavedMessage, Variable};

/// The one that is open.
#[component]
pub(crate) fn Panels(store: Store, link: Link) -> impl IntoView {
    let open = Memo::new(move |_| store.layout.with(|it| it.panel));
    move || match open.get() {
        Panel::None => ().into_any(),
        panel => soon(move |later| (later.panel)(store, link, panel)),
    }
}

/// What a panel holds.
pub(crate) fn body(store: Store, link: Link, panel: Panel) -> AnyView {
    match panel {
        Panel::None => ().into_any(),
        Panel::Repeat => repeat(store, link),
        Panel::Saved => saved(store, link),
        Panel::Variables => variables(store),
        Panel::Rules => rules(store),
    }
}

/// Opens a panel, or closes it when it is open.
pub(crate) fn turn(store: Store, panel: Panel) {
    store.layout.update(|it| it.panel = if it.panel == panel { Panel::None } else { panel });
}

fn repeat(store: Store, link: Link) -> AnyView {
    let repeat = store.repeat;
    let is_running = when(move || store.repeat_seen.with(|seen| seen.is_running));
    let press = move || {
        if is_running.get_untracked() {
            return link.send(&Request::StopRepeat);
        }
        let draft = store.draft.get_untracked();
        untrack(|| link.arrange(store));
        store.remember_message(&draft);
        link.send(&Request::Repeat { to: untrack(|| store.send_to()), draft });
    };
    let can_start =
        when(move || is_running.get() || (store.can_send() && store.mistake.with(Option::is_none)));
    let label = text(move || if is_running.get() { "Stop".to_owned() } else { "Start".to_owned() });
    let seen = text(move || {
        store.repeat_seen.with(|seen| {
            let of = seen.of.map(|of| format!(" of {}", format::count(of))).unwrap_or_default();
            match (seen.is_running, seen.ended.is_empty()) {
                (false, true) => String::new(),
                (true, _) => format!("{}{of} sent …", format::count(seen.sent)),
                (false, false) => format!("{}{of} sent; {}.", format::count(seen.sent), seen.ended),
            }
        })
    });
    let state =
        text(
            move || {
                if store.repeat_seen.with(|seen| seen.is_failed) { "wrong".to_owned() } else { String::new() }
            },
        );
    let optional_time = |typed: &str| match typed.trim() {
        "" => Some(None),
        typed => crate::engine::base::unit::parse_duration(typed).ok().map(Some),
    };
    let lasts = text(move || {
        repeat.with(|it| it.lasts.map(crate::engine::base::unit::show_duration)).unwrap_or_default()
    });
    view! {
        <div class="bench-panel" role="group" aria-label="Repeat">
            {fields::duration("Every", "repeat-every", move || repeat.with(|it| it.every), move |every| repeat.update(|it| it.every = every))}
            {fields::parsed("Burst of", "repeat-burst", "1", text(move || repeat.with(|it| it.burst.to_string())), |typed| typed.trim().parse().ok().filter(|burst| *burst > 0), move |burst: u32| repeat.update(|it| it.burst = burst))}
            {fields::optional_number("Messages", "repeat-count", move || repeat.with(|it| it.count), move |count| repeat.update(|it| it.count = count))}
            {fields::parsed("For", "repeat-lasts", "no limit", lasts, optional_time, move |lasts| repeat.update(|it| it.lasts = lasts))}
            {fields::bytes("Stop when backlog exceeds", "repeat-limit", move || repeat.with(|it| it.buffered_limit), move |limit| repeat.update(|it| it.buffered_limit = limit))}
            <button type="button" data-testid="repeat" disabled=when(move || !can_start.get()) on:click=move |_| press()>{label}</button>
            <p class="note" data-testid="repeat-note" data-state=state>{seen}</p>
            // Only its end is read out: the count changes with every frame.
            <span class="unseen" role="status">{text(move || store.repeat_seen.with(|it| it.ended.clone()))}</span>
        </div>
    }
    .into_any()
}

/// A list whose items are edited in place: the fields of an item stay while it is typed into.
fn list<T: Clone + Send + Sync + 'static>(
    items: RwSignal<Vec<T>>,
    item: impl Fn(usize) -> AnyView + Copy + Send + Sync + 'static,
) -> AnyView {
    let count = Memo::new(move |_| items.with(Vec::len));
    view! { <ul class="bench-items"><For each=move || 0..count.get() key=|at| *at let:at><li>{item(at)}</li></For></ul> }.into_any()
}

pub(crate) fn part<T: Send + Sync + 'static>(
    items: RwSignal<Vec<T>>,
    at: usize,
    of: fn(&T) -> String,
) -> Signal<String> {
    text(move || items.with(|all| all.get(at).map(of)).unwrap_or_default())
}

fn change<T: Send + Sync + 'static>(items: RwSignal<Vec<T>>, at: usize, change: impl FnOnce(&mut T)) {
    items.update(|all| {
        if let Some(item) = all.get_mut(at) {
            change(item);
        }
    });
}

/// One click removes, another one brings it back.
fn remove_button<T: Clone + Send + Sync + 'static>(
    store: Store,
    items: RwSignal<Vec<T>>,
    at: usize,
    what: &'static str,
    gone: &'static str,
) -> AnyView {
    icon("quiet", "remove-item", "×", text(move || format!("Remove {what}")), move || {
        let removed =
            items.try_update(|all| if at < all.len() { Some(all.remove(at)) } else { None }).flatten();
        let Some(removed) = removed else { return };
        store.offer_undo(gone, move || {
            items.update(|all| all.insert(at.min(all.len()), removed.clone()));
        });
    })
}

/// A press of the pointer is over by then.
const PRESS: Duration = Duration::from_millis(400);

fn variables(store: Store) -> AnyView {
    let items = store.variables;
    let item = move |at: usize| {
        let is_secret = when(move || items.with(|all| all.get(at).is_some_and(|it| it.is_secret)));
        let kind = text(move || if is_secret.get() { "password".to_owned() } else { "text".to_owned() });
        let hint =
            text(move || if is_secret.get() { "not kept: type it again".to_owned() } else { String::new() });
        // One that was left as it began is none; another window in between leaves nothing. Not before the press that left it is
        // over: what moves under a pointer gets no click.
        let left = move |_| {
            let look = move || {
                page::once_left("[data-testid=variables] .bench-items", at, move || {
                    let is_empty = |it: &Variable| it.name.is_empty() && it.value.is_empty();
                    if items.with_untracked(|all| all.get(at).is_some_and(is_empty)) {
                        items.update(|all| drop(all.remove(at)));
                    }
                });
            };
            set_timeout(look, PRESS);
        };
        view! {
            <span class="bench-left" on:focusout=left>
            {line("Name", "variable-name", "token", part(items, at, |it| it.name.clone()), move |name| {
                if name.trim() != name {
                    store.say("A variable's name has no spaces around it; they are left out.");
                }
                change(items, at, |it| it.name = name.trim().to_owned());
            })}
            <label class="field">
                <span>"Value"</span>
                <input class="mono" type=kind autocomplete="off" spellcheck="false" data-testid="variable-value" placeholder=hint
                    prop:value=part(items, at, |it| it.value.clone()) on:input=move |event| { let value = event_target_value(&event); change(items, at, |it| it.value = value); }/>
            </label>
            {tick("secret", "variable-secret", is_secret, move |on| change(items, at, |it| it.is_secret = on))}
            </span>
            {remove_button(store, items, at, "this variable", "The variable was removed.")}
        }
        .into_any()
    };
    view! {
        <div class="bench-panel" role="group" aria-label="Variables" data-testid="variables">
            <p class="hint">"Written as {{name}} in messages and addresses. A secret's value is not kept and not shared; previews and exports mask it. A message that needs a secret without a value is not sent."</p>
            {list(items, item)}
            {button("", "variable-add", "+ Variable", "", move || add_variable(store))}
        </div>
    }
    .into_any()
}

fn saved(store: Store, link: Link) -> AnyView {
    let items = store.messages;
    let item = move |at: usize| {
        let saved = move || items.with_untracked(|all| all.get(at).cloned());
        let hotkey = part(items, at, |it| if it.hotkey == 0 { String::new() } else { it.hotkey.to_string() });
        let read_key = |typed: &str| match typed.trim() {
            "" => Some(0),
            typed => typed.parse().ok().filter(|key| (1..=9).contains(key)),
        };
        view! {
            {line("Name", "saved-name", "join", part(items, at, |it| it.name.clone()), move |name| change(items, at, |it| it.name = name))}
            {line("Folder", "saved-folder", "none", part(items, at, |it| it.folder.clone()), move |folder| change(items, at, |it| it.folder = folder))}
            {fields::parsed("Alt +", "saved-key", "1–9", hotkey, read_key, move |key: u8| change(items, at, |it| it.hotkey = key))}
            <code class="bench-preview">{part(items, at, |it| it.draft.text.chars().take(60).collect())}</code>
            {button("", "saved-send", "Send", "", move || if let Some(saved) = saved() { send_saved(store, link, &saved) })}
            {button("quiet", "saved-edit", "Edit", "Put it into the composer", move || if let Some(saved) = saved() { store.draft.set(saved.draft) })}
            {button("quiet", "saved-replace", "Replace", "Replace it by the composer's content", move || {
                let Some(before) = saved() else { return };
                let now = store.draft.get_untracked();
                change(items, at, |it| it.draft = now);
                store.offer_undo(format!("{} was replaced.", before.name), move || {
                    let draft = before.draft.clone();
                    change(items, at, |it| it.draft = draft);
                });
            })}
            {remove_button(store, items, at, "this message", "The saved message was removed.")}
        }
        .into_any()
    };
    view! {
        <div class="bench-panel" role="group" aria-label="Saved messages">
            {list(items, item)}
            <div class="deeds">
                {button("", "saved-add", "+ Save message", "", move || { save_message(store); })}
                {button("quiet", "saved-sort", "Sort by folder", "", move || items.update(|all| sort::sort_by(all, |a, b| (&a.folder, &a.name).cmp(&(&b.folder, &b.name)))))}
            </div>
        </div>
    }
    .into_any()
}

fn rules(store: Store) -> AnyView {
    let items = store.rules;
    let item = move |at: usize| {
        let is_on = when(move || items.with(|all| all.get(at).is_some_and(|it| it.is_on)));
        // Nothing is wrong with a rule before its field was left.
        let was_left = RwSignal::new(false);
        let is_begun = when(move || {
            !was_left.get() && items.with(|all| all.get(at).is_none_or(|it| it.when.text.is_empty()))
        });
        let seen = text(move || {
            store.rules_seen.with(|seen| match seen.get(at) {
                Some(_) if is_begun.get() => String::new(),
                Some(seen) => match &seen.wrong {
                    Some(wrong) => wrong.clone(),
                    None => format!("{} sent", format::count(seen.sent)),
                },
                None => String::new(),
            })
        });
        let state = text(move || {
            let is_wrong = store.rules_seen.with(|seen| seen.get(at).is_some_and(|it| it.wrong.is_some()));
            if is_wrong && !is_begun.get() { "wrong".to_owned() } else { String::new() }
        });
        let by = part(items, at, |it| matching::name(it.when.by).to_owned());
        let is_json =
            when(move || items.with(|all| all.get(at).is_some_and(|it| it.reply.form == Form::Json)));
        view! {
            {tick("on", "rule-on", is_on, move |on| change(items, at, |it| it.is_on = on))}
            {fields::choice("When a message", "rule-by", &matching::NAMES, by, move |name| change(items, at, |it| it.when.by = matching::named(&name)))}
            <span class="bench-left" on:focusout=move |_| was_left.set(true)>
                {line("this", "rule-when", "ping", part(items, at, |it| it.when.text.clone()), move |typed| change(items, at, |it| it.when.text = typed))}
            </span>
            {line("send", "rule-reply", "{\"re\": \"{{id}}\"}", part(items, at, |it| it.reply.text.clone()), move |typed| change(items, at, |it| it.reply.text = typed))}
            {tick("as JSON", "rule-json", is_json, move |on| change(items, at, |it| it.reply.form = if on { Form::Json } else { Form::Text }))}
            {fields::duration("after", "rule-after", move || items.with(|all| all.get(at).map(|it| it.after)).unwrap_or_default(), move |after| change(items, at, |it| it.after = after))}
            {remove_button(store, items, at, "this rule", "The rule was removed.")}
            <span class="note" data-testid="rule-note" data-state=state>{seen}</span>
        }
        .into_any()
    };
    view! {
        <div class="bench-panel" role="group" aria-label="Automatic replies" data-testid="rules">
            <p class="hint">"In a reply, {{message}} is the received message. Members of its JSON object are variables too: {{id}}."</p>
            {list(items, item)}
            {button("", "rule-add", "+ Rule", "", move || add_rule(store))}
        </div>
    }
    .into_any()
}

/// Adds a variable, to be given a name.
pub(crate) fn add_variable(store: Store) {
    store.variables.update(|all| all.push(Variable::default()));
    page::focus_soon("[data-testid=variables] .bench-items > li:last-child [data-testid=variable-name]");
}

/// Saves what stands in the composer; says whether it did.
pub(crate) fn save_message(store: Store) -> bool {
    let draft = store.draft.get_untracked();
    if draft.form == Form::File {
        store.complain("A file cannot be saved as a message; its bytes would not survive a reload.");
        return false;
    }
    let name = draft.text.trim().chars().take(24).collect();
    store.messages.update(|all| {
        let hotkey = (1..=9).find(|key| all.iter().all(|it| it.hotkey != *key)).unwrap_or(0);
        // Messages of a folder stand together.
        all.push(SavedMessage { name, folder: String::new(), hotkey, draft });
    });
    true
}

/// Adds a rule, to be given what it answers.
pub(crate) fn add_rule(store: Store) {
    store.rules.update(|all| {
        all.push(Rule {
            is_on: true,
            when: Match { by: MatchBy::Contains, text: String::new() },
            reply: Draft::default(),
            after: Duration::ZERO,
            ..Rule::default()
        });
    });
    page::focus_soon("[data-testid=rules] .bench-items > li:last-child [data-testid=rule-when]");
}
