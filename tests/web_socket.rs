//! The browser's socket against the real practice server, in a worker, where sockets live.

#![cfg(target_arch = "wasm32")]

mod web {
    pub mod practice;
}

use std::time::Duration;

use sha2::{Digest, Sha256};
use sockscope_engine::{Closing, Endpoint, Event, Payload, SendError, Socket};
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};
use web::practice::{Ear, breathe, eventually};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[test]
async fn a_long_text_comes_back_whatever_is_in_it() {
    let ear = Ear::open("/echo").await;
    let texts = [
        "a".repeat(5000),
        "aé€😀\0".repeat(2000),
        "€".repeat(1024),
        "a".repeat(1023) + "😀",
        "😀".repeat(512),
    ];
    for (place, text) in texts.into_iter().enumerate() {
        ear.send(&*text);
        let (_, payload) = ear.message(place).await;
        assert!(payload == text.as_str().into(), "text {place}");
    }
}

#[test]
async fn a_text_comes_back_and_its_time_is_measured() {
    let ear = Ear::open("/echo").await;
    let sent = ear.send("aé€😀\0");
    let (at, payload) = ear.message(0).await;
    assert_eq!(payload, "aé€😀\0".into());
    assert!(at >= sent, "a reply is never stamped before its question");
    assert!(at - sent < Duration::from_secs(5), "an echo on loopback took {:?}", at - sent);
}

#[test]
async fn injected_latency_is_what_is_measured() {
    let ear = Ear::open("/fault?latency=50ms").await;
    let sent = ear.send("slow");
    let (at, _) = ear.message(0).await;
    assert!(at - sent >= Duration::from_millis(49), "{:?} for 50 ms", at - sent);
}

#[test]
async fn every_byte_survives_in_binary() {
    let ear = Ear::open("/echo").await;
    let bytes: Vec<u8> = (0..100_000u32).map(|i| (i.wrapping_mul(i) >> 7) as u8).collect();
    let hash = Sha256::digest(&bytes);
    ear.send(Payload::Binary(bytes));
    let (_, Payload::Binary(back)) = ear.message(0).await else { panic!("binary came back as text") };
    assert_eq!(Sha256::digest(&back), hash);
}

#[test]
async fn a_megabyte_comes_back_whole() {
    let ear = Ear::open("/echo").await;
    let text: Payload = "0123456789abcdef".repeat(65_536).as_str().into();
    assert_eq!(text.as_bytes().len(), 1 << 20);
    ear.send(text.clone());
    assert!(ear.message(0).await.1 == text, "the megabyte changed on its way");
}

#[test]
async fn an_empty_message_is_a_message() {
    let ear = Ear::open("/echo").await;
    ear.send("");
    ear.send(Payload::Binary(Vec::new()));
    assert_eq!(ear.message(0).await.1, "".into());
    assert_eq!(ear.message(1).await.1, Payload::Binary(Vec::new()));
}

#[test]
async fn two_thousand_in_a_burst_come_back_in_order() {
    let ear = Ear::open("/echo").await;
    for i in 0..2000 {
        ear.send(format!("{i}").as_str());
    }
    ear.message(1999).await;
    let messages = ear.messages();
    for (i, (_, payload)) in messages.iter().enumerate() {
        assert_eq!(*payload, format!("{i}").as_str().into());
    }
    assert!(messages.windows(2).all(|pair| pair[0].0 <= pair[1].0), "the stamps never go back");
}

#[test]
async fn our_close_code_comes_back_from_the_server() {
    let ear = Ear::open("/echo").await;
    ear.socket.close(&Closing::new(4321, "enough é").expect("sendable")).expect("an open socket closes");
    assert_eq!(ear.closed().await, (4321, "enough é".to_owned(), true));
}

#[test]
async fn the_servers_close_code_and_reason_arrive() {
    let ear = Ear::open("/fault?close_after=1&close_code=4007&close_reason=too%20loud").await;
    ear.send("x");
    assert_eq!(ear.closed().await, (4007, "too loud".to_owned(), true));
}

#[test]
async fn a_refused_handshake_fails_and_closes_with_1006() {
    let ear = Ear::connect("/fault?refuse=401");
    let (code, reason, clean) = ear.closed().await;
    assert_eq!((code, reason.as_str(), clean), (1006, "", false));
    assert_eq!(ear.events().first(), Some(&Event::Failed));
}

