//! Suites that read, most of the time: every verb, in every block, with marks, captures and metrics that may or may not be
//! there.

use serde_json::{Map, Value, json};
use sockscope_engine::Payload;
use sockscope_engine::suite::Files;

use super::choices::Choices;
use super::json;

/// The longest that the checks of such a suite take, teardown and closing included, in seconds.
pub const CHECK_SECONDS: u64 = 5 + 5 + 2;
/// How many checks it has at most.
pub const MOST_CHECKS: u64 = 3;

/// What a suite may import, take rows from and send. Some of it has mistakes, and one imports itself.
const FILES: [(&str, &str); 7] = [
    (
        "lib/common.json",
        r#"{ "sockscope": 1, "suite": "common", "import": ["../lib/more.json"], "secrets": ["pin"], "vars": { "pin": "s3cret-word" },
  "define": { "shared": { "with": ["n"], "steps": [ { "use": "further", "n": "{{n}} {{pin}}" } ] } } }"#,
    ),
    (
        "lib/more.json",
        r#"{ "sockscope": 1, "suite": "more", "answers": [{ "to": { "text": "more?" }, "send": "{{message}}" }],
  "clients": { "far": { "url": "ws://sim/far", "framing": { "delimiter": "}" }, "heartbeat": { "every": "300ms", "send": "beat" } } },
  "define": { "further": { "with": ["n"], "steps": [ { "connect": "far" }, { "on": "far", "send": "{{n}}", "expect": { "echo": true } }, { "on": "far", "close": {} } ] } } }"#,
    ),
    (
        "lib/wrong.json",
        r#"{ "sockscope": 1, "suite": "wrong", "define": { "bad": { "stepz": [] } }, "é": 1 }"#,
    ),
    ("lib/loop.json", r#"{ "sockscope": 1, "suite": "loop", "import": ["loop.json"], "define": {} }"#),
    ("lib/cut.json", "{ \"sockscope\": 1,\n \"suite\": \"é"),
    ("users.csv", "row,n\nann,1\n\"{{n}}\",\"a \"\"b\"\"\"\n"),
    ("wrong.csv", "row,n\nann\n"),
];

/// The files beside every suite.
pub fn files() -> Files {
    let texts = FILES.iter().map(|(name, text)| ((*name).to_owned(), Payload::from(*text)));
    Files::of_contents(texts.chain([("blob.bin".to_owned(), Payload::Binary(vec![0, 255, b'\r', b'\n']))]))
}

const WAITS: &[&str] = &["0s", "1ms", "30ms", "700ms"];
const PATHS: &[&str] = &["$.id", "$", "$.a[0]", "$..type", "$[?@.id>1]", "$.*"];
const CLIENTS: &[&str] = &["a", "b", "*", "crowd", "crowd[1]"];

