//! The checks on the release page: the suites that ship, and what a person does with one of their own.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use sockscope_engine::suite::Suite;
use sockscope_engine::suite::shipped::SHIPPED;

use support::broken::{Broken, Fault};
use support::faults::FAULTS;
use support::page::{Browser, eventually_within, open_checks, test_page, until_checks};

/// What makes the suites short, and their bounds of time generous: a busy machine is not a broken server.
const VALUES: [(&str, &str); 6] = [
    ("max_p95", "4s"),
    ("max_mean", "2s"),
    ("min_rate", "20/s"),
    ("test_duration", "1"),
    ("message_interval", "0.05"),
    ("every", "20ms"),
];

fn text_of(suite: &str) -> &'static str {
    SHIPPED.iter().find(|(name, _)| *name == suite).expect("a suite that ships").1
}

/// Those of the values that a suite takes.
fn values_for(suite: &str) -> Value {
    let suite = Suite::parse(text_of(suite)).expect("a suite that ships");
    VALUES.iter().filter(|(name, _)| suite.vars.contains_key(*name)).map(|(k, v)| (*k, *v)).collect()
}

/// Runs a suite through the page's surface for scripts, and gives its report.
pub async fn run(browser: &Browser, suite: &str, options: Value) -> Value {
    browser
        .run(&format!(
            "globalThis.got = undefined;
             sockscope.run({}, {options}).then(it => globalThis.got = it, error => globalThis.got = {{ error: String(error) }});",
            json!(suite)
        ))
        .await;
    eventually_within(Duration::from_secs(90), "a report", async || {
        let got = browser.run("return globalThis.got ?? null").await;
        (!got.is_null()).then_some(got)
    })
    .await
}

fn red(report: &Value) -> BTreeSet<String> {
    let checks = report["checks"].as_array().unwrap_or_else(|| panic!("no report: {report}"));
    checks
        .iter()
        .filter(|it| it["verdict"] != "pass")
        .map(|it| it["name"].as_str().expect("a name").to_owned())
        .collect()
}

#[test]
fn every_shipped_suite_is_green_and_the_ladder_loses_nothing() {
    test_page(async |practice, browser| {
        open_checks(practice, browser).await;
        for (name, text) in SHIPPED {
            let report = run(browser, text, json!({ "vars": values_for(name), "seed": 7 })).await;
            assert_eq!(report["verdict"], "pass", "{name}: {report:#}");
            if *name == "ladder" {
                let top = &report["checks"].as_array().expect("checks").last().expect("a rung")["metrics"];
                assert_eq!(
                    (&top["opened"]["count"], &top["missing"]["count"], &top["matched"]["count"]),
                    (&json!(144), &json!(0), &json!(720))
                );
            }
        }
        practice.until_connections(0).await;
    });
}

#[test]
fn a_fault_of_each_suite_turns_its_check_red_in_the_browser() {
    test_page(async |practice, browser| {
        open_checks(practice, browser).await;
        // Servers that break what the suite conformance is about are of another kind: see `tests/check/broken.rs`.
        for (suite, text) in SHIPPED.iter().filter(|(suite, _)| *suite != "conformance") {
            let (_, check, fault) = FAULTS.iter().find(|(it, ..)| it == suite).expect("each has a row");
            let broken = Broken::start(&practice.page, Some(*fault)).await;
            let options = json!({
                "env": { "WS_URL": broken.ws_url, "API_URL": broken.api_url },
                "vars": values_for(suite), "checks": [check], "seed": 7,
            });
            let report = run(browser, text, options).await;
            assert_eq!(
                red(&report),
                BTreeSet::from([(*check).to_owned()]),
                "{suite} under {fault:?}: {report:#}"
            );
            assert_eq!(report["verdict"], "fail", "{suite} under {fault:?}");
        }
    });
}

#[test]
fn scripts_learn_what_is_wrong_with_a_suite_and_how_a_run_stands() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        assert_eq!(browser.run("return sockscope.version").await, env!("CARGO_PKG_VERSION"));
        assert_eq!(browser.run("return sockscope.status()").await, json!({ "state": "idle" }));
        let refused = run(browser, "{\n  \"sockscope\": 1, \"suit\": \"x\" }", json!({})).await;
        let words = refused["error"].as_str().expect("an error");
        assert!(words.contains("2:19") && words.contains("did you mean \"suite\"?"), "{words}");
        let refused = run(browser, text_of("rooms"), json!({ "vars": { "rom": "x" } })).await;
        assert!(refused["error"].as_str().is_some_and(|words| words.contains("rom")), "{refused}");
        let long = json!({ "vars": { "test_duration": "60" }, "checks": ["an even pace"] });
        browser.run(&format!("globalThis.long = sockscope.run({}, {long})", json!(text_of("load")))).await;
        browser.until_script("return sockscope.status().check === 'an even pace'").await;
        practice.until_connections(5).await;
        browser.run("sockscope.stop()").await;
        browser.run("globalThis.long.then(it => globalThis.stopped = it.verdict)").await;
        browser.until_script("return globalThis.stopped === 'inconclusive'").await;
        practice.until_connections(0).await;
    });
}

