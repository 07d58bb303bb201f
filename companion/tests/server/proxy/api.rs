//! `/api/proxy`: toxics that are switched while connections live.

use serde_json::{Value, json};
use sockscope_companion::Running;

use support::client::{Client, Seen, port, server};
use support::proxied::{echo, to_own};
use support::raw::{get, http, post};

/// Adds a toxic, which has to be new.
async fn add(server: &Running, toxic: Value) -> Value {
    let answer = post(server, "/api/proxy/toxics", &toxic.to_string()).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

async fn remove(server: &Running, path: &str) -> (u16, Value) {
    let answer = http(server, "DELETE", path, &[], "").await;
    (answer.status, answer.json())
}

async fn says(client: &mut Client, text: &str) -> String {
    client.send(text).await;
    client.text().await
}

#[tokio::test]
async fn a_toxic_is_shown_as_it_was_understood() {
    let server = server().await;
    for (given, shown) in [
        (
            json!({ "type": "latency", "attributes": { "latency": 100, "jitter": "20ms" } }),
            json!({ "name": "latency_downstream", "type": "latency", "stream": "downstream", "toxicity": 1.0,
                "attributes": { "latency": 100, "jitter": 20 }, "key": null }),
        ),
        (
            json!({ "name": "cut", "type": "slicer", "stream": "upstream", "toxicity": 0.5, "key": "me",
                "attributes": { "average_size": 10, "after": 3 } }),
            json!({ "name": "cut", "type": "slicer", "stream": "upstream", "toxicity": 0.5,
                "attributes": { "average_size": 10, "size_variation": 0, "delay": 0, "after": 3 }, "key": "me" }),
        ),
        (
            json!({ "type": "close", "stream": "both" }),
            json!({ "name": "close_both", "type": "close", "stream": "both", "toxicity": 1.0,
                "attributes": { "code": 1000, "reason": "" }, "key": null }),
        ),
    ] {
        assert_eq!(add(&server, given).await, shown);
    }
    let all = get(&server, "/api/proxy").await.json();
    assert_eq!((&all["total"], all["toxics"].as_array().unwrap().len()), (&json!(0), 3));
    assert_eq!(get(&server, "/api/proxy/toxics?key=me").await.json()[0]["name"], "cut");
    assert_eq!(get(&server, "/api/proxy/toxics/cut?key=me").await.json()["type"], "slicer");
}

#[tokio::test]
async fn what_is_not_a_toxic_is_refused_in_words() {
    let server = server().await;
    for (body, words) in [
        (r#"{"type":"latncy"}"#, "unknown type \"latncy\"; known are latency, bandwidth"),
        (r#"{"type":"latency","attributes":{"latncy":1}}"#, "\"latncy\"; known are latency, jitter, after"),
        (r#"{"type":"latency","attributes":{"latency":"soon"}}"#, "latency=\"soon\" is not a duration"),
        (r#"{"type":"latency","attributes":{"latency":[]}}"#, "neither a number nor a text"),
        (r#"{"type":"bandwidth"}"#, "\"rate\" is missing"),
        (r#"{"type":"drop","stream":"up"}"#, "\"up\" is not upstream, downstream or both"),
        (r#"{"type":"drop","toxicity":1.5}"#, "1.5 is not a probability"),
        (r#"{"type":"drop","name":"a b"}"#, "is not made of"),
        (r#"{"type":"drop","key":""}"#, "the key is empty"),
        (r#"{"type":"drop","toxicty":1}"#, "toxicty"),
        (r#"{"#, "not what this path takes"),
    ] {
        let answer = post(&server, "/api/proxy/toxics", body).await;
        let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(answer.status == 400 && message.contains(words), "{body}: {} {message}", answer.status);
    }
}

#[tokio::test]
async fn toxics_are_switched_while_a_connection_lives() {
    let server = server().await;
    let mut client = echo(&server, "").await;
    assert_eq!(says(&mut client, "0").await, "0");
    add(&server, json!({ "name": "twice", "type": "duplicate", "stream": "upstream" })).await;
    assert_eq!((says(&mut client, "1").await, client.text().await), ("1".into(), "1".into()));
    add(&server, json!({ "name": "lost", "type": "drop", "stream": "downstream" })).await;
    client.send("2").await;
    // The same name is the same toxic, with other attributes.
    let weaker = json!({ "name": "lost", "type": "drop", "attributes": { "probability": 0 } });
    let both_lost = async || {
        let way = get(&server, "/api/proxy").await.json()["connections"][0]["downstream"]["messages"].clone();
        (way == 5).then_some(())
    };
    support::client::eventually("both answers to be lost", both_lost).await;
    assert_eq!(post(&server, "/api/proxy/toxics", &weaker.to_string()).await.status, 200);
    assert_eq!(remove(&server, "/api/proxy/toxics/twice").await, (200, json!({ "removed": 1 })));
    assert_eq!(says(&mut client, "3").await, "3");
    assert_eq!(remove(&server, "/api/proxy/toxics").await, (200, json!({ "removed": 1 })));
    assert_eq!(says(&mut client, "4").await, "4");
}

#[tokio::test]
async fn a_black_hole_that_is_taken_away_leaves_a_working_connection() {
    let server = server().await;
    let mut client = echo(&server, "").await;
    for round in 0..3 {
        add(&server, json!({ "name": "hole", "type": "timeout", "stream": "upstream" })).await;
        for size in [1, 200, 70_000] {
            client.send(&"x".repeat(size)).await;
        }
        let eaten = async || {
            let way =
                get(&server, "/api/proxy").await.json()["connections"][0]["upstream"]["messages"].clone();
            (way == 4 * round + 3).then_some(())
        };
        support::client::eventually("the messages to be gone", eaten).await;
        remove(&server, "/api/proxy/toxics/hole").await;
        assert_eq!(says(&mut client, "back").await, "back", "round {round}");
    }
}

#[tokio::test]
async fn toxics_of_a_key_leave_others_alone_even_under_the_same_name() {
    let server = server().await;
    let (mut alice, mut bob) = (echo(&server, "key=alice").await, echo(&server, "key=bob").await);
    let mut keyless = echo(&server, "").await;
    add(&server, json!({ "name": "t", "type": "duplicate", "key": "alice" })).await;
    add(&server, json!({ "name": "t", "type": "close", "key": "bob", "attributes": { "code": 4001 } })).await;
    assert_eq!((says(&mut alice, "a").await, alice.text().await), ("a".into(), "a".into()));
    assert_eq!(bob.end().await, Seen::Close(4001, String::new()));
    assert_eq!(says(&mut keyless, "n").await, "n");

    let (status, error) = remove(&server, "/api/proxy/toxics/t").await;
    assert_eq!(status, 404);
    assert!(error["error"]["message"].as_str().unwrap().contains("?key="), "{error}");
    assert_eq!(remove(&server, "/api/proxy/toxics/t?key=bob").await.1, json!({ "removed": 1 }));
    let mut bob = echo(&server, "key=bob").await;
    assert_eq!(says(&mut bob, "b").await, "b");
    assert_eq!(remove(&server, "/api/proxy/toxics?key=alice").await.1, json!({ "removed": 1 }));
    assert_eq!(says(&mut alice, "a").await, "a");
    assert_eq!(says(&mut alice, "b").await, "b");
}

#[tokio::test]
async fn handshakes_are_refused_while_a_toxic_says_so() {
    let server = server().await;
    let path = to_own(&server, "/ws/echo", "key=me");
    add(&server, json!({ "name": "down", "type": "refuse", "key": "me", "attributes": { "status": 502 } }))
        .await;
    assert_eq!(Client::refusal(&server, &path).await.0, 502);
    echo(&server, "key=other").await;
    remove(&server, "/api/proxy/toxics/down?key=me").await;
    Client::connect(&server, &path).await;
}

#[tokio::test]
async fn a_reset_takes_the_toxics_away_and_connections_stay() {
    let server = server().await;
    let mut client = echo(&server, "").await;
    add(&server, json!({ "type": "duplicate" })).await;
    assert_eq!((says(&mut client, "1").await, client.text().await), ("1".into(), "1".into()));
    post(&server, "/api/reset", "").await;
    assert_eq!(says(&mut client, "2").await, "2");
    assert_eq!(says(&mut client, "3").await, "3");
    assert_eq!(get(&server, "/api/proxy/toxics").await.json(), json!([]));
}

#[tokio::test]
async fn unknown_paths_and_methods_are_refused_in_json() {
    let server = server().await;
    for (method, path, status, allow) in [
        ("POST", "/api/proxy", 405, Some("GET, HEAD")),
        ("PUT", "/api/proxy/toxics", 405, Some("GET, HEAD, POST, DELETE")),
        ("GET", "/api/proxy/toxics/none", 404, None),
        ("GET", "/api/proxy/other", 404, None),
        ("GET", "/api/proxyx", 404, None),
    ] {
        let answer = http(&server, method, path, &[], "").await;
        assert_eq!((answer.status, answer.header("allow").as_deref()), (status, allow), "{method} {path}");
        assert!(answer.json()["error"]["code"].is_string());
    }
}

#[tokio::test]
async fn a_page_of_another_origin_that_may_write_may_also_delete() {
    let origins = vec!["http://a.test".parse().unwrap()];
    let config = sockscope_companion::Config { origins, ..Default::default() };
    let server = sockscope_companion::Server::start(config).await.unwrap();
    let headers = [("Origin", "http://a.test"), ("Access-Control-Request-Method", "DELETE")];
    let answer = http(&server, "OPTIONS", "/api/proxy/toxics", &headers, "").await;
    assert!(answer.header("access-control-allow-methods").unwrap().contains("DELETE"));
    let foreign = http(&server, "DELETE", "/api/proxy/toxics", &[("Origin", "http://b.test")], "").await;
    assert_eq!(foreign.status, 403);
}

#[tokio::test]
async fn a_target_is_tried_and_what_is_wrong_with_it_is_said_in_words() {
    let server = server().await;
    let own = port(&server);
    // Bound and never listened on, so no other process gets it and none accepts.
    let taken = tokio::net::TcpSocket::new_v4().unwrap();
    taken.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let silent = taken.local_addr().unwrap().port();
    for (to, status, words) in [
        (format!("ws://127.0.0.1:{own}/ws/echo?token=secret"), 200, format!("127.0.0.1:{own}")),
        (format!("ws://127.0.0.1:{silent}"), 502, format!("127.0.0.1:{silent} cannot be reached")),
        ("ws://192.0.2.1:9/x".to_owned(), 403, "--allow-target 192.0.2.1:9".to_owned()),
        ("ws://nobody.invalid".to_owned(), 502, "has no address".to_owned()),
        ("http://localhost".to_owned(), 400, "begin with ws://".to_owned()),
    ] {
        let answer = post(&server, "/api/proxy/target", &json!({ "to": to }).to_string()).await;
        let text = answer.text();
        assert!(answer.status == status && text.contains(&words), "{to}: {} {text}", answer.status);
        assert!(!text.contains("secret"), "{text}");
    }
    assert_eq!(get(&server, "/api/proxy/target").await.status, 405);
}
