//! `/ws/relay`: the user's own server, opened with what a page cannot send, and with an account of what a page cannot see.
//!
//! [`table`] keeps the profiles, [`pipe`] passes the bytes, [`scanner`] looks at frames on their way, [`facts`] tells of them. The
//! bytes themselves pass, so that payloads, masks, fragments and compression stay what they are; facts go another way.
//!
//! **Invariant:** of all that passes, only the relay's own pings and their pongs are its own.

pub mod facts;
mod pipe;
mod scanner;
pub mod table;

use std::pin::pin;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::io::split;
use tokio::time::{MissedTickBehavior, interval, timeout};

use self::facts::Facts;
use self::pipe::{Over, Pipe, Shared, Way};
use super::census::Census;
use super::error_reply::ErrorReply;
use super::proxy::{End, LINGER, leave, order};
use crate::ws::conn::Conn;
use crate::ws::outbox::Outbox;
use crate::ws::session::Session;
use crate::ws::socket::Kind;

pub use self::table::Table;

/// How often the relay reports its own delay, when something has passed.
const EVERY: Duration = Duration::from_secs(1);

/// Passes on between page and target until it is over, ends both, and tells how it ended.
pub async fn run(facts: &Facts, outbox: &Outbox, census: &Census, page: End, target: End) {
    let shared = Shared::new(facts, census);
    let mut out = Pipe::new(Way::Out, &page.early, &shared);
    let mut inn = Pipe::new(Way::In, &target.early, &shared);
    let (mut from_page, mut to_page) = split(page.conn);
    let (mut from_target, mut to_target) = split(target.conn);
    let (first, over) = {
        let mut out = pin!(out.run(&mut from_page, &mut to_target, std::future::pending()));
        let mut inn = pin!(inn.run(&mut from_target, &mut to_page, order(Some(outbox))));
        let mut telling = pin!(tell_delays(&shared));
        let (first, over) = tokio::select! {
            over = &mut out => ("page", over),
            over = &mut inn => ("server", over),
            () = &mut telling => unreachable!("it tells for ever"),
        };
        match (first, over) {
            ("page", Over::Ended) => (first, timeout(LINGER, inn).await.unwrap_or(Over::Broken)),
            (_, Over::Ended) => (first, timeout(LINGER, out).await.unwrap_or(Over::Broken)),
            _ => (first, over),
        }
    };
    let page = from_page.unsplit(to_page);
    let target = from_target.unsplit(to_target);
    match over {
        Over::Ended => {}
        // The other side would see the same without a relay.
        Over::Broken => [&page, &target].into_iter().for_each(Conn::reset_on_drop),
        Over::Stopped => drop(tokio::join!(leave(page), leave(target))),
    }
    let how = match over {
        Over::Ended => "closed",
        Over::Broken => "broken",
        Over::Stopped => "stopped",
    };
    facts.end(json!({ "how": how, "first": first, "delay": shared.whole_delay() }));
}

async fn tell_delays(shared: &Shared<'_>) {
    let mut every = interval(EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = 0;
    loop {
        every.tick().await;
        let (count, delay) = shared.delay();
        if count > told {
            told = count;
            shared.facts.tell_often("delay", || delay);
        }
    }
}

/// What a page asks on `/ws/relay/events`.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Asked {
    /// To hear of a connection.
    Watch(String),
    /// For a ping to its target.
    Ping(String),
}

/// `/ws/relay/events`: a page follows connections by their ids, and asks for pings.
pub async fn follow(table: &Table, session: &mut Session) {
    while let Some(message) = session.receive().await {
        let asked = serde_json::from_slice::<Asked>(&message.payload).ok();
        let Some(asked) = asked.filter(|_| message.kind == Kind::Text) else {
            let words = r#"expected {"watch":"ID"} or {"ping":"ID"}"#;
            session.send_text(ErrorReply::new("bad_message", words).to_text(None));
            continue;
        };
        let (Asked::Watch(id) | Asked::Ping(id)) = &asked;
        match (table.facts(id), &asked) {
            (Some(facts), Asked::Watch(_)) => facts.follow(session.outbox()),
            (Some(facts), Asked::Ping(_)) => facts.ping.notify_one(),
            (None, _) => {
                let words = "there is no connection with this id, or it has ended a while ago";
                let error = json!({ "type": "error", "code": "unknown_id", "message": words, "id": id });
                session.send_text(error.to_string());
            }
        }
    }
}
