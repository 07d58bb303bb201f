//! What is not compared: learnt from two runs, added and removed by hand, read from a file and written to one.

use leptos::prelude::*;

use super::super::super::parts::fields::{button, choice, line, text, tick, when};
use super::super::link::Link;
use super::super::sessions::Sessions;
use super::super::store::Store;
use super::dialog::{chosen, session};
use super::{Difference, ask, learn};
use crate::browser::files;
use crate::model::format;
use crate::wire::bench::{DifferenceForm, DifferenceRequest, MaskSeen};

const DIRECTIONS: [(&str, &str); 2] = [("received", "Received"), ("sent", "Sent")];
const PARTS: [(&str, &str); 4] =
    [("path", "A value"), ("order", "Its place"), ("count", "How many"), ("time", "How long")];

pub(super) fn masks(store: Store, link: Link, it: Difference) -> AnyView {
    let masks = Memo::new(move |_| {
        it.seen.with(|seen| seen.as_ref().map(|seen| seen.masks.clone()).unwrap_or_default())
    });
    let list = move || {
        let masks = masks.get();
        match masks.is_empty() {
            true => view! { <p class="difference-none" data-testid="masks-none">"Nothing is masked by hand or by learning."</p> }.into_any(),
            false => {
                let rows = masks.into_iter().map(|mask| row(link, mask)).collect_view();
                view! {
                    <table class="difference-table difference-masks">
                        <thead><tr>
                            <th scope="col">"Direction"</th><th scope="col">"Kind"</th><th scope="col">"Not compared"</th>
                            <th scope="col">"Why"</th><th scope="col"><span class="unseen">"Actions"</span></th>
                        </tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                }
                .into_any()
            }
        }
    };
    let guesses = when(move || it.seen.with(|seen| seen.as_ref().is_some_and(|seen| seen.guesses)));
    let is_refused = when(move || it.refused.with(Option::is_some));
    let read = move |event: web_sys::Event| {
        let read = move |content: Result<files::Content, String>| match content {
            Ok(content) => {
                let text = String::from_utf8_lossy(&content.bytes).into_owned();
                ask(link, &DifferenceRequest::Masks(text));
            }
            Err(words) => it.refused.set(Some(format::sentence(&words))),
        };
        files::of_input(&event, read);
    };
    let server = text(move || format!("These masks are kept for {}.", it.server.get()));
    view! {
        <div class="difference-page" tabindex="0" role="region" aria-label="Masks" data-testid="difference-masks">
            {tick("Do not compare values that look like ids, times and counters", "masks-guess", guesses, move |on| ask(link, &DifferenceRequest::Guess(on)))}
            {list}
            <p class="note" role="alert" data-state="wrong" data-testid="masks-refused" hidden=move || !is_refused.get()>{text(move || it.refused.get().unwrap_or_default())}</p>
            {learning(store, link)}
            {adding(link, it)}
            <div class="difference-tools">
                {button("", "masks-save", "Save masks", "As the file masks.json, which the command reads", move || ask(link, &DifferenceRequest::Export(DifferenceForm::Masks)))}
                <label class="field"><span>"Load masks from a file"</span><input type="file" accept=".json,application/json" data-testid="masks-load" on:change=read/></label>
            </div>
            <p class="hint">{server}</p>
        </div>
    }
    .into_any()
}

fn row(link: Link, mask: MaskSeen) -> AnyView {
    let direction = if mask.is_sent { "sent" } else { "received" };
    let named = format!("Remove, so that {} of {} is compared again", mask.varies, mask.kind);
    let (kind, varies) = (mask.kind.clone(), mask.varies.clone());
    let why = if mask.why.is_empty() { "added by hand, or from a file".to_owned() } else { mask.why.clone() };
    let remove = move |_| ask(link, &DifferenceRequest::Unmask(mask.clone()));
    view! {
        <tr data-testid="mask">
            <td>{direction}</td><td><code>{kind}</code></td><td><code>{varies}</code></td><td class="difference-why">{why}</td>
            <td class="difference-deeds"><button type="button" class="quiet" data-testid="mask-remove" aria-label=named title="Compare it again" on:click=remove>"Remove"</button></td>
        </tr>
    }
    .into_any()
}

/// Another run against the server of the first session shows what varies.
fn learning(store: Store, link: Link) -> AnyView {
    let sessions = Sessions::of(store);
    let again = RwSignal::new(String::new());
    let go = move || learn(store, link, chosen(sessions, &again.get_untracked()));
    view! {
        <fieldset class="difference-adding">
            <legend>"Learn from a second run"</legend>
            <p class="hint">"Choose another run against the server of the first session. What differs between both is masked from then on."</p>
            <div class="row-of-fields">
                {session(sessions, "Second run", "masks-again", again)}
                {button("", "masks-learn", "Learn masks", "", go)}
            </div>
        </fieldset>
    }
    .into_any()
}

fn adding(link: Link, it: Difference) -> AnyView {
    let (direction, part) = (RwSignal::new("received".to_owned()), RwSignal::new("path".to_owned()));
    let (kind, path) = (RwSignal::new(String::new()), RwSignal::new("$.".to_owned()));
    let is_path = when(move || part.with(|part| part == "path"));
    let add = move || {
        let (kind, path) = (kind.get_untracked(), path.get_untracked());
        let varies = if is_path.get_untracked() { path.trim().to_owned() } else { part.get_untracked() };
        if kind.trim().is_empty() {
            return it
                .refused
                .set(Some("Say which kind of message, such as type=price; or * for all.".to_owned()));
        }
        if is_path.get_untracked() && !varies.starts_with('$') {
            return it.refused.set(Some("A path begins with $, such as $.id or $.items[*].at.".to_owned()));
        }
        let is_sent = direction.with_untracked(|it| it == "sent");
        let mask = MaskSeen { is_sent, kind: kind.trim().to_owned(), varies, why: String::new() };
        ask(link, &DifferenceRequest::Mask(mask));
    };
    view! {
        <fieldset class="difference-adding">
            <legend>"Add a mask"</legend>
            <div class="row-of-fields">
                {choice("Direction", "mask-direction", &DIRECTIONS, text(move || direction.get()), move |it| direction.set(it))}
                {line("Kind of message", "mask-kind", "type=price; or *", text(move || kind.get()), move |typed| kind.set(typed))}
                {choice("Not compared", "mask-part", &PARTS, text(move || part.get()), move |it| part.set(it))}
                <div hidden=move || !is_path.get()>{line("Path", "mask-path", "$.items[*].at", text(move || path.get()), move |typed| path.set(typed))}</div>
                {button("", "mask-add", "Add mask", "", add)}
            </div>
        </fieldset>
    }
    .into_any()
}
