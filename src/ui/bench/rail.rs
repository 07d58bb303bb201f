//! The rail at the left: connections, saved messages, variables and automatic replies, each a list of one line each that folds.
//!
//! Owns the lines. It refuses to edit: a line opens the panel beside the composer that does.

use leptos::prelude::*;

use super::super::later::soon;
use super::super::parts::fields::{icon_button, icon_toggle, text, when};
use super::super::parts::icons::{self, Icon};
use super::composer::send_saved;
use super::connections::{ConnectionItem, add, close_all, open_all};
use super::link::Link;
use super::outside;
use super::panels::{self, part};
use super::rates::Rates;
use super::sessions;
use super::store::Store;
use crate::browser::page;
use crate::model::format;
use crate::wire::bench::Panel;

/// All lists.
#[component]
pub(crate) fn Rail(store: Store, link: Link, rates: RwSignal<Rates>) -> impl IntoView {
    view! {
        <nav class="rail" aria-label="Connections and library">
            {connections(store, link, rates)}
            {soon(move |later| (later.library)(store, link))}
        </nav>
    }
    .into_any()
}

/// The lists below the connections.
///
/// On a narrow screen they are folded into one button, and fold again when something was chosen in them.
pub(crate) fn library(store: Store, link: Link) -> AnyView {
    let is_unfolded = RwSignal::new(false);
    let name = text(|| "Library: saved messages, variables, auto-replies, sessions, folder".to_owned());
    let chosen = move |event: leptos::ev::MouseEvent| {
        if page::attribute_above(&event, ".rail-line, .rail-head > button", "type").is_some() {
            is_unfolded.set(false);
        }
    };
    view! {
        <button type="button" class="quiet rail-more" data-testid="rail-more" aria-label=name title=name aria-controls="rail-library"
            aria-expanded=text(move || is_unfolded.get().to_string()) on:click=move |_| is_unfolded.update(|it| *it = !*it)><span>"Library"</span>{icons::CHEVRON_DOWN.draw()}</button>
        <div class="rail-library" id="rail-library" on:click=chosen>
            {saved(store, link)}
            {variables(store)}
            {rules(store)}
            {sessions::rail(store, link)}
            {outside::rail(store, link)}
        </div>
    }
    .into_any()
}

/// A list with its head. Whether it is folded is kept.
pub(super) fn list(
    store: Store,
    at: u8,
    class: &'static str,
    title: &'static str,
    acts: AnyView,
    body: AnyView,
) -> AnyView {
    let bit = 1_u8 << at;
    let is_open = when(move || store.layout.with(|layout| layout.folded & bit == 0));
    view! {
        <section class=class>
            <div class="rail-head">
                <h2><button type="button" class="rail-fold" aria-expanded=text(move || is_open.get().to_string())
                    on:click=move |_| store.layout.update(|layout| layout.folded ^= bit)>{icons::CHEVRON_DOWN.draw()}{title}</button></h2>
                {acts}
            </div>
            <div hidden=move || !is_open.get()>{body}</div>
        </section>
    }
    .into_any()
}

fn connections(store: Store, link: Link, rates: RwSignal<Rates>) -> AnyView {
    let is_one = move || store.connections.with(|all| all.len() < 2);
    let acts = view! {
        <span hidden=is_one>
            {icon_button("quiet", "open-all", icons::PLAY, text(|| "Connect all".to_owned()), move || open_all(store, link))}
            {icon_button("quiet", "close-all", icons::UNPLUG, text(|| "Disconnect all".to_owned()), move || close_all(store, link))}
        </span>
        {icon_button("quiet", "add", icons::PLUS, text(|| "New connection (N)".to_owned()), move || add(store))}
    };
    let body = view! {
        <ul>
            <For each=move || store.connections.get() key=|c| c.id let:connection>
                <ConnectionItem connection store link rates/>
            </For>
        </ul>
    };
    list(store, 0, "rail-list connections", "Connections", acts.into_any(), body.into_any())
}

/// Opens the panel of a list, and closes it again.
fn editor(store: Store, panel: Panel, testid: &'static str, name: &'static str) -> AnyView {
    let is_on = when(move || store.layout.with(|layout| layout.panel == panel));
    icon_toggle(testid, icons::PENCIL, text(move || name.to_owned()), is_on, move || {
        panels::turn(store, panel)
    })
}

fn show(store: Store, panel: Panel) {
    store.layout.update(|layout| layout.panel = panel);
}

/// The lines of a list, which stay while what stands in them is typed elsewhere; words when there is none.
fn lines(
    count: impl Fn() -> usize + Copy + Send + Sync + 'static,
    none: &'static str,
    line: impl Fn(usize) -> AnyView + Copy + Send + Sync + 'static,
) -> AnyView {
    let count = Memo::new(move |_| count());
    view! {
        <p class="rail-none" hidden=move || count.get() != 0>{none}</p>
        <ul><For each=move || 0..count.get() key=|at| *at let:at><li class="rail-item">{line(at)}</li></For></ul>
    }
    .into_any()
}

