//! Why a handshake failed: asked of the companion that serves the page, if one does.
//!
//! Owns who is asked, and that equal questions are asked once. It refuses to guess: that is [`explain`](crate::engine::explain)'s.
//! An answer belongs to the attempt that it was asked for, and its row stands in the timeline also when the next one has begun.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use serde_json::{Value, json};

use super::desk::Desk;
use crate::engine::explain::Probed;
use crate::engine::{Endpoint, FrameKind, HttpRequest, World};
use crate::wire::ConnectionId;

const HEALTH: &str = "/api/health";
const PROBE: &str = "/api/probe";
/// What the companion calls itself.
const NAME: &str = "sockscope";
/// Longer than the companion's own bound.
const PATIENCE: Duration = Duration::from_secs(8);

/// What is known of the server that the page came from, and what it is being asked.
#[derive(Default)]
pub(super) struct Questions {
    /// Whether it is one that looks; none before it has been asked.
    looks: Option<bool>,
    under_way: Vec<(Endpoint, Vec<(ConnectionId, u32)>)>,
}

/// What came of a question.
enum Found {
    Probed(Probed),
    /// Why it does not look there.
    NotAllowed(String),
    Nothing,
}

impl<W: World> Desk<W> {
    /// Finds out why this attempt of a connection failed, and writes it down.
    pub(super) fn find_out(&self, id: ConnectionId, attempt: u32, endpoint: Endpoint) {
        let asks = self.line(id, |line, _| line.setup.opening.asks_why) == Some(true);
        if !asks || self.state(|s| s.questions.looks == Some(false)) {
            return self.told(id, attempt, &endpoint, &Found::Nothing);
        }
        let is_first = self.state(|s| {
            let under_way = &mut s.questions.under_way;
            match under_way.iter_mut().find(|(asked, _)| *asked == endpoint) {
                Some((_, waiting)) => {
                    waiting.push((id, attempt));
                    false
                }
                None => {
                    under_way.push((endpoint.clone(), vec![(id, attempt)]));
                    true
                }
            }
        });
        if !is_first {
            return;
        }
        self.line(id, |line, _| line.state.asks_why = true);
        let desk = self.clone();
        (self.0.spawn)(Box::pin(async move {
            let found = match select(pin!(desk.look(&endpoint)), desk.0.world.sleep(PATIENCE)).await {
                Either::Left((found, _)) => found,
                Either::Right(_) => Found::Nothing,
            };
            let waiting = desk.state(|s| {
                let under_way = &mut s.questions.under_way;
                let at = under_way.iter().position(|(asked, _)| *asked == endpoint);
                at.map(|at| under_way.swap_remove(at).1).unwrap_or_default()
            });
            for (id, attempt) in waiting {
                desk.told(id, attempt, &endpoint, &found);
            }
            desk.flush();
        }));
    }

    async fn look(&self, endpoint: &Endpoint) -> Found {
        if !self.has_companion().await {
            return Found::Nothing;
        }
        let asked = json!({ "url": endpoint.url(), "protocols": endpoint.protocols() });
        let request = HttpRequest {
            method: "POST".to_owned(),
            url: PROBE.to_owned(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: Some(asked.to_string()),
        };
        let Ok(answer) = self.0.world.http(request).await else { return Found::Nothing };
        if answer.status == 200 {
            return serde_json::from_str(&answer.body).map_or(Found::Nothing, Found::Probed);
        }
        let error: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        match error["error"]["code"].as_str() {
            Some("not_allowed") => {
                Found::NotAllowed(error["error"]["message"].as_str().unwrap_or_default().to_owned())
            }
            // It never will: not asked again.
            Some("probe_off" | "not_found") => {
                self.state(|s| s.questions.looks = Some(false));
                Found::Nothing
            }
            _ => Found::Nothing,
        }
    }

    /// Whether the page came from a companion. Another server is not told addresses, which may hold tokens.
    async fn has_companion(&self) -> bool {
        if let Some(looks) = self.state(|s| s.questions.looks) {
            return looks;
        }
        let (method, url) = ("GET".to_owned(), HEALTH.to_owned());
        let asked = HttpRequest { method, url, headers: Vec::new(), body: None };
        // Without an answer it may be back for the next question.
        let Ok(answer) = self.0.world.http(asked).await else { return false };
        let looks = serde_json::from_str::<Value>(&answer.body).is_ok_and(|it| it["name"] == NAME);
        self.state(|s| s.questions.looks = Some(looks));
        looks
    }

    fn told(&self, id: ConnectionId, attempt: u32, endpoint: &Endpoint, found: &Found) {
        let at = self.now();
        self.line(id, |line, record| {
            let is_latest = line.attempt == attempt;
            if is_latest {
                line.state.asks_why = false;
            }
            let Some(why) = line.failed.take_if(|(of, _)| *of == attempt).map(|(_, why)| why) else { return };
            let why = match found {
                Found::Probed(probed) => why.with_probe(endpoint, probed.clone()),
                Found::NotAllowed(words) => {
                    let mut why = why;
                    why.known.push(format!("The server of this page did not look: {words}."));
                    why
                }
                Found::Nothing => why,
            };
            line.note(record, at, FrameKind::Failed, &why.headline());
            line.changed = true;
            // A person may have gone elsewhere since.
            if line.state.url == endpoint.url() && line.opened.is_none() {
                line.state.why = Some(why);
            }
        });
    }
}
