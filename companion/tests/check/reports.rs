//! What the command writes, and the values it gets.

use support::call::{ALL_FORMS, Call};
use support::suites::{FAILING, LEARNS};

fn with_all<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [arguments, &ALL_FORMS].concat()
}

#[test]
fn a_failing_run_is_in_every_form_without_its_secret() {
    let call =
        Call::new(&with_all(&["OUT/s.json"])).with_file("s.json", FAILING).with_env("TOKEN", "s3cr3t-t0k3n");
    let ended = call.run();
    ended.assert_code(1);
    let report = ended.json("r.json");
    assert_eq!((&report["suite"], &report["verdict"]), (&"failing".into(), &"fail".into()));
    assert_eq!(report["checks"][0]["steps"][1]["failure"]["diff"][0]["path"], "$.n");
    for (file, part) in [
        ("r.xml", "<failure"),
        ("strict.xml", "<failure"),
        ("r.html", "What did not pass"),
        ("r.har", "_webSocketMessages"),
        ("r.jsonl", "\"event\":\"received\""),
    ] {
        assert!(ended.file(file).contains(part), "{part} in {file}");
    }
    for file in ["r.json", "r.xml", "strict.xml", "r.html", "r.har", "r.jsonl"] {
        assert!(!ended.file(file).contains("s3cr3t"), "{file}");
    }
    assert!(!format!("{}{}", ended.stdout, ended.stderr).contains("s3cr3t"));
}

#[test]
fn several_runs_are_one_file_of_each_form() {
    let ended = Call::new(&with_all(&["first-contact", "rooms", "--repeat", "2", "--seed", "7"])).run();
    ended.assert_code(0);
    let report = ended.json("r.json");
    let suites: Vec<_> = report["runs"].as_array().expect("runs").iter().map(|run| &run["suite"]).collect();
    assert_eq!(suites, ["first-contact", "rooms", "first-contact", "rooms"]);
    assert!(report["runs"].as_array().expect("runs").iter().all(|run| run["seed"] == 7));
    for file in ["r.xml", "strict.xml"] {
        let text = ended.file(file);
        assert_eq!(text.matches("<testsuite ").count(), 4, "{text}");
        let mut cases: Vec<_> =
            text.split("<testcase ").skip(1).map(|case| case.split(" time=").next()).collect();
        let all = cases.len();
        cases.sort_unstable();
        cases.dedup();
        assert_eq!(cases.len(), all, "no two cases of one name");
    }
    assert_eq!(ended.file("r.html").matches("<article").count(), 4);
    let archive = ended.json("r.har");
    assert!(archive["log"]["entries"].as_array().expect("entries").len() > 8);
    assert_eq!(ended.file("r.jsonl").matches("\"event\":\"run\"").count(), 4);
}

#[test]
fn a_report_on_standard_output_is_alone_there() {
    let ended = Call::new(&["first-contact", "--json", "-"]).run();
    ended.assert_code(0);
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).expect("nothing but JSON");
    assert_eq!(report["verdict"], "pass");
    assert!(ended.stderr.contains("checks passed"), "{}", ended.stderr);
}

#[test]
fn checks_are_chosen_by_tag_and_by_name() {
    let ended = Call::new(&["OUT/s.json", "--tag", "right", "--json", "OUT/r.json"])
        .with_file("s.json", FAILING)
        .run();
    ended.assert_code(0);
    assert_eq!(ended.json("r.json")["totals"]["checks"], 1);
    let by_name = ["OUT/s.json", "first-contact", "--check", "bob hears three", "--json", "OUT/r.json"];
    let ended = Call::new(&by_name).with_file("s.json", FAILING).run();
    ended.assert_code(1);
    let report = ended.json("r.json");
    assert_eq!(report["checks"][0]["name"], "bob hears three", "a suite without such a check is passed over");
    assert_eq!(report["totals"]["checks"], 1);
}

#[test]
fn a_secret_that_a_run_has_learnt_is_in_no_output() {
    // The server prints what it is asked for, as servers do.
    let proxy = format!(
        "{} serve --port {{port}} --allow-origin loopback & while echo asked for ticket=evt-$((0+1)) ticket=evt-$((1+1)); do sleep 0.1; done",
        support::binary()
    );
    let arguments = with_all(&["OUT/s.json", "--start", &proxy, "--no-tls"]);
    let ended = Call::new(&arguments).with_file("s.json", LEARNS).run();
    ended.assert_code(1);
    let failure = &ended.json("r.json")["checks"][0]["steps"][1]["failure"];
    assert_eq!(
        failure["browser"], "Error during WebSocket handshake: Unexpected response code: 404",
        "{failure}"
    );
    assert!(
        ended.json("r.json")["server"]["output"].to_string().contains("ticket=***"),
        "{}",
        ended.file("r.json")
    );
    for file in ["r.json", "r.xml", "strict.xml", "r.html", "r.har", "r.jsonl"] {
        assert!(!ended.file(file).contains("ticket=evt-1"), "{file}");
    }
    assert!(!format!("{}{}", ended.stdout, ended.stderr).contains("ticket=evt-1"));
}

