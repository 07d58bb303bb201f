//! Which targets are connected to, and what passes of their handshakes.

use std::net::UdpSocket;

use sockscope_companion::config::Port;
use sockscope_companion::{Config, Server};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Error;

use support::client::{Client, port, server, url};
use support::proxied::{Target, to_own};
use support::raw::{Raw, get};

#[tokio::test]
async fn the_target_s_choice_of_a_subprotocol_is_the_page_s() {
    let server = server().await;
    let path = url(&server, &to_own(&server, "/ws/echo", ""));
    for (offer, chosen) in
        [(Some("x, echo.v2"), Some("echo.v2")), (Some("echo.v1, echo.v2"), Some("echo.v1")), (None, None)]
    {
        let client = Client::try_connect(&path, offer).await.unwrap();
        let got =
            client.response.headers().get("sec-websocket-protocol").map(|value| value.to_str().unwrap());
        assert_eq!(got, chosen, "{offer:?}");
    }
    match Client::try_connect(&path, Some("unknown")).await {
        Err(Error::Http(response)) => {
            let words = String::from_utf8(response.body().clone().unwrap()).unwrap();
            assert_eq!(
                (response.status().as_u16(), words.contains("this route speaks echo.v1")),
                (400, true),
                "{words}"
            );
        }
        other => panic!("{:?}", other.map(|client| client.response)),
    }
}

#[tokio::test]
async fn a_wrong_choice_of_a_subprotocol_passes_too() {
    let (server, target) = (server().await, Target::listen().await);
    let answered = async {
        let mut side = target.accept().await;
        let headers = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: wrong\r\n\
            Sec-WebSocket-Protocol: never offered\r\nSec-WebSocket-Extensions: made-up\r\n";
        side.answer("101 Switching Protocols", headers).await;
        side
    };
    let path = target.path("");
    let ((_page, answer), _side) =
        tokio::join!(Raw::handshake(&server, &path, "Sec-WebSocket-Protocol: a\r\n"), answered);
    assert_eq!(answer.status, 101);
    for (name, value) in [
        ("sec-websocket-accept", "wrong"),
        ("sec-websocket-protocol", "never offered"),
        ("sec-websocket-extensions", "made-up"),
    ] {
        assert_eq!(answer.header(name).as_deref(), Some(value));
    }
}

#[tokio::test]
async fn the_target_s_refusal_is_the_page_s() {
    let server = server().await;
    for status in [401, 403, 404, 429, 503] {
        let path = to_own(&server, &format!("/ws/fault?refuse={status}"), "");
        let (got, words) = Client::refusal(&server, &path).await;
        assert_eq!((got, words.as_str()), (status, "refused, as it was asked to\n"));
    }
    let target = Target::listen().await;
    let path = target.path("");
    let answered = async { target.accept().await.answer("401 Who", "WWW-Authenticate: Basic\r\n").await };
    let ((_, answer), ()) = tokio::join!(Raw::handshake(&server, &path, ""), answered);
    assert_eq!((answer.status, answer.header("www-authenticate").as_deref()), (401, Some("Basic")));
    crate::api::no_connections_are_left(&server).await;
}

