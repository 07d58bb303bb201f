//! What only the native engine does: each example of the reference holds on a real server, and each expectation can fail.

use serde_json::{Value, json};
use support::practice::Practice;

use super::{BINARY, native};

const PAGE: &str = include_str!("../../../docs/reference/suite-format.md");

/// Runs one check against the practice server, and gives its report.
fn check(client: Value, steps: Value) -> Value {
    let server = Practice::start_of(BINARY, &[]);
    let mut client = client;
    client["url"] = json!(format!("{}{}", server.ws, client["url"].as_str().unwrap_or("/echo")));
    let suite = json!({ "sockscope": 1, "suite": "beyond", "clients": { "a": client },
        "checks": [ { "check": "c", "steps": steps } ] });
    let ended = native(&["OUT/s.json", "--json", "OUT/r.json"]).with_file("s.json", suite.to_string()).run();
    ended.json("r.json")["checks"][0].clone()
}

#[track_caller]
fn passes(client: Value, steps: Value) {
    let check = check(client, steps);
    assert_eq!(check["verdict"], "pass", "{check:#}");
}

#[track_caller]
fn fails(client: Value, steps: Value, says: &str) {
    let check = check(client, steps);
    assert_eq!(check["verdict"], "fail", "{check:#}");
    let steps = check["steps"].as_array().expect("steps");
    let message = steps.iter().find_map(|step| step["failure"]["message"].as_str()).expect("a failure");
    assert!(message.contains(says), "{says:?} in {message:?}");
}

#[test]
fn the_example_of_the_reference_holds() {
    let (_, rest) = PAGE.split_once("## Beyond a browser").expect("the section");
    let (_, rest) = rest.split_once("```json\n").expect("its example");
    let (suite, _) = rest.split_once("\n```").expect("a block has an end");
    let ended = native(&["OUT/s.json", "--json", "OUT/r.json"]).with_file("s.json", suite).run();
    ended.assert_code(0);
    let report = ended.json("r.json");
    assert_eq!(report["totals"]["passed"], 6, "{:#}", report["totals"]);
    assert_eq!(report["metrics"]["ping"]["count"], 2);
}

#[test]
fn the_answer_to_a_handshake_is_asserted() {
    let refused = json!({ "url": "/nowhere" });
    passes(
        refused.clone(),
        json!([ { "connect": "a", "expect": { "refused": true, "status": [403, 404] } } ]),
    );
    fails(
        refused,
        json!([ { "connect": "a", "expect": { "refused": true, "status": 401 } } ]),
        "the handshake was answered with status 404, expected 401",
    );
    fails(
        json!({}),
        json!([ { "connect": "a", "expect": { "headers": { "server": "nginx" } } } ]),
        "expected the header field server of the answer text \"nginx\", found none",
    );
    passes(json!({}), json!([ { "connect": "a", "expect": { "headers": { "x-nothing": "" } } } ]));
}

#[test]
fn an_origin_of_a_client_is_what_the_server_judges() {
    // The proxy of the practice server is for its own page alone.
    let connect =
        |status: u16| json!([ { "connect": "a", "expect": { "refused": true, "status": status } } ]);
    let proxy = "/proxy?to=ws://127.0.0.1:9/";
    passes(json!({ "url": proxy, "origin": "https://evil.example" }), connect(403));
    passes(json!({ "url": proxy }), connect(502));
}

#[test]
fn a_cookie_and_a_header_of_a_client_open_a_door() {
    let connect = |status: u16, refused: bool| json!([ { "connect": "a", "expect": { "refused": refused, "status": status } } ]);
    passes(json!({ "url": "/echo?session=required" }), connect(401, true));
    let with = |client: Value| {
        let server = Practice::start_of(BINARY, &[]);
        let suite = json!({ "sockscope": 1, "suite": "beyond",
            "vars": { "session": "" }, "clients": { "a": client },
            "checks": [ { "check": "c", "steps": [
                { "http": { "method": "POST", "url": format!("{}/login", server.url("api")), "json": { "user": "ann" }, "cookies": true },
                  "expect": { "status": [200, 204] } },
                { "connect": "a", "expect": { "status": 101 } } ] } ] });
        let suite = suite.to_string().replace("WS", &server.ws);
        native(&["OUT/s.json"]).with_file("s.json", &suite).run()
    };
    // What a call has got goes along with the handshake, unless the client names cookies of its own.
    with(json!({ "url": "WS/echo?session=required" })).assert_code(0);
    with(json!({ "url": "WS/echo?session=required", "cookies": { "session": "wrong" } })).assert_code(1);
}

#[test]
fn a_ping_without_its_pong_fails() {
    let steps = json!([ { "connect": "a" }, { "on": "a", "ping": "x", "expect": { "within": "200ms" } } ]);
    fails(json!({ "url": "/fault?silent=all" }), steps, "expected the pong within 200");
}

#[test]
fn broken_frames_are_answered_as_the_protocol_wants() {
    for (frame, code) in [
        (json!({ "opcode": 3, "payload": "x" }), 1002),
        (json!({ "rsv": 4, "payload": "x" }), 1002),
        (json!({ "opcode": "continuation", "payload": "x" }), 1002),
        (json!({ "opcode": "ping", "fin": false }), 1002),
        (json!({ "opcode": "text", "payload": { "$hex": "ff" } }), 1007),
    ] {
        let steps = json!([ { "connect": "a" }, { "on": "a", "send": { "$frame": frame } },
            { "on": "a", "closed": { "code": code } } ]);
        passes(json!({}), steps);
    }
}