/// Passes once: the server counts what was opened since it started.
const ONCE: &str = r#"{ "sockscope": 1, "suite": "once",
  "vars": { "ws_url": "{{env.WS_URL}}", "api_url": "{{env.API_URL}}" },
  "clients": { "bob": { "url": "{{ws_url}}/echo" } },
  "checks": [
    { "check": "no one was here before", "steps": [
      { "http": { "url": "{{api_url}}/stats" }, "expect": { "path": { "path": "$.opened", "eq": 0 } } } ] },
    { "check": "one is here", "steps": [ { "connect": "bob" } ] } ] }"#;

#[test]
fn a_flaky_check_is_found_by_repeating() {
    let ended = Call::new(&["OUT/s.json", "--repeat", "3"]).with_file("s.json", ONCE).run();
    ended.assert_code(1);
    ended.assert_says(&["round 3 of 3", "flaky once: no one was here before, passed 1 of 3 times"]);
    assert!(!ended.stdout.contains("once: one is here"), "what always passes is not listed");
}

const SAYS: &str = r#"{ "sockscope": 1, "suite": "says",
  "vars": { "ws_url": "{{env.WS_URL ?? ws://localhost:9000/ws}}", "greeting": "{{env.GREETING ?? nothing}}", "who": "{{env.WHO ?? stranger}}" },
  "clients": { "bob": { "url": "{{ws_url}}/echo" } },
  "checks": [ { "check": "echo", "steps": [ { "connect": "bob" },
    { "on": "bob", "send": "{{greeting}} {{who}}", "expect": { "text": "hello world" } } ] } ] }"#;

#[test]
fn values_come_from_the_environment_a_file_and_the_command_line_in_that_order() {
    for (env, file, var) in [
        (&[("GREETING", "hello"), ("WHO", "world")][..], "", None),
        (&[("GREETING", "good-bye"), ("WHO", "world")], "# a remark\nexport GREETING='hello'\n", None),
        (&[("GREETING", "no"), ("WHO", "world")], "GREETING=no\n", Some("greeting=hello")),
    ] {
        let mut arguments = vec!["OUT/s.json", "--env-file", "OUT/some.env"];
        arguments.extend(var.map(|var| ["--var", var]).into_iter().flatten());
        let call = Call::new(&arguments).with_file("s.json", SAYS).with_file("some.env", file);
        env.iter().fold(call, |call, (name, value)| call.with_env(name, value)).run().assert_code(0);
    }
}

/// What makes the suite conformance short.
const SHORT: [&str; 12] = [
    "conformance",
    "--check",
    "H1 opens",
    "--check",
    "P7 all bytes from 0 to 255",
    "--check",
    "C3 close with 3000",
    "--check",
    "C7 the server closes with a legal code",
    "--seed",
    "7",
    "--quiet",
];

#[test]
fn a_certificate_is_written_in_every_form() {
    let files = [
        "--certificate",
        "OUT/c.json",
        "--certificate-table",
        "OUT/c.txt",
        "--autobahn",
        "OUT/index.json",
        "--repeat",
        "2",
    ];
    let ended = Call::new(&[&SHORT[..], &files[..6]].concat()).run();
    ended.assert_code(0);
    let certificate = ended.json("c.json");
    assert_eq!((&certificate["word"], &certificate["left_out"]), (&"could-not-be-judged".into(), &56.into()));
    assert_eq!(certificate["rows"][2]["close_code"], 3000);
    let table = ended.file("c.txt");
    assert!(table.contains("could not be judged") && table.contains("\nC3   close with 3000"), "{table}");
    let index = ended.json("index.json");
    let url = certificate["url"].as_str().expect("an address");
    assert_eq!(index[url]["C3"]["behaviorClose"], "OK");
    assert_eq!(index[url]["C3"]["remoteCloseCode"], 3000);
    assert_eq!(index[url]["C7"]["behavior"], "UNIMPLEMENTED");
    let ended = Call::new(&[&SHORT[..], &files].concat()).run();
    ended.assert_code(0);
    assert_eq!(ended.json("c.json")["certificates"].as_array().map(Vec::len), Some(2));
    assert_eq!(ended.json("index.json").as_object().map(serde_json::Map::len), Some(2));
}

#[test]
fn a_certificate_of_another_suite_is_an_error_before_anything_starts() {
    for flag in ["--certificate", "--certificate-table", "--autobahn"] {
        let ended = Call::new(&["first-contact", flag, "OUT/c"]).run();
        ended.assert_code(2);
        assert!(ended.stderr.contains("a certificate needs the suite conformance"), "{}", ended.stderr);
        assert!(!ended.stderr.contains("checks passed") && !ended.stdout.contains("checks passed"));
    }
}
