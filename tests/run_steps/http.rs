//! HTTP calls of a check.

use sockscope_engine::suite::Files;
use sockscope_engine::{HttpRequest, HttpResponse, Payload, Redirect};

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
fn called(more: Value, expect: Value, answer: HttpResponse) -> (Outcome, HttpRequest) {
    called_with(Files::default(), more, expect, answer)
}

fn called_with(files: Files, more: Value, expect: Value, answer: HttpResponse) -> (Outcome, HttpRequest) {
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
    let outcome =
        support::simulated::run_in(sim, &suite.to_string(), &Setting { files, ..Setting::default() });
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

/// A file that is not text, and one that is.
fn photo_and_note() -> Files {
    Files::of_contents([
        ("img/photo.png".to_owned(), Payload::Binary(vec![0x89, b'P', 0, 255])),
        ("note.txt".to_owned(), Payload::Binary("{{room}} é".into())),
    ])
}

/// What a call sends with these keys.
#[track_caller]
fn sent(more: Value) -> HttpRequest {
    let answer = HttpResponse { status: 200, ..HttpResponse::default() };
    let (outcome, request) = called_with(photo_and_note(), more, json!({}), answer);
    assert_eq!(told(&outcome), Vec::<String>::new());
    request
}

fn content_type(request: &HttpRequest) -> Vec<&str> {
    let headers = request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    headers.map(|(_, value)| value.as_str()).collect()
}

#[test]
fn a_file_is_sent_byte_for_byte() {
    let request = sent(json!({"body": {"file": "img/photo.png"}}));
    assert_eq!(request.body, Some(Payload::Binary(vec![0x89, b'P', 0, 255])));
    assert_eq!((request.method.as_str(), content_type(&request)), ("POST", vec!["application/octet-stream"]));
    let request =
        sent(json!({"method": "PUT", "body": {"file": "note.txt", "type": "text/{{env.KIND ?? plain}}"}}));
    assert_eq!(request.body, Some(Payload::Binary("{{room}} é".into())));
    assert_eq!((request.method.as_str(), content_type(&request)), ("PUT", vec!["text/plain"]));
    let typed =
        json!({"headers": {"CONTENT-TYPE": "image/x"}, "body": {"file": "note.txt", "type": "text/plain"}});
    assert_eq!(content_type(&sent(typed)), ["image/x"]);
}

#[test]
fn a_form_has_its_parts_one_after_the_other() {
    let request = sent(json!({"multipart": [
        {"name": "ti\"t\r\nle", "text": "é{{env.KIND ?? x}}"},
        {"name": "tags", "json": ["a", 1]},
        {"name": "photo", "file": "img/photo.png", "type": "image/png"},
        {"name": "note", "file": "note.txt", "filename": "\"n\".txt"}]}));
    let kind = content_type(&request).concat();
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").expect("a form").to_owned();
    let mut wanted = Vec::new();
    for (head, content) in [
        ("name=\"ti%22t%0D%0Ale\"", "éx".as_bytes()),
        ("name=\"tags\"\r\nContent-Type: application/json", b"[\"a\",1]"),
        ("name=\"photo\"; filename=\"photo.png\"\r\nContent-Type: image/png", &[0x89, b'P', 0, 255]),
        (
            "name=\"note\"; filename=\"%22n%22.txt\"\r\nContent-Type: application/octet-stream",
            "{{room}} é".as_bytes(),
        ),
    ] {
        wanted.extend(format!("--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n").into_bytes());
        wanted.extend(content);
        wanted.extend(b"\r\n");
    }
    wanted.extend(format!("--{boundary}--\r\n").into_bytes());
    assert_eq!(request.body, Some(Payload::Binary(wanted)));
    assert_eq!(request.method, "POST");
    let again = sent(json!({"multipart": [{"name": "a", "text": ""}]}));
    assert_eq!(content_type(&again), [kind], "the boundary comes from the seed");
}

#[test]
fn err_a_content_type_that_would_begin_another_header() {
    let parts = json!({"multipart": [{"name": "a", "text": "", "type": "{{kind}}"}]});
    let mut suite =
        suite("/ws", &json!([{"set": {"kind": "a\r\nx: y"}}, {"http": {"url": "http://sim/api/x"}}]));
    suite["checks"][0]["steps"][1]["http"]["multipart"] = parts["multipart"].clone();
    assert_eq!(
        told(&run_text(&suite.to_string(), &Setting::default())),
        ["steps[1] script: expected a content type such as \"image/png\", found \"a\\r\\nx: y\""]
    );
}
