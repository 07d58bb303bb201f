//! The frame around the four views.

use std::time::Duration;

use leptos::prelude::*;

use super::super::bench::connections;
use super::super::bench::front::Dialog;
use super::super::bench::link::Link;
use super::super::bench::recording;
use super::super::bench::share;
use super::super::bench::store::Store;
use super::super::bench::surroundings;
use super::super::bench::view::Bench;
use super::super::later::{self, once, soon};
use super::super::parts::fields::{icon_button, text};
use super::super::parts::icons::{self, Icon};
use super::super::turns::Turns;
use super::dialogs::Dialogs;
use super::keys;
use super::palette::Opener;
use super::theme;
use crate::browser::leaving::LeaveQuestion;
use crate::browser::menus::MenuCloser;
use crate::browser::page;
use crate::engine::explain::Faults;
use crate::model::format;
use crate::model::route::Route;

/// The rest of the page is downloaded this long after the first picture.
const FETCHES_AFTER: Duration = Duration::from_millis(300);

/// The page.
#[component]
pub fn App(
    /// Where the script is that starts the worker.
    #[prop(default = "./boot/bench_worker.js")]
    worker: &'static str,
) -> impl IntoView {
    let store = Store::new();
    let link = Link::start(store, worker);
    let route = RwSignal::new(Route::of_fragment(&page::fragment()));
    let listener = page::FragmentListener::new(move |fragment| {
        route.set(Route::of_fragment(&fragment));
        share::open_link(store, link, &fragment);
    });
    // Held for as long as the page is drawn.
    StoredValue::new_local(listener);
    Effect::new(move || page::set_title(&format!("{} · Sockscope", route.get().title())));
    Effect::new(move || link.arrange(store));
    Effect::new(move || {
        if store.is_restored.get() {
            share::open_link(store, link, &page::fragment());
        }
    });
    // What the first picture does not need follows when it stands.
    Effect::new(move || {
        if store.is_restored.get() {
            set_timeout(later::fetch, FETCHES_AFTER);
        }
    });
    StoredValue::new_local(MenuCloser::new());
    StoredValue::new_local(LeaveQuestion::new(move || has_something_to_lose(store)));
    surroundings::watch(store, link);
    StoredValue::new_local(page::BytesListener::new(page::FRAMES, move |bytes| link.pass_on(&bytes)));
    let theme = theme::start();
    let palette = Opener::new(store, link, theme);
    keys::listen(store, link, palette, theme);
    StoredValue::new_local(page::BytesListener::new(page::DRAFTED, move |_| {
        recording::forget_first(store, link)
    }));

    let check_sockets = RwSignal::new(0_u32);
    StoredValue::new_local(page::BytesListener::new(page::CHECK_SOCKETS, move |digits| {
        check_sockets.set(String::from_utf8_lossy(&digits).parse().unwrap_or_default());
    }));
    Effect::new(move || {
        page::give(page::BENCH_SOCKETS, &store.totals.with(|totals| totals.sockets.to_string()))
    });

    Effect::new(move || {
        let given = store.current().map(|it| it.setup.with(|it| format!("{}\n{}", it.url, it.protocols)));
        page::give(page::BENCH_CONNECTION, &given.unwrap_or_default());
    });
    StoredValue::new_local(page::BytesListener::new(page::CONNECT, move |told| {
        connections::open_told(store, link, &String::from_utf8_lossy(&told));
    }));

    StoredValue::new_local(page::BytesListener::new(page::TOXICS, move |told| {
        store.toxics.set(Some(Faults::told(&String::from_utf8_lossy(&told))));
    }));

    let practised = once(move || route.get() == Route::Practice);
    let turns = Turns::default();
    // The view shows all of it at once, so nothing shifts.
    let is_over = turns.is_over();
    let is_ready = move || store.is_restored.get() && is_over.get() && !store.broken.get();
    // The first of the parts is drawn when the head stands.
    let first = turns.clone();
    set_timeout(move || first.begin(), Duration::ZERO);
    view! {
        <header class="top shell-head">
            <div class="shell-start">
                <a class="shell-brand" href=Route::Bench.href()>{logo()}<span>"Sockscope"</span></a>
                <Tabs route/>
            </div>
            <button type="button" class="shell-search" data-testid="open-palette" aria-keyshortcuts="Control+K Meta+K"
                title=format!("Search, or run a command ({})", keys::palette_key("+")) on:click=move |_| palette.open()>
                {icons::SEARCH.draw()}<span>"Search, or run a command"</span><kbd aria-hidden="true">{keys::palette_key(" ")}</kbd>
            </button>
            <button type="button" class="quiet shell-more" popovertarget="shell-tools" aria-label="More" title="More" data-testid="more">{icons::MORE.draw()}</button>
            // On a wide screen it stands in the line; on a narrow one it opens from the button before it.
            <div class="shell-tools" id="shell-tools" popover="auto">
                <Status store check_sockets/>
                {icon_button("quiet", "share", icons::SHARE, text(|| "Share (Alt+S)".to_owned()), move || share::make_link(store, link))}
                {icon_button("quiet", "keys-sheet", icons::HELP, text(|| "Keys (?)".to_owned()), move || store.dialog.set(Some(Dialog::Keys)))}
                {theme::button(theme)}
            </div>
        </header>
        <main hidden=move || !is_ready()>
            // All views stay mounted: looking elsewhere must not lose what was typed or drawn.
            <section class="view" aria-label="Bench" hidden=move || route.get() != Route::Bench>
                <Bench store link turns=turns.clone()/>
            </section>
            <section class="view" aria-label="Checks" hidden=move || route.get() != Route::Checks>
                // A part of its own, which the start script asks for when this is first looked at.
                <h1 class="unseen">"Checks"</h1>
                <div id="checks"><p class="start">"Loading …"</p></div>
            </section>
            <section class="view" aria-label="Faults" hidden=move || route.get() != Route::Faults>
                <div id="faults"><p class="start">"Loading …"</p></div>
            </section>
            <section class="view" aria-label="Practice" hidden=move || route.get() != Route::Practice>
                {move || practised.get().then(|| soon(move |later| (later.practice)(store, link)))}
            </section>
        </main>
        {turns.part(move || view! { <Dialogs store link/> }.into_any())}
        {move || later::here().map(|all| (all.toast)(store))}
    }
}

