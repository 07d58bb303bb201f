//! `POST /api/probe`: one look at a WebSocket server, since a browser hides from the page why a handshake failed.
//!
//! It owns who may ask, and how many probes may run at once. [`probe`](crate::ws::probe) owns the probe and its bounds.

use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Semaphore;

use super::answer::{Body, error, json as answer_json};
use super::api::wrong_method;
use super::body::read;
use super::site::Site;
use crate::destination::Destination;
use crate::ws::dial::DialError;
use crate::ws::probe::{Offer, probe};

/// The path.
pub const PATH: &str = "/api/probe";
/// Looks that are under way at once; one more is refused with 503.
const AT_ONCE: usize = 16;
/// Subprotocols that one handshake may offer.
const MOST_PROTOCOLS: usize = 32;

/// The looks of one server.
#[derive(Debug)]
pub struct Probes {
    is_on: bool,
    free: Semaphore,
}

impl Probes {
    /// Looks, unless they were switched off.
    pub fn new(is_on: bool) -> Self {
        Self { is_on, free: Semaphore::new(AT_ONCE) }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProbeRequest {
    url: String,
    #[serde(default)]
    protocols: Vec<String>,
}

/// Answers with what a look found. No GET, which pages of other sites may send.
pub async fn answer(site: &Site, request: Request<Incoming>) -> Response<Body> {
    if request.method() != Method::POST {
        return wrong_method("POST");
    }
    if !site.probes.is_on {
        let words = "this server makes no probes: it was started with --no-probe";
        return error(StatusCode::FORBIDDEN, "probe_off", words);
    }
    let Ok(_turn) = site.probes.free.try_acquire() else {
        let words = format!("{AT_ONCE} probes are under way; try again when one has ended");
        return error(StatusCode::SERVICE_UNAVAILABLE, "busy", words);
    };
    let origin = request.headers().get(header::ORIGIN).cloned();
    let wanted = read(request, site.practice.limits.body).await;
    let wanted: ProbeRequest = match wanted.and_then(|body| Ok(serde_json::from_slice(&body)?)) {
        Ok(wanted) => wanted,
        Err(bad) => return error(bad.status(), bad.code(), bad),
    };
    let destination: Destination = match wanted.url.parse() {
        Ok(destination) => destination,
        Err(bad) => return error(StatusCode::BAD_REQUEST, "bad_target", bad),
    };
    let is_token = |it: &String| !it.contains(',') && HeaderValue::from_str(it).is_ok();
    if wanted.protocols.len() > MOST_PROTOCOLS || !wanted.protocols.iter().all(is_token) {
        let words = format!("expected at most {MOST_PROTOCOLS} subprotocols, each a token");
        return error(StatusCode::BAD_REQUEST, "bad_protocols", words);
    }
    let offer = Offer { origin, protocols: wanted.protocols };
    match probe(&destination, &site.practice.proxy.reach, &offer).await {
        Ok(probed) => {
            let mut told = json!(probed);
            told["fact"] = probed.fact().into();
            answer_json(StatusCode::OK, &told)
        }
        Err(bad) => {
            let code =
                if matches!(bad, DialError::NotAllowed { .. }) { "not_allowed" } else { "unreachable" };
            error(bad.status(), code, bad)
        }
    }
}
