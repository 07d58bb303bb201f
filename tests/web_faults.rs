//! The view of faults, mounted in a headless Chromium and used as a person would, against the proxy of the practice server.
//!
//! Each test has a line of its own, so that none is struck by another's toxics.

#![cfg(target_arch = "wasm32")]

mod web {
    pub mod practice;
    pub mod user;
}

use std::time::Duration;

use gloo_timers::future::sleep;
use serde_json::Value;
use sockscope::browser::http::call_within;
use sockscope_engine::{Endpoint, HttpRequest, Payload};
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};
use web::practice::{Ear, address, api_address, breathe, no_server};
use web::user::User;

wasm_bindgen_test_configure!(run_in_browser);

/// The view with a line of this key that leads to the echo, and a connection through it.
async fn line(key: &str) -> (User, Ear) {
    let user = User::open_faults().await;
    api("DELETE", &format!("?key={key}"), None).await;
    user.type_into("line-key", key).await;
    user.type_into("line-target", &address("/echo")).await;
    user.until_text("reach", "A server listens there, at 127.0.0.1").await;
    let shown = user.find("line-address").and_then(|it| it.text_content()).expect("an address to connect to");
    let ear = Ear::connect_to(&Endpoint::parse(&shown).expect("a valid address"));
    ear.opened().await;
    (user, ear)
}

async fn api(method: &str, rest: &str, body: Option<&str>) -> Value {
    let request = HttpRequest {
        method: method.to_owned(),
        url: api_address(&format!("/proxy/toxics{rest}")),
        headers: Vec::new(),
        body: body.map(Payload::from),
        ..HttpRequest::default()
    };
    let answer = call_within(request, Duration::from_secs(10)).await.expect("the API answers");
    serde_json::from_str(&answer.body).expect("JSON")
}

