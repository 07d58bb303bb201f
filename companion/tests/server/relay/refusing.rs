//! What the relay does not do.

use serde_json::json;
use sockscope_companion::Config;
use sockscope_companion::Server;
use tokio::io::AsyncWriteExt;

use super::{Follower, id, path, prepare};
use support::client::{Client, port, server, soon};
use support::proxied::Target;
use support::raw::{Raw, http};
use support::wanting::Guarded;

#[tokio::test]
async fn a_page_of_another_origin_may_not_use_it() {
    let (server, target) = (server().await, Guarded::listen(None).await);
    let profile = json!({ "url": format!("ws://localhost:{}", target.port) });
    for fields in [[("Origin", "https://evil.test")], [("Sec-Fetch-Site", "cross-site")]] {
        let answer = http(&server, "POST", "/api/relay", &fields, &profile.to_string()).await;
        assert_eq!(answer.status, 403, "{}", answer.text());
        assert!(answer.text().contains("--allow-origin"), "{}", answer.text());
    }
    let id = id(&server, &profile).await;
    for path in [path(&id), "/ws/relay/events".to_owned()] {
        let (_, answer) = Raw::handshake(&server, &path, "Origin: https://evil.test\r\n").await;
        assert_eq!(answer.status, 403, "{path}");
    }
    let own = format!("Origin: http://localhost:{}\r\n", port(&server));
    let (_, answer) = Raw::handshake(&server, "/ws/relay/events", &own).await;
    assert_eq!(answer.status, 101);
    assert_eq!(http(&server, "GET", "/api/relay", &[], "").await.status, 405);
}

#[tokio::test]
async fn a_request_under_another_name_is_refused() {
    let server = server().await;
    let answer = http(&server, "POST", "/api/relay", &[("Host", "rebound.test")], "{}").await;
    assert_eq!(answer.status, 421, "{}", answer.text());
    assert!(answer.text().contains("rebound.test"), "{}", answer.text());
}

#[tokio::test]
async fn another_machine_is_out_of_reach_unless_it_is_allowed() {
    let server = server().await;
    for (profile, host) in [
        (json!({ "url": "ws://192.0.2.7:81/x?token=s3cret" }), "192.0.2.7"),
        (json!({ "url": "ws://127.0.0.1:1/", "proxy": "http://192.0.2.7:3128" }), "192.0.2.7"),
        (json!({ "url": "ws://192.0.2.7:81/", "proxy": "http://127.0.0.1:3128" }), "192.0.2.7"),
    ] {
        let answer = prepare(&server, &profile).await;
        assert_eq!(answer.status, 403, "{}", answer.text());
        let told = answer.json()["error"].clone();
        let words = told["message"].as_str().unwrap();
        assert_eq!(told["code"], "not_allowed");
        assert!(
            words.contains(host) && words.contains("--allow-target") && !words.contains("s3cret"),
            "{words}"
        );
        // An address needs no word on what it stands for.
        assert!(!words.contains("192.0.2.7 is 192.0.2.7"), "{words}");
    }
    let config = Config { targets: vec!["192.0.2.7:81".parse().unwrap()], ..Config::default() };
    let allowing = Server::start(config).await.unwrap();
    assert_eq!(prepare(&allowing, &json!({ "url": "ws://192.0.2.7:81/" })).await.status, 201);
    assert_eq!(prepare(&allowing, &json!({ "url": "ws://192.0.2.7:82/" })).await.status, 403);
}

#[tokio::test]
async fn a_line_break_in_a_field_and_the_fields_of_the_handshake_are_refused() {
    let server = server().await;
    for (profile, words) in [
        (json!({ "headers": [["X-A", "1\r\nX-Evil: s3cret"]] }), "X-A has a line break"),
        (json!({ "headers": [["X-A\r\nX-Evil", "s3cret"]] }), "not the name of a header field"),
        (json!({ "origin": "https://a\nX-Evil: s3cret" }), "Origin has a line break"),
        (json!({ "cookies": [["a", "s3cret\r\nX-Evil: 1"]] }), "has a line break"),
        (json!({ "headers": [["Host", "s3cret"]] }), "Host belongs to the handshake"),
        (json!({ "headers": [["connection", "close"]] }), "connection belongs to the handshake"),
        (json!({ "headers": [["Upgrade", "h2c"]] }), "Upgrade belongs to the handshake"),
        (
            json!({ "headers": [["Sec-WebSocket-Key", "s3cret"]] }),
            "Sec-WebSocket-Key belongs to the handshake",
        ),
        (json!({ "header": [] }), "unknown field `header`"),
    ] {
        let mut profile = profile;
        profile["url"] = "ws://localhost:1/".into();
        let answer = prepare(&server, &profile).await;
        assert_eq!(answer.status, 400, "{profile}");
        assert!(answer.text().contains(words) && !answer.text().contains("s3cret"), "{}", answer.text());
    }
    let answer = prepare(&server, &json!({ "url": "http://localhost:1/" })).await;
    assert!(answer.status == 400 && answer.text().contains("ws://"), "{}", answer.text());
}

#[tokio::test]
async fn a_refusal_of_a_gigabyte_is_read_up_to_64_kibibytes() {
    let (server, target) = (server().await, Target::listen().await);
    let id = id(&server, &json!({ "url": format!("ws://127.0.0.1:{}", target.port) })).await;
    let mut follower = Follower::of(&server, &id).await;
    let sending = async {
        let mut side = target.accept().await;
        side.answer("403 Forbidden", &format!("Content-Length: {}\r\n", 1 << 30)).await;
        let (part, mut written) = (vec![b'x'; 1 << 20], 0_u64);
        while written < 1 << 30 && side.stream.write_all(&part).await.is_ok() {
            written += part.len() as u64;
        }
        written
    };
    let local = path(&id);
    let (written, (status, words)) =
        soon("both ends", async { tokio::join!(sending, Client::refusal(&server, &local)) }).await;
    assert!(written < 64 << 20, "{written} bytes were taken");
    assert_eq!((status, words.as_str()), (403, "the target has answered with 403 Forbidden\n"));
    let answered = follower.fact("answered").await;
    assert_eq!(answered["body"].as_str().map(str::len), Some(64 << 10));
    assert_eq!(answered["body_is_cut"], true);
}

#[tokio::test]
async fn too_many_profiles_at_once_are_refused() {
    let server = server().await;
    let profile = json!({ "url": "ws://127.0.0.1:1/" });
    let mut taken = 0;
    let refused = loop {
        let answer = prepare(&server, &profile).await;
        if answer.status != 201 {
            break answer;
        }
        taken += 1;
        assert!(taken < 10_000, "there is no bound");
    };
    assert_eq!((taken, refused.status), (256, 503), "{}", refused.text());
    assert!(refused.text().contains("256 profiles wait"), "{}", refused.text());
    http(&server, "POST", "/api/reset", &[], "").await;
    assert_eq!(prepare(&server, &profile).await.status, 201);
}

#[tokio::test]
async fn an_id_that_is_unknown_opens_nothing_and_tells_nothing() {
    let server = server().await;
    assert_eq!(Client::refusal(&server, &path(&"0".repeat(32))).await.0, 404);
    assert_eq!(Client::refusal(&server, "/ws/relay").await.0, 400);
    let mut events = Client::connect(&server, "/ws/relay/events").await;
    events.send(r#"{"watch":"00"}"#).await;
    assert_eq!(events.json().await["code"], "unknown_id");
    events.send("{}").await;
    assert_eq!(events.json().await["code"], "bad_message");
}
