//! The keys, and the sheet that lists them.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::composer::send_draft;
use super::connections::{close, open};
use super::link::Link;
use super::route::Route;
use super::store::{Dialog, Store};
use crate::browser::page;
use crate::wire::{ContentForm, Phase, Request};

/// What is listed, in the order of the sheet.
const KEYS: [(&str, &str); 18] = [
    ("?", "This sheet"),
    ("Alt+B, Alt+C, Alt+F, Alt+P", "Bench, Checks, Faults, Practice"),
    ("N", "New connection"),
    ("Alt+↑, Alt+↓", "Previous, next connection"),
    ("O", "Connect, or disconnect, the selected connection"),
    ("Ctrl+Enter", "Send what stands in the composer"),
    ("Alt+1 … Alt+9", "Send a saved message"),
    ("↑ in an empty composer", "What was sent before"),
    ("M", "Write a message"),
    ("/", "Filter"),
    ("Enter, Shift+Enter in the filter", "Previous, next hit"),
    ("T", "To the timeline"),
    ("↑ ↓ in the timeline", "Choose a frame; Enter opens it"),
    ("End in the timeline", "Follow the newest"),
    ("Space", "Pause, go on"),
    ("P", "Pin the chosen frame, or let it go"),
    ("Y", "Copy the chosen frame"),
    ("Esc", "Close what is open"),
];

/// The sheet.
pub(super) fn sheet() -> AnyView {
    let rows = KEYS.map(|(keys, what)| view! { <dt><kbd>{keys}</kbd></dt><dd>{what}</dd> }.into_any());
    view! { <dl class="keys" data-testid="keys">{rows.into_iter().collect_view()}</dl> }.into_any()
}

/// Listens wherever the focus is.
pub(super) fn listen(store: Store, link: Link) {
    let handle = window_event_listener(leptos::ev::keydown, move |event| pressed(&event, store, link));
    on_cleanup(move || handle.remove());
}

fn pressed(event: &KeyboardEvent, store: Store, link: Link) {
    if event.default_prevented() || event.is_composing() || store.broken.get_untracked() {
        return;
    }
    let with_command = event.ctrl_key() || event.meta_key();
    let key = event.key();
    let is_taken = match (event.alt_key(), with_command) {
        (true, false) => with_alt(&event.code(), &key, store, link),
        (false, false) if !page::is_writing(event) && store.dialog.with_untracked(Option::is_none) => {
            alone(&key, event, store, link)
        }
        _ => false,
    };
    if is_taken {
        event.prevent_default();
    }
}

/// By place on the keyboard: with Alt some systems type other signs.
fn with_alt(code: &str, key: &str, store: Store, link: Link) -> bool {
    match (code, key) {
        ("KeyB", _) => page::go_to(&Route::Bench.href()),
        ("KeyC", _) => page::go_to(&Route::Checks.href()),
        ("KeyF", _) => page::go_to(&Route::Faults.href()),
        ("KeyP", _) => page::go_to(&Route::Practice.href()),
        (_, "ArrowUp") => select_beside(store, -1),
        (_, "ArrowDown") => select_beside(store, 1),
        _ => {
            let digit = code
                .strip_prefix("Digit")
                .or(code.strip_prefix("Numpad"))
                .and_then(|digit| digit.parse().ok());
            let Some(digit) = digit.filter(|digit: &u8| *digit > 0) else { return false };
            let saved =
                store.messages.with_untracked(|all| all.iter().find(|it| it.hotkey == digit).cloned());
            match saved {
                Some(saved) if untrack(|| store.can_send()) => {
                    send_draft(store, link, &saved.draft);
                    store.say(format!("Sent: {}", saved.name));
                }
                Some(_) => store.complain("Not sent: not all connections that it goes to are open."),
                None => return false,
            }
        }
    }
    true
}

fn alone(key: &str, event: &KeyboardEvent, store: Store, link: Link) -> bool {
    let chosen = store.chosen.get_untracked();
    match key {
        "?" => store.dialog.set(Some(Dialog::Keys)),
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
        "t" => page::focus_soon("[data-testid=timeline]"),
        " " if !page::is_on_control(event) => {
            let is_paused = store.list.with_untracked(|list| list.paused.is_some());
            link.ask(&Request::Pause(!is_paused));
        }
        "p" => match chosen {
            Some(frame)
                if store.pins.with_untracked(|pins| pins.iter().any(|pin| pin.row.number == frame)) =>
            {
                link.ask(&Request::Unpin { frame });
            }
            Some(frame) => link.ask(&Request::Pin { frame, note: String::new() }),
            None => return false,
        },
        "y" => match chosen {
            Some(frame) => super::export::copy(store, link, frame, ContentForm::Raw),
            None => return false,
        },
        "Escape" if store.inspect.with_untracked(Option::is_some) => store.inspect.set(None),
        _ => return false,
    }
    true
}

fn select_beside(store: Store, step: isize) {
    let all = store.connections.get_untracked();
    let at = all.iter().position(|c| c.id == store.selected.get_untracked()).unwrap_or(0);
    if let Some(next) = at.checked_add_signed(step).and_then(|at| all.get(at)) {
        store.selected.set(next.id);
    }
}