#[test]
fn of_two_runs_at_once_the_second_gets_its_own_report() {
    test_page(async |practice, browser| {
        open_checks(practice, browser).await;
        let long = json!({ "vars": { "test_duration": "60" }, "checks": ["an even pace"] });
        browser
            .run(&format!(
                "sockscope.run({}, {long}).catch(error => globalThis.first = String(error));
                 sockscope.run({}).then(it => globalThis.second = it);",
                json!(text_of("load")),
                json!(text_of("first-contact"))
            ))
            .await;
        browser.until_script("return !!globalThis.second").await;
        assert_eq!(browser.run("return globalThis.second.suite").await, "first-contact");
        assert_eq!(browser.run("return globalThis.second.verdict").await, "pass");
        browser.until_script("return (globalThis.first ?? '').includes('another run replaced it')").await;
        practice.until_connections(0).await;
    });
}

/// Keeps what is downloaded where the test finds it.
const CATCH_FILES: &str = "
    globalThis.files = [];
    const make = URL.createObjectURL;
    let latest;
    URL.createObjectURL = (blob) => make.call(URL, (latest = blob));
    HTMLAnchorElement.prototype.click = function () {
        const name = this.download;
        latest.text().then(text => globalThis.files.push({ name, text }));
    };";

async fn until_file(browser: &Browser, name: &str) -> String {
    let find = format!("return globalThis.files.find(it => it.name === '{name}')?.text ?? null");
    let text = eventually_within(Duration::from_secs(20), name, async || {
        browser.run(&find).await.as_str().map(str::to_owned)
    });
    text.await
}

/// Puts a text in place of the document, by the editor's own ways.
async fn write(browser: &Browser, text: &str) {
    browser
        .until_script("return !!document.querySelector('[data-testid=editor]')?.shadowRoot?.querySelector('.cm-content')")
        .await;
    browser
        .run("const content = document.querySelector('[data-testid=editor]').shadowRoot.querySelector('.cm-content');
              content.focus(); getSelection().selectAllChildren(content);")
        .await;
    browser.insert_text(text).await;
}

const MINE: &str = r#"{ "sockscope": 1, "suite": "mine",
  "vars": { "ws_url": "{{env.WS_URL ?? ws://localhost:9000/ws}}" },
  "clients": { "a": { "url": "{{ws_url}}" } },
  "checks": [ { "check": "the answer is as wanted", "steps": [
    { "connect": "a" },
    { "send": { "type": "message", "id": 1, "content": "hi" },
      "expect": { "subset": { "type": "response" }, "check": { "subset": { "content": "ho" } } } } ] } ] }"#;

#[test]
fn a_suite_is_imported_mended_run_read_and_saved() {
    test_page(async |practice, browser| {
        open_checks(practice, browser).await;
        browser.run(CATCH_FILES).await;
        browser.run("document.querySelector('[data-testid=import]').open = true").await;
        browser
            .type_into(
                "import-paste",
                &MINE.replace("\"subset\": { \"type\"", "\"subst\": { \"type\"").replace('\n', " "),
            )
            .await;
        browser.click("import-pasted").await;
        browser.until_text("mistake", "did you mean \"subset\"?").await;
        browser.click("run").await;
        browser.until_text("refused", "did you mean \"subset\"?").await;
        assert_eq!(browser.count("[data-testid=verdict]").await, 0, "a suite with a mistake does not run");

        write(browser, MINE).await;
        browser.until_text("edit-state", "No mistakes.").await;
        browser.click("run").await;
        browser.until_text("verdict", "Failed").await;
        browser.until_text("diff", "$.content").await;
        let diff = browser.text("diff").await;
        assert!(diff.contains("\"ho\"") && diff.contains("\"hi\""), "{diff}");
        browser.click("around").await;
        browser.until_text("around-list", "\"content\":\"hi\"").await;

        browser.run("document.querySelector('[data-testid=save-report]').open = true").await;
        browser.click("save-junit").await;
        let junit = until_file(browser, "mine.junit.xml").await;
        assert!(junit.contains("<failure") && junit.contains("the answer is as wanted"), "{junit}");
        browser.run("document.querySelector('[data-testid=save-report]').open = true").await;
        browser.click("save-html").await;
        assert!(until_file(browser, "mine.html").await.contains("the answer is as wanted"));
        browser.run("document.querySelector('[data-testid=save-report]').open = true").await;
        browser.click("save-har").await;
        assert!(until_file(browser, "mine.har").await.contains("_webSocketMessages"));

        browser.click("part-edit").await;
        write(browser, &MINE.replace("\"ho\"", "\"hi\"")).await;
        browser.until_text("edit-state", "No mistakes.").await;
        browser.click("run").await;
        browser.until_text("verdict", "Passed").await;
        browser.assert_quiet_console().await;

        // It is there on the next visit, with its two runs.
        browser.until_text("edit-state", "Saved in this browser.").await;
        browser.reload().await;
        browser.until_text("own", "mine").await;
        browser.run("document.querySelector('[data-testid=own] a').click()").await;
        browser.click("part-earlier").await;
        browser.until_script("return document.querySelectorAll('[data-testid=past-run]').length === 2").await;
        browser
            .run("document.querySelectorAll('[data-testid=past-run] input').forEach(it => it.click())")
            .await;
        browser.click("compare").await;
        browser.until_text("changed-check", "the answer is as wanted: fail, then pass").await;
    });
}

