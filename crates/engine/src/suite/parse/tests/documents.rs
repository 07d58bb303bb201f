//! What stands around the steps, and the syntax.

use super::*;

#[test]
fn err_syntax() {
    check_err(
        "",
        &[r#"1:1: $: the suite is empty; begin with {"sockscope": 1, "suite": "a name", "checks": []}"#],
    );
    check_err(r#"{"sockscope": 1, "suite": "x" "checks": []}"#, &["1:30: $: a comma is missing here"]);
    check_err(r#"{"sockscope": 1, "suite": "x", "checks": []"#, &["1:1: $: this { has no }"]);
    check_err(
        r#"{"sockscope": 1, "suite": 'x', "checks": []}"#,
        &["1:27: $: a string needs double quotation marks, not single ones"],
    );
    check_err(
        r#"{"sockscope": 1, "suite": “x”, "checks": []}"#,
        &[r#"1:27: $: “ is not a JSON quotation mark; write ""#],
    );
    check_err(
        r#"{"sockscope": 1, suite: "x", "checks": []}"#,
        &[r#"1:18: $: a key needs quotation marks: "suite""#],
    );
    check_err(
        r#"{"sockscope": 1, "suite": x, "checks": []}"#,
        &["1:27: $: x means nothing here; a string needs quotation marks"],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x, "checks": []}"#,
        &["1:32: $: checks means nothing here; a string needs quotation marks"],
    );
    check_err(r#"{"sockscope": 1, "suite": "x"", "checks": []}"#, &["1:30: $: a comma is missing here"]);
    check_err(r#"{"sockscope": 01, "suite": "x", "checks": []}"#, &["1:16: $: a comma is missing here"]);
    check_err(
        r#"{"sockscope": +1, "suite": "x", "checks": []}"#,
        &["1:15: $: write a number as in 5, -0.5 or 1e3"],
    );
    check_err(
        r#"{"sockscope": .5, "suite": "x", "checks": []}"#,
        &["1:15: $: write a number as in 5, -0.5 or 1e3"],
    );
    check_err(
        r#"{"sockscope": 0x1, "suite": "x", "checks": []}"#,
        &["1:15: $: write a number as in 5, -0.5 or 1e3"],
    );
    check_err(
        r#"{"sockscope": 1,, "suite": "x", "checks": []}"#,
        &["1:17: $: expected a key in quotation marks, or }, found ,"],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "checks": [,]}"#,
        &["1:43: $: an extra comma, or a value is missing before it"],
    );
    check_err(r#"{"sockscope": 1, "suite": "x", "checks": [1 2]}"#, &["1:44: $: a comma is missing here"]);
    check_err(
        r#"{"sockscope" 1, "suite": "x", "checks": []}"#,
        &["1:14: $: a colon is missing after this key"],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "checks": }"#,
        &["1:42: $: a } that closes nothing, or a value is missing before it"],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "checks": []}}"#,
        &["1:45: $: a suite is one object; something follows after its end"],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "checks": []} {}"#,
        &["1:46: $: a suite is one object; something follows after its end"],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "\x", "checks": []}"#,
        &[r#"1:28: $: write a backslash as \\ in a string; only \" \\ \/ \b \f \n \r \t and \u are escapes"#],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "\u12", "checks": []}"#,
        &[r#"1:28: $: \u takes four hexadecimal digits, as in \u00e9"#],
    );
    check_err(
        r#"{"sockscope": 1, "suite": True, "checks": []}"#,
        &["1:27: $: True means nothing here; a string needs quotation marks"],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "a	b", "checks": []}"#,
        &[r#"1:29: $: in a string, write this control character as \t"#],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "checks": [] /* end"#,
        &["1:45: $: this comment has no end; close it with */"],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "checks": [}"#,
        &["1:43: $: a } that closes nothing, or a value is missing before it"],
    );
    check_err(
        "// only a comment",
        &[r#"1:18: $: the suite is empty; begin with {"sockscope": 1, "suite": "a name", "checks": []}"#],
    );
}

#[test]
fn err_documents_and_checks() {
    check_err(
        "5",
        &[r#"1:1: $: a suite is an object such as {"sockscope": 1, "suite": "rooms", "checks": []}, not 5"#],
    );
    check_err(
        "[]",
        &[r#"1:1: $: a suite is an object such as {"sockscope": 1, "suite": "rooms", "checks": []}, not []"#],
    );
    check_err(
        "{}",
        &[
            r#"1:1: $: a suite needs "sockscope": 1"#,
            r#"1:1: $: a suite needs "suite": "rooms""#,
            r#"1:1: $: a suite needs "checks": [{ "check": "one", "steps": [{ "connect": "alice" }] }]"#,
        ],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "checks": []}"#,
        &[
            r#"1:42: $.checks: an empty list of checks; write [{"check": "one", "steps": [{"connect": "alice"}]}]"#,
        ],
    );
    check_err(
        r#"{"sockscope": "1", "suite": "", "checks": {}}"#,
        &[
            r#"1:15: $.sockscope: the version of the format is the number 1, not "1""#,
            r#"1:29: $.suite: a suite needs a name; write "rooms""#,
            r#"1:43: $.checks: expected a list of checks, found {}; write [{"check": "one", "steps": [{"connect": "alice"}]}]"#,
        ],
    );
    check_err(
        r#"{"sockscope": 1, "suite": 5, "cheks": [], "about": 1, "$schema": 5}"#,
        &[
            r#"1:27: $.suite: expected a string, found 5; write "rooms""#,
            r#"1:30: $.cheks: "cheks" is not a key of a suite; did you mean "checks"?"#,
            "1:52: $.about: expected a string, found 1; write a sentence in quotation marks",
            "1:66: $.$schema: expected a string, found 5; write the address of a JSON Schema",
        ],
    );
    check_err(
        r#"{"sockscope": NaN, "suite": "x", "checks": []}"#,
        &["1:15: $: NaN means nothing here; a string needs quotation marks"],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "\ud800", "checks": []}"#,
        &[r#"1:28: $: half a character; write both halves, as in \ud83d\ude00"#],
    );
    check_err(
        r#"{"sockscope": 2, "suite": "x", "checks": [{"check": "a", "steps": [{"wait": "1s"}]}]}"#,
        &["1:15: $.sockscope: version 2 of the format is unknown here; this build reads version 1"],
    );
    check_err(
        r#"{"sockscope": 1.0, "suite": "x", "checks": [{"check": "a", "steps": [{"wait": "1s"}]}]}"#,
        &[],
    );
    check_err(
        r#"{"sockscope": 1, "sockscope": 1, "suite": "x", "checks": [{"check": "a", "steps": [{"wait": "1s", "wait": "2s"}]}]}"#,
        &[
            r#"1:18: $: the key "sockscope" appears twice in this object"#,
            r#"1:99: $.checks[0].steps[0]: the key "wait" appears twice in this object"#,
        ],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "checks": [{"check": "a", "stepz": []}]}"#,
        &[r#"1:58: $.checks[0].stepz: "stepz" is not a key of a check; did you mean "steps"?"#],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "checks": [{"check": "a", "steps": []}, 5]}"#,
        &[
            r#"1:67: $.checks[0].steps: expected at least one step; write [{"connect": "alice"}]"#,
            r#"1:72: $.checks[1]: a check is an object such as {"check": "one", "steps": [{"connect": "alice"}]}, not 5"#,
        ],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "checks": [{"check": "a", "steps": [{"wait": "1s"}], "timeout": "0s", "strict": "yes", "tags": ["", 5], "about": []}]}"#,
        &[
            r#"1:96: $.checks[0].timeout: a check cannot end in no time; write "30s" or leave it out"#,
            r#"1:112: $.checks[0].strict: "yes" is neither true nor false"#,
            r#"1:128: $.checks[0].tags[0]: a tag needs a name; write "smoke""#,
            r#"1:132: $.checks[0].tags[1]: expected a string, found 5; write "smoke""#,
            "1:145: $.checks[0].about: expected a string, found []; write a sentence in quotation marks",
        ],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "checks": [{"check": "a", "steps": [{"wait": "1s"}]}, {"check": "a", "steps": [{"wait": "1s"}]}]}"#,
        &[r#"1:96: $.checks[1].check: another check is called "a" too, in line 1"#],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "checks": [{"check": "a", "steps": [{"wait": "1s"}]}, {"check": "a", "each": {"n": [1]}, "steps": [{"wait": "1s"}]}]}"#,
        &[],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "checks": [{"check": "a {{n}} {{m}}", "each": {"n": [1, "{{m}}"]}, "steps": [{"wait": "{{n}}s"}]}]}"#,
        &[
            r#"1:62: $.checks[0].check: no variable is called "m""#,
            r#"1:88: $.checks[0].each.n[1]: no variable is called "m""#,
        ],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "checks": [{"check": "a", "each": {"n": []}, "steps": [{"wait": "1s"}]}]}"#,
        &["1:72: $.checks[0].each.n: an empty list of values; write [1, 2, 3]"],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "checks": [{"check": "a", "each": [{"n": 1}, {"m": 1}, 5, {}], "steps": [{"wait": "1s"}]}]}"#,
        &[
            r#"1:77: $.checks[0].each[1]: this row has no "n", and all rows must have the same names"#,
            r#"1:78: $.checks[0].each[1].m: the first row has no "m", and all rows must have the same names"#,
            r#"1:87: $.checks[0].each[2]: expected a row, found 5; write {"n": [1, 2, 3]}, [{"n": 1}, {"n": 2}] or {"file": "users.csv"}"#,
            r#"1:90: $.checks[0].each[3]: expected a row, found {}; write {"n": [1, 2, 3]}, [{"n": 1}, {"n": 2}] or {"file": "users.csv"}"#,
        ],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "checks": [{"check": "a", "each": {"i": [1], "n": 5}, "steps": [{"wait": "1s"}]}]}"#,
        &[
            "1:67: $.checks[0].each.i: {{i}} means something else already; choose another name for the column",
            "1:82: $.checks[0].each.n: expected a list of values, found 5; write [1, 2, 3]",
        ],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "checks": [{"check": "a", "each": 5, "steps": [{"wait": "1s"}]}]}"#,
        &[
            r#"1:66: $.checks[0].each: expected rows, found 5; write {"n": [1, 2, 3]}, [{"n": 1}, {"n": 2}] or {"file": "users.csv"}"#,
        ],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "checks": [{"check": "a", "steps": [{"connect": "a"}, {"send": 1}, {"connect": "*"}]}]}"#,
        &[
            r#"1:80: $.checks[0].steps[0].connect: the suite has no clients; add "clients": {"alice": {"url": "ws://localhost:9000/ws"}}"#,
            r#"1:86: $.checks[0].steps[1]: the suite has no clients; add "clients": {"alice": {"url": "ws://localhost:9000/ws"}}"#,
            r#"1:111: $.checks[0].steps[2].connect: the suite has no clients; add "clients": {"alice": {"url": "ws://localhost:9000/ws"}}"#,
        ],
    );
}

