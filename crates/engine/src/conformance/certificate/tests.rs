use super::*;
use crate::conformance::{write_autobahn, write_table};
use crate::report::read_json;

/// A report in which these checks ended so: id, needs, weight, verdict, reason.
fn report(checks: &[(&str, &str, &str, &str, &str)]) -> Report {
    let checks: Vec<Value> = checks
        .iter()
        .map(|(id, need, weight, verdict, reason)| {
            serde_json::json!({
                "name": format!("{id} a title"), "tags": [id, need, weight], "verdict": verdict,
                "reasons": reason.split('|').filter(|one| !one.is_empty()).collect::<Vec<_>>(),
                "duration_ms": 12.5, "metrics": {}, "thresholds": [], "steps": [], "leftovers": []
            })
        })
        .collect();
    let report = serde_json::json!({
        "sockscope": "0.1.0", "format": 1, "suite": "conformance", "verdict": "pass", "seed": 1,
        "started": "2026-11-21T03:00:00.000Z", "duration_ms": 1, "vars": {"ws_url": "ws://x/y"},
        "environment": {"browser": "Chrome 156", "origin": "", "timer_step_us": 5, "loop_lag_p99_ms": 0, "hidden": false},
        "totals": {"checks": 1, "passed": 1, "failed": 0, "errors": 0, "inconclusive": 0, "sent": 0, "received": 0,
                   "expected": 0, "matched": 0, "success": 100},
        "metrics": {}, "thresholds": [], "checks": checks
    });
    read_json(&report.to_string()).expect("a report")
}

const OPENS: (&str, &str, &str, &str, &str) =
    ("H1", "need-any", "must", "pass", "open: 1.5 ms|protocol: good.v1|extensions:");

/// The checks, and as many that pass and count for nothing as the suite has beside them.
fn whole(others: &[(&str, &str, &str, &str, &str)]) -> Report {
    let mut report = report(&[&[OPENS], others].concat());
    let rest: Vec<_> =
        (1..CHECKS as usize - others.len()).map(|_| ("I1", "need-any", "info", "pass", "")).collect();
    report.checks.extend(self::report(&rest).checks);
    report
}

#[track_caller]
fn check(others: &[(&str, &str, &str, &str, &str)], expected: Word) {
    let certificate = Certificate::of(&whole(others)).expect("a certificate");
    assert_eq!(certificate.word, expected, "{}", certificate.sentence());
}

#[track_caller]
fn said(others: &[(&str, &str, &str, &str, &str)], expected: &str) {
    assert_eq!(Certificate::of(&whole(others)).expect("a certificate").sentence(), expected);
}

#[test]
fn the_word_rests_on_checks_that_are_named() {
    said(&[], "1 of the 1 required check that applied passed, and all that are recommended.");
    said(
        &[("P1", "need-echo", "must", "fail", ""), ("C7", "need-any", "must", "skipped", "")],
        "1 of the 2 required checks that applied passed. Required, failed: P1. Required, did not apply: C7.",
    );
    said(
        &[("H7", "need-any", "should", "fail", ""), ("S1", "need-any", "should", "error", "")],
        "1 of the 1 required check that applied passed. Recommended, failed: H7. Recommended, inconclusive: S1.",
    );
}

#[test]
fn what_ran_into_a_server_that_had_stopped_is_not_judged_and_not_failed() {
    let gone = "not judged: the server stopped accepting connections after \"P8 too large\"";
    let mut report = whole(&[
        ("P8", "need-any", "should", "fail", ""),
        ("C1", "need-any", "must", "inconclusive", gone),
        ("C2", "need-any", "must", "inconclusive", "the browser was in the way"),
    ]);
    report.server_stopped = Some(ServerStopped {
        address: "ws://x/y".to_owned(),
        after: "P8 too large".to_owned(),
        sent_bytes: Some(16 << 20),
    });
    let certificate = Certificate::of(&report).expect("a certificate");
    assert_eq!(certificate.word, Word::CouldNotBeJudged);
    let verdicts: Vec<_> = certificate.rows[2..4].iter().map(|row| row.verdict).collect();
    assert_eq!(verdicts, [ClaimState::NotJudged, ClaimState::Inconclusive]);
    assert_eq!(
        certificate.sentence(),
        "1 of the 2 required checks that applied passed. The server stopped accepting connections after P8 \
         (a 16\u{2009}MiB message). Required, inconclusive: C2. Required, not judged: C1. Recommended, failed: P8."
    );
    assert_eq!(certificate.sums[0].words(), "1 pass, 0 fail, 1 inconclusive, 0 not applicable, 1 not judged");
}

