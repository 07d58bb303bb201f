//! What stands in front of the rest: the options of a connection, the keys, links.

use leptos::html::Dialog as DialogElement;
use leptos::prelude::*;

use super::super::bench::difference;
use super::super::bench::export;
use super::super::bench::front::Dialog;
use super::super::bench::headers;
use super::super::bench::link::Link;
use super::super::bench::matching;
use super::super::bench::store::{Connection, Store};
use super::super::bench::{outside, recording, replay, report, sessions, share};
use super::super::later::soon;
use super::super::parts::fields::{self, button, line, text, tick, when};
use super::keys;
use crate::browser::page;
use crate::engine::base::close::Codes;
use crate::engine::bench::backoff::Backoff;
use crate::engine::bench::draft::Draft;
use crate::engine::bench::pairing::PairBy;
use crate::wire::bench::{Heartbeat, Match, Setup};

/// The dialog that is open, in the browser's own element: it keeps the focus in and gives it back.
#[component]
pub(crate) fn Dialogs(store: Store, link: Link) -> impl IntoView {
    let element = NodeRef::<DialogElement>::new();
    Effect::new(move || {
        let Some(element) = element.get() else { return };
        match store.dialog.with(Option::is_some) {
            // Throws only when it is open already.
            true if !element.open() => drop(element.show_modal()),
            false if element.open() => element.close(),
            _ => {}
        }
    });
    let title = text(move || {
        let title = store.dialog.with(|dialog| match dialog {
            Some(Dialog::Keys) => "Keys",
            Some(Dialog::Options) => "Options",
            Some(Dialog::Share { .. }) => "Share bench setup",
            Some(Dialog::Export { .. }) => "Mask before exporting?",
            Some(Dialog::Offer(_)) => "Import shared setup?",
            Some(Dialog::Recording) => "As a suite",
            Some(Dialog::Report) => "Report for a bug",
            Some(Dialog::Sessions) => "Sessions",
            Some(Dialog::Folder) => "Folder",
            Some(Dialog::Replay(_)) => "Replay session",
            Some(Dialog::Compare(_)) => "Compare sessions",
            None => "",
        });
        title.to_owned()
    });
    let body = move || match store.dialog.get() {
        Some(dialog) => soon(move |later| (later.dialog)(store, link, dialog.clone())),
        None => ().into_any(),
    };
    let close = move || store.dialog.set(None);
    view! {
        <dialog node_ref=element on:close=move |_| close() aria-labelledby="dialog-title" data-testid="dialog">
            <div class="head">
                <h2 id="dialog-title">{title}</h2>
                {fields::icon("quiet", "close-dialog", "×", text(|| "Close (Esc)".to_owned()), close)}
            </div>
            {body}
        </dialog>
    }
    .into_any()
}

/// What a dialog holds.
pub(crate) fn body(store: Store, link: Link, dialog: Dialog) -> AnyView {
    match dialog {
        Dialog::Keys => keys::sheet(store),
        Dialog::Options => store.current().map(options).into_any(),
        Dialog::Share { workspace, parts } => share::choose(store, link, *workspace, parts),
        Dialog::Export { format, filtered, places } => export::choose(store, link, format, filtered, places),
        Dialog::Offer(offered) => share::offer(store, link, *offered),
        Dialog::Recording => recording::dialog(store, link),
        Dialog::Report => report::dialog(store, link),
        Dialog::Sessions => sessions::dialog(store, link),
        Dialog::Folder => outside::dialog(store, link),
        Dialog::Replay(of) => replay::dialog(store, link, of),
        Dialog::Compare(first) => difference::dialog(store, link, first),
    }
}

/// A part of the set-up of a connection.
fn set(connection: Connection, change: impl FnOnce(&mut Setup)) {
    connection.setup.update(change);
}

fn options(connection: Connection) -> AnyView {
    view! {
        <div class="options" data-testid="connection-options">
            {opening(connection)}
            {headers::section(connection)}
            {on_open(connection)}
            {reconnect(connection)}
            {heartbeat(connection)}
            {pairing(connection)}
        </div>
    }
    .into_any()
}

