//! The keys, and the sheet that lists them.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::super::bench::composer::send_saved;
use super::super::bench::connections::{close, open};
use super::super::bench::front::Dialog;
use super::super::bench::lanes;
use super::super::bench::link::Link;
use super::super::bench::share;
use super::super::bench::store::Store;
use super::super::parts::fields::{text, tick};
use super::palette::Opener;
use super::theme::{self, Theme};
use crate::browser::page;
use crate::model::route::Route;
use crate::wire::bench::{ContentForm, Phase, Request};

/// Under which name the browser keeps that keys of one letter do nothing.
const KEPT: &str = "one-letter-keys";
const OFF: &str = "off";

/// What is listed, in the order of the sheet, and whether it is a key alone, which a person may switch off.
const KEYS: [(&str, &str, bool); 24] = [
    ("Ctrl+K, on a Mac ⌘K", "Find and run any command", false),
    ("?", "This sheet", true),
    ("Alt+B, Alt+C, Alt+F, Alt+P", "Bench, Checks, Faults, Practice", false),
    ("Alt+S, Alt+T", "Share the bench setup, next theme", false),
    ("N", "New connection", true),
    ("Alt+↑, Alt+↓", "Previous, next connection", false),
    ("O", "Connect, or disconnect, the selected connection", true),
    ("Ctrl+Enter", "Send the composer's content; in Checks, run the suite", false),
    ("Alt+1 … Alt+9", "Send a saved message", false),
    ("↑ in an empty composer", "Recall what you sent before", false),
    ("M", "Write a message", true),
    ("Esc in the composer", "Go to the timeline", false),
    ("/", "Filter", true),
    ("Enter, Shift+Enter in the filter", "Next, previous match", false),
    ("↓ in the filter", "Go to the timeline", false),
    ("T", "Go to the timeline", true),
    ("↑ ↓ in the timeline", "Choose a frame; Enter opens it", false),
    ("Ctrl+click a frame", "Compare it with the chosen one", false),
    ("End in the timeline", "Follow the newest", false),
    ("L", "Timeline in lanes, or as a list", true),
    ("Space", "Pause, resume", true),
    ("P", "Pin or unpin the chosen frame", true),
    ("Y", "Copy the chosen frame", true),
    ("Esc", "Close what is open", false),
];

/// Whether keys of one letter do something, as the browser has kept it.
pub(crate) fn are_kept_on() -> bool {
    page::kept(KEPT).as_deref() != Some(OFF)
}

/// The sheet.
pub(crate) fn sheet(store: Store) -> AnyView {
    let is_on = store.one_letter_keys;
    let rows = KEYS.map(|(keys, what, is_alone)| {
        let is_off = text(move || (is_alone && !is_on.get()).to_string());
        view! { <dt data-off=is_off><kbd>{keys}</kbd></dt><dd data-off=is_off>{what}</dd> }.into_any()
    });
    let switch = move |on: bool| {
        is_on.set(on);
        page::keep(KEPT, if on { "on" } else { OFF });
    };
    view! {
        {tick("Keys of one letter, also Space, / and ?", "one-letter-keys", is_on.into(), switch)}
        <p class="hint">"They act on the bench only, and never while you type. ? acts in every view. When they are off, the button ? in the head opens this sheet."</p>
        <dl class="keys" data-testid="keys">{rows.into_iter().collect_view()}</dl>
    }
    .into_any()
}

/// The key that opens the palette, as people write it.
pub(crate) fn palette_key(between: &str) -> String {
    if page::is_mac() { "⌘K".to_owned() } else { format!("Ctrl{between}K") }
}

/// On a Mac, Ctrl+K deletes to the end of the line, in every field and in the editor.
fn opens_palette(event: &KeyboardEvent) -> bool {
    let (with, without) = match page::is_mac() {
        true => (event.meta_key(), event.ctrl_key()),
        false => (event.ctrl_key(), event.meta_key()),
    };
    with && !without && !event.alt_key() && !event.shift_key() && event.key().eq_ignore_ascii_case("k")
}

/// Listens wherever the focus is.
pub(crate) fn listen(store: Store, link: Link, palette: Opener, theme: RwSignal<Theme>) {
    let handle = window_event_listener(leptos::ev::keydown, move |event| {
        if !event.default_prevented() && opens_palette(&event) {
            // Not the browser's own search either, when a dialog keeps the palette away.
            event.prevent_default();
            palette.open();
        }
        pressed(&event, store, link, theme);
    });
    on_cleanup(move || handle.remove());
}

