//! Asks the server that the page came from to look at another server.
//!
//! Owns whether it is a companion, and how to ask it. It refuses to judge: [`explain`](super) says what a look found.
//! Only a companion gets an address, since the address may hold a token.

use std::cell::Cell;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use serde_json::{Value, json};

use super::Probed;
use crate::{Endpoint, HttpRequest, Payload, World};

const HEALTH: &str = "/api/health";
const PROBE: &str = "/api/probe";
/// What the companion calls itself.
const NAME: &str = "sockscope";
/// Longer than the companion's own bound.
const PATIENCE: Duration = Duration::from_secs(8);

/// What is known of the server that the page came from.
#[derive(Debug, Default)]
pub struct Companion {
    /// Whether it is one that looks; none before it has been asked.
    looks: Cell<Option<bool>>,
}

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// What it saw.
    Saw(Box<Probed>),
    /// Why it does not look there.
    NotAllowed(String),
    /// No companion runs, or it did not answer in time.
    Nothing,
}

impl Companion {
    /// Whether it is known that the companion cannot look.
    pub fn is_blind(&self) -> bool {
        self.looks.get() == Some(false)
    }

    /// Asks for one look at a server.
    pub async fn look<W: World>(&self, world: &W, endpoint: &Endpoint) -> Look {
        match select(pin!(self.ask(world, endpoint)), world.sleep(PATIENCE)).await {
            Either::Left((look, _)) => look,
            Either::Right(_) => Look::Nothing,
        }
    }

    async fn ask<W: World>(&self, world: &W, endpoint: &Endpoint) -> Look {
        if !self.is_there(world).await {
            return Look::Nothing;
        }
        let asked = json!({ "url": endpoint.url(), "protocols": endpoint.protocols() });
        let request = HttpRequest {
            method: "POST".to_owned(),
            url: PROBE.to_owned(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: Some(Payload::Text(asked.to_string())),
            ..HttpRequest::default()
        };
        let Ok(answer) = world.http(request).await else { return Look::Nothing };
        if answer.status == 200 {
            return serde_json::from_str(&answer.body).map_or(Look::Nothing, Look::Saw);
        }
        let error: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        match error["error"]["code"].as_str() {
            Some("not_allowed") => {
                Look::NotAllowed(error["error"]["message"].as_str().unwrap_or_default().to_owned())
            }
            // It never will: not asked again.
            Some("probe_off" | "not_found") => {
                self.looks.set(Some(false));
                Look::Nothing
            }
            _ => Look::Nothing,
        }
    }

    /// Whether the page came from a companion. It is asked once.
    pub async fn is_there<W: World>(&self, world: &W) -> bool {
        if let Some(looks) = self.looks.get() {
            return looks;
        }
        let (method, url) = ("GET".to_owned(), HEALTH.to_owned());
        let asked = HttpRequest { method, url, ..HttpRequest::default() };
        // Without an answer it may be back for the next question.
        let Ok(answer) = world.http(asked).await else { return false };
        let looks = serde_json::from_str::<Value>(&answer.body).is_ok_and(|it| it["name"] == NAME);
        self.looks.set(Some(looks));
        looks
    }
}
