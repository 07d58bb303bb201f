//! A short message that goes away by itself, or at once by Esc and by its cross.
//!
//! Owns how long it stays. It refuses to know what is said and what brings something back. One rule: it stays while a person points
//! at its buttons or has the focus on them.

use std::time::Duration;

use leptos::prelude::*;

use super::fields::{button, icon_button, prose, text};
use super::icons;

const STAYS: Duration = Duration::from_secs(5);
/// One that can be undone, or that says what went wrong: a person needs a moment to see it.
const STAYS_LONG: Duration = Duration::from_secs(9);

/// What is said.
#[derive(Clone, PartialEq)]
pub(crate) struct Said {
    pub words: String,
    pub is_bad: bool,
    /// The words on the button that brings something back.
    pub undo: Option<&'static str>,
}

/// The message, read out once. `forget` takes it away; `undo` brings back what is gone.
pub(crate) fn toast(
    testid: &'static str,
    said: Signal<Option<Said>>,
    forget: impl Fn() + Copy + Send + Sync + 'static,
    undo: impl Fn() + Copy + Send + Sync + 'static,
) -> AnyView {
    let shown = StoredValue::new(0_u32);
    let is_held = RwSignal::new(false);
    Effect::new(move || {
        let Some(is_long) = said.with(|it| it.as_ref().map(|it| it.undo.is_some() || it.is_bad)) else {
            return;
        };
        let mine = shown.get_value() + 1;
        shown.set_value(mine);
        is_held.set(false);
        leave(shown, mine, is_held, forget, if is_long { STAYS_LONG } else { STAYS });
    });
    let key = window_event_listener(leptos::ev::keydown, move |event| {
        if event.key() == "Escape" && said.with_untracked(Option::is_some) {
            forget();
        }
    });
    on_cleanup(move || key.remove());
    let words = text(move || said.with(|it| it.as_ref().map(|it| it.words.clone())).unwrap_or_default());
    let state = text(move || match said.with(|it| it.as_ref().is_some_and(|it| it.is_bad)) {
        true => "wrong".to_owned(),
        false => String::new(),
    });
    let buttons = move || {
        said.with(|it| it.as_ref().map(|it| it.undo)).map(|label| {
            let back = label.map(|label| button("quiet", "undo", label, "", undo));
            let name = text(|| "Close this message (Esc)".to_owned());
            view! { {back}{icon_button("quiet", "toast-close", icons::CLOSE, name, forget)} }
        })
    };
    let is_empty = text(move || said.with(Option::is_none).to_string());
    view! {
        <div class="toast" data-state=state data-empty=is_empty
            on:pointerover=move |_| is_held.set(true) on:pointerout=move |_| is_held.set(false)
            on:focusin=move |_| is_held.set(true) on:focusout=move |_| is_held.set(false)>
            <p role="status" data-testid=testid data-state=state data-empty=is_empty>{move || words.with(|words| prose(words))}</p>{buttons}
        </div>
    }
    .into_any()
}

/// Takes a message away after a time, unless another one has come.
fn leave(
    shown: StoredValue<u32>,
    mine: u32,
    is_held: RwSignal<bool>,
    forget: impl Fn() + Copy + 'static,
    after: Duration,
) {
    let end = move || {
        if shown.try_get_value() != Some(mine) {
            return;
        }
        match is_held.get_untracked() {
            true => leave(shown, mine, is_held, forget, STAYS),
            false => forget(),
        }
    };
    set_timeout(end, after);
}