fn pressed(event: &KeyboardEvent, store: Store, link: Link, theme: RwSignal<Theme>) {
    if event.default_prevented() || event.is_composing() || store.broken.get_untracked() {
        return;
    }
    let with_command = event.ctrl_key() || event.meta_key();
    let key = event.key();
    let is_writing = page::is_writing(event);
    let is_bench = Route::of_fragment(&page::fragment()) == Route::Bench;
    let is_taken = match (event.alt_key(), with_command) {
        // Where one types, a sign that Alt makes goes into the text: on a Mac, Alt+C is ç.
        (true, false) if is_writing && is_sign(&key, &event.code()) => false,
        // A dialog stays in front of the view that it belongs to.
        (true, false) if page::has_dialog() => false,
        (true, false) => {
            goes_to_view(&event.code())
                || is_of_page(&event.code(), store, link, theme)
                || is_bench && with_alt(&event.code(), &key, store, link)
        }
        // The keys alone act again from there.
        (false, false) if key == "Escape" && is_bench && !page::has_dialog() && is_composing(event) => {
            page::focus_soon("[data-testid=timeline]");
            true
        }
        (false, false) if is_writing || page::has_dialog() => false,
        (false, false) if key == "Escape" => is_bench && close_detail(store),
        (false, false) if !store.one_letter_keys.get_untracked() => false,
        (false, false) if key == "?" => {
            store.dialog.set(Some(Dialog::Keys));
            true
        }
        (false, false) => is_bench && alone(&key, event, store, link),
        _ => false,
    };
    if is_taken {
        event.prevent_default();
    }
}

/// Whether a key goes into the message that is written.
fn is_composing(event: &KeyboardEvent) -> bool {
    page::attribute_above(event, "textarea[data-testid=message]", "data-testid").is_some()
}

/// Whether a key with Alt makes a sign other than the one that it is named after.
fn is_sign(key: &str, code: &str) -> bool {
    let named = code.strip_prefix("Key").or(code.strip_prefix("Digit")).or(code.strip_prefix("Numpad"));
    key.chars().count() == 1 && named.is_some_and(|named| !named.eq_ignore_ascii_case(key))
}

/// By place on the keyboard: with Alt some systems type other signs.
fn goes_to_view(code: &str) -> bool {
    let route = match code {
        "KeyB" => Route::Bench,
        "KeyC" => Route::Checks,
        "KeyF" => Route::Faults,
        "KeyP" => Route::Practice,
        _ => return false,
    };
    page::go_to(&route.href());
    true
}

fn is_of_page(code: &str, store: Store, link: Link, theme: RwSignal<Theme>) -> bool {
    match code {
        "KeyS" => share::make_link(store, link),
        "KeyT" => theme::turn(theme),
        _ => return false,
    }
    true
}

fn with_alt(code: &str, key: &str, store: Store, link: Link) -> bool {
    match key {
        "ArrowUp" => select_beside(store, -1),
        "ArrowDown" => select_beside(store, 1),
        _ => {
            let digit = code
                .strip_prefix("Digit")
                .or(code.strip_prefix("Numpad"))
                .and_then(|digit| digit.parse().ok());
            let Some(digit) = digit.filter(|digit: &u8| *digit > 0) else { return false };
            let saved =
                store.messages.with_untracked(|all| all.iter().find(|it| it.hotkey == digit).cloned());
            match saved {
                Some(saved) => send_saved(store, link, &saved),
                None => return false,
            }
        }
    }
    true
}

fn alone(key: &str, event: &KeyboardEvent, store: Store, link: Link) -> bool {
    let chosen = store.chosen.get_untracked();
    match key {
        "n" => {
            let url = untrack(|| store.current())
                .map(|c| c.setup.with_untracked(|s| s.url.clone()))
                .unwrap_or_default();
            store.add(url);
            page::focus_soon("[data-testid=url]");
        }
        "o" => {
            let Some(connection) = untrack(|| store.current()) else { return false };
            match untrack(|| connection.phase()) {
                Phase::Closed => open(store, connection, link),
                _ => close(connection, link),
            }
        }
        "m" => page::focus_soon("[data-testid=message]"),
        "/" => page::focus_soon("[data-testid=filter]"),
        "l" => lanes::turn(store),
        "t" => page::focus_soon("[data-testid=timeline]"),
        " " if !page::is_on_control(event) => {
            let is_paused = store.list.with_untracked(|list| list.paused.is_some());
            link.send(&Request::Pause(!is_paused));
        }
        "p" => match chosen {
            Some(frame)
                if store.pins.with_untracked(|pins| pins.iter().any(|pin| pin.row.number == frame)) =>
            {
                link.send(&Request::Unpin { frame });
            }
            Some(frame) => link.send(&Request::Pin { frame, note: String::new() }),
            None => return false,
        },
        "y" => match chosen {
            Some(frame) => super::super::bench::export::copy(store, link, frame, ContentForm::Raw),
            None => return false,
        },
        _ => return false,
    }
    true
}

fn close_detail(store: Store) -> bool {
    let is_open = store.inspect.with_untracked(Option::is_some);
    if is_open {
        store.inspect.set(None);
    }
    is_open
}

fn select_beside(store: Store, step: isize) {
    let all = store.connections.get_untracked();
    let at = all.iter().position(|c| c.id == store.selected.get_untracked()).unwrap_or(0);
    if let Some(next) = at.checked_add_signed(step).and_then(|at| all.get(at)) {
        store.selected.set(next.id);
    }
}