/// Waits until the server has these toxics for a key, each with one of its attributes.
async fn until_on(key: &str, wanted: &[(&str, &str, f64)]) {
    let mut last = Value::Null;
    for _ in 0..300 {
        last = api("GET", &format!("?key={key}"), None).await;
        let all = last.as_array().expect("a list");
        let has = |(name, attribute, value): &(&str, &str, f64)| {
            all.iter().any(|it| it["type"] == *name && it["attributes"][*attribute].as_f64() == Some(*value))
        };
        if all.len() == wanted.len() && wanted.iter().all(has) {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("the server never had {wanted:?}; it has {last}");
}

/// How long the echo of the message with this number takes.
async fn echo(ear: &Ear, index: usize) -> Duration {
    let sent = ear.send(format!("message {index}").as_str());
    ear.message(index).await.0 - sent
}

#[test]
async fn latency_that_is_switched_on_makes_an_echo_late_and_switched_off_it_is_fast_again() {
    let (user, ear) = line("web-latency").await;
    assert!(echo(&ear, 0).await < Duration::from_millis(300));
    user.type_into("latency-latency", "400").await;
    user.click("latency-on").await;
    until_on("web-latency", &[("latency", "latency", 400.0)]).await;
    let late = echo(&ear, 1).await;
    assert!((Duration::from_millis(400)..Duration::from_secs(3)).contains(&late), "{late:?}");
    user.click("latency-on").await;
    until_on("web-latency", &[]).await;
    assert!(echo(&ear, 2).await < Duration::from_millis(300));
}

#[test]
async fn nothing_arrives_during_a_stall_and_all_off_makes_the_proxy_transparent() {
    let (user, ear) = line("web-stall").await;
    user.choose("timeout-direction", "both").await;
    user.click("timeout-on").await;
    user.click("duplicate-on").await;
    until_on("web-stall", &[("timeout", "timeout", 0.0), ("duplicate", "probability", 0.1)]).await;
    ear.send("lost");
    breathe(Duration::from_millis(300)).await;
    assert_eq!(ear.messages().len(), 0);
    user.until_text("on-count", "2 toxics on").await;
    user.click("all-off").await;
    until_on("web-stall", &[]).await;
    user.until_text("on-count", "Nothing is on").await;
    assert!(echo(&ear, 0).await < Duration::from_millis(300));
    assert_eq!(ear.messages().len(), 1);
}

#[test]
async fn a_slider_that_is_dragged_ends_on_the_server_where_it_was_let_go() {
    let (user, _ear) = line("web-drag").await;
    user.click("latency-on").await;
    user.drag("latency-latency-slider", (0..40).chain((17..40).rev())).await;
    assert_eq!(user.value("latency-latency"), "80");
    until_on("web-drag", &[("latency", "latency", 80.0)]).await;
    // Also after everything that was still on its way.
    breathe(Duration::from_millis(300)).await;
    until_on("web-drag", &[("latency", "latency", 80.0)]).await;
    user.click("all-off").await;
    until_on("web-drag", &[]).await;
}

#[test]
async fn a_preset_is_several_toxics_and_takes_the_place_of_another_one() {
    let (user, _ear) = line("web-preset").await;
    user.click("slow-3g").await;
    until_on("web-preset", &[("latency", "latency", 200.0), ("bandwidth", "rate", 50.0)]).await;
    user.click("unreliable").await;
    let five = |name| (name, "probability", 0.05);
    until_on("web-preset", &[five("drop"), five("duplicate"), five("reorder")]).await;
    user.click("all-off").await;
    until_on("web-preset", &[]).await;
}

#[test]
async fn what_others_switch_is_seen_and_removed_by_all_off() {
    let (user, _ear) = line("web-other").await;
    let toxic =
        r#"{"name":"from-a-suite","type":"drop","key":"web-other","attributes":{"probability":0.25}}"#;
    api("POST", "", Some(toxic)).await;
    let second = r#"{"name":"second","type":"drop","key":"web-other","attributes":{"probability":0.5}}"#;
    api("POST", "", Some(second)).await;
    user.until_text("others", "second").await;
    assert_eq!(user.value("drop-probability"), "25");
    user.type_into("drop-probability", "30").await;
    until_on("web-other", &[("drop", "probability", 0.3), ("drop", "probability", 0.5)]).await;
    user.click("all-off").await;
    until_on("web-other", &[]).await;
    user.until_text("on-count", "Nothing is on").await;
}

#[test]
async fn a_number_that_is_none_is_marked_and_not_sent() {
    let (user, _ear) = line("web-number").await;
    user.click("close-on").await;
    until_on("web-number", &[("close", "code", 1011.0)]).await;
    user.type_into("close-code", "70000").await;
    user.until_text("toxic-close", "Not applied: expected a whole number from 0 to 65535.").await;
    user.type_into("close-code", "4000").await;
    until_on("web-number", &[("close", "code", 4000.0)]).await;
    user.click("all-off").await;
    until_on("web-number", &[]).await;
}

#[test]
async fn who_is_connected_is_seen_with_what_has_passed() {
    let (user, ear) = line("web-seen").await;
    echo(&ear, 0).await;
    user.until_text("connected", "key web-seen").await;
    user.until_text("connected", "↑ 1 message, 9\u{2009}B").await;
    user.until_text("connected", "↓ 1 message, 9\u{2009}B").await;
    drop(ear);
    user.until("the connection to be gone", || {
        let text = user.find("connected").and_then(|it| it.text_content()).unwrap_or_default();
        (!text.contains("web-seen")).then_some(())
    })
    .await;
}

#[test]
async fn a_target_that_is_out_of_reach_is_said_before_connecting() {
    let user = User::open_faults().await;
    for (target, words) in [
        ("ws://192.0.2.1:9/chat", "start it with --allow-target 192.0.2.1:9 to let it"),
        ("ws://127.0.0.1:59/", "cannot be reached"),
        ("ftp://localhost", "is not a WebSocket address: it must begin with ws://"),
    ] {
        user.type_into("line-target", target).await;
        user.until_text("reach", words).await;
    }
}

#[test]
async fn a_page_that_another_server_serves_says_that_there_is_no_proxy() {
    let user = User::open_faults_of(&no_server()).await;
    user.until_text("no-proxy", "sockscope serve").await;
    let toxics = user.all(".toxics").remove(0);
    assert!(toxics.has_attribute("disabled"));
}
