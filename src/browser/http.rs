//! HTTP calls of checks, by `fetch`.

use gloo_net::http::{Method, RequestBuilder};

use crate::engine::{HttpError, HttpRequest, HttpResponse};

/// Makes the call. A status such as 404 is an answer, not an error.
pub(super) async fn call(request: HttpRequest) -> Result<HttpResponse, HttpError> {
    let failed = |error: gloo_net::Error| HttpError { message: error.to_string() };
    let method = request
        .method
        .parse::<Method>()
        .map_err(|_| HttpError { message: format!("{:?} is no HTTP method", request.method) })?;
    let builder = request
        .headers
        .iter()
        .fold(RequestBuilder::new(&request.url).method(method), |builder, (name, value)| {
            builder.header(name, value)
        });
    let request = match request.body {
        Some(body) => builder.body(body),
        None => builder.build(),
    }
    .map_err(failed)?;
    let response = request.send().await.map_err(failed)?;
    Ok(HttpResponse {
        status: response.status(),
        headers: response.headers().entries().collect(),
        body: response.text().await.map_err(failed)?,
    })
}
