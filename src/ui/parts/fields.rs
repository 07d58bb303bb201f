//! Fields and buttons that are bound to a part of something.
//!
//! Their types are erased on purpose: each closure type would be drawn by code of its own. Every byte of the page is
//! downloaded.

use std::time::Duration;

use leptos::prelude::*;

use super::icons::{self, Icon};
use crate::engine::base::unit;
use crate::model::format;

/// What a field shows, derived from elsewhere.
pub(crate) fn text(of: impl Fn() -> String + Send + Sync + 'static) -> Signal<String> {
    Signal::derive(of)
}

/// Whether something is so.
pub(crate) fn when(of: impl Fn() -> bool + Send + Sync + 'static) -> Signal<bool> {
    Signal::derive(of)
}

/// Words with code in backticks, as code.
pub(crate) fn prose(words: &str) -> AnyView {
    let parts: Vec<_> = words.split('`').collect();
    // A backtick without a second one is a sign of the text.
    if parts.len() % 2 == 0 {
        return words.to_owned().into_any();
    }
    let part = |(at, part): (usize, &&str)| match at % 2 {
        0 => part.to_string().into_any(),
        _ => view! { <code>{part.to_string()}</code> }.into_any(),
    };
    parts.iter().enumerate().map(part).collect_view().into_any()
}

/// The same, but only when it differs: a field that is set again to its old value loses what is being typed.
fn steady(value: Signal<String>) -> Signal<String> {
    Memo::new(move |_| value.get()).into()
}

/// A field for one line of text.
pub(crate) fn line(
    label: &'static str,
    testid: &'static str,
    hint: &'static str,
    value: Signal<String>,
    set: impl Fn(String) + 'static,
) -> AnyView {
    let set: Box<dyn Fn(String)> = Box::new(set);
    let value = steady(value);
    view! {
        <label class="field">
            <span>{label}</span>
            <input class="mono" type="text" spellcheck="false" autocomplete="off" data-testid=testid placeholder=hint
                prop:value=value on:input=move |event| set(event_target_value(&event))/>
        </label>
    }
    .into_any()
}

/// A field for a text that `read` understands; what it does not understand stays and is marked.
pub(crate) fn parsed<T: 'static>(
    label: &'static str,
    testid: &'static str,
    hint: &'static str,
    value: Signal<String>,
    read: fn(&str) -> Option<T>,
    set: impl Fn(T) + 'static,
) -> AnyView {
    let is_wrong = RwSignal::new(false);
    let set = move |typed: String| match read(&typed) {
        Some(value) => {
            is_wrong.set(false);
            set(value);
        }
        None => is_wrong.set(true),
    };
    let set: Box<dyn Fn(String)> = Box::new(set);
    let value = steady(value);
    view! {
        <label class="field short">
            <span>{label}</span>
            <input class="mono" type="text" spellcheck="false" autocomplete="off" data-testid=testid placeholder=hint
                aria-invalid=text(move || is_wrong.get().to_string())
                prop:value=value on:change=move |event| set(event_target_value(&event))/>
        </label>
    }
    .into_any()
}

/// A length of time, such as `500 ms`.
pub(crate) fn duration(
    label: &'static str,
    testid: &'static str,
    value: impl Fn() -> Duration + Send + Sync + 'static,
    set: impl Fn(Duration) + 'static,
) -> AnyView {
    let shown = text(move || unit::show_duration(value()));
    parsed(label, testid, "100ms", shown, read_duration, set)
}

/// A bare number is milliseconds, as in every other tool.
fn read_duration(typed: &str) -> Option<Duration> {
    let typed = typed.trim();
    typed.parse().map(Duration::from_millis).ok().or_else(|| unit::parse_duration(typed).ok())
}

/// A number, or nothing where nothing means without limit.
pub(crate) fn optional_number(
    label: &'static str,
    testid: &'static str,
    value: impl Fn() -> Option<u64> + Send + Sync + 'static,
    set: impl Fn(Option<u64>) + 'static,
) -> AnyView {
    let shown = text(move || value().map(|it| it.to_string()).unwrap_or_default());
    let read = |typed: &str| match typed.trim() {
        "" => Some(None),
        typed => typed.parse().ok().map(Some),
    };
    parsed(label, testid, "no limit", shown, read, set)
}

/// A number of bytes, such as `4 MiB`.
pub(crate) fn bytes(
    label: &'static str,
    testid: &'static str,
    value: impl Fn() -> u64 + Send + Sync + 'static,
    set: impl Fn(u64) + 'static,
) -> AnyView {
    let read = |typed: &str| {
        let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
        typed.parse().ok().or_else(|| unit::parse_size(&typed).ok())
    };
    parsed(label, testid, "4 MiB", text(move || format::size(value())), read, set)
}

/// A box to tick.
pub(crate) fn tick(
    label: impl Into<Signal<String>>,
    testid: &'static str,
    value: Signal<bool>,
    set: impl Fn(bool) + 'static,
) -> AnyView {
    let set: Box<dyn Fn(bool)> = Box::new(set);
    let label: Signal<String> = label.into();
    view! {
        <label class="tick">
            <input type="checkbox" data-testid=testid prop:checked=value on:change=move |event| set(event_target_checked(&event))/>
            <span>{label}</span>
        </label>
    }
    .into_any()
}

