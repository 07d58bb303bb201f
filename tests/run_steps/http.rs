//! HTTP calls of a check.

use sockscope_engine::{HttpResponse, Redirect};

use super::*;

#[test]
fn an_http_call_causes_an_event() {
    let steps = json!([
        open(),
        {"http": {"method": "POST", "url": "http://sim/api/events", "json": {"type": "t", "data": {"n": 1}}},
         "mark": "published", "expect": {"status": 202, "subset": {"id": {"$type": "string"}}, "capture": {"event": "$.id"}}},
        {"on": "a", "expect": {"subset": {"type": "t", "id": "{{event}}"}, "since": "published", "metric": "event"}}
    ]);
    holds("/ws/events", steps.clone());
    fails(
        "/ws/events",
        Faults { drops: Some(0), ..Faults::default() },
        steps,
        "steps[2] timeout: JSON containing {\"type\":\"t\",\"id\":\"e-1\"} did not come within 2 s; no other message came",
    );
}

#[test]
fn an_http_answer_is_judged() {
    let call = |url: &str, expect: Value| json!([{"http": {"url": url}, "expect": expect}]);
    holds("/ws", call("http://sim/api/health", json!({"status": 200, "subset": {"status": "ok"}})));
    holds("/ws", json!([{"http": {"url": "http://sim/api/health"}}]));
    fails(
        "/ws",
        Faults::default(),
        call("http://sim/api/nothing", json!({"status": [200, 204]})),
        "steps[0] http: GET http://sim/api/nothing was answered with status 404, expected 200 or 204: \
         {\"error\":\"no such path\"}",
    );
    fails(
        "/ws",
        Faults { status: Some(500), ..Faults::default() },
        json!([{"http": {"url": "http://sim/api/health"}}]),
        "steps[0] http: GET http://sim/api/health was answered with status 500, expected a status below 400: \
         {\"error\":\"as told\"}",
    );
    fails(
        "/ws",
        Faults::default(),
        call("http://sim/api/health", json!({"subset": {"status": "bad"}})),
        "steps[0] http: the answer to GET http://sim/api/health is not as expected: expected JSON containing \
         {\"status\":\"bad\"}",
    );
    fails(
        "/ws",
        Faults::default(),
        call("http://nowhere/", json!({"status": 200})),
        "steps[0] http: GET http://nowhere/ was not answered: nothing answers there",
    );
    fails(
        "/ws",
        Faults::default(),
        call("http://sim/api/health", json!({"within": "500us"})),
        "steps[0] timeout: GET http://sim/api/health was not answered within 500 µs",
    );
}

#[test]
fn who_is_not_connected_can_call_and_set() {
    let text = json!({
        "sockscope": 1, "suite": "s", "clients": {"crowd": {"url": "ws://sim/ws/events", "count": 2}},
        "checks": [{"check": "c", "steps": [
            {"on": "crowd", "http": {"method": "POST", "url": "http://sim/api/events", "json": {"type": "{{client}}"}},
             "expect": {"capture": {"event": "$.id"}}},
            {"on": "crowd", "set": {"who": "{{client}}"}},
            {"connect": "crowd"},
            {"on": "crowd", "send": "{{event}}", "expect": {"text": "e-1"}}
        ]}]
    });
    assert_eq!(told(&run_text(&text.to_string(), &Setting::default())), Vec::<String>::new());
}

/// What a call to this world asked for, and what it brings back.
fn called(more: Value, expect: Value, answer: HttpResponse) -> (Outcome, sockscope_engine::HttpRequest) {
    let asked = std::rc::Rc::new(std::cell::RefCell::new(None));
    let sim = support::simulated::world(42, Faults::default());
    let (heard, told) = (asked.clone(), answer);
    sim.answer("http://other/", move |request| {
        heard.borrow_mut().replace(request.clone());
        (std::time::Duration::from_millis(1), Ok(told.clone()))
    });
    let mut http = json!({"url": "http://other/page"});
    for (key, value) in more.as_object().expect("an object") {
        http[key] = value.clone();
    }
    let mut suite = suite("/ws", &json!([{"http": http, "expect": expect}]));
    if more.get("cookies").is_none() {
        suite["defaults"] = json!({"cookies": true});
    }
    let outcome = support::simulated::run_in(sim, &suite.to_string(), &Setting::default());
    let request = asked.borrow_mut().take().expect("a call");
    (outcome, request)
}

#[test]
fn a_call_takes_cookies_along_where_it_says_so_or_the_defaults_do() {
    let answer = || HttpResponse { status: 200, ..HttpResponse::default() };
    let (outcome, request) = called(json!({}), json!({}), answer());
    assert_eq!((told(&outcome), request.cookies, request.redirect), (Vec::new(), true, Redirect::Follow));
    let (_, request) = called(json!({"cookies": false, "redirect": "manual"}), json!({}), answer());
    assert_eq!((request.cookies, request.redirect), (false, Redirect::Manual));
}

#[test]
fn a_redirect_is_seen() {
    let answer = |redirected| HttpResponse {
        status: 200,
        url: "http://other/landed?x=1".to_owned(),
        redirected,
        ..HttpResponse::default()
    };
    let wanted = json!({"redirected": true, "url": {"contains": "/landed"}});
    assert_eq!(told(&called(json!({}), wanted.clone(), answer(true)).0), Vec::<String>::new());
    assert_eq!(
        told(&called(json!({}), wanted, answer(false)).0),
        ["steps[0] http: expected GET http://other/page to be redirected, and it was answered from there"]
    );
    assert_eq!(
        told(&called(json!({}), json!({"redirected": false}), answer(true)).0),
        ["steps[0] http: expected GET http://other/page to be answered without a redirect, and it led to \
             http://other/landed?x=1"]
    );
    assert_eq!(
        told(&called(json!({}), json!({"url": "http://other/login"}), answer(true)).0),
        [
            "steps[0] http: GET http://other/page was answered from http://other/landed?x=1, expected an address like \
             text \"http://other/login\""
        ]
    );
}
