//! Which requests are answered, and what every answer carries.

use sockscope_companion::{Config, Running, Server};

use crate::page_files::{PAGE, serve};
use support::client::{Client, port, server};
use support::raw::{Raw, get, http};

const FOREIGN: (&str, &str) = ("Origin", "https://evil.test");

async fn server_allowing(origin: &str) -> Running {
    let config = Config { origins: vec![origin.parse().unwrap()], ..Config::default() };
    Server::start(config).await.unwrap()
}

#[tokio::test]
async fn a_foreign_host_is_refused_everywhere() {
    let server = server().await;
    for path in ["/", "/api/stats", "/ws/echo"] {
        let answer = http(&server, "GET", path, &[("Host", "evil.test:9000")], "").await;
        assert_eq!(answer.status, 421, "{path}");
        assert!(answer.text().contains("evil.test"), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_second_host_header_is_refused() {
    let server = server().await;
    let answer = http(&server, "GET", "/", &[("Host", "localhost"), ("Host", "evil.test")], "").await;
    assert!(matches!(answer.status, 400 | 421), "{}", answer.status);
}

#[tokio::test]
async fn this_machine_s_names_are_answered_on_any_port() {
    let server = server().await;
    for host in ["localhost", "127.0.0.1:1", "[::1]:9000"] {
        assert_eq!(http(&server, "GET", "/api/health", &[("Host", host)], "").await.status, 200, "{host}");
    }
}

#[tokio::test]
async fn a_path_with_dot_dot_is_refused() {
    let server = serve(PAGE).await;
    for path in [
        "/../index.html",
        "/a/..",
        "/%2e%2e/index.html",
        "/%2E./x",
        "/a%2fb",
        "/a%5cb",
        "/..\\x",
        "/ws/../api/stats",
    ] {
        assert_eq!(get(&server, path).await.status, 400, "{path}");
    }
}

#[tokio::test]
async fn a_write_from_a_foreign_page_is_refused() {
    let server = server().await;
    for origin in [FOREIGN, ("Origin", "null"), ("Origin", "http://localhost:1")] {
        let answer = http(&server, "POST", "/api/reset", &[origin], "").await;
        assert_eq!(answer.status, 403, "{origin:?}");
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn a_write_from_our_own_page_or_from_no_page_is_done() {
    let server = server().await;
    let own = format!("http://localhost:{}", port(&server));
    assert_eq!(http(&server, "POST", "/api/reset", &[("Origin", &own)], "").await.status, 200);
    assert_eq!(http(&server, "POST", "/api/reset", &[], "").await.status, 200);
}

#[tokio::test]
async fn a_foreign_page_may_not_read_the_api() {
    let server = server().await;
    let answer = http(&server, "GET", "/api/stats", &[FOREIGN], "").await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert!(answer.header("vary").unwrap().contains("origin"));
}

#[tokio::test]
async fn an_allowed_page_may_read_and_write_the_api() {
    let server = server_allowing("https://evil.test").await;
    for method in ["GET", "POST"] {
        let path = if method == "GET" { "/api/stats" } else { "/api/reset" };
        let answer = http(&server, method, path, &[FOREIGN], "").await;
        assert_eq!(
            (answer.status, answer.header("access-control-allow-origin").as_deref()),
            (200, Some(FOREIGN.1))
        );
        assert_eq!(answer.header("cross-origin-resource-policy").as_deref(), Some("cross-origin"));
    }
}

#[tokio::test]
async fn a_preflight_is_answered_for_allowed_pages_only() {
    let server = server_allowing("loopback").await;
    let ask = async |origin| {
        let headers = [("Origin", origin), ("Access-Control-Request-Method", "POST")];
        http(&server, "OPTIONS", "/api/events", &headers, "").await
    };
    let allowed = ask("http://127.0.0.1:5173").await;
    assert_eq!(allowed.status, 204);
    assert_eq!(allowed.header("access-control-allow-origin").as_deref(), Some("http://127.0.0.1:5173"));
    assert_eq!(allowed.header("access-control-allow-headers").as_deref(), Some("content-type"));
    let foreign = ask("https://evil.test").await;
    assert_eq!(foreign.header("access-control-allow-methods"), None);
    assert_eq!(foreign.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn a_foreign_page_may_not_use_the_routes_that_hold_messages() {
    let server = server().await;
    let to = format!("/ws/proxy?to=ws%3A%2F%2F127.0.0.1%3A{}%2Fws", port(&server));
    let own = format!("Origin: http://localhost:{}\r\n", port(&server));
    for path in ["/ws/fault", &to] {
        let (_, answer) = Raw::handshake(&server, path, "Origin: https://evil.test\r\n").await;
        assert_eq!(answer.status, 403, "{path}");
        let (_, answer) = Raw::handshake(&server, path, &own).await;
        assert_eq!(answer.status, 101, "{path}");
        let (_, answer) = Raw::handshake(&server, path, "").await;
        assert_eq!(answer.status, 101, "{path}");
    }
    let server = server_allowing("https://evil.test").await;
    let (_, answer) = Raw::handshake(&server, "/ws/fault", "Origin: https://evil.test\r\n").await;
    assert_eq!(answer.status, 101);
}

#[tokio::test]
async fn two_origins_are_refused_as_two_hosts_are() {
    let server = server().await;
    let own = format!("http://localhost:{}", port(&server));
    for pair in [[("Origin", own.as_str()), FOREIGN], [FOREIGN, ("Origin", own.as_str())]] {
        let answer = http(&server, "POST", "/api/reset", &pair, "").await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (400, None), "{pair:?}");
    }
}

#[tokio::test]
async fn a_write_that_a_browser_calls_cross_site_is_refused() {
    let server = server().await;
    let answer = http(&server, "POST", "/api/reset", &[("Sec-Fetch-Site", "cross-site")], "").await;
    assert_eq!(answer.status, 403);
    let answer = http(&server, "POST", "/api/reset", &[("Sec-Fetch-Site", "same-origin")], "").await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_server_for_the_network_does_not_say_what_a_name_stands_for() {
    let config = Config { host: std::net::Ipv4Addr::UNSPECIFIED.into(), ..Config::default() };
    let server = Server::start(config).await.unwrap();
    let mut all = Vec::new();
    for name in ["localhost", "no-such-name.invalid"] {
        let body = format!(r#"{{"to":"ws://{name}:1/"}}"#);
        let answer = support::raw::post(&server, "/api/proxy/target", &body).await;
        assert_eq!(answer.status, 403, "{name}: {}", answer.text());
        assert!(!answer.text().contains("127.0.0.1") && !answer.text().contains("::1"), "{}", answer.text());
        all.push(answer.text().replace(name, "NAME"));
    }
    assert_eq!(all[0], all[1], "also a name that is not there looks the same");
}

#[tokio::test]
async fn a_websocket_may_come_from_any_page() {
    let server = server().await;
    let (_, answer) = Raw::handshake(&server, "/ws/echo", "Origin: https://evil.test\r\n").await;
    assert_eq!(answer.status, 101);
}

#[tokio::test]
async fn every_answer_isolates_and_restricts() {
    let server = serve(PAGE).await;
    for (method, path, status) in [
        ("GET", "/", 200),
        ("HEAD", "/worker.js", 200),
        ("GET", "/nothing", 404),
        ("POST", "/", 405),
        ("GET", "/../x", 400),
        ("GET", "/api/stats", 200),
        ("OPTIONS", "/api/stats", 204),
        ("GET", "/api/nothing", 404),
        ("GET", "/ws/echo", 426),
        ("GET", "/ws/fault?x=1", 400),
    ] {
        let answer = http(&server, method, path, &[], "").await;
        assert_eq!(answer.status, status, "{method} {path}");
        let own = if path.starts_with("/api") { "cross-origin" } else { "same-origin" };
        for (name, value) in [
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            ("cross-origin-resource-policy", own),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert_eq!(answer.header(name).as_deref(), Some(value), "{name} of {method} {path}");
        }
        assert!(answer.header("permissions-policy").is_some(), "{method} {path}");
        let csp = answer.header("content-security-policy").expect("a CSP");
        assert!(
            csp.contains("script-src 'self' 'wasm-unsafe-eval';") && csp.contains("default-src 'none'"),
            "{csp}"
        );
        assert!(!csp.contains("unsafe-inline") && !csp.contains("'unsafe-eval'"), "{csp}");
    }
}

#[tokio::test]
async fn a_handshake_carries_the_headers_too() {
    let server = server().await;
    let client = Client::connect(&server, "/ws/echo").await;
    assert_eq!(client.response.headers()["cross-origin-embedder-policy"], "require-corp");
}

#[tokio::test]
async fn a_configured_name_is_answered() {
    let config = Config { hosts: vec!["bench.test".to_owned()], ..Config::default() };
    let server = Server::start(config).await.unwrap();
    assert_eq!(http(&server, "GET", "/api/health", &[("Host", "bench.test:80")], "").await.status, 200);
}