fn opening(connection: Connection) -> AnyView {
    let setup = connection.setup;
    let asks = when(move || setup.with(|s| s.opening.asks_why));
    view! {
        <fieldset>
            <legend>"Connecting"</legend>
            <div class="row-of-fields">
                {fields::duration("Give up after", "opening-within", move || setup.with(|s| s.opening.within), move |within| set(connection, |s| s.opening.within = within))}
            </div>
            {tick("Find out why a handshake failed", "opening-asks", asks, move |on| set(connection, |s| s.opening.asks_why = on))}
            <p class="hint">"0s sets no limit. To find out why, the Sockscope server of this page connects once to the same address; it sends no message."</p>
        </fieldset>
    }
    .into_any()
}

fn on_open(connection: Connection) -> AnyView {
    let setup = connection.setup;
    let count = Memo::new(move |_| setup.with(|s| s.on_open.len()));
    let item = move |at: usize| {
        let value =
            text(move || setup.with(|s| s.on_open.get(at).map(|it| it.text.clone())).unwrap_or_default());
        view! {
            <li>
                {line("Message", "on-open", "{\"type\":\"hello\"}", value, move |typed| set(connection, |s| if let Some(it) = s.on_open.get_mut(at) { it.text = typed }))}
                {fields::icon("quiet", "remove-item", "×", text(|| "Remove this message".to_owned()), move || set(connection, |s| if at < s.on_open.len() { s.on_open.remove(at); }))}
            </li>
        }
    };
    view! {
        <fieldset>
            <legend>"Sent as soon as it is open"</legend>
            <ul class="bench-items" data-testid="on-open-items"><For each=move || 0..count.get() key=|at| *at let:at>{item(at)}</For></ul>
            {button("", "on-open-add", "+ Message", "", move || {
                set(connection, |s| s.on_open.push(Draft::default()));
                page::focus_soon("[data-testid=on-open-items] > li:last-child [data-testid=on-open]");
            })}
        </fieldset>
    }
    .into_any()
}

fn reconnect(connection: Connection) -> AnyView {
    let setup = connection.setup;
    let is_on = when(move || setup.with(|s| s.reconnect.is_some()));
    let of = move || setup.with(|s| s.reconnect.clone()).unwrap_or_default();
    let change = move |change: &dyn Fn(&mut Backoff)| {
        set(connection, |s| {
            if let Some(it) = &mut s.reconnect {
                change(it)
            }
        })
    };
    view! {
        <fieldset>
            <legend>"Reconnecting"</legend>
            {tick("Reconnect when the connection is lost", "reconnect", is_on, move |on| set(connection, |s| s.reconnect = on.then(Backoff::default)))}
            <div class="row-of-fields" hidden=when(move || !is_on.get())>
                {fields::duration("First wait", "reconnect-first", move || of().first, move |wait| change(&|it| it.first = wait))}
                {fields::duration("Longest wait", "reconnect-most", move || of().most, move |wait| change(&|it| it.most = wait))}
                {fields::parsed("Except after these close codes", "reconnect-not-after", "none", text(move || of().not_after.to_string()), Codes::parse, move |codes| change(&|it| it.not_after = codes.clone()))}
                {fields::optional_number("Attempts", "reconnect-attempts", move || of().attempts.map(u64::from), move |most| change(&|it| it.attempts = most.map(|most| u32::try_from(most).unwrap_or(u32::MAX))))}
            </div>
            <p class="hint">"Exponential backoff, ±20 % jitter. Disconnect never reconnects. Applications close with 4000-4999 on purpose, such as after a revoked session."</p>
        </fieldset>
    }
    .into_any()
}

