//! What the practice server offers, each with one click that shows it on the bench.

use leptos::prelude::*;

use super::bench::connections;
use super::bench::export::copy_text;
use super::bench::link::Link;
use super::bench::store::Store;
use super::parts::fields::command;
use crate::browser::page;
use crate::engine::bench::draft::{Draft, Form};
use crate::model::route::Route;

/// A path of the practice server.
struct Offer {
    /// Where `{name}` stands for what the new connection is called, and `{here}` for this server.
    path: &'static str,
    title: &'static str,
    about: &'static str,
    message: &'static str,
}

const OFFERS: [Offer; 9] = [
    Offer {
        path: "/ws",
        title: "First contact",
        about: "A config is acknowledged, a message is answered under its id, a ping with a pong; anything else comes back unchanged.",
        message: r#"{"type":"message","id":1,"content":"hello"}"#,
    },
    Offer {
        path: "/ws/echo",
        title: "Echo",
        about: "Every message comes back byte for byte. Speaks the subprotocols echo.v1 and echo.v2.",
        message: "hello",
    },
    Offer {
        path: "/ws/rooms?user={name}",
        title: "Rooms",
        about: "Join a room, say something, leave; only the members of the room hear it.",
        message: r#"{"type":"join","room":"lobby"}"#,
    },
    Offer {
        path: "/ws/fragments?doc=demo",
        title: "Shared editing",
        about: "Fragments of a document: open, update content and metadata, expand; the other editors hear every change.",
        message: r#"{"type":"open","id":1}"#,
    },
    Offer {
        path: "/ws/agent?user={name}",
        title: "Agent",
        about: "A chat sets off the life of an agent: started, thinking, tools, completed, each numbered; reconnect and resume without a gap.",
        message: r#"{"type":"chat","text":"hello"}"#,
    },
    Offer {
        path: "/ws/events?user={name}",
        title: "Events",
        about: "What is posted to the API arrives here: curl -d '{\"type\":\"greeting\",\"data\":1}' followed by this server's address and /api/events. A job of POST /api/jobs?user={name} tells its end here.",
        message: "",
    },
    Offer {
        path: "/ws/fault?latency=80ms&jitter=40ms",
        title: "A slow server",
        about: "An echo with faults of your choice: latency, jitter, drop, duplicate, reorder, corrupt, throttle.",
        message: "hello",
    },
    Offer {
        path: "/ws/fault?abort_after=1",
        title: "A server that drops you",
        about: "After one message the connection is cut without a close frame: this is what 1006 looks like.",
        message: "hello",
    },
    Offer {
        path: "/ws/proxy?latency=80ms&jitter=40ms&to={here}/ws/echo",
        title: "A bad network before any server",
        about: "Reaches the address after to= through faults of your choice, switched while connected: latency, bandwidth, drop, slicer, timeout, half_open, reset_peer, close, refuse.",
        message: "hello",
    },
];

/// The view.
pub(super) fn practice(store: Store, link: Link) -> AnyView {
    let card = move |offer: Offer| {
        let here = page::own_socket_address("");
        let shown = page::own_socket_address(&offer.path.replace("{name}", "…").replace("{here}", &here));
        let try_it = move |_| {
            let connection = store.add(String::new());
            let path = offer.path.replace("{name}", &untrack(|| connection.name())).replace("{here}", &here);
            connection.setup.update(|setup| setup.url = page::own_socket_address(&path));
            store.targets.set(Vec::new());
            let form = if offer.message.starts_with('{') { Form::Json } else { Form::Text };
            store.draft.set(Draft { form, text: offer.message.to_owned(), is_plain: false });
            connections::open(store, connection, link);
            page::go_to(&Route::Bench.href());
            page::focus_soon("[data-testid=message]");
        };
        let name = format!("Try it: {}", offer.title);
        view! {
            <li class="practice-offer">
                <h2>{offer.title}</h2>
                <p>{offer.about}</p>
                <code title=shown.clone()>{shown.clone()}</code>
                <button type="button" aria-label=name on:click=try_it data-testid=format!("try {}", offer.path)>"Try it"</button>
            </li>
        }
        .into_any()
    };
    let is_missing = RwSignal::new(false);
    // Asked when it is first looked at, and again at every look in vain.
    let look = move || {
        if Route::of_fragment(&page::fragment()) == Route::Practice {
            let server = page::own_socket_address("").replacen("ws", "http", 1);
            page::answers(&format!("{server}/api/health"), move |is_there| {
                let _ = is_missing.try_set(!is_there);
            });
        }
    };
    look();
    StoredValue::new_local(page::FragmentListener::new(move |_| look()));
    view! {
        <div class="practice">
            <h1>"The practice server"</h1>
            <p class="practice-about">
                "The command that serves this page has a server to practise on: real sockets, real faults. Each button opens a
                connection on the bench, most with a message ready to send."
            </p>
            <div role="alert">{move || is_missing.get().then(|| view! {
                <div class="missing" data-testid="no-practice">
                    <strong>"The practice server does not answer"</strong>
                    <p>"Start it, and open the page at the address that it prints:"</p>
                    {command(move |words| copy_text(store, &words))}
                </div>
            }.into_any())}</div>
            <ul class="practice-offers">{OFFERS.into_iter().map(card).collect_view()}</ul>
        </div>
    }
    .into_any()
}
