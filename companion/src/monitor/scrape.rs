//! Serves the figures: `/metrics` for Prometheus, `/healthz` for whatever restarts a monitor that hangs.
//!
//! Owns which form a scrape gets. A scraper that asks for protobuf gets it, since only there are native histograms; any other gets text.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, ALLOW, CONTENT_TYPE};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::encoding::{prometheus_protobuf, prometheus_text};
use prometheus_client::registry::Registry;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::address::MetricsAddress;
use super::figures::Figures;

/// The form that has native histograms.
const PROTOBUF: &str =
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";
/// Scrapers at once.
const MOST_CONNECTIONS: usize = 32;
/// How long one may take for the head of a request, and how long it may hold a connection.
const PATIENCE: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(300);
/// After an error of the listener, mostly for want of file descriptors, there is nothing better than to wait.
const PAUSE: Duration = Duration::from_millis(50);
/// How long a scrape that is under way may take when the monitor ends.
const FAREWELL: Duration = Duration::from_secs(1);

/// Why figures cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("cannot serve metrics on {address}; name another port by --metrics, or 0 for any free one")]
pub struct ScrapeError {
    address: MetricsAddress,
    source: io::Error,
}

/// A server of figures.
pub struct Scrapes {
    /// Where it listens.
    pub address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Scrapes {
    /// Ends it; the token that it listens to has been cancelled, or is not needed any more.
    pub async fn end(mut self) {
        if timeout(FAREWELL, &mut self.serving).await.is_err() {
            self.serving.abort();
        }
    }
}

/// Serves figures until `stop`.
pub async fn listen(
    address: MetricsAddress,
    figures: Arc<Figures>,
    stop: CancellationToken,
) -> Result<Scrapes, ScrapeError> {
    let error = |source| ScrapeError { address, source };
    let listener = TcpListener::bind(address.0).await.map_err(error)?;
    let bound = listener.local_addr().map_err(error)?;
    let mut registry = Registry::default();
    registry.register_collector(Box::new(figures));
    let serving = tokio::spawn(serve(listener, Arc::new(registry), stop));
    Ok(Scrapes { address: bound, serving })
}

async fn serve(listener: TcpListener, registry: Arc<Registry>, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await.expect("the semaphore is never closed");
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            accepted = accepted => accepted,
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => continue,
        };
        let Ok((tcp, _)) = accepted else {
            sleep(PAUSE).await;
            continue;
        };
        let (registry, stop) = (Arc::clone(&registry), stop.clone());
        connections.spawn(async move {
            // One that is idle or slow does not hold its place for ever.
            let _ = timeout(LONGEST, talk(tcp, registry, stop)).await;
            drop(place);
        });
    }
    while connections.join_next().await.is_some() {}
}

async fn talk(tcp: TcpStream, registry: Arc<Registry>, stop: CancellationToken) {
    let service = service_fn(|request: Request<Incoming>| {
        let answer = answer(&registry, request.method(), request.uri().path(), request.headers());
        async move { Ok::<_, Infallible>(answer) }
    });
    let http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(tcp), service);
    tokio::pin!(http);
    tokio::select! {
        _ = http.as_mut() => return,
        () = stop.cancelled() => {}
    }
    http.as_mut().graceful_shutdown();
    let _ = http.await;
}

fn answer(registry: &Registry, method: &Method, path: &str, headers: &HeaderMap) -> Response<Full<Bytes>> {
    let plain = |status, words: &str| {
        let answer = Response::builder().status(status).header(CONTENT_TYPE, "text/plain; charset=utf-8");
        answer.body(Full::from(format!("{words}\n"))).expect("it is sound")
    };
    if !matches!(*method, Method::GET | Method::HEAD) {
        let mut refused = plain(StatusCode::METHOD_NOT_ALLOWED, "expected GET");
        refused.headers_mut().insert(ALLOW, "GET, HEAD".parse().expect("it is sound"));
        return refused;
    }
    match path {
        "/metrics" => metrics(registry, headers).unwrap_or_else(|| {
            plain(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the figures cannot be written; this is a mistake in sockscope",
            )
        }),
        "/healthz" => plain(StatusCode::OK, "ok"),
        "/" => {
            plain(StatusCode::OK, "sockscope monitor: figures are on /metrics, a sign of life on /healthz")
        }
        _ => plain(StatusCode::NOT_FOUND, "expected /metrics or /healthz"),
    }
}

fn metrics(registry: &Registry, headers: &HeaderMap) -> Option<Response<Full<Bytes>>> {
    let (form, body) = match takes_protobuf(headers) {
        true => (PROTOBUF, prometheus_protobuf::encode_to_vec(registry).ok()?),
        false => {
            let mut text = String::new();
            prometheus_text::encode(&mut text, registry).ok()?;
            (prometheus_text::CONTENT_TYPE, text.into_bytes())
        }
    };
    Response::builder().header(CONTENT_TYPE, form).body(Full::from(body)).ok()
}

/// Whether a scraper asks for protobuf; it does so only where it keeps native histograms.
fn takes_protobuf(headers: &HeaderMap) -> bool {
    let all = headers.get_all(ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(',')).any(|form| {
        let form = form.to_ascii_lowercase();
        let parts: Vec<_> = form.split(';').map(str::trim).collect();
        parts[0] == "application/vnd.google.protobuf"
            && parts.contains(&"proto=io.prometheus.client.metricfamily")
            && parts.contains(&"encoding=delimited")
            && !parts.iter().any(|part| matches!(*part, "q=0" | "q=0.0"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(accept: &str, expected: bool) {
        let headers = HeaderMap::from_iter([(ACCEPT, accept.parse().expect("a value"))]);
        assert_eq!(takes_protobuf(&headers), expected, "{accept}");
    }

    #[test]
    fn only_who_asks_for_protobuf_gets_it() {
        check(
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,text/plain;q=0.4",
            true,
        );
        check(
            "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            false,
        );
        check("application/vnd.google.protobuf;proto=other;encoding=delimited", false);
        check("*/*", false);
        assert!(!takes_protobuf(&HeaderMap::new()));
    }
}