#[tokio::test]
async fn the_target_reads_the_page_s_request() {
    let origins = vec!["http://page.test".parse().unwrap()];
    let server = Server::start(Config { origins, ..Config::default() }).await.unwrap();
    let target = Target::listen().await;
    let headers = "Origin: http://page.test\r\nUser-Agent: me\r\nCookie: id=1\r\nSec-WebSocket-Protocol: a, b\r\n\
        Sec-WebSocket-Extensions: permessage-deflate\r\nX-Other: x\r\n";
    let local = format!("/ws/proxy?to=ws://localhost:{}/chat%3Froom%3D1%26x%3Dy", target.port);
    let page = Raw::handshake(&server, &local, headers);
    let accepted = async {
        let mut side = target.accept().await;
        side.answer("404 No", "Content-Length: 3\r\n\r\nno\n").await;
        side.request
    };
    let (_, request) = tokio::join!(page, accepted);
    let has = |line: &str| request.contains(&format!("{line}\r\n"));
    assert!(request.starts_with("GET /chat?room=1&x=y HTTP/1.1\r\n"), "{request}");
    for line in [
        &format!("Host: localhost:{}", target.port),
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Protocol: a, b",
        "Origin: http://page.test",
        "User-Agent: me",
        "Cookie: id=1",
    ] {
        assert!(has(line), "{line} is not in {request}");
    }
    assert!(!request.contains("Extensions") && !request.contains("X-Other"), "{request}");

    // The page's cookies are for localhost, and this target is another host.
    let path = target.path("");
    let page = Raw::handshake(&server, &path, headers);
    let accepted = async {
        let mut side = target.accept().await;
        side.answer("404 No", "").await;
        side.request
    };
    let (_, request) = tokio::join!(page, accepted);
    assert!(!request.contains("Cookie"), "{request}");
}

#[tokio::test]
async fn only_this_machine_is_connected_to() {
    let server = server().await;
    for (to, address) in [
        ("ws://192.0.2.1:9", "192.0.2.1"),
        ("ws://[2001:db8::1]:9", "2001:db8::1"),
        ("ws://0.0.0.0:9", "0.0.0.0"),
        ("ws://3221225985:9", "192.0.2.1"),
        ("ws://[::ffff:10.0.0.1]:9", "10.0.0.1"),
    ] {
        let (status, words) = Client::refusal(&server, &format!("/ws/proxy?to={to}")).await;
        assert_eq!(status, 403, "{to}: {words}");
        assert!(words.contains("--allow-target") && words.contains(address), "{to}: {words}");
    }
}

#[tokio::test]
async fn a_server_for_the_network_does_not_lead_to_loopback() {
    let target = Target::listen().await;
    let named = format!("localhost:{}", target.port).parse().unwrap();
    for (targets, status) in [(vec![], 403), (vec![named], 404)] {
        let host = std::net::Ipv4Addr::UNSPECIFIED.into();
        let server = Server::start(Config { host, targets, ..Config::default() }).await.unwrap();
        let path = format!("/ws/proxy?to=ws://localhost:{}", target.port);
        let answered = async {
            if status == 404 {
                target.accept().await.answer("404 No", "").await;
            }
        };
        let (refusal, ()) = tokio::join!(Client::refusal(&server, &path), answered);
        assert_eq!(refusal.0, status, "{}", refusal.1);
        let mut own = Client::connect(&server, &to_own(&server, "/ws/echo", "")).await;
        own.send("hello").await;
        assert_eq!(own.text().await, "hello");
    }
}

/// This machine's address in its network, if it is in one.
fn own_address() -> Option<std::net::IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    // Nothing is sent: the system only looks up which way it would go.
    socket.connect("192.0.2.1:9").ok()?;
    socket
        .local_addr()
        .ok()
        .map(|address| address.ip())
        .filter(|ip| !ip.is_loopback() && !ip.is_unspecified())
}

#[tokio::test]
async fn a_target_that_the_user_names_is_connected_to_on_that_port() {
    let Some(ip) = own_address() else { return };
    let Ok(listener) = TcpListener::bind((ip, 0)).await else { return };
    let target = listener.local_addr().unwrap();
    let config = |allowed: String| Config { targets: vec![allowed.parse().unwrap()], ..Config::default() };
    drop(listener);
    for (allowed, status) in [
        (ip.to_string(), 502),
        (target.to_string(), 502),
        (format!("{ip}:{}", target.port().wrapping_add(1).max(1)), 403),
        ("name.test".to_owned(), 403),
    ] {
        let server = Server::start(config(allowed.clone())).await.unwrap();
        let (got, words) = Client::refusal(&server, &format!("/ws/proxy?to=ws://{target}")).await;
        // Allowed and not there is another answer than not allowed.
        assert_eq!(got, status, "{allowed}: {words}");
    }
}