#[test]
fn a_failure_opens_in_the_timeline_of_the_bench() {
    test_page(async |practice, browser| {
        open_checks(practice, browser).await;
        browser.run(&format!("sockscope.run({}, {{}})", json!(MINE))).await;
        browser.until_text("verdict", "Failed").await;
        browser.click("to-timeline").await;
        browser.until_script("return location.hash === '#/bench'").await;
        let rows = browser.until_row("content hi").await;
        assert!(rows.iter().any(|row| row.contains("a · mine")), "{rows:#?}");
    });
}

#[test]
fn what_was_done_by_hand_becomes_a_suite_that_passes() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.connect().await;
        browser.send(r#"{"type":"message","id":"m-1","content":"by hand"}"#).await;
        browser.until_text("samples", "1").await;
        browser.click("connect").await;
        browser.until_text("note", "Closed with 1000").await;
        browser.run("document.querySelector('[data-testid=export]').closest('details').open = true").await;
        browser.click("record").await;
        browser.click("record-make").await;
        browser.until_text("remarks", "$.id pairs 1 reply with what was sent.").await;
        browser.until_text("edit-state", "No mistakes.").await;
        browser.click("run").await;
        browser.until_text("verdict", "Passed").await;
    });
}

#[test]
fn an_address_runs_a_suite_where_a_program_drives_the_browser() {
    test_page(async |practice, browser| {
        let address =
            format!("{}?suite=first-contact&autorun&var.content=from+an+address&seed=42", practice.page);
        browser.open(&address).await;
        browser.until_text("verdict", "Passed").await;
        assert_eq!(browser.text("take-seed").await, "42");
        browser.click("part-values").await;
        browser.until_text("given", "content = from an address").await;
        assert_eq!(browser.run("return sockscope.status().suite").await, "first-contact");
    });
}

#[test]
fn an_address_of_a_suite_runs_that_suite_also_where_another_was_looked_at_last() {
    test_page(async |practice, browser| {
        open_checks(practice, browser).await;
        browser.run("document.querySelector('[href=\"#/checks/rooms\"]').click()").await;
        browser.until_text("suite-title", "rooms").await;
        browser.until_script(KEPT_ROOMS).await;
        let elsewhere = Fault::Answer { path: "/api/mine.json", with: "", status: 200, body: MINE };
        let elsewhere = Broken::start(&practice.page, Some(elsewhere)).await;
        let address = format!(
            "{}?suite={}/mine.json&autorun&env.WS_URL={}",
            practice.page, elsewhere.api_url, practice.ws
        );
        browser.open(&address).await;
        browser.until_text("verdict", "Failed").await;
        assert_eq!(browser.run("return sockscope.status().suite").await, "mine");
        // The address is for this visit: nothing of it is among the values that are kept.
        browser.open(&format!("{}#/checks/rooms", practice.page)).await;
        browser.reload().await;
        browser.click("part-values").await;
        assert_eq!(browser.value("env-WS_URL").await, "");
    });
}

/// Whether the forms are kept with the suite that is looked at.
const KEPT_ROOMS: &str = "return new Promise(done => {
    const asked = indexedDB.open('sockscope-checks');
    asked.onsuccess = () => {
        const read = asked.result.transaction('kept').objectStore('kept').get('forms');
        read.onsuccess = () => { asked.result.close(); done((read.result ?? '').includes('\"selected\":\"rooms\"')); };
    };
})";