/// A suite of one to three checks, each with a timeout of five seconds.
pub fn suite(choices: &Choices<'_>) -> Value {
    let mut suite = json!({
        "sockscope": 1, "suite": "made of bytes",
        "vars": {"n": 2, "key": "s3cret-word"},
        "secrets": ["key"],
        "defaults": {"within": "50ms", "close_within": "2s"},
        "clients": {
            "a": {"url": "ws://sim/a"},
            "b": {"url": "ws://sim/b", "protocols": ["p.v1"]},
            "crowd": {"url": "ws://sim/c/{{index}}", "count": "{{n}}"}
        },
    });
    if choices.chance(60) {
        suite["defaults"]["correlate"] = if choices.chance(128) { json!("$.id") } else { picked(choices) };
    }
    if choices.chance(60) {
        suite["clients"][choices.pick(&["a", "b", "crowd"])]["framing"] = framing(choices);
    }
    if choices.chance(60) {
        suite["ignore"] = json!([matcher(choices, 1)]);
    }
    if choices.chance(40) {
        let crowd = suite["clients"]["crowd"].as_object_mut().expect("a client");
        crowd.remove("count");
        crowd.insert("each".to_owned(), rows(choices, false));
    }
    if choices.chance(60) {
        suite["answers"] = json!([answer(choices), answer(choices)]);
    }
    if choices.chance(40) {
        suite["clients"]["a"]["heartbeat"] =
            json!({"every": choices.pick(&["10ms", "300ms"]), "send": payload(choices)});
        if choices.chance(128) {
            suite["clients"]["a"]["heartbeat"]["expect"] = matcher(choices, 1);
        }
    }
    if choices.chance(60) {
        suite["invariants"] = json!([match choices.below(3) {
            0 => json!({"increasing": picked(choices)}),
            1 => json!({"unique": picked(choices), "on": "a"}),
            _ => json!({"max_gap": choices.pick(WAITS)}),
        }]);
    }
    if choices.chance(60) {
        suite["teardown"] = steps(choices, 1);
    }
    if choices.chance(60) {
        suite["setup"] = json!([{"mark": "k"}, {"set": {"x": json::value(choices, 1)}}]);
    }
    suite["define"] = json!({
        "ask": {"with": ["what"], "steps": [{"send": "{{what}}"}, {"expect": matcher(choices, 1)}]},
        "twice": {"with": ["n"], "steps": [{"use": "ask", "what": "{{n}}", "on": "*"}, {"use": "ask", "what": 2, "on": "a"}]},
    });
    match choices.chance(80) {
        true => suite["import"] = json!(["lib/common.json"]),
        false => suite["define"]["shared"] = json!({"with": ["n"], "steps": [{"set": {"x": "{{n}}"}}]}),
    }
    if choices.chance(4) {
        suite["import"] = json!([
            "lib/more.json",
            choices.pick(&["lib/wrong.json", "lib/loop.json", "lib/cut.json", "gone"])
        ]);
    }
    if choices.chance(80) {
        suite["thresholds"] = json!({"rtt.p99": "< 10ms", "received": ">= 1", "success": ">= 99%"});
    }
    let checks = (0..1 + choices.below(MOST_CHECKS as usize)).map(|number| {
        let mut check = json!({"check": format!("c{number}"), "timeout": "5s", "strict": choices.chance(60)});
        if choices.chance(40) {
            check["each"] = rows(choices, true);
            check["check"] = format!("c{number} {{{{row}}}}").into();
        }
        let mut all = Vec::new();
        if !choices.chance(40) {
            all.push(json!({"connect": "*", "mark": "m"}));
        }
        if let Value::Array(more) = steps(choices, 3) {
            all.extend(more);
        }
        check["steps"] = all.into();
        if choices.chance(40) {
            check["thresholds"] = json!({"missing": "<= 3"});
        }
        check
    });
    suite["checks"] = checks.collect();
    suite
}

/// Rows of a check, or those that are dealt to a group, at most two.
fn rows(choices: &Choices<'_>, are_of_check: bool) -> Value {
    match choices.below(if are_of_check { 5 } else { 4 }) {
        0 | 1 => json!({"file": "users.csv"}),
        2 => json!([{"row": json::value(choices, 1)}]),
        3 => json!([{"row": "{{n}}", "n": 1}, {"row": json::text(choices), "n": 2}]),
        _ => json!({"row": [1, "{{key}}"]}),
    }
}

fn framing(choices: &Choices<'_>) -> Value {
    let mut framing = match choices.chance(128) {
        true => json!({"delimiter": choices.pick(&["\n", "}", "\u{0}", "aa"])}),
        false => json!({
            "length": choices.pick(&["u8", "i16le", "u64", "varint"]),
            "at": choices.below(3),
            "add": choices.pick(&[0, -3, 7]),
            "strip": choices.chance(128),
        }),
    };
    framing["max"] = choices.pick(&[1, 9, 70_000]).into();
    if choices.chance(128) {
        framing["as"] = choices.pick(&["text", "binary"]).into();
    }
    framing
}

