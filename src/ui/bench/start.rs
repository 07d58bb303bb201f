//! What stands in the timeline before anything has happened: three ways to begin.

use leptos::prelude::*;

use super::super::later;
use super::super::parts::fields::{button, text};
use super::connections::open;
use super::link::Link;
use super::store::Store;
use crate::browser::page;
use crate::engine::bench::draft::{Draft, Form};
use crate::engine::bench::pasted::{self, Pasted};
use crate::engine::bench::typed_address;
use crate::wire::bench::Phase;

/// The ways to begin.
#[component]
pub(crate) fn Start(store: Store, link: Link) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let read = Memo::new(move |_| {
        typed.with(|typed| match typed.trim() {
            "" => None,
            typed => later::here().map(|later| (later.pasted)(typed)),
        })
    });
    let connect = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Some(Ok(pasted)) = read.get_untracked() {
            begin(store, link, pasted);
        }
    };
    let said = text(move || match read.get() {
        Some(Ok(pasted)) => later::here().map(|later| (later.told)(&pasted).0).unwrap_or_default(),
        Some(Err(words)) => format!("Expected something to connect to: {words}."),
        // Typing asks for the part once more.
        None if typed.with(|typed| !typed.is_empty()) && later::has_failed() => {
            "This line cannot be read yet: a part of the page could not be loaded.".to_owned()
        }
        _ => ADDRESS_OR_COMMAND.to_owned(),
    });
    let state =
        text(move || read.with(|it| if matches!(it, Some(Err(_))) { "wrong" } else { "" }).to_owned());
    let practise = move || {
        begin(store, link, Pasted { url: page::own_socket_address("/ws"), ..Pasted::default() });
        let text = r#"{"type":"message","id":1,"content":"hello"}"#.to_owned();
        store.draft.set(Draft { form: Form::Json, text, is_plain: false });
    };
    view! {
        <div class="bench-start" data-testid="bench-start">
            <h2>"Connect to a server"</h2>
            <form class="bench-start-paste" on:submit=connect>
                <label class="grow"><span class="unseen">"Address or command"</span>
                    <input class="mono" type="text" spellcheck="false" autocomplete="off" placeholder="wscat -c ws://localhost:9000/ws" data-testid="paste"
                        aria-describedby="paste-note" prop:value=typed on:input=move |event| {
                            later::fetch();
                            typed.set(event_target_value(&event));
                        }/>
                </label>
                <button type="submit" data-testid="paste-connect" disabled=move || !matches!(read.get(), Some(Ok(_)))>"Connect"</button>
            </form>
            <p class="note" id="paste-note" data-testid="paste-note" data-state=state>{said}</p>
            <p class="bench-start-or">
                {button("", "practise", "Try the practice server", "Connects to the server of the command that serves this page", practise)}
                {button("quiet", "fill-in", "Fill in the form above", "Name, address and subprotocols", || page::focus_soon("[data-testid=url]"))}
            </p>
        </div>
    }
    .into_any()
}

/// What a line says, when one can connect to it.
pub(crate) fn checked(typed: &str) -> Result<Pasted, String> {
    let pasted = pasted::read(typed).map_err(|error| error.to_string())?;
    typed_address::complete(&pasted.url, &page::own_socket_address("")).map_err(|error| error.to_string())?;
    Ok(pasted)
}

/// What of a line goes by the relay, in words, and the profile of that.
pub(crate) fn told(pasted: &Pasted) -> (String, String) {
    let (by_relay, files) = (pasted.by_relay(), &pasted.files);
    if by_relay.is_empty() && files.is_empty() {
        return (ADDRESS_OR_COMMAND.to_owned(), String::new());
    }
    let mut words = String::new();
    if !by_relay.is_empty() {
        words = format!("A browser cannot send these, so the relay does: {}.", by_relay.join(", "));
    }
    if !files.is_empty() {
        let files = files.join(", ");
        words.push_str(&format!(" Choose these files under Headers in the options: {files}."));
    }
    (words.trim_start().to_owned(), pasted.profile.to_text())
}

const ADDRESS_OR_COMMAND: &str = "An address, or a wscat, websocat or curl command.";

/// Whether a line is a command and no address.
pub(super) fn is_command(line: &str) -> bool {
    let mut words = line.split_whitespace();
    words.next().is_some_and(|word| pasted::COMMANDS.contains(&word)) && words.next().is_some()
}

/// Connects as a command does.
pub(super) fn connect_as(store: Store, link: Link, line: String) {
    later::then(move |later| match (later.pasted)(&line) {
        Ok(pasted) => begin(store, link, pasted),
        Err(words) => store.complain(format!("Expected something to connect to: {words}.")),
    });
}

/// Connects with the selected connection, or with a new one when that is open.
fn begin(store: Store, link: Link, pasted: Pasted) {
    let current = untrack(|| store.current()).filter(|it| untrack(|| it.phase()) == Phase::Closed);
    let connection = current.unwrap_or_else(|| store.add(String::new()));
    let (words, profile) = untrack(later::here).map(|later| (later.told)(&pasted)).unwrap_or_default();
    let has_files = !pasted.files.is_empty();
    connection.setup.update(|setup| {
        setup.profile = profile;
        setup.url = pasted.url;
        setup.protocols = pasted.protocols;
    });
    if !pasted.message.is_empty() {
        store.draft.set(Draft { text: pasted.message, ..Draft::default() });
    }
    // A page cannot read files that only their names are known of.
    if has_files {
        store.complain(words);
        return page::focus_soon("[data-testid=options]");
    }
    open(store, connection, link);
    page::focus_soon("[data-testid=message]");
}