#[test]
fn an_address_runs_nothing_without_a_click_of_a_person() {
    test_page(async |practice, browser| {
        browser
            .before_load("Object.defineProperty(Navigator.prototype, 'webdriver', { get: () => false })")
            .await;
        browser.open(&format!("{}?suite=first-contact&autorun", practice.page)).await;
        browser.until_text("notice", "press Run").await;
        assert_eq!(practice.connections().await, 0);
        assert_eq!(browser.count("[data-testid=outcome]").await, 0);
        browser.click("run").await;
        browser.until_text("verdict", "Passed").await;
    });
}

#[test]
fn a_flaky_check_is_found_by_running_it_often() {
    test_page(async |practice, browser| {
        open_checks(practice, browser).await;
        let flaky = r#"{ "sockscope": 1, "suite": "flaky", "clients": { "a": { "url": "{{env.WS_URL}}/echo" } },
            "checks": [ { "check": "odd or even", "steps": [ { "connect": "a" },
              { "send": "{{random 1 2}}", "expect": { "text": "1", "within": "100ms" } } ] } ] }"#;
        browser.run("document.querySelector('[data-testid=import]').open = true").await;
        browser.type_into("import-paste", &flaky.replace('\n', " ")).await;
        browser.click("import-pasted").await;
        browser.until_text("edit-state", "No mistakes.").await;
        browser.run("document.querySelector('[data-testid=run-options]').open = true").await;
        browser.type_into("how-often", "12").await;
        browser.click("run").await;
        // All twelve the same would happen once in two thousand times.
        browser.until_script("return document.querySelectorAll('[data-testid=order-run][data-verdict=pass], [data-testid=order-run][data-verdict=fail]').length === 12").await;
        browser.until_text("unsteady", "odd or even passed").await;
        assert!(browser.is_enabled("run").await);
    });
}

#[test]
fn a_server_that_dies_in_mid_run_is_a_clear_failure_and_nothing_hangs() {
    test_page(async |practice, browser| {
        open_checks(practice, browser).await;
        let options = json!({ "vars": { "test_duration": "30", "message_interval": "0.05" }, "checks": ["an even pace"] });
        browser
            .run(&format!("globalThis.dying = sockscope.run({}, {options})", json!(text_of("load"))))
            .await;
        practice.until_connections(5).await;
        // The server has a connection before the browser does: one whose handshake is not over would fail otherwise. Each of
        // the five has an answer when there are hundreds.
        let is_answered = "return /[1-9][0-9]{2,} received/.test(document.querySelector('[data-testid=results]')?.textContent)";
        browser.until_script(is_answered).await;
        practice.stop();
        browser.run("globalThis.dying.then(it => globalThis.died = it)").await;
        browser.until_script("return !!globalThis.died").await;
        assert_eq!(browser.run("return globalThis.died.verdict").await, "fail");
        browser.until_text("failure-message", "1001").await;
    });
}

#[test]
fn checks_that_do_not_load_are_said_and_can_be_tried_again() {
    test_page(async |practice, browser| {
        browser.block("*checks.css*").await;
        browser.open(&format!("{}#/checks", practice.page)).await;
        browser
            .until_script(
                "return document.getElementById('checks')?.textContent.includes('could not be loaded')",
            )
            .await;
        browser.block("*nothing-at-all*").await;
        browser.run("document.querySelector('#checks button').click()").await;
        until_checks(browser).await;
    });
}

#[test]
fn a_worker_of_checks_that_does_not_load_is_said_and_the_bench_goes_on() {
    test_page(async |practice, browser| {
        browser
            .before_load(
                "const Real = Worker;
                 globalThis.Worker = class extends Real {
                   constructor(address) { super(String(address).includes('checks') ? './missing.js' : address); }
                 };",
            )
            .await;
        browser.open(&format!("{}#/checks", practice.page)).await;
        browser.until_text("checks-broken", "The checks have stopped").await;
        browser.run("location.hash = '#/bench'").await;
        browser.connect().await;
    });
}

#[test]
fn a_closed_tab_ends_the_connections_of_a_running_check() {
    test_page(async |practice, browser| {
        open_checks(practice, browser).await;
        let options = json!({ "vars": { "test_duration": "60" }, "checks": ["an even pace"] });
        browser.run(&format!("void sockscope.run({}, {options})", json!(text_of("load")))).await;
        practice.until_connections(5).await;
        browser.close_tab().await;
        practice.until_connections(0).await;
    });
}