#[test]
fn err_variables_and_secrets() {
    check_err(
        r#"{"sockscope": 1, "suite": "x", "vars": {"a": "{{b}}", "b": "{{a}}", "uuid": 1, "a b": 2, "c": "{{env.X}}", "d": "{{e}}", "f": "{{", "g": "{{seq}}"}, "checks": [{"check": "a", "steps": [{"wait": "1s"}]}]}"#,
        &[
            "1:46: $.vars.a: it refers to itself: a → b → a",
            "1:69: $.vars.uuid: {{uuid}} means something else already; choose another name",
            "1:80: $.vars['a b']: this is not a valid name; a name is a letter or _, then letters, digits, _ and -",
            r#"1:113: $.vars.d: no variable is called "e""#,
            r#"1:127: $.vars.f: a placeholder begins here and has no end; close it with }}, or write \{{ for the two braces themselves"#,
            "1:138: $.vars.g: {{seq}} has no value in a variable, which is worked out once, before any client acts",
        ],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "vars": [], "checks": [{"check": "a", "steps": [{"wait": "1s"}]}]}"#,
        &[r#"1:40: $.vars: expected an object of variables by name, found []; write {"room": "r-{{uuid}}"}"#],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "vars": {"token": 1}, "secrets": ["tokn", "token", 5], "checks": [{"check": "a", "steps": [{"wait": "1s"}]}]}"#,
        &[
            r#"1:66: $.secrets[0]: no variable is called "tokn"; did you mean "token"?"#,
            r#"1:83: $.secrets[2]: expected a string, found 5; write "token""#,
        ],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "secrets": [], "checks": [{"check": "a", "steps": [{"wait": "1s"}]}]}"#,
        &[r#"1:43: $.secrets: an empty list of variables; write ["token"]"#],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "clients": {"alice": {"url": "{{u}}", "protocols": []}}, "vars": {"u": "ws//x"}, "checks": [{"check": "a", "steps": [{"connect": "alice"}]}]}"#,
        &[
            r#"1:61: $.clients.alice.url: with u = "ws//x": an address starts with ws:// or wss://, this one has no scheme"#,
            r#"1:83: $.clients.alice.protocols: an empty list of subprotocols; write ["echo.v2"]"#,
        ],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "thresholds": {"rtt.p95": "< 10ms", "missing": "== 0", "rt.p95": "< 1ms", "open.p95": "< 10"}, "require": {"timer_step": "< 1ms", "lop_lag.p99": "< 1ms"}, "checks": [{"check": "a", "thresholds": {"http.p95": "{{t}}", "foo": "{{t}}", "m.p9": "< 1s", "m.p90": "< 1s"}, "steps": [{"measure": "m", "steps": [{"wait": "1s"}]}]}], "vars": {"t": "< 5"}}"#,
        &[
            r#"1:47: $.thresholds['rtt.p95']: no step takes a sample of "rtt"; there is close, m, open, open.queued"#,
            r#"1:87: $.thresholds['rt.p95']: no step takes a sample of "rt"; there is close, m, open, open.queued"#,
            "1:121: $.thresholds['open.p95']: open.p95 is a duration: write 10ms, not 10",
            r#"1:162: $.require['lop_lag.p99']: "lop_lag.p99" is not a metric; did you mean "loop_lag.p99"?"#,
            r#"1:228: $.checks[0].thresholds['http.p95']: no step takes a sample of "http"; there is close, m, open, open.queued"#,
            r#"1:240: $.checks[0].thresholds['http.p95']: with t = "< 5": http.p95 is a duration: write 5ms, not 5"#,
            r#"1:249: $.checks[0].thresholds.foo: "foo" names no figure; write foo.p95, or instead of p95 one of count, min, mean, p50, p90, p95, p99, p999, max, stddev"#,
            r#"1:265: $.checks[0].thresholds['m.p9']: "m.p9" is not a metric; did you mean "m.p95"?"#,
        ],
    );
}