#[test]
fn a_part_of_the_suite_is_not_a_verdict_on_the_whole() {
    let certificate = Certificate::of(&report(&[OPENS])).expect("a certificate");
    assert_eq!((certificate.word, certificate.left_out), (Word::CouldNotBeJudged, 59));
    assert!(certificate.sentence().starts_with("This run made 1 of 60 checks"));
    let failed = Certificate::of(&report(&[("C1", "need-any", "must", "fail", "")]));
    assert_eq!(failed.expect("a certificate").word, Word::DoesNotConform);
}

#[test]
fn a_server_that_is_not_there_is_not_judged() {
    let mut report = report(&[("H1", "need-any", "must", "fail", "refused")]);
    let none = serde_json::json!({ "unit": "count", "count": 0 });
    report.metrics.insert("opened".to_owned(), serde_json::from_value(none).expect("a figure"));
    let certificate = Certificate::of(&report).expect("a certificate");
    assert_eq!(certificate.word, Word::CouldNotBeJudged);
    assert!(certificate.sentence().starts_with("No connection could be opened"));
}

#[test]
fn a_must_that_fails_outweighs_all_else() {
    check(&[], Word::Conforms);
    check(&[("P1", "need-echo", "must", "skipped", "")], Word::Conforms);
    check(&[("H6", "need-any", "info", "fail", "")], Word::Conforms);
    check(&[("H7", "need-any", "should", "fail", "")], Word::ConformsWithRemarks);
    check(&[("H7", "need-any", "should", "inconclusive", "")], Word::ConformsWithRemarks);
    check(&[("C1", "need-any", "must", "error", "")], Word::CouldNotBeJudged);
    check(
        &[("C1", "need-any", "must", "inconclusive", ""), ("C2", "need-any", "must", "fail", "")],
        Word::DoesNotConform,
    );
}

#[test]
fn another_report_has_no_certificate() {
    assert_eq!(Certificate::of(&report(&[("greets", "x", "y", "pass", "")])), None);
}

#[test]
fn the_handshake_is_reported() {
    let certificate = Certificate::of(&report(&[OPENS, ("P1", "need-echo", "must", "skipped", "")]));
    let server = certificate.expect("a certificate").server;
    let wanted = ServerFacts {
        protocol: "good.v1".to_owned(),
        extensions: String::new(),
        open_ms: Some(1.5),
        echoes: Some(false),
    };
    assert_eq!(server, wanted);
}

#[test]
fn of_an_endpoint_that_does_not_echo_the_word_is_limited() {
    let made = Certificate::of(&whole(&[("P1", "need-echo", "must", "skipped", "")])).expect("a certificate");
    assert_eq!(made.headline(), "conforms, as far as it applies");
    let limit = "The endpoint does not echo";
    assert!(made.sentence().contains(limit), "{}", made.sentence());
    let made = Certificate::of(&whole(&[("P1", "need-echo", "must", "pass", "")])).expect("a certificate");
    assert_eq!(made.headline(), "conforms");
    assert!(!made.sentence().contains(limit), "{}", made.sentence());
}

#[test]
fn it_is_written_as_a_table_and_in_the_shape_of_autobahn() {
    let mut report = whole(&[
        ("C4", "need-any", "must", "pass", "1000 comes back"),
        ("P3", "need-echo", "should", "fail", "cut"),
        ("L1", "need-any", "info", "skipped", "only when asked"),
    ]);
    report.checks[1].close_code = Some(1000);
    let certificate = Certificate::of(&report).expect("a certificate");
    let mut table = String::new();
    write_table(&certificate, &mut table).expect("a text takes all");
    for line in [
        "ws://x/y conforms with remarks",
        "subprotocol good.v1, extensions none, opens in 1.5 ms",
        "P3   a title  echo  should  fail            cut",
        "L1   a title  any   info    not applicable  only when asked",
        "must    2 pass, 0 fail, 0 inconclusive, 0 not applicable",
    ] {
        assert!(table.lines().any(|one| one == line), "{line}\n{table}");
    }
    let mut index = String::new();
    write_autobahn(&certificate, &mut index).expect("a text takes all");
    let index: Value = serde_json::from_str(&index).expect("JSON");
    let behavior = |id: &str| index["ws://x/y"][id]["behavior"].as_str().map(str::to_owned);
    let all = ["H1", "C4", "P3", "L1"].map(|id| behavior(id).unwrap_or_default());
    assert_eq!(all, ["OK", "OK", "NON-STRICT", "UNIMPLEMENTED"]);
    assert_eq!(index["ws://x/y"]["C4"]["remoteCloseCode"], 1000);
    let text = serde_json::to_string(&certificate).expect("JSON");
    assert_eq!(serde_json::from_str::<Certificate>(&text).expect("a certificate"), certificate);
}
