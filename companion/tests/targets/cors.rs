//! The HTTP interfaces can be used by a page of this machine, as the page is from which a suite publishes events, and by no other.

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use crate::{AIOHTTP, UVICORN, WS};
use support::servers::Target;

/// The origin that an answer allows. Asked is what a browser asks before it sends JSON, or the request itself.
async fn allowed(url: &str, method: &str, origin: &str) -> Option<String> {
    let asked = http::Request::builder()
        .method(method)
        .uri(url)
        .header("origin", origin)
        .header("content-type", "application/json")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type");
    let body = if method == "POST" { r#"{"type":"news"}"# } else { "" };
    let asked = asked.body(Full::new(Bytes::from(body))).expect("a request");
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.request(asked).await.expect("an answer");
    let headers = answer.headers();
    let text = |name: &str| headers.get(name).map(|it| it.to_str().expect("text").to_lowercase());
    let allows_json = method == "POST"
        || text("access-control-allow-headers").is_some_and(|names| names.contains("content-type"));
    text("access-control-allow-origin").filter(|_| allows_json)
}

async fn check(target: &Target) {
    let server = target.start(&[]);
    let url = server.urls[0].replace("ws://", "http://").replace("/ws", "/api/events");
    for method in ["OPTIONS", "POST"] {
        for origin in ["http://localhost:9000", "https://127.0.0.1:9443", "http://[::1]:9000"] {
            let got = allowed(&url, method, origin).await;
            assert_eq!(got.as_deref(), Some(origin), "{} {method}", target.name);
        }
        for origin in ["http://example.org", "http://localhost.example.org", "null"] {
            assert_eq!(allowed(&url, method, origin).await, None, "{} {method} {origin}", target.name);
        }
    }
}

#[tokio::test]
async fn pages_of_this_machine_may_publish_and_others_may_not() {
    for target in [&AIOHTTP, &UVICORN, &WS] {
        let check = check(target);
        tokio::time::timeout(std::time::Duration::from_secs(60), check).await.expect("answers in time");
    }
}
