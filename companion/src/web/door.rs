//! What a recording proxy answers: every request is one for a WebSocket of its target.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use sockscope_engine::session::replay::Target;

use super::answer::words;
use super::proxied;
use super::site::Site;
use crate::routes::proxy::Options;
use crate::routes::recordings::Recording;

/// Where its clients are led.
pub struct Door {
    /// The server.
    pub target: Target,
    /// Any certificate will do.
    pub is_insecure: bool,
    /// What keeps the messages.
    pub recording: Arc<Recording>,
}

impl Door {
    /// Leads one client to the target.
    pub async fn open(&self, site: &Site, mut request: Request) -> Response {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let to = match self.target.at(path).parse() {
            Ok(to) => to,
            Err(error) => return words(StatusCode::BAD_REQUEST, error),
        };
        let options = Options {
            to,
            is_insecure: self.is_insecure,
            key: String::new(),
            seed: 1,
            record: None,
            passes_all: true,
            toxics: Vec::new(),
        };
        proxied::open(site, &mut request, &options, Some(&self.recording)).await
    }
}
