//! The relay: what it sends for a page, what it tells of a connection, and whom it refuses.

mod opening;
mod refusing;
mod telling;

use serde_json::{Value, json};
use sockscope_companion::Running;

use support::client::{Client, url};
use support::raw::{Answer, http};

/// Leaves a profile.
async fn prepare(server: &Running, profile: &Value) -> Answer {
    http(server, "POST", "/api/relay", &[], &profile.to_string()).await
}

/// Leaves a profile that is taken; its id.
async fn id(server: &Running, profile: &Value) -> String {
    let answer = prepare(server, profile).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let told = answer.json();
    let id = told["id"].as_str().unwrap().to_owned();
    assert_eq!(told["path"].as_str().unwrap(), format!("/ws/relay?id={id}"));
    id
}

fn path(id: &str) -> String {
    format!("/ws/relay?id={id}")
}

/// Opens a connection with a profile, and follows it.
async fn open(server: &Running, profile: &Value, protocols: Option<&str>) -> (Client, Follower) {
    let id = id(server, profile).await;
    let follower = Follower::of(server, &id).await;
    (Client::try_connect(&url(server, &path(&id)), protocols).await.unwrap(), follower)
}

/// A page that follows one connection.
struct Follower {
    events: Client,
    id: String,
}

impl Follower {
    async fn of(server: &Running, id: &str) -> Self {
        let mut events = Client::connect(server, "/ws/relay/events").await;
        events.send(&json!({ "watch": id }).to_string()).await;
        Self { events, id: id.to_owned() }
    }

    /// The next fact of this kind.
    async fn fact(&mut self, kind: &str) -> Value {
        loop {
            let fact = self.events.json().await;
            assert_eq!(fact["id"], self.id, "{fact}");
            if fact["fact"] == kind {
                return fact;
            }
        }
    }

    async fn ping(&mut self) {
        self.events.send(&json!({ "ping": self.id }).to_string()).await;
    }
}