/// What a line consists of: its icon, what it is called, and what stands at its end.
pub(super) fn parts(icon: Icon, name: Signal<String>, end: Signal<String>) -> AnyView {
    view! { {icon.draw()}<span class="rail-name">{name}</span><span class="rail-end">{end}</span> }.into_any()
}

fn saved(store: Store, link: Link) -> AnyView {
    let items = store.messages;
    let line = move |at: usize| {
        let saved = move || items.with_untracked(|all| all.get(at).cloned());
        let name =
            part(items, at, |it| if it.name.is_empty() { it.draft.text.clone() } else { it.name.clone() });
        let key =
            part(items, at, |it| if it.hotkey > 0 { format!("Alt+{}", it.hotkey) } else { String::new() });
        let hint = text(move || format!("Put {} into the composer", name.get()));
        let load = move |_| {
            if let Some(saved) = saved() {
                store.draft.set(saved.draft);
                page::focus_soon("[data-testid=message]");
            }
        };
        let send = move || {
            if let Some(saved) = saved() {
                send_saved(store, link, &saved);
            }
        };
        let named = text(move || format!("Send {}", name.get()));
        view! {
            <button type="button" class="rail-line" data-testid="rail-saved" title=hint on:click=load>{parts(icons::MESSAGE_SQUARE, name, key)}</button>
            <span class="rail-acts">{icon_button("quiet", "rail-send", icons::SEND, named, send)}</span>
        }
        .into_any()
    };
    let keep = move || {
        if panels::save_message(store) {
            show(store, Panel::Saved);
        }
    };
    let acts = view! {
        {editor(store, Panel::Saved, "panel-saved", "Edit saved messages")}
        {icon_button("quiet", "rail-save", icons::PLUS, text(|| "Save the composer's message".to_owned()), keep)}
    };
    let body = lines(move || items.with(Vec::len), "None saved yet", line);
    list(store, 1, "rail-list", "Saved messages", acts.into_any(), body)
}

fn variables(store: Store) -> AnyView {
    let items = store.variables;
    let line = move |at: usize| {
        let name = part(items, at, |it| it.name.clone());
        let value = part(items, at, |it| match (it.is_secret, it.value.is_empty()) {
            (true, true) => "not set".to_owned(),
            (true, false) => "••••••".to_owned(),
            (false, _) => it.value.clone(),
        });
        view! {
            <button type="button" class="rail-line" data-testid="rail-variable" title="Edit variables" on:click=move |_| show(store, Panel::Variables)>{parts(icons::VARIABLE, name, value)}</button>
        }
        .into_any()
    };
    let acts = view! {
        {editor(store, Panel::Variables, "panel-variables", "Edit variables")}
        {icon_button("quiet", "rail-variable-add", icons::PLUS, text(|| "New variable".to_owned()), move || {
            show(store, Panel::Variables);
            panels::add_variable(store);
        })}
    };
    let body = lines(move || items.with(Vec::len), "None; used as {{name}}", line);
    list(store, 2, "rail-list", "Variables", acts.into_any(), body)
}

fn rules(store: Store) -> AnyView {
    let items = store.rules;
    let line = move |at: usize| {
        let name = part(items, at, |it| {
            let named = |text: &str| if text.is_empty() { "…".to_owned() } else { text.to_owned() };
            format!("{} → {}", named(&it.when.text), named(&it.reply.text))
        });
        let end = text(move || {
            let is_on = items.with(|all| all.get(at).is_some_and(|it| it.is_on));
            store.rules_seen.with(|seen| match seen.get(at) {
                // It is being made.
                _ if items.with(|all| all.get(at).is_some_and(|it| it.when.text.is_empty())) => String::new(),
                Some(seen) if seen.wrong.is_some() && is_on => "wrong".to_owned(),
                Some(seen) if is_on => format!("{}×", format::count(seen.sent)),
                _ => "off".to_owned(),
            })
        });
        view! {
            <button type="button" class="rail-line" data-testid="rail-rule" title="Edit automatic replies" on:click=move |_| show(store, Panel::Rules)>{parts(icons::REPLY, name, end)}</button>
        }
        .into_any()
    };
    let acts = view! {
        {editor(store, Panel::Rules, "panel-rules", "Edit automatic replies")}
        {icon_button("quiet", "rail-rule-add", icons::PLUS, text(|| "New automatic reply".to_owned()), move || {
            show(store, Panel::Rules);
            panels::add_rule(store);
        })}
    };
    let body = lines(move || items.with(Vec::len), "No rule yet", line);
    list(store, 3, "rail-list", "Auto-replies", acts.into_any(), body)
}
