//! Servers that a page alone cannot open.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sockscope_companion::config::Limits;
use sockscope_companion::{Config, Server};
use tokio_tungstenite::tungstenite::Message;

use super::{Follower, id, open, path};
use support::client::{Client, port, server};
use support::proxied::Target;
use support::raw::Raw;
use support::wanting::{Guarded, Identities, http_proxy};

#[tokio::test]
async fn a_server_that_wants_authorization_opens_and_echoes() {
    let (server, target) = (server().await, Guarded::listen(None).await);
    let profile = json!({
        "url": format!("ws://localhost:{}/chat?room=1", target.port),
        "bearer": Guarded::FIELD.strip_prefix("Bearer ").unwrap(),
        "headers": [["X-Tenant", "seven"], ["x-odd-CASE", "1"]],
        "cookies": [["sid", "abc"], ["theme", "dark"]],
        "origin": "https://app.example",
    });
    let (mut page, mut follower) = open(&server, &profile, Some("chat.v2")).await;
    assert_eq!(page.response.headers()["sec-websocket-protocol"], "chat.v2");
    page.send("héllo").await;
    assert_eq!(page.text().await, "héllo");
    let large = Message::binary((0..3_000_000_u32).map(|at| at as u8).collect::<Vec<_>>());
    page.send_message(large.clone()).await;
    assert_eq!(page.message().await, large);
    for line in [
        "x-tenant: seven",
        "x-odd-case: 1",
        "cookie: sid=abc; theme=dark",
        "origin: https://app.example",
        &format!("authorization: {}", Guarded::FIELD),
        &format!("host: localhost:{}", target.port),
    ] {
        assert!(target.heard.has(line), "{line} is not in {:#?}", target.heard.all());
    }
    let answered = follower.fact("answered").await;
    assert_eq!(
        (&answered["status"], &answered["address"]),
        (&json!(101), &json!(format!("127.0.0.1:{}", target.port)))
    );
    page.close(4001, "done").await;
    let closed = follower.fact("close").await;
    assert_eq!(
        (&closed["from"], &closed["code"], &closed["reason"]),
        (&json!("page"), &json!(4001), &json!("done"))
    );
    let ended = follower.fact("ended").await;
    assert_eq!(ended["how"], "closed", "{ended}");
    assert_eq!(ended["delay"]["in"]["count"].as_u64().map(|count| count >= 2), Some(true), "{ended}");
}

#[tokio::test]
async fn a_refusal_is_told_word_for_word() {
    let (server, target) = (server().await, Guarded::listen(None).await);
    let profile = json!({ "url": format!("ws://localhost:{}", target.port), "bearer": "a wrong one" });
    let id = id(&server, &profile).await;
    let mut follower = Follower::of(&server, &id).await;
    let (status, words) = Client::refusal(&server, &path(&id)).await;
    assert_eq!((status, words.as_str()), (401, Guarded::WORDS));
    let answered = follower.fact("answered").await;
    assert_eq!(
        (&answered["status"], &answered["reason"], &answered["body"], &answered["body_is_cut"]),
        (&json!(401), &json!("Unauthorized"), &json!(Guarded::WORDS), &json!(false))
    );
    assert!(
        answered["headers"]
            .as_array()
            .unwrap()
            .contains(&json!(["www-authenticate", "Bearer realm=\"tests\""]))
    );
    assert_eq!(follower.fact("ended").await["how"], "refused");
}

#[tokio::test]
async fn a_client_certificate_opens_and_its_absence_is_said() {
    let (server, identities) = (server().await, Identities::make());
    let target = Guarded::listen(Some(identities.acceptor())).await;
    let (certificate, key) = &identities.client;
    let to = format!("wss://localhost:{}/", target.port);
    let field = [["Authorization", Guarded::FIELD]];
    let with = json!({ "url": to, "headers": field, "tls": { "certificate": certificate, "key": key, "ca": identities.ca } });
    let (mut page, _) = open(&server, &with, None).await;
    page.send("known").await;
    assert_eq!(page.text().await, "known");

    for (tls, words) in [
        (json!({ "ca": identities.ca }), "no TLS with"),
        (json!({ "certificate": certificate, "key": key }), "no TLS with"),
    ] {
        let id = id(&server, &json!({ "url": to, "headers": field, "tls": tls })).await;
        let mut follower = Follower::of(&server, &id).await;
        assert_eq!(Client::refusal(&server, &path(&id)).await.0, 502);
        let told = follower.fact("unreachable").await["words"].as_str().unwrap().to_owned();
        assert!(told.contains(words) && !told.contains("PRIVATE"), "{told}");
    }
    // That the certificate of the server is not known is one's own decision.
    let any = json!({ "url": to, "headers": field, "tls": { "certificate": certificate, "key": key, "insecure": true } });
    open(&server, &any, None).await.0.close(1000, "").await;
}