fn heartbeat(connection: Connection) -> AnyView {
    let setup = connection.setup;
    let is_on = when(move || setup.with(|s| s.heartbeat.is_some()));
    let of = move || setup.with(|s| s.heartbeat.clone()).unwrap_or_default();
    let change = move |change: &dyn Fn(&mut Heartbeat)| {
        set(connection, |s| {
            if let Some(it) = &mut s.heartbeat {
                change(it)
            }
        })
    };
    let reply = move || of().reply.unwrap_or_default();
    let awaits = when(move || setup.with(|s| s.heartbeat.as_ref().is_some_and(|it| it.reply.is_some())));
    let change_reply = move |edit: &dyn Fn(&mut Match)| {
        change(&|it| {
            if let Some(reply) = &mut it.reply {
                edit(reply)
            }
        })
    };
    view! {
        <fieldset>
            <legend>"Heartbeat"</legend>
            {tick("Send a heartbeat", "heartbeat", is_on, move |on| set(connection, |s| s.heartbeat = on.then(Heartbeat::default)))}
            <div hidden=when(move || !is_on.get())>
                <div class="row-of-fields">
                    {fields::duration("Every", "heartbeat-every", move || of().every, move |every| change(&|it| it.every = every))}
                    {line("Message", "heartbeat-message", "", text(move || of().message.text), move |typed| change(&|it| it.message.text.clone_from(&typed)))}
                </div>
                {tick("Await a reply", "heartbeat-awaits", awaits, move |on| change(&|it| it.reply = on.then(|| Heartbeat::default().reply.unwrap_or_default())))}
                <div class="row-of-fields" hidden=when(move || !awaits.get())>
                    {fields::choice("that", "heartbeat-by", &matching::NAMES, text(move || matching::name(reply().by).to_owned()), move |name| change_reply(&|it| it.by = matching::named(&name)))}
                    {line("this", "heartbeat-reply", "", text(move || reply().text), move |typed| change_reply(&|it| it.text.clone_from(&typed)))}
                    {fields::duration("within", "heartbeat-within", move || of().within, move |within| change(&|it| it.within = within))}
                    {fields::optional_number("Close after missed", "heartbeat-closes", move || of().closes_after.map(u64::from), move |most| change(&|it| it.closes_after = most.map(|most| u32::try_from(most).unwrap_or(u32::MAX))))}
                </div>
            </div>
            <p class="hint">"A browser sends no ping frames, so a heartbeat is a message that the server answers."</p>
        </fieldset>
    }
    .into_any()
}

const WAYS: [(&str, &str); 5] = [
    ("auto", "the same content, or the same id"),
    ("echo", "the same content"),
    ("field", "a JSON field"),
    ("order", "order: each reply answers the oldest"),
    ("off", "not measured"),
];

fn pairing(connection: Connection) -> AnyView {
    let setup = connection.setup;
    let way = text(move || {
        let name = setup.with(|s| match s.pairing {
            PairBy::Auto => "auto",
            PairBy::Echo => "echo",
            PairBy::Field { .. } => "field",
            PairBy::Order => "order",
            PairBy::Off => "off",
        });
        name.to_owned()
    });
    let choose = move |name: String| {
        set(connection, |s| {
            s.pairing = match name.as_str() {
                "echo" => PairBy::Echo,
                "field" => PairBy::Field { sent: "$.id".to_owned(), received: "$.id".to_owned() },
                "order" => PairBy::Order,
                "off" => PairBy::Off,
                _ => PairBy::Auto,
            };
        });
    };
    let paths = move || {
        setup.with(|s| match &s.pairing {
            PairBy::Field { sent, received } => (sent.clone(), received.clone()),
            _ => Default::default(),
        })
    };
    let set_path = move |is_sent: bool, typed: String| {
        set(connection, |s| {
            if let PairBy::Field { sent, received } = &mut s.pairing {
                *(if is_sent { sent } else { received }) = typed;
            }
        });
    };
    view! {
        <fieldset>
            <legend>"Round trips"</legend>
            {fields::choice("A reply is recognised by", "pair-by", &WAYS, way, choose)}
            <div class="row-of-fields" hidden=when(move || way.get() != "field")>
                {line("in the message", "pair-sent", "$.id", text(move || paths().0), move |typed| set_path(true, typed))}
                {line("in the reply", "pair-received", "$.reply_to", text(move || paths().1), move |typed| set_path(false, typed))}
            </div>
        </fieldset>
    }
    .into_any()
}
