//! HTTP calls of a check.

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
