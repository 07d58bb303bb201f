//! Where a message is written and sent.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::format;
use super::link::Link;
use super::store::Connection;
use crate::engine::Payload;
use crate::wire::{Phase, Request};

/// The message of one connection.
#[component]
pub(super) fn Composer(connection: Connection, link: Link) -> impl IntoView {
    let is_open = move || connection.phase() == Phase::Open;
    let send = move || {
        if untrack(is_open) {
            let payload = Payload::Text(connection.message.get_untracked());
            link.ask(&Request::Send { connection: connection.id, payload });
        }
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        send();
    };
    let key = move |event: KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            send();
        }
    };
    let size = move || connection.message.with(|message| format::size(message.len() as u64));
    view! {
        <form class="composer" on:submit=submit>
            <label class="grow">
                <span class="unseen">"Message"</span>
                <textarea
                    class="mono"
                    rows="3"
                    spellcheck="false"
                    placeholder="Text to send"
                    data-testid="message"
                    bind:value=connection.message
                    on:keydown=key
                ></textarea>
            </label>
            <div class="send">
                <button class="primary" type="submit" data-testid="send" disabled=move || !is_open()>"Send"</button>
                <span class="hint">{size}" · Ctrl+Enter"</span>
            </div>
        </form>
    }
}