#[tokio::test]
async fn a_target_that_is_not_there_or_no_websocket_server_is_said_in_words() {
    let server = server().await;
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let (status, words) = Client::refusal(&server, &format!("/ws/proxy?to=ws://127.0.0.1:{free}")).await;
    assert_eq!((status, words.contains("cannot be reached")), (502, true), "{words}");

    let target = Target::listen().await;
    for (said, words) in [(&b"SSH-2.0-OpenSSH\r\n\r\n"[..], "not HTTP"), (b"", "has ended the connection")] {
        let accepted = async {
            let mut side = target.accept().await;
            tokio::io::AsyncWriteExt::write_all(&mut side.stream, said).await.unwrap();
        };
        let path = target.path("");
        let (refusal, ()) = tokio::join!(Client::refusal(&server, &path), accepted);
        assert!(refusal.0 == 502 && refusal.1.contains(words), "{refusal:?}");
    }
    let own = format!("/ws/proxy?to=ws://127.0.0.1:{}/api/health", port(&server));
    assert_eq!(Client::refusal(&server, &own).await.0, 200);
}

#[tokio::test]
async fn a_query_that_makes_no_sense_is_refused_by_name() {
    let server = server().await;
    for (query, words) in [
        ("", "\"to\" is missing"),
        ("to=localhost:3000", "ws://"),
        ("to=http://localhost:3000", "begin with ws:// or wss://"),
        ("to=ws://localhost&latncy=5", "latncy"),
        ("to=ws://localhost&drop=often", "is not a probability"),
    ] {
        let (status, got) = Client::refusal(&server, &format!("/ws/proxy?{query}")).await;
        assert_eq!((status, got.contains(words)), (400, true), "{query}: {got}");
    }
    let plain = get(&server, "/ws/proxy?to=ws://localhost").await;
    assert_eq!(plain.status, 426);
}

#[tokio::test]
async fn the_proxy_does_not_proxy_to_itself() {
    let server = server().await;
    let twice = to_own(&server, &to_own(&server, "/ws/echo", ""), "");
    let (status, words) = Client::refusal(&server, &twice).await;
    assert_eq!((status, words.contains("the proxy itself")), (508, true), "{words}");
}

#[tokio::test]
async fn two_proxies_can_stand_in_a_row() {
    let (one, other) = (server().await, server().await);
    let inner = to_own(&other, "/ws/echo", "duplicate=1");
    let outer = to_own(&one, &inner, "").replace(&port(&one).to_string(), &port(&other).to_string());
    let mut client = Client::connect(&one, &outer).await;
    client.send("through two").await;
    assert_eq!(client.text().await, "through two");
    assert_eq!(client.text().await, "through two");
}

#[tokio::test]
async fn wss_takes_any_certificate_only_when_asked_to() {
    let plain = server().await;
    let secure = Server::start(Config { tls: Some(Port::Exactly(0)), ..Config::default() }).await.unwrap();
    let to = secure.urls().wss.clone().unwrap() + "/echo";
    let (status, words) = Client::refusal(&plain, &format!("/ws/proxy?to={to}")).await;
    assert_eq!((status, words.contains("insecure=true")), (502, true), "{words}");

    let mut client = Client::connect(&plain, &format!("/ws/proxy?to={to}&insecure=true")).await;
    client.send("in secret").await;
    assert_eq!(client.text().await, "in secret");
    let large = tokio_tungstenite::tungstenite::Message::binary(vec![7; 1 << 20]);
    client.send_message(large.clone()).await;
    assert_eq!(client.message().await, large);
    assert_eq!(client.close(4000, "done").await, support::client::Seen::Close(4000, "done".to_owned()));
    crate::api::no_connections_are_left(&plain).await;
    crate::api::no_connections_are_left(&secure).await;
}