#[test]
fn err_defaults_and_ignore() {
    check_err(
        r#"{"sockscope": 1, "suite": "x", "defaults": {"within": 2, "correlate": "x", "connect_gap": "1d", "close": "1s"}, "checks": [{"check": "a", "steps": [{"wait": "1s"}]}]}"#,
        &[
            "1:55: $.defaults.within: 2 has no unit; write 2us, 2ms, 2s or 2m",
            r#"1:71: $.defaults.correlate: "x" is not a JSONPath: expected $, with which every path begins, at character 1"#,
            r#"1:91: $.defaults.connect_gap: "1d" is not a duration; did you mean 24h?"#,
            r#"1:97: $.defaults.close: "close" is not a key of defaults; did you mean "close_within"?"#,
        ],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "defaults": 5, "checks": [{"check": "a", "steps": [{"wait": "1s"}]}]}"#,
        &[r#"1:44: $.defaults: defaults is an object such as {"within": "2s"}, not 5"#],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "ignore": [{"subst": {}}, {"echo": true}, {"text": "{{x}}"}], "checks": [{"check": "a", "steps": [{"wait": "1s"}]}]}"#,
        &[
            r#"1:44: $.ignore[0].subst: unknown matcher "subst"; did you mean "subset"?"#,
            r#"1:59: $.ignore[1].echo: "echo" works only in the expect of a send; nothing is sent here"#,
            r#"1:83: $.ignore[2].text: no variable is called "x""#,
        ],
    );
}

