//! The frame of the view: the link, the presets, the toxics, and beside them the round trips and who is connected.

use std::time::Duration;

use leptos::prelude::*;

use super::controls::toxic_row;
use super::link_form::{copy, link_form};
use super::probe;
use super::store::{Api, Store};
use super::switching::{change_key, follow, put_all, remove, try_targets};
use super::trips_plot::trips;
use crate::browser::leaving::SightListener;
use crate::browser::page;
use crate::model::faults::links::{Connected, Other, Used};
use crate::model::faults::preset::{self, PRESETS};
use crate::model::faults::setting::{Setting, steps};
use crate::model::faults::toxic::TOXICITY;
use crate::model::format;
use crate::ui::parts::fields::{command, icon, text, when};

/// Connections that are drawn.
const MOST_SHOWN: usize = 50;

/// The view.
pub(super) fn faults(store: Store) -> AnyView {
    let look = move || {
        let is_seen = Store::is_on_top();
        if store.is_seen.get_untracked() != is_seen {
            store.is_seen.set(is_seen);
        }
    };
    StoredValue::new_local(page::FragmentListener::new(move |_| look()));
    StoredValue::new_local(SightListener::new(move |_| look()));
    follow(store);
    try_targets(store);
    probe::follow(store);
    // The bench marks the connections that lead through the proxy.
    Effect::new(move || {
        if store.api.with(|api| *api == Api::There) {
            page::announce_bytes(page::TOXICS, store.told().as_bytes());
        }
    });
    // The charts of a run mark what goes wrong on purpose.
    Effect::new(move || {
        let settings: Vec<_> = store.all_rows().iter().map(|row| row.setting.get()).collect();
        let others =
            store.proxy.with(|proxy| proxy.others.iter().map(|it| it.name.clone()).collect::<Vec<_>>());
        let own = Some(preset::words(&settings)).filter(|words| !words.is_empty());
        let words = own.into_iter().chain(others).collect::<Vec<_>>().join(", ");
        if store.api.with(|api| *api == Api::There) {
            page::announce_bytes(page::FAULTS, words.as_bytes());
        }
    });
    let is_missing = when(move || store.api.with(|api| matches!(api, Api::Missing(_))));
    let toxics: Vec<_> = store.all_rows().into_iter().map(|row| toxic_row(store, row)).collect();
    view! {
        <div class="faults" data-testid="faults">
            <div class="faults-head">
                <h1>"Faults"</h1>
                <p class="faults-about">"A proxy between the page and your own server passes everything on, byte for byte. Each switch breaks something in it, at once."</p>
            </div>
            <div role="alert">{move || missing(store)}</div>
            {link_form(store)}
            {presets(store, is_missing)}
            <div class="faults-beside">
                <fieldset class="toxics" disabled=is_missing>
                    <legend class="unseen">"Toxics"</legend>
                    <div class="toxics-head" aria-hidden="true">
                        <span>"Fault"</span><span>"Direction"</span><span>"Values"</span><span title=TOXICITY.label>"Affected"</span><span title="How many messages arrive before it begins">"After messages"</span>
                    </div>
                    <ul>{toxics}</ul>
                    <p class="toxics-foot hint" aria-hidden="true">"Point at a fault to read what it does."</p>
                </fieldset>
                <div class="faults-seen">
                    {trips(store)}
                    {aside(store)}
                </div>
            </div>
        </div>
        {notice(store)}
    }
    .into_any()
}

fn missing(store: Store) -> Option<AnyView> {
    let Api::Missing(words) = store.api.get() else { return None };
    let server = page::own_socket_address("").replacen("ws", "http", 1);
    Some(
        view! {
            <div class="missing" data-testid="no-proxy">
                <strong>"Faults need Sockscope's own server"</strong>
                <p>"Start it, and open the page at the address that it prints:"</p>
                {command(move |words| copy(store, words))}
                <p class="hint">"This page asks "<code>{server}"/api/proxy"</code>", and that does not answer as it should: "{words}". It keeps asking."</p>
            </div>
        }
        .into_any(),
    )
}

fn presets(store: Store, is_missing: Signal<bool>) -> AnyView {
    let chips = PRESETS.iter().map(|preset| {
        let apply = move || put_all(store, preset.over(&store.settings()));
        // What is on is this preset, and nothing else is.
        let is_it = when(move || {
            let now: Vec<_> = store.all_rows().iter().map(|row| row.setting.get()).collect();
            preset.over(&now) == now
        });
        let pressed = text(move || is_it.get().to_string());
        view! { <button type="button" class="faults-preset" data-testid=preset.name title=preset.about aria-pressed=pressed on:click=move |_| apply()>{preset.title}</button> }.into_any()
    });
    let is_quiet = when(move || store.on() == 0);
    let all_off = move || {
        let off = |setting: Setting| Setting { is_on: false, ..setting };
        put_all(store, store.settings().into_iter().map(off).collect());
        let own = store.proxy.with_untracked(|proxy| proxy.others.clone());
        for other in own.into_iter().filter(|other| !other.is_for_all) {
            remove(store, other.name, store.key());
        }
    };
    let others = when(move || store.proxy.with(|proxy| proxy.others.iter().all(|it| it.is_for_all)));
    let as_steps = move || copy(store, steps(&store.settings(), &store.key()));
    let count = text(move || match (is_missing.get(), store.on()) {
        (true, _) => "Not known".to_owned(),
        (_, 0) => "Nothing is on".to_owned(),
        (_, on) => format!("{} on", format::counted(on as u64, "toxic")),
    });
    view! {
        <fieldset class="faults-presets" disabled=is_missing>
            <legend>"Presets"</legend>
            <div class="deeds">{chips.collect_view()}</div>
            <span class="faults-space"></span>
            <span class="faults-count" role="status" data-testid="on-count">{count}</span>
            <div class="deeds">
                <button type="button" data-testid="all-off" disabled=when(move || is_quiet.get() && others.get()) on:click=move |_| all_off()>"All off"</button>
                <button type="button" data-testid="copy-steps" disabled=is_quiet title="http steps that switch these toxics, and one that switches them off" on:click=move |_| as_steps()>"Copy as suite steps"</button>
            </div>
        </fieldset>
    }
    .into_any()
}

