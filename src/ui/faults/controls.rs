//! A toxic as it is drawn: one line with its switch, its direction, its numbers, and whom it strikes.

use leptos::prelude::*;

use super::store::{Row, Store};
use super::switching::change;
use crate::model::faults::knob::{Knob, show};
use crate::model::faults::setting::{Setting, Stream};
use crate::model::faults::toxic::{AFTER, TOXICITY};
use crate::ui::parts::fields::{text, when};

/// Sets a number.
type Setter = Box<dyn Fn(f64)>;

/// How a number is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// The first of a toxic, with a slider where it has one.
    Slider,
    /// A field with its name before it.
    Field,
    /// A field whose name stands at the head of its column.
    Column,
}

/// The line of a toxic.
pub(super) fn toxic_row(store: Store, row: Row) -> AnyView {
    let toxic = row.toxic;
    let is_on = when(move || row.setting.with(|it| it.is_on));
    let state = text(move || {
        let words = match (row.trouble.with(String::is_empty), is_on.get()) {
            (false, _) => "wrong",
            (true, true) => "on",
            (true, false) => "off",
        };
        words.to_owned()
    });
    let part = |of: fn(&mut Setting) -> &mut f64| -> (Signal<f64>, Setter) {
        // A view reads what it could write, through a copy.
        let value = Signal::derive(move || row.setting.with(|it| *of(&mut it.clone())));
        (value, Box::new(move |new| change(store, row, |it| *of(it) = new)))
    };
    const VALUES: [fn(&mut Setting) -> &mut f64; 3] =
        [|it| &mut it.values[0], |it| &mut it.values[1], |it| &mut it.values[2]];
    let mut knobs = Vec::new();
    for (knob, of) in toxic.knobs.iter().zip(VALUES) {
        let (value, set) = part(of);
        let form = if knobs.is_empty() { Form::Slider } else { Form::Field };
        knobs.push(number(row, knob, form, value, set));
    }
    if toxic.has_reason {
        knobs.push(reason(store, row));
    }
    let (value, set) = part(|it| &mut it.toxicity);
    let struck = number(row, &TOXICITY, Form::Column, value, set);
    let after = toxic.has_direction.then(|| {
        let (value, set) = part(|it| &mut it.after);
        number(row, &AFTER, Form::Column, value, set)
    });
    let switch = move |on: bool| change(store, row, |it| it.is_on = on);
    let about = format!("about-{}", toxic.name);
    view! {
        <li class="toxic" data-state=state data-testid=format!("toxic-{}", toxic.name)>
            <fieldset>
                <legend class="unseen">{toxic.title}</legend>
                <label class="faults-switch" title=toxic.about>
                    <input type="checkbox" role="switch" data-testid=format!("{}-on", toxic.name) aria-describedby=about.clone() prop:checked=is_on
                        on:change=move |event| switch(event_target_checked(&event))/>
                    <span>{toxic.title}</span>
                </label>
                <div class="faults-direction">{toxic.has_direction.then(|| direction(store, row))}</div>
                <div class="faults-numbers">{knobs}</div>
                <div class="faults-struck">{struck}</div>
                <div class="faults-after">{after}</div>
                <p class="note" role="status" data-state="wrong" data-testid=format!("{}-trouble", toxic.name)>{text(move || row.trouble.get())}</p>
                <p class="faults-what" id=about><b>{toxic.title}</b>" "{toxic.about}</p>
            </fieldset>
        </li>
    }
    .into_any()
}

fn direction(store: Store, row: Row) -> AnyView {
    const STREAMS: [(Stream, &str); 3] =
        [(Stream::Downstream, "↓ to page"), (Stream::Upstream, "↑ to server"), (Stream::Both, "↕ both")];
    let option = move |(stream, title): (Stream, &'static str)| {
        let is_it = when(move || row.setting.with(|it| it.stream == stream));
        view! { <option value=stream.name() selected=is_it>{title}</option> }.into_any()
    };
    let choose = move |event: leptos::ev::Event| {
        if let Some(stream) = Stream::read(&event_target_value(&event)) {
            change(store, row, |it| it.stream = stream);
        }
    };
    let value = text(move || row.setting.with(|it| it.stream.name().to_owned()));
    view! {
        <select aria-label="Direction" data-testid=format!("{}-direction", row.toxic.name) prop:value=value on:change=choose>
            {STREAMS.map(option).into_iter().collect_view()}
        </select>
    }
    .into_any()
}

fn reason(store: Store, row: Row) -> AnyView {
    let set = move |event| {
        let typed = event_target_value(&event);
        change(store, row, |it| it.reason = typed);
    };
    view! {
        <label class="faults-knob">
            <span class="faults-label">"Reason"</span>
            <input class="faults-wide" type="text" autocomplete="off" placeholder="none" maxlength="123" data-testid=format!("{}-reason", row.toxic.name)
                prop:value=text(move || row.setting.with(|it| it.reason.clone())) on:change=set/>
        </label>
    }
    .into_any()
}

/// A field, with its name and a slider where the form wants them.
fn number(row: Row, knob: &'static Knob, form: Form, value: Signal<f64>, set: Setter) -> AnyView {
    let set = StoredValue::new_local(set);
    let is_wrong = RwSignal::new(false);
    let give = move |value: f64| {
        is_wrong.set(false);
        set.with_value(|set| set(value));
    };
    let typed = move |event| match knob.read(&event_target_value(&event)) {
        Some(value) => give(value),
        None => is_wrong.set(true),
    };
    let testid = format!("{}-{}", row.toxic.name, knob.name);
    let shown = Memo::new(move |_| show(value.get()));
    let spoken = text(move || format!("{} {}", shown.get(), knob.unit));
    let slider = (form == Form::Slider && knob.has_slider()).then(|| {
        let place = text(move || knob.place_of(value.get()).to_string());
        let slide = move |event| give(knob.value_at(event_target_value(&event).parse().unwrap_or_default()));
        view! {
            <input type="range" min="0" max=knob.last().to_string() step="1" aria-label=knob.label aria-valuetext=spoken
                data-testid=format!("{testid}-slider") prop:value=place on:input=slide/>
        }
        .into_any()
    });
    let hint = text(move || {
        if is_wrong.get() { format!("Not applied: expected {}.", knob.expected()) } else { String::new() }
    });
    let label = (form != Form::Column)
        .then(|| view! { <span class="faults-label" aria-hidden="true">{knob.label}</span> }.into_any());
    view! {
        <div class="faults-knob">
            {label}
            {slider}
            <input class="mono" type="text" inputmode="decimal" autocomplete="off" data-testid=testid
                aria-label=format!("{}{}{}", knob.label, if knob.unit.is_empty() { "" } else { ", " }, knob.unit)
                aria-invalid=text(move || is_wrong.get().to_string()) prop:value=shown on:change=typed/>
            <span class="faults-unit">{knob.unit}</span>
            <span class="hint" role="status">{hint}</span>
        </div>
    }
    .into_any()
}