#[test]
fn err_clients() {
    check_err(
        r#"{"sockscope": 1, "suite": "x", "clients": {"alice": {"url": "localhost:9000"}, "bob": {}, "c d": {"url": "ws://x"}, "env": {"url": "ws://x"}, "e": 5}, "checks": [{"check": "a", "steps": [{"wait": "1s"}]}]}"#,
        &[
            "1:61: $.clients.alice.url: an address starts with ws:// or wss://, this one has no scheme",
            r#"1:87: $.clients.bob: a client needs "url": "ws://localhost:9000/ws""#,
            r#"1:91: $.clients['c d']: "c d" is not a valid client name; a name is a letter or _, then letters, digits, _ and -"#,
            "1:117: $.clients.env: {{env}} means something else already; choose another name for the client",
            r#"1:148: $.clients.e: a client is an object such as {"url": "ws://localhost:9000/ws"}, not 5"#,
        ],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "clients": {"alice": {"url": "ws://x", "protocols": ["a", "a", "b c", 5], "count": 0, "corelate": "$"}}, "checks": [{"check": "a", "steps": [{"wait": "1s"}]}]}"#,
        &[
            r#"1:90: $.clients.alice.protocols[1]: the subprotocol "a" is offered twice"#,
            r#"1:95: $.clients.alice.protocols[2]: "b c" is not a subprotocol: letters, digits and !#$%&'*+-.^_`|~ only"#,
            r#"1:102: $.clients.alice.protocols[3]: expected a string, found 5; write "echo.v2""#,
            "1:115: $.clients.alice.count: a group of 0 connections has no members; write 1 or more",
            r#"1:118: $.clients.alice.corelate: "corelate" is not a key of a client; did you mean "correlate"?"#,
        ],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "clients": {"alice": {"url": "ws://x/{{n}}/{{index}}"}}, "checks": [{"check": "a", "steps": [{"wait": "1s"}]}, {"check": "b", "steps": [{"connect": "*"}]}, {"check": "c", "each": {"n": [1]}, "clients": {"alice": {"count": 2}, "bob": {"count": 2}}, "steps": [{"connect": "*"}]}]}"#,
        &[
            r#"1:69: $.clients.alice.url: no variable is called "n""#,
            "1:75: $.clients.alice.url: {{index}} has no value here, because alice is not a member of a group",
            r#"1:265: $.checks[2].clients.bob: a client needs "url": "ws://localhost:9000/ws""#,
        ],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "clients": {"a": {"url": "ws://x"}}, "checks": [{"check": "a", "steps": [{"connect": "a"}, {"send": 1}, {"http": {"url": "http://x/{{client}}"}, "expect": {"capture": {"t": "$.t"}}}, {"send": "{{t}}"}]}]}"#,
        &[],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "clients": {"a": {"url": "ws://x", "count": 3}}, "checks": [{"check": "a", "steps": [{"connect": "a"}, {"send": 1}]}]}"#,
        &[
            r#"1:135: $.checks[0].steps[1]: this step does not say who acts; write "on": "a" for all of the group"#,
        ],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "clients": {"alice": {"url": "ws://x"}, "bob": {"url": "ws://x"}}, "checks": [{"check": "a", "steps": [{"on": "bob", "send": "{{sid}}"}, {"on": "bob", "send": 1, "expect": {"capture": {"sid": "$.s"}}}, {"on": "alice", "send": "{{sid}} {{bob.sid}} {{bob.si}} {{alice.sid}} {{bob.room}}"}, {"on": "*", "send": "{{sid}}"}, {"wait": "{{sid}}"}, {"on": "alice", "send": "{{x}}"}, {"set": {"x": 1}}, {"on": "alice", "send": "{{x}} {{alice.x}}"}]}]}"#,
        &[
            "1:157: $.checks[0].steps[0].send: {{sid}} has no value yet; bob captures it further down",
            "1:258: $.checks[0].steps[2].send: alice has not captured sid; it is captured by bob; write {{bob.sid}}",
            r#"1:279: $.checks[0].steps[2].send: bob never captures "si"; did you mean "sid"?"#,
            r#"1:290: $.checks[0].steps[2].send: alice never captures "sid"; bob does"#,
            r#"1:304: $.checks[0].steps[2].send: bob never captures "room"; add "capture": {"room": "$.room"} to a step of bob"#,
            "1:340: $.checks[0].steps[3].send: alice has not captured sid; it is captured by bob; write {{bob.sid}}",
            "1:361: $.checks[0].steps[4].wait: no client acts here; it is captured by bob; write {{bob.sid}}",
            "1:397: $.checks[0].steps[5].send: {{x}} has no value yet; it gets one further down",
            "1:457: $.checks[0].steps[7].send: x is a variable and nothing that alice captures; write {{x}}",
        ],
    );
    // What decides is what the client that acts around a step has captured, or else the only one that the step names.
    check_err(
        r#"{"sockscope": 1, "suite": "x", "clients": {"a": {"url": "ws://x"}, "b": {"url": "ws://x"}, "g": {"url": "ws://x", "count": 2}}, "checks": [{"check": "a", "steps": [
            {"on": ["a", "g"], "send": 1, "expect": {"any": true, "capture": {"sid": "$"}}},
            {"on": "a", "if": {"var": "sid", "eq": 1}, "wait": "1s"},
            {"on": "g[1]", "if": "{{sid}}", "unless": {"var": "sid", "exists": false}, "wait": "1s"},
            {"on": "b", "if": {"var": "sid", "eq": 1}, "wait": "1s"},
            {"on": "g", "if": {"var": "sid", "eq": 1}, "wait": "1s"},
            {"on": ["a", "b"], "if": {"var": "sid", "exists": true}, "wait": "1s"},
            {"if": "{{sid}}", "wait": "1s"},
            {"on": "a", "repeat": {"times": 1}, "steps": [{"on": "b", "if": {"var": "sid", "eq": 1}, "wait": "1s"}]},
            {"on": "a", "if": {"var": "late", "exists": true}, "wait": "1s"},
            {"on": "a", "if": {"var": "late", "eq": 1}, "wait": "1s"},
            {"on": "a", "if": {"var": "g.sid", "eq": 1}, "wait": "1s"},
            {"on": "a", "send": 1, "expect": {"any": true, "capture": {"late": "$"}}}]}]}"#,
        &[
            r#"5:39: $.checks[0].steps[3].if.var: b has not captured sid; it is captured by a, g; write "a.sid""#,
            r#"6:39: $.checks[0].steps[4].if.var: no client acts here; it is captured by a, g; write "a.sid""#,
            r#"7:46: $.checks[0].steps[5].if.var: no client acts here; it is captured by a, g; write "a.sid""#,
            "8:20: $.checks[0].steps[6].if: no client acts here; it is captured by a, g; write {{a.sid}}",
            r#"11:39: $.checks[0].steps[9].if.var: "late" has no value yet; a captures it further down"#,
            r#"12:39: $.checks[0].steps[10].if.var: g is a group; say whose sid, such as "g[0].sid""#,
        ],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "clients": {"alice": {"url": "ws://x"}, "bob": {"url": "ws://x"}}, "checks": [{"check": "a", "steps": [{"on": "bob", "silence": {"for": "1s", "since": "m"}}, {"all": [{"on": "alice", "mark": "n", "send": 1}, {"on": "bob", "silence": {"for": "1s", "since": "n"}}]}, {"repeat": {"times": 2}, "steps": [{"on": "bob", "silence": {"for": "1s", "since": "o"}}, {"mark": "o"}]}, {"mark": "m"}, {"measure": "x", "mark": "p", "steps": [{"on": "bob", "silence": {"for": "1s", "since": "p"}}]}, {"on": "bob", "silence": {"for": "1s", "since": "pp"}}]}]}"#,
        &[
            r#"1:183: $.checks[0].steps[0].silence.since: the mark "m" is set only further down"#,
            r#"1:564: $.checks[0].steps[5].silence.since: no step sets the mark "pp"; did you mean "p"?"#,
        ],
    );
    check_err(
        r#"{"sockscope": 1, "suite": "x", "clients": {"alice": {"url": "ws://x"}}, "setup": [{"connect": "alice"}, {"send": 1, "expect": {"capture": {"sid": "$"}}}, {"wait": "{{n}}s"}], "teardown": [{"send": "{{sid}}{{last}}"}], "checks": [{"check": "a", "each": {"n": [1]}, "steps": [{"set": {"last": 1}}]}, {"check": "b", "steps": [{"send": "{{sid}}"}]}]}"#,
        &[
            r#"1:164: $.setup[2].wait: no variable is called "n""#,
            r#"1:206: $.teardown[0].send: no variable is called "last""#,
        ],
    );
}