/// Messages that were not exported are lost with the page.
fn has_something_to_lose(store: Store) -> bool {
    !store.broken.get_untracked()
        && store.totals.with_untracked(|totals| totals.messages) > store.exported.get_untracked()
}

/// Two ends and the wave between them, as in the icon of the tab.
fn logo() -> AnyView {
    view! {
        <svg class="shell-logo" viewBox="0 0 32 32" aria-hidden="true">
            <rect width="32" height="32" rx="8"/>
            <path d="M6.5 16H9c2.8 0 2-8 4.5-8s2.5 16 5 16 1.7-8 4.5-8h2.5"/>
            <circle cx="6.5" cy="16" r="1.3"/><circle cx="25.5" cy="16" r="1.3"/>
        </svg>
    }
    .into_any()
}

#[component]
fn Tabs(#[prop(into)] route: Signal<Route>) -> impl IntoView {
    const ICONS: [(Icon, &str); 4] = [
        (icons::CABLE, "Bench (Alt+B)"),
        (icons::LIST_CHECKS, "Checks (Alt+C)"),
        (icons::ZAP, "Faults (Alt+F)"),
        (icons::GRADUATION_CAP, "Practice (Alt+P)"),
    ];
    let tab = move |(it, (icon, hint)): (Route, (Icon, &'static str))| {
        let current = move || (route.get() == it).then_some("page");
        view! { <a class="shell-tab" href=it.href() title=hint aria-current=current>{icon.draw()}<span>{it.title()}</span></a> }
    };
    let tabs: Vec<_> = Route::ALL.into_iter().zip(ICONS).map(tab).collect();
    view! { <nav class="shell-tabs" aria-label="Views">{tabs}</nav> }
}

/// What the harness itself is like: figures without these are hearsay.
#[component]
fn Status(store: Store, check_sockets: RwSignal<u32>) -> impl IntoView {
    let clock = move || {
        store.ready.with(|ready| match ready {
            None => "starting …".to_owned(),
            Some(ready) => format!("clock {}", format::figure(ready.clock_step, ready.clock_step)),
        })
    };
    let clock_hint = move || {
        store.ready.with(|ready| match ready {
            Some(ready) if !ready.isolated => {
                "The smallest step of the browser's clock. It would be finer if the server sent the headers COOP and COEP."
            }
            _ => "The smallest step of the browser's clock: no figure is finer than this.",
        })
    };
    let lag = move || {
        store
            .pulse
            .get()
            .loop_lag
            .map_or_else(|| "–".to_owned(), |lag| format::figure(lag, store.clock_step()))
    };
    let sockets = move || {
        let used = u32::from(store.totals.get().sockets) + check_sockets.get();
        match store.ready.with(|ready| ready.as_ref().map(|ready| ready.most_sockets)) {
            Some(most) => format!("{used}/{most}"),
            None => used.to_string(),
        }
    };
    view! {
        <div class="shell-status" data-testid="status">
            <span title=clock_hint data-testid="clock">{clock}</span>
            <span class="shell-lag" title="Largest delay of the worker's own timers in the last second. A busy harness must not pass for a slow server.">
                "lag "{lag}
            </span>
            <span title="Sockets in use, including closing ones, of this browser's limit" data-testid="sockets">{sockets}" sockets"</span>
        </div>
    }
}