/// The place of a value in a message of any kind.
fn picked(choices: &Choices<'_>) -> Value {
    match choices.below(4) {
        0 => json!({"regex": choices.pick(&["(a|a)*b", "(?<kind>p)", "^.*$"])}),
        1 => {
            json!({"bytes": {"prefix": choices.pick(&["", "00"]), "at": choices.pick(&[0, -1, 7]), "as": choices.pick(&["u8", "hex", "text", "i64le"])}})
        }
        _ => path(choices),
    }
}

/// An answer, which may answer itself.
fn answer(choices: &Choices<'_>) -> Value {
    let send = match choices.below(3) {
        0 => json!({"id": "{{message.id}}", "all": "{{message}}"}),
        1 => json!("{{message.1}} {{seq}}"),
        _ => payload(choices),
    };
    let mut answer = json!({"to": matcher(choices, 1), "send": send});
    if choices.chance(80) {
        answer["after"] = json!(choices.pick(WAITS));
    }
    if choices.chance(128) {
        answer["times"] = json!(1 + choices.below(3));
    }
    answer
}

fn path(choices: &Choices<'_>) -> Value {
    json!(choices.pick(PATHS))
}

fn on(step: &mut Value, choices: &Choices<'_>) {
    step["on"] = match choices.below(8) {
        7 => json!(["a", "b"]),
        _ => json!(choices.pick(CLIENTS)),
    };
}

pub fn steps(choices: &Choices<'_>, levels: usize) -> Value {
    (0..1 + choices.below(5)).map(|_| step(choices, levels)).collect()
}