#[test]
async fn a_port_without_a_listener_fails_with_1006() {
    // Port 9 (discard) is one that browsers refuse to connect to; port 1 would be too. This one is merely closed.
    let ear = Ear::connect_to(&Endpoint::parse("ws://127.0.0.1:59").expect("valid"));
    assert_eq!(ear.closed().await.0, 1006);
}

#[test]
async fn a_server_that_drops_us_is_1006_after_open() {
    let ear = Ear::open("/fault?abort_after=1").await;
    ear.send("x");
    let (code, _, clean) = ear.closed().await;
    assert_eq!((code, clean), (1006, false));
}

#[test]
async fn the_subprotocol_is_negotiated() {
    let endpoint = Endpoint::parse(&web::practice::address("/echo")).expect("valid");
    let offered = endpoint.with_protocols(["unknown.v9", "echo.v2", "echo.v1"]).expect("tokens");
    let ear = Ear::connect_to(&offered);
    let (_, protocol) = ear.opened().await;
    assert!(["echo.v1", "echo.v2"].contains(&protocol.as_str()), "{protocol:?}");
}

#[test]
async fn an_unknown_subprotocol_does_not_open() {
    let endpoint = Endpoint::parse(&web::practice::address("/echo")).expect("valid");
    let ear = Ear::connect_to(&endpoint.with_protocols(["unknown.v9"]).expect("a token"));
    assert_eq!(ear.closed().await.0, 1006);
}

#[test]
async fn a_send_before_open_is_an_error() {
    let ear = Ear::connect("/echo");
    assert_eq!(ear.socket.send(&"x".into()), Err(SendError::NotOpenYet));
}

#[test]
async fn a_send_after_close_is_an_error() {
    let ear = Ear::open("/echo").await;
    ear.socket.close(&Closing::normal()).expect("an open socket closes");
    assert_eq!(ear.socket.send(&"x".into()), Err(SendError::Closed));
    ear.closed().await;
    assert_eq!(ear.socket.send(&"x".into()), Err(SendError::Closed));
    assert_eq!(ear.socket.close(&Closing::normal()), Err(SendError::Closed));
}

#[test]
async fn nothing_comes_after_closed() {
    let ear = Ear::open("/echo").await;
    for _ in 0..100 {
        ear.send("late");
    }
    ear.socket.close(&Closing::normal()).expect("an open socket closes");
    ear.closed().await;
    let count = ear.events().len();
    // Another connection's whole life is proof enough that the browser has had its turn.
    let other = Ear::open("/echo").await;
    other.send("x");
    other.message(0).await;
    assert_eq!(ear.events().len(), count);
    assert!(matches!(ear.events().last(), Some(Event::Closed { .. })));
}

#[test]
async fn a_dropped_socket_reports_nothing() {
    let ear = Ear::open("/echo").await;
    ear.send("unheard");
    let (socket, heard) = ear.split();
    let count = heard.borrow().len();
    drop(socket);
    breathe(Duration::from_millis(100)).await;
    assert_eq!(heard.borrow().len(), count);
}

#[test]
async fn what_waits_in_the_browser_is_counted() {
    let ear = Ear::open("/echo").await;
    assert_eq!(ear.socket.buffered(), 0);
    ear.send(Payload::Binary(vec![0; 4 << 20]));
    assert!(ear.socket.buffered() > 0, "4 MiB cannot have left within the same task");
    eventually("the buffer to drain", || (ear.socket.buffered() == 0).then_some(())).await;
}

#[test]
async fn a_message_over_the_servers_limit_is_answered_with_1009() {
    let ear = Ear::open("/echo").await;
    ear.send(Payload::Binary(vec![0; 40 << 20]));
    assert_eq!(ear.closed().await.0, 1009);
}

#[test]
async fn a_second_user_hears_what_the_first_says() {
    let (alice, bob) = (Ear::open("/rooms?user=alice").await, Ear::open("/rooms?user=bob").await);
    for ear in [&alice, &bob] {
        ear.send(r#"{"type":"join","room":"web-socket-test"}"#);
        ear.message(0).await;
    }
    let before = bob.messages().len();
    alice.send(r#"{"type":"say","room":"web-socket-test","text":"hi bob"}"#);
    let (_, said) = bob.message(before).await;
    let Payload::Text(said) = said else { panic!("rooms speak text") };
    let said: serde_json::Value = serde_json::from_str(&said).expect("rooms speak JSON");
    assert_eq!((said["type"].as_str(), said["text"].as_str()), (Some("said"), Some("hi bob")));
}