#[test]
fn err_invariants() {
    check_err(
        r#"{"sockscope": 1, "suite": "x", "invariants": [{"on": "alic", "increasing": "$.seq"}, {"unique": "x"}, {"on": "*"}, {"max_gap": 5}, {"unique": "$", "max_gap": "1s"}, {"schema": {"type": "objct"}}, {"increasng": "$"}], "clients": {"alice": {"url": "ws://x"}}, "checks": [{"check": "a", "steps": [{"wait": "1s"}]}]}"#,
        &[
            r#"1:54: $.invariants[0].on: no client is called "alic"; did you mean "alice"?"#,
            r#"1:97: $.invariants[1].unique: "x" is not a JSONPath: expected $, with which every path begins, at character 1"#,
            "1:103: $.invariants[2]: an invariant says one thing: increasing, unique, schema or max_gap",
            "1:128: $.invariants[3].max_gap: 5 has no unit; write 5us, 5ms, 5s or 5m",
            "1:148: $.invariants[4].max_gap: an invariant says one thing: increasing, unique, schema or max_gap",
            r#"1:186: $.invariants[5].schema.type: unknown type "objct"; did you mean "object"?"#,
            r#"1:198: $.invariants[6].increasng: "increasng" is not a key of an invariant; did you mean "increasing"?"#,
        ],
    );
}

#[test]
fn err_thresholds() {
    check_err(
        r#"{"sockscope": 1, "suite": "x", "thresholds": [], "checks": [{"check": "a", "steps": [{"wait": "1s"}]}]}"#,
        &[
            r#"1:46: $.thresholds: expected an object of metrics and bounds, found []; write {"rtt.p95": "< 10ms"}"#,
        ],
    );
}