/// One of a few.
pub(crate) fn choice(
    label: &'static str,
    testid: &'static str,
    options: &'static [(&'static str, &'static str)],
    value: Signal<String>,
    set: impl Fn(String) + 'static,
) -> AnyView {
    let set: Box<dyn Fn(String)> = Box::new(set);
    view! {
        <label class="field short">
            <span>{label}</span>
            <select data-testid=testid prop:value=value on:change=move |event| set(event_target_value(&event))>
                {options.iter().map(|(name, title)| view! { <option value=*name selected=when(move || value.get() == *name)>{*title}</option> }).collect_view()}
            </select>
        </label>
    }
    .into_any()
}

/// A button.
pub(crate) fn button(
    class: &'static str,
    testid: &'static str,
    label: &'static str,
    hint: &'static str,
    press: impl Fn() + 'static,
) -> AnyView {
    let press: Box<dyn Fn()> = Box::new(press);
    view! { <button type="button" class=class data-testid=testid title=hint on:click=move |_| press()>{label}</button> }.into_any()
}

/// A button for what cannot be undone: it asks on itself, and acts at the second press.
pub(crate) fn asking_button(
    class: &'static str,
    testid: &'static str,
    label: &'static str,
    hint: &'static str,
    question: impl Fn() -> Option<String> + Copy + Send + Sync + 'static,
    press: impl Fn() + 'static,
) -> AnyView {
    /// No answer within this time counts as "no".
    const WAITS: Duration = Duration::from_secs(5);
    let asked = RwSignal::new(None::<String>);
    let rounds = StoredValue::new(0_u32);
    let press = move || match (asked.get_untracked(), untrack(question)) {
        (None, Some(words)) => {
            asked.set(Some(words));
            let mine = rounds.get_value() + 1;
            rounds.set_value(mine);
            let give_up = move || {
                if rounds.try_get_value() == Some(mine) {
                    asked.set(None);
                }
            };
            set_timeout(give_up, WAITS);
        }
        _ => {
            asked.set(None);
            press();
        }
    };
    let press: Box<dyn Fn()> = Box::new(press);
    let words = text(move || asked.get().unwrap_or_else(|| label.to_owned()));
    let is_asking = text(move || asked.with(Option::is_some).to_string());
    view! {
        <button type="button" class=class data-testid=testid title=hint data-asking=is_asking
            on:blur=move |_| asked.set(None) on:click=move |_| press()>{words}</button>
    }
    .into_any()
}

/// A button that is a sign, drawn where a font may lack it; `name` is what screen readers say.
pub(crate) fn icon(
    class: &'static str,
    testid: &'static str,
    sign: &'static str,
    name: Signal<String>,
    press: impl Fn() + 'static,
) -> AnyView {
    let press: Box<dyn Fn()> = Box::new(press);
    view! { <button type="button" class=class data-testid=testid aria-label=name title=name on:click=move |_| press()>{icons::sign(sign)}</button> }.into_any()
}

/// A button that is an icon; `name` is its tooltip, with its key where it has one, and what screen readers say.
pub(crate) fn icon_button(
    class: &'static str,
    testid: &'static str,
    icon: Icon,
    name: Signal<String>,
    press: impl Fn() + 'static,
) -> AnyView {
    let press: Box<dyn Fn()> = Box::new(press);
    view! { <button type="button" class=class data-testid=testid aria-label=name title=name on:click=move |_| press()>{icon.draw()}</button> }.into_any()
}

/// A button with an icon before its word.
#[allow(dead_code, reason = "the views take it up one by one")]
pub(crate) fn labelled_button(
    class: &'static str,
    testid: &'static str,
    icon: Icon,
    label: &'static str,
    hint: &'static str,
    press: impl Fn() + 'static,
) -> AnyView {
    let press: Box<dyn Fn()> = Box::new(press);
    view! { <button type="button" class=class data-testid=testid title=hint on:click=move |_| press()>{icon.draw()}{label}</button> }.into_any()
}

/// An icon that is on or off.
#[allow(dead_code, reason = "the views take it up one by one")]
pub(crate) fn icon_toggle(
    testid: &'static str,
    icon: Icon,
    name: Signal<String>,
    is_on: Signal<bool>,
    press: impl Fn() + 'static,
) -> AnyView {
    let press: Box<dyn Fn()> = Box::new(press);
    view! {
        <button type="button" class="quiet toggle" data-testid=testid aria-label=name title=name
            aria-pressed=text(move || is_on.get().to_string()) on:click=move |_| press()>{icon.draw()}</button>
    }
    .into_any()
}

/// The command that starts Sockscope's own server, to copy.
pub(crate) fn command(copy: impl Fn(String) + 'static) -> AnyView {
    const COMMAND: &str = "sockscope serve";
    let copy = move || copy(COMMAND.to_owned());
    view! {
        <p class="command"><code>{COMMAND}</code>{icon_button("quiet", "copy-command", icons::COPY, text(|| "Copy the command".to_owned()), copy)}</p>
    }
    .into_any()
}

/// A button that is on or off.
pub(crate) fn toggle(
    testid: &'static str,
    label: &'static str,
    hint: &'static str,
    is_on: Signal<bool>,
    press: impl Fn() + 'static,
) -> AnyView {
    let press: Box<dyn Fn()> = Box::new(press);
    view! {
        <button type="button" class="quiet toggle" data-testid=testid title=hint
            aria-pressed=text(move || is_on.get().to_string()) on:click=move |_| press()>{label}</button>
    }
    .into_any()
}