fn step(choices: &Choices<'_>, levels: usize) -> Value {
    let mut step = match choices.below(if levels == 0 { 12 } else { 19 }) {
        0..=2 => {
            let mut step = json!({"send": payload(choices)});
            on(&mut step, choices);
            if choices.chance(180) {
                step["expect"] = expectation(choices, true);
            }
            step
        }
        3 | 4 => {
            let mut step = json!({"expect": expectation(choices, false)});
            on(&mut step, choices);
            step
        }
        5 => {
            let mut step = json!({"silence": {"for": choices.pick(WAITS)}});
            if choices.chance(128) {
                step["silence"]["matching"] = matcher(choices, 1);
            }
            on(&mut step, choices);
            step
        }
        6 => {
            let mut step = json!({"close": {"code": choices.pick(&[1000, 3000, 4999])}});
            if choices.chance(128) {
                step["expect"] = json!({"closed": {"clean": choices.chance(128)}});
            }
            on(&mut step, choices);
            step
        }
        7 => {
            let mut step = match choices.chance(128) {
                true => json!({"closed": {"code": [1000, 1006], "within": choices.pick(WAITS)}}),
                false => json!({"silence": {"for": "1ms", "matching": {"text": "never"}}}),
            };
            on(&mut step, choices);
            step
        }
        8 => json!({"reconnect": choices.pick(CLIENTS)}),
        9 => json!({"set": {"n": choices.below(4), "x": json::value(choices, 1)}}),
        10 => match choices.below(3) {
            0 => json!({"assert": comparison(choices)}),
            1 => json!({"wait": match choices.below(4) {
                0 => json!({"uniform": {"from": choices.pick(WAITS), "to": "5ms"}}),
                1 => json!({"normal": {"mean": choices.pick(WAITS), "deviation": "1ms"}}),
                2 => json!({"exponential": {"mean": choices.pick(WAITS)}}),
                _ => json!({"lognormal": {"mean": "1ms", "deviation": choices.pick(WAITS)}}),
            }}),
            _ => json!({"wait": choices.pick(WAITS)}),
        },
        11 => json!({
            "http": match choices.below(4) {
                0 => json!({"url": "http://sim/api", "body": {"file": "blob.bin", "type": choices.pick(&["a/b", "{{key}}"])}}),
                1 => json!({"url": "http://sim/api", "multipart": [
                    {"name": json::text(choices), "text": "{{key}}"}, {"name": "f", "file": "users.csv", "filename": "{{n}}"}, {"name": "j", "json": payload(choices)}]}),
                _ => json!({"method": "POST", "url": "http://sim/api", "json": payload(choices)}),
            },
            "expect": match choices.chance(64) {
                true => json!({"status": [200, 204], "until": matcher(choices, 1), "every": "10ms"}),
                false => json!({"status": [200, 204], "capture": {"sid": path(choices)}}),
            }
        }),
        12 | 13 => {
            let branch = |_| match choices.below(2) {
                0 => step_within(choices, levels),
                _ => steps(choices, levels - 1),
            };
            json!({"all": (0..1 + choices.below(3)).map(branch).collect::<Value>()})
        }
        14 | 15 => {
            let mut rounds = Map::new();
            let is_bounded = choices.chance(200);
            if is_bounded {
                rounds.insert("times".into(), choices.pick(&[0, 1, 3, 20]).into());
            } else {
                rounds.insert("for".into(), choices.pick(&["0s", "1ms", "40ms"]).into());
            }
            // Rounds without a pause against a server that answers at once take no virtual time, so there would be no end.
            if !is_bounded || choices.chance(128) {
                rounds.insert("every".into(), choices.pick(&["500us", "1ms", "20ms"]).into());
                rounds.insert("schedule".into(), choices.pick(&["open", "closed"]).into());
            }
            if rounds.get("schedule").is_none_or(|schedule| schedule == "closed") && choices.chance(60) {
                let until = if choices.chance(128) { comparison(choices) } else { matcher(choices, 1) };
                rounds.insert("until".into(), until);
            }
            let mut step = json!({"repeat": rounds, "steps": steps(choices, levels - 1)});
            if choices.chance(60) {
                on(&mut step, choices);
            }
            step
        }
        16 => match choices.below(3) {
            0 => json!({"use": "ask", "on": choices.pick(CLIENTS), "what": payload(choices)}),
            1 => json!({"use": choices.pick(&["twice", "shared"]), "n": choices.below(3)}),
            _ => json!({"use": choices.pick(&["ask", "twice", "gone"]), "what": "{{n}}", "on": "a"}),
        },
        17 => {
            let load = choices.pick(&["clients", "rate", "sessions"]);
            let stage = |to: u64| json!({"for": choices.pick(&["0s", "1ms", "30ms"]), (load): to});
            let stages = [stage(2), stage(200), stage(1)];
            let stages = if load == "clients" { &stages[..1] } else { &stages[..] };
            let mut round = steps(choices, levels - 1);
            // Rounds of clients that never wait would have no end in virtual time.
            round.as_array_mut().expect("steps are a list").push(json!({"wait": "1ms"}));
            let ramp = json!({"stages": stages, "arrivals": choices.pick(&["even", "random"])});
            json!({"on": "crowd", "ramp": ramp, "steps": round})
        }
        _ => json!({"measure": "whole", "steps": steps(choices, levels - 1)}),
    };
    if choices.chance(50) {
        step["mark"] = choices.pick(&["m", "k"]).into();
    }
    if choices.chance(30) {
        step["if"] = match choices.chance(128) {
            true => choices.pick(&["{{n}}", "{{key}}"]).into(),
            false => comparison(choices),
        };
    }
    step
}

/// What a variable must be.
fn comparison(choices: &Choices<'_>) -> Value {
    match choices.below(4) {
        0 => json!({"var": "n", "gte": choices.below(4)}),
        1 => json!({"var": "key", "matches": "(a|a)*b"}),
        2 => json!({"var": "n", "eq": json::value(choices, 1)}),
        _ => json!({"var": "key", "contains": "cret"}),
    }
}

