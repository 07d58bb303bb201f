//! `POST /api/probe`: one look at a WebSocket server, since a browser hides from the page why a handshake failed.
//!
//! It owns who may ask, and how many probes may run at once. [`probe`](crate::ws::probe) owns the probe and its bounds.

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::http::header::{self, HeaderValue};
use axum::response::Response;
use axum::routing::post;
use serde::Deserialize;
use serde_json::json;
use tracing::{Instrument, debug_span};

use super::answer::{ApiError, document};
use super::body::Json;
use super::site::Site;
use crate::destination::Destination;
use crate::log::PROBE;
use crate::ws::probe::{Offer, probe};

/// Probes that may run at once; one more is refused with 503.
pub const AT_ONCE: usize = 16;
/// Subprotocols that one handshake may offer.
const MOST_PROTOCOLS: usize = 32;

/// The route. No GET, which pages of other sites may send.
pub fn routes() -> Router<Arc<Site>> {
    Router::new().route("/api/probe", post(answer))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProbeRequest {
    url: String,
    #[serde(default)]
    protocols: Vec<String>,
}

/// Answers with what a probe found.
async fn answer(State(site): State<Arc<Site>>, request: Request) -> Result<Response, ApiError> {
    let Some(probes) = &site.probes else {
        let words = "this server makes no probes: it was started with --no-probe";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "probe_off", words));
    };
    let Ok(_turn) = probes.try_acquire() else {
        let words = format!("{AT_ONCE} probes are under way; try again when one has ended");
        return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", words));
    };
    let origin = request.headers().get(header::ORIGIN).cloned();
    let Json(wanted) = Json::<ProbeRequest>::from_request(request, &site).await?;
    let destination: Destination = wanted.url.parse()?;
    let is_token = |it: &String| !it.contains(',') && HeaderValue::from_str(it).is_ok();
    if wanted.protocols.len() > MOST_PROTOCOLS || !wanted.protocols.iter().all(is_token) {
        let words = format!("expected at most {MOST_PROTOCOLS} subprotocols, each a token");
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "bad_protocols", words));
    }
    let offer = Offer { origin, protocols: wanted.protocols };
    let span = debug_span!(target: PROBE, "probe", to = destination.authority());
    let probed = probe(&destination, &site.practice.proxy.reach, &offer).instrument(span).await?;
    let mut told = json!(probed);
    told["fact"] = probed.fact().into();
    Ok(document(StatusCode::OK, &told))
}
