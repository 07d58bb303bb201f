//! Suites whose clients say what a page cannot: by the relay in Chromium and by itself natively, with one verdict.

use serde_json::{Value, json};
use support::call::{Call, Ended};
use support::wanting::{Guarded, Identities};
use tokio::runtime::Runtime;

/// Runs a suite in the browser and natively; the files are beside it.
fn in_both(suite: &Value, files: &[(&str, &str)]) -> [Ended; 2] {
    in_both_with(&[], suite, files)
}

/// The same with further flags.
fn in_both_with(flags: &[&str], suite: &Value, files: &[(&str, &str)]) -> [Ended; 2] {
    ["browser", "native"].map(|engine| {
        let arguments = ["OUT/s.json", "--engine", engine, "--json", "OUT/r.json"];
        let call = Call::new(&[&arguments[..], flags].concat());
        let call = files.iter().fold(call, |call, (name, text)| call.with_file(name, *text));
        call.with_file("s.json", suite.to_string()).run()
    })
}

fn suite(client: Value, steps: Value) -> Value {
    json!({ "sockscope": 1, "suite": "relayed", "clients": { "a": client },
        "checks": [ { "check": "it answers", "thresholds": { "rtt.relay.p95": "< 10s" }, "steps": steps } ] })
}

fn opens() -> Value {
    json!([ { "connect": "a", "expect": { "status": 101 } }, { "on": "a", "send": "hello", "expect": { "text": "hello" } },
        { "on": "a", "close": {} } ])
}

#[test]
fn a_server_that_wants_authorization_opens_and_its_refusal_is_said_word_for_word() {
    let runtime = Runtime::new().expect("a runtime");
    let target = runtime.block_on(Guarded::listen(None));
    let url = format!("ws://127.0.0.1:{}/chat", target.port);
    let right = json!({ "url": url, "headers": { "Authorization": Guarded::FIELD, "X-Tenant": "seven" },
        "cookies": { "session": "s-1" }, "origin": "https://app.example.com" });
    let [by_relay, natively] = in_both(&suite(right, opens()), &[]);
    by_relay.assert_code(0);
    natively.assert_code(0);
    let report = by_relay.json("r.json");
    assert_eq!(report["environment"]["engine"], "browser");
    for name in ["rtt.relay", "open.relay", "close.relay"] {
        assert_eq!(report["metrics"][name]["count"], 1, "{name}: {:#}", report["metrics"]);
    }
    assert!(
        report["metrics"]["relay.delay"]["p50"].as_f64().is_some_and(|it| it > 0.0),
        "{:#}",
        report["metrics"]
    );
    assert!(report["metrics"].get("rtt").is_none(), "none is the page's own");
    let limits = |report: &Value| report["checks"][0]["thresholds"][0]["verdict"].clone();
    assert_eq!((limits(&report), limits(&natively.json("r.json"))), (json!("pass"), json!("skipped")));
    for line in ["x-tenant: seven", "cookie: session=s-1", "origin: https://app.example.com"] {
        assert_eq!(
            target.heard.all().iter().filter(|it| *it == line).count(),
            2,
            "{line}: {:#?}",
            target.heard.all()
        );
    }

    let wrong = json!({ "url": url, "headers": { "Authorization": "Bearer wrong" } });
    for ended in in_both(&suite(wrong, opens()), &[]) {
        ended.assert_code(1);
        let report = ended.json("r.json");
        let failure = &report["checks"][0]["steps"][0]["failure"];
        let said =
            format!("the server answered the handshake with status 401 Unauthorized: {}", Guarded::WORDS);
        let message = failure["message"].as_str().expect("words");
        assert!(message.contains(&said), "{said} in {message}");
        assert_eq!(failure["kind"], "refused");
        assert_eq!(message.matches("401").count(), 1, "{message}");
        // The connection itself got this answer, with the headers that the suite has.
        let cause = &failure["causes"][0];
        assert_eq!(cause["id"], "refused", "{failure:#}");
        let cause = cause.to_string();
        assert!(cause.contains("Compare the headers"), "{cause}");
        for of_page in ["can send no headers", "look at the server", "this page"] {
            assert!(!cause.contains(of_page), "{of_page}: {cause}");
        }
    }
}

