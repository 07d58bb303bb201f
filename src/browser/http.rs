//! HTTP calls, by `fetch`.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use gloo_net::http::{Method, RequestBuilder};
use js_sys::Uint8Array;
use web_sys::{RequestCredentials, RequestRedirect, ResponseType};

use crate::engine::{HttpError, HttpRequest, HttpResponse, Payload, Redirect};

/// Makes the call, and gives up after this time.
pub async fn call_within(request: HttpRequest, patience: Duration) -> Result<HttpResponse, HttpError> {
    match select(pin!(call(request)), pin!(gloo_timers::future::sleep(patience))).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err(HttpError { message: format!("no answer within {patience:?}") }),
    }
}

/// Makes the call. A status such as 404 is an answer, not an error.
pub(super) async fn call(request: HttpRequest) -> Result<HttpResponse, HttpError> {
    let failed = |error: gloo_net::Error| HttpError { message: error.to_string() };
    let method = request
        .method
        .parse::<Method>()
        .map_err(|_| HttpError { message: format!("expected an HTTP method, found {:?}", request.method) })?;
    let start = RequestBuilder::new(&request.url).method(method).redirect(match request.redirect {
        Redirect::Follow => RequestRedirect::Follow,
        Redirect::Error => RequestRedirect::Error,
        Redirect::Manual => RequestRedirect::Manual,
    });
    let start = if request.cookies { start.credentials(RequestCredentials::Include) } else { start };
    let builder = request.headers.iter().fold(start, |builder, (name, value)| builder.header(name, value));
    let request = match request.body {
        Some(Payload::Text(body)) => builder.body(body),
        Some(Payload::Binary(body)) => builder.body(Uint8Array::from(body.as_slice())),
        None => builder.build(),
    }
    .map_err(failed)?;
    let response = request.send().await.map_err(failed)?;
    // Of an answer that leads elsewhere and is not followed, a page learns only that it does.
    let is_hidden = response.type_() == ResponseType::Opaqueredirect;
    Ok(HttpResponse {
        url: response.url(),
        redirected: response.redirected() || is_hidden,
        status: response.status(),
        headers: response.headers().entries().collect(),
        body: response.text().await.map_err(failed)?,
    })
}
