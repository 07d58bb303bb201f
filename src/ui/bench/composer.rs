//! Where a message is written and sent.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::super::later;
use super::super::parts::fields::{button, icon_toggle, text, tick, toggle, when};
use super::super::parts::icons::{self, Icon};
use super::link::Link;
use super::panels::{self, Panels};
use super::store::Store;
use crate::browser::files;
use crate::browser::page;
use crate::engine::Payload;
use crate::engine::bench::draft::{self, Draft, DraftError, Form};
use crate::model::format;
use crate::wire::bench::{Answer, DraftSeen, Panel, Question, Request, SavedMessage};

/// A text that is longer is attached, and not edited: a field of megabytes freezes the page.
const LONGEST_EDITED: usize = 256 << 10;

const FORMS: [(Form, &str, &str, &str); 5] = [
    (Form::Text, "Text", "form-text", "Sent as it is"),
    (Form::Json, "JSON", "form-json", "Checked as you type; sent as written"),
    (Form::Hex, "Hex", "form-hex", "Bytes: 00 ff 7a"),
    (Form::Base64, "Base64", "form-base64", "Bytes in base64"),
    (Form::File, "File", "form-file", "The bytes of a file"),
];

/// The composer.
#[component]
pub(crate) fn Composer(store: Store, link: Link) -> impl IntoView {
    // The worker knows what stands here before it is asked to send it.
    Effect::new(move || link.send(&Request::Draft(store.draft.get())));
    let is_open = Memo::new(move |_| store.can_send());
    let can_send = when(move || is_open.get() && store.mistake.with(Option::is_none));
    // A refusal because a connection was closed says nothing about an open one.
    Effect::new(move || {
        is_open.track();
        store.refused.set(None);
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        send(store, link);
    };
    let drop_file = move |event: leptos::ev::DragEvent| {
        event.prevent_default();
        let count = files::of_drop(&event, move |read| attach_file(store, link, read));
        tell_others(store, count);
    };
    // Wherever the focus is in the composer: in the field, on a button, or on the choice of a file.
    let key = move |event: KeyboardEvent| {
        if is_send_key(&event) && !event.default_prevented() {
            event.prevent_default();
            send(store, link);
        }
    };
    view! {
        // The panels are not part of the form: Enter in one of their fields must not send the message.
        <section class="composer" on:keydown=key on:dragover=|event| event.prevent_default() on:drop=drop_file aria-label="Message">
            <Panels store link/>
            <form class="composer-writing" on:submit=submit>
                <Editor store link/>
                <div class="composer-send">
                    <button class="primary" type="submit" data-testid="send" title="Send (Ctrl+Enter)" disabled=when(move || !can_send.get())>{icons::SEND.draw()}"Send"</button>
                </div>
            </form>
            <div class="composer-bar">
                <div class="bench-modes" role="group" aria-label="Message format">{FORMS.map(|it| form_button(store, it)).into_any()}</div>
                {tick("{{…}}", "templates", when(move || store.draft.with(|it| !it.is_plain)), move |on| store.draft.update(|it| it.is_plain = !on))}
                <span hidden=when(move || store.draft.with(|it| it.form != Form::Json))>
                    {button("quiet", "format", "Format", "Lay the JSON out", move || format_json(store, link))}
                </span>
                <Targets store/>
                <p class="note" data-testid="draft-note" data-state=text(move || note(store).0.to_owned()) title=text(move || note(store).1)>{text(move || note(store).1)}</p>
                <span class="composer-panels">
                    {panel_button(store, Panel::Saved, icons::MESSAGE_SQUARE, "Saved messages", "panel-saved-here")}
                    {panel_button(store, Panel::Variables, icons::VARIABLE, "Variables", "panel-variables-here")}
                    {panel_button(store, Panel::Rules, icons::REPLY, "Automatic replies", "panel-rules-here")}
                </span>
                {panel_button(store, Panel::Repeat, icons::RESTART, "Repeat: send again at an interval", "panel-repeat")}
            </div>
            // Only a refusal is read out: the rest changes with every key.
            <span class="unseen" role="alert">{text(move || refusal(store).unwrap_or_default())}</span>
        </section>
    }
    .into_any()
}

/// Whether a key sends what stands in the composer.
fn is_send_key(event: &KeyboardEvent) -> bool {
    event.key() == "Enter" && (event.ctrl_key() || event.meta_key())
}

fn form_button(
    store: Store,
    (form, label, testid, hint): (Form, &'static str, &'static str, &'static str),
) -> AnyView {
    toggle(testid, label, hint, when(move || store.draft.with(|it| it.form == form)), move || {
        store.draft.update(|it| {
            if form == Form::File || it.form == Form::File {
                it.text.clear();
            }
            it.form = form;
        });
    })
}

fn panel_button(store: Store, panel: Panel, icon: Icon, name: &'static str, testid: &'static str) -> AnyView {
    let is_on = when(move || store.layout.with(|it| it.panel == panel));
    icon_toggle(testid, icon, text(move || name.to_owned()), is_on, move || panels::turn(store, panel))
}

/// Sends what stands in the composer to where it goes. Whether it is a message is judged by the text of this moment, and
/// whether it went out is the worker's word. A refusal is shown beside the field.
pub(crate) fn send(store: Store, link: Link) {
    let draft = store.draft.get_untracked();
    store.refused.set(None);
    let refused = draft.clone();
    send_draft(store, link, &draft, move |words| {
        if let Some(words) = words {
            store.refused.set(Some((refused.clone(), words)));
        }
    });
}

/// Sends a saved message, and says at the foot of the page whether it went out.
pub(crate) fn send_saved(store: Store, link: Link, saved: &SavedMessage) {
    let name = saved.name.clone();
    send_draft(store, link, &saved.draft, move |words| match words {
        None => store.say(format!("Sent: {name}")),
        Some(words) => store.complain(format!("{name} was not sent: {words}.")),
    });
}

/// Sends a message to where the composer sends; `heard` gets why it was not sent, or nothing when it was.
fn send_draft(store: Store, link: Link, draft: &Draft, heard: impl Fn(Option<String>) + 'static) {
    let mistake =
        untrack(later::here).and_then(|it| store.variables.with_untracked(|all| (it.mistake)(draft, all)));
    if let Some(mistake) = mistake {
        return heard(Some(words_of(draft, &mistake)));
    }
    let to = untrack(|| store.send_to());
    untrack(|| link.arrange(store));
    link.ask(Question::Send { to, draft: draft.clone() }, move |answer| {
        heard(if let Answer::Failed(words) = answer { Some(words) } else { None });
    });
    store.remember_message(draft);
}

/// A mistake with its place.
fn words_of(draft: &Draft, mistake: &DraftError) -> String {
    match mistake.at {
        Some(at) => {
            let (line, column) = draft::line_and_column(&draft.text, at as usize);
            format!("Line {line}, column {column}: {}", mistake.message)
        }
        None => mistake.message.clone(),
    }
}

fn format_json(store: Store, link: Link) {
    let asked = store.draft.get_untracked().text;
    link.ask(Question::Format(asked.clone()), move |answer| match answer {
        // What was typed meanwhile stays.
        Answer::Text(text) if store.draft.with_untracked(|it| it.text == asked) => {
            store.draft.update(|it| it.text = text);
        }
        Answer::Failed(words) => store.complain(format::sentence(&words)),
        _ => {}
    });
}

/// Why the message that stands there was not sent.
fn refusal(store: Store) -> Option<String> {
    store.refused.with(|refused| {
        let (draft, words) = refused.as_ref()?;
        store.draft.with(|now| now == draft).then(|| format!("Not sent: {words}."))
    })
}

/// What will go out, or what keeps it from going out.
fn note(store: Store) -> (&'static str, String) {
    if let Some(words) = refusal(store) {
        return ("wrong", words);
    }
    let (is_empty, form) = store.draft.with(|it| (it.is_empty(), it.form));
    store.mistake.with(|mistake| match mistake {
        Some(_) if is_empty && form == Form::Json => {
            ("", "Write JSON; it is checked as you type.".to_owned())
        }
        Some(_) if is_empty && form == Form::File => {
            ("", "Choose a file, drop it here, or paste it.".to_owned())
        }
        Some(mistake) => ("wrong", store.draft.with(|draft| words_of(draft, mistake))),
        None => {
            // The worker's word may be about an older text.
            let size = store.draft_seen.with(|seen| match seen.wrong {
                Some(_) => String::new(),
                None => going_out(seen),
            });
            match store.draft.with(Draft::left_as_written) {
                Some(remark) => ("warn", format!("{remark} {size}")),
                None => ("", size),
            }
        }
    })
}

fn going_out(seen: &DraftSeen) -> String {
    let kind = if seen.is_text { "text" } else { "binary" };
    let size = format::size(seen.size);
    match (seen.varies, seen.is_text) {
        (true, _) => format!("{size}, {kind}, e.g. {}", seen.preview),
        (false, true) => format!("{size}, {kind}"),
        // What was written as base64, or lies in a file, is seen nowhere else.
        (false, false) => format!("{size}, {kind}: {}", seen.preview),
    }
}

/// The field, or the file.
#[component]
fn Editor(store: Store, link: Link) -> impl IntoView {
    // Where ↑ has gone in the history; and what stood there before.
    let recalled = RwSignal::new(None::<usize>);
    let key = move |event: KeyboardEvent| {
        let plain = !event.shift_key() && !event.alt_key();
        match event.key().as_str() {
            // The composer around sends it.
            "Enter" if is_send_key(&event) => recalled.set(None),
            // Only from an empty field, or once one is among what was sent: elsewhere the keys move in the text.
            "ArrowUp"
                if plain
                    && (recalled.get_untracked().is_some()
                        || store.draft.with_untracked(Draft::is_empty)) =>
            {
                event.prevent_default();
                recall(store, recalled, recalled.get_untracked().map_or(0, |at| at + 1));
            }
            "ArrowDown" if plain && recalled.get_untracked().is_some() => {
                event.prevent_default();
                match recalled.get_untracked() {
                    Some(at) if at > 0 => recall(store, recalled, at - 1),
                    _ => {
                        recalled.set(None);
                        store.draft.update(|it| it.text.clear());
                    }
                }
            }
            _ => {}
        }
    };
    let typed = move |event| {
        recalled.set(None);
        store.draft.update(|it| it.text = event_target_value(&event));
    };
    let pasted = move |event: leptos::ev::ClipboardEvent| {
        let count = files::of_paste(&event, move |read| attach_file(store, link, read));
        if count > 0 {
            tell_others(store, count);
            return event.prevent_default();
        }
        let long = files::pasted_text(&event).filter(|text| text.len() > LONGEST_EDITED);
        if let Some(long) = long {
            event.prevent_default();
            attach(store, link, "pasted text".to_owned(), Payload::Text(long));
        }
    };
    let is_file = when(move || store.draft.with(|it| it.form == Form::File));
    let is_wrong =
        text(move || (store.mistake.with(Option::is_some) && !store.draft.with(Draft::is_empty)).to_string());
    let hint = text(move || {
        let hint = match store.draft.with(|it| it.form) {
            Form::Text => "Text to send; {{uuid}} {{now}} {{seq}} {{random 1 9}} are filled in",
            Form::Json => "{\"type\": \"message\", \"id\": \"{{uuid}}\", \"n\": \"{{seq}}\"}",
            Form::Hex => "00 ff 7a",
            Form::Base64 => "aGVsbG8=",
            Form::File => "",
        };
        hint.to_owned()
    });
    let name = text(move || {
        let name = store.draft.with(|it| it.text.clone());
        let size = store.draft_seen.with(|seen| format::size(seen.size));
        if name.is_empty() { "No file chosen".to_owned() } else { format!("{name}, {size}") }
    });
    view! {
        <label class="grow" hidden=is_file>
            <span class="unseen">"Message"</span>
            <textarea class="mono" rows="2" spellcheck="false" placeholder=hint data-testid="message" aria-invalid=is_wrong
                prop:value=text(move || store.draft.with(|it| if it.form == Form::File { String::new() } else { it.text.clone() }))
                on:input=typed on:keydown=key on:paste=pasted></textarea>
        </label>
        <div class="composer-file grow" hidden=when(move || !is_file.get())>
            <label class="button">"Choose a file"
                <input class="unseen" type="file" data-testid="file" on:change=move |event| { files::of_input(&event, move |read| attach_file(store, link, read)); }/>
            </label>
            <span data-testid="file-name">{name}</span>
            <span class="hint">"or drop one here"</span>
        </div>
    }
    .into_any()
}

fn recall(store: Store, recalled: RwSignal<Option<usize>>, at: usize) {
    if let Some(draft) = store.sent.with_untracked(|all| all.get(at).cloned()) {
        recalled.set(Some(at));
        store.draft.set(draft);
    }
}

fn attach_file(store: Store, link: Link, read: Result<files::Content, String>) {
    match read {
        Ok(file) => attach(store, link, file.name, Payload::Binary(file.bytes)),
        Err(words) => store.complain(format!("The file could not be read: {words}")),
    }
}

/// A message is one file; the others are not passed over without a word.
fn tell_others(store: Store, count: u32) {
    if count > 1 {
        store.say(format!("Only the first of the {count} files is attached: a message is one file."));
    }
}

fn attach(store: Store, link: Link, name: String, payload: Payload) {
    link.send(&Request::Attach(payload));
    store.draft.set(Draft { form: Form::File, text: name, is_plain: true });
    page::focus_soon("[data-testid=send]");
}

/// Where it goes.
#[component]
fn Targets(store: Store) -> impl IntoView {
    let words = text(move || {
        let targets = store.targets.get();
        match targets.len() {
            0 => format!("to {}", store.current().map(|c| c.name()).unwrap_or_default()),
            1 => "to 1 connection".to_owned(),
            many => format!("to {many} connections"),
        }
    });
    let item = move |connection: super::store::Connection| {
        let id = connection.id;
        tick(
            text(move || connection.name()),
            "target",
            when(move || store.targets.with(|all| all.contains(&id))),
            move |on| {
                store.targets.update(|all| {
                    all.retain(|known| *known != id);
                    if on {
                        all.push(id);
                    }
                });
            },
        )
    };
    let all = move || {
        let ids = store.connections.with_untracked(|all| all.iter().map(|c| c.id).collect());
        store.targets.set(ids);
    };
    view! {
        <details class="menu up" hidden=when(move || store.connections.with(|all| all.len() < 2))>
            <summary data-testid="targets">{words}</summary>
            <div class="sheet">
                {button("quiet", "targets-all", "All", "To every connection", all)}
                {button("quiet", "targets-selected", "The selected one", "To the connection selected in the list", move || store.targets.set(Vec::new()))}
                <For each=move || store.connections.get() key=|c| c.id let:connection>{item(connection)}</For>
            </div>
        </details>
    }
    .into_any()
}