#[test]
fn a_client_certificate_opens_a_server_that_wants_one() {
    let identities = Identities::make();
    let runtime = Runtime::new().expect("a runtime");
    let target = runtime.block_on(Guarded::listen(Some(identities.acceptor())));
    let (certificate, key) = &identities.client;
    let client = |tls: Value| json!({ "url": format!("wss://localhost:{}/", target.port), "headers": { "Authorization": Guarded::FIELD }, "tls": tls });
    let files = [
        ("client.pem", certificate.as_str()),
        ("client.key", key.as_str()),
        ("ca.pem", identities.ca.as_str()),
    ];
    let file = |name: &str| json!({ "file": name });
    let whole = json!({ "certificate": file("client.pem"), "key": file("client.key"), "ca": file("ca.pem") });
    for ended in in_both(&suite(client(whole), opens()), &files) {
        ended.assert_code(0);
    }
    // Without the certificate the server does not open, and without the authority the client does not.
    let without_certificate = json!({ "ca": file("ca.pem") });
    let without_authority = json!({ "certificate": file("client.pem"), "key": file("client.key") });
    let wants = ("the server wants a client certificate; give", "client_certificate");
    let unknown = ("signed by an authority that this machine does not trust", "certificate");
    for (tls, flags, (says, cause)) in [
        (&without_certificate, &[][..], wants),
        (&without_certificate, &["--insecure"][..], wants),
        (&without_authority, &[][..], unknown),
    ] {
        for ended in in_both_with(flags, &suite(client(tls.clone()), opens()), &files) {
            ended.assert_code(1);
            let failure = ended.json("r.json")["checks"][0]["steps"][0]["failure"].clone();
            let message = failure["message"].as_str().expect("words");
            assert!(message.contains(says), "{says} in {message}");
            assert_eq!(message.contains("insecure"), cause == "certificate", "{message}");
            assert_eq!(failure["causes"][0]["id"], cause, "{failure:#}");
            assert!(!failure["causes"].to_string().contains("The browser"), "{failure:#}");
        }
    }
}

#[test]
fn an_unknown_certificate_is_taken_where_the_flag_or_the_client_says_so() {
    let identities = Identities::make();
    let runtime = Runtime::new().expect("a runtime");
    let target = runtime.block_on(Guarded::listen(Some(identities.acceptor())));
    let (certificate, key) = &identities.client;
    let files = [("client.pem", certificate.as_str()), ("client.key", key.as_str())];
    let suite_of = |insecure: bool| {
        let tls = json!({ "certificate": { "file": "client.pem" }, "key": { "file": "client.key" }, "insecure": insecure });
        let url = format!("wss://localhost:{}/", target.port);
        suite(json!({ "url": url, "headers": { "Authorization": Guarded::FIELD }, "tls": tls }), opens())
    };
    for ended in in_both(&suite_of(false), &files) {
        ended.assert_code(1);
        ended.assert_says(&["TLS", "insecure"]);
    }
    for ended in in_both_with(&["--insecure"], &suite_of(false), &files) {
        ended.assert_code(0);
    }
    for ended in in_both(&suite_of(true), &files) {
        ended.assert_code(0);
    }
}

#[test]
fn a_target_that_the_command_does_not_allow_is_a_mistake_of_set_up_and_says_the_flag() {
    let client = json!({ "url": "ws://192.0.2.1:9/", "headers": { "X-Tenant": "seven" } });
    let ended = Call::new(&["OUT/s.json", "--json", "OUT/r.json"])
        .with_file("s.json", suite(client, opens()).to_string())
        .run();
    let report = ended.json("r.json");
    assert_eq!(report["verdict"], "error", "{report:#}");
    ended.assert_says(&["not opened by relay", "--allow-target"]);
}