fn step_within(choices: &Choices<'_>, levels: usize) -> Value {
    step(choices, levels - 1)
}

fn payload(choices: &Choices<'_>) -> Value {
    match choices.below(8) {
        0 => match choices.chance(128) {
            true => json!({"$hex": "00ff"}),
            false => {
                json!({"$concat": [{"$u8": "{{n}}"}, {"$length": "u16", "of": ["{{key}}", {"$hex": "00"}]}]})
            }
        },
        1 => {
            json!({"$bytes": {"size": choices.pick(&[0, 1, 70_000]), "fill": choices.pick(&["random", "ramp"])}})
        }
        2 => json!({"$chars": {"size": choices.below(20), "of": "aé€😀"}}),
        3 => json!({"id": "{{seq}}", "type": "ping", "who": "{{client}}", "u": "{{uuid}}"}),
        4 => json!({"$json": json::value(choices, 2)}),
        5 => json!("ping {{random 1 3}} {{key}}"),
        6 => json!({"id": choices.below(3)}),
        _ => json!(json::text(choices)),
    }
}

/// A matcher of at most this many levels; most of them can be compiled.
pub fn matcher(choices: &Choices<'_>, levels: usize) -> Value {
    match choices.below(if levels == 0 { 10 } else { 13 }) {
        0 => json!({"any": true}),
        1 => json!({"subset": {"type": "ping"}}),
        2 => json!({"subset": {"id": {"$gte": json::number(choices)}}}),
        3 => json!({"path": choices.pick(PATHS), "exists": choices.chance(128)}),
        4 => json!({"regex": choices.pick(&["(a|a)*b", "^.{0,50}$", "ping", "[^x]"])}),
        5 => json!({"contains": choices.pick(&["", "ping", "x", "\u{0}"])}),
        6 => match choices.chance(128) {
            true => json!({"bytes": {"size": choices.below(4)}}),
            false => {
                json!({"bytes": {"at": choices.pick(&[0, 1, -2, 99]), "u16": {"$gt": 1}, "contains": "00"}})
            }
        },
        7 => json!({"equals": json::value(choices, 2)}),
        8 => json!({"subset": json::value(choices, 2)}),
        9 => json!({"text": json::text(choices)}),
        10 => json!({"not": matcher(choices, levels - 1)}),
        11 => json!({"any_of": [matcher(choices, levels - 1), matcher(choices, levels - 1)]}),
        _ => json!({"all_of": [matcher(choices, levels - 1), {"any": true}]}),
    }
}

fn expectation(choices: &Choices<'_>, answers: bool) -> Value {
    let mut expect = match choices.below(8) {
        0..=4 if answers => json!({"echo": true}),
        0..=2 => json!({"any": true}),
        5 => json!({"any_order": items(choices)}),
        6 => json!({"in_order": items(choices)}),
        _ => matcher(choices, 2),
    };
    if choices.chance(128) {
        expect["within"] = choices.pick(WAITS).into();
    }
    if choices.chance(40) {
        expect["since"] = choices.pick(&["m", "k"]).into();
    }
    let is_list = expect.get("any_order").is_some() || expect.get("in_order").is_some();
    match choices.below(14) {
        0 if !is_list => expect["times"] = 0.into(),
        1 if !is_list => expect["times"] = choices.pick(&[1, 2, 5]).into(),
        2 if !is_list => {
            expect["capture"] = json!({"sid": picked(choices)});
        }
        3 if !is_list => expect["check"] = matcher(choices, 1),
        4 => expect["metric"] = choices.pick(&["fanout", "rtt", "x.y"]).into(),
        _ => {}
    }
    if choices.chance(40) && answers {
        expect["correlate"] = path(choices);
    }
    expect
}

fn items(choices: &Choices<'_>) -> Value {
    (0..1 + choices.below(4)).map(|_| matcher(choices, 1)).collect()
}