#[tokio::test]
async fn an_http_proxy_is_asked_for_a_tunnel_to_the_judged_address() {
    let (server, target) = (server().await, Guarded::listen(None).await);
    let authorization: &'static str = format!("Basic {}", STANDARD.encode("ann:secret")).leak();
    let (proxy, heard) = http_proxy(authorization).await;
    let profile = |credentials: &str| {
        json!({
            "url": format!("ws://127.0.0.1:{}/", target.port), "headers": [["Authorization", Guarded::FIELD]],
            "proxy": format!("http://{credentials}127.0.0.1:{proxy}"),
        })
    };
    let (mut page, _) = open(&server, &profile("ann:secret@"), None).await;
    page.send("through").await;
    assert_eq!(page.text().await, "through");
    assert!(heard.has(&format!("CONNECT 127.0.0.1:{} HTTP/1.1", target.port)), "{:?}", heard.all());

    let id = id(&server, &profile("")).await;
    let mut follower = Follower::of(&server, &id).await;
    assert_eq!(Client::refusal(&server, &path(&id)).await.0, 502);
    let told = follower.fact("unreachable").await["words"].as_str().unwrap().to_owned();
    assert!(told.contains("opens no tunnel: it has answered 407"), "{told}");
    assert!(told.contains("give its user and password"), "{told}");

    // The proxy is not there: it is named as such, and the target is not blamed.
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let mut dead = profile("");
    dead["proxy"] = format!("http://{free}").into();
    let id = self::id(&server, &dead).await;
    let mut follower = Follower::of(&server, &id).await;
    assert_eq!(Client::refusal(&server, &path(&id)).await.0, 502);
    let told = follower.fact("unreachable").await["words"].as_str().unwrap().to_owned();
    assert_eq!(
        told,
        format!(
            "the HTTP proxy {free} cannot be reached: the connection was refused; no process listens there"
        )
    );
}

#[tokio::test]
async fn what_a_profile_leaves_out_is_the_page_s() {
    let config = Config { origins: vec!["http://page.test".parse().unwrap()], ..Config::default() };
    let (server, target) = (Server::start(config).await.unwrap(), Target::listen().await);
    let to = format!("ws://localhost:{}/x", target.port);
    let fields = "Origin: http://page.test\r\nUser-Agent: me\r\nCookie: id=1\r\n\
        Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: a, b\r\n";
    for (profile, has, has_not) in [
        (json!({ "url": to }), vec!["Origin: http://page.test", "Cookie: id=1", "User-Agent: me"], "X-A"),
        (
            json!({ "url": to, "headers": [["user-agent", "other"], ["X-A", "1"]], "cookies": [["own", "2"]] }),
            vec!["Cookie: own=2", "user-agent: other", "X-A: 1"],
            "id=1",
        ),
    ] {
        let id = id(&server, &profile).await;
        let local = path(&id);
        let page = Raw::handshake(&server, &local, fields);
        let accepted = async {
            let mut side = target.accept().await;
            side.answer("404 No", "Content-Length: 3\r\n\r\nno\n").await;
            side.request
        };
        let (_, request) = tokio::join!(page, accepted);
        for line in has.into_iter().chain([
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
            "Sec-WebSocket-Extensions: permessage-deflate",
            "Sec-WebSocket-Protocol: a, b",
        ]) {
            assert!(request.contains(&format!("{line}\r\n")), "{line} is not in {request}");
        }
        assert!(!request.contains(has_not), "{request}");
    }
}

#[tokio::test]
async fn an_id_is_good_for_one_connection() {
    let (server, target) = (server().await, Guarded::listen(None).await);
    let profile = json!({ "url": format!("ws://localhost:{}", target.port), "headers": [["Authorization", Guarded::FIELD]] });
    let id = id(&server, &profile).await;
    let first = Client::connect(&server, &path(&id)).await;
    let (status, words) = Client::refusal(&server, &path(&id)).await;
    assert!(status == 404 && words.contains("one is good for one connection"), "{status} {words}");
    first.close(1000, "").await;
}

#[tokio::test]
async fn a_message_over_the_server_s_limit_passes_since_it_is_the_target_s() {
    let server =
        Server::start(Config { limits: Limits { message: 1000, ..Limits::default() }, ..Config::default() });
    let server = server.await.unwrap();
    let target = Guarded::listen(None).await;
    let profile = json!({ "url": format!("ws://localhost:{}", target.port), "headers": [["Authorization", Guarded::FIELD]] });
    let (mut page, _) = open(&server, &profile, None).await;
    let message = Message::binary(vec![7; 5000]);
    page.send_message(message.clone()).await;
    assert_eq!(page.message().await, message);
    assert!(port(&server) != target.port);
}
