//! Every way to end: each exit code, and that nothing is left of what was started.

use sockscope_host::process::Signal;
use support::endings;
use support::suites::{LONG, UNSURE};

use super::{BINARY, native};

#[test]
fn all_passed_is_0() {
    let ended = endings::all_passed_is_0(native);
    let runs = ended.json("r.json");
    for run in runs["runs"].as_array().expect("runs") {
        assert_eq!(run["environment"]["engine"], "native");
        assert_eq!(run["environment"]["browser"], "native engine");
        assert_eq!(run["environment"]["hidden"], false);
    }
}

#[test]
fn a_failed_check_is_1_and_explained_as_by_the_page() {
    endings::a_failed_check_is_1_and_explained(native);
}

#[test]
fn a_failed_threshold_is_1() {
    endings::a_failed_threshold_is_1(native);
}

#[test]
fn a_clock_that_no_browser_has_is_there() {
    // In a browser this suite is inconclusive, for lack of such a clock.
    native(&["OUT/s.json"]).with_file("s.json", UNSURE).run().assert_code(0);
}

#[test]
fn what_came_instead_stands_on_the_terminal() {
    endings::what_came_instead_stands_on_the_terminal(native);
}

#[test]
fn what_is_wrong_is_2_and_nothing_starts() {
    for (arguments, words) in [
        (&["laod"][..], "laod: there is no such file"),
        (&["load", "--headed"], "--headed belongs to --engine browser"),
        (&["load", "--browser", "firefox"], "--browser belongs to --engine browser"),
        (&["load", "--shards", "0"], "0 is not in 1..=64"),
        (&["load", "--source-address", "here"], "--source-address"),
        (&["load", "--var", "num_client=3"], "did you mean \"num_clients\"?"),
    ] {
        let ended = native(arguments).run();
        ended.assert_code(2);
        ended.assert_says(&[words]);
    }
    let ended = support::call::Call::of(BINARY, &["load", "--source-address", "127.0.0.2"]).run();
    ended.assert_code(2);
    ended.assert_says(&["--source-address belongs to --engine native"]);
}

#[test]
fn a_server_that_does_not_start_is_3() {
    let ended = native(&["first-contact", "--start", "exit 4", "--no-tls"]).run();
    ended.assert_code(3);
}

#[test]
fn a_stopped_run_is_5_and_has_its_report() {
    let call = native(&["OUT/s.json", "--json", "OUT/r.json"]).with_file("s.json", LONG);
    let running = call.start();
    running.until_says("pass  short");
    running.signal(Signal::Interrupt);
    let ended = running.wait();
    ended.assert_code(5);
    let report = ended.json("r.json");
    let verdicts: Vec<_> =
        report["checks"].as_array().expect("checks").iter().map(|it| &it["verdict"]).collect();
    assert_eq!(verdicts, ["pass", "inconclusive", "inconclusive"]);
    assert!(report["reasons"].to_string().contains("the user stopped the command"), "{report:#}");
}

#[test]
fn a_run_that_takes_too_long_is_stopped() {
    let ended = native(&["OUT/s.json", "--timeout", "1s"]).with_file("s.json", LONG).run();
    ended.assert_code(5);
    ended.assert_says(&["stopped by --timeout after 1s"]);
}

#[test]
fn fail_fast_stops_with_the_first_failure() {
    endings::fail_fast_stops_with_the_first_failure(native);
}

#[test]
fn a_server_that_speaks_tls_is_tested_without_and_with_it() {
    let start = format!("{BINARY} serve --port {{port}} --tls --tls-port {{tls_port}}");
    let arguments = ["first-contact", "events", "--start", &start, "--insecure", "--json", "OUT/r.json"];
    let ended = native(&arguments).run();
    ended.assert_code(0);
    let runs = ended.json("r.json");
    let suites: Vec<_> = runs["runs"].as_array().expect("runs").iter().map(|run| &run["suite"]).collect();
    assert_eq!(suites, ["first-contact", "events", "first-contact (TLS)", "events (TLS)"]);
    let ws_url = runs["runs"][2]["vars"]["ws_url"].as_str().expect("an address");
    assert!(ws_url.starts_with("wss://"), "{ws_url}");
}

#[test]
fn a_certificate_that_no_authority_has_signed_is_refused_and_named() {
    let start = format!("{BINARY} serve --port {{port}} --tls --tls-port {{tls_port}}");
    let ended = native(&["first-contact", "--start", &start, "--json", "OUT/r.json"]).run();
    ended.assert_code(1);
    let runs = ended.json("r.json");
    assert_eq!(runs["runs"][0]["verdict"], "pass");
    let failure = &runs["runs"][1]["checks"][0]["steps"][0]["failure"];
    let message = failure["message"].as_str().expect("words");
    assert!(message.contains("certificate"), "{failure:#}");
    assert!(failure["causes"][0]["id"].as_str().is_some_and(|id| id.contains("certificate")), "{failure:#}");
}