/// What else is in the proxy: other toxics, other links, and who is connected.
fn aside(store: Store) -> AnyView {
    let others = Memo::new(move |_| store.proxy.with(|proxy| proxy.others.clone()));
    let links = Memo::new(move |_| {
        let links = store.proxy.with(|proxy| proxy.links.clone());
        if links.len() > 1 { links } else { Vec::new() }
    });
    let connections = Memo::new(move |_| {
        store.proxy.with(|proxy| {
            // The probe of this view is seen in its plot, and a second page's as well.
            let others: Vec<_> = proxy.connections.iter().filter(|it| !probe::is_probe(&it.to)).collect();
            let probes = (proxy.connections.len() - others.len()) as u64;
            let shown: Vec<_> = others.into_iter().take(MOST_SHOWN).cloned().collect();
            (proxy.total.saturating_sub(probes), shown)
        })
    });
    let is_unknown = when(move || store.api.get() != Api::There);
    let connected = move || {
        let (total, shown) = connections.get();
        let more = total.saturating_sub(shown.len() as u64);
        let rest = (more > 0).then(|| {
            view! { <li class="hint">{format!("and {} more", format::count(more))}</li> }.into_any()
        });
        shown.iter().map(connection).chain(rest).collect_view()
    };
    let title = text(move || match connections.with(|it| it.0) {
        0 => "Connected".to_owned(),
        total => format!("Connected: {}", format::count(total)),
    });
    let no_connections = text(move || {
        match (is_unknown.get(), connections.with(|it| it.0)) {
        (true, _) => "The connections are not known.".to_owned(),
        (_, 0) => {
            "No connections yet. Connect through it on the bench, or give the address above to a client of your server."
                .to_owned()
        }
        _ => String::new(),
    }
    });
    view! {
        <aside class="faults-who" aria-label="What goes through the proxy">
            <h2>{title}</h2>
            <ul class="faults-connected" data-testid="connected">{connected}</ul>
            <p class="hint" data-testid="no-connections">{no_connections}</p>
            <section hidden=when(move || others.with(Vec::is_empty))>
                <h2>"Other toxics"</h2>
                <ul data-testid="others">{move || others.get().into_iter().map(|it| other(store, it)).collect_view()}</ul>
            </section>
            <section hidden=when(move || links.with(Vec::is_empty))>
                <h2>"Lines"</h2>
                <ul class="faults-lines" data-testid="lines">{move || links.get().into_iter().map(|it| used(store, it)).collect_view()}</ul>
            </section>
        </aside>
    }
    .into_any()
}

fn connection(it: &Connected) -> AnyView {
    let way = |(messages, bytes): (u64, u64)| {
        format!("{}, {}", format::counted(messages, "message"), format::size(bytes))
    };
    let mut words = vec![format::span(Duration::from_secs(it.age))];
    if !it.key.is_empty() {
        words.push(format!("key {}", it.key));
    }
    if it.is_half_open {
        words.push("half-open".to_owned());
    }
    if it.toxics > 0 {
        words.push(format!("{} of its address", format::counted(it.toxics, "toxic")));
    }
    view! {
        <li data-state=if it.is_half_open { "half-open" } else { "open" }>
            <code title=it.to.clone()>{it.to.clone()}</code>
            <span>{words.join(" · ")}</span>
            <span>"↑ "{way(it.upstream)}</span>
            <span>"↓ "{way(it.downstream)}</span>
        </li>
    }
    .into_any()
}

fn other(store: Store, it: Other) -> AnyView {
    let key = if it.is_for_all { String::new() } else { store.key() };
    let whom = if it.is_for_all { ", for all connections" } else { "" };
    let (name, title) = (it.name.clone(), it.name.clone());
    let away = move || remove(store, name.clone(), key.clone());
    view! {
        <li>
            <span><code>{it.name}</code>" "{it.words}{whom}</span>
            {icon("quiet", "other-remove", "×", text(move || format!("Remove {title}")), away)}
        </li>
    }
    .into_any()
}

fn used(store: Store, it: Used) -> AnyView {
    let words = it.words();
    let key = it.key;
    let own = key.clone();
    let is_own = when(move || store.link.with(|link| link.key == own));
    let current = text(move || is_own.get().to_string());
    view! {
        <li><button type="button" class="quiet toggle" aria-pressed=current data-testid="line" on:click=move |_| change_key(store, key.clone())>{words}</button></li>
    }
    .into_any()
}

/// A word that goes away by itself.
fn notice(store: Store) -> AnyView {
    let shown = StoredValue::new(0_u32);
    Effect::new(move || {
        if store.notice.with(Option::is_none) {
            return;
        }
        let mine = shown.get_value() + 1;
        shown.set_value(mine);
        let hide = move || {
            if shown.try_get_value() == Some(mine) {
                store.notice.set(None);
            }
        };
        set_timeout(hide, Duration::from_secs(6));
    });
    let words = text(move || store.notice.get().map(|it| it.0).unwrap_or_default());
    let state = text(move || if store.notice.get().is_some_and(|it| it.1) { "wrong" } else { "" }.to_owned());
    view! {
        <div class="toast" role="status" data-testid="faults-notice" data-state=state data-empty=text(move || store.notice.with(Option::is_none).to_string())>{words}</div>
    }
    .into_any()
}
